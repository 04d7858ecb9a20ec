//! Executes statements on PostgreSQL.

use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgArguments, PgDatabaseError, PgPool, Postgres};
use user_directory::{Error, ErrorKind};

use super::Row;
use super::connection;
use crate::error::Failure;
use crate::sql::{Sql, Value};

/// A pool of connections to a server.
#[derive(Clone)]
pub(crate) struct Pool(PgPool);

/// A connection that is closed if it is dropped during a call.
///
/// If it were returned to the pool instead, the pool would wait without a timeout for the result of the call, even if
/// the server did not respond.
struct Connection {
    connection: connection::Connection<Postgres>,
    /// Whether a call is running, or a transaction was dropped before its end.
    is_busy: bool,
}

/// A write transaction.
pub(crate) struct Transaction {
    connection: Connection,
    /// Whether the transaction has begun and may still be open.
    is_open: bool,
}

impl Pool {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.0
    }

    async fn acquire(&self) -> Result<Connection, Failure> {
        Ok(Connection { connection: connection::Connection::acquire(&self.0).await?, is_busy: false })
    }

    // After a restart of the server, all idle connections are lost. Therefore, read-only statements and `BEGIN` are
    // retried on other connections.

    pub(super) async fn fetch(&self, sql: &Sql) -> Result<Vec<Row>, Failure> {
        let mut idle = self.0.num_idle();
        loop {
            match self.acquire().await?.fetch(sql).await {
                Err(Failure::Lost(_)) if idle > 0 => idle -= 1,
                result => return result,
            }
        }
    }

    pub(super) async fn begin(&self) -> Result<Transaction, Failure> {
        let mut idle = self.0.num_idle();
        loop {
            let mut transaction = Transaction { connection: self.acquire().await?, is_open: false };
            match transaction.begin().await {
                Ok(()) => return Ok(transaction),
                Err(Failure::Lost(_)) if idle > 0 => idle -= 1,
                Err(failure) => return Err(failure),
            }
        }
    }

    pub(super) async fn close(&self) {
        self.0.close().await;
    }
}

impl Connection {
    async fn fetch(&mut self, sql: &Sql) -> Result<Vec<Row>, Failure> {
        self.is_busy = true;
        let rows = query(sql).fetch_all(self.connection.get()?).await;
        Ok(self.finish(rows)?.into_iter().map(Row::Postgres).collect())
    }

    async fn execute(&mut self, sql: &Sql) -> Result<u64, Failure> {
        self.is_busy = true;
        let done = query(sql).execute(self.connection.get()?).await;
        Ok(self.finish(done)?.rows_affected())
    }

    async fn execute_script(&mut self, script: String) -> Result<(), Failure> {
        self.is_busy = true;
        let done = sqlx::raw_sql(AssertSqlSafe(script)).execute(self.connection.get()?).await;
        self.finish(done).map(drop)
    }

    fn finish<T>(&mut self, result: sqlx::Result<T>) -> Result<T, Failure> {
        self.is_busy = false;
        Ok(result?)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.is_busy {
            self.connection.close_on_drop();
        }
    }
}

impl Transaction {
    async fn begin(&mut self) -> Result<(), Failure> {
        // The default isolation level of the database can be higher, but each statement of the store must see all
        // earlier commits.
        self.connection.execute_script("BEGIN ISOLATION LEVEL READ COMMITTED".to_owned()).await?;
        self.is_open = true;
        Ok(())
    }

    pub(super) async fn fetch(&mut self, sql: &Sql) -> Result<Vec<Row>, Failure> {
        self.connection.fetch(sql).await
    }

    pub(super) async fn execute(&mut self, sql: &Sql) -> Result<u64, Failure> {
        self.connection.execute(sql).await
    }

    pub(super) async fn execute_script(&mut self, script: String) -> Result<(), Failure> {
        self.connection.execute_script(script).await
    }

    pub(super) async fn lock(&mut self, number: i64) -> Result<(), Failure> {
        self.execute(&Sql::new("SELECT pg_advisory_xact_lock($1)").value(number)).await.map(drop)
    }

    pub(super) async fn exclude_writers(&mut self, tables: &str) -> Result<(), Failure> {
        self.execute_script(format!("LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")).await
    }

    pub(super) async fn disable_statement_timeout(&mut self) -> Result<(), Failure> {
        self.execute_script("SET LOCAL statement_timeout = 0".to_owned()).await
    }

    /// Creates the `pg_trgm` extension if it does not exist.
    pub(super) async fn create_trigram_extension(&mut self) -> Result<(), Failure> {
        let created = self.execute_script("CREATE EXTENSION IF NOT EXISTS pg_trgm".to_owned()).await;
        created.map_err(|failure| match failure {
            Failure::Other(error) if error.kind() == ErrorKind::Configuration => Failure::new(
                ErrorKind::Configuration,
                "the extension `pg_trgm` is required: install the contrib modules of PostgreSQL, and let an \
                 administrator of the database execute `CREATE EXTENSION pg_trgm`",
            ),
            other => other,
        })
    }

    pub(super) async fn commit(mut self) -> Result<(), Failure> {
        self.connection.execute_script("COMMIT".to_owned()).await?;
        self.is_open = false;
        Ok(())
    }

    pub(super) async fn rollback(mut self) {
        self.is_open = self.connection.execute_script("ROLLBACK".to_owned()).await.is_err();
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // Closing the connection makes the server roll back.
        self.connection.is_busy |= self.is_open;
    }
}

fn query(sql: &Sql) -> sqlx::query::Query<'_, Postgres, PgArguments> {
    let query = sqlx::query(AssertSqlSafe(sql.text.clone())).persistent(sql.keep);
    sql.values.iter().fold(query, |query, value| match value {
        Value::Bool(value) => query.bind(*value),
        Value::Int(value) => query.bind(*value),
        Value::Text(value) => query.bind(value.as_deref()),
        Value::Bytes(value) => query.bind(value.as_deref()),
    })
}

/// Converts a PostgreSQL error to a failure.
pub(super) fn failure(error: &PgDatabaseError) -> Failure {
    let code = error.code();
    let failed = |kind, what: &str| Failure::new(kind, format!("{what} (SQLSTATE {code})"));
    match code {
        "23505" => Failure::Taken,
        // Foreign key violation; restrict violation (since PostgreSQL 18).
        "23503" | "23001" => Failure::still_referenced(),
        // Serialization failure, deadlock, lock not available.
        "40001" | "40P01" | "55P03" => Failure::Conflict,
        // Most languages put the table name in double quotes.
        "42P01" => Failure::MissingTable(error.message().split('"').nth(1).unwrap_or("user_directory").to_owned()),
        "57014" => failed(ErrorKind::Timeout, "the server canceled the statement"),
        // The server is shutting down or starting up.
        "57P01" | "57P02" | "57P03" | "57P05" => Failure::Lost(
            Error::new(ErrorKind::Unavailable)
                .with_message(format!("the server closed the connection (SQLSTATE {code})")),
        ),
        "25006" => failed(ErrorKind::Unavailable, "the database is read-only"),
        "42501" => failed(ErrorKind::Configuration, "the database user lacks a privilege"),
        "3D000" => failed(ErrorKind::Configuration, "the database does not exist"),
        "0A000" | "58P01" => failed(ErrorKind::Configuration, "the server does not support a feature"),
        _ => match code.get(..2) {
            Some("08") => Failure::Lost(
                Error::new(ErrorKind::Transport).with_message(format!("the connection failed (SQLSTATE {code})")),
            ),
            Some("28") => failed(ErrorKind::Configuration, "the server rejected the credentials"),
            Some("53") => failed(ErrorKind::Unavailable, "the server lacks resources"),
            Some("58") => failed(ErrorKind::Unavailable, "the server cannot access its files"),
            _ => failed(ErrorKind::Server, "the statement failed"),
        },
    }
}
