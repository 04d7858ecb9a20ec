//! [`Stop`]: that somebody wants the program to end.

use std::sync::Arc;

use tokio::sync::watch;

/// Says that nothing new is to be begun. Clones say the same.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// A stop that Ctrl-C requests. A second Ctrl-C ends the program at once, which loses nothing either: what was under
    /// way is looked up by the next run.
    pub fn on_ctrl_c() -> Self {
        let stop = Self::default();
        let requested = stop.clone();
        tokio::spawn(async move {
            // Where there are no signals, there is nothing to wait for.
            if tokio::signal::ctrl_c().await.is_ok() {
                eprintln!("\nstopping; what is under way is finished (Ctrl-C again ends at once)");
                requested.request();
                if tokio::signal::ctrl_c().await.is_ok() {
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
