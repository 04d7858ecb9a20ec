//! Validation of TOTP codes and secrets.

use jiff::Timestamp;

use super::validation;
use crate::error::{ErrorDetail, codes};
use crate::model::{TotpCode, TotpSecret};
use crate::totp::{app, seconds};

/// Returns `true` if the code is valid for the current, previous or next time step.
pub(crate) fn is_valid(secret: &TotpSecret, code: &TotpCode, now: Timestamp) -> bool {
    app(secret).is_some_and(|app| app.check(code.expose_secret(), seconds(now)).is_some())
}

pub(crate) fn check_secret(secret: &TotpSecret) -> Result<(), ErrorDetail> {
    validation::max_length("totp_secret", secret.expose_secret(), validation::MAX_TOTP_SECRET_CHARS)?;
    if app(secret).is_some() {
        return Ok(());
    }
    let long = "The TOTP secret is invalid, please provide a valid one base32 encoded";
    let detail = ErrorDetail::new(codes::INVALID_TOTP_SECRET).with_message("invalid TOTP secret");
    Err(detail.with_long_message(long))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::rules::tests::{TOTP_SECRET, now};
    use crate::totp::totp_code;

    #[test]
    fn is_valid_accepts_codes_of_the_adjacent_time_steps() {
        let secret = TotpSecret::new(TOTP_SECRET);
        for (seconds, valid) in [(-31, false), (-30, true), (0, true), (29, true), (59, true), (60, false)] {
            // `now` is the start of a time step.
            let code = totp_code(&secret, now() + SignedDuration::from_secs(seconds)).unwrap();
            assert_eq!(is_valid(&secret, &code, now()), valid, "{seconds} seconds");
        }
    }

    #[test]
    fn is_valid_rejects_malformed_codes_and_other_secrets() {
        let secret = TotpSecret::new(TOTP_SECRET);
        let code = totp_code(&secret, now()).unwrap();
        let digits = code.expose_secret();
        for malformed in [
            "",
            &digits[..5],
            &format!("{digits}0"),
            &format!("0{digits}"),
            &format!(" {digits}"),
            &format!("+{}", &digits[1..]),
        ] {
            assert!(!is_valid(&secret, &TotpCode::new(malformed), now()), "{malformed:?}");
        }
        assert!(!is_valid(&TotpSecret::new("KRSXG5CTMVRXEZLU"), &code, now()));
        assert!(!is_valid(&TotpSecret::new("not base32!"), &code, now()));
    }

    #[test]
    fn is_valid_rejects_code_without_its_leading_zero() {
        let secret = TotpSecret::new(TOTP_SECRET);
        let steps = (0..1000).map(|step| now() + SignedDuration::from_secs(30 * step));
        let mut codes = steps.map(|at| (at, totp_code(&secret, at).unwrap()));
        let (at, code) = codes.find(|(_, code)| code.expose_secret().starts_with('0')).unwrap();
        assert!(is_valid(&secret, &code, at));
        assert!(!is_valid(&secret, &TotpCode::new(&code.expose_secret()[1..]), at));
    }

    #[test]
    fn check_secret_rejects_empty_and_malformed_secrets() {
        assert!(check_secret(&TotpSecret::new(TOTP_SECRET)).is_ok());
        assert!(check_secret(&TotpSecret::new("ME")).is_ok());
        for malformed in ["", "not base32!", "1"] {
            let error = check_secret(&TotpSecret::new(malformed)).unwrap_err();
            assert_eq!((error.code(), error.param_name()), (codes::INVALID_TOTP_SECRET, None), "{malformed:?}");
        }
    }
}
