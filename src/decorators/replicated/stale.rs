//! [`StaleUsers`]: the users whose copies may be outdated.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::model::UserId;

/// Why the copy of a user may be outdated. The later reason takes precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reason {
    /// A change may have been made. If the primary is unavailable, the copy can be returned.
    Unconfirmed,
    /// A write through the replica succeeded, but its result is not stored. The copy must not be returned.
    Unstored,
}

/// A user whose copy may be outdated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) reason: Reason,
    /// Changes whenever the user is marked again, so that a read of the primary that began earlier does not remove the
    /// mark.
    number: u64,
}

/// The users that this process knows to be stale. The records contain those of all processes.
#[derive(Debug, Default)]
pub(super) struct StaleUsers {
    marks: Mutex<Marks>,
    /// The number of marks, which can be read without the lock.
    len: AtomicUsize,
}

#[derive(Debug, Default)]
struct Marks {
    by_id: HashMap<UserId, Mark>,
    last_number: u64,
}

impl StaleUsers {
    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, ids: &[UserId], reason: Reason) {
        let mut marks = self.marks();
        for id in ids {
            marks.last_number += 1;
            let number = marks.last_number;
            let mark = marks.by_id.entry(id.clone()).or_insert(Mark { reason, number });
            *mark = Mark { reason: mark.reason.max(reason), number };
        }
        self.len.store(marks.by_id.len(), SeqCst);
    }

    /// Adds a user that is marked in the records, unless this process knows the mark.
    pub(super) fn add_recorded(&self, id: UserId, reason: Reason) {
        let mut marks = self.marks();
        marks.last_number += 1;
        let number = marks.last_number;
        marks.by_id.entry(id).or_insert(Mark { reason, number });
        self.len.store(marks.by_id.len(), SeqCst);
    }

    /// Removes a mark, unless the user was marked again.
    pub(super) fn remove(&self, id: &UserId, mark: Mark) {
        let mut marks = self.marks();
        if marks.by_id.get(id) == Some(&mark) {
            marks.by_id.remove(id);
        }
        self.len.store(marks.by_id.len(), SeqCst);
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

    /// Returns the users whose last write is not stored.
    pub(super) fn unstored(&self) -> Vec<UserId> {
        if self.len() == 0 {
            return Vec::new();
        }
        let marks = self.marks();
        let unstored = marks.by_id.iter().filter(|(_, mark)| mark.reason == Reason::Unstored);
        unstored.map(|(id, _)| id.clone()).collect()
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
        stale.remove(&id, mark);
        assert_eq!((stale.len(), stale.unstored()), (1, vec![id.clone()]));
        stale.remove(&id, stale.get(&id).unwrap());
        assert_eq!((stale.len(), stale.get(&id)), (0, None));
    }
}
