//! [`CsvLines`]: the records of a CSV file, as JSON objects of strings.

use std::io::Read;

use csv::{ByteRecord, Reader, ReaderBuilder, StringRecord};
use serde::{Serialize, Serializer};

use crate::Failure;
use crate::source::{Line, raw};

pub struct CsvLines<R> {
    reader: Reader<R>,
    columns: StringRecord,
}

/// Serializes a record as an object with the names of the columns. Empty cells are omitted.
struct Object<'a>(&'a StringRecord, &'a StringRecord);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(self.1).filter(|(_, cell)| !cell.is_empty()))
    }
}

impl<R: Read> CsvLines<R> {
    pub fn new(reader: R, delimiter: u8) -> Result<Self, Failure> {
        // A record with a wrong number of cells is rejected instead of ending the import.
        let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(reader);
        let columns = reader.headers()?.clone();
        Ok(Self { reader, columns })
    }

    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter()
    }
}

impl<R: Read> Iterator for CsvLines<R> {
    type Item = Result<Line, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = ByteRecord::new();
        match self.reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => return Some(Err(error.into())),
        }
        let number = record.position().map_or(0, csv::Position::line);
        Some(Ok(match StringRecord::from_byte_record(record) {
            Err(error) => {
                let record = error.into_byte_record();
                let cells: Vec<_> = record.iter().map(String::from_utf8_lossy).collect();
                Line::malformed(number, &cells, "a cell is not UTF-8")
            }
            Ok(record) if record.len() != self.columns.len() => {
                let reason =
                    format!("the record has {} cells, but the table has {} columns", record.len(), self.columns.len());
                Line::malformed(number, &record.iter().collect::<Vec<_>>(), reason)
            }
            Ok(record) => Line { number, json: raw(&Object(&self.columns, &record)), malformed: None },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(table: &[u8], delimiter: u8) -> Vec<(u64, String, bool)> {
        let lines = CsvLines::new(table, delimiter).unwrap().map(Result::unwrap);
        lines.map(|line| (line.number, line.json.get().to_owned(), line.malformed.is_some())).collect()
    }

    #[test]
    fn records_are_objects_with_line_numbers() {
        let table = "\u{feff}email,First Name,bio\nada@example.com,Ada,\"two\nlines\"\ngrace@example.com,,\n";
        let ada = r#"{"email":"ada@example.com","First Name":"Ada","bio":"two\nlines"}"#;
        let grace = r#"{"email":"grace@example.com"}"#;
        assert_eq!(read(table.as_bytes(), b','), [(2, ada.to_owned(), false), (4, grace.to_owned(), false)]);
    }

    #[test]
    fn unreadable_record_is_kept_as_cells() {
        let table = b"email;name\nada@example.com\n\xff;x\ngrace@example.com;Grace\n";
        let lines = read(table, b';');
        assert_eq!(lines[0], (2, r#"["ada@example.com"]"#.to_owned(), true));
        assert_eq!(lines[1], (3, "[\"\u{fffd}\",\"x\"]".to_owned(), true));
        assert!(!lines[2].2);
    }
}
