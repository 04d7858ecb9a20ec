//! Bodies, read to their end before anything is answered.
//!
//! A server that answers earlier closes the connection under a client that is still sending, which then sees a broken
//! connection in the place of the answer.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use super::refusal::MAX_BODY;

/// What an upload has around its file.
const MULTIPART_OVERHEAD: usize = 64 * 1024;
/// The most bytes of a body that is too large which are waited for.
const PATIENCE: usize = 64 * 1024 * 1024;

/// A body that was read.
pub(super) enum ReadBody {
    Whole(Bytes),
    TooLarge,
    /// The client gave up.
    BrokenOff,
}

pub(super) async fn read(body: Body) -> ReadBody {
    let limit = MAX_BODY + MULTIPART_OVERHEAD;
    let (mut chunks, mut whole, mut length) = (body.into_data_stream(), BytesMut::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else { return ReadBody::BrokenOff };
        length += chunk.len();
        if length <= limit {
            whole.extend_from_slice(&chunk);
        } else if length > PATIENCE {
            break;
        }
    }
    if length > limit { ReadBody::TooLarge } else { ReadBody::Whole(whole.freeze()) }
}
