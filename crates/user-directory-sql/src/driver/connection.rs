//! [`Connection`]: a pooled connection that can be dropped outside of a runtime.

use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};
use tokio::runtime::Handle;
use user_directory::ErrorKind;

use crate::error::Failure;

/// A pooled connection that can be dropped outside of a runtime.
///
/// Dropping a [`PoolConnection`] spawns a task that returns the connection to the pool, so sqlx panics if the
/// connection is dropped outside of a runtime. This type spawns the task on the runtime that acquired the connection.
/// If that runtime has been shut down, the connection is closed.
pub(super) struct Connection<DB: Database> {
    /// `None` after the connection was dropped.
    connection: Option<PoolConnection<DB>>,
    runtime: Handle,
}

impl<DB: Database> Connection<DB> {
    pub(super) async fn acquire(pool: &Pool<DB>) -> Result<Self, Failure> {
        // This future is large, because it can open a connection.
        let connection = Box::pin(pool.acquire()).await.map_err(Failure::of_connecting)?;
        Ok(Self { connection: Some(connection), runtime: Handle::current() })
    }

    pub(super) fn get(&mut self) -> Result<&mut DB::Connection, Failure> {
        let connection = self.connection.as_deref_mut();
        connection.ok_or_else(|| Failure::new(ErrorKind::Server, "the connection was returned to the pool"))
    }

    /// Returns the runtime that acquired the connection.
    #[cfg(feature = "sqlite")]
    pub(super) fn runtime(&self) -> Handle {
        self.runtime.clone()
    }

    /// Closes the connection when it is dropped, instead of returning it to the pool.
    #[cfg(feature = "postgres")]
    pub(super) fn close_on_drop(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.close_on_drop();
        }
    }
}

impl<DB: Database> Drop for Connection<DB> {
    fn drop(&mut self) {
        let _entered = self.runtime.enter();
        drop(self.connection.take());
    }
}
