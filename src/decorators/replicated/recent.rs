//! [`RecentEvents`]: the ids of the most recently applied events.

use std::collections::{HashSet, VecDeque};

use crate::model::EventId;

/// The maximum number of ids. If an event is repeated after its id was removed, it is compared with the copy again.
const MAX: usize = 10_000;

/// The ids of the most recently applied events. Repeated events are skipped without accessing the store.
#[derive(Debug, Default)]
pub(super) struct RecentEvents {
    ids: HashSet<EventId>,
    oldest_first: VecDeque<EventId>,
}

impl RecentEvents {
    pub(super) fn contains(&self, id: &EventId) -> bool {
        self.ids.contains(id)
    }

    pub(super) fn insert(&mut self, id: EventId) {
        if !self.ids.insert(id.clone()) {
            return;
        }
        self.oldest_first.push_back(id);
        if self.oldest_first.len() > MAX
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_event_is_removed_first() {
        let mut events = RecentEvents::default();
        let id = |number: usize| EventId::new(format!("msg_{number}")).unwrap();
        for number in 0..=MAX {
            events.insert(id(number));
            events.insert(id(number));
        }
        assert!(!events.contains(&id(0)) && events.contains(&id(1)) && events.contains(&id(MAX)));
        assert_eq!(events.ids.len(), MAX);
    }
}
