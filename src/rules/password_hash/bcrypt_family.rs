//! Digests based on bcrypt: plain, with SHA-256 preprocessing (Django), and with a pepper (Devise).

use super::DigestError;
use sha2::{Digest, Sha256};
use std::ops::RangeInclusive;

/// The allowed costs: from bcrypt's minimum to Clerk's maximum, according to its CLI.
///
/// Each step doubles the time, and a cost of 15 takes seconds. Most systems use costs from 10 to 12.
pub(in crate::rules) const COSTS: RangeInclusive<u32> = 4..=15;

/// The length of a bcrypt digest: version, cost, salt and hash.
const DIGEST_BYTES: usize = 60;

/// The number of bytes of a password that bcrypt uses.
pub(super) const MAX_PASSWORD_BYTES: usize = 72;

/// The transformation of a password before bcrypt hashes it.
enum Preparation<'a> {
    None,
    /// The password is replaced by its SHA-256 hash in hex, which avoids bcrypt's length limit.
    Sha256Hex,
    /// A secret of the exporting application is appended to the password.
    Peppered(&'a str),
}

/// A digest of the bcrypt family.
pub(super) struct BcryptDigest<'a> {
    /// The bcrypt digest, without a prefix or pepper.
    digest: &'a str,
    cost: u32,
    preparation: Preparation<'a>,
}

impl<'a> BcryptDigest<'a> {
    /// Parses `$<version>$<cost>$<salt & hash>`.
    pub(super) fn parse(digest: &'a str) -> Option<Self> {
        Self::new(digest, Preparation::None)
    }

    /// Parses `bcrypt_sha256$$<version>$<cost>$<salt & hash>`.
    pub(super) fn parse_django(digest: &'a str) -> Option<Self> {
        Self::new(digest.strip_prefix("bcrypt_sha256$")?, Preparation::Sha256Hex)
    }

    /// Parses `$<version>$<cost>$<salt & hash>$<pepper>`. The pepper is arbitrary text and may contain `$`.
    pub(super) fn parse_peppered(digest: &'a str) -> Option<Self> {
        let (bcrypt, rest) = digest.split_at_checked(DIGEST_BYTES)?;
        let pepper = rest.strip_prefix('$').filter(|pepper| !pepper.is_empty())?;
        Self::new(bcrypt, Preparation::Peppered(pepper))
    }

    /// Validates the bcrypt digest.
    fn new(digest: &'a str, preparation: Preparation<'a>) -> Option<Self> {
        // `$2x$` marks digests of a faulty implementation. The bcrypt crate would verify them incorrectly.
        let supported = ["$2a$", "$2b$", "$2y$"].iter().any(|version| digest.starts_with(version));
        let parts: bcrypt::HashParts = supported.then_some(digest)?.parse().ok()?;
        let cost = parts.get_cost();
        COSTS.contains(&cost).then_some(Self { digest, cost, preparation })
    }

    pub(super) fn rounds(&self) -> u64 {
        1 << self.cost
    }

    /// Returns `true` if `password` matches this digest.
    pub(super) fn verify(&self, password: &[u8]) -> Result<bool, DigestError> {
        let matches = match self.preparation {
            Preparation::None => bcrypt::verify(truncated(password), self.digest),
            Preparation::Sha256Hex => bcrypt::verify(hex::encode(Sha256::digest(password)), self.digest),
            Preparation::Peppered(pepper) => {
                let peppered = [password, pepper.as_bytes()].concat();
                bcrypt::verify(truncated(&peppered), self.digest)
            }
        };
        matches.map_err(|_| DigestError::InvalidFormat)
    }
}

/// Hashes `password` with a random salt.
pub(super) fn hash(password: &[u8], cost: u32) -> Result<String, DigestError> {
    if !COSTS.contains(&cost) {
        return Err(DigestError::InvalidCost);
    }
    bcrypt::hash(truncated(password), cost).map_err(|_| DigestError::Unavailable)
}

/// Returns the part of `password` that bcrypt uses. The exporting systems ignore the rest, so it must not affect
/// verification.
fn truncated(password: &[u8]) -> &[u8] {
    password.get(..MAX_PASSWORD_BYTES).unwrap_or(password)
}
