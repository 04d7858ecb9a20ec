//! [`RetryPolicy`]: how often, and after which waits, a call is tried again.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// How often a call is tried again, and how long it waits before that.
///
/// | | default | |
/// | --- | --- | --- |
/// | [`attempts`](Self::attempts) | 4 | the first one included |
/// | [`total_time`](Self::total_time) | 20 seconds | no attempt begins later than this |
/// | [`first_backoff`](Self::first_backoff) | 250 milliseconds | the longest wait before the second attempt; it doubles |
/// | [`longest_backoff`](Self::longest_backoff) | 10 seconds | where it stops doubling |
/// | [`longest_retry_after`](Self::longest_retry_after) | 15 seconds | the longest `Retry-After` that is waited for |
/// | [`budget_percent`](Self::budget_percent) | 20 | retries for each hundred calls, once 10 in reserve are used up |
///
/// The defaults are for an application in which somebody waits for the answer: a blip of a second or a rate limit (the
/// service counts over 10 seconds) passes unnoticed, and what lasts longer is told before the 30 seconds are over
/// after which [`ClerkBuilder::timeout`](crate::ClerkBuilder::timeout) ends the call anyway. A retry always begins
/// early enough to be answered.
///
/// # What is tried again
///
/// What [`Error::is_retryable`](crate::Error::is_retryable) says, with the column of the table of operations that
/// [`Operation::is_idempotent`](crate::Operation::is_idempotent) reads:
///
/// | failure | tried again |
/// | --- | --- |
/// | 429; 409 `resource_locked` and 423 | always: nothing was done |
/// | no connection | always: nothing was sent |
/// | 502, 503, 504, 520 to 524; no answer in time, 408; an exchange that broke off | idempotent operations |
/// | everything else, 500 too | never |
///
/// # How long it waits
///
/// As long as `Retry-After` says, in seconds or as a date, and up to `first_backoff` more, so that not everybody comes
/// back at once. A longer one than `longest_retry_after` ends the call with the error. Without `Retry-After`, a random
/// time between zero and a bound that begins at `first_backoff` and doubles up to `longest_backoff` (exponential
/// backoff with full jitter).
///
/// # The budget
///
/// When the service is down, retries would multiply its load. So a directory and its clones share a budget: each call
/// adds `budget_percent` hundredths of a retry, up to 10 retries in reserve, and each retry takes one. When it is empty,
/// a call ends with the error of its first attempt. 429, 409 `resource_locked` and 423 take nothing: the service works,
/// and says when to come back.
///
/// ```
/// use std::time::Duration;
/// use user_directory::{ClerkUserDirectory, RetryPolicy, SecretKey};
///
/// // For a job at night, which has time.
/// let patient = RetryPolicy::default()
///     .attempts(10)
///     .total_time(Duration::from_secs(600))
///     .longest_backoff(Duration::from_secs(60))
///     .longest_retry_after(Duration::from_secs(300))
///     .budget_percent(900);
/// let directory = ClerkUserDirectory::builder(SecretKey::new("sk_test_123")?)
///     .retry(patient)
///     .timeout(Duration::from_secs(660))
///     .build()?;
/// # Ok::<(), user_directory::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    pub(super) attempts: u32,
    pub(super) total_time: Duration,
    pub(super) first_backoff: Duration,
    pub(super) longest_backoff: Duration,
    pub(super) longest_retry_after: Duration,
    pub(super) budget_percent: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            total_time: Duration::from_secs(20),
            first_backoff: Duration::from_millis(250),
            longest_backoff: Duration::from_secs(10),
            longest_retry_after: Duration::from_secs(15),
            budget_percent: 20,
        }
    }
}

impl RetryPolicy {
    /// Never tries again.
    ///
    /// ```
    /// use user_directory::RetryPolicy;
    ///
    /// assert_eq!(RetryPolicy::none(), RetryPolicy::default().attempts(1));
    /// ```
    #[must_use]
    pub fn none() -> Self {
        Self::default().attempts(1)
    }

    /// How many attempts there are at most, the first one included. 0 is as good as 1.
    ///
    /// ```
    /// # use user_directory::RetryPolicy;
    /// assert_ne!(RetryPolicy::default().attempts(2), RetryPolicy::none());
    /// ```
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// How long after the beginning of the call another attempt may begin.
    ///
    /// [`ClerkBuilder::timeout`](crate::ClerkBuilder::timeout) is the end of the call itself.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_directory::RetryPolicy;
    /// let policy = RetryPolicy::default().total_time(Duration::from_secs(5));
    /// # assert_ne!(policy, RetryPolicy::default());
    /// ```
    #[must_use]
    pub fn total_time(mut self, total_time: Duration) -> Self {
        self.total_time = total_time;
        self
    }

    /// The longest wait before the second attempt. The bound doubles with each further one.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_directory::RetryPolicy;
    /// let policy = RetryPolicy::default().first_backoff(Duration::from_millis(50));
    /// # assert_ne!(policy, RetryPolicy::default());
    /// ```
    #[must_use]
    pub fn first_backoff(mut self, wait: Duration) -> Self {
        self.first_backoff = wait;
        self
    }

    /// Where the bound of the waits stops doubling.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_directory::RetryPolicy;
    /// let policy = RetryPolicy::default().longest_backoff(Duration::from_secs(2));
    /// # assert_ne!(policy, RetryPolicy::default());
    /// ```
    #[must_use]
    pub fn longest_backoff(mut self, wait: Duration) -> Self {
        self.longest_backoff = wait;
        self
    }

    /// The longest `Retry-After` that is waited for; a longer one ends the call with the error, which has it.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_directory::RetryPolicy;
    /// let policy = RetryPolicy::default().longest_retry_after(Duration::from_secs(2));
    /// # assert_ne!(policy, RetryPolicy::default());
    /// ```
    #[must_use]
    pub fn longest_retry_after(mut self, wait: Duration) -> Self {
        self.longest_retry_after = wait;
        self
    }

    /// How many retries there may be for each hundred calls, once the 10 in reserve are used up.
    ///
    /// ```
    /// # use user_directory::RetryPolicy;
    /// let policy = RetryPolicy::default().budget_percent(5);
    /// # assert_ne!(policy, RetryPolicy::default());
    /// ```
    #[must_use]
    pub fn budget_percent(mut self, percent: u32) -> Self {
        self.budget_percent = percent;
        self
    }

    /// The bound of the first wait, and of what is waited longer than `Retry-After` says.
    pub(super) fn first_bound(&self) -> Duration {
        self.first_backoff.min(self.longest_backoff)
    }

    /// The bounds of the waits, without an end. The jitter is not this crate's: it only ever lengthens a wait.
    pub(super) fn bounds(&self) -> ExponentialBackoff {
        ExponentialBuilder::new()
            .with_min_delay(self.first_bound())
            .with_max_delay(self.longest_backoff)
            .without_max_times()
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_until_it_is_the_longest() {
        let bounds: Vec<_> = RetryPolicy::default().bounds().take(8).map(|bound| bound.as_millis()).collect();
        assert_eq!(bounds, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    }

    #[test]
    fn no_bound_is_longer_than_the_longest_or_shorter_than_the_one_before() {
        let mut random = fastrand::Rng::with_seed(20_260_512);
        let mut duration = || Duration::from_nanos(random.u64(..) >> random.u32(..64));
        for _ in 0..1_000 {
            let (first, longest) = (duration(), duration());
            let policy = RetryPolicy::default().first_backoff(first).longest_backoff(longest);
            let bounds: Vec<_> = policy.bounds().take(80).collect();
            assert_eq!(bounds[0], first.min(longest));
            assert!(bounds.is_sorted(), "{policy:?}");
            assert!(bounds.iter().all(|bound| *bound <= longest), "{policy:?}");
        }
    }
}
