//! [`JsonLines`]: one JSON object per line.

use std::io::BufRead;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Failure;
use crate::source::Line;

pub struct JsonLines<R> {
    reader: R,
    number: u64,
}

/// A line of a rejects file, which can be imported after correction.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rejected {
    original: Box<RawValue>,
    #[serde(rename = "line")]
    _line: u64,
    #[serde(rename = "reason")]
    _reason: String,
    #[serde(rename = "code")]
    _code: String,
    #[serde(default, rename = "param")]
    _param: Option<String>,
}

impl<R: BufRead> JsonLines<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, number: 0 }
    }
}

impl<R: BufRead> Iterator for JsonLines<R> {
    type Item = Result<Line, Failure>;

    /// Returns the next line that is not blank.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut bytes = Vec::new();
            match self.reader.read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(_) => self.number += 1,
                Err(error) => return Some(Err(error.into())),
            }
            if self.number == 1 && bytes.starts_with(b"\xef\xbb\xbf") {
                bytes.drain(..3);
            }
            if !bytes.trim_ascii().is_empty() {
                return Some(Ok(read(self.number, &bytes)));
            }
        }
    }
}

fn read(number: u64, bytes: &[u8]) -> Line {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim();
    if std::str::from_utf8(bytes).is_err() {
        return Line::malformed(number, &text, "the line is not UTF-8");
    }
    let original = serde_json::from_str::<Rejected>(text).map(|rejected| rejected.original);
    match original.or_else(|_| serde_json::from_str::<Box<RawValue>>(text)) {
        // The rejects file stores lines that could not be parsed as strings.
        Ok(json) if json.get().starts_with('"') => match serde_json::from_str::<String>(json.get()) {
            Ok(text) => parse(number, &text),
            Err(_) => Line::malformed(number, &text, "the line is not JSON"),
        },
        Ok(json) => object(number, json),
        Err(_) => Line::malformed(number, &text, "the line is not JSON"),
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

fn object(number: u64, json: Box<RawValue>) -> Line {
    if json.get().starts_with('{') {
        return Line { number, json, malformed: None };
    }
    Line::malformed(number, &json, "the line is not a JSON object")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        JsonLines::new(text.as_bytes()).map(Result::unwrap).collect()
    }

    #[test]
    fn blank_lines_are_skipped_and_counted() {
        let lines = lines("\u{feff}{\"a\":1}\n\n  \r\n{\"b\":2}\r\n{\"c\":3}");
        let read: Vec<_> = lines.iter().map(|line| (line.number, line.json.get())).collect();
        assert_eq!(read, [(1, r#"{"a":1}"#), (4, r#"{"b":2}"#), (5, r#"{"c":3}"#)]);
    }

    #[test]
    fn other_lines_are_kept_and_marked_as_malformed() {
        let lines = lines("{\"a\":\n[1]\nhello\n");
        let read: Vec<_> = lines.iter().map(|line| (line.json.get(), line.malformed.is_some())).collect();
        assert_eq!(read, [(r#""{\"a\":""#, true), ("[1]", true), (r#""hello""#, true)]);
    }

    #[test]
    fn invalid_utf_8_is_malformed_until_it_is_corrected() {
        let line = JsonLines::new(&b"{\"first_name\":\"Zo\xeb\"}\n"[..]).next().unwrap().unwrap();
        assert!(line.malformed.is_some());
        let reject = format!("{{\"line\":1,\"reason\":\"no\",\"code\":\"x\",\"original\":{}}}", line.json);
        assert!(lines(&reject)[0].malformed.is_some());
        let corrected = lines(&reject.replace('\u{fffd}', "ë"));
        assert!(corrected[0].malformed.is_none());
        assert_eq!(corrected[0].json.get(), r#"{"first_name":"Zoë"}"#);
    }

    #[test]
    fn rejected_line_is_read_as_the_original_line() {
        let lines = lines(concat!(
            r#"{"line":7,"reason":"no","code":"x","param":"p","original":{"a":1}}"#,
            "\n",
            r#"{"line":8,"reason":"no","code":"x","original":"{\"b\":2}"}"#,
            "\n",
            r#"{"original":{"a":1}}"#,
        ));
        let read: Vec<_> = lines.iter().map(|line| (line.number, line.json.get())).collect();
        assert_eq!(read, [(1, r#"{"a":1}"#), (2, r#"{"b":2}"#), (3, r#"{"original":{"a":1}}"#)]);
    }
}
