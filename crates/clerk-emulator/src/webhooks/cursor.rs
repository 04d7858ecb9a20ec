//! [`Cursor`]: the read position in the outbox.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// The time during which an event at a skipped position can still appear. Concurrent transactions can commit in an
/// order that differs from the order of their positions.
const EXPECTED_FOR: Duration = Duration::from_secs(10);
/// The maximum distance from the latest position at which skipped positions are tracked.
const MAX_EXPECTED: u64 = 1000;
/// The interval between reads of the whole outbox. These reads find events that became visible much later than the
/// events after them.
const FULL_READ: Duration = Duration::from_mins(1);

/// The read position in the outbox.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    position: u64,
    /// The skipped positions whose events can still appear, and the times at which the positions were skipped.
    expected: BTreeMap<u64, Instant>,
    /// The start of the last read of the whole outbox.
    full_read: Option<Instant>,
}

impl Cursor {
    /// Returns the position after which the next read starts. Returns 0 once a minute, to read the whole outbox.
    pub(super) fn start(&mut self, now: Instant) -> u64 {
        if self.full_read.is_none_or(|last| now.duration_since(last) >= FULL_READ) {
            self.full_read = Some(now);
            return 0;
        }
        self.resume(now)
    }

    /// Returns the position after which the next read starts, without periodic reads of the whole outbox.
    pub(super) fn resume(&mut self, now: Instant) -> u64 {
        let lowest = self.position.saturating_sub(MAX_EXPECTED);
        self.expected.retain(|position, since| *position > lowest && now.duration_since(*since) < EXPECTED_FOR);
        self.expected.first_key_value().map_or(self.position, |(position, _)| position - 1)
    }

    /// Records that the event at a position has been read. Returns `true` if the position is new or was skipped
    /// earlier.
    pub(super) fn pass(&mut self, position: u64, now: Instant) -> bool {
        if position <= self.position {
            return self.expected.remove(&position).is_some();
        }
        let first = (self.position + 1).max(position.saturating_sub(MAX_EXPECTED));
        self.expected.extend((first..position).map(|skipped| (skipped, now)));
        self.position = position;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_is_zero_once_a_minute() {
        let (mut cursor, now) = (Cursor::default(), Instant::now());
        assert_eq!(cursor.start(now), 0);
        assert!(cursor.pass(1, now));
        assert_eq!(cursor.start(now), 1);
        assert_eq!(cursor.start(now + FULL_READ), 0);
        assert_eq!(cursor.start(now + FULL_READ), 1);
    }

    #[test]
    fn resume_starts_before_skipped_positions_until_they_appear() {
        let (mut cursor, now) = (Cursor::default(), Instant::now());
        for position in [1, 3, 5] {
            assert!(cursor.pass(position, now));
        }
        assert_eq!(cursor.resume(now), 1);
        assert!(!cursor.pass(1, now));
        assert!(cursor.pass(2, now));
        assert!(!cursor.pass(2, now));
        assert_eq!(cursor.resume(now), 3);
        // If a transaction is rolled back, its position stays empty.
        assert_eq!(cursor.resume(now + EXPECTED_FOR), 5);
    }

    #[test]
    fn resume_is_bounded_if_many_positions_are_skipped() {
        let (mut cursor, now) = (Cursor::default(), Instant::now());
        cursor.pass(1, now);
        cursor.pass(1_000_000, now);
        assert_eq!(cursor.resume(now), 1_000_000 - MAX_EXPECTED);
    }
}
