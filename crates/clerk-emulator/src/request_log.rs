//! [`RequestLog`]: the latest requests.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use user_directory::Operation;

/// The maximum number of requests in the log, and of webhook deliveries in the history.
pub(crate) const CAPACITY: usize = 500;
/// The maximum length of a path in bytes.
const MAX_PATH: usize = 1024;
/// The maximum length of a query string in bytes. It is sufficient for a filter with 100 ids.
const MAX_QUERY: usize = 8 * 1024;
/// The maximum length of a method, an error code or a parameter name in bytes.
const MAX_NAME: usize = 64;
/// The maximum number of error codes and of parameter names.
const MAX_NAMES: usize = 20;

/// A request to the API and its outcome; see [`Emulator::requests`](crate::Emulator::requests).
///
/// Bodies and headers are not recorded, because they can contain secrets. Paths are truncated to 1 KiB, query strings
/// to 8 KiB, and methods, error codes and parameter names to 64 bytes. Truncated strings end with `…`. Lists are
/// truncated to 20 elements.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use clerk_emulator::Emulator;
/// use user_directory::{ClerkUserDirectory, Operation, SecretKey, UserDirectory, UserFilter};
///
/// let clerk = Emulator::start().await?;
/// let users = ClerkUserDirectory::builder(SecretKey::new("sk_test_1")?).base_url(clerk.api_url()).build()?;
/// users.count(&UserFilter::new().banned(true)).await?;
///
/// let request = &clerk.requests()[0];
/// assert_eq!((request.operation, request.status), (Some(Operation::Count), Some(200)));
/// assert_eq!((request.path.as_str(), request.query.as_deref()), ("/v1/users/count", Some("banned=true")));
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RequestRecord {
    /// The number of the request, starting at 1.
    pub number: u64,
    /// The time of the request, according to the emulator's clock.
    #[serde(serialize_with = "millis")]
    pub at: Timestamp,
    /// The HTTP method.
    pub method: String,
    /// The percent-encoded path.
    pub path: String,
    /// The percent-encoded query string.
    pub query: Option<String>,
    /// The operation, or `None` for an unknown route.
    pub operation: Option<Operation>,
    /// The response status, or `None` if a fault closed the connection.
    pub status: Option<u16>,
    /// The duration of the request in microseconds.
    pub duration_us: u64,
    /// The error codes in the response body.
    pub errors: Vec<String>,
    /// The trace id of the response.
    pub trace_id: String,
    /// The requested API version, or `None` if the request had no valid version or was rejected before the version was
    /// checked.
    pub api_version: Option<&'static str>,
    /// The query parameters that were ignored because they are unknown or empty.
    ///
    /// The list is empty if the operation failed or was not performed.
    pub ignored_parameters: Vec<String>,
}

impl RequestRecord {
    /// Truncates the values that the client controls, to limit the memory usage of the log.
    fn shorten(&mut self) {
        shorten(&mut self.method, MAX_NAME);
        shorten(&mut self.path, MAX_PATH);
        if let Some(query) = &mut self.query {
            shorten(query, MAX_QUERY);
        }
        for names in [&mut self.errors, &mut self.ignored_parameters] {
            names.truncate(MAX_NAMES);
            names.shrink_to_fit();
            for name in names {
                shorten(name, MAX_NAME);
            }
        }
    }
}

/// Truncates a string to about `max` bytes.
fn shorten(text: &mut String, max: usize) {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
        text.push('…');
    }
    text.shrink_to_fit();
}

fn millis<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(at.as_millisecond())
}

/// The latest requests, newest first.
#[derive(Debug, Serialize)]
pub(crate) struct Latest {
    data: Vec<RequestRecord>,
    /// The number of requests since the log was last cleared.
    total_count: u64,
}

#[derive(Debug, Default)]
struct Entries {
    latest: VecDeque<RequestRecord>,
    total: u64,
    next_number: u64,
}

#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<Entries>);

impl RequestLog {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request, and sets its number.
    pub(crate) fn add(&self, mut entry: RequestRecord) {
        entry.shorten();
        let mut entries = self.entries();
        entries.total += 1;
        entries.next_number += 1;
        entry.number = entries.next_number;
        if entries.latest.len() == CAPACITY {
            entries.latest.pop_back();
        }
        entries.latest.push_front(entry);
    }

    /// Returns all requests, newest first.
    pub(crate) fn all(&self) -> Vec<RequestRecord> {
        self.entries().latest.iter().cloned().collect()
    }

    pub(crate) fn latest(&self, limit: usize) -> Latest {
        let entries = self.entries();
        Latest { data: entries.latest.iter().take(limit).cloned().collect(), total_count: entries.total }
    }

    /// Removes all requests. The numbering continues, so that numbers stay unique.
    pub(crate) fn clear(&self) {
        let mut entries = self.entries();
        entries.latest.clear();
        entries.total = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_keeps_the_latest_500_requests_with_shortened_texts() {
        let long = "é".repeat(32 * 1024);
        let requests = RequestLog::default();
        for _ in 0..510 {
            requests.add(RequestRecord {
                number: 0,
                at: Timestamp::UNIX_EPOCH,
                method: long.clone(),
                path: long.clone(),
                query: Some(long.clone()),
                operation: None,
                status: Some(404),
                duration_us: 1,
                errors: vec![long.clone(); 2],
                trace_id: String::new(),
                api_version: None,
                ignored_parameters: vec!["a".to_owned(); 10_000],
            });
        }
        let all = requests.all();
        assert_eq!((all.len(), all[0].number), (500, 510));
        let request = &all[0];
        assert!(request.query.as_ref().is_some_and(|query| query.len() < 8200 && query.ends_with('…')));
        assert!(request.path.len() < 1030 && request.method.len() < 70 && request.errors[0].len() < 70);
        assert_eq!(request.ignored_parameters.len(), 20);
        assert!(serde_json::to_vec(&all).unwrap().len() < 500 * 12 * 1024);
    }
}
