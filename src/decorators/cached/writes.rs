//! [`Writes`]: tracks the last write to each user, so that no older result is returned.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use super::lookup::Identifier;
use crate::model::UserId;

/// The number of groups of users, and of groups of identifiers. A write to one user counts as a write to its whole
/// group. This costs a few hits, but bounds the size of the table.
const GROUPS: usize = 4096;

/// Numbers the writes, and tracks the last write to each group of users and to each group of identifiers.
///
/// A write is recorded when it ends. A cache entry is stale if a write was recorded after its read began, regardless of
/// which completed first.
#[derive(Debug)]
pub(super) struct Writes {
    count: AtomicU64,
    users: Box<[User]>,
    identifiers: Box<[AtomicU64]>,
    /// The number of the last write that may have assigned any identifier.
    all_identifiers: AtomicU64,
}

/// A group of users.
#[derive(Debug, Default)]
struct User {
    last: AtomicU64,
    /// Whether a user of the group was written through the cache, or was deleted. Events about its users can be older.
    is_ahead_of_events: AtomicBool,
}

impl Writes {
    pub(super) fn new() -> Self {
        Self {
            count: AtomicU64::new(0),
            users: (0..GROUPS).map(|_| User::default()).collect(),
            identifiers: (0..GROUPS).map(|_| AtomicU64::new(0)).collect(),
            all_identifiers: AtomicU64::new(0),
        }
    }

    fn user(&self, user_id: &UserId) -> &User {
        &self.users[group(user_id)]
    }

    /// Returns the number of the last write.
    pub(super) fn last(&self) -> u64 {
        self.count.load(SeqCst)
    }

    /// Returns the number of the last write to the group of this user.
    pub(super) fn last_to(&self, user_id: &UserId) -> u64 {
        self.user(user_id).last.load(SeqCst)
    }

    /// Returns the number of the last write that may have assigned this identifier to a user.
    pub(super) fn last_to_identifier(&self, identifier: &Identifier) -> u64 {
        self.identifiers[group(identifier)].load(SeqCst).max(self.all_identifiers.load(SeqCst))
    }

    pub(super) fn record(&self, user_ids: &[UserId]) {
        for user_id in user_ids {
            self.advance(&self.user(user_id).last);
        }
    }

    /// Records writes that events about the users may not include.
    pub(super) fn record_ahead_of_events(&self, user_ids: &[UserId]) {
        // Set first, so that everyone who sees the new number also sees the flag.
        for user_id in user_ids {
            self.user(user_id).is_ahead_of_events.store(true, SeqCst);
        }
        self.record(user_ids);
    }

    /// Records that an identifier may have been assigned to a user.
    pub(super) fn record_identifier(&self, identifier: &Identifier) {
        self.advance(&self.identifiers[group(identifier)]);
    }

    /// Records that any identifier may have been assigned to a user.
    pub(super) fn record_all_identifiers(&self) {
        self.advance(&self.all_identifiers);
    }

    pub(super) fn record_all(&self) {
        self.users.iter().for_each(|user| self.advance(&user.last));
        self.record_all_identifiers();
    }

    /// Records writes to all users that events may not include.
    pub(super) fn record_all_ahead_of_events(&self) {
        self.users.iter().for_each(|user| user.is_ahead_of_events.store(true, SeqCst));
        self.record_all();
    }

    /// Increases the number of a group, even if other writes are recorded at the same time.
    fn advance(&self, last: &AtomicU64) {
        // `next` is called after `last` is read, so the number is greater.
        let _ = last.fetch_update(SeqCst, SeqCst, |_| Some(self.next()));
    }

    fn next(&self) -> u64 {
        self.count.fetch_add(1, SeqCst) + 1
    }
}

/// Events replace users instead of only invalidating them.
#[cfg_attr(not(feature = "webhooks"), expect(dead_code, reason = "only events use these methods"))]
impl Writes {
    /// Returns a number for a write that is not recorded yet. It is greater than the numbers of all recorded writes.
    pub(super) fn reserve(&self) -> u64 {
        self.next()
    }

    /// Records a write with a reserved number. Returns `false` and does nothing if another write to the group was
    /// recorded since its last number was `previous`.
    pub(super) fn record_reserved(&self, user_id: &UserId, previous: u64, reserved: u64) -> bool {
        self.user(user_id).last.compare_exchange(previous, reserved, SeqCst, SeqCst).is_ok()
    }

    /// Returns `true` if an event about the user can be older than a write that is already recorded.
    pub(super) fn is_ahead_of_events(&self, user_id: &UserId) -> bool {
        self.user(user_id).is_ahead_of_events.load(SeqCst)
    }
}

/// Returns the index of a group.
fn group(value: &impl Hash) -> usize {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(value);
    usize::try_from(hash % GROUPS as u64).expect("the index is less than GROUPS")
}
