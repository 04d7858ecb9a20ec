//! The password policy.

use super::must_not_be_empty;
use crate::error::{ErrorDetail, codes};
use crate::fold::fold;
use crate::rules::rejection::param_detail;
use crate::rules::settings::InstanceSettings;

/// The maximum length of a password in bytes. bcrypt ignores any further bytes.
pub(crate) const MAX_PASSWORD_BYTES: usize = 72;

/// Checks the password policy. A password must be 1 to 72 bytes long even if `skip_checks` is set.
///
/// Returns an error for each broken rule about length and characters, because Clerk's JavaScript SDK can show several
/// of these errors at once.
pub(crate) fn password(
    value: &str,
    identifiers: &[&str],
    skip_checks: bool,
    settings: &InstanceSettings,
) -> Vec<ErrorDetail> {
    if value.len() > MAX_PASSWORD_BYTES {
        let message = "Your password is too long. Please use a shorter one.";
        return vec![invalid(codes::FORM_PASSWORD_SIZE_IN_BYTES_EXCEEDED, message, None)];
    }
    if value.is_empty() && (skip_checks || settings.min_password_length == 0) {
        return vec![must_not_be_empty("password")];
    }
    if skip_checks {
        return Vec::new();
    }
    let mut errors = complexity(value, settings);
    if errors.is_empty() {
        errors.extend(known_password(value, identifiers, settings));
    }
    errors
}

/// Returns an error for each broken rule about length and characters.
fn complexity(value: &str, settings: &InstanceSettings) -> Vec<ErrorDetail> {
    let mut errors = Vec::new();
    let min = settings.min_password_length;
    if value.chars().count() < min {
        let long = format!(
            "Passwords must be {min} characters or more. The minimum is the instance setting `min_password_length`."
        );
        errors.push(param_detail(codes::FORM_PASSWORD_LENGTH_TOO_SHORT, "password", "is too short", long));
    }
    let is_special = |c: char| !c.is_alphanumeric() && !c.is_whitespace();
    if settings.require_uppercase && !value.contains(char::is_uppercase) {
        let message = "Passwords must contain at least one uppercase character.";
        errors.push(invalid(codes::FORM_PASSWORD_NO_UPPERCASE, message, Some("require_uppercase")));
    }
    if settings.require_lowercase && !value.contains(char::is_lowercase) {
        let message = "Passwords must contain at least one lowercase character.";
        errors.push(invalid(codes::FORM_PASSWORD_NO_LOWERCASE, message, Some("require_lowercase")));
    }
    if settings.require_number && !value.contains(|c: char| c.is_ascii_digit()) {
        let message = "Passwords must contain at least one number.";
        errors.push(invalid(codes::FORM_PASSWORD_NO_NUMBER, message, Some("require_number")));
    }
    if settings.require_special_character && !value.contains(is_special) {
        let message = "Passwords must contain at least one special character.";
        errors.push(invalid(codes::FORM_PASSWORD_NO_SPECIAL_CHAR, message, Some("require_special_character")));
    }
    errors
}

/// Returns an error if the password is an identifier of the user or a leaked password.
fn known_password(value: &str, identifiers: &[&str], settings: &InstanceSettings) -> Option<ErrorDetail> {
    let folded = fold(value);
    if identifiers.iter().any(|identifier| fold(identifier) == folded) {
        let message = "Password cannot match your email address, phone number or username. For account safety, please \
                       use a different password.";
        return Some(invalid(codes::FORM_PASSWORD_MATCHES_IDENTIFIER, message, None));
    }
    if settings.leaked_passwords.iter().any(|leaked| leaked == value) {
        let message = "Password has been found in an online data breach. For account safety, please use a different \
                       password.";
        return Some(invalid(codes::FORM_PASSWORD_PWNED, message, Some("leaked_passwords")));
    }
    None
}

fn invalid(code: &'static str, message: &'static str, setting: Option<&str>) -> ErrorDetail {
    let long = setting.map_or_else(
        || message.to_owned(),
        |setting| format!("{message} The rule is the instance setting `{setting}`."),
    );
    param_detail(code, "password", message, long)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_codes(errors: &[ErrorDetail]) -> Vec<&str> {
        assert!(errors.iter().all(|error| error.param_name() == Some("password")), "{errors:?}");
        errors.iter().map(ErrorDetail::code).collect()
    }

    #[test]
    fn password_follows_the_character_settings() {
        let check = |value, settings: &InstanceSettings| password(value, &[], false, settings);
        let new = InstanceSettings::new;
        for (settings, invalid, valid, code, setting) in [
            (
                new().require_uppercase(true),
                "lowercase",
                "Uppercase",
                codes::FORM_PASSWORD_NO_UPPERCASE,
                "require_uppercase",
            ),
            (
                new().require_lowercase(true),
                "UPPERCASE",
                "lOWERCASE",
                codes::FORM_PASSWORD_NO_LOWERCASE,
                "require_lowercase",
            ),
            (new().require_number(true), "password", "passw0rd", codes::FORM_PASSWORD_NO_NUMBER, "require_number"),
            (
                new().require_special_character(true),
                "pass word1",
                "pass-word",
                codes::FORM_PASSWORD_NO_SPECIAL_CHAR,
                "require_special_character",
            ),
        ] {
            assert_eq!(check(valid, &settings), [], "{valid}");
            let errors = check(invalid, &settings);
            assert_eq!(error_codes(&errors), [code]);
            assert!(errors[0].long_message().contains(setting), "{}", errors[0].long_message());
            assert_eq!(check(invalid, &new()), [], "{invalid}");
            assert_eq!(password(invalid, &[], true, &settings), [], "{invalid}");
        }
    }

    #[test]
    fn password_reports_all_broken_rules_about_length_and_characters() {
        let settings = InstanceSettings::permissive()
            .min_password_length(8)
            .require_uppercase(true)
            .require_lowercase(true)
            .require_number(true)
            .require_special_character(true)
            .leaked_passwords(["é", "Correct horse 1!"]);
        let all = [
            codes::FORM_PASSWORD_LENGTH_TOO_SHORT,
            codes::FORM_PASSWORD_NO_UPPERCASE,
            codes::FORM_PASSWORD_NO_LOWERCASE,
            codes::FORM_PASSWORD_NO_NUMBER,
            codes::FORM_PASSWORD_NO_SPECIAL_CHAR,
        ];
        let codes_of = |value: &str| password(value, &["é"], false, &settings);
        assert_eq!(error_codes(&codes_of(" ")), all);
        assert_eq!(error_codes(&codes_of("é")), [all[0], all[1], all[3], all[4]]);
        assert_eq!(error_codes(&codes_of("lowercase")), [all[1], all[3], all[4]]);
        assert_eq!(error_codes(&codes_of("Correct horse 1!")), [codes::FORM_PASSWORD_PWNED]);
        assert_eq!(error_codes(&codes_of("Correct horse 2!")), [""; 0]);
    }

    #[test]
    fn password_policy_checks_length_identifiers_and_leaks() {
        let settings = InstanceSettings::permissive().min_password_length(6).leaked_passwords(["qwertz", "hunter2"]);
        let identifiers = ["ada@example.com", "ada_lovelace"];
        let check = |value: &str| password(value, &identifiers, false, &settings);
        for valid in ["secret", "éééééé", "Hunter2", "xada_lovelace"] {
            assert_eq!(check(valid), [], "{valid}");
        }
        for (invalid, code) in [
            ("e", codes::FORM_PASSWORD_LENGTH_TOO_SHORT),
            ("ééééé", codes::FORM_PASSWORD_LENGTH_TOO_SHORT),
            ("ada_lovelace", codes::FORM_PASSWORD_MATCHES_IDENTIFIER),
            ("ADA@Example.com", codes::FORM_PASSWORD_MATCHES_IDENTIFIER),
            ("qwertz", codes::FORM_PASSWORD_PWNED),
            ("hunter2", codes::FORM_PASSWORD_PWNED),
        ] {
            assert_eq!(error_codes(&check(invalid)), [code], "{invalid}");
            assert_eq!(password(invalid, &identifiers, true, &settings), [], "{invalid}");
        }
        assert_eq!(error_codes(&check("")), [codes::FORM_PASSWORD_LENGTH_TOO_SHORT]);
        assert_eq!(error_codes(&password("", &[], true, &settings)), [codes::FORM_PARAM_VALUE_INVALID]);
    }

    #[test]
    fn password_has_at_most_72_bytes_even_without_checks() {
        let settings = InstanceSettings::permissive();
        for skip_checks in [false, true] {
            assert_eq!(password(&"é".repeat(36), &[], skip_checks, &settings), []);
            let too_long = password(&format!("{}x", "é".repeat(36)), &[], skip_checks, &settings);
            assert_eq!(error_codes(&too_long), [codes::FORM_PASSWORD_SIZE_IN_BYTES_EXCEEDED]);
        }
    }
}
