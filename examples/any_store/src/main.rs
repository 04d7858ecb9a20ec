//! An application that stores its users in memory, SQLite, PostgreSQL or Clerk, as selected by one setting.
//!
//! ```sh
//! cargo run -p any_store                                        # in memory
//! USER_DIRECTORY=sqlite:app.db cargo run -p any_store           # in a SQLite file, created if missing
//! USER_DIRECTORY=sqlite::memory: cargo run -p any_store         # in an in-memory SQLite database
//! USER_DIRECTORY=postgres://localhost/app cargo run -p any_store
//! USER_DIRECTORY=clerk CLERK_SECRET_KEY=sk_test_… cargo run -p any_store
//! ```
//!
//! The program registers two sample users, places an order for each, and lists the orders to ship. Run it twice to
//! see that a database persists them.
//!
//! - `shop.rs` contains the application. It depends on `Arc<dyn UserDirectory>` and on its own `Orders` trait.
//! - `sql_orders.rs` stores orders in the same database as the users, and joins the tables.
//! - `memory_orders.rs` stores orders in memory, and gets their users from the directory.
//! - `composition.rs` selects the adapters. Apart from the tests, no other file names an implementation.

mod composition;
mod memory_orders;
mod shop;
mod sql_orders;
#[cfg(test)]
mod tests;

use std::env;
use std::process::ExitCode;

use shop::Result;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("any_store: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let setting = env::var("USER_DIRECTORY").ok().filter(|setting| !setting.is_empty());
    let shop = composition::open(setting.as_deref().unwrap_or("memory")).await?;
    shop.register("customer-1", "Ada", "ada@example.com").await?;
    shop.register("customer-2", "Grace", "grace@example.com").await?;
    shop.order("ada@example.com", "punched cards").await?;
    shop.order("grace@example.com", "a nanosecond of wire").await?;
    println!("orders to ship:");
    for shipment in shop.shipments().await? {
        println!("  {shipment}");
    }
    Ok(())
}
