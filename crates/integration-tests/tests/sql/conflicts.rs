//! Conflicts with other transactions, which are retried, and locks that are held for too long.

use std::time::{Duration, Instant};

use user_directory::{ErrorKind, UserDirectory, UserFilter, UserUpdate};
use user_directory_sql::sqlx::{Connection as _, Executor as _, PgConnection};

use crate::support::{Database, assert_nothing_changed, builder, user};

/// Makes the first `failures` insertions or updates of a user fail with an error code.
async fn fail_first(database: &Database, failures: u32, code: &str) {
    let trigger = format!(
        "DROP TRIGGER IF EXISTS failing ON user_directory_users;
         DROP SEQUENCE IF EXISTS attempts;
         CREATE SEQUENCE attempts;
         CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF nextval('attempts') <= {failures} THEN RAISE EXCEPTION 'failed' USING ERRCODE = '{code}'; END IF;
           RETURN new;
         END $$;
         CREATE TRIGGER failing BEFORE INSERT OR UPDATE ON user_directory_users FOR EACH ROW EXECUTE FUNCTION fail()"
    );
    database.execute(&trigger).await;
}

/// `40001` is a serialization failure, and `40P01` a deadlock.
#[tokio::test(flavor = "multi_thread")]
async fn serialization_failures_and_deadlocks_are_retried() {
    let Some(database) = Database::postgres() else { return };
    let directory = database.open_with(builder().retry_timeout(Duration::from_millis(300))).await;
    for code in ["40001", "40P01"] {
        fail_first(&database, 5, code).await;
        let id = directory.create(&user(&format!("ada{code}"))).await.unwrap().id;
        fail_first(&database, 5, code).await;
        directory.update(&id, &UserUpdate::new().first_name("Ada")).await.unwrap();
        assert_eq!(database.value("SELECT last_value FROM attempts").await, "6");

        fail_first(&database, 1_000_000, code).await;
        assert_nothing_changed(directory.create(&user("grace")).await, &[ErrorKind::Locked]);
        assert_nothing_changed(directory.ban(&id).await, &[ErrorKind::Locked]);
    }
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 2);
    assert_eq!(directory.count(&UserFilter::new().banned(true)).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_wait_for_the_writer_of_another_process() {
    let database = Database::file();
    let directory = database.open().await;
    let mut other = database.connect().await;
    for n in 0..3 {
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        let writer = directory.clone();
        let writing = tokio::spawn(async move { writer.create(&user(&format!("u{n}"))).await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!writing.is_finished());
        other.execute("COMMIT").await.unwrap();
        writing.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_file_that_is_locked_for_too_long_is_a_timeout() {
    let database = Database::file();
    let timeout = Duration::from_secs(2);
    let directory = database.open_with(builder().operation_timeout(timeout).retry_timeout(timeout)).await;
    let ada = directory.create(&user("ada")).await.unwrap();
    let mut other = database.connect().await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    // Readers do not wait for the writer.
    assert_eq!(directory.get(&ada.id).await.unwrap(), ada);
    let started = Instant::now();
    assert_nothing_changed(directory.ban(&ada.id).await, &[ErrorKind::Timeout, ErrorKind::Locked]);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    other.execute("ROLLBACK").await.unwrap();
    assert!(directory.ban(&ada.id).await.unwrap().banned);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_table_that_is_locked_for_too_long_is_a_timeout() {
    let Some(database) = Database::postgres() else { return };
    let directory = database.open_with(builder().operation_timeout(Duration::from_secs(2))).await;
    let ada = directory.create(&user("ada")).await.unwrap();
    let mut other = PgConnection::connect(database.url()).await.unwrap();
    other.execute("BEGIN; LOCK TABLE user_directory_users IN SHARE MODE").await.unwrap();
    assert_eq!(directory.get(&ada.id).await.unwrap(), ada);
    assert_nothing_changed(directory.ban(&ada.id).await, &[ErrorKind::Timeout]);
    other.execute("LOCK TABLE user_directory_users IN ACCESS EXCLUSIVE MODE").await.unwrap();
    assert_nothing_changed(directory.get(&ada.id).await, &[ErrorKind::Timeout]);
    other.execute("ROLLBACK").await.unwrap();
    assert!(directory.ban(&ada.id).await.unwrap().banned);
}
