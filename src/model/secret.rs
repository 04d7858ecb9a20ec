//! Secrets: values that are redacted in `Debug`, cannot be serialized, and are zeroized on drop.
//!
//! The following memory is zeroized:
//!
//! - every secret and its clones, and the `String` that it was created from;
//! - JSON request bodies of up to 2 KB (a longer body is reallocated during serialization);
//! - the `Authorization` header.
//!
//! The following memory is not zeroized:
//!
//! - copies that the caller keeps;
//! - buffers of the HTTP and TLS implementations and of the operating system;
//! - response bodies, and the JSON parser's copies of strings with escape sequences;
//! - registers and the stack.
//!
//! [`TicketUrl`] is an exception: it can be serialized and is not zeroized, because it is part of serializable models.

use std::fmt;
use std::marker::PhantomData;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::de::{self, Unexpected, Visitor};
use subtle::ConstantTimeEq;

use crate::model::text::Text;

/// Compares two secrets in constant time.
pub(super) fn same(left: &SecretString, right: &SecretString) -> bool {
    left.expose_secret().as_bytes().ct_eq(right.expose_secret().as_bytes()).into()
}

/// Copies a string into a secret, and zeroizes the string.
///
/// Shrinking the string instead would leave a copy in the old allocation.
pub(crate) fn sealed(text: String) -> SecretString {
    SecretString::from(Zeroizing::new(text).as_str())
}

/// Deserializes a secret from a string, and rejects all other values.
///
/// Unlike serde's default errors, the errors do not contain the value. A value of another type, such as a numeric
/// password, can also be a secret.
struct SecretVisitor<T>(PhantomData<T>);

impl<T: for<'a> From<&'a str>> Visitor<'_> for SecretVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret as a string")
    }

    fn visit_str<E>(self, secret: &str) -> Result<T, E> {
        Ok(T::from(secret))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<T, E> {
        Err(not_text())
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<T, E> {
        Err(not_text())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<T, E> {
        Err(not_text())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<T, E> {
        Err(not_text())
    }

    fn visit_bytes<E: de::Error>(self, _: &[u8]) -> Result<T, E> {
        Err(not_text())
    }
}

fn not_text<E: de::Error>() -> E {
    E::invalid_type(Unexpected::Other("another type"), &"a secret as a string")
}

macro_rules! secrets {
    ($($(#[$meta:meta])* $name:ident,)+) => {$(
        $(#[$meta])*
        ///
        /// The value is redacted in `Debug` output, omitted from deserialization errors, and zeroized on drop. The type
        /// does not implement `Display` or `Serialize`. Values of equal length are compared in constant time.
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// Creates a secret.
            #[must_use]
            pub fn new(secret: impl Into<String>) -> Self {
                Self(sealed(secret.into()))
            }

            /// Returns the secret.
            #[must_use]
            pub fn expose_secret(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "([REDACTED])"))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                same(&self.0, &other.0)
            }
        }

        impl Eq for $name {}

        impl From<&str> for $name {
            fn from(secret: &str) -> Self {
                Self(SecretString::from(secret))
            }
        }

        impl From<String> for $name {
            fn from(secret: String) -> Self {
                Self::new(secret)
            }
        }

        impl crate::model::lenient::FromJson<'_> for $name {
            const EXPECTED: &'static str = "text";

            fn from_str(secret: &str) -> Option<Self> {
                Some(secret.into())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(SecretVisitor(PhantomData))
            }
        }
    )+};
}

secrets! {
    /// A plaintext password.
    ///
    /// ```
    /// use user_directory::Password;
    ///
    /// let password = Password::new("correct horse battery staple");
    /// assert_eq!(format!("{password:?}"), "Password([REDACTED])");
    /// ```
    Password,
    /// An authenticator app (TOTP) secret, encoded in base32 as in `otpauth://` URLs.
    ///
    /// ```
    /// use user_directory::model::TotpSecret;
    /// use user_directory::NewUser;
    ///
    /// let ada = NewUser::new().totp_secret(TotpSecret::new("JBSWY3DPEHPK3PXP"));
    /// assert!(!format!("{ada:?}").contains("JBSWY3DP"));
    /// ```
    TotpSecret,
    /// A code that a user enters: a 6-digit code from an authenticator app, or a backup code.
    ///
    /// ```
    /// use user_directory::model::TotpCode;
    ///
    /// let code = TotpCode::from("123456");
    /// assert_eq!(format!("{code:?}"), "TotpCode([REDACTED])");
    /// ```
    TotpCode,
    /// A backup code, in plain text or as a bcrypt digest.
    ///
    /// [`StoreUserDirectory`](crate::StoreUserDirectory) limits plain-text codes to 72 bytes.
    ///
    /// ```
    /// use user_directory::NewUser;
    ///
    /// let ada = NewUser::new().backup_codes(["spring-rain", "summer-wind"]);
    /// assert!(!format!("{ada:?}").contains("rain"));
    /// ```
    BackupCode,
    /// A token issued by an OAuth provider.
    OAuthToken,
}

/// A URL that contains a secret, such as the URL for accepting an invitation.
///
/// The URL is redacted in `Debug` output, and the type does not implement `Display`. Unlike other secrets, the URL can
/// be serialized, because it is part of serializable models. It is not zeroized.
///
/// ```
/// use user_directory::model::TicketUrl;
///
/// let url = TicketUrl::from("https://accounts.example.com/accept?ticket=123");
/// assert_eq!(format!("{url:?}"), "TicketUrl([REDACTED])");
/// assert!(url.expose_secret().ends_with("ticket=123"));
/// ```
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct TicketUrl(Text);

impl TicketUrl {
    /// Returns the URL.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl<T: Into<Text>> From<T> for TicketUrl {
    fn from(url: T) -> Self {
        Self(url.into())
    }
}

impl crate::model::lenient::FromJson<'_> for TicketUrl {
    const EXPECTED: &'static str = "text";

    fn from_str(url: &str) -> Option<Self> {
        Some(url.into())
    }
}

impl std::fmt::Debug for TicketUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TicketUrl([REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_secret_is_redacted() {
        assert_eq!(format!("{:?}", TotpSecret::new("JBSWY3DP")), "TotpSecret([REDACTED])");
        assert_eq!(format!("{:#?}", Some(BackupCode::new("abc"))).matches("abc").count(), 0);
    }

    #[test]
    fn deserialize_error_of_secret_does_not_contain_the_value() {
        for json in ["12345678", "-12345678", "1.2345678", "true", "null", r#"["12345678"]"#, r#"{"12345678":1}"#] {
            let error = serde_json::from_str::<Password>(json).unwrap_err().to_string();
            assert!(!error.contains("345678") && !error.contains("true"), "{error}");
        }
        assert_eq!(serde_json::from_str::<Password>(r#""\u0061bc""#).unwrap(), Password::new("abc"));
    }

    #[test]
    fn secrets_compare_by_value() {
        assert_eq!(Password::new("a"), Password::from("a"));
        assert_ne!(Password::new("a"), Password::new("b"));
        assert_ne!(Password::new("a"), Password::new("aa"));
    }
}
