//! The conformance suite on each database. PostgreSQL is tested if `TEST_POSTGRES_URL` is set.

use user_directory::conformance::Suite;
use user_directory::store_directory::InstanceSettings;
use user_directory_sql::{EncryptionKeys, SqlUserDirectory, SqlUserDirectoryBuilder};

fn builder() -> SqlUserDirectoryBuilder {
    SqlUserDirectory::builder()
        .settings(InstanceSettings::permissive().bcrypt_cost(4))
        .encryption_keys(EncryptionKeys::new().key("1", &[7; 32]).unwrap())
}

async fn run(url: &str) {
    let directory = builder().open(url).await.unwrap();
    directory.migrate().await.unwrap();
    directory.migrate().await.unwrap();
    let report = Suite::new(&directory).fixture(directory.directory()).run().await;
    println!("{report}");
    report.assert_conformant();
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_in_memory_is_conformant() {
    run("sqlite::memory:").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_file_is_conformant() {
    let directory = tempfile::tempdir().unwrap();
    run(&format!("sqlite:{}", directory.path().join("users.db").display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_conformant() {
    match std::env::var("TEST_POSTGRES_URL") {
        Ok(url) => run(&url).await,
        Err(_) => println!("skipped: TEST_POSTGRES_URL is not set"),
    }
}
