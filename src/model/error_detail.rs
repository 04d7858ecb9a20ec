//! Decodes an [`ErrorDetail`] from a [`Verification`](crate::model::Verification) or an error response.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::error::ErrorDetail;
use crate::model::lenient;
use crate::model::metadata::Metadata;
use crate::model::text::Text;

/// The maximum size of `meta` as JSON, in bytes. A larger object is ignored.
const MAX_META_BYTES: usize = 64 * 1024;

/// A type whose size is an estimate of the memory that one entry in `meta` uses.
///
/// A node of the map can be half empty, and both the key and the value have their own allocations.
type MetaEntry = [(String, Box<RawValue>); 4];

/// A detail in Clerk's JSON format. Any field may be missing.
#[derive(Deserialize)]
struct Fields {
    #[serde(default, deserialize_with = "lenient::or_default")]
    code: Text,
    #[serde(default, deserialize_with = "lenient::or_default")]
    message: Text,
    #[serde(default, deserialize_with = "lenient::optional")]
    long_message: Option<Text>,
    #[serde(default, deserialize_with = "lenient::optional_metadata")]
    meta: Option<Metadata>,
}

impl lenient::Object for Fields {}

impl<'de> Deserialize<'de> for ErrorDetail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Fields { code, message, long_message, meta } = lenient::required(deserializer)?;
        let detail = Self::new(String::from(code)).with_message(String::from(message));
        let detail = long_message.map(String::from).into_iter().fold(detail, Self::with_long_message);
        let meta = match meta {
            Some(meta) if meta.as_json().len() > MAX_META_BYTES => {
                lenient::ignore::<D::Error>("an object of at most 64 KiB", "a larger object")?;
                None
            }
            Some(meta) => serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(meta.as_json()).ok(),
            None => None,
        };
        lenient::allocate::<MetaEntry, D::Error>(meta.as_ref().map_or(0, BTreeMap::len))?;
        Ok(meta.into_iter().fold(detail, Self::with_raw_meta))
    }
}

impl lenient::Object for Box<ErrorDetail> {}
