//! The rejections of the directory in memory, with the codes of the API's error catalog.

use super::identifiers::Key;
use crate::error::rejection::rejected;
pub(super) use crate::error::rejection::{image_too_large, invalid_param, invalid_params, param};
use crate::error::{Error, ErrorDetail, ErrorKind, codes};

/// Creates the detail about an identifier that another user has.
pub(super) fn taken(key: &Key<'_>) -> ErrorDetail {
    param(codes::FORM_IDENTIFIER_EXISTS, key.param_name(), "belongs to another user")
}

/// Rejects the id of something that does not exist.
pub(super) fn not_found(resource: &str, id: &str) -> Error {
    let detail = ErrorDetail::new(codes::RESOURCE_NOT_FOUND).with_message("not found");
    Error::rejected(ErrorKind::NotFound, [detail.with_long_message(format!("No {resource} was found with id {id}."))])
}

pub(super) fn missing(code: &'static str, message: &'static str) -> Error {
    rejected(ErrorKind::NotFound, code, message)
}

pub(super) fn invalid(code: &'static str, message: &'static str) -> Error {
    rejected(ErrorKind::InvalidInput, code, message)
}

pub(super) fn payment_required(feature: &'static str) -> Error {
    let detail =
        ErrorDetail::new(codes::UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES).with_message("not in the current plan");
    Error::rejected(ErrorKind::PaymentRequired, [detail.with_meta("unsupported_features", [feature])])
}

pub(super) fn forbidden(code: &'static str, message: &'static str) -> Error {
    rejected(ErrorKind::Forbidden, code, message)
}

pub(super) fn conflict(message: &'static str) -> Error {
    rejected(ErrorKind::Conflict, codes::CONFLICT, message)
}

pub(super) fn managed_by_scim() -> Error {
    rejected(ErrorKind::Conflict, codes::USER_MANAGED_BY_SCIM, "the user is managed by a directory")
}
