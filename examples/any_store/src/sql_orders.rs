//! Orders in the same database as the users.

use user_directory::{UserId, async_trait};
use user_directory_sql::sqlx::{
    Database, Encode, Executor, FromRow, IntoArguments, Pool, Postgres, Sqlite, Type, query, query_as, raw_sql,
};

use crate::shop::{Orders, Result, Shipment};

// `user_directory_` is the default table prefix of the directory. Deleting a user also deletes the user's orders.
// Without `ON DELETE CASCADE`, users with orders could not be deleted. Deletions use the index.

const SQLITE_TABLE: &str = "
    CREATE TABLE IF NOT EXISTS orders (
        order_id integer PRIMARY KEY AUTOINCREMENT,
        user_id text NOT NULL REFERENCES user_directory_users (user_id) ON DELETE CASCADE,
        item text NOT NULL
    );
    CREATE INDEX IF NOT EXISTS orders_user_id ON orders (user_id);
";

const POSTGRES_TABLE: &str = "
    CREATE TABLE IF NOT EXISTS orders (
        order_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id text NOT NULL REFERENCES user_directory_users (user_id) ON DELETE CASCADE,
        item text NOT NULL
    );
    CREATE INDEX IF NOT EXISTS orders_user_id ON orders (user_id);
";

const ADD: &str = "INSERT INTO orders (user_id, item) VALUES ($1, $2)";

const SHIPMENTS: &str = "
    SELECT orders.item, users.first_name, users.primary_email_address
    FROM orders JOIN user_directory_users AS users USING (user_id)
    WHERE NOT users.banned
    ORDER BY orders.order_id
";

/// The queries are the same for both databases, so one implementation is enough.
pub struct SqlOrders<DB: Database> {
    pool: Pool<DB>,
}

impl SqlOrders<Sqlite> {
    /// Creates the table if it is missing. The directory's tables must exist.
    pub async fn on_sqlite(pool: Pool<Sqlite>) -> Result<Self> {
        raw_sql(SQLITE_TABLE).execute(&pool).await?;
        Ok(Self { pool })
    }
}

impl SqlOrders<Postgres> {
    /// Creates the table if it is missing. The directory's tables must exist.
    pub async fn on_postgres(pool: Pool<Postgres>) -> Result<Self> {
        raw_sql(POSTGRES_TABLE).execute(&pool).await?;
        Ok(Self { pool })
    }
}

#[async_trait]
impl<DB: Database> Orders for SqlOrders<DB>
where
    for<'c> &'c Pool<DB>: Executor<'c, Database = DB>,
    DB::Arguments: IntoArguments<DB>,
    for<'q> &'q str: Encode<'q, DB> + Type<DB>,
    for<'r> (String, Option<String>, Option<String>): FromRow<'r, DB::Row>,
{
    async fn add(&self, user_id: &UserId, item: &str) -> Result<()> {
        query(ADD).bind(user_id.as_str()).bind(item).execute(&self.pool).await?;
        Ok(())
    }

    async fn shipments(&self) -> Result<Vec<Shipment>> {
        let rows: Vec<(String, Option<String>, Option<String>)> = query_as(SHIPMENTS).fetch_all(&self.pool).await?;
        let shipment = |(item, first_name, email_address)| Shipment { item, first_name, email_address };
        Ok(rows.into_iter().map(shipment).collect())
    }
}
