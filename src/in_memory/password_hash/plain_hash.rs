//! Bare hash functions, with or without a salt: weak, but what some systems export.

use super::MAX_ITERATED_PASSWORD_BYTES;
use super::encoding::{decimal, decode_base64, decode_hex_array, fields, same};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// The most rounds of `sha512_symfony` allowed; Symfony's default is 5000.
const MAX_SYMFONY_ROUNDS: u32 = 200_000;

/// The bytes of a SHA-1 hash.
const SHA1_BYTES: usize = 20;

/// A digest made by a bare hash function.
pub(super) enum PlainHash {
    /// MD5 of the salt, empty for `md5`, and the password.
    Md5 {
        /// What is hashed before the password.
        salt: Vec<u8>,
        /// The expected hash.
        hash: [u8; 16],
    },
    /// SHA-256 of the salt, empty for `sha256`, and the password.
    Sha256 {
        /// What is hashed before the password.
        salt: Vec<u8>,
        /// The expected hash.
        hash: [u8; 32],
    },
    /// SHA-1 of the password and the salt.
    Ssha {
        /// What is hashed after the password.
        salt: Vec<u8>,
        /// The expected hash.
        hash: Vec<u8>,
    },
    /// SHA-512 iterated over itself, the password and the salt.
    Symfony {
        /// The number of hashes.
        rounds: u32,
        /// The salt, braces included, as it is appended to the password.
        suffix: String,
        /// The expected hash.
        hash: [u8; 64],
    },
}

impl PlainHash {
    /// Reads 32 hex digits.
    pub(super) fn parse_md5(digest: &str) -> Option<Self> {
        Some(Self::Md5 { salt: Vec::new(), hash: decode_hex_array(digest)? })
    }

    /// Reads `<salt>$<32 hex digits>`.
    ///
    /// Assumption: the salt comes before the password in what is hashed, as in the digest; Clerk
    /// does not say.
    pub(super) fn parse_md5_salted(digest: &str) -> Option<Self> {
        let (salt, hash) = salted(digest)?;
        Some(Self::Md5 { salt, hash })
    }

    /// Reads 64 hex digits.
    pub(super) fn parse_sha256(digest: &str) -> Option<Self> {
        Some(Self::Sha256 { salt: Vec::new(), hash: decode_hex_array(digest)? })
    }

    /// Reads `<salt>$<64 hex digits>`.
    ///
    /// Assumption: as for [`Self::parse_md5_salted`].
    pub(super) fn parse_sha256_salted(digest: &str) -> Option<Self> {
        let (salt, hash) = salted(digest)?;
        Some(Self::Sha256 { salt, hash })
    }

    /// Reads `{SSHA}<base64 of hash and salt>`.
    ///
    /// Assumption: Clerk gives no form, so it is that of `OpenLDAP`, which the name refers to.
    pub(super) fn parse_ssha(digest: &str) -> Option<Self> {
        let mut hash = decode_base64(digest.strip_prefix("{SSHA}")?)?;
        let salt = hash.get(SHA1_BYTES..).filter(|salt| !salt.is_empty())?.to_vec();
        hash.truncate(SHA1_BYTES);
        Some(Self::Ssha { salt, hash })
    }

    /// Reads `sha512_symfony$<iterations>$<salt>$<base64 hash>`.
    pub(super) fn parse_symfony(digest: &str) -> Option<Self> {
        let ["sha512_symfony", rounds, salt, hash] = fields(digest)? else {
            return None;
        };
        let rounds = decimal(rounds).filter(|rounds| (1..=MAX_SYMFONY_ROUNDS).contains(rounds))?;
        // Symfony itself refuses a salt with braces, which would be ambiguous.
        if salt.is_empty() || salt.contains(['{', '}']) {
            return None;
        }
        let hash = decode_base64(hash)?.try_into().ok()?;
        Some(Self::Symfony { rounds, suffix: format!("{{{salt}}}"), hash })
    }

    /// Whether `password` made this digest.
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

/// Reads `<salt>$<hex hash>`.
fn salted<const N: usize>(digest: &str) -> Option<(Vec<u8>, [u8; N])> {
    let [salt, hash] = fields(digest)?;
    let salt = (!salt.is_empty()).then_some(salt)?;
    Some((salt.into(), decode_hex_array(hash)?))
}

/// Hashes `first` and `second` as one text.
fn hash_of<D: Digest>(first: &[u8], second: &[u8]) -> Vec<u8> {
    D::new().chain_update(first).chain_update(second).finalize().to_vec()
}
