//! [`Hub`]: the state that the webhook tasks and the control API share.

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
use super::message::{Message, filled};
use super::progress::Progress;
use super::queue::{Counters, Job, Queue};
use super::reader;
use super::request::Client;
use super::schedule::Schedule;

/// The webhook settings.
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

/// An endpoint in a response from the control API.
#[derive(Debug, Serialize)]
pub(crate) struct EndpointStatus {
    /// The number of the endpoint, starting at 1.
    number: usize,
    /// The URL without its query string.
    url: String,
    #[serde(flatten)]
    counters: Counters,
}

/// The state that the webhook tasks and the control API share.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(super) outbox: Outbox,
    /// Whether the emulator removes delivered events from the outbox. If `false`, it only reads events.
    pub(super) owns_outbox: bool,
    pub(super) endpoints: Vec<Endpoint>,
    /// The queue of each endpoint, in the order of `endpoints`.
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
    /// Creates a hub.
    ///
    /// The emulator removes events from the outbox if there are endpoints or `is_own_directory` is `true`.
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
        // Earlier events are published only to earlier subscribers.
        reader::read(self, &mut cursor).await?;
        Ok(self.subscribers.subscribe())
    }

    /// Publishes the events that have not been read yet, if there are subscribers.
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

    /// Sends an example event to one endpoint, or to all endpoints. The event is not added to the outbox.
    pub(crate) fn send_example(&self, event: UserEvent, endpoint: Option<usize>) {
        let event = filled(event);
        let message = Message::new(&event, event.to_json());
        for (index, queue) in self.queues.iter().enumerate() {
            if endpoint.is_none_or(|number| number == index + 1) {
                queue.push(Job::of_message(Arc::clone(&message), None), self.timer.now());
            }
        }
    }

    /// Repeats a delivery. If the delivery is pending, makes its next attempt immediately.
    ///
    /// Returns `false` if the history does not contain the delivery.
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

    /// Resets the directory and the webhook state.
    ///
    /// Awaits `clear`, which clears the directory and its outbox. Then clears the queues, the history and the faults.
    ///
    /// No events are read during the reset. Events that are emitted after `clear` completes are delivered.
    pub(crate) async fn reset(&self, clear: impl Future<Output = Result<()>>) -> Result<()> {
        let mut cursor = self.cursor.lock().await;
        clear.await?;
        // The queues are cleared first, because attempts that are running until then are recorded in the history.
        self.queues.iter().for_each(Queue::clear);
        self.progress.clear();
        self.history.clear();
        self.faults.clear();
        *cursor = Cursor::default();
        Ok(())
    }

    /// Returns the current time plus `wait`, in milliseconds since the Unix epoch.
    pub(super) fn after(&self, wait: Duration) -> Option<i64> {
        self.client.now().checked_add(wait).ok().map(Timestamp::as_millisecond)
    }
}
