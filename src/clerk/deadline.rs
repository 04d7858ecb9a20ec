//! Runs a future with a deadline.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::time::Timer;

/// Returns the output of a future, or `None` if the deadline passes first.
pub(super) async fn before<T>(deadline: Duration, timer: &dyn Timer, future: impl Future<Output = T>) -> Option<T> {
    let left = deadline.saturating_sub(timer.now());
    match select(pin!(future), timer.sleep(left)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(((), _)) => None,
    }
}
