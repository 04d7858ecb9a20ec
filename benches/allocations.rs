//! Allocations of a call through the HTTP adapter, compared with the HTTP library alone, and of cloning a user.
//!
//! The integration tests `clerk/allocations.rs` and `decode/allocations.rs` check the limits. This is a separate
//! benchmark, because a counting allocator would distort the times of the others.
#![recursion_limit = "256"] // for the `json!` of a whole user
#![allow(clippy::cast_precision_loss, reason = "allocation counts are small")]

#[path = "support/allocations.rs"]
mod allocations;
#[path = "support/goals.rs"]
mod goals;
#[path = "support/page.rs"]
mod page;
#[path = "support/stub.rs"]
mod stub;

use user_directory::User;

fn main() {
    let counts = allocations::Counts::measure();
    let page = page::page(allocations::USERS.into());
    let users: Vec<User> = serde_json::from_slice(&page).expect("the page is a list of users");
    let clones = users.iter().map(|user| allocation_counter::measure(|| drop(user.clone())).count_total);
    goals::header("allocations");
    goals::at_most("get", 95.0, counts.get as f64);
    goals::at_most("page of 500 users", 14_000.0, counts.page as f64);
    goals::at_most("clone of a user, maximum", 20.0, clones.max().unwrap_or_default() as f64);
    goals::value("get, reqwest, bytes only", counts.baseline_get as f64);
    goals::value("page of 500 users, reqwest, bytes only", counts.baseline_page as f64);
}
