//! [`Problems`]: rejected rows, counted by kind, with examples.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::rejects::Rejection;

/// The number of line numbers that are listed for each kind.
const EXAMPLES: usize = 5;

/// Rejected rows by kind.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Problems(BTreeMap<String, Problem>);

/// The rejected rows of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Problem {
    rows: u64,
    /// The line numbers of the first rows.
    lines: Vec<u64>,
    /// The reason of the first row.
    reason: String,
}

impl Problems {
    pub fn add(&mut self, line: u64, rejection: &Rejection) {
        let new = || Problem { rows: 0, lines: Vec::new(), reason: rejection.reason.clone() };
        let problem = self.0.entry(rejection.kind()).or_insert_with(new);
        problem.rows += 1;
        if problem.lines.len() < EXAMPLES {
            problem.lines.push(line);
            // Rows complete in any order.
            problem.lines.sort_unstable();
        }
    }

    /// Returns the number of rejected rows.
    pub fn rows(&self) -> u64 {
        self.0.values().map(|problem| problem.rows).sum()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, Problem { rows, lines, reason }) in &self.0 {
            let numbers: Vec<_> = lines.iter().map(u64::to_string).collect();
            let more = if *rows > lines.len() as u64 { ", …" } else { "" };
            let plural = if lines.len() > 1 { "s" } else { "" };
            let reason: String = reason.chars().filter(|c| !c.is_control()).collect();
            writeln!(f, "{rows:>9} {kind}: {reason} (line{plural} {}{more})", numbers.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_lists_each_kind_with_example_lines() {
        let mut problems = Problems::default();
        problems.add(9, &Rejection::new("malformed", "the line is not JSON"));
        for line in [4, 3, 5, 6, 7, 8] {
            problems.add(line, &Rejection::new("invalid_value", "banned must be true or false").param("banned"));
        }
        let expected = "        6 invalid_value (banned): banned must be true or false (lines 3, 4, 5, 6, 7, …)
        1 malformed: the line is not JSON (line 9)
";
        assert_eq!(problems.to_string(), expected);
        assert_eq!(problems.rows(), 7);
    }
}
