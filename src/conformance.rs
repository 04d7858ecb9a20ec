//! A test suite for implementations of [`UserDirectory`](crate::UserDirectory).
//!
//! The suite tests the [contract](crate::UserDirectory#contract) and the [limits](crate::UserDirectory#limits) of the
//! trait, the documented rules of the request types, and the behavior that Clerk documents. It does not test most of
//! the [assumptions](crate::store_directory#assumptions) that this crate's store-backed directories make about
//! undocumented behavior.
//!
//! # Running the suite
//!
//! Run the suite in a test, on any async runtime:
//!
//! ```
//! use user_directory::InMemoryUserDirectory;
//! use user_directory::conformance::Suite;
//!
//! # tokio_test::block_on(async {
//! let directory = InMemoryUserDirectory::permissive();
//! let report = Suite::new(&directory).fixture(&directory).run().await;
//! println!("{report}");
//! report.assert_conformant();
//! # });
//! ```
//!
//! The suite consists of test cases, called behaviors. Each [`Behavior`] checks one requirement and is implemented by
//! the function of the same name in one of the modules below. The name, such as
//! `create_rejects_duplicate_email_address`, begins with the name of the operation under test. Use
//! [`Suite::operation`] or [`Suite::named`] to run part of the suite.
//!
//! The directory may contain other users and be used by other callers during the run. Each behavior creates users with
//! unique identifiers, changes only these users, and deletes them afterward, even if it fails. If neither the directory
//! nor the fixture can delete users, the users are left in the directory. Do not run the suite against an instance
//! that sends webhooks or emails to real recipients.
//!
//! # Not applicable
//!
//! A directory does not have to support every operation, field or filter. A behavior is *not applicable* in these
//! cases:
//!
//! - The directory does not support something that the behavior needs, and returns an
//!   [`Unsupported`](crate::ErrorKind::Unsupported) error. The report contains the operation and, if known, the
//!   [parameter](crate::Error::param_name).
//! - The Clerk plan, the instance settings or the fixture's users prevent the behavior from running:
//!
//!   | error | cause |
//!   | --- | --- |
//!   | [`PaymentRequired`](crate::ErrorKind::PaymentRequired) | the plan does not include a feature |
//!   | [`Forbidden`](crate::ErrorKind::Forbidden) with a code such as [`FEATURE_NOT_ENABLED`](crate::codes::FEATURE_NOT_ENABLED) | a feature is disabled |
//!   | [`InvalidInput`](crate::ErrorKind::InvalidInput) with the code [`FORM_PARAM_UNKNOWN`](crate::codes::FORM_PARAM_UNKNOWN) | an attribute other than `email_address` is disabled |
//!   | `InvalidInput` with the code [`IDENTIFICATION_DELETION_FAILED`](crate::codes::IDENTIFICATION_DELETION_FAILED) | the fixture's users have only one identifier or external account |
//!   | [`NotFound`](crate::ErrorKind::NotFound) with the code [`OAUTH_TOKEN_PROVIDER_NOT_ENABLED`](crate::codes::OAUTH_TOKEN_PROVIDER_NOT_ENABLED) | the OAuth provider is disabled |
//! - The [`Fixture`] does not support something that the behavior needs, such as seeding a resource or simulating an
//!   outage.
//!
//! The report lists each reason with the affected behaviors. [`Report::assert_conformant`] panics if a behavior failed,
//! if more than half of the behaviors are not applicable, or if no behavior was run. For a directory that supports only
//! a few operations, use [`Report::assert_conformant_for`], which panics if a behavior failed, or if any of the given
//! operations has no passing behavior.
//!
//! # Writing a fixture
//!
//! A [`Fixture`] creates users for the suite, and seeds state that no operation can create, such as passkeys,
//! memberships and past sign-ins. It can also advance the directory's clock and simulate outages. Implement the methods
//! that apply to your directory:
//!
//! | the directory | implement |
//! | --- | --- |
//! | does not support email addresses, or requires other fields | [`new_user`](Fixture::new_user) |
//! | is read-only | [`create_user`](Fixture::create_user) and [`delete_user`](Fixture::delete_user), which must bypass the directory under test |
//! | has resources that no operation can create | [`seed`](Fixture::seed) |
//! | has a clock that a test can set | [`now`](Fixture::now) and [`advance_clock`](Fixture::advance_clock) |
//! | calls a service for which a test can simulate an outage | [`set_outage`](Fixture::set_outage) |
//!
//! This fixture creates users with a username and an external id, for a directory that does not support email
//! addresses. The example runs the behaviors for one operation:
//!
//! ```
//! use user_directory::conformance::{Context, Failure, Fixture, Resource, Suite};
//! use user_directory::{InMemoryUserDirectory, NewUser, Operation, UserId, async_trait};
//!
//! struct Employees(InMemoryUserDirectory);
//!
//! #[async_trait]
//! impl Fixture for Employees {
//!     fn new_user(&self, context: &Context<'_>) -> NewUser {
//!         NewUser::new().username(context.word()).external_id(context.word())
//!     }
//!
//!     async fn seed(&self, user_id: &UserId, resource: Resource) -> Result<(), Failure> {
//!         match resource {
//!             Resource::Passkey(passkey) => drop(self.0.add_passkey(user_id, passkey).await?),
//!             Resource::SignIn(at) => self.0.record_sign_in(user_id, at).await?,
//!             other => return Err(Failure::cannot_seed(other.name())),
//!         }
//!         Ok(())
//!     }
//! }
//!
//! # tokio_test::block_on(async {
//! let directory = InMemoryUserDirectory::permissive();
//! let fixture = Employees(directory.clone());
//! let report = Suite::new(&directory).fixture(&fixture).operation(Operation::DeletePasskey).run().await;
//! report.assert_conformant();
//! # });
//! ```
//!
//! This fixture is for a read-only directory. It creates users in the wrapped directory, so that the behaviors for read
//! operations can run:
//!
//! ```
//! use user_directory::conformance::{Fixture, Outcome, Suite};
//! use user_directory::decorators::ReadOnlyUserDirectory;
//! use user_directory::{InMemoryUserDirectory, NewUser, Operation, User, UserDirectory, UserId, async_trait};
//!
//! struct Writable(InMemoryUserDirectory);
//!
//! #[async_trait]
//! impl Fixture for Writable {
//!     async fn create_user(&self, _: &dyn UserDirectory, new_user: &NewUser) -> Outcome<User> {
//!         Ok(self.0.create(new_user).await?)
//!     }
//!
//!     async fn delete_user(&self, _: &dyn UserDirectory, user_id: &UserId) -> Outcome {
//!         self.0.delete(user_id).await?;
//!         Ok(())
//!     }
//! }
//!
//! # tokio_test::block_on(async {
//! let writable = InMemoryUserDirectory::new();
//! let directory = ReadOnlyUserDirectory::new(writable.clone());
//! let report = Suite::new(&directory).fixture(&Writable(writable)).run().await;
//! report.assert_conformant_for(&[Operation::Get, Operation::List, Operation::Count, Operation::VerifyPassword]);
//! # });
//! ```
//!
//! # Injected faults
//!
//! Some bugs in decorators occur only when calls fail. For example, a cache may return a stale user after the response
//! to `ban` is lost. The behaviors in the [`faults`] module detect such bugs. They require a fixture that supports
//! [`set_outage`](Fixture::set_outage), such as `FaultyUserDirectory` (`in-memory` feature).
#![allow(clippy::missing_errors_doc, reason = "every behavior fails if the directory violates it")]

/// Lists the behaviors of a module by operation. Defined before the modules, which use it.
macro_rules! behaviors {
    ($($operation:ident: $($name:ident),+;)+) => {
        pub(super) const BEHAVIORS: &[$crate::conformance::Behavior] = &[$($($crate::conformance::Behavior {
            name: stringify!($name),
            operation: $crate::operation::Operation::$operation,
            run: |context| Box::pin($name(context)),
        },)+)+];
    };
}

mod check;
mod context;
#[cfg(feature = "in-memory")]
mod faulty;
mod fixture;
mod report;
#[cfg(feature = "store")]
mod store_directory;
mod suite;

pub mod bans_and_locks;
pub mod billing;
pub mod concurrency;
pub mod create;
pub mod delete;
pub mod faults;
pub mod images;
pub mod list_filters;
pub mod list_order;
pub mod list_pages;
pub mod list_queries;
pub mod metadata;
pub mod passwords;
pub mod read_after_write;
pub mod replace_identifiers;
pub mod resources;
pub mod second_factors;
pub mod text;
pub mod uniqueness;
pub mod unknown_user;
pub mod update;
pub mod validation;

use std::fmt;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

pub use check::{Failure, Outcome};
pub use context::Context;
pub use fixture::{Fixture, Outage, Resource};
pub use report::Report;
pub use suite::Suite;

use crate::operation::Operation;

/// A test case that checks whether a directory meets one requirement.
///
/// ```
/// use user_directory::{InMemoryUserDirectory, Operation};
/// use user_directory::conformance::{Context, behaviors};
///
/// # tokio_test::block_on(async {
/// let directory = InMemoryUserDirectory::new();
/// let context = Context::new(&directory, &directory);
/// for behavior in behaviors().filter(|behavior| behavior.operation() == Operation::Unlock) {
///     assert_eq!(behavior.check(&context).await, Ok(()), "{}", behavior.name());
/// }
/// # });
/// ```
#[derive(Clone, Copy)]
pub struct Behavior {
    name: &'static str,
    operation: Operation,
    run: for<'a> fn(&'a Context<'a>) -> BoxFuture<'a, Outcome>,
}

impl Behavior {
    /// Returns the name, which is unique and begins with the name of the operation under test.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the operation under test.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Runs the test case and deletes the users that it created.
    pub async fn check(&self, context: &Context<'_>) -> Outcome {
        let outcome = (self.run)(context).await;
        context.clean_up().await;
        outcome
    }
}

impl fmt::Debug for Behavior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Behavior({}: {})", self.operation, self.name)
    }
}

/// The name and the behaviors of each module.
const GROUPS: &[(&str, &[Behavior])] = &[
    ("create", create::BEHAVIORS),
    ("unknown_user", unknown_user::BEHAVIORS),
    ("uniqueness", uniqueness::BEHAVIORS),
    ("replace_identifiers", replace_identifiers::BEHAVIORS),
    ("list_filters", list_filters::BEHAVIORS),
    ("list_queries", list_queries::BEHAVIORS),
    ("list_order", list_order::BEHAVIORS),
    ("list_pages", list_pages::BEHAVIORS),
    ("validation", validation::BEHAVIORS),
    ("text", text::BEHAVIORS),
    ("metadata", metadata::BEHAVIORS),
    ("update", update::BEHAVIORS),
    ("delete", delete::BEHAVIORS),
    ("passwords", passwords::BEHAVIORS),
    ("second_factors", second_factors::BEHAVIORS),
    ("bans_and_locks", bans_and_locks::BEHAVIORS),
    ("images", images::BEHAVIORS),
    ("billing", billing::BEHAVIORS),
    ("resources", resources::BEHAVIORS),
    ("read_after_write", read_after_write::BEHAVIORS),
    ("concurrency", concurrency::BEHAVIORS),
    ("faults", faults::BEHAVIORS),
];

/// Parses a time that is known to be well-formed.
fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// Returns all behaviors.
pub fn behaviors() -> impl Iterator<Item = &'static Behavior> {
    GROUPS.iter().flat_map(|(_, behaviors)| *behaviors)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Returns the names of the public functions in a module of behaviors.
    fn functions(source: &str) -> Vec<&str> {
        let starts = source.split("\npub async fn ").skip(1);
        starts.filter_map(|rest| rest.split_once('(')).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_behavior_is_listed_once() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance");
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_stem().unwrap().to_str().unwrap();
            let source = std::fs::read_to_string(&path).unwrap();
            let mut functions = functions(&source);
            let group = GROUPS.iter().find(|(name, _)| *name == file);
            let mut listed: Vec<_> = group.iter().flat_map(|(_, all)| *all).map(Behavior::name).collect();
            functions.sort_unstable();
            listed.sort_unstable();
            assert_eq!(functions, listed, "the functions and the list of {file}.rs");
        }
        let names: BTreeSet<_> = behaviors().map(Behavior::name).collect();
        assert_eq!(names.len(), behaviors().count(), "a name is not unique");
    }

    #[test]
    fn every_name_begins_with_the_operation() {
        for behavior in behaviors() {
            let operation = behavior.operation().as_str();
            let rest = behavior.name().strip_prefix(operation).and_then(|rest| rest.strip_prefix('_'));
            assert!(rest.is_some_and(|rest| !rest.is_empty()), "{behavior:?}");
        }
    }

    #[test]
    fn every_operation_has_a_behavior() {
        for operation in Operation::ALL {
            assert!(behaviors().any(|behavior| behavior.operation() == *operation), "{operation}");
        }
    }
}
