//! TOTP codes with SHA-1, 6 digits and a period of 30 seconds, the defaults of `totp_rs` and of Clerk.

use jiff::Timestamp;
use totp_rs::{Builder, Secret, Totp};

use crate::error::{InputRule, Result};
use crate::model::{TotpCode, TotpSecret};

/// Generates the TOTP code for `secret` at time `at`, for tests.
///
/// ```
/// use user_directory::store_directory::totp_code;
/// use user_directory::time::{Clock, ManualClock};
/// use user_directory::model::{TotpSecret, TotpVerification};
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
///
/// # tokio_test::block_on(async {
/// let clock = ManualClock::new("2026-05-12T09:00:00Z".parse()?);
/// let directory = InMemoryUserDirectory::builder().clock(clock.clone()).build();
/// let secret = TotpSecret::new("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
/// let ada = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
/// let id = directory.create(&ada.totp_secret(secret.clone())).await?.id;
///
/// let code = totp_code(&secret, clock.now())?;
/// assert_eq!(directory.verify_totp(&id, &code).await?, TotpVerification::Totp);
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the secret is empty or not valid base32.
#[allow(unreachable_pub, reason = "exported with `store_directory`, and used by the conformance suite without it")]
pub fn totp_code(secret: &TotpSecret, at: Timestamp) -> Result<TotpCode> {
    let Some(app) = app(secret) else { return Err(InputRule::TotpSecret.violated_by("totp_secret")) };
    Ok(TotpCode::new(app.generate(seconds(at)).to_string()))
}

/// Returns the code generator for `secret`, or `None` if the secret is empty or not valid base32.
///
/// Short secrets are accepted, as they are by Clerk.
pub(crate) fn app(secret: &TotpSecret) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret.expose_secret()).ok()?;
    (!secret.as_bytes().is_empty()).then(|| Builder::new().with_secret(secret).build_noncompliant())
}

pub(crate) fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_second()).unwrap_or(0)
}
