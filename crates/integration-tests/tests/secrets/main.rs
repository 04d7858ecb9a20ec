//! Nothing secret is printed, and nothing personal is in errors or logs: not in any type, error or line of a log at the
//! level `TRACE`, whoever writes it.
//!
//! In a process of its own, because it listens to everything that the process tells.

mod known;
mod log;
mod runs;
mod server;
mod types;
