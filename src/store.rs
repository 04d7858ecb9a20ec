//! The [`UserStore`] trait for storage backends, its types and its contract.
//!
//! A [`UserStore`] saves and queries [`Account`]s. An account is a user with its secrets and resources. Stores contain
//! no business logic: [`StoreUserDirectory`](crate::store_directory::StoreUserDirectory) implements validation,
//! metadata merging, second factors and all other rules.
//!
//! To support another database, implement the six methods of the trait. A `StoreUserDirectory` over the store then
//! supports all operations of [`UserDirectory`](crate::UserDirectory), with Clerk's semantics.
//!
//! # Writing a store
//!
//! - Save each account as a whole. [`Document`] converts it to and from JSON.
//! - Reads return [`StoredAccount`]s: accounts with the version and the sequence number that the store assigned to
//!   them.
//! - [`commit`](UserStore::commit) applies all changes of a [`Commit`] or none of them. It rejects outdated versions
//!   and duplicate identifiers, even if commits run concurrently.
//! - A store that scans all accounts filters them with [`AccountFilter::matches`], and sorts and paginates them with
//!   [`AccountQuery::page`].
//! - A store with indexes translates [`AccountFilter::filter`] into a database query. The indexed columns contain
//!   normalized values: [`Identifier`]s, [`OrderKey`]s and searchable text such as [`Account::search_text`].
//! - To support events and replication, also implement [`RecordStore`].
//! - Annotate the implementation with the [`async_trait`](macro@crate::async_trait) attribute.
//! - Return the [errors](UserStore#errors) that the trait documents.
//!
//! # Testing a store
//!
//! Run the [conformance suite](crate::conformance) (`conformance` feature) on a directory over the store. The directory
//! also serves as the suite's [fixture](crate::conformance::Fixture). Enable the `password-hashes` feature to test the
//! verification of imported password digests. A low [bcrypt
//! cost](crate::store_directory::InstanceSettings::bcrypt_cost) makes the suite faster.
//!
//! ```
//! # #[cfg(all(feature = "conformance", feature = "in-memory"))]
//! # tokio_test::block_on(async {
//! use user_directory::conformance::Suite;
//! use user_directory::in_memory::InMemoryStore;
//! use user_directory::store_directory::{InstanceSettings, StoreUserDirectoryBuilder};
//!
//! let store = InMemoryStore::new(); // Use your store here.
//! let settings = InstanceSettings::permissive().bcrypt_cost(4);
//! let directory = StoreUserDirectoryBuilder::new(store).settings(settings).build();
//! let report = Suite::new(&directory).fixture(&directory).run().await;
//! report.assert_conformant();
//! # });
//! ```
//!
//! The suite calls the store only through the directory. Test the rest of the [contract](UserStore#contract)
//! separately: rejected commits with several changes, dropped futures, database failures and persistence across
//! restarts.
//!
//! If the store implements [`RecordStore`], call
//! [`emit_events`](crate::store_directory::StoreUserDirectoryBuilder::emit_events) on the builder. The commits then
//! also insert records. Test the methods of [`RecordStore`], and commits that replace or remove records, separately.
//!
//! `examples/custom_store` contains a store that saves accounts in a file.

mod commit;
mod filter;
mod order;
mod query;
mod record;
mod user_store;

pub use commit::{Commit, CommitError, Deletion, Update};
pub use filter::{AccountFilter, PartialMatches};
pub use order::{OrderKey, Position, sort};
pub use query::AccountQuery;
pub use record::{Record, RecordChange, RecordStore, StoredRecord};
pub use user_store::{StoredAccount, UserStore};

#[doc(inline)]
pub use crate::account::{
    Account, Credit, Document, DocumentError, Identifier, IdentifierKind, Lock, Resources, SearchText,
};
