//! [`Bucket`] and [`UserBuckets`]: what is left of a limit.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::model::{Text, UserId};

/// How many users' updates are remembered before those that have come to rest are forgotten.
const MAX_IDLE_USERS: usize = 10_000;

type Limiter<K, S, C> = RateLimiter<K, S, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// A limit for all requests together.
#[derive(Debug)]
pub(crate) struct Bucket<C: Clock> {
    limiter: Limiter<NotKeyed, InMemoryState, C>,
    clock: C,
}

impl<C: Clock + Clone> Bucket<C> {
    pub(crate) fn new(number: u32, per: Duration, clock: C) -> Self {
        Self { limiter: RateLimiter::direct_with_clock(quota(number, per), clock.clone()), clock }
    }

    /// Takes one request out, or says how long it is until there is one.
    pub(crate) fn take(&self) -> Result<(), Duration> {
        self.limiter.check().map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

/// A limit for each user.
#[derive(Debug)]
pub(crate) struct UserBuckets<C: Clock> {
    limiter: Limiter<Text, DefaultKeyedStateStore<Text>, C>,
    clock: C,
}

impl<C: Clock + Clone> UserBuckets<C> {
    pub(crate) fn new(number: u32, per: Duration, clock: C) -> Self {
        let state = DefaultKeyedStateStore::default();
        Self { limiter: RateLimiter::new(quota(number, per), state, clock.clone()), clock }
    }

    /// Takes one request of the user out, or says how long it is until there is one.
    pub(crate) fn take(&self, user_id: &UserId) -> Result<(), Duration> {
        if self.limiter.len() > MAX_IDLE_USERS {
            self.limiter.retain_recent();
        }
        let checked = self.limiter.check_key(&user_id.as_str().into());
        checked.map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

fn quota(number: u32, per: Duration) -> Quota {
    let number = NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    // No time at all would be no limit; a nanosecond is as good as none.
    let period = (per / number.get()).max(Duration::from_nanos(1));
    Quota::with_period(period).unwrap_or(Quota::per_second(number)).allow_burst(number)
}
