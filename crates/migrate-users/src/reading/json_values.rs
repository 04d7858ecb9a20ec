//! [`JsonValues`]: objects in a JSON array, in an array of users within an object, or one after the other.

use std::io::BufRead;

use serde_json::value::RawValue;

use super::json_lines::object;
use super::{Line, not_utf8};
use crate::Failure;

/// The names of the arrays of users within an object, such as in the exports of Firebase and Cognito.
const ARRAYS: [&str; 3] = ["users", "Users", "data"];

/// Reads values one at a time, without loading the file.
pub struct JsonValues<R> {
    reader: R,
    line: u64,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first value.
    Start,
    /// Between the elements of an array.
    InArray,
    /// Between objects without an array.
    Sequence,
    /// After the last value, or after an error.
    End,
}

/// Returns whether a first line that starts with `{` is the beginning of a container or of an object that spans several
/// lines, instead of a line of JSON Lines.
pub fn starts_several_lines(first_line: &str) -> bool {
    let text = first_line.trim();
    let inner = text.trim_start_matches('{').trim_start();
    let is_array = ARRAYS.iter().any(|name| {
        let rest = inner.strip_prefix('"').and_then(|rest| rest.strip_prefix(name)?.strip_prefix('"'));
        let rest = rest.and_then(|rest| rest.trim_start().strip_prefix(':')).map(str::trim_start);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
    });
    inner.is_empty() || is_array
}

impl<R: BufRead> JsonValues<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, line: 1, state: State::Start }
    }

    fn peek(&mut self) -> Result<Option<u8>, Failure> {
        Ok(self.reader.fill_buf()?.first().copied())
    }

    fn bump(&mut self, byte: u8) {
        if byte == b'\n' {
            self.line += 1;
        }
        self.reader.consume(1);
    }

    /// Skips blanks, and returns the next byte without consuming it.
    fn peek_token(&mut self) -> Result<Option<u8>, Failure> {
        while let Some(byte) = self.peek()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.bump(byte);
        }
        Ok(None)
    }

    fn broken(&self, problem: &str) -> Failure {
        format!("line {}: {problem}; check that the file is complete", self.line).into()
    }

    /// Reads a value that starts with the next byte, without interpreting it.
    fn value(&mut self) -> Result<Vec<u8>, Failure> {
        let (mut bytes, mut depth, start) = (Vec::new(), 0_u32, self.line);
        let (mut is_string, mut is_escaped) = (false, false);
        loop {
            let Some(byte) = self.peek()? else {
                if depth > 0 || is_string {
                    return Err(format!("the file ends inside a value that starts on line {start}").into());
                }
                return Ok(bytes);
            };
            if is_string {
                is_string = is_escaped || byte != b'"';
                is_escaped = byte == b'\\' && !is_escaped;
            } else {
                match byte {
                    b'"' => is_string = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' | b',' if depth == 0 => return Ok(bytes),
                    b'}' | b']' => depth -= 1,
                    byte if depth == 0 && byte.is_ascii_whitespace() => return Ok(bytes),
                    _ => {}
                }
            }
            bytes.push(byte);
            self.bump(byte);
            if depth == 0 && !is_string && matches!(byte, b'}' | b']' | b'"') {
                return Ok(bytes);
            }
        }
    }

    /// Moves to the first element of the users. Returns the first value if it is a user itself.
    fn start(&mut self) -> Result<(), Failure> {
        match self.peek_token()? {
            None => self.state = State::End,
            Some(b'[') => {
                self.bump(b'[');
                self.state = State::InArray;
            }
            Some(b'{') if self.is_container()? => {
                self.bump(b'{');
                self.find_array()?;
                self.state = State::InArray;
            }
            Some(_) => self.state = State::Sequence,
        }
        Ok(())
    }

    /// Returns whether the object at the beginning of the file is a container, whose array precedes all fields of users.
    /// The first buffer contains its first keys.
    fn is_container(&mut self) -> Result<bool, Failure> {
        let beginning = String::from_utf8_lossy(self.reader.fill_buf()?).into_owned();
        let compact: String = beginning.chars().take(4096).filter(|c| !c.is_whitespace()).collect();
        let field = ["\"id\":", "\"email\":"].iter().filter_map(|field| compact.find(field)).min();
        let array = ARRAYS.iter().filter_map(|name| compact.find(&format!("\"{name}\":["))).min();
        Ok(array.is_some_and(|array| field.is_none_or(|field| array < field)))
    }

    /// Skips the members of the container before the array of users.
    fn find_array(&mut self) -> Result<(), Failure> {
        loop {
            match self.peek_token()? {
                Some(b',') => self.bump(b','),
                Some(b'"') => {
                    let key = self.value()?;
                    if self.peek_token()? != Some(b':') {
                        return Err(self.broken("a colon is missing"));
                    }
                    self.bump(b':');
                    let next = self.peek_token()?;
                    let is_users = ARRAYS.iter().any(|name| key == format!("\"{name}\"").as_bytes());
                    if is_users && next == Some(b'[') {
                        self.bump(b'[');
                        return Ok(());
                    }
                    self.value()?;
                }
                _ => return Err(self.broken("the object has no array of users")),
            }
        }
    }

    fn next_value(&mut self) -> Result<Option<Line>, Failure> {
        if self.state == State::Start {
            self.start()?;
        }
        let next = self.peek_token()?;
        match (self.state, next) {
            (State::End | State::Start, _) | (State::Sequence, None) => Ok(None),
            (State::InArray, None) => Err(self.broken("the file ends inside an array")),
            (State::InArray, Some(b']')) => {
                self.state = State::End;
                Ok(None)
            }
            (_, Some(b',')) => {
                self.bump(b',');
                self.next_value()
            }
            (_, Some(_)) => {
                let number = self.line;
                let bytes = self.value()?;
                if bytes.is_empty() {
                    return Err(self.broken("a bracket is not expected"));
                }
                let text = String::from_utf8(bytes).map_err(|_| not_utf8(number))?;
                Ok(Some(match serde_json::from_str::<Box<RawValue>>(&text) {
                    Ok(json) => object(number, json),
                    Err(_) => Line::malformed(number, &text, "the value is not JSON"),
                }))
            }
        }
    }
}

impl<R: BufRead> Iterator for JsonValues<R> {
    type Item = Result<Line, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_value().transpose();
        if matches!(next, Some(Err(_))) {
            self.state = State::End;
        }
        next
    }
}
