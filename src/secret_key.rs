//! [`SecretKey`]: a secret key for Clerk's Backend API.

use std::ffi::OsString;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, ErrorKind, Result};
use crate::model::sealed;

/// A secret key that authenticates requests to Clerk's Backend API.
///
/// Production keys start with `sk_live_`, and development keys start with `sk_test_`. `Debug` shows at most the prefix,
/// and the type does not implement `Display`. The key is zeroized on drop.
///
/// ```
/// use user_directory::SecretKey;
///
/// let key = SecretKey::new("sk_test_123")?;
/// assert!(key.is_test());
/// assert_eq!(format!("{key:?}"), "SecretKey(sk_test_[REDACTED])");
/// # Ok::<(), user_directory::Error>(())
/// ```
#[derive(Clone)]
pub struct SecretKey(SecretString);

const LIVE: &str = "sk_live_";
const TEST: &str = "sk_test_";

impl SecretKey {
    /// Creates a key from a string and validates its format.
    ///
    /// A key without the prefix `sk_live_` or `sk_test_` is also accepted.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) in the following cases:
    ///
    /// - The string is empty or consists only of a prefix.
    /// - It starts with the word `Bearer`, like the value of an `Authorization` header.
    /// - It contains quotation marks (including backticks), whitespace, control characters or non-ASCII characters.
    /// - It is a publishable key (`pk_…`) or a webhook secret (`whsec_…`).
    ///
    /// The error message does not contain the key.
    ///
    /// # Examples
    ///
    /// ```
    /// use user_directory::SecretKey;
    ///
    /// assert!(SecretKey::new("sk_live_123")?.is_live());
    /// let error = SecretKey::new("pk_live_123").unwrap_err();
    /// assert!(error.to_string().contains("publishable key") && !error.to_string().contains("live_123"));
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn new(key: impl Into<String>) -> Result<Self> {
        Self::checked(key.into()).map_err(|problem| Error::new(ErrorKind::Configuration).with_message(problem))
    }

    fn checked(key: String) -> Result<Self, &'static str> {
        // Wrapped first, so that a rejected key is also zeroized.
        let key = sealed(key);
        match problem(key.expose_secret()) {
            Some(problem) => Err(problem),
            None => Ok(Self(key)),
        }
    }

    /// Reads the key from an environment variable.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if the variable is not set or is not valid Unicode,
    /// or if [`new`](Self::new) rejects its value.
    ///
    /// # Examples
    ///
    /// ```
    /// use user_directory::SecretKey;
    ///
    /// let error = SecretKey::from_env("A_VARIABLE_THAT_IS_NOT_SET").unwrap_err();
    /// assert!(error.to_string().contains("A_VARIABLE_THAT_IS_NOT_SET"));
    /// ```
    pub fn from_env(name: &str) -> Result<Self> {
        Self::from_variable(name, std::env::var_os(name))
    }

    /// Validates the value of an environment variable.
    pub(crate) fn from_variable(name: &str, value: Option<OsString>) -> Result<Self> {
        let key = match value.map(OsString::into_string) {
            Some(Ok(key)) => Self::checked(key),
            Some(Err(_)) => Err("the value is not Unicode"),
            None => Err("the environment variable is not set"),
        };
        key.map_err(|problem| Error::new(ErrorKind::Configuration).with_message(format!("{name}: {problem}")))
    }

    /// Returns `true` for a production key (`sk_live_…`).
    ///
    /// ```
    /// # use user_directory::SecretKey;
    /// assert!(SecretKey::new("sk_live_123")?.is_live());
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.0.expose_secret().starts_with(LIVE)
    }

    /// Returns `true` for a development key (`sk_test_…`).
    ///
    /// ```
    /// # use user_directory::SecretKey;
    /// assert!(SecretKey::new("sk_test_123")?.is_test());
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.0.expose_secret().starts_with(TEST)
    }

    /// Returns the key. Do not print or log it.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Describes why a key is invalid, without quoting it. Returns `None` for a valid key.
fn problem(key: &str) -> Option<&'static str> {
    let scheme = |text: &str| text.eq_ignore_ascii_case("bearer");
    if key.is_empty() {
        Some("the secret key is empty")
    } else if [LIVE, TEST].contains(&key) {
        Some("the secret key has nothing after its prefix")
    } else if key.trim_start().split(char::is_whitespace).next().is_some_and(scheme) {
        Some("the secret key must not start with `Bearer`")
    } else if key.contains(['"', '\'', '`']) {
        Some("the secret key contains a quotation mark; remove the quotes")
    } else if key.contains(char::is_whitespace) {
        Some("the secret key contains whitespace; check for a trailing line break")
    } else if key.contains(char::is_control) {
        Some("the secret key contains a control character; copy it again")
    } else if !key.is_ascii() {
        Some("the secret key contains a character that is not ASCII; copy it again")
    } else if key.starts_with("pk_") {
        Some("this is a publishable key (pk_…); use the secret key (sk_…)")
    } else if key.starts_with("whsec_") {
        Some("this is a webhook secret (whsec_…); use the secret key (sk_…)")
    } else {
        None
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match () {
            () if self.is_live() => LIVE,
            () if self.is_test() => TEST,
            () => "",
        };
        write!(f, "SecretKey({kind}[REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_rejects_malformed_keys_without_repeating_them() {
        for (key, hint) in [
            ("", "is empty"),
            ("sk_test_", "nothing after its prefix"),
            ("sk_live_", "nothing after its prefix"),
            ("Bearer sk_test_0123456789", "must not start with `Bearer`"),
            (" bearer\tsk_test_0123456789", "must not start with `Bearer`"),
            ("\"sk_test_0123456789\"", "remove the quotes"),
            ("'sk_test_0123456789'", "remove the quotes"),
            ("sk_test_0123456789\n", "whitespace"),
            (" sk_test_0123456789", "whitespace"),
            ("sk_test_01234\u{a0}56789", "whitespace"),
            ("sk_test_01234\u{0}56789", "control character"),
            ("sk_test_01234\u{7f}56789", "control character"),
            ("sk_test_01234\u{85}56789", "whitespace"),
            ("sk_test_01234…56789", "not ASCII"),
            ("pk_test_0123456789", "publishable key"),
            ("whsec_0123456789", "webhook"),
        ] {
            let error = SecretKey::new(key).unwrap_err();
            for text in [error.to_string(), format!("{error:?}")] {
                assert!(text.contains(hint), "{key:?}: {text}");
                assert!(!text.contains("01234") && !text.contains("56789"), "{text}");
            }
        }
        for key in ["sk_test_0123456789", "sk_live_0123456789"] {
            assert_eq!(SecretKey::new(key).unwrap().expose_secret(), key);
        }
    }

    #[cfg(unix)]
    #[test]
    fn from_env_rejects_value_that_is_not_unicode() {
        use std::os::unix::ffi::OsStringExt;
        let value = OsString::from_vec(b"sk_test_\xff".to_vec());
        let error = SecretKey::from_variable("THE_KEY", Some(value)).unwrap_err();
        assert_eq!(error.to_string(), "invalid configuration: THE_KEY: the value is not Unicode");
    }
}
