//! The conformance suite on every implementation and every decorator of this crate.

mod decorators;
mod implementations;
