//! What the directory refuses, with the statuses and codes of the API's error catalogue.

use super::identifiers::Key;
use crate::error::{ApiError, Error, codes};
use crate::model::Metadata;

/// A refusal with one error.
fn one(status: u16, error: ApiError) -> Error {
    Error::from_api(status, vec![error])
}

/// An error about a form's parameter; several make one [`unprocessable`] refusal.
pub(super) fn param(code: &'static str, param_name: &'static str, message: &'static str) -> ApiError {
    ApiError::new(code).with_message(message).with_param_name(param_name)
}

/// The error about an identifier that another user has.
pub(super) fn taken(key: &Key<'_>) -> ApiError {
    param(codes::FORM_IDENTIFIER_EXISTS, key.param_name(), "belongs to another user")
}

/// 422 for one parameter.
pub(super) fn invalid(code: &'static str, param_name: &'static str, message: &'static str) -> Error {
    one(422, param(code, param_name, message))
}

/// 422 with all that is wrong, or nothing if nothing is.
pub(super) fn unprocessable(errors: Vec<ApiError>) -> Result<(), Error> {
    if errors.is_empty() { Ok(()) } else { Err(Error::from_api(422, errors)) }
}

/// 404 for a thing of this kind, or the user.
pub(super) fn not_found(kind: &str, id: &str) -> Error {
    let long = format!("No {kind} was found with id {id}.");
    one(404, ApiError::new(codes::RESOURCE_NOT_FOUND).with_message("not found").with_long_message(long))
}

pub(super) fn bad_request(code: &'static str, message: &'static str) -> Error {
    one(400, ApiError::new(code).with_message(message))
}

pub(super) fn payment_required(feature: &'static str) -> Error {
    let error = ApiError::new(codes::UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES).with_message("not in the current plan");
    // An object by construction, so there is nothing to fail.
    let meta = Metadata::new(&serde_json::json!({ "unsupported_features": [feature] })).unwrap_or_default();
    one(402, error.with_meta(meta))
}

pub(super) fn forbidden(code: &'static str, message: &'static str) -> Error {
    one(403, ApiError::new(code).with_message(message))
}

pub(super) fn conflict(message: &'static str) -> Error {
    one(409, ApiError::new(codes::CONFLICT).with_message(message))
}

pub(super) fn managed_by_scim() -> Error {
    one(409, ApiError::new(codes::USER_MANAGED_BY_SCIM).with_message("the user is managed by a directory"))
}

pub(super) fn image_too_large() -> Error {
    one(413, ApiError::new(codes::IMAGE_TOO_LARGE).with_message("the image has more than 10 MB"))
}
