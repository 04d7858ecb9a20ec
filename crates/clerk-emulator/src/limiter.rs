//! [`Limiter`]: enforces Clerk's rate limits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use user_directory::time::Clock;
use user_directory::wire::rate_limits::RateLimits;
use user_directory::wire::rate_limits::{Bucket, BucketClock, UserBuckets, is_limited_by_user};
use user_directory::{Error, Operation, Result, UserId};

use crate::keys::KeyKind;
use crate::rejection;

/// The age at which the buckets are replaced with full ones.
///
/// A bucket cannot represent more than 292 years, but the directory's clock can advance further. The period of a rate
/// limit is much shorter than this age, so the replacement has practically no effect on the limits.
const MAX_AGE: Duration = Duration::from_hours(100 * 366 * 24);

#[derive(Debug)]
pub(crate) struct Limiter {
    limits: RateLimits,
    clock: Arc<dyn Clock>,
    buckets: Mutex<Buckets>,
}

#[derive(Debug)]
struct Buckets {
    created_at: Timestamp,
    /// The time of the latest request. If the current time is earlier, the clock was set back.
    latest: Timestamp,
    production: Bucket,
    development: Bucket,
    /// The buckets for updates, one for each user.
    updates: UserBuckets,
}

impl Buckets {
    fn new(limits: &RateLimits, clock: &Arc<dyn Clock>) -> Self {
        let created_at = clock.now();
        let clock = {
            let clock = Arc::clone(clock);
            BucketClock::new(move || since(created_at, clock.now()))
        };
        Self {
            created_at,
            latest: created_at,
            production: Bucket::production(limits, clock.clone()),
            development: Bucket::development(limits, clock.clone()),
            updates: UserBuckets::new(limits, clock),
        }
    }
}

impl Limiter {
    /// Creates a limiter that uses the directory's clock, so that advancing the clock refills the buckets.
    pub(crate) fn new(limits: RateLimits, clock: Arc<dyn Clock>) -> Self {
        Self { limits, buckets: Mutex::new(Buckets::new(&limits, &clock)), clock }
    }

    /// Refills all buckets.
    pub(crate) fn reset(&self) {
        *self.buckets() = Buckets::new(&self.limits, &self.clock);
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rejects a request that exceeds a limit.
    pub(crate) fn throttle(&self, kind: KeyKind, operation: Operation, user_id: Option<&UserId>) -> Result<()> {
        let mut buckets = self.buckets();
        let now = self.clock.now();
        // Without this, buckets would not be refilled until a clock that was set back reaches its earlier time.
        if now < buckets.latest || since(buckets.created_at, now) > MAX_AGE {
            *buckets = Buckets::new(&self.limits, &self.clock);
        }
        buckets.latest = now;
        let instance = match kind {
            KeyKind::Development => &buckets.development,
            KeyKind::Production => &buckets.production,
        };
        instance.take().map_err(too_many)?;
        match user_id {
            Some(user_id) if is_limited_by_user(operation) => buckets.updates.take(user_id).map_err(too_many),
            _ => Ok(()),
        }
    }
}

/// Returns the duration between two times, or zero if the clock was set back.
fn since(earlier: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(earlier)).unwrap_or_default()
}

fn too_many(wait: Duration) -> Error {
    rejection::too_many_requests().with_retry_after(wait)
}

#[cfg(test)]
mod tests {
    use super::*;
    use user_directory::time::{ManualClock, SystemClock};

    /// A period so long that no bucket is refilled during a test.
    const LONG: Duration = Duration::from_secs(1_000_000);

    fn clock() -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn limits() -> RateLimits {
        RateLimits::default().period(LONG)
    }

    #[test]
    fn each_kind_of_key_has_its_own_limit() {
        let limiter = Limiter::new(limits().production(4).development(3), clock());
        let accepted = |kind| (0..9).filter(|_| limiter.throttle(kind, Operation::List, None).is_ok()).count();
        assert_eq!(accepted(KeyKind::Development), 3);
        assert_eq!(accepted(KeyKind::Production), 4);
        let error = limiter.throttle(KeyKind::Development, Operation::List, None).unwrap_err();
        assert!(error.is_rate_limited() && error.retry_after().is_some_and(|wait| wait >= Duration::from_secs(1)));
    }

    #[test]
    fn updates_of_each_user_are_limited() {
        let limiter = Limiter::new(limits().updates_per_user(2), clock());
        let (ada, grace) = (UserId::new("user_1").unwrap(), UserId::new("user_2").unwrap());
        let accepts = |operation, user_id| limiter.throttle(KeyKind::Production, operation, Some(user_id)).is_ok();
        assert!(accepts(Operation::Update, &ada));
        assert!(accepts(Operation::UpdateMetadata, &ada));
        assert!(!accepts(Operation::ReplaceMetadata, &ada));
        assert!(accepts(Operation::Get, &ada));
        assert!(accepts(Operation::Update, &grace));
    }

    #[test]
    fn limits_refill_whatever_the_clock_shows() {
        let clock = ManualClock::new("1900-01-01T00:00:00Z".parse().unwrap());
        let limits = RateLimits::default().development(1).period(Duration::from_secs(10));
        let limiter = Limiter::new(limits, Arc::new(clock.clone()));
        let accepts = || limiter.throttle(KeyKind::Development, Operation::List, None).is_ok();
        for years in [0, 1, 600, 6000, 0] {
            clock.advance(Duration::from_secs(years * 366 * 24 * 60 * 60));
            clock.advance(Duration::from_secs(10));
            assert!(accepts() && !accepts(), "{years}");
        }
        for earlier in ["2026-05-12T09:00:00Z", "2026-05-12T08:00:00Z", "1800-01-01T00:00:00Z"] {
            clock.set(earlier.parse().unwrap());
            assert!(accepts() && !accepts(), "{earlier}");
            clock.advance(Duration::from_secs(10));
            assert!(accepts() && !accepts(), "{earlier}");
        }
    }

    #[test]
    fn limit_of_zero_is_treated_as_one() {
        let limiter = Limiter::new(limits().production(0).development(0).updates_per_user(0), clock());
        assert!(limiter.throttle(KeyKind::Development, Operation::List, None).is_ok());
        assert!(limiter.throttle(KeyKind::Development, Operation::List, None).is_err());
    }
}
