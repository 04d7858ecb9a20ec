//! The responses of `POST /users/{user_id}/verify_password` and `POST /users/{user_id}/verify_totp`.
//!
//! For an incorrect password or code, Clerk returns an error response (422), and the operation returns `Ok` with
//! `Incorrect`.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, codes};
#[cfg(feature = "wire")]
use crate::error::{ErrorKind, rejection::rejected};
use crate::model::{PasswordVerification, Text, TotpVerification, lenient};

const TOTP: &str = "totp";
const BACKUP_CODE: &str = "backup_code";

/// The response body of a successful verification.
#[derive(Debug, Serialize, Deserialize)]
pub struct VerificationBody {
    // Required, because a proxy could respond with `{}`.
    #[serde(deserialize_with = "lenient::required")]
    verified: bool,
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    code_type: Option<Text>,
}

/// Converts the `verify_password` response to the operation's result.
///
/// # Errors
///
/// Returns the error in `response`, unless it means that the password is incorrect.
pub fn read_password_verification(response: Result<VerificationBody>) -> Result<PasswordVerification> {
    let body = match response {
        Err(error) if is_rejection(&error, &[codes::INCORRECT_PASSWORD]) => return Ok(PasswordVerification::Incorrect),
        response => response?,
    };
    Ok(if body.verified { PasswordVerification::Correct } else { PasswordVerification::Incorrect })
}

/// Converts the `verify_totp` response to the operation's result.
///
/// # Errors
///
/// Returns the error in `response`, unless it means that the code is incorrect.
pub fn read_totp_verification(response: Result<VerificationBody>) -> Result<TotpVerification> {
    let incorrect = [codes::TOTP_INCORRECT_CODE, codes::TOTP_INVALID_LENGTH];
    let body = match response {
        Err(error) if is_rejection(&error, &incorrect) => return Ok(TotpVerification::Incorrect),
        response => response?,
    };
    Ok(match body.code_type.as_deref() {
        _ if !body.verified => TotpVerification::Incorrect,
        Some(TOTP) => TotpVerification::Totp,
        Some(BACKUP_CODE) => TotpVerification::BackupCode,
        _ => TotpVerification::OtherCode,
    })
}

fn is_rejection(error: &Error, codes: &[&str]) -> bool {
    error.status() == Some(422) && codes.iter().any(|code| error.has_code(code))
}

/// Creates the `verify_password` response.
///
/// # Errors
///
/// Returns the error response for an incorrect password.
#[cfg(feature = "wire")]
pub fn write_password_verification(verification: PasswordVerification) -> Result<VerificationBody> {
    match verification {
        PasswordVerification::Correct => Ok(VerificationBody { verified: true, code_type: None }),
        PasswordVerification::Incorrect => {
            Err(rejected(ErrorKind::InvalidInput, codes::INCORRECT_PASSWORD, "The password is incorrect."))
        }
    }
}

/// Creates the `verify_totp` response.
///
/// # Errors
///
/// Returns the error response for an incorrect code.
#[cfg(feature = "wire")]
pub fn write_totp_verification(verification: TotpVerification) -> Result<VerificationBody> {
    let code_type = match verification {
        TotpVerification::Totp => Some(Text::from_static(TOTP)),
        TotpVerification::BackupCode => Some(Text::from_static(BACKUP_CODE)),
        TotpVerification::OtherCode => None,
        TotpVerification::Incorrect => {
            return Err(rejected(ErrorKind::InvalidInput, codes::TOTP_INCORRECT_CODE, "The code is incorrect."));
        }
    };
    Ok(VerificationBody { verified: true, code_type })
}
