//! The routes of the service.

use std::error::Error as _;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use user_directory::jiff::Timestamp;
use user_directory::webhooks::{Verifier, VerifyError};
use user_directory::{Error, ErrorKind, Text, User, UserDirectory, UserFilter, UserId, UserQuery};

use crate::Users;

/// The same as the default limit of the verifier.
const MAX_BODY_BYTES: usize = 1024 * 1024;

#[derive(Clone)]
struct App {
    verifier: Arc<Verifier>,
    users: Users,
}

pub fn router(verifier: Verifier, users: Users) -> Router {
    Router::new()
        .route("/webhooks/clerk", post(receive))
        .route("/users", get(list))
        .route("/status", get(status))
        .route("/health", get(async || "ok"))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(App { verifier: Arc::new(verifier.max_body_bytes(MAX_BODY_BYTES)), users })
}

/// Verifies and applies an event.
///
/// The signature covers the raw body, so the handler uses `Bytes` instead of `Json`. The event is applied before the
/// response is sent. If this fails, the response is an error, and Clerk sends the event again.
async fn receive(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, Failure> {
    let event = app.verifier.verify(&headers, &body)?;
    let effect = app.users.apply(&event).await?;
    tracing::info!(id = %event.id, event = event.event_type(), effect = effect.as_str(), "received an event");
    Ok(StatusCode::NO_CONTENT)
}

/// The query parameters of the list of users.
#[derive(Deserialize)]
struct Search {
    /// The text to search for in names and identifiers.
    query: Option<String>,
}

/// The fields of a user that the service shows. A [`User`] also contains private metadata.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub id: UserId,
    pub name: Option<String>,
    pub email_address: Option<Text>,
}

impl From<&User> for Profile {
    fn from(user: &User) -> Self {
        let email_address = user.primary_email_address().map(|email| email.email_address.clone());
        Self { id: user.id.clone(), name: user.full_name(), email_address }
    }
}

/// Lists users from the copy, even while Clerk is down.
async fn list(State(app): State<App>, Query(search): Query<Search>) -> Result<Json<Vec<Profile>>, Failure> {
    let mut filter = UserFilter::new();
    if let Some(query) = search.query.filter(|query| !query.is_empty()) {
        filter = filter.query(query);
    }
    let users = app.users.list(&UserQuery::from(filter).limit(100)).await?;
    Ok(Json(users.iter().map(Profile::from).collect()))
}

/// The state of the copy.
#[derive(Serialize)]
struct Status {
    is_ready: bool,
    stale_users: usize,
    undeletable_users: usize,
    last_event_at: Option<Timestamp>,
    last_reconciled_at: Option<Timestamp>,
}

async fn status(State(app): State<App>) -> Result<Json<Status>, Failure> {
    let status = app.users.status().await?;
    Ok(Json(Status {
        is_ready: status.is_ready,
        stale_users: status.stale_users,
        undeletable_users: status.undeletable_users,
        last_event_at: status.last_event_at,
        last_reconciled_at: status.last_reconciled_at,
    }))
}

/// The reason why a request failed.
enum Failure {
    Webhook(VerifyError),
    Directory(Error),
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        Self::Webhook(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Directory(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Webhook(error) => {
                tracing::warn!(%error, source = error.source().map(tracing::field::display), "rejected a webhook");
                let status = match error {
                    VerifyError::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
                    _ => StatusCode::BAD_REQUEST,
                };
                // The messages contain no secrets.
                (status, error.to_string()).into_response()
            }
            Self::Directory(error) => {
                tracing::error!(%error, "a request failed");
                match error.kind() {
                    ErrorKind::InvalidInput => StatusCode::BAD_REQUEST.into_response(),
                    _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                }
            }
        }
    }
}
