//! [`RateLimits`]: the limits that the service documents.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::InMemoryState;
use governor::{Quota, RateLimiter};

use super::key::KeyKind;
use super::refusal;
use crate::error::Result;
use crate::model::{Text, UserId};
use crate::operation::Operation;

/// How many users' updates are remembered before those that have come to rest are forgotten.
const MAX_IDLE_USERS: usize = 10_000;

/// How many requests are answered in how much time; the others are answered with 429 and `Retry-After`.
///
/// The default is what the service documents: 1000 requests in 10 seconds for a production key (`sk_live_…`), 100 for
/// a development key (`sk_test_…`), each in all; and since 2026-05-12 10 updates of one user (`PATCH /users/{user_id}`,
/// `PATCH` and `PUT /users/{user_id}/metadata`) in 10 seconds.
///
/// A limit that was used up comes back bit by bit rather than all at once at the end of the time.
///
/// ```
/// use std::time::Duration;
/// use user_directory::emulator::RateLimits;
///
/// let limits = RateLimits { development: 5, ..RateLimits::default() };
/// assert_eq!(limits.per, Duration::from_secs(10));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// The requests with a production key, at least 1.
    pub production: u32,
    /// The requests with a development key, at least 1.
    pub development: u32,
    /// The updates of one user, at least 1.
    pub updates_of_a_user: u32,
    /// In how much time.
    pub per: Duration,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { production: 1000, development: 100, updates_of_a_user: 10, per: Duration::from_secs(10) }
    }
}

type Keyed<K> = RateLimiter<K, governor::state::keyed::DefaultKeyedStateStore<K>, DefaultClock, NoOpMiddleware>;

/// What is left of the limits.
#[derive(Debug)]
pub(super) struct Limiter {
    production: RateLimiter<governor::state::NotKeyed, InMemoryState, DefaultClock, NoOpMiddleware>,
    development: RateLimiter<governor::state::NotKeyed, InMemoryState, DefaultClock, NoOpMiddleware>,
    updates: Keyed<Text>,
}

impl Limiter {
    pub(super) fn new(limits: RateLimits) -> Self {
        let quota = |number: u32| {
            let number = NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
            // No time at all would be no limit; a nanosecond is as good as none.
            let period = (limits.per / number.get()).max(Duration::from_nanos(1));
            Quota::with_period(period).unwrap_or(Quota::per_second(number)).allow_burst(number)
        };
        Self {
            production: RateLimiter::direct(quota(limits.production)),
            development: RateLimiter::direct(quota(limits.development)),
            updates: RateLimiter::keyed(quota(limits.updates_of_a_user)),
        }
    }

    /// Whether a request may be answered now.
    pub(super) fn check(&self, kind: KeyKind, operation: Operation, user_id: Option<&UserId>) -> Result<()> {
        let instance = match kind {
            KeyKind::Development => &self.development,
            KeyKind::Production => &self.production,
        };
        instance.check().map_err(|until| too_many(until.wait_time_from(DefaultClock::default().now())))?;
        if let (true, Some(user_id)) = (is_limited_by_user(operation), user_id) {
            if self.updates.len() > MAX_IDLE_USERS {
                self.updates.retain_recent();
            }
            let checked = self.updates.check_key(&user_id.as_str().into());
            checked.map_err(|until| too_many(until.wait_time_from(DefaultClock::default().now())))?;
        }
        Ok(())
    }
}

fn is_limited_by_user(operation: Operation) -> bool {
    matches!(operation, Operation::Update | Operation::UpdateMetadata | Operation::ReplaceMetadata)
}

/// `Retry-After` has whole seconds, so the wait is rounded up.
fn too_many(wait: Duration) -> crate::Error {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    refusal::too_many_requests().with_retry_after(Duration::from_secs(seconds.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So long that nothing comes back while a test runs.
    const LONG: Duration = Duration::from_secs(1_000_000);

    fn limiter() -> Limiter {
        Limiter::new(RateLimits { production: 4, development: 3, updates_of_a_user: 2, per: LONG })
    }

    #[test]
    fn each_kind_of_key_has_its_own_limit() {
        let limiter = limiter();
        let answered = |kind| (0..9).filter(|_| limiter.check(kind, Operation::List, None).is_ok()).count();
        assert_eq!(answered(KeyKind::Development), 3);
        assert_eq!(answered(KeyKind::Production), 4);
        let error = limiter.check(KeyKind::Development, Operation::List, None).unwrap_err();
        assert!(error.is_rate_limited() && error.retry_after().is_some_and(|wait| wait >= Duration::from_secs(1)));
    }

    #[test]
    fn updates_of_one_user_have_a_limit_too() {
        let limiter = Limiter::new(RateLimits { updates_of_a_user: 2, per: LONG, ..RateLimits::default() });
        let (ada, grace) = (UserId::new("user_1").unwrap(), UserId::new("user_2").unwrap());
        let check = |operation, user_id| limiter.check(KeyKind::Production, operation, Some(user_id)).is_ok();
        assert!(check(Operation::Update, &ada));
        assert!(check(Operation::UpdateMetadata, &ada));
        assert!(!check(Operation::ReplaceMetadata, &ada));
        assert!(check(Operation::Get, &ada));
        assert!(check(Operation::Update, &grace));
    }

    #[test]
    fn a_limit_of_nothing_still_answers_one() {
        let limiter = Limiter::new(RateLimits { production: 0, development: 0, updates_of_a_user: 0, per: LONG });
        assert!(limiter.check(KeyKind::Development, Operation::List, None).is_ok());
        assert!(limiter.check(KeyKind::Development, Operation::List, None).is_err());
    }
}
