//! Passwords that are given to a user: in plain text or as a digest.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::model::lenient::open_enum;
use crate::model::secret::{Password, same, sealed};

open_enum! {
    /// The algorithm that made a [`PasswordDigest`].
    ///
    /// The 17 of the API description, and four of the official SDKs' documentation.
    ///
    /// ```
    /// use user_directory::PasswordHasher;
    ///
    /// assert_eq!(PasswordHasher::from("argon2id"), PasswordHasher::Argon2id);
    /// assert_eq!(PasswordHasher::ScryptFirebase.as_str(), "scrypt_firebase");
    /// ```
    PasswordHasher {
        /// Argon2i.
        Argon2i = "argon2i",
        /// Argon2id.
        Argon2id = "argon2id",
        /// Moved from AWS Cognito. From the SDKs' documentation.
        AwsCognito = "awscognito",
        /// bcrypt.
        Bcrypt = "bcrypt",
        /// bcrypt with a pepper. From the SDKs' documentation.
        BcryptPeppered = "bcrypt_peppered",
        /// bcrypt of SHA-256, as Django makes it.
        BcryptSha256Django = "bcrypt_sha256_django",
        /// Salted SHA-1 of LDAP.
        LdapSsha = "ldap_ssha",
        /// MD5.
        Md5 = "md5",
        /// phpass of MD5.
        Md5Phpass = "md5_phpass",
        /// MD5 with a salt. From the SDKs' documentation.
        Md5Salted = "md5_salted",
        /// PBKDF2 with HMAC-SHA-1.
        Pbkdf2Sha1 = "pbkdf2_sha1",
        /// PBKDF2 with HMAC-SHA-256.
        Pbkdf2Sha256 = "pbkdf2_sha256",
        /// PBKDF2 with HMAC-SHA-256, as Django makes it.
        Pbkdf2Sha256Django = "pbkdf2_sha256_django",
        /// PBKDF2 with HMAC-SHA-512.
        Pbkdf2Sha512 = "pbkdf2_sha512",
        /// PBKDF2 with HMAC-SHA-512, salt and hash in hexadecimal.
        Pbkdf2Sha512Hex = "pbkdf2_sha512_hex",
        /// phpass.
        Phpass = "phpass",
        /// scrypt, as Firebase makes it.
        ScryptFirebase = "scrypt_firebase",
        /// scrypt, as Werkzeug makes it.
        ScryptWerkzeug = "scrypt_werkzeug",
        /// SHA-256.
        Sha256 = "sha256",
        /// SHA-256 with a salt. From the SDKs' documentation.
        Sha256Salted = "sha256_salted",
        /// SHA-512, as Symfony's older hasher makes it.
        Sha512Symfony = "sha512_symfony",
    }
}

/// The digest of a password and the algorithm that made it, for users who are moved from elsewhere.
///
/// The digest is a secret: it is not printed, and wiped on drop.
///
/// ```
/// use user_directory::{PasswordDigest, PasswordHasher};
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
    /// A digest in the format that Clerk's documentation gives for the hasher.
    #[must_use]
    pub fn new(hasher: PasswordHasher, digest: impl Into<String>) -> Self {
        Self { hasher, digest: sealed(digest.into()) }
    }

    /// The algorithm.
    #[must_use]
    pub fn hasher(&self) -> &PasswordHasher {
        &self.hasher
    }

    /// The digest itself, for the one place that needs it.
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

/// The password that a user gets: in plain text or as a digest, never both.
///
/// ```
/// use user_directory::{NewUser, Password, PasswordDigest, PasswordHasher};
///
/// let typed = NewUser::new().password(Password::new("correct horse battery staple"));
/// let moved = NewUser::new().password(PasswordDigest::new(PasswordHasher::Bcrypt, "$2a$10$…"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewPassword {
    /// In plain text.
    Plain(Password),
    /// As a digest.
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

/// What an operation on a password does with the sessions of the user.
///
/// ```
/// # use user_directory::*;
/// # tokio_test::block_on(async {
/// # let directory = InMemoryUserDirectory::new();
/// # let ada = NewUser::new().username("ada.lovelace").password(Password::new("correct horse battery staple"));
/// # let id = directory.create(&ada).await?.id;
/// let user = directory.remove_password(&id, Sessions::Revoke).await?;
/// assert!(!user.password_enabled);
/// # Ok::<_, Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Sessions {
    /// They go on.
    #[default]
    Keep,
    /// The user is signed out everywhere.
    Revoke,
}
