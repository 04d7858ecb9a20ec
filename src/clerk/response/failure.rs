//! Errors from the HTTP client.

use std::error::Error as _;
use std::io;

use crate::error::{Error, ErrorKind};

/// Returns the error for a request for which no complete response was received.
pub(in crate::clerk) fn failed(error: reqwest::Error) -> Error {
    // A timeout while connecting matches both predicates. Nothing was sent, so it is a connection failure.
    let kind = if error.is_connect() {
        ErrorKind::Connect
    } else if error.is_timeout() {
        ErrorKind::Timeout
    } else if error.is_builder() {
        ErrorKind::Configuration
    } else if error.is_redirect() {
        ErrorKind::Unexpected
    } else if is_decompression_failure(&error) {
        // The whole body was received, and a retry would return the same body.
        return Error::new(ErrorKind::Decode).with_message("the response cannot be decompressed");
    } else {
        ErrorKind::Transport
    };
    // The URL is removed, because it can contain search terms.
    Error::new(kind).with_source(error.without_url())
}

/// Returns `true` if the body cannot be decompressed.
///
/// The source of a decompression failure is an [`io::Error`]. If the connection fails, the source is an error of the
/// HTTP library instead.
fn is_decompression_failure(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(inner) = source.filter(|source| source.is::<reqwest::Error>()) {
        source = inner.source();
    }
    source
        .and_then(|source| source.downcast_ref::<io::Error>())
        .is_some_and(|error| matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof))
}
