//! The conformance suite on every implementation and every decorator of this crate, and on broken ones.

mod decorators;
mod fixtures;
mod implementations;
mod mutations;
mod outages;
mod reports;
