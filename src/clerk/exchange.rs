//! A call from its request to what is made of its answer.

use serde::de::DeserializeOwned;
use tracing::Instrument;

use super::ClerkUserDirectory;
use super::attempts::Sent;
use super::request::Request;
use super::response::Answer;
use super::telemetry::Call;
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
        let call = Call::new(&request);
        let began = self.0.timer.now();
        let Sent { answer, attempts, gave_up } = self.send(&request, began).instrument(call.span().clone()).await;
        call.sent(&answer, attempts, gave_up);
        let outcome = call.span().in_scope(|| read(answer));
        let elapsed = self.0.timer.now().saturating_sub(began);
        call.ended(outcome.as_ref().err().map(Error::kind), elapsed);
        outcome.map_err(|error| {
            let error = error.with_operation(operation);
            if attempts > 1 { error.with_attempts(attempts, elapsed) } else { error }
        })
    }
}

/// Names the operation in an error of something that is checked before a request is made.
pub(super) fn check(operation: Operation, validation: Result<()>) -> Result<()> {
    validation.map_err(|error: Error| error.with_operation(operation))
}
