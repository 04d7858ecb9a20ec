//! Injectable clocks and timers.
//!
//! | trait | default implementation | implementation for tests | used by |
//! | --- | --- | --- | --- |
//! | [`Clock`] | [`SystemClock`] | [`ManualClock`] | `StoreUserDirectory`; `ClerkUserDirectory`, for dates in `Retry-After` headers; `webhooks::Verifier`; `CachedUserDirectory`, for the age of webhook events; `ReplicatedUserDirectory` |
//! | [`Timer`] | [`TokioTimer`] | [`FakeTimer`] | `ClerkUserDirectory`, for retries, call timeouts and client-side limits; `StoreUserDirectory`, for retries; `FaultyUserDirectory`; `ReplicatedUserDirectory` |
//!
//! `Timer`, its implementations and [`on_runtime`] require the `clerk` or `store` feature.

mod clock;
#[cfg(any(feature = "clerk", feature = "store"))]
mod runtime;
#[cfg(any(feature = "clerk", feature = "store"))]
mod timer;

pub use clock::{Clock, ManualClock, SystemClock};
#[cfg(feature = "clerk")]
pub(crate) use runtime::catch_unsuitable_runtime;
#[cfg(any(feature = "clerk", feature = "store"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "clerk", feature = "store"))))]
pub use runtime::on_runtime;
#[cfg(any(feature = "clerk", feature = "store"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "clerk", feature = "store"))))]
pub use timer::{FakeTimer, Timer, TokioTimer};

/// Sleeps on a timer.
///
/// # Errors
///
/// Returns [`Configuration`](crate::ErrorKind::Configuration) if the timer requires a Tokio runtime with a time driver,
/// and there is none.
#[cfg(feature = "store")]
pub(crate) async fn sleep(timer: &dyn Timer, duration: std::time::Duration) -> crate::Result<()> {
    runtime::catch_unsuitable_runtime(timer.sleep(duration)).await
}

/// Returns the time from `earlier` to `later`, or zero if `later` is before `earlier`.
#[cfg(any(feature = "clerk", feature = "store"))]
pub(crate) fn elapsed(earlier: jiff::Timestamp, later: jiff::Timestamp) -> std::time::Duration {
    std::time::Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}
