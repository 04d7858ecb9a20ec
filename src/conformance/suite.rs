//! [`Suite`]: runs the behaviours.

use std::fmt;

use super::context::Context;
use super::fixture::Fixture;
use super::report::Report;
use super::{Behaviour, behaviours};
use crate::directory::UserDirectory;
use crate::operation::Operation;

/// A run of the behaviours, or of some of them, one after the other.
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
/// let report = Suite::new(&directory).named("email_addresses_are_unique").run().await;
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
    /// All behaviours, with a fixture that can arrange nothing.
    pub fn new(directory: &'a dyn UserDirectory) -> Self {
        Self { directory, fixture: &(), namespace: None, operation: None, name: None }
    }

    /// What arranges that which the port cannot create.
    pub fn fixture(mut self, fixture: &'a dyn Fixture) -> Self {
        self.fixture = fixture;
        self
    }

    /// The namespace of the users' identifiers, to make a run again as it was. A random one if it is not given.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Only behaviours of this operation.
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

    /// Only the behaviour of this name.
    ///
    /// ```
    /// # use user_directory::{InMemoryUserDirectory, conformance::{Suite, behaviours}};
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let first = behaviours().next().unwrap().name();
    /// let report = Suite::new(&directory).fixture(&directory).named(first).run().await;
    /// assert_eq!(report.passed().count(), 1);
    /// # });
    /// ```
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Runs the behaviours. That one fails does not keep the others from being tried.
    pub async fn run(self) -> Report {
        let context = match &self.namespace {
            Some(namespace) => Context::with_namespace(self.directory, self.fixture, namespace),
            None => Context::new(self.directory, self.fixture),
        };
        let wanted = |behaviour: &&Behaviour| {
            self.operation.is_none_or(|operation| operation == behaviour.operation())
                && self.name.as_ref().is_none_or(|name| name == behaviour.name())
        };
        let mut report = Report::default();
        for behaviour in behaviours().filter(wanted) {
            report.add(behaviour, behaviour.check(&context).await);
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
