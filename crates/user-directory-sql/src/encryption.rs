//! [`EncryptionKeys`]: the keys that encrypt secrets at rest.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, Generate as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::zeroize::Zeroizing;
use user_directory::{Error, ErrorKind, Result};

use crate::error::configuration;

const NONCE_BYTES: usize = 24;

/// The keys that encrypt TOTP secrets, backup codes and OAuth tokens in the database.
///
/// For each user, these secrets are encrypted as a single ciphertext, using the first key in the list. The ciphertext
/// is stored with the id of this key, and can be decrypted as long as the list contains the key. The cipher is
/// XChaCha20-Poly1305, with a random nonce for each ciphertext and the user's id as associated data. `Debug` output
/// contains only the key ids.
///
/// # Rotation
///
/// 1. Add the new key to the front of the list in all processes. In a rolling deployment, do this in two steps: first
///    add the new key to the end of the list, and then move it to the front.
/// 2. Call [`SqlStore::reencrypt`](crate::SqlStore::reencrypt).
/// 3. Remove the old key from the list. Keep a copy of it, because backups made before step 2 finished require it.
///
/// ```
/// use user_directory_sql::EncryptionKeys;
///
/// // A key is an id and 32 random bytes in Base64. In production, read it from the environment or a secret manager.
/// let keys = EncryptionKeys::parse("2026-05:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")?;
/// assert_eq!(format!("{keys:?}"), r#"EncryptionKeys(["2026-05"])"#);
/// # Ok::<(), user_directory_sql::InvalidKey>(())
/// ```
#[derive(Clone, Default)]
pub struct EncryptionKeys {
    keys: Vec<(String, XChaCha20Poly1305)>,
}

/// The error returned for an invalid encryption key. The message does not contain the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKey {
    /// The colon between the id and the key is missing.
    #[error("an encryption key must have the form `id:base64`")]
    Format,
    /// A key id is empty, is longer than 64 bytes, or contains characters other than ASCII letters, digits, `_`, `-`
    /// and `.`.
    #[error("the id of an encryption key must consist of 1 to 64 ASCII letters, digits, `_`, `-` or `.`")]
    Id,
    /// Two keys have the same id.
    #[error("two encryption keys have the same id")]
    Duplicate,
    /// A key is not valid Base64.
    #[error("an encryption key must be encoded in Base64")]
    Base64,
    /// A key is not 32 bytes long.
    #[error("an encryption key must be 32 bytes long")]
    Length,
}

impl EncryptionKeys {
    /// Creates an empty list of keys.
    ///
    /// Without a key, users who have TOTP secrets, backup codes or OAuth tokens cannot be read or written.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key to the end of the list. The first key is used for encryption.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidKey`] if the id is malformed or not unique.
    pub fn key(mut self, id: impl Into<String>, key: &[u8; 32]) -> Result<Self, InvalidKey> {
        let id = id.into();
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if id.is_empty() || id.len() > 64 || !id.bytes().all(is_valid) {
            return Err(InvalidKey::Id);
        }
        if self.keys.iter().any(|(other, _)| *other == id) {
            return Err(InvalidKey::Duplicate);
        }
        self.keys.push((id, XChaCha20Poly1305::new(&Key::from(*key))));
        Ok(self)
    }

    /// Parses a comma-separated list of keys, such as `2026-05:MDEy…,2025-11:NTY3…`.
    ///
    /// Each entry consists of an id, a colon and 32 bytes in Base64. Empty entries are ignored, as is whitespace around
    /// ids and keys.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidKey`] if a key is malformed, or if two keys have the same id.
    pub fn parse(keys: &str) -> Result<Self, InvalidKey> {
        keys.split(',').map(str::trim).filter(|key| !key.is_empty()).try_fold(Self::new(), |list, key| {
            let (id, encoded) = key.split_once(':').ok_or(InvalidKey::Format)?;
            let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).map_err(|_| InvalidKey::Base64)?);
            let bytes = decoded.as_slice().try_into().map_err(|_| InvalidKey::Length)?;
            list.key(id.trim(), bytes)
        })
    }

    /// Returns the id of the key that is used for encryption.
    pub(crate) fn first_id(&self) -> Option<&str> {
        self.keys.first().map(|(id, _)| id.as_str())
    }

    /// Encrypts a secret of a user. Returns the key id, and the nonce followed by the ciphertext.
    pub(crate) fn encrypt(&self, user_id: &str, secret: &str) -> Result<(String, Vec<u8>)> {
        let Some((id, cipher)) = self.keys.first() else {
            let message = "encryption keys are required to store TOTP secrets, backup codes and OAuth tokens";
            return Err(configuration(message));
        };
        let nonce = XNonce::try_generate().map_err(|_| {
            Error::new(ErrorKind::Server).with_message("the random number generator failed").with_nothing_changed()
        })?;
        let payload = Payload { msg: secret.as_bytes(), aad: user_id.as_bytes() };
        let ciphertext = cipher.encrypt(&nonce, payload).map_err(|_| configuration("encryption failed"))?;
        Ok((id.clone(), [&nonce[..], &ciphertext].concat()))
    }

    /// Decrypts a secret of a user.
    pub(crate) fn decrypt(&self, user_id: &str, key_id: &str, encrypted: &[u8]) -> Result<Zeroizing<String>> {
        let Some((_, cipher)) = self.keys.iter().find(|(id, _)| id == key_id) else {
            return Err(configuration("the encryption key of a user's secrets is not configured"));
        };
        let failed = || configuration("the secrets of a user cannot be decrypted with the configured key");
        let (nonce, ciphertext) = encrypted.split_first_chunk::<NONCE_BYTES>().ok_or_else(failed)?;
        let payload = Payload { msg: ciphertext, aad: user_id.as_bytes() };
        let decrypted = cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| failed())?;
        match String::from_utf8(decrypted) {
            Ok(text) => Ok(Zeroizing::new(text)),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                Err(failed())
            }
        }
    }
}

impl fmt::Debug for EncryptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.keys.iter().map(|(id, _)| id).collect();
        write!(f, "EncryptionKeys({ids:?})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(ids: &[&str]) -> EncryptionKeys {
        ids.iter().fold(EncryptionKeys::new(), |keys, id| {
            let byte = id.as_bytes()[0];
            keys.key(*id, &[byte; 32]).unwrap()
        })
    }

    #[test]
    fn decrypt_returns_the_encrypted_text() {
        let (id, encrypted) = keys(&["a"]).encrypt("user_1", "secret").unwrap();
        assert_eq!(id, "a");
        assert!(!encrypted.windows(6).any(|window| window == b"secret"));
        assert_eq!(*keys(&["b", "a"]).decrypt("user_1", "a", &encrypted).unwrap(), "secret");
    }

    #[test]
    fn encrypt_uses_a_new_nonce_each_time() {
        let keys = keys(&["a"]);
        assert_ne!(keys.encrypt("user_1", "secret").unwrap(), keys.encrypt("user_1", "secret").unwrap());
    }

    #[test]
    fn decrypt_rejects_other_users_keys_and_changed_bytes() {
        let (_, mut encrypted) = keys(&["a"]).encrypt("user_1", "secret").unwrap();
        let fails = |keys: &EncryptionKeys, user, key, encrypted: &[u8]| {
            let error = keys.decrypt(user, key, encrypted).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(!error.to_string().contains("secret1") && !error.to_string().contains(user));
        };
        fails(&keys(&["a"]), "user_2", "a", &encrypted);
        fails(&keys(&["b"]), "user_1", "a", &encrypted);
        fails(&keys(&["b"]), "user_1", "b", &encrypted);
        fails(&keys(&["a"]), "user_1", "a", &encrypted[..10]);
        encrypted[30] ^= 1;
        fails(&keys(&["a"]), "user_1", "a", &encrypted);
    }

    #[test]
    fn encrypt_without_a_key_fails() {
        let error = EncryptionKeys::new().encrypt("user_1", "secret").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("encryption keys are required"));
    }

    #[test]
    fn parse_rejects_malformed_keys() {
        let valid = STANDARD.encode([7; 32]);
        let parse = |text: &str| EncryptionKeys::parse(text).map(|keys| format!("{keys:?}"));
        assert_eq!(parse(&format!(" new:{valid} , old:{valid},")).unwrap(), r#"EncryptionKeys(["new", "old"])"#);
        assert_eq!(parse("").unwrap(), "EncryptionKeys([])");
        assert_eq!(parse("abc").unwrap_err(), InvalidKey::Format);
        assert_eq!(parse("a:!").unwrap_err(), InvalidKey::Base64);
        assert_eq!(parse("a:YWJj").unwrap_err(), InvalidKey::Length);
        assert_eq!(parse(&format!("a b:{valid}")).unwrap_err(), InvalidKey::Id);
        assert_eq!(parse(&format!("a:{valid},a:{valid}")).unwrap_err(), InvalidKey::Duplicate);
    }
}
