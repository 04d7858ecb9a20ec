//! The decorators, alone and combined.

mod cached;
mod faulty;
mod read_only;
mod recording;
mod stacked;
mod support;
