//! [`Keys`]: the configured secret keys.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use subtle::{Choice, ConstantTimeEq};
use user_directory::{Result, SecretKey};

use crate::rejection;

/// The kind of instance that a key belongs to, which determines the rate limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum KeyKind {
    Development,
    Production,
}

/// The configured secret keys. If none are configured, every development key (`sk_test_…`) is accepted.
#[derive(Debug, Default)]
pub(crate) struct Keys(Vec<SecretKey>);

/// The error returned for a malformed secret key. The message does not contain the key.
///
/// ```
/// use clerk_emulator::Emulator;
///
/// let error = Emulator::builder().secret_key("pk_test_publishable").err().unwrap();
/// assert!(!error.to_string().contains("publishable"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret key must start with sk_test_ or sk_live_, followed by visible ASCII characters other than quotes")]
pub struct InvalidKey;

impl Keys {
    pub(crate) fn add(&mut self, key: &str) -> Result<(), InvalidKey> {
        let (key, _) = parse(key).ok_or(InvalidKey)?;
        self.0.push(key);
        Ok(())
    }

    /// Authenticates a request, and returns the kind of its key.
    pub(crate) fn authenticate(&self, headers: &HeaderMap) -> Result<KeyKind> {
        let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, key) = header.and_then(|value| value.split_once(' ')).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("bearer") || key.is_empty() {
            return Err(rejection::authorization_header_invalid());
        }
        let (key, kind) = parse(key).ok_or_else(rejection::key_invalid)?;
        if self.accepts(&key, kind) { Ok(kind) } else { Err(rejection::key_invalid()) }
    }

    /// Returns `true` if the key is accepted. Keys are compared in constant time.
    fn accepts(&self, key: &SecretKey, kind: KeyKind) -> bool {
        if self.0.is_empty() {
            return kind == KeyKind::Development;
        }
        let same = |other: &SecretKey| other.expose_secret().as_bytes().ct_eq(key.expose_secret().as_bytes());
        self.0.iter().fold(Choice::from(0), |any, other| any | same(other)).into()
    }
}

fn parse(key: &str) -> Option<(SecretKey, KeyKind)> {
    let key = SecretKey::new(key).ok()?;
    let kind = match () {
        () if key.is_test() => KeyKind::Development,
        () if key.is_live() => KeyKind::Production,
        () => return None,
    };
    Some((key, kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use user_directory::codes;

    fn authenticate(keys: &Keys, authorization: &str) -> Result<KeyKind> {
        keys.authenticate(&HeaderMap::from_iter([(AUTHORIZATION, authorization.parse().unwrap())]))
    }

    #[test]
    fn every_development_key_is_accepted_by_default() {
        let keys = Keys::default();
        assert_eq!(authenticate(&keys, "Bearer sk_test_1").unwrap(), KeyKind::Development);
        assert_eq!(authenticate(&keys, "bearer sk_test_1").unwrap(), KeyKind::Development);
        for key in ["Bearer sk_live_1", "Bearer sk_test_", "Bearer pk_test_1", "Bearer sk_test_1 2"] {
            assert!(authenticate(&keys, key).unwrap_err().has_code(codes::CLERK_KEY_INVALID), "{key}");
        }
    }

    #[test]
    fn only_configured_keys_are_accepted() {
        let mut keys = Keys::default();
        keys.add("sk_live_one").unwrap();
        keys.add("sk_test_two").unwrap();
        assert_eq!(authenticate(&keys, "Bearer sk_live_one").unwrap(), KeyKind::Production);
        assert_eq!(authenticate(&keys, "Bearer sk_test_two").unwrap(), KeyKind::Development);
        for key in ["sk_live_on", "sk_live_onee", "sk_test_one", "sk_test_"] {
            assert!(authenticate(&keys, &format!("Bearer {key}")).unwrap_err().is_unauthenticated(), "{key}");
        }
    }

    #[test]
    fn malformed_header_is_distinguished_from_wrong_key() {
        let keys = Keys::default();
        for value in ["", "sk_test_1", "Bearer", "Bearer ", "Basic c2tfdGVzdF8x"] {
            let error = authenticate(&keys, value).unwrap_err();
            assert!(error.has_code(codes::AUTHORIZATION_HEADER_FORMAT_INVALID), "{value:?}");
        }
        let error = keys.authenticate(&HeaderMap::new()).unwrap_err();
        assert!(error.has_code(codes::AUTHORIZATION_HEADER_FORMAT_INVALID));
    }

    #[test]
    fn malformed_keys_are_rejected_and_debug_hides_keys() {
        for key in ["", "sk_test_", "sk_live_", "pk_test_abc", "sk_other_abc", "sk_test_a b", "sk_test_ä"] {
            assert!(Keys::default().add(key).is_err(), "{key}");
        }
        let mut keys = Keys::default();
        keys.add("sk_test_abc").unwrap();
        assert!(!format!("{keys:?}").contains("abc"));
    }
}
