//! [`Table`]: a table with a delimiter, as JSON objects of strings.

use std::io::BufRead;
use std::path::Path;

use serde::Serializer;
use serde::ser::{Serialize, SerializeMap};

use super::records::{Broken, Dialect, Quoting, Record, Records};
use super::text::{self, Encoding};
use super::{Line, PROBLEM_KEY, ReadOptions, not_utf8, raw};
use crate::Failure;
use crate::sources::System;

/// The words that databases write for missing values.
const NULL_LITERALS: [&str; 4] = ["NULL", "\\N", "null", "None"];
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How to read a table.
#[derive(Debug, Clone)]
pub struct Table {
    dialect: Dialect,
    /// The number of lines before the header.
    skipped_lines: u64,
    has_header: bool,
    /// The names of the columns. Columns without a name are ignored.
    pub columns: Vec<String>,
    keep_null_literals: bool,
}

impl Table {
    /// Detects the notation, and checks the quotes of the whole file. Also returns what is unusual about it.
    pub fn detect(path: &Path, encoding: Encoding, options: &ReadOptions) -> Result<(Self, Vec<String>), Failure> {
        let (skipped_lines, header, given) = preface(text::open(path, encoding)?)?;
        let delimiter = options.delimiter.or(given).unwrap_or_else(|| detect_delimiter(&header));
        let mut table = Self {
            dialect: Dialect { delimiter, quoting: Quoting::Doubled },
            skipped_lines,
            has_header: true,
            columns: Vec::new(),
            keep_null_literals: options.keep_null_literals,
        };
        let mut notices = Vec::new();
        match table.check(path, encoding) {
            Err(Broken::Quote { after_backslash: true, .. }) => {
                let mut escaped = table.clone();
                escaped.dialect.quoting = Quoting::Backslash;
                escaped.check(path, encoding)?;
                table = escaped;
                notices.push("quotes within cells are escaped with backslashes".to_owned());
            }
            checked => checked?,
        }
        table.read_header(path, encoding, options, &mut notices)?;
        if skipped_lines > 0 {
            notices.push(format!("{skipped_lines} lines before the header are skipped"));
        }
        if delimiter != b',' {
            let name = if delimiter == b'\t' { "a tab".to_owned() } else { format!("`{}`", char::from(delimiter)) };
            notices.push(format!("the delimiter is {name}"));
        }
        Ok((table, notices))
    }

    fn records<R: BufRead>(&self, mut reader: R) -> Result<Records<R>, Failure> {
        let mut line = Vec::new();
        for _ in 0..self.skipped_lines {
            line.clear();
            reader.read_until(b'\n', &mut line)?;
        }
        Ok(Records::new(reader, self.dialect, self.skipped_lines))
    }

    fn check(&self, path: &Path, encoding: Encoding) -> Result<(), Broken> {
        let reader = text::open(path, encoding).map_err(Broken::Read)?;
        self.records(reader).map_err(Broken::Read)?.check()
    }

    fn read_header(
        &mut self,
        path: &Path,
        encoding: Encoding,
        options: &ReadOptions,
        notices: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let Some(first) = self.records(text::open(path, encoding)?)?.next().transpose()? else {
            return Err("the file is empty".into());
        };
        let cells = first.cells.into_iter().map(String::from_utf8).collect::<Result<Vec<_>, _>>();
        let cells = cells.map_err(|_| not_utf8(first.number))?;
        let cells: Vec<_> = cells.iter().map(|cell| cell.trim().to_owned()).collect();
        // Firebase writes tables without a header: id, email address, whether it is verified, and more.
        let is_firebase = options.from == Some(System::Firebase) || options.from.is_none() && cells.len() >= 25;
        let is_row = cells.len() >= 20 && cells.get(2).is_some_and(|cell| matches!(cell.as_str(), "true" | "false"));
        if let (true, true, Some(columns)) = (is_firebase, is_row, System::Firebase.source().columns) {
            self.has_header = false;
            let name =
                |index: usize| columns.get(index).map_or_else(|| format!("column {}", index + 1), |c| (*c).to_owned());
            self.columns = (0..cells.len()).map(name).collect();
            notices.push("the table has no header, as in exports of Firebase".to_owned());
            return Ok(());
        }
        if cells.iter().any(|cell| cell.contains('@')) {
            return Err("the first line is not a header, because it contains an email address; add a header".into());
        }
        for (index, _) in cells.iter().enumerate().filter(|(_, cell)| cell.is_empty()) {
            notices.push(format!("column {} has no name and is ignored", index + 1));
        }
        self.columns = cells;
        Ok(())
    }

    /// Returns the rows of the table.
    pub fn rows<R: BufRead + 'static>(
        &self,
        reader: R,
        is_utf8_required: bool,
    ) -> Result<impl Iterator<Item = Result<Line, Failure>> + use<R>, Failure> {
        let mut records = self.records(reader)?;
        if self.has_header {
            records.next();
        }
        let table = self.clone();
        Ok(records.map(move |record| table.row(record?, is_utf8_required)))
    }

    fn row(&self, record: Record, is_utf8_required: bool) -> Result<Line, Failure> {
        let Record { number, cells } = record;
        let is_utf8 = cells.iter().all(|cell| std::str::from_utf8(cell).is_ok());
        if !is_utf8 && is_utf8_required {
            return Err(not_utf8(number));
        }
        let cells: Vec<_> = cells.iter().map(|cell| String::from_utf8_lossy(cell)).collect();
        let (found, expected) = (cells.len(), self.columns.len());
        let problem = if !is_utf8 {
            Some("a cell is not UTF-8".to_owned())
        } else if found != expected {
            Some(format!("the record has {found} cells, but the table has {expected} columns"))
        } else {
            None
        };
        let mut row = Row { members: Vec::with_capacity(found), problem: problem.as_deref() };
        let mut null_literals = 0;
        for (index, cell) in cells.iter().enumerate() {
            let cell = cell.as_ref();
            let is_null = !self.keep_null_literals && NULL_LITERALS.contains(&cell.trim());
            null_literals += u32::from(is_null);
            let name = self.columns.get(index).map_or("#more", String::as_str);
            if !name.is_empty() {
                row.members.push((name, (!is_null).then_some(cell)));
            }
        }
        Ok(match &problem {
            Some(problem) => Line::malformed(number, &row, problem),
            None => Line { null_literals, ..Line::new(number, raw(&row)) },
        })
    }
}

/// A row as an object with the names of the columns.
struct Row<'a> {
    members: Vec<(&'a str, Option<&'a str>)>,
    problem: Option<&'a str>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, cell) in &self.members {
            map.serialize_entry(name, cell)?;
        }
        if let Some(problem) = self.problem {
            map.serialize_entry(PROBLEM_KEY, problem)?;
        }
        map.end()
    }
}

/// Returns the number of lines before the header, the header, and the delimiter of a `sep=` line.
fn preface(mut reader: impl BufRead) -> Result<(u64, String, Option<u8>), Failure> {
    let (mut skipped, mut delimiter) = (0, None);
    loop {
        let mut bytes = Vec::new();
        if reader.read_until(b'\n', &mut bytes)? == 0 {
            return Err("the file has no header".into());
        }
        let line = String::from_utf8_lossy(&bytes).into_owned();
        let text = line.trim_end_matches(['\r', '\n']);
        match text.strip_prefix("sep=").map(str::as_bytes) {
            Some([given]) => delimiter = Some(*given),
            _ if text.trim().is_empty() || text.starts_with('#') => {}
            _ => return Ok((skipped, line, delimiter)),
        }
        skipped += 1;
    }
}

/// Returns the most frequent delimiter of the header outside of quotes.
fn detect_delimiter(header: &str) -> u8 {
    let count = |delimiter: u8| {
        let mut is_quoted = false;
        let outside = header.bytes().filter(|byte| {
            is_quoted ^= *byte == b'"';
            !is_quoted && *byte == delimiter
        });
        outside.count()
    };
    // The first of several maxima: `max_by_key` returns the last one.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}
