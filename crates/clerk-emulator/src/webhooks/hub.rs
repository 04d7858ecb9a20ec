//! [`Hub`]: the state that the tasks and the control API share.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::Mutex;
use user_directory::Result;
use user_directory::store_directory::Outbox;
use user_directory::time::{Clock, SystemClock, Timer, TokioTimer};
use user_directory::webhooks::UserEvent;

use super::cursor::Cursor;
use super::endpoint::Endpoint;
use super::events::{Events, Subscribers};
use super::fault::WebhookFaults;
use super::history::{Change, DeliveryState, History};
use super::message::Message;
use super::progress::Progress;
use super::queue::{Counters, Job, Queue};
use super::reader;
use super::request::Client;
use super::schedule::Schedule;

/// The settings of the webhooks.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) speed: NonZeroU32,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timer: Arc<dyn Timer>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            endpoints: Vec::new(),
            speed: NonZeroU32::MIN,
            clock: Arc::new(SystemClock),
            timer: Arc::new(TokioTimer::new()),
        }
    }
}

/// An endpoint in a response of the control API.
#[derive(Debug, Serialize)]
pub(crate) struct EndpointStatus {
    /// The number of the endpoint, starting at 1.
    number: usize,
    /// The URL without its query string.
    url: String,
    #[serde(flatten)]
    counters: Counters,
}

/// The state of the webhooks.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(super) outbox: Outbox,
    /// Whether the emulator is the consumer of the outbox, which removes events. Otherwise, events are only read.
    pub(super) owns_outbox: bool,
    pub(super) endpoints: Vec<Endpoint>,
    /// The queues of the endpoints, in the same order.
    pub(super) queues: Vec<Queue>,
    pub(super) progress: Progress,
    /// Locked while events are read or acknowledged.
    pub(super) cursor: Mutex<Cursor>,
    pub(super) subscribers: Subscribers,
    pub(crate) history: History,
    pub(crate) faults: WebhookFaults,
    pub(super) schedule: Schedule,
    pub(super) client: Client,
    pub(super) timer: Arc<dyn Timer>,
}

impl Hub {
    /// Creates a hub. Without endpoints, events are removed from the outbox only if `is_own_directory` is set.
    pub(crate) fn new(outbox: Outbox, settings: Settings, is_own_directory: bool) -> Result<Self> {
        let Settings { endpoints, speed, clock, timer } = settings;
        Ok(Self {
            outbox,
            owns_outbox: is_own_directory || !endpoints.is_empty(),
            queues: endpoints.iter().map(|_| Queue::default()).collect(),
            endpoints,
            progress: Progress::default(),
            cursor: Mutex::default(),
            subscribers: Subscribers::default(),
            history: History::default(),
            faults: WebhookFaults::default(),
            schedule: Schedule::new(speed),
            client: Client::new(clock, Arc::clone(&timer))?,
            timer,
        })
    }

    /// Returns a receiver for the events that are emitted after this call.
    pub(crate) async fn events(&self) -> Result<Events> {
        let mut cursor = self.cursor.lock().await;
        // Earlier events are published to earlier subscribers only.
        reader::read(self, &mut cursor).await?;
        Ok(self.subscribers.subscribe())
    }

    /// Publishes the events that have not been read, if there are subscribers.
    pub(super) async fn publish_rest(&self) -> Result<()> {
        let mut cursor = self.cursor.lock().await;
        if self.subscribers.exist() { reader::read(self, &mut cursor).await } else { Ok(()) }
    }

    /// Returns the number of endpoints.
    pub(crate) fn endpoint_count(&self) -> usize {
        self.endpoints.len()
    }

    /// Returns the endpoints, without their secrets.
    pub(crate) fn endpoints(&self) -> Vec<EndpointStatus> {
        let both = self.endpoints.iter().zip(&self.queues);
        let status = |(index, (endpoint, queue)): (usize, (&Endpoint, &Queue))| EndpointStatus {
            number: index + 1,
            url: endpoint.url(),
            counters: queue.counters(),
        };
        both.enumerate().map(status).collect()
    }

    /// Sends an example event to one endpoint, or to all endpoints. The event is not in the outbox.
    pub(crate) fn send_example(&self, event: &UserEvent, endpoint: Option<usize>) {
        let message = Message::new(event, event.to_json());
        for (index, queue) in self.queues.iter().enumerate() {
            if endpoint.is_none_or(|number| number == index + 1) {
                queue.push(Job::of_message(Arc::clone(&message), None), self.timer.now());
            }
        }
    }

    /// Sends a delivery of the history again. A delivery that waits for its next attempt is sent now. Returns `false`
    /// if the history does not contain the delivery.
    pub(crate) fn replay(&self, number: u64) -> bool {
        let Some(delivery) = self.history.get(number) else { return false };
        let queue = &self.queues[delivery.endpoint - 1];
        if delivery.state == DeliveryState::Pending {
            // If the delivery is not in the queue, an attempt is running.
            queue.expedite(number);
        } else {
            let change = Change { state: DeliveryState::Pending, attempt: None, next_attempt_at: None };
            self.history.record(Some(number), delivery.endpoint, &delivery.message, change);
            queue.push(Job::of_message(delivery.message, Some(number)), self.timer.now());
        }
        true
    }

    /// Clears the directory and its outbox with `clear`, and then the queues, the history and the faults.
    ///
    /// No events are read during the reset. Events of changes after `clear` are delivered.
    pub(crate) async fn reset(&self, clear: impl Future<Output = Result<()>>) -> Result<()> {
        let mut cursor = self.cursor.lock().await;
        clear.await?;
        // The queues are cleared first, because running attempts are recorded in the history until then.
        self.queues.iter().for_each(Queue::clear);
        self.progress.clear();
        self.history.clear();
        self.faults.clear();
        *cursor = Cursor::default();
        Ok(())
    }

    /// Returns the time after a wait, in milliseconds.
    pub(super) fn after(&self, wait: Duration) -> Option<i64> {
        self.client.now().checked_add(wait).ok().map(Timestamp::as_millisecond)
    }
}
