//! The portable hash of phpass: iterated MD5 in a custom base64 alphabet.

use super::MAX_ITERATED_PASSWORD_BYTES;
use super::encoding::same;
use md5::{Digest, Md5};
use std::ops::RangeInclusive;

/// The base64 alphabet of phpass.
const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The allowed base-2 logarithms of the number of rounds. phpass has the same minimum. `WordPress` uses 13.
const LOG2_ROUNDS: RangeInclusive<usize> = 7..=18;

const SALT_CHARS: usize = 8;

/// The length of the encoded checksum, which has 16 bytes.
const CHECKSUM_CHARS: usize = 22;

/// A phpass digest.
pub(super) struct PhpassDigest<'a> {
    rounds: u32,
    /// The salt in encoded form. phpass does not decode it.
    salt: &'a [u8],
    /// The encoded checksum.
    checksum: &'a [u8],
    /// Whether the input is the hex MD5 of the password instead of the password.
    of_md5: bool,
}

impl<'a> PhpassDigest<'a> {
    /// Parses `$P$<rounds><salt><checksum>`.
    pub(super) fn parse(digest: &'a str) -> Option<Self> {
        Self::new(digest, false)
    }

    /// Parses the same format for `md5_phpass`.
    ///
    /// Assumption: Clerk does not document this hasher. The input is the lower-case hex MD5 of the password, as in
    /// systems that upgraded their MD5 digests.
    pub(super) fn parse_of_md5(digest: &'a str) -> Option<Self> {
        Self::new(digest, true)
    }

    /// Parses the format that both hashers share.
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

    /// Returns `true` if `password` matches this digest.
    pub(super) fn verify(&self, password: &[u8]) -> bool {
        if password.len() > MAX_ITERATED_PASSWORD_BYTES {
            false
        } else if self.of_md5 {
            self.matches(hex::encode(Md5::digest(password)).as_bytes())
        } else {
            self.matches(password)
        }
    }

    /// Returns `true` if `input` hashes to this digest.
    fn matches(&self, input: &[u8]) -> bool {
        let mut hash = Md5::new().chain_update(self.salt).chain_update(input).finalize();
        for _ in 0..self.rounds {
            hash = Md5::new().chain_update(hash).chain_update(input).finalize();
        }
        same(&encode(&hash), self.checksum)
    }
}

/// Encodes bytes in the base64 of phpass: groups of three bytes, least significant first.
fn encode(bytes: &[u8]) -> Vec<u8> {
    let group = |chunk: &[u8]| {
        let value = chunk.iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte));
        // n bytes of 8 bits need n + 1 digits of 6 bits, for n up to 3.
        (0..=chunk.len()).map(move |digit| ALPHABET[value >> (6 * digit) & 63])
    };
    bytes.chunks(3).flat_map(group).collect()
}
