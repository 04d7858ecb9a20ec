//! The directories around a directory.

mod cached;
mod conformance;
mod faulty;
mod read_only;
mod recording;
mod stacked;
mod support;
