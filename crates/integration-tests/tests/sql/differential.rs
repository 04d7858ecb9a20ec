//! Property test: random operations have equal results and errors on every store.

mod queries;
mod random;
mod seeds;
mod steps;
mod worlds;

use std::sync::Arc;

use fastrand::Rng;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use user_directory::in_memory::InMemoryStore;

use worlds::{Store, Worlds};

use crate::support::Database;

/// Runs the steps of these seeds on empty stores.
async fn run_case(stores: &[Store], seeds: &[u64]) {
    for (_, store) in stores {
        store.clear().await.unwrap();
    }
    let worlds = Worlds::new(stores);
    seeds::load_first_users(&worlds).await;
    for seed in seeds {
        let mut random = Rng::with_seed(*seed);
        steps::run(&worlds, &mut random).await;
        steps::compare(&worlds, &mut random).await;
    }
    steps::compare_all(&worlds).await;
}

#[test]
fn random_operations_have_equal_results_on_all_stores() {
    let config = Config {
        cases: 24,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_260_512),
        max_shrink_iters: 300,
        ..Config::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
    let databases = Database::all();
    let mut stores: Vec<Store> = vec![("memory".to_owned(), Arc::new(InMemoryStore::new()))];
    for database in &databases {
        let directory = runtime.block_on(database.open());
        stores.push((format!("{database:?}"), Arc::new(directory.store().clone())));
    }
    // A seed is a step. Shrinking removes steps.
    let cases = proptest::collection::vec(any::<u64>().no_shrink(), 1..60);
    let result = TestRunner::new(config).run(&cases, |seeds| {
        runtime.block_on(run_case(&stores, &seeds));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
