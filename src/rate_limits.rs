//! [`RateLimits`]: the rate limits of the service, for clients that keep them and servers that enforce them.

mod bucket;

use std::time::Duration;

pub use bucket::{Bucket, BucketClock, UserBuckets};

use crate::operation::Operation;

/// The rate limits of the service. A request beyond a limit is rejected with
/// [`RateLimited`](crate::ErrorKind::RateLimited).
///
/// | | default |
/// | --- | --- |
/// | [`production`](Self::production) | 1000 requests |
/// | [`development`](Self::development) | 100 requests |
/// | [`updates_per_user`](Self::updates_per_user) | 10 requests |
/// | [`period`](Self::period) | 10 seconds |
///
/// The defaults are the documented limits of the service. Capacity that was used up is refilled continuously, not all at
/// once at the end of the period. A limit of 0 is treated as 1.
///
/// ```
/// use std::time::Duration;
/// use user_directory::clerk::RateLimits;
///
/// let half = RateLimits::default().production(500).development(50).updates_per_user(5);
/// let slow = RateLimits::default().development(2).period(Duration::from_secs(60));
/// # assert_ne!(half, slow);
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
    /// Returns the documented limits.
    #[must_use]
    pub const fn new() -> Self {
        Self { production: 1000, development: 100, updates_per_user: 10, period: Duration::from_secs(10) }
    }

    /// Sets the number of requests with a production key (`sk_live_…`) in a period.
    #[must_use]
    pub const fn production(mut self, requests: u32) -> Self {
        self.production = requests;
        self
    }

    /// Sets the number of requests with a development key (`sk_test_…`) in a period.
    #[must_use]
    pub const fn development(mut self, requests: u32) -> Self {
        self.development = requests;
        self
    }

    /// Sets the number of updates of one user in a period: [`update`](crate::UserDirectory::update),
    /// [`update_metadata`](crate::UserDirectory::update_metadata) and
    /// [`replace_metadata`](crate::UserDirectory::replace_metadata) together.
    #[must_use]
    pub const fn updates_per_user(mut self, updates: u32) -> Self {
        self.updates_per_user = updates;
        self
    }

    /// Sets the period of all limits.
    #[must_use]
    pub const fn period(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }
}

/// Returns `true` for the operations that the limit for each user applies to.
#[must_use]
pub const fn is_limited_by_user(operation: Operation) -> bool {
    matches!(operation, Operation::Update | Operation::UpdateMetadata | Operation::ReplaceMetadata)
}
