//! [`Limiter`]: keeps a directory and its clones under the service's rate limits.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use governor::nanos::Nanos;
use tokio::sync::Mutex;

use super::SecretKey;
use super::admission::before;
use super::request::Request;
use crate::error::{Error, ErrorKind, Result};
use crate::rate_limits::{Bucket, RateLimits, UserBuckets, is_limited_by_user};
use crate::time::Timer;

pub(super) struct Limiter {
    /// Held by who is next, so that requests are sent in the order in which they came.
    turn: Mutex<()>,
    instance: Bucket<TimerClock>,
    updates: UserBuckets<TimerClock>,
    /// Until when nobody sends, because the service said so.
    closed_until: std::sync::Mutex<Option<Duration>>,
    /// How many requests the instance takes in how much time.
    number: u32,
    per: Duration,
    timer: Arc<dyn Timer>,
}

/// The directory's own clock, for the buckets.
#[derive(Clone)]
struct TimerClock(Arc<dyn Timer>);

impl governor::clock::Clock for TimerClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(u64::try_from(self.0.now().as_nanos()).unwrap_or(u64::MAX))
    }
}

impl Limiter {
    pub(super) fn new(limits: RateLimits, key: &SecretKey, timer: Arc<dyn Timer>) -> Self {
        let RateLimits { production, development, updates_of_a_user, per } = limits;
        // What is no key of a production instance may be of another kind with the smaller limit, too.
        let number = if key.is_live() { production } else { development };
        let clock = TimerClock(Arc::clone(&timer));
        Self {
            turn: Mutex::default(),
            instance: Bucket::new(number, per, clock.clone()),
            updates: UserBuckets::new(updates_of_a_user, per, clock),
            closed_until: std::sync::Mutex::default(),
            number,
            per,
            timer,
        }
    }

    /// Waits until the user may be updated, if that is what the request does.
    pub(super) async fn wait_for_user(&self, request: &Request<'_>, deadline: Duration) -> Result<()> {
        if let (true, Some(user_id)) = (is_limited_by_user(request.operation()), request.user_id()) {
            while let Err(wait) = self.updates.take(user_id) {
                self.sleep(wait, deadline).await?;
            }
        }
        Ok(())
    }

    /// Waits until the instance takes a request.
    pub(super) async fn wait_for_instance(&self, deadline: Duration) -> Result<()> {
        let _turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(_) => before(deadline, &*self.timer, self.turn.lock()).await.ok_or_else(|| too_many(None))?,
        };
        while let Err(wait) = self.take() {
            self.sleep(wait, deadline).await?;
        }
        Ok(())
    }

    /// Lets nobody send for this long, after which the bucket is empty. What asks for no wait just empties it.
    pub(super) fn close(&self, wait: Duration) {
        let until = self.timer.now().saturating_add(wait);
        let mut closed_until = self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        *closed_until = (*closed_until).max(Some(until));
    }

    fn take(&self) -> Result<(), Duration> {
        let mut closed_until = self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = *closed_until {
            let now = self.timer.now();
            if now < until {
                return Err(until.saturating_sub(now));
            }
            *closed_until = None;
            // Ours filled up in the meantime, and the service's did not. Later it has.
            if now.saturating_sub(until) < self.per {
                let _ = (0..self.number).try_for_each(|_| self.instance.take());
            }
        }
        drop(closed_until);
        self.instance.take()
    }

    async fn sleep(&self, wait: Duration, deadline: Duration) -> Result<()> {
        if self.timer.now().saturating_add(wait) >= deadline {
            return Err(too_many(Some(wait)));
        }
        self.timer.sleep(wait).await;
        Ok(())
    }
}

fn too_many(wait: Option<Duration>) -> Error {
    let error = Error::new(ErrorKind::RateLimited).with_message("not sent, to stay under the rate limits");
    wait.into_iter().fold(error, Error::with_retry_after)
}
