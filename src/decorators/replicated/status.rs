//! [`ReplicaStatus`], [`ReplicaReport`] and [`Applied`].

use jiff::Timestamp;

/// The state of a [`ReplicatedUserDirectory`](super::ReplicatedUserDirectory).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplicaStatus {
    /// Whether the first backfill is complete and reads are served from the store.
    pub is_ready: bool,
    /// The time of the latest user event that this replica or one of its clones has processed.
    ///
    /// The time is not persisted. It is `None` until an event with a
    /// [`timestamp`](crate::webhooks::UserEvent::timestamp) is processed.
    pub last_event_at: Option<Timestamp>,
    /// When a backfill or a reconciliation was last completed by any process.
    pub last_reconciled_at: Option<Timestamp>,
    /// The number of [stale users](super::ReplicatedUserDirectory#stale-users).
    pub stale_users: usize,
    /// The number of deleted users whose copies cannot be deleted because rows in other tables reference them.
    pub undeletable_users: usize,
}

/// The result of a [backfill](super::ReplicatedUserDirectory::backfill) or a
/// [reconciliation](super::ReplicatedUserDirectory::reconcile).
///
/// If `backfill` returns immediately because the backfill is already complete, all values are 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplicaReport {
    /// The number of users in the primary that were compared with the store.
    pub examined: u64,
    /// The number of users that were inserted because they were missing from the store.
    pub inserted: u64,
    /// The number of outdated copies that were updated, excluding those counted in [`activity`](Self::activity).
    pub updated: u64,
    /// The number of updated copies that were outdated only in fields that change without an event.
    ///
    /// These fields are `last_active_at`, `last_sign_in_at` and `verification_attempts_remaining`.
    pub activity: u64,
    /// The number of copies that were deleted because their users no longer exist in the primary.
    pub deleted: u64,
    /// The number of stale users that were refreshed. The resulting changes are not included in the other counts.
    pub refreshed: u64,
    /// The number of [stale users](super::ReplicatedUserDirectory#stale-users) when the call returned.
    pub stale: u64,
}

impl ReplicaReport {
    pub(super) fn count(&mut self, change: Change) {
        let (counter, name) = match change {
            Change::Inserted => (&mut self.inserted, "inserted"),
            Change::Updated => (&mut self.updated, "updated"),
            Change::Activity => (&mut self.activity, "activity"),
            Change::Deleted => (&mut self.deleted, "deleted"),
            Change::None => return,
        };
        *counter += 1;
        record_correction(name);
    }
}

/// Increments the metric for a correction.
///
/// The metric is incremented immediately, so that corrections are also counted if the walk fails later.
pub(super) fn record_correction(change: &'static str) {
    #[cfg(feature = "metrics")]
    metrics::counter!("user_directory_replica_corrections_total", "change" => change).increment(1);
    #[cfg(not(feature = "metrics"))]
    let _ = change;
}

/// The effect of an event on a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Applied {
    /// A copy of the user was inserted.
    Inserted,
    /// The copy of the user was updated.
    Updated,
    /// The copy of the user was deleted.
    Deleted,
    /// Nothing changed.
    ///
    /// The event has already been processed, is not newer than the copy, concerns a deleted user, or does not create,
    /// update or delete a user.
    Unchanged,
    /// The change was not applied because a call to the primary failed or the store rejected the change.
    ///
    /// The user is [stale](crate::decorators::ReplicatedUserDirectory#stale-users) until it is refreshed.
    Stale,
}

impl Applied {
    /// Returns the name of the effect, such as `inserted`, as used in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inserted => "inserted",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Unchanged => "unchanged",
            Self::Stale => "stale",
        }
    }
}

/// A change to a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Inserted,
    Updated,
    /// An update that affects only fields that change without an event.
    Activity,
    Deleted,
    None,
}

impl From<Change> for Applied {
    fn from(change: Change) -> Self {
        match change {
            Change::Inserted => Self::Inserted,
            Change::Updated | Change::Activity => Self::Updated,
            Change::Deleted => Self::Deleted,
            Change::None => Self::Unchanged,
        }
    }
}
