//! [`Progress`]: tracks the events that have been read from the outbox but not yet removed from it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use user_directory::webhooks::EventId;

/// The maximum number of events that have been read from the outbox but not yet removed from it. Their bodies are not
/// kept in memory.
const MAX_EVENTS: usize = 100_000;

#[derive(Debug)]
struct Entry {
    id: EventId,
    /// The number of endpoints that have not finished the event.
    remaining: usize,
}

#[derive(Debug, Default)]
struct State {
    /// The events by position in the outbox.
    events: HashMap<u64, Entry>,
    /// The positions of the events that all endpoints have finished.
    finished: Vec<u64>,
}

/// The events that have been read from the outbox but not yet removed from it.
///
/// An endpoint has finished an event when it has received the event or has no attempts left.
#[derive(Debug)]
pub(super) struct Progress {
    max_events: usize,
    state: Mutex<State>,
    /// Notified when an event can be removed from the outbox.
    pub(super) finished: Notify,
}

impl Default for Progress {
    fn default() -> Self {
        Self::new(MAX_EVENTS)
    }
}

impl Progress {
    pub(super) fn new(max_events: usize) -> Self {
        Self { max_events, state: Mutex::default(), finished: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of further events that can be added.
    pub(super) fn room(&self) -> usize {
        self.max_events.saturating_sub(self.state().events.len())
    }

    pub(super) fn contains(&self, position: u64) -> bool {
        self.state().events.contains_key(&position)
    }

    /// Adds an event that is sent to `endpoints` endpoints. If there are none, the event is finished immediately.
    pub(super) fn add(&self, position: u64, id: EventId, endpoints: usize) {
        let mut state = self.state();
        state.events.insert(position, Entry { id, remaining: endpoints });
        if endpoints == 0 {
            state.finished.push(position);
        }
    }

    /// Records that an endpoint has finished the event.
    pub(super) fn finish(&self, position: u64) {
        let mut state = self.state();
        let Some(entry) = state.events.get_mut(&position) else { return };
        entry.remaining -= 1;
        if entry.remaining == 0 {
            state.finished.push(position);
            self.finished.notify_one();
        }
    }

    /// Returns the events that all endpoints have finished. They are kept until they are [removed](Self::remove).
    pub(super) fn finished(&self) -> (Vec<u64>, Vec<EventId>) {
        let state = self.state();
        state.finished.iter().map(|position| (*position, state.events[position].id.clone())).unzip()
    }

    /// Removes finished events. The caller must have removed them from the outbox.
    pub(super) fn remove(&self, positions: &[u64]) {
        let mut state = self.state();
        for position in positions {
            state.events.remove(position);
        }
        let State { events, finished } = &mut *state;
        finished.retain(|position| events.contains_key(position));
    }

    pub(super) fn clear(&self) {
        *self.state() = State::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_is_finished_when_every_endpoint_has_finished_it() {
        let progress = Progress::default();
        progress.add(1, "msg_1".parse().unwrap(), 2);
        progress.add(2, "msg_2".parse().unwrap(), 0);
        assert_eq!(progress.finished().0, [2]);
        progress.finish(1);
        assert_eq!(progress.finished().0, [2]);
        progress.finish(1);
        let (positions, ids) = progress.finished();
        assert_eq!((&positions[..], &ids[1]), (&[2, 1][..], &"msg_1".parse().unwrap()));
        // The event is kept until `remove` is called.
        assert!(progress.contains(1));
        progress.remove(&positions);
        assert!(!progress.contains(1) && progress.finished().0.is_empty());
    }

    #[test]
    fn room_is_limited_and_grows_when_events_are_forgotten() {
        let progress = Progress::new(9);
        for position in 1..=10 {
            progress.add(position, "msg_1".parse().unwrap(), 1);
        }
        assert_eq!(progress.room(), 0);
        progress.remove(&[7, 8]);
        assert_eq!(progress.room(), 1);
    }
}
