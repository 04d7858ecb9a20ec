//! [`RetryBudget`]: limits the number of retries, so that retries do not multiply the load during an outage.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The cost of one retry. The budget is counted in hundredths of a retry.
const RETRY: u32 = 100;
/// The initial budget.
const RESERVE: u32 = 10 * RETRY;
/// The budget is capped at the amount that this number of calls adds, or at [`RESERVE`] if that is greater.
const MAX_CALLS: u32 = 50;

/// The remaining retries, shared by a directory and its clones. [`RetryPolicy`](super::RetryPolicy) documents the
/// rules.
pub(super) struct RetryBudget {
    /// The remaining budget, in hundredths of a retry.
    left: AtomicU32,
    /// The amount that each call adds to the budget, in hundredths of a retry.
    per_call: u32,
}

impl RetryBudget {
    /// Creates a budget of 10 retries. Each call adds `percent` hundredths of a retry.
    pub(super) fn new(percent: u32) -> Self {
        Self { left: AtomicU32::new(RESERVE), per_call: percent }
    }

    /// Adds the amount for one call to the budget.
    pub(super) fn add_call(&self) {
        let max = self.per_call.saturating_mul(MAX_CALLS).max(RESERVE);
        // The budget is usually full, and an atomic load avoids contention with other threads.
        if self.left.load(Relaxed) < max {
            let more = |left: u32| Some(left.saturating_add(self.per_call).min(max));
            let _ = self.left.fetch_update(Relaxed, Relaxed, more);
        }
    }

    /// Takes a retry from the budget. Returns `false` if less than one retry is left.
    pub(super) fn take_retry(&self) -> bool {
        self.left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(RETRY)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take_all(budget: &RetryBudget) -> usize {
        (0..1000).filter(|_| budget.take_retry()).count()
    }

    #[test]
    fn budget_starts_with_ten_retries_and_is_refilled_by_calls() {
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
    fn budget_of_concurrent_calls_holds_their_shares() {
        let budget = RetryBudget::new(900);
        for _ in 0..16 {
            budget.add_call();
        }
        assert_eq!(take_all(&budget), 10 + 16 * 9);
        for _ in 0..1000 {
            budget.add_call();
        }
        assert_eq!(take_all(&budget), 50 * 9);
    }

    #[test]
    fn extreme_percentages_saturate() {
        let nothing = RetryBudget::new(0);
        assert_eq!(take_all(&nothing), 10);
        nothing.add_call();
        assert_eq!(take_all(&nothing), 0);

        let everything = RetryBudget::new(u32::MAX);
        assert_eq!(take_all(&everything), 10);
        everything.add_call();
        assert_eq!(take_all(&everything), 1000);
    }
}
