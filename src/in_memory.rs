//! [`InMemoryUserDirectory`]: a directory with the real semantics, for tests and for running without an account.
//!
//! # Assumptions
//!
//! Where Clerk's documentation says what happens, the directory does that. Where it does not, the directory does what
//! surprises least; this is the list of these choices, so that you can see where it may differ from the service:
//!
//! - **Filters**: email addresses, phone numbers, user names and wallets widen each other, everything else narrows. A
//!   time that a user lacks is neither before nor after another, and bounds are exclusive but for that of
//!   `last_active_at_since`. Identifiers are compared without case; external ids and the ids of users at a provider are
//!   not. A query with a space is also looked for in the first and last name together. An empty query is part of every
//!   text.
//! - **Ordering**: texts are compared without case; users who lack the field come last either way; equal ones come
//!   newest first. Sorting by email address, phone number or wallet uses the primary one. In the order of creation, users
//!   of the same time are in the order in which they came, and one whose time is not known is the oldest. Memberships,
//!   invitations and devices come in the order in which they were added.
//! - **Cursors**: `starting_after` a user who does not exist (any more) is 422 `form_resource_not_found`.
//! - **Times** of users have milliseconds, as in the API's answers; what is given finer is cut off.
//! - **Several invalid fields** are all reported.
//! - **Identifiers**: a user name has 4 to 64 letters, digits, `_`, `-` and `.`, and not digits only. Names have at most
//!   256 characters. A phone number has 7 to 15 digits. An email address is what RFC 5322 takes, so `ada@localhost` is
//!   one. A wallet is an Ethereum or a Solana address. Nothing is normalised: what was given is answered. Only a
//!   verified or reserved email address or phone number keeps others from having it. An external id is not empty. In
//!   users who are loaded, an empty value is one that is not known: it identifies nobody.
//! - **Primary identifiers**: deleting the primary wallet makes the next verified one primary, or none. The last
//!   identifier can be deleted (the API's `identification_deletion_failed` is taken to be for users who do that
//!   themselves), and a primary one cleared without another in its place.
//! - **Cleared fields**: a switch is as on a new user again (`delete_self_enabled` and `create_organization_enabled` are
//!   `true`, `bypass_client_trust` is `false`); the time of creation stays. An update to a blank user
//!   name takes the user name away.
//! - **What is missing** of a new user is reported one by one, with `form_data_missing`, as `email_address` or `password`.
//! - **Metadata**: white space is not kept, and does not count. What is to be merged has a limit of 8 KB too.
//! - **Second factors**: a user has two-factor authentication while there is an authenticator app, a backup code or a
//!   phone number reserved for it. Deleting a second factor that the user does not have is no error. A user who has
//!   backup codes and no authenticator app can verify a backup code; one who has neither is 400 `totp_disabled`. The
//!   codes of the step before and after are taken, and may be used again. Using up the last backup code switches them
//!   off.
//! - **Passwords**: failed verifications do not lock anybody. Removing a password clears `password_last_updated_at`.
//!   `requires_password_reset` is shown once it was set. A digest of AWS Cognito cannot be verified without that
//!   service, which is an error.
//! - **Banned and locked users**, and those whom a directory (SCIM) manages, can be updated like any other. The
//!   passwords and codes of banned and locked users are verified too.
//! - **Memberships** are answered by `get_organization_memberships` only: `User::organization_memberships` is empty, also
//!   of users who were loaded with some.
//! - **Bulk operations** change nobody if one user does not exist (404). The users are answered in the order in which
//!   they were named, and one who was named twice is answered twice.
//! - **Images** have URLs below `https://images.invalid/`, and exist in name only: every id that begins with `img` is one
//!   that was uploaded before. What counts is how the data begins, not the media type.
//! - **External accounts**: deleting one takes its tokens along; the identifiers that it brought stay.
//! - **Tokens**: a provider for which the user has no token answers an empty list; an expired token is 422
//!   `oauth_missing_refresh_token`, because nothing can refresh it.
//! - **Credit**: a repeated idempotency key answers the first entry if amount, direction and currency are the same, and
//!   is 409 `conflict` otherwise; each user has keys of their own. Credit in another currency than the balance's is 422
//!   `form_param_value_invalid`.
//! - **Operations of a disabled feature** fail before the user is looked up.
//! - **Legal requirements, sessions and notifications** are not modelled.

mod arrange;
mod belongings;
mod billing;
mod clock;
mod contacts;
mod create;
mod credentials;
mod filter;
mod identifiers;
mod ids;
mod lookup;
mod operations;
mod password_hash;
mod profile;
mod record;
mod refusal;
mod rules;
mod search_text;
mod settings;
#[cfg(feature = "emulator")]
pub(crate) mod snapshot;
mod standing;
mod store;
mod totp;
mod update;
mod upsert;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::{SignedDuration, Timestamp};

pub use ids::{IdGenerator, RandomIds, SequentialIds};
#[cfg(feature = "emulator")]
pub(crate) use profile::check_replacement;
pub use settings::InstanceSettings;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{InvalidId, User, UserId};
use crate::time::{Clock, SystemClock};
pub use crate::totp::totp_code;
use record::Record;
use store::Store;

/// A directory of users in memory, with the semantics of Clerk's and its error codes.
///
/// For tests and for running an application without an account. Clones share the users. The
/// [module documentation](crate::in_memory) lists where it may differ from the service.
///
/// `get`, look-ups by identifier, `count` without a filter and pages of the newest users take the same time however
/// many users there are; other filters and orders look at every user, off the runtime's own threads and without
/// keeping writers out. Such a search among more than some hundred users is not a snapshot: a user whose time of
/// creation changes meanwhile may be seen twice or not at all.
///
/// ```
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
///
/// # tokio_test::block_on(async {
/// let directory = InMemoryUserDirectory::new();
/// let user = directory.create(&NewUser::new().username("ada.lovelace")).await?;
/// assert_eq!(directory.get(&user.id).await?, user);
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct InMemoryUserDirectory {
    inner: Arc<Inner>,
}

struct Inner {
    store: RwLock<Store>,
    /// Held by who waits to write, so that a long search lets them before it goes on.
    turn: Mutex<()>,
    settings: InstanceSettings,
    clock: Box<dyn Clock>,
    /// How far the directory's time has been moved ahead of the clock's.
    ahead: RwLock<SignedDuration>,
    ids: Box<dyn IdGenerator>,
}

/// Builds an [`InMemoryUserDirectory`].
///
/// ```
/// use user_directory::InMemoryUserDirectory;
/// use user_directory::in_memory::SequentialIds;
/// use user_directory::time::ManualClock;
///
/// let clock = ManualClock::new("2026-05-12T09:00:00Z".parse()?);
/// let directory = InMemoryUserDirectory::builder().clock(clock.clone()).ids(SequentialIds::default()).build();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct InMemoryBuilder {
    settings: InstanceSettings,
    clock: Box<dyn Clock>,
    ids: Box<dyn IdGenerator>,
}

impl InMemoryBuilder {
    /// What the instance allows and asks for.
    ///
    /// ```
    /// use user_directory::InMemoryUserDirectory;
    /// use user_directory::in_memory::InstanceSettings;
    ///
    /// let users = InMemoryUserDirectory::builder().settings(InstanceSettings::default()).build();
    /// ```
    pub fn settings(mut self, settings: InstanceSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Where the time comes from; the system's clock if it is not given.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Where ids come from; random ones if it is not given.
    pub fn ids(mut self, ids: impl IdGenerator) -> Self {
        self.ids = Box::new(ids);
        self
    }

    /// An empty directory.
    #[must_use]
    pub fn build(self) -> InMemoryUserDirectory {
        let Self { settings, clock, ids } = self;
        InMemoryUserDirectory {
            inner: Arc::new(Inner {
                store: RwLock::default(),
                turn: Mutex::default(),
                settings,
                clock,
                ahead: RwLock::default(),
                ids,
            }),
        }
    }
}

impl InMemoryUserDirectory {
    /// An empty directory with the default settings.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// An empty directory to be set up.
    pub fn builder() -> InMemoryBuilder {
        InMemoryBuilder {
            settings: InstanceSettings::default(),
            clock: Box::new(SystemClock),
            ids: Box::new(RandomIds),
        }
    }
}

impl Default for InMemoryUserDirectory {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for InMemoryUserDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemoryUserDirectory").field("users", &self.len()).finish_non_exhaustive()
    }
}

impl Inner {
    fn now(&self) -> Timestamp {
        let ahead = *self.ahead.read().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let end = if ahead.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        clock::to_the_millisecond(now.checked_add(ahead).unwrap_or(end))
    }

    // A panic under the lock would be a defect here; the users are whole all the same, because a record is changed
    // only after everything was checked.
    fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Store> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`read`](Self::read), after whoever waits to write. Who lets go of the lock and takes it again at once would
    /// have it back before they are awake.
    fn read_in_turn(&self) -> RwLockReadGuard<'_, Store> {
        drop(self.turn.lock().unwrap_or_else(PoisonError::into_inner));
        self.read()
    }

    /// A new id of the type that the caller asks for.
    fn new_id<T>(&self, prefix: &str) -> Result<T>
    where
        T: TryFrom<String, Error = InvalidId>,
    {
        T::try_from(self.ids.next_id(prefix)).map_err(|error| {
            let message = "the generator of ids gives one that is not well-formed";
            Error::new(ErrorKind::Configuration).with_message(message).with_source(error)
        })
    }

    /// A new id that is free among so many: the generator knows nothing of what was loaded.
    fn free_id<T>(&self, prefix: &str, others: usize, is_taken: impl Fn(&T) -> bool) -> Result<T>
    where
        T: TryFrom<String, Error = InvalidId>,
    {
        // As many different ids as this, and one is free.
        for _ in 0..=others {
            let id = self.new_id(prefix)?;
            if !is_taken(&id) {
                return Ok(id);
            }
        }
        let message = "the generator of ids gives the same ones again";
        Err(Error::new(ErrorKind::Configuration).with_message(message))
    }

    /// The record of a user, to look at without the lock.
    fn record(&self, id: &UserId) -> Result<Arc<Record>> {
        self.read().get(id).cloned().ok_or_else(|| no_user(id))
    }

    /// Changes a user, and answers it.
    fn edit(&self, id: &UserId, change: impl FnOnce(&mut Record, Timestamp)) -> Result<User> {
        self.try_edit(id, |record, now| {
            change(record, now);
            record.user.updated_at = Some(now);
            Ok(record.view(now, &self.settings))
        })
    }

    /// Changes a user, or refuses to. A change that is refused must not have begun.
    fn try_edit<T>(&self, id: &UserId, change: impl FnOnce(&mut Record, Timestamp) -> Result<T>) -> Result<T> {
        let mut store = self.write();
        // Under the lock, so that a change which had to wait is not older than the one it waited for.
        let now = self.now();
        store.edit(id, |record| change(record, now)).unwrap_or_else(|| Err(no_user(id)))
    }
}

fn no_user(id: &UserId) -> Error {
    refusal::not_found("user", id.as_str())
}

/// Runs work that takes long where it may block, or here if there is no runtime.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return work() };
    match runtime.spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime shuts down, so nobody waits for the result: this future is about to be dropped too.
            Err(_) => std::future::pending().await,
        },
    }
}
