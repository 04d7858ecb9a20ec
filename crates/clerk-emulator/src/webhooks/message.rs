//! [`Message`]: an event with the body that is sent.

use std::fmt;
use std::sync::Arc;

use tracing::error;
use user_directory::store_directory::PendingEvent;
use user_directory::webhooks::{EventId, EventKind, UserEvent};
use user_directory::wire::response::FillRequired;
use user_directory::{Text, UserId};

/// Fills the required fields of an event's user, as in API responses.
pub(super) fn filled(mut event: UserEvent) -> UserEvent {
    if let EventKind::Created(user) | EventKind::Updated(user) = &mut event.kind {
        user.fill_required();
    }
    event
}

/// Decodes an event and [fills](filled) its required fields. If decoding fails, logs an error and returns `None`.
pub(super) fn decode(pending: &PendingEvent) -> Option<UserEvent> {
    match pending.event() {
        Ok(event) => Some(filled(event)),
        Err(problem) => {
            error!(target: "clerk_emulator", id = %pending.id, kind = %problem.kind(), "an event cannot be decoded");
            None
        }
    }
}

/// An event and the exact body that is signed and sent.
///
/// `Debug` shows only the size of the body, because the body contains user data.
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

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, event_type, user_id, body } = self;
        f.debug_struct("Message")
            .field("id", id)
            .field("event_type", event_type)
            .field("user_id", user_id)
            .field("body", &format_args!("{} bytes", body.len()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use user_directory::User;

    use super::*;

    #[test]
    fn debug_shows_only_the_size_of_the_body() {
        let mut user = User::new("user_1".parse().unwrap());
        user.first_name = Some("Ada".into());
        let event = UserEvent::created("msg_1".parse().unwrap(), user);
        let debug = format!("{:?}", Message::new(&event, event.to_json()));
        assert!(debug.contains("msg_1") && debug.contains("bytes") && !debug.contains("Ada"), "{debug}");
    }
}
