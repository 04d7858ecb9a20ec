//! bcrypt, plain, behind SHA-256 (Django) and with a pepper (Devise).

use super::DigestError;
use sha2::{Digest, Sha256};
use std::ops::RangeInclusive;

/// The costs allowed. The lower end is bcrypt's own; each step up doubles the time, and 16 already
/// takes some seconds, while common systems use 10 to 12.
const COSTS: RangeInclusive<u32> = 4..=16;

/// The length of a bcrypt digest: version, cost, salt and hash.
const DIGEST_BYTES: usize = 60;

/// The bytes of a password that bcrypt looks at.
const MAX_PASSWORD_BYTES: usize = 72;

/// What happens to a password before bcrypt sees it.
enum Preparation<'a> {
    /// Nothing.
    AsIs,
    /// It is replaced by its SHA-256 hash in hex, which lifts bcrypt's length limit.
    Sha256Hex,
    /// A secret of the importing application is appended to it.
    Peppered(&'a str),
}

/// A digest of the bcrypt family.
pub(super) struct BcryptDigest<'a> {
    /// The bcrypt digest proper.
    digest: &'a str,
    /// What is done to a password first.
    preparation: Preparation<'a>,
}

impl<'a> BcryptDigest<'a> {
    /// Reads `$<version>$<cost>$<salt & hash>`.
    pub(super) fn parse(digest: &'a str) -> Option<Self> {
        Self::new(digest, Preparation::AsIs)
    }

    /// Reads `bcrypt_sha256$$<version>$<cost>$<salt & hash>`.
    pub(super) fn parse_django(digest: &'a str) -> Option<Self> {
        Self::new(digest.strip_prefix("bcrypt_sha256$")?, Preparation::Sha256Hex)
    }

    /// Reads `$<version>$<cost>$<salt & hash>$<pepper>`. The pepper is free text, `$` included.
    pub(super) fn parse_peppered(digest: &'a str) -> Option<Self> {
        let (bcrypt, rest) = digest.split_at_checked(DIGEST_BYTES)?;
        let pepper = rest.strip_prefix('$').filter(|pepper| !pepper.is_empty())?;
        Self::new(bcrypt, Preparation::Peppered(pepper))
    }

    /// Checks the bcrypt digest itself.
    fn new(digest: &'a str, preparation: Preparation<'a>) -> Option<Self> {
        // `$2x$` marks the digests of a faulty implementation, which the crate would verify as if
        // they were sound.
        let sound = ["$2a$", "$2b$", "$2y$"].iter().any(|version| digest.starts_with(version));
        let parts: bcrypt::HashParts = sound.then_some(digest)?.parse().ok()?;
        COSTS.contains(&parts.get_cost()).then_some(Self { digest, preparation })
    }

    /// Whether `password` made this digest.
    pub(super) fn verify(&self, password: &[u8]) -> Result<bool, DigestError> {
        let matches = match self.preparation {
            Preparation::AsIs => bcrypt::verify(truncated(password), self.digest),
            Preparation::Sha256Hex => bcrypt::verify(hex::encode(Sha256::digest(password)), self.digest),
            Preparation::Peppered(pepper) => {
                let peppered = [password, pepper.as_bytes()].concat();
                bcrypt::verify(truncated(&peppered), self.digest)
            }
        };
        matches.map_err(|_| DigestError::InvalidFormat)
    }
}

/// Hashes `password` with a new salt.
pub(super) fn hash(password: &[u8], cost: u32) -> Result<String, DigestError> {
    if !COSTS.contains(&cost) {
        return Err(DigestError::InvalidCost);
    }
    bcrypt::hash(truncated(password), cost).map_err(|_| DigestError::Unavailable)
}

/// The part of `password` that bcrypt takes into account: the systems that digests come from ignore
/// what is beyond it, so two passwords that only differ there have to match the same digest.
fn truncated(password: &[u8]) -> &[u8] {
    password.get(..MAX_PASSWORD_BYTES).unwrap_or(password)
}
