//! Sends the events in the queue of an endpoint.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tracing::{debug, info, warn};
use user_directory::Result;
use user_directory::time::Timer;

use super::fault::{Effect, FaultTarget};
use super::history::{Change, DeliveryState};
use super::hub::Hub;
use super::message::Message;
use super::queue::{Next, Queue, Source, Taken};
use super::reader::warn_store;
use super::request::Attempt;

/// The maximum number of concurrent requests to an endpoint.
const MAX_IN_FLIGHT: usize = 16;
/// The wait after the store has failed.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// Sends the events of an endpoint until the task is aborted.
pub(super) async fn run(hub: Arc<Hub>, index: usize) {
    let sender = Sender { hub: &hub, queue: &hub.queues[index], index };
    let mut in_flight = FuturesUnordered::new();
    let mut alarm = Alarm::default();
    loop {
        let now = hub.timer.now();
        while in_flight.len() < MAX_IN_FLIGHT
            && let Some(taken) = sender.queue.take_due(now)
        {
            if let Some((taken, fault)) = sender.prepare(taken, now) {
                in_flight.push(sender.deliver(taken, fault));
            }
        }
        alarm.set(&hub.timer, now, sender.queue.next_due(now));
        tokio::select! {
            Some(()) = in_flight.next() => {}
            () = sender.queue.changed.notified() => {}
            () = alarm.ring() => {}
        }
    }
}

/// Sleeps until a time of the timer. Setting the same time again does not restart the sleep.
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

    /// Waits until the time that was set, or forever.
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
    /// The index of the endpoint.
    index: usize,
}

impl Sender<'_> {
    /// The number of the endpoint, as users see it.
    fn number(self) -> usize {
        self.index + 1
    }

    /// Applies a fault before the first attempt. Returns `None` if the attempt is postponed, and otherwise whether the
    /// event is dropped.
    fn prepare(self, mut taken: Taken, now: Duration) -> Option<(Taken, bool)> {
        if taken.job.is_prepared {
            return Some((taken, false));
        }
        taken.job.is_prepared = true;
        let target = FaultTarget { event_type: taken.job.event_type.clone(), endpoint: self.number() };
        let later = |delay_ms| now.saturating_add(Duration::from_millis(delay_ms));
        let next = match self.hub.faults.next(&target).map(|fault| fault.effect()) {
            Some(Effect::Drop) => return Some((taken, true)),
            Some(Effect::Delay { delay_ms }) => Next::At(later(delay_ms)),
            Some(Effect::Reorder { delay_ms }) if !self.queue.has_held() => Next::AfterOther(later(delay_ms)),
            Some(Effect::Duplicate { copies }) => {
                taken.job.copies = copies;
                return Some((taken, false));
            }
            Some(Effect::Reorder { .. }) | None => return Some((taken, false)),
        };
        self.queue.complete(taken, &next);
        None
    }

    /// Makes an attempt, and returns the job to the queue if there will be another one.
    async fn deliver(self, mut taken: Taken, is_dropped: bool) {
        let next = match self.message(&taken.job.source).await {
            Ok(Some(message)) if is_dropped => {
                self.record(&mut taken, &message, DeliveryState::Dropped, None, None);
                Next::Dropped
            }
            Ok(Some(message)) => self.attempt(&mut taken, &message).await,
            // Another process has delivered it.
            Ok(None) => Next::Gone,
            Err(error) => {
                warn_store(&error);
                Next::At(self.hub.timer.now() + STORE_RETRY)
            }
        };
        if let Some(position) = self.queue.complete(taken, &next) {
            self.hub.progress.finish(position);
        }
    }

    async fn message(self, source: &Source) -> Result<Option<Arc<Message>>> {
        let position = match source {
            Source::Message(message) => return Ok(Some(Arc::clone(message))),
            Source::Outbox(position) => *position,
        };
        let events = self.hub.outbox.read(position - 1, 1).await?;
        let Some(pending) = events.into_iter().find(|event| event.position == position) else { return Ok(None) };
        Ok(Some(Message::new(&pending.event()?, pending.body)))
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
                return Next::At(self.hub.timer.now());
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
        Next::At(self.hub.timer.now() + wait)
    }

    fn record(
        self,
        taken: &mut Taken,
        message: &Arc<Message>,
        state: DeliveryState,
        attempt: Option<Attempt>,
        next_attempt_at: Option<i64>,
    ) {
        if !self.queue.is_current(taken) {
            return;
        }
        let change = Change { state, attempt, next_attempt_at };
        taken.job.delivery = Some(self.hub.history.record(taken.job.delivery, self.number(), message, change));
    }
}
