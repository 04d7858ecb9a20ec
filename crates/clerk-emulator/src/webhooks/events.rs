//! [`Events`]: the events of an emulator, for tests.

use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use user_directory::webhooks::UserEvent;

/// A receiver for the events emitted by a directory; see [`Emulator::events`](crate::Emulator::events).
///
/// Events are returned in the order in which they are read from the directory's
/// [outbox](user_directory::store_directory::Outbox). The buffer is unbounded.
#[derive(Debug)]
pub struct Events(UnboundedReceiver<UserEvent>);

impl Events {
    /// Waits for the next event.
    ///
    /// This method is cancel safe: if the future is dropped, no event is lost.
    ///
    /// # Panics
    ///
    /// Panics if the emulator has stopped and all of its events have been returned.
    pub async fn next(&mut self) -> UserEvent {
        self.0.recv().await.expect("the emulator has stopped, so there are no further events")
    }

    /// Returns the next event, or `None` if no event is available.
    pub fn try_next(&mut self) -> Option<UserEvent> {
        self.0.try_recv().ok()
    }
}

/// The subscribers to all events.
#[derive(Debug, Default)]
pub(super) struct Subscribers(Mutex<Vec<UnboundedSender<UserEvent>>>);

impl Subscribers {
    pub(super) fn subscribe(&self) -> Events {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        Events(receiver)
    }

    /// Returns `true` if there are subscribers.
    pub(super) fn exist(&self) -> bool {
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        senders.retain(|sender| !sender.is_closed());
        !senders.is_empty()
    }

    /// Closes the channels of all subscribers.
    pub(super) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn publish(&self, event: &UserEvent) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|sender| sender.send(event.clone()).is_ok());
    }
}
