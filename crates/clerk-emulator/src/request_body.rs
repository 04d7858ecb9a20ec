//! [`RequestBody`]: the body of a request.
//!
//! A body is read to its end before the response is sent. If the server responded earlier, it would close the
//! connection while the client is still sending, and the client would receive a connection error instead of the
//! response. The body of a request that is rejected on its head is read, but not kept.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::time::timeout;

use crate::rejection::MAX_BODY;

/// The maximum size of an upload in addition to its file, in bytes.
const MULTIPART_OVERHEAD: usize = 64 * 1024;
/// The maximum number of bytes that are read, but not kept, if a body is too large or the request is rejected.
const MAX_DISCARDED: usize = 64 * 1024 * 1024;
/// The time in which a body must arrive.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The time for which the body of a rejected request is read.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) enum RequestBody {
    Complete(Bytes),
    TooLarge,
    /// The client closed the connection, or the body did not arrive in time.
    Incomplete,
}

impl RequestBody {
    /// Reads the body of a request to the API.
    pub(crate) async fn read(body: Body) -> Self {
        Self::read_up_to(MAX_BODY + MULTIPART_OVERHEAD, body).await
    }

    /// Reads a body of at most `limit` bytes.
    pub(crate) async fn read_up_to(limit: usize, body: Body) -> Self {
        let mut all = BytesMut::new();
        let read = each_chunk(body, limit.max(MAX_DISCARDED), |chunk, length| {
            if length <= limit {
                all.extend_from_slice(&chunk);
            } else {
                // The memory is not needed while the rest is read.
                all = BytesMut::new();
            }
        });
        match timeout(TIMEOUT, read).await {
            Ok(Some(length)) if length <= limit => Self::Complete(all.freeze()),
            Ok(Some(_)) => Self::TooLarge,
            Ok(None) | Err(_) => Self::Incomplete,
        }
    }

    /// Reads the body of a request that is rejected, without keeping it.
    pub(crate) async fn discard(body: Body) {
        drop(timeout(DISCARD_TIMEOUT, each_chunk(body, MAX_DISCARDED, |_, _| {})).await);
    }
}

/// Calls `add` with each chunk of a body and the length of the body up to its end. Reading ends after `limit` bytes.
///
/// Returns the number of bytes that were read, or `None` if the client closed the connection.
async fn each_chunk(body: Body, limit: usize, mut add: impl FnMut(Bytes, usize)) -> Option<usize> {
    let (mut chunks, mut length) = (body.into_data_stream(), 0_usize);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.ok()?;
        length += chunk.len();
        add(chunk, length);
        if length > limit {
            break;
        }
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use tokio::time::Instant;

    use super::*;

    /// A body that begins with `bytes` bytes, and does not end.
    fn endless(bytes: usize) -> Body {
        let start = stream::iter([Ok::<_, Infallible>(vec![b'a'; bytes])]);
        Body::from_stream(start.chain(stream::pending()))
    }

    #[tokio::test(start_paused = true)]
    async fn body_that_does_not_arrive_within_60_seconds_is_incomplete() {
        let began = Instant::now();
        assert!(matches!(RequestBody::read(endless(3)).await, RequestBody::Incomplete));
        assert_eq!(began.elapsed().as_secs(), TIMEOUT.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn body_of_rejected_request_is_read_for_2_seconds() {
        let began = Instant::now();
        RequestBody::discard(endless(3)).await;
        assert_eq!(began.elapsed().as_secs(), DISCARD_TIMEOUT.as_secs());
        // A body that is too long is not read to its end.
        RequestBody::discard(endless(MAX_DISCARDED + 1)).await;
        assert_eq!(began.elapsed().as_secs(), DISCARD_TIMEOUT.as_secs());
    }

    #[tokio::test]
    async fn body_over_the_limit_is_too_large() {
        assert!(
            matches!(RequestBody::read_up_to(3, Body::from("abc")).await, RequestBody::Complete(body) if body == "abc")
        );
        assert!(matches!(RequestBody::read_up_to(3, Body::from("abcd")).await, RequestBody::TooLarge));
        assert!(matches!(RequestBody::read_up_to(3, endless(MAX_DISCARDED + 1)).await, RequestBody::TooLarge));
    }
}
