//! [`InMemoryUserDirectory`]: the semantics and error codes of Clerk's users API, in memory.
//!
//! Use it in tests and to run an application without a Clerk account.
//!
//! # Assumptions
//!
//! The directory follows Clerk's documentation. Where the documentation does not specify a behavior, the directory
//! implements the one listed here. The service may differ.
//!
//! ## Filters
//!
//! - Email addresses, phone numbers, usernames and wallets are combined with OR. All other filters are combined with
//!   AND.
//! - A user without a timestamp matches neither the `before` nor the `after` filter of that timestamp.
//! - Time bounds are exclusive, except for `last_active_at_since`.
//! - Identifiers are compared case-insensitively. External ids and the user ids of OAuth providers are case-sensitive.
//! - A query that contains a space is also matched against the full name (first and last name separated by a space).
//! - An empty query matches every text.
//!
//! ## Ordering
//!
//! - Text is compared case-insensitively.
//! - Users without the field come last in both directions. Ties are sorted newest first.
//! - Ordering by email address, phone number or wallet uses the primary one.
//! - Users with the same creation time are ordered by insertion. A user without a creation time counts as the oldest.
//! - Memberships, invitations and trusted devices are listed in insertion order.
//!
//! ## Pagination
//!
//! - `starting_after` with the id of an unknown or deleted user is rejected as invalid input with the code
//!   `form_resource_not_found`.
//!
//! ## Timestamps
//!
//! - The timestamps of a user are truncated to milliseconds, the precision of the API.
//!
//! ## Validation
//!
//! - All invalid fields of a request are reported together.
//! - A username has 4 to 64 letters, digits, `_`, `-` and `.`, and must not consist of digits only.
//! - First and last names have at most 256 characters.
//! - A phone number has 7 to 15 digits.
//! - An email address is valid if RFC 5322 allows it. `ada@localhost` is valid.
//! - A wallet is an Ethereum or a Solana address.
//! - An external id must not be empty.
//! - Identifiers are returned as given, without normalization.
//! - Missing fields of a new user are reported separately, with the code `form_data_missing` and the parameter
//!   `email_address` or `password`.
//!
//! ## Uniqueness
//!
//! - Email addresses and phone numbers are unique among verified and reserved ones. Unverified ones may be shared.
//! - Usernames, wallets, external ids and accounts at an OAuth provider are always unique.
//! - An empty identifier of a loaded user counts as unknown. It is neither unique nor found by a filter.
//!
//! ## Primary identifiers
//!
//! - Deleting the primary wallet makes the next verified wallet primary, if there is one.
//! - The last identifier of a user can be deleted. `identification_deletion_failed` is assumed to apply only to users
//!   who delete their own identifiers.
//! - A primary identifier can be cleared without choosing another one.
//!
//! ## Clearing fields
//!
//! - Clearing a flag resets it to the default of a new user: `true` for `delete_self_enabled` and
//!   `create_organization_enabled`, `false` for `bypass_client_trust`.
//! - Clearing `created_at` leaves it unchanged.
//! - Setting an empty username removes the username.
//!
//! ## Metadata
//!
//! - Whitespace outside of strings is neither stored nor counted towards the limit of 8 KB.
//! - The limit also applies to the patch that is merged.
//!
//! ## Second factors
//!
//! - Two-factor authentication is enabled while the user has an authenticator app, a backup code or a phone number that
//!   is reserved for second factors.
//! - Deleting a second factor that the user does not have succeeds.
//! - A user with backup codes but without an authenticator app can verify a backup code. A user with neither is
//!   rejected with the code `totp_disabled`.
//! - TOTP codes of the previous and the next time step are accepted, and codes can be used more than once.
//! - Using the last backup code disables backup codes.
//!
//! ## Passwords
//!
//! - Failed verifications do not lock a user.
//! - Removing a password clears `password_last_updated_at`.
//! - `requires_password_reset` is present once it has been set.
//! - Digests of AWS Cognito can only be verified by that service. Verifying one is an error.
//!
//! ## Bans, locks and SCIM
//!
//! - Banned users, locked users and users managed by SCIM can be updated like any other user.
//! - The passwords and codes of banned and locked users can be verified.
//!
//! ## Bulk operations
//!
//! - If any user does not exist, no user is changed and the operation fails with
//!   [`NotFound`](crate::ErrorKind::NotFound).
//! - Users are returned in the order of the request. A user who is listed twice is returned twice.
//!
//! ## Organizations
//!
//! - Memberships are returned by `get_organization_memberships` only. `User::organization_memberships` is always empty,
//!   even if a user was loaded with memberships.
//!
//! ## Images
//!
//! - Image data is not stored. Image URLs are below `https://images.invalid/`.
//! - Every image id that begins with `img` counts as uploaded.
//! - The image format is detected from the data. The media type is ignored.
//!
//! ## External accounts and tokens
//!
//! - Deleting an external account deletes its tokens. The identifiers that it added stay.
//! - A provider for which the user has no token returns an empty list.
//! - An expired token is rejected with the code `oauth_missing_refresh_token`, because it cannot be refreshed.
//!
//! ## Billing
//!
//! - Idempotency keys are scoped to the user. Repeating a key returns the first entry if amount, direction and currency
//!   are the same. Otherwise it fails with [`Conflict`](crate::ErrorKind::Conflict) and the code `conflict`.
//! - Credit in a currency other than that of the balance is rejected with the code `form_param_value_invalid`.
//!
//! ## Disabled features
//!
//! - Operations of a disabled feature fail before the user is looked up.
//!
//! ## Not modeled
//!
//! - Legal requirements, sessions and notifications.

mod bans_and_locks;
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
mod rejection;
mod resources;
mod rules;
mod search_text;
mod seed;
mod settings;
#[cfg(feature = "wire")]
#[doc(hidden)]
pub mod snapshot;
mod store;
mod totp;
mod update;
mod upsert;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::{SignedDuration, Timestamp};

pub use ids::{IdGenerator, RandomIds, SequentialIds};
#[cfg(feature = "wire")]
#[doc(hidden)]
pub use profile::check_replacement;
pub use settings::InstanceSettings;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{InvalidId, User, UserId};
use crate::time::{Clock, SystemClock};
pub use crate::totp::totp_code;
use record::Record;
use store::Store;

/// An in-memory user directory with Clerk's semantics and error codes.
///
/// Use it in tests and to run an application without a Clerk account. Clones share the same users. The
/// [module documentation](crate::in_memory#assumptions) lists where the directory may differ from the service.
///
/// # Performance
///
/// The cost of `get`, lookups by identifier, `count` without a filter and pages of the newest users is independent of
/// the number of users. Other filters and orders scan all users.
///
/// A scan of a large directory runs on the blocking thread pool and regularly releases its lock, so that writers are
/// not blocked. It is therefore not a snapshot: a user whose creation time changes during the scan may be returned
/// twice or not at all.
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
    /// Held by a writer that waits for `store`, so that a long search lets it go first.
    waiting_writer: Mutex<()>,
    settings: InstanceSettings,
    clock: Box<dyn Clock>,
    /// The offset that `advance_clock` has added to the clock.
    clock_offset: RwLock<SignedDuration>,
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
    /// Sets what the instance allows and requires.
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

    /// Sets the source of the current time. The default is [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Sets the generator of new ids. The default is [`RandomIds`].
    pub fn ids(mut self, ids: impl IdGenerator) -> Self {
        self.ids = Box::new(ids);
        self
    }

    /// Builds an empty directory.
    #[must_use]
    pub fn build(self) -> InMemoryUserDirectory {
        let Self { settings, clock, ids } = self;
        InMemoryUserDirectory {
            inner: Arc::new(Inner {
                store: RwLock::default(),
                waiting_writer: Mutex::default(),
                settings,
                clock,
                clock_offset: RwLock::default(),
                ids,
            }),
        }
    }
}

impl InMemoryUserDirectory {
    /// Creates an empty directory with the default settings.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Returns a builder for a directory with other settings.
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
        let offset = *self.clock_offset.read().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let end = if offset.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        clock::to_the_millisecond(now.checked_add(offset).unwrap_or(end))
    }

    // Ignoring poisoning is safe: records are changed only after all checks have passed, so a panic under the lock
    // leaves them consistent.
    fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Store> {
        let _waiting = self.waiting_writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Like [`read`](Self::read), but lets a waiting writer go first. Without this, a reader that releases the lock and
    /// immediately reacquires it would starve the writer.
    fn read_after_writers(&self) -> RwLockReadGuard<'_, Store> {
        drop(self.waiting_writer.lock().unwrap_or_else(PoisonError::into_inner));
        self.read()
    }

    /// Generates an id of type `T`.
    fn new_id<T>(&self, prefix: &str) -> Result<T>
    where
        T: TryFrom<String, Error = InvalidId>,
    {
        T::try_from(self.ids.next_id(prefix)).map_err(|error| {
            let message = "the id generator returned a malformed id";
            Error::new(ErrorKind::Configuration).with_message(message).with_source(error)
        })
    }

    /// Generates an id that is not taken. The generator does not know the ids that were loaded.
    fn free_id<T>(&self, prefix: &str, taken_ids: usize, is_taken: impl Fn(&T) -> bool) -> Result<T>
    where
        T: TryFrom<String, Error = InvalidId>,
    {
        // Among `taken_ids + 1` distinct ids, at least one is free.
        for _ in 0..=taken_ids {
            let id = self.new_id(prefix)?;
            if !is_taken(&id) {
                return Ok(id);
            }
        }
        let message = "the id generator repeats ids";
        Err(Error::new(ErrorKind::Configuration).with_message(message))
    }

    /// Returns the record of a user without holding the lock.
    fn record(&self, id: &UserId) -> Result<Arc<Record>> {
        self.read().get(id).cloned().ok_or_else(|| no_user(id))
    }

    /// Changes a user and returns it.
    fn edit(&self, id: &UserId, change: impl FnOnce(&mut Record, Timestamp)) -> Result<User> {
        self.try_edit(id, |record, now| {
            change(record, now);
            record.user.updated_at = Some(now);
            Ok(record.view(now, &self.settings))
        })
    }

    /// Changes a user with a closure that can fail. The closure must not modify the record if it fails.
    fn try_edit<T>(&self, id: &UserId, change: impl FnOnce(&mut Record, Timestamp) -> Result<T>) -> Result<T> {
        let mut store = self.write();
        // Read under the lock, so that timestamps follow the order of the changes.
        let now = self.now();
        store.edit(id, |record| change(record, now)).unwrap_or_else(|| Err(no_user(id)))
    }
}

fn no_user(id: &UserId) -> Error {
    rejection::not_found("user", id.as_str())
}

/// Runs long work on the blocking thread pool, or on the current thread outside of a runtime.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return work() };
    match runtime.spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down and will drop this future too.
            Err(_) => std::future::pending().await,
        },
    }
}
