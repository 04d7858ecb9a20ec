//! Calls: sending the request of an operation and decoding the response.

use serde::de::DeserializeOwned;

use super::ClerkUserDirectory;
use super::attempts::Outcome;
use super::request::Request;
use super::response::Response;
use super::telemetry::CallSpan;
use crate::error::{Error, ErrorDetail, ErrorKind, Result};
use crate::model::UserId;
use crate::operation::Operation;
use crate::wire::response::UserIdBody;
use crate::wire::route;

impl ClerkUserDirectory {
    /// Creates a request for an operation that does not take a user id.
    pub(super) fn request(&self, operation: Operation) -> Request<'static> {
        Request::new(&self.0.users_url, operation, None, None)
    }

    /// Creates a request for an operation on a user.
    pub(super) fn user_request<'a>(&self, operation: Operation, user_id: &'a UserId) -> Request<'a> {
        Request::new(&self.0.users_url, operation, Some(user_id), None)
    }

    /// Creates a request for an operation on a user's resource, which is the last parameter of the path.
    pub(super) fn resource_request<'a>(
        &self,
        operation: Operation,
        user_id: &'a UserId,
        resource: &str,
    ) -> Request<'a> {
        Request::new(&self.0.users_url, operation, Some(user_id), Some(resource))
    }

    /// Sends a request, and decodes the response.
    pub(super) fn call<T: DeserializeOwned>(&self, request: Request<'_>) -> impl Future<Output = Result<T>> {
        self.call_and_read(request, |response| response?.decode())
    }

    /// Sends a request whose result is known in advance, and decodes the response.
    ///
    /// Returns the result of `known` if the response has no content, or is an object without the required fields.
    pub(super) async fn call_or<T: DeserializeOwned>(
        &self,
        request: Request<'_>,
        known: impl FnOnce() -> T,
    ) -> Result<T> {
        self.call_and_read(request, |response| response?.decode_or(known)).await
    }

    /// Calls an operation that returns the id of its user.
    pub(super) async fn call_for_user_id(&self, operation: Operation, user_id: &UserId) -> Result<UserId> {
        let known = || UserIdBody { user_id: user_id.clone() };
        Ok(self.call_or(self.user_request(operation, user_id), known).await?.user_id)
    }

    /// Sends a request, and maps the response or the error with `read`.
    pub(super) async fn call_and_read<T>(
        &self,
        request: Request<'_>,
        read: impl FnOnce(Result<Response>) -> Result<T>,
    ) -> Result<T> {
        let operation = request.operation();
        if let Some(id) = request.user_id().filter(|id| route::is_reserved_user_id(id.as_str())) {
            let detail = ErrorDetail::user_not_found(id.as_str());
            return Err(Error::rejected(ErrorKind::NotFound, [detail]).with_operation(operation));
        }
        let call = CallSpan::new(&request);
        let began = self.0.timer.now();
        let Outcome { response, attempts, gave_up } = call.instrument(self.send(&request, began)).await;
        call.sent(&response, attempts, gave_up);
        let result = call.in_scope(|| read(response));
        let elapsed = self.0.timer.now().saturating_sub(began);
        call.ended(result.as_ref().err().map(Error::kind), elapsed);
        result.map_err(|error| {
            let error = error.with_operation(operation);
            if attempts > 1 { error.with_attempts(attempts, elapsed) } else { error }
        })
    }
}
