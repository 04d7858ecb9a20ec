//! [`Admission`]: when a request may be sent.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::limiter::Limiter;
use super::request::Request;
use super::telemetry;
use crate::error::{Error, ErrorKind, Result};
use crate::time::Timer;

/// What a directory and its clones keep to before they send. Without limits there is nothing to wait for.
pub(super) struct Admission {
    pub(super) in_flight: Option<Semaphore>,
    pub(super) limiter: Option<Limiter>,
}

/// Held while a request is under way.
pub(super) type Permit<'a> = Option<SemaphorePermit<'a>>;

impl Admission {
    /// Waits until a request may be sent, unless that is after the deadline; then nothing is sent.
    pub(super) async fn admit(
        &self,
        request: &Request<'_>,
        timer: &dyn Timer,
        deadline: Duration,
    ) -> Result<Permit<'_>> {
        if self.in_flight.is_none() && self.limiter.is_none() {
            return Ok(None);
        }
        let began = timer.now();
        let permit = self.wait(request, timer, deadline).await;
        telemetry::waited(request.operation(), timer.now().saturating_sub(began));
        permit.map_err(|error| error.with_operation(request.operation()))
    }

    /// The bucket of the instance comes last, so that what it gives is used at once.
    async fn wait(&self, request: &Request<'_>, timer: &dyn Timer, deadline: Duration) -> Result<Permit<'_>> {
        if let Some(limiter) = &self.limiter {
            limiter.wait_for_user(request, deadline).await?;
        }
        let permit = match &self.in_flight {
            Some(in_flight) => Some(one_of(in_flight, timer, deadline).await?),
            None => None,
        };
        if let Some(limiter) = &self.limiter {
            limiter.wait_for_instance(deadline).await?;
        }
        Ok(permit)
    }

    /// Learns from an error of the service.
    pub(super) fn answered(&self, error: &Error, longest: Duration) {
        if let (true, Some(limiter)) = (error.is_rate_limited(), &self.limiter) {
            limiter.close(error.retry_after().unwrap_or_default().min(longest));
        }
    }
}

/// Whoever came first is served first, also before who comes while there are others.
async fn one_of<'a>(in_flight: &'a Semaphore, timer: &dyn Timer, deadline: Duration) -> Result<SemaphorePermit<'a>> {
    if let Ok(permit) = in_flight.try_acquire() {
        return Ok(permit);
    }
    match before(deadline, timer, in_flight.acquire()).await {
        Some(Ok(permit)) => Ok(permit),
        // Nobody closes it.
        Some(Err(_)) | None => {
            Err(Error::new(ErrorKind::RateLimited).with_message("not sent: too many requests are under way"))
        }
    }
}

/// What comes of some work, unless it takes longer than until the deadline.
pub(super) async fn before<T>(deadline: Duration, timer: &dyn Timer, work: impl Future<Output = T>) -> Option<T> {
    let left = deadline.saturating_sub(timer.now());
    match select(pin!(work), timer.sleep(left)).await {
        Either::Left((outcome, _)) => Some(outcome),
        Either::Right(((), _)) => None,
    }
}
