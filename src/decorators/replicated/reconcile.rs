//! Backfill and reconciliation: complete walks over the primary.

use std::sync::atomic::Ordering::SeqCst;

use jiff::Timestamp;

use super::copy::elapsed;
use super::core::Core;
use super::records::{self, At, BACKFILL, Backfill, RECONCILED, STATE, TOMBSTONES};
use super::status::{ReplicaReport, ReplicaStatus};
use super::walk::Walk;
use crate::directory::UserDirectory;
use crate::error::{Error, Result};
use crate::store::{Commit, Record, RecordStore};

/// The maximum number of tombstones that are removed in one commit.
const PRUNED_AT_ONCE: usize = 500;

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

    /// Lets reads be served from the store.
    async fn set_ready(&self) -> Result<()> {
        // Writes that were not stored before a restart.
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
        let mut walk = Walk::resume(backfill);
        while let Some(end) = self.step(&mut walk, &mut report).await? {
            self.put_record(records::record(STATE, BACKFILL, &walk.progress(end))).await?;
            self.timer.sleep(self.policy.page_interval).await;
        }
        report.refreshed = self.refresh_stale().await?;
        self.complete_backfill().await?;
        self.finish_report(&mut report);
        Ok(report)
    }

    pub(super) async fn reconcile(&self) -> Result<ReplicaReport> {
        // First, so that the walk does not have to resolve the conflicts of stale users.
        let refreshed = self.refresh_stale().await?;
        let mut report = ReplicaReport { refreshed, ..ReplicaReport::default() };
        let mut walk = Walk::default();
        while self.step(&mut walk, &mut report).await?.is_some() {
            self.timer.sleep(self.policy.page_interval).await;
        }
        self.prune_tombstones().await?;
        self.complete_backfill().await?;
        self.put_record(records::record(STATE, RECONCILED, &At { at: self.clock.now() })).await?;
        self.finish_report(&mut report);
        Ok(report)
    }

    async fn complete_backfill(&self) -> Result<()> {
        if !self.ready.load(SeqCst) {
            let complete = Backfill { complete: true, ..Backfill::default() };
            self.put_record(records::record(STATE, BACKFILL, &complete)).await?;
            self.set_ready().await?;
        }
        Ok(())
    }

    fn finish_report(&self, report: &mut ReplicaReport) {
        report.stale = self.stale.len() as u64;
        #[cfg(feature = "metrics")]
        {
            let ReplicaReport { examined: _, inserted, updated, deleted, refreshed, stale: _ } = *report;
            let changes =
                [("inserted", inserted), ("updated", updated), ("deleted", deleted), ("refreshed", refreshed)];
            for (change, count) in changes {
                metrics::counter!("user_directory_replica_corrections_total", "change" => change).increment(count);
            }
        }
    }

    /// Removes the tombstones that are older than the retention.
    async fn prune_tombstones(&self) -> Result<()> {
        let now = self.clock.now();
        let mut expired = Vec::new();
        for tombstone in records::all(&self.store, TOMBSTONES).await? {
            let At { at } = records::decode(&tombstone.record)?;
            if elapsed(at, now) > self.policy.tombstone_retention {
                expired.push(tombstone.record.key);
            }
        }
        for keys in expired.chunks(PRUNED_AT_ONCE) {
            let commit = keys.iter().fold(Commit::new(), |commit, key| commit.remove_record(TOMBSTONES, key));
            self.store.commit(commit).await.map_err(Error::from)?;
        }
        Ok(())
    }

    pub(super) async fn status(&self) -> Result<ReplicaStatus> {
        let is_ready = self.is_ready().await?;
        self.load_stale().await?;
        let reconciled: Option<At> = records::find(&self.store, STATE, RECONCILED).await?;
        Ok(ReplicaStatus {
            is_ready,
            last_event_at: self.last_event_at(),
            last_reconciled_at: reconciled.map(|At { at }| at),
            stale_users: self.stale.len(),
        })
    }

    fn last_event_at(&self) -> Option<Timestamp> {
        *self.last_event_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn put_record(&self, record: Record) -> Result<()> {
        self.store.commit(Commit::new().put_record(record)).await.map_err(Error::from)
    }
}
