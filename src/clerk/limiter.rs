//! [`Limiter`]: keeps a directory and its clones within Clerk's rate limits.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;

use super::deadline::before;
use super::request::Request;
use crate::error::{Error, ErrorKind, Result};
use crate::rate_limits::{Bucket, BucketClock, RateLimits, UserBuckets, is_limited_by_user};
use crate::secret_key::SecretKey;
use crate::time::Timer;

pub(super) struct Limiter {
    /// Held by the next request to be sent, so that requests are sent in FIFO order.
    turn: Mutex<()>,
    /// The bucket for the instance rate limit.
    instance: Bucket,
    /// The buckets for the per-user rate limit of updates.
    updates: UserBuckets,
    /// When requests can be sent again after a 429 response. Locked while `instance` is used.
    closed_until: std::sync::Mutex<Option<Duration>>,
    timer: Arc<dyn Timer>,
}

impl Limiter {
    pub(super) fn new(limits: &RateLimits, key: &SecretKey, timer: Arc<dyn Timer>) -> Self {
        let clock = {
            let timer = Arc::clone(&timer);
            BucketClock::new(move || timer.now())
        };
        Self {
            turn: Mutex::default(),
            // A key of an unknown kind gets the lower limit, which is always safe.
            instance: if key.is_live() {
                Bucket::production(limits, clock.clone())
            } else {
                Bucket::development(limits, clock.clone())
            },
            updates: UserBuckets::new(limits, clock),
            closed_until: std::sync::Mutex::default(),
            timer,
        }
    }

    /// Waits for the per-user rate limit, if it applies to the request.
    pub(super) async fn wait_for_user(&self, request: &Request<'_>, deadline: Duration) -> Result<()> {
        if let (true, Some(user_id)) = (is_limited_by_user(request.operation()), request.user_id()) {
            while let Err(wait) = self.updates.take(user_id) {
                self.sleep(wait, deadline).await?;
            }
        }
        Ok(())
    }

    /// Waits for the instance rate limit.
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

    /// Blocks requests for `wait`. Afterward, the bucket is empty.
    pub(super) fn close(&self, wait: Duration) {
        let until = self.timer.now().saturating_add(wait);
        let mut closed_until = lock(&self.closed_until);
        *closed_until = (*closed_until).max(Some(until));
    }

    fn take(&self) -> Result<(), Duration> {
        let mut closed_until = lock(&self.closed_until);
        if let Some(until) = *closed_until {
            let now = self.timer.now();
            if now < until {
                return Err(until.saturating_sub(now));
            }
            *closed_until = None;
            // The bucket was refilled locally during the wait, but Clerk's bucket may have been empty at the end of the
            // wait. Both buckets have been refilled since then.
            self.instance.empty_at(until);
        }
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

fn lock<T>(mutex: &std::sync::Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn too_many(wait: Option<Duration>) -> Error {
    let error = Error::new(ErrorKind::RateLimited).with_message("not sent: the rate limits are exhausted");
    wait.into_iter().fold(error, Error::with_retry_after)
}
