//! [`Commit`]: changes that are applied atomically.

use std::sync::Arc;

use super::record::{Record, RecordChange};
use super::user_store::StoredAccount;
use crate::account::Account;
use crate::error::{Error, ErrorKind};
use crate::model::UserId;

/// A set of changes that a store applies atomically.
///
/// The store applies the changes in this order: deletions, updates, insertions. It rejects the commit if an id or an
/// [exclusive identifier](Account::exclusive_identifiers) would then belong to multiple accounts.
///
/// A commit contains at most one change per user id and at most one change per record. An update never changes the
/// user id. An empty commit succeeds.
#[derive(Debug, Default)]
pub struct Commit {
    /// The accounts to insert. The store assigns increasing sequence numbers in the order of the list.
    pub insertions: Vec<Account>,
    /// The accounts to update.
    pub updates: Vec<Update>,
    /// The accounts to delete.
    pub deletions: Vec<Deletion>,
    /// The changes to records. Only commits to a [`RecordStore`](super::RecordStore) contain them.
    pub records: Vec<RecordChange>,
    /// The maximum number of accounts after the commit, or `None` for no limit.
    ///
    /// The limit applies only to commits with insertions.
    pub max_accounts: Option<u64>,
}

/// An update to an account in a [`Commit`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Update {
    /// The account as originally read. The store rejects the commit if the account has been changed or deleted since
    /// then.
    pub before: Arc<StoredAccount>,
    /// The account to save. The store assigns a new version to it, and keeps the sequence number of `before`.
    pub account: Account,
}

/// The deletion of an account in a [`Commit`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Deletion {
    /// The account as originally read. The store rejects the commit if the account has been changed or deleted since
    /// then.
    pub before: Arc<StoredAccount>,
}

impl Commit {
    /// Creates an empty commit.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an account to insert.
    #[must_use]
    pub fn insert(mut self, account: Account) -> Self {
        self.insertions.push(account);
        self
    }

    /// Adds an account to update.
    #[must_use]
    pub fn update(mut self, before: Arc<StoredAccount>, account: Account) -> Self {
        self.updates.push(Update { before, account });
        self
    }

    /// Adds an account to delete.
    #[must_use]
    pub fn delete(mut self, before: Arc<StoredAccount>) -> Self {
        self.deletions.push(Deletion { before });
        self
    }

    /// Adds a record to insert.
    ///
    /// If the record already exists, the commit fails with [`CommitError::Taken`].
    #[must_use]
    pub fn insert_record(mut self, record: Record) -> Self {
        self.records.push(RecordChange::Insert(record));
        self
    }

    /// Adds a record to insert or replace.
    #[must_use]
    pub fn put_record(mut self, record: Record) -> Self {
        self.records.push(RecordChange::Put(record));
        self
    }

    /// Adds a record to remove.
    #[must_use]
    pub fn remove_record(mut self, collection: impl Into<String>, key: impl Into<String>) -> Self {
        self.records.push(RecordChange::Remove { collection: collection.into(), key: key.into() });
        self
    }
}

impl Update {
    /// Returns the user's id.
    #[must_use]
    pub fn id(&self) -> &UserId {
        self.before.id()
    }
}

impl Deletion {
    /// Returns the user's id.
    #[must_use]
    pub fn id(&self) -> &UserId {
        self.before.id()
    }
}

/// An error returned by [`commit`](super::UserStore::commit).
///
/// Every error except [`Failed`](Self::Failed) guarantees that nothing was changed. If multiple errors apply, the store
/// may return any of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// An account was changed or deleted after it was read.
    ///
    /// The store can also return this error if the commit conflicts with a concurrent transaction. In both cases,
    /// `StoreUserDirectory` retries the operation.
    #[error("an account was changed concurrently")]
    Stale,
    /// An id or an [exclusive identifier](Account::exclusive_identifiers) already belongs to another account, or a
    /// record to insert already exists.
    #[error("an id, an identifier or the key of a record is taken")]
    Taken,
    /// The commit would exceed [`Commit::max_accounts`].
    #[error("the maximum number of accounts is reached")]
    Full,
    /// Any other failure. [`Error::is_outcome_unknown`] returns `true` if the commit may have been applied.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Failed(error) => error,
            // The directory handles the other errors wherever a commit can cause them.
            other => Self::new(ErrorKind::Server).with_source(other).with_nothing_changed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_of_a_rejected_commit_has_a_known_outcome() {
        for rejected in [CommitError::Stale, CommitError::Taken, CommitError::Full] {
            assert!(!Error::from(rejected).is_outcome_unknown());
        }
        let failed = CommitError::Failed(Error::new(ErrorKind::Server));
        assert!(Error::from(failed).is_outcome_unknown());
    }
}
