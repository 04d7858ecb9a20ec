//! [`Writes`]: tracks the last write to each user, so that no older result is returned.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use crate::model::UserId;

/// The number of groups of users. A write to one user counts as a write to its whole group. This costs a few hits, but
/// bounds the size of the table.
const GROUPS: usize = 4096;

/// Numbers the writes, and tracks the last write to each group of users and to identifiers.
///
/// A write is recorded when it ends. A cache entry is stale if a write was recorded after its read began, regardless of
/// which completed first.
#[derive(Debug)]
pub(super) struct Writes {
    count: AtomicU64,
    users: Box<[AtomicU64]>,
    identifiers: AtomicU64,
}

impl Writes {
    pub(super) fn new() -> Self {
        let users = (0..GROUPS).map(|_| AtomicU64::new(0)).collect();
        Self { count: AtomicU64::new(0), users, identifiers: AtomicU64::new(0) }
    }

    fn user(&self, user_id: &UserId) -> &AtomicU64 {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(user_id);
        &self.users[usize::try_from(hash % GROUPS as u64).expect("the index is less than GROUPS")]
    }

    /// Returns the number of the last write.
    pub(super) fn last(&self) -> u64 {
        self.count.load(SeqCst)
    }

    /// Returns the number of the last write to the group of this user.
    pub(super) fn last_to(&self, user_id: &UserId) -> u64 {
        self.user(user_id).load(SeqCst)
    }

    /// Returns the number of the last write that may have assigned an identifier to a user.
    pub(super) fn last_to_identifiers(&self) -> u64 {
        self.identifiers.load(SeqCst)
    }

    pub(super) fn record(&self, user_ids: &[UserId]) {
        let number = self.next();
        for user_id in user_ids {
            self.user(user_id).fetch_max(number, SeqCst);
        }
    }

    pub(super) fn record_identifiers(&self) {
        self.identifiers.fetch_max(self.next(), SeqCst);
    }

    pub(super) fn record_all(&self) {
        let number = self.next();
        for last in self.users.iter().chain([&self.identifiers]) {
            last.fetch_max(number, SeqCst);
        }
    }

    fn next(&self) -> u64 {
        self.count.fetch_add(1, SeqCst) + 1
    }
}
