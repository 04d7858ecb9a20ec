//! The composition root.

use std::sync::Arc;

use user_directory::{ClerkUserDirectory, InMemoryUserDirectory, UserDirectory};
use user_directory_sql::SqlUserDirectory;

use crate::memory_orders::MemoryOrders;
use crate::shop::{Orders, Result, Shop};
use crate::sql_orders::SqlOrders;

/// Assembles the application with the adapters that the setting selects.
pub async fn open(setting: &str) -> Result<Shop> {
    match (setting, setting.split_once(':')) {
        ("memory", _) => Ok(without_database(InMemoryUserDirectory::new())),
        ("clerk", _) => Ok(without_database(ClerkUserDirectory::from_env()?)),
        (_, Some(("sqlite" | "postgres" | "postgresql", _))) => on_database(setting).await,
        // The message does not contain the setting, which can contain a password.
        _ => Err("USER_DIRECTORY must be `memory`, `clerk`, or a URL that begins with `sqlite:` or `postgres:`".into()),
    }
}

pub fn without_database(users: impl UserDirectory) -> Shop {
    let users: Arc<dyn UserDirectory> = Arc::new(users);
    Shop { orders: Arc::new(MemoryOrders::new(Arc::clone(&users))), users }
}

/// The directory and the orders share one connection pool. The directory's tables are created first, because the orders
/// reference them.
async fn on_database(url: &str) -> Result<Shop> {
    let users = SqlUserDirectory::open(url).await?;
    users.migrate().await?;
    let orders: Arc<dyn Orders> = match (users.store().sqlite_pool(), users.store().postgres_pool()) {
        (Some(pool), _) => Arc::new(SqlOrders::on_sqlite(pool.clone()).await?),
        (_, Some(pool)) => Arc::new(SqlOrders::on_postgres(pool.clone()).await?),
        (None, None) => Arc::new(MemoryOrders::new(Arc::new(users.clone()))),
    };
    Ok(Shop { users: Arc::new(users), orders })
}
