//! [`ApiProblem`]: what is answered when something goes wrong, as RFC 9457 has it. Copy it, and change the words.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use user_directory::{Error, ErrorDetail, ErrorKind};

pub enum ApiProblem {
    /// The directory did not do it.
    Directory(Error),
    /// The request does not fit the route. The detail goes to the one who sent it.
    Refused { status: StatusCode, detail: String },
}

impl ApiProblem {
    pub fn refused(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::Refused { status, detail: detail.into() }
    }
}

/// With this a handler can use `?` on every call of the directory.
impl From<Error> for ApiProblem {
    fn from(error: Error) -> Self {
        Self::Directory(error)
    }
}

impl From<JsonRejection> for ApiProblem {
    fn from(rejection: JsonRejection) -> Self {
        Self::refused(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for ApiProblem {
    fn from(rejection: QueryRejection) -> Self {
        Self::refused(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for ApiProblem {
    fn from(rejection: PathRejection) -> Self {
        Self::refused(rejection.status(), rejection.body_text())
    }
}

/// The body of an answer: a `type` that is left out says that the status is all there is to say.
#[derive(Serialize)]
struct Problem<'a> {
    status: u16,
    title: Option<&'static str>,
    detail: &'a str,
    /// What is wrong with the request, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Violation<'a>>,
    /// Whether the same request may succeed later, and does no harm if it was carried out after all.
    retryable: bool,
    /// Whether the work may have been done all the same: look before you try again.
    outcome_unknown: bool,
}

#[derive(Serialize)]
struct Violation<'a> {
    field: Option<&'a str>,
    code: &'a str,
}

/// The message is not told: it may repeat what was sent, and was not written for the caller of this service.
impl<'a> From<&'a ErrorDetail> for Violation<'a> {
    fn from(error: &'a ErrorDetail) -> Self {
        Self { field: error.param_name(), code: error.code() }
    }
}

/// Whose fault it is, and what can be told of it.
///
/// Only what the caller can do something about is told. A key that the directory does not take is not the caller's, so
/// its 401, 402 and 403 are 500 here; and its rate limit is not one of the caller's, so 429 is 503.
fn explain(error: &Error) -> (StatusCode, &'static str) {
    match error.kind() {
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "There is no such user."),
        ErrorKind::InvalidInput => (StatusCode::UNPROCESSABLE_ENTITY, "Something in the request is not valid."),
        ErrorKind::Conflict => (StatusCode::CONFLICT, "It is taken, or the user's state forbids it."),
        ErrorKind::Locked => (StatusCode::CONFLICT, "Another request is changing the user."),
        ErrorKind::RateLimited => (StatusCode::SERVICE_UNAVAILABLE, "There are too many requests for now."),
        ErrorKind::Unavailable | ErrorKind::Connect => {
            (StatusCode::SERVICE_UNAVAILABLE, "The directory of users is not available for now.")
        }
        ErrorKind::Timeout => (StatusCode::GATEWAY_TIMEOUT, "The directory of users did not answer in time."),
        ErrorKind::Server | ErrorKind::Transport | ErrorKind::Unexpected => {
            (StatusCode::BAD_GATEWAY, "The directory of users failed.")
        }
        // With a status it is an answer of the directory, without one it is metadata that was written by others.
        ErrorKind::Decode if error.status().is_some() => {
            (StatusCode::BAD_GATEWAY, "The directory of users gave an answer that cannot be read.")
        }
        // Unauthenticated, Forbidden, PaymentRequired, Configuration, and kinds to come.
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "This service cannot do that for now."),
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        match self {
            Self::Directory(error) => of_directory(&error),
            Self::Refused { status, detail } => respond(
                status,
                &Problem {
                    status: status.as_u16(),
                    title: status.canonical_reason(),
                    detail: &detail,
                    errors: Vec::new(),
                    retryable: false,
                    outcome_unknown: false,
                },
            ),
        }
    }
}

fn of_directory(error: &Error) -> Response {
    let (status, detail) = explain(error);
    if status.is_server_error() {
        // `Display` has the operation, the status, the codes and the trace id, and nothing secret or personal.
        tracing::error!(%error, status = status.as_u16(), "the directory failed");
    }
    let retryable = error.is_retryable();
    let told = if error.is_invalid_input() || error.is_conflict() { error.details() } else { &[] };
    let errors = told.iter().map(Violation::from).collect();
    let problem = Problem {
        status: status.as_u16(),
        title: status.canonical_reason(),
        detail,
        errors,
        retryable,
        outcome_unknown: error.is_outcome_unknown(),
    };
    let mut response = respond(status, &problem);
    // `Retry-After` invites a repetition, so it is given only where that does no harm. Whole seconds, rounded up.
    if let Some(wait) = error.retry_after().filter(|_| retryable) {
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn respond(status: StatusCode, problem: &Problem<'_>) -> Response {
    (status, [(CONTENT_TYPE, "application/problem+json")], Json(problem)).into_response()
}
