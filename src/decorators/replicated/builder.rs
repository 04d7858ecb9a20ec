//! [`ReplicatedUserDirectoryBuilder`].

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::ReplicatedUserDirectory;
use super::core::Core;
use super::recent::RecentEvents;
use super::stale::StaleUsers;
use super::writes::StoreResults;
use crate::directory::UserDirectory;
use crate::interceptor::Intercepted;
use crate::model::MAX_LIMIT;
use crate::store::RecordStore;
use crate::time::{Clock, SystemClock, Timer, TokioTimer};

/// The settings of a replica.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    pub(super) page_size: u32,
    pub(super) page_interval: Duration,
    pub(super) tombstone_retention: Duration,
    pub(super) retry_timeout: Duration,
    pub(super) max_deletions: Option<u64>,
}

/// A builder for [`ReplicatedUserDirectory`].
///
/// ```
/// use std::time::Duration;
/// use user_directory::InMemoryUserDirectory;
/// use user_directory::decorators::ReplicatedUserDirectory;
/// use user_directory::in_memory::InMemoryStore;
///
/// let users = ReplicatedUserDirectory::builder(InMemoryUserDirectory::new(), InMemoryStore::new())
///     .page_size(100)
///     .page_interval(Duration::from_secs(1))
///     .build();
/// ```
#[must_use]
pub struct ReplicatedUserDirectoryBuilder<P, S> {
    primary: P,
    store: S,
    policy: Policy,
    clock: Box<dyn Clock>,
    timer: Box<dyn Timer>,
}

impl<P, S> ReplicatedUserDirectoryBuilder<P, S> {
    pub(super) fn new(primary: P, store: S) -> Self {
        let policy = Policy {
            page_size: MAX_LIMIT,
            page_interval: Duration::from_millis(200),
            tombstone_retention: Duration::from_secs(7 * 24 * 60 * 60),
            retry_timeout: Duration::from_secs(10),
            max_deletions: None,
        };
        Self { primary, store, policy, clock: Box::new(SystemClock), timer: Box::new(TokioTimer::new()) }
    }

    /// Sets the number of users per page of a backfill or a reconciliation. The default is 500.
    ///
    /// Values are clamped to the range from 1 to 500.
    pub fn page_size(mut self, page_size: u32) -> Self {
        self.policy.page_size = page_size.clamp(1, MAX_LIMIT);
        self
    }

    /// Sets the delay between two pages of a backfill or a reconciliation. The default is 200 milliseconds.
    ///
    /// With the defaults, at most 5 pages, or 2,500 users, are read per second. This leaves most of the rate limit of a
    /// Clerk production instance for other calls.
    ///
    /// A backfill or a reconciliation usually makes the following requests to the primary:
    ///
    /// - one request per page;
    /// - one request at the start if the number of copies exceeds [`max_deletions`](Self::max_deletions);
    /// - for each page, one request per 100 users that differ from their copies although
    ///   [`updated_at`](crate::User::updated_at) is equal or missing;
    /// - one request for each copy whose user is not on any page;
    /// - one request for each user with an identifier that belongs to another user's copy;
    /// - one request for each [stale user](ReplicatedUserDirectory#stale-users).
    ///
    /// If the primary returns [`RateLimited`](crate::ErrorKind::RateLimited), the request is retried up to 10 times.
    /// The delay before each retry is [`Error::retry_after`](crate::Error::retry_after), or 1 second if the error has
    /// none.
    pub fn page_interval(mut self, page_interval: Duration) -> Self {
        self.policy.page_interval = page_interval;
        self
    }

    /// Sets how long the ids of deleted users are kept. The default is 7 days.
    ///
    /// The retention period must be longer than the maximum delivery delay of an event, which is about 28 hours for
    /// Clerk. Otherwise, a late event can restore a deleted user until the next reconciliation.
    pub fn tombstone_retention(mut self, tombstone_retention: Duration) -> Self {
        self.policy.tombstone_retention = tombstone_retention;
        self
    }

    /// Sets the maximum number of copies that one call to [`backfill`](ReplicatedUserDirectory::backfill) or
    /// [`reconcile`](ReplicatedUserDirectory::reconcile) can delete.
    ///
    /// The default is 100 or 10% of the number of copies, whichever is greater.
    ///
    /// A reconciliation counts the copies of users that the primary does not list. If this number exceeds the limit,
    /// the reconciliation fails before it deletes any copy. A backfill deletes copies as it proceeds, and fails before
    /// it exceeds the limit. [Undeletable copies](crate::decorators::ReplicaStatus::undeletable_users) are not counted.
    ///
    /// If there are more copies than the limit, the call first looks up the users of the 50 oldest and the 50 newest
    /// copies. If none of these users exists, the call fails before it changes any copy.
    ///
    /// The limit protects the copies, and the rows in other tables that reference them, in case the replica is
    /// configured with the secret key of the wrong instance.
    ///
    /// The limit does not apply to deletions by [`refresh`](ReplicatedUserDirectory::refresh),
    /// [`refresh_stale`](ReplicatedUserDirectory::refresh_stale), reads of [stale
    /// users](ReplicatedUserDirectory#stale-users), events or writes.
    pub fn max_deletions(mut self, max: u64) -> Self {
        self.policy.max_deletions = Some(max);
        self
    }

    /// Sets how long a write to the store is retried. The default is 10 seconds.
    ///
    /// A write is retried if it conflicts with a concurrent write. After this time, the write fails with
    /// [`Locked`](crate::ErrorKind::Locked).
    pub fn retry_timeout(mut self, timeout: Duration) -> Self {
        self.policy.retry_timeout = timeout;
        self
    }

    /// Sets the clock. The default is [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Sets the timer for delays. The default is [`TokioTimer`].
    pub fn timer(mut self, timer: impl Timer) -> Self {
        self.timer = Box::new(timer);
        self
    }

    /// Builds the replica.
    #[must_use]
    pub fn build(self) -> ReplicatedUserDirectory<P, S>
    where
        P: UserDirectory,
        S: RecordStore,
    {
        let Self { primary, store, policy, clock, timer } = self;
        let primary = Arc::new(primary);
        let core = Arc::new(Core {
            primary: Arc::clone(&primary),
            store,
            clock,
            timer,
            policy,
            stale: StaleUsers::default(),
            ready: AtomicBool::new(false),
            recent_events: Mutex::new(RecentEvents::default()),
            last_event_at: Mutex::new(None),
            last_outage_at: Mutex::new(None),
        });
        ReplicatedUserDirectory { writes: Intercepted::new(primary, StoreResults(Arc::clone(&core))), core }
    }
}

impl<P: fmt::Debug, S: fmt::Debug> fmt::Debug for ReplicatedUserDirectoryBuilder<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplicatedUserDirectoryBuilder")
            .field("primary", &self.primary)
            .field("store", &self.store)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
