//! [`StateFile`]: a directory in memory that survives restarts, because it is kept in a file.
//!
//! [`EmulatorBuilder::state`](super::EmulatorBuilder::state) says what is promised; this is how it is kept.
//!
//! The file is a log: what has changed since the last time is appended as one line, with its checksum, in one write, and
//! synced. So a kill leaves whole lines and at most one without its line feed, and a line is what the directory was at
//! one moment, whatever was changed by one operation. A write that failed is cut off before the next one. Now and then a
//! compaction writes the file anew under another name and renames it. It runs beside, while changes are appended to the
//! old file; what was appended meanwhile is copied at the end.
//!
//! Changes are saved as fast as the disk takes them. A second is kept to unless a single step is very large, as when
//! hundreds of thousands of users are loaded at once.

mod compaction;
mod format;
mod saver;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::InMemoryUserDirectory;
use crate::in_memory::snapshot::{Record, Unrestorable};
use crate::model::UserId;
use compaction::{Compacted, Compaction, sync_folder};
use format::{Batch, WrongHeader};
pub(crate) use saver::Saver;

/// How much may be out of date in a file however small it is.
const FLOOR: u64 = 1 << 20;

/// How often what has changed is saved.
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

/// Why a [state file](crate::emulator::EmulatorBuilder::state) cannot be opened. The file is as it was.
///
/// The messages name the file, and hold nothing of what is in it.
///
/// ```
/// use user_directory::emulator::{Emulator, StartError, StateError};
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("users.state");
/// std::fs::write(&path, "something else")?;
/// let error = Emulator::builder().state(&path).start().await.unwrap_err();
/// assert!(error.to_string().ends_with("users.state is not a state file of this program"));
/// assert!(matches!(error, StartError::State(StateError::OtherFormat { .. })));
/// # Ok::<_, std::io::Error>(()) }).unwrap();
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Another process has it open.
    #[error("the state file {} is in use by another process", .path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It is something else.
    #[error("{} is not a state file of this program", .path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
    },
    /// A later version wrote it.
    #[error("the state file {} is of a later version of this program (its format is {version})", .path.display())]
    LaterVersion {
        /// The file.
        path: PathBuf,
        /// The version of its format.
        version: u64,
    },
    /// It cannot be understood.
    #[error("the state file {} is damaged, and was left as it is: line {line} {what}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The number of the line, counted from 1.
        line: u64,
        /// What is wrong with the line, in words that hold nothing of it.
        what: String,
    },
    /// Both the file and the directory have users.
    #[error("the state file {} cannot be loaded into a directory that has users already", .path.display())]
    NotEmpty {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("the state file {} cannot be opened: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The file that a directory is kept in.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    directory: InMemoryUserDirectory,
    /// In append mode.
    file: File,
    /// Up to where the file is whole.
    length: u64,
    /// Whether something may follow that a failed write left.
    torn: bool,
    /// How long the file was after the last compaction.
    compacted: u64,
    /// From which length on a compaction is due.
    due_beyond: u64,
    /// Held, not read: what is locked is not the file itself, because a compaction puts another in its place.
    _lock: File,
}

impl StateFile {
    /// Opens a file, or begins a new one, and loads what is there into the directory. From here on changes are noted.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the file is damaged, something else, in use or not accessible, or if both the file and the
    /// directory have users.
    pub(crate) fn open(path: &Path, directory: &InMemoryUserDirectory) -> Result<Self, StateError> {
        // Through a symbolic link, because a compaction would take the link's place, not the file's.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let lock = lock(&path)?;
        let loaded = load(&path)?;
        directory.restore(loaded.records).map_err(|error| match error {
            Unrestorable::NotEmpty => StateError::NotEmpty { path: path.clone() },
            Unrestorable::Ambiguous => {
                let what = "leaves users whose order is not clear".to_owned();
                StateError::Damaged { path: path.clone(), line: loaded.lines, what }
            }
        })?;
        let (file, length) = if loaded.outdated { begin(&path, directory) } else { reopen(&path, loaded.length) }
            .map_err(|source| StateError::Io { path: path.clone(), source })?;
        let directory = directory.clone();
        let due_beyond = due_beyond(length);
        Ok(Self { path, directory, file, length, torn: false, compacted: length, due_beyond, _lock: lock })
    }

    /// Appends what has changed since the last time, as one step. If that fails, the next time tries it again.
    pub(crate) fn save(&mut self) -> io::Result<()> {
        let changes = self.directory.take_changes();
        if changes.is_empty() {
            return Ok(());
        }
        let mut line = Vec::new();
        let written = format::write_batch(&changes, &mut line).map_err(io::Error::from);
        let saved = written.and_then(|()| self.append(&line));
        if saved.is_err() {
            self.directory.give_back(&changes);
        }
        saved
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

    /// Saves, and writes the file anew if something in it is out of date.
    pub(crate) fn compact(&mut self) -> io::Result<()> {
        self.save()?;
        if self.length == self.compacted {
            return Ok(());
        }
        let from = self.length;
        let compacted = self.begin_compaction().run()?;
        self.finish_compaction(compacted, from)
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
        let length = compacted.length();
        compacted.add_lines(&self.file, from, self.length)?;
        let whole = compacted.length();
        self.file = compacted.put_in_place()?;
        self.torn = false;
        self.length = whole;
        self.compacted = length;
        self.postpone_compaction();
        sync_folder(&self.path)
    }

    /// Lets the file grow before it is written anew.
    fn postpone_compaction(&mut self) {
        self.due_beyond = due_beyond(self.length);
    }
}

/// Twice of what was needed.
fn due_beyond(length: u64) -> u64 {
    length.saturating_mul(2).saturating_add(FLOOR)
}

/// A file that holds who is in the directory, and its length.
fn begin(path: &Path, directory: &InMemoryUserDirectory) -> io::Result<(File, u64)> {
    let compacted = Compaction::new(path, directory.records()).run()?;
    let length = compacted.length();
    let file = compacted.put_in_place()?;
    sync_folder(path)?;
    Ok((file, length))
}

/// The file that is there, and its length.
fn reopen(path: &Path, length: u64) -> io::Result<(File, u64)> {
    Ok((OpenOptions::new().read(true).append(true).open(path)?, length))
}

/// A file beside this one: `FILE.lock`, …
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(extension);
    name.into()
}

fn lock(path: &Path) -> Result<File, StateError> {
    let refused = |source| StateError::Io { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let file = options.open(beside(path, ".lock")).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StateError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(refused(source)),
    }
}

/// What a file holds.
struct Loaded {
    /// In the order of creation.
    records: Vec<Arc<Record>>,
    /// How many lines were read.
    lines: u64,
    /// Up to where the file is whole.
    length: u64,
    /// Whether the file has to be written anew: there is none, or something in it counts no longer.
    outdated: bool,
}

fn load(path: &Path) -> Result<Loaded, StateError> {
    let refused = |source| StateError::Io { path: path.to_owned(), source };
    let new = || Loaded { records: Vec::new(), lines: 0, length: 0, outdated: true };
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(new()),
        Err(error) => return Err(refused(error)),
        // What is put in its place would be a file.
        Ok(metadata) if !metadata.is_file() => return Err(StateError::OtherFormat { path: path.to_owned() }),
        Ok(metadata) if metadata.len() == 0 => return Ok(new()),
        Ok(_) => {}
    }
    let mut reader = BufReader::with_capacity(1 << 18, File::open(path).map_err(refused)?);
    let mut buffer = Vec::new();
    reader.read_until(b'\n', &mut buffer).map_err(refused)?;
    format::check_header(&buffer).map_err(|wrong| match wrong {
        WrongHeader::Format => StateError::OtherFormat { path: path.to_owned() },
        WrongHeader::Version(version) => StateError::LaterVersion { path: path.to_owned(), version },
    })?;
    let (mut length, mut lines, mut changes) = (buffer.len() as u64, 1, 0);
    let mut users: HashMap<UserId, Arc<Record>> = HashMap::new();
    let torn = loop {
        buffer.clear();
        reader.read_until(b'\n', &mut buffer).map_err(refused)?;
        if !buffer.ends_with(b"\n") {
            break !buffer.is_empty();
        }
        lines += 1;
        let Batch { put, deleted } = format::read_batch(&buffer).map_err(|what| StateError::Damaged {
            path: path.to_owned(),
            line: lines,
            what,
        })?;
        changes += put.len() + deleted.len();
        for record in put {
            users.insert(record.id().clone(), Arc::new(record));
        }
        for id in deleted {
            users.remove(&id);
        }
        length += buffer.len() as u64;
    };
    if torn {
        let (path, bytes) = (path.display(), buffer.len());
        tracing::warn!(%path, bytes, "the last line of the state file was not finished, and is dropped");
    }
    let outdated = torn || changes > users.len();
    let mut records: Vec<_> = users.into_values().collect();
    Record::sort(&mut records);
    Ok(Loaded { records, lines, length, outdated })
}
