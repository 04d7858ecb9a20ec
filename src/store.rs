//! The storage port: what a database has to do for a [`StoreUserDirectory`](crate::store_directory::StoreUserDirectory).
//!
//! A [`UserStore`] saves accounts and finds them. It contains no rules: validation, uniqueness errors, metadata merging,
//! second factors and everything else that an operation does to a user are in the directory. A directory over a store
//! with the six methods of [`UserStore`] therefore has all operations of [`UserDirectory`](crate::UserDirectory), with
//! the semantics of Clerk.
//!
//! # Writing a store
//!
//! - An account is saved as a whole. [`Document`] converts it to JSON and back.
//! - Reads return [`StoredAccount`]s: the account, and its version and sequence number, which the store assigns.
//! - [`commit`](UserStore::commit) applies all changes of a [`Commit`], or none. It checks the expected versions and
//!   that no two accounts own an identifier, for concurrent commits too.
//! - A store that scans finds accounts with [`AccountFilter::matches`], and sorts and selects them with
//!   [`AccountQuery::page`]. A store with indexes translates [`AccountFilter::filter`], and compares by [`Identifier`],
//!   [`OrderKey`] and the texts of an account, such as [`Account::search_text`].
//! - Implement the trait with the attribute [`async_trait`](macro@crate::async_trait). Errors are described
//!   [below the contract](UserStore#errors).
//!
//! # Testing a store
//!
//! Run the [conformance suite](crate::conformance) (feature `conformance`) on a directory over the store. The directory
//! is also the fixture. The feature `password-hashes` is required for the behaviors that verify imported passwords. A
//! low [bcrypt cost](crate::store_directory::InstanceSettings::bcrypt_cost) keeps the run short.
//!
//! ```
//! # #[cfg(all(feature = "conformance", feature = "in-memory"))]
//! # tokio_test::block_on(async {
//! use user_directory::conformance::Suite;
//! use user_directory::in_memory::InMemoryStore;
//! use user_directory::store_directory::{InstanceSettings, StoreUserDirectoryBuilder};
//!
//! let store = InMemoryStore::new(); // your store
//! let settings = InstanceSettings::default().bcrypt_cost(4);
//! let directory = StoreUserDirectoryBuilder::new(store).settings(settings).build();
//! let report = Suite::new(&directory).fixture(&directory).run().await;
//! report.assert_conformant();
//! # });
//! ```
//!
//! The suite tests a store through the directory. Test the rest of the [contract](UserStore#contract) separately:
//! rejected commits with several changes, dropped futures, failures of the database, and accounts after a restart.
//!
//! `examples/custom_store` is a store that keeps its accounts in a file.

mod commit;
mod filter;
mod order;
mod query;
mod user_store;

pub use commit::{Commit, CommitError, Deletion, Update};
pub use filter::{AccountFilter, PartialMatches};
pub use order::{OrderKey, Position, sort};
pub use query::AccountQuery;
pub use user_store::{StoredAccount, UserStore};

#[doc(inline)]
pub use crate::account::{
    Account, Credit, Document, DocumentError, Identifier, IdentifierKind, Lock, Resources, SearchText,
};
