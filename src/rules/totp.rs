//! Validation of TOTP codes and secrets.

use jiff::Timestamp;

use crate::error::{ErrorDetail, codes};
use crate::model::{TotpCode, TotpSecret};
use crate::totp::{app, seconds};

const DIGITS: usize = 6;

/// Returns `true` if the code is valid for the current, the previous or the next time step.
pub(crate) fn is_valid(secret: &TotpSecret, code: &TotpCode, now: Timestamp) -> bool {
    let code = code.expose_secret();
    // The library accepts malformed codes.
    let well_formed = code.len() == DIGITS && code.bytes().all(|digit| digit.is_ascii_digit());
    well_formed && app(secret).is_some_and(|app| app.check(code, seconds(now)).is_some())
}

pub(crate) fn check_secret(secret: &TotpSecret) -> Result<(), ErrorDetail> {
    match app(secret) {
        Some(_) => Ok(()),
        None => Err(ErrorDetail::new(codes::INVALID_TOTP_SECRET).with_message("must be base32")),
    }
}
