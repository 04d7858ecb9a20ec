//! Pools of the application, table prefixes, and queries of the application on the tables.

use std::time::Duration;

use integration_tests::together::together;
use user_directory::jiff::Timestamp;
use user_directory::{
    ErrorKind, Metadata, MetadataUpdate, NewUser, UserDirectory, UserDirectoryExt as _, UserFilter, UserQuery,
    UserUpdate,
};
use user_directory_sql::sqlx::postgres::PgPoolOptions;
use user_directory_sql::sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use user_directory_sql::{SqlUserDirectory, sqlx};

use crate::support::{Database, builder, user};

async fn works(directory: &SqlUserDirectory) {
    directory.migrate().await.unwrap();
    let id = directory.create(&user("ada")).await.unwrap().id;
    assert_eq!(directory.find_by_email_address("ADA@example.com").await.unwrap().unwrap().id, id);
    directory.delete(&id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn directory_uses_a_sqlite_pool_of_the_application() {
    let database = Database::file();
    // With default options: no write-ahead log, and foreign keys as the application has chosen.
    let pool = SqlitePoolOptions::new().connect(&format!("{}?mode=rwc", database.url())).await.unwrap();
    works(&builder().open_sqlite_pool(pool.clone()).unwrap()).await;
    // The pool is still open.
    let one: i64 = sqlx::query_scalar("SELECT 1").fetch_one(&pool).await.unwrap();
    assert_eq!(one, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn directory_uses_a_postgres_pool_of_the_application() {
    let Some(database) = Database::postgres() else { return };
    let pool = PgPoolOptions::new().max_connections(3).connect(database.url()).await.unwrap();
    works(&builder().open_postgres_pool(pool.clone()).unwrap()).await;
    let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&pool).await.unwrap();
    assert_eq!(one, 1);
}

/// The store relies on `ON DELETE CASCADE`.
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_pool_without_foreign_keys_is_rejected() {
    let database = Database::file();
    database.open().await;
    let options: SqliteConnectOptions = database.url().parse().unwrap();
    let pool = SqlitePoolOptions::new().connect_with(options.foreign_keys(false)).await.unwrap();
    let directory = builder().open_sqlite_pool(pool).unwrap();
    let error = directory.create(&user("ada")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_callers_than_connections_wait() {
    for database in Database::all() {
        let directory = database.open_with(builder().max_connections(1)).await;
        let results = together(100, |n| {
            let directory = directory.clone();
            async move {
                let id = directory.create(&user(&format!("u{n}"))).await?.id;
                directory.get(&id).await
            }
        })
        .await;
        for result in results {
            result.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn directories_with_different_prefixes_are_separate() {
    for database in Database::shareable() {
        let one = database.open_with(builder().table_prefix("one_")).await;
        let other = database.open_with(builder().table_prefix("other_")).await;
        let ada = one.create(&user("ada").first_name("Ada")).await.unwrap();
        // The identifiers are free in the other tables.
        other.create(&user("ada")).await.unwrap();
        other.create(&user("grace")).await.unwrap();
        assert_eq!(one.count(&UserFilter::new()).await.unwrap(), 1, "{database:?}");
        assert_eq!(other.count(&UserFilter::new()).await.unwrap(), 2, "{database:?}");
        assert_eq!(one.count(&UserFilter::new().query("example.com")).await.unwrap(), 1, "{database:?}");
        other.directory().clear().await.unwrap();
        assert_eq!(one.list(&UserQuery::from(UserFilter::new().query("ada"))).await.unwrap(), [ada], "{database:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_prefix_is_rejected() {
    for prefix in ["a-b", "a b", "a\"b", "a;DROP TABLE users", "é", "1a", &"a".repeat(100)] {
        let error = builder().table_prefix(prefix).open("sqlite::memory:").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{prefix}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn application_joins_its_tables_with_users() {
    for database in Database::shareable() {
        let directory = database.open().await;
        let new = NewUser::new().username("ada_lovelace").email_address("ada@example.com").first_name("Ada");
        let ada = directory.create(&new.external_id("customer-1").banned(true)).await.unwrap();
        let grace = directory.create(&NewUser::new().username("grace").last_name("Hopper")).await.unwrap();
        directory.ban(&grace.id).await.unwrap();
        directory.unban(&grace.id).await.unwrap();
        let update = MetadataUpdate::new().public(Metadata::new(&serde_json::json!({ "plan": "pro" })).unwrap());
        directory.update_metadata(&ada.id, &update).await.unwrap();
        let signed_in: Timestamp = "2026-05-12T09:00:00Z".parse().unwrap();
        directory.directory().record_sign_in(&ada.id, signed_in).await.unwrap();

        let table = "CREATE TABLE orders (id integer PRIMARY KEY, total integer, user_id text NOT NULL \
                     REFERENCES user_directory_users (user_id) ON DELETE CASCADE)";
        database.execute(table).await;
        for (id, total, user_id) in [(1, 10, &ada.id), (2, 20, &ada.id), (3, 5, &grace.id)] {
            database.execute(&format!("INSERT INTO orders VALUES ({id}, {total}, '{user_id}')")).await;
        }
        let joined = "SELECT u.username || ' ' || u.first_name || ' ' || u.primary_email_address || ' ' || u.external_id \
                      || ' ' || sum(o.total) FROM orders o JOIN user_directory_users u ON u.user_id = o.user_id \
                      WHERE u.banned GROUP BY u.username, u.first_name, u.primary_email_address, u.external_id";
        let expected = "ada_lovelace Ada ada@example.com customer-1 30";
        assert_eq!(database.value(joined).await, expected, "{database:?}");

        // The columns follow updates.
        directory.update(&ada.id, &UserUpdate::new().username("countess").clear_first_name()).await.unwrap();
        let username = "SELECT username FROM user_directory_users WHERE first_name IS NULL AND last_name IS NULL";
        assert_eq!(database.value(username).await, "countess", "{database:?}");
        let times = format!(
            "SELECT last_sign_in_at FROM user_directory_users WHERE created_at = {}",
            ada.created_at.unwrap().as_millisecond()
        );
        assert_eq!(database.value(&times).await, signed_in.as_millisecond().to_string(), "{database:?}");

        // A constraint of the application applies.
        directory.delete(&grace.id).await.unwrap();
        assert_eq!(database.value("SELECT count(*) FROM orders").await, "2", "{database:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_the_application_can_forbid_deletions() {
    for database in Database::shareable() {
        let directory = database.open().await;
        let ada = directory.create(&user("ada")).await.unwrap();
        for action in ["", "ON DELETE RESTRICT"] {
            let table =
                format!("CREATE TABLE orders (user_id text REFERENCES user_directory_users (user_id) {action})");
            database.execute(&table).await;
            database.execute(&format!("INSERT INTO orders VALUES ('{}')", ada.id)).await;
            let error = directory.delete(&ada.id).await.unwrap_err();
            assert!(error.is_conflict() && !error.is_outcome_unknown(), "{database:?} {action}: {error:?}");
            assert_eq!(directory.get(&ada.id).await.unwrap(), ada);
            database.execute("DROP TABLE orders").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operation_timeout_can_be_unlimited() {
    let unlimited = || builder().operation_timeout(Duration::MAX);
    for database in Database::all() {
        works(&database.open_with(unlimited()).await).await;
    }
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    works(&unlimited().open_sqlite_pool(pool).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_memory_databases_are_separate_and_keep_their_users() {
    let (one, other) = (Database::memory().open().await, Database::memory().open().await);
    one.create(&user("ada")).await.unwrap();
    let (clone, all) = (one.clone(), UserFilter::new());
    for _ in 0..50 {
        let (first, second) = tokio::join!(one.count(&all), clone.count(&all));
        assert_eq!((first.unwrap(), second.unwrap()), (1, 1));
    }
    assert_eq!(other.count(&all).await.unwrap(), 0);
}
