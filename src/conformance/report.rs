//! [`Report`]: the outcome of each behavior.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use super::Behavior;
use super::check::{Failure, Outcome};
use crate::operation::Operation;

/// The outcomes of the behaviors that were run.
///
/// The `Display` output consists of these parts:
///
/// 1. the passed and failed behaviors, grouped by operation
/// 2. the reasons why the other behaviors are not applicable, most frequent first
/// 3. the number of behaviors for each outcome: passed, failed or not applicable
/// 4. a warning if more than half of the behaviors are not applicable or no behavior was run
///
/// ```
/// use user_directory::conformance::Suite;
/// use user_directory::{InMemoryUserDirectory, Operation};
///
/// # tokio_test::block_on(async {
/// let directory = InMemoryUserDirectory::new();
/// let report = Suite::new(&directory).fixture(&directory).operation(Operation::DeletePasskey).run().await;
/// report.assert_conformant();
/// assert_eq!(report.failures().count(), 0);
/// for (behavior, reason) in report.not_applicable() {
///     println!("{}: {reason}", behavior.name());
/// }
/// # });
/// ```
#[derive(Debug, Default)]
pub struct Report {
    outcomes: Vec<(&'static Behavior, Outcome)>,
}

impl Report {
    pub(super) fn add(&mut self, behavior: &'static Behavior, outcome: Outcome) {
        self.outcomes.push((behavior, outcome));
    }

    /// Returns the behaviors that passed.
    pub fn passed(&self) -> impl Iterator<Item = &'static Behavior> + '_ {
        self.outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).map(|(behavior, _)| *behavior)
    }

    /// Returns the behaviors that failed, with the reasons.
    pub fn failures(&self) -> impl Iterator<Item = (&'static Behavior, &Failure)> + '_ {
        self.not_passed().filter(|(_, failure)| !failure.is_not_applicable())
    }

    /// Returns the behaviors that are not applicable, with the reasons.
    pub fn not_applicable(&self) -> impl Iterator<Item = (&'static Behavior, &Failure)> + '_ {
        self.not_passed().filter(|(_, failure)| failure.is_not_applicable())
    }

    fn not_passed(&self) -> impl Iterator<Item = (&'static Behavior, &Failure)> + '_ {
        self.outcomes.iter().filter_map(|(behavior, outcome)| Some((*behavior, outcome.as_ref().err()?)))
    }

    /// Returns `true` if no behavior failed and at least half of the behaviors are applicable.
    ///
    /// Returns `false` if no behavior was run.
    #[must_use]
    pub fn is_conformant(&self) -> bool {
        self.failed().is_none() && self.mostly_untested().is_none()
    }

    /// Panics unless [`is_conformant`](Self::is_conformant) returns `true`.
    ///
    /// For a directory that supports only a few operations, use [`assert_conformant_for`](Self::assert_conformant_for).
    ///
    /// # Panics
    ///
    /// Panics if the directory is not conformant. The message lists the failures or the reasons why behaviors are not
    /// applicable.
    #[track_caller]
    pub fn assert_conformant(&self) {
        if let Some(failures) = self.failed() {
            panic!("{failures}");
        }
        if let Some(warning) = self.mostly_untested() {
            panic!("{warning}\n{}", self.reasons(false));
        }
    }

    /// Panics if a behavior failed, or if any of the given operations has no passing behavior.
    ///
    /// Use this method for a directory that supports only some operations.
    ///
    /// ```
    /// use user_directory::conformance::Suite;
    /// use user_directory::{InMemoryUserDirectory, Operation};
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::permissive();
    /// let report = Suite::new(&directory).run().await;
    /// report.assert_conformant_for(&[Operation::Get, Operation::List, Operation::Create]);
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if a behavior failed, or if any of the given operations has no passing behavior. The message lists either
    /// the failures, or the operations without a passing behavior and the reasons why behaviors are not applicable.
    #[track_caller]
    pub fn assert_conformant_for(&self, operations: &[Operation]) {
        if let Some(failures) = self.failed() {
            panic!("{failures}");
        }
        let is_untested = |operation: &&Operation| self.passed().all(|behavior| behavior.operation() != **operation);
        let untested: Vec<_> = operations.iter().filter(is_untested).map(|operation| operation.as_str()).collect();
        assert!(untested.is_empty(), "no behavior passed for: {}\n{}", untested.join(", "), self.reasons(false));
    }

    fn failed(&self) -> Option<String> {
        let mut message = "the directory is not conformant:".to_owned();
        for (behavior, failure) in self.failures() {
            let _ = write!(message, "\n{}: {failure}", behavior.name());
        }
        self.failures().next().map(|_| message)
    }

    /// Returns a warning if more than half of the behaviors are not applicable, or if no behavior was run.
    fn mostly_untested(&self) -> Option<String> {
        let (all, not_applicable) = (self.outcomes.len(), self.not_applicable().count());
        if all == 0 {
            return Some("no behavior was run".to_owned());
        }
        (not_applicable > all / 2).then(|| {
            format!(
                "WARNING: {not_applicable} of {all} behaviors are not applicable, so most of the suite did not test \
                 this directory"
            )
        })
    }

    /// Lists the reasons why behaviors are not applicable, each with its number of behaviors, most frequent first.
    fn reasons(&self, with_names: bool) -> String {
        let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (behavior, reason) in self.not_applicable() {
            reasons.entry(reason.to_string()).or_default().push(behavior.name());
        }
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
        let mut text = String::new();
        for (reason, names) in reasons {
            let _ = writeln!(text, "{:>5} not applicable: {reason}", names.len());
            for name in names.iter().filter(|_| with_names) {
                let _ = writeln!(text, "        {name}");
            }
        }
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for operation in Operation::ALL {
            let outcomes = self.outcomes.iter().filter(|(behavior, _)| behavior.operation() == *operation);
            for (behavior, outcome) in outcomes {
                let name = behavior.name();
                match outcome {
                    Ok(()) => writeln!(f, "passed  {name}")?,
                    Err(failure) if failure.is_not_applicable() => {}
                    Err(failure) => writeln!(f, "FAILED  {name}: {failure}")?,
                }
            }
        }
        f.write_str(&self.reasons(true))?;
        let counts = (self.passed().count(), self.failures().count(), self.not_applicable().count());
        write!(f, "{} passed, {} failed, {} not applicable", counts.0, counts.1, counts.2)?;
        match self.mostly_untested() {
            Some(warning) => write!(f, "\n{warning}"),
            None => Ok(()),
        }
    }
}
