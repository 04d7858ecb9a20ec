//! Decodes an [`ErrorDetail`] in a [`Verification`](crate::model::Verification) or an error response.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::error::ErrorDetail;
use crate::model::lenient;
use crate::model::metadata::Metadata;
use crate::model::text::Text;

/// The maximum size of `meta`. Each of its entries uses more memory than JSON, so a larger object is ignored.
const MAX_META_BYTES: usize = 64 * 1024;

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
        let meta = meta.filter(|meta| meta.as_json().len() <= MAX_META_BYTES);
        let meta: Option<BTreeMap<String, Box<RawValue>>> =
            meta.and_then(|meta| serde_json::from_str(meta.as_json()).ok());
        Ok(meta.into_iter().fold(detail, Self::with_raw_meta))
    }
}

impl lenient::Object for Box<ErrorDetail> {}
