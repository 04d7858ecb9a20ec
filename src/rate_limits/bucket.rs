//! [`Bucket`] and [`UserBuckets`]: token buckets.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::RateLimits;
use crate::model::{Text, UserId};

/// The number of users above which full buckets are removed.
const MAX_IDLE_USERS: usize = 10_000;

/// A clock that returns the time since a fixed origin.
#[derive(Clone)]
pub struct BucketClock(Arc<dyn Fn() -> Duration + Send + Sync>);

impl BucketClock {
    /// Creates a clock from a function that returns the time since a fixed origin.
    pub fn new(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }
}

impl fmt::Debug for BucketClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BucketClock")
    }
}

impl Clock for BucketClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(u64::try_from((self.0)().as_nanos()).unwrap_or(u64::MAX))
    }
}

type Limiter<K, S> = RateLimiter<K, S, BucketClock, NoOpMiddleware<Nanos>>;

/// The token bucket for all requests to an instance.
#[derive(Debug)]
pub struct Bucket {
    limiter: Limiter<NotKeyed, InMemoryState>,
    clock: BucketClock,
    capacity: u32,
}

impl Bucket {
    /// Creates the bucket for a production instance.
    #[must_use]
    pub fn production(limits: &RateLimits, clock: BucketClock) -> Self {
        Self::new(limits.production, limits.period, clock)
    }

    /// Creates the bucket for a development instance.
    #[must_use]
    pub fn development(limits: &RateLimits, clock: BucketClock) -> Self {
        Self::new(limits.development, limits.period, clock)
    }

    fn new(capacity: u32, period: Duration, clock: BucketClock) -> Self {
        let limiter = RateLimiter::direct_with_clock(quota(capacity, period), clock.clone());
        Self { limiter, clock, capacity }
    }

    /// Takes a token.
    ///
    /// # Errors
    ///
    /// If the bucket is empty, returns the time until a token is available.
    pub fn take(&self) -> Result<(), Duration> {
        self.limiter.check().map_err(|until| until.wait_time_from(self.clock.now()))
    }

    /// Takes all tokens.
    pub fn drain(&self) {
        // An error means that the bucket is empty.
        let _ = (0..self.capacity).try_for_each(|_| self.take());
    }
}

/// The token buckets for updates, one per user.
#[derive(Debug)]
pub struct UserBuckets {
    limiter: Limiter<Text, DefaultKeyedStateStore<Text>>,
    clock: BucketClock,
}

impl UserBuckets {
    /// Creates the buckets for all users.
    #[must_use]
    pub fn new(limits: &RateLimits, clock: BucketClock) -> Self {
        let quota = quota(limits.updates_per_user, limits.period);
        Self { limiter: RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock.clone()), clock }
    }

    /// Takes a token from the user's bucket.
    ///
    /// # Errors
    ///
    /// If the bucket is empty, returns the time until a token is available.
    pub fn take(&self, user_id: &UserId) -> Result<(), Duration> {
        if self.limiter.len() > MAX_IDLE_USERS {
            self.limiter.retain_recent();
        }
        let checked = self.limiter.check_key(&user_id.as_str().into());
        checked.map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

fn quota(capacity: u32, period: Duration) -> Quota {
    let capacity = NonZeroU32::new(capacity).unwrap_or(NonZeroU32::MIN);
    // Governor rejects a period of zero; a nanosecond has the same effect.
    let period = (period / capacity.get()).max(Duration::from_nanos(1));
    Quota::with_period(period).unwrap_or(Quota::per_second(capacity)).allow_burst(capacity)
}
