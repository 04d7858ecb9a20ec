//! [`StateFile`]: a directory in memory that survives restarts, because it is kept in a file.
//!
//! [`EmulatorBuilder::state`](crate::EmulatorBuilder::state) says what is promised; this is how it is kept.
//!
//! The file is a log: what has changed since the last time is appended as one line, with its checksum, in one write, and
//! synced. So a kill leaves whole lines and at most one without its line feed, and a line is what the directory was at
//! one moment, whatever was changed by one operation. A write that failed is cut off before the next one. Now and then a
//! compaction writes the file anew under another name and renames it. It runs beside, while changes are appended to the
//! old file; what was appended meanwhile is copied at the end.
//!
//! The path is looked at whenever something is saved: if another file is there by now, or none, or what is there is not
//! as long as what was written, everybody is written to a new file at once. A single file that is mounted into a
//! container cannot be replaced, so nothing in it ever gets out of the way: what ought to be mounted is its folder.
//!
//! Changes are saved as fast as the disk takes them. A second is kept to unless a single step is very large, as when
//! hundreds of thousands of users are loaded at once.

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
use user_directory::in_memory::snapshot::{Change, Record, Tracked};

use compaction::{Background, Compacted, Compaction};
pub use error::StateError;
pub(crate) use error::Unsaved;
use load::load;
use place::{Identity, sync_folder};
pub(crate) use saver::Saver;

/// How much may be out of date in a file however small it is.
const FLOOR: u64 = 1 << 20;

/// How often what has changed is saved.
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

/// The file that a directory is kept in.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    directory: Tracked,
    /// In append mode.
    file: File,
    identity: Identity,
    /// Up to where the file is whole.
    length: u64,
    /// Whether something may follow that a failed write left.
    torn: bool,
    /// Whether it was told that the file is not in its place.
    missed: bool,
    /// How long the file was after the last compaction.
    compacted: u64,
    /// From which length on a compaction is due.
    due_beyond: u64,
    background: Option<Background>,
    /// Held, not read: what is locked is not the file itself, because a compaction puts another in its place.
    _lock: File,
}

impl StateFile {
    /// Opens a file, or begins a new one, and loads what is there into the directory. Changes are noted until it is
    /// dropped.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the file is damaged, something else, in use or not accessible, or if both the file and the
    /// directory have users. The directory is as it was then.
    pub(crate) fn open(path: &Path, directory: &InMemoryUserDirectory) -> Result<Self, StateError> {
        let path = place::resolve(path)?;
        let lock = place::lock(&path)?;
        let loaded = load(&path)?;
        // Before it is looked at, so that nothing is missed that happens meanwhile.
        let tracked = Tracked::new(directory).ok_or_else(|| StateError::DirectoryInUse { path: path.clone() })?;
        if !loaded.users.is_empty() && !directory.is_empty() {
            return Err(StateError::NotEmpty { path });
        }
        let refused = |source| StateError::Io { path: path.clone(), source };
        if !loaded.torn.is_empty() {
            let kept = place::beside(&path, ".torn");
            let keep = compaction::keep_torn(&path, &loaded.torn, &kept);
            keep.map_err(|source| StateError::Io { path: kept.clone(), source })?;
            let (path, bytes, kept) = (path.display(), loaded.torn.len(), kept.display());
            tracing::warn!(%path, bytes, %kept, "the last line of the state file was not finished, and is left out");
        }
        let (file, identity, length) = if loaded.outdated {
            let users = if loaded.users.is_empty() { tracked.records() } else { loaded.users.records() };
            begin(&path, users)
        } else {
            reopen(&path, loaded.length)
        }
        .map_err(refused)?;
        // Last of all, because it leaves traces. Somebody may have come in meanwhile.
        if !tracked.restore(loaded.users) {
            return Err(StateError::NotEmpty { path });
        }
        Ok(Self {
            path,
            directory: tracked,
            file,
            identity,
            length,
            torn: false,
            missed: false,
            compacted: length,
            due_beyond: due_beyond(length),
            background: None,
            _lock: lock,
        })
    }

    /// Appends what has changed since the last time, as one step. If that fails, the next time tries it again.
    pub(crate) fn save(&mut self) -> Result<(), Unsaved> {
        let changes = self.directory.take_changes();
        if changes.is_empty() {
            return Ok(());
        }
        self.write(&changes).map_err(|source| {
            self.directory.give_back(&changes);
            self.unsaved(changes.len(), source)
        })
    }

    fn unsaved(&self, users: usize, source: io::Error) -> Unsaved {
        Unsaved { path: self.path.clone(), users, source }
    }

    fn write(&mut self, changes: &[Change]) -> io::Result<()> {
        let mut line = Vec::new();
        format::write_batch(changes, &mut line)?;
        let appended = self.append(&line);
        // Afterwards, because what was written to a file that is gone by now is gone too.
        if self.is_in_place()? { appended } else { self.put_back() }
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

    /// Whether what is found under the name is the file that is written to, and nobody else has written to it.
    fn is_in_place(&self) -> io::Result<bool> {
        match fs::metadata(&self.path) {
            Ok(there) => Ok(Identity::of(&there) == self.identity && (self.torn || there.len() == self.length)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes the file anew because it is not in its place.
    fn put_back(&mut self) -> io::Result<()> {
        // Said once, not ten times a second.
        if !self.missed {
            let path = self.path.display();
            tracing::error!(%path, "the state file was removed, replaced or changed, and is written anew");
        }
        self.missed = true;
        self.rewrite()?;
        self.missed = false;
        Ok(())
    }

    /// Writes the file anew if something in it is out of date. That loses nothing if it fails.
    pub(crate) fn compact(&mut self) -> io::Result<()> {
        if self.length == self.compacted { Ok(()) } else { self.rewrite() }
    }

    fn rewrite(&mut self) -> io::Result<()> {
        self.abandon_compaction();
        let compacted = self.begin_compaction().run()?;
        self.put_in_place(compacted)
    }

    /// Begins a compaction beside if the file has become long, or ends the one that is done.
    fn compact_in_background(&mut self) -> io::Result<()> {
        let done = match self.background.take_if(|running| running.is_finished()) {
            Some(background) => {
                let from = background.from;
                background.join().and_then(|compacted| self.finish_compaction(compacted, from))
            }
            None if self.background.is_none() && self.is_compaction_due() => {
                Background::spawn(self.begin_compaction(), self.length).map(|begun| self.background = Some(begun))
            }
            None => Ok(()),
        };
        done.inspect_err(|_| self.due_beyond = due_beyond(self.length))
    }

    /// Waits for a compaction that is running, and throws its file away: another one needs the name and the room.
    fn abandon_compaction(&mut self) {
        drop(self.background.take().map(Background::join));
    }

    /// Whether the file has become so long that it ought to be written anew.
    fn is_compaction_due(&self) -> bool {
        self.length > self.due_beyond
    }

    /// Takes the users, for a file to be written while this one goes on being saved to.
    fn begin_compaction(&self) -> Compaction {
        Compaction::new(&self.path, self.directory.records())
    }

    /// Puts the new file in the place of this one, with what was saved since this one had the length `from`.
    fn finish_compaction(&mut self, mut compacted: Compacted, from: u64) -> io::Result<()> {
        let needed = compacted.length();
        compacted.add_lines(&self.file, from, self.length)?;
        self.put_in_place(compacted)?;
        self.compacted = needed;
        Ok(())
    }

    fn put_in_place(&mut self, compacted: Compacted) -> io::Result<()> {
        let length = compacted.length();
        (self.file, self.identity) = compacted.put_in_place()?;
        self.torn = false;
        self.length = length;
        self.compacted = length;
        self.due_beyond = due_beyond(length);
        sync_folder(&self.path)
    }

    /// Saves a last time, and lets the file be short.
    fn close(mut self) -> Result<(), Unsaved> {
        // First of all, because there may be little time left.
        let saved = self.save();
        self.abandon_compaction();
        if let Err(unsaved) = saved {
            unsaved.log("changes cannot be saved, which is tried once more");
            self.save()?;
        }
        let in_place = self.is_in_place().and_then(|so| if so { Ok(()) } else { self.put_back() });
        in_place.map_err(|source| self.unsaved(self.directory.records().len(), source))?;
        if let Err(error) = self.compact() {
            let path = self.path.display();
            tracing::warn!(%path, %error, "the state file cannot be written anew to be short; nothing is lost");
        }
        Ok(())
    }
}

/// Twice of what was needed.
fn due_beyond(length: u64) -> u64 {
    length.saturating_mul(2).saturating_add(FLOOR)
}

/// A file that holds these users, and its length.
fn begin(path: &Path, users: Vec<Arc<Record>>) -> io::Result<(File, Identity, u64)> {
    let compacted = Compaction::new(path, users).run()?;
    let length = compacted.length();
    let (file, identity) = compacted.put_in_place()?;
    sync_folder(path)?;
    Ok((file, identity, length))
}

/// The file that is there, and its length.
fn reopen(path: &Path, length: u64) -> io::Result<(File, Identity, u64)> {
    let file = OpenOptions::new().read(true).append(true).open(path)?;
    let identity = Identity::of(&file.metadata()?);
    Ok((file, identity, length))
}
