//! [`RequestLog`]: the requests of late, for whoever wants to see what a test did.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// How many requests are remembered.
const CAPACITY: usize = 500;

/// A request and what became of it. No body and no header: those have the secrets.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Entry {
    /// Counts up from 1.
    pub(super) number: u64,
    /// In milliseconds since 1970, by the emulator's clock.
    pub(super) at: i64,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) operation: Option<&'static str>,
    /// `None` if the connection was cut.
    pub(super) status: Option<u16>,
    pub(super) duration_us: u64,
    /// The codes of the errors that were answered.
    pub(super) errors: Vec<String>,
    pub(super) trace_id: String,
    pub(super) api_version: Option<&'static str>,
    pub(super) ignored_parameters: Vec<String>,
}

/// The latest requests, newest first.
#[derive(Debug, Serialize)]
pub(super) struct Latest {
    data: Vec<Entry>,
    /// How many there were in all since the list was last emptied.
    total_count: u64,
}

#[derive(Debug, Default)]
struct Entries {
    latest: VecDeque<Entry>,
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
    pub(super) fn add(&self, mut entry: Entry) {
        let mut entries = self.entries();
        entries.total += 1;
        entries.next_number += 1;
        entry.number = entries.next_number;
        if entries.latest.len() == CAPACITY {
            entries.latest.pop_back();
        }
        entries.latest.push_front(entry);
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
