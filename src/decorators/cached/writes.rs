//! [`Writes`]: when whom a write has changed, so that nothing older is answered.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use crate::model::UserId;

/// How many groups users are in. A write to one user is one to all of the group, which costs a few hits and saves a table
/// that would grow with every user.
const GROUPS: usize = 4096;

/// Counts writes, and remembers the number of the last one of each group of users and of those to identifiers.
///
/// A write is noted when it is over. An entry of the cache is of no use any more if a write was noted after its reading
/// began, whichever of the two came to its end first.
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
        &self.users[usize::try_from(hash % GROUPS as u64).expect("the number of a group")]
    }

    /// The number of the last write of all.
    pub(super) fn last(&self) -> u64 {
        self.count.load(SeqCst)
    }

    /// The number of the last write to this user, or one of the same group.
    pub(super) fn last_of(&self, user_id: &UserId) -> u64 {
        self.user(user_id).load(SeqCst)
    }

    /// The number of the last write that may have given somebody an identifier.
    pub(super) fn last_of_identifiers(&self) -> u64 {
        self.identifiers.load(SeqCst)
    }

    pub(super) fn note(&self, user_ids: &[UserId]) {
        let number = self.next();
        for user_id in user_ids {
            self.user(user_id).fetch_max(number, SeqCst);
        }
    }

    pub(super) fn note_identifiers(&self) {
        self.identifiers.fetch_max(self.next(), SeqCst);
    }

    pub(super) fn note_everybody(&self) {
        let number = self.next();
        for user in self.users.iter().chain([&self.identifiers]) {
            user.fetch_max(number, SeqCst);
        }
    }

    fn next(&self) -> u64 {
        self.count.fetch_add(1, SeqCst) + 1
    }
}
