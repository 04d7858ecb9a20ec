//! [`ReplicatedUserDirectory`]: serves reads from a local copy of another directory.

mod apply;
mod builder;
mod copy;
mod core;
mod reads;
mod recent;
mod reconcile;
mod records;
mod refresh;
mod stale;
mod status;
mod walk;
mod writes;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use builder::ReplicatedUserDirectoryBuilder;
pub use status::{Applied, ReplicaReport, ReplicaStatus};

use self::core::Core;
use self::writes::StoreResults;
use crate::directory::UserDirectory;
use crate::error::{Result, named};
use crate::interceptor::Intercepted;
use crate::model::{NewUser, User, UserFilter, UserId, UserQuery};
use crate::operation::Operation;
use crate::store::RecordStore;
use crate::store_directory::queries;
use crate::webhooks::UserEvent;

/// A directory that reads from local copies of users and writes to a primary directory.
///
/// The copies are stored in a [`RecordStore`]. If the store is a SQL database, applications can join its tables with
/// their own. A [backfill](Self::backfill) copies all users, webhook [events](Self::apply) keep the copies current, and
/// a periodic [reconciliation](Self::reconcile) corrects them after missed events. After the backfill, most reads are
/// served even while the primary is unavailable.
///
/// | operations | served by |
/// | --- | --- |
/// | [`get`](UserDirectory::get), [`list`](UserDirectory::list), [`count`](UserDirectory::count), and the lookups and streams of [`UserDirectoryExt`](crate::UserDirectoryExt) | the store, with the [exceptions](#reads) below |
/// | operations that change users | the primary; the store is updated before the call returns |
/// | all other operations, such as those for memberships, OAuth tokens and billing | the primary |
///
/// Use each store for only one primary. Multiple processes can share a store, but only replicas may write to it. The
/// store contains no passwords, TOTP secrets or backup codes.
///
/// Clones share their state.
///
/// ```
/// use user_directory::decorators::ReplicatedUserDirectory;
/// use user_directory::in_memory::InMemoryStore;
/// use user_directory::webhooks::UserEvent;
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory, UserDirectoryExt, UserUpdate};
///
/// # tokio_test::block_on(async {
/// let primary = InMemoryUserDirectory::new(); // For example, a `ClerkUserDirectory`.
/// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
/// let ada = primary.create(&new_user).await?;
///
/// let users = ReplicatedUserDirectory::new(primary.clone(), InMemoryStore::new());
/// let report = users.backfill().await?;
/// assert_eq!(report.inserted, 1);
/// assert_eq!(users.find_by_email_address("ada@example.com").await?, Some(ada.clone()));
///
/// // A change made elsewhere triggers an event.
/// let updated = primary.update(&ada.id, &UserUpdate::new().first_name("Ada")).await?;
/// users.apply(&UserEvent::updated("msg_1".parse()?, updated.clone())).await?;
/// assert_eq!(users.get(&ada.id).await?, updated);
///
/// // A write through the replica is visible immediately.
/// users.delete(&ada.id).await?;
/// assert!(users.get(&ada.id).await.unwrap_err().is_not_found());
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
///
/// # Operation
///
/// The replica starts no background tasks. The application must:
///
/// 1. Pass every verified event to [`apply`](Self::apply). If the call fails, respond with an error status, so that the
///    event is delivered again.
/// 2. Call [`backfill`](Self::backfill) after every startup, once the application can receive events. The call resumes
///    an interrupted backfill, and returns immediately if the backfill is complete.
/// 3. Call [`reconcile_if_due`](Self::reconcile_if_due) periodically, for example every hour with an interval of 24
///    hours.
/// 4. Call [`refresh_stale`](Self::refresh_stale) periodically, for example every minute.
///
/// These methods may be called concurrently, and by multiple processes. Their futures can be dropped at any time. See
/// the [guide](crate::guide::replica) for an example.
///
/// # Reads
///
/// Users are returned as the primary returned them, with these differences:
///
/// - [`scim`](User::scim) and the [backup codes](crate::model::PhoneNumber::backup_codes) of phone numbers are missing.
/// - Timestamps are truncated to milliseconds.
/// - Insignificant whitespace is removed from the user's metadata.
/// - The remaining time of a lock is computed when the user is read.
///
/// Filters and sort orders are applied as documented for
/// [`StoreUserDirectory`](crate::store_directory#filters-and-order), except that a filter with an unknown OAuth
/// provider is not rejected. The order of users with the same creation time can differ from that in the primary.
///
/// These reads go to the primary:
///
/// - all reads before the first backfill is complete (see [`is_ready`](Self::is_ready));
/// - `list` and `count` with a filter by organization, because users are usually returned without their memberships;
/// - `get` for a stale user, except in the cases listed under [Stale users](#stale-users);
/// - `list` and `count` if the store failed to save the result of a write, until the result is saved. If the primary is
///   unavailable, these calls are served from the store.
///
/// If the store fails, reads that require it fail with the store's error.
///
/// # Staleness
///
/// A read reflects all earlier successful writes through the same replica or its clones, except for [stale
/// users](#stale-users). Any other change becomes visible when its event is applied. Some changes do not trigger
/// events, such as changes to `last_active_at` and `last_sign_in_at`. These changes, and changes whose events are lost,
/// become visible at the next reconciliation. A copy is therefore outdated for at most the interval between two
/// reconciliations plus the duration of one reconciliation. [`status`](Self::status) returns the times of the last
/// event and the last reconciliation.
///
/// If [`create`](UserDirectory::create) fails with a conflict or an unknown outcome, the replica looks up the new
/// user's identifiers in the primary, and copies the users that it finds. Lookups then find these users even before
/// their events are applied.
///
/// If two processes share a store, a write by one process becomes visible to the other when the result is stored.
/// Before its first read from the store, and whenever [`refresh_stale`](Self::refresh_stale),
/// [`reconcile`](Self::reconcile) or [`status`](Self::status) is called, a process loads the ids of the users that
/// other processes have marked as stale. Between these calls, a user that another process marks as stale is treated as
/// current, even if the user was deleted but the copy could not be deleted.
///
/// An event or a response never overwrites a copy that has a newer [`updated_at`](User::updated_at). If the times are
/// equal or missing but the data differs, the user is read from the primary. Late events do not restore a deleted user
/// during the [retention](ReplicatedUserDirectoryBuilder::tombstone_retention) period.
///
/// If the primary is restored from a backup, [clear](crate::store::UserStore::clear) the store and create a new
/// replica, because the copies can be newer than the restored users.
///
/// # Stale users
///
/// A user is stale if the copy may be outdated, for one of these reasons:
///
/// - A write failed with an [unknown outcome](crate::Error::is_outcome_unknown), or its future was dropped.
/// - A bulk operation on multiple users failed with [`NotFound`](crate::ErrorKind::NotFound).
/// - A read from the primary failed during a write, a backfill or a reconciliation, or while an event was applied.
/// - The store does not support one of the user's values.
/// - Another user in the primary has one of the user's identifiers.
/// - The store failed to save the result of a successful write.
/// - The user was deleted, but rows in other tables reference the copy.
///
/// `get` reads a stale user from the primary, with these exceptions:
///
/// - If the primary is unavailable, `get` returns the copy. If there is no copy, or if the store failed to save the
///   result of a write to the user, `get` fails with the error from the primary.
/// - For 5 seconds after a read detects that the primary is unavailable, `get` does not call the primary if it can
///   return the copy.
/// - If the user was deleted, but rows in other tables reference the copy, `get` fails with
///   [`NotFound`](crate::ErrorKind::NotFound) without calling the primary.
///
/// If rows in other tables reference the copy of a deleted user, `list` and `count` still include the copy.
/// [`status`](Self::status) returns the number of these copies.
///
/// The ids of stale users are saved in the store, so they survive restarts. If the store fails or the future of a write
/// is dropped, the ids are kept only in memory until the next call to [`refresh_stale`](Self::refresh_stale).
///
/// # Metrics
///
/// With the `metrics` feature, the replica records these metrics:
///
/// | metric | type | label |
/// | --- | --- | --- |
/// | `user_directory_replica_events_total` | counter | `effect`: see [`Applied::as_str`] |
/// | `user_directory_replica_event_lag_seconds` | histogram of the time from an event until it is applied, for events that change a copy | |
/// | `user_directory_replica_corrections_total` | counter of changes by backfills, reconciliations and refreshes of stale users | `change`: `inserted`, `updated`, `activity`, `deleted` or `refreshed`; see [`ReplicaReport`] |
/// | `user_directory_replica_stale_users` | gauge of the number of stale users | |
pub struct ReplicatedUserDirectory<P, S> {
    core: Arc<Core<P, S>>,
    /// Forwards calls to the primary, and stores the results of writes.
    writes: Intercepted<Arc<P>, StoreResults<P, S>>,
}

impl<P, S> Clone for ReplicatedUserDirectory<P, S> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core), writes: self.writes.clone() }
    }
}

impl<P: fmt::Debug, S: fmt::Debug> fmt::Debug for ReplicatedUserDirectory<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplicatedUserDirectory")
            .field("primary", &self.core.primary)
            .field("store", &self.core.store)
            .field("stale_users", &self.core.stale.len())
            .finish_non_exhaustive()
    }
}

impl<P: UserDirectory, S: RecordStore> ReplicatedUserDirectory<P, S> {
    /// Creates a replica of `primary` in `store`, with the default settings.
    #[must_use]
    pub fn new(primary: P, store: S) -> Self {
        Self::builder(primary, store).build()
    }
}

impl<P, S> ReplicatedUserDirectory<P, S> {
    /// Creates a builder for a replica with custom settings.
    pub fn builder(primary: P, store: S) -> ReplicatedUserDirectoryBuilder<P, S> {
        ReplicatedUserDirectoryBuilder::new(primary, store)
    }

    /// Returns the primary. The results of direct calls to the primary are not stored.
    #[must_use]
    pub fn primary(&self) -> &P {
        &self.core.primary
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.core.store
    }
}

impl<P: UserDirectory, S: RecordStore> ReplicatedUserDirectory<P, S> {
    /// Applies a webhook event.
    ///
    /// Events can be applied repeatedly and in any order. Events other than `user.created`, `user.updated` and
    /// `user.deleted` have no effect.
    ///
    /// If the primary fails, or if the store rejects the change for a reason specific to this user, the user becomes
    /// [stale](#stale-users) and the call returns [`Applied::Stale`]. In this case, the event does not need to be
    /// delivered again.
    ///
    /// # Errors
    ///
    /// Returns all other errors from the store. Returns [`Locked`](crate::ErrorKind::Locked) if the update still
    /// conflicts with concurrent changes after the [retry
    /// timeout](ReplicatedUserDirectoryBuilder::retry_timeout). After an error, the event must be delivered again.
    pub async fn apply(&self, event: &UserEvent) -> Result<Applied> {
        self.core.apply(event).await
    }

    /// Copies all users from the primary, and returns a report of the changes.
    ///
    /// Reads are served from the store as soon as the backfill is complete. If the future is dropped or the call fails,
    /// the next call continues after the last copied page. If the backfill is already complete, the call returns
    /// immediately.
    ///
    /// Events can be applied during the backfill.
    ///
    /// # Errors
    ///
    /// Returns errors from the primary and the store. Returns [`Configuration`](crate::ErrorKind::Configuration) in the
    /// same cases as [`reconcile`](Self::reconcile).
    pub async fn backfill(&self) -> Result<ReplicaReport> {
        self.core.backfill().await
    }

    /// Compares all copies with the primary, corrects them, and returns a report of the corrections.
    ///
    /// If the primary does not list a user, the copy is deleted at the end of the call, after `get` has confirmed that
    /// the user does not exist. The call also [refreshes stale users](Self::refresh_stale), and removes the ids of
    /// deleted users after their [retention](ReplicatedUserDirectoryBuilder::tombstone_retention) period. If the
    /// backfill is not complete, a successful reconciliation completes it.
    ///
    /// After the backfill, each insertion, update or deletion in the report usually means that an event was lost or has
    /// not been applied yet.
    ///
    /// If the future is dropped or the call fails, the corrections made so far are kept, and the next call starts from
    /// the beginning.
    ///
    /// # Errors
    ///
    /// Returns errors from the primary and the store. Returns [`Configuration`](crate::ErrorKind::Configuration) if the
    /// number of copied users that do not exist in the primary exceeds
    /// [`max_deletions`](ReplicatedUserDirectoryBuilder::max_deletions), or if none of the users in a sample of the
    /// copies exists in the primary. This usually means that the configured secret key belongs to another instance.
    pub async fn reconcile(&self) -> Result<ReplicaReport> {
        self.core.reconcile().await
    }

    /// [Reconciles](Self::reconcile) if the last backfill or reconciliation is older than `interval`.
    ///
    /// Returns `None` if any process completed a backfill or a reconciliation less than `interval` ago. The time is
    /// stored, so restarts do not change the schedule.
    ///
    /// # Errors
    ///
    /// Returns errors from [`reconcile`](Self::reconcile).
    pub async fn reconcile_if_due(&self, interval: Duration) -> Result<Option<ReplicaReport>> {
        self.core.reconcile_if_due(interval).await
    }

    /// Refreshes the [stale users](#stale-users) of all processes, and returns the number of refreshed users.
    ///
    /// In the following cases, the user remains stale, and the other users are still refreshed:
    ///
    /// - Another user in the primary has one of the user's identifiers.
    /// - Rows in other tables refer to the copy of a deleted user.
    /// - The store does not support one of the user's values.
    /// - `get` on the primary fails with [`Server`](crate::ErrorKind::Server), [`Decode`](crate::ErrorKind::Decode),
    ///   [`Unexpected`](crate::ErrorKind::Unexpected), [`InvalidInput`](crate::ErrorKind::InvalidInput) or
    ///   [`Forbidden`](crate::ErrorKind::Forbidden).
    ///
    /// # Errors
    ///
    /// Returns all other errors from the primary and the store. Users that have not been refreshed remain stale.
    pub async fn refresh_stale(&self) -> Result<u64> {
        self.core.refresh_stale().await
    }

    /// Reads a user from the primary, stores the copy, and returns the user.
    ///
    /// Returns `None` if the user does not exist. Use this method if the event about the user may not have arrived yet,
    /// for example in the first request after a sign-up.
    ///
    /// ```
    /// # use user_directory::decorators::ReplicatedUserDirectory;
    /// # use user_directory::in_memory::InMemoryStore;
    /// # use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    /// # tokio_test::block_on(async {
    /// let primary = InMemoryUserDirectory::new();
    /// let users = ReplicatedUserDirectory::new(primary.clone(), InMemoryStore::new());
    /// users.backfill().await?;
    /// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// let ada = primary.create(&new_user).await?; // The event has not arrived yet.
    ///
    /// assert!(users.get(&ada.id).await.is_err());
    /// assert_eq!(users.refresh(&ada.id).await?, Some(ada.clone()));
    /// assert_eq!(users.get(&ada.id).await?, ada);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Returns errors from the primary and the store. Returns [`Locked`](crate::ErrorKind::Locked) if another user in
    /// the primary has one of the user's identifiers, or if the update still conflicts with concurrent changes after
    /// the [retry timeout](ReplicatedUserDirectoryBuilder::retry_timeout).
    pub async fn refresh(&self, user_id: &UserId) -> Result<Option<User>> {
        Ok(self.core.refresh(user_id).await?.user)
    }

    /// Returns `true` if the first backfill is complete and reads are served from the store.
    ///
    /// # Errors
    ///
    /// Returns errors from the store.
    pub async fn is_ready(&self) -> Result<bool> {
        self.core.is_ready().await
    }

    /// Returns the state of the replica, for monitoring.
    ///
    /// # Errors
    ///
    /// Returns errors from the store.
    pub async fn status(&self) -> Result<ReplicaStatus> {
        self.core.status().await
    }
}

#[async_trait]
impl<P: UserDirectory, S: RecordStore> UserDirectory for ReplicatedUserDirectory<P, S> {
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.writes)
    }

    async fn create(&self, new_user: &NewUser) -> Result<User> {
        let result = self.writes.create(new_user).await;
        if let Err(error) = &result
            && (error.is_conflict() || error.is_outcome_unknown())
        {
            // Errors are ignored, because the call already fails. The events about the users store them later.
            let _ = self.core.store_owners(new_user).await;
        }
        result
    }

    async fn get(&self, user_id: &UserId) -> Result<User> {
        named(Operation::Get, self.core.get(user_id).await)
    }

    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        let local = async {
            let copies = queries::list(&self.core.store, query).await?;
            let now = self.core.clock.now();
            Ok(copies.iter().map(|copy| copy::user_of(&copy.account, now)).collect())
        };
        named(Operation::List, self.core.read(&query.filter, local, self.core.primary.list(query)).await)
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64> {
        let local = queries::count(&self.core.store, filter);
        named(Operation::Count, self.core.read(filter, local, self.core.primary.count(filter)).await)
    }
}
