//! [`Value`]: a value of a row, converted to the type of its field.
//!
//! Errors do not contain the value, which may be a secret.

use serde::Deserialize;
use serde_json::value::RawValue;
use user_directory::Metadata;

/// The separators of a list in one cell. None of them can be part of an unquoted address or of a phone number.
const SEPARATORS: [char; 4] = ['|', ';', ',', '\n'];
/// The characters that are not part of backup codes, but of lists in other notations.
const NOT_IN_CODES: [char; 11] = ['"', '\'', '{', '}', '[', ']', '(', ')', '<', '>', ':'];

/// The words that spreadsheets write for `TRUE` in German, French, Italian, Spanish, Portuguese, Dutch and Swedish.
const TRUE_WORDS: [&str; 7] = ["wahr", "vrai", "vero", "verdadero", "verdadeiro", "waar", "sant"];
/// The words that spreadsheets write for `FALSE` in these languages.
const FALSE_WORDS: [&str; 5] = ["falsch", "faux", "falso", "onwaar", "falskt"];

/// Removes surrounding whitespace and invisible characters, which web pages and messengers add to copied text.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || is_invisible(character))
}

/// Returns whether a character has no width or only determines the direction of the text.
pub fn is_invisible(character: char) -> bool {
    let ranges = ['\u{200b}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2060}'..='\u{2069}', '\u{feff}'..='\u{feff}'];
    ranges.iter().any(|range| range.contains(&character))
}

/// A value that is neither `null` nor a blank string.
pub enum Value {
    /// A CSV cell or a JSON string.
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
        (!trimmed(&text).is_empty()).then_some(Self::Text(text))
    }

    /// Returns whether the value is text with surrounding whitespace. All conversions except [`Self::secret`] ignore
    /// the whitespace.
    pub fn has_surrounding_blanks(&self) -> bool {
        matches!(self, Self::Text(text) if trimmed(text).len() != text.len())
    }

    /// Converts to a string without surrounding whitespace. Numbers are accepted, because ids are often numbers.
    pub fn text(&self) -> Result<String, Expected> {
        match self {
            Self::Text(text) => Ok(trimmed(text).to_owned()),
            Self::Json(json) if json.starts_with(|first: char| first == '-' || first.is_ascii_digit()) => {
                Ok(json.clone())
            }
            Self::Json(_) => Err("a string"),
        }
    }

    /// Converts to a string, including surrounding whitespace.
    pub fn secret(&self) -> Result<String, Expected> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::Json(_) => self.text(),
        }
    }

    /// Converts to a list of strings: a JSON list, an array of PostgreSQL, or a string with separators.
    pub fn texts(&self) -> Result<Vec<String>, Expected> {
        let is_text = matches!(self, Self::Text(_));
        match self.as_str().trim() {
            list if list.starts_with('[') => {
                let texts: Vec<Option<String>> = serde_json::from_str(list).map_err(|_| "a list of strings")?;
                let texts = texts.iter().flatten().map(|text| trimmed(text).to_owned());
                Ok(texts.filter(|text| !text.is_empty()).collect())
            }
            text if is_text => {
                let (text, quote) = elements(text).map_or((text, &[][..]), |elements| (elements, &['"'][..]));
                let texts = text.split(SEPARATORS).map(|text| trimmed(trimmed(text).trim_matches(quote)));
                Ok(texts.filter(|text| !text.is_empty()).map(str::to_owned).collect())
            }
            _ => Ok(vec![self.text()?]),
        }
    }

    /// Converts to a list of backup codes. Text that is separated only by spaces is an error, because it can be one code
    /// in groups or multiple codes.
    pub fn codes(&self) -> Result<Vec<String>, Expected> {
        let (codes, text) = (self.texts()?, trimmed(self.as_str()));
        if text.starts_with('[') {
            return Ok(codes);
        }
        let is_list = || text.contains(SEPARATORS) || elements(text).is_some();
        let has_spaces = codes.iter().any(|code| code.contains(char::is_whitespace));
        if codes.iter().any(|code| code.contains(NOT_IN_CODES)) || has_spaces && !is_list() {
            return Err("a list of codes, as JSON or separated by commas or line feeds; a space can be part of a code");
        }
        Ok(codes)
    }

    /// Converts to a boolean. Some exports write it as a decimal number, such as `1.0`.
    pub fn boolean(&self) -> Result<bool, Expected> {
        let text = self.as_str().trim();
        let number = match text.split_once('.') {
            Some((number, decimals)) if !decimals.is_empty() && decimals.bytes().all(|digit| digit == b'0') => number,
            _ => text,
        };
        match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" => Ok(true),
            "false" | "f" | "no" | "n" => Ok(false),
            word if TRUE_WORDS.contains(&word) => Ok(true),
            word if FALSE_WORDS.contains(&word) => Ok(false),
            _ if number == "1" => Ok(true),
            _ if !number.is_empty() && number.bytes().all(|digit| digit == b'0') => Ok(false),
            _ => Err("true or false"),
        }
    }

    pub fn number(&self) -> Result<u32, Expected> {
        self.as_str().trim().parse().map_err(|_| "a number from 0 to 4294967295")
    }

    /// Converts to metadata. Some exports escape the quotes of JSON in a cell with backslashes. PHP writes an empty
    /// object as `[]`.
    pub fn metadata(&self) -> Result<Metadata, Expected> {
        let text = self.as_str().trim();
        if text == "[]" {
            return Ok(Metadata::default());
        }
        let unescaped = || text.replace("\\\"", "\"").parse();
        text.parse().or_else(|_| unescaped()).map_err(|_: user_directory::Error| "a JSON object")
    }

    /// Returns a member of a JSON object as text.
    pub fn member(&self, name: &str) -> Option<String> {
        self.inner(name)?.text().ok()
    }

    /// Returns a member of a JSON object.
    pub fn inner(&self, name: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Members<'a>(#[serde(borrow)] std::collections::HashMap<String, &'a RawValue>);

        let metadata = Some(self).filter(|value| value.as_str().trim_start().starts_with('{'))?.metadata().ok()?;
        let Members(members) = serde_json::from_str(metadata.as_json()).ok()?;
        Self::of(members.get(name)?)
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Json(text) => text,
        }
    }
}

/// Returns the elements of an array of PostgreSQL, such as `{a,b}`. JSON objects and empty arrays have a colon or no
/// elements.
fn elements(text: &str) -> Option<&str> {
    let elements = text.strip_prefix('{')?.strip_suffix('}')?;
    (!elements.contains([':', '{', '}'])).then_some(elements)
}

/// Returns whether text is a number in a notation that spreadsheets and data frames use for ids, such as `12.0` or
/// `1.23E+17`, or the signs that spreadsheets write if the column is too narrow.
pub fn is_converted_number(text: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((number, exponent)) = text.split_once(['e', 'E']) {
        let decimal = number.split_once(['.', ',']);
        let (whole, decimals) = decimal.unwrap_or((number, "0"));
        // Without a sign and decimals, the text can be hexadecimal.
        let exponent = exponent.strip_prefix('+').or_else(|| decimal.and(Some(exponent)));
        return exponent.is_some_and(|exponent| [whole, decimals, exponent].into_iter().all(is_digits));
    }
    let without_decimals = || [".0", ".00", ",0", ",00"].iter().find_map(|decimals| text.strip_suffix(decimals));
    text.len() > 1 && text.bytes().all(|byte| byte == b'#') || without_decimals().is_some_and(is_digits)
}

/// Returns whether text is a UUID with this separator between its groups.
pub fn is_uuid(text: &str, separator: char) -> bool {
    text.split(separator).map(str::len).eq([8, 4, 4, 4, 12])
        && text.chars().all(|character| character.is_ascii_hexdigit() || character == separator)
}

/// Returns whether an id is a word or a sign for a missing value.
pub fn is_missing_id(text: &str) -> bool {
    !text.contains(char::is_alphanumeric)
        || ["none", "null", "n/a", "undefined"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Removes the apostrophe before a number, which prevents spreadsheets from converting it.
pub fn without_apostrophe(id: &str) -> &str {
    let digits = id.strip_prefix('\'');
    digits.filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).unwrap_or(id)
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
        for json in ["true", r#""TRUE""#, r#""yes""#, "1", r#""WAHR""#, r#""Vrai""#] {
            assert_eq!(value(json).boolean(), Ok(true), "{json}");
        }
        for json in ["false", r#""no""#, "0", r#""FALSCH""#, r#""Faux""#] {
            assert_eq!(value(json).boolean(), Ok(false), "{json}");
        }
        for json in [
            r#"["a@example.com"," b@example.com"]"#,
            r#""a@example.com|b@example.com""#,
            r#""a@example.com, b@example.com;""#,
            r#""[\"a@example.com\",\"b@example.com\"]""#,
        ] {
            assert_eq!(value(json).texts().unwrap(), ["a@example.com", "b@example.com"], "{json}");
        }
        for json in [r#"{"plan":"pro"}"#, r#""{\"plan\":\"pro\"}""#, r#""{\\\"plan\\\":\\\"pro\\\"}""#] {
            assert_eq!(value(json).metadata().unwrap().as_json(), r#"{"plan":"pro"}"#, "{json}");
            assert_eq!(value(json).member("plan").as_deref(), Some("pro"));
            assert_eq!(value(json).member("price"), None);
        }
        for json in ["42", r#"" 42 ""#] {
            assert_eq!(value(json).text().unwrap(), "42");
            assert_eq!(value(json).texts().unwrap(), ["42"]);
            assert_eq!(value(json).number(), Ok(42));
        }
    }

    #[test]
    fn surrounding_blanks_are_kept_only_in_secrets() {
        assert_eq!(value(r#""\u200bada@example.com\ufeff""#).texts().unwrap(), ["ada@example.com"]);
        let padded = value(r#"" secret ""#);
        assert!(padded.has_surrounding_blanks());
        assert_eq!((padded.text().unwrap().as_str(), padded.secret().unwrap().as_str()), ("secret", " secret "));
    }

    #[test]
    fn is_converted_number_recognizes_numbers_of_spreadsheets() {
        for text in
            ["12.0", "12.00", "12,0", "1.23457E+17", "1e+20", "1,23E+17", "1.23457E17", "1.23457e17", "########"]
        {
            assert!(is_converted_number(text), "{text}");
        }
        for text in
            ["12", "1.5", "12e4567890", "5e12", "v1.0", "auth0|1", "1.2.0", ".0", "", "#", "1,5", "12.000", "1.2e-5"]
        {
            assert!(!is_converted_number(text), "{text}");
        }
    }

    #[test]
    fn is_missing_id_recognizes_words_and_signs() {
        for (id, is_missing) in
            [("-", true), ("?", true), ("N/A", true), ("none", true), ("0", false), ("nan", false), ("\u{4e00}", false)]
        {
            assert_eq!(is_missing_id(id), is_missing, "{id}");
        }
        for (id, expected) in [("'00123", "00123"), ("'", "'"), ("'a1", "'a1"), ("00123", "00123")] {
            assert_eq!(without_apostrophe(id), expected);
        }
    }

    #[test]
    fn is_uuid_requires_hexadecimal_groups() {
        for (text, separator, expected) in [
            ("6f1c0000-0000-4000-8000-00000000000A", '-', true),
            ("6f1c0000_0000_4000_8000_000000000001", '_', true),
            ("6f1c0000_0000_4000_8000_000000000001", '-', false),
            ("6f1c0000-0000-4000-8000-00000000000g", '-', false),
            ("6f1c0000000040008000000000000001", '-', false),
        ] {
            assert_eq!(is_uuid(text, separator), expected, "{text}");
        }
    }

    #[test]
    fn lists_are_read_in_the_notations_of_databases_and_spreadsheets() {
        for json in [
            r#""{a@example.com,b@example.com}""#,
            r#""{\"a@example.com\", b@example.com}""#,
            r#""a@example.com\r\nb@example.com""#,
            r#"["a@example.com",null,"b@example.com"]"#,
        ] {
            assert_eq!(value(json).texts().unwrap(), ["a@example.com", "b@example.com"], "{json}");
        }
        assert!(value(r#""{}""#).texts().unwrap().is_empty());
        for json in [
            r#"["aa-1","bb+2"]"#,
            r#""aa-1,bb+2""#,
            r#""{aa-1,bb+2}""#,
            r#""{\"aa-1\",\"bb+2\"}""#,
            r#""aa-1\nbb+2\n""#,
        ] {
            assert_eq!(value(json).codes().unwrap(), ["aa-1", "bb+2"], "{json}");
        }
        assert_eq!(value(r#""12 34, 56 78""#).codes().unwrap(), ["12 34", "56 78"]);
        for json in [r#"["1234 5678"]"#, r#""1234 5678,""#, r#""{\"1234 5678\"}""#] {
            assert_eq!(value(json).codes().unwrap(), ["1234 5678"], "{json}");
        }
        for json in [
            r#""a:1:{i:0;s:4:\"aaaa\";}""#,
            r#""{\"a\":1}""#,
            r#""['aaaa', 'bbbb']""#,
            // One code or multiple codes.
            r#""1234 5678""#,
            r#""aa-1 bb+2 cc/3""#,
        ] {
            assert!(value(json).codes().is_err(), "{json}");
        }
    }

    #[test]
    fn values_of_other_types_are_rejected() {
        assert!(value("{}").text().is_err());
        assert!(value("[1]").texts().is_err() && value("true").texts().is_err());
        assert!(value(r#""maybe""#).boolean().is_err());
        assert!(value("-1").number().is_err());
        assert!(value("[1]").metadata().is_err() && value("[]").metadata().unwrap().is_empty());
    }
}
