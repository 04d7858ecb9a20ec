//! Errors of the emulator itself, before it calls the directory.

use std::borrow::Cow;

use user_directory::wire::rejection::rejected;
use user_directory::{Error, ErrorDetail, ErrorKind, codes};

/// The size limit of a body, in bytes.
pub(crate) const MAX_BODY: usize = user_directory::model::ProfileImage::MAX_BYTES;

fn invalid(code: &'static str, message: impl Into<Cow<'static, str>>) -> Error {
    rejected(ErrorKind::InvalidInput, code, message)
}

pub(crate) fn authorization_header_invalid() -> Error {
    let message = "The Authorization header must have the format `Bearer SECRET_KEY`.";
    rejected(ErrorKind::Unauthenticated, codes::AUTHORIZATION_HEADER_FORMAT_INVALID, message)
}

pub(crate) fn key_invalid() -> Error {
    rejected(ErrorKind::Unauthenticated, codes::CLERK_KEY_INVALID, "The secret key is not accepted.")
}

/// Rejects a web page of another origin.
pub(crate) fn foreign_origin() -> Error {
    rejected(ErrorKind::Forbidden, codes::AUTHORIZATION_INVALID, "Requests from other origins are rejected.")
}

/// Rejects an unknown host name, which could be used for DNS rebinding.
pub(crate) fn unknown_host() -> Error {
    let message = "The host name in the `Host` header is not allowed. Allow it with --allow-host.";
    rejected(ErrorKind::Forbidden, codes::AUTHORIZATION_INVALID, message)
}

pub(crate) fn stopping() -> Error {
    rejected(ErrorKind::Unavailable, codes::SERVICE_UNAVAILABLE, "The emulator is stopping.")
}

pub(crate) fn api_version_invalid(reason: &str) -> Error {
    invalid(codes::API_VERSION_INVALID, format!("The API version is invalid: {reason}."))
}

pub(crate) fn body_invalid(message: impl Into<Cow<'static, str>>) -> Error {
    invalid(codes::REQUEST_BODY_INVALID, message)
}

pub(crate) fn body_too_large() -> Error {
    invalid(codes::REQUEST_BODY_TOO_LARGE, format!("The body exceeds the limit of {MAX_BODY} bytes."))
}

pub(crate) fn unsupported_content_type(expected: &str) -> Error {
    invalid(codes::UNSUPPORTED_CONTENT_TYPE, format!("The content type must be {expected}."))
}

/// The status is 400, as in the error catalog. A missing field of a form has 422.
pub(crate) fn image_missing() -> Error {
    let detail = ErrorDetail::new(codes::FORM_PARAM_MISSING).with_message("The upload has no part named `file`.");
    Error::rejected(ErrorKind::InvalidInput, [detail.with_param_name("file")]).with_status(400)
}

pub(crate) fn not_found(message: &'static str) -> Error {
    rejected(ErrorKind::NotFound, codes::RESOURCE_NOT_FOUND, message)
}

/// Also used for malformed ids, which no user can have.
pub(crate) fn no_such_user() -> Error {
    not_found("The user does not exist.")
}

pub(crate) fn too_many_requests() -> Error {
    rejected(ErrorKind::RateLimited, codes::TOO_MANY_REQUESTS, "Too many requests. Retry later.")
}

/// The response contains the message, because it describes an unexpected call of a mock.
pub(crate) fn directory_panicked(message: String) -> Error {
    rejected(ErrorKind::Server, codes::INTERNAL_CLERK_ERROR, message)
}
