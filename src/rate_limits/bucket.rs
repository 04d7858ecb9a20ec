//! [`Bucket`] and [`UserBuckets`]: token buckets.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::{MAX_PERIOD, RateLimits};
use crate::model::{Text, UserId};

/// The number of buckets above which full buckets are first removed.
const FIRST_CLEANUP: usize = 10_000;

/// The maximum time of a bucket's clock, in nanoseconds (292 years).
///
/// Governor adds periods to the time, and the sum must not overflow.
const MAX_NANOS: u64 = u64::MAX / 2;

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
        nanos((self.0)())
    }
}

fn nanos(time: Duration) -> Nanos {
    Nanos::new(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).min(MAX_NANOS))
}

/// The time of the operation that a [`Bucket`] is performing.
#[derive(Debug, Clone, Default)]
struct OperationTime(Arc<AtomicU64>);

impl Clock for OperationTime {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(self.0.load(Ordering::Relaxed))
    }
}

type Limiter<K, S, C> = RateLimiter<K, S, C, NoOpMiddleware<Nanos>>;

/// The token bucket for all requests to an instance.
#[derive(Debug)]
pub struct Bucket {
    limiter: Limiter<NotKeyed, InMemoryState, OperationTime>,
    clock: BucketClock,
    /// The clock of the limiter. Locked during an operation.
    time: Mutex<OperationTime>,
    capacity: NonZeroU32,
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
        let time = OperationTime::default();
        let limiter = RateLimiter::direct_with_clock(quota(capacity, period), time.clone());
        let capacity = NonZeroU32::new(capacity).unwrap_or(NonZeroU32::MIN);
        Self { limiter, clock, time: Mutex::new(time), capacity }
    }

    /// Takes a token.
    ///
    /// # Errors
    ///
    /// If the bucket is empty, returns the time until a token is available.
    pub fn take(&self) -> Result<(), Duration> {
        let now = self.clock.now();
        self.at(now, || self.limiter.check().map_err(|until| until.wait_time_from(now)))
    }

    /// Empties the bucket as of an earlier time, so that it contains only the tokens added since then.
    ///
    /// `time` must be relative to the same origin as the clock.
    pub fn empty_at(&self, time: Duration) {
        self.at(nanos(time), || {
            // Tokens are taken in powers of two, largest first, so that few calls empty even a large bucket.
            for bit in (0..=self.capacity.ilog2()).rev() {
                let tokens = NonZeroU32::new(1 << bit).unwrap_or(NonZeroU32::MIN);
                // An error means that the bucket has fewer tokens.
                let _ = self.limiter.check_n(tokens);
            }
        });
    }

    /// Performs an operation at the given time.
    fn at<T>(&self, now: Nanos, operation: impl FnOnce() -> T) -> T {
        let time = self.time.lock().unwrap_or_else(PoisonError::into_inner);
        time.0.store(now.as_u64(), Ordering::Relaxed);
        operation()
    }
}

/// The token buckets for updates, one per user.
#[derive(Debug)]
pub struct UserBuckets {
    limiter: Limiter<Text, DefaultKeyedStateStore<Text>, BucketClock>,
    clock: BucketClock,
    /// The number of buckets above which full buckets are removed.
    next_cleanup: AtomicUsize,
}

impl UserBuckets {
    /// Creates an empty set of buckets. Each bucket has the limit [`updates_per_user`](RateLimits::updates_per_user).
    ///
    /// A user's bucket is created on first use.
    #[must_use]
    pub fn new(limits: &RateLimits, clock: BucketClock) -> Self {
        let quota = quota(limits.updates_per_user, limits.period);
        let limiter = RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock.clone());
        Self { limiter, clock, next_cleanup: AtomicUsize::new(FIRST_CLEANUP) }
    }

    /// Takes a token from the user's bucket.
    ///
    /// # Errors
    ///
    /// If the bucket is empty, returns the time until a token is available.
    pub fn take(&self, user_id: &UserId) -> Result<(), Duration> {
        if self.limiter.len() > self.next_cleanup.load(Ordering::Relaxed) {
            self.limiter.retain_recent();
            // A cleanup scans all buckets, and the remaining ones may be in use for a long time.
            self.next_cleanup.store(FIRST_CLEANUP.max(self.limiter.len() * 2), Ordering::Relaxed);
        }
        // Read before the check, so that the wait is not zero.
        let now = self.clock.now();
        self.limiter.check_key(&user_id.as_str().into()).map_err(|until| until.wait_time_from(now))
    }
}

fn quota(capacity: u32, period: Duration) -> Quota {
    let capacity = NonZeroU32::new(capacity).unwrap_or(NonZeroU32::MIN);
    // Governor rejects a period of zero; a nanosecond has the same effect.
    let period = (period.min(MAX_PERIOD) / capacity.get()).max(Duration::from_nanos(1));
    Quota::with_period(period).unwrap_or(Quota::per_second(capacity)).allow_burst(capacity)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a clock that stands still.
    fn clock(now: Duration) -> BucketClock {
        BucketClock::new(move || now)
    }

    #[test]
    fn empty_at_takes_all_tokens_of_any_capacity() {
        // Taking the tokens of the largest bucket one by one would take minutes.
        for capacity in [1, 2, 3, 1000, 100_000_000, u32::MAX] {
            let limits = RateLimits::new().development(capacity).period(Duration::from_secs(1_000_000));
            let bucket = Bucket::development(&limits, clock(Duration::ZERO));
            if capacity > 1 {
                bucket.take().unwrap();
            }
            bucket.empty_at(Duration::ZERO);
            assert!(bucket.take().is_err(), "{capacity}");
        }
    }

    #[test]
    fn empty_at_keeps_the_tokens_that_were_added_later() {
        let limits = RateLimits::new().development(10).period(Duration::from_secs(10));
        let bucket = Bucket::development(&limits, clock(Duration::from_secs(100)));
        bucket.empty_at(Duration::from_secs(97));
        for _ in 0..3 {
            bucket.take().unwrap();
        }
        assert_eq!(bucket.take(), Err(Duration::from_secs(1)));
    }

    #[test]
    fn buckets_accept_any_period_and_time() {
        for period in [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(10), Duration::MAX] {
            for capacity in [0, 1, u32::MAX] {
                for now in [Duration::ZERO, Duration::from_secs(600 * 366 * 86_400), Duration::MAX] {
                    let limits = RateLimits::new().production(capacity).updates_per_user(capacity).period(period);
                    let bucket = Bucket::production(&limits, clock(now));
                    bucket.take().unwrap();
                    bucket.empty_at(now);
                    let _ = bucket.take();
                    UserBuckets::new(&limits, clock(now)).take(&UserId::new("user_1").unwrap()).unwrap();
                }
            }
        }
    }

    #[test]
    fn validate_rejects_periods_over_366_days() {
        assert!(RateLimits::new().period(MAX_PERIOD).validate().is_ok());
        let error = RateLimits::new().period(Duration::MAX).validate().unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Configuration);
    }

    #[test]
    fn full_buckets_are_removed_whenever_the_number_of_buckets_has_doubled() {
        let limits = RateLimits::new();
        let now = Arc::new(AtomicU64::new(0));
        let clock = {
            let now = Arc::clone(&now);
            BucketClock::new(move || Duration::from_secs(now.load(Ordering::Relaxed)))
        };
        let buckets = UserBuckets::new(&limits, clock);
        let take = |number: usize| buckets.take(&UserId::new(format!("user_{number}")).unwrap());
        let first = FIRST_CLEANUP + 1;
        (0..first).for_each(|number| take(number).unwrap());
        // These buckets are not full.
        take(0).unwrap();
        assert_eq!(buckets.limiter.len(), first);
        now.store(limits.period.as_secs(), Ordering::Relaxed);
        (first..2 * first).for_each(|number| take(number).unwrap());
        assert_eq!(buckets.limiter.len(), 2 * first);
        take(2 * first).unwrap();
        // The first buckets are full.
        take(0).unwrap();
        assert_eq!(buckets.limiter.len(), first + 2);
    }
}
