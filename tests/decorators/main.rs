//! The directories around a directory.

mod conformance;
mod faulty;
mod read_only;
mod recording;
mod support;
