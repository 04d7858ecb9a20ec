//! A request and its answer, and the span that tells about them.

use serde::de::DeserializeOwned;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::ClerkUserDirectory;
use super::request::Request;
use super::response::{self, Answer};
use crate::error::{Error, Result};
use crate::model::UserId;
use crate::operation::Operation;

impl ClerkUserDirectory {
    /// The request of an operation on no user in particular.
    pub(super) fn request(&self, operation: Operation) -> Request<'static> {
        Request::new(&self.0.base_url, operation, None, None)
    }

    /// The request of an operation on a user.
    pub(super) fn user_request<'a>(&self, operation: Operation, user_id: &'a UserId) -> Request<'a> {
        Request::new(&self.0.base_url, operation, Some(user_id), None)
    }

    /// The request of an operation on a thing of a user, which the path names last.
    pub(super) fn part_request<'a>(&self, operation: Operation, user_id: &'a UserId, part: &str) -> Request<'a> {
        Request::new(&self.0.base_url, operation, Some(user_id), Some(part))
    }

    /// Asks, and reads the answer as a `T`.
    pub(super) async fn call<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T> {
        self.call_and_read(request, |answer| answer?.decode()).await
    }

    /// Asks, and lets `read` make something of the answer or the error.
    pub(super) async fn call_and_read<T>(
        &self,
        request: Request<'_>,
        read: impl FnOnce(Result<Answer>) -> Result<T>,
    ) -> Result<T> {
        let operation = request.operation();
        let span = span(&request);
        let answer = self.send(&request).instrument(span.clone()).await;
        let (status, trace_id) = match &answer {
            Ok(answer) => (Some(answer.status()), answer.trace_id()),
            Err(error) => (error.status(), error.trace_id()),
        };
        span.record("status", status).record("trace_id", trace_id);
        let outcome = span.in_scope(|| read(answer));
        if let Err(error) = &outcome {
            span.record("error_kind", tracing::field::display(error.kind()));
        }
        outcome.map_err(|error| error.with_operation(operation))
    }

    /// Sends a request once. Whatever is to be done around every request belongs here.
    async fn send(&self, request: &Request<'_>) -> Result<Answer> {
        let request = request.to_http(&self.0)?;
        let response = self.0.http.execute(request).await.map_err(response::broken_off)?;
        Answer::read(response, self.0.max_response_size).await
    }
}

fn span(request: &Request<'_>) -> Span {
    tracing::info_span!(
        target: "user_directory",
        "user_directory.request",
        operation = request.operation().name(),
        user_id = request.user_id().map(UserId::as_str),
        status = Empty,
        trace_id = Empty,
        error_kind = Empty,
    )
}

/// Names the operation in an error of something that is checked before a request is made.
pub(super) fn check(operation: Operation, validation: Result<()>) -> Result<()> {
    validation.map_err(|error: Error| error.with_operation(operation))
}
