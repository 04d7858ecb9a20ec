//! What the emulator itself refuses, before a directory is asked; with the statuses and codes of the API.

use crate::error::{ErrorDetail, Error, codes};

/// The most bytes of a body, and of an image.
pub(super) const MAX_BODY: usize = 10 * 1024 * 1024;

fn one(status: u16, code: &'static str, message: impl Into<String>) -> Error {
    crate::wire::status::error(status, vec![ErrorDetail::new(code).with_message(message.into())])
}

/// An error about one parameter; several make one refusal.
pub(super) fn param(code: &'static str, name: &str, message: &'static str) -> ErrorDetail {
    let long = format!("{name} {message}.");
    ErrorDetail::new(code).with_message(message).with_long_message(long).with_param_name(name.to_owned())
}

/// 422 for one parameter.
pub(super) fn invalid(code: &'static str, name: &str, message: &'static str) -> Error {
    crate::wire::status::error(422, vec![param(code, name, message)])
}

pub(super) fn authorization_header_invalid() -> Error {
    let message = "The Authorization header must be `Bearer` and the secret key.";
    one(401, codes::AUTHORIZATION_HEADER_FORMAT_INVALID, message)
}

pub(super) fn key_invalid() -> Error {
    one(401, codes::CLERK_KEY_INVALID, "The secret key is not one that is accepted here.")
}

/// A browser that shows a page of somebody else's must not use this server.
pub(super) fn foreign_origin() -> Error {
    one(403, codes::AUTHORIZATION_INVALID, "Pages of other origins are not answered.")
}

/// Whoever owns the name could make it lead here, and be the same origin.
pub(super) fn unknown_host() -> Error {
    let message = "The emulator does not answer to this name in the `Host` header. Allow it with --allow-host.";
    one(403, codes::AUTHORIZATION_INVALID, message)
}

pub(super) fn stopping() -> Error {
    one(503, codes::SERVICE_UNAVAILABLE, "The emulator is being stopped.")
}

pub(super) fn api_version_invalid(reason: &str) -> Error {
    one(400, codes::API_VERSION_INVALID, format!("The API version is not valid: {reason}."))
}

pub(super) fn body_invalid(message: &str) -> Error {
    one(400, codes::REQUEST_BODY_INVALID, message)
}

pub(super) fn body_too_large() -> Error {
    one(413, codes::REQUEST_BODY_TOO_LARGE, format!("The body has more than {MAX_BODY} bytes."))
}

pub(super) fn unsupported_content_type(expected: &str) -> Error {
    one(415, codes::UNSUPPORTED_CONTENT_TYPE, format!("The content type must be {expected}."))
}

/// 400, as the catalogue has it, other than for a field that is missing from a form.
pub(super) fn image_missing() -> Error {
    let error = ErrorDetail::new(codes::FORM_PARAM_MISSING).with_message("There is no part named `file`.");
    crate::wire::status::error(400, vec![error.with_param_name("file")])
}

pub(super) fn image_too_large() -> Error {
    one(413, codes::IMAGE_TOO_LARGE, "The image has more than 10 MB.")
}

pub(super) fn bulk_size_exceeded() -> Error {
    one(400, codes::BULK_SIZE_EXCEEDED, "There are more than 50 users.")
}

/// There is no such route, or no such user because nobody can have that id.
pub(super) fn not_found(message: impl Into<String>) -> Error {
    one(404, codes::RESOURCE_NOT_FOUND, message)
}

pub(super) fn too_many_requests() -> Error {
    one(429, codes::TOO_MANY_REQUESTS, "There were too many requests. Try again later.")
}

/// What a mock says when it is called wrongly is for whoever reads the answer in a test.
pub(super) fn directory_panicked(what: &str) -> Error {
    one(500, codes::INTERNAL_CLERK_ERROR, what)
}

pub(super) fn incorrect_password() -> Error {
    one(422, codes::INCORRECT_PASSWORD, "The password is not the user's.")
}

pub(super) fn incorrect_code() -> Error {
    one(422, codes::TOTP_INCORRECT_CODE, "The code is not right.")
}
