//! [`SecretKey`]: what proves to Clerk who is asking.

use std::ffi::OsString;
use std::fmt;

use bytes::Bytes;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, ErrorKind, Result};
use crate::model::sealed;

/// The secret key of a Clerk instance: `sk_live_…` of a production instance, `sk_test_…` of a development instance.
///
/// `Debug` shows the kind of key only, there is no `Display`, and the memory is wiped on drop.
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
    /// Checks a key and takes it.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) if the key is empty, is a whole header (`Bearer …`) or is in
    /// quotes, has white space or anything else that is not visible ASCII, or is a publishable key (`pk_…`) or the secret
    /// of a webhook (`whsec_…`). The error says which, and does not repeat the key.
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
        // Wrapped before it is looked at, so that a refused key is wiped too.
        let key = sealed(key);
        match problem(key.expose_secret()) {
            Some(problem) => Err(problem),
            None => Ok(Self(key)),
        }
    }

    /// Takes the key from an environment variable.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) if the variable is not set, or is not what [`new`](Self::new)
    /// takes.
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

    /// What [`from_env`](Self::from_env) does with what it finds.
    pub(super) fn from_variable(name: &str, value: Option<OsString>) -> Result<Self> {
        let key = match value.map(OsString::into_string) {
            Some(Ok(key)) => Self::checked(key),
            Some(Err(_)) => Err("the value is not text"),
            None => Err("the environment variable is not set"),
        };
        key.map_err(|problem| Error::new(ErrorKind::Configuration).with_message(format!("{name}: {problem}")))
    }

    /// Whether it is a key of a production instance.
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

    /// Whether it is a key of a development instance.
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

    /// The `Authorization` header, marked as sensitive so that nobody prints or compresses it.
    pub(super) fn authorization(&self) -> Result<HeaderValue> {
        /// The header's bytes, wiped when the last request that has them is gone.
        struct Wiped(SecretString);

        impl AsRef<[u8]> for Wiped {
            fn as_ref(&self) -> &[u8] {
                self.0.expose_secret().as_bytes()
            }
        }

        let (scheme, key) = ("Bearer ", self.0.expose_secret());
        // Of the exact size, because growing and shrinking would leave copies behind.
        let mut text = String::with_capacity(scheme.len() + key.len());
        text.push_str(scheme);
        text.push_str(key);
        let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(Wiped(SecretString::from(text))))
            .map_err(|_| Error::new(ErrorKind::Configuration).with_message("the secret key does not fit a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// What is wrong with a key, in words that do not repeat it.
fn problem(key: &str) -> Option<&'static str> {
    let scheme = |text: &str| text.eq_ignore_ascii_case("bearer");
    if key.is_empty() {
        Some("the secret key is empty")
    } else if key.trim_start().split(char::is_whitespace).next().is_some_and(scheme) {
        Some("the secret key is needed alone, without `Bearer` in front")
    } else if key.contains(['"', '\'', '`']) {
        Some("the secret key has a quotation mark in it; it is needed without quotes")
    } else if key.contains(char::is_whitespace) {
        Some("the secret key has white space in it; look for a line break at its end")
    } else if key.contains(char::is_control) {
        Some("the secret key has a control character in it; copy it again")
    } else if !key.is_ascii() {
        Some("the secret key has a character that no key has; copy it again")
    } else if key.starts_with("pk_") {
        Some("this is a publishable key (pk_…); the secret key (sk_…) is needed")
    } else if key.starts_with("whsec_") {
        Some("this is the secret of a webhook (whsec_…); the secret key (sk_…) is needed")
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
    fn the_header_is_the_key_and_is_not_printed() {
        let header = SecretKey::new("sk_test_123").unwrap().authorization().unwrap();
        assert_eq!(header.as_bytes(), b"Bearer sk_test_123");
        assert_eq!(format!("{header:?}"), "Sensitive");
    }

    #[test]
    fn each_malformed_key_is_refused_in_words_that_help_and_do_not_repeat_it() {
        for (key, hint) in [
            ("", "is empty"),
            ("Bearer sk_test_0123456789", "without `Bearer`"),
            (" bearer\tsk_test_0123456789", "without `Bearer`"),
            ("\"sk_test_0123456789\"", "without quotes"),
            ("'sk_test_0123456789'", "without quotes"),
            ("sk_test_0123456789\n", "white space"),
            (" sk_test_0123456789", "white space"),
            ("sk_test_01234\u{a0}56789", "white space"),
            ("sk_test_01234\u{0}56789", "control character"),
            ("sk_test_01234\u{7f}56789", "control character"),
            ("sk_test_01234\u{85}56789", "white space"),
            ("sk_test_01234…56789", "character that no key has"),
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
            assert_eq!(SecretKey::new(key).unwrap().authorization().unwrap(), format!("Bearer {key}"));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_text_is_refused_by_its_name() {
        use std::os::unix::ffi::OsStringExt;
        let value = OsString::from_vec(b"sk_test_\xff".to_vec());
        let error = SecretKey::from_variable("THE_KEY", Some(value)).unwrap_err();
        assert_eq!(error.to_string(), "invalid configuration: THE_KEY: the value is not text");
    }
}
