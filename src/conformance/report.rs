//! [`Report`]: what became of each behaviour.

use std::fmt;

use super::Behaviour;
use super::check::{Failure, Outcome};
use crate::operation::Operation;

/// What became of each behaviour that was tried.
///
/// `Display` is a list by operation, with the numbers at the end.
///
/// ```
/// use user_directory::conformance::Suite;
/// use user_directory::{InMemoryUserDirectory, Operation};
///
/// # tokio_test::block_on(async {
/// let directory = InMemoryUserDirectory::new();
/// let report = Suite::new(&directory).operation(Operation::DeletePasskey).run().await;
/// report.assert_conformant();
/// assert_eq!(report.failures().count(), 0);
/// for (behaviour, why) in report.not_applicable() {
///     println!("{}: {why}", behaviour.name());
/// }
/// # });
/// ```
#[derive(Debug, Default)]
pub struct Report {
    outcomes: Vec<(&'static Behaviour, Outcome)>,
}

impl Report {
    pub(super) fn add(&mut self, behaviour: &'static Behaviour, outcome: Outcome) {
        self.outcomes.push((behaviour, outcome));
    }

    /// What the directory does as it should.
    pub fn passed(&self) -> impl Iterator<Item = &'static Behaviour> + '_ {
        self.outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).map(|(behaviour, _)| *behaviour)
    }

    /// What it does not, and what it does instead.
    pub fn failures(&self) -> impl Iterator<Item = (&'static Behaviour, &Failure)> + '_ {
        self.not_passed().filter(|(_, failure)| !failure.is_not_applicable())
    }

    /// What could not be tried, and why.
    pub fn not_applicable(&self) -> impl Iterator<Item = (&'static Behaviour, &Failure)> + '_ {
        self.not_passed().filter(|(_, failure)| failure.is_not_applicable())
    }

    fn not_passed(&self) -> impl Iterator<Item = (&'static Behaviour, &Failure)> + '_ {
        self.outcomes.iter().filter_map(|(behaviour, outcome)| Some((*behaviour, outcome.as_ref().err()?)))
    }

    /// Whether something was tried and nothing failed.
    #[must_use]
    pub fn is_conformant(&self) -> bool {
        !self.outcomes.is_empty() && self.failures().next().is_none()
    }

    /// Panics with all failures unless the directory [is conformant](Self::is_conformant).
    ///
    /// # Panics
    ///
    /// If a behaviour failed, or none was tried because there is none of the name that was asked for.
    #[track_caller]
    pub fn assert_conformant(&self) {
        assert!(!self.outcomes.is_empty(), "no behaviour was tried");
        let failures: Vec<_> = self.failures().map(|(behaviour, why)| line(behaviour, &format!("{why}"))).collect();
        assert!(failures.is_empty(), "the directory is not conformant:\n{}", failures.join("\n"));
    }
}

fn line(behaviour: &Behaviour, text: &str) -> String {
    format!("{}: {}: {text}", behaviour.operation(), behaviour.name())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for operation in Operation::ALL {
            let mut outcomes =
                self.outcomes.iter().filter(|(behaviour, _)| behaviour.operation() == *operation).peekable();
            if outcomes.peek().is_some() {
                writeln!(f, "{operation}")?;
            }
            for (behaviour, outcome) in outcomes {
                let name = behaviour.name();
                match outcome {
                    Ok(()) => writeln!(f, "  passed          {name}")?,
                    Err(why) if why.is_not_applicable() => writeln!(f, "  not applicable  {name}: {why}")?,
                    Err(why) => writeln!(f, "  FAILED          {name}: {why}")?,
                }
            }
        }
        let counts = (self.passed().count(), self.failures().count(), self.not_applicable().count());
        write!(f, "{} passed, {} failed, {} not applicable", counts.0, counts.1, counts.2)
    }
}
