//! [`Form`]: reads a JSON request body field by field, as strictly as Clerk.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::rejection::{invalid_params, param, rejected};
use crate::error::{ErrorDetail, ErrorKind, Result, codes};
use crate::model::{Metadata, NewPassword, Password, PasswordDigest, Patch, Text};

/// The fields of a JSON request body, and the problems found in them.
///
/// Read each field once, and then call [`finish`](Self::finish), which returns all problems. Fields that were not read
/// are reported as unknown.
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
    /// Parses a request body. An empty body has no fields.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](ErrorKind::InvalidInput) if the body is not a JSON object.
    pub fn parse(body: &'a [u8]) -> Result<Self> {
        let fields = if body.trim_ascii().is_empty() {
            BTreeMap::new()
        } else {
            serde_json::from_slice(body).map_err(|error| {
                let (line, column) = (error.line(), error.column());
                let message = format!("The body is not a JSON object: see line {line} column {column}.");
                rejected(ErrorKind::InvalidInput, codes::REQUEST_BODY_INVALID, message)
            })?
        };
        Ok(Self { fields, names: Vec::new(), details: Vec::new() })
    }

    /// Returns a rejection if there are problems.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](ErrorKind::InvalidInput) with one detail for each problem.
    pub fn finish(mut self) -> Result<()> {
        for name in self.fields.into_keys() {
            let names = if self.names.is_empty() { "none".to_owned() } else { self.names.join(", ") };
            let long_message = format!("{name} is not a parameter of this request. Allowed parameters: {names}.");
            self.details.push(param(codes::FORM_PARAM_UNKNOWN, name, "is unknown").with_long_message(long_message));
        }
        invalid_params(self.details)
    }

    /// Returns `true` if no problems have been found so far.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.details.is_empty()
    }

    /// Adds a problem with a field.
    pub fn reject(&mut self, code: &'static str, name: &'static str, message: &'static str) {
        self.details.push(param(code, name, message));
    }

    /// Adds the problem that a value is not one of the allowed words.
    pub fn reject_choice(&mut self, name: &'static str, words: &[&str]) {
        let long_message = format!("{name} must be one of {}.", words.join(", "));
        let detail = param(codes::FORM_PARAM_VALUE_INVALID, name, "is not one of the allowed values");
        self.details.push(detail.with_long_message(long_message));
    }

    fn take(&mut self, name: &'static str) -> Option<&'a RawValue> {
        self.names.push(name);
        self.fields.remove(name)
    }

    fn parse_value<T: Deserialize<'a>>(&mut self, name: &'static str, value: &'a RawValue) -> Option<T> {
        let parsed = serde_json::from_str(value.get()).ok();
        if parsed.is_none() {
            self.reject(codes::FORM_PARAM_VALUE_INVALID, name, "has a value of the wrong type");
        }
        parsed
    }

    /// Reads a field that may be absent or `null`.
    pub fn optional<T: Deserialize<'a>>(&mut self, name: &'static str) -> Option<T> {
        let value = self.take(name).filter(|value| !is_null(value))?;
        self.parse_value(name, value)
    }

    /// Reads a field that may be absent but not `null`.
    pub fn non_null<T: Deserialize<'a>>(&mut self, name: &'static str) -> Option<T> {
        let value = self.take_non_null(name)?;
        self.parse_value(name, value)
    }

    fn take_non_null(&mut self, name: &'static str) -> Option<&'a RawValue> {
        let value = self.take(name)?;
        if is_null(value) {
            self.reject(codes::FORM_PARAM_NIL, name, "must not be null");
            return None;
        }
        Some(value)
    }

    /// Reads a required field. If the field is missing, adds a problem and returns the default value.
    pub fn required<T: Deserialize<'a> + Default>(&mut self, name: &'static str) -> T {
        self.require(name);
        self.non_null(name).unwrap_or_default()
    }

    fn require(&mut self, name: &'static str) {
        if !self.fields.contains_key(name) {
            self.reject(codes::FORM_PARAM_MISSING, name, "is missing");
        }
    }

    /// Reads a field of an update: an absent field keeps the value, and `null` clears it.
    pub fn patch<T: Deserialize<'a>>(&mut self, name: &'static str) -> Patch<T> {
        match self.take(name) {
            None => Patch::Keep,
            Some(value) if is_null(value) => Patch::Clear,
            Some(value) => self.parse_value(name, value).map_or(Patch::Keep, Patch::Set),
        }
    }

    /// Reads an optional time in RFC 3339 format.
    pub fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        match self.patch_time(name) {
            Patch::Set(at) => Some(at),
            Patch::Keep | Patch::Clear => None,
        }
    }

    /// Reads a field of an update like [`patch`](Self::patch), for a time in RFC 3339 format.
    pub fn patch_time(&mut self, name: &'static str) -> Patch<Timestamp> {
        match self.patch::<Text>(name) {
            Patch::Keep => Patch::Keep,
            Patch::Clear => Patch::Clear,
            Patch::Set(text) => {
                if let Ok(at) = text.parse() {
                    return Patch::Set(at);
                }
                self.reject(codes::FORM_PARAM_INVALID_TIME, name, "must be a time in RFC 3339 format");
                Patch::Keep
            }
        }
    }

    /// Reads an optional string, or a number as a string.
    pub fn text_or_number(&mut self, name: &'static str) -> Option<Text> {
        let value = self.take(name).filter(|value| !is_null(value))?;
        match serde_json::from_str::<serde_json::Number>(value.get()) {
            Ok(number) => Some(number.to_string().into()),
            Err(_) => self.parse_value(name, value),
        }
    }

    /// Reads a JSON object without changing its formatting.
    pub fn metadata(&mut self, name: &'static str) -> Option<Metadata> {
        let metadata = self.take_non_null(name)?.get().parse().ok();
        if metadata.is_none() {
            self.reject(codes::FORM_PARAM_VALUE_INVALID, name, "must be an object");
        }
        metadata
    }

    /// Reads an optional field that must be one of the given words.
    pub fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text: Text = self.non_null(name)?;
        let choice = choices.iter().find(|(word, _)| text == *word).map(|(_, choice)| *choice);
        if choice.is_none() {
            self.reject_choice(name, &choices.iter().map(|(word, _)| *word).collect::<Vec<_>>());
        }
        choice
    }

    /// Reads a required field that must be one of the given words.
    pub fn required_choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        self.require(name);
        self.choice(name, choices)
    }

    /// Reads a password, or a digest and its hasher. `read_digest` decides whether the digest may be `null`.
    pub(super) fn password(
        &mut self,
        read_digest: impl FnOnce(&mut Self, &'static str) -> Option<String>,
    ) -> Option<NewPassword> {
        let plain: Option<Password> = self.optional("password");
        let digest = read_digest(self, "password_digest");
        let hasher: Option<Text> = self.non_null("password_hasher");
        if !self.is_valid() {
            return None;
        }
        match (plain, digest, hasher) {
            (Some(_), Some(_), _) => {
                let message = "is not allowed together with a password";
                self.reject(codes::FORM_CONDITIONAL_PARAM_DISALLOWED, "password_digest", message);
                None
            }
            (_, Some(digest), Some(hasher)) => Some(PasswordDigest::new(hasher.as_str().into(), digest).into()),
            (_, Some(_), None) => {
                let message = "is required for a digest";
                self.reject(codes::FORM_CONDITIONAL_PARAM_MISSING, "password_hasher", message);
                None
            }
            (Some(plain), None, _) => Some(plain.into()),
            (None, None, _) => None,
        }
    }
}

fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}
