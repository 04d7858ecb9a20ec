//! The official description of the API against what this crate knows, sends, writes and serves.

mod described;
mod emulator;
mod errors;
mod gaps;
mod models;
mod requests;
mod samples;
mod world;
