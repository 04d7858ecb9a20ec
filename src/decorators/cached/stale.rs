//! [`Stale`]: entries that can be returned after they expire, if the wrapped directory is unavailable.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;

use super::policy::CachePolicy;
use super::{Cached, Found, LookupKey, UserKey, weigh};
use crate::model::User;

/// Copies of the cache entries with a longer time to live.
///
/// The copies have the same keys as the entries, so that a write to a user makes both unreachable.
#[derive(Clone)]
pub(super) struct Stale {
    users: Cache<UserKey, Cached>,
    lookups: Cache<LookupKey, Arc<Found>>,
}

impl Stale {
    /// Creates an empty cache, or returns `None` if the policy does not allow expired entries.
    pub(super) fn new(policy: &CachePolicy) -> Option<Self> {
        let CachePolicy { time_to_live, max_users, stale_if_error } = *policy;
        let time_to_live = time_to_live + stale_if_error;
        let expiry = Extended { stale_if_error };
        (!stale_if_error.is_zero()).then(|| Self {
            users: Cache::builder().max_capacity(max_users).time_to_live(time_to_live).expire_after(expiry).build(),
            lookups: Cache::builder().weigher(weigh).max_capacity(max_users).time_to_live(time_to_live).build(),
        })
    }

    pub(super) async fn insert_user(&self, key: UserKey, cached: Cached) {
        self.users.insert(key, cached).await;
    }

    pub(super) async fn insert_lookup(&self, key: LookupKey, found: Arc<Found>) {
        self.lookups.insert(key, found).await;
    }

    pub(super) async fn user(&self, key: &UserKey) -> Option<Arc<User>> {
        self.users.get(key).await.map(|cached| cached.user)
    }

    pub(super) async fn lookup(&self, key: &LookupKey) -> Option<Arc<Found>> {
        self.lookups.get(key).await
    }

    pub(super) fn invalidate_all(&self) {
        self.users.invalidate_all();
        self.lookups.invalidate_all();
    }
}

/// Expires copies of users at the end of `stale_if_error`, which starts when the original expires.
struct Extended {
    stale_if_error: Duration,
}

impl Extended {
    fn time_to_live(&self, cached: &Cached) -> Option<Duration> {
        cached.time_to_live.map(|left| left + self.stale_if_error)
    }
}

impl Expiry<UserKey, Cached> for Extended {
    fn expire_after_create(&self, _: &UserKey, cached: &Cached, _: Instant) -> Option<Duration> {
        self.time_to_live(cached)
    }

    fn expire_after_update(&self, _: &UserKey, cached: &Cached, _: Instant, _: Option<Duration>) -> Option<Duration> {
        self.time_to_live(cached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decorators::cached::lookup::Lookup;
    use crate::model::{UserFilter, UserId};

    #[tokio::test]
    async fn stale_lookups_are_weighed_by_the_number_of_users() {
        let users = ["user_1", "user_2"].map(|id| User::new(UserId::new(id).unwrap()));
        let found = Arc::new(Found { users: users.to_vec(), after: 0 });
        let lookup = Lookup::of(&UserFilter::new().email_address("shared@example.com").into()).unwrap();
        for (max_users, weight) in [(1, 0), (2, 2), (10, 2)] {
            let policy = CachePolicy::default().max_users(max_users).stale_if_error(Duration::from_secs(1));
            let stale = Stale::new(&policy).unwrap();
            stale.insert_lookup((lookup.clone(), 0), found.clone()).await;
            stale.lookups.run_pending_tasks().await;
            assert_eq!(stale.lookups.weighted_size(), weight, "{max_users}");
        }
    }

    #[test]
    fn stale_if_error_extends_the_time_to_live_exactly() {
        let (short, long) = (Duration::from_secs(30), Duration::from_secs(600));
        let policy = CachePolicy::default().time_to_live(short).stale_if_error(long);
        let stale = Stale::new(&policy).unwrap();
        assert_eq!(stale.users.policy().time_to_live(), Some(short + long));
        assert_eq!(stale.lookups.policy().time_to_live(), Some(short + long));
        // A user can have a shorter time to live than the policy.
        let (key, now) = ((UserId::new("user_1").unwrap(), 0), Instant::now());
        for (own, expected) in [(Some(Duration::from_secs(5)), Some(Duration::from_secs(605))), (None, None)] {
            let cached = Cached { time_to_live: own, ..Cached::from(User::new(key.0.clone())) };
            let expiry = Extended { stale_if_error: long };
            assert_eq!(expiry.expire_after_create(&key, &cached, now), expected);
            assert_eq!(expiry.expire_after_update(&key, &cached, now, None), expected);
        }
        assert!(Stale::new(&CachePolicy::default().stale_if_error(Duration::ZERO)).is_none());
    }
}
