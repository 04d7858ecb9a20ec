//! A walk over all users of the primary in the order of creation, which compares them with their copies.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::copy::{self, Age};
use super::core::{Core, Failure};
use super::records::{Backfill, TOMBSTONES};
use super::stale::Reason;
use super::status::{Change, ReplicaReport};
use crate::directory::UserDirectory;
use crate::error::{Error, Result, codes};
use crate::ext::pages;
use crate::model::{MAX_FILTER_VALUES, OrderBy, OrderField, User, UserId, UserQuery};
use crate::store::{AccountFilter, AccountQuery, Commit, CommitError, Position, RecordStore, StoredAccount};

/// The number of times that a call is repeated because of the rate limits of the primary.
const MAX_RATE_LIMITED: u32 = 10;

/// The wait after an exceeded rate limit if the primary does not specify one.
const RATE_LIMIT_WAIT: Duration = Duration::from_secs(1);

/// A walk over all users of the primary, oldest first.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// The ids of the last users, oldest first. Several, because users can be deleted during the walk.
    last: Vec<UserId>,
    /// The users of the current page, and those of the previous pages that were created at the same time as the last
    /// one, with their creation times.
    seen: HashMap<UserId, Timestamp>,
    /// The position in the store up to which copies were compared with the users of the primary.
    compared: Option<Position>,
}

impl Walk {
    /// Continues an interrupted walk.
    pub(super) fn resume(backfill: Backfill) -> Self {
        // Copies with the same creation time are compared again.
        let compared = backfill.created_at.map(|created_at| Position::new(Some(created_at), 0));
        Self { last: backfill.last, seen: HashMap::new(), compared }
    }

    /// Returns the progress, with which the walk can be continued.
    pub(super) fn progress(&self, end: Timestamp) -> Backfill {
        Backfill { last: self.last.clone(), created_at: Some(end), complete: false }
    }
}

/// The creation time by which users are ordered.
fn created_at(user: &User) -> Timestamp {
    Position::new(user.created_at, 0).created_at()
}

impl<P: UserDirectory, S: RecordStore> Core<P, S> {
    /// Compares the next page. Returns the creation time of its last user, or `None` after the last page.
    pub(super) async fn step(&self, walk: &mut Walk, report: &mut ReplicaReport) -> Result<Option<Timestamp>> {
        let Some(users) = self.next_page(walk).await? else {
            // All users of the last page were deleted, so the walk starts again.
            *walk = Walk::default();
            return Ok(Some(Timestamp::MIN));
        };
        let is_last = users.len() < self.policy.page_size as usize;
        let end = users.iter().map(created_at).max().filter(|_| !is_last);
        let last = users[users.len().saturating_sub(MAX_FILTER_VALUES)..].iter();
        walk.last = last.map(|user| user.id.clone()).collect();
        walk.seen.extend(users.iter().map(|user| (user.id.clone(), created_at(user))));

        report.examined += users.len() as u64;
        self.store_page(users, report).await?;
        self.compare_copies(walk, end, report).await?;
        walk.seen.retain(|_, created_at| Some(*created_at) >= end);
        Ok(end)
    }

    /// Returns the next page of the primary, or `None` if the last users do not exist anymore.
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

    /// Stores the users of a page in one commit. If that is not possible, they are stored one by one.
    async fn store_page(&self, users: Vec<User>, report: &mut ReplicaReport) -> Result<()> {
        let now = self.clock.now();
        let ids: Vec<UserId> = users.iter().map(|user| user.id.clone()).collect();
        let copies = self.store.load(&ids).await?;
        let keys: Vec<&str> = ids.iter().map(UserId::as_str).collect();
        let tombstones = self.store.records(TOMBSTONES, &keys).await?;
        let tombstones: HashSet<&str> = tombstones.iter().map(|record| record.key.as_str()).collect();
        let copies: HashMap<&UserId, &Arc<StoredAccount>> = copies.iter().map(|copy| (copy.id(), copy)).collect();

        let (mut commit, mut inserted) = (Commit::new(), Vec::new());
        let (mut batch, mut single) = (Vec::new(), Vec::new());
        for user in users {
            let new = copy::account_of(user.clone(), now);
            let change = match copies.get(&user.id).copied() {
                None if tombstones.contains(user.id.as_str()) => {
                    self.remove_tombstone(&user.id, report).await?;
                    continue;
                }
                None => {
                    inserted.push(user.id.clone());
                    commit = commit.insert(new);
                    Change::Inserted
                }
                Some(before) => match copy::age(&new, &before.account) {
                    Age::Same | Age::Older => continue,
                    Age::Newer => {
                        commit = commit.update(Arc::clone(before), new);
                        Change::Updated
                    }
                    Age::Unclear => {
                        single.push(user);
                        continue;
                    }
                },
            };
            batch.push((user, change));
        }
        if !batch.is_empty() {
            match self.store.commit(commit).await {
                Ok(()) => batch.drain(..).for_each(|(_, change)| report.count(change)),
                Err(CommitError::Stale | CommitError::Taken) => single.extend(batch.drain(..).map(|(user, _)| user)),
                Err(error) => return Err(error.into()),
            }
        }
        for user in single {
            let id = user.id.clone();
            match self.within_rate_limits(|| self.put(user.clone(), now)).await {
                Ok(change) => report.count(change),
                Err(failure) => self.skip_conflict(&id, failure).await?,
            }
        }
        // As after every insertion, a user may have been deleted since the tombstones were checked.
        let keys: Vec<&str> = inserted.iter().map(UserId::as_str).collect();
        for tombstone in self.store.records(TOMBSTONES, &keys).await? {
            if let Some(id) = inserted.iter().find(|id| id.as_str() == tombstone.key) {
                self.remove(id).await?;
            }
        }
        Ok(())
    }

    /// Removes the tombstone of a user that the primary returned, if the user still exists, and stores the user.
    ///
    /// The user was usually deleted after the page was read. The tombstone is wrong only if the primary failed to
    /// return an existing user before.
    async fn remove_tombstone(&self, id: &UserId, report: &mut ReplicaReport) -> Result<()> {
        let get = || async { self.primary.get(id).await.map_err(Failure::Primary) };
        match self.within_rate_limits(get).await.map_err(Error::from) {
            Ok(_) => {}
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error),
        }
        self.store.commit(Commit::new().remove_record(TOMBSTONES, id.as_str())).await.map_err(Error::from)?;
        self.refresh_one(id, report).await
    }

    /// Finds the copies that the walk has passed without seeing their users, and reads the users from the primary. They
    /// were deleted, or moved in the order of creation.
    async fn compare_copies(&self, walk: &mut Walk, end: Option<Timestamp>, report: &mut ReplicaReport) -> Result<()> {
        let filter = AccountFilter::default();
        loop {
            let mut query = AccountQuery::new(&filter, self.policy.page_size as usize);
            query.order_by = OrderBy::ascending(OrderField::CreatedAt);
            query.after = walk.compared;
            let copies = self.store.query(&query).await?;
            let is_last = copies.len() < query.limit;
            // Users that were created at the end of the page can also be on the next page.
            let passed = |copy: &&Arc<StoredAccount>| end.is_none_or(|end| copy.position().created_at() < end);
            let mut count = 0;
            for copy in copies.iter().take_while(passed) {
                count += 1;
                walk.compared = Some(copy.position());
                if !walk.seen.contains_key(copy.id()) {
                    self.refresh_one(copy.id(), report).await?;
                }
            }
            if is_last || count < copies.len() {
                return Ok(());
            }
        }
    }

    async fn refresh_one(&self, id: &UserId, report: &mut ReplicaReport) -> Result<()> {
        match self.within_rate_limits(|| self.refresh(id)).await {
            Ok(refreshed) => report.count(refreshed.change),
            Err(failure) => self.skip_conflict(id, failure).await?,
        }
        Ok(())
    }

    /// Marks a user as stale if only this user cannot be stored. Otherwise, the walk fails.
    async fn skip_conflict(&self, id: &UserId, failure: Failure) -> Result<()> {
        failure.skip_conflict()?;
        self.mark_stale(std::slice::from_ref(id), Reason::Unconfirmed).await
    }

    /// Calls the primary, and waits if its rate limits are exceeded.
    pub(super) async fn within_rate_limits<T, F>(&self, call: impl Fn() -> F + Send) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>> + Send,
    {
        let mut count = 0;
        loop {
            match call().await {
                Err(Failure::Primary(error)) if error.is_rate_limited() && count < MAX_RATE_LIMITED => {
                    count += 1;
                    self.timer.sleep(error.retry_after().unwrap_or(RATE_LIMIT_WAIT)).await;
                }
                result => return result,
            }
        }
    }
}
