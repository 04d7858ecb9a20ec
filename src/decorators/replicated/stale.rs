//! [`StaleUsers`]: the users that are marked because their copies may be outdated.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::model::UserId;

/// The reason why the copy of a user may be outdated. Later variants are stronger, and take precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reason {
    /// The user may have changed. If the primary is unavailable, the copy can be returned.
    Unconfirmed,
    /// The result of a successful write through the replica could not be stored. `get` must not return the copy.
    Unstored,
    /// The user was deleted, but rows in other tables reference the copy.
    Undeletable,
}

/// The mark of a user whose copy may be outdated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) reason: Reason,
    /// Changes whenever the user is marked again, so that an earlier refresh does not remove the new mark.
    number: u64,
    /// Whether the mark is also stored as a record.
    is_stored: bool,
}

/// The marks that this process has made or loaded. The records in the store contain the marks of all processes.
#[derive(Debug, Default)]
pub(super) struct StaleUsers {
    marks: Mutex<Marks>,
    /// The number of marks. It can be read without locking `marks`.
    len: AtomicUsize,
}

#[derive(Debug, Default)]
struct Marks {
    by_id: HashMap<UserId, Mark>,
    last_number: u64,
}

impl Marks {
    /// Marks a user. If the user is already marked with a stronger reason, that reason is kept.
    fn add(&mut self, id: UserId, reason: Reason, is_stored: bool) {
        self.last_number += 1;
        let new = Mark { reason, number: self.last_number, is_stored };
        self.by_id.entry(id).and_modify(|mark| *mark = Mark { reason: mark.reason.max(reason), ..new }).or_insert(new);
    }
}

impl StaleUsers {
    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Updates `len` and the metric.
    fn update_len(&self, marks: &Marks) {
        let len = marks.by_id.len();
        self.len.store(len, SeqCst);
        #[cfg(feature = "metrics")]
        {
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a floating-point number")]
            metrics::gauge!("user_directory_replica_stale_users").set(len as f64);
        }
    }

    /// Marks users in memory. The marks are not stored as records yet.
    pub(super) fn add(&self, ids: &[UserId], reason: Reason) {
        let mut marks = self.marks();
        for id in ids {
            marks.add(id.clone(), reason, false);
        }
        self.update_len(&marks);
    }

    /// Adds a mark that is stored as a record. A mark in memory is kept if its reason is at least as strong.
    pub(super) fn add_stored(&self, id: UserId, reason: Reason) {
        let mut marks = self.marks();
        if marks.by_id.get(&id).is_none_or(|mark| mark.reason < reason) {
            marks.add(id, reason, true);
        }
        self.update_len(&marks);
    }

    /// Records that a mark is stored, unless the user has been marked again.
    pub(super) fn set_stored(&self, id: &UserId, stored: Mark) {
        if let Some(mark) = self.marks().by_id.get_mut(id).filter(|mark| mark.number == stored.number) {
            mark.is_stored = true;
        }
    }

    /// Removes a mark. The caller must already have removed the mark's record from the store.
    ///
    /// If the user has been marked again, keeps the new mark and returns `false`. The new mark then counts as not
    /// stored, because the caller may have removed its record.
    pub(super) fn remove(&self, id: &UserId, removed: Mark) -> bool {
        let mut marks = self.marks();
        match marks.by_id.get_mut(id) {
            Some(mark) if mark.number != removed.number => {
                mark.is_stored = false;
                return false;
            }
            _ => marks.by_id.remove(id),
        };
        self.update_len(&marks);
        true
    }

    pub(super) fn get(&self, id: &UserId) -> Option<Mark> {
        if self.len() == 0 { None } else { self.marks().by_id.get(id).copied() }
    }

    pub(super) fn len(&self) -> usize {
        self.len.load(SeqCst)
    }

    pub(super) fn ids(&self) -> Vec<UserId> {
        self.marks().by_id.keys().cloned().collect()
    }

    /// Returns the marks that are stored.
    pub(super) fn stored(&self) -> Vec<(UserId, Mark)> {
        let marks = self.marks();
        marks.by_id.iter().filter(|(_, mark)| mark.is_stored).map(|(id, mark)| (id.clone(), *mark)).collect()
    }

    /// Returns the users whose marks are not stored.
    pub(super) fn only_in_memory(&self) -> Vec<UserId> {
        self.select(|mark| !mark.is_stored)
    }

    /// Returns the users that are marked with this reason.
    pub(super) fn with_reason(&self, reason: Reason) -> Vec<UserId> {
        self.select(|mark| mark.reason == reason)
    }

    fn select(&self, condition: impl Fn(&Mark) -> bool) -> Vec<UserId> {
        if self.len() == 0 {
            return Vec::new();
        }
        let marks = self.marks();
        marks.by_id.iter().filter(|(_, mark)| condition(mark)).map(|(id, _)| id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_is_kept_if_the_user_was_marked_again() {
        let (stale, id) = (StaleUsers::default(), UserId::new("user_1").unwrap());
        let ids = [id.clone()];
        stale.add(&ids, Reason::Unstored);
        let mark = stale.get(&id).unwrap();
        stale.add(&ids, Reason::Unconfirmed);
        assert_eq!(stale.get(&id).unwrap().reason, Reason::Unstored);
        assert!(!stale.remove(&id, mark));
        assert_eq!((stale.len(), stale.with_reason(Reason::Unstored)), (1, vec![id.clone()]));
        assert!(stale.remove(&id, stale.get(&id).unwrap()));
        assert_eq!((stale.len(), stale.get(&id)), (0, None));
    }

    #[test]
    fn stored_mark_replaces_a_weaker_mark() {
        let (stale, id) = (StaleUsers::default(), UserId::new("user_1").unwrap());
        for (stored, reason) in [
            (Reason::Unconfirmed, Reason::Unconfirmed),
            (Reason::Unstored, Reason::Unstored),
            (Reason::Unconfirmed, Reason::Unstored),
        ] {
            stale.add_stored(id.clone(), stored);
            assert_eq!(stale.get(&id).unwrap().reason, reason);
        }
        assert!(stale.only_in_memory().is_empty());
    }

    #[test]
    fn mark_is_only_in_memory_until_it_is_stored() {
        let (stale, id) = (StaleUsers::default(), UserId::new("user_1").unwrap());
        let ids = [id.clone()];
        stale.add(&ids, Reason::Unconfirmed);
        let first = stale.get(&id).unwrap();
        stale.add(&ids, Reason::Unconfirmed);
        stale.set_stored(&id, first);
        assert_eq!(stale.only_in_memory(), ids);
        stale.set_stored(&id, stale.get(&id).unwrap());
        assert!(stale.only_in_memory().is_empty());
        // Removing the record of the first mark may also have removed the record of the second mark.
        assert!(!stale.remove(&id, first));
        assert_eq!(stale.only_in_memory(), ids);
    }
}
