//! [`Problems`]: rejected rows, counted by kind, with examples.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::examples::Examples;
use crate::reading::Position;
use crate::rejects::Rejection;

/// Rejected rows by kind, as returned by [`Rejection::kind`].
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Problems(BTreeMap<String, Problem>);

/// The rejected rows of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Problem {
    #[serde(flatten)]
    examples: Examples,
    /// The reason for the first rejection.
    reason: String,
    /// Whether other rows of this kind have other reasons.
    has_other_reasons: bool,
}

impl Problems {
    pub fn add(&mut self, position: Position, rejection: &Rejection) {
        let reason = || rejection.reason.clone();
        let new = || Problem { examples: Examples::default(), reason: reason(), has_other_reasons: false };
        let problem = self.0.entry(rejection.kind()).or_insert_with(new);
        problem.examples.add(position);
        problem.has_other_reasons |= problem.reason != rejection.reason;
    }

    /// Returns the number of rejected rows.
    pub fn rows(&self) -> u64 {
        self.0.values().map(|problem| problem.examples.rows).sum()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, Problem { examples, reason, has_other_reasons }) in &self.0 {
            let reason: String = reason.chars().filter(|c| !c.is_control()).collect();
            let others = if *has_other_reasons { "; other rows have other reasons" } else { "" };
            writeln!(f, "{:>9} {kind}: {reason}{others} ({examples})", examples.rows)?;
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
        problems.add(Position::on_line(9), &Rejection::new("malformed", "the line is not JSON"));
        for line in [4, 3, 5, 6, 7, 8] {
            problems.add(
                Position::on_line(line),
                &Rejection::new("invalid_value", "banned must be true or false").param("banned"),
            );
        }
        for (line, other) in [(10, 2), (11, 3)] {
            let reason = format!("the username is a duplicate of line {other}");
            problems.add(Position::on_line(line), &Rejection::new("duplicate", reason));
        }
        let expected =
            "        2 duplicate: the username is a duplicate of line 2; other rows have other reasons (lines 10, 11)
        6 invalid_value (banned): banned must be true or false (lines 3, 4, 5, 6, 7, …)
        1 malformed: the line is not JSON (line 9)
";
        assert_eq!(problems.to_string(), expected);
        assert_eq!(problems.rows(), 9);
    }
}
