//! The records that a replica stores in addition to users.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::UserId;
use crate::store::{Record, RecordStore, StoredRecord};

/// The collection of tombstones: ids of deleted users. A tombstone prevents late events from restoring the user.
pub(super) const TOMBSTONES: &str = "replica_tombstones";

/// The collection of marks: ids of users whose copies may be outdated.
pub(super) const STALE: &str = "replica_stale";

/// The collection of the [`BACKFILL`] and [`RECONCILED`] records.
pub(super) const STATE: &str = "replica_state";

/// The key in [`STATE`] of the [`Backfill`] record.
pub(super) const BACKFILL: &str = "backfill";

/// The key in [`STATE`] of the time when the last backfill or reconciliation was completed.
pub(super) const RECONCILED: &str = "reconciled";

/// The number of records per read.
const PAGE: usize = 1000;

/// A stored time, such as the time of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct At {
    pub(super) at: Timestamp,
}

/// The progress of a backfill.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Backfill {
    /// The ids of the users that were copied last, in order of creation.
    #[serde(default)]
    pub(super) last: Vec<UserId>,
    /// The creation time of the last of these users.
    #[serde(default)]
    pub(super) created_at: Option<Timestamp>,
    /// Whether all users have been copied.
    #[serde(default)]
    pub(super) complete: bool,
}

/// Creates a record whose value is encoded as JSON.
pub(super) fn record<T: Serialize>(collection: &str, key: &str, value: &T) -> Record {
    Record::new(collection, key, serde_json::to_string(value).expect("the value can be encoded"))
}

/// Decodes the value of a record.
pub(super) fn decode<T: DeserializeOwned>(record: &Record) -> Result<T> {
    serde_json::from_str(&record.value).map_err(|error| Error::decode(&error))
}

/// Returns the value of a record, or `None` if the record does not exist.
pub(super) async fn find<T: DeserializeOwned>(
    store: &impl RecordStore,
    collection: &str,
    key: &str,
) -> Result<Option<T>> {
    store.records(collection, &[key]).await?.first().map(decode).transpose()
}

/// Returns all records of a collection.
pub(super) async fn all(store: &impl RecordStore, collection: &str) -> Result<Vec<StoredRecord>> {
    let mut records: Vec<StoredRecord> = Vec::new();
    loop {
        let after = records.last().map_or(0, |last| last.position);
        let page = store.records_after(collection, after, PAGE).await?;
        let is_last = page.len() < PAGE;
        records.extend(page);
        if is_last {
            return Ok(records);
        }
    }
}
