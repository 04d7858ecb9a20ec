//! [`Records`]: splits a CSV file into records and cells.
//!
//! CSV parsers accept misplaced quotes, which can merge the rest of a file into one cell. This module rejects quotes
//! that do not enclose a whole cell.

use std::io::BufRead;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use crate::Failure;

/// How a quote within a quoted cell is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// By doubling it. A backslash has no meaning.
    Doubled,
    /// By a backslash, as in exports of MySQL. The backslash also escapes other characters, in all cells.
    Backslash,
}

/// The notation of a CSV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    pub delimiter: u8,
    pub quoting: Quoting,
}

pub struct Record {
    /// The number of its first line.
    pub number: u64,
    /// The cells, which may be invalid UTF-8.
    pub cells: Vec<Vec<u8>>,
}

/// The reason why a CSV file cannot be split into records.
#[derive(Debug)]
pub enum Broken {
    Read(Failure),
    /// A quote on this line does not enclose a whole cell.
    Quote {
        line: u64,
    },
    /// The file ends inside a quoted cell that starts on this line.
    Unclosed {
        line: u64,
    },
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Read(failure) => failure,
            Broken::Quote { line } => format!(
                "line {line}: a quote does not enclose a whole cell; enclose the cell in quotes, and double the quotes \
                 within it"
            )
            .into(),
            Broken::Unclosed { line } => format!(
                "the file ends inside a quoted cell that starts on line {line}; it is incomplete, or the cell has a \
                 quote that is not doubled"
            )
            .into(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Unquoted,
    Quoted,
    /// After a backslash in a quoted cell.
    Escaped,
    /// After a backslash in another cell.
    EscapedUnquoted,
    /// After a quote that closes a cell or is the first of a doubled quote.
    Quote,
    /// After a closing quote and whitespace.
    Closed,
}

pub struct Records<R> {
    reader: R,
    dialect: Dialect,
    parser: Reader,
    /// The number of lines read.
    lines: u64,
    /// The bytes of the current record.
    bytes: Vec<u8>,
    is_end: bool,
}

impl<R: BufRead> Records<R> {
    /// Creates an iterator over records. `lines` is the number of lines that were already read.
    pub fn new(reader: R, dialect: Dialect, lines: u64) -> Self {
        // Records are split before they are parsed. By default, a carriage return would end a record within its line.
        let parser = ReaderBuilder::new().delimiter(dialect.delimiter).terminator(Terminator::Any(b'\n')).build();
        Self { reader, dialect, parser, lines, bytes: Vec::new(), is_end: false }
    }

    /// Checks the quotes of all records. Returns the number of the first record with backslashes that have no meaning in
    /// this dialect, but may be escape sequences.
    pub fn check(mut self) -> Result<Option<u64>, Broken> {
        let mut first = None;
        while let Some(number) = self.read()? {
            let is_candidate =
                first.is_none() && self.dialect.quoting == Quoting::Doubled && self.bytes.contains(&b'\\');
            if is_candidate && self.cells().iter().any(|cell| may_be_escaped(cell)) {
                first = Some(number);
            }
        }
        Ok(first)
    }

    /// Reads the next record that is not blank into `bytes`, and returns its line number.
    fn read(&mut self) -> Result<Option<u64>, Broken> {
        loop {
            self.bytes.clear();
            let number = self.lines + 1;
            if !self.read_record()? {
                return Ok(None);
            }
            if !self.bytes.trim_ascii().is_empty() {
                return Ok(Some(number));
            }
        }
    }

    /// Reads lines until a line feed is neither quoted nor escaped. Returns whether there was a line.
    fn read_record(&mut self) -> Result<bool, Broken> {
        let (mut state, mut opened) = (State::CellStart, 0);
        loop {
            let start = self.bytes.len();
            let length = self.reader.read_until(b'\n', &mut self.bytes).map_err(|error| Broken::Read(error.into()))?;
            if length == 0 {
                return match state {
                    State::Quoted | State::Escaped => Err(Broken::Unclosed { line: opened }),
                    _ => Ok(start > 0),
                };
            }
            self.lines += 1;
            state = self.scan(start, state, &mut opened)?;
            let is_open = match state {
                State::CellStart => false,
                State::Quoted | State::Escaped => true,
                _ => self.bytes.ends_with(b"\n"),
            };
            if !is_open {
                return Ok(true);
            }
        }
    }

    /// Checks the quotes of the line that starts at the index `start`. `opened` is the line of the last opening quote.
    fn scan(&mut self, start: usize, mut state: State, opened: &mut u64) -> Result<State, Broken> {
        let mut cell_start = start;
        let mut index = start;
        while index < self.bytes.len() {
            let byte = self.bytes[index];
            state = match (state, byte) {
                (State::Quoted, b'"') => State::Quote,
                (State::Quoted, b'\\') if self.dialect.quoting == Quoting::Backslash => State::Escaped,
                (State::Quoted | State::Escaped, _) => State::Quoted,
                (State::EscapedUnquoted, _) => State::Unquoted,
                (State::Quote, b'"') if self.dialect.quoting == Quoting::Doubled => State::Quoted,
                (_, b'\n') => State::CellStart,
                (_, byte) if byte == self.dialect.delimiter => {
                    cell_start = index + 1;
                    State::CellStart
                }
                (State::Quote | State::Closed, b' ' | b'\t' | b'\r') => State::Closed,
                (State::Quote | State::Closed, _) => return Err(Broken::Quote { line: self.lines }),
                (State::CellStart, b'"') => {
                    // Whitespace before the quote is not part of the cell.
                    self.bytes.drain(cell_start..index);
                    index = cell_start;
                    *opened = self.lines;
                    State::Quoted
                }
                (State::CellStart, b' ' | b'\t') => State::CellStart,
                (State::CellStart | State::Unquoted, b'\\') if self.dialect.quoting == Quoting::Backslash => {
                    State::EscapedUnquoted
                }
                (State::CellStart | State::Unquoted, _) => State::Unquoted,
            };
            index += 1;
        }
        Ok(state)
    }

    /// Splits the current record into cells.
    fn cells(&mut self) -> Vec<Vec<u8>> {
        while self.bytes.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            self.bytes.pop();
        }
        if self.dialect.quoting == Quoting::Backslash {
            return unescaped_cells(&self.bytes, self.dialect.delimiter);
        }
        self.bytes.push(b'\n');
        let max_cells = self.bytes.split(|byte| *byte == self.dialect.delimiter).count();
        let (mut output, mut ends) = (vec![0; self.bytes.len()], vec![0; max_cells + 1]);
        let (result, _, _, number) = self.parser.read_record(&self.bytes, &mut output, &mut ends);
        debug_assert_eq!(result, ReadRecordResult::Record, "the buffers are large enough");
        let mut start = 0;
        let cell = |end: &usize| output[std::mem::replace(&mut start, *end)..*end].to_vec();
        ends[..number].iter().map(cell).collect()
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = Result<Record, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_end {
            return None;
        }
        match self.read() {
            Ok(Some(number)) => Some(Ok(Record { number, cells: self.cells() })),
            Ok(None) => None,
            Err(broken) => {
                self.is_end = true;
                Some(Err(broken))
            }
        }
    }
}

/// Splits a record with escape sequences into cells, and replaces the sequences. Its quotes have been checked.
fn unescaped_cells(record: &[u8], delimiter: u8) -> Vec<Vec<u8>> {
    let (mut cells, mut cell, mut is_quoted, mut is_start) = (Vec::new(), Vec::new(), false, true);
    let mut bytes = record.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => push_unescaped(&mut cell, bytes.next()),
            b'"' if is_quoted => is_quoted = false,
            b'"' if is_start => is_quoted = true,
            byte if byte == delimiter && !is_quoted => {
                cells.push(std::mem::take(&mut cell));
                is_start = true;
                continue;
            }
            byte => cell.push(byte),
        }
        is_start = false;
    }
    cells.push(cell);
    cells
}

/// Adds the text of an escape sequence of MySQL. `byte` follows the backslash, unless the record ends.
fn push_unescaped(cell: &mut Vec<u8>, byte: Option<u8>) {
    match byte {
        None => cell.push(b'\\'),
        Some(b'0') => cell.push(0),
        Some(b'b') => cell.push(0x08),
        Some(b'n') => cell.push(b'\n'),
        Some(b'r') => cell.push(b'\r'),
        Some(b't') => cell.push(b'\t'),
        Some(b'Z') => cell.push(0x1a),
        // A missing value.
        Some(b'N') => cell.extend(b"\\N"),
        Some(other) => cell.push(other),
    }
}

/// Returns `true` if a cell has a backslash that may be part of an escape sequence of MySQL.
///
/// JSON has escape sequences of its own, and `\N` is a missing value in every dialect.
fn may_be_escaped(cell: &[u8]) -> bool {
    let is_json = matches!(cell.trim_ascii_start().first(), Some(b'{' | b'['));
    let is_escape = |pair: &[u8]| pair[0] == b'\\' && br#"\'"0bnrtZ"#.contains(&pair[1]);
    !is_json && cell.windows(2).any(is_escape)
}
