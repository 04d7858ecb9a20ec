//! [`RetryPolicy`]: the number of attempts, and the delays between them.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// The rules for retrying failed requests.
///
/// | setting | default | meaning |
/// | --- | --- | --- |
/// | [`attempts`](Self::attempts) | 4 | the maximum number of attempts, including the first |
/// | [`retry_timeout`](Self::retry_timeout) | 20 seconds | the deadline for starting a retry, measured from the start of the call |
/// | [`initial_backoff`](Self::initial_backoff) | 250 milliseconds | the maximum backoff before the second attempt; it doubles with each further attempt |
/// | [`max_backoff`](Self::max_backoff) | 10 seconds | the maximum backoff between any two attempts |
/// | [`max_retry_after`](Self::max_retry_after) | 15 seconds | the longest `Retry-After` delay that is honored |
/// | [`budget_percent`](Self::budget_percent) | 20 | the number of retries that 100 calls add to the [retry budget](#retry-budget), which starts with 10 retries |
///
/// The defaults are intended for interactive applications. They cover outages of about one second and Clerk's rate
/// limits, which are defined per 10 seconds. The `retry_timeout` of 20 seconds leaves time for the last response before
/// the [call timeout](crate::clerk::ClerkBuilder::timeout) of 30 seconds.
///
/// # Retried errors
///
/// A request is retried if [`Error::is_retryable`](crate::Error::is_retryable) returns `true`:
///
/// | failure | retried |
/// | --- | --- |
/// | 429, 423, and 409 with the code `resource_locked` | always, because nothing was changed |
/// | a failure to connect | always, because nothing was sent |
/// | a timeout or a lost connection while reading the body of certain 4xx responses (see [Failures](crate::ClerkUserDirectory#failures)) | always, because nothing was changed |
/// | 502, 503, 504, 520 to 524, 408, any other timeout or lost connection | only for [idempotent](crate::Operation::is_idempotent) operations |
/// | any other failure, including 500 | never |
///
/// # Backoff
///
/// The delays use exponential backoff with full jitter: each delay is a random duration between zero and an upper
/// bound. The bound starts at `initial_backoff` and doubles with each attempt, up to `max_backoff`.
///
/// If the response has a `Retry-After` header (in seconds or as a date), the delay is the value of the header plus
/// jitter of up to `initial_backoff`. If the value exceeds `max_retry_after`, the call fails without a retry.
///
/// # Retry budget
///
/// A retry budget prevents retries from multiplying the load on Clerk during an outage. A directory and its clones
/// share the budget. It starts with 10 retries. Each call adds `budget_percent / 100` retries, and each retry takes
/// one. The budget is capped at 10 retries or the retries that 50 calls add, whichever is greater. If less than one
/// retry is left, calls are not retried. Retries after 429, 423 and 409 with the code `resource_locked` do not use the
/// budget, because these responses do not indicate an outage.
///
/// ```
/// use std::time::Duration;
/// use user_directory::clerk::RetryPolicy;
/// use user_directory::{ClerkUserDirectory, SecretKey};
///
/// // A policy for a nightly job.
/// let patient = RetryPolicy::default()
///     .attempts(10)
///     .retry_timeout(Duration::from_secs(600))
///     .max_backoff(Duration::from_secs(60))
///     .max_retry_after(Duration::from_secs(300))
///     .budget_percent(900);
/// let directory = ClerkUserDirectory::builder(SecretKey::new("sk_test_123")?)
///     .retry(patient)
///     .timeout(Duration::from_secs(660))
///     .build()?;
/// assert!(format!("{directory:?}").contains("attempts: 10"));
/// # Ok::<(), user_directory::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    pub(super) attempts: u32,
    pub(super) retry_timeout: Duration,
    pub(super) initial_backoff: Duration,
    pub(super) max_backoff: Duration,
    pub(super) max_retry_after: Duration,
    pub(super) budget_percent: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            retry_timeout: Duration::from_secs(20),
            initial_backoff: Duration::from_millis(250),
            max_backoff: Duration::from_secs(10),
            max_retry_after: Duration::from_secs(15),
            budget_percent: 20,
        }
    }
}

impl RetryPolicy {
    /// Returns a policy without retries.
    ///
    /// ```
    /// use user_directory::clerk::RetryPolicy;
    ///
    /// assert_eq!(RetryPolicy::none(), RetryPolicy::default().attempts(1));
    /// ```
    #[must_use]
    pub fn none() -> Self {
        Self::default().attempts(1)
    }

    /// Sets the maximum number of attempts, including the first. A value of 0 is treated as 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Sets the deadline for starting a retry, measured from the start of the call.
    ///
    /// [`ClerkBuilder::timeout`](crate::clerk::ClerkBuilder::timeout) limits the duration of the whole call.
    /// Client-side limits ([`rate_limits`](crate::clerk::ClerkBuilder::rate_limits) and
    /// [`max_in_flight`](crate::clerk::ClerkBuilder::max_in_flight)) can delay a retry beyond this deadline.
    #[must_use]
    pub fn retry_timeout(mut self, timeout: Duration) -> Self {
        self.retry_timeout = timeout;
        self
    }

    /// Sets the maximum backoff before the second attempt.
    ///
    /// The maximum doubles with each further attempt, up to [`max_backoff`](Self::max_backoff).
    #[must_use]
    pub fn initial_backoff(mut self, wait: Duration) -> Self {
        self.initial_backoff = wait;
        self
    }

    /// Sets the maximum backoff between any two attempts.
    #[must_use]
    pub fn max_backoff(mut self, wait: Duration) -> Self {
        self.max_backoff = wait;
        self
    }

    /// Sets the longest `Retry-After` delay that is honored.
    ///
    /// If a response requests a longer delay, the call fails without a retry.
    /// [`Error::retry_after`](crate::Error::retry_after) returns the requested delay.
    #[must_use]
    pub fn max_retry_after(mut self, wait: Duration) -> Self {
        self.max_retry_after = wait;
        self
    }

    /// Sets the number of retries that 100 calls add to the [retry budget](Self#retry-budget).
    ///
    /// The budget starts with 10 retries.
    #[must_use]
    pub fn budget_percent(mut self, percent: u32) -> Self {
        self.budget_percent = percent;
        self
    }

    /// Returns the upper bound of the first delay, and of the jitter that is added to `Retry-After`.
    pub(super) fn initial_bound(&self) -> Duration {
        self.initial_backoff.min(self.max_backoff)
    }

    /// Returns the upper bounds of the delays, as an infinite iterator.
    ///
    /// The jitter of `backon` is not used, because it only increases delays.
    pub(super) fn backoff(&self) -> ExponentialBackoff {
        ExponentialBuilder::new()
            .with_min_delay(self.initial_bound())
            .with_max_delay(self.max_backoff)
            .without_max_times()
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_the_maximum() {
        let bounds: Vec<_> = RetryPolicy::default().backoff().take(8).map(|bound| bound.as_millis()).collect();
        assert_eq!(bounds, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    }

    #[test]
    fn backoff_is_ascending_and_bounded() {
        let mut random = fastrand::Rng::with_seed(20_260_512);
        let mut duration = || Duration::from_nanos(random.u64(..) >> random.u32(..64));
        for _ in 0..1_000 {
            let (initial, max) = (duration(), duration());
            let policy = RetryPolicy::default().initial_backoff(initial).max_backoff(max);
            let bounds: Vec<_> = policy.backoff().take(80).collect();
            assert_eq!(bounds[0], initial.min(max));
            assert!(bounds.is_sorted(), "{policy:?}");
            assert!(bounds.iter().all(|bound| *bound <= max), "{policy:?}");
        }
    }
}
