//! The conformance suite on the implementations of this crate.

use std::sync::Arc;

use clerk_emulator::Emulator;
use integration_tests::conforms::assert_conforms;
use user_directory::conformance::{Context, Suite, create};
use user_directory::{ClerkUserDirectory, InMemoryUserDirectory, SecretKey, UserDirectory, UserFilter, UserQuery};

#[tokio::test]
async fn in_memory_directory_conforms() {
    let directory = InMemoryUserDirectory::permissive();
    assert_conforms("InMemoryUserDirectory", &directory, &directory).await;
}

#[tokio::test]
async fn arc_of_directory_conforms() {
    let directory = InMemoryUserDirectory::permissive();
    let pointer: Arc<dyn UserDirectory> = Arc::new(directory.clone());
    assert_conforms("Arc<dyn UserDirectory>", &pointer, &directory).await;
}

#[tokio::test]
async fn http_adapter_conforms_on_the_emulator() {
    let directory = InMemoryUserDirectory::permissive();
    let emulator = Emulator::builder().store(&directory).start().await.unwrap();
    let key = SecretKey::new("sk_test_notarealkey").unwrap();
    let clerk = ClerkUserDirectory::builder(key).base_url(emulator.api_url()).build().unwrap();
    assert_conforms("ClerkUserDirectory on the emulator", &clerk, &directory).await;
    emulator.stop().await.unwrap();
}

#[tokio::test]
async fn suite_tolerates_and_keeps_other_users() {
    let directory = InMemoryUserDirectory::permissive();
    directory.load_json(include_str!("../../../../examples/users.json")).await.unwrap();
    let all_users = UserQuery::new().limit(500);
    let before = directory.list(&all_users).await.unwrap();
    assert!(before.len() > 10);
    assert_conforms("InMemoryUserDirectory with users", &directory, &directory).await;
    assert_eq!(directory.list(&all_users).await.unwrap().len(), before.len());
}

#[tokio::test]
async fn suite_can_be_repeated_with_the_same_namespace() {
    let directory = InMemoryUserDirectory::permissive();
    for _ in 0..2 {
        let report = Suite::new(&directory).fixture(&directory).namespace("again").run().await;
        report.assert_conformant();
    }
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn behavior_can_be_called_as_a_function() {
    let directory = InMemoryUserDirectory::permissive();
    let context = Context::with_namespace(&directory, &(), "Mine!");
    assert_eq!(context.namespace(), "cmine");
    create::create_returns_user_that_get_returns(&context).await.unwrap();
    assert_eq!(directory.count(&UserFilter::new().query("cmine")).await.unwrap(), 1);
    context.clean_up().await;
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 0);
}
