//! [`Stop`]: that somebody wants the program to end.

use std::io;
use std::sync::Arc;

use futures_util::future::{self, BoxFuture, FutureExt};
use tokio::sync::watch;

/// Says that nothing new is to be begun. Clones say the same.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// A stop that Ctrl-C requests. A second Ctrl-C ends the program at once, which loses nothing either: what was
    /// under way is looked up by the next run.
    pub fn on_ctrl_c() -> Self {
        let stop = Self::default();
        let (requested, first) = (stop.clone(), next_ctrl_c());
        tokio::spawn(async move {
            // Where there are no signals, there is nothing to wait for.
            if first.await.is_ok() {
                let second = next_ctrl_c();
                eprintln!("\nstopping; what is under way is finished (Ctrl-C again ends at once)");
                requested.request();
                // The folder for temporary files of a dry run stays.
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

    /// Waits until it is requested.
    pub async fn requested(&self) {
        // The sender is here, so the channel is open.
        drop(self.0.subscribe().wait_for(|requested| *requested).await);
    }
}

/// The next Ctrl-C from now on, rather than from when it is first waited for.
fn next_ctrl_c() -> BoxFuture<'static, io::Result<()>> {
    let mut signal = tokio::signal::ctrl_c().boxed();
    match (&mut signal).now_or_never() {
        Some(result) => future::ready(result).boxed(),
        None => signal,
    }
}
