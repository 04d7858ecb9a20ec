//! [`Walk`]: reads all users of the primary in order of creation, and compares them with their copies.

use std::collections::{HashMap, HashSet};
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::copy::{self, Age};
use super::core::{Core, Failure};
use super::records::{Backfill, TOMBSTONES};
use super::stale::Reason;
use super::status::{Change, ReplicaReport};
use crate::account::Account;
use crate::directory::UserDirectory;
use crate::error::{Error, ErrorKind, Result, codes};
use crate::ext::pages;
use crate::model::{MAX_FILTER_VALUES, MAX_LIMIT, OrderBy, OrderField, User, UserFilter, UserId, UserQuery};
use crate::store::{AccountFilter, AccountQuery, Commit, CommitError, Position, RecordStore, StoredAccount};
use crate::time::sleep;

/// The maximum number of retries after the primary returns a rate-limit error.
const MAX_RATE_LIMITED: u32 = 10;

/// The delay before each retry if the rate-limit error does not specify one.
const RATE_LIMIT_WAIT: Duration = Duration::from_secs(1);

/// The state of a walk over all users of the primary, oldest first.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// The ids of the last users that were read, oldest first. Multiple ids are kept, because users can be deleted
    /// during the walk.
    last: Vec<UserId>,
    /// The users of the current page, with their creation times. Also contains the users of previous pages that have
    /// the same creation time as the end of the current page.
    seen: HashMap<UserId, Timestamp>,
    /// The position in the store up to which copies have been compared.
    compared: Option<Position>,
    /// The users that must be refreshed one by one. They were not found in the primary when the walk passed their
    /// copies, or they have an identifier of another user.
    deferred: Vec<UserId>,
    /// The number of copies that the walk passed without finding their users in the primary.
    missing: u64,
    /// The maximum of `missing`. If it is exceeded, the walk fails.
    max_missing: u64,
}

impl Walk {
    /// Creates a walk that fails if more than `max_missing` users are missing.
    pub(super) fn new(max_missing: u64) -> Self {
        Self { max_missing, ..Self::default() }
    }

    /// Continues an interrupted walk. The walk fails if more than `max_missing` users are missing.
    pub(super) fn resume(backfill: Backfill, max_missing: u64) -> Self {
        // Other copies with the same creation time have not necessarily been compared.
        let compared = backfill.created_at.map(|created_at| Position::new(Some(created_at), 0));
        Self { last: backfill.last, compared, ..Self::new(max_missing) }
    }

    /// Restarts the walk from the beginning.
    fn restart(&mut self) {
        // Deferred users will be found again. If none are deferred, the copies of missing users have been deleted.
        let missing = if self.deferred.is_empty() { self.missing } else { 0 };
        *self = Self { missing, ..Self::new(self.max_missing) };
    }

    /// Returns the progress from which the walk can be resumed.
    pub(super) fn progress(&self, end: Timestamp) -> Backfill {
        Backfill { last: self.last.clone(), created_at: Some(end), complete: false }
    }
}

/// Returns the error for a primary that is probably not the one whose users were copied.
pub(super) fn wrong_primary(problem: &str) -> Error {
    Error::new(ErrorKind::Configuration).with_message(format!(
        "{problem}; check that the secret key belongs to the instance that was copied, or raise `max_deletions`"
    ))
}

/// Returns the creation time by which the walk orders users.
fn created_at(user: &User) -> Timestamp {
    Position::new(user.created_at, 0).created_at()
}

/// A version of a user that will be stored.
struct Version {
    /// The existing copy, or `None` if the user will be inserted.
    before: Option<Arc<StoredAccount>>,
    current: Account,
    change: Change,
}

impl Version {
    fn add_to(&self, commit: Commit) -> Commit {
        match &self.before {
            None => commit.insert(self.current.clone()),
            Some(before) => commit.update(Arc::clone(before), self.current.clone()),
        }
    }
}

impl<P: UserDirectory, S: RecordStore> Core<P, S> {
    /// Reads and compares the next page. Returns the creation time of its last user, or `None` after the last page.
    ///
    /// Users that must be refreshed one by one are deferred.
    pub(super) async fn step(&self, walk: &mut Walk, report: &mut ReplicaReport) -> Result<Option<Timestamp>> {
        let Some(mut users) = self.next_page(walk).await? else {
            // All users in `last` have been deleted.
            walk.restart();
            report.examined = 0;
            return Ok(Some(Timestamp::MIN));
        };
        let is_last = users.len() < self.policy.page_size as usize;
        // A page can contain a user twice if the primary changes while the page is read.
        let mut ids = HashSet::new();
        users.retain(|user| ids.insert(user.id.clone()));
        let end = users.iter().map(created_at).max().filter(|_| !is_last);
        let last = users[users.len().saturating_sub(MAX_FILTER_VALUES)..].iter();
        walk.last = last.map(|user| user.id.clone()).collect();
        walk.seen.extend(users.iter().map(|user| (user.id.clone(), created_at(user))));

        report.examined += users.len() as u64;
        // Copies are compared first, so that no user of a wrong primary is stored if too many users are missing.
        self.compare_copies(walk, end).await?;
        self.store_page(users, walk, report).await?;
        walk.seen.retain(|_, created_at| Some(*created_at) >= end);
        Ok(end)
    }

    /// Returns the next page of the primary, or `None` if none of the users in `last` exists.
    async fn next_page(&self, walk: &Walk) -> Result<Option<Vec<User>>> {
        let mut query =
            UserQuery::new().order_by(OrderBy::ascending(OrderField::CreatedAt)).limit(self.policy.page_size);
        query.starting_after = walk.last.last().cloned();
        let list =
            || async { pages::fetch(&*self.primary, query.clone(), walk.last.clone()).await.map_err(Failure::Primary) };
        match self.within_rate_limits(list).await.map_err(Error::from) {
            Ok(users) => Ok(Some(users)),
            Err(error) if error.has_code(codes::FORM_RESOURCE_NOT_FOUND) && !walk.last.is_empty() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stores the users of a page.
    async fn store_page(&self, users: Vec<User>, walk: &mut Walk, report: &mut ReplicaReport) -> Result<()> {
        let now = self.clock.now();
        let ids: Vec<UserId> = users.iter().map(|user| user.id.clone()).collect();
        let copies = self.store.load(&ids).await?;
        let mut copies: HashMap<UserId, Arc<StoredAccount>> =
            copies.into_iter().map(|copy| (copy.id().clone(), copy)).collect();
        let keys: Vec<&str> = ids.iter().map(UserId::as_str).collect();
        let tombstones = self.store.records(TOMBSTONES, &keys).await?;
        let tombstones: HashSet<&str> = tombstones.iter().map(|record| record.key.as_str()).collect();

        let (mut versions, mut unclear) = (Vec::new(), Vec::new());
        for user in users {
            if tombstones.contains(user.id.as_str()) {
                self.check_tombstone(&user.id, walk, report).await?;
                continue;
            }
            let before = copies.remove(&user.id);
            let current = copy::account_of(user, now);
            match before {
                None => versions.push(Version { before: None, current, change: Change::Inserted }),
                Some(before) => match copy::age(&current, &before.account, now) {
                    Age::Same | Age::Older => {}
                    Age::Newer => versions.push(Version { before: Some(before), current, change: Change::Updated }),
                    Age::Unclear => unclear.push(before),
                },
            }
        }
        self.read_again(&unclear, walk, &mut versions).await?;
        self.store_versions(&versions, walk, report).await
    }

    /// Reads users again if `updated_at` does not determine whether the page or the copy is newer.
    ///
    /// The copies have already been loaded, so the versions that are read now are not older than the copies.
    async fn read_again(
        &self,
        copies: &[Arc<StoredAccount>],
        walk: &mut Walk,
        versions: &mut Vec<Version>,
    ) -> Result<()> {
        for copies in copies.chunks(MAX_FILTER_VALUES) {
            let filter = UserFilter::new().user_ids(copies.iter().map(|copy| copy.id().clone()));
            let query = UserQuery::from(filter).limit(MAX_LIMIT);
            let list = || async { self.primary.list(&query).await.map_err(Failure::Primary) };
            let users = self.within_rate_limits(list).await?;
            let now = self.clock.now();
            let mut users: HashMap<UserId, User> = users.into_iter().map(|user| (user.id.clone(), user)).collect();
            for before in copies {
                let Some(user) = users.remove(before.id()) else {
                    // The user was deleted after the page was read.
                    walk.deferred.push(before.id().clone());
                    continue;
                };
                let current = copy::account_of(user, now);
                match copy::change(&current, &before.account, now) {
                    Change::None => {}
                    change => versions.push(Version { before: Some(Arc::clone(before)), current, change }),
                }
            }
        }
        Ok(())
    }

    /// Stores versions of users in one commit, or one by one if the commit conflicts or is rejected.
    async fn store_versions(&self, versions: &[Version], walk: &mut Walk, report: &mut ReplicaReport) -> Result<()> {
        if versions.is_empty() {
            return Ok(());
        }
        match self.store.commit(versions.iter().fold(Commit::new(), |commit, version| version.add_to(commit))).await {
            Ok(()) => versions.iter().for_each(|version| report.count(version.change)),
            Err(CommitError::Stale | CommitError::Taken) => self.store_one_by_one(versions, walk, report).await?,
            Err(error) => {
                Failure::Store(error.into()).skip_user()?;
                self.store_one_by_one(versions, walk, report).await?;
            }
        }
        // As after every insertion, check whether the user was deleted concurrently.
        let inserted = versions.iter().filter(|version| version.change == Change::Inserted);
        let keys: Vec<&str> = inserted.map(|version| version.current.user.id.as_str()).collect();
        for tombstone in self.store.records(TOMBSTONES, &keys).await? {
            // All keys are valid user ids.
            if let Ok(id) = UserId::new(&tombstone.key)
                && let Err(error) = self.remove(&id).await
            {
                self.skip_user(&id, Failure::Store(error)).await?;
            }
        }
        Ok(())
    }

    async fn store_one_by_one(&self, versions: &[Version], walk: &mut Walk, report: &mut ReplicaReport) -> Result<()> {
        for version in versions {
            let id = &version.current.user.id;
            match self.store.commit(version.add_to(Commit::new())).await {
                Ok(()) => report.count(version.change),
                Err(CommitError::Stale | CommitError::Taken) => {
                    // Another process may have stored the user. Otherwise, another user has one of its identifiers.
                    let copy = self.load(id).await?;
                    let is_stored = copy.is_some_and(|copy| {
                        matches!(copy::age(&version.current, &copy.account, self.clock.now()), Age::Same | Age::Older)
                    });
                    if !is_stored {
                        walk.deferred.push(id.clone());
                    }
                }
                Err(error) => self.skip_user(id, Failure::Store(error.into())).await?,
            }
        }
        Ok(())
    }

    /// Handles a user that is on the page but has a tombstone.
    ///
    /// If the user exists, the tombstone is removed. Otherwise, the copy is deleted.
    ///
    /// Usually, the user was deleted after the page was read. The tombstone is wrong only if the primary previously
    /// returned `NotFound` for an existing user.
    async fn check_tombstone(&self, id: &UserId, walk: &mut Walk, report: &mut ReplicaReport) -> Result<()> {
        let get = || async { self.primary.get(id).await.map_err(Failure::Primary) };
        match self.within_rate_limits(get).await {
            Ok(_) => {
                self.commit_records(|| Commit::new().remove_record(TOMBSTONES, id.as_str())).await?;
                walk.deferred.push(id.clone());
            }
            Err(Failure::Primary(error)) if error.is_not_found() => match self.remove(id).await {
                Ok(true) => report.count(Change::Deleted),
                Ok(false) => {}
                Err(error) => self.skip_user(id, Failure::Store(error)).await?,
            },
            Err(failure) => self.skip_user(id, failure).await?,
        }
        Ok(())
    }

    /// Finds the copies that the walk has passed without finding their users in the primary.
    ///
    /// These users were deleted, or their order of creation has changed. Undeletable users are skipped, because
    /// each refresh of the stale users retries their deletion.
    async fn compare_copies(&self, walk: &mut Walk, end: Option<Timestamp>) -> Result<()> {
        let filter = AccountFilter::default();
        loop {
            let mut query = AccountQuery::new(&filter, self.policy.page_size as usize);
            query.order_by = OrderBy::ascending(OrderField::CreatedAt);
            query.after = walk.compared;
            let copies = self.store.query(&query).await?;
            let is_last = copies.len() < query.limit;
            // The next page can contain more users with the same creation time as the end of this page.
            let passed = |copy: &&Arc<StoredAccount>| end.is_none_or(|end| copy.position().created_at() < end);
            let mut count = 0;
            for copy in copies.iter().take_while(passed) {
                count += 1;
                walk.compared = Some(copy.position());
                if !walk.seen.contains_key(copy.id()) && !self.is_undeletable(copy.id()) {
                    walk.missing += 1;
                    walk.deferred.push(copy.id().clone());
                }
            }
            if walk.missing > walk.max_missing {
                let problem = format!("more than {} copies have no user in the primary", walk.max_missing);
                return Err(wrong_primary(&problem));
            }
            if is_last || count < copies.len() {
                break;
            }
        }
        // Copies that are inserted from this page need no comparison. Copies with the same creation time as the end of
        // the page are compared with the next page.
        walk.compared = end.map(|end| Position::new(Some(end), 0));
        Ok(())
    }

    /// Returns `true` if the user was deleted, but rows in other tables reference the copy.
    pub(super) fn is_undeletable(&self, id: &UserId) -> bool {
        self.stale.get(id).is_some_and(|mark| mark.reason == Reason::Undeletable)
    }

    /// Refreshes the deferred users one by one.
    pub(super) async fn refresh_deferred(&self, walk: &mut Walk, report: &mut ReplicaReport) -> Result<()> {
        for id in std::mem::take(&mut walk.deferred) {
            match self.within_rate_limits(|| self.refresh(&id)).await {
                Ok(refreshed) => refreshed.changes.into_iter().for_each(|change| report.count(change)),
                Err(failure) => self.skip_user(&id, failure).await?,
            }
        }
        Ok(())
    }

    /// Marks a user as stale if the failure concerns only this user. Otherwise, returns an error.
    async fn skip_user(&self, id: &UserId, failure: Failure) -> Result<()> {
        failure.skip_user()?;
        self.mark_stale(slice::from_ref(id), Reason::Unconfirmed).await
    }

    /// Calls the primary. If its rate limits are exceeded, waits and retries.
    pub(super) async fn within_rate_limits<T, F>(&self, call: impl Fn() -> F + Send) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>> + Send,
    {
        let mut count = 0;
        loop {
            match call().await {
                Err(Failure::Primary(error)) if error.is_rate_limited() && count < MAX_RATE_LIMITED => {
                    count += 1;
                    let wait = error.retry_after().unwrap_or(RATE_LIMIT_WAIT);
                    sleep(&*self.timer, wait).await.map_err(Failure::Primary)?;
                }
                result => return result,
            }
        }
    }
}
