//! Decodes primitive types.

use super::FromJson;
use crate::model::text::Text;

impl FromJson<'_> for bool {
    const EXPECTED: &'static str = "a boolean";

    fn from_bool(value: bool) -> Option<Self> {
        Some(value)
    }

    fn from_str(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn from_integer(value: i128) -> Option<Self> {
        match value {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl FromJson<'_> for Text {
    const EXPECTED: &'static str = "text";

    fn from_str(text: &str) -> Option<Self> {
        Some(text.into())
    }

    /// Decodes a number as text. For example, some OAuth providers have numeric ids.
    fn from_integer(value: i128) -> Option<Self> {
        Some(value.to_string().into())
    }
}

/// The first integer whose successor `f64` cannot represent.
const ROUNDED: f64 = 9_007_199_254_740_992.0;

macro_rules! integers {
    ($($integer:ty: $range:literal),+) => {$(
        impl FromJson<'_> for $integer {
            const EXPECTED: &'static str = concat!("an integer from ", $range);

            fn from_integer(value: i128) -> Option<Self> {
                Self::try_from(value).ok()
            }

            /// Rejects a number that has a fraction or may have been rounded, because rounding would change amounts and
            /// counts.
            #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
            fn from_float(value: f64) -> Option<Self> {
                if value.fract() == 0.0 && value.abs() < ROUNDED { Self::from_integer(value as i128) } else { None }
            }

            fn from_str(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )+};
}

integers!(
    u8: "0 to 255",
    u16: "0 to 65535",
    u32: "0 to 4294967295",
    u64: "0 to 18446744073709551615",
    i64: "-9223372036854775808 to 9223372036854775807"
);

impl FromJson<'_> for f64 {
    const EXPECTED: &'static str = "a number";

    #[expect(
        clippy::cast_precision_loss,
        reason = "JSON has no separate integer type: a number without a fraction may be written without a point"
    )]
    fn from_integer(value: i128) -> Option<Self> {
        Some(value as f64)
    }

    fn from_float(value: f64) -> Option<Self> {
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::{millis, optional, or_default, required};
    use super::*;
    use crate::model::billing::{Credits, Money};
    use crate::model::{BackupCode, DeviceStatus, Paginated, UserId};

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(default)]
    struct Loose {
        #[serde(deserialize_with = "or_default")]
        flag: bool,
        #[serde(deserialize_with = "or_default")]
        names: Vec<Text>,
        #[serde(deserialize_with = "optional")]
        count: Option<u32>,
        #[serde(deserialize_with = "optional")]
        share: Option<f64>,
        #[serde(deserialize_with = "millis::deserialize")]
        at: Option<Timestamp>,
        #[serde(deserialize_with = "optional")]
        by: Option<UserId>,
        #[serde(deserialize_with = "optional")]
        status: Option<DeviceStatus>,
        #[serde(deserialize_with = "or_default")]
        codes: Vec<BackupCode>,
        #[serde(deserialize_with = "or_default")]
        parts: Vec<Part>,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Part {
        #[serde(deserialize_with = "required")]
        id: UserId,
        #[serde(default, deserialize_with = "or_default")]
        name: Text,
    }

    impl super::super::Object for Part {}

    fn decode(json: &str) -> Loose {
        let loose: Loose = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(serde_json::from_value::<Loose>(serde_json::from_str(json).unwrap()).unwrap(), loose, "{json}");
        loose
    }

    #[test]
    fn optional_reads_missing_null_and_invalid_values_as_none() {
        for json in [
            "{}",
            r#"{"flag":null,"names":null,"count":null,"at":null,"by":null,"status":null,"parts":null}"#,
            r#"{"flag":"maybe","names":"x","count":"x","share":"x","at":"tomorrow","by":"a/b","parts":"x"}"#,
            r#"{"count":2.9}"#,
            r#"{"count":-0.5}"#,
            r#"{"flag":7,"names":7,"count":-1,"at":1e300,"by":7,"status":7,"codes":7,"parts":7}"#,
            r#"{"count":18446744073709551615,"at":true,"by":true,"status":true}"#,
            r#"{"flag":[1,[2]],"count":[1,[2]],"share":[],"at":[],"by":["user_1"],"status":[]}"#,
            r#"{"flag":{"a":{"b":1}},"names":{"a":1},"count":{},"share":{},"at":{"a":{"b":1}},"by":{},"status":{}}"#,
            r#"{"names":[null,[],{},true],"codes":[{}],"parts":[null,7,"x",["user_1"]],"by":""}"#,
        ] {
            assert_eq!(decode(json), Loose::default(), "{json}");
        }
    }

    #[test]
    fn fields_accept_unambiguous_values_of_another_type() {
        assert!(decode(r#"{"flag":"true"}"#).flag && decode(r#"{"flag":1}"#).flag);
        assert_eq!(decode(r#"{"names":["a",7]}"#).names, ["a", "7"]);
        assert_eq!(decode(r#"{"count":"3"}"#).count, decode(r#"{"count":3.0}"#).count);
        assert_eq!(decode(r#"{"count":3}"#).count, Some(3));
        assert_eq!(decode(r#"{"share":3}"#).share, Some(3.0));
    }

    #[test]
    fn required_number_with_a_fraction_is_an_error() {
        for json in [r#"{"amount":12.99}"#, r#"{"amount":-0.5}"#, r#"{"amount":9007199254740993.0}"#] {
            assert!(serde_json::from_str::<Money>(json).is_err(), "{json}");
        }
        assert_eq!(serde_json::from_str::<Money>(r#"{"amount":1299.0}"#).unwrap().amount, 1299);
        assert!(serde_json::from_str::<Paginated<UserId>>(r#"{"data":[],"total_count":2.9}"#).is_err());
        let json =
            r#"{"total":{"amount":1},"payer":{"remaining_balance":{"amount":0.5},"applied_amount":{"amount":1}}}"#;
        assert_eq!(serde_json::from_str::<Credits>(json).unwrap().payer, None);
    }

    #[test]
    fn timestamp_accepts_milliseconds_and_dates() {
        let at = Timestamp::from_millisecond(1_700_690_400_000).unwrap();
        assert_eq!(decode(r#"{"at":1700690400000}"#).at, Some(at));
        assert_eq!(decode(r#"{"at":1700690400000.75}"#).at, Some(at));
        assert_eq!(decode(r#"{"at":"2023-11-22T22:00:00Z"}"#).at, Some(at));
        assert_eq!(decode(r#"{"at":"2023-11-22T22:00:00.0009999Z"}"#).at, Some(at));
    }

    #[test]
    fn list_skips_elements_without_a_required_field() {
        let parts = r#"{"parts":[{"id":"a"},{"name":"x"},{"id":7,"name":"x"},{"name":"x","id":{"id":"x"}},{"id":"b"}],
            "flag":true}"#;
        let loose = decode(parts);
        assert_eq!(loose.parts.iter().map(|part| part.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(loose.flag);
    }

    #[test]
    fn malformed_json_is_rejected_at_any_depth() {
        for json in [
            r#"{"parts":[{"id":}]}"#,
            r#"{"parts":[{"id":"\x"}]}"#,
            r#"{"parts":[{"id":7 "name":"x"}]}"#,
            r#"{"parts":[{"name":"x",}]}"#,
            r#"{"flag":[}"#,
            r#"{"by":{"a" 1}}"#,
            r#"{"names":["a" "b"]}"#,
        ] {
            assert!(serde_json::from_str::<Loose>(json).is_err(), "{json}");
        }
    }
}
