//! In-memory orders, for directories that do not share a database with the application.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use user_directory::{UserDirectory, UserDirectoryExt, UserId, async_trait};

use crate::shop::{Orders, Result, Shipment};

/// Orders in memory.
///
/// With Clerk, a real application stores orders in its own database, and combines them with users in the same way.
pub struct MemoryOrders {
    users: Arc<dyn UserDirectory>,
    orders: Mutex<Vec<(UserId, String)>>,
}

impl MemoryOrders {
    pub fn new(users: Arc<dyn UserDirectory>) -> Self {
        Self { users, orders: Mutex::default() }
    }
}

#[async_trait]
impl Orders for MemoryOrders {
    async fn add(&self, user_id: &UserId, item: &str) -> Result<()> {
        self.orders.lock().unwrap().push((user_id.clone(), item.to_owned()));
        Ok(())
    }

    async fn shipments(&self) -> Result<Vec<Shipment>> {
        // Cloned, because the lock must not be held while the directory is called.
        let orders = self.orders.lock().unwrap().clone();
        let ids: Vec<UserId> = orders.iter().map(|(user_id, _)| user_id.clone()).collect();
        let found = self.users.get_many(&ids).await?;
        let users: HashMap<_, _> = found.users.iter().map(|user| (&user.id, user)).collect();
        let shipment = |(user_id, item)| {
            let user = users.get(&user_id).filter(|user| !user.banned)?;
            let email_address = user.primary_email_address().map(|email| email.email_address.to_string());
            Some(Shipment { item, first_name: user.first_name.as_ref().map(ToString::to_string), email_address })
        };
        Ok(orders.into_iter().filter_map(shipment).collect())
    }
}
