//! The encodings of text files.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, UTF_8, UTF_16BE, UTF_16LE};

use crate::Failure;

/// The number of bytes that are read to detect the format.
const BEGINNING_BYTES: u64 = 64 * 1024;

/// An encoding with a label of the WHATWG Encoding Standard, such as `windows-1252` or `utf-16le`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// Parses a label.
    pub fn parse(label: &str) -> Result<Self, String> {
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes());
        encoding.map(Self).ok_or_else(|| "must be an encoding such as utf-8, utf-16le or windows-1252".to_owned())
    }

    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

/// Detects UTF-16 by its byte order mark or by the zero bytes of ASCII characters. Everything else is read as UTF-8.
pub fn detect(path: &Path) -> Result<Encoding, Failure> {
    let mut bytes = Vec::new();
    File::open(path)?.take(64).read_to_end(&mut bytes)?;
    if let Some(problem) = unsupported(&bytes) {
        return Err(problem.into());
    }
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(&bytes) {
        return Ok(Encoding(encoding));
    }
    let are_zero = |offset: usize| bytes.len() >= 4 && bytes.iter().skip(offset).step_by(2).all(|byte| *byte == 0);
    Ok(Encoding(match (are_zero(0), are_zero(1)) {
        (false, true) => UTF_16LE,
        (true, false) => UTF_16BE,
        _ => UTF_8,
    }))
}

/// The first words of SQL dumps.
const SQL: [&str; 7] = [
    "-- MySQL dump",
    "-- MariaDB dump",
    "--\n-- PostgreSQL",
    "/*!",
    "CREATE TABLE",
    "INSERT INTO",
    "PRAGMA foreign_keys",
];

/// Returns an error for common formats that are not tables or JSON, and for UTF-32.
fn unsupported(beginning: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning)).replace('\r', "");
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| text.trim_start().starts_with(prefix));
    if starts(&["<?xml", "<!DOCTYPE", "<!doctype", "<html", "<HTML", "<table", "<Table"]) {
        return Some("the file is XML or HTML; export the users as CSV or JSON");
    }
    if starts(&SQL) {
        return Some("the file contains SQL statements; export the table of users as CSV or JSON");
    }
    if starts(&["+--"]) {
        return Some("the file is the formatted output of a database client; export the table of users as CSV or JSON");
    }
    if starts(&["dn: "]) || text.starts_with("version: 1\n") {
        return Some("the file is in the LDIF format; convert it to CSV or JSON");
    }
    if text.starts_with("---\n") || starts(&["- id:", "- email:"]) {
        return Some("the file is YAML; convert it to JSON");
    }
    match beginning {
        [b'S', b'Q', b'L', b'i', b't', b'e', b' ', b'f', ..] => {
            Some("the file is a SQLite database; export the table of users as CSV or JSON")
        }
        [b'%', b'P', b'D', b'F', ..] => Some("the file is a PDF document; export the users as CSV or JSON"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Some("the file is an Excel workbook; save the table as CSV in UTF-8"),
        [b'P', b'K', 3, 4, ..] => {
            Some("the file is a ZIP archive, such as an Excel workbook; unpack it, or save the table as CSV in UTF-8")
        }
        [0x1f, 0x8b, ..] => Some("the file is compressed with gzip; decompress it"),
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            Some("the file is encoded in UTF-32; convert it to UTF-8, for example with: iconv -f UTF-32 -t UTF-8")
        }
        _ => None,
    }
}

/// Opens a file, converts other encodings to UTF-8, and removes a byte order mark.
pub fn open(path: &Path, encoding: Encoding) -> Result<Box<dyn BufRead>, Failure> {
    let mut file = File::open(path)?;
    if encoding.0 != UTF_8 {
        let decoder = encoding.0.new_decoder_with_bom_removal();
        return Ok(Box::new(BufReader::new(Decoding {
            file,
            decoder,
            input: Vec::new(),
            position: 0,
            lines: 0,
            state: State::Reading,
        })));
    }
    let mut first = [0; 3];
    let length = read_up_to(&mut file, &mut first)?;
    if first[..length] != *b"\xef\xbb\xbf" {
        file.seek(SeekFrom::Start(0))?;
    }
    Ok(Box::new(BufReader::with_capacity(128 * 1024, file)))
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..])? {
            0 => break,
            read => length += read,
        }
    }
    Ok(length)
}

/// Returns the beginning of a file. Invalid UTF-8 and an incomplete last character are replaced.
pub fn beginning(path: &Path, encoding: Encoding) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    open(path, encoding)?.take(BEGINNING_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns whether a file starts with these bytes, after an optional byte order mark of UTF-8.
pub fn starts_with(path: &Path, prefix: &[u8]) -> Result<bool, Failure> {
    let mut bytes = Vec::new();
    open(path, Encoding(UTF_8))?.take(prefix.len() as u64).read_to_end(&mut bytes)?;
    Ok(bytes == prefix)
}

pub fn ends_with_newline(path: &Path, encoding: Encoding) -> Result<bool, Failure> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(2)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(match bytes[..] {
        [] => true,
        [.., last] if encoding.0 != UTF_16LE && encoding.0 != UTF_16BE => last == b'\n',
        _ => bytes.contains(&b'\n') && bytes.contains(&0),
    })
}

/// Decodes a file to UTF-8. Malformed input is an error, because replacement characters would become part of values.
struct Decoding {
    file: File,
    decoder: Decoder,
    input: Vec<u8>,
    position: usize,
    /// The number of decoded line feeds.
    lines: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    /// The whole file is in the input.
    LastInput,
    Finished,
    Malformed,
}

impl Read for Decoding {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.state {
                State::Finished => return Ok(0),
                State::Malformed => {
                    let (line, name) = (self.lines + 1, self.decoder.encoding().name());
                    let problem = format!("line {line} is not {name}; use --encoding with the encoding of the file");
                    return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
                }
                State::Reading if self.position == self.input.len() => {
                    self.input.resize(16 * 1024, 0);
                    let length = self.file.read(&mut self.input)?;
                    self.input.truncate(length);
                    self.position = 0;
                    if length == 0 {
                        self.state = State::LastInput;
                    }
                }
                State::Reading | State::LastInput => {}
            }
            let (input, is_last) = (&self.input[self.position..], self.state == State::LastInput);
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(input, buffer, is_last);
            self.position += read;
            self.lines += buffer[..written].split(|byte| *byte == b'\n').count() - 1;
            match result {
                DecoderResult::Malformed(..) => self.state = State::Malformed,
                DecoderResult::InputEmpty if is_last => self.state = State::Finished,
                DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }
}
