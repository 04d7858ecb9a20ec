//! No type prints secrets, and no error or log line, even at level `TRACE`, contains secrets or personal data.
//!
//! This is a separate test binary, because it installs a global logger.

mod known;
mod log;
mod runs;
mod server;
mod types;
