//! Sends a request, and retries it according to the retry policy.

use std::time::Duration;

use backon::ExponentialBackoff;

use super::ClerkUserDirectory;
use super::gave_up::GaveUp;
use super::request::Request;
use super::response::{Response, failed};
use super::telemetry;
use crate::error::{Error, ErrorKind, Result};
use crate::time::catch_unsuitable_runtime;

/// The outcome of all attempts of a call.
pub(super) struct Outcome {
    /// The response, or the error from the last attempt.
    pub(super) response: Result<Response>,
    /// The number of attempts, or 0 if the limits would have delayed the first attempt beyond the timeout.
    pub(super) attempts: u32,
    /// The reason why a retryable error was not retried.
    pub(super) gave_up: Option<GaveUp>,
}

impl ClerkUserDirectory {
    /// Sends a request until it succeeds or fails with an error that is not retried.
    pub(super) async fn send(&self, request: &Request<'_>, began: Duration) -> Outcome {
        let directory = &*self.0;
        let deadline = began.saturating_add(directory.timeout);
        directory.budget.add_call();
        let mut attempts = 0;
        let mut backoff = None;
        let mut last: Option<Error> = None;
        loop {
            let permit = catch_unsuitable_runtime(directory.throttle.wait(request, &*directory.timer, deadline)).await;
            // An unsuitable runtime is not a limit.
            let gave_up = permit.is_ok().then_some(GaveUp::Limits);
            let permit = match permit.flatten() {
                Ok(permit) => permit,
                // The error from the previous attempt is more useful, and its outcome may be unknown.
                Err(error) => return Outcome { response: Err(last.unwrap_or(error)), attempts, gave_up },
            };
            attempts += 1;
            let response = self.attempt(request, deadline).await;
            drop(permit);
            let mut error = match response {
                Ok(response) => return Outcome { response: Ok(response), attempts, gave_up: None },
                Err(error) => error.with_operation(request.operation()),
            };
            if last.is_some_and(|last| last.is_outcome_unknown()) {
                error = error.with_earlier_outcome_unknown();
            }
            directory.throttle.observe(&error, directory.retry.max_retry_after);
            if !error.is_retryable() {
                return Outcome { response: Err(error), attempts, gave_up: None };
            }
            match self.wait_before_retry(&error, attempts, began, &mut backoff) {
                Ok(wait) => {
                    telemetry::retrying(&error, attempts, wait);
                    directory.timer.sleep(wait).await;
                }
                Err(gave_up) => return Outcome { response: Err(error), attempts, gave_up: Some(gave_up) },
            }
            last = Some(error);
        }
    }

    /// Sends a request once.
    async fn attempt(&self, request: &Request<'_>, deadline: Duration) -> Result<Response> {
        let directory = &*self.0;
        let left = deadline.saturating_sub(directory.timer.now());
        let request = request.to_http(directory, left.min(directory.attempt_timeout))?;
        // The async block is necessary, because `execute` requires the runtime before it returns a future.
        catch_unsuitable_runtime(async {
            let response = directory.http.execute(request).await.map_err(failed)?;
            Response::read(response, directory.max_response_size, &*directory.clock).await
        })
        .await
        .flatten()
    }

    /// Returns the delay before the next attempt, or the reason why the call is not retried.
    ///
    /// [`RetryPolicy`](super::RetryPolicy) documents the rules.
    fn wait_before_retry(
        &self,
        error: &Error,
        attempts: u32,
        began: Duration,
        backoff: &mut Option<ExponentialBackoff>,
    ) -> Result<Duration, GaveUp> {
        let directory = &*self.0;
        let (policy, timer) = (&directory.retry, &directory.timer);
        if attempts >= policy.attempts {
            return Err(GaveUp::Attempts);
        }
        let bound = backoff.get_or_insert_with(|| policy.backoff()).next().unwrap_or(policy.max_backoff);
        let wait = match error.retry_after() {
            Some(asked) if asked > policy.max_retry_after => return Err(GaveUp::RetryAfter),
            Some(asked) => asked.saturating_add(timer.jitter(policy.initial_bound()).min(policy.initial_bound())),
            None => timer.jitter(bound).min(bound),
        };
        let elapsed = timer.now().saturating_sub(began);
        if elapsed.saturating_add(wait) >= policy.retry_timeout.min(directory.timeout) {
            return Err(GaveUp::Time);
        }
        // These errors do not use the budget, because Clerk already limits the load with them.
        let is_limited_by_service = matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::Locked);
        if !is_limited_by_service && !directory.budget.take_retry() {
            return Err(GaveUp::Budget);
        }
        Ok(wait)
    }
}
