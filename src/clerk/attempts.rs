//! The attempts of a call: what is tried again, when, and when that ends.

use std::time::Duration;

use backon::ExponentialBackoff;

use super::ClerkUserDirectory;
use super::request::Request;
use super::response::{self, Answer};
use super::telemetry;
use crate::error::{Error, ErrorKind, Result};

/// What came of a call.
pub(super) struct Sent {
    /// The answer, or the error of the last attempt.
    pub(super) answer: Result<Answer>,
    /// How often the request was sent; 0 if the client's own limits left no time for it.
    pub(super) attempts: u32,
    /// Why there was no other attempt, if one could have helped.
    pub(super) gave_up: Option<GaveUp>,
}

/// Why what could be tried again is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GaveUp {
    Attempts,
    Time,
    RetryAfter,
    Budget,
    Limits,
}

impl GaveUp {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Time => "time",
            Self::RetryAfter => "retry_after",
            Self::Budget => "budget",
            Self::Limits => "limits",
        }
    }
}

impl ClerkUserDirectory {
    /// Sends a request until there is an answer, or an error that another attempt would not help or may not have.
    pub(super) async fn send(&self, request: &Request<'_>, began: Duration) -> Sent {
        let directory = &*self.0;
        let deadline = began.saturating_add(directory.timeout);
        directory.budget.add_call();
        let mut attempts = 0;
        let mut bounds = None;
        let mut last: Option<Error> = None;
        loop {
            let permit = match directory.admission.admit(request, &*directory.timer, deadline).await {
                Ok(permit) => permit,
                // What the service said says more than that there is no time left to ask again.
                Err(refusal) => {
                    let gave_up = Some(GaveUp::Limits);
                    return Sent { answer: Err(last.unwrap_or(refusal)), attempts, gave_up };
                }
            };
            attempts += 1;
            let answer = self.attempt(request, deadline).await;
            drop(permit);
            let mut error = match answer {
                Ok(answer) => return Sent { answer: Ok(answer), attempts, gave_up: None },
                Err(error) => error.with_operation(request.operation()),
            };
            if last.is_some_and(|last| last.is_outcome_unknown()) {
                error = error.with_earlier_outcome_unknown();
            }
            directory.admission.answered(&error, directory.retry.longest_retry_after);
            if !error.is_retryable() {
                return Sent { answer: Err(error), attempts, gave_up: None };
            }
            match self.wait_before_another(&error, attempts, began, &mut bounds) {
                Ok(wait) => {
                    telemetry::retrying(&error, attempts, wait);
                    directory.timer.sleep(wait).await;
                }
                Err(gave_up) => return Sent { answer: Err(error), attempts, gave_up: Some(gave_up) },
            }
            last = Some(error);
        }
    }

    /// Sends a request once.
    async fn attempt(&self, request: &Request<'_>, deadline: Duration) -> Result<Answer> {
        let directory = &*self.0;
        let left = deadline.saturating_sub(directory.timer.now());
        let request = request.to_http(directory, left.min(directory.attempt_timeout))?;
        let response = directory.http.execute(request).await.map_err(response::broken_off)?;
        Answer::read(response, directory.max_response_size, &*directory.clock).await
    }

    /// How long to wait before the next attempt, if there may be one. The rules are those of
    /// [`RetryPolicy`](super::RetryPolicy).
    fn wait_before_another(
        &self,
        error: &Error,
        attempts: u32,
        began: Duration,
        bounds: &mut Option<ExponentialBackoff>,
    ) -> Result<Duration, GaveUp> {
        let directory = &*self.0;
        let (policy, timer) = (&directory.retry, &directory.timer);
        if attempts >= policy.attempts {
            return Err(GaveUp::Attempts);
        }
        let bound = bounds.get_or_insert_with(|| policy.bounds()).next().unwrap_or(policy.longest_backoff);
        let wait = match error.retry_after() {
            Some(asked) if asked > policy.longest_retry_after => return Err(GaveUp::RetryAfter),
            Some(asked) => asked.saturating_add(timer.jitter(policy.first_bound()).min(policy.first_bound())),
            None => timer.jitter(bound).min(bound),
        };
        let elapsed = timer.now().saturating_sub(began);
        if elapsed.saturating_add(wait) >= policy.total_time.min(directory.timeout) {
            return Err(GaveUp::Time);
        }
        let is_orderly = matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::Locked);
        if !is_orderly && !directory.budget.take_retry() {
            return Err(GaveUp::Budget);
        }
        Ok(wait)
    }
}
