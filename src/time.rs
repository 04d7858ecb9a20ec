//! Time that tests can replace: [`Clock`] is the time of day, and [`Timer`] measures and waits.
//!
//! | trait | default | for tests | used by |
//! | --- | --- | --- | --- |
//! | [`Clock`] | [`SystemClock`] | [`ManualClock`] | `InMemoryUserDirectory`; dates in `Retry-After` |
//! | [`Timer`] | [`TokioTimer`] | [`FakeTimer`] | retries and rate limits of `ClerkUserDirectory`; `FaultyUserDirectory` |
//!
//! `Timer` needs the feature `clerk` or `in-memory`.

mod clock;
#[cfg(any(feature = "clerk", feature = "store"))]
mod timer;

pub use clock::{Clock, ManualClock, SystemClock};
#[cfg(any(feature = "clerk", feature = "store"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "clerk", feature = "store"))))]
pub use timer::{FakeTimer, Timer, TokioTimer};
