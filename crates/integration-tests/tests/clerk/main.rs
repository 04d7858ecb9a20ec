//! Tests of `ClerkUserDirectory` against stub servers.
#![recursion_limit = "256"] // for the `json!` of a whole user

mod allocations;
mod configuration;
mod errors;
mod limits;
mod metrics;
mod requests;
mod responses;
mod retries;
mod tls;
mod tracing;
mod transport;
