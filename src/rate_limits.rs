//! [`RateLimits`]: the limits that the service documents, for who keeps to them and for who enforces them.

mod bucket;

use std::time::Duration;

pub(crate) use bucket::{Bucket, UserBuckets};

use crate::operation::Operation;

/// How many requests the service answers in how much time; the others it answers with 429 and `Retry-After`.
///
/// The default is what the service documents: 1000 requests in 10 seconds for a production key (`sk_live_…`), 100 for
/// a development key (`sk_test_…`), each in all; and since 2026-05-12 10 updates of one user (`PATCH /users/{user_id}`,
/// `PATCH` and `PUT /users/{user_id}/metadata`) in 10 seconds.
///
/// A limit that was used up comes back bit by bit rather than all at once at the end of the time.
///
/// ```
/// use std::time::Duration;
/// use user_directory::RateLimits;
///
/// let limits = RateLimits { development: 5, ..RateLimits::default() };
/// assert_eq!(limits.per, Duration::from_secs(10));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// The requests with a production key, at least 1.
    pub production: u32,
    /// The requests with a development key, at least 1.
    pub development: u32,
    /// The updates of one user, at least 1.
    pub updates_of_a_user: u32,
    /// In how much time.
    pub per: Duration,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { production: 1000, development: 100, updates_of_a_user: 10, per: Duration::from_secs(10) }
    }
}

/// Whether an operation is one of the updates of which a user has only so many.
pub(crate) const fn is_limited_by_user(operation: Operation) -> bool {
    matches!(operation, Operation::Update | Operation::UpdateMetadata | Operation::ReplaceMetadata)
}
