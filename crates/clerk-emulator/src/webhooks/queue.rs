//! [`Queue`]: the deliveries that an endpoint waits for.

use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;
use user_directory::{Text, UserId};

use super::message::Message;

/// The number of due deliveries that are searched for one of a user without a running attempt.
const SEARCHED: usize = 64;

/// A delivery in progress. It has no body, so that many deliveries can wait.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) source: Source,
    pub(super) event_type: Text,
    pub(super) user_id: Option<UserId>,
    /// The number of attempts so far.
    pub(super) attempts: usize,
    /// The number of the delivery in the history.
    pub(super) delivery: Option<u64>,
    /// Whether faults have been applied.
    pub(super) is_prepared: bool,
    /// The number of additional times that the message is sent.
    pub(super) copies: u32,
}

/// Where the message of a job is.
#[derive(Debug)]
pub(super) enum Source {
    /// At this position in the outbox.
    Outbox(u64),
    /// In memory. Used for examples and replays.
    Message(Arc<Message>),
}

impl Job {
    /// Creates the first attempt of an event in the outbox.
    pub(super) fn of_event(position: u64, event_type: Text, user_id: Option<UserId>) -> Self {
        let source = Source::Outbox(position);
        Self { source, event_type, user_id, attempts: 0, delivery: None, is_prepared: false, copies: 0 }
    }

    /// Creates a delivery that no fault affects. `delivery` is its number in the history.
    pub(super) fn of_message(message: Arc<Message>, delivery: Option<u64>) -> Self {
        let (event_type, user_id) = (message.event_type.clone(), message.user_id.clone());
        let source = Source::Message(message);
        Self { source, event_type, user_id, attempts: 0, delivery, is_prepared: true, copies: 0 }
    }
}

/// A job that was taken from the queue.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) job: Job,
    epoch: u64,
}

/// What to do with a job after it was taken.
#[derive(Debug)]
pub(super) enum Next {
    /// Try again at this time of the timer.
    At(Duration),
    /// Try again after an attempt of another job, at this time of the timer at the latest.
    AfterOther(Duration),
    Delivered,
    Failed,
    Dropped,
    /// The event does not exist anymore.
    Gone,
}

/// Counters of an endpoint since the start or the last reset.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Counters {
    /// The deliveries that wait for an attempt or have a running attempt.
    pub(crate) pending: usize,
    pub(crate) delivered: u64,
    pub(crate) failed: u64,
    pub(crate) dropped: u64,
}

/// When a job is due, and a number that makes the key unique and preserves the order.
type Key = (Duration, u64);

#[derive(Debug, Default)]
struct State {
    jobs: BTreeMap<Key, Job>,
    /// The job that waits for an attempt of another job.
    held: Option<Key>,
    /// The users with a running attempt. Their other jobs wait, so that the events of a user are sent in order.
    busy: HashSet<UserId>,
    last_number: u64,
    /// Incremented by a reset, which discards running jobs.
    epoch: u64,
    counters: Counters,
}

/// The queue of an endpoint.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Notified when a job becomes due.
    pub(super) changed: Notify,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job that is due now.
    pub(super) fn push(&self, job: Job, now: Duration) {
        let mut state = self.state();
        state.counters.pending += 1;
        state.insert(job, now);
        drop(state);
        self.changed.notify_one();
    }

    /// Removes the first job that is due and whose user has no running attempt.
    pub(super) fn take_due(&self, now: Duration) -> Option<Taken> {
        let mut state = self.state();
        let is_free = |job: &Job| job.user_id.as_ref().is_none_or(|user_id| !state.busy.contains(user_id));
        let due = state.jobs.range(..=(now, u64::MAX)).take(SEARCHED);
        let key = due.into_iter().find(|(_, job)| is_free(job)).map(|(key, _)| *key)?;
        let job = state.jobs.remove(&key)?;
        if state.held == Some(key) {
            state.held = None;
        }
        state.busy.extend(job.user_id.clone());
        Some(Taken { job, epoch: state.epoch })
    }

    /// Returns the time at which the next job becomes due, apart from those that are due.
    pub(super) fn next_due(&self, now: Duration) -> Option<Duration> {
        let later = (Bound::Excluded((now, u64::MAX)), Bound::Unbounded);
        self.state().jobs.range(later).next().map(|((due, _), _)| *due)
    }

    /// Returns `true` if a job waits for an attempt of another job.
    pub(super) fn has_held(&self) -> bool {
        self.state().held.is_some()
    }

    /// Returns `false` if a reset has discarded the job.
    pub(super) fn is_current(&self, taken: &Taken) -> bool {
        taken.epoch == self.state().epoch
    }

    /// Ends the processing of a job. Returns the position of its event in the outbox if the event is finished.
    pub(super) fn complete(&self, taken: Taken, next: &Next) -> Option<u64> {
        let Taken { job, epoch } = taken;
        let mut state = self.state();
        if epoch != state.epoch {
            return None;
        }
        if let Some(user_id) = &job.user_id {
            state.busy.remove(user_id);
        }
        // Postponed jobs are not in the history yet.
        let attempted = job.delivery.is_some();
        let position = match job.source {
            Source::Outbox(position) => Some(position),
            Source::Message(_) => None,
        };
        let finished = match next {
            Next::At(due) => {
                state.insert(job, *due);
                None
            }
            Next::AfterOther(latest) => {
                state.held = Some(state.insert(job, *latest));
                return None;
            }
            Next::Delivered | Next::Failed | Next::Dropped | Next::Gone => {
                state.counters.pending -= 1;
                match next {
                    Next::Delivered => state.counters.delivered += 1,
                    Next::Failed => state.counters.failed += 1,
                    Next::Dropped => state.counters.dropped += 1,
                    _ => {}
                }
                position
            }
        };
        if attempted && let Some(job) = state.held.take().and_then(|key| state.jobs.remove(&key)) {
            state.insert(job, Duration::ZERO);
        }
        finished
    }

    /// Makes the waiting delivery with this number in the history due, if there is one.
    pub(super) fn expedite(&self, delivery: u64) {
        let mut state = self.state();
        let found = state.jobs.iter().find(|(_, job)| job.delivery == Some(delivery)).map(|(key, _)| *key);
        let Some(job) = found.and_then(|key| state.jobs.remove(&key)) else { return };
        state.insert(job, Duration::ZERO);
        drop(state);
        self.changed.notify_one();
    }

    pub(super) fn counters(&self) -> Counters {
        self.state().counters
    }

    /// Removes all jobs, and discards the results of running attempts.
    pub(super) fn clear(&self) {
        let mut state = self.state();
        *state = State { epoch: state.epoch + 1, ..State::default() };
    }
}

impl State {
    fn insert(&mut self, job: Job, due: Duration) -> Key {
        self.last_number += 1;
        let key = (due, self.last_number);
        self.jobs.insert(key, job);
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn job(position: u64, user: &str) -> Job {
        Job::of_event(position, "user.updated".into(), Some(user.parse().unwrap()))
    }

    fn position(taken: &Taken) -> u64 {
        match taken.job.source {
            Source::Outbox(position) => position,
            Source::Message(_) => unreachable!(),
        }
    }

    #[test]
    fn take_due_preserves_the_order_of_a_user_and_not_of_different_users() {
        let queue = Queue::default();
        for (number, user) in [(1, "user_1"), (2, "user_1"), (3, "user_2")] {
            queue.push(job(number, user), SECOND);
        }
        assert!(queue.take_due(Duration::ZERO).is_none());
        let (first, third) = (queue.take_due(SECOND).unwrap(), queue.take_due(SECOND).unwrap());
        assert_eq!((position(&first), position(&third)), (1, 3));
        assert!(queue.take_due(SECOND).is_none());
        assert_eq!(queue.complete(first, &Next::Delivered), Some(1));
        assert_eq!(position(&queue.take_due(SECOND).unwrap()), 2);
    }

    #[test]
    fn next_due_omits_jobs_that_are_due() {
        let queue = Queue::default();
        queue.push(job(1, "user_1"), SECOND);
        queue.push(job(2, "user_1"), 2 * SECOND);
        assert_eq!(queue.next_due(Duration::ZERO), Some(SECOND));
        assert_eq!(queue.next_due(SECOND), Some(2 * SECOND));
        assert_eq!(queue.next_due(2 * SECOND), None);
    }

    #[test]
    fn clear_discards_running_jobs() {
        let queue = Queue::default();
        queue.push(job(1, "user_1"), SECOND);
        let taken = queue.take_due(SECOND).unwrap();
        queue.clear();
        queue.push(job(1, "user_1"), SECOND);
        assert_eq!(queue.complete(taken, &Next::Delivered), None);
        let counters = queue.counters();
        assert_eq!((counters.pending, counters.delivered), (1, 0));
        assert_eq!(position(&queue.take_due(SECOND).unwrap()), 1);
    }
}
