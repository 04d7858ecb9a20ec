//! [`Summary`]: the numbers of lines by result.

use std::collections::BTreeMap;
use std::fmt;

use user_directory::Error;

/// The numbers of lines by result.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Summary {
    pub total: u64,
    pub created: u64,
    /// Users that already existed: from before the import, or from a run that could not write its journal.
    pub found: u64,
    /// Lines imported by earlier runs.
    pub imported_before: u64,
    /// Unchanged lines that were rejected by earlier runs.
    pub rejected_before: u64,
    /// Lines rejected in this run, by code.
    rejected: BTreeMap<String, u64>,
    /// Lines that failed in this run, by error kind.
    failed: BTreeMap<String, u64>,
    /// Fields that were not imported, with the number of users.
    not_imported: BTreeMap<&'static str, u64>,
    /// The error that stopped the run.
    stopped_by: Option<String>,
}

impl Summary {
    pub fn new(total: u64) -> Self {
        Self { total, ..Self::default() }
    }

    pub fn reject(&mut self, code: &str) {
        // A proxy may send a code with control characters.
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let code = if code.len() <= 64 && code.bytes().all(is_valid) { code } else { "…" };
        *self.rejected.entry(code.to_owned()).or_default() += 1;
    }

    /// Counts a line that failed in this run. The next run retries it.
    pub fn fail(&mut self, error: &Error, ends_run: bool) {
        *self.failed.entry(error.kind().to_string()).or_default() += 1;
        if ends_run && self.stopped_by.is_none() {
            self.stopped_by = Some(error.to_string());
        }
    }

    pub fn add_not_imported(&mut self, fields: &[&'static str]) {
        for field in fields {
            *self.not_imported.entry(field).or_default() += 1;
        }
    }

    /// Returns the number of lines in the rejects file.
    pub fn rejected(&self) -> u64 {
        self.rejected_before + self.rejected.values().sum::<u64>()
    }

    /// Returns the number of remaining lines.
    pub fn remaining(&self) -> u64 {
        self.total.saturating_sub(self.created + self.found + self.imported_before + self.rejected())
    }

    pub fn is_complete(&self) -> bool {
        self.rejected() + self.remaining() == 0
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = |counts: &BTreeMap<String, u64>| {
            let parts: Vec<_> = counts.iter().map(|(reason, number)| format!("{reason}: {number}")).collect();
            if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
        };
        let earlier = |number, prefix| {
            if number > 0 { format!(", {number} {prefix} by earlier runs") } else { String::new() }
        };
        writeln!(f, "{:>9} lines", self.total)?;
        writeln!(f, "{:>9} created{}", self.created, earlier(self.imported_before, "imported"))?;
        let why = if self.found > 0 { ", before the import or by an attempt whose response was lost" } else { "" };
        writeln!(f, "{:>9} already existed{why}", self.found)?;
        writeln!(
            f,
            "{:>9} rejected{}{}",
            self.rejected(),
            earlier(self.rejected_before, "of them"),
            by(&self.rejected)
        )?;
        writeln!(f, "{:>9} remaining{}", self.remaining(), by(&self.failed))?;
        if let Some(error) = &self.stopped_by {
            writeln!(f, "stopped by an error: {error}")?;
        }
        for (field, number) in &self.not_imported {
            writeln!(f, "not imported for {number} users: {field}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use user_directory::ErrorKind;

    use super::*;

    #[test]
    fn display_lists_the_lines_by_result() {
        let mut summary = Summary { created: 4, found: 1, imported_before: 2, rejected_before: 1, ..Summary::new(13) };
        summary.reject("duplicate");
        summary.reject("duplicate");
        summary.reject("malformed");
        summary.reject("\u{1b}[2J");
        summary.fail(&Error::new(ErrorKind::Server), false);
        summary.add_not_imported(&["passkeys"]);
        let expected = "       13 lines
        4 created, 2 imported by earlier runs
        1 already existed, before the import or by an attempt whose response was lost
        5 rejected, 1 of them by earlier runs (duplicate: 2, malformed: 1, …: 1)
        1 remaining (service failed: 1)
not imported for 1 users: passkeys
";
        assert_eq!(summary.to_string(), expected);
        assert!(!summary.is_complete());
        assert!(Summary { created: 2, imported_before: 1, ..Summary::new(3) }.is_complete());
        assert!(!Summary { created: 2, ..Summary::new(3) }.is_complete());
    }
}
