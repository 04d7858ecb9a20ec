//! Password digests: bcrypt for new passwords, and the formats that Clerk imports from other systems.
//!
//! Digests are untrusted input, so each is parsed and its cost is checked before anything is hashed. The formats are
//! those of the parameter `passwordHasher` in Clerk's `createUser()` reference. Each parser documents its assumptions
//! where the reference does not specify a format.

mod argon2_phc;
mod bcrypt_family;
mod encoding;
mod pbkdf2_family;
mod phpass;
mod plain_hash;
mod scrypt_family;

use argon2_phc::Argon2Digest;
use bcrypt_family::BcryptDigest;
use pbkdf2_family::Pbkdf2Digest;
use phpass::PhpassDigest;
use plain_hash::PlainHash;
use scrypt_family::ScryptDigest;

/// The maximum length of a digest. Valid digests are shorter than 1 kB.
const MAX_DIGEST_BYTES: usize = 4096;

/// The maximum length of a password for hashers that hash the whole password in each round, where a long password
/// multiplies the cost. phpass and Symfony have the same limit.
const MAX_ITERATED_PASSWORD_BYTES: usize = 4096;

/// An error of parsing a digest or hashing a password. Never contains the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DigestError {
    /// The digest is malformed, or its cost exceeds the limit.
    #[error("the password digest is not valid for its hasher")]
    InvalidFormat,
    /// The name of the hasher is unknown.
    #[error("the password hasher is unknown")]
    UnknownHasher,
    /// The digest refers to a user of another service. Only that service can verify the password.
    #[error("the password digest can only be verified by the service that it refers to")]
    NotVerifiableOffline,
    /// The cost of a new bcrypt digest is out of range.
    #[error("the bcrypt cost is out of range")]
    InvalidCost,
    /// The system could not provide random bytes or memory.
    #[error("the system could not provide the resources to hash the password")]
    Unavailable,
}

/// Verifies `password` against a digest of `hasher`, a value of Clerk's `password_hasher`.
pub(crate) fn verify(hasher: &str, digest: &str, password: &str) -> Result<bool, DigestError> {
    let digest = ImportedDigest::parse(hasher, digest)?;
    let password = password.as_bytes();
    match digest {
        ImportedDigest::Argon2(digest) => digest.verify(password),
        ImportedDigest::AwsCognito => Err(DigestError::NotVerifiableOffline),
        ImportedDigest::Bcrypt(digest) => digest.verify(password),
        ImportedDigest::Pbkdf2(digest) => Ok(digest.verify(password)),
        ImportedDigest::Phpass(digest) => Ok(digest.verify(password)),
        ImportedDigest::Plain(digest) => Ok(digest.verify(password)),
        ImportedDigest::Scrypt(digest) => digest.verify(password),
    }
}

/// Checks that `digest` has the format of `hasher`, without hashing.
pub(crate) fn check_format(hasher: &str, digest: &str) -> Result<(), DigestError> {
    ImportedDigest::parse(hasher, digest).map(drop)
}

/// Hashes a password with bcrypt at the given cost. Verify the result with the hasher `bcrypt`.
pub(crate) fn hash_bcrypt(password: &str, cost: u32) -> Result<String, DigestError> {
    bcrypt_family::hash(password.as_bytes(), cost)
}

/// A parsed digest whose cost is within the limits.
enum ImportedDigest<'a> {
    /// `argon2i` and `argon2id`.
    Argon2(Argon2Digest),
    /// `awscognito`, a reference to a user of a Cognito user pool.
    AwsCognito,
    /// The hashers based on bcrypt.
    Bcrypt(BcryptDigest<'a>),
    /// The hashers based on PBKDF2.
    Pbkdf2(Pbkdf2Digest),
    /// `phpass` and `md5_phpass`.
    Phpass(PhpassDigest<'a>),
    /// The hashers based on a plain hash function.
    Plain(PlainHash),
    /// The hashers based on scrypt.
    Scrypt(ScryptDigest),
}

impl<'a> ImportedDigest<'a> {
    /// Parses a digest of `hasher`.
    fn parse(hasher: &str, digest: &'a str) -> Result<Self, DigestError> {
        let parsed = if digest.len() > MAX_DIGEST_BYTES { None } else { Self::parse_known(hasher, digest)? };
        parsed.ok_or(DigestError::InvalidFormat)
    }

    /// Like [`Self::parse`], but returns `None` for a malformed digest and does not check its length.
    fn parse_known(hasher: &str, digest: &'a str) -> Result<Option<Self>, DigestError> {
        Ok(match hasher {
            "argon2i" => Argon2Digest::parse_i(digest).map(Self::Argon2),
            "argon2id" => Argon2Digest::parse_id(digest).map(Self::Argon2),
            "awscognito" => is_cognito_reference(digest).then_some(Self::AwsCognito),
            "bcrypt" => BcryptDigest::parse(digest).map(Self::Bcrypt),
            "bcrypt_peppered" => BcryptDigest::parse_peppered(digest).map(Self::Bcrypt),
            "bcrypt_sha256_django" => BcryptDigest::parse_django(digest).map(Self::Bcrypt),
            "ldap_ssha" => PlainHash::parse_ssha(digest).map(Self::Plain),
            "md5" => PlainHash::parse_md5(digest).map(Self::Plain),
            "md5_phpass" => PhpassDigest::parse_of_md5(digest).map(Self::Phpass),
            "md5_salted" => PlainHash::parse_md5_salted(digest).map(Self::Plain),
            "pbkdf2_sha1" => Pbkdf2Digest::parse_sha1(digest).map(Self::Pbkdf2),
            "pbkdf2_sha256" => Pbkdf2Digest::parse_sha256(digest).map(Self::Pbkdf2),
            "pbkdf2_sha256_django" => Pbkdf2Digest::parse_sha256_django(digest).map(Self::Pbkdf2),
            "pbkdf2_sha512" => Pbkdf2Digest::parse_sha512(digest).map(Self::Pbkdf2),
            "pbkdf2_sha512_hex" => Pbkdf2Digest::parse_sha512_hex(digest).map(Self::Pbkdf2),
            "phpass" => PhpassDigest::parse(digest).map(Self::Phpass),
            "scrypt_firebase" => ScryptDigest::parse_firebase(digest).map(Self::Scrypt),
            "scrypt_werkzeug" => ScryptDigest::parse_werkzeug(digest).map(Self::Scrypt),
            "sha256" => PlainHash::parse_sha256(digest).map(Self::Plain),
            "sha256_salted" => PlainHash::parse_sha256_salted(digest).map(Self::Plain),
            "sha512_symfony" => PlainHash::parse_symfony(digest).map(Self::Plain),
            _ => return Err(DigestError::UnknownHasher),
        })
    }
}

/// Returns `true` if `digest` has the format `awscognito#<userpoolid>#<clientid>#<identifier>`.
fn is_cognito_reference(digest: &str) -> bool {
    let mut parts = digest.splitn(4, '#');
    parts.next() == Some("awscognito") && parts.filter(|part| !part.is_empty()).count() == 3
}

#[cfg(test)]
mod tests;
