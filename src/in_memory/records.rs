//! The records of an [`InMemoryStore`](super::InMemoryStore).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound::{Excluded, Unbounded};

use crate::store::{Record, RecordChange, StoredRecord};

/// Records by collection.
#[derive(Default)]
pub(super) struct Records {
    collections: HashMap<String, Collection>,
    last_position: u64,
}

#[derive(Default)]
struct Collection {
    by_position: BTreeMap<u64, Record>,
    positions: HashMap<String, u64>,
}

impl Records {
    /// Returns `true` if a change inserts a record that already exists.
    pub(super) fn is_taken(&self, changes: &[RecordChange]) -> bool {
        changes.iter().any(|change| match change {
            RecordChange::Insert(record) => {
                self.collections.get(&record.collection).is_some_and(|all| all.positions.contains_key(&record.key))
            }
            RecordChange::Put(_) | RecordChange::Remove { .. } => false,
        })
    }

    pub(super) fn apply(&mut self, changes: Vec<RecordChange>) {
        for change in changes {
            match change {
                RecordChange::Insert(record) | RecordChange::Put(record) => self.put(record),
                RecordChange::Remove { collection, key } => self.remove(&collection, &key),
            }
        }
    }

    fn put(&mut self, record: Record) {
        let collection = self.collections.entry(record.collection.clone()).or_default();
        let position = *collection.positions.entry(record.key.clone()).or_insert_with(|| {
            self.last_position += 1;
            self.last_position
        });
        collection.by_position.insert(position, record);
    }

    fn remove(&mut self, collection: &str, key: &str) {
        if let Some(collection) = self.collections.get_mut(collection)
            && let Some(position) = collection.positions.remove(key)
        {
            collection.by_position.remove(&position);
        }
    }

    /// Removes all records. Positions are not reused.
    pub(super) fn clear(&mut self) {
        self.collections.clear();
    }

    pub(super) fn get(&self, collection: &str, keys: &[&str]) -> Vec<Record> {
        let Some(collection) = self.collections.get(collection) else { return Vec::new() };
        let keys: HashSet<&str> = keys.iter().copied().collect();
        let positions = keys.into_iter().filter_map(|key| collection.positions.get(key));
        positions.filter_map(|position| collection.by_position.get(position)).cloned().collect()
    }

    pub(super) fn after(&self, collection: &str, after: u64, limit: usize) -> Vec<StoredRecord> {
        let Some(collection) = self.collections.get(collection) else { return Vec::new() };
        let records = collection.by_position.range((Excluded(after), Unbounded)).take(limit);
        records.map(|(position, record)| StoredRecord::new(record.clone(), *position)).collect()
    }
}
