//! [`ErrorKind`]: the kinds of failure.

use std::fmt;

use serde::{Serialize, Serializer};

#[cfg(any(feature = "clerk", feature = "store", feature = "wire"))]
use super::{ErrorDetail, codes};

/// The kind of an [`Error`](crate::Error).
///
/// | kind | state changed | action |
/// | --- | --- | --- |
/// | `NotFound` | no | report the error to your caller |
/// | `Unsupported` | no | avoid the operation, or use a directory that supports it |
/// | `Conflict`, `InvalidInput` | no | report the error to your caller, with the [`param_name`](crate::Error::param_name) |
/// | `Unauthenticated`, `Forbidden`, `PaymentRequired` | no | correct the secret key, the Clerk plan or the instance settings |
/// | `Configuration` | no | correct the configuration of the directory |
/// | `RateLimited`, `Locked`, `Connect` | no | retry, after [`retry_after`](crate::Error::retry_after) if known |
/// | `Timeout`, `Transport`, `Unavailable` | unknown | retry if [`is_retryable`](crate::Error::is_retryable) returns `true`; after a failed `create`, look up the user first |
/// | `Server`, `Decode` | unknown | report the error to the operator of the service, with the [`trace_id`](crate::Error::trace_id) |
/// | `Unexpected` | no | check the base URL and any proxies |
///
/// On this page, "the service" means Clerk or the backend of another implementation.
///
/// The kind alone does not determine whether the state was changed.
/// [`is_outcome_unknown`](crate::Error::is_outcome_unknown) also considers earlier attempts, whether the operation is
/// read-only, and [`with_nothing_changed`](crate::Error::with_nothing_changed). A `Decode` error without a
/// [`status`](crate::Error::status) was not caused by a response, so nothing was changed.
///
/// ```
/// use user_directory::{Error, ErrorKind};
///
/// assert!(Error::new(ErrorKind::NotFound).is_not_found());
/// assert_eq!(ErrorKind::RateLimited.to_string(), "rate limited");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The user or a resource of the user, such as a passkey, does not exist.
    NotFound,
    /// The service rejected the secret key, for example because the key was revoked.
    ///
    /// If the key is missing or malformed, the kind is [`Configuration`](Self::Configuration).
    Unauthenticated,
    /// The secret key or the instance settings do not allow the operation.
    Forbidden,
    /// The Clerk plan does not include a feature that the operation requires.
    PaymentRequired,
    /// The directory does not support this operation, field or filter.
    Unsupported,
    /// Another user already has the identifier, or the state of the resource prevents the change.
    ///
    /// If the service also reports invalid input, the kind is [`InvalidInput`](Self::InvalidInput).
    Conflict,
    /// Another request is changing the resource.
    ///
    /// This is unrelated to [locking a user](crate::UserDirectory::lock).
    Locked,
    /// The input is invalid: the service rejected it, or it was rejected before a request was sent.
    InvalidInput,
    /// A rate limit of the service, or a client-side limit set in `ClerkBuilder`, was exceeded.
    RateLimited,
    /// No complete response was received before the timeout, or the service reported a timeout.
    Timeout,
    /// The service is down or overloaded.
    Unavailable,
    /// The service failed with an internal error.
    Server,
    /// No connection could be established, so nothing was sent.
    ///
    /// This includes connect timeouts.
    Connect,
    /// The connection was lost during the call.
    Transport,
    /// A response, a stored account, a metadata value or other JSON could not be decoded.
    ///
    /// Responses and stored accounts are decoded [leniently](crate::User), but decoding fails in these cases:
    ///
    /// - A response is too large or cannot be decompressed.
    /// - The JSON is malformed.
    /// - The lists and maps in the JSON would require too much memory.
    /// - A required value is missing or invalid.
    ///
    /// If a response lists memberships, invitations, OAuth access tokens or trusted devices, invalid elements are
    /// skipped, and a warning is logged. If a response lists users, an invalid user is an error, because the
    /// application could otherwise conclude that the user does not exist.
    Decode,
    /// The directory is configured incorrectly.
    ///
    /// Examples include a malformed secret key, a base URL that is not allowed, an id generator that returns
    /// duplicates, and a stored password digest with an unknown hasher.
    Configuration,
    /// The response is not part of the documented API.
    ///
    /// Examples include a redirect and a 404 response from a proxy.
    Unexpected,
}

impl ErrorKind {
    /// Returns the kind as a stable identifier in snake case, for use in logs and metrics.
    ///
    /// `Serialize` writes the same identifier. [`Display`](fmt::Display) writes a human-readable message.
    ///
    /// ```
    /// use user_directory::ErrorKind;
    ///
    /// assert_eq!(ErrorKind::Connect.as_str(), "connect");
    /// assert_eq!(ErrorKind::Connect.to_string(), "connection failed");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::PaymentRequired => "payment_required",
            Self::Unsupported => "unsupported",
            Self::Conflict => "conflict",
            Self::Locked => "locked",
            Self::InvalidInput => "invalid_input",
            Self::RateLimited => "rate_limited",
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::Server => "server",
            Self::Connect => "connect",
            Self::Transport => "transport",
            Self::Decode => "decode",
            Self::Configuration => "configuration",
            Self::Unexpected => "unexpected",
        }
    }

    /// Returns the kind for rejected parameters: `Conflict` if all details are conflicts, otherwise `InvalidInput`.
    #[cfg(any(feature = "clerk", feature = "store", feature = "wire"))]
    pub(crate) fn of_params(details: &[ErrorDetail]) -> Self {
        let conflicts =
            |detail: &ErrorDetail| [codes::FORM_IDENTIFIER_EXISTS, codes::FORM_ALREADY_EXISTS].contains(&detail.code());
        if !details.is_empty() && details.iter().all(conflicts) { Self::Conflict } else { Self::InvalidInput }
    }

    /// Returns the start of the error message for this kind.
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::PaymentRequired => "payment required",
            Self::Unsupported => "not supported",
            Self::Conflict => "conflict",
            Self::Locked => "locked by another request",
            Self::InvalidInput => "invalid input",
            Self::RateLimited => "rate limited",
            Self::Timeout => "timed out",
            Self::Unavailable => "service unavailable",
            Self::Server => "service failed",
            Self::Connect => "connection failed",
            Self::Transport => "connection lost",
            Self::Decode => "invalid response",
            Self::Configuration => "invalid configuration",
            Self::Unexpected => "unexpected response",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.message())
    }
}

impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
