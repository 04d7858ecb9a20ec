//! The conformance suite on each database, directly and through HTTP.

use clerk_emulator::Emulator;
use integration_tests::conforms::assert_conforms;
use user_directory::store_directory::InstanceSettings;
use user_directory::{ClerkUserDirectory, SecretKey};

use crate::support::Database;

async fn conforms(database: Database) {
    let directory = database.open_fast(InstanceSettings::permissive()).await;
    assert_conforms(&format!("{database:?}"), &directory, directory.directory()).await;
}

async fn conforms_over_http(database: Database) {
    let directory = database.open_fast(InstanceSettings::permissive()).await;
    let emulator = Emulator::builder().store(directory.directory()).start().await.unwrap();
    let key = SecretKey::new("sk_test_notarealkey").unwrap();
    let clerk = ClerkUserDirectory::builder(key).base_url(emulator.api_url()).build().unwrap();
    assert_conforms(&format!("ClerkUserDirectory on the emulator on {database:?}"), &clerk, directory.directory())
        .await;
    emulator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_file_conforms() {
    conforms(Database::file()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_in_memory_conforms() {
    conforms(Database::memory()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_conforms() {
    let Some(database) = Database::postgres() else { return };
    conforms(database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_file_conforms_over_http() {
    conforms_over_http(Database::file()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_in_memory_conforms_over_http() {
    conforms_over_http(Database::memory()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_conforms_over_http() {
    let Some(database) = Database::postgres() else { return };
    conforms_over_http(database).await;
}
