//! Times in RFC 3339 format.

use jiff::Timestamp;

/// Parses a time in RFC 3339 format, such as `2022-10-20T10:00:27.645Z`.
///
/// The parser of [`Timestamp`] also accepts times that the service rejects: other formats, such as `20221020T10Z`,
/// offsets of more than a day, and times with a time zone name.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    if is_rfc3339(text) { text.parse().ok() } else { None }
}

/// Checks the shape of a time: `0000-00-00T00:00:00`, an optional fraction, and `Z` or an offset such as `+00:00`.
///
/// RFC 3339 has no negative years. They are accepted in the format of [`Timestamp`] (`-000001`), because this crate's
/// client sends this format.
fn is_rfc3339(text: &str) -> bool {
    let text = text.strip_prefix("-00").unwrap_or(text);
    let Some((time, rest)) = text.split_at_checked(19) else { return false };
    if !has_shape(&time.to_ascii_uppercase(), "0000-00-00T00:00:00") {
        return false;
    }
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
        None => rest,
    };
    if zone.eq_ignore_ascii_case("Z") {
        return true;
    }
    zone.strip_prefix(['+', '-'])
        .filter(|offset| has_shape(offset, "00:00"))
        .is_some_and(|offset| offset[..2] < *"24" && offset[3..] < *"60")
}

/// Returns whether `text` matches `shape`, in which a `0` stands for any digit.
fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(byte, expected): (u8, u8)| if expected == b'0' { byte.is_ascii_digit() } else { byte == expected };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn parse_accepts_rfc_3339() {
        for text in [
            "2024-01-01T00:00:00Z",
            "2024-01-01t00:00:00z",
            "2024-01-01T00:00:00.5Z",
            "2024-01-01T00:00:00.123456789+14:00",
            "2024-01-01T00:00:00-00:00",
            "2024-02-29T23:59:59-23:59",
            "0000-01-01T00:00:00Z",
            "-000001-01-01T00:00:00Z",
        ] {
            assert!(parse(text).is_some(), "{text}");
        }
        assert_eq!(parse("2024-01-01T01:00:00+01:00"), parse("2024-01-01T00:00:00Z"));
    }

    #[test]
    fn parse_rejects_other_formats() {
        for text in [
            "",
            "2024-01-01",
            "2024-01-01T00:00:00",
            "2024-01-01 00:00:00Z",
            "2024-01-01T00:00Z",
            "20240101T000000Z",
            "2024-01-01T00:00:00,5Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00+0000",
            "2024-01-01T00:00:00+00",
            "2024-01-01T00:00:00+25:00",
            "2024-01-01T00:00:00+00:60",
            "2024-01-01T00:00:00Z[Europe/Berlin]",
            "2024-01-01T00:00:00+01:00[Europe/Berlin]",
            "-0001-01-01T00:00:00Z",
            "+012024-01-01T00:00:00Z",
            "2024-W01-1T00:00:00Z",
            "2024-02-30T00:00:00Z",
            "2024-01-01T24:00:00Z",
            " 2024-01-01T00:00:00Z",
            "2024-01-01T00:00:00Zé",
            "2024-01-01T00:00:0é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
