//! [`Form`]: a body in JSON, read field by field and as strictly as the service does.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::refusal::{self, param};
use crate::error::{ErrorDetail, Error, Result, codes};
use crate::model::{Metadata, Patch, Text};

/// The fields of a body, and what was found wrong with them.
///
/// Each field is asked for once. [`finish`](Self::finish) tells everything that is wrong, fields included that nobody
/// asked for.
pub(super) struct Form<'a> {
    fields: BTreeMap<String, &'a RawValue>,
    names: Vec<&'static str>,
    wrong: Vec<ErrorDetail>,
}

impl<'a> Form<'a> {
    /// A body without a byte is one without a field.
    pub(super) fn parse(body: &'a [u8]) -> Result<Self> {
        let fields = if body.trim_ascii().is_empty() {
            BTreeMap::new()
        } else {
            serde_json::from_slice(body).map_err(|error| {
                let place = format!("line {} column {}", error.line(), error.column());
                refusal::body_invalid(&format!("The body is not a JSON object: see {place}."))
            })?
        };
        Ok(Self { fields, names: Vec::new(), wrong: Vec::new() })
    }

    /// Fails with everything that is wrong, if anything is.
    pub(super) fn finish(mut self) -> Result<()> {
        for name in self.fields.keys() {
            let names = if self.names.is_empty() { "nothing".to_owned() } else { self.names.join(", ") };
            let message = format!("{name} is not a parameter of this request. It takes: {names}");
            self.wrong.push(param(codes::FORM_PARAM_UNKNOWN, name, "is unknown").with_long_message(message));
        }
        if self.wrong.is_empty() { Ok(()) } else { Err(crate::wire::status::error(422, self.wrong)) }
    }

    /// Whether nothing is wrong so far.
    pub(super) fn is_right(&self) -> bool {
        self.wrong.is_empty()
    }

    pub(super) fn wrong(&mut self, code: &'static str, name: &'static str, message: &'static str) {
        self.wrong.push(param(code, name, message));
    }

    /// A value that is not one of these words.
    pub(super) fn not_one_of(&mut self, name: &'static str, words: &[&str]) {
        let message = format!("{name} must be one of {}.", words.join(", "));
        let error = param(codes::FORM_PARAM_VALUE_INVALID, name, "is not one of the allowed values");
        self.wrong.push(error.with_long_message(message));
    }

    fn field(&mut self, name: &'static str) -> Option<&'a RawValue> {
        self.names.push(name);
        self.fields.remove(name)
    }

    fn read<T: Deserialize<'a>>(&mut self, name: &'static str, value: &'a RawValue) -> Option<T> {
        let read = serde_json::from_str(value.get()).ok();
        if read.is_none() {
            self.wrong(codes::FORM_PARAM_VALUE_INVALID, name, "has a value of the wrong kind");
        }
        read
    }

    /// A field that may be absent, and may be `null` to the same effect.
    pub(super) fn optional<T: Deserialize<'a>>(&mut self, name: &'static str) -> Option<T> {
        let value = self.field(name).filter(|value| !is_null(value))?;
        self.read(name, value)
    }

    /// A field that may be absent, but not `null`.
    pub(super) fn given<T: Deserialize<'a>>(&mut self, name: &'static str) -> Option<T> {
        let value = self.not_null(name)?;
        self.read(name, value)
    }

    fn not_null(&mut self, name: &'static str) -> Option<&'a RawValue> {
        let value = self.field(name)?;
        if is_null(value) {
            self.wrong(codes::FORM_PARAM_NIL, name, "must not be null");
            return None;
        }
        Some(value)
    }

    /// A field that must be there. Without it the body is wrong, whatever is made of the default.
    pub(super) fn required<T: Deserialize<'a> + Default>(&mut self, name: &'static str) -> T {
        if !self.fields.contains_key(name) {
            self.wrong(codes::FORM_PARAM_MISSING, name, "is missing");
        }
        self.given(name).unwrap_or_default()
    }

    /// A field that is left alone if it is absent, and cleared if it is `null`.
    pub(super) fn patch<T: Deserialize<'a>>(&mut self, name: &'static str) -> Patch<T> {
        match self.field(name) {
            None => Patch::Keep,
            Some(value) if is_null(value) => Patch::Clear,
            Some(value) => self.read(name, value).map_or(Patch::Keep, Patch::Set),
        }
    }

    /// A time as RFC 3339 writes it; `null` is none.
    pub(super) fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        match self.patch_time(name) {
            Patch::Set(at) => Some(at),
            Patch::Keep | Patch::Clear => None,
        }
    }

    pub(super) fn patch_time(&mut self, name: &'static str) -> Patch<Timestamp> {
        match self.patch::<Text>(name) {
            Patch::Keep => Patch::Keep,
            Patch::Clear => Patch::Clear,
            Patch::Set(text) => {
                if let Ok(at) = text.parse() {
                    return Patch::Set(at);
                }
                self.wrong(codes::FORM_PARAM_INVALID_TIME, name, "must be a time as RFC 3339 writes it");
                Patch::Keep
            }
        }
    }

    /// A text, or a number that is as good as its digits.
    pub(super) fn text_or_number(&mut self, name: &'static str) -> Option<Text> {
        let value = self.field(name).filter(|value| !is_null(value))?;
        match serde_json::from_str::<serde_json::Number>(value.get()) {
            Ok(number) => Some(number.to_string().into()),
            Err(_) => self.read(name, value),
        }
    }

    /// A JSON object that is kept as it came.
    pub(super) fn metadata(&mut self, name: &'static str) -> Option<Metadata> {
        let metadata = self.not_null(name)?.get().parse().ok();
        if metadata.is_none() {
            self.wrong(codes::FORM_PARAM_VALUE_INVALID, name, "must be an object");
        }
        metadata
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text: Text = self.given(name)?;
        let choice = choices.iter().find(|(word, _)| text == *word).map(|(_, choice)| *choice);
        if choice.is_none() {
            self.not_one_of(name, &choices.iter().map(|(word, _)| *word).collect::<Vec<_>>());
        }
        choice
    }

    /// One of a few words that must be there.
    pub(super) fn required_choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        if !self.fields.contains_key(name) {
            self.wrong(codes::FORM_PARAM_MISSING, name, "is missing");
        }
        self.choice(name, choices)
    }
}

fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}
