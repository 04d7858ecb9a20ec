//! [`History`]: the latest deliveries.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use user_directory::webhooks::EventId;
use user_directory::{Text, UserId};

use super::message::Message;
use super::request::Attempt;
use crate::request_log::CAPACITY;

/// The maximum total size of the bodies that are kept, in bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The maximum number of attempts that are kept per delivery. Replays can add attempts to those of the retry schedule.
const MAX_ATTEMPTS: usize = 20;

/// The state of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryState {
    /// An attempt is scheduled or running.
    Pending,
    /// The endpoint responded with a 2xx status.
    Delivered,
    /// All attempts failed.
    Failed,
    /// A fault dropped the event.
    Dropped,
    /// The event was removed from the outbox by another process.
    Removed,
}

/// The delivery of an event to an endpoint.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Delivery {
    pub(crate) number: u64,
    /// The number of the endpoint, starting at 1.
    pub(crate) endpoint: usize,
    pub(crate) event_id: EventId,
    pub(crate) event_type: Text,
    pub(crate) user_id: Option<UserId>,
    pub(crate) state: DeliveryState,
    /// The latest attempts, oldest first.
    pub(crate) attempts: Vec<Attempt>,
    /// The time of the next attempt, in milliseconds since the Unix epoch.
    pub(crate) next_attempt_at: Option<i64>,
    #[serde(skip)]
    pub(crate) message: Arc<Message>,
}

/// The latest deliveries, newest first.
#[derive(Debug, Serialize)]
pub(crate) struct LatestDeliveries {
    data: Vec<Delivery>,
    /// The number of deliveries to the selected endpoints since the history was last cleared.
    ///
    /// This includes deliveries that are no longer in the history.
    total_count: u64,
}

#[derive(Debug, Default)]
struct Entries {
    /// The deliveries, oldest first.
    latest: VecDeque<Delivery>,
    /// The total size of the bodies.
    bytes: usize,
    /// The number of deliveries to each endpoint since the history was last cleared.
    totals: BTreeMap<usize, u64>,
    last_number: u64,
}

/// The latest deliveries with at least one attempt, and the latest dropped deliveries.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<Entries>);

/// A change to a delivery.
pub(super) struct Change {
    pub(super) state: DeliveryState,
    pub(super) attempt: Option<Attempt>,
    pub(super) next_attempt_at: Option<i64>,
}

impl History {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a delivery and returns its number. Adds the delivery if it has no number or is no longer in the history.
    pub(super) fn record(&self, number: Option<u64>, endpoint: usize, message: &Arc<Message>, change: Change) -> u64 {
        let mut entries = self.entries();
        let index = number.and_then(|number| entries.index(number));
        let index = index.unwrap_or_else(|| entries.add(endpoint, message));
        let delivery = &mut entries.latest[index];
        delivery.state = change.state;
        delivery.next_attempt_at = change.next_attempt_at;
        if let Some(attempt) = change.attempt {
            if delivery.attempts.len() == MAX_ATTEMPTS {
                delivery.attempts.remove(0);
            }
            delivery.attempts.push(attempt);
        }
        delivery.number
    }

    /// Changes the state of a delivery to [`Removed`](DeliveryState::Removed).
    ///
    /// This has no effect if the delivery is no longer in the history.
    pub(super) fn remove(&self, number: u64) {
        let mut entries = self.entries();
        if let Some(index) = entries.index(number) {
            let delivery = &mut entries.latest[index];
            (delivery.state, delivery.next_attempt_at) = (DeliveryState::Removed, None);
        }
    }

    pub(crate) fn get(&self, number: u64) -> Option<Delivery> {
        let entries = self.entries();
        entries.index(number).map(|index| entries.latest[index].clone())
    }

    /// Returns the latest deliveries of an endpoint, or of all endpoints.
    pub(crate) fn latest(&self, limit: usize, endpoint: Option<usize>) -> LatestDeliveries {
        let entries = self.entries();
        let is_selected = |other: usize| endpoint.is_none_or(|endpoint| other == endpoint);
        let data = entries.latest.iter().rev().filter(|delivery| is_selected(delivery.endpoint));
        let totals = entries.totals.iter().filter(|(endpoint, _)| is_selected(**endpoint));
        LatestDeliveries {
            data: data.take(limit).cloned().collect(),
            total_count: totals.map(|(_, deliveries)| deliveries).sum(),
        }
    }

    /// Removes all deliveries. The numbering continues, so that numbers stay unique.
    pub(crate) fn clear(&self) {
        let mut entries = self.entries();
        entries.latest.clear();
        entries.totals.clear();
        entries.bytes = 0;
    }
}

impl Entries {
    /// Returns the index of a delivery. The numbers are in ascending order.
    fn index(&self, number: u64) -> Option<usize> {
        self.latest.binary_search_by_key(&number, |delivery| delivery.number).ok()
    }

    fn add(&mut self, endpoint: usize, message: &Arc<Message>) -> usize {
        *self.totals.entry(endpoint).or_default() += 1;
        self.last_number += 1;
        self.bytes += message.body.len();
        while self.latest.len() >= CAPACITY || self.bytes > MAX_BYTES {
            let Some(oldest) = self.latest.pop_front() else { break };
            self.bytes -= oldest.message.body.len();
        }
        self.latest.push_back(Delivery {
            number: self.last_number,
            endpoint,
            event_id: message.id.clone(),
            event_type: message.event_type.clone(),
            user_id: message.user_id.clone(),
            state: DeliveryState::Pending,
            attempts: Vec::new(),
            next_attempt_at: None,
            message: Arc::clone(message),
        });
        self.latest.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use user_directory::webhooks::UserEvent;

    use super::*;

    fn message(id: &str) -> Arc<Message> {
        let event = UserEvent::deleted(id.parse().unwrap(), "user_1".parse().unwrap());
        Message::new(&event, event.to_json())
    }

    fn failed() -> Change {
        let attempt = Attempt { at: 0, duration_us: 1, status: Some(500), error: None, response: String::new() };
        Change { state: DeliveryState::Pending, attempt: Some(attempt), next_attempt_at: Some(1) }
    }

    #[test]
    fn history_is_bounded_and_numbers_stay_unique() {
        let history = History::default();
        let first = history.record(None, 1, &message("msg_0"), failed());
        for number in 0..CAPACITY {
            history.record(None, 2, &message(&format!("msg_{number}")), failed());
        }
        assert!(history.get(first).is_none());
        assert_eq!(history.latest(usize::MAX, None).data.len(), CAPACITY);
        // A change to a delivery that is no longer in the history adds it again.
        let again = history.record(Some(first), 1, &message("msg_0"), failed());
        assert_eq!(history.get(again).unwrap().event_id, "msg_0");
        assert_eq!(history.latest(10, Some(1)).data.len(), 1);
        // Deliveries that are no longer in the history are counted.
        let total_count = |endpoint| history.latest(10, endpoint).total_count;
        let capacity = u64::try_from(CAPACITY).unwrap();
        assert_eq!((total_count(Some(1)), total_count(Some(2)), total_count(None)), (2, capacity, capacity + 2));
        history.clear();
        assert!(history.record(None, 1, &message("msg_0"), failed()) > again);
    }

    #[test]
    fn history_is_bounded_by_the_size_of_the_bodies() {
        let history = History::default();
        let event = UserEvent::deleted("msg_1".parse().unwrap(), "user_1".parse().unwrap());
        let large = Message::new(&event, "x".repeat(MAX_BYTES / 2));
        for _ in 0..4 {
            history.record(None, 1, &large, failed());
        }
        assert_eq!(history.latest(usize::MAX, None).data.len(), 2);
        let number = history.record(None, 1, &Message::new(&event, "x".repeat(2 * MAX_BYTES)), failed());
        assert_eq!(history.latest(usize::MAX, None).data[0].number, number);
        assert_eq!(history.latest(usize::MAX, None).data.len(), 1);
    }

    #[test]
    fn remove_ends_a_pending_delivery() {
        let history = History::default();
        let number = history.record(None, 1, &message("msg_1"), failed());
        history.remove(number);
        let delivery = history.get(number).unwrap();
        assert_eq!((delivery.state, delivery.next_attempt_at), (DeliveryState::Removed, None));
        history.clear();
        history.remove(number);
        assert!(history.get(number).is_none());
    }

    #[test]
    fn record_keeps_the_latest_attempts_of_a_delivery() {
        let history = History::default();
        let number = history.record(None, 1, &message("msg_1"), failed());
        for _ in 0..2 * MAX_ATTEMPTS {
            assert_eq!(history.record(Some(number), 1, &message("msg_1"), failed()), number);
        }
        let replayed = Change { state: DeliveryState::Pending, attempt: None, next_attempt_at: None };
        history.record(Some(number), 1, &message("msg_1"), replayed);
        assert_eq!(history.get(number).unwrap().attempts.len(), MAX_ATTEMPTS);
    }
}
