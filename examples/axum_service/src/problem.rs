//! [`ApiProblem`]: error responses as problem details (RFC 9457). Copy the file and adapt the texts.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use user_directory::{Error, ErrorDetail, ErrorKind};

pub enum ApiProblem {
    /// A call of the directory failed.
    Directory(Error),
    /// The request is invalid for the route. The detail is sent to the client.
    Rejected { status: StatusCode, detail: String },
}

impl ApiProblem {
    pub fn rejected(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::Rejected { status, detail: detail.into() }
    }
}

/// Lets a handler use `?` on every call of the directory.
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

/// The body of a response. Without a `type`, the status defines the problem.
#[derive(Serialize)]
struct Problem<'a> {
    status: u16,
    title: Option<&'static str>,
    detail: &'a str,
    /// The invalid fields of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Violation<'a>>,
    /// Whether the request can be repeated safely and may succeed later.
    retryable: bool,
    /// Whether the work may have been done. Check before trying again.
    outcome_unknown: bool,
}

#[derive(Serialize)]
struct Violation<'a> {
    field: Option<&'a str>,
    code: &'a str,
}

/// The message is left out, because it may repeat the input and is not written for clients of this service.
impl<'a> From<&'a ErrorDetail> for Violation<'a> {
    fn from(error: &'a ErrorDetail) -> Self {
        Self { field: error.param_name(), code: error.code() }
    }
}

/// Returns the status and the detail of a response to an error of the directory.
///
/// The response reports only what the client can change. An invalid key is a problem of this service, so 401, 402 and
/// 403 of the directory become 500. Its rate limit does not belong to the client, so 429 becomes 503.
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
        ErrorKind::Timeout => (StatusCode::GATEWAY_TIMEOUT, "The user directory did not respond in time."),
        ErrorKind::Server | ErrorKind::Transport | ErrorKind::Unexpected => {
            (StatusCode::BAD_GATEWAY, "The directory of users failed.")
        }
        // With a status, the response of the directory is invalid. Without one, it is metadata written by another
        // program.
        ErrorKind::Decode if error.status().is_some() => {
            (StatusCode::BAD_GATEWAY, "The response of the user directory is invalid.")
        }
        // Unauthenticated, Forbidden, PaymentRequired, Configuration, and kinds added later.
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "This service cannot do that for now."),
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        match self {
            Self::Directory(error) => of_directory(&error),
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

fn of_directory(error: &Error) -> Response {
    let (status, detail) = explain(error);
    if status.is_server_error() {
        // `Display` contains the operation, the status, the codes and the trace id, but no secrets or personal data.
        tracing::error!(%error, status = status.as_u16(), "the directory failed");
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
    // `Retry-After` suggests a retry, so it is only sent if a retry is safe. In whole seconds, rounded up.
    if let Some(wait) = error.retry_after().filter(|_| retryable) {
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn respond(status: StatusCode, problem: &Problem<'_>) -> Response {
    (status, [(CONTENT_TYPE, "application/problem+json")], Json(problem)).into_response()
}
