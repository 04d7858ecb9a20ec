//! Whether codes and secrets of authenticator apps are right.

use jiff::Timestamp;

use crate::error::{ErrorDetail, codes};
use crate::model::{TotpCode, TotpSecret};
use crate::totp::{app, seconds};

const DIGITS: usize = 6;

/// Whether a code is right now, or was or will be one step away.
pub(super) fn is_right(secret: &TotpSecret, code: &TotpCode, now: Timestamp) -> bool {
    let code = code.expose_secret();
    // What the library reads is looser.
    let well_formed = code.len() == DIGITS && code.bytes().all(|digit| digit.is_ascii_digit());
    well_formed && app(secret).is_some_and(|app| app.check(code, seconds(now)).is_some())
}

pub(super) fn check_secret(secret: &TotpSecret) -> Result<(), ErrorDetail> {
    match app(secret) {
        Some(_) => Ok(()),
        None => Err(ErrorDetail::new(codes::INVALID_TOTP_SECRET).with_message("must be base32")),
    }
}
