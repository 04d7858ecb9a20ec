//! [`CachePolicy`] and [`CacheStats`].

use std::time::Duration;

/// The time to live and the capacity of a [`CachedUserDirectory`](crate::decorators::CachedUserDirectory).
///
/// By default, up to 10,000 users are cached for 30 seconds.
///
/// ```
/// use std::time::Duration;
/// use user_directory::decorators::{CachePolicy, CachedUserDirectory};
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
///
/// # tokio_test::block_on(async {
/// let policy = CachePolicy::default().time_to_live(Duration::from_secs(5)).max_users(500);
/// let users = CachedUserDirectory::new(InMemoryUserDirectory::new(), policy);
/// let ada = users.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?.id;
/// users.get(&ada).await?;
/// users.get(&ada).await?; // Hit, because 5 seconds have not passed yet.
/// assert_eq!(users.stats().hits, 1);
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
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
    /// Sets the time to live of cached users and lookups, which limits the staleness of a result.
    ///
    /// The maximum is 100 years. A value of zero disables the cache.
    #[must_use]
    pub fn time_to_live(mut self, time_to_live: Duration) -> Self {
        const MAX: Duration = Duration::from_secs(100 * 365 * 86_400);
        self.time_to_live = time_to_live.min(MAX);
        self
    }

    /// Sets the maximum number of cached users.
    ///
    /// The same limit applies to the users in cached lookups: a lookup that found 500 users counts as 500, and is not
    /// cached if the limit is lower. When the cache is full, the least frequently used entries are evicted.
    #[must_use]
    pub fn max_users(mut self, max_users: u64) -> Self {
        self.max_users = max_users;
        self
    }
}

/// Hit and miss counters of a [`CachedUserDirectory`](crate::decorators::CachedUserDirectory) since its creation.
///
/// Only cacheable calls are counted.
///
/// ```
/// use user_directory::decorators::{CachePolicy, CacheStats, CachedUserDirectory};
/// use user_directory::InMemoryUserDirectory;
///
/// let users = CachedUserDirectory::new(InMemoryUserDirectory::new(), CachePolicy::default());
/// let CacheStats { hits, misses, .. } = users.stats();
/// assert_eq!((hits, misses), (0, 0));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// The number of calls that did not reach the wrapped directory.
    ///
    /// This number includes calls that shared the result of a concurrent call.
    pub hits: u64,
    /// The number of calls that reached the wrapped directory.
    pub misses: u64,
}
