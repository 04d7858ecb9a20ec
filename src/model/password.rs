//! New passwords, password digests, and the result of a password verification.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::model::lenient::open_enum;
use crate::model::secret::{Password, same, sealed};

open_enum! {
    /// The algorithm that computed a [`PasswordDigest`].
    ///
    /// Clerk's [documentation](https://clerk.com/docs/references/backend/user/create-user) describes most of the digest
    /// formats. Unless noted otherwise, the algorithms are listed in Clerk's OpenAPI document.
    ///
    /// ```
    /// use user_directory::model::PasswordHasher;
    ///
    /// assert_eq!(PasswordHasher::from("argon2id"), PasswordHasher::Argon2id);
    /// assert_eq!(PasswordHasher::ScryptFirebase.as_str(), "scrypt_firebase");
    /// ```
    PasswordHasher {
        /// Argon2i.
        Argon2i = "argon2i",
        /// Argon2id.
        Argon2id = "argon2id",
        /// AWS Cognito. Not listed in the OpenAPI document.
        AwsCognito = "awscognito",
        /// bcrypt.
        Bcrypt = "bcrypt",
        /// bcrypt with a pepper. Not listed in the OpenAPI document.
        BcryptPeppered = "bcrypt_peppered",
        /// bcrypt of a SHA-256 digest, in Django's format.
        BcryptSha256Django = "bcrypt_sha256_django",
        /// HMAC-SHA-256 of the UTF-16-encoded password, in Base64. Not listed in the OpenAPI document.
        HmacSha256Utf16B64 = "hmac_sha256_utf16_b64",
        /// Salted SHA-1 (SSHA), as in LDAP.
        LdapSsha = "ldap_ssha",
        /// MD5.
        Md5 = "md5",
        /// phpass of an MD5 digest.
        Md5Phpass = "md5_phpass",
        /// MD5 with a salt. Not listed in the OpenAPI document.
        Md5Salted = "md5_salted",
        /// PBKDF2 with HMAC-SHA-1.
        Pbkdf2Sha1 = "pbkdf2_sha1",
        /// PBKDF2 with HMAC-SHA-256.
        Pbkdf2Sha256 = "pbkdf2_sha256",
        /// PBKDF2 with HMAC-SHA-256, in Django's format.
        Pbkdf2Sha256Django = "pbkdf2_sha256_django",
        /// PBKDF2 with HMAC-SHA-512.
        Pbkdf2Sha512 = "pbkdf2_sha512",
        /// PBKDF2 with HMAC-SHA-512, with the salt and the digest in hexadecimal.
        Pbkdf2Sha512Hex = "pbkdf2_sha512_hex",
        /// phpass.
        Phpass = "phpass",
        /// Firebase scrypt.
        ScryptFirebase = "scrypt_firebase",
        /// scrypt in Werkzeug's format.
        ScryptWerkzeug = "scrypt_werkzeug",
        /// SHA-256.
        Sha256 = "sha256",
        /// SHA-256 with a salt. Not listed in the OpenAPI document.
        Sha256Salted = "sha256_salted",
        /// SHA-512, as in Symfony's `MessageDigestPasswordEncoder`.
        Sha512Symfony = "sha512_symfony",
    }
}

/// A password digest and the algorithm that computed it.
///
/// This type is for migrating users from another system. The digest is redacted in `Debug` output and zeroized on drop.
/// Digests of equal length are compared in constant time.
///
/// ```
/// use user_directory::model::{PasswordDigest, PasswordHasher};
///
/// let digest = PasswordDigest::new(PasswordHasher::Bcrypt, "$2a$10$…");
/// assert_eq!(format!("{digest:?}"), "PasswordDigest { hasher: Bcrypt, digest: [REDACTED] }");
/// ```
#[derive(Clone)]
pub struct PasswordDigest {
    hasher: PasswordHasher,
    digest: SecretString,
}

impl PasswordDigest {
    /// Creates a password digest. `digest` must be in the format that Clerk expects for `hasher`.
    #[must_use]
    pub fn new(hasher: PasswordHasher, digest: impl Into<String>) -> Self {
        Self { hasher, digest: sealed(digest.into()) }
    }

    /// Returns the algorithm.
    #[must_use]
    pub fn hasher(&self) -> &PasswordHasher {
        &self.hasher
    }

    /// Returns the digest.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.digest.expose_secret()
    }
}

impl fmt::Debug for PasswordDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordDigest {{ hasher: {:?}, digest: [REDACTED] }}", self.hasher)
    }
}

impl PartialEq for PasswordDigest {
    fn eq(&self, other: &Self) -> bool {
        same(&self.digest, &other.digest) && self.hasher == other.hasher
    }
}

impl Eq for PasswordDigest {}

/// A new password, in plain text or as a digest.
///
/// ```
/// use user_directory::model::{PasswordDigest, PasswordHasher};
/// use user_directory::{NewUser, Password};
///
/// let plain = NewUser::new().password(Password::new("correct horse battery staple"));
/// let migrated = NewUser::new().password(PasswordDigest::new(PasswordHasher::Bcrypt, "$2a$10$…"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewPassword {
    /// A plaintext password.
    Plain(Password),
    /// A password digest.
    Digest(PasswordDigest),
}

impl From<Password> for NewPassword {
    fn from(password: Password) -> Self {
        Self::Plain(password)
    }
}

impl From<PasswordDigest> for NewPassword {
    fn from(digest: PasswordDigest) -> Self {
        Self::Digest(digest)
    }
}

/// The result of [`verify_password`](crate::UserDirectory::verify_password).
///
/// ```
/// use user_directory::model::PasswordVerification;
///
/// assert!(PasswordVerification::Correct.is_correct());
/// assert!(!PasswordVerification::Incorrect.is_correct());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "an incorrect password is not an error"]
pub enum PasswordVerification {
    /// The password is correct.
    Correct,
    /// The password is incorrect.
    Incorrect,
}

impl PasswordVerification {
    /// Returns `true` if the password is correct.
    #[must_use]
    pub fn is_correct(self) -> bool {
        self == Self::Correct
    }
}
