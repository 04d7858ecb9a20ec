//! [`ErrorDetail`]: a reason for a rejection.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::InputRule;
use crate::compact::on_one_line;

/// The metadata key for the parameter name.
const PARAM_NAME: &str = "param_name";
/// The metadata key for multiple parameter names.
const PARAM_NAMES: &str = "param_names";

/// A reason for a rejection: an error code, messages and metadata, such as the name of the invalid parameter.
///
/// `Debug` shows only the code and the parameter name, because the messages and the metadata may contain user input.
///
/// ```
/// use user_directory::{ErrorDetail, codes};
///
/// let taken = ErrorDetail::new(codes::FORM_IDENTIFIER_EXISTS).with_param_name("username");
/// assert_eq!((taken.code(), taken.param_name()), ("form_identifier_exists", Some("username")));
/// ```
#[derive(Clone, PartialEq, Serialize)]
pub struct ErrorDetail {
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    long_message: Option<Cow<'static, str>>,
    /// Boxed, so that a result with a detail stays small.
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Box<Meta>>,
    /// A copy of the entry in `meta`, because the getter returns a reference.
    #[serde(skip)]
    param_name: Option<Cow<'static, str>>,
    /// The rule that the input violates, if it was rejected before a request was sent.
    #[serde(skip)]
    rule: Option<InputRule>,
}

/// The entries of `meta`, each as unparsed JSON, so that one malformed value does not affect the others.
#[derive(Clone, Default)]
pub(crate) struct Meta(BTreeMap<String, Box<RawValue>>);

impl PartialEq for Meta {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().map(|(key, value)| (key, value.get())).eq(other.0.iter().map(|(key, value)| (key, value.get())))
    }
}

impl Serialize for Meta {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            let text = on_one_line(value.get());
            let value: &RawValue = serde_json::from_str(&text).map_err(serde::ser::Error::custom)?;
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Returns a code or parameter name if it is safe to print in a log line, or else a placeholder.
pub(super) fn printable(name: &str) -> &str {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']');
    if name.len() <= 64 && name.bytes().all(fits) { name } else { "…" }
}

impl ErrorDetail {
    /// Creates an error detail for a user that does not exist.
    #[cfg(any(feature = "clerk", feature = "store", feature = "wire"))]
    pub(crate) fn user_not_found(id: &str) -> Self {
        let detail = Self::new(super::codes::RESOURCE_NOT_FOUND).with_message("not found");
        detail.with_long_message(format!("No user was found with id {id}"))
    }

    /// Creates an error detail with this code. [`codes`](crate::codes) lists the known codes.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: code.into(),
            message: Cow::Borrowed(""),
            long_message: None,
            meta: None,
            param_name: None,
            rule: None,
        }
    }

    /// Sets the short message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }

    /// Sets the long message.
    #[must_use]
    pub fn with_long_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.long_message = Some(message.into());
        self
    }

    /// Sets the name of the invalid parameter.
    #[must_use]
    pub fn with_param_name(self, param_name: impl Into<Cow<'static, str>>) -> Self {
        self.with_meta(PARAM_NAME, param_name.into())
    }

    /// Sets the names of the invalid parameters, for a detail about multiple parameters.
    #[must_use]
    pub fn with_param_names(self, param_names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with_meta(PARAM_NAMES, param_names.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    /// Sets a metadata entry. A value that cannot be serialized as JSON becomes `null`.
    ///
    /// ```
    /// use user_directory::{ErrorDetail, codes};
    ///
    /// let detail = ErrorDetail::new(codes::UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES);
    /// let detail = detail.with_meta("unsupported_features", ["ban_user"]);
    /// assert_eq!(detail.meta("unsupported_features"), Some(vec!["ban_user".to_owned()]));
    /// ```
    #[must_use]
    pub fn with_meta(self, key: impl Into<String>, value: impl Serialize) -> Self {
        let value = to_raw_value(&value).unwrap_or_else(|_| RawValue::NULL.to_owned());
        self.with_raw_meta([(key.into(), value)])
    }

    /// Adds the rule that the input violates.
    pub(super) fn with_rule(mut self, rule: InputRule) -> Self {
        self.rule = Some(rule);
        self
    }

    /// Returns the rule that the input violates, if it was rejected before a request was sent.
    #[cfg(feature = "wire")]
    pub(crate) fn rule(&self) -> Option<InputRule> {
        self.rule
    }

    /// Replaces the code.
    #[cfg(feature = "wire")]
    pub(crate) fn with_code(mut self, code: &'static str) -> Self {
        self.code = Cow::Borrowed(code);
        self
    }

    /// Returns all metadata entries.
    #[cfg(feature = "wire")]
    pub(crate) fn all_meta(&self) -> Option<&Meta> {
        self.meta.as_deref()
    }

    /// Adds metadata entries as unparsed JSON.
    pub(crate) fn with_raw_meta(mut self, entries: impl IntoIterator<Item = (String, Box<RawValue>)>) -> Self {
        self.meta.get_or_insert_default().0.extend(entries);
        let first = || self.meta::<Vec<String>>(PARAM_NAMES).and_then(|names| names.into_iter().next());
        self.param_name = self.meta::<String>(PARAM_NAME).or_else(first).map(Cow::Owned);
        self
    }

    /// Returns the code, such as `form_identifier_exists`, or an empty string if there is none.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Returns the short message, which is intended for developers.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the long message, or the short message if there is none.
    ///
    /// Clerk's long messages are intended for end users. Some long messages from
    /// [`StoreUserDirectory`](crate::StoreUserDirectory) are not, because they contain the names of instance settings.
    #[must_use]
    pub fn long_message(&self) -> &str {
        self.long_message.as_deref().unwrap_or(&self.message)
    }

    /// Returns the metadata entry with this key.
    ///
    /// Returns `None` if the entry is missing or cannot be deserialized as `T`.
    #[must_use]
    pub fn meta<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_str(self.meta.as_ref()?.0.get(key)?.get()).ok()
    }

    /// Returns the name of the invalid parameter, or of the first one if there are multiple.
    #[must_use]
    pub fn param_name(&self) -> Option<&str> {
        self.param_name.as_deref()
    }

    /// Returns the names of the invalid parameters.
    ///
    /// ```
    /// use user_directory::{ErrorDetail, codes};
    ///
    /// let taken = ErrorDetail::new(codes::FORM_IDENTIFIER_EXISTS).with_param_name("username");
    /// assert_eq!(taken.param_names(), ["username"]);
    ///
    /// let missing = ErrorDetail::new(codes::FORM_DATA_MISSING).with_param_names(["email_address", "password"]);
    /// assert_eq!(missing.param_names(), ["email_address", "password"]);
    /// assert_eq!(missing.param_name(), Some("email_address"));
    /// ```
    #[must_use]
    pub fn param_names(&self) -> Vec<String> {
        let one = || self.param_name().map(str::to_owned).into_iter().collect();
        self.meta(PARAM_NAMES).unwrap_or_else(one)
    }
}

impl fmt::Debug for ErrorDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorDetail")
            .field("code", &printable(&self.code))
            .field("param_name", &self.param_name().map(printable))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_serialized_on_one_line() {
        let mut meta = Meta::default();
        meta.0.insert(
            "key".to_owned(),
            serde_json::from_str("{\n  \"a\": [12345678901234567890123,\r\n 2.50]\n}").unwrap(),
        );
        assert_eq!(serde_json::to_string(&meta).unwrap(), r#"{"key":{"a":[12345678901234567890123,2.50]}}"#);
    }
}
