//! [`Entries`]: cached users and lookups.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use quick_cache::Equivalent;

use super::expiring::ExpiringCache;
use super::lookup::Lookup;
use crate::error::Error;
use crate::model::{User, UserId};

/// The key of a user. `UserKey<&UserId>` looks up a user without cloning the id.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct UserKey<I = UserId> {
    pub(super) user_id: I,
    /// The number of the last write to the user before the read began. A later write makes the entry unreachable.
    pub(super) last_write: u64,
}

impl UserKey<&UserId> {
    pub(super) fn into_owned(self) -> UserKey {
        UserKey { user_id: self.user_id.clone(), last_write: self.last_write }
    }
}

impl<I: Borrow<UserId>> Hash for UserKey<I> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.user_id.borrow().as_bytes().hash(state);
        self.last_write.hash(state);
    }
}

impl Equivalent<UserKey> for UserKey<&UserId> {
    fn equivalent(&self, key: &UserKey) -> bool {
        *self.user_id == key.user_id && self.last_write == key.last_write
    }
}

/// A lookup and the number of the last write to its identifier before the read began.
pub(super) type LookupKey = (Lookup, u64);

/// A cached lookup result.
pub(super) struct Found {
    pub(super) users: Vec<User>,
    /// The number of the last write before the read began.
    pub(super) after: u64,
}

/// The reason why a lookup result is not cached.
#[derive(Clone)]
pub(super) enum NotCached {
    /// The lookup found no users.
    Empty,
    Failed(Error),
}

/// The cached users and lookups. Clones share them.
#[derive(Clone)]
pub(super) struct Entries {
    /// Users are in an `Arc`, because they are larger than a kilobyte and the cache often moves and clones values.
    pub(super) users: ExpiringCache<UserKey, Arc<User>, Error>,
    pub(super) lookups: ExpiringCache<LookupKey, Arc<Found>, NotCached>,
}

/// The number of users in a full page. The number of cache shards is limited, so that a lookup with this many users
/// fits into one shard.
const MAX_USERS_OF_LOOKUP: u64 = 500;

impl Entries {
    pub(super) fn new(max_users: u64) -> Self {
        Self {
            users: ExpiringCache::new(max_users, 1, |_| 1),
            lookups: ExpiringCache::new(max_users, MAX_USERS_OF_LOOKUP, |found| found.users.len()),
        }
    }

    pub(super) fn clear(&self) {
        self.users.clear();
        self.lookups.clear();
    }
}
