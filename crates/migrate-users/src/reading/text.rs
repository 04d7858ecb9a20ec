//! The encodings of text files.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use encoding_rs::{Decoder, UTF_8, UTF_16BE, UTF_16LE};

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

/// Opens a file, converts other encodings to UTF-8, and removes a byte order mark.
pub fn open(path: &Path, encoding: Encoding) -> Result<Box<dyn BufRead>, Failure> {
    let mut file = File::open(path)?;
    if encoding.0 != UTF_8 {
        let decoder = encoding.0.new_decoder_with_bom_removal();
        return Ok(Box::new(BufReader::new(Decoding { file, decoder, input: Vec::new(), position: 0, is_end: false })));
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

/// Decodes a file to UTF-8.
struct Decoding {
    file: File,
    decoder: Decoder,
    input: Vec<u8>,
    position: usize,
    is_end: bool,
}

impl Read for Decoding {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.position == self.input.len() && !self.is_end {
                self.input.resize(16 * 1024, 0);
                let length = self.file.read(&mut self.input)?;
                self.input.truncate(length);
                (self.position, self.is_end) = (0, length == 0);
            }
            let input = &self.input[self.position..];
            let (_, read, written, _) = self.decoder.decode_to_utf8(input, buffer, self.is_end);
            self.position += read;
            if written > 0 || self.is_end {
                return Ok(written);
            }
        }
    }
}
