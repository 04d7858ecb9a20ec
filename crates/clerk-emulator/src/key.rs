//! [`Keys`]: which secret keys are accepted.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use subtle::{Choice, ConstantTimeEq};

use super::refusal;
use crate::error::Result;

const TEST: &str = "sk_test_";
const LIVE: &str = "sk_live_";

/// What kind of instance a key belongs to; the service's limits differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum KeyKind {
    Development,
    Production,
}

/// The secret keys that are accepted: any of a test instance, or these.
#[derive(Debug, Default)]
pub(super) struct Keys(Vec<SecretString>);

/// A secret key that is none, said without the key.
///
/// ```
/// use user_directory::emulator::Emulator;
///
/// let error = Emulator::builder().secret_key("pk_test_publishable").err().unwrap();
/// assert!(!error.to_string().contains("publishable"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret key begins with sk_test_ or sk_live_, and has visible ASCII characters after that")]
pub struct InvalidKey;

impl Keys {
    pub(super) fn add(&mut self, key: &str) -> Result<(), InvalidKey> {
        if kind(key).is_none() {
            return Err(InvalidKey);
        }
        self.0.push(SecretString::from(key));
        Ok(())
    }

    /// The kind of the key that a request has, if it is accepted.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<KeyKind> {
        let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, key) = header.and_then(|value| value.split_once(' ')).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("bearer") || key.is_empty() {
            return Err(refusal::authorization_header_invalid());
        }
        let kind = kind(key).filter(|kind| self.accepts(key, *kind));
        kind.ok_or_else(refusal::key_invalid)
    }

    /// Compares with every key, so that the time does not tell which one it nearly was.
    fn accepts(&self, key: &str, kind: KeyKind) -> bool {
        if self.0.is_empty() {
            return kind == KeyKind::Development;
        }
        let same = |other: &SecretString| other.expose_secret().as_bytes().ct_eq(key.as_bytes());
        self.0.iter().fold(Choice::from(0), |any, other| any | same(other)).into()
    }
}

fn kind(key: &str) -> Option<KeyKind> {
    let (kind, secret) = match (key.strip_prefix(TEST), key.strip_prefix(LIVE)) {
        (Some(secret), _) => (KeyKind::Development, secret),
        (_, Some(secret)) => (KeyKind::Production, secret),
        _ => return None,
    };
    (!secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic())).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::codes;

    fn check(keys: &Keys, authorization: &str) -> Result<KeyKind> {
        keys.check(&HeaderMap::from_iter([(AUTHORIZATION, authorization.parse().unwrap())]))
    }

    #[test]
    fn without_a_key_of_ones_own_any_of_a_test_instance_is_accepted() {
        let keys = Keys::default();
        assert_eq!(check(&keys, "Bearer sk_test_1").unwrap(), KeyKind::Development);
        assert_eq!(check(&keys, "bearer sk_test_1").unwrap(), KeyKind::Development);
        for key in ["Bearer sk_live_1", "Bearer sk_test_", "Bearer pk_test_1", "Bearer sk_test_1 2"] {
            assert!(check(&keys, key).unwrap_err().has_code(codes::CLERK_KEY_INVALID), "{key}");
        }
    }

    #[test]
    fn given_keys_are_the_only_ones() {
        let mut keys = Keys::default();
        keys.add("sk_live_one").unwrap();
        keys.add("sk_test_two").unwrap();
        assert_eq!(check(&keys, "Bearer sk_live_one").unwrap(), KeyKind::Production);
        assert_eq!(check(&keys, "Bearer sk_test_two").unwrap(), KeyKind::Development);
        for key in ["sk_live_on", "sk_live_onee", "sk_test_one", "sk_test_"] {
            assert!(check(&keys, &format!("Bearer {key}")).unwrap_err().is_unauthenticated(), "{key}");
        }
    }

    #[test]
    fn a_header_of_another_form_is_told_apart_from_a_wrong_key() {
        let keys = Keys::default();
        for value in ["", "sk_test_1", "Bearer", "Bearer ", "Basic c2tfdGVzdF8x"] {
            let error = check(&keys, value).unwrap_err();
            assert!(error.has_code(codes::AUTHORIZATION_HEADER_FORMAT_INVALID), "{value:?}");
        }
        let error = keys.check(&HeaderMap::new()).unwrap_err();
        assert!(error.has_code(codes::AUTHORIZATION_HEADER_FORMAT_INVALID));
    }

    #[test]
    fn what_is_no_secret_key_is_refused_and_not_repeated() {
        for key in ["", "sk_test_", "pk_test_abc", "sk_test_a b", "sk_test_ä"] {
            assert!(Keys::default().add(key).is_err(), "{key}");
        }
        let mut keys = Keys::default();
        keys.add("sk_test_abc").unwrap();
        assert!(!format!("{keys:?}").contains("abc"));
    }
}
