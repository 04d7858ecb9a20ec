//! [`SeenEvents`]: the ids of the latest events.

use std::collections::{HashSet, VecDeque};

use user_directory::webhooks::EventId;

/// The ids of the last events, up to a maximum number. The oldest ids are removed first.
pub struct SeenEvents {
    max: usize,
    ids: HashSet<EventId>,
    oldest_first: VecDeque<EventId>,
}

impl SeenEvents {
    pub fn new(max: usize) -> Self {
        Self { max, ids: HashSet::new(), oldest_first: VecDeque::new() }
    }

    pub fn contains(&self, id: &EventId) -> bool {
        self.ids.contains(id)
    }

    pub fn insert(&mut self, id: EventId) {
        if !self.ids.insert(id.clone()) {
            return;
        }
        self.oldest_first.push_back(id);
        if self.oldest_first.len() > self.max
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}
