//! [`Response`]: a response from the API.

use std::time::Duration;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use serde::Serialize;
use user_directory::wire::response::{FillRequired, response_details, write_error_body};
use user_directory::wire::status::status_of;
use user_directory::{Error, ErrorKind, Result};

const TRACE_ID: HeaderName = HeaderName::from_static("clerk-trace-id");

/// A response. Its body is always JSON.
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
    pub(crate) retry_after: Option<HeaderValue>,
    /// The error codes in the body.
    pub(crate) error_codes: Vec<String>,
}

impl Response {
    /// Creates a response with status 200.
    pub(crate) fn json(value: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(value).map_err(|error| {
            Error::new(ErrorKind::Server).with_message("the response cannot be encoded").with_source(error)
        })?;
        Ok(Self { status: StatusCode::OK, body, retry_after: None, error_codes: Vec::new() })
    }

    /// Fills the required fields of `value`, and creates a response with status 200.
    pub(crate) fn filled(mut value: impl Serialize + FillRequired) -> Result<Self> {
        value.fill_required();
        Self::json(&value)
    }

    /// Creates an error response.
    pub(crate) fn error(error: &Error, trace_id: &str) -> Self {
        let status = status_of(error);
        // Clients treat 4xx statuses except 408 as a rejection that changed nothing.
        if error.is_outcome_unknown() && status < 500 && status != 408 {
            return Self::error(&Error::new(ErrorKind::Timeout), trace_id);
        }
        let details = response_details(error);
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            body: write_error_body(&details, trace_id),
            retry_after: error.retry_after().map(|wait| HeaderValue::from(seconds(wait))),
            error_codes: details.iter().map(|detail| detail.code().to_owned()).collect(),
        }
    }

    pub(crate) fn into_http(self, trace_id: &str) -> axum::response::Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        // The value has no parameters, because official SDKs compare it exactly.
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Ok(trace_id) = HeaderValue::from_str(trace_id) {
            headers.insert(TRACE_ID, trace_id);
        }
        if let Some(retry_after) = self.retry_after {
            headers.insert(RETRY_AFTER, retry_after);
        }
        response
    }
}

/// Rounds up to whole seconds, so that clients that honor `Retry-After` do not retry too early.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0))
}
