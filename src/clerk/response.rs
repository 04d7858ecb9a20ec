//! [`Response`]: a successful API response. Unsuccessful responses are converted to errors.

mod failure;
mod read;
mod retry_after;

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use self::read::{Body, Limits, read};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{User, lenient};
use crate::time::Clock;
use crate::wire::response::{ErrorBody, ResourceListBody, ResourcePageBody, UserPageBody};
use crate::wire::status;
pub(super) use failure::failed;

/// The default size limit of a response in bytes. A page of 500 users is at most about 16 MiB.
pub(super) const MAX_RESPONSE: usize = 64 * 1024 * 1024;
/// The maximum number of bytes read from the body of an error response. Responses from proxies can be longer.
const MAX_ERROR: usize = 64 * 1024;
/// The maximum time for reading the body of an error response. The status is already known, and the body only adds
/// details.
const ERROR_TIMEOUT: Duration = Duration::from_secs(2);

/// A successful response whose body has not been decoded.
pub(super) struct Response {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Response {
    /// Reads a response of up to `limit` bytes. Returns an error if the status does not indicate success.
    pub(super) async fn read(mut response: reqwest::Response, limit: usize, clock: &dyn Clock) -> Result<Self> {
        let status = response.status().as_u16();
        if !response.status().is_success() {
            let limits = Limits { bytes: MAX_ERROR, time: Some(ERROR_TIMEOUT) };
            let (body, failure) = match read(&mut response, limits).await {
                Body::Whole(body) => (body, None),
                Body::Part(body, failure) => (body, failure),
            };
            let error = error(status, response.headers(), &body, clock);
            // Without the missing part of the body, the status can be ambiguous. For example, a 404 response does not
            // always mean that the user does not exist.
            return Err(match failure {
                // A body that cannot be decompressed was received completely. A retry would return the same body, so
                // the error depends only on the status.
                Some(failure)
                    if failure.kind() != ErrorKind::Decode && needs_body(status) && error.details().is_empty() =>
                {
                    // Every possible meaning of these statuses is a rejection.
                    located(failure, status, trace_id(response.headers())).with_nothing_changed()
                }
                _ => error,
            });
        }
        let body = read(&mut response, Limits { bytes: limit, time: None }).await;
        let headers = std::mem::take(response.headers_mut());
        match body {
            Body::Whole(body) => Ok(Self { status, headers, body }),
            Body::Part(_, failure) => {
                Err(located(failure.unwrap_or_else(|| too_long(limit)), status, trace_id(&headers)))
            }
        }
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn trace_id(&self) -> Option<String> {
        trace_id(&self.headers)
    }

    /// Decodes a list or a page of users.
    pub(super) fn decode_users(self) -> Result<Vec<User>> {
        if self.is_object() { self.decode::<UserPageBody>().map(|page| page.data) } else { self.decode() }
    }

    /// Decodes a list or a page of a user's resources. Invalid resources are skipped.
    pub(super) fn decode_resources<T: DeserializeOwned>(self) -> Result<Vec<T>> {
        if self.is_object() {
            return self.decode::<ResourcePageBody<T>>().map(|page| page.data);
        }
        self.decode::<ResourceListBody<T>>().map(|list| list.data)
    }

    fn is_object(&self) -> bool {
        self.body.trim_ascii_start().starts_with(b"{")
    }

    /// Decodes the result of an operation, or calls `known` if the body does not contain the result.
    pub(super) fn decode_or<T: DeserializeOwned>(self, known: impl FnOnce() -> T) -> Result<T> {
        let body = self.body.clone();
        if matches!(body.trim_ascii(), b"" | b"null") {
            return Ok(known());
        }
        let is_object = self.is_object();
        self.decode().or_else(|error| if is_object && is_success(&body) { Ok(known()) } else { Err(error) })
    }

    pub(super) fn decode<T: DeserializeOwned>(self) -> Result<T> {
        // Checking the whole body at once is faster than checking each string.
        let decoded = match simdutf8::basic::from_utf8(&self.body) {
            Ok(text) => lenient::document(text).map_err(|error| Error::decode_of(&error, text)),
            Err(_) => Err(Error::new(ErrorKind::Decode).with_message("the response is not UTF-8")),
        };
        decoded.map_err(|error| located(error, self.status, trace_id(&self.headers)))
    }
}

/// Returns `true` if the body of a successful response is valid JSON without `errors`.
///
/// Some gateways send errors with status 200.
fn is_success(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Errors {
        errors: Option<IgnoredAny>,
    }
    serde_json::from_slice::<Errors>(body).is_ok_and(|body| body.errors.is_none())
}

/// Returns `true` if the meaning of an error status depends on the body.
fn needs_body(status: u16) -> bool {
    matches!(status, 400..=499) && !matches!(status, 401..=403 | 408 | 429)
}

fn too_long(limit: usize) -> Error {
    Error::new(ErrorKind::Decode).with_message(format!("the response has more than {limit} bytes"))
}

fn located(error: Error, status: u16, trace_id: Option<String>) -> Error {
    let error = error.with_status(status);
    match trace_id {
        Some(trace_id) => error.with_trace_id(trace_id),
        None => error,
    }
}

/// Returns the error that a response represents.
fn error(status: u16, headers: &HeaderMap, body: &[u8], clock: &dyn Clock) -> Error {
    let ErrorBody { details, trace_id, is_from_api } = ErrorBody::read(body);
    let trace_id = trace_id.as_deref().and_then(printable).or_else(|| self::trace_id(headers));
    let error = match status {
        // Callers rely on `NotFound`, so only a response from the API can have this kind.
        404 | 410 if !is_from_api => Error::new(ErrorKind::Unexpected)
            .with_message(format!("the {status} response is not in the API's format; check the base URL")),
        _ => status::error(status, details),
    };
    let error = located(error, status, trace_id);
    match retry_after::of(headers, clock.now()) {
        Some(wait) => error.with_retry_after(wait),
        None => error,
    }
}

/// Returns the trace id of a response. `cf-ray` is the id that Clerk's CDN assigns.
fn trace_id(headers: &HeaderMap) -> Option<String> {
    const CLERK_TRACE_ID: HeaderName = HeaderName::from_static("clerk-trace-id");
    const CF_RAY: HeaderName = HeaderName::from_static("cf-ray");

    let header = |name| headers.get(name)?.to_str().ok().and_then(printable);
    header(CLERK_TRACE_ID).or_else(|| header(CF_RAY))
}

/// Returns the trace id, or `None` if it cannot be printed on one line of a log.
fn printable(trace_id: &str) -> Option<String> {
    let fits = (1..=255).contains(&trace_id.len()) && trace_id.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| trace_id.to_owned())
}
