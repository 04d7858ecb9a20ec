//! Storage backends: the [`UserStore`] trait and its types.
//!
//! A [`UserStore`] saves and queries [`Account`]s. An account contains a user, the user's secrets and the user's
//! resources. Stores contain no business logic: [`StoreUserDirectory`](crate::store_directory::StoreUserDirectory)
//! implements validation, metadata merging, second factors and all other rules.
//!
//! To support another database, implement the six methods of the trait. A `StoreUserDirectory` backed by the store
//! supports all operations of [`UserDirectory`](crate::UserDirectory), with Clerk's semantics.
//!
//! # Writing a store
//!
//! - Save each account as a whole. [`Document`] converts it to and from JSON.
//! - Return [`StoredAccount`]s from reads: accounts with the version and the sequence number that the store assigned to
//!   them.
//! - In [`commit`](UserStore::commit), apply all changes in a [`Commit`] or none of them. Reject outdated versions,
//!   duplicate ids and duplicate [exclusive identifiers](Account::exclusive_identifiers), even if commits run
//!   concurrently.
//! - If the store scans all accounts, filter them with [`AccountFilter::matches`], and sort and paginate them with
//!   [`AccountQuery::page`].
//! - If the store has indexes, translate [`AccountFilter::filter`] into a database query, and index normalized values:
//!   [`Identifier`]s, [`OrderKey`]s and searchable text such as [`Account::search_text`].
//! - To support events and replication, also implement [`RecordStore`].
//! - Annotate the implementation with the [`async_trait`](macro@crate::async_trait) attribute.
//! - Return the [documented errors](UserStore#errors).
//!
//! # Testing a store
//!
//! Run the [conformance suite](crate::conformance) (`conformance` feature) against a directory backed by the store. The
//! directory also serves as the suite's [fixture](crate::conformance::Fixture). Enable the `password-hashes` feature to
//! test the verification of imported password digests that are not bcrypt-based. A low [bcrypt
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
//! separately, including rejected commits with multiple changes and dropped futures. Also test database failures and
//! persistence across restarts.
//!
//! If the store implements [`RecordStore`], call
//! [`emit_events`](crate::store_directory::StoreUserDirectoryBuilder::emit_events) (`webhooks` feature) on the builder,
//! so that commits also insert records. Test the methods of [`RecordStore`] separately, as well as commits that replace
//! or remove records.
//!
//! For an example of a store, see `examples/custom_store`, which saves accounts in a file.

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
