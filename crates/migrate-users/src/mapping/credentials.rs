//! [`Credentials`]: the password of a row, in plain text or as a digest.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use user_directory::Password;
use user_directory::model::{NewPassword, PasswordDigest, PasswordHasher};

use super::digests::{Recognized, is_truncated, looks_like_digest, recognize, standard_base64};
use super::value::is_converted_number;
use crate::rejects::Rejection;

/// The password of a row.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// The plaintext password, or a digest if `hasher` is set.
    pub password: Option<SecretString>,
    pub digest: Option<SecretString>,
    pub hasher: Option<PasswordHasher>,
    pub salt: Option<SecretString>,
}

/// The rules for importing the passwords of a file.
#[derive(Debug, Clone, Default)]
pub struct PasswordRules {
    /// Whether plaintext passwords are accepted.
    pub plaintext: bool,
    /// The pepper that Devise appends to passwords.
    pub pepper: Option<SecretString>,
    pub firebase: Option<FirebaseParameters>,
}

/// The project-wide parameters of Firebase's password hashes.
#[derive(Debug, Clone)]
pub struct FirebaseParameters {
    pub signer_key: SecretString,
    pub salt_separator: String,
    pub rounds: u32,
    pub mem_cost: u32,
}

impl FirebaseParameters {
    /// Returns whether the key and the separator are Base64, in the standard or the URL-safe alphabet. The key must not
    /// be empty.
    pub fn are_base64(&self) -> bool {
        let decode = |text: &str| STANDARD.decode(standard_base64(text)).ok();
        decode(self.signer_key.expose_secret()).is_some_and(|key| !key.is_empty())
            && decode(&self.salt_separator).is_some()
    }
}

/// The password of a new user.
#[derive(Debug)]
pub enum Credential {
    None,
    Password(NewPassword),
    /// The row has a digest of a hasher that Clerk does not support.
    Unsupported,
}

impl Credentials {
    /// Returns `true` if the plaintext password has leading or trailing whitespace. The import preserves it.
    pub fn has_padded_password(&self) -> bool {
        let is_padded = |password: &SecretString| {
            let text = password.expose_secret();
            text.trim().len() != text.len()
        };
        self.hasher.is_none() && self.password.as_ref().is_some_and(is_padded)
    }

    pub fn finish(self, rules: &PasswordRules) -> Result<Credential, Rejection> {
        let invalid = |reason: &str, param| Err(Rejection::new("invalid_value", reason).param(param));
        match self {
            Self { password: Some(_), digest: Some(_), .. } => {
                let reason = "password and password_digest are mutually exclusive; use --ignore for one of the columns \
                              or keys";
                invalid(reason, "password_digest")
            }
            // A password next to a hasher is a digest, as in the format of Clerk's migration tool.
            Self { password: Some(digest), hasher: Some(hasher), salt, .. } => {
                of_hasher(digest.expose_secret().trim(), hasher, salt.as_ref(), rules)
            }
            Self { digest: Some(digest), hasher: Some(hasher), salt, .. } => {
                of_hasher(digest.expose_secret(), hasher, salt.as_ref(), rules)
            }
            Self { digest: Some(digest), hasher: None, .. } => match recognize(digest.expose_secret()) {
                Recognized::Digest(digest) => Ok(Credential::Password(peppered(digest, rules).into())),
                Recognized::Unsupported => Ok(Credential::Unsupported),
                Recognized::Unusable => Ok(Credential::None),
                Recognized::Unknown if is_truncated(digest.expose_secret()) => invalid(
                    "password_digest is a bcrypt or phpass digest of the wrong length; it may be truncated",
                    "password_digest",
                ),
                Recognized::Unknown => invalid(
                    "password_digest has no prefix that names its hasher; add a column password_hasher, or use \
                     --set password_hasher=HASHER for all rows",
                    "password_hasher",
                ),
            },
            Self { password: Some(password), .. } => plaintext(&password, rules),
            Self { hasher: _, .. } => Ok(Credential::None),
        }
    }
}

/// The words that programs write in brackets or between other signs instead of passwords.
const PLACEHOLDERS: [&str; 9] =
    ["redacted", "hidden", "masked", "removed", "filtered", "omitted", "encrypted", "protected", "confidential"];

/// `REDACTED` in Base64.
const REDACTED: &str = "UkVEQUNURUQ";

/// Returns whether text is `REDACTED` in Base64, which Firebase writes instead of hashes if the exporting account lacks
/// the permission to read them.
pub fn is_redacted(text: &str) -> bool {
    text.trim_end_matches('=') == REDACTED
}

/// Returns whether text is a number with an exponent, or a decimal number that was a whole number with at least six
/// digits. Shorter ones, such as `2024.0`, can be passwords.
fn is_converted_password(text: &str) -> bool {
    let digits = text.split(['.', ',']).next().unwrap_or_default().len();
    is_converted_number(text) && (digits >= 6 || text.contains(['e', 'E']))
}

/// Returns whether text replaces a password, so that anyone could sign in with it.
fn is_placeholder(text: &str) -> bool {
    let is_mask = |character: char| !character.is_alphanumeric() || matches!(character, 'x' | 'X');
    let mut characters = text.chars();
    let is_repeated = characters.next().is_some_and(|first| is_mask(first) && characters.all(|other| other == first));
    let is_sign = |character: char| !character.is_alphanumeric();
    let word = text.trim_matches(is_sign);
    let is_word = || PLACEHOLDERS.iter().any(|other| word.eq_ignore_ascii_case(other));
    is_repeated
        || is_converted_password(text)
        || text.starts_with(is_sign) && text.ends_with(is_sign) && is_word()
        || text == "REDACTED"
        || is_redacted(text)
}

fn plaintext(password: &SecretString, rules: &PasswordRules) -> Result<Credential, Rejection> {
    let text = password.expose_secret();
    if looks_like_digest(text.trim()) {
        let reason = "password looks like a digest, which is never imported as a plaintext password; use --map \
                      password=password_digest, and --set password_hasher=HASHER if the digests have no prefix";
        return Err(Rejection::new("digest_as_password", reason).param("password"));
    }
    if !rules.plaintext {
        let reason = "the row has a plaintext password; use --plaintext-passwords to import it, or --ignore password";
        return Err(Rejection::new("plaintext_password", reason).param("password"));
    }
    if is_placeholder(text.trim()) {
        let reason = "password is a placeholder such as ******** or [REDACTED], or a number that a program has \
                      converted; export the passwords as text, or use --ignore password";
        return Err(Rejection::new("password_placeholder", reason).param("password"));
    }
    Ok(Credential::Password(Password::new(text).into()))
}

/// Converts a digest whose hasher is known.
fn of_hasher(
    digest: &str,
    hasher: PasswordHasher,
    salt: Option<&SecretString>,
    rules: &PasswordRules,
) -> Result<Credential, Rejection> {
    if recognize(digest) == Recognized::Unusable {
        return Ok(Credential::None);
    }
    let digest = match (&hasher, salt) {
        (PasswordHasher::ScryptFirebase, salt) => firebase(digest, salt, rules)?,
        (PasswordHasher::Md5Salted | PasswordHasher::Sha256Salted, Some(salt)) if !digest.contains('$') => {
            format!("{}${digest}", salt.expose_secret())
        }
        (_, Some(_)) => {
            let reason = format!("{} has no separate salt; use --ignore for the salt", hasher.as_str());
            return Err(Rejection::new("invalid_value", reason).param("password_salt"));
        }
        // Recognizing the digest converts it, for example by removing Django's prefix.
        (_, None) => match recognize(digest) {
            Recognized::Digest(recognized) if *recognized.hasher() == hasher => recognized.expose_secret().to_owned(),
            _ => digest.to_owned(),
        },
    };
    Ok(Credential::Password(peppered(PasswordDigest::new(hasher, digest), rules).into()))
}

/// Appends the pepper, if one is set, to a bcrypt digest without one.
fn peppered(digest: PasswordDigest, rules: &PasswordRules) -> PasswordDigest {
    // A digest whose hasher is given as `bcrypt_peppered` may already contain the pepper.
    let is_without_pepper = || matches!(recognize(digest.expose_secret()), Recognized::Digest(_));
    let needs_pepper = match digest.hasher() {
        PasswordHasher::Bcrypt => true,
        PasswordHasher::BcryptPeppered => is_without_pepper(),
        _ => false,
    };
    match &rules.pepper {
        Some(pepper) if needs_pepper => {
            let with_pepper = format!("{}${}", digest.expose_secret(), pepper.expose_secret());
            PasswordDigest::new(PasswordHasher::BcryptPeppered, with_pepper)
        }
        _ => digest,
    }
}

/// Converts a Firebase digest to Clerk's format, `hash$salt$signer key$salt separator$rounds$memory cost`, with
/// standard Base64.
fn firebase(digest: &str, salt: Option<&SecretString>, rules: &PasswordRules) -> Result<String, Rejection> {
    let parts: Vec<_> = digest.split('$').collect();
    if let [hash, salt, signer_key, separator, rounds, mem_cost] = parts[..] {
        let parts = [hash, salt, signer_key, separator].map(standard_base64);
        return Ok(format!("{}${rounds}${mem_cost}", parts.join("$")));
    }
    let Some(FirebaseParameters { signer_key, salt_separator, rounds, mem_cost }) = &rules.firebase else {
        let reason = "Firebase digests need the hash parameters of the project: --firebase-signer-key, \
                      --firebase-salt-separator, --firebase-rounds and --firebase-mem-cost";
        return Err(Rejection::new("invalid_value", reason).param("password_digest"));
    };
    let Some(salt) = salt.map(ExposeSecret::expose_secret) else {
        let reason = "the row has no salt, which Firebase digests need; use --map NAME=password_salt";
        return Err(Rejection::new("invalid_value", reason).param("password_salt"));
    };
    let parts = [digest, salt, signer_key.expose_secret(), salt_separator].map(standard_base64);
    Ok(format!("{}${rounds}${mem_cost}", parts.join("$")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_not_imported_as_plaintext_passwords() {
        let rules = PasswordRules { plaintext: true, ..PasswordRules::default() };
        for (text, code) in [
            ("********", Some("password_placeholder")),
            ("\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}", Some("password_placeholder")),
            ("xxxxxxxx", Some("password_placeholder")),
            ("########", Some("password_placeholder")),
            ("[REDACTED]", Some("password_placeholder")),
            ("<hidden>", Some("password_placeholder")),
            ("***masked***", Some("password_placeholder")),
            ("REDACTED", Some("password_placeholder")),
            ("UkVEQUNURUQ=", Some("password_placeholder")),
            ("UkVEQUNURUQ", Some("password_placeholder")),
            ("1.23457E+11", Some("password_placeholder")),
            ("1,23457E+11", Some("password_placeholder")),
            ("12345678.0", Some("password_placeholder")),
            ("5F4DCC3B 5AA765D6 1D8327DE B882CF99", Some("digest_as_password")),
            ("_J9..K0AyUubRWpMtFbU", Some("digest_as_password")),
            ("11111111", None),
            ("aaaaaaaa", None),
            ("xxxxxxxy", None),
            ("[my password]", None),
            ("hidden treasure", None),
            ("protected!", None),
            ("12345678", None),
            ("1.5 liters", None),
            ("2024.0", None),
            ("_MyStrongPassword123", None),
        ] {
            let result = plaintext(&text.into(), &rules);
            assert_eq!(result.err().map(|rejection| rejection.code).as_deref(), code, "{text}");
        }
    }
}
