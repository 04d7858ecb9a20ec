//! [`Summary`]: the numbers of rows by result.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use user_directory::Error;

use crate::counted::Counted;
use crate::examples::{Examples, Notes};
use crate::problems::Problems;
use crate::reading::Position;
use crate::rejects::Rejection;

/// The numbers of rows by result.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub total: u64,
    pub created: u64,
    /// Users that existed before the import, or that a run created without writing them to the journal.
    pub found: u64,
    /// Existing users with the same verified email address whose external id was set.
    pub adopted: u64,
    /// Users of earlier runs that were updated because their rows changed.
    pub updated: u64,
    /// Rows imported by earlier runs.
    pub imported_before: u64,
    /// Existing users with values that differ from their rows, by field. They were not updated.
    pub different: BTreeMap<&'static str, u64>,
    /// Rows that changed since an earlier run imported them, and were not updated.
    pub changed: u64,
    /// Rows that are skipped because they are deleted, and whose users earlier runs imported. The users are kept.
    pub deleted_in_file: Examples,
    /// The number of skipped rows, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// The rejected rows.
    pub problems: Problems,
    /// The number of rows that failed in this run, by reason. The next run retries them.
    failed: BTreeMap<String, u64>,
    /// Users with an email address or phone number that is not verified.
    pub unverified: u64,
    /// The users, by kind of data that was changed or not imported.
    pub notes: Notes,
    /// The reason why the run stopped early.
    pub stopped_by: Option<String>,
}

impl Summary {
    pub fn new(total: u64) -> Self {
        Self { total, ..Self::default() }
    }

    pub fn reject(&mut self, position: Position, rejection: &Rejection) {
        self.problems.add(position, rejection);
    }

    /// Counts a row that failed in this run. `ends_run` is whether the error stops the run.
    pub fn fail(&mut self, error: &Error, ends_run: bool) {
        *self.failed.entry(error.kind().to_string()).or_default() += 1;
        if ends_run && self.stopped_by.is_none() {
            self.stopped_by = Some(error.to_string());
        }
    }

    /// Counts a row that depends on a row that failed.
    pub fn defer(&mut self) {
        *self.failed.entry("depends on a row that failed".to_owned()).or_default() += 1;
    }

    /// Returns the number of rejected rows.
    pub fn rejected(&self) -> u64 {
        self.problems.rows()
    }

    /// Returns the number of remaining rows.
    pub fn remaining(&self) -> u64 {
        let done = self.created + self.found + self.adopted + self.updated + self.imported_before + self.rejected();
        self.total.saturating_sub(done + self.skipped.values().sum::<u64>())
    }

    pub fn is_complete(&self) -> bool {
        self.rejected() + self.remaining() == 0
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>9}", Counted(self.total, "row"))?;
        writeln!(f, "{:>9} created", self.created)?;
        let counts = [
            (self.imported_before, "imported by earlier runs"),
            (self.found, "already existed before the import, or were created by a request whose response was lost"),
            (self.adopted, "adopted: existing users whose external id was set"),
            (self.updated, "updated"),
        ];
        for (number, label) in counts.into_iter().filter(|(number, _)| *number > 0) {
            writeln!(f, "{number:>9} {label}")?;
        }
        for (reason, number) in &self.skipped {
            writeln!(f, "{number:>9} skipped: {reason}")?;
        }
        writeln!(f, "{:>9} rejected", self.rejected())?;
        for line in self.problems.to_string().lines() {
            writeln!(f, "  {line}")?;
        }
        let failed: Vec<_> = self.failed.iter().map(|(reason, number)| format!("{reason}: {number}")).collect();
        let failed = if failed.is_empty() { String::new() } else { format!(" ({})", failed.join(", ")) };
        writeln!(f, "{:>9} remaining{failed}", self.remaining())?;
        if let Some(reason) = &self.stopped_by {
            writeln!(f, "stopped: {reason}")?;
        }
        if self.changed > 0 {
            let rows = Counted(self.changed, "row");
            writeln!(f, "changed since an earlier run: {rows}; use --update to apply the changes")?;
        }
        if !self.different.is_empty() {
            let fields: Vec<_> = self.different.iter().map(|(field, users)| format!("{field} ({users})")).collect();
            writeln!(
                f,
                "existing users differ from their rows: {}; use --update to apply the rows",
                fields.join(", ")
            )?;
        }
        if self.deleted_in_file.rows > 0 {
            let (rows, examples) = (Counted(self.deleted_in_file.rows, "row"), &self.deleted_in_file);
            writeln!(f, "deleted since an earlier run: {rows} ({examples}); an import does not delete users")?;
        }
        if self.unverified > 0 {
            let users = Counted(self.unverified, "user");
            writeln!(f, "not verified: email addresses or phone numbers of {users}, which are reserved")?;
        }
        write!(f, "{}", self.notes)
    }
}

#[cfg(test)]
mod tests {
    use user_directory::ErrorKind;

    use super::*;

    #[test]
    fn display_lists_the_rows_by_result() {
        let mut summary = Summary { created: 4, found: 1, imported_before: 2, ..Summary::new(12) };
        summary.reject(
            Position::on_line(3),
            &Rejection::new("duplicate", "the username is a duplicate of line 2").param("username"),
        );
        summary.reject(Position::on_line(5), &Rejection::new("malformed", "the line is not JSON"));
        summary.skipped.insert("deleted", 2);
        summary.fail(&Error::new(ErrorKind::Server), false);
        summary.notes.add(Position::on_line(7), &["passkeys"]);
        summary.different.insert("first_name", 2);
        summary.deleted_in_file.add(Position::on_line(8));
        let expected = "       12 rows
        4 created
        2 imported by earlier runs
        1 already existed before the import, or were created by a request whose response was lost
        2 skipped: deleted
        2 rejected
          1 duplicate (username): the username is a duplicate of line 2 (line 3)
          1 malformed: the line is not JSON (line 5)
        1 remaining (service failed: 1)
existing users differ from their rows: first_name (2); use --update to apply the rows
deleted since an earlier run: 1 row (line 8); an import does not delete users
not imported for 1 user: passkeys (line 7)
";
        assert_eq!(summary.to_string(), expected);
        assert!(!summary.is_complete());
        assert!(Summary { created: 2, imported_before: 1, ..Summary::new(3) }.is_complete());
        assert!(!Summary { created: 2, ..Summary::new(3) }.is_complete());
    }
}
