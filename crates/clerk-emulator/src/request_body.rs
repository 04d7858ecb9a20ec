//! [`RequestBody`]: the body of a request.
//!
//! The whole body is read before the response is sent. If the server responded earlier, it would close the connection
//! while the client was still sending, and the client would receive a connection error instead of the response. If a
//! request is rejected because of its head, the body is read and discarded.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::EXPECT;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::rejection::MAX_BODY;

/// The maximum size of an upload in bytes, excluding the file.
const MULTIPART_OVERHEAD: usize = 64 * 1024;
/// The maximum total size of all concurrent bodies in bytes.
const MEMORY: usize = 128 * 1024 * 1024;
/// The maximum number of bytes that are read and discarded if a body is too large or the request is rejected.
const MAX_DISCARDED: usize = 64 * 1024 * 1024;
/// The timeout for receiving a body.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The maximum time for reading and discarding the body of a rejected request.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(2);
/// The unit of the `memory` semaphore, in bytes.
const KIB: usize = 1024;

pub(crate) enum RequestBody {
    Complete(Bytes),
    TooLarge,
    /// The client closed the connection, or the body did not arrive in time.
    Incomplete,
}

/// Reads bodies, and limits the size of each body and the total size of all concurrent bodies.
pub(crate) struct BodyReader {
    /// The maximum body size in bytes.
    limit: usize,
    /// A semaphore with one permit for each free KiB.
    memory: Arc<Semaphore>,
}

impl BodyReader {
    /// Creates the reader for requests to the API.
    pub(crate) fn of_api() -> Self {
        Self::new(MAX_BODY + MULTIPART_OVERHEAD, MEMORY)
    }

    /// Creates a reader with the given limits, in bytes.
    ///
    /// `limit` applies to each body, and `memory` to the total size of all concurrent bodies.
    pub(crate) fn new(limit: usize, memory: usize) -> Self {
        Self { limit, memory: Arc::new(Semaphore::new(memory.max(limit).div_ceil(KIB))) }
    }

    /// Waits until enough memory is free, and reads a body.
    ///
    /// The memory is reserved until the permit is dropped.
    pub(crate) async fn read(&self, body: Body) -> (RequestBody, OwnedSemaphorePermit) {
        let declared = body.size_hint().upper().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        // A body whose declared size is too large is discarded. A body of undeclared size can be as large as the limit.
        let limit = match declared {
            Some(declared) if declared > self.limit => 0,
            Some(declared) => declared,
            None => self.limit,
        };
        // All memory is reserved at once, so that two bodies cannot wait for each other.
        let kib = u32::try_from(limit.div_ceil(KIB)).unwrap_or(u32::MAX);
        let memory = Arc::clone(&self.memory).acquire_many_owned(kib).await.expect("the semaphore is never closed");
        (read_up_to(limit, body).await, memory)
    }
}

async fn read_up_to(limit: usize, body: Body) -> RequestBody {
    let (mut all, mut length) = (BytesMut::new(), 0);
    let read = each_chunk(body, limit.max(MAX_DISCARDED), |chunk, length_so_far| {
        length = length_so_far;
        if length <= limit {
            all.extend_from_slice(&chunk);
        } else {
            // The body is rejected, so its beginning is no longer needed.
            all = BytesMut::new();
        }
    });
    let is_complete = matches!(timeout(TIMEOUT, read).await, Ok(Some(())));
    if length > limit {
        RequestBody::TooLarge
    } else if is_complete {
        RequestBody::Complete(all.freeze())
    } else {
        RequestBody::Incomplete
    }
}

impl RequestBody {
    /// Reads and discards the body of a rejected request.
    ///
    /// If the client expects `100 Continue`, it has not sent the body yet, and nothing is read.
    pub(crate) async fn discard(headers: &HeaderMap, body: Body) {
        if !headers.contains_key(EXPECT) {
            drop(timeout(DISCARD_TIMEOUT, each_chunk(body, MAX_DISCARDED, |_, _| {})).await);
        }
    }
}

/// Calls `add` with each chunk of a body and the total length of the chunks so far. Stops after `limit` bytes.
///
/// Returns `None` if the client closed the connection.
async fn each_chunk(body: Body, limit: usize, mut add: impl FnMut(Bytes, usize)) -> Option<()> {
    let (mut chunks, mut length) = (body.into_data_stream(), 0_usize);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.ok()?;
        length += chunk.len();
        add(chunk, length);
        if length > limit {
            break;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::http::HeaderValue;
    use futures_util::{FutureExt, stream};
    use tokio::time::Instant;

    use super::*;

    /// Returns a body of unknown size that starts with `bytes` bytes and never ends.
    fn endless(bytes: usize) -> Body {
        let start = stream::iter([Ok::<_, Infallible>(vec![b'a'; bytes])]);
        Body::from_stream(start.chain(stream::pending()))
    }

    async fn read(limit: usize, body: Body) -> RequestBody {
        BodyReader::new(limit, limit).read(body).await.0
    }

    #[tokio::test(start_paused = true)]
    async fn body_that_does_not_arrive_within_60_seconds_is_incomplete_or_too_large() {
        let began = Instant::now();
        assert!(matches!(read(3, endless(3)).await, RequestBody::Incomplete));
        assert_eq!(began.elapsed().as_secs(), TIMEOUT.as_secs());
        assert!(matches!(read(3, endless(4)).await, RequestBody::TooLarge));
        assert_eq!(began.elapsed().as_secs(), 2 * TIMEOUT.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn body_of_rejected_request_is_read_for_2_seconds_and_up_to_64_mib() {
        for bytes in [3, MAX_DISCARDED] {
            let began = Instant::now();
            RequestBody::discard(&HeaderMap::new(), endless(bytes)).await;
            assert_eq!(began.elapsed().as_secs(), DISCARD_TIMEOUT.as_secs());
        }
        let began = Instant::now();
        // Reading stops when a body is too long.
        RequestBody::discard(&HeaderMap::new(), endless(MAX_DISCARDED + 1)).await;
        // Nothing is read if the client has not sent the body.
        let headers = HeaderMap::from_iter([(EXPECT, HeaderValue::from_static("100-continue"))]);
        RequestBody::discard(&headers, endless(3)).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test]
    async fn body_over_the_limit_is_too_large() {
        assert!(matches!(read(3, Body::from("abc")).await, RequestBody::Complete(body) if body == "abc"));
        assert!(matches!(read(3, Body::empty()).await, RequestBody::Complete(body) if body.is_empty()));
        assert!(matches!(read(3, Body::from("abcd")).await, RequestBody::TooLarge));
        assert!(matches!(read(3, endless(MAX_DISCARDED + 1)).await, RequestBody::TooLarge));
    }

    #[tokio::test]
    async fn bodies_wait_until_there_is_enough_memory() {
        let reader = BodyReader::new(4 * KIB, 6 * KIB);
        let (first, memory) = reader.read(Body::from(vec![b'a'; 3 * KIB])).await;
        assert!(matches!(first, RequestBody::Complete(_)));
        assert_eq!(reader.memory.available_permits(), 3);
        // The size of this body is unknown, so as much memory as the limit is reserved.
        let mut second = Box::pin(reader.read(Body::from_stream(stream::iter([Ok::<_, Infallible>("b")]))));
        assert!((&mut second).now_or_never().is_none());
        drop(memory);
        assert!(matches!(second.await.0, RequestBody::Complete(body) if body == "b"));
        // Empty bodies and bodies that are too large need no memory.
        let _all = Arc::clone(&reader.memory).acquire_many_owned(6).await.unwrap();
        assert!(matches!(reader.read(Body::empty()).await.0, RequestBody::Complete(_)));
        assert!(matches!(reader.read(Body::from(vec![b'a'; 5 * KIB])).await.0, RequestBody::TooLarge));
    }
}
