//! The scrypt variants of Firebase and Werkzeug.

use super::DigestError;
use super::encoding::{decimal, decode_base64, decode_hex, fields, same};
use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use scrypt::Params;

/// The memory limit. The defaults use about 32 MiB for Werkzeug and 16 MiB for Firebase.
const MAX_MEMORY_BYTES: u64 = 256 * 1024 * 1024;

/// The limit for the product of memory and parallelism. Lanes run sequentially.
const MAX_WORK_BYTES: u64 = 1024 * 1024 * 1024;

/// The length of the AES-256 key that Firebase derives with scrypt.
const FIREBASE_KEY_BYTES: usize = 32;

/// The length of the hash that Werkzeug derives with scrypt.
const WERKZEUG_HASH_BYTES: usize = 64;

/// The minimum length of Firebase's signer key. The hash has the same length, and a short hash would match incorrect
/// passwords by chance. Firebase generates keys of 64 bytes.
const MIN_SIGNER_KEY_BYTES: usize = 16;

/// An scrypt digest.
pub(super) struct ScryptDigest {
    params: Params,
    /// The memory that the derivation uses, in bytes.
    memory: u64,
    salt: Vec<u8>,
    hash: Vec<u8>,
    /// For Firebase, the text that is encrypted with the derived key to obtain the hash.
    signer_key: Option<Vec<u8>>,
}

impl ScryptDigest {
    /// Parses `<hash>$<salt>$<signer key>$<salt separator>$<rounds>$<memory cost>`. The first four are base64.
    pub(super) fn parse_firebase(digest: &str) -> Option<Self> {
        let [hash, salt, signer_key, separator, rounds, memory_cost] = fields(digest)?;
        let hash = decode_base64(hash)?;
        let signer_key = decode_base64(signer_key)?;
        let salt = decode_base64(salt).filter(|salt| !salt.is_empty())?;
        let separator = decode_base64(separator)?;
        if hash.len() != signer_key.len() || hash.len() < MIN_SIGNER_KEY_BYTES {
            return None;
        }
        let (params, memory) = bounded_params(decimal(memory_cost)?, decimal(rounds)?, 1)?;
        Some(Self { params, memory, salt: [salt, separator].concat(), hash, signer_key: Some(signer_key) })
    }

    /// Parses `scrypt:<N>:<r>:<p>$<salt>$<hash>`. The salt is not encoded.
    ///
    /// Assumption: Clerk's reference shows a leading `$` and a base64 hash, but Werkzeug writes no `$` and a hex hash.
    /// All combinations are accepted.
    pub(super) fn parse_werkzeug(digest: &str) -> Option<Self> {
        let [method, salt, hash] = fields(digest.strip_prefix('$').unwrap_or(digest))?;
        let costs = method.strip_prefix("scrypt:")?.split(':').map(decimal);
        let [n, r, p] = costs.collect::<Option<Vec<_>>>()?.try_into().ok()?;
        if salt.is_empty() || n < 2 || !n.is_power_of_two() {
            return None;
        }
        let hash = decode_hex(hash).or_else(|| decode_base64(hash))?;
        let (params, memory) = bounded_params(n.ilog2(), r, p)?;
        (hash.len() == WERKZEUG_HASH_BYTES).then_some(Self {
            params,
            memory,
            salt: salt.into(),
            hash,
            signer_key: None,
        })
    }

    /// Returns the memory in bytes that the derivation uses.
    pub(super) fn memory(&self) -> u64 {
        self.memory
    }

    /// Returns `true` if `password` matches this digest.
    pub(super) fn verify(&self, password: &[u8]) -> Result<bool, DigestError> {
        let Some(signer_key) = &self.signer_key else {
            let derived = self.derive::<WERKZEUG_HASH_BYTES>(password)?;
            return Ok(same(&derived, &self.hash));
        };
        let key = self.derive::<FIREBASE_KEY_BYTES>(password)?;
        let mut encrypted = signer_key.clone();
        Ctr128BE::<Aes256>::new(&key.into(), &[0; 16].into()).apply_keystream(&mut encrypted);
        Ok(same(&encrypted, &self.hash))
    }

    /// Computes scrypt.
    fn derive<const N: usize>(&self, password: &[u8]) -> Result<[u8; N], DigestError> {
        let mut derived = [0; N];
        scrypt::scrypt(password, &self.salt, &self.params, &mut derived).map_err(|_| DigestError::InvalidFormat)?;
        Ok(derived)
    }
}

/// Returns the parameters and the memory in bytes, or `None` if they are invalid or exceed the limits.
///
/// The memory consists of `n` blocks for the table, `p` blocks for the lanes, and one for the current lane. The limits
/// are checked first, because the scrypt crate multiplies `r` and `p` without checking for overflow.
fn bounded_params(log2_n: u32, r: u32, p: u32) -> Option<(Params, u64)> {
    let n = 1_u64.checked_shl(log2_n)?;
    let block = 128 * u64::from(r);
    let memory = block.checked_mul(n.checked_add(p.into())?.checked_add(1)?)?;
    let work = block.checked_mul(n)?.checked_mul(p.into())?;
    if log2_n == 0 || memory > MAX_MEMORY_BYTES || work > MAX_WORK_BYTES {
        return None;
    }
    Some((Params::new(u8::try_from(log2_n).ok()?, r, p).ok()?, memory))
}
