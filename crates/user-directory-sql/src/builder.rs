//! [`SqlUserDirectoryBuilder`].

use std::fmt;
use std::time::Duration;

use user_directory::Result;
use user_directory::store_directory::{IdGenerator, InstanceSettings, StoreUserDirectoryBuilder};
use user_directory::time::Clock;

use crate::directory::SqlUserDirectory;
use crate::driver::Driver;
use crate::encryption::EncryptionKeys;
use crate::schema::Prefix;
use crate::store::SqlStore;
use crate::url::{self, ConnectionOptions};

/// Builds a [`SqlUserDirectory`].
///
/// ```
/// use std::time::Duration;
/// use user_directory::store_directory::InstanceSettings;
/// use user_directory_sql::SqlUserDirectory;
///
/// # tokio_test::block_on(async {
/// let directory = SqlUserDirectory::builder()
///     .settings(InstanceSettings::default().require_password(true))
///     .table_prefix("app_")
///     .operation_timeout(Duration::from_secs(5))
///     .open("sqlite::memory:")
///     .await?;
/// directory.migrate().await?;
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[must_use]
pub struct SqlUserDirectoryBuilder {
    /// Builds the directory when the store is open.
    directory: StoreUserDirectoryBuilder<()>,
    keys: EncryptionKeys,
    table_prefix: Option<String>,
    connections: ConnectionOptions,
}

impl SqlUserDirectoryBuilder {
    pub(crate) fn new() -> Self {
        Self {
            directory: StoreUserDirectoryBuilder::new(()),
            keys: EncryptionKeys::new(),
            table_prefix: None,
            connections: ConnectionOptions { max_connections: None, operation_timeout: Duration::from_secs(10) },
        }
    }

    /// Sets what the instance allows and requires.
    ///
    /// The default bcrypt cost is [`InstanceSettings::DEFAULT_BCRYPT_COST`]. Use a lower one only in tests.
    pub fn settings(mut self, settings: InstanceSettings) -> Self {
        self.directory = self.directory.settings(settings);
        self
    }

    /// Sets the source of the current time. The default is [`SystemClock`](user_directory::time::SystemClock).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.directory = self.directory.clock(clock);
        self
    }

    /// Sets the generator of new ids. The default is [`RandomIds`](user_directory::store_directory::RandomIds).
    pub fn ids(mut self, ids: impl IdGenerator) -> Self {
        self.directory = self.directory.ids(ids);
        self
    }

    /// Sets the keys that encrypt TOTP secrets, backup codes and OAuth tokens. Without a key, these are rejected.
    pub fn encryption_keys(mut self, keys: EncryptionKeys) -> Self {
        self.keys = keys;
        self
    }

    /// Sets the prefix of the names of tables and indexes, of at most 32 lower-case ASCII letters, digits and `_`. The
    /// default is `user_directory_`.
    ///
    /// To use a schema of PostgreSQL, set the search path in the URL: `postgres://…?options[search_path]=app,public`. The
    /// search path must contain the schema of the extension `pg_trgm`, which is often `public`.
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.table_prefix = Some(prefix.into());
        self
    }

    /// Sets the maximum number of connections. The default is 10 for PostgreSQL and 4 for SQLite. Has no effect on
    /// pools and in-memory databases.
    pub fn max_connections(mut self, max_connections: u32) -> Self {
        self.connections.max_connections = Some(max_connections.max(1));
        self
    }

    /// Sets the maximum duration of each call of the store. The default is 10 seconds.
    ///
    /// An operation of the directory calls its store once or a few times.
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.connections.operation_timeout = timeout;
        self
    }

    /// Sets how long a write is retried if other writes change the same user, or the database aborts transactions
    /// because of concurrent ones. The default is 10 seconds.
    pub fn retry_timeout(mut self, timeout: Duration) -> Self {
        self.directory = self.directory.retry_timeout(timeout);
        self
    }

    /// Opens the database of a URL. A missing SQLite file is created. Tables are not: call
    /// [`migrate`](SqlUserDirectory::migrate).
    ///
    /// The [crate documentation](crate#databases) lists the URLs.
    ///
    /// # Errors
    ///
    /// - [`Configuration`](user_directory::ErrorKind::Configuration) if the URL or the table prefix is malformed, or
    ///   the server rejects the credentials.
    /// - [`Connect`](user_directory::ErrorKind::Connect) if there is no connection.
    pub async fn open(self, url: &str) -> Result<SqlUserDirectory> {
        let driver = url::connect(url, self.connections).await?;
        self.build(driver)
    }

    /// Uses a pool of SQLite connections.
    ///
    /// The pool must have foreign keys enabled, which is the default of sqlx. Use the write-ahead log and a busy timeout
    /// of a few seconds if several processes use the file. The pool of an in-memory database must have exactly one
    /// connection that is never closed.
    ///
    /// # Errors
    ///
    /// [`Configuration`](user_directory::ErrorKind::Configuration) if the table prefix is malformed.
    #[cfg(feature = "sqlite")]
    pub fn open_sqlite_pool(self, pool: sqlx::SqlitePool) -> Result<SqlUserDirectory> {
        self.build(Driver::Sqlite(crate::driver::sqlite::Pool::new(pool)))
    }

    /// Uses a pool of PostgreSQL connections.
    ///
    /// The `acquire_timeout` of the pool should be shorter than the
    /// [operation timeout](Self::operation_timeout). Otherwise, as with sqlx's default of 30 seconds, calls fail with
    /// [`Timeout`](user_directory::ErrorKind::Timeout) instead of [`Connect`](user_directory::ErrorKind::Connect) while
    /// the server is unreachable.
    ///
    /// # Errors
    ///
    /// [`Configuration`](user_directory::ErrorKind::Configuration) if the table prefix is malformed.
    #[cfg(feature = "postgres")]
    pub fn open_postgres_pool(self, pool: sqlx::PgPool) -> Result<SqlUserDirectory> {
        self.build(Driver::Postgres(crate::driver::postgres::Pool::new(pool)))
    }

    fn build(self, driver: Driver) -> Result<SqlUserDirectory> {
        let prefix = self.table_prefix.as_deref().map(Prefix::new).transpose()?.unwrap_or_default();
        let store = SqlStore::new(driver, prefix, self.keys, self.connections.operation_timeout);
        Ok(SqlUserDirectory::new(self.directory.with_store(store).build()))
    }
}

impl fmt::Debug for SqlUserDirectoryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlUserDirectoryBuilder")
            .field("directory", &self.directory)
            .field("encryption_keys", &self.keys)
            .field("table_prefix", &self.table_prefix)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}
