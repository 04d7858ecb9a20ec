//! Digests of hashers that are not based on bcrypt, in builds without the `password-hashes` feature.

use std::marker::PhantomData;

use super::DigestError;
use crate::model::PasswordHasher;

/// A digest that is not parsed and cannot be verified.
pub(super) struct ForeignDigest<'a>(PhantomData<&'a str>);

impl<'a> ForeignDigest<'a> {
    /// Checks that the hasher is known. Returns `None` if the digest is empty.
    pub(super) fn parse(hasher: &str, digest: &'a str) -> Result<Option<Self>, DigestError> {
        match PasswordHasher::from(hasher) {
            PasswordHasher::Other(_) => Err(DigestError::UnknownHasher),
            _ => Ok((!digest.is_empty()).then_some(Self(PhantomData))),
        }
    }

    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(super) fn memory(&self) -> u64 {
        0
    }

    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(super) fn verify(&self, _password: &[u8]) -> Result<bool, DigestError> {
        Err(DigestError::FeatureDisabled)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DigestError, check_format, verify};

    const SHA256: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    #[test]
    fn check_format_accepts_digests_of_known_hashers() {
        assert_eq!(check_format("sha256", SHA256), Ok(()));
        assert_eq!(check_format("sha256", ""), Err(DigestError::InvalidFormat));
        assert_eq!(check_format("sha512", SHA256), Err(DigestError::UnknownHasher));
    }

    #[test]
    fn verify_names_the_missing_feature() {
        let error = verify("sha256", SHA256, "test").unwrap_err();
        assert_eq!(error, DigestError::FeatureDisabled);
        assert!(error.to_string().contains("`password-hashes`"), "{error}");
    }
}
