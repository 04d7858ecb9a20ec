//! [`ApiProblem`]: error responses as problem details (RFC 9457). Copy this file and adapt the messages.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use user_directory::{Error, ErrorDetail, ErrorKind};

pub enum ApiProblem {
    /// A call to the directory failed.
    Directory(Error),
    /// The request is not valid for the route. The detail is sent to the client.
    Rejected { status: StatusCode, detail: String },
}

impl ApiProblem {
    pub fn rejected(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::Rejected { status, detail: detail.into() }
    }
}

/// Allows handlers to use `?` on directory calls.
impl From<Error> for ApiProblem {
    fn from(error: Error) -> Self {
        Self::Directory(error)
    }
}

impl From<JsonRejection> for ApiProblem {
    fn from(rejection: JsonRejection) -> Self {
        Self::rejected(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for ApiProblem {
    fn from(rejection: QueryRejection) -> Self {
        Self::rejected(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for ApiProblem {
    fn from(rejection: PathRejection) -> Self {
        Self::rejected(rejection.status(), rejection.body_text())
    }
}

/// The body of an error response. A problem without a `type` is described by its status.
#[derive(Serialize)]
struct Problem<'a> {
    status: u16,
    title: Option<&'static str>,
    detail: &'a str,
    /// The invalid fields of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Violation<'a>>,
    /// Whether a retry is safe and may succeed.
    retryable: bool,
    /// Whether the change may have been applied. The client must check this before a retry.
    outcome_unknown: bool,
}

#[derive(Serialize)]
struct Violation<'a> {
    field: Option<&'a str>,
    code: &'a str,
}

/// Omits the message, which may quote the input and is not intended for clients of this service.
impl<'a> From<&'a ErrorDetail> for Violation<'a> {
    fn from(error: &'a ErrorDetail) -> Self {
        Self { field: error.param_name(), code: error.code() }
    }
}

/// Maps a directory error to the response status and detail.
///
/// Directory errors with status 401, 402 or 403 are caused by this service's configuration, so they are mapped to 500.
/// The directory's rate limit does not apply to the client, so 429 is mapped to 503.
fn status_and_detail(error: &Error) -> (StatusCode, &'static str) {
    match error.kind() {
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "The user does not exist."),
        ErrorKind::InvalidInput => (StatusCode::UNPROCESSABLE_ENTITY, "The request is invalid."),
        ErrorKind::Conflict => {
            (StatusCode::CONFLICT, "The request conflicts with another user or with the state of the user.")
        }
        ErrorKind::Locked => (StatusCode::CONFLICT, "Another request is changing the user."),
        ErrorKind::RateLimited => (StatusCode::SERVICE_UNAVAILABLE, "There are too many requests. Try again later."),
        ErrorKind::Unavailable | ErrorKind::Connect => {
            (StatusCode::SERVICE_UNAVAILABLE, "The user directory is temporarily unavailable.")
        }
        ErrorKind::Timeout => (StatusCode::GATEWAY_TIMEOUT, "The user directory did not respond in time."),
        ErrorKind::Server | ErrorKind::Transport | ErrorKind::Unexpected => {
            (StatusCode::BAD_GATEWAY, "The user directory failed.")
        }
        // An error with a status means that the response was invalid. An error without a status means that metadata
        // does not have the expected type.
        ErrorKind::Decode if error.status().is_some() => {
            (StatusCode::BAD_GATEWAY, "The response from the user directory is invalid.")
        }
        // `Unauthenticated`, `Forbidden`, `PaymentRequired`, `Configuration`, `Unsupported`, `Decode` without a status,
        // and kinds added in later versions.
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "The service cannot process the request."),
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        match self {
            Self::Directory(error) => directory_response(&error),
            Self::Rejected { status, detail } => respond(
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

fn directory_response(error: &Error) -> Response {
    let (status, detail) = status_and_detail(error);
    if status.is_server_error() {
        // `Display` contains the operation, the status, the codes and the trace id, but no secrets or personal data.
        tracing::error!(%error, status = status.as_u16(), "the user directory failed");
    }
    let retryable = error.is_retryable();
    let details = if error.is_invalid_input() || error.is_conflict() { error.details() } else { &[] };
    let errors = details.iter().map(Violation::from).collect();
    let problem = Problem {
        status: status.as_u16(),
        title: status.canonical_reason(),
        detail,
        errors,
        retryable,
        outcome_unknown: error.is_outcome_unknown(),
    };
    let mut response = respond(status, &problem);
    // Clients retry after `Retry-After`, so it is sent only if a retry is safe. The value is in whole seconds, rounded
    // up.
    if let Some(wait) = error.retry_after().filter(|_| retryable) {
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn respond(status: StatusCode, problem: &Problem<'_>) -> Response {
    (status, [(CONTENT_TYPE, "application/problem+json")], Json(problem)).into_response()
}
