//! [`Suite`]: runs the behaviors of the suite.

use std::fmt;

use super::context::Context;
use super::fixture::Fixture;
use super::report::Report;
use super::{Behavior, behaviors};
use crate::directory::UserDirectory;
use crate::operation::Operation;

/// The conformance suite, which runs all or some of the [behaviors](Behavior), one at a time.
///
/// ```
/// use user_directory::conformance::Suite;
/// use user_directory::{InMemoryUserDirectory, Operation};
///
/// # tokio_test::block_on(async {
/// let directory = InMemoryUserDirectory::new();
/// let report = Suite::new(&directory).operation(Operation::Ban).run().await;
/// assert!(report.passed().count() > 0);
///
/// let report = Suite::new(&directory).named("create_rejects_duplicate_email_address").run().await;
/// assert_eq!(report.passed().count(), 1);
/// # });
/// ```
#[must_use]
pub struct Suite<'a> {
    directory: &'a dyn UserDirectory,
    fixture: &'a dyn Fixture,
    namespace: Option<String>,
    operation: Option<Operation>,
    name: Option<String>,
}

impl<'a> Suite<'a> {
    /// Creates a suite of all behaviors, with the default fixture `()`, which cannot seed anything.
    pub fn new(directory: &'a dyn UserDirectory) -> Self {
        Self { directory, fixture: &(), namespace: None, operation: None, name: None }
    }

    /// Sets the fixture, which creates users and seeds state that no operation can create.
    pub fn fixture(mut self, fixture: &'a dyn Fixture) -> Self {
        self.fixture = fixture;
        self
    }

    /// Sets the namespace of the generated identifiers. By default, the namespace is random.
    ///
    /// Runs with the same namespace generate the same identifiers.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Limits the suite to the behaviors for this operation.
    ///
    /// ```
    /// # use user_directory::{InMemoryUserDirectory, Operation, conformance::Suite};
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// Suite::new(&directory).fixture(&directory).operation(Operation::Lock).run().await.assert_conformant();
    /// # });
    /// ```
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Limits the suite to the behavior with this name.
    ///
    /// ```
    /// # use user_directory::{InMemoryUserDirectory, conformance::{Suite, behaviors}};
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::permissive();
    /// let first = behaviors().next().unwrap().name();
    /// let report = Suite::new(&directory).fixture(&directory).named(first).run().await;
    /// assert_eq!(report.passed().count(), 1);
    /// # });
    /// ```
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Runs the behaviors, and returns a report of their outcomes.
    ///
    /// A failure does not stop the run.
    pub async fn run(self) -> Report {
        let context = match &self.namespace {
            Some(namespace) => Context::with_namespace(self.directory, self.fixture, namespace),
            None => Context::new(self.directory, self.fixture),
        };
        let is_selected = |behavior: &&Behavior| {
            self.operation.is_none_or(|operation| operation == behavior.operation())
                && self.name.as_ref().is_none_or(|name| name == behavior.name())
        };
        let mut report = Report::default();
        for behavior in behaviors().filter(is_selected) {
            report.add(behavior, behavior.check(&context).await);
        }
        report
    }
}

impl fmt::Debug for Suite<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite")
            .field("namespace", &self.namespace)
            .field("operation", &self.operation)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
