//! The baseline: the driver without the directory.

use user_directory_sql::sqlx::postgres::{PgPool, PgPoolOptions};
use user_directory_sql::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use user_directory_sql::sqlx::{self, ColumnIndex, Database, Decode, Encode, Row, Type, TypeInfo};

/// The columns that the directory reads.
const READ: &str =
    "SELECT sequence, version, user_id, password_hasher, password_digest, secrets_key_id, secrets, document
     FROM user_directory_users WHERE user_id = $1";

const SELECT_USER: &str = "SELECT user_id, version, external_id, username, first_name, last_name,
     primary_email_address, primary_phone_number, banned, created_at, updated_at, last_active_at, last_sign_in_at, document
     FROM user_directory_users WHERE user_id = $1";
const INSERT_USER: &str = "INSERT INTO user_directory_users (user_id, version, external_id, username, first_name, last_name,
     primary_email_address, primary_phone_number, banned, created_at, updated_at, last_active_at, last_sign_in_at, document)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING sequence";

const SELECT_SEARCH: &str =
    "SELECT creation_order, banned, updated_at, last_active_at, last_sign_in_at, first_name, last_name,
     username, email_address, phone_number, web3_wallet, email_address_text, phone_number_text, name_text, search_text
     FROM user_directory_search WHERE sequence = (SELECT sequence FROM user_directory_users WHERE user_id = $1)";
const INSERT_SEARCH: &str = "INSERT INTO user_directory_search (creation_order, banned, updated_at, last_active_at,
     last_sign_in_at, first_name, last_name, username, email_address, phone_number, web3_wallet, email_address_text,
     phone_number_text, name_text, search_text, sequence)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";

const SELECT_IDENTIFIERS: &str =
    "SELECT user_id, kind, value, exclusive FROM user_directory_identifiers WHERE user_id = $1";
const INSERT_IDENTIFIERS: &str = "INSERT INTO user_directory_identifiers (user_id, kind, value, exclusive)
     VALUES ($1, $2, $3, $4), ($5, $6, $7, $8), ($9, $10, $11, $12)";

/// Connections with the same options as those of the directory.
pub enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// The rows of a user with three identifiers.
pub struct Rows {
    user: Vec<Value>,
    search: Vec<Value>,
    identifiers: Vec<Value>,
}

enum Value {
    Bool(bool),
    Int(Option<i64>),
    Text(Option<String>),
}

impl Pool {
    pub async fn connect(url: &str) -> sqlx::Result<Self> {
        if url.starts_with("postgres") {
            let pool = PgPoolOptions::new().test_before_acquire(false).connect(url).await?;
            return Ok(Self::Postgres(pool));
        }
        let options: SqliteConnectOptions = url.parse()?;
        let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new().max_connections(4).test_before_acquire(false);
        Ok(Self::Sqlite(pool.connect_with(options.pragma("cache_size", "-8000")).await?))
    }

    /// Reads the row of a user, and returns the length of its text.
    pub async fn read(&self, id: &str) -> sqlx::Result<usize> {
        match self {
            Self::Sqlite(pool) => length(&sqlx::query(READ).bind(id).fetch_one(pool).await?),
            Self::Postgres(pool) => length(&sqlx::query(READ).bind(id).fetch_one(pool).await?),
        }
    }

    /// Reads the rows of a user from all tables.
    pub async fn rows(&self, id: &str) -> sqlx::Result<Rows> {
        Ok(Rows {
            user: self.values(SELECT_USER, id).await?,
            search: self.values(SELECT_SEARCH, id).await?,
            identifiers: self.values(SELECT_IDENTIFIERS, id).await?,
        })
    }

    /// Returns the values of all rows.
    async fn values(&self, select: &'static str, id: &str) -> sqlx::Result<Vec<Value>> {
        match self {
            Self::Sqlite(pool) => values(&sqlx::query(select).bind(id).fetch_all(pool).await?),
            Self::Postgres(pool) => values(&sqlx::query(select).bind(id).fetch_all(pool).await?),
        }
    }

    /// Inserts the rows of a user in one transaction.
    pub async fn insert(&self, rows: &Rows) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(pool) => {
                let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
                let user = bind(sqlx::query(INSERT_USER), &rows.user).fetch_one(&mut *transaction).await?;
                let search = bind(sqlx::query(INSERT_SEARCH), &rows.search).bind(user.try_get::<i64, _>(0)?);
                search.execute(&mut *transaction).await?;
                bind(sqlx::query(INSERT_IDENTIFIERS), &rows.identifiers).execute(&mut *transaction).await?;
                transaction.commit().await
            }
            Self::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                let user = bind(sqlx::query(INSERT_USER), &rows.user).fetch_one(&mut *transaction).await?;
                let search = bind(sqlx::query(INSERT_SEARCH), &rows.search).bind(user.try_get::<i64, _>(0)?);
                search.execute(&mut *transaction).await?;
                bind(sqlx::query(INSERT_IDENTIFIERS), &rows.identifiers).execute(&mut *transaction).await?;
                transaction.commit().await
            }
        }
    }
}

/// Reads all columns of a row, and returns the length of the document.
fn length<R: Row>(row: &R) -> sqlx::Result<usize>
where
    usize: ColumnIndex<R>,
    for<'a> i64: Decode<'a, R::Database> + Type<R::Database>,
    for<'a> &'a str: Decode<'a, R::Database> + Type<R::Database>,
    for<'a> &'a [u8]: Decode<'a, R::Database> + Type<R::Database>,
{
    std::hint::black_box((row.try_get::<i64, _>(0)?, row.try_get::<i64, _>(1)?, row.try_get::<&str, _>(2)?));
    for column in 3..=5 {
        std::hint::black_box(row.try_get::<Option<&str>, _>(column)?);
    }
    std::hint::black_box(row.try_get::<Option<&[u8]>, _>(6)?);
    Ok(row.try_get::<&str, _>(7)?.to_owned().len())
}

fn values<R: Row>(rows: &[R]) -> sqlx::Result<Vec<Value>>
where
    usize: ColumnIndex<R>,
    for<'a> bool: Decode<'a, R::Database> + Type<R::Database>,
    for<'a> i64: Decode<'a, R::Database> + Type<R::Database>,
    for<'a> String: Decode<'a, R::Database> + Type<R::Database>,
{
    let cells = rows.iter().flat_map(|row| (0..row.len()).map(move |column| (row, column)));
    let value = |(row, column): (&R, usize)| {
        let kind = sqlx::Column::type_info(row.column(column)).name().to_owned();
        Ok(match kind.as_str() {
            "BOOL" => Value::Bool(row.try_get(column)?),
            "TEXT" => Value::Text(row.try_get(column)?),
            _ => Value::Int(row.try_get(column)?),
        })
    };
    cells.map(value).collect()
}

fn bind<'q, DB: Database>(
    query: sqlx::query::Query<'q, DB, DB::Arguments>,
    values: &'q [Value],
) -> sqlx::query::Query<'q, DB, DB::Arguments>
where
    bool: Encode<'q, DB> + Type<DB>,
    Option<i64>: Encode<'q, DB> + Type<DB>,
    Option<&'q str>: Encode<'q, DB> + Type<DB>,
{
    values.iter().fold(query, |query, value| match value {
        Value::Bool(value) => query.bind(*value),
        Value::Int(value) => query.bind(*value),
        Value::Text(value) => query.bind(value.as_deref()),
    })
}
