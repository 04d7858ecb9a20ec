//! [`Stop`]: a signal to stop.

use std::io;
use std::sync::Arc;

use futures_util::future::{self, BoxFuture, FutureExt};
use tokio::sync::watch;

/// Signals that no new work should start. Clones share the signal.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// Creates a signal that Ctrl-C sets. A second Ctrl-C exits immediately, which is safe: the next run looks up the
    /// users in flight.
    pub fn on_ctrl_c() -> Self {
        let stop = Self::default();
        let (requested, first) = (stop.clone(), next_ctrl_c());
        tokio::spawn(async move {
            // Fails if the signal handler cannot be installed.
            if first.await.is_ok() {
                let second = next_ctrl_c();
                eprintln!("\nstopping after the in-flight requests (press Ctrl-C again to exit immediately)");
                requested.request();
                // This does not remove the temporary directory of a dry run.
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

/// Returns a future of the next Ctrl-C after this call, not after the first poll.
fn next_ctrl_c() -> BoxFuture<'static, io::Result<()>> {
    let mut signal = tokio::signal::ctrl_c().boxed();
    match (&mut signal).now_or_never() {
        Some(result) => future::ready(result).boxed(),
        None => signal,
    }
}
