//! [`Store`]: the users and their indexes.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use slab::Slab;

use super::identifiers::{Fingerprint, Identifiers, Key, Kind, claims, has};
use super::record::{Position, Record};
use super::search_text::SearchText;
use crate::model::UserId;

/// The users and their indexes.
#[derive(Debug, Default)]
pub(super) struct Store {
    slots: Slab<Slot>,
    by_creation: BTreeMap<Position, usize>,
    identifiers: Identifiers,
    next_sequence: u64,
    /// The users changed since the last `take_changes`, or `None` if changes are not tracked.
    changed: Option<HashSet<UserId>>,
}

/// A user and its search text.
#[derive(Debug)]
pub(super) struct Slot {
    /// Shared, so that readers can release the lock early.
    pub(super) record: Arc<Record>,
    pub(super) text: SearchText,
}

/// The index entries of a user.
#[derive(PartialEq)]
struct IndexEntries {
    position: Position,
    fingerprints: Vec<Fingerprint>,
}

impl Store {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn get(&self, id: &UserId) -> Option<&Arc<Record>> {
        self.find(id).map(|(_, record)| record)
    }

    fn find(&self, id: &UserId) -> Option<(usize, &Arc<Record>)> {
        self.candidates(&Key::new(Kind::Id, id.as_str())).find(|(_, record)| record.user.id == *id)
    }

    /// Returns a superset of the users who have this identifier.
    fn candidates(&self, key: &Key<'_>) -> impl Iterator<Item = (usize, &Arc<Record>)> {
        let slots = self.identifiers.slots(self.identifiers.fingerprint(key));
        slots.filter_map(|slot| Some((slot, &self.slots.get(slot)?.record)))
    }

    /// Returns the users who have at least one of these identifiers, without duplicates.
    pub(super) fn owners<'a>(&self, keys: impl Iterator<Item = Key<'a>>) -> Vec<&Arc<Record>> {
        let mut owners = Vec::new();
        for key in keys {
            owners.extend(self.candidates(&key).filter(|(_, record)| has(record, &key)));
        }
        owners.sort_unstable_by_key(|(slot, _)| *slot);
        owners.dedup_by_key(|(slot, _)| *slot);
        owners.into_iter().map(|(_, record)| record).collect()
    }

    /// Returns `true` if a user other than `except` has this identifier exclusively.
    pub(super) fn is_taken(&self, key: &Key<'_>, except: Option<&UserId>) -> bool {
        let mut others = self.candidates(key).filter(|(_, record)| Some(&record.user.id) != except);
        others.any(|(_, record)| claims(record, key))
    }

    /// Returns up to `limit` users after (or, if `descending`, before) a position in the order of creation, and the
    /// position of the last one. Returns `None` if there are no such users.
    pub(super) fn walk(
        &self,
        from: Option<Position>,
        descending: bool,
        limit: usize,
    ) -> Option<(Position, impl Iterator<Item = &Slot>)> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = from.map_or(Unbounded, Excluded);
        let entries: Vec<_> = if descending {
            self.by_creation.range((Unbounded, from)).rev().take(limit).collect()
        } else {
            self.by_creation.range((from, Unbounded)).take(limit).collect()
        };
        let end = *entries.last()?.0;
        Some((end, entries.into_iter().filter_map(|(_, slot)| self.slots.get(*slot))))
    }

    /// Returns the position of a user in the order of creation.
    pub(super) fn position(&self, id: &UserId) -> Option<Position> {
        self.get(id).map(|record| record.position())
    }

    /// Inserts a new user. The caller must check that its id and identifiers are free.
    pub(super) fn insert(&mut self, mut record: Record) {
        record.sequence = self.next_sequence;
        self.next_sequence += 1;
        self.mark_changed(&record.user.id);
        self.place(Arc::new(record));
    }

    fn place(&mut self, record: Arc<Record>) {
        let entries = self.index_entries(&record);
        let slot = self.slots.insert(Slot { text: SearchText::of(&record), record });
        self.by_creation.insert(entries.position, slot);
        self.identifiers.add(&entries.fingerprints, slot);
    }

    fn index_entries(&self, record: &Record) -> IndexEntries {
        IndexEntries { position: record.position(), fingerprints: self.identifiers.fingerprints(record) }
    }

    pub(super) fn remove(&mut self, id: &UserId) -> Option<Arc<Record>> {
        let (slot, _) = self.find(id)?;
        self.mark_changed(id);
        let record = self.slots.try_remove(slot)?.record;
        let entries = self.index_entries(&record);
        self.by_creation.remove(&entries.position);
        self.identifiers.remove(&entries.fingerprints, slot);
        Some(record)
    }

    /// Changes a user and updates the indexes.
    pub(super) fn edit<T>(&mut self, id: &UserId, change: impl FnOnce(&mut Record) -> T) -> Option<T> {
        let (slot, record) = self.find(id)?;
        let old = self.index_entries(record);
        self.mark_changed(id);
        let Slot { record, text } = self.slots.get_mut(slot)?;
        let result = change(Arc::make_mut(record));
        text.update(record);
        let new = IndexEntries { position: record.position(), fingerprints: self.identifiers.fingerprints(record) };
        if old != new {
            self.by_creation.remove(&old.position);
            self.by_creation.insert(new.position, slot);
            self.identifiers.remove(&old.fingerprints, slot);
            self.identifiers.add(&new.fingerprints, slot);
        }
        Some(result)
    }

    pub(super) fn clear(&mut self) {
        if let Some(changed) = &mut self.changed {
            changed.extend(self.slots.iter().map(|(_, slot)| slot.record.user.id.clone()));
        }
        *self = Self { changed: self.changed.take(), ..Self::default() };
    }

    fn mark_changed(&mut self, id: &UserId) {
        if let Some(changed) = &mut self.changed
            && !changed.contains(id)
        {
            changed.insert(id.clone());
        }
    }
}

/// Change tracking and restoring, for persistence.
#[cfg(feature = "wire")]
impl Store {
    /// Starts tracking changes. Returns `false` if changes are already tracked.
    pub(super) fn track_changes(&mut self) -> bool {
        let new = self.changed.is_none();
        self.changed.get_or_insert_default();
        new
    }

    /// Stops tracking changes.
    pub(super) fn stop_tracking(&mut self) {
        self.changed = None;
    }

    /// Returns the users changed since the last call, with their records or `None` if they were deleted.
    pub(super) fn take_changes(&mut self) -> Vec<super::snapshot::Change> {
        let Some(changed) = self.changed.as_mut().map(std::mem::take) else { return Vec::new() };
        let now = |id: UserId| {
            let record = self.get(&id).cloned();
            (id, record)
        };
        changed.into_iter().map(now).collect()
    }

    /// Marks users as changed.
    pub(super) fn note_changes<'a>(&mut self, ids: impl Iterator<Item = &'a UserId>) {
        ids.for_each(|id| self.mark_changed(id));
    }

    /// Inserts a user at its former position. Returns `false` if the id or the position is taken.
    pub(super) fn restore(&mut self, record: Arc<Record>) -> bool {
        let free = self.get(&record.user.id).is_none() && !self.by_creation.contains_key(&record.position());
        let Some(next_sequence) = record.sequence.checked_add(1) else { return false };
        if free {
            self.next_sequence = self.next_sequence.max(next_sequence);
            self.place(record);
        }
        free
    }

    /// Moves all users of another store into this one. Returns `false` if both stores have users.
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::User;

    fn user(name: &str) -> Record {
        let mut user = User::new(format!("user_{name}").parse().unwrap());
        user.username = Some(name.into());
        Record::new(user, Timestamp::UNIX_EPOCH)
    }

    fn store(names: &[&str]) -> Store {
        let mut store = Store::default();
        for name in names {
            store.insert(user(name));
        }
        store
    }

    fn named(store: &Store, name: &str) -> Vec<String> {
        let owners = store.owners([Key::new(Kind::Username, name)].into_iter());
        owners.into_iter().map(|record| record.user.id.to_string()).collect()
    }

    fn id(name: &str) -> UserId {
        format!("user_{name}").parse().unwrap()
    }

    #[test]
    fn lookups_distinguish_colliding_fingerprints() {
        let mut store = store(&["ada", "grace"]);
        let (grace, _) = store.find(&id("grace")).unwrap();
        let keys = ["user_ada", "user_nobody"].map(|id| Key::new(Kind::Id, id)).into_iter();
        let keys = keys.chain(["ada", "nobody"].map(|name| Key::new(Kind::Username, name)));
        let colliding: Vec<_> = keys.map(|key| store.identifiers.fingerprint(&key)).collect();
        store.identifiers.add(&colliding, grace);

        assert_eq!(store.get(&id("ada")).unwrap().user.id, id("ada"));
        assert!(store.get(&id("nobody")).is_none());
        assert_eq!(named(&store, "ada"), ["user_ada"]);
        assert!(named(&store, "nobody").is_empty());
        assert!(store.is_taken(&Key::new(Kind::Username, "ada"), Some(&id("grace"))));
        assert!(!store.is_taken(&Key::new(Kind::Username, "ada"), Some(&id("ada"))));
        assert!(!store.is_taken(&Key::new(Kind::Username, "nobody"), None));

        // Also after the user who was inserted first is removed.
        store.remove(&id("ada"));
        assert!(store.get(&id("ada")).is_none());
        assert!(named(&store, "ada").is_empty());
        assert_eq!(named(&store, "grace"), ["user_grace"]);
    }

    #[test]
    fn insert_overwrites_a_reused_slot() {
        let mut store = store(&["ada", "grace"]);
        store.remove(&id("ada"));
        store.insert(user("linus"));
        assert_eq!(store.find(&id("linus")).unwrap().0, 0);
        assert!(named(&store, "ada").is_empty());
        assert_eq!(named(&store, "linus"), ["user_linus"]);
        assert_eq!(store.slots[0].text.as_bytes(), b"user_linus\nlinus\n");
    }

    #[test]
    fn edit_updates_the_indexes() {
        let mut store = store(&["ada"]);
        store.edit(&id("ada"), |record| record.user.banned = true);
        assert_eq!(named(&store, "ada"), ["user_ada"]);
        store.edit(&id("ada"), |record| {
            record.user.username = Some("Countess".into());
            record.user.created_at = Some(Timestamp::UNIX_EPOCH);
        });
        assert!(named(&store, "ada").is_empty());
        assert_eq!(named(&store, "countess"), ["user_ada"]);
        assert_eq!(store.slots[0].text.as_bytes(), b"user_ada\ncountess\n");
        let positions: Vec<_> = store.by_creation.keys().copied().collect();
        assert_eq!(positions, [(Timestamp::UNIX_EPOCH, 0)]);
    }
}
