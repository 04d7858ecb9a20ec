//! What every implementation of [`UserDirectory`](crate::UserDirectory) has to do, as tests that anybody can run.
//!
//! The suite holds a directory to the contract of the port, to the documentation of the request types and to what
//! Clerk documents. It asks for none of the [assumptions](crate::in_memory#assumptions) that the in-memory directory
//! makes where Clerk's documentation is silent.
//!
//! # Running it
//!
//! In a test of your own, on any runtime:
//!
//! ```
//! use user_directory::InMemoryUserDirectory;
//! use user_directory::conformance::Suite;
//!
//! # tokio_test::block_on(async {
//! let directory = InMemoryUserDirectory::new();
//! let report = Suite::new(&directory).fixture(&directory).run().await;
//! println!("{report}");
//! report.assert_conformant();
//! # });
//! ```
//!
//! [`Suite::operation`] and [`Suite::named`] run a part. Each behaviour is also a function of its own, in the modules
//! below, whose documentation is the promise that it holds the directory to.
//!
//! The directory may hold other users and have other traffic: each behaviour makes users of its own, with identifiers
//! that nobody else has, looks at nobody else, and deletes them afterwards, whether it passed or failed. Do not run it on
//! an instance whose webhooks or emails reach people.
//!
//! # Not applicable
//!
//! A directory need not offer everything. An operation, field or filter that it does not offer fails with
//! [`Unsupported`](crate::ErrorKind::Unsupported). A behaviour that meets this is neither passed nor failed but not
//! applicable, and the report says why. The same goes for what an instance has switched off, or its plan lacks
//! ([`FEATURE_NOT_ENABLED`](crate::codes::FEATURE_NOT_ENABLED), [`PASSWORD_DISABLED`](crate::codes::PASSWORD_DISABLED),
//! [`BILLING_NOT_ENABLED`](crate::codes::BILLING_NOT_ENABLED),
//! [`PaymentRequired`](crate::ErrorKind::PaymentRequired)), and for what no [`Fixture`] can arrange.
//!
//! # Writing a fixture
//!
//! Some things no operation of the port creates: passkeys, memberships, a recorded sign-in, the passing of time. If you
//! can arrange them behind your directory, implement [`Fixture`], as far as you can:
//!
//! ```
//! use user_directory::conformance::{Belonging, Failure, Fixture, Suite};
//! use user_directory::{InMemoryUserDirectory, Operation, UserId, async_trait};
//!
//! struct Rows(InMemoryUserDirectory);
//!
//! #[async_trait]
//! impl Fixture for Rows {
//!     async fn give(&self, user_id: &UserId, belonging: Belonging) -> Result<(), Failure> {
//!         match belonging {
//!             Belonging::Passkey(passkey) => drop(self.0.add_passkey(user_id, passkey)?),
//!             Belonging::SignIn(at) => self.0.record_sign_in(user_id, at)?,
//!             other => return Err(Failure::cannot_arrange(other.name())),
//!         }
//!         Ok(())
//!     }
//! }
//!
//! # tokio_test::block_on(async {
//! let directory = InMemoryUserDirectory::new();
//! let report = Suite::new(&directory).fixture(&Rows(directory.clone())).operation(Operation::DeletePasskey).run().await;
//! report.assert_conformant();
//! # });
//! ```
#![allow(clippy::missing_errors_doc, reason = "a behaviour fails if the directory breaks the promise, and says how")]

mod check;
mod context;
mod fixture;
#[cfg(feature = "in-memory")]
mod in_memory;
mod report;
mod suite;

use std::fmt;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

pub use check::{Failure, Outcome};
pub use context::Context;
pub use fixture::{Belonging, Fixture};
pub use report::Report;
pub use suite::Suite;

use crate::operation::Operation;

/// One promise, and the function that holds a directory to it.
///
/// ```
/// use user_directory::{InMemoryUserDirectory, Operation};
/// use user_directory::conformance::{Context, behaviours};
///
/// # tokio_test::block_on(async {
/// let directory = InMemoryUserDirectory::new();
/// let context = Context::new(&directory, &directory);
/// for behaviour in behaviours().filter(|behaviour| behaviour.operation() == Operation::Ban) {
///     assert_eq!(behaviour.check(&context).await, Ok(()), "{}", behaviour.name());
/// }
/// # });
/// ```
#[derive(Clone, Copy)]
pub struct Behaviour {
    name: &'static str,
    operation: Operation,
    run: for<'a> fn(&'a Context<'a>) -> BoxFuture<'a, Outcome>,
}

impl Behaviour {
    /// The promise, in the words of the function's name. No two behaviours have the same.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The operation that it is about.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Holds a directory to the promise, and deletes the users that this made.
    pub async fn check(&self, context: &Context<'_>) -> Outcome {
        let outcome = (self.run)(context).await;
        context.clean_up().await;
        outcome
    }
}

impl fmt::Debug for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Behaviour({}: {})", self.operation, self.name)
    }
}

/// Lists the behaviours of a file, each at the operation that it is about.
macro_rules! behaviours {
    ($($operation:ident: $($name:ident),+;)+) => {
        pub(super) const BEHAVIOURS: &[$crate::conformance::Behaviour] = &[$($($crate::conformance::Behaviour {
            name: stringify!($name),
            operation: $crate::operation::Operation::$operation,
            run: |context| Box::pin($name(context)),
        },)+)+];
    };
}

/// Declares the files of behaviours.
macro_rules! groups {
    ($($(#[$meta:meta])* $name:ident,)+) => {
        $($(#[$meta])* pub mod $name;)+

        /// Each file of behaviours, and the table in it.
        const GROUPS: &[(&str, &[Behaviour])] = &[$((stringify!($name), $name::BEHAVIOURS),)+];
    };
}

groups! {
    create,
    unknown_user,
    identifiers,
    replace_identifiers,
    list_filters,
    list_queries,
    list_order,
    pages,
    input,
    text,
    metadata,
    update,
    delete,
    passwords,
    second_factors,
    bans_and_locks,
    images,
    billing,
    belongings,
    read_after_write,
    concurrency,
}

/// A time that is known to be well-formed.
fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// Every behaviour, in the order of the files.
pub fn behaviours() -> impl Iterator<Item = &'static Behaviour> {
    GROUPS.iter().flat_map(|(_, behaviours)| *behaviours)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The names of the public functions in a file of behaviours.
    fn functions(source: &str) -> Vec<&str> {
        let starts = source.split("\npub async fn ").skip(1);
        starts.filter_map(|rest| rest.split_once('(')).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_behaviour_is_in_the_table_once() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance");
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_stem().unwrap().to_str().unwrap();
            let source = std::fs::read_to_string(&path).unwrap();
            let mut functions = functions(&source);
            let group = GROUPS.iter().find(|(name, _)| *name == file);
            let mut listed: Vec<_> = group.iter().flat_map(|(_, all)| *all).map(Behaviour::name).collect();
            functions.sort_unstable();
            listed.sort_unstable();
            assert_eq!(functions, listed, "the functions of {file}.rs, and its table");
        }
        let names: BTreeSet<_> = behaviours().map(Behaviour::name).collect();
        assert_eq!(names.len(), behaviours().count(), "a name is given twice");
    }

    #[test]
    fn every_operation_is_held_to_something() {
        for operation in Operation::ALL {
            assert!(behaviours().any(|behaviour| behaviour.operation() == *operation), "{operation}");
        }
    }
}
