//! Password digests: bcrypt for new passwords, and the formats that Clerk imports from other systems.
//!
//! Digests are untrusted input. Each digest is parsed, and its cost is checked, before anything is hashed. Clerk's
//! `createUser()` reference documents the formats under the `passwordHasher` parameter. If the reference does not
//! specify a format, the parser documents its assumptions.

mod bcrypt_family;
#[cfg_attr(not(feature = "password-hashes"), path = "password_hash/no_foreign.rs")]
mod foreign;

pub(super) use bcrypt_family::COSTS as BCRYPT_COSTS;
use bcrypt_family::{BcryptDigest, MAX_PASSWORD_BYTES as MAX_BCRYPT_BYTES};
use foreign::ForeignDigest;

/// The maximum length of a digest. Valid digests are shorter than 1 KB.
const MAX_DIGEST_BYTES: usize = 4096;

/// The error for a digest that cannot be parsed or verified. It does not contain the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DigestError {
    /// The digest is malformed, or its cost exceeds the limit.
    #[error("the password digest is not valid for its hasher")]
    InvalidFormat,
    /// The name of the hasher is unknown.
    #[error("the password hasher is unknown")]
    UnknownHasher,
    /// Only another service can verify the password, or the format of the digest is not documented.
    #[error("the password digest cannot be verified without the service that issued it")]
    NotVerifiableOffline,
    /// The hasher is not based on bcrypt, and the feature that verifies its digests is disabled.
    #[cfg(not(feature = "password-hashes"))]
    #[error("verifying a digest of this hasher requires the `password-hashes` feature of user-directory")]
    FeatureDisabled,
    /// The cost of a new bcrypt digest is out of range.
    #[error("the bcrypt cost is out of range")]
    InvalidCost,
    /// The system could not provide random bytes or memory.
    #[error("the system could not provide the resources to hash the password")]
    Unavailable,
}

/// Verifies `password` against a digest. `hasher` is a value of Clerk's `password_hasher` parameter.
pub(crate) fn verify(hasher: &str, digest: &str, password: &str) -> Result<bool, DigestError> {
    match ImportedDigest::parse(hasher, digest)? {
        ImportedDigest::Unverifiable => Err(DigestError::NotVerifiableOffline),
        ImportedDigest::Bcrypt(digest) => digest.verify(password.as_bytes()),
        ImportedDigest::Foreign(digest) => digest.verify(password.as_bytes()),
    }
}

/// Returns the number of bytes of memory that verifying a digest uses.
///
/// The result is 0 for hashers that use little memory, and for digests that cannot be verified.
pub(crate) fn memory(hasher: &str, digest: &str) -> u64 {
    match ImportedDigest::parse(hasher, digest) {
        Ok(ImportedDigest::Foreign(digest)) => digest.memory(),
        _ => 0,
    }
}

/// Returns the number of rounds (2 to the power of the cost) of a bcrypt digest, or `None` if it is invalid.
pub(crate) fn bcrypt_rounds(digest: &str) -> Option<u64> {
    BcryptDigest::parse(digest).map(|digest| digest.rounds())
}

/// Checks that `digest` has the format of `hasher`, without computing a hash.
///
/// Without the `password-hashes` feature, digests of hashers that are not based on bcrypt only have to be non-empty.
pub(crate) fn check_format(hasher: &str, digest: &str) -> Result<(), DigestError> {
    ImportedDigest::parse(hasher, digest).map(drop)
}

/// Returns `true` if `text` resembles a digest in any known format, including formats that are not supported.
///
/// Detects the following patterns, which are unlikely in a password or a code:
///
/// - the Modular Crypt Format, such as `$2b$10$…`, `$argon2id$…` and `$P$…`;
/// - a scheme in braces, such as `{SSHA}…`;
/// - parts that are separated by `$`, such as `pbkdf2_sha256$…$…$…` and `scrypt:32768:8:1$…$…`;
/// - a hash in hex: on its own, after a `*` as in MySQL, or separated from a salt by `$` or `:`;
/// - a reference to an AWS Cognito user;
/// - any text that is too long for bcrypt.
///
/// Whitespace around the text is ignored.
pub(crate) fn looks_like_digest(text: &str) -> bool {
    let text = text.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:".contains(&b));
    let is_crypt = || text.strip_prefix('$').and_then(|rest| rest.split_once('$')).is_some_and(|(id, _)| is_name(id));
    let has_scheme = || text.strip_prefix('{').and_then(|rest| rest.split_once('}')).is_some_and(|(id, _)| is_name(id));
    let has_parts = || text.matches('$').count() >= 2 && text.split('$').next().is_some_and(is_name);
    // The lengths of MD5, SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512.
    let is_hash =
        |part: &str| matches!(part.len(), 32 | 40 | 56 | 64 | 96 | 128) && part.bytes().all(|b| b.is_ascii_hexdigit());
    text.len() > MAX_BCRYPT_BYTES
        || is_crypt()
        || has_scheme()
        || has_parts()
        || text.split(['$', ':', '*']).any(is_hash)
        || text.starts_with("awscognito#")
}

/// Hashes a password with bcrypt at the given cost. Verify the result with the hasher `bcrypt`.
pub(crate) fn hash_bcrypt(password: &str, cost: u32) -> Result<String, DigestError> {
    bcrypt_family::hash(password.as_bytes(), cost)
}

/// A parsed digest whose cost is within the limits.
enum ImportedDigest<'a> {
    /// A digest that cannot be verified locally.
    Unverifiable,
    /// A digest of a hasher that is based on bcrypt.
    Bcrypt(BcryptDigest<'a>),
    /// A digest of any other hasher.
    Foreign(ForeignDigest<'a>),
}

impl<'a> ImportedDigest<'a> {
    /// Parses a digest of `hasher`.
    fn parse(hasher: &str, digest: &'a str) -> Result<Self, DigestError> {
        let parsed = if digest.len() > MAX_DIGEST_BYTES { None } else { Self::parse_known(hasher, digest)? };
        parsed.ok_or(DigestError::InvalidFormat)
    }

    /// Parses a digest without checking its length. Returns `None` if it is malformed.
    fn parse_known(hasher: &str, digest: &'a str) -> Result<Option<Self>, DigestError> {
        Ok(match hasher {
            "awscognito" => is_cognito_reference(digest).then_some(Self::Unverifiable),
            // The format of this hasher is not documented.
            "hmac_sha256_utf16_b64" => (!digest.is_empty()).then_some(Self::Unverifiable),
            "bcrypt" => BcryptDigest::parse(digest).map(Self::Bcrypt),
            "bcrypt_peppered" => BcryptDigest::parse_peppered(digest).map(Self::Bcrypt),
            "bcrypt_sha256_django" => BcryptDigest::parse_django(digest).map(Self::Bcrypt),
            _ => ForeignDigest::parse(hasher, digest)?.map(Self::Foreign),
        })
    }
}

/// Returns `true` if `digest` has the format `awscognito#<userpoolid>#<clientid>#<identifier>`.
fn is_cognito_reference(digest: &str) -> bool {
    let mut parts = digest.splitn(4, '#');
    parts.next() == Some("awscognito") && parts.filter(|part| !part.is_empty()).count() == 3
}

#[cfg(all(test, feature = "password-hashes"))]
mod tests;
