//! The [`UserStore`] trait.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use super::commit::{Commit, CommitError};
use super::filter::AccountFilter;
use super::order::Position;
use super::query::AccountQuery;
use crate::account::{Account, Identifier};
use crate::error::Result;
use crate::model::UserId;

/// An account in a store, with its version and sequence number.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StoredAccount {
    /// The account.
    pub account: Account,
    /// The version number, which changes whenever the account changes.
    ///
    /// Versions are used to detect concurrent changes. If an account is deleted and inserted again, it must have a
    /// different version or a different sequence number. If a store reuses versions, its
    /// [`commit`](UserStore::commit) must therefore also compare sequence numbers.
    pub version: u64,
    /// The sequence number, which is assigned in increasing order on insertion and never changes.
    ///
    /// Accounts with the same creation time are ordered by sequence number. Gaps in the sequence are allowed.
    pub sequence: u64,
}

impl StoredAccount {
    /// Creates a stored account.
    #[must_use]
    pub fn new(account: Account, version: u64, sequence: u64) -> Self {
        Self { account, version, sequence }
    }

    /// Returns the user's id.
    #[must_use]
    pub fn id(&self) -> &UserId {
        &self.account.user.id
    }

    /// Returns `true` if `other` is the same version of the same account.
    ///
    /// The sequence number is also compared, because an account that was deleted and inserted again can have the same
    /// version.
    #[must_use]
    pub fn is_same_version(&self, other: &Self) -> bool {
        (self.id(), self.version, self.sequence) == (other.id(), other.version, other.sequence)
    }

    /// Returns the position of the account in creation order.
    #[must_use]
    pub fn position(&self) -> Position {
        Position::new(self.account.user.created_at, self.sequence)
    }
}

/// A storage backend for accounts.
///
/// The [module documentation](crate::store) explains how to implement a store.
///
/// # Contract
///
/// - **Commits are atomic.** Either all changes in a commit become visible, or none do.
/// - **Reads are snapshots.** A read reflects all earlier commits. It reflects a concurrent commit completely or not at
///   all.
/// - **Futures may be dropped at any time.** A commit whose future is dropped is applied completely or not at all, and
///   leaves no open transaction.
/// - **Calls may run concurrently** from any number of tasks.
/// - **`Debug` output contains no accounts.** The `Debug` output of a directory includes that of its store.
///
/// # Errors
///
/// A store returns [`Error`](crate::Error)s of these kinds:
///
/// | kind | cause |
/// | --- | --- |
/// | [`Connect`](crate::ErrorKind::Connect) | no connection could be established, so nothing was changed |
/// | [`Unavailable`](crate::ErrorKind::Unavailable) | the database is down, busy, full or read-only |
/// | [`Timeout`](crate::ErrorKind::Timeout) | the call timed out |
/// | [`Transport`](crate::ErrorKind::Transport) | the connection was lost |
/// | [`Configuration`](crate::ErrorKind::Configuration) | the schema or an encryption key is missing, or the configuration is otherwise invalid |
/// | [`Conflict`](crate::ErrorKind::Conflict) | a row in another table refers to an account that the commit deletes |
/// | [`Unsupported`](crate::ErrorKind::Unsupported) | the store does not support a field of the filter, or the sort field |
/// | [`Decode`](crate::ErrorKind::Decode) | a stored account is malformed, or an account cannot be encoded |
/// | [`Server`](crate::ErrorKind::Server) | any other failure |
///
/// If a failed commit is known to have changed nothing, call
/// [`with_nothing_changed`](crate::Error::with_nothing_changed) on the error. The directory adds the
/// [operation](crate::Error::operation) to each error.
#[async_trait]
#[auto_impl::auto_impl(Arc, Box)]
pub trait UserStore: Debug + Send + Sync + 'static {
    /// Returns the accounts with these ids, in any order.
    ///
    /// Unknown ids are skipped. If an id is given more than once, its account is returned once.
    async fn load(&self, ids: &[UserId]) -> Result<Vec<Arc<StoredAccount>>>;

    /// Returns the exclusive owners of these identifiers, in any order.
    ///
    /// Each identifier is returned with the id of its owner. Identifiers without an exclusive owner are skipped.
    /// [`Account::exclusive_identifiers`] defines which identifiers a user owns exclusively.
    async fn owners(&self, identifiers: &[Identifier<'_>]) -> Result<Vec<(Identifier<'static>, UserId)>>;

    /// Returns the page of accounts specified by `query`, in the requested order.
    async fn query(&self, query: &AccountQuery<'_>) -> Result<Vec<Arc<StoredAccount>>>;

    /// Returns the number of accounts that match a filter.
    async fn count(&self, filter: &AccountFilter) -> Result<u64>;

    /// Applies all changes in a commit, or none of them.
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`CommitError::Stale`] if an account to update or delete does not exist or does not have the expected version,
    ///   or if the commit conflicts with a concurrent transaction.
    /// - [`CommitError::Taken`] if the id or an exclusive identifier of an inserted or updated account belongs to
    ///   another account, or if a record to insert already exists.
    /// - [`CommitError::Full`] if the commit would exceed [`Commit::max_accounts`].
    /// - [`CommitError::Failed`] for all other failures.
    async fn commit(&self, commit: Commit) -> Result<(), CommitError>;

    /// Deletes all accounts atomically.
    async fn clear(&self) -> Result<()>;
}
