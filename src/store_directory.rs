//! [`StoreUserDirectory`]: a user directory backed by any [`UserStore`], with Clerk's semantics and error codes.
//!
//! [`InMemoryUserDirectory`](crate::InMemoryUserDirectory) is a `StoreUserDirectory` backed by an in-memory store.
//! The `user-directory-sql` crate provides stores for SQLite and PostgreSQL. For other databases, implement
//! [`UserStore`], as described in the [`store`](crate::store) module.
//!
//! # Assumptions
//!
//! The directory follows Clerk's documentation, OpenAPI descriptions, error catalog and CLI. These sources do not fully
//! specify the following behavior, so Clerk may behave differently. The `conformance_live` example compares the
//! directory with a Clerk instance.
//!
//! ## Filters and order
//!
//! | assumption | what the sources say |
//! | --- | --- |
//! | Filters by username and by wallet are combined with OR, like those by email address and phone number. | The SDK documentation describes only the combination of email addresses and phone numbers. |
//! | Ethereum wallets are compared case-insensitively. External ids are compared case-sensitively. | The API description mentions case only for queries. |
//! | A query with a space is also matched against the first and last name together. | The API description lists the searched fields, but not combinations of them. |
//! | A filter with an unknown OAuth provider is rejected with the code `oauth_unsupported_provider`. | The error catalog lists the code, but not the requests that return it. |
//! | Text is sorted case-insensitively, by Unicode code points. | The API description lists the sort fields, but no collation. |
//! | Users without a value for the sort field come last in both directions. Ties are sorted newest first, except in ascending order of creation. Ordering by email address, phone number or wallet uses the primary identifier. | The API description mentions neither missing values, nor ties, nor users with multiple identifiers. |
//!
//! The rule for missing values does not apply to the creation time: users loaded without a creation time are treated as
//! the oldest users.
//!
//! ## Validation
//!
//! | assumption | what the sources say |
//! | --- | --- |
//! | All invalid fields of a request are reported together. | Clerk's responses can contain multiple errors, but no source says that they contain all of them. |
//! | A first or last name that is blank or contains a phone number, a URL or HTML is rejected with the code `form_param_format_invalid`. | Clerk's CLI describes the names that Clerk rejects, but not the resulting error. |
//! | A phone number has at least 7 digits. | The error catalog requires E.164, which specifies only a maximum length. |
//! | Identifiers are returned as they were sent. | Clerk's CLI says that Clerk lowercases usernames, but the examples in the API description contain mixed case. |
//! | With `skip_user_requirement`, required names can also be omitted. | The API description says that identification types are not enforced, but also mentions required fields. |
//! | If a password is the only way to sign in, a missing required password is rejected with the code `form_data_missing`, even with `skip_password_requirement`. | The API description says that the flag cannot be used in this case, but does not mention the error. |
//! | A disabled username, name or password cannot be set. | The documentation says that fields that are not enabled are rejected, but Clerk's CLI says that `create` stores them. |
//! | A required name cannot be cleared. | Neither the documentation nor Clerk's CLI mentions required names in updates. |
//! | Passkeys do not count as identifications, and neither do phone numbers that are second factors. Unverified email addresses and phone numbers count. | The error catalog has a code for attempts to delete the last identification, but does not define identifications. |
//!
//! ## Writes and second factors
//!
//! | assumption | what the sources say |
//! | --- | --- |
//! | Deleting the primary wallet makes the first remaining verified wallet primary. | The API description does not say how deleting a wallet affects the primary wallet. |
//! | A primary identifier can be cleared without selecting another one. | The API description allows `null` for the primary identifier without describing its effect. |
//! | Clearing a flag resets it to the default for new users. Clearing `created_at` leaves it unchanged. | The API description allows `null` for these fields without describing its effect. |
//! | If any user of a bulk operation does not exist, no user is changed and the operation fails with [`NotFound`](crate::ErrorKind::NotFound). Users are returned in the order of the request, and a user with a repeated id is returned once per occurrence. | The API description does not mention unknown ids, repeated ids or the order of the response. |
//! | Backup codes alone also enable two-factor authentication. | Clerk's documentation calls backup codes a fallback, but does not define `two_factor_enabled`. |
//! | Deleting a second factor that the user does not have succeeds. | The API description does not mention missing factors. |
//! | A user with backup codes but without an authenticator app can verify a backup code. | The operation verifies both kinds of codes, but its documented errors mention only TOTP. |
//! | TOTP codes of the previous and the next time step are also accepted, and a code can be used more than once. | The documentation mentions neither clock skew nor reuse. |
//! | An idempotency key that the user has used for a different adjustment is rejected with the code `conflict`. Another user can use the same key. | The API description covers only repeated requests. |
//!
//! ## Requests and responses
//!
//! Most of these assumptions concern the wire format of `clerk-emulator`.
//!
//! | assumption | what the sources say |
//! | --- | --- |
//! | A request without an API version can call every operation, and its formats are those of the oldest version. | The documentation does not say which version applies to such a request. |
//! | In `create`, `null` for a list or for metadata, and an empty username, are treated as absent. | The API description does not call these fields nullable, and mentions empty usernames only for updates. |
//! | Whitespace in metadata, outside of strings, is neither stored nor counted. | The documentation limits the size of metadata without mentioning whitespace. |
//! | In a query string, empty values are ignored. A boolean can have any notation that Go parses, such as `True` or `1`. | The API description mentions neither empty values nor boolean notations. |
//! | The expiration of an OAuth token is encoded in milliseconds. | The API description calls it a Unix timestamp, without a unit. |
//!
//! # Differences from Clerk
//!
//! The directory differs from Clerk as follows:
//!
//! - Legal checks, sessions, notifications, allowlists, blocklists and rate limits are not modeled.
//! - Authenticator apps and backup codes are always enabled, and usernames must always contain a letter.
//! - Email addresses with non-routable top-level domains, such as `.test`, are accepted.
//! - A backup code is at most 72 bytes long. If it looks like a digest, it must be a bcrypt digest.
//! - Idempotency keys of credit adjustments never expire. The ledger is part of the account, so the account grows with
//!   every adjustment, and writes to it become slower.
//! - Requests have [limits](crate::guide::in_production#limits) that Clerk does not document, such as 100 email
//!   addresses per new user.
//! - Passwords are checked against the list in [`leaked_passwords`](InstanceSettings::leaked_passwords) instead of a
//!   database of leaked passwords. Password strength is not estimated.
//! - Image data is not stored. Generated image URLs begin with `https://images.invalid/`. Every image id that begins
//!   with `img` is treated as the id of an uploaded image. The image format is detected from the data.
//! - A request for an expired OAuth token fails with the code `oauth_missing_refresh_token`, because the token cannot
//!   be refreshed.
//! - Password digests with the hasher `awscognito`, `hmac_sha256_utf16_b64` or an [unknown
//!   hasher](InstanceSettings::unknown_password_hashers) cannot be verified. Verification fails with
//!   [`Configuration`](crate::ErrorKind::Configuration). The `password-hashes` feature is required to verify digests
//!   that are not based on bcrypt. Without it, verification fails with [`Unsupported`](crate::ErrorKind::Unsupported).
//! - Memberships are returned only by `get_organization_memberships`. `User::organization_memberships` is always empty,
//!   even if a user was loaded with memberships.

mod builder;
mod core;
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
use std::sync::{Arc, PoisonError};
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

use self::core::Core;
use crate::store::UserStore;
use crate::time::Clock;

/// A user directory backed by a [`UserStore`], with Clerk's semantics and error codes.
///
/// Clones share the store. The [module documentation](crate::store_directory#assumptions) describes how the directory's
/// behavior may differ from Clerk's.
///
/// Writes use optimistic concurrency control: a write reads the user's account, modifies a copy, and commits the copy
/// if the account has not changed in the meantime. If the account has changed, the write is retried until it succeeds
/// or the [retry timeout](StoreUserDirectoryBuilder::retry_timeout) elapses. No lock or transaction is held between the
/// read and the commit. If the future of a write is dropped, the write is applied completely or not at all.
///
/// Passwords are hashed, and passwords and backup codes are verified, on the runtime's blocking thread pool. All
/// directories in a process share the limits on this work: one thread per core, and 512 MiB of memory for Argon2 and
/// scrypt. Calls that would exceed a limit wait.
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
    core: Core,
    /// The store of `core`, with its concrete type.
    store: Arc<S>,
}

impl<S: ?Sized> Clone for StoreUserDirectory<S> {
    fn clone(&self) -> Self {
        Self { core: self.core.clone(), store: Arc::clone(&self.store) }
    }
}

impl<S: fmt::Debug + ?Sized> fmt::Debug for StoreUserDirectory<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreUserDirectory").field("store", &self.store).finish_non_exhaustive()
    }
}

impl<S: UserStore> StoreUserDirectory<S> {
    /// Creates a directory backed by `store`, with the default settings.
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
        Self { core: directory.core.clone(), store: Arc::clone(&directory.core.store) }
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
        &self.core.settings
    }

    /// Returns the outbox, or `None` if the directory does not [emit events](StoreUserDirectoryBuilder::emit_events).
    #[cfg(feature = "webhooks")]
    #[must_use]
    pub fn outbox(&self) -> Option<&Outbox> {
        self.core.shared.outbox.as_ref()
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
        settings.bcrypt_cost = settings.bcrypt_cost.or(self.core.settings.bcrypt_cost);
        Self { core: Core { settings: Arc::new(settings), ..self.core.clone() }, store: Arc::clone(&self.store) }
    }

    /// Returns the directory's current time.
    ///
    /// This is the time of the directory's clock plus the [offset](Self::clock_offset), truncated to milliseconds.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.core.now()
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
        let mut offset = self.core.shared.clock_offset.write().unwrap_or_else(PoisonError::into_inner);
        *offset = offset.saturating_add(by);
    }

    /// Returns the total duration that [`advance_clock`](Self::advance_clock) has added to the directory's time.
    ///
    /// [`reset_clock`](Self::reset_clock) sets it to zero.
    #[must_use]
    pub fn clock_offset(&self) -> SignedDuration {
        self.core.clock_offset()
    }

    /// Resets the [offset](Self::clock_offset) to zero.
    pub fn reset_clock(&self) {
        *self.core.shared.clock_offset.write().unwrap_or_else(PoisonError::into_inner) = SignedDuration::ZERO;
    }
}

/// Returns the same time as [`StoreUserDirectory::now`].
impl<S: UserStore + ?Sized> Clock for StoreUserDirectory<S> {
    fn now(&self) -> Timestamp {
        self.now()
    }
}
