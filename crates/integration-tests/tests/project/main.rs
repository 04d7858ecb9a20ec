//! The documents, the examples and the use from another crate.

mod documents;
mod downstream;
mod packages;
mod quickstart;
