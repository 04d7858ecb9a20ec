//! Writing a state file anew, without what is out of date.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::NamedTempFile;

use super::{beside, format};
use crate::in_memory::snapshot::Record;

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

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
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

    /// Puts the file in the place of what was there; [`sync_folder`] makes that last.
    pub(super) fn put_in_place(self) -> io::Result<File> {
        Ok(self.file.persist(&self.path)?)
    }
}

/// Makes it last that a file was put in place, because a name is part of its folder.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    // Elsewhere folders cannot be opened.
    if cfg!(unix) { File::open(folder_of(path))?.sync_all() } else { Ok(()) }
}
