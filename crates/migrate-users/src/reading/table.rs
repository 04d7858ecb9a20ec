//! [`Table`]: converts the rows of a CSV file to JSON objects.

use std::borrow::Cow;
use std::io::BufRead;
use std::path::Path;

use serde::Serializer;
use serde::ser::{Serialize, SerializeMap};

use super::null_words::NullWords;
use super::records::{Broken, Dialect, Quoting, Record, Records};
use super::swallowed::has_swallowed_rows;
use super::text::{self, Encoding};
use super::{Backslashes, Line, PROBLEM_KEY, ReadOptions, SAMPLE_ROWS, not_utf8, raw};
use crate::Failure;
use crate::counted::Counted;
use crate::mapping::digests::contains_digest;
use crate::mapping::fields::{Field, normalized};
use crate::mapping::value::{Value, trimmed};
use crate::sources::{System, is_identifier};

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The notation and the columns of a CSV file.
#[derive(Debug, Clone)]
pub struct Table {
    dialect: Dialect,
    /// The number of lines before the header.
    skipped_lines: u64,
    has_header: bool,
    /// The names of the columns. Columns without a name are ignored.
    pub columns: Vec<String>,
    null_words: NullWords,
    /// Whether each row has an empty cell after the last column.
    has_trailing_delimiter: bool,
}

impl Table {
    /// Detects the notation and the columns, and checks the quotes of the whole file. Also returns a message for each
    /// unusual property.
    pub fn detect(path: &Path, encoding: Encoding, options: &ReadOptions) -> Result<(Self, Vec<String>), Failure> {
        let (skipped_lines, header, given) = preface(text::open(path, encoding)?)?;
        let delimiter = options.delimiter.or(given).unwrap_or_else(|| detect_delimiter(&header));
        let mut table = Self {
            dialect: Dialect { delimiter, quoting: Quoting::Doubled },
            skipped_lines,
            has_header: true,
            columns: Vec::new(),
            null_words: options.null_words.clone(),
            has_trailing_delimiter: false,
        };
        let mut notices = Vec::new();
        if options.backslashes == Some(Backslashes::Escape) {
            table.dialect.quoting = Quoting::Backslash;
        }
        match table.check(path, encoding) {
            Err(broken @ (Broken::Quote { .. } | Broken::Unclosed { .. })) if options.backslashes.is_none() => {
                table.dialect.quoting = Quoting::Backslash;
                // If the file is invalid in both notations, the error of the default one is returned.
                table.check(path, encoding).map_err(|_| broken)?;
                notices.push("quotes within cells are escaped with backslashes".to_owned());
            }
            Ok(Some(line)) if options.backslashes.is_none() => return Err(undecided_backslashes(line)),
            checked => drop(checked?),
        }
        table.read_header(path, encoding, options, &mut notices)?;
        if skipped_lines > 0 {
            notices.push(format!("skipped before the header: {}", Counted(skipped_lines, "line")));
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

    fn check(&self, path: &Path, encoding: Encoding) -> Result<Option<u64>, Broken> {
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
        if cells.iter().any(|cell| cell.trim_end().contains('\r')) {
            return Err(
                "the lines end with carriage returns; convert them to line feeds, for example with: tr '\\r' '\\n'"
                    .into(),
            );
        }
        let cells = cells.iter().map(|cell| without_formula(cell.into()));
        let cells: Vec<_> = cells.enumerate().map(|(index, cell)| column_name(index, &cell)).collect();
        if let (true, Some(columns)) = (is_row_of_firebase(&cells, options.from), System::Firebase.source().columns) {
            self.has_header = false;
            let name = |index: usize| columns.get(index).map_or_else(|| unnamed(index), |column| (*column).to_owned());
            self.columns = (0..cells.len()).map(name).collect();
            notices.push("the file has no header, as usual in exports of Firebase".to_owned());
            return Ok(());
        }
        if cells.iter().any(|cell| cell.contains('@')) {
            return Err("the first line is not a header, because it contains an email address; add a header".into());
        }
        for (index, _) in cells.iter().enumerate().filter(|(_, cell)| cell.is_empty()) {
            notices.push(format!("{} has no name and is ignored", unnamed(index)));
        }
        self.columns = cells;
        self.detect_trailing_delimiter(path, encoding, notices)
    }

    /// Detects rows that end with a delimiter, although the header does not.
    fn detect_trailing_delimiter(
        &mut self,
        path: &Path,
        encoding: Encoding,
        notices: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let rows = self.records(text::open(path, encoding)?)?.skip(1).take(SAMPLE_ROWS);
        let mut rows = rows.map_while(Result::ok).peekable();
        let has_empty_cell = |row: &Record| {
            row.cells.len() == self.columns.len() + 1
                && row.cells.last().is_some_and(|cell| cell.trim_ascii().is_empty())
        };
        self.has_trailing_delimiter = rows.peek().is_some() && rows.all(|row| has_empty_cell(&row));
        if self.has_trailing_delimiter {
            notices.push("the rows end with a delimiter, which is ignored".to_owned());
        }
        Ok(())
    }

    /// Returns the rows of the file.
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

    /// Returns the reason to skip a row that is not a user.
    ///
    /// # Errors
    ///
    /// Returns an error for a header with other columns than the first one, because it determines the columns of the
    /// following rows.
    fn skipped(&self, number: u64, cells: &[Cow<'_, str>]) -> Result<Option<&'static str>, Failure> {
        if is_separator(cells) {
            return Ok(Some("separator lines"));
        }
        // Files that were concatenated have multiple headers. Most rows differ from a header in the first cell.
        let first = cells.first().map(|cell| column_name(0, cell)).unwrap_or_default();
        let is_name = || self.columns.iter().any(|column| column.eq_ignore_ascii_case(&first));
        if !self.has_header || cells.len() != self.columns.len() || !is_name() {
            return Ok(None);
        }
        let names = cells.iter().enumerate().map(|(index, cell)| normalized(&column_name(index, cell)));
        let (mut names, mut columns): (Vec<_>, Vec<_>) =
            (names.collect(), self.columns.iter().map(|column| normalized(column)).collect());
        if names == columns {
            return Ok(Some("repeated headers"));
        }
        names.sort_unstable();
        columns.sort_unstable();
        if names == columns {
            let advice = "import the part before the header and the part that starts with it as separate files";
            return Err(format!("line {number}: another header has the columns in another order; {advice}").into());
        }
        Ok(None)
    }

    fn row(&self, record: Record, is_utf8_required: bool) -> Result<Line, Failure> {
        let Record { number, mut cells } = record;
        if self.has_trailing_delimiter && cells.len() == self.columns.len() + 1 {
            // A cell that is not blank is kept, so the row has too many cells and is malformed.
            cells.pop_if(|cell| cell.trim_ascii().is_empty());
        }
        let written = cells.len();
        // Spreadsheets omit empty cells at the end of a row. A row that lacks other cells may be truncated.
        if self.columns.get(written..).is_some_and(|missing| missing.iter().all(String::is_empty)) {
            cells.resize(self.columns.len(), Vec::new());
        }
        let is_utf8 = cells.iter().all(|cell| std::str::from_utf8(cell).is_ok());
        if !is_utf8 && is_utf8_required {
            return Err(not_utf8(number));
        }
        let cells: Vec<_> = cells.iter().map(|cell| without_formula(String::from_utf8_lossy(cell))).collect();
        let skipped = self.skipped(number, &cells)?;
        let (found, expected, delimiter) = (cells.len(), self.columns.len(), char::from(self.dialect.delimiter));
        let problem = if !is_utf8 {
            Some("a cell is not UTF-8".to_owned())
        } else if skipped.is_some() {
            None
        } else if found != expected {
            Some(format!("the record has {found} cells, but the table has {expected} columns"))
        } else if (0..written).any(|index| has_swallowed_rows(&cells[..written], index, delimiter)) {
            Some(
                "a quoted cell seems to contain another row; check for a quote that is not closed, or remove the key \
                 #problem if the cell is correct"
                    .to_owned(),
            )
        } else {
            None
        };
        let mut row = Row { members: Vec::with_capacity(found), problem: problem.as_deref() };
        let mut null_literals = 0;
        for (index, cell) in cells.iter().enumerate() {
            let cell = cell.as_ref();
            let is_null = self.null_words.is_null_cell(cell.trim());
            null_literals += u32::from(is_null);
            let name = self.columns.get(index).map_or("#more", String::as_str);
            if !name.is_empty() {
                row.members.push((name.into(), (!is_null).then_some(cell)));
            } else if contains_digest(cell) {
                // If the value were ignored, the user would lose the password. Other values, such as row numbers, would
                // only change the hash of the row in the journal.
                row.members.push((unnamed(index).into(), Some(cell)));
            }
        }
        if let Some(problem) = &problem {
            return Ok(Line::malformed(number, &row, problem));
        }
        Ok(Line { skipped, null_literals, ..Line::new(number, raw(&row)) })
    }
}

/// A row, which is serialized as an object with the column names as keys.
struct Row<'a> {
    members: Vec<(Cow<'a, str>, Option<&'a str>)>,
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

/// Returns whether the first line of a file is a user of Firebase, whose CSV exports have no header. The third column
/// contains a boolean, which is empty for some users with a phone number. The 24th one contains the time of creation.
pub(super) fn is_row_of_firebase(cells: &[String], from: Option<System>) -> bool {
    // A letter such as `y` can be the name of a column.
    let is_boolean =
        |cell: &String| cell.len() > 1 && Value::of_text(cell.clone()).is_some_and(|value| value.boolean().is_ok());
    let is_empty_before_time = |cell: &String| {
        let time = cells.get(23).filter(|time| time.len() > 9);
        cell.is_empty() && time.is_some_and(|time| time.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_row = || cells.get(2).is_some_and(|cell| is_boolean(cell) || is_empty_before_time(cell));
    match from {
        None => cells.len() >= 25 && is_row(),
        Some(System::Firebase) => cells.len() >= 20 && (is_row() || !cells.iter().any(|cell| is_known_name(cell))),
        Some(_) => false,
    }
}

/// Returns whether a row is a line that separates the header from the rows, such as `--,--------` or `|---|---|`.
fn is_separator(cells: &[Cow<'_, str>]) -> bool {
    let is_line = |cell: &str| cell.bytes().all(|byte| matches!(byte, b'-' | b'+' | b'|' | b':' | b'=' | b' '));
    cells.iter().all(|cell| is_line(cell.trim())) && cells.iter().any(|cell| cell.contains("--") || cell.contains("=="))
}

/// The error for backslashes that may be escape sequences.
fn undecided_backslashes(line: u64) -> Failure {
    format!(
        "line {line}: a cell has a backslash that may escape the next character, as in exports of MySQL; use \
         --backslashes escape to replace escape sequences, or --backslashes keep if backslashes are part of the values"
    )
    .into()
}

/// Returns the text of a cell such as `="00123"`, which programs write so that spreadsheets do not convert the text to
/// a number.
fn without_formula(cell: Cow<'_, str>) -> Cow<'_, str> {
    let text = cell.trim().strip_prefix("=\"").and_then(|text| text.strip_suffix('"'));
    match text.filter(|text| !text.contains('"')) {
        Some(text) => Cow::Owned(text.to_owned()),
        None => cell,
    }
}

/// Returns the name for a value of a column without a name.
fn unnamed(index: usize) -> String {
    format!("column {}", index + 1)
}

/// Returns the name of a column. It is empty for `Unnamed: 0` and similar names, which data frames write for columns
/// without a name.
fn column_name(index: usize, cell: &str) -> String {
    // A byte order mark precedes the header of a file that was appended to another one.
    let name = trimmed(cell);
    // The header may be marked as a comment.
    let name = if index == 0 { name.trim_start_matches('#').trim_start() } else { name };
    // MySQL and SQL Server enclose names.
    let enclosed = |open, close| {
        let inner = name.strip_prefix(open)?.strip_suffix(close)?;
        (!inner.contains([open, close])).then_some(inner)
    };
    let name = enclosed('`', '`').or_else(|| enclosed('[', ']')).unwrap_or(name);
    let is_index = |name: &str| {
        let number = name.strip_prefix("Unnamed: ");
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if is_index(name) { String::new() } else { name.to_owned() }
}

/// Returns the number of lines before the header, the header, and the delimiter of a `sep=` line.
fn preface(mut reader: impl BufRead) -> Result<(u64, String, Option<u8>), Failure> {
    let (mut number, mut delimiter) = (0, None);
    // A line that starts with `#`, and the number of lines before it. It is the header if the next line has as many
    // delimiters and no known column name.
    let mut candidate: Option<(u64, String)> = None;
    loop {
        let mut bytes = Vec::new();
        if reader.read_until(b'\n', &mut bytes)? == 0 {
            return Err("the file has no header".into());
        }
        let line = String::from_utf8_lossy(&bytes).into_owned();
        let text = line.trim();
        match separator(text) {
            Some(given) => delimiter = Some(given),
            None if text.is_empty() => {}
            None if text.starts_with('#') => candidate = Some((number, line)),
            None => {
                let is_header = |header: &str| {
                    let delimiter = delimiter.unwrap_or_else(|| detect_delimiter(header));
                    let columns = count(header, delimiter);
                    columns > 0 && columns == count(text, delimiter) && !has_known_name(text, delimiter)
                };
                return Ok(match candidate.filter(|(_, header)| is_header(header)) {
                    Some((number, header)) => (number, header, delimiter),
                    None => (number, line, delimiter),
                });
            }
        }
        number += 1;
    }
}

/// Returns the delimiter of a line such as `sep=;`, which Excel uses.
fn separator(line: &str) -> Option<u8> {
    let text = line.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(line);
    let (name, delimiter) = text.split_at_checked(4)?;
    match delimiter.as_bytes() {
        [delimiter] if name.eq_ignore_ascii_case("sep=") => Some(*delimiter),
        // The end of the line was trimmed.
        [] if name.eq_ignore_ascii_case("sep=") => Some(b'\t'),
        _ => None,
    }
}

/// Returns whether a cell of a line contains the name of a field or of an id.
fn has_known_name(line: &str, delimiter: u8) -> bool {
    let names = line.split(char::from(delimiter)).map(|cell| cell.trim().trim_matches('"'));
    names.into_iter().any(is_known_name)
}

/// Returns whether text is the name of a field or of an id.
fn is_known_name(name: &str) -> bool {
    Field::named(name).is_some() || is_identifier(name)
}

/// Returns the number of delimiters outside of quotes.
fn count(line: &str, delimiter: u8) -> usize {
    let mut is_quoted = false;
    let outside = line.bytes().filter(|byte| {
        is_quoted ^= *byte == b'"';
        !is_quoted && *byte == delimiter
    });
    outside.count()
}

/// Returns the most frequent delimiter of the header outside of quotes.
fn detect_delimiter(header: &str) -> u8 {
    // The first of multiple maxima: `max_by_key` returns the last one.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| count(header, *delimiter)).unwrap_or(b',')
}
