//! [`Examples`]: a row count, with the positions of the first rows.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::counted::Counted;
use crate::reading::Position;

/// The number of positions that are listed.
const MAX_POSITIONS: usize = 5;

/// A row count, with the positions of the first rows.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Examples {
    pub rows: u64,
    lines: Vec<u64>,
    /// The numbers of the elements on these lines, if the rows are elements of a JSON array.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    elements: Vec<u64>,
}

impl Examples {
    pub fn add(&mut self, position: Position) {
        self.rows += 1;
        if self.lines.len() < MAX_POSITIONS {
            self.lines.push(position.line);
            self.elements.extend(position.element());
            // Rows complete in any order. Elements and lines have the same order, so both can be sorted separately.
            self.lines.sort_unstable();
            self.elements.sort_unstable();
        }
    }
}

/// Writes the positions, for example `lines 3, 4, …`.
impl fmt::Display for Examples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let plural = if self.lines.len() > 1 { "s" } else { "" };
        let more = if self.rows > self.lines.len() as u64 { ", …" } else { "" };
        match (&self.elements[..], &self.lines[..]) {
            ([], lines) => write!(f, "line{plural} {}{more}", join(lines)),
            (elements, [first, .., last]) if first != last => {
                write!(f, "element{plural} {} on lines {}{more}", join(elements), join(&self.lines))
            }
            (elements, lines) => write!(f, "element{plural} {} on line {}{more}", join(elements), join(&lines[..1])),
        }
    }
}

/// The rows by note, such as a kind of data that is not imported.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Notes(BTreeMap<&'static str, Examples>);

impl Notes {
    pub fn add(&mut self, position: Position, notes: &[&'static str]) {
        for note in notes {
            self.0.entry(note).or_default().add(position);
        }
    }
}

/// Writes one line for each note.
impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (note, examples) in &self.0 {
            writeln!(f, "not imported for {}: {note} ({examples})", Counted(examples.rows, "user"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_lists_lines_or_elements() {
        let of = |positions: &[(u64, u64)], is_element| {
            let mut examples = Examples::default();
            for (row, line) in positions {
                examples.add(Position { row: *row, line: *line, is_element });
            }
            examples.to_string()
        };
        assert_eq!(of(&[(1, 2)], false), "line 2");
        assert_eq!(of(&[(9, 9), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5)], false), "lines 1, 2, 3, 4, 9, …");
        assert_eq!(of(&[(2, 1), (1, 1)], true), "elements 1, 2 on line 1");
        assert_eq!(of(&[(1, 2), (2, 8)], true), "elements 1, 2 on lines 2, 8");
    }
}
