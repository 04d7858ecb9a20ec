//! [`CachePolicy`] and [`CacheStats`].

use std::time::Duration;

/// The settings of a [`CachedUserDirectory`](crate::decorators::CachedUserDirectory).
///
/// By default, up to 10,000 users are cached for 30 seconds, and expired users are never returned.
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
    pub(super) stale_if_error: Duration,
}

/// The maximum of each duration: 100 years.
const MAX: Duration = Duration::from_secs(100 * 365 * 86_400);

impl Default for CachePolicy {
    fn default() -> Self {
        Self { time_to_live: Duration::from_secs(30), max_users: 10_000, stale_if_error: Duration::ZERO }
    }
}

impl CachePolicy {
    /// Sets the time to live of cached users and lookups. The default is 30 seconds.
    ///
    /// Durations longer than 100 years are capped at 100 years. If the duration is zero, users and lookups expire
    /// immediately.
    #[must_use]
    pub fn time_to_live(mut self, time_to_live: Duration) -> Self {
        self.time_to_live = time_to_live.min(MAX);
        self
    }

    /// Sets the approximate maximum number of cached users. The default is 10,000.
    ///
    /// Cached lookups have a separate limit with the same value, which applies to the total number of users in their
    /// results. For example, a lookup that found 500 users counts as 500. A lookup is not cached if the number of users
    /// in its result exceeds 97% of the limit.
    ///
    /// When the cache is full, rarely used entries are evicted. Expired and invalidated entries count toward the limit
    /// until they are evicted or replaced.
    #[must_use]
    pub fn max_users(mut self, max_users: u64) -> Self {
        self.max_users = max_users;
        self
    }

    /// Sets how long expired entries can be returned while the wrapped directory is unavailable.
    ///
    /// If a read fails with [`Unavailable`](crate::ErrorKind::Unavailable), [`Timeout`](crate::ErrorKind::Timeout),
    /// [`Connect`](crate::ErrorKind::Connect), [`Transport`](crate::ErrorKind::Transport) or
    /// [`RateLimited`](crate::ErrorKind::RateLimited), the cache returns an entry that expired at most
    /// `stale_if_error` ago, and counts the call in [`CacheStats::stale`]. If there is no such entry, the read fails.
    /// [Invalidated](crate::decorators::CachedUserDirectory#staleness) entries are never returned. Operations that are
    /// not cached are unaffected.
    ///
    /// The default is zero, which means that expired entries are never returned. With any other value, a second cache
    /// keeps each entry for this duration after the entry expires. The [`max_users`](Self::max_users) limit applies to
    /// each cache separately. If an entry is in both caches, its data is stored only once.
    ///
    /// Durations longer than 100 years are capped at 100 years.
    ///
    /// ```
    /// use std::time::Duration;
    /// use user_directory::decorators::{CachePolicy, CachedUserDirectory, Fault, FaultyUserDirectory};
    /// use user_directory::{ErrorKind, InMemoryUserDirectory, NewUser, UserDirectory};
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// let ada = directory.create(&new_user).await?;
    /// let faulty = FaultyUserDirectory::new(directory);
    /// let expires_at_once = CachePolicy::default().time_to_live(Duration::ZERO);
    /// let policy = expires_at_once.stale_if_error(Duration::from_secs(600));
    /// let users = CachedUserDirectory::new(faulty.clone(), policy);
    /// users.get(&ada.id).await?;
    ///
    /// faulty.add_fault(Fault::kind(ErrorKind::Unavailable));
    /// assert_eq!(users.get(&ada.id).await?, ada);
    /// assert_eq!(users.stats().stale, 1);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn stale_if_error(mut self, stale_if_error: Duration) -> Self {
        self.stale_if_error = stale_if_error.min(MAX);
        self
    }
}

/// Hit and miss counters for a [`CachedUserDirectory`](crate::decorators::CachedUserDirectory).
///
/// Calls that cannot be served from the cache, such as writes, are not counted.
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
    /// This includes calls that shared the result of a concurrent call.
    pub hits: u64,
    /// The number of calls that reached the wrapped directory.
    pub misses: u64,
    /// The number of calls that returned an expired entry because the wrapped directory was unavailable.
    ///
    /// These calls also count as hits or misses. See [`CachePolicy::stale_if_error`].
    pub stale: u64,
}
