//! The directories around a directory.

mod conformance;
mod read_only;
mod recording;
mod support;
