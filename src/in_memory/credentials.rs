//! Passwords and second factors.

use jiff::Timestamp;

use super::password_hash::{self, DigestError};
use super::record::Record;
use super::rejection::{self, param};
use super::{Inner, blocking, totp};
use crate::error::{Error, ErrorDetail, ErrorKind, Result, codes};
use crate::model::{
    BackupCode, NewPassword, Password, PasswordDigest, PasswordHasher, PasswordVerification, TotpCode,
    TotpVerification, User, UserId,
};

impl Inner {
    /// Returns the digest to store. Hashing is slow by design and runs on the blocking thread pool.
    pub(super) async fn digest_of(&self, password: Option<&NewPassword>) -> Result<Option<PasswordDigest>> {
        let password = match password {
            None => return Ok(None),
            Some(NewPassword::Digest(digest)) => return Ok(Some(digest.clone())),
            Some(NewPassword::Plain(password)) => password.clone(),
        };
        let cost = self.settings.bcrypt_cost;
        let digest = blocking(move || password_hash::hash_bcrypt(password.expose_secret(), cost)).await;
        let digest = digest.map_err(|error| Error::new(ErrorKind::Configuration).with_source(error))?;
        Ok(Some(PasswordDigest::new(PasswordHasher::Bcrypt, digest)))
    }

    pub(super) async fn verify_password(&self, id: &UserId, password: &Password) -> Result<PasswordVerification> {
        let record = self.record(id)?;
        if !record.user.password_enabled {
            return Err(no_password());
        }
        // The password of a loaded user is unknown, so no password matches.
        let Some(digest) = record.password.clone() else { return Ok(PasswordVerification::Incorrect) };
        let password = password.clone();
        let correct = blocking(move || {
            password_hash::verify(digest.hasher().as_str(), digest.expose_secret(), password.expose_secret())
        });
        match correct.await {
            Ok(true) => Ok(PasswordVerification::Correct),
            Ok(false) => Ok(PasswordVerification::Incorrect),
            #[cfg(not(feature = "password-hashes"))]
            Err(error @ DigestError::FeatureDisabled) => {
                Err(Error::new(ErrorKind::Unsupported).with_message(error.to_string()))
            }
            // Only another service can verify the digest.
            Err(error) => Err(Error::new(ErrorKind::Configuration).with_message(error.to_string())),
        }
    }

    pub(super) fn remove_password(&self, id: &UserId) -> Result<User> {
        self.try_edit(id, |record, now| {
            if record.user.password_enabled {
                record.password = None;
                record.user.password_enabled = false;
                record.user.password_last_updated_at = None;
                record.user.requires_password_reset = record.user.requires_password_reset.map(|_| false);
                record.user.updated_at = Some(now);
            }
            Ok(record.view(now, &self.settings))
        })
    }

    pub(super) fn set_password_compromised(&self, id: &UserId, compromised: bool) -> Result<User> {
        if !self.settings.passwords {
            return Err(rejection::forbidden(codes::PASSWORD_DISABLED, "passwords are disabled"));
        }
        self.try_edit(id, |record, now| {
            if !record.user.password_enabled {
                return Err(no_password());
            }
            record.user.requires_password_reset = Some(compromised);
            record.user.updated_at = Some(now);
            Ok(record.view(now, &self.settings))
        })
    }

    pub(super) async fn verify_totp(&self, id: &UserId, code: &TotpCode) -> Result<TotpVerification> {
        let record = self.record(id)?;
        if !record.user.totp_enabled && !record.user.backup_code_enabled {
            let message = "the user has no authenticator app";
            return Err(rejection::invalid(codes::TOTP_DISABLED, message));
        }
        if record.totp_secret.as_ref().is_some_and(|secret| totp::is_valid(secret, code, self.now())) {
            return Ok(TotpVerification::Totp);
        }
        // Verified outside of the lock, because a code may be stored as a digest, which is slow to verify.
        let typed = code.clone();
        let found =
            blocking(move || record.backup_codes.iter().find(|kept| matches_backup_code(kept, &typed)).cloned()).await;
        let Some(found) = found else { return Ok(TotpVerification::Incorrect) };
        self.try_edit(id, |record, now| {
            // A concurrent call may have used the code in the meantime.
            let Some(index) = record.backup_codes.iter().position(|kept| *kept == found) else {
                return Ok(TotpVerification::Incorrect);
            };
            record.backup_codes.remove(index);
            record.user.backup_code_enabled = !record.backup_codes.is_empty();
            record.user.updated_at = Some(now);
            refresh_second_factors(record, now);
            Ok(TotpVerification::BackupCode)
        })
    }

    pub(super) fn disable_mfa(&self, id: &UserId) -> Result<UserId> {
        self.change_second_factors(id, disable_second_factors)
    }

    pub(super) fn delete_totp(&self, id: &UserId) -> Result<UserId> {
        self.change_second_factors(id, |record, now| {
            record.totp_secret = None;
            record.user.totp_enabled = false;
            refresh_second_factors(record, now);
        })
    }

    pub(super) fn delete_backup_codes(&self, id: &UserId) -> Result<UserId> {
        self.change_second_factors(id, |record, now| {
            record.backup_codes.clear();
            record.user.backup_code_enabled = false;
            refresh_second_factors(record, now);
        })
    }

    /// Like `edit`, but returns only the id and does not build a `User`.
    fn change_second_factors(&self, id: &UserId, change: impl FnOnce(&mut Record, Timestamp)) -> Result<UserId> {
        self.try_edit(id, |record, now| {
            change(record, now);
            record.user.updated_at = Some(now);
            Ok(record.user.id.clone())
        })
    }
}

fn no_password() -> Error {
    rejection::invalid(codes::NO_PASSWORD_SET, "the user has no password")
}

/// Sets the password if `password` is `Some`.
pub(super) fn set_password(record: &mut Record, password: Option<PasswordDigest>, now: Timestamp) {
    if let Some(password) = password {
        record.password = Some(password);
        record.user.password_enabled = true;
        record.user.password_last_updated_at = Some(now);
        record.user.requires_password_reset = record.user.requires_password_reset.map(|_| false);
    }
}

/// Removes all second factors.
pub(super) fn disable_second_factors(record: &mut Record, now: Timestamp) {
    record.totp_secret = None;
    record.backup_codes.clear();
    record.user.totp_enabled = false;
    record.user.backup_code_enabled = false;
    for phone in &mut record.user.phone_numbers {
        phone.reserved_for_second_factor = false;
        phone.default_second_factor = false;
    }
    refresh_second_factors(record, now);
}

/// Updates the second-factor fields of the user after a change.
pub(super) fn refresh_second_factors(record: &mut Record, now: Timestamp) {
    // Only ever set to `true` here: a loaded user may have second factors whose secrets are unknown.
    record.user.totp_enabled |= record.totp_secret.is_some();
    record.user.backup_code_enabled |= !record.backup_codes.is_empty();
    let enabled = record.user.mfa_state().is_enabled();
    match (record.user.two_factor_enabled, enabled) {
        (false, true) => record.user.mfa_enabled_at = Some(now),
        (true, false) => record.user.mfa_disabled_at = Some(now),
        _ => {}
    }
    record.user.two_factor_enabled = enabled;
}

pub(super) fn check_digest(digest: &PasswordDigest) -> Result<(), ErrorDetail> {
    match password_hash::check_format(digest.hasher().as_str(), digest.expose_secret()) {
        Ok(()) => Ok(()),
        Err(DigestError::UnknownHasher) => {
            Err(param(codes::FORM_PARAM_VALUE_INVALID, "password_hasher", "is not a known hasher"))
        }
        Err(_) => {
            let message = "is not a valid digest for the hasher";
            Err(param(codes::FORM_PASSWORD_DIGEST_INVALID, "password_digest", message))
        }
    }
}

/// Compares a code with a stored backup code, which is either plain text or a bcrypt digest.
fn matches_backup_code(kept: &BackupCode, code: &TotpCode) -> bool {
    let (kept, code) = (kept.expose_secret(), code.expose_secret());
    match password_hash::verify("bcrypt", kept, code) {
        Ok(same) => same,
        Err(_) => BackupCode::new(kept) == BackupCode::new(code),
    }
}
