//! Rejections, with the codes of the API's error catalog.

use crate::account::Identifier;
use crate::error::rejection::rejected;
pub(crate) use crate::error::rejection::{image_too_large, invalid_param, invalid_params, param};
use crate::error::{Error, ErrorDetail, ErrorKind, codes};
use crate::model::UserId;

/// Creates the detail about an identifier that another user has.
pub(crate) fn taken(identifier: &Identifier<'_>) -> ErrorDetail {
    param(codes::FORM_IDENTIFIER_EXISTS, identifier.kind().as_str(), "belongs to another user")
}

/// Creates an error about a user that does not exist.
pub(crate) fn no_user(id: &UserId) -> Error {
    not_found("user", id.as_str())
}

/// Creates an error about something that does not exist.
pub(crate) fn not_found(resource: &str, id: &str) -> Error {
    let detail = ErrorDetail::new(codes::RESOURCE_NOT_FOUND).with_message("not found");
    Error::rejected(ErrorKind::NotFound, [detail.with_long_message(format!("No {resource} was found with id {id}."))])
}

pub(crate) fn missing(code: &'static str, message: &'static str) -> Error {
    rejected(ErrorKind::NotFound, code, message)
}

pub(crate) fn invalid(code: &'static str, message: &'static str) -> Error {
    rejected(ErrorKind::InvalidInput, code, message)
}

pub(crate) fn payment_required(feature: &'static str) -> Error {
    let detail =
        ErrorDetail::new(codes::UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES).with_message("not in the current plan");
    Error::rejected(ErrorKind::PaymentRequired, [detail.with_meta("unsupported_features", [feature])])
}

pub(crate) fn forbidden(code: &'static str, message: &'static str) -> Error {
    rejected(ErrorKind::Forbidden, code, message)
}

pub(crate) fn conflict(message: &'static str) -> Error {
    rejected(ErrorKind::Conflict, codes::CONFLICT, message)
}

pub(crate) fn managed_by_scim() -> Error {
    rejected(ErrorKind::Conflict, codes::USER_MANAGED_BY_SCIM, "the user is managed by a directory")
}
