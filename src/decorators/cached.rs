//! [`CachedUserDirectory`]: caches users.

mod invalidation;
mod lookup;
mod policy;
mod writes;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use async_trait::async_trait;
use moka::future::Cache;

use invalidation::Invalidation;
use lookup::Lookup;
pub use policy::{CachePolicy, CacheStats};
use writes::Writes;

use crate::directory::UserDirectory;
use crate::error::{Error, Result};
use crate::interceptor::Intercepted;
use crate::model::{User, UserId, UserQuery};

/// A directory that caches users and lookups.
///
/// The following calls can be served from the cache:
///
/// - [`get`](UserDirectory::get);
/// - [`list`](UserDirectory::list) with one email address, phone number, username or external id, and no other
///   condition except a limit.
///
/// All other calls are forwarded. Concurrent calls for the same user or lookup are coalesced into one call to the
/// wrapped directory and share its result, even if the result is an error. Errors and lookups that find no user are not
/// cached. Clones share the cache.
///
/// # Staleness
///
/// A read reflects all earlier writes through this directory or its clones, even if a write failed or its future was
/// dropped. A write invalidates:
///
/// - the users in its arguments, and the lookups that found them;
/// - all lookups, if the operation may assign an identifier to a user (`create`, `update`, `replace_email_address`,
///   `replace_phone_number`, and operations that are added in later versions of this crate).
///
/// If a read begins before a write ends, the result of the read is not cached.
///
/// The following changes do not invalidate the cache, and become visible after at most the [time to
/// live](CachePolicy::time_to_live). They are the only exceptions to the [contract](UserDirectory#contract):
///
/// - Changes made elsewhere, such as by another process, in the Clerk dashboard or by a sign-in. To make these changes
///   visible earlier, call [`invalidate`](Self::invalidate) from a webhook handler.
/// - Time-based changes, such as the expiration of a user's lock.
/// - Writes with an [unknown outcome](Error::is_outcome_unknown) that are executed after the call has failed.
///
/// Do not base access decisions on data that may be stale. The cache keeps complete users in memory, including private
/// metadata.
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
    /// Keyed by user id and the number of the last write to the user before the read began. A later write changes the
    /// key.
    users: Cache<(UserId, u64), User>,
    /// Keyed by lookup and the number of the last write to identifiers before the read began.
    lookups: Cache<(Lookup, u64), Arc<Found>>,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
}

/// A cached lookup result.
struct Found {
    users: Vec<User>,
    /// The number of the last write before the read began.
    after: u64,
}

/// Why a lookup result is not cached.
enum NotCached {
    Empty,
    Failed(Error),
}

impl<D> CachedUserDirectory<D> {
    /// Wraps `inner` with a cache.
    pub fn new(inner: D, policy: CachePolicy) -> Self {
        let CachePolicy { time_to_live, max_users } = policy;
        Self {
            inner: Intercepted::new(inner, Invalidation(Arc::new(Writes::new()))),
            policy,
            users: Cache::builder().max_capacity(max_users).time_to_live(time_to_live).build(),
            lookups: Cache::builder()
                .weigher(|_, found: &Arc<Found>| u32::try_from(found.users.len()).unwrap_or(u32::MAX))
                .max_capacity(max_users)
                .time_to_live(time_to_live)
                .build(),
            counters: Arc::default(),
        }
    }

    /// Returns the wrapped directory. Writes to it do not invalidate the cache.
    pub fn inner(&self) -> &D {
        self.inner.inner()
    }

    /// Returns the wrapped directory. The cache is dropped unless a clone shares it.
    pub fn into_inner(self) -> D {
        self.inner.into_inner()
    }

    /// Invalidates a cached user and the lookups that found the user.
    ///
    /// Call this method from webhook handlers. If a read began before this call, its result is not cached. A cached
    /// lookup that did not find the user is not invalidated, even if the user now matches it.
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
        self.writes().record(std::slice::from_ref(user_id));
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
        self.writes().record_all();
        self.users.invalidate_all();
        self.lookups.invalidate_all();
    }

    /// Returns the hit and miss counters.
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
        CacheStats { hits: self.counters.hits.load(Relaxed), misses: self.counters.misses.load(Relaxed) }
    }

    fn writes(&self) -> &Writes {
        &self.inner.interceptor().0
    }

    fn count_call(&self, missed: bool) {
        let counter = if missed { &self.counters.misses } else { &self.counters.hits };
        counter.fetch_add(1, Relaxed);
    }

    fn is_fresh(&self, found: &Found) -> bool {
        found.users.iter().all(|user| self.writes().last_to(&user.id) <= found.after)
    }
}

impl<D: UserDirectory> CachedUserDirectory<D> {
    /// Runs a lookup, and caches the users that it finds for `get`.
    async fn find(&self, query: &UserQuery) -> Result<Arc<Found>, NotCached> {
        let after = self.writes().last();
        let users = self.inner().list(query).await.map_err(NotCached::Failed)?;
        if users.is_empty() {
            return Err(NotCached::Empty);
        }
        for user in &users {
            let last = self.writes().last_to(&user.id);
            if last <= after {
                self.users.insert((user.id.clone(), last), user.clone()).await;
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
        let mut missed = false;
        let read = async {
            missed = true;
            self.inner().get(user_id).await
        };
        let result = self.users.try_get_with(key, read).await;
        self.count_call(missed);
        result.map_err(Arc::unwrap_or_clone)
    }

    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        let Some(lookup) = Lookup::of(query) else { return self.inner().list(query).await };
        let key = (lookup, self.writes().last_to_identifiers());
        loop {
            let mut missed = false;
            let read = async {
                missed = true;
                self.find(query).await
            };
            let result = self.lookups.try_get_with(key.clone(), read).await;
            match result.as_deref() {
                // A result that was just read is not checked, because it may or may not include concurrent writes.
                Ok(found) if missed || self.is_fresh(found) => {
                    self.count_call(missed);
                    return Ok(found.users.clone());
                }
                // A user has been changed since the lookup. One of the concurrent callers repeats it.
                Ok(_) => self.lookups.invalidate(&key).await,
                Err(error) => {
                    self.count_call(missed);
                    return match &**error {
                        NotCached::Empty => Ok(Vec::new()),
                        NotCached::Failed(error) => Err(error.clone()),
                    };
                }
            }
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
