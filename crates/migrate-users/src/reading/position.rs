//! [`Position`]: the place of a row in its file.

use std::fmt;

/// The place of a row in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The number of the row, starting at 1. It identifies the row, because rows of JSON can share a line.
    pub row: u64,
    /// The line number, starting at 1. For a row of several lines, the first one.
    pub line: u64,
    /// Whether the row is an element of a JSON array or of a sequence of JSON values.
    pub is_element: bool,
}

impl Position {
    /// Returns the position of a row on its own line. The number of the row is set when the file is read.
    pub fn on_line(line: u64) -> Self {
        Self { row: line, line, is_element: false }
    }

    /// Returns the number of the element, if the row is one.
    pub fn element(self) -> Option<u64> {
        self.is_element.then_some(self.row)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        self.element().map_or(Ok(()), |element| write!(f, ", element {element}"))
    }
}
