//! The composition root.

use std::sync::Arc;
use std::time::Duration;

use user_directory::{ClerkUserDirectory, InMemoryUserDirectory, UserDirectory};
use user_directory_sql::SqlUserDirectory;
use user_directory_sql::sqlx::postgres::PgPoolOptions;
use user_directory_sql::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

use crate::memory_orders::MemoryOrders;
use crate::shop::{Result, Shop};
use crate::sql_orders::SqlOrders;

/// How long to wait for a connection. The default of sqlx, 30 seconds, is longer than the operation timeout of the
/// directory, so calls would fail with `Timeout` instead of `Connect` while the server is unreachable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// Assembles the application with the adapters of a setting.
pub async fn open(setting: &str) -> Result<Shop> {
    match (setting, setting.split_once(':')) {
        ("memory", _) => Ok(without_database(InMemoryUserDirectory::new())),
        ("clerk", _) => Ok(without_database(ClerkUserDirectory::from_env()?)),
        (_, Some(("sqlite", _))) => on_sqlite(setting).await,
        (_, Some(("postgres" | "postgresql", _))) => on_postgres(setting).await,
        // The message does not contain the setting, which can contain a password.
        _ => Err("USER_DIRECTORY must be `memory`, `clerk`, or a URL that begins with `sqlite:` or `postgres:`".into()),
    }
}

pub fn without_database(users: impl UserDirectory) -> Shop {
    let users: Arc<dyn UserDirectory> = Arc::new(users);
    Shop { orders: Arc::new(MemoryOrders::new(Arc::clone(&users))), users }
}

/// The directory and the orders share one pool. The tables of the directory come first, because the orders refer to them.
async fn on_sqlite(url: &str) -> Result<Shop> {
    let options: SqliteConnectOptions = url.parse()?;
    let options = options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    let pool = if url.contains(":memory:") {
        // Each connection has a database of its own, which ends with the connection.
        SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None)
    } else {
        SqlitePoolOptions::new()
    };
    let pool = pool.acquire_timeout(ACQUIRE_TIMEOUT).connect_with(options).await?;
    let users = SqlUserDirectory::builder().with_sqlite_pool(pool.clone())?;
    users.migrate().await?;
    Ok(Shop { users: Arc::new(users), orders: Arc::new(SqlOrders::on_sqlite(pool).await?) })
}

async fn on_postgres(url: &str) -> Result<Shop> {
    let pool = PgPoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT).connect(url).await?;
    let users = SqlUserDirectory::builder().with_postgres_pool(pool.clone())?;
    users.migrate().await?;
    Ok(Shop { users: Arc::new(users), orders: Arc::new(SqlOrders::on_postgres(pool).await?) })
}
