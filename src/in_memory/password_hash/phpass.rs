//! phpass' portable hash: MD5 iterated, in an alphabet of its own.

use super::MAX_ITERATED_PASSWORD_BYTES;
use super::encoding::same;
use md5::{Digest, Md5};
use std::ops::RangeInclusive;

/// phpass' digits, in order of value.
const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Binary logarithms of the rounds allowed. The lower end is phpass' own; `WordPress` uses 13.
const LOG2_ROUNDS: RangeInclusive<usize> = 7..=18;

/// The characters of the salt.
const SALT_CHARS: usize = 8;

/// The characters that the 16 bytes of the checksum take.
const CHECKSUM_CHARS: usize = 22;

/// A digest made by phpass.
pub(super) struct PhpassDigest<'a> {
    /// How many times the hash is iterated.
    rounds: u32,
    /// The salt, which phpass does not decode.
    salt: &'a [u8],
    /// The checksum, which is compared as text.
    checksum: &'a [u8],
    /// Whether what was hashed is the hex MD5 of the password rather than the password.
    of_md5: bool,
}

impl<'a> PhpassDigest<'a> {
    /// Reads `$P$<rounds><salt><checksum>`.
    pub(super) fn parse(digest: &'a str) -> Option<Self> {
        Self::new(digest, false)
    }

    /// Reads the same form for `md5_phpass`.
    ///
    /// Assumption: Clerk names this hasher but documents nothing of it. It is taken for phpass over
    /// the lower-case hex MD5 of the password, as systems do that upgraded stored MD5 digests.
    pub(super) fn parse_of_md5(digest: &'a str) -> Option<Self> {
        Self::new(digest, true)
    }

    /// Reads the common form.
    fn new(digest: &'a str, of_md5: bool) -> Option<Self> {
        let body = digest.strip_prefix("$P$")?.as_bytes();
        let (&rounds, rest) = body.split_first()?;
        let (salt, checksum) = rest.split_at_checked(SALT_CHARS)?;
        let in_alphabet = rest.iter().all(|byte| ALPHABET.contains(byte));
        if !in_alphabet || checksum.len() != CHECKSUM_CHARS {
            return None;
        }
        let log2 = ALPHABET.iter().position(|&digit| digit == rounds)?;
        let log2 = LOG2_ROUNDS.contains(&log2).then_some(log2)?;
        Some(Self { rounds: 1 << log2, salt, checksum, of_md5 })
    }

    /// Whether `password` made this digest.
    pub(super) fn verify(&self, password: &[u8]) -> bool {
        if password.len() > MAX_ITERATED_PASSWORD_BYTES {
            false
        } else if self.of_md5 {
            self.matches(hex::encode(Md5::digest(password)).as_bytes())
        } else {
            self.matches(password)
        }
    }

    /// Whether phpass hashes `input` to this digest.
    fn matches(&self, input: &[u8]) -> bool {
        let mut hash = Md5::new().chain_update(self.salt).chain_update(input).finalize();
        for _ in 0..self.rounds {
            hash = Md5::new().chain_update(hash).chain_update(input).finalize();
        }
        same(&encode(&hash), self.checksum)
    }
}

/// Writes bytes in phpass' base 64: groups of three, least significant first.
fn encode(bytes: &[u8]) -> Vec<u8> {
    let group = |chunk: &[u8]| {
        let value = chunk.iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte));
        // One digit more than bytes: six bits each hold what eight bits each bring.
        (0..=chunk.len()).map(move |digit| ALPHABET[value >> (6 * digit) & 63])
    };
    bytes.chunks(3).flat_map(group).collect()
}
