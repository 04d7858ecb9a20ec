//! TOTP and backup codes.

use super::rejection::{self, param_detail};
use super::{Context, password_hash, totp, validation};
use crate::account::Account;
use crate::error::{ErrorDetail, Result, codes};
use crate::model::{BackupCode, TotpCode, TotpVerification};

/// The maximum number of bcrypt rounds for verifying a code against all backup codes.
///
/// The limit allows for 32 digests with a cost of 12, which take about 6 seconds.
const MAX_BCRYPT_ROUNDS: u64 = 1 << 17;

/// Verifies a code from an authenticator app. Returns `None` if the code does not match but may be a backup code.
pub(crate) fn verify_totp(
    account: &Account,
    code: &TotpCode,
    context: Context<'_>,
) -> Result<Option<TotpVerification>> {
    if !account.user.totp_enabled && !account.user.backup_code_enabled {
        let long = "This user does not have TOTP enabled in their account";
        return Err(rejection::invalid(codes::TOTP_DISABLED, "TOTP is disabled", long));
    }
    let valid = account.totp_secret.as_ref().is_some_and(|secret| totp::is_valid(secret, code, context.now));
    if valid {
        return Ok(Some(TotpVerification::Totp));
    }
    Ok(account.backup_codes.is_empty().then_some(TotpVerification::Incorrect))
}

/// Returns the backup code that matches `code`. This is slow, because backup codes can be stored as digests.
pub(crate) fn matching_backup_code<'a>(backup_codes: &'a [BackupCode], code: &TotpCode) -> Option<&'a BackupCode> {
    backup_codes.iter().find(|backup_code| matches_backup_code(backup_code, code))
}

/// Removes a used backup code. Returns `Incorrect` if the account no longer has the code.
pub(crate) fn use_backup_code(account: &mut Account, used: &BackupCode, context: Context<'_>) -> TotpVerification {
    let Some(index) = account.backup_codes.iter().position(|backup_code| backup_code == used) else {
        return TotpVerification::Incorrect;
    };
    account.backup_codes.remove(index);
    account.user.backup_code_enabled = !account.backup_codes.is_empty();
    account.user.updated_at = Some(context.now);
    refresh_second_factors(account, context);
    TotpVerification::BackupCode
}

pub(crate) fn disable_mfa(account: &mut Account, context: Context<'_>) {
    disable_second_factors(account, context);
    account.user.updated_at = Some(context.now);
}

pub(crate) fn delete_totp(account: &mut Account, context: Context<'_>) {
    account.totp_secret = None;
    account.user.totp_enabled = false;
    refresh_second_factors(account, context);
    account.user.updated_at = Some(context.now);
}

pub(crate) fn delete_backup_codes(account: &mut Account, context: Context<'_>) {
    account.backup_codes.clear();
    account.user.backup_code_enabled = false;
    refresh_second_factors(account, context);
    account.user.updated_at = Some(context.now);
}

/// Removes all second factors.
pub(super) fn disable_second_factors(account: &mut Account, context: Context<'_>) {
    account.totp_secret = None;
    account.backup_codes.clear();
    account.user.totp_enabled = false;
    account.user.backup_code_enabled = false;
    for phone in &mut account.user.phone_numbers {
        phone.reserved_for_second_factor = false;
        phone.default_second_factor = false;
    }
    refresh_second_factors(account, context);
}

/// Updates the user's second-factor fields after a change.
pub(super) fn refresh_second_factors(account: &mut Account, context: Context<'_>) {
    // The field is never reset here, because a loaded user may have second factors whose secrets are unknown.
    account.user.totp_enabled |= account.totp_secret.is_some();
    account.user.backup_code_enabled |= !account.backup_codes.is_empty();
    let enabled = account.user.mfa_state().is_enabled();
    match (account.user.two_factor_enabled, enabled) {
        (false, true) => account.user.mfa_enabled_at = Some(context.now),
        (true, false) => account.user.mfa_disabled_at = Some(context.now),
        _ => {}
    }
    account.user.two_factor_enabled = enabled;
}

/// Compares a code with a stored backup code, which is plain text or a bcrypt digest.
///
/// A stored digest in an unsupported format matches no code, not even the digest itself.
fn matches_backup_code(stored: &BackupCode, code: &TotpCode) -> bool {
    let (stored, code) = (stored.expose_secret(), code.expose_secret());
    match password_hash::verify("bcrypt", stored, code) {
        Ok(same) => same,
        Err(_) => !password_hash::looks_like_digest(stored) && BackupCode::new(stored) == BackupCode::new(code),
    }
}

/// Checks that each backup code is plain text or a bcrypt digest, and that there are not too many.
pub(super) fn check_backup_codes(backup_codes: &[BackupCode]) -> Result<(), ErrorDetail> {
    validation::list("backup_codes", backup_codes.len())?;
    if backup_codes.iter().any(|code| code.expose_secret().trim().is_empty()) {
        let long = "backup_codes is invalid. Must be not empty. It contains an empty code.";
        return Err(param_detail(codes::FORM_PARAM_VALUE_INVALID, "backup_codes", "is invalid", long));
    }
    let is_valid = |code: &BackupCode| {
        let code = code.expose_secret();
        !password_hash::looks_like_digest(code) || password_hash::check_format("bcrypt", code).is_ok()
    };
    let invalid = |long| Err(param_detail(codes::FORM_PARAM_FORMAT_INVALID, "backup_codes", "is invalid", long));
    if !backup_codes.iter().all(is_valid) {
        return invalid("backup_codes must contain codes in plain text, or bcrypt digests with a cost of at most 15.");
    }
    let rounds = backup_codes.iter().filter_map(|code| password_hash::bcrypt_rounds(code.expose_secret())).sum::<u64>();
    if rounds > MAX_BCRYPT_ROUNDS {
        return invalid(
            "The bcrypt digests in backup_codes are too costly. The limit is 32 digests with a cost of 12.",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
