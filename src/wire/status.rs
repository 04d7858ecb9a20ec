//! Conversion between HTTP status codes and error kinds.

use crate::error::{Error, ErrorDetail, ErrorKind, codes};
#[cfg(feature = "wire")]
use {crate::error::rejection, crate::wire::response::response_detail};

/// Creates an error from the status of a response and the details in its body.
#[must_use]
pub fn error(status: u16, details: Vec<ErrorDetail>) -> Error {
    Error::rejected(kind_of(status, &details), details).with_status(status)
}

/// Returns the error kind for a status.
///
/// If the status has multiple meanings, the error codes determine the kind.
#[must_use]
pub fn kind_of(status: u16, details: &[ErrorDetail]) -> ErrorKind {
    let has = |code| details.iter().any(|detail| detail.code() == code);
    match status {
        409 if has(codes::RESOURCE_LOCKED) => ErrorKind::Locked,
        422 => ErrorKind::of_params(details),
        400 | 413 | 415 => ErrorKind::InvalidInput,
        401 => ErrorKind::Unauthenticated,
        402 => ErrorKind::PaymentRequired,
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        408 => ErrorKind::Timeout,
        409 => ErrorKind::Conflict,
        423 => ErrorKind::Locked,
        429 => ErrorKind::RateLimited,
        501 if has(codes::UNSUPPORTED) => ErrorKind::Unsupported,
        // The CDN in front of the service sends 520 to 524 if it cannot reach the service.
        502..=504 | 520..=524 => ErrorKind::Unavailable,
        // A status above 599 is treated as a failure of the server (RFC 9110, section 15).
        500.. => ErrorKind::Server,
        _ => ErrorKind::Unexpected,
    }
}

/// Returns the HTTP status for an error.
///
/// If the error's own status is 400 or above and maps to the error's kind, that status is returned. Otherwise, the
/// status is derived from the kind and the code of the first detail. For input that was rejected before a request was
/// sent, the result is the status that Clerk would return.
#[cfg(feature = "wire")]
#[must_use]
pub fn status_of(error: &Error) -> u16 {
    // The response to a failed call can have any status, such as 200 if its body could not be decoded.
    let status = error.status().filter(|status| *status >= 400 && kind_of(*status, error.details()) == error.kind());
    status.unwrap_or_else(|| status_of_rejection(error.kind(), error.details()))
}

#[cfg(feature = "wire")]
fn status_of_rejection(kind: ErrorKind, details: &[ErrorDetail]) -> u16 {
    let first = details.first().map(response_detail);
    match (kind, first.as_deref().map(ErrorDetail::code)) {
        (
            ErrorKind::InvalidInput,
            Some(
                codes::BAD_REQUEST
                | codes::MALFORMED_REQUEST_PARAMETERS
                | codes::REQUEST_BODY_INVALID
                | codes::BULK_SIZE_EXCEEDED
                | codes::API_VERSION_INVALID
                | codes::NO_PASSWORD_SET
                | codes::TOTP_DISABLED
                | codes::DELETE_LINKED_IDENTIFICATION_DISALLOWED
                | codes::IDENTIFICATION_DELETION_FAILED
                | codes::LAST_REQUIRED_IDENTIFICATION_DELETION_FAILED
                | codes::IDENTIFICATION_UPDATE_FAILED
                | codes::ALREADY_A_MEMBER_IN_ORGANIZATION
                | codes::ORGANIZATION_INVITATION_NOT_UNIQUE
                | codes::OAUTH_UNSUPPORTED_PROVIDER
                | codes::CURRENCY_INVALID
                | codes::OAUTH_TOKEN_RETRIEVAL_ERROR,
            ),
        ) => 400,
        (ErrorKind::InvalidInput, Some(codes::IMAGE_TOO_LARGE | codes::REQUEST_BODY_TOO_LARGE)) => 413,
        (ErrorKind::InvalidInput, Some(codes::UNSUPPORTED_CONTENT_TYPE)) => 415,
        // All other codes of invalid input are about a parameter.
        (ErrorKind::InvalidInput, Some(_))
        | (ErrorKind::Conflict, Some(codes::FORM_IDENTIFIER_EXISTS | codes::FORM_ALREADY_EXISTS)) => 422,
        _ => default_of(kind).status,
    }
}

/// The response for an error without details.
#[cfg(feature = "wire")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultResponse {
    /// The HTTP status.
    pub status: u16,
    /// The error code of the response's only detail.
    pub code: &'static str,
    /// The message for the code in Clerk's error catalog, or the reason phrase of the status.
    pub message: &'static str,
    /// The long message for the code in Clerk's error catalog, or the same text as `message`.
    pub long_message: &'static str,
}

/// Returns the default response for an error of the given kind that has no status and no details.
#[cfg(feature = "wire")]
#[must_use]
pub fn default_of(kind: ErrorKind) -> DefaultResponse {
    let same = |status, code, message| DefaultResponse { status, code, message, long_message: message };
    let long = |status, code, message, long_message| DefaultResponse { status, code, message, long_message };
    match kind {
        ErrorKind::NotFound => long(404, codes::RESOURCE_NOT_FOUND, "not found", "Resource not found"),
        ErrorKind::Unauthenticated => same(
            401,
            codes::CLERK_KEY_INVALID,
            "The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.",
        ),
        ErrorKind::Forbidden => long(
            403,
            codes::AUTHORIZATION_INVALID,
            "Unauthorized request",
            "You are not authorized to perform this request",
        ),
        ErrorKind::PaymentRequired => long(
            402,
            codes::UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES,
            "Unsupported plan features",
            "Some features are not supported in your current plan. Upgrade your subscription to unlock them.",
        ),
        ErrorKind::Unsupported => same(501, codes::UNSUPPORTED, "Not Implemented"),
        ErrorKind::Conflict => same(409, codes::CONFLICT, "Conflict"),
        ErrorKind::Locked => long(
            409,
            codes::RESOURCE_LOCKED,
            "resource busy",
            "This resource is currently being modified by another request. Please try again.",
        ),
        ErrorKind::InvalidInput => same(400, codes::BAD_REQUEST, "Bad request"),
        ErrorKind::RateLimited => same(429, codes::TOO_MANY_REQUESTS, "Too Many Requests"),
        ErrorKind::Timeout => same(504, codes::SERVICE_UNAVAILABLE, "Gateway Timeout"),
        ErrorKind::Unavailable => same(503, codes::SERVICE_UNAVAILABLE, "Service unavailable"),
        // The status of a proxy that receives no valid response.
        ErrorKind::Connect | ErrorKind::Transport | ErrorKind::Decode | ErrorKind::Unexpected => {
            same(502, codes::INTERNAL_CLERK_ERROR, "Bad Gateway")
        }
        ErrorKind::Server | ErrorKind::Configuration => long(
            500,
            codes::INTERNAL_CLERK_ERROR,
            "Oops, an unexpected error occurred",
            "There was an internal error on our servers. We've been notified and are working on fixing it.",
        ),
    }
}

/// Returns the response for an error without details.
///
/// For some kinds, the response depends on the error's status.
#[cfg(feature = "wire")]
pub(in crate::wire) fn default_of_error(error: &Error) -> DefaultResponse {
    let same = |status, code, message| DefaultResponse { status, code, message, long_message: message };
    match (error.status(), error.kind()) {
        (Some(413), ErrorKind::InvalidInput) => {
            same(413, codes::REQUEST_BODY_TOO_LARGE, rejection::REQUEST_BODY_TOO_LARGE)
        }
        (Some(415), ErrorKind::InvalidInput) => {
            same(415, codes::UNSUPPORTED_CONTENT_TYPE, rejection::UNSUPPORTED_CONTENT_TYPE)
        }
        (Some(408), ErrorKind::Timeout) => same(408, codes::BAD_REQUEST, "Request Timeout"),
        (Some(status @ 400..=499), ErrorKind::Unexpected) => same(status, codes::BAD_REQUEST, "Bad request"),
        (_, kind) => default_of(kind),
    }
}

#[cfg(all(test, feature = "wire"))]
mod tests {
    use super::*;

    /// The error codes whose status is not 422.
    const CATALOG: &[(u16, &[&str])] = &[
        (
            400,
            &[
                codes::BAD_REQUEST,
                codes::MALFORMED_REQUEST_PARAMETERS,
                codes::REQUEST_BODY_INVALID,
                codes::BULK_SIZE_EXCEEDED,
                codes::API_VERSION_INVALID,
                codes::NO_PASSWORD_SET,
                codes::TOTP_DISABLED,
                codes::DELETE_LINKED_IDENTIFICATION_DISALLOWED,
                codes::IDENTIFICATION_DELETION_FAILED,
                codes::LAST_REQUIRED_IDENTIFICATION_DELETION_FAILED,
                codes::IDENTIFICATION_UPDATE_FAILED,
                codes::ALREADY_A_MEMBER_IN_ORGANIZATION,
                codes::ORGANIZATION_INVITATION_NOT_UNIQUE,
                codes::OAUTH_UNSUPPORTED_PROVIDER,
                codes::CURRENCY_INVALID,
                codes::OAUTH_TOKEN_RETRIEVAL_ERROR,
            ],
        ),
        (401, &[codes::CLERK_KEY_INVALID, codes::AUTHORIZATION_HEADER_FORMAT_INVALID]),
        (402, &[codes::UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES]),
        (
            403,
            &[
                codes::AUTHORIZATION_INVALID,
                codes::USER_QUOTA_EXCEEDED,
                codes::FEATURE_NOT_ENABLED,
                codes::PASSWORD_DISABLED,
                codes::BILLING_NOT_ENABLED,
                codes::ORGANIZATION_NOT_ENABLED_IN_INSTANCE,
            ],
        ),
        (
            404,
            &[
                codes::RESOURCE_NOT_FOUND,
                codes::EXTERNAL_ACCOUNT_NOT_FOUND,
                codes::IMAGE_NOT_FOUND,
                codes::OAUTH_TOKEN_PROVIDER_NOT_ENABLED,
                codes::SUBSCRIPTION_NOT_FOUND,
            ],
        ),
        (
            409,
            &[codes::CONFLICT, codes::RESOURCE_LOCKED, codes::USER_MANAGED_BY_SCIM, codes::ATTRIBUTE_MANAGED_BY_SCIM],
        ),
        (413, &[codes::IMAGE_TOO_LARGE, codes::REQUEST_BODY_TOO_LARGE]),
        (415, &[codes::UNSUPPORTED_CONTENT_TYPE]),
        (429, &[codes::TOO_MANY_REQUESTS]),
        (500, &[codes::INTERNAL_CLERK_ERROR]),
        (501, &[codes::UNSUPPORTED]),
        (503, &[codes::MAINTENANCE_MODE, codes::SERVICE_UNAVAILABLE]),
    ];

    /// Returns the status of a code. Codes that are not in [`CATALOG`] have the status 422.
    fn catalog_status(code: &str) -> u16 {
        CATALOG.iter().find(|(_, codes)| codes.contains(&code)).map_or(422, |(status, _)| *status)
    }

    #[test]
    fn status_of_and_error_agree_for_every_code() {
        for code in codes::ALL.iter().filter(|code| **code != codes::INVALID_REQUEST) {
            let status = catalog_status(code);
            let received = error(status, vec![ErrorDetail::new(*code)]);
            let kind = received.kind();
            assert_ne!(kind, ErrorKind::Unexpected, "{code}");
            let raised = Error::rejected(kind, [ErrorDetail::new(*code)]);
            assert_eq!(status_of(&raised), status, "{code}");
            assert_eq!(status_of(&received), status, "{code}");
        }
    }

    #[test]
    fn default_of_maps_back_to_the_kind() {
        use ErrorKind::{
            Conflict, Forbidden, InvalidInput, Locked, NotFound, PaymentRequired, RateLimited, Server, Unauthenticated,
            Unavailable, Unsupported,
        };
        for kind in [
            NotFound,
            Unauthenticated,
            Forbidden,
            PaymentRequired,
            Unsupported,
            Conflict,
            Locked,
            InvalidInput,
            RateLimited,
            Unavailable,
            Server,
        ] {
            let DefaultResponse { status, code, .. } = default_of(kind);
            assert_eq!(kind_of(status, &[ErrorDetail::new(code)]), kind);
        }
    }

    #[test]
    fn default_of_error_depends_on_the_status() {
        for (status, code) in [
            (400, codes::BAD_REQUEST),
            (405, codes::BAD_REQUEST),
            (408, codes::BAD_REQUEST),
            (413, codes::REQUEST_BODY_TOO_LARGE),
            (415, codes::UNSUPPORTED_CONTENT_TYPE),
            (418, codes::BAD_REQUEST),
            (422, codes::BAD_REQUEST),
            (431, codes::BAD_REQUEST),
            (500, codes::INTERNAL_CLERK_ERROR),
            (503, codes::SERVICE_UNAVAILABLE),
        ] {
            let error = error(status, vec![]);
            assert_eq!((status_of(&error), default_of_error(&error).code), (status, code));
        }
        // The body of a response with this status could not be decoded.
        let unreadable = Error::new(ErrorKind::Decode).with_status(200);
        assert_eq!(default_of_error(&unreadable), default_of(ErrorKind::Decode));
    }

    #[test]
    fn error_is_a_conflict_only_if_all_details_are() {
        let taken = || ErrorDetail::new(codes::FORM_IDENTIFIER_EXISTS);
        assert!(error(422, vec![taken(), taken()]).is_conflict());
        let both = vec![taken(), ErrorDetail::new(codes::FORM_PASSWORD_PWNED)];
        assert!(error(422, both.clone()).is_invalid_input());
        assert_eq!(status_of(&Error::rejected(ErrorKind::InvalidInput, both)), 422);
        assert!(error(422, vec![]).is_invalid_input());
    }

    #[test]
    fn kind_of_status_without_details() {
        for (status, kind) in [
            (302, ErrorKind::Unexpected),
            (404, ErrorKind::NotFound),
            (408, ErrorKind::Timeout),
            (410, ErrorKind::NotFound),
            (418, ErrorKind::Unexpected),
            (423, ErrorKind::Locked),
            (500, ErrorKind::Server),
            (501, ErrorKind::Server),
            (502, ErrorKind::Unavailable),
            (504, ErrorKind::Unavailable),
            (520, ErrorKind::Unavailable),
            (525, ErrorKind::Server),
            (999, ErrorKind::Server),
        ] {
            assert_eq!(kind_of(status, &[]), kind, "{status}");
        }
    }
}
