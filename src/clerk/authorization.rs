//! The `Authorization` header.

use bytes::Bytes;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, ErrorKind, Result};
use crate::secret_key::SecretKey;

/// Creates the header for a secret key.
///
/// The header is marked as sensitive, so that `Debug` and HTTP/2 header compression do not expose it.
pub(super) fn authorization(key: &SecretKey) -> Result<HeaderValue> {
    /// The bytes of the header. They are zeroized when the last clone of the header is dropped.
    struct Wiped(SecretString);

    impl AsRef<[u8]> for Wiped {
        fn as_ref(&self) -> &[u8] {
            self.0.expose_secret().as_bytes()
        }
    }

    let (scheme, key) = ("Bearer ", key.expose_secret());
    // The capacity is exact, because a reallocation would leave a copy of the key in freed memory.
    let mut text = String::with_capacity(scheme.len() + key.len());
    text.push_str(scheme);
    text.push_str(key);
    let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(Wiped(SecretString::from(text))))
        .map_err(|_| Error::new(ErrorKind::Configuration).with_message("the secret key is not a valid header value"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_contains_the_key_and_debug_hides_it() {
        let header = authorization(&SecretKey::new("sk_test_123").unwrap()).unwrap();
        assert_eq!(header.as_bytes(), b"Bearer sk_test_123");
        assert_eq!(format!("{header:?}"), "Sensitive");
    }
}
