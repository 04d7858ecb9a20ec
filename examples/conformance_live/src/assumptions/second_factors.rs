//! Authenticator apps and backup codes.

use user_directory::User;
use user_directory::model::{BackupCode, TotpCode, TotpSecret, TotpVerification};
use user_directory::store_directory::totp_code;
use user_directory::time::{Clock, SystemClock};

use super::{Assumption, probed};
use crate::probe::{Finding, Probe, TIME_STEP, same, within_one_time_step};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed("Backup codes alone also enable two-factor authentication.", |probe| {
        Box::pin(backup_code_enables_two_factor_authentication(probe))
    }),
    probed("Deleting a second factor that the user does not have succeeds.", |probe| {
        Box::pin(deleting_a_missing_factor_succeeds(probe))
    }),
    probed("A user with backup codes but without an authenticator app can verify a backup code.", |probe| {
        Box::pin(backup_code_is_verified_without_app(probe))
    }),
    probed(
        "TOTP codes of the previous and the next time step are also accepted, and a code can be used more than once.",
        |probe| Box::pin(neighboring_and_used_codes_are_accepted(probe)),
    ),
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

async fn backup_code_enables_two_factor_authentication(probe: &Probe<'_>) -> Finding {
    let ada = user_with_backup_code(probe).await?;
    same("two-factor authentication with a backup code", &ada.two_factor_enabled, &true)
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

async fn neighboring_and_used_codes_are_accepted(probe: &Probe<'_>) -> Finding {
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
    let code = totp_code(&secret(), SystemClock.now())?;
    for what in ["the first verification", "the second verification"] {
        same(what, &probe.users.verify_totp(id, &code).await?, &TotpVerification::Totp)?;
    }
    Ok(())
}
