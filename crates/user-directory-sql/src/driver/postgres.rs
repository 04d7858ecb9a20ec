//! Execution on PostgreSQL.

use sqlx::AssertSqlSafe;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgArguments, PgConnection, PgPool, Postgres};
use user_directory::{Error, ErrorKind};

use super::Row;
use crate::error::Failure;
use crate::sql::{Sql, Value};

/// The connections to a server.
#[derive(Clone)]
pub(crate) struct Pool(PgPool);

/// A transaction.
pub(crate) struct Transaction(sqlx::Transaction<'static, Postgres>);

impl Pool {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    // Statements that only read and `BEGIN` are repeated if the connection was lost: after a restart of the server, all
    // idle connections are lost.

    pub(super) async fn fetch(&self, sql: &Sql) -> Result<Vec<Row>, Failure> {
        let mut idle = self.0.num_idle();
        loop {
            match self.fetch_once(sql).await {
                Err(Failure::Lost(_)) if idle > 0 => idle -= 1,
                result => return result,
            }
        }
    }

    async fn fetch_once(&self, sql: &Sql) -> Result<Vec<Row>, Failure> {
        let mut connection = self.0.acquire().await.map_err(|error| Failure::of_connecting(error, failure))?;
        fetch(&mut connection, sql).await
    }

    pub(super) async fn begin(&self) -> Result<Transaction, Failure> {
        let mut idle = self.0.num_idle();
        loop {
            match self.0.begin().await.map_err(|error| Failure::of_connecting(error, failure)) {
                Err(Failure::Lost(_)) if idle > 0 => idle -= 1,
                result => return result.map(Transaction),
            }
        }
    }

    pub(super) async fn close(&self) {
        self.0.close().await;
    }
}

impl Transaction {
    pub(super) async fn fetch(&mut self, sql: &Sql) -> Result<Vec<Row>, Failure> {
        fetch(&mut self.0, sql).await
    }

    pub(super) async fn execute(&mut self, sql: &Sql) -> Result<u64, Failure> {
        let done = query(sql).execute(&mut *self.0).await;
        done.map(|done| done.rows_affected()).map_err(|error| Failure::of(error, failure))
    }

    pub(super) async fn execute_script(&mut self, script: String) -> Result<(), Failure> {
        let done = sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *self.0).await;
        done.map(drop).map_err(|error| Failure::of(error, failure))
    }

    pub(super) async fn lock(&mut self, number: i64) -> Result<(), Failure> {
        self.execute(&Sql::new("SELECT pg_advisory_xact_lock($1)").value(number)).await.map(drop)
    }

    pub(super) async fn disable_statement_timeout(&mut self) -> Result<(), Failure> {
        self.execute_script("SET LOCAL statement_timeout = 0".to_owned()).await
    }

    pub(super) async fn commit(self) -> Result<(), Failure> {
        self.0.commit().await.map_err(|error| Failure::of(error, failure))
    }
}

async fn fetch(connection: &mut PgConnection, sql: &Sql) -> Result<Vec<Row>, Failure> {
    let rows = query(sql).fetch_all(connection).await.map_err(|error| Failure::of(error, failure))?;
    Ok(rows.into_iter().map(Row::Postgres).collect())
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

/// Interprets an error of PostgreSQL.
pub(crate) fn failure(error: &dyn DatabaseError) -> Failure {
    let code = error.code().unwrap_or_default();
    let code = code.as_ref();
    let failed = |kind, what: &str| Failure::new(kind, format!("{what} (SQLSTATE {code})"));
    match code {
        "23505" => Failure::Taken,
        // Serialization failure, deadlock, lock not available.
        "40001" | "40P01" | "55P03" => Failure::Conflict,
        "42P01" => Failure::MissingTable,
        "57014" => failed(ErrorKind::Timeout, "the server canceled the statement"),
        // The server shuts down or starts.
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
