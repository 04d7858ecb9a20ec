//! [`Saver`]: saves while the directory is in use.

use std::convert::Infallible;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

use super::StateFile;
use super::compaction::Compacted;

/// Saves what has changed, again and again, on a thread of its own, because it waits for the disk.
///
/// One that is dropped without having been [stopped](Self::stop) saves a last time too, but nobody waits for it.
#[derive(Debug)]
pub(crate) struct Saver {
    stop: mpsc::Sender<Infallible>,
    stopped: oneshot::Receiver<io::Result<()>>,
}

impl Saver {
    /// Begins to save, this long after the time before.
    ///
    /// # Errors
    ///
    /// If the system has no thread for it.
    pub(crate) fn spawn(state: StateFile, interval: Duration) -> io::Result<Self> {
        let (stop, is_stopped) = mpsc::channel();
        let (report, stopped) = oneshot::channel();
        thread::Builder::new().name("state file".to_owned()).spawn(move || {
            // Nobody may be there any more to hear it.
            let _ = report.send(run(state, interval, &is_stopped));
        })?;
        Ok(Self { stop, stopped })
    }

    /// Saves a last time, lets the file be short, and closes it.
    ///
    /// # Errors
    ///
    /// If what has changed cannot be saved, or the file cannot be written anew, which loses nothing.
    pub(crate) async fn stop(self) -> io::Result<()> {
        drop(self.stop);
        self.stopped.await.unwrap_or_else(|_| Err(panicked()))
    }
}

fn panicked() -> io::Error {
    io::Error::other("a thread panicked")
}

/// A compaction on a thread of its own, so that it keeps nothing from being saved.
struct Background {
    thread: JoinHandle<io::Result<Compacted>>,
    /// How long the file was when it began.
    from: u64,
}

impl Background {
    fn spawn(state: &StateFile) -> io::Result<Self> {
        let compaction = state.begin_compaction();
        let thread = thread::Builder::new().name("compaction".to_owned()).spawn(move || compaction.run())?;
        Ok(Self { thread, from: state.length })
    }

    fn finish(self, state: &mut StateFile) -> io::Result<()> {
        let compacted = self.thread.join().unwrap_or_else(|_| Err(panicked()))?;
        state.finish_compaction(compacted, self.from)
    }
}

fn run(mut state: StateFile, interval: Duration, is_stopped: &mpsc::Receiver<Infallible>) -> io::Result<()> {
    let mut compaction: Option<Background> = None;
    let mut failing = false;
    while is_stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
        let saved = state.save();
        // Said once, not ten times a second.
        match &saved {
            Err(error) if !failing => failed(&state, error, "changes cannot be saved for now"),
            Ok(()) if failing => tracing::info!(path = %state.path.display(), "changes are saved again"),
            _ => {}
        }
        failing = saved.is_err();
        let compacted = match compaction.take() {
            Some(running) if running.thread.is_finished() => running.finish(&mut state),
            None if state.is_compaction_due() => Background::spawn(&state).map(|begun| compaction = Some(begun)),
            running => {
                compaction = running;
                Ok(())
            }
        };
        if let Err(error) = compacted {
            failed(&state, &error, "the state file cannot be written anew for now");
            state.postpone_compaction();
        }
    }
    // First of all, because there may be little time left.
    if let Err(error) = state.save() {
        failed(&state, &error, "changes cannot be saved, which is tried once more");
    }
    let compacted = compaction.map_or(Ok(()), |running| running.finish(&mut state));
    let closed = state.compact().and(compacted);
    closed.inspect_err(|error| failed(&state, error, "the state file cannot be closed as it should be"))
}

fn failed(state: &StateFile, error: &io::Error, what: &'static str) {
    tracing::error!(path = %state.path.display(), error = %error, "{what}");
}
