//! [`Saver`]: saves while the directory is in use.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::{StateFile, Unsaved};

/// Saves what has changed, again and again, on a thread of its own, because it waits for the disk.
///
/// One that is dropped without having been [stopped](Self::stop) saves a last time too, but nobody waits for it.
#[derive(Debug)]
pub(crate) struct Saver {
    path: PathBuf,
    stop: mpsc::Sender<Infallible>,
    stopped: oneshot::Receiver<Result<(), Unsaved>>,
}

impl Saver {
    /// Begins to save, this long after the time before.
    ///
    /// # Errors
    ///
    /// If the system has no thread for it.
    pub(crate) fn spawn(state: StateFile, interval: Duration) -> io::Result<Self> {
        let path = state.path.clone();
        let (stop, is_stopped) = mpsc::channel();
        let (report, stopped) = oneshot::channel();
        thread::Builder::new().name("state file".to_owned()).spawn(move || {
            // Nobody may be there any more to hear it.
            let _ = report.send(run(state, interval, &is_stopped));
        })?;
        Ok(Self { path, stop, stopped })
    }

    /// Saves a last time, lets the file be short, and closes it.
    ///
    /// # Errors
    ///
    /// If what has changed cannot be saved. The message names the file, and what the system says is the source.
    pub(crate) async fn stop(self) -> io::Result<()> {
        drop(self.stop);
        let panicked = |_| {
            let path = self.path.display();
            io::Error::other(format!("saving to the state file {path} panicked, so the latest changes may be unsaved"))
        };
        self.stopped.await.map_err(panicked)?.map_err(io::Error::from)
    }
}

fn run(mut state: StateFile, interval: Duration, is_stopped: &mpsc::Receiver<Infallible>) -> Result<(), Unsaved> {
    let mut failing = false;
    while is_stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
        let saved = state.save();
        // Said once, not ten times a second.
        match &saved {
            Err(unsaved) if !failing => unsaved.log("changes cannot be saved for now"),
            Ok(()) if failing => tracing::info!(path = %state.path.display(), "changes are saved again"),
            _ => {}
        }
        failing = saved.is_err();
        if let Err(error) = state.compact_in_background() {
            let path = state.path.display();
            tracing::error!(%path, %error, "the state file cannot be written anew for now; nothing is lost");
        }
    }
    state.close()
}
