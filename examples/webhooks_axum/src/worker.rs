//! The worker that handles events after the response is sent.

use std::sync::Arc;

use tokio::sync::mpsc::Receiver;
use user_directory::UserDirectory;
use user_directory::decorators::CachedUserDirectory;
use user_directory::webhooks::{EventKind, UserEvent};

/// Handles all events, and returns after the queue is closed.
pub async fn run(mut events: Receiver<UserEvent>, users: Arc<CachedUserDirectory<Arc<dyn UserDirectory>>>) {
    while let Some(event) = events.recv().await {
        // Safe for events that are late, repeated or in a different order.
        users.apply(&event);
        match &event.kind {
            EventKind::Created(user) => tracing::info!(id = %event.id, user_id = %user.id, "user created"),
            EventKind::Updated(user) => tracing::info!(id = %event.id, user_id = %user.id, "user updated"),
            EventKind::Deleted(user) => tracing::info!(id = %event.id, user_id = %user.id, "user deleted"),
            _ => tracing::info!(id = %event.id, event_type = event.event_type(), "ignored an event"),
        }
    }
}
