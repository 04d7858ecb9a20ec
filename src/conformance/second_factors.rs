//! Tests for authenticator apps, backup codes and phone numbers as second factors.

use std::time::Duration;

use super::check::{Outcome, ensure, ensure_eq, expect_error, expect_invalid};
use super::context::Context;
use super::replace_identifiers::second_factor;
use crate::error::{ErrorKind, codes};
use crate::model::{NewUser, TotpCode, TotpSecret, TotpVerification, User, UserId, UserUpdate};
use crate::operation::Operation;
use crate::totp::totp_code;

behaviors! {
    Create: create_enables_totp_for_given_secret, create_enables_given_backup_codes,
        create_enables_no_second_factor_by_default, create_rejects_malformed_totp_secret;
    Update: update_enables_totp_for_given_secret, update_disables_totp_for_cleared_secret, update_replaces_backup_codes,
        update_keeps_second_factors_that_are_not_given, update_rejects_malformed_totp_secret;
    VerifyTotp: verify_totp_returns_totp_for_current_code, verify_totp_returns_incorrect_for_wrong_code,
        verify_totp_returns_incorrect_for_malformed_code, verify_totp_returns_incorrect_for_expired_code,
        verify_totp_fails_for_user_without_second_factor, verify_totp_consumes_backup_code,
        verify_totp_keeps_other_backup_codes, verify_totp_returns_incorrect_for_backup_code_of_other_user,
        verify_totp_consumes_backup_code_given_as_digest, verify_totp_keeps_totp_after_last_backup_code;
    DeleteTotp: delete_totp_disables_totp, delete_totp_keeps_backup_codes;
    DeleteBackupCodes: delete_backup_codes_invalidates_codes, delete_backup_codes_keeps_totp;
    DisableMfa: disable_mfa_disables_totp_and_backup_codes, disable_mfa_keeps_phone_number_without_second_factor,
        disable_mfa_sets_mfa_disabled_at;
}

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// Returns a user with a TOTP secret and two backup codes.
fn new_user(context: &Context<'_>) -> NewUser {
    context.new_user().totp_secret(SECRET).backup_codes(["first-code", "second-code"])
}

/// Fails unless `verify_totp` returns `expected`.
async fn expect(context: &Context<'_>, id: &UserId, code: &str, expected: TotpVerification) -> Outcome {
    let found = context.directory().verify_totp(id, &TotpCode::new(code)).await?;
    ensure_eq!(found, expected, "the result of `verify_totp`");
    Ok(())
}

/// Returns the current code that an authenticator app shows for this secret.
async fn current_code(context: &Context<'_>, secret: &str) -> Outcome<TotpCode> {
    Ok(totp_code(&TotpSecret::new(secret), context.fixture().now().await?)?)
}

/// Fails unless (`totp_enabled`, `backup_code_enabled`, `two_factor_enabled`) are as expected.
fn expect_factors(user: &User, expected: (bool, bool, bool)) -> Outcome {
    let found = (user.totp_enabled, user.backup_code_enabled, user.two_factor_enabled);
    ensure_eq!(found, expected, "(totp_enabled, backup_code_enabled, two_factor_enabled)");
    Ok(())
}

/// Checks that `create` enables TOTP and two-factor authentication if a TOTP secret is given.
pub async fn create_enables_totp_for_given_secret(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().totp_secret(SECRET)).await?;
    expect_factors(&user, (true, false, true))?;
    Ok(())
}

/// Checks that `create` enables backup codes if they are given.
pub async fn create_enables_given_backup_codes(context: &Context<'_>) -> Outcome {
    let user = context.create(new_user(context)).await?;
    expect_factors(&user, (true, true, true))?;
    Ok(())
}

/// Checks that `create` enables no second factor by default.
pub async fn create_enables_no_second_factor_by_default(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user()).await?;
    expect_factors(&user, (false, false, false))?;
    Ok(())
}

/// Checks that `create` rejects a TOTP secret that is not base32.
pub async fn create_rejects_malformed_totp_secret(context: &Context<'_>) -> Outcome {
    let new = context.new_user().totp_secret("not base32!");
    expect_invalid(context.try_create(&new).await, Operation::Create, codes::INVALID_TOTP_SECRET, None, &new)
}

/// Checks that `update` enables TOTP if a secret is set for a user who has none.
pub async fn update_enables_totp_for_given_secret(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let user = context.directory().update(&id, &UserUpdate::new().totp_secret(SECRET)).await?;
    expect_factors(&user, (true, false, true))?;
    let code = current_code(context, SECRET).await?;
    expect(context, &id, code.expose_secret(), TotpVerification::Totp).await
}

/// Checks that `update` disables TOTP if the secret is cleared.
pub async fn update_disables_totp_for_cleared_secret(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(context.new_user().totp_secret(SECRET)).await?.id;
    let user = context.directory().update(&id, &UserUpdate::new().clear_totp_secret()).await?;
    expect_factors(&user, (false, false, false))?;
    Ok(())
}

/// Checks that `update` replaces all backup codes.
pub async fn update_replaces_backup_codes(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(new_user(context)).await?.id;
    context.directory().update(&id, &UserUpdate::new().backup_codes(["third-code"])).await?;
    expect(context, &id, "first-code", TotpVerification::Incorrect).await?;
    expect(context, &id, "third-code", TotpVerification::BackupCode).await
}

/// Checks that `update` keeps all second factors if none is given.
pub async fn update_keeps_second_factors_that_are_not_given(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(new_user(context)).await?.id;
    let user = context.directory().update(&id, &UserUpdate::new().first_name("Ada")).await?;
    expect_factors(&user, (true, true, true))?;
    expect(context, &id, "first-code", TotpVerification::BackupCode).await
}

/// Checks that `update` rejects a TOTP secret that is not base32, and changes nothing.
pub async fn update_rejects_malformed_totp_secret(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let update = UserUpdate::new().first_name("Ada").totp_secret("not base32!");
    let result = context.directory().update(&user.id, &update).await;
    expect_invalid(result, Operation::Update, codes::INVALID_TOTP_SECRET, None, &update)?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected update");
    Ok(())
}

/// Checks that `verify_totp` returns `Totp` for the current code (SHA-1, 6 digits, 30 seconds).
pub async fn verify_totp_returns_totp_for_current_code(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(context.new_user().totp_secret(SECRET)).await?.id;
    let code = current_code(context, SECRET).await?;
    expect(context, &id, code.expose_secret(), TotpVerification::Totp).await
}

/// Checks that `verify_totp` returns `Incorrect` rather than an error for an incorrect code.
pub async fn verify_totp_returns_incorrect_for_wrong_code(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(context.new_user().totp_secret(SECRET)).await?.id;
    // Uses the code of another secret or, in the rare case that both codes are equal, a malformed code.
    let other = current_code(context, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").await?;
    let own = current_code(context, SECRET).await?;
    let incorrect = if other == own { "no code" } else { other.expose_secret() };
    expect(context, &id, incorrect, TotpVerification::Incorrect).await
}

/// Checks that `verify_totp` returns `Incorrect` for a code that does not have six digits.
pub async fn verify_totp_returns_incorrect_for_malformed_code(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(new_user(context)).await?.id;
    for code in ["1", "12345", "1234567", "no-such-code"] {
        expect(context, &id, code, TotpVerification::Incorrect).await?;
    }
    Ok(())
}

/// Checks that `verify_totp` returns `Incorrect` for a code that expired minutes ago.
pub async fn verify_totp_returns_incorrect_for_expired_code(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(context.new_user().totp_secret(SECRET)).await?.id;
    let old = current_code(context, SECRET).await?;
    // In the rare case that both codes are equal, the next attempt uses a later time.
    for _ in 0..3 {
        context.fixture().advance_clock(Duration::from_secs(600)).await?;
        if current_code(context, SECRET).await? != old {
            return expect(context, &id, old.expose_secret(), TotpVerification::Incorrect).await;
        }
    }
    Err(super::Failure::new("`advance_clock` of the fixture does not advance the time"))
}

/// Checks that `verify_totp` fails for a user who has neither TOTP nor backup codes.
pub async fn verify_totp_fails_for_user_without_second_factor(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let result = context.directory().verify_totp(&id, &TotpCode::new("123456")).await;
    expect_invalid(result, Operation::VerifyTotp, codes::TOTP_DISABLED, None, &id)
}

/// Checks that `verify_totp` accepts a backup code only once.
pub async fn verify_totp_consumes_backup_code(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(new_user(context)).await?.id;
    expect(context, &id, "first-code", TotpVerification::BackupCode).await?;
    expect(context, &id, "first-code", TotpVerification::Incorrect).await
}

/// Checks that `verify_totp` keeps the backup codes that were not used.
pub async fn verify_totp_keeps_other_backup_codes(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(new_user(context)).await?.id;
    expect(context, &id, "first-code", TotpVerification::BackupCode).await?;
    expect_factors(&context.get(&id).await?, (true, true, true))?;
    expect(context, &id, "second-code", TotpVerification::BackupCode).await
}

/// Checks that `verify_totp` returns `Incorrect` for another user's backup code, and keeps the code.
pub async fn verify_totp_returns_incorrect_for_backup_code_of_other_user(context: &Context<'_>) -> Outcome {
    let ada = context.seed_user(new_user(context)).await?.id;
    let grace = context.seed_user(context.new_user().totp_secret(SECRET).backup_codes(["third-code"])).await?.id;
    expect(context, &grace, "first-code", TotpVerification::Incorrect).await?;
    expect(context, &ada, "first-code", TotpVerification::BackupCode).await
}

/// Checks that `verify_totp` accepts a backup code only once if it was set as a bcrypt digest.
pub async fn verify_totp_consumes_backup_code_given_as_digest(context: &Context<'_>) -> Outcome {
    // The digest of `correct horse`.
    let digest = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";
    let id = context.seed_user(context.new_user().totp_secret(SECRET).backup_codes([digest])).await?.id;
    expect(context, &id, digest, TotpVerification::Incorrect).await?;
    expect(context, &id, "correct horse", TotpVerification::BackupCode).await?;
    expect(context, &id, "correct horse", TotpVerification::Incorrect).await
}

/// Checks that `verify_totp` keeps TOTP enabled after the last backup code is used.
pub async fn verify_totp_keeps_totp_after_last_backup_code(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(context.new_user().totp_secret(SECRET).backup_codes(["only-code"])).await?.id;
    expect(context, &id, "only-code", TotpVerification::BackupCode).await?;
    let user = context.get(&id).await?;
    ensure_eq!((user.totp_enabled, user.two_factor_enabled), (true, true), "(totp_enabled, two_factor_enabled)");
    Ok(())
}

/// Checks that `delete_totp` disables TOTP.
pub async fn delete_totp_disables_totp(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(context.new_user().totp_secret(SECRET)).await?.id;
    ensure_eq!(context.directory().delete_totp(&id).await?, id, "the returned user");
    expect_factors(&context.get(&id).await?, (false, false, false))?;
    let result = context.directory().verify_totp(&id, &TotpCode::new("123456")).await;
    expect_invalid(result, Operation::VerifyTotp, codes::TOTP_DISABLED, None, &id)
}

/// Checks that `delete_totp` keeps the backup codes.
pub async fn delete_totp_keeps_backup_codes(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(new_user(context)).await?.id;
    context.directory().delete_totp(&id).await?;
    let user = context.get(&id).await?;
    ensure_eq!((user.totp_enabled, user.backup_code_enabled), (false, true), "(totp_enabled, backup_code_enabled)");
    Ok(())
}

/// Checks that `delete_backup_codes` invalidates the backup codes.
pub async fn delete_backup_codes_invalidates_codes(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(new_user(context)).await?.id;
    ensure_eq!(context.directory().delete_backup_codes(&id).await?, id, "the returned user");
    expect(context, &id, "first-code", TotpVerification::Incorrect).await
}

/// Checks that `delete_backup_codes` keeps TOTP enabled.
pub async fn delete_backup_codes_keeps_totp(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(new_user(context)).await?.id;
    context.directory().delete_backup_codes(&id).await?;
    expect_factors(&context.get(&id).await?, (true, false, true))?;
    Ok(())
}

/// Checks that `disable_mfa` disables TOTP and backup codes.
pub async fn disable_mfa_disables_totp_and_backup_codes(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(new_user(context)).await?.id;
    ensure_eq!(context.directory().disable_mfa(&id).await?, id, "the returned user");
    let user = context.get(&id).await?;
    expect_factors(&user, (false, false, false))?;
    let result = context.directory().verify_totp(&id, &TotpCode::new("first-code")).await;
    expect_error(result, Operation::VerifyTotp, ErrorKind::InvalidInput, &id).map(drop)
}

/// Checks that `disable_mfa` keeps a phone number that was a second factor.
///
/// The phone number must no longer be reserved as a second factor.
pub async fn disable_mfa_keeps_phone_number_without_second_factor(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user_with_phone_number(context.phone_number())).await?;
    context.seed(&user.id, second_factor(&user)?).await?;
    ensure!(context.get(&user.id).await?.mfa_state().is_enabled(), "the phone number is not a second factor");
    context.directory().disable_mfa(&user.id).await?;
    let user = context.get(&user.id).await?;
    ensure!(!user.mfa_state().is_enabled(), "a second factor remains: {:?}", user.mfa_state());
    ensure_eq!(user.phone_numbers.len(), 1, "the number of phone numbers");
    Ok(())
}

/// Checks that `disable_mfa` sets `mfa_disabled_at`, and keeps `mfa_enabled_at`.
pub async fn disable_mfa_sets_mfa_disabled_at(context: &Context<'_>) -> Outcome {
    let before = context.seed_user(new_user(context)).await?;
    ensure!(before.mfa_enabled_at.is_some(), "`mfa_enabled_at` is missing");
    ensure_eq!(before.mfa_disabled_at, None, "`mfa_disabled_at`");
    context.directory().disable_mfa(&before.id).await?;
    let after = context.get(&before.id).await?;
    ensure_eq!(after.mfa_enabled_at, before.mfa_enabled_at, "`mfa_enabled_at`");
    ensure!(after.mfa_disabled_at >= after.mfa_enabled_at, "`mfa_disabled_at` is before `mfa_enabled_at`");
    Ok(())
}
