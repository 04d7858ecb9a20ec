//! [`Form`]: reads a JSON request body field by field, as strictly as Clerk.

mod integers;

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use integers::{is_integer, range_of};

use crate::error::rejection::{self, invalid_params, param};
use crate::error::{Error, ErrorDetail, ErrorKind, Result, codes};
use crate::model::{MAX_LIST_VALUES, Metadata, NewPassword, Password, PasswordDigest, Patch, Text};

/// The maximum number of fields that are kept. Every operation has fewer fields.
const MAX_FIELDS: usize = 256;
/// The JSON type of lists.
const ARRAY: &str = "array";
/// The format of times, for error messages.
const RFC3339: &str = "a datetime specified in RFC3339 format (e.g. `2022-10-20T10:00:27.645Z`)";
/// The maximum length of an unknown field name or a malformed id in an error.
const MAX_NAME_CHARS: usize = 64;

/// The meaning of `null`. Each method of [`Form`] that reads a field applies one of these rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Null {
    /// The field is treated as absent.
    Absent,
    /// `null` is a value. In an update, it clears the field. In a metadata replacement, it is stored.
    Value,
    /// The field is required, so `null` is rejected.
    Invalid,
}

/// The fields of a JSON request body and any validation errors.
///
/// Read each field once, then call [`finish`](Self::finish), which returns the validation errors as a single error.
/// Fields that were not read are reported as unknown.
///
/// | field | methods | `null` |
/// | --- | --- | --- |
/// | optional | [`optional`](Self::optional), [`list`](Self::list), [`time`](Self::time), [`metadata`](Self::metadata), [`choice`](Self::choice), … | is treated as absent |
/// | clearable field of an update | [`patch`](Self::patch), [`patch_id`](Self::patch_id), [`patch_time`](Self::patch_time) | clears the field |
/// | metadata in a [`MetadataReplacement`](crate::MetadataReplacement) | [`new_metadata`](Self::new_metadata) | is stored |
/// | required | [`required`](Self::required) | is rejected |
pub struct Form<'a> {
    fields: BTreeMap<String, &'a RawValue>,
    names: Vec<&'static str>,
    details: Vec<ErrorDetail>,
}

impl fmt::Debug for Form<'_> {
    /// Omits the values, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form").field("names", &self.names).field("details", &self.details).finish_non_exhaustive()
    }
}

impl<'a> Form<'a> {
    /// Parses a request body.
    ///
    /// A body that is empty or `null` has no fields. Clerk's Go SDK sends `null` for operations without parameters.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](ErrorKind::InvalidInput) unless the body is empty, `null` or a JSON object.
    pub fn parse(body: &'a [u8]) -> Result<Self> {
        let fields = if body.trim_ascii().is_empty() {
            BTreeMap::new()
        } else {
            let fields: Option<Fields<'a>> = serde_json::from_slice(body).map_err(|error| {
                let reason = super::not_an_object::reason(body, &error);
                Error::rejected(ErrorKind::InvalidInput, [rejection::request_body_invalid(reason)])
            })?;
            fields.unwrap_or_default().0
        };
        Ok(Self { fields, names: Vec::new(), details: Vec::new() })
    }

    /// Returns an error that lists the validation errors, if there are any.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](ErrorKind::InvalidInput) with one detail for each validation error, up to
    /// [`Error::MAX_DETAILS`].
    pub fn finish(mut self) -> Result<()> {
        let names = if self.names.is_empty() { "none".to_owned() } else { self.names.join(", ") };
        for name in self.fields.into_keys().take(Error::MAX_DETAILS) {
            let name = shortened(name);
            let long_message =
                format!("{name} is not a valid parameter for this request. Allowed parameters: {names}.");
            self.details.push(param(codes::FORM_PARAM_UNKNOWN, name, "is unknown").with_long_message(long_message));
        }
        invalid_params(self.details)
    }

    /// Adds a validation error for a field.
    pub fn reject(&mut self, code: &'static str, name: &'static str, message: &'static str) {
        self.details.push(param(code, name, message));
    }

    /// Adds a validation error.
    pub fn reject_with(&mut self, detail: ErrorDetail) {
        self.details.push(detail);
    }

    /// Adds a validation error if the body contains a field that the operation does not accept.
    ///
    /// `hint` is appended to the message.
    pub(super) fn reject_unknown(&mut self, name: &'static str, hint: &str) {
        if self.fields.remove(name).is_some() {
            let long_message = format!("{name} is not a valid parameter for this request. {hint}");
            self.reject_with(param(codes::FORM_PARAM_UNKNOWN, name, "is unknown").with_long_message(long_message));
        }
    }

    /// Returns `true` if the field has a validation error.
    #[must_use]
    pub fn is_rejected(&self, name: &str) -> bool {
        self.details.iter().any(|detail| detail.param_name() == Some(name))
    }

    /// Adds a validation error for a field whose value is not one of `words`.
    pub fn reject_choice(&mut self, name: &'static str, words: &[&str]) {
        self.reject_with(rejection::not_allowed_value(name, words));
    }

    /// Returns the value of a field. The result is `null` only for [`Null::Value`].
    fn take(&mut self, name: &'static str, null: Null) -> Option<&'a RawValue> {
        self.names.push(name);
        let value = self.fields.remove(name)?;
        match null {
            _ if !is_null(value) => Some(value),
            Null::Value => Some(value),
            Null::Absent => None,
            Null::Invalid => {
                self.reject(codes::FORM_PARAM_NIL, name, "must not be null");
                None
            }
        }
    }

    fn parse_value<T: Deserialize<'a>>(&mut self, name: &'static str, value: &'a RawValue) -> Option<T> {
        let error = match serde_json::from_str(value.get()) {
            Ok(parsed) => return Some(parsed),
            Err(error) => error,
        };
        let range = range_of::<T>();
        // `serde_json` decodes an integer of more than 64 bits as a floating-point number.
        let is_too_large = range.is_some() && is_integer(value);
        // The beginning of the message of `serde::de::Error::invalid_type`.
        let (code, long_message) = if !is_too_large && error.to_string().starts_with("invalid type") {
            let json_type = match json_type_of::<T>() {
                // An element has the wrong type. All lists contain strings.
                ARRAY if value.get().starts_with('[') => "array of strings",
                json_type => json_type,
            };
            (codes::FORM_PARAM_TYPE_INVALID, format!("`{name}` must be a `{json_type}`."))
        } else {
            let range = range.map(|(min, max)| format!(". It must be from {min} to {max}."));
            (codes::FORM_PARAM_VALUE_INVALID, format!("{name} is invalid{}", range.unwrap_or_default()))
        };
        self.reject_with(param(code, name, "is invalid").with_long_message(long_message));
        None
    }

    /// Reads a field that may be absent or `null`.
    pub fn optional<T: Deserialize<'a>>(&mut self, name: &'static str) -> Option<T> {
        let value = self.take(name, Null::Absent)?;
        self.parse_value(name, value)
    }

    /// Reads an optional list of at most [`MAX_LIST_VALUES`] values.
    ///
    /// If the list is longer, adds a validation error and returns `None`.
    pub fn list<T: Deserialize<'a>>(&mut self, name: &'static str) -> Option<Vec<T>> {
        let value = self.take(name, Null::Absent)?;
        let Bounded::<T, MAX_LIST_VALUES>(list) = self.parse_value(name, value)?;
        if list.is_none() {
            self.reject_with(rejection::array_size_exceeded(name, MAX_LIST_VALUES));
        }
        list
    }

    /// Reads a required field.
    ///
    /// If the field is missing or invalid, adds a validation error and returns the default value.
    pub fn required<T: Deserialize<'a> + Default>(&mut self, name: &'static str) -> T {
        let value = self.take_required(name);
        value.and_then(|value| self.parse_value(name, value)).unwrap_or_default()
    }

    fn take_required(&mut self, name: &'static str) -> Option<&'a RawValue> {
        if !self.fields.contains_key(name) {
            let detail = param(codes::FORM_PARAM_MISSING, name, "is missing");
            self.reject_with(detail.with_long_message(format!("{name} must be included.")));
        }
        self.take(name, Null::Invalid)
    }

    /// Reads a field of an update. An absent field leaves the value unchanged, and `null` clears it.
    pub fn patch<T: Deserialize<'a>>(&mut self, name: &'static str) -> Patch<T> {
        match self.take(name, Null::Value) {
            None => Patch::Keep,
            Some(value) if is_null(value) => Patch::Clear,
            Some(value) => self.parse_value(name, value).map_or(Patch::Keep, Patch::Set),
        }
    }

    /// Like [`patch`](Self::patch), but reads the id of a resource.
    ///
    /// A malformed id is rejected with the code `form_resource_not_found`, because no resource has such an id.
    pub fn patch_id<T: FromStr>(&mut self, name: &'static str) -> Patch<T> {
        match self.patch::<Text>(name) {
            Patch::Keep => Patch::Keep,
            Patch::Clear => Patch::Clear,
            Patch::Set(id) => id.as_str().parse().map_or_else(
                |_| {
                    self.reject_with(rejection::resource_missing(name));
                    Patch::Keep
                },
                Patch::Set,
            ),
        }
    }

    /// Reads an optional time in RFC 3339 format.
    pub fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        let value = self.take(name, Null::Absent)?;
        self.parse_time(name, value)
    }

    /// Like [`patch`](Self::patch), but reads a time in RFC 3339 format.
    pub fn patch_time(&mut self, name: &'static str) -> Patch<Timestamp> {
        match self.take(name, Null::Value) {
            None => Patch::Keep,
            Some(value) if is_null(value) => Patch::Clear,
            Some(value) => self.parse_time(name, value).map_or(Patch::Keep, Patch::Set),
        }
    }

    fn parse_time(&mut self, name: &'static str, value: &'a RawValue) -> Option<Timestamp> {
        let Ok(text) = serde_json::from_str::<Text>(value.get()) else {
            let long_message = format!("`{name}` must be a `string` that contains {RFC3339}.");
            let detail = param(codes::FORM_PARAM_TYPE_INVALID, name, "is invalid");
            self.reject_with(detail.with_long_message(long_message));
            return None;
        };
        let at = super::rfc3339::parse(&text);
        if at.is_none() {
            let detail = param(codes::FORM_PARAM_INVALID_TIME, name, "invalid format");
            self.reject_with(detail.with_long_message(format!("{name} must contain {RFC3339}.")));
        }
        at
    }

    /// Reads an optional string or number as a string.
    pub fn text_or_number(&mut self, name: &'static str) -> Option<Text> {
        let value = self.take(name, Null::Absent)?;
        match serde_json::from_str::<serde_json::Number>(value.get()) {
            Ok(number) => Some(number.to_string().into()),
            Err(_) => self.parse_value(name, value),
        }
    }

    /// Reads an optional JSON object and preserves its formatting.
    pub fn metadata(&mut self, name: &'static str) -> Option<Metadata> {
        let value = self.take(name, Null::Absent)?;
        self.parse_metadata(name, value)
    }

    /// Like [`metadata`](Self::metadata), but accepts `null` as a value.
    ///
    /// In a [`MetadataReplacement`](crate::MetadataReplacement), `null` is stored as the new metadata.
    pub fn new_metadata(&mut self, name: &'static str) -> Option<Metadata> {
        let value = self.take(name, Null::Value)?;
        self.parse_metadata(name, value)
    }

    fn parse_metadata(&mut self, name: &'static str, value: &'a RawValue) -> Option<Metadata> {
        let metadata = serde_json::from_str(value.get()).ok();
        if metadata.is_none() {
            // PHP encodes an empty map as a list. The message explains that the service rejects a list.
            let is_list = value.get().starts_with('[');
            let hint =
                if is_list { ", not a list. PHP encodes an empty array as `[]`; cast it to an object" } else { "" };
            let detail = param(codes::FORM_PARAM_VALUE_INVALID, name, "must be an object");
            self.reject_with(detail.with_long_message(format!("{name} must be an object{hint}.")));
        }
        metadata
    }

    /// Reads an optional field whose value must be one of the given words.
    pub fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text: Text = self.optional(name)?;
        let choice = choices.iter().find(|(word, _)| text == *word).map(|(_, choice)| *choice);
        if choice.is_none() {
            self.reject_choice(name, &choices.iter().map(|(word, _)| *word).collect::<Vec<_>>());
        }
        choice
    }

    /// Reads a password, or a digest and its hasher.
    pub(super) fn password(&mut self) -> Option<NewPassword> {
        let problems = self.details.len();
        let plain: Option<Password> = self.optional("password");
        let digest: Option<String> = self.optional("password_digest");
        let hasher: Option<Text> = self.optional("password_hasher");
        if self.details.len() > problems {
            return None;
        }
        match (plain, digest, hasher) {
            (Some(_), Some(_), _) => {
                self.reject_with(rejection::disallowed_with("password_digest", "password"));
                None
            }
            (_, Some(digest), Some(hasher)) => Some(PasswordDigest::new(hasher.as_str().into(), digest).into()),
            (_, Some(_), None) => {
                self.reject_with(rejection::required_with("password_hasher", "password_digest"));
                None
            }
            // A client that sends a digest as the password would otherwise create a user with a wrong password.
            (_, None, Some(_)) => {
                self.reject_with(rejection::required_with("password_digest", "password_hasher"));
                None
            }
            (Some(plain), None, None) => Some(plain.into()),
            (None, None, None) => None,
        }
    }
}

/// The first [`MAX_FIELDS`] fields of an object. A body with more fields has unknown fields, and is rejected.
#[derive(Default)]
struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = object.next_entry::<String, &RawValue>()? {
                    if fields.len() < MAX_FIELDS || fields.contains_key(&name) {
                        fields.insert(name, value);
                    }
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// Truncates a name or an id to [`MAX_NAME_CHARS`] characters. If it is longer, appends `…`.
pub(super) fn shortened(name: String) -> String {
    match name.char_indices().nth(MAX_NAME_CHARS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}

/// A list of at most `MAX` values, or `None` if the list is longer.
pub(super) struct Bounded<T, const MAX: usize>(pub(super) Option<Vec<T>>);

/// The default is an empty list.
impl<T, const MAX: usize> Default for Bounded<T, MAX> {
    fn default() -> Self {
        Self(Some(Vec::new()))
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Bounded<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values<T, const MAX: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Values<T, MAX> {
            type Value = Bounded<T, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while list.len() < MAX {
                    let Some(value) = values.next_element()? else { return Ok(Bounded(Some(list))) };
                    list.push(value);
                }
                let mut is_longer = false;
                while values.next_element::<IgnoredAny>()?.is_some() {
                    is_longer = true;
                }
                Ok(Bounded((!is_longer).then_some(list)))
            }
        }

        deserializer.deserialize_seq(Values::<T, MAX>(PhantomData))
    }
}

/// Returns the JSON type of the values that are decoded as a `T`.
fn json_type_of<'a, T: Deserialize<'a>>() -> &'static str {
    let examples = [("true", "boolean"), ("0", "integer"), ("[]", ARRAY)];
    let decoded = examples.into_iter().find(|(example, _)| serde_json::from_str::<T>(example).is_ok());
    decoded.map_or("string", |(_, json_type)| json_type)
}

fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}
