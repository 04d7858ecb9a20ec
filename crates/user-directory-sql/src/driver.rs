//! Executes SQL statements. Each database has its own module, and the enums in this module dispatch to it.

mod connection;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use sqlx::error::DatabaseError;
use user_directory::ErrorKind;

use crate::error::Failure;
use crate::sql::Sql;

/// The SQL dialect of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    #[cfg(feature = "sqlite")]
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
}

impl Dialect {
    /// Returns the name of the SQL function that returns the position of a substring, or 0 if there is none.
    pub(crate) fn position_function(self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "instr",
            #[cfg(feature = "postgres")]
            Self::Postgres => "strpos",
        }
    }

    /// Returns the maximum number of rows that one statement inserts.
    pub(crate) fn max_inserted_rows(self) -> usize {
        match self {
            // The time to prepare and bind a statement is quadratic in the number of placeholders.
            #[cfg(feature = "sqlite")]
            Self::Sqlite => 10,
            // Each statement costs a round trip. The maximum number of placeholders is 65,535.
            #[cfg(feature = "postgres")]
            Self::Postgres => 500,
        }
    }
}

/// A connection pool.
#[derive(Clone)]
pub(crate) enum Driver {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Pool),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Pool),
}

/// A write transaction. It is rolled back when it is dropped.
pub(crate) enum Transaction {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Transaction),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Transaction),
}

/// A row of a query result. Columns are numbered from 0.
pub(crate) enum Row {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::sqlite::SqliteRow),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::postgres::PgRow),
}

impl Driver {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Executes a read-only statement, and returns its rows.
    pub(crate) async fn fetch(&self, sql: &Sql) -> Result<Vec<Row>, Failure> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => pool.fetch(sql).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => pool.fetch(sql).await,
        }
    }

    /// Begins a write transaction.
    pub(crate) async fn begin(&self) -> Result<Transaction, Failure> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => pool.begin().await.map(Transaction::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => pool.begin().await.map(Transaction::Postgres),
        }
    }

    /// Closes all connections.
    pub(crate) async fn close(&self) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => pool.close().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Transaction {
    /// Executes a statement and returns its rows.
    pub(crate) async fn fetch(&mut self, sql: &Sql) -> Result<Vec<Row>, Failure> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(transaction) => transaction.fetch(sql).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => transaction.fetch(sql).await,
        }
    }

    /// Executes a statement and returns the number of affected rows.
    pub(crate) async fn execute(&mut self, sql: &Sql) -> Result<u64, Failure> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(transaction) => transaction.execute(sql).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => transaction.execute(sql).await,
        }
    }

    /// Executes multiple statements that have no bound values.
    pub(crate) async fn execute_script(&mut self, script: String) -> Result<(), Failure> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(transaction) => transaction.execute_script(script).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => transaction.execute_script(script).await,
        }
    }

    /// Acquires the lock with the given number, and holds it until the transaction ends.
    #[cfg_attr(not(feature = "postgres"), expect(clippy::unused_async, reason = "only PostgreSQL does work here"))]
    pub(crate) async fn lock(&mut self, number: i64) -> Result<(), Failure> {
        match self {
            // SQLite allows only one write transaction at a time.
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => {
                let _ = number;
                Ok(())
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => transaction.lock(number).await,
        }
    }

    /// Waits for all transactions that write to the tables, and blocks further writers until this transaction ends.
    #[cfg_attr(not(feature = "postgres"), expect(clippy::unused_async, reason = "only PostgreSQL does work here"))]
    pub(crate) async fn exclude_writers(&mut self, tables: &str) -> Result<(), Failure> {
        match self {
            // SQLite allows only one write transaction at a time.
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => {
                let _ = tables;
                Ok(())
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => transaction.exclude_writers(tables).await,
        }
    }

    /// Disables the statement timeout for this transaction.
    #[cfg_attr(not(feature = "postgres"), expect(clippy::unused_async, reason = "only PostgreSQL does work here"))]
    pub(crate) async fn disable_statement_timeout(&mut self) -> Result<(), Failure> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => transaction.disable_statement_timeout().await,
        }
    }

    /// Creates the PostgreSQL extension that the trigram index requires.
    #[cfg_attr(not(feature = "postgres"), expect(clippy::unused_async, reason = "only PostgreSQL does work here"))]
    pub(crate) async fn create_trigram_extension(&mut self) -> Result<(), Failure> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => transaction.create_trigram_extension().await,
        }
    }

    /// Rolls back the changes. Dropping the transaction also rolls back, but may close the connection.
    pub(crate) async fn rollback(self) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(transaction) => transaction.rollback().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => transaction.rollback().await,
        }
    }

    /// Commits the changes. [`Failure::Conflict`] and [`Failure::Taken`] guarantee that nothing was changed.
    pub(crate) async fn commit(self) -> Result<(), Failure> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(transaction) => transaction.commit().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }
}

/// Returns the first column of the first row, or `None` if there are no rows.
pub(crate) fn first_int(rows: &[Row]) -> Result<Option<i64>, Failure> {
    rows.first().map(|row| row.int(0)).transpose()
}

/// Converts a database error to a failure.
pub(crate) fn failure(error: &dyn DatabaseError) -> Failure {
    #[cfg(feature = "sqlite")]
    if let Some(error) = error.try_downcast_ref() {
        return sqlite::failure(error);
    }
    #[cfg(feature = "postgres")]
    if let Some(error) = error.try_downcast_ref() {
        return postgres::failure(error);
    }
    Failure::new(ErrorKind::Server, "the statement failed")
}

/// Returns the value of a column of either database.
macro_rules! get {
    ($row:expr, $column:expr) => {
        match $row {
            #[cfg(feature = "sqlite")]
            Row::Sqlite(row) => sqlx::Row::try_get(row, $column)?,
            #[cfg(feature = "postgres")]
            Row::Postgres(row) => sqlx::Row::try_get(row, $column)?,
        }
    };
}

impl Row {
    pub(crate) fn int(&self, column: usize) -> Result<i64, Failure> {
        Ok(get!(self, column))
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str, Failure> {
        Ok(get!(self, column))
    }

    pub(crate) fn optional_text(&self, column: usize) -> Result<Option<&str>, Failure> {
        Ok(get!(self, column))
    }

    pub(crate) fn optional_bytes(&self, column: usize) -> Result<Option<&[u8]>, Failure> {
        Ok(get!(self, column))
    }
}
