//! [`RawJson`]: JSON text from any deserializer.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::model::text::Text;

/// The text of any JSON value.
///
/// Unlike [`RawValue`](serde_json::value::RawValue), it can also be deserialized from serde's buffer, which holds the
/// content of an enum if the tag follows the content. In this case, the value is parsed as a [`serde_json::Value`] and
/// encoded again.
pub(crate) struct RawJson(pub(crate) Text);

/// The name under which `serde_json` provides the text of a value. If it changes, values are parsed and encoded again.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RawJsonVisitor;

        impl<'de> Visitor<'de> for RawJsonVisitor {
            type Value = RawJson;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawJson, A::Error> {
                map.next_key::<IgnoredAny>()?;
                map.next_value().map(RawJson)
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawJson, D::Error> {
                let value = serde_json::Value::deserialize(deserializer)?;
                Ok(RawJson(value.to_string().into()))
            }
        }

        deserializer.deserialize_newtype_struct(RAW_VALUE, RawJsonVisitor)
    }
}
