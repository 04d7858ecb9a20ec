//! [`Limiter`]: the service's limits, enforced.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use governor::nanos::Nanos;

use super::key::KeyKind;
use super::refusal;
use crate::error::Result;
use crate::model::UserId;
use crate::operation::Operation;
use crate::rate_limits::{Bucket, RateLimits, UserBuckets, is_limited_by_user};
use crate::time::Clock;

/// The clock of the directory, so that advancing it refills the limits.
#[derive(Debug, Clone)]
struct DirectoryClock(Arc<dyn Clock>);

impl governor::clock::Clock for DirectoryClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(u64::try_from(self.0.now().as_nanosecond()).unwrap_or(0))
    }
}

/// What is left of the limits.
#[derive(Debug)]
pub(super) struct Limiter {
    limits: RateLimits,
    clock: DirectoryClock,
    left: RwLock<Left>,
}

#[derive(Debug)]
struct Left {
    production: Bucket<DirectoryClock>,
    development: Bucket<DirectoryClock>,
    updates: UserBuckets<DirectoryClock>,
}

impl Left {
    fn new(limits: RateLimits, clock: &DirectoryClock) -> Self {
        let RateLimits { production, development, updates_of_a_user, per } = limits;
        Self {
            production: Bucket::new(production, per, clock.clone()),
            development: Bucket::new(development, per, clock.clone()),
            updates: UserBuckets::new(updates_of_a_user, per, clock.clone()),
        }
    }
}

impl Limiter {
    pub(super) fn new(limits: RateLimits, clock: Arc<dyn Clock>) -> Self {
        let clock = DirectoryClock(clock);
        Self { limits, left: RwLock::new(Left::new(limits, &clock)), clock }
    }

    /// Begins anew, as if there had been no request. Also after the clock was put back, where what was used up would not
    /// come back for as long.
    pub(super) fn reset(&self) {
        *self.left.write().unwrap_or_else(PoisonError::into_inner) = Left::new(self.limits, &self.clock);
    }

    /// Whether a request may be answered now.
    pub(super) fn check(&self, kind: KeyKind, operation: Operation, user_id: Option<&UserId>) -> Result<()> {
        let left = self.left.read().unwrap_or_else(PoisonError::into_inner);
        let instance = match kind {
            KeyKind::Development => &left.development,
            KeyKind::Production => &left.production,
        };
        instance.take().map_err(too_many)?;
        match user_id {
            Some(user_id) if is_limited_by_user(operation) => left.updates.take(user_id).map_err(too_many),
            _ => Ok(()),
        }
    }
}

/// `Retry-After` has whole seconds, so the wait is rounded up.
fn too_many(wait: Duration) -> crate::Error {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    refusal::too_many_requests().with_retry_after(Duration::from_secs(seconds.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SystemClock;

    /// So long that nothing comes back while a test runs.
    const LONG: Duration = Duration::from_secs(1_000_000);

    fn limiter() -> Limiter {
        Limiter::new(
            RateLimits { production: 4, development: 3, updates_of_a_user: 2, per: LONG },
            Arc::new(SystemClock),
        )
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
        let limits = RateLimits { updates_of_a_user: 2, per: LONG, ..RateLimits::default() };
        let limiter = Limiter::new(limits, Arc::new(SystemClock));
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
        let limiter = Limiter::new(
            RateLimits { production: 0, development: 0, updates_of_a_user: 0, per: LONG },
            Arc::new(SystemClock),
        );
        assert!(limiter.check(KeyKind::Development, Operation::List, None).is_ok());
        assert!(limiter.check(KeyKind::Development, Operation::List, None).is_err());
    }
}
