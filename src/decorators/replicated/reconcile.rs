//! Backfill and reconciliation, which walk over all users of the primary.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use jiff::Timestamp;

use super::core::{Core, Failure};
use super::records::{self, At, BACKFILL, Backfill, RECONCILED, STATE, TOMBSTONES};
use super::stale::Reason;
use super::status::{ReplicaReport, ReplicaStatus};
use super::walk::{Walk, wrong_primary};
use crate::directory::UserDirectory;
use crate::error::Result;
use crate::model::{MAX_FILTER_VALUES, MAX_LIMIT, OrderBy, OrderField, UserFilter, UserId, UserQuery};
use crate::store::{AccountFilter, AccountQuery, Commit, RecordStore};
use crate::time::{elapsed, sleep};

/// The maximum number of tombstones that one commit removes.
const PRUNED_AT_ONCE: usize = 500;

/// The lower bound of the default deletion limit, which is a tenth of the number of copies.
const DEFAULT_MAX_DELETIONS: u64 = 100;

impl<P: UserDirectory, S: RecordStore> Core<P, S> {
    /// Returns `true` if the backfill is complete.
    pub(super) async fn is_ready(&self) -> Result<bool> {
        if self.ready.load(SeqCst) {
            return Ok(true);
        }
        let backfill: Option<Backfill> = records::find(&self.store, STATE, BACKFILL).await?;
        let is_ready = backfill.is_some_and(|backfill| backfill.complete);
        if is_ready {
            self.set_ready().await?;
        }
        Ok(is_ready)
    }

    /// Enables reads from the store.
    async fn set_ready(&self) -> Result<()> {
        // The marks include those of writes whose results were not stored before a restart.
        self.load_stale().await?;
        self.ready.store(true, SeqCst);
        Ok(())
    }

    pub(super) async fn backfill(&self) -> Result<ReplicaReport> {
        let mut report = ReplicaReport::default();
        if self.is_ready().await? {
            return Ok(report);
        }
        let backfill: Backfill = records::find(&self.store, STATE, BACKFILL).await?.unwrap_or_default();
        // Marks of undeletable users are needed, because the walk skips these users.
        self.load_stale().await?;
        let mut walk = Walk::resume(backfill, self.check_primary().await?);
        loop {
            let end = self.step(&mut walk, &mut report).await?;
            self.refresh_deferred(&mut walk, &mut report).await?;
            let Some(end) = end else { break };
            let progress = || Commit::new().put_record(records::record(STATE, BACKFILL, &walk.progress(end)));
            self.commit_records(progress).await?;
            sleep(&*self.timer, self.policy.page_interval).await?;
        }
        report.refreshed = self.refresh_stale().await?;
        self.complete_walk(&mut report).await?;
        Ok(report)
    }

    pub(super) async fn reconcile(&self) -> Result<ReplicaReport> {
        let mut report = ReplicaReport::default();
        // Marks of undeletable users are needed, because the walk skips these users.
        self.load_stale().await?;
        let mut walk = Walk::new(self.check_primary().await?);
        while self.step(&mut walk, &mut report).await?.is_some() {
            sleep(&*self.timer, self.policy.page_interval).await?;
        }
        // Users are deleted only if the number of missing users is within the limit. Stale users can also be missing.
        self.refresh_deferred(&mut walk, &mut report).await?;
        report.refreshed = self.refresh_stale().await?;
        self.prune_tombstones().await?;
        self.complete_walk(&mut report).await?;
        Ok(report)
    }

    pub(super) async fn reconcile_if_due(&self, interval: Duration) -> Result<Option<ReplicaReport>> {
        let now = self.clock.now();
        // The stored time can be far in the future if a clock was wrong.
        let is_recent = |at: Timestamp| now.duration_since(at).unsigned_abs() < interval;
        if self.last_reconciled_at().await?.is_some_and(is_recent) {
            return Ok(None);
        }
        self.reconcile().await.map(Some)
    }

    /// Returns the maximum number of missing users that a backfill or a reconciliation tolerates.
    ///
    /// If there are more copies than this maximum, looks up the users of a sample of copies in the primary. If none of
    /// these users exists, returns an error. Otherwise, users of a wrong primary would be stored until the maximum is
    /// exceeded.
    async fn check_primary(&self) -> Result<u64> {
        let count = self.store.count(&AccountFilter::default()).await?;
        let max = self.policy.max_deletions.unwrap_or(DEFAULT_MAX_DELETIONS.max(count / 10));
        if count > max {
            let sample = self.sample().await?;
            let size = sample.len();
            let query = UserQuery::from(UserFilter::new().user_ids(sample)).limit(MAX_LIMIT);
            let list = || async { self.primary.list(&query).await.map_err(Failure::Primary) };
            if size > 0 && self.within_rate_limits(list).await?.is_empty() {
                let problem = format!("the primary has no user of the {size} copies that were checked");
                return Err(wrong_primary(&problem));
            }
        }
        Ok(max)
    }

    /// Returns the ids of the oldest and the newest copies. Undeletable users are excluded.
    async fn sample(&self) -> Result<BTreeSet<UserId>> {
        let filter = AccountFilter::default();
        let mut ids = BTreeSet::new();
        for order_by in [OrderBy::ascending(OrderField::CreatedAt), OrderBy::descending(OrderField::CreatedAt)] {
            let mut query = AccountQuery::new(&filter, MAX_FILTER_VALUES / 2);
            query.order_by = order_by;
            ids.extend(self.store.query(&query).await?.iter().map(|copy| copy.id().clone()));
        }
        ids.retain(|id| !self.is_undeletable(id));
        Ok(ids)
    }

    /// Records that a walk is complete, enables reads from the store, and completes the report.
    async fn complete_walk(&self, report: &mut ReplicaReport) -> Result<()> {
        let complete = Backfill { complete: true, ..Backfill::default() };
        let commit = || {
            let reconciled = records::record(STATE, RECONCILED, &At { at: self.clock.now() });
            Commit::new().put_record(records::record(STATE, BACKFILL, &complete)).put_record(reconciled)
        };
        self.commit_records(commit).await?;
        if !self.ready.load(SeqCst) {
            self.set_ready().await?;
        }
        report.stale = self.stale.len() as u64;
        Ok(())
    }

    /// Removes the tombstones that are older than the retention period.
    async fn prune_tombstones(&self) -> Result<()> {
        let now = self.clock.now();
        let mut expired = Vec::new();
        for tombstone in records::all(&self.store, TOMBSTONES).await? {
            // A later version of this crate may have stored a value that cannot be decoded. Such a tombstone is kept.
            let at = records::decode(&tombstone.record).map(|At { at }| at);
            if at.is_ok_and(|at| elapsed(at, now) > self.policy.tombstone_retention) {
                expired.push(tombstone.record.key);
            }
        }
        for keys in expired.chunks(PRUNED_AT_ONCE) {
            let commit = || keys.iter().fold(Commit::new(), |commit, key| commit.remove_record(TOMBSTONES, key));
            self.commit_records(commit).await?;
        }
        Ok(())
    }

    pub(super) async fn status(&self) -> Result<ReplicaStatus> {
        let is_ready = self.is_ready().await?;
        self.load_stale().await?;
        Ok(ReplicaStatus {
            is_ready,
            last_event_at: self.last_event_at(),
            last_reconciled_at: self.last_reconciled_at().await?,
            stale_users: self.stale.len(),
            undeletable_users: self.stale.with_reason(Reason::Undeletable).len(),
        })
    }

    async fn last_reconciled_at(&self) -> Result<Option<Timestamp>> {
        let reconciled: Option<At> = records::find(&self.store, STATE, RECONCILED).await?;
        Ok(reconciled.map(|At { at }| at))
    }

    fn last_event_at(&self) -> Option<Timestamp> {
        *self.last_event_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
