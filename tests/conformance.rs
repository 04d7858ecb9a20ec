//! The conformance suite on the implementations, and the proof that it notices a broken one.

use std::sync::Arc;

use user_directory::conformance::{Fixture, Suite};
use user_directory::{InMemoryUserDirectory, UserDirectory};

/// Everything is offered and arranged, so nothing may fail, and nothing be left out.
async fn assert_conforms(name: &str, directory: &dyn UserDirectory, fixture: &dyn Fixture) {
    let report = Suite::new(directory).fixture(fixture).run().await;
    println!("{name}: {} behaviours passed", report.passed().count());
    report.assert_conformant();
    assert_eq!(report.not_applicable().count(), 0, "{name}\n{report}");
    assert!(report.passed().count() >= 50, "{name}\n{report}");
}

#[tokio::test]
async fn the_in_memory_directory_conforms() {
    let directory = InMemoryUserDirectory::new();
    assert_conforms("InMemoryUserDirectory", &directory, &directory).await;
}

#[tokio::test]
async fn a_pointer_to_a_directory_conforms() {
    let directory = InMemoryUserDirectory::new();
    let pointer: Arc<dyn UserDirectory> = Arc::new(directory.clone());
    assert_conforms("Arc<dyn UserDirectory>", &pointer, &directory).await;
}
