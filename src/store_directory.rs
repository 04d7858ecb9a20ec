//! [`StoreUserDirectory`]: the semantics and error codes of Clerk's users API over any store.
//!
//! [`InMemoryUserDirectory`](crate::InMemoryUserDirectory) is a `StoreUserDirectory` over an in-memory store. The crate
//! `user-directory-sql` provides stores for SQLite and PostgreSQL. For another database, implement [`UserStore`], as
//! described in the module [`store`](crate::store).
//!
//! # Assumptions
//!
//! The directory follows the documentation of Clerk. If the documentation does not specify a behavior, the directory
//! behaves as listed here. The service may differ.
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
//! - Text is compared case-insensitively, by Unicode code points.
//! - Users without a value for the sort field come last in both directions. Ties are sorted newest first.
//! - Ordering by email address, phone number or wallet uses the primary one.
//! - Users with the same creation time are ordered by insertion. A user without a creation time is treated as the
//!   oldest.
//! - A line feed in text is treated as a space.
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
//! - A username consists of 4 to 64 letters, digits, `_`, `-` and `.`. It must not consist of digits only.
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
//! - An empty identifier of a loaded user is treated as missing. It is not checked for uniqueness, and no filter
//!   matches it.
//!
//! ## Primary identifiers
//!
//! - Deleting the primary wallet makes the next verified wallet primary, if there is one.
//! - The last identifier of a user can be deleted. `identification_deletion_failed` is assumed to apply only to users
//!   who delete their own identifiers.
//! - A primary identifier can be cleared without selecting another one.
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
//! - Whitespace outside of strings is neither stored nor counted toward the limit of 8 KB.
//! - The limit also applies to the patch that is merged.
//!
//! ## Second factors
//!
//! - Two-factor authentication is enabled while the user has an authenticator app, a backup code or a phone number that
//!   is reserved for second factors.
//! - Deleting a second factor that the user does not have succeeds.
//! - A user with backup codes but without an authenticator app can verify a backup code. For a user with neither,
//!   verification fails with the code `totp_disabled`.
//! - TOTP codes of the previous and the next time step are accepted, and codes can be used more than once.
//! - Using the last backup code disables backup codes.
//!
//! ## Passwords
//!
//! - Failed verifications do not lock a user.
//! - Removing a password clears `password_last_updated_at`.
//! - `requires_password_reset` is present once it has been set.
//! - AWS Cognito digests can be verified only by AWS Cognito. Verifying such a digest returns an error.
//! - The feature `password-hashes` is required to verify imported digests that are not based on bcrypt. Without it, the
//!   verification fails with [`Unsupported`](crate::ErrorKind::Unsupported).
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
//! - Memberships are returned only by `get_organization_memberships`. `User::organization_memberships` is always empty,
//!   even if a user was loaded with memberships.
//!
//! ## Images
//!
//! - Image data is not stored. Image URLs begin with `https://images.invalid/`.
//! - Every image id that begins with `img` is treated as the id of an uploaded image.
//! - The image format is detected from the data. The media type is ignored.
//!
//! ## External accounts and tokens
//!
//! - Deleting an external account deletes its tokens. The identifiers that it added are kept.
//! - If the user has no token for the provider, an empty list is returned.
//! - An expired token is rejected with the code `oauth_missing_refresh_token`, because it cannot be refreshed.
//!
//! ## Billing
//!
//! - Idempotency keys are scoped to the user. Repeating a key returns the first entry if the amount, the direction and
//!   the currency are the same. Otherwise, the operation fails with [`Conflict`](crate::ErrorKind::Conflict) and the
//!   code `conflict`.
//! - Credit in a currency other than that of the balance is rejected with the code `form_param_value_invalid`.
//!
//! ## Disabled features
//!
//! - Operations of a disabled feature fail before the user is looked up.
//!
//! ## Not modeled
//!
//! - Legal requirements, sessions and notifications are not modeled.

mod blocking;
mod builder;
mod loading;
mod operations;
mod queries;
mod retry;
mod seed_user;
mod seeding;
mod writes;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

#[cfg(feature = "wire")]
#[doc(hidden)]
pub use crate::rules::metadata::check_replacement;
#[doc(inline)]
pub use crate::rules::{IdGenerator, InstanceSettings, RandomIds, SequentialIds};
pub use crate::totp::totp_code;
pub use builder::StoreUserDirectoryBuilder;

use crate::account::timestamps;
use crate::error::Result;
use crate::model::{User, UserId};
use crate::rules::{Context, rejection, view};
use crate::store::{StoredAccount, UserStore};
use crate::time::{Clock, Timer};

/// A user directory over a [`UserStore`], with Clerk's semantics and error codes.
///
/// Clones share the store. The [module documentation](crate::store_directory#assumptions) lists where the directory may
/// differ from the service.
///
/// A write reads the account, applies the rules of the operation to a copy, and commits the copy if the account has not
/// changed in the meantime. Otherwise, the write is retried until it succeeds or the
/// [retry timeout](StoreUserDirectoryBuilder::retry_timeout) has passed. No lock or transaction is held in between. If
/// a future is dropped, its change is applied completely or not at all.
///
/// ```
/// use user_directory::in_memory::InMemoryStore;
/// use user_directory::store_directory::StoreUserDirectory;
/// use user_directory::{NewUser, UserDirectory};
///
/// # tokio_test::block_on(async {
/// let directory = StoreUserDirectory::over(InMemoryStore::new());
/// let user = directory.create(&NewUser::new().username("ada.lovelace")).await?;
/// assert_eq!(directory.get(&user.id).await?, user);
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
pub struct StoreUserDirectory<S: ?Sized> {
    shared: Arc<Shared>,
    store: Arc<S>,
}

/// The state that clones of a directory share, except for the store.
struct Shared {
    settings: InstanceSettings,
    clock: Box<dyn Clock>,
    /// The offset that `advance_clock` has added to the clock.
    clock_offset: RwLock<SignedDuration>,
    ids: Box<dyn IdGenerator>,
    timer: Arc<dyn Timer>,
    retry_timeout: Duration,
}

impl<S: ?Sized> Clone for StoreUserDirectory<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), store: Arc::clone(&self.store) }
    }
}

impl<S: fmt::Debug + ?Sized> fmt::Debug for StoreUserDirectory<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreUserDirectory").field("store", &self.store).finish_non_exhaustive()
    }
}

impl<S: UserStore> StoreUserDirectory<S> {
    /// Creates a directory over a store, with the default settings.
    ///
    /// To change the settings, use a [builder](StoreUserDirectoryBuilder::new).
    #[must_use]
    pub fn over(store: S) -> Self {
        StoreUserDirectoryBuilder::new(store).build()
    }

    /// Returns the directory with a type-erased store, for code that works with every store.
    ///
    /// ```
    /// use user_directory::store::UserStore;
    /// use user_directory::store_directory::StoreUserDirectory;
    /// use user_directory::{InMemoryUserDirectory, User, UserFilter, UserDirectory, UserId};
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let any: StoreUserDirectory<dyn UserStore> = directory.erased();
    /// any.load([User::new(UserId::new("user_1")?)]).await?;
    /// assert_eq!(directory.count(&UserFilter::new()).await?, 1);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn erased(&self) -> StoreUserDirectory<dyn UserStore> {
        let store: Arc<dyn UserStore> = Arc::<S>::clone(&self.store);
        StoreUserDirectory { shared: Arc::clone(&self.shared), store }
    }
}

impl<S: UserStore + ?Sized> StoreUserDirectory<S> {
    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Returns the current time of the directory: the time of its clock plus the [offset](Self::clock_offset).
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let offset = self.clock_offset();
        let now = self.shared.clock.now();
        let end = if offset.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        timestamps::to_millisecond(now.checked_add(offset).unwrap_or(end))
    }

    /// Advances the directory's time: locks and tokens expire, and TOTP codes change.
    ///
    /// The offset is added to the time of the clock, so this works with every [`Clock`], including the system clock.
    /// The time saturates at [`Timestamp::MAX`]. To control the time completely, use a
    /// [`ManualClock`](crate::time::ManualClock).
    ///
    /// ```
    /// use std::time::Duration;
    /// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let id = directory.create(&NewUser::new().username("ada.lovelace").locked(true)).await?.id;
    /// assert!(directory.get(&id).await?.locked);
    ///
    /// directory.advance_clock(Duration::from_secs(3600));
    /// assert!(!directory.get(&id).await?.locked);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn advance_clock(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let mut offset = self.shared.clock_offset.write().unwrap_or_else(PoisonError::into_inner);
        *offset = offset.saturating_add(by);
    }

    /// Returns the total duration by which [`advance_clock`](Self::advance_clock) has advanced the time.
    #[must_use]
    pub fn clock_offset(&self) -> SignedDuration {
        *self.shared.clock_offset.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resets the [offset](Self::clock_offset) to zero.
    pub fn reset_clock(&self) {
        *self.shared.clock_offset.write().unwrap_or_else(PoisonError::into_inner) = SignedDuration::ZERO;
    }

    /// Returns the context in which rules are applied: time, settings and id generator.
    fn context(&self) -> Context<'_> {
        Context { now: self.now(), settings: &self.shared.settings, ids: &*self.shared.ids }
    }

    /// Returns the account of a user, or `None` if there is none.
    async fn find_account(&self, id: &UserId) -> Result<Option<Arc<StoredAccount>>> {
        Ok(self.store.load(std::slice::from_ref(id)).await?.pop())
    }

    /// Returns the account of a user, which must exist.
    async fn account(&self, id: &UserId) -> Result<Arc<StoredAccount>> {
        self.find_account(id).await?.ok_or_else(|| rejection::no_user(id))
    }

    /// Returns the user of an account at the current time.
    fn view(&self, account: &StoredAccount) -> User {
        view::user(&account.account, self.context())
    }
}

/// The time of the directory's clock, plus the [offset](StoreUserDirectory::clock_offset).
impl<S: UserStore + ?Sized> Clock for StoreUserDirectory<S> {
    fn now(&self) -> Timestamp {
        self.now()
    }
}
