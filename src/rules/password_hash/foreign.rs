//! The digests of hashers that are not based on bcrypt.

mod argon2_phc;
mod encoding;
mod pbkdf2_family;
mod phpass;
mod plain_hash;
mod scrypt_family;

use argon2_phc::Argon2Digest;
use pbkdf2_family::Pbkdf2Digest;
use phpass::PhpassDigest;
use plain_hash::PlainHash;
use scrypt_family::ScryptDigest;

use super::DigestError;

/// The maximum password length for hashers that hash the whole password in each round. A longer password would multiply
/// the cost. phpass and Symfony have the same limit.
const MAX_ITERATED_PASSWORD_BYTES: usize = 4096;

/// A parsed digest whose cost is within the limits.
pub(super) struct ForeignDigest<'a>(Format<'a>);

enum Format<'a> {
    /// `argon2i` and `argon2id`.
    Argon2(Argon2Digest),
    /// Hashers based on PBKDF2.
    Pbkdf2(Pbkdf2Digest),
    /// `phpass` and `md5_phpass`.
    Phpass(PhpassDigest<'a>),
    /// Hashers based on a plain hash function.
    Plain(PlainHash),
    /// Hashers based on scrypt.
    Scrypt(ScryptDigest),
}

impl<'a> ForeignDigest<'a> {
    /// Parses a digest of `hasher`. Returns `None` if it is malformed.
    pub(super) fn parse(hasher: &str, digest: &'a str) -> Result<Option<Self>, DigestError> {
        let format = match hasher {
            "argon2i" => Argon2Digest::parse_i(digest).map(Format::Argon2),
            "argon2id" => Argon2Digest::parse_id(digest).map(Format::Argon2),
            "ldap_ssha" => PlainHash::parse_ssha(digest).map(Format::Plain),
            "md5" => PlainHash::parse_md5(digest).map(Format::Plain),
            "md5_phpass" => PhpassDigest::parse_of_md5(digest).map(Format::Phpass),
            "md5_salted" => PlainHash::parse_md5_salted(digest).map(Format::Plain),
            "pbkdf2_sha1" => Pbkdf2Digest::parse_sha1(digest).map(Format::Pbkdf2),
            "pbkdf2_sha256" => Pbkdf2Digest::parse_sha256(digest).map(Format::Pbkdf2),
            "pbkdf2_sha256_django" => Pbkdf2Digest::parse_sha256_django(digest).map(Format::Pbkdf2),
            "pbkdf2_sha512" => Pbkdf2Digest::parse_sha512(digest).map(Format::Pbkdf2),
            "pbkdf2_sha512_hex" => Pbkdf2Digest::parse_sha512_hex(digest).map(Format::Pbkdf2),
            "phpass" => PhpassDigest::parse(digest).map(Format::Phpass),
            "scrypt_firebase" => ScryptDigest::parse_firebase(digest).map(Format::Scrypt),
            "scrypt_werkzeug" => ScryptDigest::parse_werkzeug(digest).map(Format::Scrypt),
            "sha256" => PlainHash::parse_sha256(digest).map(Format::Plain),
            "sha256_salted" => PlainHash::parse_sha256_salted(digest).map(Format::Plain),
            "sha512_symfony" => PlainHash::parse_symfony(digest).map(Format::Plain),
            _ => return Err(DigestError::UnknownHasher),
        };
        Ok(format.map(Self))
    }

    /// Returns the memory in bytes that [`verify`](Self::verify) uses.
    pub(super) fn memory(&self) -> u64 {
        match &self.0 {
            Format::Argon2(digest) => digest.memory(),
            Format::Scrypt(digest) => digest.memory(),
            Format::Pbkdf2(_) | Format::Phpass(_) | Format::Plain(_) => 0,
        }
    }

    /// Returns `true` if `password` matches this digest.
    pub(super) fn verify(&self, password: &[u8]) -> Result<bool, DigestError> {
        match &self.0 {
            Format::Argon2(digest) => digest.verify(password),
            Format::Pbkdf2(digest) => Ok(digest.verify(password)),
            Format::Phpass(digest) => Ok(digest.verify(password)),
            Format::Plain(digest) => Ok(digest.verify(password)),
            Format::Scrypt(digest) => digest.verify(password),
        }
    }
}
