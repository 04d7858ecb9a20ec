//! The rules for first and last names.
//!
//! The rules are taken from Clerk's CLI, which approximates the rules of the service. According to a comment in the
//! CLI, the service interprets old Discord usernames, such as `ada#0`, as URLs.

use super::Check;
use crate::error::codes;
use crate::rules::rejection::param_detail;

/// The maximum length of a name. Clerk's CLI counts bytes.
const MAX_NAME_BYTES: usize = 256;

/// Checks a first or last name. An empty name is valid.
pub(crate) fn name(param_name: &'static str, value: &str) -> Check {
    if value.len() > MAX_NAME_BYTES {
        let long =
            format!("{param_name} should not exceed {MAX_NAME_BYTES} characters. The length is measured in bytes.");
        return Err(param_detail(codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, param_name, "exceeds maximum length", long));
    }
    let rule = if is_blank(value) {
        "must contain a visible character"
    } else if contains_phone_number(value) {
        "must not contain a phone number"
    } else if contains_url(value) {
        "must not contain a URL"
    } else if contains_html_tag(value) {
        "must not contain an HTML tag"
    } else {
        return Ok(());
    };
    Err(param_detail(codes::FORM_PARAM_FORMAT_INVALID, param_name, "is invalid", format!("{param_name} {rule}.")))
}

/// Returns `true` if the text is not empty, but contains only whitespace and zero-width spaces.
fn is_blank(value: &str) -> bool {
    let is_invisible = |c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}');
    !value.is_empty() && value.chars().all(is_invisible)
}

/// Returns `true` if the text contains 10 to 15 digits, or 7 to 15 digits after `+` or `00`.
///
/// The digits can be separated by whitespace, parentheses, dots and hyphens.
fn contains_phone_number(value: &str) -> bool {
    let is_separator = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '.' | '-');
    let has_digits = |text: &str, min: usize| (min..=15).contains(&text.matches(|c: char| c.is_ascii_digit()).count());
    let is_national = |text: &str| match text.trim_start_matches(is_separator).strip_prefix("00") {
        Some(rest) => has_digits(rest, 7),
        None => has_digits(text, 10),
    };
    let is_international = |text: &str| {
        if text.starts_with(|c: char| c.is_ascii_digit()) { has_digits(text, 7) } else { is_national(text) }
    };
    value.split(|c: char| !c.is_ascii_digit() && !is_separator(c) && c != '+').any(|part| {
        let mut numbers = part.split('+');
        numbers.next().is_some_and(is_national) || numbers.any(is_international)
    })
}

/// Returns `true` if the text contains `://`, a host name with a dot that is followed by `/`, `?` or `#`
/// (`example.com/path`), or a word with a fragment (`ada#0`).
///
/// A text that contains an email address is accepted. A host name alone is also accepted, because names such as
/// `St.John` look the same.
fn contains_url(value: &str) -> bool {
    let is_email_address = |word: &str| {
        let (local, domain) = word.split_once('@').unwrap_or_default();
        !local.is_empty() && domain.trim_matches('.').contains('.')
    };
    let has_fragment = |word: &str| {
        let (path, fragment) = word.split_once('#').unwrap_or_default();
        !path.is_empty() && !fragment.is_empty()
    };
    let ends_with_host = |text: &str| {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        let host = text.rsplit(|c: char| !is_part(c)).next().unwrap_or_default();
        let (name, last) = host.rsplit_once('.').unwrap_or_default();
        !name.is_empty() && !name.ends_with('.') && !last.is_empty()
    };
    let ends = ['/', '?', '#'];
    let mut parts = value.split_inclusive(ends).filter_map(|part| part.strip_suffix(ends));
    let is_url = value.contains("://") || parts.any(ends_with_host) || value.split_whitespace().any(has_fragment);
    is_url && !value.split_whitespace().any(is_email_address)
}

/// Returns `true` if the text contains `<`, an optional `/`, a letter or `!`, and a later `>`.
fn contains_html_tag(value: &str) -> bool {
    value.match_indices('<').any(|(start, _)| {
        let tag = &value[start + 1..];
        let name = tag.strip_prefix('/').unwrap_or(tag);
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!') && name.contains('>')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_rejected(value: &str, rule: &str) {
        let error = name("first_name", value).unwrap_err();
        assert_eq!(
            (error.code(), error.param_name()),
            (codes::FORM_PARAM_FORMAT_INVALID, Some("first_name")),
            "{value}"
        );
        assert_eq!(error.long_message(), format!("first_name {rule}."), "{value}");
    }

    #[test]
    fn name_accepts_initials_numbers_hosts_and_email_addresses() {
        for valid in [
            "",
            "Ada",
            "Ada Lovelace",
            "Mary-Jane O'Neil",
            "C# Ada",
            "Ada #1",
            "Jr.",
            "St. John",
            "St.John",
            "J.R.R. Tolkien",
            "A.B./C.D.",
            "Ada/Grace",
            "Agent 007",
            "Ada 1815-1852",
            "+123456",
            "00123456",
            "123456789",
            "1234567890123456",
            "C++ 1815-12-10",
            "redacted.io",
            "visit example.com",
            "www.example",
            "www.example.com",
            ".com/path",
            "ada@x.dev",
            "ada@x.dev/x",
            "https://x.dev ada@x.dev",
            "I <3 you >",
            "a < b > c",
            "<b",
        ] {
            assert!(name("first_name", valid).is_ok(), "{valid}");
        }
    }

    #[test]
    fn name_has_at_most_256_bytes() {
        assert!(name("first_name", &"é".repeat(128)).is_ok());
        for param_name in ["first_name", "last_name"] {
            let error = name(param_name, &format!("{}a", "é".repeat(128))).unwrap_err();
            assert_eq!((error.code(), error.param_name()), (codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, Some(param_name)));
            let long = format!("{param_name} should not exceed 256 characters. The length is measured in bytes.");
            assert_eq!(error.long_message(), long);
        }
    }

    #[test]
    fn name_rejects_blank_text() {
        for blank in [" ", "   ", "\t\n", "\u{200b}", " \u{feff}\u{a0}"] {
            assert_rejected(blank, "must contain a visible character");
        }
    }

    #[test]
    fn name_rejects_phone_numbers() {
        for number in [
            "+447836887904",
            "+44 7836 887904",
            "4165550123",
            "(416) 555-0123",
            "416.555.0123",
            "Ada 416-555-0123",
            "123456789012345",
            "+1234567",
            "001234567",
            "00 44 7836 887904",
            "C++ +1234567",
            "5+1234567",
        ] {
            assert_rejected(number, "must not contain a phone number");
        }
    }

    #[test]
    fn name_rejects_urls() {
        for url in [
            "ada#0",
            "ada#1815",
            "https://example.com",
            "https://spam.example",
            "see x.com/win",
            "example.com/path",
            "example.com/",
            "x.com?a",
            "x.com#a",
            "(x.com/a)",
            "www.example.com/a",
            "Ada visit example.co.uk/a?b=c",
            "A.B/C",
            "bücher.example/a",
            "@x.dev/x",
            "ada@dev x.dev/x",
        ] {
            assert_rejected(url, "must not contain a URL");
        }
    }

    #[test]
    fn name_rejects_html_tags() {
        for tag in ["<b>Ada</b>", "Ada</p>", "<!-- Ada -->", "< <img src=x>", "<a <3>"] {
            assert_rejected(tag, "must not contain an HTML tag");
        }
    }
}
