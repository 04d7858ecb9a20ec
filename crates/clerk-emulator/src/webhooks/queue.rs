//! [`Queue`]: the pending deliveries to an endpoint.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;
use user_directory::{Text, UserId};

use super::message::Message;

/// A pending delivery. The bodies of events stay in the outbox, so that many deliveries can be queued.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) source: Source,
    pub(super) event_type: Text,
    pub(super) user_id: Option<UserId>,
    /// The number of attempts that have been made.
    pub(super) attempts: usize,
    /// The number of the delivery in the history.
    pub(super) delivery: Option<u64>,
    /// Whether faults have been applied.
    pub(super) is_prepared: bool,
    /// Whether a fault drops the event instead of sending it.
    pub(super) is_dropped: bool,
    /// The number of additional copies to send.
    pub(super) copies: u32,
}

/// The location of a job's message.
#[derive(Debug)]
pub(super) enum Source {
    /// The message is at this position in the outbox.
    Outbox(u64),
    /// The message is in memory. Used for examples and replays.
    Message(Arc<Message>),
}

impl Job {
    /// Creates a job for an event in the outbox.
    pub(super) fn of_event(position: u64, event_type: Text, user_id: Option<UserId>) -> Self {
        Self::new(Source::Outbox(position), event_type, user_id)
    }

    /// Creates a job that faults do not affect. `delivery` is the number of the delivery in the history.
    pub(super) fn of_message(message: Arc<Message>, delivery: Option<u64>) -> Self {
        let (event_type, user_id) = (message.event_type.clone(), message.user_id.clone());
        Self { delivery, is_prepared: true, ..Self::new(Source::Message(message), event_type, user_id) }
    }

    fn new(source: Source, event_type: Text, user_id: Option<UserId>) -> Self {
        let (attempts, copies, delivery) = (0, 0, None);
        Self { source, event_type, user_id, attempts, delivery, is_prepared: false, is_dropped: false, copies }
    }
}

/// A job that was taken from the queue.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) job: Job,
    /// The former place of the job in the queue.
    key: Key,
    /// The sequence number of the job. Jobs that are taken later have higher numbers.
    sequence: u64,
    /// The epoch of the queue when the job was taken.
    epoch: u64,
}

/// The result of processing a job.
#[derive(Debug, Clone, Copy)]
pub(super) enum Next {
    /// The message could not be read. The job keeps its place in the queue.
    Unread,
    /// A fault postpones the first attempt until the timer reaches this time.
    Postponed(Duration),
    /// A fault postpones the first attempt until an attempt of another job ends, or until the timer reaches this time.
    AfterOther(Duration),
    /// An attempt was made. The next attempt is due when the timer reaches this time.
    Again(Duration),
    /// The last attempt succeeded.
    Delivered,
    /// The last attempt failed.
    Failed,
    /// A fault dropped the event.
    Dropped,
    /// The event was removed from the outbox, a reset discarded the job, or the event cannot be decoded.
    Removed,
}

impl Next {
    /// Returns `true` if an attempt was made.
    fn is_attempt(self) -> bool {
        matches!(self, Self::Again(_) | Self::Delivered | Self::Failed)
    }

    /// Returns `true` if the job is not returned to the queue.
    fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Failed | Self::Dropped | Self::Removed)
    }
}

/// Counts of deliveries to an endpoint since the start or the last reset.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Counters {
    /// The number of deliveries with a scheduled or running attempt.
    pub(crate) pending: usize,
    pub(crate) delivered: u64,
    pub(crate) failed: u64,
    pub(crate) dropped: u64,
}

/// The time at which a job is due, and a number that makes the key unique and preserves the order of insertion.
type Key = (Duration, u64);

/// A job that is held back until an attempt of another job has ended.
#[derive(Debug, Clone, Copy)]
struct Held {
    key: Key,
    /// The sequence number of the held-back job. Jobs that are taken later have higher numbers.
    sequence: u64,
}

#[derive(Debug, Default)]
struct State {
    jobs: BTreeMap<Key, Job>,
    held: Option<Held>,
    /// The users with a running attempt. Their other jobs wait, so that events about a user are sent in order.
    busy: HashSet<UserId>,
    /// The due jobs of users with a running attempt. When the attempt ends, the user's first job returns to `jobs`.
    waiting: HashMap<UserId, BTreeMap<Key, Job>>,
    /// The last number that was used in a key.
    last_number: u64,
    /// The sequence number of the job that was taken last.
    last_sequence: u64,
    /// Incremented by each reset. The results of jobs that were taken earlier are discarded.
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

    /// Adds a job that is due immediately.
    pub(super) fn push(&self, job: Job, now: Duration) {
        let mut state = self.state();
        state.counters.pending += 1;
        state.insert(job, now);
        drop(state);
        self.changed.notify_one();
    }

    /// Removes and returns the first due job whose user has no running attempt.
    pub(super) fn take_due(&self, now: Duration) -> Option<Taken> {
        let mut state = self.state();
        loop {
            let entry = state.jobs.first_entry()?;
            if entry.key().0 > now {
                return None;
            }
            let (key, job) = entry.remove_entry();
            if let Some(user_id) = job.user_id.clone()
                && !state.busy.insert(user_id.clone())
            {
                state.waiting.entry(user_id).or_default().insert(key, job);
                continue;
            }
            state.held = state.held.filter(|held| held.key != key);
            state.last_sequence += 1;
            return Some(Taken { job, key, sequence: state.last_sequence, epoch: state.epoch });
        }
    }

    /// Returns the time at which the next job becomes due. Jobs that are already due are ignored.
    pub(super) fn next_due(&self, now: Duration) -> Option<Duration> {
        let later = (Bound::Excluded((now, u64::MAX)), Bound::Unbounded);
        self.state().jobs.range(later).next().map(|((due, _), _)| *due)
    }

    /// Returns `true` if a job is held back.
    pub(super) fn has_held(&self) -> bool {
        self.state().held.is_some()
    }

    /// Calls a function unless a reset has discarded the job. A concurrent reset waits until the function returns.
    pub(super) fn if_current<T>(&self, taken: &Taken, function: impl FnOnce() -> T) -> Option<T> {
        let state = self.state();
        (taken.epoch == state.epoch).then(function)
    }

    /// Ends the processing of a job. If the job is finished, returns the position of its event in the outbox.
    pub(super) fn complete(&self, taken: Taken, next: Next) -> Option<u64> {
        let Taken { job, key, sequence, epoch } = taken;
        let mut state = self.state();
        if epoch != state.epoch {
            return None;
        }
        if let Some(user_id) = &job.user_id {
            state.release(user_id);
        }
        let position = match job.source {
            Source::Outbox(position) => Some(position),
            Source::Message(_) => None,
        };
        match next {
            Next::Unread => {
                state.jobs.insert(key, job);
            }
            Next::Postponed(due) | Next::Again(due) => {
                state.insert(job, due);
            }
            Next::AfterOther(latest) => {
                let key = state.insert(job, latest);
                state.held = Some(Held { key, sequence });
            }
            Next::Delivered => state.counters.delivered += 1,
            Next::Failed => state.counters.failed += 1,
            Next::Dropped => state.counters.dropped += 1,
            Next::Removed => {}
        }
        if next.is_final() {
            state.counters.pending -= 1;
        }
        if next.is_attempt()
            && let Some(held) = state.held.take_if(|held| held.sequence < sequence)
            && let Some(job) = state.jobs.remove(&held.key)
        {
            state.insert(job, Duration::ZERO);
        }
        position.filter(|_| next.is_final())
    }

    /// Makes a delivery due immediately if its next attempt is scheduled. `delivery` is its number in the history.
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
    /// Records that a user's running attempt has ended.
    fn release(&mut self, user_id: &UserId) {
        self.busy.remove(user_id);
        let Some(waiting) = self.waiting.get_mut(user_id) else { return };
        // Only the first job is returned, because the others would have to wait for its attempt.
        let first = waiting.pop_first();
        if waiting.is_empty() {
            self.waiting.remove(user_id);
        }
        self.jobs.extend(first);
    }

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
        assert_eq!(queue.complete(first, Next::Delivered), Some(1));
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
    fn take_due_finds_other_users_behind_many_jobs_of_a_busy_user() {
        let queue = Queue::default();
        for number in 1..=1000 {
            queue.push(job(number, "user_1"), SECOND);
        }
        queue.push(job(1001, "user_2"), SECOND);
        let (first, other) = (queue.take_due(SECOND).unwrap(), queue.take_due(SECOND).unwrap());
        assert_eq!((position(&first), position(&other)), (1, 1001));
        let mut taken = first;
        for number in 2..=1000 {
            assert!(queue.take_due(SECOND).is_none());
            queue.complete(taken, Next::Delivered);
            taken = queue.take_due(SECOND).unwrap();
            assert_eq!(position(&taken), number);
        }
    }

    #[test]
    fn complete_returns_an_unread_job_to_its_place() {
        let queue = Queue::default();
        for number in 1..=3 {
            queue.push(job(number, "user_1"), SECOND);
        }
        for number in 1..=3 {
            let taken = queue.take_due(SECOND).unwrap();
            assert!(queue.take_due(SECOND).is_none());
            assert_eq!(queue.complete(taken, Next::Unread), None);
            let taken = queue.take_due(SECOND).unwrap();
            assert_eq!(queue.complete(taken, Next::Delivered), Some(number));
        }
    }

    #[test]
    fn complete_releases_a_held_job_after_an_attempt_that_started_later() {
        let queue = Queue::default();
        for (number, user) in [(1, "user_1"), (2, "user_2"), (3, "user_3")] {
            queue.push(job(number, user), SECOND);
        }
        let (earlier, held) = (queue.take_due(SECOND).unwrap(), queue.take_due(SECOND).unwrap());
        queue.complete(held, Next::AfterOther(9 * SECOND));
        queue.complete(earlier, Next::Delivered);
        assert!(queue.has_held());
        let later = queue.take_due(SECOND).unwrap();
        assert_eq!(position(&later), 3);
        assert!(queue.take_due(SECOND).is_none());
        queue.complete(later, Next::Delivered);
        assert!(!queue.has_held());
        assert_eq!(position(&queue.take_due(SECOND).unwrap()), 2);
    }

    #[test]
    fn clear_discards_running_jobs() {
        let queue = Queue::default();
        queue.push(job(1, "user_1"), SECOND);
        let taken = queue.take_due(SECOND).unwrap();
        queue.clear();
        queue.push(job(1, "user_1"), SECOND);
        assert_eq!(queue.if_current(&taken, || ()), None);
        assert_eq!(queue.complete(taken, Next::Delivered), None);
        let counters = queue.counters();
        assert_eq!((counters.pending, counters.delivered), (1, 0));
        assert_eq!(position(&queue.take_due(SECOND).unwrap()), 1);
    }
}
