//! [`RequestLog`]: the requests of late, for whoever wants to see what a test did.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use super::fault::name;
use crate::operation::Operation;

/// How many requests are remembered.
const CAPACITY: usize = 500;

/// A request to the API and what became of it; see [`Emulator::requests`](super::Emulator::requests).
///
/// It has nothing of bodies and headers: there are the secrets.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use user_directory::emulator::Emulator;
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
    /// Counts up from 1, for as long as the emulator runs.
    pub number: u64,
    /// When it came, by the emulator's clock.
    #[serde(serialize_with = "millis")]
    pub at: Timestamp,
    /// The HTTP method.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query string, as it was sent.
    pub query: Option<String>,
    /// The operation, if there is such a route.
    #[serde(serialize_with = "name")]
    pub operation: Option<Operation>,
    /// The status of the answer; `None` if the connection was cut.
    pub status: Option<u16>,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// The codes of the errors in the answer.
    pub errors: Vec<String>,
    /// The id of the answer.
    pub trace_id: String,
    /// The version of the API that was asked for, if it was a known one.
    pub api_version: Option<&'static str>,
    /// The parameters that were passed over, because nobody knows them or they were empty.
    pub ignored_parameters: Vec<String>,
}

fn millis<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(at.as_millisecond())
}

/// The latest requests, newest first.
#[derive(Debug, Serialize)]
pub(super) struct Latest {
    data: Vec<RequestRecord>,
    /// How many there were in all since the list was last emptied.
    total_count: u64,
}

#[derive(Debug, Default)]
struct Entries {
    latest: VecDeque<RequestRecord>,
    total: u64,
    next_number: u64,
}

#[derive(Debug, Default)]
pub(super) struct RequestLog(Mutex<Entries>);

impl RequestLog {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request; its number is given to it here.
    pub(super) fn add(&self, mut entry: RequestRecord) {
        let mut entries = self.entries();
        entries.total += 1;
        entries.next_number += 1;
        entry.number = entries.next_number;
        if entries.latest.len() == CAPACITY {
            entries.latest.pop_back();
        }
        entries.latest.push_front(entry);
    }

    /// All that are remembered, newest first.
    pub(super) fn all(&self) -> Vec<RequestRecord> {
        self.entries().latest.iter().cloned().collect()
    }

    pub(super) fn latest(&self, limit: usize) -> Latest {
        let entries = self.entries();
        Latest { data: entries.latest.iter().take(limit).cloned().collect(), total_count: entries.total }
    }

    /// Forgets every request. The numbers go on, so that nobody takes a new request for an old one.
    pub(super) fn clear(&self) {
        let mut entries = self.entries();
        entries.latest.clear();
        entries.total = 0;
    }
}
