//! [`CachedUserDirectory`].

mod look_up;
mod policy;
mod writes;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use async_trait::async_trait;
use moka::future::Cache;

use look_up::LookUp;
pub use policy::{CachePolicy, CacheStats};
use writes::Writes;

use crate::directory::UserDirectory;
use crate::error::{Error, Result};
use crate::model::{User, UserId, UserQuery};
use crate::operation::Operation;

/// Remembers users for a while, so that the directory behind is asked less often.
///
/// Two things are answered from memory: [`get`](UserDirectory::get), and a [`list`](UserDirectory::list) whose filter is
/// one email address, phone number, user name or external id and nothing else, with any limit. All else is passed on.
/// Calls that ask for the same at the same time wait for one answer, and share it, also if it is an error. Errors are not
/// remembered, and neither is that a look-up found nobody. Clones share the memory.
///
/// # How old an answer can be
///
/// What was written through this directory or a clone of it is read: once a write has answered, whether it succeeded,
/// failed, or nobody waited for it, its user is read anew, and a read that began before is not remembered. So are look-ups
/// that found the user, and all look-ups after an operation that gives somebody an identifier (`create`, `update`,
/// `replace_email_address`, `replace_phone_number`).
///
/// Everything else is seen [up to the time to live](CachePolicy::time_to_live) later, which is where this departs from the
/// [contract](UserDirectory#the-contract) and all it departs from:
///
/// - what others change: other processes, the service's own pages, users who sign in. Call
///   [`invalidate`](Self::invalidate) when a webhook tells of it.
/// - what time changes, such as the end of a lock;
/// - a write whose [outcome is unknown](Error::is_outcome_unknown), if the service carries it out after the error.
///
/// Do not decide about access by what may be too old for that. What is remembered is whole users, with private metadata,
/// in this process's memory.
///
/// ```
/// use user_directory::{
///     CachePolicy, CachedUserDirectory, InMemoryUserDirectory, NewUser, UserDirectory, UserFilter, UserQuery, UserUpdate,
/// };
///
/// # tokio_test::block_on(async {
/// let users = CachedUserDirectory::new(InMemoryUserDirectory::new(), CachePolicy::default());
/// let ada = users.create(&NewUser::new().username("ada.lovelace")).await?.id;
///
/// let by_name = UserQuery::from(UserFilter::new().username("ada.lovelace"));
/// assert_eq!(users.list(&by_name).await?[0].id, ada); // asks
/// assert_eq!(users.list(&by_name).await?[0].id, ada); // remembers
/// assert_eq!(users.get(&ada).await?.first_name, None); // remembers too
/// assert_eq!((users.stats().hits, users.stats().misses), (2, 1));
///
/// users.update(&ada, &UserUpdate::new().first_name("Ada")).await?;
/// assert_eq!(users.get(&ada).await?.first_name.as_deref(), Some("Ada"));
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct CachedUserDirectory {
    inner: Arc<dyn UserDirectory>,
    policy: CachePolicy,
    /// By user, and the last write to the user before the reading began: after another write nobody looks there.
    users: Cache<(UserId, u64), User>,
    /// By look-up, and the last write to identifiers before the reading began.
    look_ups: Cache<(LookUp, u64), Arc<Found>>,
    state: Arc<State>,
}

struct State {
    writes: Writes,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// Whom a look-up found.
struct Found {
    users: Vec<User>,
    /// The last write before the reading began.
    after: u64,
}

/// Why the result of a look-up is not remembered.
enum NotKept {
    Nobody,
    Failed(Error),
}

/// Notes a write when it is over, whatever came of it: also when nobody waits for it any more.
struct Noting<'a> {
    writes: &'a Writes,
    operation: Operation,
    user_ids: &'a [UserId],
}

impl Drop for Noting<'_> {
    fn drop(&mut self) {
        use Operation::{Create, ReplaceEmailAddress, ReplacePhoneNumber, Update};
        // What takes an identifier away changes only look-ups that found the user, which `note` is enough for.
        if matches!(self.operation, Create | Update | ReplaceEmailAddress | ReplacePhoneNumber) {
            self.writes.note_identifiers();
        }
        self.writes.note(self.user_ids);
    }
}

impl CachedUserDirectory {
    /// Puts a memory in front of a directory.
    pub fn new(inner: impl UserDirectory, policy: CachePolicy) -> Self {
        let CachePolicy { time_to_live, max_users } = policy;
        let state = State { writes: Writes::new(), hits: AtomicU64::new(0), misses: AtomicU64::new(0) };
        Self {
            inner: Arc::new(inner),
            policy,
            users: Cache::builder().max_capacity(max_users).time_to_live(time_to_live).build(),
            look_ups: Cache::builder().max_capacity(max_users).time_to_live(time_to_live).build(),
            state: Arc::new(state),
        }
    }

    /// Forgets a user whom somebody else has changed or deleted, and look-ups that found the user; for webhooks.
    ///
    /// A read that began before is not remembered either. A look-up that found only others stays until its time is over,
    /// although it may find this user now too.
    ///
    /// ```
    /// # use user_directory::{CachePolicy, CachedUserDirectory, InMemoryUserDirectory, NewUser, UserDirectory};
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let ada = directory.create(&NewUser::new().username("ada.lovelace")).await?.id;
    /// let users = CachedUserDirectory::new(directory.clone(), CachePolicy::default());
    /// assert!(!users.get(&ada).await?.banned);
    ///
    /// directory.ban(&ada).await?; // by somebody else
    /// assert!(!users.get(&ada).await?.banned);
    /// users.invalidate(&ada);
    /// assert!(users.get(&ada).await?.banned);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn invalidate(&self, user_id: &UserId) {
        self.state.writes.note(std::slice::from_ref(user_id));
    }

    /// Forgets everything.
    ///
    /// ```
    /// # use user_directory::{CachePolicy, CachedUserDirectory, InMemoryUserDirectory, NewUser, UserDirectory};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let ada = directory.create(&NewUser::new().username("ada.lovelace")).await?.id;
    /// # let users = CachedUserDirectory::new(directory.clone(), CachePolicy::default());
    /// users.get(&ada).await?;
    /// directory.ban(&ada).await?; // by somebody else
    /// users.invalidate_all();
    /// assert!(users.get(&ada).await?.banned);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn invalidate_all(&self) {
        self.state.writes.note_everybody();
        self.users.invalidate_all();
        self.look_ups.invalidate_all();
    }

    /// How often there was an answer in memory so far.
    ///
    /// ```
    /// # use user_directory::{CachePolicy, CachedUserDirectory, InMemoryUserDirectory, NewUser, UserDirectory};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let ada = directory.create(&NewUser::new().username("ada.lovelace")).await?.id;
    /// # let users = CachedUserDirectory::new(directory.clone(), CachePolicy::default());
    /// users.get(&ada).await?;
    /// users.get(&ada).await?;
    /// assert_eq!((users.stats().hits, users.stats().misses), (1, 1));
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        CacheStats { hits: self.state.hits.load(Relaxed), misses: self.state.misses.load(Relaxed) }
    }

    fn inner(&self) -> &dyn UserDirectory {
        &*self.inner
    }

    fn count_call(&self, asked: bool) {
        let counter = if asked { &self.state.misses } else { &self.state.hits };
        counter.fetch_add(1, Relaxed);
    }

    async fn note_write<T>(
        &self,
        operation: Operation,
        user_ids: &[UserId],
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let writes = &self.state.writes;
        let _noting = (!operation.is_read_only()).then(|| Noting { writes, operation, user_ids });
        work.await
    }

    /// Looks the user up, and remembers the users who were found, also for `get`.
    async fn find(&self, query: &UserQuery) -> Result<Arc<Found>, NotKept> {
        let after = self.state.writes.last();
        let users = self.inner.list(query).await.map_err(NotKept::Failed)?;
        if users.is_empty() {
            return Err(NotKept::Nobody);
        }
        for user in &users {
            let last = self.state.writes.last_of(&user.id);
            if last <= after {
                self.users.insert((user.id.clone(), last), user.clone()).await;
            }
        }
        Ok(Arc::new(Found { users, after }))
    }

    fn is_fresh(&self, found: &Found) -> bool {
        found.users.iter().all(|user| self.state.writes.last_of(&user.id) <= found.after)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl UserDirectory for CachedUserDirectory {
    crate::forward_operations! { Self::inner, Self::note_write =>
        count, create, update, delete, ban, unban, lock, unlock, set_profile_image, delete_profile_image,
        update_metadata, get_oauth_access_token, get_organization_memberships, get_organization_invitations,
        verify_password, verify_totp, disable_mfa, delete_totp, delete_backup_codes, delete_passkey,
        delete_web3_wallet, delete_external_account, replace_metadata, bulk_ban, bulk_unban, remove_password,
        set_password_compromised, unset_password_compromised, replace_email_address, replace_phone_number,
        list_trusted_devices, revoke_trusted_device, get_billing_subscription, get_billing_credit_balance,
        adjust_billing_credit_balance
    }

    async fn get(&self, user_id: &UserId) -> Result<User> {
        let key = (user_id.clone(), self.state.writes.last_of(user_id));
        let mut asked = false;
        let reading = async {
            asked = true;
            self.inner.get(user_id).await
        };
        let result = self.users.try_get_with(key, reading).await;
        self.count_call(asked);
        result.map_err(Arc::unwrap_or_clone)
    }

    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        let Some(look_up) = LookUp::of(query) else { return self.inner.list(query).await };
        let key = (look_up, self.state.writes.last_of_identifiers());
        loop {
            // The freshness is that of this call's begin: a write meanwhile may be seen or not.
            let mut asked = false;
            let reading = async {
                asked = true;
                self.find(query).await
            };
            let result = self.look_ups.try_get_with(key.clone(), reading).await;
            match result.as_deref() {
                Ok(found) if asked || self.is_fresh(found) => {
                    self.count_call(asked);
                    return Ok(found.users.clone());
                }
                // A user has changed since: to be read anew, by one of those who ask.
                Ok(_) => self.look_ups.invalidate(&key).await,
                Err(error) => {
                    self.count_call(asked);
                    return match &**error {
                        NotKept::Nobody => Ok(Vec::new()),
                        NotKept::Failed(error) => Err(error.clone()),
                    };
                }
            }
        }
    }
}

impl fmt::Debug for CachedUserDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedUserDirectory")
            .field("inner", &self.inner)
            .field("policy", &self.policy)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
