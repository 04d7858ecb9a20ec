//! [`StoreUserDirectory`]: a user directory over any [`UserStore`], with Clerk's semantics and error codes.
//!
//! [`InMemoryUserDirectory`](crate::InMemoryUserDirectory) is a `StoreUserDirectory` over an in-memory store. The
//! `user-directory-sql` crate provides stores for SQLite and PostgreSQL. For other databases, implement [`UserStore`],
//! as described in the [`store`](crate::store) module.
//!
//! # Assumptions
//!
//! The directory follows Clerk's documentation, API descriptions and error catalog. These sources do not settle the
//! following behavior, so Clerk may behave differently. The `conformance_live` example compares the directory with a
//! Clerk instance. The last section is about the wire format, and applies to `clerk-emulator`.
//!
//! ## Filters
//!
//! | assumption | why it is not settled |
//! | --- | --- |
//! | Filters by email address, phone number, username and wallet are combined with OR. All other filters are combined with AND. | The SDK documentation describes only the combination of email addresses and phone numbers. |
//! | A user for whom a timestamp is not set does not match any filter on that timestamp. Time bounds are exclusive, except for `last_active_at_since`. | The API description says "before", "after" and "since". It mentions neither equal nor missing times. |
//! | Email addresses, usernames and Ethereum wallets are compared case-insensitively. Other identifiers and external ids are compared case-sensitively. Case-insensitive comparison, here and in queries, uses full Unicode case folding and canonical equivalence: `straße` equals `STRASSE`, and the composed form of `é` equals the decomposed one. | The API description does not mention case. |
//! | A query that contains a space is also matched against the full name (first and last name separated by a space). | The API description lists the searched fields, but not combinations of them. |
//! | A filter with an unknown OAuth provider is rejected with the code `oauth_unsupported_provider`. A known provider that is not enabled is accepted. | The error catalog has the code, but does not list the requests that return it. |
//!
//! ## Ordering
//!
//! | assumption | why it is not settled |
//! | --- | --- |
//! | Text is compared case-insensitively, by Unicode code points. Line feeds are treated as spaces. | The API description lists the sort fields, but no collation. |
//! | Users without a value for the sort field come last in both directions. Ties are sorted newest first. Of two users with the same creation time, the one that was added later is the newer one. A user without a creation time is treated as the oldest. | The API description mentions neither missing values nor ties. |
//! | Ordering by email address, phone number or wallet uses the primary identifier. | The API description does not mention users with several identifiers. |
//! | Memberships and invitations with the same creation time are sorted in reverse insertion order. | The SDK documentation says "newest first", but does not mention ties. |
//! | `starting_after` with the id of an unknown or deleted user is rejected with the code `form_resource_not_found`. | The API description does not mention unknown ids. |
//!
//! ## Validation
//!
//! | assumption | why it is not settled |
//! | --- | --- |
//! | All invalid fields of a request are reported together. An unknown image id, changes to attributes that a SCIM directory manages, and the removal of the last identification are reported first, without other errors. | A response can contain several errors, but no source says which requests return more than one. |
//! | The letters of a username are ASCII letters. A username must not consist only of digits. | The documentation says "Latin letters". The error catalog has a code for numbers, but no rule. |
//! | A backup code is plain text of at most 72 bytes, or a bcrypt digest. Text that has the shape of another digest is rejected. | The API description allows plain text and bcrypt digests, without a length. |
//! | First and last names have at most 256 characters and must not contain a URL: text with `://`, a word that begins with `www.`, a word with a fragment, such as `ada#0`, or a host name with a path, such as `example.com/path`. | The limit is not documented. Clerk's migration tool mentions names that are interpreted as URLs, but no rule. |
//! | A phone number has 7 to 15 digits. An email address must conform to RFC 5322; `ada@localhost` is valid. A wallet is an Ethereum or Solana address. An external id must not be empty. | The error catalog requires valid values, but does not define them. |
//! | Identifiers are stored and returned without normalization. | The examples in the API description contain only normalized identifiers. |
//! | Metadata is an object. An empty list, which is how PHP encodes an empty map, is rejected. | The API description requires an object. Whether the service is more lenient is not documented. |
//!
//! ## Required and disabled attributes
//!
//! | assumption | why it is not settled |
//! | --- | --- |
//! | `skip_user_requirement` exempts a user from all required attributes except the password, but the user must have an email address, a phone number, a username or a wallet. Without `skip_user_requirement`, a user without any identifier is accepted if no identifier is required. | The API description says that "identification types are not enforced" and that at least one must be provided, but does not mention names and requests without the flag. |
//! | A disabled attribute cannot be set, but it can be cleared. A required attribute cannot be cleared, except that [`remove_password`](crate::UserDirectory::remove_password) also removes a required password. | The error catalog has the codes, but does not list the requests that return them. |
//! | Operations that belong to a disabled feature fail before the user is looked up. | The order of the checks is not documented. |
//! | The last identification of a user cannot be deleted. Email addresses, phone numbers, usernames, wallets, external accounts, SAML accounts and enterprise accounts count as identifications. Passkeys and external ids do not. | The error catalog has the code, but does not define identifications. |
//! | If a SCIM directory manages an attribute of a user, selecting another primary identifier of that attribute, or removing the password, is rejected like any other change. | The API description mentions updates of attributes, but not these operations. |
//!
//! ## Uniqueness
//!
//! | assumption | why it is not settled |
//! | --- | --- |
//! | Verified and reserved email addresses and phone numbers are unique. Unverified ones can belong to several users. | The API description says that a reserved identifier cannot be claimed by others. It does not mention existing owners. |
//! | Usernames, wallets, external ids and OAuth provider accounts are always unique. | The error catalog has the code for duplicates, but does not list the identifiers. |
//! | An empty identifier of a [loaded](StoreUserDirectory::load) user is treated as missing. | Clerk has no operation that loads users. |
//!
//! ## Updates
//!
//! | assumption | why it is not settled |
//! | --- | --- |
//! | Deleting the primary wallet makes the first remaining verified wallet primary. A primary identifier can be cleared without selecting another one. | The API description does not mention the primary identifier in deletions, and allows `null` in updates without describing it. |
//! | Clearing a flag resets it to the default of a new user: `true` for `delete_self_enabled` and `create_organization_enabled`, `false` for `bypass_client_trust`. Clearing `created_at` leaves it unchanged. Setting an empty username removes the username. | The API description allows `null` for these fields without describing its effect. |
//! | Banned and locked users can be updated, and their passwords and codes can be verified. | The documentation describes the effect of bans and locks on sign-ins only. |
//!
//! ## Metadata
//!
//! | assumption | why it is not settled |
//! | --- | --- |
//! | The limit is 8,192 bytes of JSON. Whitespace outside of strings is neither stored nor counted. The limit also applies to the patch before it is merged. | The documentation says 8 KB, but not how the size is measured. |
//!
//! ## Passwords and second factors
//!
//! | assumption | why it is not settled |
//! | --- | --- |
//! | Two-factor authentication is enabled while the user has an authenticator app, a backup code or a phone number that is reserved as a second factor. Deleting a second factor that the user does not have succeeds. | The API description does not define `two_factor_enabled`, and does not mention missing factors. |
//! | A user with backup codes but without an authenticator app can verify a backup code. For a user with neither, verification fails with the code `totp_disabled`. | The operation verifies both kinds of codes, but the error catalog mentions only TOTP. |
//! | TOTP codes of the previous and the next time step are also accepted. A TOTP code can be used more than once. | The documentation mentions neither clock skew nor reuse. |
//! | Failed verifications do not lock a user. | The documentation of lockout describes sign-ins, which are not operations of the Backend API. |
//! | `requires_password_reset` is `None` until it is set for the first time. | The API description calls the field optional. |
//!
//! ## Bulk operations
//!
//! | assumption | why it is not settled |
//! | --- | --- |
//! | If any user does not exist, no user is changed and the operation fails with [`NotFound`](crate::ErrorKind::NotFound). | The API description does not mention unknown ids. |
//! | Users are returned in the order of the request. A user who is listed twice is returned twice. | The API description mentions neither the order of the response nor repeated ids. |
//!
//! ## External accounts and billing
//!
//! | assumption | why it is not settled |
//! | --- | --- |
//! | Deleting an external account deletes its tokens. The email addresses and phone numbers that are linked to it are kept, without the link. | The API description does not mention tokens and links. |
//! | [`get_oauth_access_token`](crate::UserDirectory::get_oauth_access_token) returns an empty list if the user has no token for the provider. | The API description does not mention users without a token. |
//! | The supported OAuth providers are those in the types of Clerk's JavaScript SDK, and custom providers. | The API description names one provider, as an example. |
//! | The expirations of tokens and invitations are encoded in milliseconds, and seconds are also decoded. | The API description calls them Unix timestamps without a unit. A test of an SDK uses seconds. |
//! | Idempotency keys are scoped to the user. Reusing a key returns the original ledger entry if the amount, the direction and the currency are the same. Otherwise, the operation fails with [`Conflict`](crate::ErrorKind::Conflict) and the code `conflict`. | The API description says that duplicate requests are handled safely, but not how. |
//! | An adjustment in a currency other than USD is rejected with the code `currency_invalid`. | The error catalog calls the currency "not supported", and does not list the supported ones. |
//!
//! ## Requests and responses
//!
//! | assumption | why it is not settled |
//! | --- | --- |
//! | A request without an API version can call every operation, and its formats are those of the oldest version. | The documentation does not name the version of such a request. Older SDKs and Clerk's command-line program send none. |
//! | A `null` value for an optional field of `create` is treated as absent. | The API description calls only some of the fields nullable. |
//! | A body of `null` is treated as an empty body. | The API description does not mention it. `clerk-rs` sends it. |
//! | A boolean in a query can have any notation that Go parses, such as `True` or `1`. | The API description does not define the notation. Clerk's backend is written in Go, and programs in Python send `True`. |
//! | Unknown query parameters and empty values are ignored. | The API description mentions neither. |
//! | The response to `list` has no `X-Total-Count` header. | Bug reports of applications mention the header, but Clerk's documentation does not. |
//!
//! # Differences from Clerk
//!
//! The directory differs from Clerk as follows:
//!
//! - Legal requirements, sessions, notifications and rate limits are not modeled.
//! - Idempotency keys of credit adjustments never expire. The ledger is part of the account, so the size of the account
//!   and the time of each write to it grow with every adjustment.
//! - Requests have [limits](crate::guide::in_production#limits) that Clerk does not document, such as 100 email
//!   addresses per new user.
//! - Passwords are compared with the list in [`leaked_passwords`](InstanceSettings::leaked_passwords) instead of a
//!   database of leaked passwords. Their strength is not estimated.
//! - Image data is not stored. Image URLs begin with `https://images.invalid/`. Every image id that begins with `img`
//!   is treated as the id of an uploaded image. The image format is detected from the data.
//! - A request for an expired OAuth token fails with the code `oauth_missing_refresh_token`, because the token cannot
//!   be refreshed.
//! - Digests with the hasher `awscognito`, `hmac_sha256_utf16_b64` or an [unknown
//!   hasher](InstanceSettings::unknown_password_hashers) cannot be verified. Verification fails with
//!   [`Configuration`](crate::ErrorKind::Configuration). The `password-hashes` feature is required to verify digests
//!   that are not based on bcrypt. Without it, verification fails with [`Unsupported`](crate::ErrorKind::Unsupported).
//! - Memberships are returned only by `get_organization_memberships`. `User::organization_memberships` is always empty,
//!   even if a user was loaded with memberships.

mod builder;
mod hashing;
mod loading;
mod operations;
#[cfg(feature = "webhooks")]
mod outbox;
pub(crate) mod queries;
mod reads;
pub(crate) mod retry;
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
pub use crate::rules::{Attribute, IdGenerator, InstanceSettings, RandomIds, Requirement, SequentialIds};
pub use crate::totp::totp_code;
pub use builder::StoreUserDirectoryBuilder;
#[cfg(feature = "webhooks")]
pub use outbox::{Outbox, OutboxChanges, PendingEvent};

use self::reads::read;
use crate::account::timestamps;
use crate::error::Result;
use crate::model::{User, UserId};
use crate::rules::{Context, rejection, view};
use crate::store::{StoredAccount, UserStore};
use crate::time::{Clock, Timer};

/// A user directory over a [`UserStore`], with Clerk's semantics and error codes.
///
/// Clones share the store. The [module documentation](crate::store_directory#assumptions) describes how the directory
/// may differ from Clerk.
///
/// Writes use optimistic concurrency control: a write reads the user's account, modifies a copy, and commits the copy
/// if the account has not changed in the meantime. If the account has changed, the write is retried until it succeeds
/// or the [retry timeout](StoreUserDirectoryBuilder::retry_timeout) has passed. No lock or transaction is held between
/// the read and the commit. If a future is dropped, its change is applied completely or not at all.
///
/// Password hashing and the verification of passwords and backup codes run on the blocking thread pool of the runtime.
/// All directories of a process together use at most one thread per core and 512 MiB of memory for this work.
/// Additional calls wait.
///
/// ```
/// use user_directory::in_memory::InMemoryStore;
/// use user_directory::store_directory::StoreUserDirectory;
/// use user_directory::{NewUser, UserDirectory};
///
/// # tokio_test::block_on(async {
/// let directory = StoreUserDirectory::over(InMemoryStore::new());
/// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
/// let user = directory.create(&new_user).await?;
/// assert_eq!(directory.get(&user.id).await?, user);
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
pub struct StoreUserDirectory<S: ?Sized> {
    shared: Arc<Shared>,
    settings: Arc<InstanceSettings>,
    store: Arc<S>,
}

/// The state that clones of a directory share, except for the settings and the store.
struct Shared {
    clock: Box<dyn Clock>,
    /// The offset that `advance_clock` has added to the clock.
    clock_offset: RwLock<SignedDuration>,
    ids: Box<dyn IdGenerator>,
    timer: Arc<dyn Timer>,
    retry_timeout: Duration,
    /// The events, if the directory emits them.
    #[cfg(feature = "webhooks")]
    outbox: Option<Outbox>,
}

impl<S: ?Sized> Clone for StoreUserDirectory<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), settings: Arc::clone(&self.settings), store: Arc::clone(&self.store) }
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
}

/// Creates a handle to the same directory with a type-erased store.
///
/// ```
/// use user_directory::store::UserStore;
/// use user_directory::store_directory::StoreUserDirectory;
/// use user_directory::{InMemoryUserDirectory, User, UserFilter, UserDirectory, UserId};
///
/// # tokio_test::block_on(async {
/// let directory = InMemoryUserDirectory::new();
/// let any: StoreUserDirectory<dyn UserStore> = (&directory).into();
/// any.load([User::new(UserId::new("user_1")?)]).await?;
/// assert_eq!(directory.count(&UserFilter::new()).await?, 1);
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
impl<S: UserStore> From<&StoreUserDirectory<S>> for StoreUserDirectory<dyn UserStore> {
    fn from(directory: &StoreUserDirectory<S>) -> Self {
        let StoreUserDirectory { shared, settings, store } = directory;
        let store: Arc<dyn UserStore> = Arc::<S>::clone(store);
        Self { shared: Arc::clone(shared), settings: Arc::clone(settings), store }
    }
}

impl<S: UserStore + ?Sized> StoreUserDirectory<S> {
    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Returns the instance settings.
    #[must_use]
    pub fn settings(&self) -> &InstanceSettings {
        &self.settings
    }

    /// Returns the outbox, or `None` if the directory does not [emit events](StoreUserDirectoryBuilder::emit_events).
    #[cfg(feature = "webhooks")]
    #[must_use]
    pub fn outbox(&self) -> Option<&Outbox> {
        self.shared.outbox.as_ref()
    }

    /// Returns a handle with the given settings that shares the store, the clock and the id generator.
    ///
    /// If `settings` does not set a [bcrypt cost](InstanceSettings::bcrypt_cost), the current cost is kept.
    ///
    /// ```
    /// use user_directory::store_directory::{InstanceSettings, Requirement};
    /// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::permissive();
    /// let ada = directory.create(&NewUser::new().username("ada_lovelace")).await?;
    ///
    /// // The administrator disables usernames.
    /// let directory = directory.with_settings(directory.settings().clone().username(Requirement::Off));
    /// assert!(directory.create(&NewUser::new().username("grace_hopper")).await.is_err());
    /// assert_eq!(directory.get(&ada.id).await?, ada);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn with_settings(&self, mut settings: InstanceSettings) -> Self {
        settings.bcrypt_cost = settings.bcrypt_cost.or(self.settings.bcrypt_cost);
        Self { settings: Arc::new(settings), ..self.clone() }
    }

    /// Returns the directory's current time: the time of its clock plus the [offset](Self::clock_offset), truncated to
    /// milliseconds.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let offset = self.clock_offset();
        let now = self.shared.clock.now();
        let end = if offset.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        timestamps::to_millisecond(now.checked_add(offset).unwrap_or(end))
    }

    /// Advances the directory's time, for example to let locks and tokens expire.
    ///
    /// The duration is added to the [offset](Self::clock_offset), so the method works with every [`Clock`], including
    /// the system clock. The time saturates at [`Timestamp::MAX`]. For full control over the time, use a
    /// [`ManualClock`](crate::time::ManualClock).
    ///
    /// ```
    /// use std::time::Duration;
    /// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true).locked(true);
    /// let id = directory.create(&new_user).await?.id;
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

    /// Returns the total duration by which [`advance_clock`](Self::advance_clock) has advanced the directory's time
    /// since the last [reset](Self::reset_clock).
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
        Context { now: self.now(), settings: &self.settings, ids: &*self.shared.ids }
    }

    /// Returns the account of a user, or `None` if there is none.
    async fn find_account(&self, id: &UserId) -> Result<Option<Arc<StoredAccount>>> {
        Ok(read(self.store.load(std::slice::from_ref(id))).await?.pop())
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

/// Returns the same time as [`StoreUserDirectory::now`].
impl<S: UserStore + ?Sized> Clock for StoreUserDirectory<S> {
    fn now(&self) -> Timestamp {
        self.now()
    }
}
