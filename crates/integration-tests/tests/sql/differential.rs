//! Property test: random operations have equal results and errors on every store.

use std::sync::Arc;

use fastrand::Rng;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use random_calls::{Directories, Random, Store, checks};
use user_directory::in_memory::InMemoryStore;
use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};

use crate::support::Database;

/// Runs the steps of these seeds on empty stores.
async fn run_case(stores: &[Store], seeds: &[u64]) {
    for (_, store) in stores {
        store.clear().await.unwrap();
    }
    let directories = Directories::new(stores);
    random_calls::load_first_users(&directories).await;
    for seed in seeds {
        let bytes = random_bytes(*seed);
        let mut random = Random::new(&bytes);
        random_calls::run(&directories, &mut random).await;
        random_calls::compare(&directories, &mut random).await;
    }
    checks::compare_all(&directories).await;
}

/// Returns more bytes than a call and a query use.
pub(crate) fn random_bytes(seed: u64) -> [u8; 1024] {
    let mut bytes = [0; 1024];
    Rng::with_seed(seed).fill(&mut bytes);
    bytes
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

#[tokio::test(flavor = "multi_thread")]
async fn create_rejects_email_addresses_that_differ_in_case_on_all_stores() {
    let databases = Database::all();
    let mut directories: Vec<Box<dyn UserDirectory>> = vec![Box::new(InMemoryUserDirectory::permissive())];
    for database in &databases {
        directories.push(Box::new(database.open().await));
    }
    for directory in &directories {
        for (first, second) in [
            ("straße@example.com", "STRASSE@example.com"),
            ("\u{3c3}\u{3b1}@example.com", "\u{3a3}\u{391}@example.com"),
            ("\u{e9}a@example.com", "\u{c9}A@example.com"),
        ] {
            let user = |address: &str| NewUser::new().email_address(address).skip_password_requirement(true);
            directory.create(&user(first)).await.unwrap();
            assert!(directory.create(&user(second)).await.unwrap_err().is_conflict(), "{directory:?}, {second}");
        }
    }
}
