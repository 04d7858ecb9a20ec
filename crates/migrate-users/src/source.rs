//! Where users come from: a file whose lines are JSON, or a table.

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
    /// A JSON object a line: users of an export, or what the API takes to create one
    Jsonl,
    /// A table whose first line names the columns
    Csv,
}

impl Format {
    /// What the name of a file says.
    pub fn of(path: &Path) -> Self {
        let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        if is_csv { Self::Csv } else { Self::Jsonl }
    }
}

/// A line of a file, or a record of a table, as JSON.
#[derive(Debug)]
pub struct Line {
    /// Counted from 1.
    pub number: u64,
    /// An object; something else if the line cannot be read.
    pub json: Box<RawValue>,
    /// Why it cannot be read.
    pub unreadable: Option<Rejection>,
}

impl Line {
    pub fn unreadable(number: u64, original: &impl serde::Serialize, reason: impl Into<String>) -> Self {
        Self { number, json: raw(original), unreadable: Some(Rejection::new("unreadable", reason)) }
    }
}

/// The JSON text of something that has one.
pub fn raw(value: &impl serde::Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("texts, lists and maps of texts can be written as JSON")
}

/// The lines of a file, of which an error is one of reading.
pub type Lines = Box<dyn Iterator<Item = Result<Line, Failure>>>;

/// Opens a file. That a table has columns which nobody knows, or two for one thing, is told before anything is read.
pub fn open(path: &Path, format: Format, delimiter: u8, recipe: &Recipe) -> Result<Lines, Failure> {
    let name = path.display().to_string();
    let told = move |problem: Failure| Failure::from(format!("{name}: {problem}"));
    // Looked at before it is opened, which for a pipe may take for ever.
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
