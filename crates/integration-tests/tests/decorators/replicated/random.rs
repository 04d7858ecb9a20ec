//! Simulations with random changes.

use user_directory::in_memory::InMemoryStore;

use super::simulation::{Simulation, assert_converges};

#[tokio::test]
async fn replica_equals_primary_without_reconciliation_if_no_event_is_lost() {
    for seed in 0..5 {
        let simulation = Simulation { seed, changes: 600, copies: 3, dropped: 0, kills: 5 };
        assert_converges(simulation, InMemoryStore::new()).await;
    }
}

#[tokio::test]
async fn replica_equals_primary_after_reconciliation_if_events_are_lost() {
    for (seed, dropped) in [(10, 5), (11, 5), (12, 20), (13, 50), (14, 100)] {
        let simulation = Simulation { seed, changes: 600, copies: 3, dropped, kills: 5 };
        assert_converges(simulation, InMemoryStore::new()).await;
    }
}

/// The full size: `cargo test --release -p integration-tests --test decorators full_size -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "takes minutes"]
async fn replica_equals_primary_at_full_size() {
    for dropped in [0, 5] {
        let started = std::time::Instant::now();
        let simulation = Simulation { seed: 2026, changes: 100_000, copies: 3, dropped, kills: 20 };
        let report = assert_converges(simulation, InMemoryStore::new()).await;
        println!("{simulation:?} in {:?}: {report:?}", started.elapsed());
    }
}
