//! Errors that are created by the emulator rather than by the directory.

use std::borrow::Cow;
use std::fmt::Display;

use axum::http::Method;
use user_directory::wire::ApiVersion;
use user_directory::wire::rejection::{
    REQUEST_BODY_TOO_LARGE, UNSUPPORTED_CONTENT_TYPE, request_body_invalid, user_not_found,
};
use user_directory::wire::status::{DefaultResponse, default_of};
use user_directory::{Error, ErrorDetail, ErrorKind, Operation, codes};

/// The maximum size of a request body, in bytes.
pub(crate) const MAX_BODY: usize = user_directory::model::ProfileImage::MAX_BYTES;

/// A link to the emulator's documentation, for error messages.
const DOCUMENTATION: &str = "https://docs.rs/clerk-emulator";

/// Creates a rejection with a short and a long message.
fn rejected(
    kind: ErrorKind,
    code: &'static str,
    message: &'static str,
    long_message: impl Into<Cow<'static, str>>,
) -> Error {
    Error::rejected(kind, [ErrorDetail::new(code).with_message(message).with_long_message(long_message)])
}

/// Creates a rejection with the default code and messages of an error kind.
///
/// The reason is appended to the long message.
fn rejected_by_kind(kind: ErrorKind, reason: &str) -> Error {
    let DefaultResponse { code, message, long_message, .. } = default_of(kind);
    rejected(kind, code, message, format!("{long_message}. {reason}"))
}

pub(crate) fn authorization_header_invalid() -> Error {
    let message = "Invalid Authorization header format";
    let long_message = "Invalid Authorization header format. Must be 'Bearer <YOUR_API_KEY>'";
    rejected(ErrorKind::Unauthenticated, codes::AUTHORIZATION_HEADER_FORMAT_INVALID, message, long_message)
}

pub(crate) fn key_invalid() -> Error {
    let DefaultResponse { code, message, .. } = default_of(ErrorKind::Unauthenticated);
    rejected(ErrorKind::Unauthenticated, code, message, message)
}

/// Rejects a request from a web page of another origin.
pub(crate) fn foreign_origin() -> Error {
    rejected_by_kind(ErrorKind::Forbidden, "The emulator rejects requests from other origins.")
}

/// Rejects a request to a host name that is not allowed, to prevent DNS rebinding.
pub(crate) fn unknown_host() -> Error {
    let long_message = "The host name in the `Host` header is not allowed. Allow it with --allow-host.";
    rejected_by_kind(ErrorKind::Forbidden, long_message)
}

pub(crate) fn stopping() -> Error {
    rejected_by_kind(ErrorKind::Unavailable, "The emulator is stopping.")
}

/// Rejects a request that arrived before a reset and has not been performed.
pub(crate) fn was_reset() -> Error {
    rejected_by_kind(ErrorKind::Unavailable, "The emulator was reset.")
}

/// Rejects a path that cannot be decoded.
pub(crate) fn malformed_path() -> Error {
    let long_message =
        "The request parameters are malformed and could not be parsed. The percent-decoded path must be UTF-8.";
    let message = "Malformed request parameters";
    rejected(ErrorKind::InvalidInput, codes::MALFORMED_REQUEST_PARAMETERS, message, long_message)
}

pub(crate) fn api_version_invalid(reason: &str) -> Error {
    let long_message = format!("Invalid Clerk API version: {reason}");
    rejected(ErrorKind::InvalidInput, codes::API_VERSION_INVALID, "invalid API version", long_message)
}

pub(crate) fn body_invalid(reason: impl Display) -> Error {
    Error::rejected(ErrorKind::InvalidInput, [request_body_invalid(reason)])
}

pub(crate) fn body_too_large(max: usize) -> Error {
    let long_message = format!("The request body exceeds the maximum allowed size of {max} bytes.");
    rejected(ErrorKind::InvalidInput, codes::REQUEST_BODY_TOO_LARGE, REQUEST_BODY_TOO_LARGE, long_message)
}

/// Rejects a content type. `actual` is empty if the request has no content type.
pub(crate) fn unsupported_content_type(actual: &str, expected: &str) -> Error {
    let actual = if actual.is_empty() { "(missing)" } else { actual };
    let long_message = format!("Content-Type {actual} is unsupported. You should use {expected} instead.");
    rejected(ErrorKind::InvalidInput, codes::UNSUPPORTED_CONTENT_TYPE, UNSUPPORTED_CONTENT_TYPE, long_message)
}

/// Rejects an upload without an image. The status is 400, as in Clerk's error catalog, and not 422 as for other missing
/// fields.
pub(crate) fn image_missing() -> Error {
    let detail = ErrorDetail::new(codes::FORM_PARAM_MISSING).with_message("Image file missing");
    let detail =
        detail.with_long_message("There was no image file present in the request. It must be in a part named `file`.");
    Error::rejected(ErrorKind::InvalidInput, [detail.with_param_name("file")]).with_status(400)
}

pub(crate) fn not_found(reason: impl Display) -> Error {
    rejected_by_kind(ErrorKind::NotFound, &reason.to_string())
}

/// Rejects a request that matches no operation. The message describes which operations are supported.
///
/// `methods_of` returns the methods that a path supports.
pub(crate) fn no_such_route(method: &Method, path: &str, methods_of: impl Fn(&str) -> Vec<&'static str>) -> Error {
    let methods = methods_of(path);
    let hint = if !methods.is_empty() {
        format!(" This path supports only the methods {}.", methods.join(", "))
    } else if path.strip_suffix('/').is_some_and(|shorter| !methods_of(shorter).is_empty()) {
        " Remove the slash at the end of the path, or add the missing id.".to_owned()
    } else {
        String::new()
    };
    not_found(match path.strip_prefix("/v1/") {
        Some(rest) if rest.starts_with("v1/") => format!(
            "The path {path} contains /v1 twice. The client appends it to the base URL, so configure the URL without /v1."
        ),
        Some(_) => format!(
            "{method} {path} is not a users operation.{hint} The emulator supports only the users operations of the \
             Backend API, which are under /v1/users. See {DOCUMENTATION}"
        ),
        None => format!(
            "There is no route {method} {path}.{hint} The users operations of the Backend API are under /v1/users, and \
             the control API is under /__emulator. See {DOCUMENTATION}"
        ),
    })
}

/// Rejects an operation that does not exist in this version of the API.
pub(crate) fn not_in_version(operation: Operation, version: ApiVersion, first: ApiVersion) -> Error {
    let (version, first) = (version.as_str(), first.as_str());
    not_found(format!(
        "The operation {operation} is not available in API version {version}. It was added in version {first}."
    ))
}

/// Rejects a malformed id, which no user can have.
pub(crate) fn no_such_user(id: &str) -> Error {
    Error::rejected(ErrorKind::NotFound, [user_not_found(id)])
}

pub(crate) fn too_many_requests() -> Error {
    let message = "Too many requests. Please try again in a bit.";
    rejected(ErrorKind::RateLimited, codes::TOO_MANY_REQUESTS, message, message)
}

/// Returns the error for a panic in the directory. The response contains the panic message, which describes the
/// unexpected call if the directory is a mock.
pub(crate) fn directory_panicked(message: String) -> Error {
    let detail = ErrorDetail::new(codes::INTERNAL_CLERK_ERROR).with_message(message);
    Error::rejected(ErrorKind::Server, [detail])
}
