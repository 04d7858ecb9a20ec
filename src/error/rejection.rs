//! Constructors for rejections and their details, with Clerk's error codes and messages.

use std::borrow::Cow;

use super::{Error, ErrorDetail, ErrorKind, codes};

/// The message for the code `request_body_too_large` in Clerk's error catalog.
#[cfg(feature = "wire")]
pub const REQUEST_BODY_TOO_LARGE: &str = "Request body too large";
/// The message for the code `unsupported_content_type` in Clerk's error catalog.
#[cfg(feature = "wire")]
pub const UNSUPPORTED_CONTENT_TYPE: &str = "Content-Type is unsupported";

/// Creates a rejection error with a single [`ErrorDetail`].
#[cfg(feature = "wire")]
#[must_use]
pub fn rejected(kind: ErrorKind, code: &'static str, message: impl Into<Cow<'static, str>>) -> Error {
    Error::rejected(kind, [ErrorDetail::new(code).with_message(message)])
}

/// Creates an error detail for an invalid parameter, with the given messages.
#[must_use]
pub fn param_detail(
    code: &'static str,
    name: &'static str,
    message: &'static str,
    long_message: impl Into<Cow<'static, str>>,
) -> ErrorDetail {
    ErrorDetail::new(code).with_message(message).with_long_message(long_message).with_param_name(name)
}

/// Creates an error detail for an invalid parameter. The long message is `{name} {message}.`
#[must_use]
pub fn param(code: &'static str, name: impl Into<Cow<'static, str>>, message: &'static str) -> ErrorDetail {
    let name = name.into();
    let long = format!("{name} {message}.");
    ErrorDetail::new(code).with_message(message).with_long_message(long).with_param_name(name)
}

/// Creates an error detail for an invalid request body.
#[cfg(feature = "wire")]
#[must_use]
pub fn request_body_invalid(reason: impl std::fmt::Display) -> ErrorDetail {
    let long =
        format!("The request body is invalid. Please consult the API documentation for more information. {reason}");
    ErrorDetail::new(codes::REQUEST_BODY_INVALID).with_message("Request body invalid").with_long_message(long)
}

/// Creates an error detail for a user that does not exist.
#[cfg(feature = "wire")]
#[must_use]
pub fn user_not_found(id: &str) -> ErrorDetail {
    ErrorDetail::user_not_found(id)
}

/// Creates an error detail for a parameter that refers to a nonexistent resource.
#[must_use]
pub fn resource_missing(name: &'static str) -> ErrorDetail {
    let long = format!("The resource associated with the supplied {name} was not found.");
    param_detail(codes::FORM_RESOURCE_NOT_FOUND, name, "is missing", long)
}

/// Creates an error detail for a list with more than `max` values.
#[must_use]
pub fn array_size_exceeded(name: impl Into<Cow<'static, str>>, max: usize) -> ErrorDetail {
    let name = name.into();
    let long = format!("{name} should not exceed {max} items.");
    param(codes::FORM_PARAM_ARRAY_SIZE_EXCEEDED, name, "exceeds maximum size").with_long_message(long)
}

/// Creates an error detail for a missing parameter that another parameter requires.
#[cfg(feature = "wire")]
#[must_use]
pub fn required_with(name: &'static str, other: impl std::fmt::Display) -> ErrorDetail {
    let long = format!("`{name}` is required when `{other}` is present.");
    param(codes::FORM_CONDITIONAL_PARAM_MISSING, name, "is missing").with_long_message(long)
}

/// Creates an error detail for a parameter that is not allowed because another parameter is present.
#[cfg(feature = "wire")]
#[must_use]
pub fn disallowed_with(name: &'static str, other: impl std::fmt::Display) -> ErrorDetail {
    let long = format!("`{name}` isn't allowed when `{other}` is present.");
    param(codes::FORM_CONDITIONAL_PARAM_DISALLOWED, name, "is not allowed").with_long_message(long)
}

/// Creates an error detail for a parameter whose value is not one of the allowed values.
///
/// The detail lists the allowed values, but does not contain the rejected value.
#[cfg(feature = "wire")]
#[must_use]
pub fn not_allowed_value(name: &'static str, allowed: &[&str]) -> ErrorDetail {
    let long =
        format!("{name} is invalid. Only one of the following parameter values is allowed: {}", allowed.join(", "));
    param(codes::FORM_PARAM_VALUE_INVALID, name, "is invalid").with_long_message(long)
}

/// Creates a rejection for an invalid parameter.
#[must_use]
pub fn invalid_param(code: &'static str, name: impl Into<Cow<'static, str>>, message: &'static str) -> Error {
    of_params(vec![param(code, name, message)])
}

/// Returns a rejection with the given details, or `Ok` if there are none.
///
/// # Errors
///
/// Returns the rejection if `details` is not empty.
pub fn invalid_params(details: Vec<ErrorDetail>) -> Result<(), Error> {
    if details.is_empty() { Ok(()) } else { Err(of_params(details)) }
}

fn of_params(details: Vec<ErrorDetail>) -> Error {
    Error::rejected(ErrorKind::of_params(&details), details)
}

/// Creates a rejection for an image that does not exist.
#[must_use]
pub fn image_not_found() -> Error {
    let message = "Image not found";
    let detail = ErrorDetail::new(codes::IMAGE_NOT_FOUND).with_message(message).with_long_message(message);
    Error::rejected(ErrorKind::NotFound, [detail])
}

/// Creates a rejection for an image larger than [`ProfileImage::MAX_BYTES`](crate::model::ProfileImage::MAX_BYTES).
#[must_use]
pub fn image_too_large() -> Error {
    let long = "The image being uploaded is more than 10MB. Please choose a smaller one.";
    let detail = ErrorDetail::new(codes::IMAGE_TOO_LARGE).with_message("Image too large").with_long_message(long);
    Error::rejected(ErrorKind::InvalidInput, [detail])
}
