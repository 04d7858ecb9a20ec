//! Times in the formats of exports.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

use super::value::{Expected, Value};

/// The unit of a time that is a number. It is part of the mapping and never guessed from the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Seconds,
    Milliseconds,
}

impl Unit {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "seconds" => Some(Self::Seconds),
            "milliseconds" => Some(Self::Milliseconds),
            _ => None,
        }
    }
}

/// Converts a value to a time, or to `None` for the zero dates of MySQL.
///
/// Text is in RFC 3339 or RFC 2822 format, also with a space before the time, without an offset (UTC), or with `UTC` or
/// an offset after a space. A number needs a unit.
pub fn time(value: &Value, unit: Option<Unit>) -> Result<Option<Timestamp>, Expected> {
    let text = value.as_str().trim();
    if text.starts_with("0000-00-00") {
        return Ok(None);
    }
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    let time = match unit {
        _ if is_number && text.matches('-').count() < 2 => {
            let Some(unit) = unit else {
                return Err("a time in RFC 3339 format; map numbers to FIELD:seconds or FIELD:milliseconds");
            };
            number(text, unit)
        }
        _ => written(text),
    };
    time.map(Some).ok_or("a time, such as 2024-01-15T10:30:00Z or 2024-01-15 10:30:00 UTC")
}

fn number(text: &str, unit: Unit) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let whole: i64 = whole.parse().ok()?;
    match unit {
        Unit::Milliseconds => Timestamp::from_millisecond(whole).ok(),
        Unit::Seconds => {
            let milliseconds = format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok()?;
            let time = Timestamp::from_second(whole).ok()?;
            time.checked_add(jiff::SignedDuration::from_millis(milliseconds)).ok()
        }
    }
}

fn written(text: &str) -> Option<Timestamp> {
    let in_utc = |text: &str| TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    let without_zone = text.strip_suffix("UTC").or_else(|| text.strip_suffix("GMT")).map(str::trim_end);
    // `2024-01-15 10:30:00 +00:00`: the last space precedes the offset.
    let joined = || {
        let (time, offset) = text.rsplit_once(' ')?;
        let is_offset = offset.starts_with(['+', '-']) && time.contains(':');
        is_offset.then(|| format!("{time}{offset}").parse().ok()).flatten()
    };
    (text.parse().ok())
        .or_else(joined)
        .or_else(|| without_zone.and_then(in_utc))
        .or_else(|| in_utc(text))
        .or_else(|| Some(rfc2822::parse(text).ok()?.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, unit: Option<Unit>) -> Result<Option<String>, Expected> {
        let time = time(&Value::of_text(text.to_owned()).unwrap(), unit)?;
        Ok(time.map(|time| time.to_string()))
    }

    #[test]
    fn time_accepts_the_formats_of_common_exports() {
        for text in [
            "2024-01-15T10:30:00Z",
            "2024-01-15T11:30:00+01:00",
            "2024-01-15 10:30:00",
            "2024-01-15 10:30:00 UTC",
            "2024-01-15 10:30:00+00",
            "2024-01-15 10:30:00.0000000 +00:00",
            "2024-01-15 10:30:00 +0000",
            "Mon, 15 Jan 2024 10:30:00 GMT",
            "Mon, 15 Jan 2024 11:30:00 +0100",
        ] {
            assert_eq!(parse(text, None), Ok(Some("2024-01-15T10:30:00Z".to_owned())), "{text}");
        }
        assert_eq!(parse("2024-01-15", None), Ok(Some("2024-01-15T00:00:00Z".to_owned())));
        assert_eq!(parse("2024-01-15 10:30:00.123456+00", None), Ok(Some("2024-01-15T10:30:00.123456Z".to_owned())));
        assert_eq!(parse("0000-00-00 00:00:00", None), Ok(None));
    }

    #[test]
    fn time_reads_a_number_only_with_a_unit() {
        let expected = Ok(Some("2024-01-15T10:30:00Z".to_owned()));
        assert_eq!(parse("1705314600", Some(Unit::Seconds)), expected);
        assert_eq!(parse("1705314600000", Some(Unit::Milliseconds)), expected);
        assert_eq!(parse("1705314600.25", Some(Unit::Seconds)), Ok(Some("2024-01-15T10:30:00.25Z".to_owned())));
        for text in ["1705314600", "1705314600000", "20240115", "2024"] {
            assert!(parse(text, None).unwrap_err().contains("FIELD:seconds"), "{text}");
        }
        for text in ["yesterday", "1/15/2024 10:30", "15.01.2024"] {
            assert!(parse(text, None).is_err(), "{text}");
        }
    }
}
