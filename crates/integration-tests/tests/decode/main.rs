//! How responses from the service are decoded.
#![recursion_limit = "256"] // for the `json!` of a whole user

mod allocations;
mod fixtures;
mod malformed;
mod properties;
