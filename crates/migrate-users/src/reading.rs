//! Reads files: detects the encoding and the format, and returns rows as JSON objects.

mod json_layout;
pub mod json_lines;
mod json_scanner;
mod json_values;
mod null_words;
pub mod object;
mod paging;
mod position;
mod records;
mod swallowed;
mod table;
mod text;

use std::io::BufRead;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

pub use null_words::NullWords;
pub use position::Position;
pub use table::Table;
pub use text::Encoding;

use crate::Failure;
use crate::mapping::fields::normalized;
use crate::rejects::{self, Rejection};
use crate::sources::System;
use json_layout::Layout;
use json_lines::JsonLines;
use json_values::JsonValues;

/// The number of rows that are read to detect the system and trailing delimiters.
const SAMPLE_ROWS: usize = 100;
/// The key that marks a malformed row in a rejects file. The row is rejected until the key is removed.
pub const PROBLEM_KEY: &str = "#problem";

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object per line
    Jsonl,
    /// A JSON array, an object with an array of users, or objects that span multiple lines
    Json,
    /// A header and delimited rows
    Csv,
}

/// The meaning of backslashes in tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Backslashes {
    /// Backslashes escape the next character, as in MySQL exports
    Escape,
    /// Backslashes are part of the values
    Keep,
}

/// Options for reading a file. Options that are `None` are detected.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    pub format: Option<Format>,
    pub from: Option<System>,
    pub delimiter: Option<u8>,
    pub encoding: Option<Encoding>,
    pub backslashes: Option<Backslashes>,
    pub null_words: NullWords,
}

/// A row of a file, as JSON.
#[derive(Debug)]
pub struct Line {
    pub position: Position,
    /// An object, or another value if the row could not be parsed.
    pub json: Box<RawValue>,
    /// The error, if the row could not be parsed.
    pub malformed: Option<Rejection>,
    /// The reason to skip the row, such as `repeated headers`.
    pub skipped: Option<&'static str>,
    /// The number of CSV cells that contain a word for a missing value.
    pub null_literals: u32,
}

impl Line {
    pub fn new(number: u64, json: Box<RawValue>) -> Self {
        Self { position: Position::on_line(number), json, malformed: None, skipped: None, null_literals: 0 }
    }

    pub fn malformed(number: u64, original: &impl serde::Serialize, reason: impl Into<String>) -> Self {
        let malformed = Some(Rejection::new("malformed", reason));
        Self { malformed, ..Self::new(number, raw(original)) }
    }
}

/// Serializes a value to JSON.
pub fn raw(value: &impl serde::Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("strings, lists and maps of strings can be serialized")
}

/// The rows of a file. An error means that the rest of the file cannot be read.
pub type Lines = Box<dyn Iterator<Item = Result<Line, Failure>>>;

/// A file and its detected format.
#[derive(Debug, Clone)]
pub struct Input {
    pub path: PathBuf,
    encoding: Encoding,
    /// Whether `--encoding` was set. If so, text in another encoding is malformed. Otherwise, it is an error.
    is_encoding_given: bool,
    pub format: Format,
    layout: Layout,
    pub table: Option<Table>,
    /// The system that the file comes from.
    pub from: System,
    pub is_from_given: bool,
    /// A message for each unusual property of the file.
    pub notices: Vec<String>,
}

impl Input {
    /// Detects the encoding, the format and the system of a file. Returns an error if the structure of the file is
    /// invalid.
    pub fn detect(path: &Path, options: &ReadOptions) -> Result<Self, Failure> {
        let with_name = |failure: Failure| Failure::from(format!("{}: {failure}", path.display()));
        Self::try_detect(path, options).map_err(with_name)
    }

    fn try_detect(path: &Path, options: &ReadOptions) -> Result<Self, Failure> {
        // Checked before opening, because opening a pipe can block.
        if !std::fs::metadata(path)?.is_file() {
            return Err("must be a regular file, because it is read several times".into());
        }
        // The options describe the original file. A rejects file is always UTF-8 with one JSON object per line.
        let is_rejects_file = text::starts_with(path, rejects::PREFIX.as_bytes())?;
        let encoding = options.encoding.filter(|_| !is_rejects_file).map_or_else(|| text::detect(path), Ok)?;
        let open = || text::open(path, encoding);
        let (format, (layout, notice)) = match options.format {
            _ if is_rejects_file => (Format::Jsonl, (Layout::Sequence, None)),
            Some(Format::Json) => (Format::Json, Layout::detect(open()?)?),
            Some(format) => (format, (Layout::Sequence, None)),
            None => detect_format(path, &text::beginning(path, encoding)?, open)?,
        };
        let mut notices = Vec::from_iter(notice);
        let table = match format {
            Format::Csv => {
                let (table, more) = Table::detect(path, encoding, options)?;
                notices.extend(more);
                Some(table)
            }
            Format::Json | Format::Jsonl => None,
        };
        if encoding.name() != "UTF-8" {
            notices.push(format!("the file is encoded in {}", encoding.name()));
        }
        if format != Format::Json && !text::ends_with_newline(path, encoding)? {
            notices.push("the file has no final line feed; check that it is complete".to_owned());
        }
        let mut input = Self {
            path: path.to_owned(),
            encoding,
            is_encoding_given: options.encoding.is_some() && !is_rejects_file,
            format,
            layout,
            table,
            from: options.from.unwrap_or(System::Jsonl),
            is_from_given: options.from.is_some(),
            notices,
        };
        if format == Format::Json && input.is_php_my_admin()? {
            return Err("the file is a JSON export of phpMyAdmin; write the rows of the table to another file, for \
                        example with: jq '.[] | select(.type == \"table\") | .data'"
                .into());
        }
        if options.from.is_none() {
            input.from = System::detect(&input.sample_names()?, format == Format::Csv);
        }
        Ok(input)
    }

    /// Returns whether one of the first rows is a table of phpMyAdmin, which contains its rows under the key `data`.
    fn is_php_my_admin(&self) -> Result<bool, Failure> {
        let is_table = |line: &Line| {
            let Ok(object::Object(members)) = serde_json::from_str(line.json.get()) else { return false };
            let has = |name: &str, prefix: &str| {
                members.iter().any(|(other, value)| other == name && value.get().starts_with(prefix))
            };
            has("type", "\"table\"") && has("database", "\"") && has("data", "[")
        };
        Ok(self.open()?.take(SAMPLE_ROWS).map_while(Result::ok).any(|line| is_table(&line)))
    }

    /// Returns the names of the columns, or the keys of the first rows.
    fn sample_names(&self) -> Result<Vec<String>, Failure> {
        if let Some(table) = &self.table {
            return Ok(table.columns.clone());
        }
        let mut names = Vec::new();
        for line in self.open()?.take(SAMPLE_ROWS) {
            // The error is returned again when all rows are read.
            let Ok(line) = line else { break };
            if let Ok(object::Object(members)) = serde_json::from_str(line.json.get()) {
                names.extend(members.into_iter().map(|(name, _)| name.into_owned()));
            }
        }
        Ok(names)
    }

    /// Returns whether the file contains Auth0's password hashes instead of users. Users have the key `identities`.
    pub fn is_auth0_passwords(&self) -> Result<bool, Failure> {
        let names = self.sample_names()?;
        let has = |expected: &str| names.iter().any(|name| normalized(name) == expected);
        Ok(has("password_hash") && !has("identities"))
    }

    /// Returns the rows of the file, from its beginning.
    pub fn lines(&self) -> Result<Lines, Failure> {
        let name = self.path.display().to_string();
        let with_name = move |failure: Failure| Failure::from(format!("{name}: {failure}"));
        let lines = self.open().map_err(&with_name)?;
        Ok(Box::new(lines.map(move |line| line.map_err(&with_name))))
    }

    fn open(&self) -> Result<Lines, Failure> {
        let reader = text::open(&self.path, self.encoding)?;
        let is_utf8_required = !self.is_encoding_given;
        let lines: Lines = match (self.format, &self.table) {
            (Format::Csv, Some(table)) => Box::new(table.rows(reader, is_utf8_required)?),
            (Format::Json, _) => Box::new(JsonValues::new(reader, self.layout.clone())),
            _ => Box::new(JsonLines::new(reader, is_utf8_required)),
        };
        Ok(Box::new((1..).zip(lines).map(|(row, line)| {
            let mut line = line?;
            line.position.row = row;
            Ok(line)
        })))
    }
}

/// Returns the error for a line that is not UTF-8.
fn not_utf8(number: u64) -> Failure {
    format!(
        "line {number} is not UTF-8; use --encoding windows-1252 for a Western European file, another encoding, or \
         --encoding utf-8 to reject only such lines"
    )
    .into()
}

/// Determines the format from the first line, and the layout of a JSON file from the whole file. Also returns the message
/// of [`Layout::detect`].
fn detect_format<R: BufRead>(
    path: &Path,
    beginning: &str,
    open: impl Fn() -> Result<R, Failure>,
) -> Result<(Format, (Layout, Option<String>)), Failure> {
    let has_extension = |expected: &[&str]| {
        path.extension().is_some_and(|extension| expected.iter().any(|other| extension.eq_ignore_ascii_case(other)))
    };
    let text = beginning.trim_start();
    let is_table = has_extension(&["csv", "tsv", "txt"]) && has_bracketed_name(text);
    if text.starts_with('[') && !is_table {
        return Ok((Format::Json, (Layout::Array, None)));
    }
    if !text.starts_with('{') {
        let is_json_file = has_extension(&["json", "jsonl", "ndjson"]);
        return Ok((if is_json_file { Format::Jsonl } else { Format::Csv }, (Layout::Sequence, None)));
    }
    let first_line = text.lines().next().unwrap_or_default().trim_end();
    let mut values = serde_json::Deserializer::from_str(first_line).into_iter::<IgnoredAny>();
    let is_one_value = match values.next() {
        Some(Ok(_)) => values.byte_offset() == first_line.len(),
        Some(Err(error)) if !error.is_eof() => return Ok((Format::Jsonl, (Layout::Sequence, None))),
        _ => false,
    };
    Ok(match Layout::detect(open()?)? {
        (Layout::Sequence, _) if is_one_value => (Format::Jsonl, (Layout::Sequence, None)),
        layout => (Format::Json, layout),
    })
}

/// Returns whether text starts with a name in brackets, such as the column `[id]` of SQL Server.
fn has_bracketed_name(text: &str) -> bool {
    let name = text.strip_prefix('[').and_then(|text| text.split_once(']')).map(|(name, _)| name);
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | ' ' | '-' | '.');
    name.is_some_and(|name| name.starts_with(char::is_alphabetic) && name.chars().all(is_part))
}

#[cfg(test)]
mod tests;
