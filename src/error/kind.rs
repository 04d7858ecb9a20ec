//! [`ErrorKind`], and the mapping from a status and its codes to a kind.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{ApiError, codes};

/// What kind of failure an [`Error`](crate::Error) is, and so what can be done about it.
///
/// | kind | was the work done? | what to do |
/// | --- | --- | --- |
/// | `NotFound` | no | tell the caller |
/// | `Unsupported` | no | do without, or use a directory that offers it |
/// | `Conflict`, `InvalidInput` | no | tell the caller; [`param_name`](crate::Error::param_name) says which value it is about |
/// | `Unauthenticated`, `Forbidden`, `PaymentRequired` | no | correct the key, the plan or the instance's settings |
/// | `Configuration` | no | correct how the directory is set up |
/// | `RateLimited`, `Locked`, `Connect` | no | try again later, after [`retry_after`](crate::Error::retry_after) where it is known |
/// | `Timeout`, `Transport`, `Unavailable` | unknown | try again if it [is retryable](crate::Error::is_retryable); after a `create`, look first |
/// | `Server`, `Decode` | unknown | report it, with the [`trace_id`](crate::Error::trace_id) |
/// | `Unexpected` | no | look at the base URL, and at what is between: it is a redirect, or a proxy's 404 |
///
/// If there were several attempts, the work may have been done whatever the kind of the last one, and an operation that
/// only reads has no outcome to be unknown: ask [`is_outcome_unknown`](crate::Error::is_outcome_unknown).
///
/// ```
/// use user_directory::{Error, ErrorKind};
///
/// assert_eq!(Error::from_api(404, vec![]).kind(), ErrorKind::NotFound);
/// assert_eq!(ErrorKind::RateLimited.to_string(), "rate limited");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The user, or what belongs to the user, does not exist (404).
    NotFound,
    /// The key is missing, wrong or revoked (401).
    Unauthenticated,
    /// The key or the instance may not do this (403).
    Forbidden,
    /// The instance's plan does not include this (402).
    PaymentRequired,
    /// The directory does not offer this operation, field or filter (501 with the code [`UNSUPPORTED`](codes::UNSUPPORTED)).
    Unsupported,
    /// Another user has that identifier and nothing else is wrong (422 with `form_identifier_exists` only), or the
    /// resource is in a state that forbids the change (409).
    Conflict,
    /// The resource is being changed by another request; nothing was done (409 `resource_locked`, 423). Not to be
    /// confused with a user who is locked out, which is no error.
    Locked,
    /// The input is wrong (400, 413, 415, 422), or was refused before anything was sent (no status).
    InvalidInput,
    /// Too many requests; nothing was done (429), or nothing was sent, because it would have been too many (no status).
    RateLimited,
    /// There was no answer in time (no status, or 408).
    Timeout,
    /// The service is down or overloaded for now (502, 503, 504, 520 to 524).
    Unavailable,
    /// The service failed (500 and other 5xx, and what is no status of HTTP).
    Server,
    /// No connection could be made; nothing was sent.
    Connect,
    /// The exchange broke off; whether the work was done is unknown.
    Transport,
    /// The answer, or a piece of metadata, is not what was expected.
    Decode,
    /// The directory was set up wrongly: a malformed key, a base URL that is not allowed, in memory a generator of ids
    /// that repeats itself or a password digest that only another service can verify.
    Configuration,
    /// An answer that the API does not document, such as a redirect.
    Unexpected,
}

impl ErrorKind {
    /// The one place where a status becomes a kind. A code decides where one status means several things.
    pub(super) fn from_status(status: u16, errors: &[ApiError]) -> Self {
        let has = |code| errors.iter().any(|error| error.code() == code);
        let is_taken =
            |error: &ApiError| [codes::FORM_IDENTIFIER_EXISTS, codes::FORM_ALREADY_EXISTS].contains(&error.code());
        match status {
            409 if has(codes::RESOURCE_LOCKED) => Self::Locked,
            422 if !errors.is_empty() && errors.iter().all(is_taken) => Self::Conflict,
            400 | 413 | 415 | 422 => Self::InvalidInput,
            401 => Self::Unauthenticated,
            402 => Self::PaymentRequired,
            403 => Self::Forbidden,
            404 | 410 => Self::NotFound,
            408 => Self::Timeout,
            409 => Self::Conflict,
            423 => Self::Locked,
            429 => Self::RateLimited,
            501 if has(codes::UNSUPPORTED) => Self::Unsupported,
            // 520 to 524 come from the network in front of the service when it cannot reach it.
            502..=504 | 520..=524 => Self::Unavailable,
            // Above 599 is no status of HTTP, and to be taken for a failure of the server (RFC 9110, section 15).
            500.. => Self::Server,
            _ => Self::Unexpected,
        }
    }

    /// Returns the kind as a stable identifier in snake case, for logs and metrics. [`Display`](fmt::Display) is for
    /// people. `Serialize` writes the same identifier.
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

    /// Returns the start of the message of an error of this kind.
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
