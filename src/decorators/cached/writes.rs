//! [`Writes`]: tracks the last write to each user, so that results of earlier reads are not served from the cache.

use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};

use foldhash::quality::FixedState;
#[cfg(feature = "webhooks")]
use jiff::Timestamp;

use super::lookup::{Lookup, LookupValue};
use crate::model::{User, UserId};

/// The number of groups of users. A write to one user counts as a write to all users of the group. This causes some
/// additional misses, but limits memory usage. Identifiers are grouped in the same way.
const GROUPS: usize = 4096;

/// A counter that numbers writes, and the number of the last write to each group of users or identifiers.
///
/// A write is recorded when it ends. A cache entry is stale if the entry's read began before the last write to its
/// group was recorded. It does not matter whether the read or the write completed first.
#[derive(Debug)]
pub(super) struct Writes {
    /// The number of the last write.
    count: AtomicU64,
    /// The number of the last write to each group of users.
    users: Groups<AtomicU64>,
    /// For each group of users, the latest `updated_at` of all events, in milliseconds since the Unix epoch.
    ///
    /// The value is zero if there was no event. It is `i64::MAX` if events that arrive later can be outdated: after a
    /// write through the cache, a deletion, an invalidation, or an event without `updated_at`.
    newest_events: Groups<AtomicI64>,
    /// For each group of identifiers, the number of the last write that may have assigned one of them.
    identifiers: Groups<AtomicU64>,
    /// The number of the last write that may have assigned any identifier.
    all_identifiers: AtomicU64,
}

impl Writes {
    pub(super) fn new() -> Self {
        Self {
            count: AtomicU64::new(0),
            users: Groups::new(),
            newest_events: Groups::new(),
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
        self.users.of(user_id.as_bytes()).load(SeqCst)
    }

    /// Returns the number of the last write that may have assigned the identifier of a lookup to a user.
    pub(super) fn last_to_identifier(&self, lookup: &Lookup) -> u64 {
        self.identifiers.of(&lookup.value()).load(SeqCst).max(self.all_identifiers.load(SeqCst))
    }

    pub(super) fn record(&self, user_ids: &[UserId]) {
        for user_id in user_ids {
            self.advance(self.users.of(user_id.as_bytes()));
        }
    }

    /// Records writes to users. Events that arrive later may describe the users before the writes.
    pub(super) fn record_ahead_of_events(&self, user_ids: &[UserId]) {
        // The time is set first, so that a reader that sees the new number also sees the time.
        for user_id in user_ids {
            self.newest_events.of(user_id.as_bytes()).store(i64::MAX, SeqCst);
        }
        self.record(user_ids);
    }

    /// Records a write that may have assigned the identifiers of a user.
    ///
    /// Events that arrive later may describe the user before the write.
    pub(super) fn record_user_ahead_of_events(&self, user: &User) {
        self.record_ahead_of_events(std::slice::from_ref(&user.id));
        self.record_identifiers_of(user);
    }

    /// Records that a write may have assigned the identifiers of `user`.
    pub(super) fn record_identifiers_of(&self, user: &User) {
        LookupValue::of(user).for_each(|value| self.record_identifier(&value));
    }

    /// Records that an identifier may have been assigned to a user.
    pub(super) fn record_identifier(&self, value: &LookupValue) {
        self.advance(self.identifiers.of(value));
    }

    /// Records that any identifier may have been assigned to a user.
    pub(super) fn record_identifiers(&self) {
        self.advance(&self.all_identifiers);
    }

    /// Records writes to all users. Events that arrive later may describe the users before the writes.
    pub(super) fn record_all_ahead_of_events(&self) {
        self.newest_events.0.iter().for_each(|newest| newest.store(i64::MAX, SeqCst));
        self.users.0.iter().for_each(|last| self.advance(last));
        self.record_identifiers();
    }

    /// Increases the number of a group's last write, even if other writes are recorded concurrently.
    fn advance(&self, last: &AtomicU64) {
        // `next` is called after `last` is read, so it returns a greater number.
        let _ = last.fetch_update(SeqCst, SeqCst, |_| Some(self.next()));
    }

    fn next(&self) -> u64 {
        self.count.fetch_add(1, SeqCst) + 1
    }
}

/// Methods for events, which can replace a cached user instead of only invalidating it.
#[cfg(feature = "webhooks")]
impl Writes {
    /// Reserves the number of a write that will be recorded later.
    ///
    /// The number is greater than the numbers of all recorded writes.
    pub(super) fn reserve(&self) -> u64 {
        self.next()
    }

    /// Records a write with a reserved number.
    ///
    /// Returns `false` and does nothing if the last write to the group is no longer `previous`.
    pub(super) fn record_reserved(&self, user_id: &UserId, previous: u64, reserved: u64) -> bool {
        self.users.of(user_id.as_bytes()).compare_exchange(previous, reserved, SeqCst, SeqCst).is_ok()
    }

    /// Records the `updated_at` of an event about a user.
    ///
    /// Returns `true` if the event is known to be newer than all events and writes recorded for the group so far.
    pub(super) fn record_event(&self, user_id: &UserId, updated_at: Option<Timestamp>) -> bool {
        let time = updated_at.map_or(i64::MAX, Timestamp::as_millisecond);
        let newest = self.newest_events.of(user_id.as_bytes()).fetch_max(time, SeqCst);
        updated_at.is_some() && newest < time
    }
}

/// An array with one value for each group of keys.
#[derive(Debug)]
struct Groups<T>(Box<[T]>);

impl<T: Default> Groups<T> {
    fn new() -> Self {
        Self((0..GROUPS).map(|_| T::default()).collect())
    }

    fn of(&self, key: &(impl Hash + ?Sized)) -> &T {
        // A caller who knows the hash function can only cause misses.
        let hash = FixedState::default().hash_one(key);
        &self.0[usize::try_from(hash % GROUPS as u64).expect("the index is less than GROUPS")]
    }
}
