//! [`Summary`]: counts lines by result.

use std::collections::BTreeMap;
use std::fmt;

use user_directory::Error;

/// The numbers of lines by result.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Summary {
    pub total: u64,
    pub created: u64,
    /// Users that existed: from before, or from a run that could not write its journal.
    pub found: u64,
    /// Lines in the journal of earlier runs.
    pub done_before: u64,
    /// Lines rejected by earlier runs and unchanged.
    pub rejected_before: u64,
    /// Lines rejected in this run, by code.
    rejected: BTreeMap<String, u64>,
    /// Lines given up in this run, by error kind.
    given_up: BTreeMap<String, u64>,
    /// Fields that were not imported, with the number of users.
    left_behind: BTreeMap<&'static str, u64>,
    /// The error that ended the run.
    ended_by: Option<String>,
}

impl Summary {
    pub fn of(total: u64) -> Self {
        Self { total, ..Self::default() }
    }

    pub fn reject(&mut self, code: &str) {
        // A code from a proxy could contain control characters.
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let code = if code.len() <= 64 && code.bytes().all(fits) { code } else { "…" };
        *self.rejected.entry(code.to_owned()).or_default() += 1;
    }

    /// Counts a line that is given up in this run.
    pub fn leave(&mut self, error: &Error, ends: bool) {
        *self.given_up.entry(error.kind().to_string()).or_default() += 1;
        if ends && self.ended_by.is_none() {
            self.ended_by = Some(error.to_string());
        }
    }

    pub fn leave_behind(&mut self, what: &[&'static str]) {
        for what in what {
            *self.left_behind.entry(what).or_default() += 1;
        }
    }

    /// Returns the number of lines in the rejects file.
    pub fn rejected(&self) -> u64 {
        self.rejected_before + self.rejected.values().sum::<u64>()
    }

    /// Returns the number of remaining lines.
    pub fn left(&self) -> u64 {
        self.total.saturating_sub(self.created + self.found + self.done_before + self.rejected())
    }

    pub fn is_complete(&self) -> bool {
        self.rejected() + self.left() == 0
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = |counts: &BTreeMap<String, u64>| {
            let parts: Vec<_> = counts.iter().map(|(what, number)| format!("{what}: {number}")).collect();
            if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
        };
        let before =
            |number, done| if number > 0 { format!(", {number} {done}before this run") } else { String::new() };
        writeln!(f, "{:>9} lines", self.total)?;
        writeln!(f, "{:>9} created{}", self.created, before(self.done_before, "done "))?;
        let why = if self.found > 0 { ", from before or from an attempt whose answer was lost" } else { "" };
        writeln!(f, "{:>9} there already{why}", self.found)?;
        writeln!(f, "{:>9} rejected{}{}", self.rejected(), before(self.rejected_before, ""), by(&self.rejected))?;
        writeln!(f, "{:>9} left{}", self.left(), by(&self.given_up))?;
        if let Some(error) = &self.ended_by {
            writeln!(f, "ended by an error: {error}")?;
        }
        for (what, number) in &self.left_behind {
            writeln!(f, "not taken along, of {number} users: {what}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use user_directory::ErrorKind;

    use super::*;

    #[test]
    fn every_line_is_accounted_for() {
        let mut summary = Summary { created: 4, found: 1, done_before: 2, rejected_before: 1, ..Summary::of(13) };
        summary.reject("duplicate");
        summary.reject("duplicate");
        summary.reject("unreadable");
        summary.reject("\u{1b}[2J");
        summary.leave(&Error::new(ErrorKind::Server), false);
        summary.leave_behind(&["passkeys"]);
        let told = "       13 lines
        4 created, 2 done before this run
        1 there already, from before or from an attempt whose answer was lost
        5 rejected, 1 before this run (duplicate: 2, unreadable: 1, …: 1)
        1 left (service failed: 1)
not taken along, of 1 users: passkeys
";
        assert_eq!(summary.to_string(), told);
        assert!(!summary.is_complete());
        assert!(Summary { created: 2, done_before: 1, ..Summary::of(3) }.is_complete());
        assert!(!Summary { created: 2, ..Summary::of(3) }.is_complete());
    }
}
