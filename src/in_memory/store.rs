//! [`Store`]: the users, and the indexes that find them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use slab::Slab;

use super::identifiers::{Identifiers, Key, claims};
use super::record::{Position, Record};
use crate::model::UserId;

/// The users, and the indexes that find them.
///
/// A record is behind an `Arc`, so that a reader takes it away and lets go of the lock.
#[derive(Debug, Default)]
pub(super) struct Store {
    records: Slab<Arc<Record>>,
    by_id: HashMap<UserId, usize>,
    by_creation: BTreeMap<Position, usize>,
    identifiers: Identifiers,
    next_sequence: u64,
    /// Who was changed since the last time that somebody asked, if somebody asks.
    changed: Option<HashSet<UserId>>,
}

impl Store {
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn get(&self, id: &UserId) -> Option<&Arc<Record>> {
        self.by_id.get(id).and_then(|slot| self.records.get(*slot))
    }

    /// The users who have one of these identifiers, each once.
    pub(super) fn owners(&self, keys: impl Iterator<Item = Key>) -> Vec<&Arc<Record>> {
        let mut slots = Vec::new();
        for key in keys {
            slots.extend(self.identifiers.owners(&key));
        }
        slots.sort_unstable();
        slots.dedup();
        slots.into_iter().filter_map(|slot| self.records.get(slot)).collect()
    }

    /// Whether somebody other than `except` has this identifier so that nobody else can have it.
    pub(super) fn is_taken(&self, key: &Key, except: Option<&UserId>) -> bool {
        let owners = self.identifiers.owners(key).filter_map(|slot| self.records.get(slot));
        owners.filter(|record| Some(&record.user.id) != except).any(|record| claims(record, key))
    }

    /// Up to `limit` users after (or, going down, before) a place in the order of creation.
    pub(super) fn walk(&self, from: Option<Position>, descending: bool, limit: usize) -> Vec<(Position, Arc<Record>)> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = from.map_or(Unbounded, Excluded);
        let take = |(position, slot): (&Position, &usize)| Some((*position, Arc::clone(self.records.get(*slot)?)));
        if descending {
            self.by_creation.range((Unbounded, from)).rev().filter_map(take).take(limit).collect()
        } else {
            self.by_creation.range((from, Unbounded)).filter_map(take).take(limit).collect()
        }
    }

    /// The place of a user in the order of creation.
    pub(super) fn position(&self, id: &UserId) -> Option<Position> {
        self.get(id).map(|record| record.position())
    }

    /// Takes a new user in. Whether the id and the identifiers are free is the caller's business.
    pub(super) fn insert(&mut self, mut record: Record) {
        record.sequence = self.next_sequence;
        self.next_sequence += 1;
        self.note(&record.user.id);
        self.place(Arc::new(record));
    }

    fn place(&mut self, record: Arc<Record>) {
        let entry = self.records.vacant_entry();
        let slot = entry.key();
        self.by_id.insert(record.user.id.clone(), slot);
        self.by_creation.insert(record.position(), slot);
        self.identifiers.add(&record, slot);
        entry.insert(record);
    }

    pub(super) fn remove(&mut self, id: &UserId) -> Option<Arc<Record>> {
        let slot = self.by_id.remove(id)?;
        self.note(id);
        let record = self.records.try_remove(slot)?;
        self.by_creation.remove(&record.position());
        self.identifiers.remove(&record, slot);
        Some(record)
    }

    /// Changes a user in a way that no index sees.
    pub(super) fn edit<T>(&mut self, id: &UserId, change: impl FnOnce(&mut Record) -> T) -> Option<T> {
        let slot = *self.by_id.get(id)?;
        self.note(id);
        let record = self.records.get_mut(slot)?;
        Some(change(Arc::make_mut(record)))
    }

    /// Changes a user's identifiers or time of creation.
    pub(super) fn edit_indexed<T>(&mut self, id: &UserId, change: impl FnOnce(&mut Record) -> T) -> Option<T> {
        let slot = *self.by_id.get(id)?;
        self.note(id);
        let record = Arc::make_mut(self.records.get_mut(slot)?);
        self.by_creation.remove(&record.position());
        self.identifiers.remove(record, slot);
        let result = change(record);
        self.by_creation.insert(record.position(), slot);
        self.identifiers.add(record, slot);
        Some(result)
    }

    pub(super) fn clear(&mut self) {
        if let Some(changed) = &mut self.changed {
            changed.extend(self.by_id.drain().map(|(id, _)| id));
        }
        *self = Self { changed: self.changed.take(), ..Self::default() };
    }

    fn note(&mut self, id: &UserId) {
        if let Some(changed) = &mut self.changed
            && !changed.contains(id)
        {
            changed.insert(id.clone());
        }
    }
}

/// What it takes to keep the users elsewhere too.
#[cfg(feature = "emulator")]
impl Store {
    /// Begins to note who is changed. Answers whether that is new.
    pub(super) fn track_changes(&mut self) -> bool {
        let new = self.changed.is_none();
        self.changed.get_or_insert_default();
        new
    }

    /// Notes nobody any more.
    pub(super) fn stop_tracking(&mut self) {
        self.changed = None;
    }

    /// Who was changed since the last time, and what has become of them: `None` of those who are gone.
    pub(super) fn take_changes(&mut self) -> Vec<super::snapshot::Change> {
        let Some(changed) = self.changed.as_mut().map(std::mem::take) else { return Vec::new() };
        let now = |id: UserId| {
            let record = self.get(&id).cloned();
            (id, record)
        };
        changed.into_iter().map(now).collect()
    }

    /// Takes users for changed.
    pub(super) fn note_changes<'a>(&mut self, ids: impl Iterator<Item = &'a UserId>) {
        ids.for_each(|id| self.note(id));
    }

    /// Takes a user in who was here before, in the same place. Answers whether the id and the place are free.
    pub(super) fn restore(&mut self, record: Arc<Record>) -> bool {
        let free = !self.by_id.contains_key(&record.user.id) && !self.by_creation.contains_key(&record.position());
        let Some(next_sequence) = record.sequence.checked_add(1) else { return false };
        if free {
            self.next_sequence = self.next_sequence.max(next_sequence);
            self.place(record);
        }
        free
    }

    /// Takes everybody in who is in another store. Answers whether that could be done: one of the two must be empty.
    pub(super) fn adopt(&mut self, others: Self) -> bool {
        if others.len() == 0 {
            return true;
        }
        let free = self.len() == 0;
        if free {
            let next_sequence = self.next_sequence.max(others.next_sequence);
            *self = Self { changed: self.changed.take(), next_sequence, ..others };
        }
        free
    }
}
