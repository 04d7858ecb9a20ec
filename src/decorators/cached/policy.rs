//! [`CachePolicy`] and [`CacheStats`].

use std::time::Duration;

/// How long and how much a [`CachedUserDirectory`](crate::CachedUserDirectory) remembers: by default 10,000 users for 30
/// seconds.
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
    /// How long an answer is given again after it was read, and so how old an answer can be; 100 years at most. With zero
    /// nothing is remembered.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_directory::CachePolicy;
    /// let fresh = CachePolicy::default().time_to_live(Duration::from_secs(2));
    /// ```
    #[must_use]
    pub fn time_to_live(mut self, time_to_live: Duration) -> Self {
        const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);
        self.time_to_live = time_to_live.min(LONGEST);
        self
    }

    /// How many users are remembered, and how many look-ups beside them. When there are more, those are forgotten that
    /// are asked for the least.
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

/// How often a [`CachedUserDirectory`](crate::CachedUserDirectory) had the answer, since it was made. Only calls count
/// that can be answered from memory.
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
    /// Calls that were answered without asking the directory behind, also those that waited for another call's answer.
    pub hits: u64,
    /// Calls that asked the directory behind.
    pub misses: u64,
}
