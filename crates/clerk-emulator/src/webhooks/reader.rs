//! Reads events from the outbox, and removes finished events.
//!
//! An event is finished when each endpoint has received it or has no attempts left. If the emulator does not own the
//! outbox, it removes no events, because another process may deliver them.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::warn;
use user_directory::store_directory::PendingEvent;
use user_directory::{Error, Result};

use super::cursor::Cursor;
use super::hub::Hub;
use super::message::decode;
use super::queue::Job;

/// The maximum number of events per read.
const PAGE: usize = 100;
/// The interval at which the outbox is polled, because writes by other processes cause no notifications.
const POLL: Duration = Duration::from_secs(1);

/// Reads events, and removes finished events, until the task is aborted.
pub(super) async fn run(hub: Arc<Hub>) {
    let mut changes = hub.outbox.subscribe();
    let (mut is_failing, mut reads) = (false, true);
    loop {
        match work(&hub, reads).await {
            Ok(()) => {
                is_failing = false;
                tokio::select! {
                    biased;
                    () = changes.next() => reads = true,
                    () = hub.progress.finished.notified() => reads = false,
                    () = sleep(POLL) => reads = true,
                }
            }
            Err(error) => {
                // Only the first failure is logged, because the store can be unavailable for a long time.
                if !is_failing {
                    warn_store(&error);
                }
                (is_failing, reads) = (true, true);
                sleep(POLL).await;
            }
        }
    }
}

pub(super) fn warn_store(error: &Error) {
    warn!(target: "clerk_emulator", kind = %error.kind(), "the event store failed; retrying");
}

/// Removes finished events, and reads new events if `reads` is set.
async fn work(hub: &Hub, reads: bool) -> Result<()> {
    let mut cursor = hub.cursor.lock().await;
    acknowledge(hub).await?;
    // If the emulator does not deliver the events, it reads them only for subscribers.
    if reads && (hub.owns_outbox || hub.subscribers.exist()) {
        read(hub, &mut cursor).await?;
        // Without endpoints, the new events are already finished.
        acknowledge(hub).await?;
    }
    Ok(())
}

/// Reads all new events. Stops early if too many events are undelivered.
pub(super) async fn read(hub: &Hub, cursor: &mut Cursor) -> Result<()> {
    let now = Instant::now();
    let mut after = if hub.owns_outbox { cursor.start(now) } else { cursor.resume(now) };
    loop {
        if hub.progress.room() < PAGE {
            return Ok(());
        }
        let events = hub.outbox.read(after, PAGE).await?;
        let Some(last) = events.last() else { return Ok(()) };
        after = last.position;
        let is_last = events.len() < PAGE;
        for event in &events {
            let is_new = cursor.pass(event.position, now);
            // A read of the whole outbox also returns events whose positions are no longer tracked.
            if is_new || hub.owns_outbox {
                accept(hub, event);
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

/// Adds an event to the queues, unless it has already been added.
fn accept(hub: &Hub, pending: &PendingEvent) {
    if hub.progress.contains(pending.position) {
        return;
    }
    let Some(event) = decode(pending) else {
        // The event stays in the outbox, because a newer version may be able to decode it.
        if hub.owns_outbox {
            hub.progress.add(pending.position, pending.id.clone(), 1);
        }
        return;
    };
    hub.subscribers.publish(&event);
    if !hub.owns_outbox {
        return;
    }
    hub.progress.add(pending.position, pending.id.clone(), hub.queues.len());
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
        hub.progress.remove(&positions);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;

    use futures_util::FutureExt;
    use user_directory::store_directory::InstanceSettings;
    use user_directory::webhooks::WebhookSecret;
    use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};

    use super::*;
    use crate::webhooks::Webhooks;
    use crate::webhooks::endpoint::Endpoint;
    use crate::webhooks::hub::Settings;
    use crate::webhooks::progress::Progress;

    /// Returns a directory whose outbox contains this number of events.
    async fn directory(events: usize) -> InMemoryUserDirectory {
        let builder = InMemoryUserDirectory::builder().settings(InstanceSettings::permissive());
        let directory = builder.emit_events().build();
        for number in 0..events {
            directory.create(&NewUser::new().username(format!("user_number_{number}"))).await.unwrap();
        }
        directory
    }

    /// Returns a hub without senders for its endpoints.
    fn hub(directory: &InMemoryUserDirectory, endpoints: usize, owns_outbox: bool) -> Hub {
        let secret = WebhookSecret::from_key(b"0123").unwrap();
        let endpoint = Endpoint::new("http://127.0.0.1:1/", secret).unwrap();
        let settings = Settings { endpoints: vec![endpoint; endpoints], ..Settings::default() };
        Hub::new(directory.outbox().unwrap().clone(), settings, owns_outbox).unwrap()
    }

    #[tokio::test]
    async fn read_continues_after_the_limit_of_undelivered_events() {
        let directory = directory(5 * PAGE).await;
        let mut hub = hub(&directory, 1, true);
        hub.progress = Progress::new(2 * PAGE);
        let limit = u64::try_from(2 * PAGE).unwrap();
        work(&hub, true).await.unwrap();
        assert_eq!(hub.progress.room(), 0);
        {
            // The interrupted read counts as a read of the whole outbox, so the next one does not start from zero.
            let mut cursor = hub.cursor.lock().await;
            assert_eq!(cursor.start(Instant::now()), limit);
        }
        for position in 1..=limit {
            hub.progress.finish(position);
        }
        // This only removes finished events.
        work(&hub, false).await.unwrap();
        assert_eq!(hub.progress.room(), 2 * PAGE);
        let remaining = directory.outbox().unwrap().read(0, 5 * PAGE).await.unwrap();
        assert_eq!((remaining.len(), remaining[0].position), (3 * PAGE, limit + 1));
        work(&hub, true).await.unwrap();
        assert!(hub.progress.contains(limit + 1) && hub.progress.contains(2 * limit));
    }

    #[tokio::test]
    async fn reset_keeps_the_events_of_changes_after_the_directory_was_cleared() {
        let directory = directory(2).await;
        let hub = hub(&directory, 1, true);
        work(&hub, true).await.unwrap();
        let clear = async {
            directory.clear().await?;
            directory.create(&NewUser::new().username("ada_lovelace")).await.map(drop)
        };
        hub.reset(clear).await.unwrap();
        assert_eq!(hub.queues[0].counters().pending, 0);
        work(&hub, true).await.unwrap();
        let events = directory.outbox().unwrap().read(0, 9).await.unwrap();
        assert_eq!((events.len(), hub.queues[0].counters().pending), (1, 1));
        assert!(hub.progress.contains(events[0].position));
    }

    #[tokio::test]
    async fn read_does_not_remove_events_of_another_sender() {
        let directory = directory(2).await;
        let hub = hub(&directory, 0, false);
        let mut events = hub.events().await.unwrap();
        directory.create(&NewUser::new().username("ada_lovelace")).await.unwrap();
        for _ in 0..2 {
            work(&hub, true).await.unwrap();
        }
        assert_eq!(events.try_next().unwrap().user().unwrap().username.as_deref(), Some("ada_lovelace"));
        assert!(events.try_next().is_none());
        assert_eq!(directory.outbox().unwrap().read(0, 9).await.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn stop_publishes_events_that_have_not_been_read() {
        for owns_outbox in [false, true] {
            let directory = directory(1).await;
            let webhooks = Webhooks::start(hub(&directory, 0, owns_outbox));
            let mut events = webhooks.hub().events().await.unwrap();
            // The reader does not run until this test awaits.
            directory.create(&NewUser::new().username("ada_lovelace")).await.unwrap();
            webhooks.stop(Instant::now()).await;
            assert_eq!(events.next().await.user().unwrap().username.as_deref(), Some("ada_lovelace"));
            assert!(AssertUnwindSafe(events.next()).catch_unwind().await.is_err());
        }
    }

    #[tokio::test]
    async fn read_removes_events_of_its_own_outbox_without_endpoints() {
        let directory = directory(2).await;
        work(&hub(&directory, 0, true), true).await.unwrap();
        assert!(directory.outbox().unwrap().read(0, 9).await.unwrap().is_empty());
    }
}
