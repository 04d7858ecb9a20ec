//! [`Message`]: an event, encoded for sending.

use std::sync::Arc;

use user_directory::webhooks::{EventId, UserEvent};
use user_directory::{Text, UserId};

/// An event and the exact body that is signed and sent.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: EventId,
    pub(crate) event_type: Text,
    pub(crate) user_id: Option<UserId>,
    pub(crate) body: String,
}

impl Message {
    pub(super) fn new(event: &UserEvent, body: String) -> Arc<Self> {
        Arc::new(Self {
            id: event.id.clone(),
            event_type: event.event_type().into(),
            user_id: event.user_id().cloned(),
            body,
        })
    }
}
