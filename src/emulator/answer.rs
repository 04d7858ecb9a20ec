//! [`Answer`]: what is sent back, before it is HTTP.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::complete::Complete;
use crate::error::{ApiError, Error, ErrorKind, Result, codes};
use crate::model::{Metadata, Paginated};

pub(super) const TRACE_ID: HeaderName = HeaderName::from_static("clerk-trace-id");

/// What is sent back. The body is always JSON.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
    pub(super) retry_after: Option<HeaderValue>,
    /// The codes of the errors in the body.
    pub(super) errors: Vec<String>,
}

impl Answer {
    /// 200, and this.
    pub(super) fn json(value: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(value).map_err(|error| {
            Error::new(ErrorKind::Server).with_message("the answer cannot be written").with_source(error)
        })?;
        Ok(Self { status: StatusCode::OK, body, retry_after: None, errors: Vec::new() })
    }

    /// 200, and this with everything that the description requires.
    pub(super) fn complete(mut value: impl Serialize + Complete) -> Result<Self> {
        value.complete();
        Self::json(&value)
    }

    /// 200, and a page of this with everything that the description requires.
    pub(super) fn complete_page<T: Serialize + Complete>(mut page: Paginated<T>) -> Result<Self> {
        page.data.complete();
        Self::json(&page)
    }

    /// The error, in the words of the API.
    pub(super) fn refusal(error: &Error, trace_id: &str) -> Self {
        let translated = in_words_of_the_api(error);
        let error = translated.as_ref().unwrap_or(error);
        let status = error.status().unwrap_or(usual(error.kind()).0);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let errors = error.api_errors().iter().map(WireError::new).collect::<Vec<_>>();
        let errors = if errors.is_empty() { vec![WireError::of_kind(error.kind())] } else { errors };
        let codes = errors.iter().map(|error| error.code.to_owned()).collect();
        let body = WireErrors { errors, clerk_trace_id: trace_id };
        // Strings and metadata that was read as JSON: there is nothing to fail.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let retry_after = error.retry_after().map(|wait| HeaderValue::from(wait.as_secs()));
        Self { status, body, retry_after, errors: codes }
    }

    pub(super) fn into_response(self, trace_id: &str) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        // Exactly this: official clients compare the whole header.
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

/// What this crate refuses before it asks anybody has no status, and a code of its own: in the words of the API it is
/// a value that is not allowed.
pub(super) fn in_words_of_the_api(error: &Error) -> Option<Error> {
    if error.status().is_some() || !error.is_invalid_input() {
        return None;
    }
    let translate = |error: &ApiError| {
        let code = if error.code() == codes::INVALID_REQUEST { codes::FORM_PARAM_VALUE_INVALID } else { error.code() };
        let translated = ApiError::new(code).with_message(error.message()).with_long_message(error.long_message());
        match error.meta() {
            Some(meta) => translated.with_meta(meta.clone()),
            None => translated,
        }
    };
    Some(Error::from_api(422, error.api_errors().iter().map(translate).collect()))
}

/// The status and code of an error that came without: of a directory that is no service, or whose service did not
/// answer.
fn usual(kind: ErrorKind) -> (u16, &'static str) {
    match kind {
        ErrorKind::NotFound => (404, codes::RESOURCE_NOT_FOUND),
        ErrorKind::Unauthenticated => (401, codes::CLERK_KEY_INVALID),
        ErrorKind::Forbidden => (403, codes::AUTHORIZATION_INVALID),
        ErrorKind::PaymentRequired => (402, codes::UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES),
        ErrorKind::Unsupported => (501, codes::UNSUPPORTED),
        ErrorKind::Conflict => (409, codes::CONFLICT),
        ErrorKind::Locked => (409, codes::RESOURCE_LOCKED),
        ErrorKind::InvalidInput => (422, codes::BAD_REQUEST),
        ErrorKind::RateLimited => (429, codes::TOO_MANY_REQUESTS),
        ErrorKind::Timeout => (504, codes::SERVICE_UNAVAILABLE),
        ErrorKind::Unavailable => (503, codes::SERVICE_UNAVAILABLE),
        ErrorKind::Connect | ErrorKind::Transport | ErrorKind::Decode | ErrorKind::Unexpected => {
            (502, codes::INTERNAL_CLERK_ERROR)
        }
        ErrorKind::Server | ErrorKind::Configuration => (500, codes::INTERNAL_CLERK_ERROR),
    }
}

#[derive(Serialize)]
struct WireErrors<'a> {
    errors: Vec<WireError<'a>>,
    clerk_trace_id: &'a str,
}

/// An error as the API writes it: other than in the type, the long message is always there.
#[derive(Serialize)]
struct WireError<'a> {
    message: &'a str,
    long_message: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<&'a Metadata>,
}

impl<'a> WireError<'a> {
    fn new(error: &'a ApiError) -> Self {
        Self { message: error.message(), long_message: error.long_message(), code: error.code(), meta: error.meta() }
    }

    /// An error that came without anything that says what is wrong.
    fn of_kind(kind: ErrorKind) -> Self {
        let (status, code) = usual(kind);
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let message = reason.unwrap_or_default();
        Self { message, long_message: message, code, meta: None }
    }
}
