//! [`CachePolicy`] and [`CacheStats`].

use std::time::Duration;

/// The time to live and the size of the cache of a [`CachedUserDirectory`](crate::CachedUserDirectory).
///
/// The default is 10,000 users for 30 seconds.
///
/// ```
/// use std::time::Duration;
/// use user_directory::CachePolicy;
///
/// let policy = CachePolicy::default().time_to_live(Duration::from_secs(5)).max_users(500);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CachePolicy {
    pub(super) time_to_live: Duration,
    pub(super) max_users: u64,
}

impl Default for CachePolicy {
    fn default() -> Self {
        Self { time_to_live: Duration::from_secs(30), max_users: 10_000 }
    }
}

impl CachePolicy {
    /// Sets how long a result is returned from the cache, at most 100 years. Zero disables the cache.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_directory::CachePolicy;
    /// let fresh = CachePolicy::default().time_to_live(Duration::from_secs(2));
    /// ```
    #[must_use]
    pub fn time_to_live(mut self, time_to_live: Duration) -> Self {
        const MAX: Duration = Duration::from_secs(100 * 365 * 86_400);
        self.time_to_live = time_to_live.min(MAX);
        self
    }

    /// Sets the maximum number of cached users, and of cached lookups. The least frequently used entries are evicted.
    ///
    /// ```
    /// # use user_directory::CachePolicy;
    /// let small = CachePolicy::default().max_users(100); // some hundred kilobytes
    /// ```
    #[must_use]
    pub fn max_users(mut self, max_users: u64) -> Self {
        self.max_users = max_users;
        self
    }
}

/// Hit and miss counters of a [`CachedUserDirectory`](crate::CachedUserDirectory) and its clones.
///
/// Only calls that can be served from the cache are counted.
///
/// ```
/// use user_directory::{CachePolicy, CacheStats, CachedUserDirectory, InMemoryUserDirectory};
///
/// let users = CachedUserDirectory::new(InMemoryUserDirectory::new(), CachePolicy::default());
/// let CacheStats { hits, misses, .. } = users.stats();
/// assert_eq!((hits, misses), (0, 0));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Calls that did not reach the wrapped directory, including those that shared the result of a concurrent call.
    pub hits: u64,
    /// Calls that reached the wrapped directory.
    pub misses: u64,
}
