//! The application: users place orders.

use std::fmt;
use std::sync::Arc;

use user_directory::{NewUser, User, UserDirectory, UserDirectoryExt, UserId, async_trait};

pub type Error = Box<dyn std::error::Error + Send + Sync>;
pub type Result<T> = std::result::Result<T, Error>;

/// Access to the orders.
#[async_trait]
pub trait Orders: Send + Sync {
    async fn add(&self, user_id: &UserId, item: &str) -> Result<()>;

    /// Returns the orders of existing users who are not banned, oldest first.
    async fn shipments(&self) -> Result<Vec<Shipment>>;
}

/// An order with its user.
#[derive(Debug, PartialEq)]
pub struct Shipment {
    pub item: String,
    pub first_name: Option<String>,
    pub email_address: Option<String>,
}

impl fmt::Display for Shipment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.first_name.as_deref().unwrap_or("a user without a name");
        let email_address = self.email_address.as_deref().unwrap_or("no email address");
        write!(f, "{} for {name} ({email_address})", self.item)
    }
}

pub struct Shop {
    pub users: Arc<dyn UserDirectory>,
    pub orders: Arc<dyn Orders>,
}

impl Shop {
    /// Creates a user, or returns the existing one.
    pub async fn register(&self, customer: &str, first_name: &str, email_address: &str) -> Result<User> {
        let new_user = NewUser::new().external_id(customer).first_name(first_name).email_address(email_address);
        Ok(self.users.ensure(&new_user.skip_password_requirement(true)).await?.into_user())
    }

    /// Adds an order for the user with this email address.
    pub async fn order(&self, email_address: &str, item: &str) -> Result<()> {
        let user = self.users.find_by_email_address(email_address).await?;
        let user = user.ok_or("no user has this email address")?;
        if user.banned {
            return Err("banned users cannot order".into());
        }
        self.orders.add(&user.id, item).await
    }

    /// Returns the orders to ship, oldest first.
    pub async fn shipments(&self) -> Result<Vec<Shipment>> {
        self.orders.shipments().await
    }
}
