//! Operations on JSON text: reading the entries of an object, comparing values and merging objects.
//!
//! The functions expect well-formed JSON. They decode only object keys, and the strings and numbers that they compare.
//! Other values remain JSON text, in which `serde_json` accepts unpaired surrogates, numbers of any size, and any
//! nesting depth.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The entries of an object by decoded key.
pub(super) type Entries<'a> = BTreeMap<Key<'a>, Entry<'a>>;

/// An entry of an object as JSON text.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    /// The key in its original form, including the quotation marks.
    key: &'a str,
    pub(super) value: &'a str,
}

/// Returns the entries of `json`, or `None` if it is not an object. If a key is repeated, its last value is used.
pub(super) fn entries(json: &str) -> Option<Entries<'_>> {
    struct EntriesVisitor;

    impl<'de> Visitor<'de> for EntriesVisitor {
        type Value = Entries<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Entries<'de>, A::Error> {
            let mut entries = Entries::new();
            while let Some((key, value)) = object.next_entry::<&RawValue, &RawValue>()? {
                let decoded = Key::decode(key.get()).map_err(serde::de::Error::custom)?;
                entries.insert(decoded, Entry { key: key.get(), value: value.get() });
            }
            Ok(entries)
        }
    }

    if json.starts_with('{') {
        serde_json::Deserializer::from_str(json).deserialize_map(EntriesVisitor).ok()
    } else {
        None
    }
}

/// The content of a JSON string in WTF-8, which is UTF-8 that can also encode unpaired surrogates.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'a>(Cow<'a, [u8]>);

impl<'a> Key<'a> {
    pub(super) fn new(key: &'a str) -> Self {
        Self(Cow::Borrowed(key.as_bytes()))
    }

    fn decode(json: &'a str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_bytes<E>(self, key: &'de [u8]) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_bytes<E>(self, key: &[u8]) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }

        // Unlike `deserialize_str`, this method accepts unpaired surrogates.
        deserializer.deserialize_bytes(KeyVisitor)
    }
}

/// Returns `true` if two JSON values are equal.
///
/// Strings are compared after decoding, objects regardless of key order, and numbers by their exact decimal value. The
/// values to compare are kept on a heap-allocated stack, because the nesting can be too deep for recursion.
pub(super) fn equal(this: &str, other: &str) -> bool {
    let mut pairs = vec![(this, other)];
    while let Some((this, other)) = pairs.pop() {
        if this == other {
            continue;
        }
        let equal = match (this.as_bytes().first(), other.as_bytes().first()) {
            (Some(b'{'), Some(b'{')) => push_values(this, other, &mut pairs).is_some(),
            (Some(b'['), Some(b'[')) => push_elements(this, other, &mut pairs).is_some(),
            (Some(b'"'), Some(b'"')) => Key::decode(this).ok() == Key::decode(other).ok(),
            (Some(b'-' | b'0'..=b'9'), Some(b'-' | b'0'..=b'9')) => {
                Decimal::parse(this).is_some_and(|this| Decimal::parse(other) == Some(this))
            }
            _ => false,
        };
        if !equal {
            return false;
        }
    }
    true
}

/// Adds the pairs of values of two objects. Returns `None` if their keys differ.
fn push_values<'a>(this: &'a str, other: &'a str, pairs: &mut Vec<(&'a str, &'a str)>) -> Option<()> {
    let (this, mut other) = (entries(this)?, entries(other)?);
    for (key, entry) in this {
        pairs.push((entry.value, other.remove(&key)?.value));
    }
    other.is_empty().then_some(())
}

/// Adds the pairs of elements of two lists. Returns `None` if their lengths differ.
fn push_elements<'a>(this: &'a str, other: &'a str, pairs: &mut Vec<(&'a str, &'a str)>) -> Option<()> {
    let elements = |json: &'a str| serde_json::from_str::<Vec<&RawValue>>(json).ok();
    let (this, other) = (elements(this)?, elements(other)?);
    if this.len() != other.len() {
        return None;
    }
    pairs.extend(this.into_iter().map(RawValue::get).zip(other.into_iter().map(RawValue::get)));
    Some(())
}

/// A JSON number: `0.digits × 10^exponent`, without leading or trailing zeros.
#[derive(PartialEq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Parses a number. Returns `None` if the exponent does not fit in 64 bits.
    fn parse(number: &str) -> Option<Self> {
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |mantissa| (true, mantissa));
        let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [integer, fraction].concat();
        let digits = all.trim_start_matches('0');
        if digits.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let leading_zeros = i64::try_from(all.len() - digits.len()).ok()?;
        let point = i64::try_from(integer.len()).ok()?.checked_sub(leading_zeros)?;
        let exponent = exponent.parse::<i64>().ok()?.checked_add(point)?;
        Some(Self { negative, digits: digits.trim_end_matches('0').to_owned(), exponent })
    }
}

/// The state of merging one object.
struct Level<'a> {
    /// The key of the object in the enclosing object.
    key: Key<'a>,
    /// The same key in its original form.
    written_key: &'a str,
    /// The entries of the base that have not been replaced or removed yet.
    base: Entries<'a>,
    /// The remaining entries of the patch.
    patch: std::collections::btree_map::IntoIter<Key<'a>, Entry<'a>>,
    /// The entries that have been merged: the key in its original form, and the value.
    merged: BTreeMap<Key<'a>, (&'a str, Cow<'a, str>)>,
}

impl<'a> Level<'a> {
    fn new(key: Key<'a>, written_key: &'a str, base: Option<&'a str>, patch: Entries<'a>) -> Self {
        let base = base.and_then(entries).unwrap_or_default();
        Self { key, written_key, base, patch: patch.into_iter(), merged: BTreeMap::new() }
    }

    /// Returns the key, the key in its original form, and the merged object.
    fn finish(mut self) -> (Key<'a>, &'a str, String) {
        let kept = self.base.into_iter().map(|(key, Entry { key: written, value })| (key, (written, value.into())));
        self.merged.extend(kept);
        (self.key, self.written_key, write_object(self.merged.values()))
    }
}

/// Merges `patch` into `base` as specified in RFC 7396.
///
/// Values are merged as text, because parsing would round some numbers and reject some strings. The levels are kept on
/// a heap-allocated stack, because a few kilobytes of JSON can be nested too deeply for recursion.
pub(super) fn merge(base: &str, patch: &str) -> String {
    let Some(root) = entries(patch) else { return patch.to_owned() };
    let mut level = Level::new(Key::new(""), "", Some(base), root);
    let mut outer = Vec::new();
    loop {
        let Some((key, Entry { key: written, value })) = level.patch.next() else {
            let (key, written, merged) = level.finish();
            let Some(around) = outer.pop() else { return merged };
            level = around;
            level.merged.insert(key, (written, merged.into()));
            continue;
        };
        let old = level.base.remove(&key);
        if value == "null" {
            continue;
        }
        match entries(value) {
            None => {
                level.merged.insert(key, (written, value.into()));
            }
            Some(patch) => {
                let inner = Level::new(key, written, old.map(|old| old.value), patch);
                outer.push(std::mem::replace(&mut level, inner));
            }
        }
    }
}

fn write_object<'a>(entries: impl Iterator<Item = &'a (&'a str, Cow<'a, str>)>) -> String {
    let mut json = String::from("{");
    for (key, value) in entries {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(key);
        json.push(':');
        json.push_str(value);
    }
    json.push('}');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_compares_numbers_exactly() {
        for (this, other) in [("1", "1.0"), ("100", "1e2"), ("0.10", "1E-1"), ("-0", "0.0"), ("12.50e-1", "1.25")] {
            assert!(equal(this, other), "{this} {other}");
        }
        for (this, other) in [
            ("1", "-1"),
            ("1", "10"),
            ("0.1", "0.01"),
            ("123456789012345678901234567890", "123456789012345678901234567891"),
            ("1e400", "1e401"),
            ("1e99999999999999999999", "1e99999999999999999998"),
            ("1", "\"1\""),
        ] {
            assert!(!equal(this, other), "{this} {other}");
        }
    }

    #[test]
    fn equal_ignores_order_of_keys_and_notation_of_strings() {
        assert!(equal(r#"{"a":[1,{"b":"\u00e9"}],"c":null}"#, r#"{ "c" : null, "\u0061" : [1.0, {"b":"é"}] }"#));
        for (this, other) in [
            (r#"{"a":1}"#, r#"{"a":1,"b":1}"#),
            (r#"{"a":1,"b":1}"#, r#"{"a":1}"#),
            ("[1,2]", "[2,1]"),
            ("[1]", "[1,1]"),
            (r#""\ud800""#, r#""\ud801""#),
            ("[]", "{}"),
            ("true", "false"),
        ] {
            assert!(!equal(this, other), "{this} {other}");
        }
    }

    #[test]
    fn equal_compares_deeply_nested_values() {
        let nested = |value: &str| format!("{}{value}{}", "[".repeat(3000), "]".repeat(3000));
        assert!(equal(&nested("1"), &nested("1.0")));
        assert!(!equal(&nested("1"), &nested("2")));
    }
}
