//! The two timestamp formats.

use jiff::Timestamp;

use super::FromJson;

/// The usual format of Clerk's API: milliseconds since the Unix epoch.
///
/// A timestamp with a finer resolution is truncated to milliseconds, so that a round trip does not change it.
pub(crate) mod millis {
    use jiff::Timestamp;
    use serde::{Deserializer, Serialize, Serializer};

    use super::Millis;
    use crate::model::lenient::optional;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let at = optional(deserializer)?;
        Ok(at.map(|Millis(at)| at))
    }

    #[expect(clippy::ref_option, reason = "the signature that serde requires")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(Timestamp::as_millisecond).serialize(serializer)
    }
}

/// The format of a few fields in Clerk's API: RFC 3339.
pub(crate) mod rfc3339 {
    use jiff::Timestamp;
    use serde::Serializer;

    pub(crate) use crate::model::lenient::optional as deserialize;

    #[expect(clippy::ref_option, reason = "the signature that serde requires")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }
}

/// Decodes either format.
impl FromJson<'_> for Timestamp {
    const EXPECTED: &'static str = "a timestamp";

    fn from_integer(value: i128) -> Option<Self> {
        Self::from_millisecond(i64::try_from(value).ok()?).ok()
    }

    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and the range is checked")]
    fn from_float(value: f64) -> Option<Self> {
        <Self as FromJson>::from_integer(value as i128)
    }

    fn from_str(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// A timestamp truncated to milliseconds.
struct Millis(Timestamp);

impl FromJson<'_> for Millis {
    const EXPECTED: &'static str = Timestamp::EXPECTED;

    fn from_integer(value: i128) -> Option<Self> {
        <Timestamp as FromJson>::from_integer(value).map(Self)
    }

    fn from_float(value: f64) -> Option<Self> {
        <Timestamp as FromJson>::from_float(value).map(Self)
    }

    fn from_str(text: &str) -> Option<Self> {
        let at = <Timestamp as FromJson>::from_str(text)?;
        Some(Self(Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)))
    }
}
