//! Validation rules: formats, sizes and the password policy.

mod name;
mod password_policy;

use email_address::{EmailAddress, Options};
use unicode_normalization::UnicodeNormalization;

pub(crate) use self::name::name;
pub(crate) use self::password_policy::{MAX_PASSWORD_BYTES, password};
use super::rejection::{array_size_exceeded, param_detail};
use super::settings::InstanceSettings;
use crate::error::{ErrorDetail, codes};
use crate::model::{MAX_LIST_VALUES, Metadata};

/// The maximum size of each kind of metadata in bytes.
const MAX_METADATA_BYTES: usize = 8 * 1024;
const MAX_EXTERNAL_ID_CHARS: usize = 512;
const MAX_LOCALE_CHARS: usize = 64;
pub(super) const MAX_TOTP_SECRET_CHARS: usize = 256;
/// The characters that usernames can contain if the instance allows extended characters, according to Clerk's CLI.
const EXTENDED_USERNAME_CHARACTERS: &str = "^$!.`#+~'";
const TIMEZONE_BYTES: std::ops::RangeInclusive<usize> = 1..=64;

type Check = Result<(), ErrorDetail>;

/// Checks the number of characters in a string.
pub(crate) fn max_length(param_name: &'static str, value: &str, max: usize) -> Check {
    if value.chars().take(max + 1).count() <= max {
        return Ok(());
    }
    let long = format!("{param_name} should not exceed {max} characters.");
    Err(param_detail(codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, param_name, "exceeds maximum length", long))
}

/// Creates an error detail for an empty parameter.
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
///
/// The domain must contain a dot. According to Clerk's CLI, its last label must also be in the public suffix list. This
/// is not checked, because tests use domains such as `example.test`.
pub(crate) fn email_address(value: &str) -> Check {
    let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
    // The parser rejects combining characters, so the address is composed first.
    let composed: String = value.nfc().collect();
    if EmailAddress::parse_with_options(&composed, options).is_ok() {
        return Ok(());
    }
    let long = "email_address must be a valid email address. Its domain must contain a dot.";
    Err(param_detail(codes::FORM_PARAM_FORMAT_INVALID, "email_address", "is invalid", long))
}

/// Checks a phone number in E.164 format: a plus sign and 7 to 15 digits, the first of which is not 0.
pub(crate) fn phone_number(value: &str) -> Check {
    if is_e164(value, 7) {
        return Ok(());
    }
    let long = "phone_number must be a valid phone number according to E.164 international standard.";
    Err(param_detail(codes::FORM_PARAM_FORMAT_INVALID, "phone_number", "is invalid", long))
}

/// Returns `true` if the text is a plus sign and `min` to 15 digits, the first of which is not 0.
fn is_e164(value: &str, min: usize) -> bool {
    let digits = value.strip_prefix('+').unwrap_or_default().as_bytes();
    (min..=15).contains(&digits.len()) && digits[0] != b'0' && digits.iter().all(u8::is_ascii_digit)
}

/// Checks an Ethereum address (`0x` and 40 hexadecimal digits) or a Solana address (32 to 44 base58 characters).
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

/// Checks a username, according to the rules in Clerk's CLI. Some of the messages are not in the error catalog.
pub(crate) fn username(value: &str, settings: &InstanceSettings) -> Check {
    let invalid = |code, message: &'static str, long: String| Err(param_detail(code, "username", message, long));
    if is_e164(value, 2) {
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
    if !value.contains(|c: char| c.is_ascii_alphabetic()) {
        let long = "Username must contain at least one letter from a to z.";
        return invalid(codes::FORM_USERNAME_NEEDS_NON_NUMBER_CHAR, "contains no letter", long.to_owned());
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

/// Checks the size of metadata. Insignificant whitespace does not count, because it is not stored.
pub(crate) fn metadata(param_name: &'static str, metadata: &Metadata) -> Check {
    let fits = |metadata: &Metadata| metadata.size_in_bytes() <= MAX_METADATA_BYTES;
    if fits(metadata) || fits(&metadata.compact()) {
        return Ok(());
    }
    // The text is that of an example in older documentation of Clerk, with today's limit.
    let message = format!("The given {param_name} exceeds the maximum allowed size of 8192 bytes (8 KB).");
    let detail = ErrorDetail::new(codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE).with_param_name(param_name);
    Err(detail.with_message(message.clone()).with_long_message(message))
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
