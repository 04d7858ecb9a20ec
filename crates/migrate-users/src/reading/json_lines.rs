//! [`JsonLines`]: one JSON object per line.

use std::io::BufRead;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::object::Object;
use super::{Line, PROBLEM_KEY, not_utf8};
use crate::Failure;
use crate::rejects::Rejection;

pub struct JsonLines<R> {
    reader: R,
    number: u64,
    is_utf8_required: bool,
}

/// A line of a rejects file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rejected {
    original: Box<RawValue>,
    #[serde(rename = "line")]
    _line: u64,
    #[serde(default, rename = "element")]
    _element: Option<u64>,
    #[serde(rename = "reason")]
    _reason: String,
    #[serde(rename = "code")]
    _code: String,
    #[serde(default, rename = "param")]
    _param: Option<String>,
}

impl<R: BufRead> JsonLines<R> {
    /// Creates an iterator over lines. A line that is not UTF-8 is an error if UTF-8 is required, and otherwise
    /// malformed.
    pub fn new(reader: R, is_utf8_required: bool) -> Self {
        Self { reader, number: 0, is_utf8_required }
    }
}

impl<R: BufRead> Iterator for JsonLines<R> {
    type Item = Result<Line, Failure>;

    /// Returns the next line that is not blank.
    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            match self.reader.read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(_) => self.number += 1,
                Err(error) => return Some(Err(error.into())),
            }
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            if self.is_utf8_required && std::str::from_utf8(&bytes).is_err() {
                return Some(Err(not_utf8(self.number)));
            }
            return Some(Ok(read(self.number, &bytes)));
        }
    }
}

fn read(number: u64, bytes: &[u8]) -> Line {
    let text = String::from_utf8_lossy(bytes);
    // Files that were concatenated have a byte order mark in the middle.
    let text = text.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
    if std::str::from_utf8(bytes).is_err() {
        return Line::malformed(number, &text, "the line is not UTF-8");
    }
    match serde_json::from_str::<Box<RawValue>>(text) {
        Ok(json) => row(number, json),
        Err(_) => Line::malformed(number, &text, not_json("line", text)),
    }
}

/// Returns the reason why a line or value is malformed.
pub fn not_json(what: &str, text: &str) -> String {
    let advice = if text.contains("NaN") || text.contains("Infinity") {
        "; if it contains the numbers NaN or Infinity of Python, write null instead"
    } else {
        ""
    };
    format!("the {what} is not JSON{advice}")
}

/// Converts a JSON value to a row. The row in a line of a rejects file is its member `original`. Editors and other
/// programs may have changed the layout of the file and the order of the members.
pub fn row(number: u64, json: Box<RawValue>) -> Line {
    let may_be_rejected = json.get().contains("\"original\"");
    let rejected = if may_be_rejected { serde_json::from_str::<Rejected>(json.get()).ok() } else { None };
    let json = rejected.map_or(json, |rejected| rejected.original);
    if !json.get().starts_with('"') {
        return object(number, json);
    }
    // In a rejects file, lines that could not be parsed are strings.
    match serde_json::from_str::<String>(json.get()) {
        Ok(text) => parse(number, &text),
        Err(_) => Line::malformed(number, &json.get(), "the line is not JSON"),
    }
}

fn parse(number: u64, text: &str) -> Line {
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Line::malformed(number, &text, "the line still contains a replacement character for invalid UTF-8");
    }
    match serde_json::from_str(text) {
        Ok(json) => object(number, json),
        Err(_) => Line::malformed(number, &text, "the line is not JSON"),
    }
}

/// Returns whether a row has the key that marks malformed rows. A value can contain the same text.
fn is_incomplete(row: &RawValue) -> bool {
    row.get().contains(PROBLEM_KEY)
        && serde_json::from_str(row.get())
            .is_ok_and(|Object(members)| members.iter().any(|(name, _)| name == PROBLEM_KEY))
}

/// Converts a JSON value to a row. A value that is not an object is malformed.
fn object(number: u64, json: Box<RawValue>) -> Line {
    let mut line = Line::new(number, json);
    if !line.json.get().starts_with('{') {
        line.malformed = Some(Rejection::new("malformed", "the line is not a JSON object"));
    } else if is_incomplete(&line.json) {
        let reason = format!("the row is incomplete; correct it and remove the key {PROBLEM_KEY}");
        line.malformed = Some(Rejection::new("malformed", reason));
    }
    line
}
