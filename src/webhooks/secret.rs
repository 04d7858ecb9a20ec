//! [`WebhookSecret`]: the signing secret of a webhook endpoint.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use crate::error::{Error, ErrorKind, Result};
use crate::model::sealed;

const PREFIX: &str = "whsec_";

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The signing secret of a webhook endpoint: `whsec_` followed by a Base64-encoded key.
///
/// The Clerk dashboard shows the secret of each endpoint. `Debug` output is redacted, and the type does not implement
/// `Display`. The secret is zeroized on drop.
///
/// ```
/// use user_directory::webhooks::WebhookSecret;
///
/// let secret = WebhookSecret::new("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")?;
/// assert_eq!(format!("{secret:?}"), "WebhookSecret([REDACTED])");
/// # Ok::<(), user_directory::Error>(())
/// ```
#[derive(Clone)]
pub struct WebhookSecret {
    text: SecretString,
    key: SecretSlice<u8>,
}

impl WebhookSecret {
    /// Creates a secret from a `whsec_…` string.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if the string does not start with `whsec_`, or if the
    /// rest is empty or not valid Base64. The error message does not contain the secret.
    pub fn new(secret: impl Into<String>) -> Result<Self> {
        Self::checked(secret.into()).map_err(configuration)
    }

    fn checked(secret: String) -> Result<Self, &'static str> {
        // Wrapped first, so that a rejected secret is also zeroized.
        let text = sealed(secret);
        let key = key(text.expose_secret())?;
        Ok(Self { text, key })
    }

    /// Creates a secret from a key, such as 24 random bytes.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if the key is empty.
    ///
    /// # Examples
    ///
    /// ```
    /// use user_directory::webhooks::WebhookSecret;
    ///
    /// let secret = WebhookSecret::from_key(b"0123456789abcdef01234567")?;
    /// assert_eq!(secret.expose_secret(), "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3");
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn from_key(key: &[u8]) -> Result<Self> {
        let encoded = Zeroizing::new(BASE64.encode(key));
        Self::new([PREFIX, &encoded].concat())
    }

    /// Reads the secret from an environment variable.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if the variable is not set or is not valid Unicode,
    /// or if [`new`](Self::new) rejects its value.
    ///
    /// # Examples
    ///
    /// ```
    /// use user_directory::webhooks::WebhookSecret;
    ///
    /// let error = WebhookSecret::from_env("A_VARIABLE_THAT_IS_NOT_SET").unwrap_err();
    /// assert!(error.to_string().contains("A_VARIABLE_THAT_IS_NOT_SET"));
    /// ```
    pub fn from_env(name: &str) -> Result<Self> {
        let secret = match std::env::var_os(name).map(std::ffi::OsString::into_string) {
            Some(Ok(secret)) => Self::checked(secret),
            Some(Err(_)) => Err("the value is not Unicode"),
            None => Err("the environment variable is not set"),
        };
        secret.map_err(|problem| configuration(format!("{name}: {problem}")))
    }

    /// Returns the secret as a `whsec_…` string. Do not print or log it.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.text.expose_secret()
    }

    pub(super) fn key(&self) -> &[u8] {
        self.key.expose_secret()
    }
}

fn configuration(problem: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Configuration).with_message(problem)
}

/// Decodes the key, or describes why the secret is invalid, without quoting it.
fn key(secret: &str) -> Result<SecretSlice<u8>, &'static str> {
    if secret.is_empty() {
        return Err("the webhook secret is empty");
    }
    if secret.contains(['"', '\'', '`']) {
        return Err("the webhook secret contains a quotation mark; remove the quotes");
    }
    if secret.contains(char::is_whitespace) {
        return Err("the webhook secret contains whitespace; check for a trailing line break");
    }
    if secret.starts_with("sk_") || secret.starts_with("pk_") {
        return Err("this is an API key; use the signing secret of the webhook endpoint (whsec_…)");
    }
    let Some(encoded) = secret.strip_prefix(PREFIX) else {
        return Err("the webhook secret must start with `whsec_`");
    };
    let mut decoded = Zeroizing::new(vec![0; base64::decoded_len_estimate(encoded.len())]);
    match BASE64.decode_slice(encoded, &mut decoded) {
        Ok(0) => Err("the webhook secret has nothing after its prefix"),
        // Shrinking the buffer instead would leave a copy in the old allocation.
        Ok(length) => Ok(decoded[..length].to_vec().into()),
        Err(_) => Err("the webhook secret is not Base64 after its prefix; copy it again"),
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret([REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_rejects_malformed_secrets_without_repeating_them() {
        for (secret, hint) in [
            ("", "is empty"),
            ("whsec_", "nothing after its prefix"),
            ("whsec_MDEyMzQ1Njc4\n", "line break"),
            ("\"whsec_MDEyMzQ1Njc4\"", "remove the quotes"),
            ("MDEyMzQ1Njc4", "must start with `whsec_`"),
            ("sk_test_MDEyMzQ1Njc4", "API key"),
            ("pk_live_MDEyMzQ1Njc4", "API key"),
            ("whsec_MDEyMzQ1Njc4A", "not Base64"),
            ("whsec_MDEyMzQ1-_", "not Base64"),
        ] {
            let error = WebhookSecret::new(secret).unwrap_err();
            for text in [error.to_string(), format!("{error:?}")] {
                assert!(text.contains(hint), "{secret:?}: {text}");
                assert!(!text.contains("MDEy"), "{text}");
            }
        }
    }

    #[test]
    fn new_accepts_base64_with_and_without_padding() {
        for secret in ["whsec_MDEyMw==", "whsec_MDEyMw"] {
            let secret = WebhookSecret::new(secret).unwrap();
            assert_eq!(secret.key(), b"0123");
        }
        assert_eq!(WebhookSecret::from_key(b"0123").unwrap().expose_secret(), "whsec_MDEyMw==");
        assert!(WebhookSecret::from_key(b"").is_err());
    }
}
