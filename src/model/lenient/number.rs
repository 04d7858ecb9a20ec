//! Decodes numbers that `serde_json` represents as objects.
//!
//! Cargo unifies features, so any crate in a program can enable the `arbitrary_precision` feature of `serde_json`. With
//! this feature, visitors receive numbers with a fraction or an exponent, and integers that do not fit in 64 bits, as
//! objects with one entry. The key is private to `serde_json`, and the value is the text of the number.

use std::iter;

use serde::de::value::{Error, MapDeserializer};
use serde::de::{Deserialize, IgnoredAny, MapAccess};

use super::{FromJson, Reader, skip_entries};
use crate::model::text::Text;

#[derive(Debug, PartialEq)]
pub(super) enum Number {
    Integer(i128),
    Float(f64),
}

impl Number {
    pub(super) fn decode<'de, T: FromJson<'de>>(self) -> Option<T> {
        match self {
            Self::Integer(value) => T::from_integer(value),
            Self::Float(value) => T::from_float(value),
        }
    }
}

/// Reads the whole object, and decodes the number that it represents. Returns `None` if it represents no valid number.
pub(super) fn from_object<'de, A: MapAccess<'de>>(object: &mut A) -> Result<Option<Number>, A::Error> {
    let Some(key) = object.next_key::<Text>()? else { return Ok(None) };
    let mut text = None;
    if is_number_key(&key) {
        object.next_value_seed(Reader { required: false, into: &mut text })?;
    } else {
        object.next_value::<IgnoredAny>()?;
    }
    skip_entries(object)?;
    Ok(text.and_then(|text: Text| from_text(&text)))
}

/// Returns `true` if `serde_json` decodes an object with this key as a number.
fn is_number_key(key: &str) -> bool {
    let object = MapDeserializer::<_, Error>::new(iter::once((key, "0")));
    serde_json::Number::deserialize(object).is_ok()
}

fn from_text(number: &str) -> Option<Number> {
    if let Ok(integer) = number.parse() {
        return Some(Number::Integer(integer));
    }
    let float: f64 = number.parse().ok()?;
    float.is_finite().then_some(Number::Float(float))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_number_is_decoded_like_the_number() {
        fn decode<T: for<'de> FromJson<'de>>(number: &str) -> Option<T> {
            from_text(number).and_then(Number::decode)
        }

        assert_eq!(decode::<u32>("3.0"), Some(3));
        assert_eq!(decode::<u32>("3e2"), Some(300));
        assert_eq!(decode::<u32>("2.9"), None);
        assert_eq!(decode::<u32>("18446744073709551616"), None);
        assert_eq!(decode::<f64>("-0.25"), Some(-0.25));
        assert_eq!(decode::<f64>("1e400"), None);
        assert_eq!(decode::<Text>("18446744073709551616").as_deref(), Some("18446744073709551616"));
        assert_eq!(from_text("3"), Some(Number::Integer(3)));
        assert_eq!(from_text("18446744073709551616"), Some(Number::Integer(18_446_744_073_709_551_616)));
        assert_eq!(from_text("3.0"), Some(Number::Float(3.0)));
        assert_eq!(from_text("3e2"), Some(Number::Float(300.0)));
        assert_eq!(from_text("-0.25"), Some(Number::Float(-0.25)));
        assert_eq!(from_text("1e400"), None);
        assert_eq!(from_text("x"), None);
    }

    #[test]
    fn objects_with_other_keys_are_not_numbers() {
        for key in ["", "0", "number", "$serde_json::private::RawValue"] {
            assert!(!is_number_key(key), "{key}");
        }
    }
}
