//! Tests of the documentation, the quickstart example and a downstream crate.

mod documents;
mod downstream;
mod limits;
mod packages;
mod quickstart;
