//! Sends the events in the queue of an endpoint.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tracing::{debug, info, warn};
use user_directory::time::Timer;
use user_directory::{Error, Result};

use super::fault::{Effect, FaultTarget};
use super::history::{Change, DeliveryState};
use super::hub::Hub;
use super::message::{Message, decode};
use super::queue::{Job, Next, Queue, Source, Taken};
use super::reader::warn_store;
use super::request::Attempt;

/// The maximum number of concurrent requests to an endpoint.
const MAX_IN_FLIGHT: usize = 16;
/// The delay before the next read after the store has failed.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// Sends the events of an endpoint until the task is aborted.
pub(super) async fn run(hub: Arc<Hub>, index: usize) {
    let outage = Outage::default();
    let sender = Sender { hub: &hub, queue: &hub.queues[index], outage: &outage, index };
    let mut in_flight = FuturesUnordered::new();
    let mut alarm = Alarm::default();
    loop {
        let now = hub.timer.now();
        let resume = outage.resume().filter(|resume| *resume > now);
        while resume.is_none()
            && in_flight.len() < MAX_IN_FLIGHT
            && let Some(taken) = sender.queue.take_due(now)
        {
            if let Some(taken) = sender.prepare(taken, now) {
                in_flight.push(sender.deliver(taken));
            }
        }
        alarm.set(&hub.timer, now, resume.or_else(|| sender.queue.next_due(now)));
        tokio::select! {
            Some(()) = in_flight.next() => {}
            () = sender.queue.changed.notified() => {}
            () = alarm.ring() => {}
        }
    }
}

/// The time at which the sender reads the store again after a failure. The sender pauses until then.
#[derive(Debug, Default)]
struct Outage(Mutex<Option<Duration>>);

impl Outage {
    /// Starts or extends the pause. Logs a warning only at the start.
    fn fail(&self, error: &Error, resume: Duration) {
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(resume).is_none() {
            warn_store(error);
        }
    }

    fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Returns the time at which the store is read again, or `None` if the store has not failed.
    fn resume(&self) -> Option<Duration> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sleeps until the timer reaches a given time. Setting the same time again does not restart the sleep.
#[derive(Default)]
struct Alarm(Option<(Duration, BoxFuture<'static, ()>)>);

impl Alarm {
    fn set(&mut self, timer: &Arc<dyn Timer>, now: Duration, due: Option<Duration>) {
        if self.0.as_ref().map(|(due, _)| *due) == due {
            return;
        }
        self.0 = due.map(|due| {
            let timer = Arc::clone(timer);
            let sleep: BoxFuture<'static, ()> = Box::pin(async move { timer.sleep(due.saturating_sub(now)).await });
            (due, sleep)
        });
    }

    /// Waits until the given time, or forever if no time is set.
    async fn ring(&mut self) {
        match &mut self.0 {
            Some((_, sleep)) => sleep.await,
            None => std::future::pending().await,
        }
        self.0 = None;
    }
}

#[derive(Clone, Copy)]
struct Sender<'h> {
    hub: &'h Hub,
    queue: &'h Queue,
    outage: &'h Outage,
    /// The index of the endpoint.
    index: usize,
}

impl Sender<'_> {
    /// Returns the number that identifies the endpoint in the control API and in logs.
    fn number(self) -> usize {
        self.index + 1
    }

    /// Applies a fault before the first attempt. Returns `None` if the fault postpones the attempt.
    fn prepare(self, mut taken: Taken, now: Duration) -> Option<Taken> {
        if taken.job.is_prepared {
            return Some(taken);
        }
        taken.job.is_prepared = true;
        let (event_type, can_hold) = (taken.job.event_type.clone(), !self.queue.has_held());
        let target = FaultTarget { event_type, endpoint: self.number(), can_hold };
        let later = |delay_ms| now.saturating_add(Duration::from_millis(delay_ms));
        let next = match self.hub.faults.next(&target).map(|fault| fault.effect()) {
            Some(Effect::Delay { delay_ms }) => Next::Postponed(later(delay_ms)),
            Some(Effect::Reorder { delay_ms }) => Next::AfterOther(later(delay_ms)),
            Some(Effect::Drop) => {
                taken.job.is_dropped = true;
                return Some(taken);
            }
            Some(Effect::Duplicate { copies }) => {
                taken.job.copies = copies;
                return Some(taken);
            }
            None => return Some(taken),
        };
        self.queue.complete(taken, next);
        None
    }

    /// Attempts to deliver the event. Returns the job to the queue if another attempt is due later.
    async fn deliver(self, mut taken: Taken) {
        let next = match self.message(&taken.job).await {
            // A reset has discarded the job.
            Ok(_) if self.queue.if_current(&taken, || ()).is_none() => Next::Removed,
            Ok(Some(message)) if taken.job.is_dropped => {
                self.record(&mut taken, &message, DeliveryState::Dropped, None, None);
                Next::Dropped
            }
            Ok(Some(message)) => self.attempt(&mut taken, &message).await,
            // The event is no longer in the outbox, so another process has delivered it, or it cannot be decoded.
            Ok(None) => {
                if let Some(number) = taken.job.delivery {
                    self.hub.history.remove(number);
                }
                Next::Removed
            }
            Err(error) => {
                self.outage.fail(&error, self.hub.timer.now() + STORE_RETRY);
                Next::Unread
            }
        };
        if let Some(position) = self.queue.complete(taken, next) {
            self.hub.progress.finish(position);
        }
    }

    async fn message(self, job: &Job) -> Result<Option<Arc<Message>>> {
        let position = match &job.source {
            Source::Message(message) => return Ok(Some(Arc::clone(message))),
            Source::Outbox(position) => *position,
        };
        let events = self.hub.outbox.read(position - 1, 1).await?;
        self.outage.end();
        let Some(pending) = events.into_iter().find(|event| event.position == position) else { return Ok(None) };
        Ok(decode(&pending).map(|event| Message::new(&event, event.to_json())))
    }

    async fn attempt(self, taken: &mut Taken, message: &Arc<Message>) -> Next {
        let endpoint = &self.hub.endpoints[self.index];
        let attempt = self.hub.client.send(endpoint, message).await;
        let (number, status, duration_us) = (self.number(), attempt.status, attempt.duration_us);
        let (id, event_type) = (&message.id, &message.event_type);
        taken.job.attempts += 1;
        if attempt.succeeded() {
            info!(target: "clerk_emulator", endpoint = number, %id, %event_type, status, duration_us, "webhook delivered");
            if taken.job.copies > 0 {
                taken.job.copies -= 1;
                taken.job.attempts = 0;
                self.record(taken, message, DeliveryState::Pending, Some(attempt), None);
                return Next::Again(self.hub.timer.now());
            }
            self.record(taken, message, DeliveryState::Delivered, Some(attempt), None);
            return Next::Delivered;
        }
        let error = attempt.error;
        let Some(wait) = self.hub.schedule.wait_after(taken.job.attempts) else {
            warn!(target: "clerk_emulator", endpoint = number, %id, %event_type, status, error, "webhook failed; no attempts are left");
            self.record(taken, message, DeliveryState::Failed, Some(attempt), None);
            return Next::Failed;
        };
        if taken.job.attempts == 1 {
            warn!(target: "clerk_emulator", endpoint = number, %id, %event_type, status, error, ?wait, "webhook failed; retrying");
        } else {
            debug!(target: "clerk_emulator", endpoint = number, %id, %event_type, status, error, ?wait, "webhook failed again");
        }
        self.record(taken, message, DeliveryState::Pending, Some(attempt), self.hub.after(wait));
        Next::Again(self.hub.timer.now() + wait)
    }

    fn record(
        self,
        taken: &mut Taken,
        message: &Arc<Message>,
        state: DeliveryState,
        attempt: Option<Attempt>,
        next_attempt_at: Option<i64>,
    ) {
        let change = Change { state, attempt, next_attempt_at };
        let record = || self.hub.history.record(taken.job.delivery, self.number(), message, change);
        if let Some(number) = self.queue.if_current(taken, record) {
            taken.job.delivery = Some(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use user_directory::ErrorKind;

    use super::*;

    #[test]
    fn outage_lasts_until_the_store_is_read() {
        let outage = Outage::default();
        assert_eq!(outage.resume(), None);
        for resume in [STORE_RETRY, 2 * STORE_RETRY] {
            outage.fail(&Error::new(ErrorKind::Unavailable), resume);
            assert_eq!(outage.resume(), Some(resume));
        }
        outage.end();
        assert_eq!(outage.resume(), None);
    }
}
