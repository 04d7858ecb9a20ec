//! [`RecordStore`]: an optional extension of [`UserStore`].

use std::fmt;

use async_trait::async_trait;

use super::user_store::UserStore;
use crate::error::Result;

/// A string stored under a key, such as an undelivered event.
///
/// In `Debug` output, the value is replaced by its size, because it can contain a user's data.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Record {
    /// The name of the collection that the record belongs to.
    pub collection: String,
    /// The key, which is unique within the collection.
    pub key: String,
    /// The value.
    pub value: String,
}

impl Record {
    /// Creates a record.
    #[must_use]
    pub fn new(collection: impl Into<String>, key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { collection: collection.into(), key: key.into(), value: value.into() }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { collection, key, value } = self;
        let value = format_args!("{} bytes", value.len());
        f.debug_struct("Record").field("collection", collection).field("key", key).field("value", &value).finish()
    }
}

/// A record in a store, with its position.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredRecord {
    /// The record.
    pub record: Record,
    /// The position, which is greater than zero.
    ///
    /// The store assigns positions in increasing order when records are inserted. If commits run concurrently, a record
    /// can become visible after records with greater positions.
    pub position: u64,
}

impl StoredRecord {
    /// Creates a stored record.
    #[must_use]
    pub fn new(record: Record, position: u64) -> Self {
        Self { record, position }
    }
}

/// A change to a record in a [`Commit`](super::Commit).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordChange {
    /// Inserts a record.
    ///
    /// If the key already exists, the commit fails with [`CommitError::Taken`](super::CommitError::Taken).
    Insert(Record),
    /// Inserts a record, or replaces the record with the same key.
    ///
    /// The new record keeps the position of the replaced one.
    Put(Record),
    /// Removes a record, if it exists.
    Remove {
        /// The collection.
        collection: String,
        /// The key.
        key: String,
    },
}

/// A [`UserStore`] that also stores [`Record`]s.
///
/// [Events](crate::guide::webhooks#emitting-events) and [replication](crate::guide::replica) require this trait. All
/// other features require only [`UserStore`].
///
/// # Contract
///
/// The [contract of `UserStore`](UserStore#contract) also applies to records. [`commit`](UserStore::commit) applies
/// [`Commit::records`](super::Commit::records) atomically with the changes to accounts. [`clear`](UserStore::clear)
/// also deletes all records.
///
/// # Errors
///
/// The methods return the same [errors](UserStore#errors) as those of `UserStore`.
#[async_trait]
#[auto_impl::auto_impl(Arc, Box)]
pub trait RecordStore: UserStore {
    /// Returns the records with the given keys in a collection, in any order.
    ///
    /// Unknown keys are skipped. If a key is given more than once, its record is returned once.
    async fn records(&self, collection: &str, keys: &[&str]) -> Result<Vec<Record>>;

    /// Returns the first `limit` records after a position in a collection, ordered by position.
    ///
    /// To start with the first record, pass 0 as `after`.
    async fn records_after(&self, collection: &str, after: u64, limit: usize) -> Result<Vec<StoredRecord>>;
}
