//! The source of an import: JSON Lines or CSV.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use clap::ValueEnum;
use serde_json::value::RawValue;

use crate::Failure;
use crate::csv_lines::CsvLines;
use crate::json_lines::JsonLines;
use crate::mapping::Mapping;
use crate::rejects::Rejection;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object per line: exported users, or bodies of `create`
    Jsonl,
    /// CSV with a header
    Csv,
}

impl Format {
    /// Returns the format for the extension of a file.
    pub fn from_path(path: &Path) -> Self {
        let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        if is_csv { Self::Csv } else { Self::Jsonl }
    }
}

/// A line of a file, or a record of a table, as JSON.
#[derive(Debug)]
pub struct Line {
    /// The line number, starting at 1.
    pub number: u64,
    /// An object, or another value if the line could not be parsed.
    pub json: Box<RawValue>,
    /// The reason if the line could not be parsed.
    pub malformed: Option<Rejection>,
}

impl Line {
    pub fn malformed(number: u64, original: &impl serde::Serialize, reason: impl Into<String>) -> Self {
        Self { number, json: raw(original), malformed: Some(Rejection::new("malformed", reason)) }
    }
}

/// Serializes a value to JSON.
pub fn raw(value: &impl serde::Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("strings, lists and maps of strings can be serialized")
}

/// The lines of a file. An error is a read error.
pub type Lines = Box<dyn Iterator<Item = Result<Line, Failure>>>;

/// Opens a file. Unknown or duplicate columns of a table are rejected before any record is read.
pub fn open(path: &Path, format: Format, delimiter: u8, mapping: &Mapping) -> Result<Lines, Failure> {
    let name = path.display().to_string();
    let with_name = move |problem: Failure| Failure::from(format!("{name}: {problem}"));
    // Checked before opening, because opening a pipe can block.
    let metadata = std::fs::metadata(path).map_err(|error| with_name(error.into()))?;
    if !metadata.is_file() {
        return Err(with_name("must be a regular file, because it is read twice".into()));
    }
    let file = BufReader::new(File::open(path).map_err(|error| with_name(error.into()))?);
    let lines: Lines = match format {
        Format::Jsonl => Box::new(JsonLines::new(file)),
        Format::Csv => {
            let lines = CsvLines::new(file, delimiter).map_err(&with_name)?;
            mapping
                .check_columns(&lines.columns().collect::<Vec<_>>())
                .map_err(|rejection| with_name(rejection.reason.into()))?;
            Box::new(lines)
        }
    };
    Ok(Box::new(lines.map(move |line| line.map_err(&with_name))))
}
