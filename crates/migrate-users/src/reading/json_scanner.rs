//! [`Scanner`]: splits JSON into tokens and values, without loading the file and without interpreting values.

use std::io::BufRead;

use crate::Failure;

pub struct Scanner<R> {
    reader: R,
    /// The number of the current line.
    pub line: u64,
}

impl<R: BufRead> Scanner<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, line: 1 }
    }

    fn peek(&mut self) -> Result<Option<u8>, Failure> {
        Ok(self.reader.fill_buf()?.first().copied())
    }

    /// Consumes `byte`, which must be the next byte.
    pub fn bump(&mut self, byte: u8) {
        if byte == b'\n' {
            self.line += 1;
        }
        self.reader.consume(1);
    }

    /// Skips whitespace, and returns the next byte without consuming it.
    pub fn peek_token(&mut self) -> Result<Option<u8>, Failure> {
        while let Some(byte) = self.peek()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.bump(byte);
        }
        Ok(None)
    }

    /// Reads a key and the colon after it. The next byte must be a quote. Returns the key with its quotes.
    pub fn key(&mut self) -> Result<Vec<u8>, Failure> {
        let key = self.value()?;
        if self.peek_token()? != Some(b':') {
            return Err(self.broken("a colon is missing"));
        }
        self.bump(b':');
        Ok(key)
    }

    /// Reads a value that starts with the next byte.
    pub fn value(&mut self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        self.consume(0, |byte| bytes.push(byte))?;
        Ok(bytes)
    }

    /// Skips the rest of a value. `open_brackets` is the number of its opening brackets that were already consumed.
    pub fn skip(&mut self, open_brackets: u32) -> Result<(), Failure> {
        self.consume(open_brackets, |_| ())
    }

    fn consume(&mut self, mut depth: u32, mut visit: impl FnMut(u8)) -> Result<(), Failure> {
        let start = self.line;
        let (mut is_string, mut is_escaped) = (false, false);
        loop {
            let Some(byte) = self.peek()? else {
                if depth > 0 || is_string {
                    return Err(format!("the file ends inside a value that starts on line {start}").into());
                }
                return Ok(());
            };
            if is_string {
                is_string = is_escaped || byte != b'"';
                is_escaped = byte == b'\\' && !is_escaped;
            } else {
                match byte {
                    b'"' => is_string = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' | b',' if depth == 0 => return Ok(()),
                    b'}' | b']' => depth -= 1,
                    byte if depth == 0 && byte.is_ascii_whitespace() => return Ok(()),
                    _ => {}
                }
            }
            visit(byte);
            self.bump(byte);
            if depth == 0 && !is_string && matches!(byte, b'}' | b']' | b'"') {
                return Ok(());
            }
        }
    }

    /// Returns the error for malformed JSON on the current line.
    pub fn broken(&self, problem: &str) -> Failure {
        format!("line {}: {problem}; check that the file is complete", self.line).into()
    }
}
