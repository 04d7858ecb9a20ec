//! The storage port: the trait [`UserStore`], its types and its contract.
//!
//! A [`UserStore`] saves and finds accounts. It implements no rules: validation, uniqueness errors, metadata merging,
//! second factors and all other logic are part of the
//! [`StoreUserDirectory`](crate::store_directory::StoreUserDirectory). A store implements only six methods. A directory
//! over it supports all operations of [`UserDirectory`](crate::UserDirectory), with Clerk's semantics.
//!
//! # Writing a store
//!
//! - An account is saved as a whole. [`Document`] converts it to JSON and back.
//! - Reads return [`StoredAccount`]s: the account, and its version and sequence number, which the store assigns.
//! - [`commit`](UserStore::commit) applies all changes of a [`Commit`], or none. It checks the expected versions, and
//!   that no two accounts own the same identifier, even if commits are concurrent.
//! - A store that scans all accounts filters them with [`AccountFilter::matches`], and sorts and paginates them with
//!   [`AccountQuery::page`].
//! - A store with indexes translates [`AccountFilter::filter`] into a query over normalized values: [`Identifier`]s,
//!   [`OrderKey`]s and the texts of an account, such as [`Account::search_text`].
//! - Implement the trait with the attribute [`async_trait`](macro@crate::async_trait).
//! - The trait documents the [errors](UserStore#errors) to return.
//!
//! # Testing a store
//!
//! Run the [conformance suite](crate::conformance) (feature `conformance`) on a directory over the store. The directory
//! also serves as the fixture. The feature `password-hashes` is required to test the verification of imported
//! passwords. A low [bcrypt cost](crate::store_directory::InstanceSettings::bcrypt_cost) shortens the run.
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
//! rejected commits with several changes, dropped futures, database failures, and persistence across restarts.
//!
//! `examples/custom_store` is a store that saves its accounts in a file.

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
