//! Sends the directory's events to webhook endpoints.
//!
//! A [task](reader) reads events from the directory's outbox and adds them to the queue of each endpoint. Each endpoint
//! has a [sender](sender), which sends the events in the endpoint's queue.
//!
//! An event is removed from the outbox when every endpoint has received it or has no attempts left. If the emulator has
//! no endpoints and did not create the directory, events are not removed, because another process may deliver them.

mod cursor;
mod endpoint;
mod events;
mod fault;
mod history;
mod hub;
mod message;
mod progress;
mod queue;
mod reader;
mod request;
mod schedule;
mod sender;

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tracing::{error, warn};
use user_directory::{Error, ErrorKind};

pub use endpoint::{Endpoint, InvalidEndpoint};
pub use events::Events;
pub use fault::WebhookFault;
pub(crate) use fault::{EVENT_TYPES, endpoint_number};
pub(crate) use hub::{Hub, Settings};

/// The webhook tasks of an emulator. Dropping this value stops all tasks.
pub(crate) struct Webhooks {
    hub: Arc<Hub>,
    tasks: Mutex<JoinSet<()>>,
}

/// Returns the error for a directory that emits no events.
pub(crate) fn no_events() -> Error {
    let message = "the directory emits no events; call `emit_events` on its builder";
    Error::new(ErrorKind::Unsupported).with_message(message)
}

/// Runs a task, and logs an error if the task panics. Otherwise, the panic would go unnoticed.
async fn supervise(task: impl Future<Output = ()>) {
    if AssertUnwindSafe(task).catch_unwind().await.is_err() {
        error!(target: "clerk_emulator", "a webhook task panicked; some events are no longer sent");
    }
}

impl Webhooks {
    /// Starts a task that reads the outbox, and one task for each endpoint.
    pub(crate) fn start(hub: Hub) -> Self {
        let hub = Arc::new(hub);
        let mut tasks = JoinSet::new();
        tasks.spawn(supervise(reader::run(Arc::clone(&hub))));
        for index in 0..hub.endpoints.len() {
            tasks.spawn(supervise(sender::run(Arc::clone(&hub), index)));
        }
        Self { hub, tasks: Mutex::new(tasks) }
    }

    /// Stops all tasks. Subscribers receive the events that are read before the deadline.
    pub(crate) async fn stop(&self, deadline: Instant) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.shutdown().await;
        if !matches!(timeout_at(deadline, self.hub.publish_rest()).await, Ok(Ok(()))) {
            warn!(target: "clerk_emulator", "the last events could not be read, so `Events` does not return them");
        }
        self.hub.subscribers.close();
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }
}
