//! Plain hash functions, with or without a salt. They are weak, but some systems still export such digests.

use super::MAX_ITERATED_PASSWORD_BYTES;
use super::encoding::{decimal, decode_base64, decode_hex_array, fields, same};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// The maximum number of rounds of `sha512_symfony`. Symfony's default is 5000.
const MAX_SYMFONY_ROUNDS: u32 = 200_000;

/// The length of a SHA-1 hash.
const SHA1_BYTES: usize = 20;

/// A digest of a plain hash function.
pub(super) enum PlainHash {
    /// MD5 of the salt followed by the password. The salt is empty for `md5`.
    Md5 { salt: Vec<u8>, hash: [u8; 16] },
    /// SHA-256 of the salt followed by the password. The salt is empty for `sha256`.
    Sha256 { salt: Vec<u8>, hash: [u8; 32] },
    /// SHA-1 of the password followed by the salt.
    Ssha { salt: Vec<u8>, hash: Vec<u8> },
    /// Iterated SHA-512. The input of each round is the previous hash, the password and the suffix.
    Symfony {
        rounds: u32,
        /// The salt, enclosed in braces.
        suffix: String,
        hash: [u8; 64],
    },
}

impl PlainHash {
    /// Parses 32 hex digits.
    pub(super) fn parse_md5(digest: &str) -> Option<Self> {
        Some(Self::Md5 { salt: Vec::new(), hash: decode_hex_array(digest)? })
    }

    /// Parses `<salt>$<32 hex digits>`.
    ///
    /// Assumption: the salt precedes the password in the input of the hash, because it precedes the hash in the digest.
    /// Clerk does not document the order.
    pub(super) fn parse_md5_salted(digest: &str) -> Option<Self> {
        let (salt, hash) = salted(digest)?;
        Some(Self::Md5 { salt, hash })
    }

    /// Parses 64 hex digits.
    pub(super) fn parse_sha256(digest: &str) -> Option<Self> {
        Some(Self::Sha256 { salt: Vec::new(), hash: decode_hex_array(digest)? })
    }

    /// Parses `<salt>$<64 hex digits>`.
    ///
    /// Assumption: the salt precedes the password, as in [`Self::parse_md5_salted`].
    pub(super) fn parse_sha256_salted(digest: &str) -> Option<Self> {
        let (salt, hash) = salted(digest)?;
        Some(Self::Sha256 { salt, hash })
    }

    /// Parses `{SSHA}<base64 of hash and salt>`.
    ///
    /// Assumption: the format is the same as in `OpenLDAP`. Clerk does not document it.
    pub(super) fn parse_ssha(digest: &str) -> Option<Self> {
        let mut hash = decode_base64(digest.strip_prefix("{SSHA}")?)?;
        let salt = hash.get(SHA1_BYTES..).filter(|salt| !salt.is_empty())?.to_vec();
        hash.truncate(SHA1_BYTES);
        Some(Self::Ssha { salt, hash })
    }

    /// Parses `sha512_symfony$<iterations>$<salt>$<base64 hash>`.
    pub(super) fn parse_symfony(digest: &str) -> Option<Self> {
        let ["sha512_symfony", rounds, salt, hash] = fields(digest)? else {
            return None;
        };
        let rounds = decimal(rounds).filter(|rounds| (1..=MAX_SYMFONY_ROUNDS).contains(rounds))?;
        // Symfony also rejects salts with braces, because they would be ambiguous.
        if salt.is_empty() || salt.contains(['{', '}']) {
            return None;
        }
        let hash = decode_base64(hash)?.try_into().ok()?;
        Some(Self::Symfony { rounds, suffix: format!("{{{salt}}}"), hash })
    }

    /// Returns `true` if `password` matches this digest.
    pub(super) fn verify(&self, password: &[u8]) -> bool {
        match self {
            Self::Md5 { salt, hash } => same(&hash_of::<Md5>(salt, password), hash),
            Self::Sha256 { salt, hash } => same(&hash_of::<Sha256>(salt, password), hash),
            Self::Ssha { salt, hash } => same(&hash_of::<Sha1>(password, salt), hash),
            Self::Symfony { rounds, suffix, hash } => {
                if password.len() > MAX_ITERATED_PASSWORD_BYTES {
                    return false;
                }
                let salted = [password, suffix.as_bytes()].concat();
                let first = Sha512::digest(&salted);
                let last = (1..*rounds)
                    .fold(first, |previous, _| Sha512::new().chain_update(previous).chain_update(&salted).finalize());
                same(&last, hash)
            }
        }
    }
}

/// Parses `<salt>$<hex hash>`.
fn salted<const N: usize>(digest: &str) -> Option<(Vec<u8>, [u8; N])> {
    let [salt, hash] = fields(digest)?;
    let salt = (!salt.is_empty()).then_some(salt)?;
    Some((salt.into(), decode_hex_array(hash)?))
}

/// Hashes the concatenation of `first` and `second`.
fn hash_of<D: Digest>(first: &[u8], second: &[u8]) -> Vec<u8> {
    D::new().chain_update(first).chain_update(second).finalize().to_vec()
}
