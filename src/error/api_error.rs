//! [`ApiError`]: one entry of the API's list of errors.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::model::{Metadata, Text, lenient};

/// One thing that the API says is wrong.
///
/// `Debug` leaves out the messages and `meta`, which may repeat what was sent.
///
/// ```
/// use user_directory::{ApiError, codes};
///
/// let taken = ApiError::new(codes::FORM_IDENTIFIER_EXISTS).with_param_name("username");
/// assert_eq!((taken.code(), taken.param_name()), ("form_identifier_exists", Some("username")));
/// ```
#[derive(Clone, PartialEq, Serialize)]
pub struct ApiError {
    code: Text,
    message: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    long_message: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Metadata>,
    /// Taken out of `meta` once, because it is asked for by reference.
    #[serde(skip)]
    param_name: Option<Text>,
}

/// A code or the name of a parameter, if it looks like one: what a stranger in between answers could break a log line.
pub(super) fn printable(name: &str) -> &str {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']');
    if name.len() <= 64 && name.bytes().all(fits) { name } else { "…" }
}

/// An error as it comes, with anything missing.
#[derive(Deserialize)]
struct Wire {
    #[serde(default, deserialize_with = "lenient::or_default")]
    code: Text,
    #[serde(default, deserialize_with = "lenient::or_default")]
    message: Text,
    #[serde(default, deserialize_with = "lenient::optional")]
    long_message: Option<Text>,
    #[serde(default, deserialize_with = "lenient::optional_metadata")]
    meta: Option<Metadata>,
}

impl lenient::Object for Wire {}

impl<'de> Deserialize<'de> for ApiError {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Wire { code, message, long_message, meta } = lenient::required(deserializer)?;
        let error = Self { code, message, long_message, meta: None, param_name: None };
        Ok(match meta {
            Some(meta) => error.with_meta(meta),
            None => error,
        })
    }
}

/// Part of a [`Verification`](crate::Verification).
impl lenient::Object for Box<ApiError> {}

impl ApiError {
    /// An error with this code; [`codes`](crate::codes) has the known ones.
    #[must_use]
    pub fn new(code: impl Into<Text>) -> Self {
        Self { code: code.into(), message: Text::default(), long_message: None, meta: None, param_name: None }
    }

    /// Adds the short message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Text>) -> Self {
        self.message = message.into();
        self
    }

    /// Adds the long message.
    #[must_use]
    pub fn with_long_message(mut self, message: impl Into<Text>) -> Self {
        self.long_message = Some(message.into());
        self
    }

    /// Adds the name of the parameter that is wrong, as `meta.param_name`.
    #[must_use]
    pub fn with_param_name(mut self, param_name: impl Into<Text>) -> Self {
        let param_name = serde_json::Value::from(param_name.into().as_str());
        // An object by construction, so there is nothing to fail.
        let patch = Metadata::new(&serde_json::json!({ "param_name": param_name })).unwrap_or_default();
        let meta = self.meta.take().unwrap_or_default().merge(&patch);
        self.with_meta(meta)
    }

    /// Adds everything else that the API says about the error.
    #[must_use]
    pub fn with_meta(mut self, meta: Metadata) -> Self {
        // A name that is not a string names nothing.
        self.param_name = meta.get("param_name").unwrap_or_default();
        self.meta = Some(meta);
        self
    }

    /// The code, such as `form_identifier_exists`. Empty if the answer had none.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The short message, for a developer.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The long message, for a person, or the short one if there is none.
    #[must_use]
    pub fn long_message(&self) -> &str {
        self.long_message.as_deref().unwrap_or(&self.message)
    }

    /// Everything else that the API said about the error.
    #[must_use]
    pub fn meta(&self) -> Option<&Metadata> {
        self.meta.as_ref()
    }

    /// The parameter that is wrong (`meta.param_name`).
    #[must_use]
    pub fn param_name(&self) -> Option<&str> {
        self.param_name.as_deref()
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("code", &printable(&self.code))
            .field("param_name", &self.param_name().map(printable))
            .finish_non_exhaustive()
    }
}
