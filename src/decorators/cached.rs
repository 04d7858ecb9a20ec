//! [`CachedUserDirectory`]: caches users.

mod entries;
#[cfg(feature = "webhooks")]
mod events;
mod expiring;
mod invalidation;
mod lookup;
mod policy;
mod writes;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use async_trait::async_trait;

use entries::{Entries, Found, LookupKey, NotCached, UserKey};
use expiring::Loaded;
use invalidation::Invalidation;
use lookup::Lookup;
pub use policy::{CachePolicy, CacheStats};
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
/// A lookup also caches each user that it finds, for later `get` calls. All other calls are forwarded. Concurrent calls
/// for the same user or lookup are coalesced into one call to the wrapped directory, and share its result or error.
/// Errors and empty lookup results are not cached. Clones share the cache.
///
/// # Staleness
///
/// A read reflects all earlier writes through this directory or its clones. A write invalidates these entries, even if
/// it fails or its future is dropped:
///
/// - the users in its arguments, and the lookups that found them;
/// - all lookups, if the operation may assign an identifier to a user (`create`, `update`, `replace_email_address`,
///   `replace_phone_number`, and operations added in later versions of this crate).
///
/// However, a write invalidates nothing if it fails with one of the error kinds listed in
/// [`CachePolicy::stale_if_error`], unless its [outcome is unknown](Error::is_outcome_unknown).
///
/// A result that was read before or during a write to the same user is not served from the cache after the write.
///
/// These changes do not invalidate the cache. They become visible once the [time to live](CachePolicy::time_to_live)
/// has elapsed:
///
/// - Changes made elsewhere, such as by another process or in the Clerk dashboard. To make these changes visible
///   earlier, pass webhook events to `apply` (`webhooks` feature), or call [`invalidate_user`](Self::invalidate_user).
/// - Time-based changes, such as the expiration of a lock.
/// - Writes that take effect after their call has failed with an [unknown outcome](Error::is_outcome_unknown), or after
///   their future has been dropped.
///
/// With [`CachePolicy::stale_if_error`], the cache can return expired users and lookups while the wrapped directory is
/// unavailable. With the `metrics` feature, each call that returns an expired entry increments the counter
/// `user_directory_cache_stale_total`, which has an `operation` label.
///
/// Do not base authorization decisions on data that may be stale.
///
/// The cache keeps complete users in memory, including private metadata. Expired and invalidated users can stay in
/// memory until they are evicted. To remove all users immediately, call [`invalidate_all`](Self::invalidate_all).
///
/// ```
/// use user_directory::decorators::{CachePolicy, CachedUserDirectory};
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory, UserFilter, UserQuery, UserUpdate};
///
/// # tokio_test::block_on(async {
/// let users = CachedUserDirectory::new(InMemoryUserDirectory::new(), CachePolicy::default());
/// let ada = users.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?.id;
///
/// let by_email = UserQuery::from(UserFilter::new().email_address("ada@example.com"));
/// assert_eq!(users.list(&by_email).await?[0].id, ada); // Miss.
/// assert_eq!(users.list(&by_email).await?[0].id, ada); // Hit.
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
    entries: Entries,
    /// Copies of the entries, which expire later and are returned during an outage. Each copy has the same key as its
    /// entry, so a write makes both unreachable. `None` if `stale_if_error` is zero.
    stale: Option<Entries>,
    counters: Arc<Counters>,
    #[cfg(feature = "webhooks")]
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    stale: AtomicU64,
}

impl<D> CachedUserDirectory<D> {
    /// Wraps `inner` with a cache.
    pub fn new(inner: D, policy: CachePolicy) -> Self {
        let CachePolicy { max_users, stale_if_error, .. } = policy;
        Self {
            inner: Intercepted::new(inner, Invalidation(Arc::new(Writes::new()))),
            policy,
            entries: Entries::new(max_users),
            stale: (!stale_if_error.is_zero()).then(|| Entries::new(max_users)),
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
    /// This includes the results of reads that are still in progress. A cached lookup that did not find the user is not
    /// invalidated, even if the user now matches it. If you have the updated [`User`], call
    /// [`invalidate_user`](Self::invalidate_user) instead.
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

    /// Invalidates a cached user and the lookups that found or would now find this user.
    ///
    /// This includes the results of reads that are still in progress.
    ///
    /// Call this method with a user that was created or updated elsewhere. For webhook events, call `apply` (`webhooks`
    /// feature), which can also cache the user.
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
        self.entries.clear();
        self.stale.iter().for_each(Entries::clear);
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
    fn key<'a>(&self, user_id: &'a UserId) -> UserKey<&'a UserId> {
        UserKey { user_id, last_write: self.writes().last_to(user_id) }
    }

    fn insert(&self, key: UserKey, user: Arc<User>, time_to_live: Duration) {
        self.insert_stale(key.clone(), user.clone(), time_to_live);
        self.entries.users.insert(key, user, time_to_live);
    }

    fn insert_stale(&self, key: UserKey, user: Arc<User>, time_to_live: Duration) {
        if let Some(stale) = &self.stale {
            stale.users.insert(key, user, time_to_live + self.policy.stale_if_error);
        }
    }

    fn insert_stale_lookup(&self, key: LookupKey, found: Arc<Found>) {
        let CachePolicy { time_to_live, stale_if_error, .. } = self.policy;
        if let Some(stale) = &self.stale {
            stale.lookups.insert(key, found, time_to_live + stale_if_error);
        }
    }
}

impl<D: UserDirectory> CachedUserDirectory<D> {
    /// Forwards a lookup to the wrapped directory, and caches each user found, for later `get` calls.
    async fn find(&self, query: &UserQuery) -> Result<Arc<Found>, NotCached> {
        let after = self.writes().last();
        let users = self.inner().list(query).await.map_err(NotCached::Failed)?;
        if users.is_empty() {
            return Err(NotCached::Empty);
        }
        for user in &users {
            let last = self.writes().last_to(&user.id);
            if last <= after {
                let key = UserKey { user_id: user.id.clone(), last_write: last };
                self.insert(key, Arc::new(user.clone()), self.policy.time_to_live);
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
        let key = self.key(user_id);
        if let Some(user) = self.entries.users.get(&key) {
            self.count_call(false);
            return Ok(User::clone(&user));
        }
        // The future is boxed, because it is large and a hit does not need it.
        Box::pin(self.read(key.into_owned())).await
    }

    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        let Some(lookup) = Lookup::of(query) else { return self.inner().list(query).await };
        let last = self.writes().last_to_identifier(&lookup);
        let key = (lookup, last);
        loop {
            // The future is boxed, because it is large and a hit does not need it.
            let find = async { Box::pin(self.find(query)).await };
            let Loaded { result, by_this_call: missed } =
                self.entries.lookups.get_or_load(&key, self.policy.time_to_live, find).await;
            match result {
                // A result that this call has just read is not checked. It may or may not include concurrent writes.
                Ok(found) if missed || self.is_fresh(&found) => {
                    self.count_call(missed);
                    let users = found.users.clone();
                    if missed {
                        self.insert_stale_lookup(key, found);
                    }
                    return Ok(users);
                }
                // One of the users was changed after the lookup. One of the concurrent callers repeats the lookup.
                Ok(outdated) => self.entries.lookups.remove_if(&key, |found| Arc::ptr_eq(found, &outdated)),
                Err(error) => {
                    self.count_call(missed);
                    return match error {
                        NotCached::Empty => Ok(Vec::new()),
                        NotCached::Failed(error) => self.stale_lookup(&key, error),
                    };
                }
            }
        }
    }
}

impl<D: UserDirectory> CachedUserDirectory<D> {
    /// Reads and caches a user. Concurrent reads are coalesced.
    async fn read(&self, key: UserKey) -> Result<User> {
        let time_to_live = self.policy.time_to_live;
        let get = async { self.inner().get(&key.user_id).await.map(Arc::new) };
        let Loaded { result, by_this_call: missed } = self.entries.users.get_or_load(&key, time_to_live, get).await;
        self.count_call(missed);
        match result {
            Ok(user) => {
                if missed {
                    self.insert_stale(key, user.clone(), time_to_live);
                }
                Ok(Arc::unwrap_or_clone(user))
            }
            Err(error) => self.stale_user(&key, error),
        }
    }
}

impl<D> CachedUserDirectory<D> {
    /// Returns the expired copy of a user if `error` indicates an outage.
    fn stale_user(&self, key: &UserKey, error: Error) -> Result<User> {
        match self.stale.as_ref().filter(|_| is_outage(&error)).and_then(|stale| stale.users.get(key)) {
            // A write may have been recorded since the read began.
            Some(user) if self.writes().last_to(&key.user_id) == key.last_write => {
                self.count_stale(Operation::Get);
                Ok(Arc::unwrap_or_clone(user))
            }
            _ => Err(error),
        }
    }

    /// Returns the expired copy of a lookup if `error` indicates an outage.
    fn stale_lookup(&self, key: &LookupKey, error: Error) -> Result<Vec<User>> {
        match self.stale.as_ref().filter(|_| is_outage(&error)).and_then(|stale| stale.lookups.get(key)) {
            // A write may have been recorded since the read began.
            Some(found) if self.is_fresh(&found) && self.writes().last_to_identifier(&key.0) == key.1 => {
                self.count_stale(Operation::List);
                Ok(found.users.clone())
            }
            _ => Err(error),
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
        for (max_users, weight) in [(1, 0), (3, 2), (10, 2)] {
            let directory = InMemoryUserDirectory::new();
            directory.load_json(shared).await.unwrap();
            let users = CachedUserDirectory::new(directory, CachePolicy::default().max_users(max_users));
            let lookup = UserQuery::from(UserFilter::new().email_address("shared@example.com"));
            assert_eq!(users.list(&lookup).await.unwrap().len(), 2);
            assert_eq!(users.entries.lookups.weight(), weight, "{max_users}");
        }
    }
}
