//! [`Commit`]: changes that are applied together.

use std::sync::Arc;

use super::user_store::StoredAccount;
use crate::account::Account;
use crate::error::{Error, ErrorKind};
use crate::model::UserId;

/// Changes that a store applies together, or not at all.
///
/// The changes apply in this order: deletions, updates, insertions. Uniqueness is checked on the result. A commit has no
/// two changes of the same id, and an update does not change the id. An empty commit succeeds.
#[derive(Debug, Default)]
pub struct Commit {
    /// The accounts to insert. The store assigns ascending sequence numbers in this order.
    pub insertions: Vec<Account>,
    /// The accounts to update.
    pub updates: Vec<Update>,
    /// The accounts to delete.
    pub deletions: Vec<Deletion>,
    /// The maximum number of accounts after the commit, or `None` if there is no limit.
    ///
    /// It limits insertions only. A commit without insertions succeeds even if there are more accounts.
    pub max_accounts: Option<u64>,
}

/// The update of an account.
#[derive(Debug)]
#[non_exhaustive]
pub struct Update {
    /// The account as it was read. The store rejects the commit if the account has changed since.
    pub before: Arc<StoredAccount>,
    /// The account to save, with a new version and the sequence number of `before`.
    pub account: Account,
}

/// The deletion of an account.
#[derive(Debug)]
#[non_exhaustive]
pub struct Deletion {
    /// The account as it was read. The store rejects the commit if the account has changed since.
    pub before: Arc<StoredAccount>,
}

impl Commit {
    /// Creates an empty commit.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an account.
    #[must_use]
    pub fn insert(mut self, account: Account) -> Self {
        self.insertions.push(account);
        self
    }

    /// Updates an account.
    #[must_use]
    pub fn update(mut self, before: Arc<StoredAccount>, account: Account) -> Self {
        self.updates.push(Update { before, account });
        self
    }

    /// Deletes an account.
    #[must_use]
    pub fn delete(mut self, before: Arc<StoredAccount>) -> Self {
        self.deletions.push(Deletion { before });
        self
    }
}

impl Update {
    /// Returns the id of the user.
    #[must_use]
    pub fn id(&self) -> &UserId {
        self.before.id()
    }
}

impl Deletion {
    /// Returns the id of the user.
    #[must_use]
    pub fn id(&self) -> &UserId {
        self.before.id()
    }
}

/// An error of [`commit`](super::UserStore::commit). Nothing was changed, except possibly for
/// [`Failed`](Self::Failed).
///
/// If a commit has several errors, the store may return any of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// An account was changed or deleted after it was read, or the database aborted the transaction because of a
    /// concurrent one. The directory reads again and retries.
    #[error("an account was changed concurrently")]
    Stale,
    /// An id or an identifier belongs to another account.
    #[error("an id or an identifier belongs to another account")]
    Taken,
    /// There would be more accounts than allowed.
    #[error("the maximum number of accounts is reached")]
    Full,
    /// The commit failed. [`Error::is_outcome_unknown`] returns whether it may have been applied.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Failed(error) => error,
            // A directory handles the other errors of the commits that can cause them.
            other => Self::new(ErrorKind::Server).with_source(other),
        }
    }
}
