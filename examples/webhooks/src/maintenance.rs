//! Schedules the backfill, the refresh of stale users, and the reconciliation.

use std::time::Duration;

use tokio::time::sleep;

use crate::Users;

const RETRY: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

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
    tokio::join!(refresh(&users), reconcile(&users));
}

async fn refresh(users: &Users) {
    loop {
        match users.refresh_stale().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "refreshed stale users"),
            Err(error) => tracing::warn!(%error, "some users are stale"),
        }
        sleep(MINUTE).await;
    }
}

/// Reconciles every day. The time of the last reconciliation is stored, so a restart does not delay the next one.
async fn reconcile(users: &Users) {
    loop {
        match users.reconcile_if_due(DAY).await {
            Ok(None) => {}
            Ok(Some(report)) => tracing::info!(?report, "the reconciliation is complete"),
            Err(error) => tracing::warn!(%error, "the reconciliation failed"),
        }
        sleep(HOUR).await;
    }
}
