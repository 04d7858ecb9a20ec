//! The source of an import: JSON Lines or a table.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use clap::ValueEnum;
use serde_json::value::RawValue;

use crate::Failure;
use crate::csv_lines::CsvLines;
use crate::json_lines::JsonLines;
use crate::recipe::Recipe;
use crate::rejects::Rejection;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object per line: exported users, or bodies of `create`
    Jsonl,
    /// A table whose first line names the columns
    Csv,
}

impl Format {
    /// Returns the format for the name of a file.
    pub fn of(path: &Path) -> Self {
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
    /// The reason why the line could not be parsed.
    pub unreadable: Option<Rejection>,
}

impl Line {
    pub fn unreadable(number: u64, original: &impl serde::Serialize, reason: impl Into<String>) -> Self {
        Self { number, json: raw(original), unreadable: Some(Rejection::new("unreadable", reason)) }
    }
}

/// Serializes a value to JSON.
pub fn raw(value: &impl serde::Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("texts, lists and maps of texts can be written as JSON")
}

/// The lines of a file. An error is a read error.
pub type Lines = Box<dyn Iterator<Item = Result<Line, Failure>>>;

/// Opens a file. Unknown or duplicate columns of a table are rejected before any record is read.
pub fn open(path: &Path, format: Format, delimiter: u8, recipe: &Recipe) -> Result<Lines, Failure> {
    let name = path.display().to_string();
    let told = move |problem: Failure| Failure::from(format!("{name}: {problem}"));
    // Checked before opening, because opening a pipe can block.
    let metadata = std::fs::metadata(path).map_err(|error| told(error.into()))?;
    if !metadata.is_file() {
        return Err(told("is not a file: give one, because it is read twice".into()));
    }
    let file = BufReader::new(File::open(path).map_err(|error| told(error.into()))?);
    let lines: Lines = match format {
        Format::Jsonl => Box::new(JsonLines::new(file)),
        Format::Csv => {
            let lines = CsvLines::new(file, delimiter).map_err(&told)?;
            recipe
                .check_columns(&lines.columns().collect::<Vec<_>>())
                .map_err(|rejection| told(rejection.reason.into()))?;
            Box::new(lines)
        }
    };
    Ok(Box::new(lines.map(move |line| line.map_err(&told))))
}
