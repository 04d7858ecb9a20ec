//! Decoding that takes what the service really sends: missing and `null` parts, unknown values, loose numbers.

use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

use crate::model::id::InvalidId;
use crate::model::metadata::{Metadata, RawJson};

/// `null` is the default value; with `#[serde(default)]` so is a missing field.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A list in which `null` stands for nothing, as a whole and as an element.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct List<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array or null")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            // A hint comes from the document, so it is not trusted with more than a page.
            let mut list = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(512));
            while let Some(element) = seq.next_element::<Option<T>>()? {
                let Some(element) = element else { continue };
                // Most lists have one element, and a `Vec` left alone makes room for four large ones at once.
                if list.len() == list.capacity() {
                    list.reserve_exact(list.len().max(1));
                }
                list.push(element);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_any(List(PhantomData))
}

/// The numbers that JSON may hold where an integer is meant.
enum Number {
    /// Wide enough for every integer of the models.
    Integer(i128),
    Text(Timestamp),
    Nothing,
}

/// A number, a date in text, or nothing; what is not understood counts as nothing.
struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer or null")
    }

    fn visit_unit<E>(self) -> Result<Number, E> {
        Ok(Number::Nothing)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
        Ok(Number::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
        Ok(Number::Integer(value.into()))
    }

    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and the range is checked by who asks")]
    fn visit_f64<E>(self, value: f64) -> Result<Number, E> {
        Ok(Number::Integer(value as i128))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Number, E> {
        Ok(Number::Nothing)
    }

    fn visit_str<E>(self, value: &str) -> Result<Number, E> {
        Ok(value.parse().map_or(Number::Nothing, Number::Text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Number, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Number::Nothing)
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Number, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Number::Nothing)
    }
}

/// An id that may be missing; some writers have the empty string for none.
pub(crate) fn id<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: for<'a> TryFrom<&'a str, Error = InvalidId>,
{
    struct IdVisitor<T>(PhantomData<T>);

    impl<'de, T: for<'a> TryFrom<&'a str, Error = InvalidId>> Visitor<'de> for IdVisitor<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id or null")
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_str(self)
        }

        fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<Self::Value, E> {
            if id.is_empty() { Ok(None) } else { T::try_from(id).map(Some).map_err(E::custom) }
        }
    }

    deserializer.deserialize_option(IdVisitor(PhantomData))
}

/// Metadata of something that matters less than the rest of the document: what is not an object is none.
pub(crate) fn metadata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Metadata>, D::Error> {
    let RawJson(json) = RawJson::deserialize(deserializer)?;
    Ok(json.parse().ok())
}

/// An integer; `None` for `null` and for a number that `T` does not hold.
pub(crate) fn integer<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i128>,
{
    Ok(match deserializer.deserialize_any(NumberVisitor)? {
        Number::Integer(value) => T::try_from(value).ok(),
        Number::Text(_) | Number::Nothing => None,
    })
}

pub(crate) fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(match deserializer.deserialize_any(NumberVisitor)? {
        Number::Integer(value) => i64::try_from(value).ok().and_then(|value| Timestamp::from_millisecond(value).ok()),
        Number::Text(value) => Some(value),
        Number::Nothing => None,
    })
}

/// A point in time as the API writes most of them: milliseconds since the Unix epoch.
pub(crate) mod millis {
    pub(crate) use super::timestamp as deserialize;
    use jiff::Timestamp;
    use serde::{Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(Timestamp::as_millisecond).serialize(serializer)
    }
}

/// A point in time as the API writes a few of them: RFC 3339.
pub(crate) mod rfc3339 {
    pub(crate) use super::timestamp as deserialize;
    use jiff::Timestamp;
    use serde::Serializer;

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }
}

/// Implements an enum of strings that keeps a value it does not know.
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        ///
        /// A value that this version of the crate does not know is kept as `Other`, and written back as it came. Values
        /// compare by what is written, so that a value which gets a name later equals the `Other` of before.
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* #[doc = concat!("Written `", $text, "`.")] $variant,)+
            /// A value without a name here.
            Other($crate::model::text::Text),
        }

        impl $name {
            /// The value as the API writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $name {}

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    _ => Self::Other(text.into()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::model::lenient::string(deserializer)
            }
        }
    };
}
pub(crate) use open_enum;

/// Makes a value from a string without keeping the string.
pub(crate) fn string<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: for<'a> From<&'a str>,
{
    struct StringVisitor<T>(PhantomData<T>);

    impl<T: for<'a> From<&'a str>> Visitor<'_> for StringVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E>(self, value: &str) -> Result<T, E> {
            Ok(T::from(value))
        }
    }

    deserializer.deserialize_str(StringVisitor(PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DeviceStatus;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Loose {
        #[serde(default, deserialize_with = "or_default")]
        flag: bool,
        #[serde(default, deserialize_with = "list")]
        names: Vec<String>,
        #[serde(default, deserialize_with = "integer")]
        count: Option<u32>,
        #[serde(default, with = "millis")]
        at: Option<Timestamp>,
    }

    fn decode(json: &str) -> Loose {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_open_enum_keeps_what_it_does_not_know_and_compares_by_what_is_written() {
        let statuses: Vec<DeviceStatus> = serde_json::from_str(r#"["active","lost"]"#).unwrap();
        assert_eq!(statuses, [DeviceStatus::Active, DeviceStatus::Other("lost".into())]);
        assert_eq!(serde_json::to_string(&statuses).unwrap(), r#"["active","lost"]"#);
        assert_eq!(DeviceStatus::Other("active".into()), DeviceStatus::Active);
    }

    #[test]
    fn an_id_that_may_be_missing_may_be_empty_but_not_malformed() {
        #[derive(serde::Deserialize)]
        struct Owned {
            #[serde(default, deserialize_with = "id")]
            by: Option<crate::UserId>,
        }
        let decode = |json| serde_json::from_str(json).map(|owned: Owned| owned.by);
        for json in ["{}", r#"{"by":null}"#, r#"{"by":""}"#] {
            assert_eq!(decode(json).unwrap(), None, "{json}");
        }
        assert_eq!(decode(r#"{"by":"user_1"}"#).unwrap().unwrap(), "user_1");
        assert!(decode(r#"{"by":"user/1"}"#).is_err());
    }

    const NOTHING: Loose = Loose { flag: false, names: Vec::new(), count: None, at: None };

    #[test]
    fn missing_null_and_meaningless_parts_are_nothing() {
        for json in [
            "{}",
            r#"{"flag":null,"names":null,"count":null,"at":null}"#,
            r#"{"names":[null],"count":-1,"at":1e300}"#,
            r#"{"count":[1,[2]],"at":{"a":{"b":1}}}"#,
            r#"{"count":18446744073709551615,"at":true}"#,
            r#"{"count":"x","at":"tomorrow"}"#,
        ] {
            assert_eq!(decode(json), NOTHING, "{json}");
        }
    }

    #[test]
    fn timestamps_are_milliseconds_or_dates() {
        let at = Timestamp::from_millisecond(1_700_690_400_000).unwrap();
        assert_eq!(decode(r#"{"at":1700690400000}"#).at, Some(at));
        assert_eq!(decode(r#"{"at":1700690400000.75}"#).at, Some(at));
        assert_eq!(decode(r#"{"at":"2023-11-22T22:00:00Z"}"#).at, Some(at));
    }
}
