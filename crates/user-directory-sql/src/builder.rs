//! [`SqlUserDirectoryBuilder`].

use std::fmt;
use std::time::Duration;

use user_directory::Result;
use user_directory::store_directory::{IdGenerator, InstanceSettings, StoreUserDirectoryBuilder};
use user_directory::time::{Clock, on_runtime};

use crate::directory::SqlUserDirectory;
use crate::driver::Driver;
use crate::encryption::EncryptionKeys;
use crate::schema::Prefix;
use crate::store::SqlStore;
use crate::url::{self, ConnectionOptions};

/// The maximum operation timeout. SQLite and PostgreSQL represent timeouts as 32-bit numbers of milliseconds.
const MAX_TIMEOUT: Duration = Duration::from_millis(1 << 30);

/// A builder for [`SqlUserDirectory`].
///
/// ```
/// use std::time::Duration;
/// use user_directory::store_directory::InstanceSettings;
/// use user_directory_sql::SqlUserDirectory;
///
/// # tokio_test::block_on(async {
/// let directory = SqlUserDirectory::builder()
///     .settings(InstanceSettings::permissive())
///     .table_prefix("app_")
///     .operation_timeout(Duration::from_secs(5))
///     .open("sqlite::memory:")
///     .await?;
/// directory.migrate().await?;
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[must_use]
pub struct SqlUserDirectoryBuilder {
    /// The settings of the directory, which is built after the store has been opened.
    directory: StoreUserDirectoryBuilder<()>,
    keys: EncryptionKeys,
    table_prefix: Option<String>,
    connections: ConnectionOptions,
    #[cfg(feature = "webhooks")]
    emits_events: bool,
}

impl SqlUserDirectoryBuilder {
    pub(crate) fn new() -> Self {
        Self {
            directory: StoreUserDirectoryBuilder::new(()),
            keys: EncryptionKeys::new(),
            table_prefix: None,
            connections: ConnectionOptions { max_connections: None, operation_timeout: Duration::from_secs(10) },
            #[cfg(feature = "webhooks")]
            emits_events: false,
        }
    }

    /// Sets the instance settings, such as required attributes and limits.
    ///
    /// The default is [`InstanceSettings::new`].
    pub fn settings(mut self, settings: InstanceSettings) -> Self {
        self.directory = self.directory.settings(settings);
        self
    }

    /// Enables events for created, updated and deleted users.
    ///
    /// See [`StoreUserDirectoryBuilder::emit_events`]. A process emits events only for its own writes, so enable events
    /// in every process that writes to the database. To read the events, use the
    /// [outbox](user_directory::StoreUserDirectory::outbox) of [`SqlUserDirectory::directory`].
    #[cfg(feature = "webhooks")]
    pub fn emit_events(mut self) -> Self {
        self.emits_events = true;
        self
    }

    /// Sets the clock. The default is [`SystemClock`](user_directory::time::SystemClock).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.directory = self.directory.clock(clock);
        self
    }

    /// Sets the id generator. The default is [`RandomIds`](user_directory::store_directory::RandomIds).
    pub fn ids(mut self, ids: impl IdGenerator) -> Self {
        self.directory = self.directory.ids(ids);
        self
    }

    /// Sets the keys that encrypt TOTP secrets, backup codes and OAuth tokens.
    ///
    /// Without a key, operations that store these secrets fail with
    /// [`Configuration`](user_directory::ErrorKind::Configuration).
    pub fn encryption_keys(mut self, keys: EncryptionKeys) -> Self {
        self.keys = keys;
        self
    }

    /// Sets the prefix of table and index names. The default is `user_directory_`.
    ///
    /// A prefix consists of at most 32 lowercase ASCII letters, digits and underscores. It must not begin with a digit
    /// or `sqlite_`.
    ///
    /// To use a specific PostgreSQL schema, set the search path in the URL:
    /// `postgres://…?options[search_path]=app,public`. The search path must include the schema that contains the
    /// `pg_trgm` extension, which is usually `public`.
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.table_prefix = Some(prefix.into());
        self
    }

    /// Sets the maximum number of connections in the pool.
    ///
    /// The default is 10 for PostgreSQL and 4 for SQLite. A value of 0 is treated as 1. The setting has no effect on
    /// existing pools or in-memory databases.
    pub fn max_connections(mut self, max_connections: u32) -> Self {
        self.connections.max_connections = Some(max_connections.max(1));
        self
    }

    /// Sets the timeout for each call to the store. The default is 10 seconds, and the maximum is about 12 days.
    ///
    /// A directory operation makes one or more calls to the store. [`SqlStore`] documents which calls can take longer.
    ///
    /// In pools opened by this crate, the timeout for acquiring a connection is half the operation timeout, and
    /// PostgreSQL's `statement_timeout` is set to the operation timeout.
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.connections.operation_timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Sets how long a write is retried. The default is 10 seconds.
    ///
    /// A write is retried if concurrent writes change the same user, or if the database aborts the transaction because
    /// of concurrent transactions. After this time, the write fails with [`Locked`](user_directory::ErrorKind::Locked),
    /// and nothing is changed.
    pub fn retry_timeout(mut self, timeout: Duration) -> Self {
        self.directory = self.directory.retry_timeout(timeout);
        self
    }

    /// Opens the database at `url`.
    ///
    /// The [crate documentation](crate#databases) lists the supported URLs. A missing SQLite file is created, unless
    /// the URL contains `mode=ro`, `mode=rw` or `immutable=true`. Tables are not created until
    /// [`migrate`](SqlUserDirectory::migrate) is called.
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`Configuration`](user_directory::ErrorKind::Configuration) if the URL or the table prefix is malformed, the
    ///   feature for the database is not enabled, the database does not exist, the file is not a SQLite database, the
    ///   server rejects the credentials, or the Tokio runtime lacks a [required driver](SqlStore).
    /// - [`Connect`](user_directory::ErrorKind::Connect) if the database file cannot be opened, or if no connection can
    ///   be established within half the [operation timeout](Self::operation_timeout).
    /// - Any other [store error](user_directory::store::UserStore#errors).
    pub async fn open(self, url: &str) -> Result<SqlUserDirectory> {
        let driver = on_runtime(url::connect(url, self.connections)).await??;
        self.build(driver)
    }

    /// Creates a directory that uses an existing SQLite connection pool.
    ///
    /// Foreign keys must be enabled, which is the default in sqlx. Otherwise, calls fail with
    /// [`Configuration`](user_directory::ErrorKind::Configuration). If multiple processes use the file, enable the
    /// write-ahead log and set a busy timeout of a few seconds. A pool for an in-memory database must keep exactly one
    /// connection open.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](user_directory::ErrorKind::Configuration) if the table prefix is malformed.
    #[cfg(feature = "sqlite")]
    pub fn open_sqlite_pool(self, pool: sqlx::SqlitePool) -> Result<SqlUserDirectory> {
        self.build(Driver::Sqlite(crate::driver::sqlite::Pool::new(pool)))
    }

    /// Creates a directory that uses an existing PostgreSQL connection pool.
    ///
    /// The pool's `acquire_timeout` should be shorter than the [operation timeout](Self::operation_timeout). If it is
    /// longer, like the sqlx default of 30 seconds, calls fail with [`Timeout`](user_directory::ErrorKind::Timeout)
    /// instead of [`Connect`](user_directory::ErrorKind::Connect) while the server is unreachable.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](user_directory::ErrorKind::Configuration) if the table prefix is malformed.
    #[cfg(feature = "postgres")]
    pub fn open_postgres_pool(self, pool: sqlx::PgPool) -> Result<SqlUserDirectory> {
        self.build(Driver::Postgres(crate::driver::postgres::Pool::new(pool)))
    }

    fn build(self, driver: Driver) -> Result<SqlUserDirectory> {
        let prefix = self.table_prefix.as_deref().map(Prefix::new).transpose()?.unwrap_or_default();
        let store = SqlStore::new(driver, prefix, self.keys, self.connections.operation_timeout);
        let directory = self.directory.with_store(store);
        #[cfg(feature = "webhooks")]
        let directory = if self.emits_events { directory.emit_events() } else { directory };
        Ok(SqlUserDirectory::new(directory.build()))
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
