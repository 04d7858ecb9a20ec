//! [`VerifyError`]: an error returned by the verifier.

use std::time::Duration;

use crate::error::Error;

/// An error returned by [`Verifier::verify`](super::Verifier::verify).
///
/// The error message describes the problem and usually suggests what to check. It does not contain the body, header
/// values or the secret, so it can be logged and sent in the response.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The body is larger than [`max_body_bytes`](super::Verifier::max_body_bytes).
    #[error("the body has more than {limit} bytes; increase `max_body_bytes` to accept larger events")]
    BodyTooLarge {
        /// The maximum size in bytes.
        limit: usize,
    },
    /// A header is missing.
    #[error("the header `{name}` is missing; pass all headers of the request, and check that Clerk sent the request")]
    MissingHeader {
        /// The name of the header.
        name: &'static str,
    },
    /// A header is malformed.
    #[error("the header `{name}` is malformed: {problem}")]
    MalformedHeader {
        /// The name of the header.
        name: &'static str,
        /// A description of the problem.
        problem: &'static str,
    },
    /// The message is older than the [tolerance](super::Verifier::tolerance) allows. It may be a replay of an earlier
    /// request.
    #[error("the message was sent {} seconds ago and may be a replay; check the clock of this host", age.as_secs())]
    TooOld {
        /// The age of the message.
        age: Duration,
    },
    /// The message's timestamp is further in the future than the [tolerance](super::Verifier::tolerance) allows.
    #[error("the message was sent {} seconds in the future; check the clock of this host", ahead.as_secs())]
    TooNew {
        /// The difference between the message's timestamp and the current time.
        ahead: Duration,
    },
    /// No signature matches.
    ///
    /// The secret is wrong, the body or the headers were modified, or the request is forged.
    #[error(
        "no signature matches; check that the signing secret belongs to this endpoint and that the body is the raw body \
         of the request"
    )]
    InvalidSignature,
    /// No signature matches, because the body was modified after it was signed.
    ///
    /// The body was re-encoded with additional whitespace or fewer escapes, for example by a middleware that parses
    /// JSON. For other modifications, such as reordered keys, and for bodies larger than 64 KiB, the error is
    /// [`InvalidSignature`](Self::InvalidSignature).
    #[error(
        "no signature matches, because the body was modified after it was signed; pass the raw body of the request, and \
         not the output of a middleware that parses JSON"
    )]
    BodyModified,
    /// The signature is valid, but the body cannot be decoded. The source error contains the details.
    #[error("the signature is valid, but the body is not a valid event")]
    InvalidEvent(#[source] Error),
}
