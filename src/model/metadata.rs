//! [`Metadata`]: a JSON object, stored as text.

mod json;

use std::fmt;
use std::str::FromStr;

use serde::de::{DeserializeOwned, Error as _, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use json::{Entries, Key};

use crate::compact::{compact, on_one_line};
use crate::error::{Error, InputRule, Result};
use crate::model::debug::debug_set_fields;
use crate::model::text::Text;

/// A JSON object with application data, such as a user's public metadata.
///
/// The JSON text is stored unchanged and parsed on access, which preserves key order, numbers of any size, and strings
/// with unpaired surrogates (`"\ud800"`). Deserializing a number or string fails only if the target type cannot
/// represent it.
///
/// A user's public, private and unsafe metadata are each [limited](crate::UserDirectory#limits) to 8 KB.
///
/// Cloning is cheap. `Debug` shows only the size, because metadata can contain personal data. Equality ignores
/// insignificant whitespace, key order and string escaping, and compares numbers by their exact decimal values.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use user_directory::Metadata;
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Profile {
///     role: String,
///     level: u8,
/// }
///
/// let metadata = Metadata::new(&Profile { role: "admin".into(), level: 3 })?;
/// assert_eq!(metadata.get::<String>("role")?.as_deref(), Some("admin"));
/// assert_eq!(metadata.get::<String>("team")?, None);
/// assert_eq!(metadata.deserialize::<Profile>()?, Profile { role: "admin".into(), level: 3 });
///
/// let merged = metadata.merge(&Metadata::new(&serde_json::json!({ "level": null, "team": "blue" }))?);
/// assert_eq!(merged.as_json(), r#"{"role":"admin","team":"blue"}"#);
/// # Ok::<(), user_directory::Error>(())
/// ```
///
/// # Deserialization
///
/// `Metadata` can be deserialized from JSON text or from a [`serde_json::Value`]. Do not parse JSON text into a `Value`
/// first: parsing fails for unpaired surrogates and rounds large numbers.
///
/// Deserialization fails if serde buffers the metadata, because the buffer does not contain the JSON text. serde
/// buffers the content of untagged and internally tagged enums, of fields with `#[serde(flatten)]`, and of adjacently
/// tagged enums whose content precedes the tag. To avoid buffering, deserialize the whole enum or struct as a boxed
/// [`RawValue`], and then deserialize the concrete types from its text.
///
/// Clerk can store `null` instead of an object. Metadata that was decoded from `null` is equal to an empty object, but
/// is serialized as `null`.
#[derive(Clone)]
pub struct Metadata(Text);

const EMPTY: Text = Text::from_static("{}");
const NULL: Text = Text::from_static("null");

impl Metadata {
    /// Creates metadata from a struct, a map or a `serde_json::json!` object.
    ///
    /// A struct field that is `None` is serialized as `null`, which removes the key when the metadata is
    /// [merged](crate::MetadataUpdate). To omit the key, add `#[serde(skip_serializing_if = "Option::is_none")]`.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if `value` does not serialize to a JSON object.
    /// `Metadata` that was decoded from `null` is rejected, because it serializes to `null`. Clone it instead.
    pub fn new<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        let json = serde_json::to_string(value).map_err(|_| not_an_object())?;
        if json.starts_with('{') { Ok(Self(json.into())) } else { Err(not_an_object()) }
    }

    /// Returns the JSON text of the object.
    #[must_use]
    pub fn as_json(&self) -> &str {
        if self.is_null() { "{}" } else { &self.0 }
    }

    /// Returns the size of the JSON text in bytes, including insignificant whitespace.
    ///
    /// For metadata that is included in session tokens, Clerk recommends at most 1.2 KB.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        self.as_json().len()
    }

    /// Returns `true` if the object has no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_json() == "{}" || self.entries().is_empty()
    }

    /// Deserializes the value of a top-level key, or returns `None` if the key does not exist.
    ///
    /// If the value can be `null`, use an `Option` type for `T`.
    ///
    /// # Errors
    ///
    /// Returns [`Decode`](crate::ErrorKind::Decode) if the value cannot be deserialized as `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.entries()
            .get(&Key::new(key))
            .map(|entry| serde_json::from_str(entry.value).map_err(|error| Error::decode(&error)))
            .transpose()
    }

    /// Deserializes the whole object.
    ///
    /// # Errors
    ///
    /// Returns [`Decode`](crate::ErrorKind::Decode) if the object cannot be deserialized as `T`.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(self.as_json()).map_err(|error| Error::decode(&error))
    }

    /// Returns a copy of this object with `patch` applied as a JSON Merge Patch (RFC 7396).
    ///
    /// Nested objects are merged recursively. A `null` value in `patch` removes its key at any depth. Any other value
    /// in `patch`, such as an array, replaces the existing value.
    /// [`update_metadata`](crate::UserDirectory::update_metadata) uses the same rules.
    #[must_use]
    pub fn merge(&self, patch: &Self) -> Self {
        Self(json::merge(self.as_json(), patch.as_json()).into())
    }

    /// Returns a copy of this object without insignificant whitespace.
    #[must_use]
    pub fn compact(&self) -> Self {
        Self(compact(&self.0).into())
    }

    /// Returns `true` if the metadata was decoded from `null`.
    pub(crate) fn is_null(&self) -> bool {
        self.0 == "null"
    }

    /// Creates metadata from a JSON value if it is an object or `null`.
    fn of_json(json: &str) -> Option<Self> {
        match json {
            "null" => Some(Self(NULL)),
            json if json.starts_with('{') => Some(Self(json.into())),
            _ => None,
        }
    }

    fn entries(&self) -> Entries<'_> {
        json::entries(self.as_json()).unwrap_or_default()
    }
}

fn not_an_object() -> Error {
    InputRule::MetadataObject.violated_by("metadata")
}

impl Default for Metadata {
    /// Returns an empty object.
    fn default() -> Self {
        Self(EMPTY)
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metadata({} bytes)", self.size_in_bytes())
    }
}

impl PartialEq for Metadata {
    fn eq(&self, other: &Self) -> bool {
        json::equal(self.as_json(), other.as_json())
    }
}

impl FromStr for Metadata {
    type Err = Error;

    fn from_str(json: &str) -> Result<Self> {
        let raw: &RawValue = serde_json::from_str(json).map_err(|_| not_an_object())?;
        if raw.get().starts_with('{') { Ok(Self(raw.get().into())) } else { Err(not_an_object()) }
    }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = on_one_line(&self.0);
        let raw: &RawValue = serde_json::from_str(&text).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // For other values, the visitor returns an error.
        deserializer
            .deserialize_newtype_struct(RAW_JSON, JsonVisitor { is_required: true })
            .map(Option::unwrap_or_default)
    }
}

/// The name of a newtype struct that makes a deserializer return a value as JSON text.
///
/// A deserializer that recognizes the name passes an object with one entry, whose key is the name and whose value is
/// the text. With other deserializers, a [`RawValue`] is decoded, which requires an allocation.
pub(crate) const RAW_JSON: &str = "$user_directory::private::RawJson";

/// Deserializes metadata, or returns `None` if the value is neither an object nor `null`.
pub(crate) fn object_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Metadata>, D::Error> {
    deserializer.deserialize_newtype_struct(RAW_JSON, JsonVisitor { is_required: false })
}

struct JsonVisitor {
    /// Whether a value that is neither an object nor `null` is an error.
    is_required: bool,
}

impl JsonVisitor {
    /// Creates the metadata. Errors are created here rather than by the caller, so that they contain the position.
    fn read<E: serde::de::Error>(&self, json: &str) -> Result<Option<Metadata>, E> {
        match Metadata::of_json(json) {
            None if self.is_required => Err(E::custom("invalid type: expected an object or null")),
            metadata => Ok(metadata),
        }
    }
}

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Option<Metadata>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entry: A) -> Result<Option<Metadata>, A::Error> {
        match entry.next_key::<&str>()? {
            Some(RAW_JSON) => self.read(entry.next_value()?),
            _ => Err(A::Error::invalid_type(Unexpected::Map, &self)),
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Metadata>, D::Error> {
        self.read(Box::<RawValue>::deserialize(deserializer)?.get())
    }
}

/// A user's public, private and unsafe metadata.
///
/// ```
/// use user_directory::model::UserMetadata;
/// use user_directory::Metadata;
///
/// let metadata = UserMetadata {
///     public: Metadata::new(&serde_json::json!({ "plan": "pro" }))?,
///     ..UserMetadata::default()
/// };
/// assert_eq!(metadata.public.get::<String>("plan")?.as_deref(), Some("pro"));
/// assert!(metadata.private.is_empty());
/// # Ok::<(), user_directory::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct UserMetadata {
    /// The public metadata, which the frontend can read.
    pub public: Metadata,
    /// The private metadata, which only the backend can read.
    pub private: Metadata,
    /// The unsafe metadata, which the frontend can read and write.
    pub r#unsafe: Metadata,
}

debug_set_fields! { UserMetadata { public, private, r#unsafe } }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_keeps_the_json_text() {
        let json = r#"{"big":123456789012345678901234567890,"tiny":0.10}"#;
        assert_eq!(serde_json::from_str::<Metadata>(json).unwrap().as_json(), json);
        assert_eq!(serde_json::from_slice::<Metadata>(json.as_bytes()).unwrap().as_json(), json);
        assert_eq!(serde_json::from_reader::<_, Metadata>(json.as_bytes()).unwrap().as_json(), json);
        let value = serde_json::json!({ "a": [1, null], "b": "c" });
        assert_eq!(serde_json::from_value::<Metadata>(value.clone()).unwrap().as_json(), value.to_string());
    }

    #[test]
    fn metadata_serializes_on_one_line() {
        let metadata: Metadata = "{ \"a\" :\r\n\t\"b \\n c\",\n\"d\": 1.0}".parse().unwrap();
        assert_eq!(serde_json::to_string(&metadata).unwrap(), r#"{"a":"b \n c","d":1.0}"#);
        let spaced: Metadata = r#"{"a": 1}"#.parse().unwrap();
        assert_eq!(serde_json::to_string(&spaced).unwrap(), spaced.as_json());
    }

    /// Returns objects that would be rejected or changed by a conversion to Rust types.
    fn hostile() -> [String; 6] {
        [
            r#"{"\ud800":1,"role":"admin"}"#.to_owned(),
            r#"{"name":"\ud800","role":"admin"}"#.to_owned(),
            r#"{"n":1e400,"role":"admin"}"#.to_owned(),
            format!(r#"{{"deep":{}{},"role":"admin"}}"#, "[".repeat(3000), "]".repeat(3000)),
            r#"{"$serde_json::private::RawValue":"{\"role\":\"owner\"}","role":"admin"}"#.to_owned(),
            r#"{"$serde_json::private::Number":"7","role":"admin"}"#.to_owned(),
        ]
    }

    #[test]
    fn metadata_is_kept_whatever_it_contains() {
        for json in hostile() {
            let metadata: Metadata = serde_json::from_str(&json).unwrap();
            assert_eq!(metadata.as_json(), json);
            assert_eq!(json.parse::<Metadata>().unwrap().as_json(), json);
            assert_eq!(serde_json::from_reader::<_, Metadata>(json.as_bytes()).unwrap().as_json(), json);
            assert_eq!(serde_json::to_string(&metadata).unwrap(), json);
            assert!(!metadata.is_empty(), "{json}");
            assert_eq!(metadata.get::<String>("role").unwrap().as_deref(), Some("admin"), "{json}");
            assert_ne!(metadata, r#"{"role":"admin"}"#.parse().unwrap(), "{json}");
            assert_eq!(metadata, format!(" {json}").parse().unwrap(), "{json}");
            assert_eq!(metadata.compact().as_json(), json);
        }
        let name: Metadata = r#"{"name":"\ud800"}"#.parse().unwrap();
        assert_eq!(name.get::<String>("name").unwrap_err().kind(), crate::ErrorKind::Decode);
        let forged: Metadata = r#"{"$serde_json::private::RawValue":"{\"role\":\"owner\"}"}"#.parse().unwrap();
        assert_ne!(forged, r#"{"role":"owner"}"#.parse().unwrap());
    }

    #[test]
    fn merge_keeps_values_that_it_does_not_change() {
        let patch: Metadata = r#"{"team":"blue","role":null}"#.parse().unwrap();
        for json in hostile() {
            let merged = json.parse::<Metadata>().unwrap().merge(&patch);
            let kept = json.strip_suffix(r#","role":"admin"}"#).unwrap();
            assert_eq!(merged, format!(r#"{kept},"team":"blue"}}"#).parse().unwrap(), "{json}");
            assert_eq!(merged.get::<String>("team").unwrap().as_deref(), Some("blue"));
        }
    }

    #[test]
    fn merge_compares_keys_after_decoding() {
        let merged = |base: &str, patch: &str| {
            base.parse::<Metadata>().unwrap().merge(&patch.parse().unwrap()).as_json().to_owned()
        };
        assert_eq!(merged(r#"{"\u0061":1,"b":2}"#, r#"{"a":null}"#), r#"{"b":2}"#);
        assert_eq!(merged(r#"{"\ud800":1,"\uD801":2}"#, r#"{"\uD800":null}"#), r#"{"\uD801":2}"#);
        assert_eq!(merged(r#"{"\ud83d\ude00":{"x":1}}"#, r#"{"😀":{"y":2}}"#), r#"{"😀":{"x":1,"y":2}}"#);
        assert_eq!(merged(r#"{"a":1,"a":2}"#, r#"{"c":3}"#), r#"{"a":2,"c":3}"#);
    }

    #[test]
    fn metadata_in_a_buffer_is_an_error_and_never_another_value() {
        #[derive(Debug, Deserialize)]
        #[serde(tag = "type", content = "data")]
        enum Event {
            #[serde(rename = "user.created")]
            Created(Box<crate::User>),
        }
        for json in hostile() {
            let first = format!(r#"{{"type":"user.created","data":{{"id":"user_1","public_metadata":{json}}}}}"#);
            let Event::Created(user) = serde_json::from_str(&first).unwrap();
            assert_eq!(user.public_metadata.as_json(), json);

            let buffered = format!(r#"{{"data":{{"id":"user_1","public_metadata":{json}}},"type":"user.created"}}"#);
            serde_json::from_str::<Event>(&buffered).unwrap_err();
        }
        serde_json::from_str::<Event>(r#"{"data":{"id":"user_1"},"type":"user.created"}"#).unwrap();
    }

    #[test]
    fn null_metadata_is_read_as_an_empty_object_and_serialized_as_null() {
        let null: Metadata = serde_json::from_str("null").unwrap();
        assert_eq!((null.as_json(), null.size_in_bytes(), null.is_empty()), ("{}", 2, true));
        assert_eq!(null, Metadata::default());
        assert_eq!(null.get::<String>("plan").unwrap(), None);
        assert!(null.deserialize::<std::collections::HashMap<String, u8>>().unwrap().is_empty());
        let patch: Metadata = r#"{"plan":"pro"}"#.parse().unwrap();
        assert_eq!(null.merge(&patch).as_json(), r#"{"plan":"pro"}"#);
        assert_eq!(patch.merge(&null), patch);
        for metadata in [null.clone(), null.compact()] {
            assert_eq!(serde_json::to_string(&metadata).unwrap(), "null");
            assert!(Metadata::new(&metadata).is_err());
        }
    }

    #[test]
    fn metadata_rejects_values_that_are_not_objects() {
        for json in ["[]", "1", "\"text\"", "true"] {
            assert!(serde_json::from_str::<Metadata>(json).is_err(), "{json}");
            assert!(json.parse::<Metadata>().is_err(), "{json}");
        }
        assert!(Metadata::new("text").is_err());
    }

    #[test]
    fn debug_of_metadata_shows_only_the_size() {
        let metadata: Metadata = r#"{"ssn":"123"}"#.parse().unwrap();
        assert_eq!(format!("{metadata:?}"), "Metadata(13 bytes)");
    }
}
