//! The span, events and metrics of a call. [`ClerkUserDirectory`](super::ClerkUserDirectory) documents them.

use std::time::Duration;

use futures_util::future::Either;
use tracing::field::Empty;
use tracing::instrument::Instrumented;
use tracing::{Instrument as _, Span, info, info_span, warn};

use super::gave_up::GaveUp;
use super::request::Request;
use super::response::Response;
use crate::error::{Error, ErrorKind, Result};
use crate::model::UserId;
use crate::operation::Operation;

/// Shorter delays caused by client-side limits are not logged.
const LOGGED_WAIT: Duration = Duration::from_millis(100);
/// Shorter delays caused by client-side limits are not recorded as a metric.
#[cfg(feature = "metrics")]
const RECORDED_WAIT: Duration = Duration::from_millis(1);

/// The tracing span of a call.
pub(super) struct CallSpan {
    #[cfg(feature = "metrics")]
    operation: Operation,
    span: Span,
}

impl CallSpan {
    pub(super) fn new(request: &Request<'_>) -> Self {
        let span = info_span!(
            target: "user_directory",
            "user_directory.request",
            operation = request.operation().as_str(),
            user_id = request.user_id().map(UserId::as_str),
            attempts = Empty,
            status = Empty,
            trace_id = Empty,
            gave_up = Empty,
            error_kind = Empty,
            elapsed_ms = Empty,
        );
        Self {
            #[cfg(feature = "metrics")]
            operation: request.operation(),
            span,
        }
    }

    /// Instruments a future with the span if the span is enabled.
    pub(super) fn instrument<F: Future>(&self, future: F) -> Either<F, Instrumented<F>> {
        if self.span.is_disabled() { Either::Left(future) } else { Either::Right(future.instrument(self.span.clone())) }
    }

    pub(super) fn in_scope<T>(&self, f: impl FnOnce() -> T) -> T {
        self.span.in_scope(f)
    }

    pub(super) fn sent(&self, response: &Result<Response>, attempts: u32, gave_up: Option<GaveUp>) {
        if self.span.is_disabled() {
            return;
        }
        let (status, trace_id) = match response {
            Ok(response) => (Some(response.status()), response.trace_id()),
            Err(error) => (error.status(), error.trace_id().map(str::to_owned)),
        };
        self.span
            .record("attempts", attempts)
            .record("status", status)
            .record("trace_id", trace_id)
            .record("gave_up", gave_up.map(GaveUp::as_str));
    }

    pub(super) fn ended(&self, error: Option<ErrorKind>, elapsed: Duration) {
        if !self.span.is_disabled() {
            if let Some(kind) = error {
                self.span.record("error_kind", kind.as_str());
            }
            self.span.record("elapsed_ms", millis(elapsed));
        }
        #[cfg(feature = "metrics")]
        {
            let labels = [("operation", self.operation.as_str()), ("outcome", error.map_or("ok", ErrorKind::as_str))];
            metrics::counter!("user_directory_calls_total", &labels).increment(1);
            metrics::histogram!("user_directory_call_duration_seconds", &labels).record(elapsed);
        }
    }
}

/// Logs and counts a retry.
pub(super) fn retrying(error: &Error, attempt: u32, wait: Duration) {
    warn!(
        target: "user_directory",
        operation = error.operation().map(Operation::as_str),
        attempt,
        reason = error.kind().as_str(),
        status = error.status(),
        trace_id = error.trace_id(),
        wait_ms = millis(wait),
        "retrying"
    );
    #[cfg(feature = "metrics")]
    {
        let operation = error.operation().map_or("", Operation::as_str);
        let labels = [("operation", operation), ("reason", error.kind().as_str())];
        metrics::counter!("user_directory_retries_total", &labels).increment(1);
    }
}

/// Logs and records a delay caused by client-side limits.
pub(super) fn waited(operation: Operation, wait: Duration) {
    if wait >= LOGGED_WAIT {
        info!(
            target: "user_directory",
            operation = operation.as_str(),
            wait_ms = millis(wait),
            "waited for the rate limits"
        );
    }
    #[cfg(feature = "metrics")]
    if wait >= RECORDED_WAIT {
        metrics::histogram!("user_directory_limiter_wait_seconds", "operation" => operation.as_str()).record(wait);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
