//! [`Writes`]: tracks the last write to each user, so that no older result is returned.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use super::lookup::{Lookup, LookupValue};
use crate::model::{User, UserId};

/// The number of groups of users. A write to one user counts as a write to its whole group. This costs a few hits, but
/// bounds the size of the table. Identifiers are grouped in the same way.
const GROUPS: usize = 4096;

/// Numbers the writes, and tracks the last write to each group of users and of identifiers.
///
/// A write is recorded when it ends. A cache entry is stale if a write was recorded after its read began, regardless of
/// which completed first.
#[derive(Debug)]
pub(super) struct Writes {
    count: AtomicU64,
    users: Groups,
    identifiers: Groups,
    all_identifiers: AtomicU64,
}

impl Writes {
    pub(super) fn new() -> Self {
        Self {
            count: AtomicU64::new(0),
            users: Groups::new(),
            identifiers: Groups::new(),
            all_identifiers: AtomicU64::new(0),
        }
    }

    /// Returns the number of the last write.
    pub(super) fn last(&self) -> u64 {
        self.count.load(SeqCst)
    }

    /// Returns the number of the last write to the group of this user.
    pub(super) fn last_to(&self, user_id: &UserId) -> u64 {
        self.users.of(user_id).load(SeqCst)
    }

    /// Returns the number of the last write that may have assigned the identifier of a lookup to a user.
    pub(super) fn last_to_identifier(&self, lookup: &Lookup) -> u64 {
        self.identifiers.of(&lookup.value()).load(SeqCst).max(self.all_identifiers.load(SeqCst))
    }

    pub(super) fn record(&self, user_ids: &[UserId]) {
        let number = self.next();
        for user_id in user_ids {
            self.users.of(user_id).fetch_max(number, SeqCst);
        }
    }

    /// Records a write to a user that has assigned the identifiers of the user.
    pub(super) fn record_user(&self, user: &User) {
        let number = self.next();
        self.users.of(&user.id).fetch_max(number, SeqCst);
        for value in LookupValue::of(user) {
            self.identifiers.of(&value).fetch_max(number, SeqCst);
        }
    }

    pub(super) fn record_identifiers(&self) {
        self.all_identifiers.fetch_max(self.next(), SeqCst);
    }

    pub(super) fn record_all(&self) {
        let number = self.next();
        for last in self.users.0.iter().chain([&self.all_identifiers]) {
            last.fetch_max(number, SeqCst);
        }
    }

    fn next(&self) -> u64 {
        self.count.fetch_add(1, SeqCst) + 1
    }
}

/// The number of the last write to each group of keys.
#[derive(Debug)]
struct Groups(Box<[AtomicU64]>);

impl Groups {
    fn new() -> Self {
        Self((0..GROUPS).map(|_| AtomicU64::new(0)).collect())
    }

    fn of(&self, key: &impl Hash) -> &AtomicU64 {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
        &self.0[usize::try_from(hash % GROUPS as u64).expect("the index is less than GROUPS")]
    }
}
