//! [`Saver`]: saves changes in the background.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::{SaveError, StateFile};

/// Saves changes periodically, on its own thread because the I/O blocks.
///
/// Dropping it instead of calling [`stop`](Self::stop) also triggers a last save, but does not wait for it.
#[derive(Debug)]
pub(crate) struct Saver {
    path: PathBuf,
    stop: mpsc::Sender<Infallible>,
    stopped: oneshot::Receiver<Result<(), SaveError>>,
}

impl Saver {
    /// Starts to save with this interval between two saves.
    ///
    /// # Errors
    ///
    /// If the thread cannot be spawned.
    pub(crate) fn spawn(state: StateFile, interval: Duration) -> io::Result<Self> {
        let path = state.path.clone();
        let (stop, stop_signal) = mpsc::channel();
        let (report, stopped) = oneshot::channel();
        thread::Builder::new().name("state file".to_owned()).spawn(move || {
            // The receiver is gone if the saver was dropped.
            let _ = report.send(run(state, interval, &stop_signal));
        })?;
        Ok(Self { path, stop, stopped })
    }

    /// Saves the remaining changes, compacts the file and closes it.
    ///
    /// # Errors
    ///
    /// If the changes cannot be saved. The message contains the path, and the source is the error of the operating system.
    pub(crate) async fn stop(self) -> io::Result<()> {
        drop(self.stop);
        let panicked = |_| {
            let path = self.path.display();
            io::Error::other(format!("saving to the state file {path} panicked; the latest changes may be lost"))
        };
        self.stopped.await.map_err(panicked)?.map_err(io::Error::from)
    }
}

fn run(mut state: StateFile, interval: Duration, stop_signal: &mpsc::Receiver<Infallible>) -> Result<(), SaveError> {
    let mut failing = false;
    while stop_signal.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
        let saved = state.save();
        // Log the first of consecutive failures only.
        match &saved {
            Err(error) if !failing => error.log("cannot save changes; retrying"),
            Ok(()) if failing => tracing::info!(path = %state.path.display(), "changes are saved again"),
            _ => {}
        }
        failing = saved.is_err();
        if let Err(error) = state.compact_in_background() {
            let path = state.path.display();
            tracing::error!(%path, %error, "cannot compact the state file; no changes are lost");
        }
    }
    state.close()
}
