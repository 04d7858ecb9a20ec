//! Compaction of a state file: rewrites it without outdated records.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tempfile::NamedTempFile;

use super::format;
use super::place::{Identity, folder_of, with_suffix};
use user_directory::in_memory::snapshot::Record;

/// A pending compaction. It can run on another thread, because it uses neither the directory nor the old file.
pub(super) struct Compaction {
    path: PathBuf,
    records: Vec<Arc<Record>>,
}

/// A compacted file that has not replaced the state file yet.
pub(super) struct Compacted {
    path: PathBuf,
    file: NamedTempFile,
    length: u64,
}

impl Compaction {
    pub(super) fn new(path: &Path, records: Vec<Arc<Record>>) -> Self {
        Self { path: path.to_owned(), records }
    }

    /// Writes one line for each user to a temporary file.
    pub(super) fn run(self) -> io::Result<Compacted> {
        let Self { path, records } = self;
        let mut file = temporary_file(&path)?;
        let mut writer = BufWriter::with_capacity(1 << 18, file.as_file_mut());
        writer.write_all(format::HEADER)?;
        let mut length = format::HEADER.len() as u64;
        let mut line = Vec::new();
        for record in records {
            line.clear();
            format::write_record(&record, &mut line)?;
            writer.write_all(&line)?;
            length += line.len() as u64;
        }
        writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(Compacted { path, file, length })
    }
}

/// Creates a temporary file next to the state file, readable only by its owner.
///
/// The name is fixed, so that a file left by a crash is removed the next time. The lock of the state file prevents
/// concurrent use.
fn temporary_file(path: &Path) -> io::Result<NamedTempFile> {
    let temporary = with_suffix(path, ".tmp");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let name = temporary.file_name().unwrap_or(OsStr::new(".tmp"));
    tempfile::Builder::new().prefix(name).rand_bytes(0).append(true).tempfile_in(folder_of(path))
}

impl Compacted {
    /// Returns the length of the file in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Appends the bytes of another file from `start` to `end`.
    pub(super) fn append_from(&mut self, mut source: &File, start: u64, end: u64) -> io::Result<()> {
        source.seek(SeekFrom::Start(start))?;
        let copied = io::copy(&mut source.take(end - start), self.file.as_file_mut())?;
        if copied != end - start {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the state file was truncated"));
        }
        self.length += copied;
        self.file.as_file().sync_all()
    }

    /// Replaces the state file. Call [`sync_folder`](super::place::sync_folder) afterwards to make that durable.
    pub(super) fn replace(self) -> io::Result<(File, Identity)> {
        let file = self.file.persist(&self.path)?;
        let identity = Identity::of(&file.metadata()?);
        Ok((file, identity))
    }
}

/// A compaction that runs on its own thread, so that it does not block saving.
#[derive(Debug)]
pub(super) struct Background {
    thread: JoinHandle<io::Result<Compacted>>,
    /// The length of the state file when the compaction started.
    pub(super) from: u64,
}

impl Background {
    pub(super) fn spawn(compaction: Compaction, from: u64) -> io::Result<Self> {
        let thread = thread::Builder::new().name("compaction".to_owned()).spawn(move || compaction.run())?;
        Ok(Self { thread, from })
    }

    pub(super) fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    pub(super) fn join(self) -> io::Result<Compacted> {
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the compaction panicked")))
    }
}

/// Writes an incomplete last line to `backup`, which is replaced if it exists.
pub(super) fn back_up_torn(path: &Path, torn: &[u8], backup: &Path) -> io::Result<()> {
    let mut file = temporary_file(path)?;
    file.write_all(torn)?;
    file.as_file().sync_all()?;
    file.persist(backup)?;
    Ok(())
}
