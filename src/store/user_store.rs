//! The trait [`UserStore`].

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
    /// A number that changes with every commit that changes the account.
    ///
    /// Versions are used to detect concurrent changes. If an account is deleted and inserted again, its version or its
    /// sequence number must differ. A store therefore compares both numbers, or never reuses a version.
    pub version: u64,
    /// A number that is assigned on insertion, in increasing order, and never changes.
    ///
    /// It orders accounts with the same creation time. Gaps are allowed.
    pub sequence: u64,
}

impl StoredAccount {
    /// Creates a stored account.
    #[must_use]
    pub fn new(account: Account, version: u64, sequence: u64) -> Self {
        Self { account, version, sequence }
    }

    /// Returns the id of the user.
    #[must_use]
    pub fn id(&self) -> &UserId {
        &self.account.user.id
    }

    /// Returns `true` if `other` is the same version of the same account.
    ///
    /// The sequence number is also compared, because an account that was deleted and inserted again may have the same
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

/// A store of accounts: the storage port.
///
/// Accounts are returned in an [`Arc`], so an in-memory store does not copy them. The [module
/// documentation](crate::store) explains how to write a store.
///
/// # Contract
///
/// - **A commit is atomic.** All of its changes are visible, or none.
/// - **A read sees all earlier commits,** and is a snapshot: it sees a concurrent commit completely or not at all.
/// - **Futures may be dropped.** A dropped commit is applied completely or not at all, and leaves no open transaction.
/// - **Calls may run concurrently,** from any number of tasks.
/// - **`Debug` prints no accounts.** The `Debug` output of a directory contains that of its store.
///
/// # Errors
///
/// A store returns [`Error`](crate::Error)s of these kinds:
///
/// | kind | cause |
/// | --- | --- |
/// | [`Connect`](crate::ErrorKind::Connect) | no connection could be established, so nothing was changed |
/// | [`Unavailable`](crate::ErrorKind::Unavailable) | the database is down, full or read-only |
/// | [`Timeout`](crate::ErrorKind::Timeout) | the call timed out |
/// | [`Transport`](crate::ErrorKind::Transport) | the connection was lost |
/// | [`Configuration`](crate::ErrorKind::Configuration) | the schema or an encryption key is missing |
/// | [`Decode`](crate::ErrorKind::Decode) | a stored account is malformed |
/// | [`Server`](crate::ErrorKind::Server) | any other failure, such as an account that cannot be serialized |
///
/// If a failed commit changed nothing, but the kind of its error does not imply this, the store calls
/// [`with_nothing_changed`](crate::Error::with_nothing_changed). The directory adds the operation to the error.
#[async_trait]
#[auto_impl::auto_impl(Arc, Box)]
pub trait UserStore: Debug + Send + Sync + 'static {
    /// Returns the accounts with these ids, in any order.
    ///
    /// Unknown ids are skipped, and duplicates are returned once.
    async fn load(&self, ids: &[UserId]) -> Result<Vec<Arc<StoredAccount>>>;

    /// Returns the exclusive owners of these identifiers, in any order.
    ///
    /// Each identifier is returned with the id of its owner. Identifiers without an owner are skipped.
    /// [`Account::exclusive_identifiers`] defines which identifiers a user owns exclusively.
    async fn owners(&self, identifiers: &[Identifier<'_>]) -> Result<Vec<(Identifier<'static>, UserId)>>;

    /// Returns one page of the accounts that match a filter, in the order of the query.
    async fn query(&self, query: &AccountQuery<'_>) -> Result<Vec<Arc<StoredAccount>>>;

    /// Returns the number of accounts that match a filter.
    async fn count(&self, filter: &AccountFilter) -> Result<u64>;

    /// Applies all changes of a commit, or none.
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`CommitError::Stale`] if an account to update or delete does not exist or does not have the expected version.
    /// - [`CommitError::Taken`] if another account has the id or owns an identifier of an inserted or updated account.
    /// - [`CommitError::Full`] if there would be more accounts than [`Commit::max_accounts`].
    /// - [`CommitError::Failed`] for all other failures.
    async fn commit(&self, commit: Commit) -> Result<(), CommitError>;

    /// Deletes all accounts in one atomic commit.
    async fn clear(&self) -> Result<()>;
}
