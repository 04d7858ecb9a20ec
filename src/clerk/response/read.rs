//! Reads the body of a response.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use super::failure::failed;
use crate::error::{Error, ErrorKind, Result};

/// The maximum initial capacity for a body with a `Content-Length`, in bytes.
const MAX_CAPACITY: usize = 4 * 1024 * 1024;

pub(super) enum Body {
    Whole(Bytes),
    /// The beginning of the body, up to a connection failure, a timeout or the size limit. The error is `None` if the
    /// size limit was reached.
    Part(Bytes, Option<Error>),
}

/// The limits for [`read`]. The timeout of the request also applies.
pub(super) struct Limits {
    pub(super) bytes: usize,
    pub(super) time: Option<Duration>,
}

pub(super) async fn read(response: &mut Response, limits: Limits) -> Body {
    let Limits { bytes: limit, time } = limits;
    let deadline = time.map(|time| (time, Instant::now() + time));
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let mut chunks = Chunks::new(announced.min(limit).min(MAX_CAPACITY), limit);
    loop {
        match next_chunk(response, deadline).await {
            Ok(Some(chunk)) if chunk.len() <= limit - chunks.len() => chunks.add(chunk),
            Ok(Some(chunk)) => {
                chunks.add(chunk.slice(..limit - chunks.len()));
                return Body::Part(chunks.join(), None);
            }
            Ok(None) => return Body::Whole(chunks.join()),
            Err(error) => return Body::Part(chunks.join(), Some(error)),
        }
    }
}

async fn next_chunk(response: &mut Response, deadline: Option<(Duration, Instant)>) -> Result<Option<Bytes>> {
    let chunk = match deadline {
        Some((time, deadline)) => timeout_at(deadline, response.chunk()).await.map_err(|_| too_slow(time))?,
        None => response.chunk().await,
    };
    chunk.map_err(failed)
}

fn too_slow(time: Duration) -> Error {
    let message = format!("the body of the response did not arrive within {} seconds", time.as_secs());
    Error::new(ErrorKind::Timeout).with_message(message)
}

/// The chunks of a body. If there is only one chunk, which is common, it is not copied.
struct Chunks {
    capacity: usize,
    /// The maximum size and capacity in bytes.
    limit: usize,
    first: Bytes,
    /// All chunks, or empty if there is only one.
    all: Vec<u8>,
}

impl Chunks {
    /// Creates an empty list. The initial capacity is allocated when the second chunk is added.
    fn new(capacity: usize, limit: usize) -> Self {
        Self { capacity, limit, first: Bytes::new(), all: Vec::new() }
    }

    fn len(&self) -> usize {
        self.first.len() + self.all.len()
    }

    fn add(&mut self, chunk: Bytes) {
        if self.len() == 0 {
            self.first = chunk;
            return;
        }
        if self.all.is_empty() {
            self.all.reserve(self.capacity);
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
        }
        let length = self.all.len() + chunk.len();
        if length > self.all.capacity() {
            // `Vec` would double its capacity, possibly to twice the limit.
            let capacity = length.saturating_mul(2).min(self.limit).max(length);
            self.all.reserve_exact(capacity - self.all.len());
        }
        self.all.extend_from_slice(&chunk);
    }

    fn join(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_allocate_at_most_the_limit() {
        let (limit, chunk) = (100 * 1024, Bytes::from(vec![b'a'; 1024]));
        let mut chunks = Chunks::new(0, limit);
        for number in 1..=100 {
            chunks.add(chunk.clone());
            assert_eq!(chunks.len(), number * 1024);
            assert!(chunks.all.capacity() <= limit);
        }
        assert_eq!(chunks.join().len(), limit);
    }
}
