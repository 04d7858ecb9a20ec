//! Executes statements on SQLite.

use std::sync::Arc;

use sqlx::error::DatabaseError as _;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection, SqliteError};
use sqlx::{AssertSqlSafe, SqlitePool};
use tokio::sync::{Mutex, OwnedMutexGuard};
use user_directory::{Error, ErrorKind};

use super::Row;
use super::connection::Connection;
use crate::error::Failure;
use crate::sql::{Sql, Value};

/// The start of the error message for a missing table. The table name follows.
const NO_SUCH_TABLE: &str = "no such table: ";

/// A pool of connections to a database file.
#[derive(Clone)]
pub(crate) struct Pool {
    pool: SqlitePool,
    /// Serves the writers of this process in FIFO order. SQLite allows only one writer at a time, and waiting writers
    /// would otherwise poll.
    writer: Arc<Mutex<()>>,
}

/// A write transaction.
///
/// [`sqlx::Transaction`] is not used, because it does not handle automatic rollbacks. If the disk is full or an I/O
/// error occurs, SQLite rolls back automatically. The `ROLLBACK` of sqlx then fails, and the connection rejects all
/// later transactions.
pub(crate) struct Transaction {
    /// `None` after the transaction has ended.
    open: Option<Open>,
}

/// The resources of an open transaction.
struct Open {
    connection: Connection<Sqlite>,
    _writer: OwnedMutexGuard<()>,
}

impl Pool {
    pub(crate) fn new(pool: SqlitePool) -> Self {
        Self { pool, writer: Arc::default() }
    }

    pub(crate) fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    pub(super) async fn fetch(&self, sql: &Sql) -> Result<Vec<Row>, Failure> {
        let mut connection = Connection::acquire(&self.pool).await?;
        fetch(connection.get()?, sql).await
    }

    pub(super) async fn begin(&self) -> Result<Transaction, Failure> {
        let writer = Arc::clone(&self.writer).lock_owned().await;
        let connection = Connection::acquire(&self.pool).await?;
        let mut transaction = Transaction { open: Some(Open { connection, _writer: writer }) };
        let begun = sqlx::query("BEGIN IMMEDIATE").execute(transaction.connection()?).await;
        begun.map_err(Failure::of_connecting)?;
        Ok(transaction)
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

impl Transaction {
    fn connection(&mut self) -> Result<&mut SqliteConnection, Failure> {
        let ended = || Failure::new(ErrorKind::Server, "the transaction has ended");
        self.open.as_mut().ok_or_else(ended)?.connection.get()
    }

    pub(super) async fn fetch(&mut self, sql: &Sql) -> Result<Vec<Row>, Failure> {
        fetch(self.connection()?, sql).await
    }

    pub(super) async fn execute(&mut self, sql: &Sql) -> Result<u64, Failure> {
        let connection = self.connection()?;
        let result = match query(sql).execute(&mut *connection).await {
            Err(error) if is_missing_table(&error) => query(sql).execute(connection).await,
            result => result,
        };
        Ok(result?.rows_affected())
    }

    pub(super) async fn execute_script(&mut self, script: String) -> Result<(), Failure> {
        sqlx::raw_sql(AssertSqlSafe(script)).execute(self.connection()?).await?;
        Ok(())
    }

    pub(super) async fn rollback(mut self) {
        if let Ok(connection) = self.connection() {
            roll_back(connection).await;
            self.open = None;
        }
    }

    pub(super) async fn commit(mut self) -> Result<(), Failure> {
        // If this fails or is not awaited, dropping the transaction rolls back.
        sqlx::query("COMMIT").execute(self.connection()?).await?;
        self.open = None;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(mut open) = self.open.take() {
            let runtime = open.connection.runtime();
            runtime.spawn(async move {
                if let Ok(connection) = open.connection.get() {
                    roll_back(connection).await;
                }
            });
        }
    }
}

async fn roll_back(connection: &mut SqliteConnection) {
    // This fails if the transaction has already ended.
    let _ = sqlx::query("ROLLBACK").execute(connection).await;
}

async fn fetch(connection: &mut SqliteConnection, sql: &Sql) -> Result<Vec<Row>, Failure> {
    let rows = match fetch_once(connection, sql).await {
        Err(error) if is_missing_table(&error) => fetch_once(connection, sql).await,
        rows => rows,
    };
    Ok(rows?)
}

async fn fetch_once(connection: &mut SqliteConnection, sql: &Sql) -> Result<Vec<Row>, sqlx::Error> {
    if sql.is_single {
        // This avoids a second message between threads: sqlx would send the end of the result in addition to the row.
        return Ok(query(sql).fetch_optional(connection).await?.map(Row::Sqlite).into_iter().collect());
    }
    Ok(query(sql).fetch_all(connection).await?.into_iter().map(Row::Sqlite).collect())
}

/// Returns `true` if the statement could not be compiled because a table is missing.
///
/// Such a statement had no effect. Callers execute the statement a second time, because SQLite can report an existing
/// table as missing after another connection has changed the schema. This happens when compiling a statement uses the
/// virtual table `search_trigrams` for the first time on a connection: SQLite discards its outdated copy of the schema,
/// and reports the next table as missing. The second attempt reads the new schema.
fn is_missing_table(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.message().starts_with(NO_SUCH_TABLE))
}

fn query(sql: &Sql) -> sqlx::query::Query<'_, Sqlite, SqliteArguments> {
    let query = sqlx::query(AssertSqlSafe(sql.text.clone())).persistent(sql.keep);
    sql.values.iter().fold(query, |query, value| match value {
        Value::Bool(value) => query.bind(*value),
        Value::Int(value) => query.bind(*value),
        Value::Text(value) => query.bind(value.as_deref()),
        Value::Bytes(value) => query.bind(value.as_deref()),
    })
}

/// Converts a SQLite error to a failure.
pub(super) fn failure(error: &SqliteError) -> Failure {
    if let Some(table) = error.message().strip_prefix(NO_SUCH_TABLE) {
        return Failure::MissingTable(table.to_owned());
    }
    let code: i32 = error.code().and_then(|code| code.parse().ok()).unwrap_or_default();
    match code & 0xff {
        _ if error.is_unique_violation() => Failure::Taken,
        // A violation of `ON DELETE RESTRICT` has the same code as an error in a trigger.
        _ if error.is_foreign_key_violation() || error.message() == "FOREIGN KEY constraint failed" => {
            Failure::still_referenced()
        }
        // SQLITE_BUSY, SQLITE_LOCKED
        5 | 6 => Failure::Conflict,
        8 => Failure::new(ErrorKind::Unavailable, "the database is read-only"),
        9 => Failure::new(ErrorKind::Timeout, "the statement was interrupted"),
        10 => Failure::new(
            ErrorKind::Unavailable,
            format!("reading or writing the database file failed (SQLite code {code})"),
        ),
        11 => Failure::new(ErrorKind::Server, "the database file is damaged"),
        // SQLITE_FULL: the transaction is rolled back, even if the statement is `COMMIT`.
        13 => {
            Failure::Other(Error::new(ErrorKind::Unavailable).with_message("the disk is full").with_nothing_changed())
        }
        14 => Failure::new(ErrorKind::Connect, "the database file cannot be opened"),
        26 => Failure::new(ErrorKind::Configuration, "the file is not a SQLite database"),
        _ => Failure::new(ErrorKind::Server, format!("the statement failed (SQLite code {code})")),
    }
}
