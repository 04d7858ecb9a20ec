//! [`JsonValues`]: reads the rows of a JSON file, in any [`Layout`].

use std::io::BufRead;

use serde_json::value::RawValue;

use super::json_layout::Layout;
use super::json_lines::{not_json, row};
use super::json_scanner::Scanner;
use super::{Line, not_utf8};
use crate::Failure;

/// Reads values one at a time, without loading the file.
pub struct JsonValues<R> {
    scanner: Scanner<R>,
    layout: Layout,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first value.
    Start,
    /// Between the elements of an array.
    InArray,
    /// Between consecutive values.
    Sequence,
    /// After the last value, or after an error.
    End,
}

impl<R: BufRead> JsonValues<R> {
    pub fn new(reader: R, layout: Layout) -> Self {
        Self { scanner: Scanner::new(reader), layout, state: State::Start }
    }

    /// Moves to the first value.
    fn start(&mut self) -> Result<(), Failure> {
        match (&self.layout, self.scanner.peek_token()?) {
            (Layout::Array, Some(b'[')) => {
                self.scanner.bump(b'[');
                self.state = State::InArray;
            }
            (Layout::Member(name), Some(b'{')) => {
                self.scanner.bump(b'{');
                find_array(&mut self.scanner, name)?;
                self.state = State::InArray;
            }
            (_, Some(_)) => self.state = State::Sequence,
            (_, None) => self.state = State::End,
        }
        Ok(())
    }

    fn next_value(&mut self) -> Result<Option<Line>, Failure> {
        if self.state == State::Start {
            self.start()?;
        }
        loop {
            match (self.state, self.scanner.peek_token()?) {
                (State::End | State::Start, _) | (State::Sequence, None) => return Ok(None),
                (State::InArray, None) => return Err(self.scanner.broken("the file ends inside an array")),
                (State::InArray, Some(b']')) => {
                    self.state = State::End;
                    self.scanner.bump(b']');
                    // For other layouts, `Layout::detect` has checked the rest of the file.
                    if self.layout == Layout::Array && self.scanner.peek_token()?.is_some() {
                        return Err(self.scanner.broken("the array is followed by other text"));
                    }
                    return Ok(None);
                }
                (_, Some(b',')) => self.scanner.bump(b','),
                (_, Some(_)) => return self.line().map(Some),
            }
        }
    }

    fn line(&mut self) -> Result<Line, Failure> {
        let number = self.scanner.line;
        let bytes = self.scanner.value()?;
        if bytes.is_empty() {
            return Err(self.scanner.broken("unexpected bracket"));
        }
        let text = String::from_utf8(bytes).map_err(|_| not_utf8(number))?;
        let mut line = match serde_json::from_str::<Box<RawValue>>(&text) {
            Ok(json) => row(number, json),
            Err(_) => Line::malformed(number, &text, not_json("value", &text)),
        };
        line.position.is_element = true;
        Ok(line)
    }
}

/// Moves to the first element of the array under the key `name`.
fn find_array(scanner: &mut Scanner<impl BufRead>, name: &[u8]) -> Result<(), Failure> {
    loop {
        match scanner.peek_token()? {
            Some(b',') => scanner.bump(b','),
            Some(b'"') => {
                let key = scanner.key()?;
                if scanner.peek_token()? == Some(b'[') && key == name {
                    scanner.bump(b'[');
                    return Ok(());
                }
                scanner.skip(0)?;
            }
            _ => return Err(scanner.broken("the object has no array of users")),
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
