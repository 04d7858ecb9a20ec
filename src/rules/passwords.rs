//! Passwords.

use super::password_hash::{self, DigestError};
use super::rejection::{self, attribute_off, because_of, param_detail};
use super::settings::{Attribute, Requirement};
use super::{Context, update, validation};
use crate::account::Account;
use crate::error::{Error, ErrorDetail, ErrorKind, Result, codes};
use crate::model::{NewPassword, Password, PasswordDigest, PasswordHasher, PasswordVerification};

/// Computes the digest of a password. This is slow by design.
pub(crate) fn digest(password: &Password, bcrypt_cost: u32) -> Result<PasswordDigest> {
    let digest = password_hash::hash_bcrypt(password.expose_secret(), bcrypt_cost)
        .map_err(|error| Error::new(ErrorKind::Configuration).with_source(error))?;
    Ok(PasswordDigest::new(PasswordHasher::Bcrypt, digest))
}

/// Returns the digest of the user's password, or an error if the user has no password.
///
/// If the digest is unknown, returns `None`. In this case, no password is correct.
pub(crate) fn digest_to_verify(account: &Account) -> Result<Option<PasswordDigest>> {
    if account.user.password_enabled { Ok(account.password.clone()) } else { Err(no_password()) }
}

/// Returns the number of bytes of memory that [`verify`] uses.
pub(crate) fn memory(digest: &PasswordDigest) -> u64 {
    password_hash::memory(digest.hasher().as_str(), digest.expose_secret())
}

/// Verifies a password against a digest. This is slow by design.
pub(crate) fn verify(digest: &PasswordDigest, password: &Password) -> Result<PasswordVerification> {
    match password_hash::verify(digest.hasher().as_str(), digest.expose_secret(), password.expose_secret()) {
        Ok(true) => Ok(PasswordVerification::Correct),
        Ok(false) => Ok(PasswordVerification::Incorrect),
        #[cfg(not(feature = "password-hashes"))]
        Err(error @ DigestError::FeatureDisabled) => {
            Err(Error::new(ErrorKind::Unsupported).with_message(error.to_string()))
        }
        // The digest is malformed, or only another service can verify it.
        Err(error) => Err(Error::new(ErrorKind::Configuration).with_message(error.to_string())),
    }
}

/// Removes the password. Returns an error if the user's SCIM directory manages the password.
pub(crate) fn remove_password(account: &mut Account, context: Context<'_>) -> Result<()> {
    if account.user.password_enabled {
        update::check_directory(account, &[("password", Attribute::Password)], context)?;
        account.password = None;
        account.user.password_enabled = false;
        account.user.password_last_updated_at = None;
        account.user.requires_password_reset = account.user.requires_password_reset.map(|_| false);
        account.user.updated_at = Some(context.now);
    }
    Ok(())
}

/// Returns an error if passwords are disabled.
pub(crate) fn check_enabled(context: Context<'_>) -> Result<()> {
    if is_enabled(context) { Ok(()) } else { Err(rejection::passwords_disabled()) }
}

fn is_enabled(context: Context<'_>) -> bool {
    context.settings.requirement(Attribute::Password) != Requirement::Off
}

pub(crate) fn set_password_compromised(account: &mut Account, compromised: bool, context: Context<'_>) -> Result<()> {
    if !account.user.password_enabled {
        return Err(no_password());
    }
    account.user.requires_password_reset = Some(compromised);
    account.user.updated_at = Some(context.now);
    Ok(())
}

fn no_password() -> Error {
    let long = "This user does not have a password set for their account";
    rejection::invalid(codes::NO_PASSWORD_SET, "no password set", long)
}

/// Sets the password if `password` is `Some`.
pub(super) fn set_password(account: &mut Account, password: Option<PasswordDigest>, context: Context<'_>) {
    if let Some(password) = password {
        account.password = Some(password);
        account.user.password_enabled = true;
        account.user.password_last_updated_at = Some(context.now);
        account.user.requires_password_reset = account.user.requires_password_reset.map(|_| false);
    }
}

/// Validates the password of a new or updated user. Returns an error for each broken rule.
pub(super) fn check_password(
    password: Option<&NewPassword>,
    identifiers: &[&str],
    skip_checks: bool,
    context: Context<'_>,
) -> Vec<ErrorDetail> {
    match password {
        None => Vec::new(),
        Some(password) if !is_enabled(context) => {
            let param_name = match password {
                NewPassword::Plain(_) => "password",
                NewPassword::Digest(_) => "password_digest",
            };
            vec![attribute_off(param_name, Attribute::Password)]
        }
        Some(NewPassword::Plain(password)) => {
            validation::password(password.expose_secret(), identifiers, skip_checks, context.settings)
        }
        Some(NewPassword::Digest(digest)) => Vec::from_iter(check_digest(digest, context).err()),
    }
}

fn check_digest(digest: &PasswordDigest, context: Context<'_>) -> Result<(), ErrorDetail> {
    match password_hash::check_format(digest.hasher().as_str(), digest.expose_secret()) {
        Ok(()) => Ok(()),
        Err(DigestError::UnknownHasher) if context.settings.unknown_password_hashers => Ok(()),
        Err(DigestError::UnknownHasher) => {
            let long = "password_hasher does not match the allowed values for parameter password_hasher.";
            let allowed: Vec<_> = PasswordHasher::KNOWN.iter().map(PasswordHasher::as_str).collect();
            let allowed = allowed.join(", ");
            let long = format!("{long} Allowed values: {allowed}.{}", because_of("unknown_password_hashers", false));
            Err(param_detail(codes::FORM_PARAM_VALUE_INVALID, "password_hasher", "is invalid", long))
        }
        Err(_) => {
            let hasher = digest.hasher().as_str();
            let long = format!(
                "password_digest is not a valid digest of the hasher {hasher}, or exceeds a limit on its cost or length."
            );
            Err(param_detail(codes::FORM_PASSWORD_DIGEST_INVALID, "password_digest", "is invalid", long))
        }
    }
}

#[cfg(test)]
mod tests;
