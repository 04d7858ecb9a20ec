//! Passwords as Clerk stores them: digests imported from other systems, and bcrypt for its own.
//!
//! A digest comes from whoever calls the API, so each format is parsed and its cost bounded before
//! anything is hashed. The formats are those of Clerk's `createUser()` reference, parameter
//! `passwordHasher`; where that page leaves a gap, the parser says what it assumes.

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

/// The longest digest that is read at all; the longest sensible one is below 1 kB.
const MAX_DIGEST_BYTES: usize = 4096;

/// The longest password that the hashers take which read it anew on each of their rounds. phpass and
/// Symfony have this limit themselves; without it a password could multiply the cost of a digest.
const MAX_ITERATED_PASSWORD_BYTES: usize = 4096;

/// Why a digest was not accepted, or a password not hashed. Never holds the digest itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DigestError {
    /// The digest does not have its hasher's format, or asks for more work than is allowed.
    #[error("the password digest is not valid for its hasher")]
    InvalidFormat,
    /// No hasher of that name is known.
    #[error("the password hasher is not known")]
    UnknownHasher,
    /// The digest only names a user of another service, which alone can check the password.
    #[error("the password digest can only be verified by the service it names")]
    NotVerifiableOffline,
    /// The cost asked of a new bcrypt digest is out of range.
    #[error("the bcrypt cost is out of range")]
    InvalidCost,
    /// The system could not provide what hashing needs: random bytes for a salt, or memory.
    #[error("the system could not provide the resources to hash the password")]
    Unavailable,
}

/// Verifies `password` against `digest`, which `hasher` (Clerk's `password_hasher` name) made.
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

/// Whether `digest` has the format `hasher` asks for (cheap: no hashing).
pub(crate) fn check_format(hasher: &str, digest: &str) -> Result<(), DigestError> {
    ImportedDigest::parse(hasher, digest).map(drop)
}

/// Hashes a plain password with bcrypt at the given cost, to be verified with hasher "bcrypt".
pub(crate) fn hash_bcrypt(password: &str, cost: u32) -> Result<String, DigestError> {
    bcrypt_family::hash(password.as_bytes(), cost)
}

/// A digest whose format has been read and whose cost is within limits.
enum ImportedDigest<'a> {
    /// `argon2i` and `argon2id`.
    Argon2(Argon2Digest),
    /// `awscognito`: names a user of a Cognito pool, so it has nothing to verify with.
    AwsCognito,
    /// The hashers built on bcrypt.
    Bcrypt(BcryptDigest<'a>),
    /// The hashers built on PBKDF2.
    Pbkdf2(Pbkdf2Digest),
    /// `phpass` and `md5_phpass`.
    Phpass(PhpassDigest<'a>),
    /// The hashers built on a bare hash function.
    Plain(PlainHash),
    /// The hashers built on scrypt.
    Scrypt(ScryptDigest),
}

impl<'a> ImportedDigest<'a> {
    /// Reads `digest` in the format of `hasher`.
    fn parse(hasher: &str, digest: &'a str) -> Result<Self, DigestError> {
        let parsed = if digest.len() > MAX_DIGEST_BYTES { None } else { Self::parse_known(hasher, digest)? };
        parsed.ok_or(DigestError::InvalidFormat)
    }

    /// Like [`Self::parse`], with `None` for a digest that is not in the format.
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

/// Whether `digest` reads `awscognito#<userpoolid>#<clientid>#<identifier>`.
fn is_cognito_reference(digest: &str) -> bool {
    let mut parts = digest.splitn(4, '#');
    parts.next() == Some("awscognito") && parts.filter(|part| !part.is_empty()).count() == 3
}

#[cfg(test)]
mod tests;
