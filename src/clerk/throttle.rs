//! [`Throttle`]: delays requests to stay within the configured limits.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::deadline::before;
use super::limiter::Limiter;
use super::request::Request;
use super::telemetry;
use crate::error::{Error, ErrorKind, Result};
use crate::time::Timer;

/// The limits that a directory and its clones share.
pub(super) struct Throttle {
    pub(super) in_flight: Option<Semaphore>,
    pub(super) limiter: Option<Limiter>,
}

/// A permit that is held while a request is in flight.
pub(super) type Permit<'a> = Option<SemaphorePermit<'a>>;

impl Throttle {
    /// Waits until a request may be sent. Returns an error if the wait would exceed the deadline.
    pub(super) async fn wait(
        &self,
        request: &Request<'_>,
        timer: &dyn Timer,
        deadline: Duration,
    ) -> Result<Permit<'_>> {
        if self.in_flight.is_none() && self.limiter.is_none() {
            return Ok(None);
        }
        let began = timer.now();
        let permit = self.acquire(request, timer, deadline).await;
        telemetry::waited(request.operation(), timer.now().saturating_sub(began));
        permit.map_err(|error| error.with_operation(request.operation()))
    }

    /// Waits for all limits. The instance limit is last, because its token must be used immediately.
    async fn acquire(&self, request: &Request<'_>, timer: &dyn Timer, deadline: Duration) -> Result<Permit<'_>> {
        if let Some(limiter) = &self.limiter {
            limiter.wait_for_user(request, deadline).await?;
        }
        let permit = match &self.in_flight {
            Some(in_flight) => Some(acquire_permit(in_flight, timer, deadline).await?),
            None => None,
        };
        if let Some(limiter) = &self.limiter {
            limiter.wait_for_instance(deadline).await?;
        }
        Ok(permit)
    }

    /// Blocks further requests if Clerk returned a rate-limit error.
    pub(super) fn observe(&self, error: &Error, max_wait: Duration) {
        if let (true, Some(limiter)) = (error.is_rate_limited(), &self.limiter) {
            limiter.close(error.retry_after().unwrap_or_default().min(max_wait));
        }
    }
}

/// Acquires a permit. Requests that wait for a permit are served in FIFO order.
async fn acquire_permit<'a>(
    in_flight: &'a Semaphore,
    timer: &dyn Timer,
    deadline: Duration,
) -> Result<SemaphorePermit<'a>> {
    if let Ok(permit) = in_flight.try_acquire() {
        return Ok(permit);
    }
    match before(deadline, timer, in_flight.acquire()).await {
        Some(Ok(permit)) => Ok(permit),
        // The semaphore is never closed.
        Some(Err(_)) | None => {
            Err(Error::new(ErrorKind::RateLimited).with_message("not sent: too many requests are in flight"))
        }
    }
}
