//! [`RateLimits`]: Clerk's rate limits, for clients and servers.

mod bucket;

use std::time::Duration;

pub use bucket::{Bucket, BucketClock, UserBuckets};

use crate::error::{Error, ErrorKind, Result};
use crate::operation::Operation;

/// The maximum period.
const MAX_PERIOD: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Clerk's rate limits.
///
/// If a request exceeds a limit, Clerk rejects it with status 429. A `ClerkUserDirectory` that is configured with these
/// limits delays such requests instead. A call fails if the delay would exceed the call timeout.
///
/// | setting | default |
/// | --- | --- |
/// | [`production`](Self::production) | 1,000 requests per period |
/// | [`development`](Self::development) | 100 requests per period |
/// | [`updates_per_user`](Self::updates_per_user) | 10 requests per period |
/// | [`period`](Self::period) | 10 seconds (at most 366 days) |
///
/// The defaults are the limits that Clerk documents. A limit of 0 requests is treated as 1.
///
/// Clerk does not document the algorithm. This crate assumes a token bucket whose capacity is the limit. The bucket
/// refills continuously. An empty bucket is full again after one period. A client that has been idle can therefore send
/// up to twice the limit within one period. If Clerk counts the requests in fixed windows instead, it can reject some
/// of these requests with status 429. To prevent this, set each limit to half of Clerk's limit.
///
/// If two processes share a secret key, configure each of them with half of the limits:
///
/// ```
/// use user_directory::clerk::RateLimits;
/// use user_directory::{ClerkUserDirectory, SecretKey};
///
/// let half = RateLimits::default().production(500).development(50).updates_per_user(5);
/// let directory = ClerkUserDirectory::builder(SecretKey::new("sk_live_123")?).rate_limits(half).build();
/// assert!(directory.is_ok());
/// # Ok::<_, user_directory::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    pub(crate) production: u32,
    pub(crate) development: u32,
    pub(crate) updates_per_user: u32,
    pub(crate) period: Duration,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self::new()
    }
}

impl RateLimits {
    /// Returns the limits that Clerk documents.
    #[must_use]
    pub const fn new() -> Self {
        Self { production: 1000, development: 100, updates_per_user: 10, period: Duration::from_secs(10) }
    }

    /// Sets the maximum number of requests per period for a production key (`sk_live_…`).
    #[must_use]
    pub const fn production(mut self, requests: u32) -> Self {
        self.production = requests;
        self
    }

    /// Sets the maximum number of requests per period with a development key (`sk_test_…`).
    #[must_use]
    pub const fn development(mut self, requests: u32) -> Self {
        self.development = requests;
        self
    }

    /// Sets the maximum number of updates to the same user per period.
    ///
    /// [`update`](crate::UserDirectory::update), [`update_metadata`](crate::UserDirectory::update_metadata) and
    /// [`replace_metadata`](crate::UserDirectory::replace_metadata) share this limit.
    #[must_use]
    pub const fn updates_per_user(mut self, updates: u32) -> Self {
        self.updates_per_user = updates;
        self
    }

    /// Sets the period of all limits, at most 366 days.
    #[must_use]
    pub const fn period(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }

    /// Checks that the period is at most 366 days.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](ErrorKind::Configuration) if the period is longer than 366 days.
    pub fn validate(&self) -> Result<()> {
        if self.period <= MAX_PERIOD {
            return Ok(());
        }
        let message = "the period of the rate limits must not be longer than 366 days";
        Err(Error::new(ErrorKind::Configuration).with_message(message))
    }
}

/// Returns `true` if the per-user limit applies to the operation.
#[must_use]
pub const fn is_limited_by_user(operation: Operation) -> bool {
    matches!(operation, Operation::Update | Operation::UpdateMetadata | Operation::ReplaceMetadata)
}
