//! Checks the models, the HTTP adapter and the emulator against the official API description.

mod described;
mod emulator;
mod errors;
mod gaps;
mod models;
mod requests;
mod samples;
mod world;
