//! Decoding that takes what the service really sends: missing and `null` parts, unknown values, values of another kind.
//!
//! There is one reader, [`Reader`], for every field of every model. It takes any JSON value; a type says by [`Lenient`]
//! what it understands. What it does not understand is passed over and counts as absent, and a warning in the log says
//! so. What a thing cannot be without, such as its id, is [`essential`]: without it the whole thing counts as absent,
//! and the document is refused only if there is nobody left who can do without.

#[cfg(any(feature = "clerk", feature = "in-memory"))]
mod document;
mod kinds;

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

use crate::model::metadata::{Metadata, RawJson};

#[cfg(any(feature = "clerk", feature = "in-memory"))]
pub(crate) use document::document;

/// What a type makes of the kinds of JSON values. `None` is a value that it does not understand.
pub(crate) trait Lenient<'de>: Sized {
    /// What the service means to send, for the log.
    const EXPECTED: &'static str;

    fn from_str(_: &str) -> Option<Self> {
        None
    }

    fn from_bool(_: bool) -> Option<Self> {
        None
    }

    /// `i128` is wide enough for every integer of the models.
    fn from_integer(_: i128) -> Option<Self> {
        None
    }

    fn from_float(_: f64) -> Option<Self> {
        None
    }

    fn from_list<A: SeqAccess<'de>>(list: &mut A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn from_object<A: MapAccess<'de>>(object: &mut A) -> Result<Option<Self>, A::Error> {
        skip(object).map(|()| None)
    }
}

/// A structure whose fields are read as the functions here do.
pub(crate) trait Object {}

impl<'de, T: Object + Deserialize<'de>> Lenient<'de> for T {
    const EXPECTED: &'static str = "an object";

    fn from_object<A: MapAccess<'de>>(object: &mut A) -> Result<Option<Self>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }
}

/// What is left of an object.
fn skip<'de, A: MapAccess<'de>>(object: &mut A) -> Result<(), A::Error> {
    while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// `None` if it is missing, `null` or not understood.
pub(crate) fn optional<'de, D: Deserializer<'de>, T: Lenient<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let mut value = None;
    Reader { essential: false, into: &mut value }.deserialize(deserializer)?;
    Ok(value)
}

/// The default value if it is missing, `null` or not understood.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Lenient<'de> + Default>(de: D) -> Result<T, D::Error> {
    optional(de).map(Option::unwrap_or_default)
}

/// What the thing around it cannot be without.
pub(crate) fn essential<'de, D: Deserializer<'de>, T: Lenient<'de>>(deserializer: D) -> Result<T, D::Error> {
    let mut value = None;
    Reader { essential: true, into: &mut value }.deserialize(deserializer)?;
    value.ok_or_else(|| D::Error::custom(LACKING))
}

/// How the error begins of a value that is essential and not understood.
const LACKING: &str = "not understood";
/// How the error begins of an essential field that is not there, as serde words it.
const MISSING: &str = "missing field `";

/// Whether an error says that something essential is not there or not understood. Such an error comes after the value
/// was read to its end, so reading can go on, which it cannot after malformed JSON. A deserializer tells errors apart by
/// their text alone; this is looked at only when there is one.
fn is_lacking(error: &impl fmt::Display) -> bool {
    let text = error.to_string();
    text.starts_with(LACKING) || text.starts_with(MISSING)
}

/// Reads any value as a `T`, or as nothing.
///
/// The value is put where it belongs and not handed back, because every layer of a deserializer would move it, and an
/// account has 700 bytes.
struct Reader<'a, T> {
    essential: bool,
    /// `None` to begin with.
    into: &'a mut Option<T>,
}

impl<'de, T: Lenient<'de>> Reader<'_, T> {
    #[inline]
    fn understood<E: Error>(self, value: Option<T>, found: &'static str) -> Result<(), E> {
        if value.is_none() {
            return strange::<T, E>(self.essential, found);
        }
        *self.into = value;
        Ok(())
    }
}

/// An error has to be made here and not by who asked, so that its position is that of the value.
#[cold]
fn strange<'de, T: Lenient<'de>, E: Error>(essential: bool, found: &'static str) -> Result<(), E> {
    if essential {
        return Err(E::custom(LACKING));
    }
    warn_of(T::EXPECTED, found);
    Ok(())
}

/// Says that something counts as absent, without saying what it is.
#[cold]
fn warn_of(expected: &'static str, found: &'static str) {
    #[cfg(feature = "clerk")]
    tracing::warn!(target: "user_directory", expected, found, "a value that is not understood counts as absent");
    #[cfg(not(feature = "clerk"))]
    let _ = (expected, found);
}

impl<'de, T: Lenient<'de>> DeserializeSeed<'de> for Reader<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Lenient<'de>> Visitor<'de> for Reader<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        if self.essential { Err(E::custom(LACKING)) } else { Ok(()) }
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.understood(T::from_bool(value), "a boolean")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.understood(T::from_integer(value.into()), "an integer")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.understood(T::from_integer(value.into()), "an integer")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.understood(T::from_float(value), "a number")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        match T::from_str(value) {
            // Some writers have the empty string for nothing.
            None if value.is_empty() => self.visit_unit(),
            understood => self.understood(understood, "text"),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let value = T::from_list(&mut list)?;
        self.understood(value, "a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        match T::from_object(&mut object) {
            Ok(value) => self.understood(value, "an object"),
            Err(error) => lacking::<T, A>(self.essential, object, error),
        }
    }
}

/// After an error in an object: reads on if it merely lacks something.
#[cold]
fn lacking<'de, T: Lenient<'de>, A: MapAccess<'de>>(
    essential: bool,
    mut object: A,
    error: A::Error,
) -> Result<(), A::Error> {
    if !is_lacking(&error) {
        return Err(error);
    }
    skip(&mut object)?;
    if essential {
        return Err(error);
    }
    warn_of(T::EXPECTED, "an object without what is essential to it");
    Ok(())
}

/// The things that a call asked for. `null` stands for nothing, as a whole and as an element; anything else has to be
/// understood, because nobody should take a part of the answer for the whole of it.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct List<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list or null")
        }

        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
            let mut list = make_room(&elements);
            while let Some(element) = elements.next_element_seed(Thing(PhantomData))? {
                push(&mut list, element);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_any(List(PhantomData))
}

/// An object or `null`. serde would take a list of values for a structure, too.
struct Thing<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Thing<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Thing<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or null")
    }

    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<T>, A::Error> {
        // To its end, so that the error points to the whole of it.
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Err(A::Error::invalid_type(Unexpected::Seq, &self))
    }
}

/// A hint comes from the document, so it is not trusted with more than a page.
fn make_room<'de, A: SeqAccess<'de>, T>(elements: &A) -> Vec<T> {
    Vec::with_capacity(elements.size_hint().unwrap_or(0).min(512))
}

fn push<T>(list: &mut Vec<T>, element: Option<T>) {
    let Some(element) = element else { return };
    // Most lists have one element, and a `Vec` left alone makes room for four large ones at once.
    if list.len() == list.capacity() {
        list.reserve_exact(list.len().max(1));
    }
    list.push(element);
}

/// Metadata that may be absent.
pub(crate) fn optional_metadata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Metadata>, D::Error> {
    let RawJson(json) = RawJson::deserialize(deserializer)?;
    if json == "null" {
        return Ok(None);
    }
    let metadata = Metadata::of_object(json);
    if metadata.is_none() {
        warn_of("an object", "another kind of value");
    }
    Ok(metadata)
}

pub(crate) fn metadata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Metadata, D::Error> {
    optional_metadata(deserializer).map(Option::unwrap_or_default)
}

/// A point in time as the API writes most of them: milliseconds since the Unix epoch.
///
/// What comes as a date with more digits is cut off, so that what is written is what was read.
pub(crate) mod millis {
    use jiff::Timestamp;
    use serde::{Deserializer, Serialize, Serializer};

    use super::kinds::Millis;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let at = super::optional(deserializer)?;
        Ok(at.map(|Millis(at)| at))
    }

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(Timestamp::as_millisecond).serialize(serializer)
    }
}

/// A point in time as the API writes a few of them: RFC 3339.
pub(crate) mod rfc3339 {
    pub(crate) use super::optional as deserialize;
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

        impl $crate::model::lenient::Lenient<'_> for $name {
            const EXPECTED: &'static str = "text";

            fn from_str(text: &str) -> Option<Self> {
                Some(text.into())
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
    use crate::model::DeviceStatus;

    #[test]
    fn an_open_enum_keeps_what_it_does_not_know_and_compares_by_what_is_written() {
        let statuses: Vec<DeviceStatus> = serde_json::from_str(r#"["active","lost"]"#).unwrap();
        assert_eq!(statuses, [DeviceStatus::Active, DeviceStatus::Other("lost".into())]);
        assert_eq!(serde_json::to_string(&statuses).unwrap(), r#"["active","lost"]"#);
        assert_eq!(DeviceStatus::Other("active".into()), DeviceStatus::Active);
    }
}
