//! The responses to `POST /users/{user_id}/verify_password` and `POST /users/{user_id}/verify_totp`.
//!
//! For an incorrect password or code, Clerk returns an error response (422), but the operation returns `Ok` with
//! `Incorrect`.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, codes};
#[cfg(feature = "wire")]
use crate::error::{ErrorDetail, ErrorKind};
#[cfg(feature = "wire")]
use crate::model::TotpCode;
use crate::model::{PasswordVerification, Text, TotpVerification, lenient};

const TOTP: &str = "totp";
const BACKUP_CODE: &str = "backup_code";
#[cfg(feature = "wire")]
const TOTP_LENGTH: usize = 6;

/// The response body of `verify_password` and `verify_totp` for a correct password or code.
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
/// Returns the error in `response`, unless it indicates an incorrect code.
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

#[cfg(feature = "wire")]
fn incorrect(code: &'static str, message: &'static str, long_message: &'static str) -> Error {
    let detail = ErrorDetail::new(code).with_message(message).with_long_message(long_message);
    Error::rejected(ErrorKind::InvalidInput, [detail])
}

/// Creates the `verify_password` response.
///
/// # Errors
///
/// Returns Clerk's error for an incorrect password if `verification` is [`Incorrect`](PasswordVerification::Incorrect).
#[cfg(feature = "wire")]
pub fn write_password_verification(verification: PasswordVerification) -> Result<VerificationBody> {
    match verification {
        PasswordVerification::Correct => Ok(VerificationBody { verified: true, code_type: None }),
        PasswordVerification::Incorrect => {
            let long = "The provided password is not the one the user has set";
            Err(incorrect(codes::INCORRECT_PASSWORD, "incorrect password", long))
        }
    }
}

/// Creates the `verify_totp` response.
///
/// # Errors
///
/// Returns Clerk's error for an incorrect code if `verification` is [`Incorrect`](TotpVerification::Incorrect). The
/// error code is [`TOTP_INVALID_LENGTH`](crate::codes::TOTP_INVALID_LENGTH) if `code` is not 6 characters long, and
/// [`TOTP_INCORRECT_CODE`](crate::codes::TOTP_INCORRECT_CODE) otherwise.
#[cfg(feature = "wire")]
pub fn write_totp_verification(verification: TotpVerification, code: &TotpCode) -> Result<VerificationBody> {
    let code_type = match verification {
        TotpVerification::Totp => Some(Text::from_static(TOTP)),
        TotpVerification::BackupCode => Some(Text::from_static(BACKUP_CODE)),
        TotpVerification::OtherCode => None,
        TotpVerification::Incorrect if code.expose_secret().chars().count() != TOTP_LENGTH => {
            let long = "The provided TOTP code must be 6 characters long.";
            return Err(incorrect(codes::TOTP_INVALID_LENGTH, "invalid length", long));
        }
        TotpVerification::Incorrect => {
            let long = "The provided TOTP code is incorrect";
            return Err(incorrect(codes::TOTP_INCORRECT_CODE, "incorrect TOTP", long));
        }
    };
    Ok(VerificationBody { verified: true, code_type })
}
