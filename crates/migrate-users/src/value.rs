//! [`Value`]: a value of a line, converted to the type of its field.
//!
//! Errors do not contain the value, which may be a secret.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::value::RawValue;
use user_directory::Metadata;

/// The separators of a list in one cell.
const SEPARATORS: [char; 2] = ['|', ';'];

/// A value that is neither `null` nor an empty string.
#[derive(Debug)]
pub enum Value {
    /// A cell of a table or a JSON string.
    Text(String),
    /// Any other JSON value.
    Json(String),
}

/// The expected type, for error messages.
pub type Expected = &'static str;

impl Value {
    /// Returns `None` for `null` and blank strings.
    pub fn of(json: &RawValue) -> Option<Self> {
        match json.get() {
            "null" => None,
            json => match serde_json::from_str(json) {
                Ok(text) => Self::of_text(text),
                Err(_) => Some(Self::Json(json.to_owned())),
            },
        }
    }

    pub fn of_text(text: String) -> Option<Self> {
        (!text.trim().is_empty()).then_some(Self::Text(text))
    }

    /// Converts to a string. Numbers are accepted, because ids are often numbers.
    pub fn text(&self) -> Result<String, Expected> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::Json(json) if json.starts_with(|first: char| first == '-' || first.is_ascii_digit()) => {
                Ok(json.clone())
            }
            Self::Json(_) => Err("a string"),
        }
    }

    /// Converts to a list of strings. A single string is accepted.
    pub fn texts(&self) -> Result<Vec<String>, Expected> {
        match self {
            Self::Text(text) if !text.starts_with('[') => {
                let texts = text.split(SEPARATORS).map(str::trim);
                Ok(texts.filter(|text| !text.is_empty()).map(str::to_owned).collect())
            }
            Self::Json(json) if !json.starts_with('[') => Ok(vec![self.text()?]),
            list => serde_json::from_str(list.as_str()).map_err(|_| "a list of strings"),
        }
    }

    /// Converts to a boolean.
    pub fn boolean(&self) -> Result<bool, Expected> {
        match self.as_str().trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" => Ok(true),
            "false" | "f" | "no" | "n" | "0" => Ok(false),
            _ => Err("true or false"),
        }
    }

    pub fn number(&self) -> Result<u32, Expected> {
        self.as_str().trim().parse().map_err(|_| "a number from 0 to 4294967295")
    }

    /// Converts to a time. Accepts RFC 3339, also without an offset (UTC), and milliseconds or seconds since 1970,
    /// which are distinguished by the number of digits, for times from 1973 to 2286. Other numbers are rejected,
    /// because they may be years or dates without dashes.
    pub fn time(&self) -> Result<Timestamp, Expected> {
        let text = self.as_str().trim();
        let time = if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = text.parse().ok();
            number.and_then(|number| match text.len() {
                9 | 10 => Timestamp::from_second(number).ok(),
                12 | 13 => Timestamp::from_millisecond(number).ok(),
                _ => None,
            })
        } else {
            let in_utc = || TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
            text.parse().ok().or_else(in_utc)
        };
        time.ok_or("a time in RFC 3339 format, or in milliseconds or seconds since 1970")
    }

    pub fn metadata(&self) -> Result<Metadata, Expected> {
        self.as_str().parse().map_err(|_| "a JSON object")
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Json(json) => json,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        Value::of(&serde_json::from_str::<Box<RawValue>>(json).unwrap()).unwrap()
    }

    #[test]
    fn null_and_blank_strings_are_no_value() {
        for json in ["null", r#""""#, r#"" ""#] {
            assert!(Value::of(&serde_json::from_str::<Box<RawValue>>(json).unwrap()).is_none(), "{json}");
        }
    }

    #[test]
    fn cells_and_json_values_convert_equally() {
        for json in ["true", r#""TRUE""#, r#""yes""#, "1"] {
            assert_eq!(value(json).boolean(), Ok(true), "{json}");
        }
        for json in [r#"["a@example.com","b@example.com"]"#, r#""a@example.com|b@example.com""#] {
            assert_eq!(value(json).texts().unwrap(), ["a@example.com", "b@example.com"], "{json}");
        }
        for json in [r#"{"plan":"pro"}"#, r#""{\"plan\":\"pro\"}""#] {
            assert_eq!(value(json).metadata().unwrap().as_json(), r#"{"plan":"pro"}"#, "{json}");
        }
        for json in ["42", r#""42""#] {
            assert_eq!(value(json).text().unwrap(), "42");
            assert_eq!(value(json).texts().unwrap(), ["42"]);
            assert_eq!(value(json).number(), Ok(42));
        }
    }

    #[test]
    fn time_accepts_rfc_3339_and_unix_time() {
        let time: Timestamp = "2024-02-29T12:30:00Z".parse().unwrap();
        for json in [
            r#""2024-02-29T12:30:00Z""#,
            r#""2024-02-29T13:30:00+01:00""#,
            r#""2024-02-29 12:30:00""#,
            "1709209800000",
            "1709209800",
        ] {
            assert_eq!(value(json).time(), Ok(time), "{json}");
        }
        for json in [r#""yesterday""#, "20200101", "2020", "20200101123000", "-1"] {
            assert!(value(json).time().is_err(), "{json}");
        }
    }

    #[test]
    fn values_of_other_types_are_rejected() {
        assert!(value("{}").text().is_err());
        assert!(value("[1]").texts().is_err() && value("true").texts().is_err());
        assert!(value(r#""maybe""#).boolean().is_err());
        assert!(value("-1").number().is_err());
        assert!(value("[]").metadata().is_err());
    }
}
