//! Decoding of numbers, with the feature `arbitrary_precision` of `serde_json`.

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use user_directory::User;
use user_directory::billing::{Money, SubscriptionCredit};

/// Decodes a document from text and from a `Value`, with the same result.
fn decode<T: DeserializeOwned + PartialEq + Debug>(json: &str) -> Option<T> {
    let decoded = serde_json::from_str(json).ok();
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::from_value(value).ok(), decoded, "{json}");
    decoded
}

fn user(created_at: &str) -> User {
    decode(&format!(r#"{{"id":"user_1","created_at":{created_at}}}"#)).unwrap()
}

#[test]
fn times_are_decoded() {
    for time in ["1700690400000", "1700690400000.0", "1700690400000.75", "1.7006904e12"] {
        let created_at = user(time).created_at.expect(time);
        assert_eq!(created_at.as_millisecond(), 1_700_690_400_000, "{time}");
    }
    for time in ["1e300", "1e400", "18446744073709551616", "-0.5e99", "{}", r#"{"a":"1700690400000"}"#] {
        assert_eq!(user(time).created_at, None, "{time}");
    }
}

#[test]
fn amounts_and_fractions_are_decoded() {
    for amount in ["1299", "1299.0", "1.299e3"] {
        let money: Money = decode(&format!(r#"{{"amount":{amount}}}"#)).expect(amount);
        assert_eq!(money.amount, 1299, "{amount}");
    }
    for amount in ["12.99", "-0.5", "9223372036854775808", "1e400"] {
        assert_eq!(decode::<Money>(&format!(r#"{{"amount":{amount}}}"#)), None, "{amount}");
    }
    let credit: SubscriptionCredit = decode(r#"{"cycle_remaining_percent":12.50}"#).unwrap();
    assert_eq!(credit.cycle_remaining_percent, Some(12.5));
}

#[test]
fn metadata_keeps_numbers() {
    let json = r#"{"big":123456789012345678901234567890,"tiny":0.10}"#;
    let user: User = serde_json::from_str(&format!(r#"{{"id":"user_1","public_metadata":{json}}}"#)).unwrap();
    assert_eq!(user.public_metadata.as_json(), json);
}
