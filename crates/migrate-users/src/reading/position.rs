//! [`Position`]: the place of a row in its file.

use std::fmt;

/// The place of a row in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The number of the row, starting at 1. It identifies the row, because rows of JSON can share a line.
    pub row: u64,
    /// The number of the first line of the row, starting at 1.
    pub line: u64,
    /// Whether the row is an element of a JSON array or of a sequence of JSON values.
    pub is_element: bool,
}

impl Position {
    /// Returns a position with this line number. Reading the file sets the row number.
    pub fn on_line(line: u64) -> Self {
        Self { row: line, line, is_element: false }
    }

    /// Returns the row number if the row is an element.
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
