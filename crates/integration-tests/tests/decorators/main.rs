//! The decorators, alone and combined.

mod cached;
mod cached_events;
mod cached_stale;
mod faulty;
mod read_only;
mod recording;
mod replicated;
mod stacked;
mod support;
