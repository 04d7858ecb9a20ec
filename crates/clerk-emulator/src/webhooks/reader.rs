//! Reads events from the outbox, and removes those that every endpoint has finished.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::{error, warn};
use user_directory::store_directory::PendingEvent;
use user_directory::{Error, Result};

use super::hub::Hub;
use super::queue::Job;

/// The number of events that are read at once.
const PAGE: usize = 100;
/// The number of positions before the latest one that are read again. Events of concurrent transactions can appear out
/// of order.
const LOOKBACK: u64 = 64;
/// The interval in which the outbox is read without a notification, because other processes do not send any.
const POLL: Duration = Duration::from_secs(1);
/// The interval in which the whole outbox is read, for events that appeared much later than their successors.
const FULL_READ: Duration = Duration::from_mins(1);

/// The position up to which the outbox has been read.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    position: u64,
    /// The time of the last full read.
    full_read: Option<Instant>,
}

/// Reads and acknowledges events until the task is aborted.
pub(super) async fn run(hub: Arc<Hub>) {
    let mut changes = hub.outbox.subscribe();
    let mut failing = false;
    loop {
        match work(&hub).await {
            Ok(()) => {
                failing = false;
                tokio::select! {
                    () = changes.next() => {}
                    () = hub.progress.finished.notified() => {}
                    () = sleep(POLL) => {}
                }
            }
            Err(error) => {
                // Once, because the store can be unavailable for a long time.
                if !failing {
                    warn_store(&error);
                }
                failing = true;
                sleep(POLL).await;
            }
        }
    }
}

pub(super) fn warn_store(error: &Error) {
    warn!(target: "clerk_emulator", kind = %error.kind(), "the store of the events failed; retrying");
}

async fn work(hub: &Hub) -> Result<()> {
    let mut cursor = hub.cursor.lock().await;
    acknowledge(hub).await?;
    read(hub, &mut cursor).await?;
    // Without endpoints, the events that were read are finished.
    acknowledge(hub).await
}

/// Reads all new events, unless too many have not been delivered.
pub(super) async fn read(hub: &Hub, cursor: &mut Cursor) -> Result<()> {
    let now = Instant::now();
    let is_full = cursor.full_read.is_none_or(|last| now.duration_since(last) >= FULL_READ);
    let mut after = if is_full { 0 } else { cursor.position.saturating_sub(LOOKBACK) };
    loop {
        if hub.progress.room() < PAGE {
            return Ok(());
        }
        let events = hub.outbox.read(after, PAGE).await?;
        let Some(last) = events.last() else { break };
        after = last.position;
        let is_last = events.len() < PAGE;
        for event in &events {
            accept(hub, event);
        }
        cursor.position = cursor.position.max(after);
        if is_last {
            break;
        }
    }
    if is_full {
        cursor.full_read = Some(now);
    }
    Ok(())
}

/// Adds an event to the queues, unless it is known.
fn accept(hub: &Hub, pending: &PendingEvent) {
    if hub.progress.contains(pending.position) {
        return;
    }
    let event = match pending.event() {
        Ok(event) => event,
        Err(problem) => {
            // It stays in the outbox, because a newer version may be able to read it.
            error!(target: "clerk_emulator", id = %pending.id, kind = %problem.kind(), "an event cannot be decoded");
            hub.progress.add(pending.position, pending.id.clone(), 1);
            return;
        }
    };
    hub.progress.add(pending.position, pending.id.clone(), hub.queues.len());
    hub.subscribers.publish(&event);
    let now = hub.timer.now();
    for queue in &hub.queues {
        queue.push(Job::of_event(pending.position, event.event_type().into(), event.user_id().cloned()), now);
    }
}

/// Removes finished events from the outbox.
async fn acknowledge(hub: &Hub) -> Result<()> {
    let (positions, ids) = hub.progress.finished();
    if !ids.is_empty() {
        hub.outbox.acknowledge(&ids).await?;
        hub.progress.forget(&positions);
    }
    Ok(())
}

/// Removes all events from the outbox.
pub(super) async fn discard(hub: &Hub) -> Result<()> {
    loop {
        let events = hub.outbox.read(0, PAGE).await?;
        if events.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = events.into_iter().map(|event| event.id).collect();
        hub.outbox.acknowledge(&ids).await?;
    }
}
