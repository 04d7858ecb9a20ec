//! The directories around a directory.

mod cached;
mod conformance;
#[path = "../support/conforms.rs"]
mod conforms;
mod faulty;
mod read_only;
mod recording;
mod stacked;
mod support;
