//! PBKDF2 with HMAC, in the five formats that Clerk supports.

use super::encoding::{decimal, decode_base64, decode_hex, fields, same};
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use std::ops::RangeInclusive;

/// The limit for the total number of HMAC rounds for all blocks of the key. Django's default is about one million.
const MAX_ROUNDS: u32 = 5_000_000;

/// The allowed key lengths. A key of a few bytes would match incorrect passwords by chance, and an empty key would
/// match every password.
const KEY_BYTES: RangeInclusive<usize> = 16..=1024;

/// The default key length of `pbkdf2_sha1`.
const SHA1_DEFAULT_KEY_BYTES: usize = 32;

/// The hash function of the HMAC.
#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl Hash {
    /// Returns the output length, which is the block length of PBKDF2.
    fn output_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// A PBKDF2 digest.
pub(super) struct Pbkdf2Digest {
    hash: Hash,
    /// The number of rounds per block of the key.
    iterations: u32,
    salt: Vec<u8>,
    /// The expected key.
    key: Vec<u8>,
}

impl Pbkdf2Digest {
    /// Parses `pbkdf2_sha1$<iterations>$<salt>$<hex hash>[$<key length>]`. A salt that is not hex is used as is.
    ///
    /// Assumption: the key length is in bytes, and a hash of another length is malformed.
    pub(super) fn parse_sha1(digest: &str) -> Option<Self> {
        let (digest, key_bytes) = match fields::<5>(digest) {
            Some([.., key_bytes]) => {
                let (rest, _) = digest.rsplit_once('$')?;
                (rest, usize::try_from(decimal(key_bytes)?).ok()?)
            }
            None => (digest, SHA1_DEFAULT_KEY_BYTES),
        };
        let [iterations, salt, key] = body(digest, "pbkdf2_sha1")?;
        let salt = decode_hex(salt).unwrap_or_else(|| salt.into());
        let key = decode_hex(key).filter(|key| key.len() == key_bytes)?;
        Self::new(Hash::Sha1, iterations, salt, key)
    }

    /// Parses `pbkdf2_sha256$<iterations>$<base64 salt>$<base64 hash>`.
    pub(super) fn parse_sha256(digest: &str) -> Option<Self> {
        let [iterations, salt, key] = body(digest, "pbkdf2_sha256")?;
        Self::new(Hash::Sha256, iterations, decode_base64(salt)?, decode_base64(key)?)
    }

    /// Parses `pbkdf2_sha256$<iterations>$<raw salt>$<base64 hash>`.
    pub(super) fn parse_sha256_django(digest: &str) -> Option<Self> {
        let [iterations, salt, key] = body(digest, "pbkdf2_sha256")?;
        Self::new(Hash::Sha256, iterations, salt.into(), decode_base64(key)?)
    }

    /// Parses `pbkdf2_sha512$<iterations>$<raw salt>$<hex hash>`.
    pub(super) fn parse_sha512(digest: &str) -> Option<Self> {
        let [iterations, salt, key] = body(digest, "pbkdf2_sha512")?;
        Self::new(Hash::Sha512, iterations, salt.into(), decode_hex(key)?)
    }

    /// Parses `pbkdf2_sha512_hex$<iterations>$<hex salt>$<hex hash>`.
    pub(super) fn parse_sha512_hex(digest: &str) -> Option<Self> {
        let [iterations, salt, key] = body(digest, "pbkdf2_sha512_hex")?;
        Self::new(Hash::Sha512, iterations, decode_hex(salt)?, decode_hex(key)?)
    }

    /// Creates a digest if it is within the limits.
    fn new(hash: Hash, iterations: &str, salt: Vec<u8>, key: Vec<u8>) -> Option<Self> {
        let iterations = decimal(iterations)?;
        let blocks = u32::try_from(key.len().div_ceil(hash.output_bytes())).ok()?;
        let rounds = iterations.checked_mul(blocks)?;
        let within_limits = KEY_BYTES.contains(&key.len()) && (1..=MAX_ROUNDS).contains(&rounds);
        (within_limits && !salt.is_empty()).then_some(Self { hash, iterations, salt, key })
    }

    /// Returns `true` if `password` matches this digest.
    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let mut derived = vec![0; self.key.len()];
        let derive = match self.hash {
            Hash::Sha1 => pbkdf2_hmac::<Sha1>,
            Hash::Sha256 => pbkdf2_hmac::<Sha256>,
            Hash::Sha512 => pbkdf2_hmac::<Sha512>,
        };
        derive(password, &self.salt, self.iterations, &mut derived);
        same(&derived, &self.key)
    }
}

/// Returns the three parts after the algorithm name: iterations, salt and hash.
fn body<'a>(digest: &'a str, name: &str) -> Option<[&'a str; 3]> {
    fields(digest.strip_prefix(name)?.strip_prefix('$')?)
}
