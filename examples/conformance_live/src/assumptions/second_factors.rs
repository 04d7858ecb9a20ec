//! Passwords, authenticator apps and backup codes.

use user_directory::model::{BackupCode, TotpCode, TotpSecret, TotpVerification};
use user_directory::store_directory::totp_code;
use user_directory::time::{Clock, SystemClock};
use user_directory::{Password, Sessions, User, codes};

use super::{Assumption, probed};
use crate::probe::{Finding, Probe, TIME_STEP, rejected, same, within_one_time_step};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed(
        "Two-factor authentication is enabled while the user has an authenticator app, a backup code or a phone number \
         that is reserved as a second factor.",
        |probe| Box::pin(two_factor_is_enabled_by_each_factor(probe)),
    ),
    probed("Deleting a second factor that the user does not have succeeds.", |probe| {
        Box::pin(deleting_a_missing_factor_succeeds(probe))
    }),
    probed("A user with backup codes but without an authenticator app can verify a backup code.", |probe| {
        Box::pin(backup_code_is_verified_without_app(probe))
    }),
    probed("For a user with neither, verification fails with the code `totp_disabled`.", |probe| {
        Box::pin(verification_without_factors_fails(probe))
    }),
    probed("TOTP codes of the previous and the next time step are also accepted.", |probe| {
        Box::pin(neighboring_codes_are_accepted(probe))
    }),
    probed("A TOTP code can be used more than once.", |probe| Box::pin(code_can_be_reused(probe))),
    probed("Failed verifications do not lock a user.", |probe| Box::pin(failed_verifications_do_not_lock(probe))),
    probed("`requires_password_reset` is `None` until it is set for the first time.", |probe| {
        Box::pin(requires_password_reset_is_unset(probe))
    }),
];

const BACKUP_CODE: &str = "conformance-1";

fn secret() -> TotpSecret {
    TotpSecret::new("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
}

async fn user_with_app(probe: &Probe<'_>) -> Finding<User> {
    probe.create(probe.new_user().totp_secret(secret())).await
}

async fn user_with_backup_code(probe: &Probe<'_>) -> Finding<User> {
    probe.create(probe.new_user().backup_codes([BackupCode::new(BACKUP_CODE)])).await
}

/// A password that is not in a list of leaked passwords.
fn password(probe: &Probe<'_>) -> Password {
    Password::new(format!("correct horse {}", probe.word()))
}

async fn two_factor_is_enabled_by_each_factor(probe: &Probe<'_>) -> Finding {
    same("two-factor authentication of a user without factors", &probe.user().await?.two_factor_enabled, &false)?;
    let ada = user_with_app(probe).await?;
    same("two-factor authentication with an authenticator app", &ada.two_factor_enabled, &true)?;
    probe.users.delete_totp(&ada.id).await?;
    let ada = probe.users.get(&ada.id).await?;
    same("two-factor authentication without the authenticator app", &ada.two_factor_enabled, &false)?;
    let grace = user_with_backup_code(probe).await?;
    same("two-factor authentication with a backup code", &grace.two_factor_enabled, &true)
}

async fn deleting_a_missing_factor_succeeds(probe: &Probe<'_>) -> Finding {
    let id = probe.user().await?.id;
    probe.users.delete_totp(&id).await?;
    probe.users.delete_backup_codes(&id).await?;
    probe.users.disable_mfa(&id).await?;
    Ok(())
}

async fn backup_code_is_verified_without_app(probe: &Probe<'_>) -> Finding {
    let id = user_with_backup_code(probe).await?.id;
    let verified = probe.users.verify_totp(&id, &TotpCode::new(BACKUP_CODE)).await?;
    same("the verification of a backup code", &verified, &TotpVerification::BackupCode)
}

async fn verification_without_factors_fails(probe: &Probe<'_>) -> Finding {
    let id = probe.user().await?.id;
    let result = probe.users.verify_totp(&id, &TotpCode::new("123456")).await;
    rejected("a code of a user without factors", result, codes::TOTP_DISABLED)
}

async fn neighboring_codes_are_accepted(probe: &Probe<'_>) -> Finding {
    let id = &user_with_app(probe).await?.id;
    for (what, offset) in
        [("the code of the previous time step", -TIME_STEP), ("the code of the next time step", TIME_STEP)]
    {
        within_one_time_step(&SystemClock, |now| async move {
            let code = totp_code(&secret(), now + offset)?;
            same(what, &probe.users.verify_totp(id, &code).await?, &TotpVerification::Totp)
        })
        .await?;
    }
    Ok(())
}

async fn code_can_be_reused(probe: &Probe<'_>) -> Finding {
    let id = user_with_app(probe).await?.id;
    let code = totp_code(&secret(), SystemClock.now())?;
    for what in ["the first verification", "the second verification"] {
        same(what, &probe.users.verify_totp(&id, &code).await?, &TotpVerification::Totp)?;
    }
    Ok(())
}

async fn failed_verifications_do_not_lock(probe: &Probe<'_>) -> Finding {
    let id = probe.create(probe.new_user().password(password(probe))).await?.id;
    // By default, ten failed sign-ins lock a user.
    for _ in 0..11 {
        let verified = probe.users.verify_password(&id, &Password::new("an incorrect password")).await?;
        same("an incorrect password is correct", &verified.is_correct(), &false)?;
    }
    same("locked", &probe.users.get(&id).await?.locked, &false)
}

async fn requires_password_reset_is_unset(probe: &Probe<'_>) -> Finding {
    let ada = probe.create(probe.new_user().password(password(probe))).await?;
    same("the flag of a new user", &ada.requires_password_reset, &None::<bool>)?;
    let ada = probe.users.set_password_compromised(&ada.id, Sessions::Keep).await?;
    same("the flag after `set_password_compromised`", &ada.requires_password_reset, &Some(true))?;
    let ada = probe.users.unset_password_compromised(&ada.id).await?;
    same("the flag after `unset_password_compromised`", &ada.requires_password_reset, &Some(false))
}
