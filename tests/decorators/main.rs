//! The decorators, alone and combined.

mod cached;
mod conformance;
#[path = "../support/conforms.rs"]
mod conforms;
mod faulty;
mod read_only;
mod recording;
mod stacked;
mod support;
