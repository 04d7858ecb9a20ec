//! Validation rules: formats, sizes and the password policy.

use email_address::{EmailAddress, Options};

use super::rejection::param;
use super::settings::InstanceSettings;
use crate::error::{ErrorDetail, codes};
use crate::model::Metadata;

/// The size limit of each kind of metadata.
const MAX_METADATA_BYTES: usize = 8 * 1024;
/// bcrypt ignores all further bytes.
const MAX_PASSWORD_BYTES: usize = 72;
const MAX_NAME_CHARS: usize = 256;
const TIMEZONE_BYTES: std::ops::RangeInclusive<usize> = 1..=64;
const USERNAME_CHARS: std::ops::RangeInclusive<usize> = 4..=64;

type Check = Result<(), ErrorDetail>;

/// Checks an email address. Display names are rejected, because they would make equal addresses differ.
pub(crate) fn email_address(value: &str) -> Check {
    let alone = Options::default().without_display_text();
    if EmailAddress::parse_with_options(value, alone).is_ok() {
        return Ok(());
    }
    Err(param(codes::FORM_PARAM_FORMAT_INVALID, "email_address", "must be a valid email address"))
}

/// Checks a phone number in E.164 format: a plus sign and 7 to 15 digits that do not start with 0.
pub(crate) fn phone_number(value: &str) -> Check {
    if is_phone_number(value) {
        return Ok(());
    }
    Err(param(codes::FORM_PARAM_FORMAT_INVALID, "phone_number", "must be a valid phone number in E.164 format"))
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
    Err(param(codes::FORM_PARAM_FORMAT_INVALID, "web3_wallet", "must be a valid wallet address"))
}

pub(crate) fn username(value: &str) -> Check {
    if is_phone_number(value) {
        return Err(param(codes::FORM_USERNAME_CANNOT_BE_PHONE_NUMBER, "username", "must not be a phone number"));
    }
    if !USERNAME_CHARS.contains(&value.chars().count()) {
        return Err(param(codes::FORM_USERNAME_INVALID_LENGTH, "username", "must have 4 to 64 characters"));
    }
    if !value.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
        let message = "can only have letters, digits, `_`, `-` and `.`";
        return Err(param(codes::FORM_USERNAME_INVALID_CHARACTER, "username", message));
    }
    if value.chars().all(|c| c.is_ascii_digit()) {
        return Err(param(codes::FORM_USERNAME_NEEDS_NON_NUMBER_CHAR, "username", "must not consist of digits only"));
    }
    Ok(())
}

/// Must not be empty: it is a unique key.
pub(crate) fn external_id(value: &str) -> Check {
    if value.is_empty() {
        return Err(param(codes::FORM_PARAM_VALUE_INVALID, "external_id", "must not be empty"));
    }
    Ok(())
}

/// Checks the syntax of a BCP 47 language tag: alphanumeric subtags, of which the first has letters only.
pub(crate) fn locale(value: &str) -> Check {
    let mut subtags = value.split('-');
    let language = subtags.next().unwrap_or_default();
    let well_formed = (2..=8).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphabetic())
        && subtags.all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric()));
    if well_formed {
        return Ok(());
    }
    Err(param(codes::FORM_PARAM_FORMAT_INVALID, "locale", "must be a valid BCP 47 language tag"))
}

/// Checks the syntax of an IANA time zone name, such as `America/Argentina/Buenos_Aires`, `Etc/GMT+1` or `UTC`.
pub(crate) fn timezone(value: &str) -> Check {
    let is_part_of_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+' | b'/');
    if TIMEZONE_BYTES.contains(&value.len()) && value.bytes().all(is_part_of_name) {
        return Ok(());
    }
    Err(param(codes::FORM_PARAM_FORMAT_INVALID, "timezone", "must be a valid IANA time zone name"))
}

pub(crate) fn name(param_name: &'static str, value: &str) -> Check {
    if value.chars().count() <= MAX_NAME_CHARS {
        return Ok(());
    }
    Err(param(codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, param_name, "must not have more than 256 characters"))
}

/// Checks the size. Whitespace does not count, because it is not stored.
pub(crate) fn metadata(param_name: &'static str, metadata: &Metadata) -> Check {
    let fits = |metadata: &Metadata| metadata.size_in_bytes() <= MAX_METADATA_BYTES;
    if fits(metadata) || fits(&metadata.compact()) {
        return Ok(());
    }
    Err(param(codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE, param_name, "must not have more than 8 KB"))
}

/// Checks the password policy. The limit of 72 bytes always applies, because bcrypt ignores the rest.
pub(crate) fn password(value: &str, identifiers: &[&str], skip_checks: bool, settings: &InstanceSettings) -> Check {
    if value.len() > MAX_PASSWORD_BYTES {
        let message = "must not have more than 72 bytes";
        return Err(param(codes::FORM_PASSWORD_SIZE_IN_BYTES_EXCEEDED, "password", message));
    }
    if skip_checks {
        return Ok(());
    }
    if value.chars().count() < settings.min_password_length {
        return Err(param(codes::FORM_PASSWORD_LENGTH_TOO_SHORT, "password", "is too short"));
    }
    if identifiers.iter().any(|identifier| identifier.eq_ignore_ascii_case(value)) {
        let message = "must not be one of the user's identifiers";
        return Err(param(codes::FORM_PASSWORD_MATCHES_IDENTIFIER, "password", message));
    }
    if settings.leaked_passwords.iter().any(|leaked| leaked == value) {
        return Err(param(codes::FORM_PASSWORD_PWNED, "password", "is in a list of leaked passwords"));
    }
    Ok(())
}

/// Detects image formats that browsers support by their magic bytes.
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
