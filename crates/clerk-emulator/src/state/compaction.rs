//! Writing a state file anew, without what is out of date.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tempfile::NamedTempFile;

use super::format;
use super::place::{Identity, beside, folder_of};
use user_directory::in_memory::snapshot::Record;

/// A file to be written: where, and who is in it. It takes long, so it needs neither the directory nor the old file.
pub(super) struct Compaction {
    path: PathBuf,
    records: Vec<Arc<Record>>,
}

/// A file that is written, and waits to be put in place.
pub(super) struct Compacted {
    path: PathBuf,
    file: NamedTempFile,
    length: u64,
}

impl Compaction {
    pub(super) fn new(path: &Path, records: Vec<Arc<Record>>) -> Self {
        Self { path: path.to_owned(), records }
    }

    /// Writes a line for each user.
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

/// In the same folder, for nobody else to read, and always of the same name, so that what a kill leaves is removed
/// the next time. Nobody else has it, because the state file is locked.
fn temporary_file(path: &Path) -> io::Result<NamedTempFile> {
    let temporary = beside(path, ".tmp");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let name = temporary.file_name().unwrap_or(OsStr::new(".tmp"));
    tempfile::Builder::new().prefix(name).rand_bytes(0).append(true).tempfile_in(folder_of(path))
}

impl Compacted {
    /// How long the file is.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Adds what stands in another file between two places.
    pub(super) fn add_lines(&mut self, mut from: &File, begin: u64, end: u64) -> io::Result<()> {
        from.seek(SeekFrom::Start(begin))?;
        let copied = io::copy(&mut from.take(end - begin), self.file.as_file_mut())?;
        if copied != end - begin {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is shorter than what was saved to it"));
        }
        self.length += copied;
        self.file.as_file().sync_all()
    }

    /// Puts the file in the place of what was there; [`sync_folder`](super::place::sync_folder) makes that last.
    pub(super) fn put_in_place(self) -> io::Result<(File, Identity)> {
        let file = self.file.persist(&self.path)?;
        let identity = Identity::of(&file.metadata()?);
        Ok((file, identity))
    }
}

/// A compaction on a thread of its own, so that it keeps nothing from being saved.
#[derive(Debug)]
pub(super) struct Background {
    thread: JoinHandle<io::Result<Compacted>>,
    /// How long the state file was when it began.
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
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))
    }
}

/// Keeps the end of a state file that cannot be read, instead of one that is there from before.
pub(super) fn keep_torn(path: &Path, torn: &[u8], kept: &Path) -> io::Result<()> {
    let mut file = temporary_file(path)?;
    file.write_all(torn)?;
    file.as_file().sync_all()?;
    file.persist(kept)?;
    Ok(())
}
