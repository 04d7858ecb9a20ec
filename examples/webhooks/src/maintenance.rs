//! The schedule of the backfill, the refresh of stale users, and the reconciliation.

use std::time::Duration;

use tokio::time::sleep;

use crate::Users;

const RETRY: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);
const MINUTES_PER_DAY: u32 = 24 * 60;

/// Runs until the task is aborted.
pub async fn run(users: Users) {
    loop {
        match users.backfill().await {
            Ok(report) => break tracing::info!(?report, "the backfill is complete"),
            // The next call continues after the last page.
            Err(error) => tracing::warn!(%error, "the backfill was interrupted"),
        }
        sleep(RETRY).await;
    }
    loop {
        for _ in 0..MINUTES_PER_DAY {
            match users.refresh_stale().await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "refreshed stale users"),
                Err(error) => tracing::warn!(%error, "some users are stale"),
            }
            sleep(MINUTE).await;
        }
        match users.reconcile().await {
            Ok(report) => tracing::info!(?report, "the reconciliation is complete"),
            Err(error) => tracing::warn!(%error, "the reconciliation failed"),
        }
    }
}
