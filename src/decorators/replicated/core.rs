//! [`Core`]: the state that clones of a replica share, and the methods that change the store.

use std::collections::{BTreeSet, HashSet};
use std::slice;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::builder::Policy;
use super::copy::{self, Age};
use super::recent::RecentEvents;
use super::records::{self, At, STALE, TOMBSTONES};
use super::stale::{Mark, Reason, StaleUsers};
use super::status::Change;
use crate::directory::UserDirectory;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{User, UserId};
use crate::store::{Commit, CommitError, Record, RecordStore, StoredAccount};
use crate::store_directory::retry::Retries;
use crate::time::{Clock, Timer};

/// The state that clones of a replica share.
#[derive(Debug)]
pub(super) struct Core<P, S> {
    pub(super) primary: Arc<P>,
    pub(super) store: S,
    pub(super) clock: Box<dyn Clock>,
    pub(super) timer: Box<dyn Timer>,
    pub(super) policy: Policy,
    pub(super) stale: StaleUsers,
    /// Whether reads are served from the store.
    pub(super) ready: AtomicBool,
    pub(super) recent_events: Mutex<RecentEvents>,
    /// The newest timestamp of all applied events.
    pub(super) last_event_at: Mutex<Option<Timestamp>>,
    /// The timer's time when a read last failed because the primary was unavailable.
    pub(super) last_outage_at: Mutex<Option<Duration>>,
}

/// The maximum number of stale-user marks in one commit.
const MARKS_AT_ONCE: usize = 500;

/// The reason why a user could not be refreshed or stored.
#[derive(Debug)]
pub(super) enum Failure {
    /// The primary failed.
    Primary(Error),
    /// The store failed.
    Store(Error),
    /// The primary returned two users with the same identifier.
    Conflict,
}

impl Failure {
    /// Returns `true` if the failure does not affect other users.
    pub(super) fn concerns_one_user(&self) -> bool {
        match self {
            // These errors can be specific to one user. An outage causes other errors.
            Self::Primary(error) => matches!(
                error.kind(),
                ErrorKind::Forbidden
                    | ErrorKind::InvalidInput
                    | ErrorKind::Server
                    | ErrorKind::Decode
                    | ErrorKind::Unexpected
            ),
            Self::Store(error) => Self::store_concerns_one_user(error),
            Self::Conflict => true,
        }
    }

    /// Returns `true` if an error from the store does not affect other users.
    pub(super) fn store_concerns_one_user(error: &Error) -> bool {
        // A row of another table refers to the user, or the store does not support a value of the user.
        matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Server | ErrorKind::Decode)
    }

    /// Returns `Ok` if the failure concerns only one user. The caller then continues with the other users.
    pub(super) fn skip_user(self) -> Result<()> {
        if self.concerns_one_user() { Ok(()) } else { Err(self.into()) }
    }

    /// Returns the reason for marking the user as stale.
    pub(super) fn reason(&self) -> Reason {
        match self {
            // The store is unavailable. Other failures can be permanent, so lists are still read from the store.
            Self::Store(_) if !self.concerns_one_user() => Reason::Unstored,
            _ => Reason::Unconfirmed,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Primary(error) | Failure::Store(error) => error,
            Failure::Conflict => {
                Self::new(ErrorKind::Locked).with_message("identifiers of users in the primary changed concurrently")
            }
        }
    }
}

impl<P: UserDirectory, S: RecordStore> Core<P, S> {
    pub(super) fn retries(&self) -> Retries<'_> {
        Retries::new(&*self.timer, self.policy.retry_timeout)
    }

    /// Commits changes to records. The commit is retried if it conflicts with a concurrent transaction.
    pub(super) async fn commit_records(&self, commit: impl Fn() -> Commit + Send) -> Result<()> {
        let mut retries = self.retries();
        loop {
            match self.store.commit(commit()).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Stale) => retries.wait().await?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Returns the copy of a user.
    pub(super) async fn load(&self, id: &UserId) -> Result<Option<Arc<StoredAccount>>> {
        Ok(self.store.load(slice::from_ref(id)).await?.pop())
    }

    /// Returns `true` if there is a tombstone for the user.
    pub(super) async fn is_deleted(&self, id: &UserId) -> Result<bool> {
        Ok(!self.store.records(TOMBSTONES, &[id.as_str()]).await?.is_empty())
    }

    /// Stores a user, unless the copy is newer or the user was deleted. `at` is the time at which the primary returned
    /// the user.
    pub(super) async fn put(&self, user: User, at: Timestamp) -> Result<Change, Failure> {
        let id = user.id.clone();
        let new = copy::account_of(user, at);
        let mut retries = self.retries();
        loop {
            let local = self.load(&id).await.map_err(Failure::Store)?;
            if self.is_deleted(&id).await.map_err(Failure::Store)? {
                // A copy can remain if an insertion was canceled before it checked for a tombstone.
                let removed = local.is_some() && self.remove(&id).await.map_err(Failure::Store)?;
                return Ok(if removed { Change::Deleted } else { Change::None });
            }
            let (commit, change) = match &local {
                None => (Commit::new().insert(new.clone()), Change::Inserted),
                Some(before) => match copy::age(&new, &before.account, self.clock.now()) {
                    Age::Newer => (Commit::new().update(Arc::clone(before), new.clone()), Change::Updated),
                    Age::Same | Age::Older => return Ok(Change::None),
                    Age::Unclear => return self.refresh(&id).await.map(|refreshed| refreshed.change()),
                },
            };
            match self.store.commit(commit).await {
                Ok(()) if change == Change::Inserted => return self.check_inserted(&id).await,
                Ok(()) => return Ok(change),
                // Another process may have inserted the user. Otherwise, another user has one of its identifiers.
                Err(CommitError::Taken) => {
                    if local.is_some() || self.load(&id).await.map_err(Failure::Store)?.is_none() {
                        return self.refresh(&id).await.map(|refreshed| refreshed.change());
                    }
                }
                Err(CommitError::Stale) => {}
                Err(error) => return Err(Failure::Store(error.into())),
            }
            retries.wait().await.map_err(Failure::Store)?;
        }
    }

    /// Deletes a newly inserted user if there is a tombstone for the user.
    ///
    /// A deletion stores its tombstone before it checks for the user again. Therefore, either the insertion finds the
    /// tombstone or the deletion finds the user.
    pub(super) async fn check_inserted(&self, id: &UserId) -> Result<Change, Failure> {
        if !self.is_deleted(id).await.map_err(Failure::Store)? {
            return Ok(Change::Inserted);
        }
        self.remove(id).await.map_err(Failure::Store)?;
        Ok(Change::None)
    }

    /// Deletes the copy of a user, and stores a tombstone. Returns `false` if there was no copy.
    ///
    /// If rows in other tables reference the copy, marks the user as undeletable and returns a conflict.
    pub(super) async fn remove(&self, id: &UserId) -> Result<bool> {
        let mark = self.stale.get(id);
        let mut retries = self.retries();
        let (mut removed, mut has_tombstone) = (false, self.is_deleted(id).await?);
        loop {
            let local = self.load(id).await?;
            if local.is_none() && has_tombstone {
                break;
            }
            let mut commit = Commit::new().remove_record(STALE, id.as_str());
            if !has_tombstone {
                commit = commit.put_record(self.tombstone(id));
            }
            let had_copy = local.is_some();
            if let Some(before) = local {
                commit = commit.delete(before);
            }
            match self.store.commit(commit).await {
                // The next iteration checks whether the user was inserted concurrently.
                Ok(()) => (removed, has_tombstone) = (removed || had_copy, true),
                Err(CommitError::Stale) => retries.wait().await?,
                Err(error) => return Err(self.deletion_failed(error, slice::from_ref(id)).await),
            }
        }
        if let Some(mark) = mark {
            self.unmark(id, mark).await?;
        }
        Ok(removed)
    }

    pub(super) fn tombstone(&self, id: &UserId) -> Record {
        records::record(TOMBSTONES, id.as_str(), &At { at: self.clock.now() })
    }

    /// Returns the error for a failed deletion.
    ///
    /// If rows in other tables reference the users, also marks the users as undeletable. If marking them fails, the
    /// resulting error is returned instead, so that the deletion event is delivered again.
    pub(super) async fn deletion_failed(&self, error: CommitError, ids: &[UserId]) -> Error {
        let error = Error::from(error);
        if error.is_conflict() && !ids.is_empty() {
            return self.mark_undeletable(ids).await.err().unwrap_or(error);
        }
        error
    }

    /// Marks users as undeletable and stores tombstones. Later refreshes do not read these users from the primary.
    async fn mark_undeletable(&self, ids: &[UserId]) -> Result<()> {
        self.mark_stale(ids, Reason::Undeletable).await?;
        let tombstones = || ids.iter().fold(Commit::new(), |commit, id| commit.put_record(self.tombstone(id)));
        self.commit_records(tombstones).await
    }

    /// Marks users as stale in memory, and then in the store. If the store fails, the marks in memory remain.
    pub(super) async fn mark_stale(&self, ids: &[UserId], reason: Reason) -> Result<()> {
        self.stale.add(ids, reason);
        self.store_marks(ids).await
    }

    /// Stores the marks of users. If another process has stored a stronger reason for a user, that reason is kept.
    pub(super) async fn store_marks(&self, ids: &[UserId]) -> Result<()> {
        for ids in ids.chunks(MARKS_AT_ONCE) {
            // A commit may contain at most one change to each record.
            let ids: BTreeSet<&UserId> = ids.iter().collect();
            let keys: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
            for record in self.store.records(STALE, &keys).await? {
                self.add_stored_mark(&record);
            }
            let marks: Vec<(&UserId, Mark)> =
                ids.into_iter().filter_map(|id| Some((id, self.stale.get(id)?))).collect();
            let commit = || {
                marks.iter().fold(Commit::new(), |commit, (id, mark)| {
                    commit.put_record(records::record(STALE, id.as_str(), &mark.reason))
                })
            };
            self.commit_records(commit).await?;
            for (id, mark) in marks {
                self.stale.set_stored(id, mark);
            }
        }
        Ok(())
    }

    /// Removes a mark from memory. The caller must already have removed the mark's record from the store.
    ///
    /// If the user has been marked again, the new mark is stored.
    pub(super) async fn unmark(&self, id: &UserId, mark: Mark) -> Result<()> {
        if self.stale.remove(id, mark) { Ok(()) } else { self.store_marks(slice::from_ref(id)).await }
    }

    /// Loads the marks that all processes have stored.
    pub(super) async fn load_stale(&self) -> Result<()> {
        let earlier = self.stale.stored();
        let stored = records::all(&self.store, STALE).await?;
        let ids: HashSet<&str> = stored.iter().map(|stored| stored.record.key.as_str()).collect();
        // Other processes have refreshed these users and removed the marks.
        for (id, mark) in earlier.iter().filter(|(id, _)| !ids.contains(id.as_str())) {
            self.stale.remove(id, *mark);
        }
        for stored in &stored {
            self.add_stored_mark(&stored.record);
        }
        Ok(())
    }

    fn add_stored_mark(&self, record: &Record) {
        // All keys are valid user ids.
        if let Ok(id) = UserId::new(&record.key) {
            // A later version of this crate may have stored an unknown reason.
            self.stale.add_stored(id, records::decode(record).unwrap_or(Reason::Unstored));
        }
    }

    pub(super) fn recent_events(&self) -> MutexGuard<'_, RecentEvents> {
        self.recent_events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
