//! Failures of the database: the kind of the error, whether the outcome is unknown, and recovery.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use integration_tests::postgres::Cluster;
use user_directory::{
    Error, ErrorKind, Metadata, MetadataUpdate, NewUser, Result, UserDirectory, UserDirectoryExt as _, UserFilter,
    UserId, UserQuery, UserUpdate,
};
use user_directory_sql::SqlUserDirectory;
use user_directory_sql::sqlx::Executor as _;
use user_directory_sql::sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::proxy::{Fault, Proxy};
use crate::support::{Database, assert_hides, assert_nothing_changed, builder, open, user};

/// The statement as the client sends it. `BEGIN` contains the word as well.
const COMMIT: &str = "COMMIT\0";

#[track_caller]
fn assert_outcome_unknown<T: Debug>(result: Result<T>, kind: ErrorKind) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
    assert!(error.is_outcome_unknown(), "{error:?}");
}

/// Calls until a call succeeds, for at most ten seconds.
async fn recovers(directory: &SqlUserDirectory) {
    let end = Instant::now() + Duration::from_secs(10);
    while let Err(error) = directory.count(&UserFilter::new()).await {
        assert!(Instant::now() < end, "{error:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let name = format!("recovered{}", fastrand::u32(..));
    let id = directory.create(&NewUser::new().username(&name)).await.unwrap().id;
    directory.delete(&id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_postgres_is_a_connection_failure() {
    let Some(cluster) = Cluster::start_new() else { return };
    let directory = open(builder(), &cluster.database()).await;
    let ada = directory.create(&user("ada")).await.unwrap();

    cluster.stop();
    let down = [ErrorKind::Connect, ErrorKind::Unavailable];
    for _ in 0..3 {
        assert!(assert_nothing_changed(directory.get(&ada.id).await, &down).is_retryable());
        assert!(assert_nothing_changed(directory.create(&user("grace")).await, &down).is_retryable());
        let update = UserUpdate::new().first_name("Ada");
        assert!(assert_nothing_changed(directory.update(&ada.id, &update).await, &down).is_retryable());
    }
    let error = builder().open(&cluster.tcp_url("postgres")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");

    cluster.start();
    recovers(&directory).await;
    assert_eq!(directory.get(&ada.id).await.unwrap(), ada);
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 1);

    // The restart closes idle connections, which the caller does not notice.
    cluster.restart();
    directory.ban(&ada.id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_postgres_fails_calls_until_it_is_started() {
    let Some(cluster) = Cluster::start_new() else { return };
    let directory = open(builder(), &cluster.database()).await;
    let id = directory.create(&user("ada")).await.unwrap().id;
    for round in 0..2 {
        let writer = directory.clone();
        let writing = tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for n in 0.. {
                let name = format!("user{round}x{n}");
                match writer.create(&NewUser::new().username(&name)).await {
                    Ok(_) => acknowledged.push(name),
                    Err(error) => return (acknowledged, error),
                }
            }
            unreachable!()
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        cluster.kill();
        let (acknowledged, error) = writing.await.unwrap();
        let kinds = [ErrorKind::Connect, ErrorKind::Transport, ErrorKind::Unavailable];
        assert!(kinds.contains(&error.kind()), "{error:?}");
        cluster.start();
        recovers(&directory).await;
        assert!(!acknowledged.is_empty());
        for name in acknowledged {
            assert!(directory.find_by_username(&name).await.unwrap().is_some(), "{name} is lost");
        }
    }
    assert!(directory.get(&id).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn terminated_connections_are_replaced() {
    let Some(database) = Database::postgres() else { return };
    let directory = database.open().await;
    let id = directory.create(&user("ada")).await.unwrap().id;
    for _ in 0..5 {
        database
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .await;
        // An idle connection is checked or replaced before a call uses it.
        directory.get(&id).await.unwrap();
        directory.ban(&id).await.unwrap();
    }
}

/// Opens a directory through a proxy. Statements and the server are as usual.
async fn through_proxy(cluster: &Cluster) -> (Proxy, SqlUserDirectory) {
    let proxy = Proxy::start(cluster.port()).await;
    let name = cluster.database_name();
    let builder = builder().max_connections(1).operation_timeout(Duration::from_secs(2));
    let directory = open(builder, &proxy.url(&name)).await;
    (proxy, directory)
}

async fn has_user(directory: &SqlUserDirectory, name: &str) -> bool {
    directory.exists(&UserFilter::new().external_id(name)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_lost_before_commit_changes_nothing() {
    let Some(cluster) = Cluster::shared() else { return };
    let (proxy, directory) = through_proxy(cluster).await;
    for fault in [Fault::CutBefore("INSERT INTO"), Fault::CutAfter("INSERT INTO")] {
        proxy.set_fault(fault);
        assert_nothing_changed(directory.create(&user("ada")).await, &[ErrorKind::Transport]);
        assert!(proxy.has_failed());
        recovers(&directory).await;
        assert!(!has_user(&directory, "ada").await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_lost_during_commit_has_an_unknown_outcome() {
    let Some(cluster) = Cluster::shared() else { return };
    let (proxy, directory) = through_proxy(cluster).await;
    for (name, fault, committed) in [("ada", Fault::CutBefore(COMMIT), false), ("grace", Fault::CutAfter(COMMIT), true)]
    {
        proxy.set_fault(fault);
        assert_outcome_unknown(directory.create(&user(name)).await, ErrorKind::Transport);
        assert!(proxy.has_failed());
        recovers(&directory).await;
        assert_eq!(has_user(&directory, name).await, committed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn read_is_repeated_if_an_idle_connection_is_lost() {
    let Some(cluster) = Cluster::shared() else { return };
    let (proxy, directory) = through_proxy(cluster).await;
    // The version of the tables is checked, so that the next statement is that of `list`.
    assert!(directory.get(&UserId::new("user_unknown").unwrap()).await.unwrap_err().is_not_found());
    // The pool gets a connection back in the background.
    let pool = directory.store().postgres_pool().unwrap();
    while pool.num_idle() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    proxy.set_fault(Fault::CutAfter("user_directory_search"));
    assert_eq!(directory.list(&UserQuery::new()).await.unwrap(), []);
    assert!(proxy.has_failed());
}

#[tokio::test(flavor = "multi_thread")]
async fn server_without_response_is_a_timeout() {
    let Some(cluster) = Cluster::shared() else { return };
    let (proxy, directory) = through_proxy(cluster).await;
    proxy.set_fault(Fault::Stall("SELECT"));
    let started = Instant::now();
    assert_nothing_changed(directory.list(&UserQuery::new()).await, &[ErrorKind::Timeout]);
    assert!(started.elapsed() < Duration::from_secs(5));
    recovers(&directory).await;

    proxy.set_fault(Fault::Stall("INSERT INTO"));
    assert_nothing_changed(directory.create(&user("ada")).await, &[ErrorKind::Timeout]);
    recovers(&directory).await;
    assert!(!has_user(&directory, "ada").await);

    proxy.set_fault(Fault::Stall(COMMIT));
    assert_outcome_unknown(directory.create(&user("ada")).await, ErrorKind::Timeout);
    recovers(&directory).await;
}

/// PostgreSQL reports a full disk with this code. The trigger reports it for each new user.
#[tokio::test(flavor = "multi_thread")]
async fn full_disk_of_postgres_is_unavailable() {
    let Some(database) = Database::postgres() else { return };
    let directory = database.open().await;
    database
        .execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
             CREATE TRIGGER full_disk BEFORE INSERT ON user_directory_users FOR EACH ROW EXECUTE FUNCTION full_disk()",
        )
        .await;
    assert_nothing_changed(directory.create(&user("ada")).await, &[ErrorKind::Unavailable]);
    database.execute("DROP TRIGGER full_disk ON user_directory_users").await;
    recovers(&directory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_postgres_is_unavailable_for_writes() {
    let Some(database) = Database::postgres() else { return };
    let id = database.open().await.create(&user("ada")).await.unwrap().id;
    let name = database.value("SELECT current_database()").await;
    database.execute(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    let directory = builder().open(database.url()).await.unwrap();
    // The tables are up to date, so that nothing is written.
    directory.migrate().await.unwrap();
    assert!(directory.get(&id).await.is_ok());
    assert_nothing_changed(directory.ban(&id).await, &[ErrorKind::Unavailable]);
}

#[tokio::test(flavor = "multi_thread")]
async fn full_sqlite_is_unavailable_until_there_is_space() {
    let database = Database::file();
    let pool =
        SqlitePoolOptions::new().max_connections(1).connect(&format!("{}?mode=rwc", database.url())).await.unwrap();
    let directory = builder().open_sqlite_pool(pool.clone()).unwrap();
    directory.migrate().await.unwrap();
    pool.execute("PRAGMA max_page_count = 1").await.unwrap();
    // SQLite does not lower the limit below the size of the file, which has some free space.
    let large = "x".repeat(7_000);
    let metadata = Metadata::new(&serde_json::json!({ "large": large })).unwrap();
    let mut created = 0;
    let error = loop {
        match directory.create(&user(&format!("u{created}")).private_metadata(metadata.clone())).await {
            Ok(_) => created += 1,
            Err(error) => break error,
        }
    };
    assert!(created < 200);
    assert_nothing_changed(Err::<(), _>(error), &[ErrorKind::Unavailable]);
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), created);
    assert!(!has_user(&directory, &format!("u{created}")).await);

    pool.execute("PRAGMA max_page_count = 1000000").await.unwrap();
    directory.create(&user(&format!("u{created}")).private_metadata(metadata)).await.unwrap();
    recovers(&directory).await;
}

/// SQLite itself rolls back a transaction if an update needs more space, unlike an insertion of several rows.
#[tokio::test(flavor = "multi_thread")]
async fn update_metadata_succeeds_after_sqlite_was_full() {
    let database = Database::file();
    let file = format!("{}?mode=rwc", database.url());
    for url in [file.as_str(), "sqlite::memory:"] {
        let pool = SqlitePoolOptions::new().max_connections(1).connect(url).await.unwrap();
        let directory = builder().open_sqlite_pool(pool.clone()).unwrap();
        directory.migrate().await.unwrap();
        let mut ids = Vec::new();
        for n in 0..20 {
            ids.push(directory.create(&user(&format!("u{n}"))).await.unwrap().id);
        }
        pool.execute("PRAGMA max_page_count = 1").await.unwrap();
        let metadata = Metadata::new(&serde_json::json!({ "large": "x".repeat(7_000) })).unwrap();
        let update = MetadataUpdate::new().private(metadata);
        let mut errors = Vec::new();
        for id in &ids {
            errors.extend(directory.update_metadata(id, &update).await.err());
        }
        assert!(errors.len() > 10, "{url}: {errors:?}");
        for error in errors {
            assert_nothing_changed(Err::<(), _>(error), &[ErrorKind::Unavailable]);
        }

        pool.execute("PRAGMA max_page_count = 1000000").await.unwrap();
        for id in &ids {
            directory.update_metadata(id, &update).await.unwrap();
        }
        recovers(&directory).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_sqlite_file_is_unavailable_for_writes() {
    let database = Database::file();
    let id = database.open().await.create(&user("ada")).await.unwrap().id;
    let options: SqliteConnectOptions = database.url().parse().unwrap();
    let pool = SqlitePoolOptions::new().connect_with(options.read_only(true)).await.unwrap();
    let directory = builder().open_sqlite_pool(pool).unwrap();
    // The tables are up to date, so that nothing is written.
    directory.migrate().await.unwrap();
    assert!(directory.get(&id).await.is_ok());
    assert_nothing_changed(directory.ban(&id).await, &[ErrorKind::Unavailable]);
}

#[tokio::test(flavor = "multi_thread")]
async fn file_that_is_no_database_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.db");
    std::fs::write(&path, "not a database, but long enough to look like one".repeat(100)).unwrap();
    let result = match builder().open(&format!("sqlite:{}", path.display())).await {
        Ok(directory) => directory.migrate().await,
        Err(error) => Err(error),
    };
    let error = result.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Configuration | ErrorKind::Server), "{error:?}");

    let missing = folder.path().join("missing").join("users.db");
    let error = builder().open(&format!("sqlite:{}", missing.display())).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Configuration | ErrorKind::Connect | ErrorKind::Unavailable),
        "{error:?}"
    );
}

/// Returns the error of opening a database with an unexpected schema. Either opening or the first call reports it.
async fn schema_error(database: &Database) -> Error {
    match builder().open(database.url()).await {
        Ok(directory) => directory.count(&UserFilter::new()).await.unwrap_err(),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn database_without_tables_is_a_configuration_error() {
    for database in Database::all() {
        let error = schema_error(&database).await;
        assert_eq!(error.kind(), ErrorKind::Configuration, "{database:?}: {error:?}");
        assert!(error.to_string().contains("migrate"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_schema_is_a_configuration_error() {
    for database in Database::shareable() {
        let directory = database.open().await;
        database.execute("UPDATE user_directory_schema_version SET version = 1000").await;
        for error in [schema_error(&database).await, directory.migrate().await.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Configuration, "{database:?}: {error:?}");
            assert!(error.to_string().contains("1000"), "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_rejects_unusable_urls_without_repeating_the_password() {
    let port = Cluster::shared().map_or(1, Cluster::port);
    let urls = [
        "mysql://root:hunter2hunter2@localhost/users".to_owned(),
        "postgres://root:hunter2hunter2@127.0.0.1:1/users".to_owned(),
        format!("postgres://nobody:hunter2hunter2@127.0.0.1:{port}/missing"),
        "postgres://root:hunter2hunter2@127.0.0.1:99999/users".to_owned(),
        "postgres://root:hunter2hunter2@127.0.0.1/users?sslmode=perhaps".to_owned(),
        "hunter2hunter2".to_owned(),
        "sqlite:".to_owned(),
        "sqlite://".to_owned(),
        "sqlite:?cache=private".to_owned(),
    ];
    for url in urls {
        let error = builder().open(&url).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Configuration | ErrorKind::Connect), "{error:?}");
        assert_hides(&error, &["hunter2hunter2"]);
    }
}
