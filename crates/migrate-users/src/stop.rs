//! [`Stop`]: a signal to stop.

use std::io;
use std::sync::Arc;

use futures_util::future::{self, BoxFuture, FutureExt};
use tokio::sync::watch;

/// Signals that no new work should start. Clones share the signal.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// Creates a signal that Ctrl-C and SIGTERM set. A second Ctrl-C or SIGTERM exits immediately. This is safe,
    /// because the next run finds the users that were being created.
    pub fn on_signals() -> Self {
        let stop = Self::default();
        let (requested, first) = (stop.clone(), next_signal());
        tokio::spawn(async move {
            // An error means that the signal handler cannot be installed.
            if first.await.is_ok() {
                let second = next_signal();
                eprintln!("\nstopping after the in-flight requests (press Ctrl-C again to exit immediately)");
                requested.request();
                if second.await.is_ok() {
                    std::process::exit(130);
                }
            }
        });
        stop
    }

    pub fn request(&self) {
        self.0.send_replace(true);
    }

    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until a stop is requested.
    pub async fn requested(&self) {
        // The channel is open, because `self` holds the sender.
        drop(self.0.subscribe().wait_for(|requested| *requested).await);
    }
}

/// Returns a future that completes at the next signal after this call, even if it is first polled later.
fn next_signal() -> BoxFuture<'static, io::Result<()>> {
    let mut signal = future::select(tokio::signal::ctrl_c().boxed(), terminated()).map(|first| first.factor_first().0);
    match (&mut signal).now_or_never() {
        Some(result) => future::ready(result).boxed(),
        None => signal.boxed(),
    }
}

#[cfg(unix)]
fn terminated() -> BoxFuture<'static, io::Result<()>> {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => async move { signal.recv().await.ok_or_else(|| io::ErrorKind::BrokenPipe.into()) }.boxed(),
        Err(error) => future::ready(Err(error)).boxed(),
    }
}

#[cfg(not(unix))]
fn terminated() -> BoxFuture<'static, io::Result<()>> {
    future::pending().boxed()
}
