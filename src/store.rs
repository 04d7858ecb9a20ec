//! The storage port: what a database has to do for a [`StoreUserDirectory`](crate::store_directory::StoreUserDirectory).
//!
//! A [`UserStore`] saves accounts and finds them. It contains no rules: validation, uniqueness errors, metadata merging,
//! second factors and everything else that an operation does to a user are in the directory. A store with the eight
//! methods of [`UserStore`] therefore has all operations of [`UserDirectory`](crate::UserDirectory), with the semantics
//! of Clerk.
//!
//! # Writing a store
//!
//! - An account is saved as a whole. [`Document`] converts it to JSON and back.
//! - Reads return [`StoredAccount`]s: the account, its version and its sequence number.
//! - [`commit`](UserStore::commit) applies all changes of a [`Commit`], or none. It checks the expected versions and
//!   that no two accounts own an identifier, for concurrent commits too.
//! - A store that scans finds accounts with [`AccountFilter::matches`] and sorts them with [`sort`]. A store with
//!   indexes translates [`AccountFilter::filter`], and compares by [`Identifier`], [`OrderKey`] and the texts of an
//!   account, such as [`Account::search_text`].
//! - Test the directory over the store with the suite of the feature `conformance`.
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
