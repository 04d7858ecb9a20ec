//! [`RetryBudget`]: what keeps retries from multiplying an outage.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Hundredths of a retry.
const A_RETRY: u32 = 100;
const RESERVE: u32 = 10 * A_RETRY;

/// How many retries are left, shared by a directory and its clones. [`RetryPolicy`](super::RetryPolicy) says the rules.
pub(super) struct RetryBudget {
    left: AtomicU32,
    for_a_call: u32,
}

impl RetryBudget {
    /// A budget with all of its reserve. `percent` is what a call adds, in hundredths of a retry.
    pub(super) fn new(percent: u32) -> Self {
        Self { left: AtomicU32::new(RESERVE), for_a_call: percent }
    }

    /// Counts a call.
    pub(super) fn add_call(&self) {
        // Nearly always it is full, and reading does not disturb the other threads.
        if self.left.load(Relaxed) < RESERVE {
            let more = |left: u32| Some(left.saturating_add(self.for_a_call).min(RESERVE));
            let _ = self.left.fetch_update(Relaxed, Relaxed, more);
        }
    }

    /// Takes a retry out, if there is one.
    pub(super) fn take_retry(&self) -> bool {
        self.left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(A_RETRY)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take_all(budget: &RetryBudget) -> usize {
        (0..1000).filter(|_| budget.take_retry()).count()
    }

    #[test]
    fn the_reserve_is_ten_and_calls_fill_it_up_again() {
        let budget = RetryBudget::new(20);
        assert_eq!(take_all(&budget), 10);
        for _ in 0..14 {
            budget.add_call();
        }
        assert_eq!(take_all(&budget), 2);
        for _ in 0..1000 {
            budget.add_call();
        }
        assert_eq!(take_all(&budget), 10);
    }

    #[test]
    fn any_percentage_is_one() {
        let nothing = RetryBudget::new(0);
        assert_eq!(take_all(&nothing), 10);
        nothing.add_call();
        assert_eq!(take_all(&nothing), 0);

        let everything = RetryBudget::new(u32::MAX);
        assert_eq!(take_all(&everything), 10);
        everything.add_call();
        assert_eq!(take_all(&everything), 10);
    }
}
