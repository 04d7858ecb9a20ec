//! [`CachedUserDirectory`]: caches users.

#[cfg(feature = "webhooks")]
mod events;
mod invalidation;
mod lookup;
mod policy;
mod stale;
mod writes;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use moka::Expiry;
use moka::future::Cache;

use invalidation::Invalidation;
use lookup::Lookup;
pub use policy::{CachePolicy, CacheStats};
use stale::Stale;
use writes::Writes;

use super::outage::is_outage;
use crate::directory::UserDirectory;
use crate::error::{Error, Result};
use crate::interceptor::Intercepted;
use crate::model::{User, UserId, UserQuery};
use crate::operation::Operation;
#[cfg(feature = "webhooks")]
use crate::time::{Clock, SystemClock};

/// A directory that caches users and lookups.
///
/// These calls can be served from the cache:
///
/// - [`get`](UserDirectory::get)
/// - [`list`](UserDirectory::list), if the query is a lookup: a filter by exactly one email address, phone number,
///   username or external id, with no other parameter except a limit
///
/// All other calls are forwarded. Concurrent calls for the same user or lookup are coalesced into one call to the
/// wrapped directory, and share its result or error. Errors and empty lookup results are not cached. Clones share the
/// cache.
///
/// # Staleness
///
/// A read reflects all earlier writes through this directory or its clones. A write invalidates these entries, even if
/// it fails or its future is dropped:
///
/// - the users in its arguments, and the lookups that found them;
/// - all lookups, if the operation may assign an identifier to a user (`create`, `update`, `replace_email_address`,
///   `replace_phone_number`, and operations that are added in later versions of this crate).
///
/// As an exception, a write that fails with one of the error kinds listed in [`CachePolicy::stale_if_error`]
/// invalidates nothing, unless its [outcome is unknown](Error::is_outcome_unknown).
///
/// A result that was read before or during a write to the same user is not served from the cache after the write.
///
/// These changes do not invalidate the cache, and become visible when the [time to live](CachePolicy::time_to_live) has
/// elapsed:
///
/// - Changes made elsewhere, such as by another process or in the Clerk dashboard. To make these changes visible
///   earlier, pass webhook events to `apply` (`webhooks` feature), or call [`invalidate_user`](Self::invalidate_user).
/// - Time-based changes, such as the expiration of a lock.
/// - Writes that take effect after their call has failed with an [unknown outcome](Error::is_outcome_unknown), or after
///   its future was dropped.
///
/// With [`CachePolicy::stale_if_error`], the cache can return expired users and lookups while the wrapped directory is
/// unavailable. With the `metrics` feature, each call that returns an expired entry increments the counter
/// `user_directory_cache_stale_total`, which has the label `operation`.
///
/// Do not base authorization decisions on data that may be stale.
///
/// The cache keeps complete users in memory, including private metadata.
///
/// ```
/// use user_directory::decorators::{CachePolicy, CachedUserDirectory};
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory, UserFilter, UserQuery, UserUpdate};
///
/// # tokio_test::block_on(async {
/// let users = CachedUserDirectory::new(InMemoryUserDirectory::new(), CachePolicy::default());
/// let ada = users.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?.id;
///
/// let by_name = UserQuery::from(UserFilter::new().email_address("ada@example.com"));
/// assert_eq!(users.list(&by_name).await?[0].id, ada); // Miss.
/// assert_eq!(users.list(&by_name).await?[0].id, ada); // Hit.
/// assert_eq!(users.get(&ada).await?.first_name, None); // Hit.
/// assert_eq!((users.stats().hits, users.stats().misses), (2, 1));
///
/// users.update(&ada, &UserUpdate::new().first_name("Ada")).await?;
/// assert_eq!(users.get(&ada).await?.first_name.as_deref(), Some("Ada"));
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct CachedUserDirectory<D> {
    inner: Intercepted<D, Invalidation>,
    policy: CachePolicy,
    /// The cached users. A key contains the user id and the number of the last write to the user before the read began,
    /// so that a later write makes the entry unreachable.
    users: Cache<UserKey, Cached>,
    /// The cached lookups. A key contains the lookup and the number of the last write to its identifier before the read
    /// began.
    lookups: Cache<LookupKey, Arc<Found>>,
    /// The entries that can be returned after they expire. `None` if the policy does not allow this.
    stale: Option<Stale>,
    counters: Arc<Counters>,
    #[cfg(feature = "webhooks")]
    clock: Arc<dyn Clock>,
}

type UserKey = (UserId, u64);
type LookupKey = (Lookup, u64);

#[derive(Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    stale: AtomicU64,
}

/// A cached user.
#[derive(Clone)]
struct Cached {
    /// The user is shared, because it is larger than a kilobyte and the cache moves and clones its values often.
    user: Arc<User>,
    /// The time to live, or `None` for that of the policy.
    time_to_live: Option<Duration>,
}

impl From<User> for Cached {
    fn from(user: User) -> Self {
        Self { user: Arc::new(user), time_to_live: None }
    }
}

/// Expires users according to their own time to live.
struct TimeToLive;

impl Expiry<UserKey, Cached> for TimeToLive {
    fn expire_after_create(&self, _: &UserKey, cached: &Cached, _: Instant) -> Option<Duration> {
        cached.time_to_live
    }

    fn expire_after_update(&self, _: &UserKey, cached: &Cached, _: Instant, _: Option<Duration>) -> Option<Duration> {
        cached.time_to_live
    }
}

/// A cached lookup result.
struct Found {
    users: Vec<User>,
    /// The number of the last write before the read began.
    after: u64,
}

/// Returns the weight of a lookup, which is its number of users.
fn weigh(_: &LookupKey, found: &Arc<Found>) -> u32 {
    u32::try_from(found.users.len()).unwrap_or(u32::MAX)
}

/// The reason why a lookup result is not cached.
enum NotCached {
    /// The lookup found no users.
    Empty,
    Failed(Error),
}

impl<D> CachedUserDirectory<D> {
    /// Wraps `inner` with a cache.
    pub fn new(inner: D, policy: CachePolicy) -> Self {
        let CachePolicy { time_to_live, max_users, .. } = policy;
        let users = Cache::builder().max_capacity(max_users).time_to_live(time_to_live).expire_after(TimeToLive);
        Self {
            inner: Intercepted::new(inner, Invalidation(Arc::new(Writes::new()))),
            policy,
            users: users.build(),
            lookups: Cache::builder().weigher(weigh).max_capacity(max_users).time_to_live(time_to_live).build(),
            stale: Stale::new(&policy),
            counters: Arc::default(),
            #[cfg(feature = "webhooks")]
            clock: Arc::new(SystemClock),
        }
    }

    /// Returns the wrapped directory. Writes to it do not invalidate the cache.
    pub fn inner(&self) -> &D {
        self.inner.inner()
    }

    /// Returns the wrapped directory.
    pub fn into_inner(self) -> D {
        self.inner.into_inner()
    }

    /// Invalidates a cached user and the lookups that found the user.
    ///
    /// The result of a read that began before this call is not served from the cache afterward. A cached lookup that
    /// did not find the user is not invalidated, even if the user now matches it. If you have the updated [`User`],
    /// call [`invalidate_user`](Self::invalidate_user) instead.
    ///
    /// ```
    /// # use user_directory::decorators::{CachePolicy, CachedUserDirectory};
    /// # use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// let ada = directory.create(&new_user).await?.id;
    /// let users = CachedUserDirectory::new(directory, CachePolicy::default());
    /// assert!(!users.get(&ada).await?.banned);
    ///
    /// users.inner().ban(&ada).await?; // This write bypasses the cache.
    /// assert!(!users.get(&ada).await?.banned);
    /// users.invalidate(&ada);
    /// assert!(users.get(&ada).await?.banned);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn invalidate(&self, user_id: &UserId) {
        self.writes().record_ahead_of_events(std::slice::from_ref(user_id));
    }

    /// Invalidates a cached user and the lookups that found, or would now find, the user.
    ///
    /// Call this method with a user that was created or updated elsewhere. For a webhook event, call `apply`
    /// (`webhooks` feature) instead, which can also cache the user.
    ///
    /// The result of a read that began before this call is not served from the cache afterward.
    ///
    /// ```
    /// # use user_directory::decorators::{CachePolicy, CachedUserDirectory};
    /// # use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory, UserDirectoryExt};
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// let old = directory.create(&new_user).await?;
    /// let users = CachedUserDirectory::new(directory, CachePolicy::default());
    /// assert_eq!(users.find_by_email_address("ada@example.com").await?.as_ref(), Some(&old));
    ///
    /// // These writes bypass the cache.
    /// users.inner().delete(&old.id).await?;
    /// let new = users.inner().create(&new_user).await?;
    ///
    /// users.invalidate_user(&new);
    /// assert_eq!(users.find_by_email_address("ada@example.com").await?, Some(new));
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn invalidate_user(&self, user: &User) {
        self.writes().record_user_ahead_of_events(user);
    }

    /// Invalidates the whole cache.
    ///
    /// ```
    /// # use user_directory::decorators::{CachePolicy, CachedUserDirectory};
    /// # use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let ada = directory.create(&new_user).await?.id;
    /// # let users = CachedUserDirectory::new(directory, CachePolicy::default());
    /// users.get(&ada).await?;
    /// users.inner().ban(&ada).await?; // This write bypasses the cache.
    /// users.invalidate_all();
    /// assert!(users.get(&ada).await?.banned);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn invalidate_all(&self) {
        self.writes().record_all_ahead_of_events();
        self.users.invalidate_all();
        self.lookups.invalidate_all();
        self.stale.iter().for_each(Stale::invalidate_all);
    }

    /// Returns the cache counters.
    ///
    /// ```
    /// # use user_directory::decorators::{CachePolicy, CachedUserDirectory};
    /// # use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let ada = directory.create(&new_user).await?.id;
    /// # let users = CachedUserDirectory::new(directory, CachePolicy::default());
    /// users.get(&ada).await?;
    /// users.get(&ada).await?;
    /// assert_eq!((users.stats().hits, users.stats().misses), (1, 1));
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        let Counters { hits, misses, stale } = &*self.counters;
        CacheStats { hits: hits.load(Relaxed), misses: misses.load(Relaxed), stale: stale.load(Relaxed) }
    }

    fn writes(&self) -> &Writes {
        &self.inner.interceptor().0
    }

    fn count_call(&self, missed: bool) {
        let counter = if missed { &self.counters.misses } else { &self.counters.hits };
        counter.fetch_add(1, Relaxed);
    }

    fn count_stale(&self, operation: Operation) {
        self.counters.stale.fetch_add(1, Relaxed);
        #[cfg(feature = "metrics")]
        metrics::counter!("user_directory_cache_stale_total", "operation" => operation.as_str()).increment(1);
        #[cfg(not(feature = "metrics"))]
        let _ = operation;
    }

    fn is_fresh(&self, found: &Found) -> bool {
        found.users.iter().all(|user| self.writes().last_to(&user.id) <= found.after)
    }
}

impl<D> CachedUserDirectory<D> {
    async fn insert(&self, key: UserKey, cached: Cached) {
        if let Some(stale) = &self.stale {
            stale.insert_user(key.clone(), cached.clone()).await;
        }
        self.users.insert(key, cached).await;
    }
}

impl<D: UserDirectory> CachedUserDirectory<D> {
    /// Calls the wrapped directory with a lookup. Also caches the users that it finds for `get`.
    async fn find(&self, query: &UserQuery) -> Result<Arc<Found>, NotCached> {
        let after = self.writes().last();
        let users = self.inner().list(query).await.map_err(NotCached::Failed)?;
        if users.is_empty() {
            return Err(NotCached::Empty);
        }
        for user in &users {
            let last = self.writes().last_to(&user.id);
            if last <= after {
                self.insert((user.id.clone(), last), user.clone().into()).await;
            }
        }
        Ok(Arc::new(Found { users, after }))
    }
}

#[async_trait]
impl<D: UserDirectory> UserDirectory for CachedUserDirectory<D> {
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.inner)
    }

    async fn get(&self, user_id: &UserId) -> Result<User> {
        let key = (user_id.clone(), self.writes().last_to(user_id));
        if let Some(cached) = self.users.get(&key).await {
            self.count_call(false);
            return Ok(User::clone(&cached.user));
        }
        // The future is boxed, because it is large and a hit does not need it.
        Box::pin(self.read(key)).await
    }

    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        let Some(lookup) = Lookup::of(query) else { return self.inner().list(query).await };
        let last = self.writes().last_to_identifier(&lookup);
        let key = (lookup, last);
        loop {
            let mut missed = false;
            let read = async {
                missed = true;
                // The future is boxed, because it is large and a hit does not need it.
                Box::pin(self.find(query)).await
            };
            match self.lookups.try_get_with(key.clone(), read).await {
                // A result that this call has just read is not checked. It may or may not include concurrent writes.
                Ok(found) if missed || self.is_fresh(&found) => {
                    self.count_call(missed);
                    if let Some(stale) = self.stale.as_ref().filter(|_| missed) {
                        stale.insert_lookup(key, found.clone()).await;
                    }
                    return Ok(found.users.clone());
                }
                // One of the users was changed after the lookup. One of the concurrent callers repeats the lookup.
                Ok(_) => self.lookups.invalidate(&key).await,
                Err(error) => {
                    self.count_call(missed);
                    return match &*error {
                        NotCached::Empty => Ok(Vec::new()),
                        NotCached::Failed(error) => self.stale_lookup(&key, error).await,
                    };
                }
            }
        }
    }
}

impl<D: UserDirectory> CachedUserDirectory<D> {
    /// Reads and caches a user. Concurrent reads are coalesced.
    async fn read(&self, key: UserKey) -> Result<User> {
        let mut missed = false;
        let read = async {
            missed = true;
            self.inner().get(&key.0).await.map(Cached::from)
        };
        let result = self.users.try_get_with(key.clone(), read).await;
        self.count_call(missed);
        match (result, &self.stale) {
            (Ok(cached), Some(stale)) if missed => {
                stale.insert_user(key, cached.clone()).await;
                Ok(User::clone(&cached.user))
            }
            (Ok(cached), _) => Ok(User::clone(&cached.user)),
            (Err(error), Some(stale)) if is_outage(&error) => match stale.user(&key).await {
                // A write may have been recorded since the read began.
                Some(user) if self.writes().last_to(&key.0) == key.1 => {
                    self.count_stale(Operation::Get);
                    Ok(Arc::unwrap_or_clone(user))
                }
                _ => Err(Arc::unwrap_or_clone(error)),
            },
            (Err(error), _) => Err(Arc::unwrap_or_clone(error)),
        }
    }
}

impl<D> CachedUserDirectory<D> {
    /// Returns an expired lookup result if there is one that may be used, or the error otherwise.
    async fn stale_lookup(&self, key: &LookupKey, error: &Error) -> Result<Vec<User>> {
        match &self.stale {
            Some(stale) if is_outage(error) => match stale.lookup(key).await {
                // A write may have been recorded since the read began.
                Some(found) if self.is_fresh(&found) && self.writes().last_to_identifier(&key.0) == key.1 => {
                    self.count_stale(Operation::List);
                    Ok(found.users.clone())
                }
                _ => Err(error.clone()),
            },
            _ => Err(error.clone()),
        }
    }
}

impl<D: fmt::Debug> fmt::Debug for CachedUserDirectory<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedUserDirectory")
            .field("inner", self.inner())
            .field("policy", &self.policy)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "in-memory"))]
mod tests {
    use super::*;
    use crate::in_memory::InMemoryUserDirectory;
    use crate::model::UserFilter;

    #[tokio::test]
    async fn lookups_are_weighed_by_the_number_of_users() {
        let shared = r#"[
            {"id": "user_1", "email_addresses": [{"email_address": "shared@example.com"}]},
            {"id": "user_2", "email_addresses": [{"email_address": "shared@example.com"}]}
        ]"#;
        for (max_users, weight) in [(1, 0), (2, 2), (10, 2)] {
            let directory = InMemoryUserDirectory::new();
            directory.load_json(shared).await.unwrap();
            let users = CachedUserDirectory::new(directory, CachePolicy::default().max_users(max_users));
            let lookup = UserQuery::from(UserFilter::new().email_address("shared@example.com"));
            assert_eq!(users.list(&lookup).await.unwrap().len(), 2);
            users.lookups.run_pending_tasks().await;
            assert_eq!(users.lookups.weighted_size(), weight, "{max_users}");
        }
    }
}
