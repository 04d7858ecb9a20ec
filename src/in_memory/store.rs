//! [`Store`]: the users, and the indexes that find them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use slab::Slab;

use super::identifiers::{Fingerprint, Identifiers, Key, Kind, claims, has};
use super::record::{Position, Record};
use super::search_text::SearchText;
use crate::model::UserId;

/// The users, and the indexes that find them.
#[derive(Debug, Default)]
pub(super) struct Store {
    slots: Slab<Slot>,
    by_creation: BTreeMap<Position, usize>,
    identifiers: Identifiers,
    next_sequence: u64,
    /// Who was changed since the last time that somebody asked, if somebody asks.
    changed: Option<HashSet<UserId>>,
}

/// A user, and what is kept of it where a search passes by.
#[derive(Debug)]
pub(super) struct Slot {
    /// Behind an `Arc`, so that a reader takes it away and lets go of the lock.
    pub(super) record: Arc<Record>,
    pub(super) text: SearchText,
}

/// A user's places in the indexes.
#[derive(PartialEq)]
struct Places {
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

    /// The users who may have this identifier: those who do, and perhaps others.
    fn candidates(&self, key: &Key<'_>) -> impl Iterator<Item = (usize, &Arc<Record>)> {
        let slots = self.identifiers.slots(self.identifiers.fingerprint(key));
        slots.filter_map(|slot| Some((slot, &self.slots.get(slot)?.record)))
    }

    /// The users who have one of these identifiers, each once.
    pub(super) fn owners<'a>(&self, keys: impl Iterator<Item = Key<'a>>) -> Vec<&Arc<Record>> {
        let mut owners = Vec::new();
        for key in keys {
            owners.extend(self.candidates(&key).filter(|(_, record)| has(record, &key)));
        }
        owners.sort_unstable_by_key(|(slot, _)| *slot);
        owners.dedup_by_key(|(slot, _)| *slot);
        owners.into_iter().map(|(_, record)| record).collect()
    }

    /// Whether somebody other than `except` has this identifier so that nobody else can have it.
    pub(super) fn is_taken(&self, key: &Key<'_>, except: Option<&UserId>) -> bool {
        let mut others = self.candidates(key).filter(|(_, record)| Some(&record.user.id) != except);
        others.any(|(_, record)| claims(record, key))
    }

    /// Up to `limit` users after (or, going down, before) a place in the order of creation, and the place of the last.
    /// There is no answer if there is nobody.
    pub(super) fn walk(
        &self,
        from: Option<Position>,
        descending: bool,
        limit: usize,
    ) -> Option<(Position, impl Iterator<Item = &Slot>)> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = from.map_or(Unbounded, Excluded);
        let places: Vec<_> = if descending {
            self.by_creation.range((Unbounded, from)).rev().take(limit).collect()
        } else {
            self.by_creation.range((from, Unbounded)).take(limit).collect()
        };
        let end = *places.last()?.0;
        Some((end, places.into_iter().filter_map(|(_, slot)| self.slots.get(*slot))))
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
        let places = self.places(&record);
        let slot = self.slots.insert(Slot { text: SearchText::of(&record), record });
        self.by_creation.insert(places.position, slot);
        self.identifiers.add(&places.fingerprints, slot);
    }

    fn places(&self, record: &Record) -> Places {
        Places { position: record.position(), fingerprints: self.identifiers.fingerprints(record) }
    }

    pub(super) fn remove(&mut self, id: &UserId) -> Option<Arc<Record>> {
        let (slot, _) = self.find(id)?;
        self.note(id);
        let record = self.slots.try_remove(slot)?.record;
        let places = self.places(&record);
        self.by_creation.remove(&places.position);
        self.identifiers.remove(&places.fingerprints, slot);
        Some(record)
    }

    /// Changes a user, whatever it is: the indexes follow.
    pub(super) fn edit<T>(&mut self, id: &UserId, change: impl FnOnce(&mut Record) -> T) -> Option<T> {
        let (slot, record) = self.find(id)?;
        let old = self.places(record);
        self.note(id);
        let place = self.slots.get_mut(slot)?;
        let result = change(Arc::make_mut(&mut place.record));
        place.text.follow(&place.record);
        let new =
            Places { position: place.record.position(), fingerprints: self.identifiers.fingerprints(&place.record) };
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
        let free = self.get(&record.user.id).is_none() && !self.by_creation.contains_key(&record.position());
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
    fn who_has_the_same_fingerprint_is_not_taken_for_another() {
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

        // Still, when the one who was there first is gone.
        store.remove(&id("ada"));
        assert!(store.get(&id("ada")).is_none());
        assert!(named(&store, "ada").is_empty());
        assert_eq!(named(&store, "grace"), ["user_grace"]);
    }

    #[test]
    fn a_slot_that_is_used_again_has_nothing_of_the_one_before() {
        let mut store = store(&["ada", "grace"]);
        store.remove(&id("ada"));
        store.insert(user("linus"));
        assert_eq!(store.find(&id("linus")).unwrap().0, 0);
        assert!(named(&store, "ada").is_empty());
        assert_eq!(named(&store, "linus"), ["user_linus"]);
        assert_eq!(store.slots[0].text.as_bytes(), b"user_linus\nlinus\n");
    }

    #[test]
    fn every_edit_is_followed_by_the_indexes() {
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
        let places: Vec<_> = store.by_creation.keys().copied().collect();
        assert_eq!(places, [(Timestamp::UNIX_EPOCH, 0)]);
    }
}
