//! Timestamp formats.

use jiff::Timestamp;

use super::FromJson;

/// The format of most timestamps in Clerk's API: milliseconds since the Unix epoch.
///
/// More precise timestamps are truncated to milliseconds, so that encoding and decoding a time does not change it.
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

/// The format of expiration times and event times: milliseconds or seconds since the Unix epoch.
///
/// Clerk's OpenAPI document describes them as Unix timestamps, without a unit. They are encoded in milliseconds, or as
/// RFC 3339 if the number of milliseconds would be decoded as seconds.
pub(crate) mod expiration {
    use jiff::Timestamp;
    use serde::{Deserializer, Serialize, Serializer};

    use super::{Expiration, is_in_seconds, to_millisecond};
    use crate::model::lenient::optional;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let at = optional(deserializer)?;
        Ok(at.map(|Expiration(at)| at))
    }

    #[expect(clippy::ref_option, reason = "the signature that serde requires")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(at) if is_in_seconds(at.as_millisecond().into()) => serializer.collect_str(&to_millisecond(*at)),
            at => at.map(Timestamp::as_millisecond).serialize(serializer),
        }
    }
}

/// The format of a few timestamps in Clerk's API: RFC 3339.
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

/// Converts milliseconds since the Unix epoch to a time. Returns `None` if they are out of range.
///
/// Unlike [`Timestamp::from_millisecond`], this function accepts all milliseconds in the last second of the range, so
/// that every encoded time can be decoded.
pub(crate) fn from_millisecond(millisecond: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(millisecond).ok().or_else(|| in_last_second(millisecond))
}

/// Converts milliseconds in the last second of the range.
#[cold]
fn in_last_second(millisecond: i64) -> Option<Timestamp> {
    let nanosecond = i32::try_from(millisecond.rem_euclid(1000)).ok()? * 1_000_000;
    Timestamp::new(millisecond.div_euclid(1000), nanosecond).ok()
}

/// Truncates a time to milliseconds.
pub(crate) fn to_millisecond(at: Timestamp) -> Timestamp {
    from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Decodes a time from milliseconds or RFC 3339.
impl FromJson<'_> for Timestamp {
    const EXPECTED: &'static str =
        "milliseconds since the Unix epoch, or a time in RFC 3339 format, in the years -9999 to 9999";

    fn from_integer(value: i128) -> Option<Self> {
        from_millisecond(i64::try_from(value).ok()?)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and the range is checked")]
    fn from_float(value: f64) -> Option<Self> {
        <Self as FromJson>::from_integer(value as i128)
    }

    fn from_str(text: &str) -> Option<Self> {
        text.parse().ok().or_else(|| <Self as FromJson>::from_integer(text.parse().ok()?))
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
        <Timestamp as FromJson>::from_str(text).map(to_millisecond).map(Self)
    }
}

/// An expiration or event time, truncated to milliseconds.
struct Expiration(Timestamp);

/// 1975-01-01 in seconds since the Unix epoch. Clerk has no earlier expiration times.
const FIRST_EXPIRATION: i128 = 157_766_400;

/// Returns `true` if the value is in seconds.
fn is_in_seconds(value: i128) -> bool {
    // As milliseconds, these values would be before 1975. As seconds, they are not.
    (FIRST_EXPIRATION..FIRST_EXPIRATION * 1000).contains(&value)
}

impl FromJson<'_> for Expiration {
    const EXPECTED: &'static str = Timestamp::EXPECTED;

    fn from_integer(value: i128) -> Option<Self> {
        let value = if is_in_seconds(value) { value * 1000 } else { value };
        <Millis as FromJson>::from_integer(value).map(|Millis(at)| Self(at))
    }

    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and the range is checked")]
    fn from_float(value: f64) -> Option<Self> {
        Self::from_integer(value as i128)
    }

    fn from_str(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(number) => Self::from_integer(number),
            Err(_) => <Millis as FromJson>::from_str(text).map(|Millis(at)| Self(at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiration_is_read_as_seconds_if_it_would_be_before_1975_in_milliseconds() {
        for (value, at) in [
            (1_767_225_600, "2026-01-01T00:00:00Z"),
            (1_767_225_600_000, "2026-01-01T00:00:00Z"),
            (157_766_400, "1975-01-01T00:00:00Z"),
            (157_766_400_000, "1975-01-01T00:00:00Z"),
            (157_766_399_999, "6969-06-01T23:59:59Z"),
            // These values are implausible in either unit.
            (157_766_399, "1970-01-02T19:49:26.399Z"),
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            let Expiration(read) = Expiration::from_integer(value).unwrap();
            assert_eq!(read.to_string(), at, "{value}");
        }
        assert_eq!(Expiration::from_float(1_767_225_600.9).unwrap().0.to_string(), "2026-01-01T00:00:00Z");
        for text in ["2026-01-01T00:00:00Z", "1767225600", "1767225600000"] {
            assert_eq!(Expiration::from_str(text).unwrap().0.to_string(), "2026-01-01T00:00:00Z", "{text}");
        }
        let Millis(at) = Millis::from_str("1767225600000").unwrap();
        assert_eq!(at.to_string(), "2026-01-01T00:00:00Z");
        assert!(Millis::from_str("soon").is_none());
    }

    #[test]
    fn expiration_can_be_decoded_after_encoding() {
        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        struct At(#[serde(with = "expiration")] Option<Timestamp>);

        for (at, json) in [
            (None, "null"),
            (Some("2026-01-01T00:00:00Z"), "1767225600000"),
            (Some("1975-01-01T00:00:00Z"), "157766400000"),
            (Some("1974-12-31T23:59:59.999Z"), "\"1974-12-31T23:59:59.999Z\""),
            (Some("1970-01-02T19:49:26.4Z"), "\"1970-01-02T19:49:26.4Z\""),
            (Some("1970-01-02T19:49:26.399Z"), "157766399"),
        ] {
            let at = At(at.map(|at| at.parse().unwrap()));
            assert_eq!(serde_json::to_string(&at).unwrap(), json);
            assert_eq!(serde_json::from_str::<At>(json).unwrap(), at);
        }
    }

    #[test]
    fn every_time_in_milliseconds_can_be_decoded_after_encoding() {
        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        struct At(#[serde(with = "millis")] Option<Timestamp>);

        let step = std::time::Duration::from_millis(1);
        let near = |at: Timestamp| [at.checked_sub(step), Ok(at), at.checked_add(step)].into_iter().flatten();
        let last_second = Timestamp::from_second(Timestamp::MAX.as_second()).unwrap();
        for at in [Timestamp::MIN, Timestamp::UNIX_EPOCH, last_second, Timestamp::MAX].into_iter().flat_map(near) {
            let at = At(Some(to_millisecond(at)));
            let json = serde_json::to_string(&at).unwrap();
            assert_eq!(serde_json::from_str::<At>(&json).unwrap(), at, "{json}");
        }
        assert_eq!(from_millisecond(Timestamp::MAX.as_millisecond() + 1), None);
        assert_eq!(from_millisecond(Timestamp::MIN.as_millisecond() - 1), None);
        assert_eq!(from_millisecond(i64::MAX), None);
        assert_eq!(from_millisecond(i64::MIN), None);
    }
}
