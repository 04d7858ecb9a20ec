//! [`StateFile`]: persists a directory in memory in a file.
//!
//! [`EmulatorBuilder::state`](crate::EmulatorBuilder::state) documents the guarantees. This is how they are met:
//!
//! - **Append**: the file is a log. The changes since the last save are appended as one line with a checksum, in one write
//!   that is synced. A crash therefore leaves complete lines and at most one incomplete line. Each line is an atomic snapshot
//!   of the changed users, so an operation on several users is in one line. A failed write is truncated before the next one.
//! - **Compaction**: when most of the file is outdated, the users are written to a temporary file, which is renamed. This
//!   happens on another thread while changes are appended to the old file. Lines that were appended in the meantime are
//!   copied before the rename.
//! - **External changes**: each save checks the path. If the file is missing, was replaced, or has an unexpected length, all
//!   users are written to a new file. A file that is mounted into a container cannot be replaced, so it is never compacted;
//!   mount its folder instead.
//!
//! The limit of one second can be exceeded by a very large change, such as loading hundreds of thousands of users.

mod compaction;
mod error;
mod format;
mod load;
mod place;
mod saver;
#[cfg(test)]
mod tests;

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use user_directory::InMemoryUserDirectory;
use user_directory::in_memory::snapshot::{Change, ChangeTracker, Record};

use compaction::{Background, Compacted, Compaction};
pub(crate) use error::SaveError;
pub use error::StateError;
use load::load;
use place::{Identity, sync_folder};
pub(crate) use saver::Saver;

/// The minimum amount of outdated data that causes a compaction, in bytes.
const MIN_OUTDATED: u64 = 1 << 20;

/// The interval between two saves.
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

/// An open state file.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    tracker: ChangeTracker,
    /// The file, in append mode.
    file: File,
    identity: Identity,
    /// The length of the complete lines, in bytes.
    length: u64,
    /// Whether the rest of a failed write may follow the complete lines.
    torn: bool,
    /// Whether the loss of the file has been logged.
    loss_logged: bool,
    /// The length of the file after the last compaction.
    compacted_length: u64,
    /// The length at which the next compaction starts.
    compaction_threshold: u64,
    background: Option<Background>,
    /// A separate file is locked, because a compaction replaces the state file.
    _lock: File,
}

impl StateFile {
    /// Opens or creates a file, and loads its users into the directory. Changes are tracked until the value is dropped.
    ///
    /// # Errors
    ///
    /// Returns [`StateError`] if the file is not a state file, damaged, in use or inaccessible, or if both the file and
    /// the directory have users. The directory is not modified in this case.
    pub(crate) fn open(path: &Path, directory: &InMemoryUserDirectory) -> Result<Self, StateError> {
        let path = place::resolve(path)?;
        let lock = place::lock(&path)?;
        let loaded = load(&path)?;
        // Tracking starts before the directory is inspected, so that no change is missed.
        let tracker = ChangeTracker::new(directory).ok_or_else(|| StateError::DirectoryInUse { path: path.clone() })?;
        if !loaded.users.is_empty() && !directory.is_empty() {
            return Err(StateError::NotEmpty { path });
        }
        let io_error = |source| StateError::Io { path: path.clone(), source };
        if !loaded.torn.is_empty() {
            let backup = place::with_suffix(&path, ".torn");
            compaction::back_up_torn(&path, &loaded.torn, &backup)
                .map_err(|source| StateError::Io { path: backup.clone(), source })?;
            let (path, bytes, backup) = (path.display(), loaded.torn.len(), backup.display());
            tracing::warn!(%path, bytes, %backup, "skipped an incomplete last line of the state file");
        }
        let (file, identity, length) = if loaded.needs_rewrite {
            let users = if loaded.users.is_empty() { tracker.records() } else { loaded.users.records() };
            create(&path, users)
        } else {
            reopen(&path, loaded.length)
        }
        .map_err(io_error)?;
        // Last, because it modifies the directory. It fails if a user was created in the meantime.
        if !tracker.restore(loaded.users) {
            return Err(StateError::NotEmpty { path });
        }
        Ok(Self {
            path,
            tracker,
            file,
            identity,
            length,
            torn: false,
            loss_logged: false,
            compacted_length: length,
            compaction_threshold: compaction_threshold(length),
            background: None,
            _lock: lock,
        })
    }

    /// Appends the changes since the last save. If that fails, the next save retries them.
    pub(crate) fn save(&mut self) -> Result<(), SaveError> {
        let changes = self.tracker.take_changes();
        if changes.is_empty() {
            return Ok(());
        }
        self.write(&changes).map_err(|source| {
            self.tracker.mark_changed(&changes);
            self.save_error(changes.len(), source)
        })
    }

    fn save_error(&self, users: usize, source: io::Error) -> SaveError {
        SaveError { path: self.path.clone(), users, source }
    }

    fn write(&mut self, changes: &[Change]) -> io::Result<()> {
        let mut line = Vec::new();
        format::write_batch(changes, &mut line)?;
        let appended = self.append(&line);
        // Checked after the write, because a write to a removed file is lost.
        if self.is_in_place()? { appended } else { self.recreate() }
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.length)?;
            self.torn = false;
        }
        let appended = self.file.write_all(line).and_then(|()| self.file.sync_data());
        match appended {
            Ok(()) => self.length += line.len() as u64,
            Err(_) => self.torn = self.file.set_len(self.length).is_err(),
        }
        appended
    }

    /// Returns `true` if the path refers to the open file, and no other process has written to it.
    fn is_in_place(&self) -> io::Result<bool> {
        match fs::metadata(&self.path) {
            Ok(metadata) => {
                Ok(Identity::of(&metadata) == self.identity && (self.torn || metadata.len() == self.length))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Recreates a file that was removed, replaced or modified.
    fn recreate(&mut self) -> io::Result<()> {
        // Log the first of consecutive attempts only.
        if !self.loss_logged {
            let path = self.path.display();
            tracing::error!(%path, "the state file was removed, replaced or modified; rewriting it");
        }
        self.loss_logged = true;
        self.rewrite()?;
        self.loss_logged = false;
        Ok(())
    }

    /// Rewrites the file if it contains outdated records. A failure loses no changes.
    pub(crate) fn compact(&mut self) -> io::Result<()> {
        if self.length == self.compacted_length { Ok(()) } else { self.rewrite() }
    }

    fn rewrite(&mut self) -> io::Result<()> {
        self.abandon_compaction();
        let compacted = self.start_compaction().run()?;
        self.replace_with(compacted)
    }

    /// Completes a finished background compaction, or starts one if it is due.
    fn compact_in_background(&mut self) -> io::Result<()> {
        let result = match self.background.take_if(|running| running.is_finished()) {
            Some(background) => {
                let from = background.from;
                background.join().and_then(|compacted| self.finish_compaction(compacted, from))
            }
            None if self.background.is_none() && self.is_compaction_due() => {
                Background::spawn(self.start_compaction(), self.length).map(|started| self.background = Some(started))
            }
            None => Ok(()),
        };
        result.inspect_err(|_| self.compaction_threshold = compaction_threshold(self.length))
    }

    /// Waits for a running compaction and discards its file, because the next one uses the same name.
    fn abandon_compaction(&mut self) {
        drop(self.background.take().map(Background::join));
    }

    /// Returns `true` if the file is long enough for a compaction.
    fn is_compaction_due(&self) -> bool {
        self.length > self.compaction_threshold
    }

    /// Returns a compaction of the current users. Changes can be saved while it runs.
    fn start_compaction(&self) -> Compaction {
        Compaction::new(&self.path, self.tracker.records())
    }

    /// Replaces this file by the compacted one, after copying the lines that were appended since the length was `from`.
    fn finish_compaction(&mut self, mut compacted: Compacted, from: u64) -> io::Result<()> {
        let compacted_length = compacted.length();
        compacted.append_from(&self.file, from, self.length)?;
        self.replace_with(compacted)?;
        self.compacted_length = compacted_length;
        Ok(())
    }

    fn replace_with(&mut self, compacted: Compacted) -> io::Result<()> {
        let length = compacted.length();
        (self.file, self.identity) = compacted.replace()?;
        self.torn = false;
        self.length = length;
        self.compacted_length = length;
        self.compaction_threshold = compaction_threshold(length);
        sync_folder(&self.path)
    }

    /// Saves the remaining changes, and compacts the file.
    fn close(mut self) -> Result<(), SaveError> {
        // First, because the process may be killed soon.
        let saved = self.save();
        self.abandon_compaction();
        if let Err(error) = saved {
            error.log("cannot save changes; retrying once");
            self.save()?;
        }
        let in_place = self.is_in_place().and_then(|in_place| if in_place { Ok(()) } else { self.recreate() });
        in_place.map_err(|source| self.save_error(self.tracker.records().len(), source))?;
        if let Err(error) = self.compact() {
            let path = self.path.display();
            tracing::warn!(%path, %error, "cannot compact the state file; no changes are lost");
        }
        Ok(())
    }
}

/// Returns the length at which a file of this compacted length is compacted again.
fn compaction_threshold(length: u64) -> u64 {
    length.saturating_mul(2).saturating_add(MIN_OUTDATED)
}

/// Creates a file with these users, and returns it with its length.
fn create(path: &Path, users: Vec<Arc<Record>>) -> io::Result<(File, Identity, u64)> {
    let compacted = Compaction::new(path, users).run()?;
    let length = compacted.length();
    let (file, identity) = compacted.replace()?;
    sync_folder(path)?;
    Ok((file, identity, length))
}

/// Opens an existing file, and returns it with its length.
fn reopen(path: &Path, length: u64) -> io::Result<(File, Identity, u64)> {
    let file = OpenOptions::new().read(true).append(true).open(path)?;
    let identity = Identity::of(&file.metadata()?);
    Ok((file, identity, length))
}
