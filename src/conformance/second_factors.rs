//! Authenticator apps, backup codes and phone numbers as second factors.

use std::time::Duration;

use super::check::{Outcome, ensure, ensure_eq, invalid, refused};
use super::context::Context;
use super::replace_identifiers::second_factor;
use crate::error::{ErrorKind, codes};
use crate::model::{NewUser, TotpCode, TotpSecret, TotpVerification, User, UserId, UserUpdate};
use crate::operation::Operation;
use crate::totp::totp_code;

behaviours! {
    Create: an_authenticator_app_is_a_second_factor, backup_codes_are_a_second_factor,
        a_new_user_has_no_second_factor, a_malformed_totp_secret_is_refused;
    Update: an_update_sets_up_an_authenticator_app, an_update_takes_the_authenticator_app_away,
        an_update_replaces_the_backup_codes, an_update_of_something_else_keeps_the_second_factors,
        an_update_to_a_malformed_totp_secret_is_refused;
    VerifyTotp: the_code_of_the_authenticator_app_is_right, a_wrong_code_is_an_answer,
        a_code_of_another_length_is_a_wrong_one, a_code_of_another_time_is_a_wrong_one,
        a_code_cannot_be_verified_without_an_authenticator_app, a_backup_code_is_right_once,
        other_backup_codes_stay_when_one_is_used, a_backup_code_of_another_user_is_a_wrong_one,
        a_backup_code_given_as_a_digest_is_right_once, the_last_backup_code_leaves_the_authenticator_app;
    DeleteTotp: a_deleted_authenticator_app_is_gone, deleting_the_authenticator_app_leaves_the_backup_codes;
    DeleteBackupCodes: deleted_backup_codes_are_wrong, deleting_the_backup_codes_leaves_the_authenticator_app;
    DisableMfa: all_second_factors_are_switched_off, phone_numbers_are_no_second_factors_any_more,
        switching_second_factors_on_and_off_is_dated;
}

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// A user with an authenticator app and two backup codes.
fn new_user(context: &Context<'_>) -> NewUser {
    context.new_user().totp_secret(SECRET).backup_codes(["first-code", "second-code"])
}

/// Fails unless the code is answered as expected.
async fn expect(context: &Context<'_>, id: &UserId, code: &str, expected: TotpVerification) -> Outcome {
    let found = context.directory().verify_totp(id, &TotpCode::new(code)).await?;
    ensure_eq!(found, expected, "the verification of a code");
    Ok(())
}

/// The code that the authenticator app shows now.
async fn current_code(context: &Context<'_>, secret: &str) -> Outcome<TotpCode> {
    Ok(totp_code(&TotpSecret::new(secret), context.fixture().now().await?)?)
}

fn factors(user: &User) -> (bool, bool, bool) {
    (user.totp_enabled, user.backup_code_enabled, user.two_factor_enabled)
}

/// A user with the secret of an authenticator app has two-factor authentication.
pub async fn an_authenticator_app_is_a_second_factor(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().totp_secret(SECRET)).await?;
    ensure_eq!(factors(&user), (true, false, true), "(app, backup codes, second factor)");
    Ok(())
}

/// The answer says whether there are backup codes.
pub async fn backup_codes_are_a_second_factor(context: &Context<'_>) -> Outcome {
    let user = context.create(new_user(context)).await?;
    ensure_eq!(factors(&user), (true, true, true), "(app, backup codes, second factor)");
    Ok(())
}

/// A user without any has none.
pub async fn a_new_user_has_no_second_factor(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    ensure_eq!(factors(&user), (false, false, false), "(app, backup codes, second factor)");
    Ok(())
}

/// A secret is base32.
pub async fn a_malformed_totp_secret_is_refused(context: &Context<'_>) -> Outcome {
    let result = context.try_create(&context.new_user().totp_secret("not base32!")).await;
    invalid(result, Operation::Create, codes::INVALID_TOTP_SECRET, None)
}

/// A user gets an authenticator app, and its codes are right.
pub async fn an_update_sets_up_an_authenticator_app(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let user = context.directory().update(&id, &UserUpdate::new().totp_secret(SECRET)).await?;
    ensure_eq!(factors(&user), (true, false, true), "(app, backup codes, second factor)");
    let code = current_code(context, SECRET).await?;
    expect(context, &id, code.expose_secret(), TotpVerification::Totp).await
}

/// A secret that is cleared is an authenticator app less.
pub async fn an_update_takes_the_authenticator_app_away(context: &Context<'_>) -> Outcome {
    let id = context.create(context.new_user().totp_secret(SECRET)).await?.id;
    let user = context.directory().update(&id, &UserUpdate::new().clear_totp_secret()).await?;
    ensure_eq!(factors(&user), (false, false, false), "(app, backup codes, second factor)");
    Ok(())
}

/// The old codes are wrong, and the new ones right.
pub async fn an_update_replaces_the_backup_codes(context: &Context<'_>) -> Outcome {
    let id = context.create(new_user(context)).await?.id;
    context.directory().update(&id, &UserUpdate::new().backup_codes(["third-code"])).await?;
    expect(context, &id, "first-code", TotpVerification::Incorrect).await?;
    expect(context, &id, "third-code", TotpVerification::BackupCode).await
}

/// Second factors that are not named stay.
pub async fn an_update_of_something_else_keeps_the_second_factors(context: &Context<'_>) -> Outcome {
    let id = context.create(new_user(context)).await?.id;
    let user = context.directory().update(&id, &UserUpdate::new().first_name("Ada")).await?;
    ensure_eq!(factors(&user), (true, true, true), "(app, backup codes, second factor)");
    expect(context, &id, "first-code", TotpVerification::BackupCode).await
}

/// A secret is base32, and nothing is changed if it is not.
pub async fn an_update_to_a_malformed_totp_secret_is_refused(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let update = UserUpdate::new().first_name("Ada").totp_secret("not base32!");
    let result = context.directory().update(&user.id, &update).await;
    invalid(result, Operation::Update, codes::INVALID_TOTP_SECRET, None)?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused update");
    Ok(())
}

/// The code that the app shows is right: SHA-1, 6 digits, 30 seconds.
pub async fn the_code_of_the_authenticator_app_is_right(context: &Context<'_>) -> Outcome {
    let id = context.create(context.new_user().totp_secret(SECRET)).await?.id;
    let code = current_code(context, SECRET).await?;
    expect(context, &id, code.expose_secret(), TotpVerification::Totp).await
}

/// A wrong code is an answer, not an error.
pub async fn a_wrong_code_is_an_answer(context: &Context<'_>) -> Outcome {
    let id = context.create(context.new_user().totp_secret(SECRET)).await?.id;
    // Of another app. Should the two happen to show the same, one that is not six digits is wrong too.
    let other = current_code(context, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").await?;
    let own = current_code(context, SECRET).await?;
    let wrong = if other == own { "no code" } else { other.expose_secret() };
    expect(context, &id, wrong, TotpVerification::Incorrect).await
}

/// A code that has not six digits is wrong, which is an answer too.
pub async fn a_code_of_another_length_is_a_wrong_one(context: &Context<'_>) -> Outcome {
    let id = context.create(new_user(context)).await?.id;
    for code in ["1", "12345", "1234567", "no-such-code"] {
        expect(context, &id, code, TotpVerification::Incorrect).await?;
    }
    Ok(())
}

/// A code is wrong some minutes later.
pub async fn a_code_of_another_time_is_a_wrong_one(context: &Context<'_>) -> Outcome {
    let id = context.create(context.new_user().totp_secret(SECRET)).await?.id;
    let old = current_code(context, SECRET).await?;
    // Should the app happen to show the same again, the next time is another one.
    for _ in 0..3 {
        context.fixture().advance_clock(Duration::from_secs(600)).await?;
        if current_code(context, SECRET).await? != old {
            return expect(context, &id, old.expose_secret(), TotpVerification::Incorrect).await;
        }
    }
    Err(super::Failure::new("the fixture does not let time pass"))
}

/// Without an app there is nothing to compare with, which is an error.
pub async fn a_code_cannot_be_verified_without_an_authenticator_app(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let result = context.directory().verify_totp(&id, &TotpCode::new("123456")).await;
    invalid(result, Operation::VerifyTotp, codes::TOTP_DISABLED, None)
}

/// A backup code is consumed.
pub async fn a_backup_code_is_right_once(context: &Context<'_>) -> Outcome {
    let id = context.create(new_user(context)).await?.id;
    expect(context, &id, "first-code", TotpVerification::BackupCode).await?;
    expect(context, &id, "first-code", TotpVerification::Incorrect).await
}

/// Only the code that was used is consumed.
pub async fn other_backup_codes_stay_when_one_is_used(context: &Context<'_>) -> Outcome {
    let id = context.create(new_user(context)).await?.id;
    expect(context, &id, "first-code", TotpVerification::BackupCode).await?;
    ensure_eq!(factors(&context.get(&id).await?), (true, true, true), "(app, backup codes, second factor)");
    expect(context, &id, "second-code", TotpVerification::BackupCode).await
}

/// A code is of one user, and is not consumed by another.
pub async fn a_backup_code_of_another_user_is_a_wrong_one(context: &Context<'_>) -> Outcome {
    let ada = context.create(new_user(context)).await?.id;
    let grace = context.create(context.new_user().totp_secret(SECRET).backup_codes(["third-code"])).await?.id;
    expect(context, &grace, "first-code", TotpVerification::Incorrect).await?;
    expect(context, &ada, "first-code", TotpVerification::BackupCode).await
}

/// Backup codes may be given as bcrypt digests.
pub async fn a_backup_code_given_as_a_digest_is_right_once(context: &Context<'_>) -> Outcome {
    // Of `correct horse`.
    let digest = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";
    let id = context.create(context.new_user().totp_secret(SECRET).backup_codes([digest])).await?.id;
    expect(context, &id, digest, TotpVerification::Incorrect).await?;
    expect(context, &id, "correct horse", TotpVerification::BackupCode).await?;
    expect(context, &id, "correct horse", TotpVerification::Incorrect).await
}

/// A user whose backup codes are used up has the app all the same.
pub async fn the_last_backup_code_leaves_the_authenticator_app(context: &Context<'_>) -> Outcome {
    let id = context.create(context.new_user().totp_secret(SECRET).backup_codes(["only-code"])).await?.id;
    expect(context, &id, "only-code", TotpVerification::BackupCode).await?;
    let user = context.get(&id).await?;
    ensure_eq!((user.totp_enabled, user.two_factor_enabled), (true, true), "(app, second factor)");
    Ok(())
}

/// The app's codes cannot be verified any more.
pub async fn a_deleted_authenticator_app_is_gone(context: &Context<'_>) -> Outcome {
    let id = context.create(context.new_user().totp_secret(SECRET)).await?.id;
    ensure_eq!(context.directory().delete_totp(&id).await?, id, "the user who is answered");
    ensure_eq!(factors(&context.get(&id).await?), (false, false, false), "(app, backup codes, second factor)");
    let result = context.directory().verify_totp(&id, &TotpCode::new("123456")).await;
    invalid(result, Operation::VerifyTotp, codes::TOTP_DISABLED, None)
}

/// Other second factors stay.
pub async fn deleting_the_authenticator_app_leaves_the_backup_codes(context: &Context<'_>) -> Outcome {
    let id = context.create(new_user(context)).await?.id;
    context.directory().delete_totp(&id).await?;
    let user = context.get(&id).await?;
    ensure_eq!((user.totp_enabled, user.backup_code_enabled), (false, true), "(app, backup codes)");
    Ok(())
}

/// The codes are wrong.
pub async fn deleted_backup_codes_are_wrong(context: &Context<'_>) -> Outcome {
    let id = context.create(new_user(context)).await?.id;
    ensure_eq!(context.directory().delete_backup_codes(&id).await?, id, "the user who is answered");
    expect(context, &id, "first-code", TotpVerification::Incorrect).await
}

/// Other second factors stay.
pub async fn deleting_the_backup_codes_leaves_the_authenticator_app(context: &Context<'_>) -> Outcome {
    let id = context.create(new_user(context)).await?.id;
    context.directory().delete_backup_codes(&id).await?;
    ensure_eq!(factors(&context.get(&id).await?), (true, false, true), "(app, backup codes, second factor)");
    Ok(())
}

/// Authenticator app and backup codes are gone at once.
pub async fn all_second_factors_are_switched_off(context: &Context<'_>) -> Outcome {
    let id = context.create(new_user(context)).await?.id;
    ensure_eq!(context.directory().disable_mfa(&id).await?, id, "the user who is answered");
    let user = context.get(&id).await?;
    ensure_eq!(factors(&user), (false, false, false), "(app, backup codes, second factor)");
    let result = context.directory().verify_totp(&id, &TotpCode::new("first-code")).await;
    refused(result, Operation::VerifyTotp, ErrorKind::InvalidInput).map(drop)
}

/// A phone number that was reserved for a second factor is a phone number again.
pub async fn phone_numbers_are_no_second_factors_any_more(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().phone_number(context.phone_number())).await?;
    context.give(&user.id, second_factor(&user)?).await?;
    ensure!(context.get(&user.id).await?.mfa_state().is_enabled(), "the phone number is no second factor");
    context.directory().disable_mfa(&user.id).await?;
    let user = context.get(&user.id).await?;
    ensure!(!user.mfa_state().is_enabled(), "a second factor is left: {:?}", user.mfa_state());
    ensure_eq!(user.phone_numbers.len(), 1, "the number of phone numbers");
    Ok(())
}

/// `mfa_enabled_at` is set when the first factor comes and stays; `mfa_disabled_at` is set when the last one goes.
pub async fn switching_second_factors_on_and_off_is_dated(context: &Context<'_>) -> Outcome {
    let before = context.create(new_user(context)).await?;
    ensure!(before.mfa_enabled_at.is_some(), "the time at which the second factors were switched on is missing");
    ensure_eq!(before.mfa_disabled_at, None, "the time at which they were switched off");
    context.directory().disable_mfa(&before.id).await?;
    let after = context.get(&before.id).await?;
    ensure_eq!(after.mfa_enabled_at, before.mfa_enabled_at, "the time at which they were switched on");
    ensure!(after.mfa_disabled_at >= after.mfa_enabled_at, "they were switched off before they were switched on");
    Ok(())
}
