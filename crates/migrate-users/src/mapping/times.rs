//! Times in the formats of exports.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::rfc2822;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

use super::value::{Expected, Value};

/// The unit of a numeric time. It is part of the mapping, and is never guessed from the number.
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

/// The reason why a value is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeError {
    /// The value is a number, and the mapping has no unit for it.
    NoUnit,
    /// The number is plausible only in this unit, which is not the unit of the mapping.
    OtherUnit(Unit),
    /// The value is a number of days, as spreadsheets store times.
    Days,
    Malformed,
}

impl From<TimeError> for Expected {
    fn from(error: TimeError) -> Self {
        match error {
            TimeError::NoUnit => "a time in RFC 3339 format; map numbers to FIELD:seconds or FIELD:milliseconds",
            TimeError::OtherUnit(Unit::Seconds) => {
                "a number of milliseconds, but is one of seconds; map it to FIELD:seconds"
            }
            TimeError::OtherUnit(Unit::Milliseconds) => {
                "a number of seconds, but is one of milliseconds; map it to FIELD:milliseconds"
            }
            TimeError::Days => {
                "a time, but is a number of days, as spreadsheets store times; format the cells as yyyy-mm-dd hh:mm:ss \
                 before you export them"
            }
            TimeError::Malformed => "a time, such as 2024-01-15T10:30:00Z or 2024-01-15 10:30:00 UTC",
        }
    }
}

/// The start of the plausible numeric times: 1990-01-01.
const MIN_SECONDS: i64 = 631_152_000;
/// The end of the plausible numeric times: 2100-01-01.
const MAX_SECONDS: i64 = 4_102_444_800;
/// The end of 1970-01-01. Earlier times are treated as missing, because databases and programs write them for missing
/// times.
const END_OF_ZERO_TIMES: i64 = 86_400;

/// Converts a value to a time, or to `None` for zero times such as `0000-00-00` or 1970-01-01.
///
/// Text is in RFC 3339 or RFC 2822 format, in a format of SQL, Go, Rails, JavaScript or MongoDB, or has an English
/// month name. A date such as `1/15/2024` is malformed, because the order of day and month is ambiguous. A time without
/// an offset is in UTC. A number other than 0 needs a unit. `infinity` and the last days of the year 9999 become the
/// last timestamp.
pub fn time(value: &Value, unit: Option<Unit>) -> Result<Option<Timestamp>, TimeError> {
    if let Some(date) = value.inner("$date") {
        // Numbers in the JSON of MongoDB are milliseconds.
        return time(&date.inner("$numberLong").unwrap_or(date), Some(Unit::Milliseconds));
    }
    let text = value.as_str().trim();
    if text.starts_with("0000-00-00") || text.eq_ignore_ascii_case("-infinity") || is_zero(text) {
        return Ok(None);
    }
    let time = match unit {
        _ if separator_of_ambiguous_date(text).is_some() => None,
        _ if is_number_of_days(text) => return Err(TimeError::Days),
        None if compact(text).is_some() => compact(text),
        _ if is_number(text) => number_with_unit(text, unit.ok_or(TimeError::NoUnit)?)?,
        _ => written(text),
    };
    let time = time.ok_or(TimeError::Malformed)?;
    Ok(Some(time).filter(|time| time.as_second() >= END_OF_ZERO_TIMES))
}

/// Converts a flag, or the time of the event that sets it, to the flag and the time. Zero times mean `false`.
pub fn flag_or_time(value: &Value) -> Result<(bool, Option<Timestamp>), Expected> {
    if let Ok(is_set) = value.boolean() {
        return Ok((is_set, None));
    }
    event_time(value).map(|time| (time.is_some(), time))
}

/// Converts a value to the time of an event, or to `None` for zero times and the word `null`.
///
/// A number needs no unit. It must be a plausible time in seconds or milliseconds, so that a number such as -1 is not
/// mistaken for a time.
pub fn event_time(value: &Value) -> Result<Option<Timestamp>, Expected> {
    let text = value.as_str().trim();
    if text.eq_ignore_ascii_case("null") {
        return Ok(None);
    }
    let time = if !is_number(text) || compact(text).is_some() {
        time(value, None).ok()
    } else {
        plausible(text, Unit::Seconds).or_else(|| plausible(text, Unit::Milliseconds)).map(Some)
    };
    time.ok_or("true, false or a time, such as 2024-01-15T10:30:00Z or 2024-01-15 10:30:00 UTC")
}

/// Returns the separator of a date such as `1/15/2024` or `15.01.24`, in which the order of day and month is ambiguous.
fn separator_of_ambiguous_date(text: &str) -> Option<char> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let separator = text[digits(text)..].chars().next().filter(|separator| matches!(separator, '.' | '/' | '-'))?;
    let (first, rest) = text.split_once(separator)?;
    let second = digits(rest);
    let has_lengths = (1..=2).contains(&first.len()) && (1..=2).contains(&second);
    (has_lengths && rest[second..].starts_with(separator)).then_some(separator)
}

/// Converts text such as `1/15/2024 10:30`, in which the order of day and month is ambiguous, to the latest time that it
/// can mean, or to `None` for zero times.
pub fn latest_meaning(text: &str) -> Result<Option<Timestamp>, TimeError> {
    let text = text.trim();
    let (long, short): (&[&str], &[&str]) = match separator_of_ambiguous_date(text) {
        Some('.') => (&["%d.%m.%Y"], &["%d.%m.%y"]),
        Some('/') => (&["%m/%d/%Y", "%d/%m/%Y"], &["%m/%d/%y", "%d/%m/%y"]),
        Some(_) => (&["%m-%d-%Y", "%d-%m-%Y"], &[]),
        None => return Err(TimeError::Malformed),
    };
    let (date, time) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let of_day = |format: &&str| Time::strptime(format, time.trim_start()).ok();
    let time = TIMES.iter().find_map(of_day).ok_or(TimeError::Malformed)?;
    let parse = |format: &&str| {
        let date = Date::strptime(format, date).ok().filter(|date| date.year() >= 1000)?;
        in_utc(date.to_datetime(time))
    };
    let meanings = |formats: &[&str]| formats.iter().filter_map(parse).collect::<Vec<_>>();
    let mut times = meanings(long);
    if times.is_empty() {
        times = meanings(short);
    }
    let latest = times.iter().max().ok_or(TimeError::Malformed)?;
    Ok(times.iter().all(|time| time.as_second() >= END_OF_ZERO_TIMES).then_some(*latest))
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Converts a time in the notation `20240115103000`. As a number, it would be a time after the year 2500.
fn compact(text: &str) -> Option<Timestamp> {
    let is_compact = text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit());
    let (date, time) = text.split_at_checked(8).filter(|_| is_compact)?;
    in_utc(format!("{date}T{time}").parse().ok()?)
}

/// Returns whether text is a number of days since 1900, for a time in the years from 1954 to 2119. As a number of
/// seconds or milliseconds, it would be a time in 1970, which means a missing time.
fn is_number_of_days(text: &str) -> bool {
    is_number(text) && text.parse::<f64>().is_ok_and(|days| (20_000.0..80_000.0).contains(&days))
}

fn is_zero(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

/// Converts a number. An implausible time is an error if the number is plausible in the other unit, because all rows
/// would have wrong times.
fn number_with_unit(text: &str, unit: Unit) -> Result<Option<Timestamp>, TimeError> {
    let other = match unit {
        Unit::Seconds => Unit::Milliseconds,
        Unit::Milliseconds => Unit::Seconds,
    };
    if plausible(text, unit).is_none() && plausible(text, other).is_some() {
        return Err(TimeError::OtherUnit(other));
    }
    Ok(number(text, unit))
}

/// Returns whether a time that was read as a number of milliseconds is plausible only as a number of seconds.
pub fn is_in_seconds(time: Timestamp) -> bool {
    (MIN_SECONDS..MAX_SECONDS).contains(&time.as_millisecond())
}

/// Converts a number to a time in the years from 1990 to 2099.
fn plausible(text: &str, unit: Unit) -> Option<Timestamp> {
    number(text, unit).filter(|time| (MIN_SECONDS..MAX_SECONDS).contains(&time.as_second()))
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
    if let Some(milliseconds) = text.strip_prefix("/Date(").and_then(|text| text.strip_suffix(")/")) {
        // The JSON of ASP.NET. An offset determines only how the time is displayed.
        let number = milliseconds.split(['+', '-']).next()?;
        return Timestamp::from_millisecond(number.parse().ok()?).ok();
    }
    let text = with_dashes(text).replace('\u{2212}', "-");
    // Other parsers ignore a time zone in brackets. Without its offset, the time is malformed.
    if text.split_once('[').is_some_and(|(_, zone)| !matches!(zone, "UTC]" | "Etc/UTC]" | "GMT]")) {
        return text.parse().ok();
    }
    // The last days of the year 9999, which are written for infinity, can be after the last timestamp.
    let is_last = text.eq_ignore_ascii_case("infinity") || text.starts_with("9999-12-3");
    (text.parse().ok())
        .or_else(|| spaced(&text))
        .or_else(|| in_utc(text.parse().ok()?))
        .or_else(|| has_rfc2822_zone(&text).then(|| Some(rfc2822::parse(&text).ok()?.timestamp()))?)
        .or_else(|| javascript(&text))
        .or_else(|| is_last.then_some(Timestamp::MAX))
}

/// The names of time zones in RFC 2822. Parsers read other names as UTC.
const RFC2822_ZONES: [&str; 12] = ["UT", "UTC", "GMT", "Z", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"];

/// Returns whether the word after the time is an offset, or the name of a time zone in RFC 2822.
fn has_rfc2822_zone(text: &str) -> bool {
    let zone = text.split_whitespace().skip_while(|word| !word.contains(':')).nth(1);
    let is_name = |zone: &str| zone.starts_with(|first: char| first.is_ascii_alphabetic());
    zone.is_none_or(|zone| !is_name(zone) || RFC2822_ZONES.iter().any(|name| name.eq_ignore_ascii_case(zone)))
}

fn in_utc(time: DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(time).ok()
}

/// Replaces the slashes of the date in text such as `2024/01/15 10:30:00`.
fn with_dashes(text: &str) -> String {
    match text.as_bytes() {
        [_, _, _, _, b'/', _, _, b'/', ..] => text.replacen('/', "-", 2),
        _ => text.to_owned(),
    }
}

/// Parses a date, a time, and an offset or the name of a time zone, separated by spaces or commas, such as
/// `2024-01-15 10:30:00 +0000 UTC` or `Jan 15, 2024 10:30 AM`. If the time zone is not UTC, the offset is required.
fn spaced(text: &str) -> Option<Timestamp> {
    let is_separator = |character: char| character.is_whitespace() || character == ',';
    let parts = text.split(is_separator).filter(|part| !part.is_empty());
    let (offsets, parts): (Vec<_>, Vec<_>) = parts.partition(|part| part.starts_with(['+', '-']));
    let parts: Vec<_> = parts.into_iter().filter(|part| !is_redundant(part)).collect();
    match offsets[..] {
        [] => in_utc(date_and_time(&parts)?),
        [offset] => {
            // The last part may be the name of a time zone.
            let time = date_and_time(&parts).or_else(|| date_and_time(parts.split_last()?.1))?;
            format!("{time}{offset}").parse().ok()
        }
        _ => None,
    }
}

/// The notations of dates in which the order of day and month is unambiguous.
const DATES: [&str; 6] = ["%Y-%m-%d", "%b %d %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y"];
/// The notations of times. A date without a time means midnight.
const TIMES: [&str; 7] = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S%.f %p", "%I:%M %p", "%H.%M.%S%.f", "%I.%M.%S%.f %p", ""];
/// The notation of `asctime` in C, and of `date` on Unix.
const ASCTIME: [&str; 2] = ["%b %d %H:%M:%S %Y", "%B %d %H:%M:%S %Y"];

fn date_and_time(parts: &[&str]) -> Option<DateTime> {
    let text = parts.join(" ");
    let formats = DATES.iter().flat_map(|date| TIMES.iter().map(move |time| format!("{date} {time}")));
    let mut formats = formats.chain(ASCTIME.map(str::to_owned));
    // The separators of a format are optional, so that `Jan 2024` could be the 20th day of the year 24.
    let parse = |format: String| DateTime::strptime(format, &text).ok().filter(|time| time.year() >= 1000);
    text.parse().ok().or_else(|| formats.find_map(parse))
}

/// Returns `true` for a name of UTC, a day of the week, and `at`.
fn is_redundant(part: &str) -> bool {
    let is_weekday = || ["%a", "%A"].iter().any(|format| BrokenDownTime::parse(format, part).is_ok());
    matches!(part, "UTC" | "GMT" | "Z" | "at") || is_weekday()
}

/// Parses the result of JavaScript's `Date.prototype.toString`, such as `Mon Jan 15 2024 10:30:00 GMT+0000 (…)`.
fn javascript(text: &str) -> Option<Timestamp> {
    let without_name = text.split_once('(').map_or(text, |(time, _)| time).trim_end();
    Timestamp::strptime("%a %b %d %Y %H:%M:%S GMT%z", without_name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, unit: Option<Unit>) -> Result<Option<String>, TimeError> {
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
            "2024-01-15 10:30:00 +0000 UTC",
            "2024-01-15 11:30:00 +0100 CET",
            "2024-01-15 10:30:00 UTC +00:00",
            "2024-01-15 10:30:00 Z",
            "2024/01/15 10:30:00",
            "Mon Jan 15 2024 10:30:00 GMT+0000 (Coordinated Universal Time)",
            "Mon Jan 15 2024 11:30:00 GMT+0100",
            r#"{"$date":"2024-01-15T10:30:00Z"}"#,
            r#"{"$date":1705314600000}"#,
            r#"{"$date":{"$numberLong":"1705314600000"}}"#,
            "Mon, 15 Jan 2024 10:30:00 GMT",
            "Mon, 15 Jan 2024 11:30:00 +0100",
            "Mon, 15 Jan 2024 11:30:00 +0100 (CET)",
            "Mon, 15 Jan 2024 05:30:00 EST",
            "Mon, 15 Jan 2024 10:30:00 UT",
            "2024-01-15T10:30:00 UTC",
            "2024-01-15T11:30:00 +0100",
            "2024-01-15 10:30 AM",
            "Jan 15, 2024 10:30 AM",
            "Jan 15, 2024, 10:30:00 AM",
            "January 15, 2024 at 10:30 am UTC",
            "Monday, January 15, 2024 10:30AM",
            "15 January 2024 10:30",
            "15-JAN-2024 10:30:00",
            "Mon Jan 15 10:30:00 2024",
            "Mon Jan 15 10:30:00 UTC 2024",
            "Jan 15, 2024 11:30:00 +01:00",
            "2024-01-15T11:30:00+01:00[Europe/Berlin]",
            "2024-01-15T10:30:00[UTC]",
            "2024-01-15T10:30Z[UTC]",
            "/Date(1705314600000)/",
            "/Date(1705314600000+0100)/",
            "2024-01-15 10.30.00.000000",
            "15-JAN-2024 10.30.00.000000 AM",
            "2024-01-15T05:30:00\u{2212}05:00",
        ] {
            assert_eq!(parse(text, None), Ok(Some("2024-01-15T10:30:00Z".to_owned())), "{text}");
        }
        for text in ["2024-01-15", "15 Jan 2024", "January 15, 2024"] {
            assert_eq!(parse(text, None), Ok(Some("2024-01-15T00:00:00Z".to_owned())), "{text}");
        }
        assert_eq!(parse("Jan 15, 2024 12:05 AM", None), Ok(Some("2024-01-15T00:05:00Z".to_owned())));
        for text in ["2024-01-15T10:30:00.123 UTC", "Jan 15 2024 10:30:00.123"] {
            assert_eq!(parse(text, None), Ok(Some("2024-01-15T10:30:00.123Z".to_owned())), "{text}");
        }
        assert_eq!(parse("2024-01-15 10:30:00.123456+00", None), Ok(Some("2024-01-15T10:30:00.123456Z".to_owned())));
        for text in [
            "0000-00-00 00:00:00",
            "0001-01-01T00:00:00Z",
            "1970-01-01 00:00:00",
            "1970-01-01 01:00:00+01",
            "0",
            "-infinity",
        ] {
            assert_eq!(parse(text, None), Ok(None), "{text}");
        }
    }

    #[test]
    fn latest_meaning_reads_dates_of_spreadsheets() {
        for (text, expected) in [
            ("15.01.2024 10:30", Some("2024-01-15T10:30:00Z")),
            ("1/15/24 10:30", Some("2024-01-15T10:30:00Z")),
            ("1/15/2024 10:30:00 AM", Some("2024-01-15T10:30:00Z")),
            ("02/03/2024", Some("2024-03-02T00:00:00Z")),
            ("3/2/2024", Some("2024-03-02T00:00:00Z")),
            ("01-02-2024 10:30", Some("2024-02-01T10:30:00Z")),
            ("15.01.24", Some("2024-01-15T00:00:00Z")),
            ("1/15/24 10:30 PM", Some("2024-01-15T22:30:00Z")),
        ] {
            let time = latest_meaning(text).unwrap().map(|time| time.to_string());
            assert_eq!(time.as_deref(), expected, "{text}");
        }
        for text in ["01.01.0001", "01.01.1970 00:00", "1/1/1970"] {
            assert!(matches!(latest_meaning(text), Err(_) | Ok(None)), "{text}");
        }
        for text in [
            "yesterday",
            "13/13/2024",
            "45306",
            "2024",
            "1.5",
            "24-01-15",
            "15.01.2024 later",
            "1/15-2024",
            "15-JAN-2024",
            "",
            "/",
            "1/\u{e9}/2024",
        ] {
            assert!(latest_meaning(text).is_err(), "{text}");
        }
    }

    #[test]
    fn flag_or_time_accepts_plausible_numbers_of_either_unit() {
        let read = |text: &str| flag_or_time(&Value::of_text(text.to_owned()).unwrap()).map(|(is_set, _)| is_set);
        for text in ["true", "1", "1.0", "1705314600", "1705314600000", "1705314600.25", "2024-01-15 10:30:00"] {
            assert_eq!(read(text), Ok(true), "{text}");
        }
        for text in ["false", "0", "0.0", "00", "0000-00-00", "0001-01-01T00:00:00Z", "1970-01-01 00:00:00", "NULL"] {
            assert_eq!(read(text), Ok(false), "{text}");
        }
        for text in ["-1", "2", "3600", "20240115", "1.5", "99999999999999999", "1-2", "maybe"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn time_reads_a_number_only_with_a_unit() {
        let expected = Ok(Some("2024-01-15T10:30:00Z".to_owned()));
        for unit in [None, Some(Unit::Seconds), Some(Unit::Milliseconds)] {
            for days in ["45306", "45306.4375"] {
                assert_eq!(parse(days, unit), Err(TimeError::Days), "{days}");
            }
        }
        assert_eq!(parse("1705314600", Some(Unit::Seconds)), expected);
        assert_eq!(parse("1705314600000", Some(Unit::Milliseconds)), expected);
        assert_eq!(parse("1705314600.25", Some(Unit::Seconds)), Ok(Some("2024-01-15T10:30:00.25Z".to_owned())));
        for text in ["1705314600", "1705314600000", "20240115", "2024"] {
            assert_eq!(parse(text, None), Err(TimeError::NoUnit), "{text}");
        }
        // The number of another unit would be a time in 1970 or in the year 56009.
        assert_eq!(parse("1705314600", Some(Unit::Milliseconds)), Err(TimeError::OtherUnit(Unit::Seconds)));
        assert_eq!(parse("1705314600000", Some(Unit::Seconds)), Err(TimeError::OtherUnit(Unit::Milliseconds)));
        for text in ["infinity", "9999-12-31 23:59:59+00", "9999-12-31T23:59:59Z", "9999-12-31"] {
            assert_eq!(parse(text, None), Ok(Some(Timestamp::MAX.to_string())), "{text}");
        }
        for text in [
            "2024-01-15 10:30:00 CET",
            "Mon, 15 Jan 2024 10:30:00 CET",
            "Mon, 15 Jan 2024 10:30:00 BST",
            "Mon, 15 Jan 2024 10:30:00 A",
            "15 Jan 2024 10:30 IST",
            "2024-01-15T10:30:00[Europe/Berlin]",
            "15-JAN-24 10.30.00",
            "Jan 15, 2024 10:30 CET",
            "yesterday",
            "1/15/2024 10:30",
            "15.01.2024",
            "15.01.2024 10:30",
            "01-02-2024",
            "Jan 2024",
            "Jan 32, 2024",
        ] {
            assert_eq!(parse(text, None), Err(TimeError::Malformed), "{text}");
        }
    }
}
