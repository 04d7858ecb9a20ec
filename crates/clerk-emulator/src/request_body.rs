//! [`RequestBody`]: the body of a request.
//!
//! The body is read to its end before the response is sent. If the server responded earlier, it would close the
//! connection while the client is still sending, and the client would receive a connection error instead of the
//! response.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use crate::rejection::MAX_BODY;

/// The maximum size of an upload in addition to its file, in bytes.
const MULTIPART_OVERHEAD: usize = 64 * 1024;
/// The maximum number of bytes that are read if a body is too large.
const MAX_DISCARDED: usize = 64 * 1024 * 1024;

pub(crate) enum RequestBody {
    Complete(Bytes),
    TooLarge,
    /// The client closed the connection.
    Incomplete,
}

impl RequestBody {
    pub(crate) async fn read(body: Body) -> Self {
        let limit = MAX_BODY + MULTIPART_OVERHEAD;
        let (mut chunks, mut all, mut length) = (body.into_data_stream(), BytesMut::new(), 0);
        while let Some(chunk) = chunks.next().await {
            let Ok(chunk) = chunk else { return Self::Incomplete };
            length += chunk.len();
            if length <= limit {
                all.extend_from_slice(&chunk);
            } else if length > MAX_DISCARDED {
                break;
            }
        }
        if length > limit { Self::TooLarge } else { Self::Complete(all.freeze()) }
    }
}
