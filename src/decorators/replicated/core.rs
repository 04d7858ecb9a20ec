//! [`Core`]: the state that clones of a replica share, and the changes to its store.

use std::collections::BTreeSet;
use std::slice;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::builder::Policy;
use super::copy::{self, Age};
use super::recent::RecentEvents;
use super::records::{self, At, STALE, TOMBSTONES};
use super::stale::{Reason, StaleUsers};
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
    pub(super) ready: AtomicBool,
    pub(super) recent_events: Mutex<RecentEvents>,
    pub(super) last_event_at: Mutex<Option<Timestamp>>,
}

/// Why a user could not be stored.
#[derive(Debug)]
pub(super) enum Failure {
    /// The primary failed.
    Primary(Error),
    /// The store failed.
    Store(Error),
    /// The user has an identifier of another user, although both were read from the primary.
    Conflict,
}

impl Failure {
    /// Returns an error unless the failure concerns only one user, which remains stale.
    pub(super) fn skip_conflict(self) -> Result<()> {
        match self {
            Self::Conflict => Ok(()),
            // A row of another table refers to the user.
            Self::Store(error) if error.is_conflict() => Ok(()),
            failure => Err(failure.into()),
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

    /// Returns the copy of a user.
    pub(super) async fn load(&self, id: &UserId) -> Result<Option<Arc<StoredAccount>>> {
        Ok(self.store.load(slice::from_ref(id)).await?.pop())
    }

    /// Returns `true` if the user is known to be deleted.
    pub(super) async fn is_deleted(&self, id: &UserId) -> Result<bool> {
        Ok(!self.store.records(TOMBSTONES, &[id.as_str()]).await?.is_empty())
    }

    /// Stores a user that the primary returned at the given time, unless the copy is newer or the user was deleted.
    pub(super) async fn put(&self, user: User, at: Timestamp) -> Result<Change, Failure> {
        let id = user.id.clone();
        let new = copy::account_of(user, at);
        let mut retries = self.retries();
        loop {
            let local = self.load(&id).await.map_err(Failure::Store)?;
            let (commit, change) = match &local {
                None if self.is_deleted(&id).await.map_err(Failure::Store)? => return Ok(Change::None),
                None => (Commit::new().insert(new.clone()), Change::Inserted),
                Some(before) => match copy::age(&new, &before.account) {
                    Age::Newer => (Commit::new().update(Arc::clone(before), new.clone()), Change::Updated),
                    Age::Same | Age::Older => return Ok(Change::None),
                    Age::Unclear => return self.refresh(&id).await.map(|refreshed| refreshed.change),
                },
            };
            match self.store.commit(commit).await {
                Ok(()) if change == Change::Inserted => return self.check_inserted(&id).await,
                Ok(()) => return Ok(change),
                // Another process may have inserted the user. Otherwise, another user has one of the identifiers.
                Err(CommitError::Taken) => {
                    if local.is_some() || self.load(&id).await.map_err(Failure::Store)?.is_none() {
                        return self.refresh(&id).await.map(|refreshed| refreshed.change);
                    }
                }
                Err(CommitError::Stale) => {}
                Err(error) => return Err(Failure::Store(error.into())),
            }
            retries.wait().await.map_err(Failure::Store)?;
        }
    }

    /// Deletes a user that was just inserted if it has been deleted since the tombstones were checked.
    ///
    /// A deletion also commits its tombstone first and then checks for the user, so one of them sees the other.
    pub(super) async fn check_inserted(&self, id: &UserId) -> Result<Change, Failure> {
        if !self.is_deleted(id).await.map_err(Failure::Store)? {
            return Ok(Change::Inserted);
        }
        self.remove(id).await.map_err(Failure::Store)?;
        Ok(Change::None)
    }

    /// Deletes the copy of a user, and stores a tombstone. Returns `false` if there was no copy.
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
                // The next iteration checks for a user that was inserted concurrently.
                Ok(()) => (removed, has_tombstone) = (removed || had_copy, true),
                Err(CommitError::Stale) => retries.wait().await?,
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(mark) = mark {
            self.stale.remove(id, mark);
        }
        Ok(removed)
    }

    pub(super) fn tombstone(&self, id: &UserId) -> Record {
        records::record(TOMBSTONES, id.as_str(), &At { at: self.clock.now() })
    }

    /// Marks users as stale, in this process and, if possible, in the store.
    pub(super) async fn mark_stale(&self, ids: &[UserId], reason: Reason) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        self.stale.add(ids, reason);
        self.record_stale();
        let mut commit = Commit::new();
        // A commit contains at most one change for each record.
        for id in ids.iter().collect::<BTreeSet<_>>() {
            commit = commit.put_record(records::record(STALE, id.as_str(), &reason));
        }
        self.store.commit(commit).await.map_err(Error::from)
    }

    /// Loads the marks of all processes.
    pub(super) async fn load_stale(&self) -> Result<()> {
        for stored in records::all(&self.store, STALE).await? {
            // Keys are user ids.
            if let Ok(id) = UserId::new(&stored.record.key) {
                self.stale.add_recorded(id, records::decode(&stored.record)?);
            }
        }
        Ok(())
    }

    /// Records the number of stale users as a metric.
    #[cfg_attr(not(feature = "metrics"), expect(clippy::unused_self, reason = "used by metrics only"))]
    pub(super) fn record_stale(&self) {
        #[cfg(feature = "metrics")]
        {
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a floating-point number")]
            let count = self.stale.len() as f64;
            metrics::gauge!("user_directory_replica_stale_users").set(count);
        }
    }

    pub(super) fn recent_events(&self) -> MutexGuard<'_, RecentEvents> {
        self.recent_events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
