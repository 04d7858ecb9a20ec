//! Validation rules: formats, sizes and the password policy.

use email_address::{EmailAddress, Options};
use unicode_normalization::UnicodeNormalization;

use super::rejection::{array_size_exceeded, param_detail};
use super::settings::InstanceSettings;
use crate::error::{ErrorDetail, codes};
use crate::fold::fold;
use crate::model::{MAX_LIST_VALUES, Metadata};

/// The maximum size of each kind of metadata in bytes.
const MAX_METADATA_BYTES: usize = 8 * 1024;
/// The maximum length of a password in bytes. bcrypt ignores all further bytes.
pub(crate) const MAX_PASSWORD_BYTES: usize = 72;
const MAX_NAME_CHARS: usize = 256;
const MAX_EXTERNAL_ID_CHARS: usize = 512;
const MAX_LOCALE_CHARS: usize = 64;
pub(super) const MAX_TOTP_SECRET_CHARS: usize = 256;
/// The characters that usernames can contain if the instance allows extended characters.
const EXTENDED_USERNAME_CHARACTERS: &str = "^$!.`#+~";
const TIMEZONE_BYTES: std::ops::RangeInclusive<usize> = 1..=64;

type Check = Result<(), ErrorDetail>;

/// Checks the number of characters of a text.
pub(crate) fn max_length(param_name: &'static str, value: &str, max: usize) -> Check {
    if value.chars().take(max + 1).count() <= max {
        return Ok(());
    }
    let long = format!("{param_name} should not exceed {max} characters.");
    Err(param_detail(codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, param_name, "exceeds maximum length", long))
}

/// Creates a detail for an empty parameter.
fn must_not_be_empty(param_name: &'static str) -> ErrorDetail {
    let long = format!("{param_name} is invalid. Must be not empty");
    param_detail(codes::FORM_PARAM_VALUE_INVALID, param_name, "is invalid", long)
}

/// Checks the number of values in a list.
pub(crate) fn list(param_name: &'static str, length: usize) -> Check {
    if length > MAX_LIST_VALUES { Err(array_size_exceeded(param_name, MAX_LIST_VALUES)) } else { Ok(()) }
}

/// Checks an email address. Display names are rejected, because an address with a display name would not be equal to
/// the same address without one.
pub(crate) fn email_address(value: &str) -> Check {
    let alone = Options::default().without_display_text();
    // The parser rejects combining characters, so the address is composed first.
    let composed: String = value.nfc().collect();
    if EmailAddress::parse_with_options(&composed, alone).is_ok() {
        return Ok(());
    }
    let long = "email_address must be a valid email address.";
    Err(param_detail(codes::FORM_PARAM_FORMAT_INVALID, "email_address", "is invalid", long))
}

/// Checks a phone number in E.164 format: a plus sign and 7 to 15 digits, the first of which is not 0.
pub(crate) fn phone_number(value: &str) -> Check {
    if is_phone_number(value) {
        return Ok(());
    }
    let long = "phone_number must be a valid phone number according to E.164 international standard.";
    Err(param_detail(codes::FORM_PARAM_FORMAT_INVALID, "phone_number", "is invalid", long))
}

fn is_phone_number(value: &str) -> bool {
    let digits = value.strip_prefix('+').unwrap_or_default().as_bytes();
    (7..=15).contains(&digits.len()) && digits[0] != b'0' && digits.iter().all(u8::is_ascii_digit)
}

/// Checks an Ethereum address (`0x` and 40 hexadecimal digits) or a Solana address (32 bytes in base58).
pub(crate) fn web3_wallet(value: &str) -> Check {
    let ethereum =
        value.strip_prefix("0x").is_some_and(|hex| hex.len() == 40 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let base58 = |b: u8| b.is_ascii_alphanumeric() && !matches!(b, b'0' | b'O' | b'I' | b'l');
    let solana = (32..=44).contains(&value.len()) && value.bytes().all(base58);
    if ethereum || solana {
        return Ok(());
    }
    let long = "web3_wallet must be a valid web3 wallet address.";
    Err(param_detail(codes::FORM_PARAM_FORMAT_INVALID, "web3_wallet", "is invalid", long))
}

/// Checks a username. Some of the messages are not in the catalog.
pub(crate) fn username(value: &str, settings: &InstanceSettings) -> Check {
    let invalid = |code, message: &'static str, long: String| Err(param_detail(code, "username", message, long));
    if is_phone_number(value) {
        let long = "username cannot be a phone number. Please choose a different username.";
        return invalid(codes::FORM_USERNAME_CANNOT_BE_PHONE_NUMBER, "cannot be a phone number", long.to_owned());
    }
    let (min, max) = (settings.min_username_length, settings.max_username_length);
    let length = value.chars().count();
    if length < min || length > max {
        let setting = if length < min { "min_username_length" } else { "max_username_length" };
        let long = format!(
            "Username must be between {min} and {max} characters long. The limit is the instance setting `{setting}`."
        );
        return invalid(codes::FORM_USERNAME_INVALID_LENGTH, "has an invalid length", long);
    }
    if !value.chars().all(|c| is_username_character(c, settings)) {
        let long = if settings.extended_username_characters {
            format!("Username can only contain letters, numbers and `_`, `-` or {EXTENDED_USERNAME_CHARACTERS}")
        } else {
            "Username can only contain letters, numbers and '_' or '-'. The instance setting \
             `extended_username_characters` is `false`."
                .to_owned()
        };
        return invalid(codes::FORM_USERNAME_INVALID_CHARACTER, "contains invalid characters", long);
    }
    if value.chars().all(|c| c.is_ascii_digit()) {
        let long = "Username must contain one non-number character.";
        return invalid(codes::FORM_USERNAME_NEEDS_NON_NUMBER_CHAR, "consists of numbers only", long.to_owned());
    }
    Ok(())
}

fn is_username_character(c: char, settings: &InstanceSettings) -> bool {
    let extended = settings.extended_username_characters && EXTENDED_USERNAME_CHARACTERS.contains(c);
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-') || extended
}

/// Checks an external id. It must not be empty, because it is a unique key.
pub(crate) fn external_id(value: &str) -> Check {
    if value.is_empty() {
        return Err(must_not_be_empty("external_id"));
    }
    max_length("external_id", value, MAX_EXTERNAL_ID_CHARS)
}

/// Checks the syntax of a BCP 47 language tag: alphanumeric subtags, the first of which consists of letters.
pub(crate) fn locale(value: &str) -> Check {
    let mut subtags = value.split('-');
    let language = subtags.next().unwrap_or_default();
    let well_formed = (2..=8).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphabetic())
        && subtags.all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric()));
    if well_formed {
        return max_length("locale", value, MAX_LOCALE_CHARS);
    }
    let long = "locale must be a valid BCP-47 language tag.";
    Err(param_detail(codes::FORM_PARAM_FORMAT_INVALID, "locale", "is invalid", long))
}

/// Checks the syntax of an IANA time zone name, such as `America/Argentina/Buenos_Aires`, `Etc/GMT+1` or `UTC`.
pub(crate) fn timezone(value: &str) -> Check {
    let is_part_of_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+');
    let is_name = |name: &str| name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(is_part_of_name);
    if TIMEZONE_BYTES.contains(&value.len()) && value.split('/').all(is_name) {
        return Ok(());
    }
    let long = "timezone must be a valid IANA time zone name.";
    Err(param_detail(codes::FORM_PARAM_FORMAT_INVALID, "timezone", "is invalid", long))
}

/// Checks a first or last name. Names that contain a URL are rejected.
pub(crate) fn name(param_name: &'static str, value: &str) -> Check {
    max_length(param_name, value, MAX_NAME_CHARS)?;
    if looks_like_url(value) {
        let long = format!("{param_name} must not contain a URL.");
        return Err(param_detail(codes::FORM_PARAM_FORMAT_INVALID, param_name, "is invalid", long));
    }
    Ok(())
}

/// Returns `true` if the text contains `://`, or a word that begins with `www.`, has a fragment (`ada#0`), or is a host
/// name with a path (`example.com/path`).
///
/// A host name without a path is allowed, because names such as `St.John` look the same.
fn looks_like_url(value: &str) -> bool {
    let has_fragment = |word: &str| {
        let (path, fragment) = word.split_once('#').unwrap_or_default();
        !path.is_empty() && !fragment.is_empty()
    };
    let has_path = |word: &str| {
        let (host, _path) = word.split_once('/').unwrap_or_default();
        let (name, top_level) = host.rsplit_once('.').unwrap_or_default();
        !name.is_empty() && top_level.len() >= 2 && top_level.bytes().all(|b| b.is_ascii_alphabetic())
    };
    let has_www = |word: &str| word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
    let is_url = |word: &str| has_www(word) || has_fragment(word) || has_path(word);
    value.contains("://") || value.split_whitespace().any(is_url)
}

/// Checks the size of metadata. Insignificant whitespace does not count, because it is not stored.
pub(crate) fn metadata(param_name: &'static str, metadata: &Metadata) -> Check {
    let fits = |metadata: &Metadata| metadata.size_in_bytes() <= MAX_METADATA_BYTES;
    if fits(metadata) || fits(&metadata.compact()) {
        return Ok(());
    }
    let long = format!("{param_name} exceeds the maximum allowed size of 8 KB.");
    Err(param_detail(codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE, param_name, "exceeds allowed size", long))
}

/// Checks the password policy. A password has 1 to 72 bytes even if `skip_checks` is set.
pub(crate) fn password(value: &str, identifiers: &[&str], skip_checks: bool, settings: &InstanceSettings) -> Check {
    let invalid = |code, message: &'static str, setting: Option<&str>| {
        let long = setting.map_or_else(
            || message.to_owned(),
            |setting| format!("{message} The rule is the instance setting `{setting}`."),
        );
        Err(param_detail(code, "password", message, long))
    };
    if value.len() > MAX_PASSWORD_BYTES {
        let message = "Your password is too long. Please use a shorter one.";
        return invalid(codes::FORM_PASSWORD_SIZE_IN_BYTES_EXCEEDED, message, None);
    }
    if value.is_empty() && (skip_checks || settings.min_password_length == 0) {
        return Err(must_not_be_empty("password"));
    }
    if skip_checks {
        return Ok(());
    }
    if value.chars().count() < settings.min_password_length {
        let min = settings.min_password_length;
        let long = format!(
            "Passwords must be {min} characters or more. The minimum is the instance setting `min_password_length`."
        );
        return Err(param_detail(codes::FORM_PASSWORD_LENGTH_TOO_SHORT, "password", "is too short", long));
    }
    let special = |c: char| !c.is_alphanumeric() && !c.is_whitespace();
    if settings.require_uppercase && !value.chars().any(char::is_uppercase) {
        let message = "Passwords must contain at least one uppercase character.";
        return invalid(codes::FORM_PASSWORD_NO_UPPERCASE, message, Some("require_uppercase"));
    }
    if settings.require_lowercase && !value.chars().any(char::is_lowercase) {
        let message = "Passwords must contain at least one lowercase character.";
        return invalid(codes::FORM_PASSWORD_NO_LOWERCASE, message, Some("require_lowercase"));
    }
    if settings.require_number && !value.chars().any(|c| c.is_ascii_digit()) {
        let message = "Passwords must contain at least one number.";
        return invalid(codes::FORM_PASSWORD_NO_NUMBER, message, Some("require_number"));
    }
    if settings.require_special_character && !value.chars().any(special) {
        let message = "Passwords must contain at least one special character.";
        return invalid(codes::FORM_PASSWORD_NO_SPECIAL_CHAR, message, Some("require_special_character"));
    }
    let folded = fold(value);
    if identifiers.iter().any(|identifier| fold(identifier) == folded) {
        let message = "Password cannot match your email address, phone number or username. For account safety, please \
                       use a different password.";
        return invalid(codes::FORM_PASSWORD_MATCHES_IDENTIFIER, message, None);
    }
    if settings.leaked_passwords.iter().any(|leaked| leaked == value) {
        let message = "Password has been found in an online data breach. For account safety, please use a different \
                       password.";
        return invalid(codes::FORM_PASSWORD_PWNED, message, Some("leaked_passwords"));
    }
    Ok(())
}

/// Returns `true` if the data begins like a PNG, JPEG, GIF, `WebP`, AVIF or HEIC image.
pub(crate) fn is_image(data: &[u8]) -> bool {
    let riff = |kind: &[u8]| data.starts_with(b"RIFF") && data.get(8..12) == Some(kind);
    let iso = || matches!(data.get(4..12), Some(b"ftypavif" | b"ftypheic" | b"ftypmif1"));
    data.starts_with(b"\x89PNG\r\n\x1a\n")
        || data.starts_with(b"\xff\xd8\xff")
        || data.starts_with(b"GIF8")
        || riff(b"WEBP")
        || iso()
}

#[cfg(test)]
mod tests;
