//! The route that receives events.

use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use tokio::sync::mpsc::Sender;
use user_directory::webhooks::{UserEvent, Verifier, VerifyError};

use crate::seen::SeenEvents;

/// The same as the default limit of the verifier.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// The number of event ids that are kept to detect repeated events.
const MAX_SEEN: usize = 100_000;

#[derive(Clone)]
struct Receiver {
    verifier: Arc<Verifier>,
    seen: Arc<Mutex<SeenEvents>>,
    queue: Sender<UserEvent>,
}

pub fn router(verifier: Verifier, queue: Sender<UserEvent>) -> Router {
    let verifier = Arc::new(verifier.max_body_bytes(MAX_BODY_BYTES));
    let seen = Arc::new(Mutex::new(SeenEvents::new(MAX_SEEN)));
    Router::new()
        .route("/webhooks/clerk", post(receive))
        .route("/health", get(async || "ok"))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Receiver { verifier, seen, queue })
}

/// Verifies, deduplicates and queues an event.
///
/// The signature covers the raw body, so the handler uses `Bytes` instead of `Json`.
///
/// The queue and the ids of this example are in memory, so queued events are lost if the process is killed. A service
/// that must not lose events stores the event in its database before it responds, with the id as a unique key.
async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, Rejection> {
    let event = receiver.verifier.verify(&headers, &body)?;
    // Locked until the event is queued, so that a concurrent delivery of the same event waits for the outcome.
    let mut seen = receiver.seen.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.contains(&event.id) {
        tracing::info!(id = %event.id, "ignored a repeated event");
        return Ok(StatusCode::NO_CONTENT);
    }
    let id = event.id.clone();
    // The event is marked as seen only if it is queued. If the queue is full, Clerk sends the event again.
    receiver.queue.try_send(event).map_err(|_| Rejection::Busy)?;
    seen.insert(id);
    Ok(StatusCode::NO_CONTENT)
}

/// The reason why an event was not accepted.
enum Rejection {
    Invalid(VerifyError),
    Busy,
}

impl From<VerifyError> for Rejection {
    fn from(error: VerifyError) -> Self {
        Self::Invalid(error)
    }
}

impl axum::response::IntoResponse for Rejection {
    fn into_response(self) -> axum::response::Response {
        match self {
            // The messages contain no secrets. The Clerk dashboard shows the response of each attempt.
            Self::Invalid(error) => {
                tracing::warn!(%error, source = error.source().map(tracing::field::display), "rejected a webhook");
                let status = match error {
                    VerifyError::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
                    _ => StatusCode::BAD_REQUEST,
                };
                (status, error.to_string()).into_response()
            }
            Self::Busy => {
                tracing::warn!("the queue of webhooks is full");
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
        }
    }
}
