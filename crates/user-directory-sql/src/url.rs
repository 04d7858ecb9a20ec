//! Opens the database at a URL.

use std::time::Duration;

use user_directory::Result;

use crate::driver::Driver;
use crate::error::{Failure, configuration};

/// The options for the connections that the crate opens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionOptions {
    pub(crate) max_connections: Option<u32>,
    pub(crate) operation_timeout: Duration,
}

/// Opens the database at a URL. Errors do not contain the URL, because it can contain a password.
pub(crate) async fn connect(url: &str, options: ConnectionOptions) -> Result<Driver> {
    match url.split_once(':') {
        Some(("sqlite", _)) => sqlite(url, options).await,
        Some(("postgres" | "postgresql", _)) => postgres(url, options).await,
        _ => Err(configuration("the URL of a database must begin with `sqlite:` or `postgres:`")),
    }
}

#[cfg(not(feature = "sqlite"))]
#[expect(clippy::unused_async, reason = "the same signature as with the feature")]
async fn sqlite(_: &str, _: ConnectionOptions) -> Result<Driver> {
    Err(configuration("the feature `sqlite` of the crate `user-directory-sql` is not enabled"))
}

#[cfg(not(feature = "postgres"))]
#[expect(clippy::unused_async, reason = "the same signature as with the feature")]
async fn postgres(_: &str, _: ConnectionOptions) -> Result<Driver> {
    Err(configuration("the feature `postgres` of the crate `user-directory-sql` is not enabled"))
}

/// Returns the acquire timeout of the pool.
///
/// It is shorter than the operation timeout, so that a failure to connect is reported as `Connect`.
fn acquire_timeout(options: ConnectionOptions) -> Duration {
    options.operation_timeout / 2
}

#[cfg(feature = "sqlite")]
async fn sqlite(url: &str, options: ConnectionOptions) -> Result<Driver> {
    use sqlx::ConnectOptions as _;
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
    use tokio::time::Instant;

    use crate::driver::sqlite::Pool;

    const DEFAULT_MAX_CONNECTIONS: u32 = 4;
    /// The delay before a busy database is opened again.
    const RETRY_DELAY: Duration = Duration::from_millis(20);

    let malformed = |_| configuration("the URL of the SQLite database is malformed");
    let connect: SqliteConnectOptions = url.parse().map_err(malformed)?;
    let SqliteMode { has_mode, is_read_only, in_memory } = SqliteMode::of(url);
    // SQLite deletes a database without a name when its last connection is closed.
    if !in_memory && connect.get_filename().as_os_str().is_empty() {
        return Err(configuration("the URL of the SQLite database contains no file name"));
    }
    let mut connect = connect
        .busy_timeout(options.operation_timeout / 2)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-8000")
        .disable_statement_logging();
    if !has_mode && !is_read_only {
        connect = connect.create_if_missing(true);
    }
    if !is_read_only && !in_memory {
        connect = connect.journal_mode(SqliteJournalMode::Wal);
    }
    let mut pool = SqlitePoolOptions::new().acquire_timeout(acquire_timeout(options)).test_before_acquire(false);
    pool = if in_memory {
        // An in-memory database is lost when its connection is closed.
        pool.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None)
    } else {
        pool.max_connections(options.max_connections.unwrap_or(DEFAULT_MAX_CONNECTIONS))
    };
    let deadline = Instant::now() + acquire_timeout(options);
    loop {
        match pool.clone().connect_with(connect.clone()).await.map_err(Failure::of_connecting) {
            // If multiple processes switch a new file to the write-ahead log at the same time, some of them fail without
            // waiting for the busy timeout.
            Err(Failure::Conflict) if Instant::now() < deadline => tokio::time::sleep(RETRY_DELAY).await,
            result => return Ok(Driver::Sqlite(Pool::new(result?))),
        }
    }
}

/// The properties of a SQLite URL that sqlx parses but does not expose.
#[cfg(feature = "sqlite")]
struct SqliteMode {
    has_mode: bool,
    is_read_only: bool,
    in_memory: bool,
}

#[cfg(feature = "sqlite")]
impl SqliteMode {
    fn of(url: &str) -> Self {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let parameter = |name| query.split('&').filter_map(|pair| pair.split_once('=')).find(|pair| pair.0 == name);
        let mode = parameter("mode").map(|(_, mode)| mode);
        let name = path.trim_start_matches("sqlite:").trim_start_matches("//");
        Self {
            has_mode: mode.is_some(),
            is_read_only: mode == Some("ro") || matches!(parameter("immutable"), Some((_, "true" | "1"))),
            // SQLite reads names that begin with `file:` as URIs.
            in_memory: mode == Some("memory") || matches!(name, ":memory:" | "file::memory:"),
        }
    }
}

#[cfg(feature = "postgres")]
async fn postgres(url: &str, options: ConnectionOptions) -> Result<Driver> {
    use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
    use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};

    use crate::driver::postgres::Pool;

    const DEFAULT_MAX_CONNECTIONS: u32 = 10;
    /// The idle time after which a connection is tested before use.
    const TESTED_IDLE_TIME: Duration = Duration::from_secs(1);

    let malformed = |_| configuration("the URL of the PostgreSQL database is malformed");
    let connect: PgConnectOptions = url.parse().map_err(malformed)?;
    let connect = connect.disable_statement_logging();
    // This makes the server cancel statements whose results are no longer awaited.
    let timeout = format!("SET statement_timeout = {}", options.operation_timeout.as_millis().max(1));
    let pool = PgPoolOptions::new()
        .acquire_timeout(acquire_timeout(options))
        .max_connections(options.max_connections.unwrap_or(DEFAULT_MAX_CONNECTIONS))
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move { Ok(meta.idle_for < TESTED_IDLE_TIME || connection.ping().await.is_ok()) })
        })
        .after_connect(move |connection, _| {
            let timeout = timeout.clone();
            Box::pin(async move { connection.execute(AssertSqlSafe(timeout)).await.map(drop) })
        });
    let pool = pool.connect_with(connect).await.map_err(Failure::of_connecting)?;
    Ok(Driver::Postgres(Pool::new(pool)))
}

#[cfg(test)]
mod tests {
    use user_directory::ErrorKind;

    use super::*;

    #[test]
    #[cfg(feature = "sqlite")]
    fn mode_is_read_from_the_query_and_not_from_the_path() {
        for (url, expected) in [
            ("sqlite:users.db", (false, false, false)),
            ("sqlite:mode=ro/immutable=1/:memory:.db", (false, false, false)),
            ("sqlite:users.db?cache=private&mode=rw", (true, false, false)),
            ("sqlite:users.db?mode=ro&cache=private", (true, true, false)),
            ("sqlite:users.db?immutable=true", (false, true, false)),
            ("sqlite:users.db?immutable=0", (false, false, false)),
            ("sqlite::memory:", (false, false, true)),
            ("sqlite://:memory:", (false, false, true)),
            ("sqlite:file::memory:", (false, false, true)),
            ("sqlite:file::memory:?cache=shared", (false, false, true)),
            ("sqlite:file?mode=memory&cache=shared", (true, false, true)),
        ] {
            let SqliteMode { has_mode, is_read_only, in_memory } = SqliteMode::of(url);
            assert_eq!((has_mode, is_read_only, in_memory), expected, "{url}");
        }
    }

    #[tokio::test]
    async fn errors_do_not_contain_the_password() {
        let options = ConnectionOptions { max_connections: None, operation_timeout: Duration::from_millis(400) };
        for url in [
            "mysql://user:hunter2@localhost/users",
            "postgres://user:hunter2@localhost:port/users",
            "postgres://user:hunter2@127.0.0.1:1/users",
            "hunter2",
        ] {
            let error = connect(url, options).await.err().unwrap();
            assert!(matches!(error.kind(), ErrorKind::Configuration | ErrorKind::Connect), "{error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
