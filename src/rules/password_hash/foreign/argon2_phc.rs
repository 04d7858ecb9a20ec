//! Argon2i and Argon2id in the PHC string format.

use super::DigestError;
use super::encoding::{decimal, decode_base64, fields, same};
use argon2::{Algorithm, Argon2, Params, Version};
use std::ops::RangeInclusive;

/// The memory limit in KiB (256 MiB). Common defaults use 64 MiB.
const MAX_MEMORY_KIB: u32 = 256 * 1024;

/// The limit for the product of memory and passes, in KiB.
const MAX_WORK_KIB: u32 = 4 * 1024 * 1024;

/// The allowed hash lengths. A hash of a few bytes would match incorrect passwords by chance.
const HASH_BYTES: RangeInclusive<usize> = 16..=1024;

/// An Argon2 digest.
pub(super) struct Argon2Digest {
    /// The variant and its cost parameters.
    argon2: Argon2<'static>,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Argon2Digest {
    /// Parses `$argon2i$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<hash>`.
    pub(super) fn parse_i(digest: &str) -> Option<Self> {
        Self::new(digest.strip_prefix("$argon2i$")?, Algorithm::Argon2i)
    }

    /// Parses `$argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<hash>`.
    pub(super) fn parse_id(digest: &str) -> Option<Self> {
        Self::new(digest.strip_prefix("$argon2id$")?, Algorithm::Argon2id)
    }

    /// Parses the part after the variant.
    ///
    /// Assumption: only version 19 is supported, because Clerk's reference assumes this version.
    fn new(body: &str, algorithm: Algorithm) -> Option<Self> {
        let ["v=19", costs, salt, hash] = fields(body)? else {
            return None;
        };
        let [memory, passes, lanes] = costs.split(',').collect::<Vec<_>>().try_into().ok()?;
        let memory = decimal(memory.strip_prefix("m=")?)?;
        let passes = decimal(passes.strip_prefix("t=")?)?;
        let lanes = decimal(lanes.strip_prefix("p=")?)?;
        let salt = decode_base64(salt).filter(|salt| salt.len() >= argon2::MIN_SALT_LEN)?;
        let hash = decode_base64(hash).filter(|hash| HASH_BYTES.contains(&hash.len()))?;
        if memory > MAX_MEMORY_KIB || memory.checked_mul(passes)? > MAX_WORK_KIB {
            return None;
        }
        let params = Params::new(memory, passes, lanes, Some(hash.len())).ok()?;
        let argon2 = Argon2::new(algorithm, Version::V0x13, params);
        Some(Self { argon2, salt, hash })
    }

    /// Returns the memory cost in bytes.
    pub(super) fn memory(&self) -> u64 {
        u64::from(self.argon2.params().m_cost()) * 1024
    }

    /// Returns `true` if `password` matches this digest.
    pub(super) fn verify(&self, password: &[u8]) -> Result<bool, DigestError> {
        let mut derived = vec![0; self.hash.len()];
        self.argon2.hash_password_into(password, &self.salt, &mut derived).map_err(|_| DigestError::Unavailable)?;
        Ok(same(&derived, &self.hash))
    }
}
