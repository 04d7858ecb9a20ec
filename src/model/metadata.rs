//! [`Metadata`]: free JSON, kept as it came.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::model::debug::debug_set_fields;
use crate::model::text::Text;

/// A JSON object that an application keeps on a user.
///
/// The text is kept as it came, so nothing is lost (numbers of any size, keys in any order), and is parsed only when
/// somebody looks inside. Cloning is cheap. Two values are equal if they mean the same JSON; numbers that 64 bits cannot
/// hold are compared as doubles. `Debug` shows the size only, because metadata is personal.
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
#[derive(Clone)]
pub struct Metadata(Text);

const EMPTY: Text = Text::from_static("{}");

impl Metadata {
    /// Makes metadata from a structure, a map, or what `serde_json::json!` gives.
    ///
    /// A field that is `None` is written as `null`, which removes the key when the metadata is
    /// [merged](crate::MetadataUpdate). Where it is to say nothing, put
    /// `#[serde(skip_serializing_if = "Option::is_none")]` on it.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if `value` is not written as a JSON object.
    pub fn new<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        let json = serde_json::to_string(value).map_err(|_| not_an_object())?;
        if json.starts_with('{') { Ok(Self(json.into())) } else { Err(not_an_object()) }
    }

    /// The object as JSON text, as it came.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// The size of the JSON text in bytes. Clerk takes 8 KB of each kind of metadata, and recommends no more than
    /// 1.2 KB for what goes into a session token.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        self.0.len()
    }

    /// Whether the object has no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == "{}" || self.entries().is_empty()
    }

    /// The value at a top-level key, or `None` if there is no such key.
    ///
    /// A key whose value is `null` is there: ask for `Option<T>` where that can happen.
    ///
    /// # Errors
    ///
    /// [`Decode`](crate::ErrorKind::Decode) if the value is not a `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.entries()
            .get(key)
            .map(|value| serde_json::from_str(value.get()).map_err(|error| Error::decode(&error)))
            .transpose()
    }

    /// The whole object as a `T`.
    ///
    /// # Errors
    ///
    /// [`Decode`](crate::ErrorKind::Decode) if the object is not a `T`.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.0).map_err(|error| Error::decode(&error))
    }

    /// This object after a deep merge of `patch`, as `PATCH /users/{user_id}/metadata` does it.
    ///
    /// Nested objects are merged, a key that `patch` sets to `null` is removed at any depth, and everything else that
    /// `patch` has replaces what was there, arrays included.
    #[must_use]
    pub fn merge(&self, patch: &Self) -> Self {
        Self(merge(&self.0, &patch.0).into())
    }

    /// This object with insignificant white space taken out.
    #[must_use]
    pub fn compact(&self) -> Self {
        Self(compact(&self.0).into())
    }

    /// Takes well-formed JSON if it is an object.
    pub(crate) fn of_object(json: Text) -> Option<Self> {
        json.starts_with('{').then_some(Self(json))
    }

    fn entries(&self) -> Entries<'_> {
        entries(&self.0).unwrap_or_default()
    }
}

fn not_an_object() -> Error {
    Error::invalid_input("metadata", "metadata must be a JSON object")
}

type Entries<'a> = BTreeMap<String, &'a RawValue>;

/// The entries of `json` if it is an object. Of a repeated key the last value counts, as for any JSON reader.
fn entries(json: &str) -> Option<Entries<'_>> {
    if json.starts_with('{') { serde_json::from_str(json).ok() } else { None }
}

/// An object that is being merged.
struct Level<'a> {
    /// Where it belongs in the object around it.
    key: String,
    /// What of the old object has not been replaced or removed so far.
    base: Entries<'a>,
    /// What of the patch is still to come.
    patch: std::collections::btree_map::IntoIter<String, &'a RawValue>,
    merged: BTreeMap<String, String>,
}

impl<'a> Level<'a> {
    fn new(key: String, base: Option<&'a str>, patch: Entries<'a>) -> Self {
        let base = base.and_then(entries).unwrap_or_default();
        Self { key, base, patch: patch.into_iter(), merged: BTreeMap::new() }
    }

    fn finish(mut self) -> (String, String) {
        self.merged.extend(self.base.into_iter().map(|(key, value)| (key, value.get().to_owned())));
        (self.key, write_object(&self.merged))
    }
}

/// Merges as text, level by level, because a detour over numbers in memory would round some of them. The levels are
/// kept in a list, because a few kilobytes can be nested deeper than a thread's stack goes.
fn merge(base: &str, patch: &str) -> String {
    let Some(root) = entries(patch) else { return patch.to_owned() };
    let mut level = Level::new(String::new(), Some(base), root);
    let mut outer = Vec::new();
    loop {
        let Some((key, value)) = level.patch.next() else {
            let (key, merged) = level.finish();
            let Some(around) = outer.pop() else { return merged };
            level = around;
            level.merged.insert(key, merged);
            continue;
        };
        let old = level.base.remove(&key);
        if value.get() == "null" {
            continue;
        }
        match entries(value.get()) {
            None => {
                level.merged.insert(key, value.get().to_owned());
            }
            Some(patch) => outer.push(std::mem::replace(&mut level, Level::new(key, old.map(RawValue::get), patch))),
        }
    }
}

fn write_object(entries: &BTreeMap<String, String>) -> String {
    let mut json = String::from("{");
    for (key, value) in entries {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&serde_json::Value::from(key.as_str()).to_string());
        json.push(':');
        json.push_str(value);
    }
    json.push('}');
    json
}

/// Takes insignificant white space out of well-formed JSON.
fn compact(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in json.chars() {
        if in_string || !matches!(character, ' ' | '\n' | '\r' | '\t') {
            compact.push(character);
        }
        match character {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
    }
    compact
}

impl Default for Metadata {
    /// The empty object.
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
        fn value(metadata: &Metadata) -> Option<serde_json::Value> {
            serde_json::from_str(&metadata.0).ok()
        }
        self.0 == other.0 || value(self).is_some_and(|this| value(other) == Some(this))
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
        // Compact JSON is one line, whatever it holds: files of JSON lines rely on that. A line break is only ever white
        // space in JSON.
        let breaks_lines = self.0.bytes().any(|byte| matches!(byte, b'\n' | b'\r'));
        let json = if breaks_lines { Cow::Owned(compact(&self.0)) } else { Cow::Borrowed(self.as_json()) };
        let raw: &RawValue = serde_json::from_str(&json).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match RawJson::deserialize(deserializer)? {
            RawJson(json) if json.starts_with('{') => Ok(Self(json)),
            RawJson(json) if json == "null" => Ok(Self::default()),
            RawJson(_) => Err(serde::de::Error::custom("invalid type: expected an object or null")),
        }
    }
}

/// The text of any JSON value.
///
/// [`RawValue`] is the same, but cannot be read from what serde has buffered, as for an enum whose tag comes after its
/// content. There the value is read as a [`serde_json::Value`] and written again.
pub(crate) struct RawJson(pub(crate) Text);

/// The name by which `serde_json` is asked for the text of a value. Should it change, values are read and written again.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RawJsonVisitor;

        impl<'de> Visitor<'de> for RawJsonVisitor {
            type Value = RawJson;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawJson, A::Error> {
                map.next_key::<IgnoredAny>()?;
                map.next_value().map(RawJson)
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawJson, D::Error> {
                let value = serde_json::Value::deserialize(deserializer)?;
                Ok(RawJson(value.to_string().into()))
            }
        }

        deserializer.deserialize_newtype_struct(RAW_VALUE, RawJsonVisitor)
    }
}

/// The three kinds of metadata that a user has.
///
/// ```
/// use user_directory::{Metadata, UserMetadata};
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
    /// Readable by the frontend, writable by the backend only.
    pub public: Metadata,
    /// Readable and writable by the backend only.
    pub private: Metadata,
    /// Readable and writable by the frontend, so never to be trusted.
    pub r#unsafe: Metadata,
}

debug_set_fields! { UserMetadata { public, private, r#unsafe } }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_kept_whatever_it_is_read_from() {
        let json = r#"{"big":123456789012345678901234567890,"tiny":0.10}"#;
        assert_eq!(serde_json::from_str::<Metadata>(json).unwrap().as_json(), json);
        assert_eq!(serde_json::from_slice::<Metadata>(json.as_bytes()).unwrap().as_json(), json);
        assert_eq!(serde_json::from_reader::<_, Metadata>(json.as_bytes()).unwrap().as_json(), json);
        let value = serde_json::json!({ "a": [1, null], "b": "c" });
        assert_eq!(serde_json::from_value::<Metadata>(value.clone()).unwrap().as_json(), value.to_string());
    }

    #[test]
    fn it_is_written_on_one_line() {
        let metadata: Metadata = "{ \"a\" :\r\n\t\"b \\n c\",\n\"d\": 1.0}".parse().unwrap();
        assert_eq!(serde_json::to_string(&metadata).unwrap(), r#"{"a":"b \n c","d":1.0}"#);
        let spaced: Metadata = r#"{"a": 1}"#.parse().unwrap();
        assert_eq!(serde_json::to_string(&spaced).unwrap(), spaced.as_json());
    }

    #[test]
    fn an_event_whose_tag_comes_last_is_read() {
        #[derive(Deserialize)]
        #[serde(tag = "type", content = "data")]
        enum Event {
            #[serde(rename = "user.created")]
            Created(Box<crate::User>),
        }
        let json =
            r#"{"data":{"id":"user_1","public_metadata":{"a":1},"private_metadata":null},"type":"user.created"}"#;
        let Event::Created(user) = serde_json::from_str(json).unwrap();
        assert_eq!(user.public_metadata.as_json(), r#"{"a":1}"#);
        assert!(user.private_metadata.is_empty());
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        for json in ["[]", "1", "\"text\"", "true"] {
            assert!(serde_json::from_str::<Metadata>(json).is_err(), "{json}");
            assert!(json.parse::<Metadata>().is_err(), "{json}");
        }
        assert!(Metadata::new("text").is_err());
    }

    #[test]
    fn printing_shows_the_size_only() {
        let metadata: Metadata = r#"{"ssn":"123"}"#.parse().unwrap();
        assert_eq!(format!("{metadata:?}"), "Metadata(13 bytes)");
    }
}
