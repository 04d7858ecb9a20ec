//! How often a call through the HTTP adapter allocates, next to the HTTP library alone.
//!
//! `cargo bench --bench allocations` prints the counts; the limits are also a test, `tests/client_allocations.rs`. An
//! allocator that counts would blur the times of the other benchmarks, so this is one of its own.
#![recursion_limit = "256"] // for the `json!` of a whole user
#![allow(clippy::cast_precision_loss, reason = "the counts are small")]

#[path = "support/allocations.rs"]
mod allocations;
#[path = "support/goals.rs"]
mod goals;
#[path = "support/page.rs"]
mod page;
#[path = "support/stub.rs"]
mod stub;

fn main() {
    let counts = allocations::Counts::measure();
    goals::head("allocations of a call through the HTTP adapter");
    goals::at_most("get", 95.0, counts.get as f64);
    goals::at_most("page of 500 users", 14_000.0, counts.page as f64);
    goals::figure("get, reqwest that only reads the bytes", counts.floor_get as f64);
    goals::figure("page of 500 users, reqwest that only reads the bytes", counts.floor_page as f64);
}
