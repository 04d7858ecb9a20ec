//! Where a state file is: its real path, what is beside it, its lock, and whether it is still the same file.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::StateError;

/// The path without symbolic links, because a compaction would take a link's place, not the file's. The file need not
/// exist, but its folder has to.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, StateError> {
    let refused = |source| StateError::Io { path: path.to_owned(), source };
    let missing = match path.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound => error,
        other => return other.map_err(refused),
    };
    let Some(name) = path.file_name() else { return Err(refused(missing)) };
    let path = folder_of(path).canonicalize().map_err(refused)?.join(name);
    // To make the file that a link leads to would be to guess what was meant: a disk may not be mounted.
    if fs::symlink_metadata(&path).is_ok_and(|there| there.is_symlink()) {
        return Err(StateError::DanglingLink { path });
    }
    Ok(path)
}

/// A file beside this one: `FILE.lock`, …
pub(super) fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(extension);
    name.into()
}

pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Makes it last that a file was put in place, because a name is part of its folder.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    // Elsewhere folders cannot be opened.
    if cfg!(unix) { File::open(folder_of(path))?.sync_all() } else { Ok(()) }
}

/// Keeps others from opening the file, until what is answered is dropped.
pub(super) fn lock(path: &Path) -> Result<File, StateError> {
    let beside = beside(path, ".lock");
    let refused = |source| StateError::Io { path: beside.clone(), source };
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let file = options.open(&beside).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StateError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(refused(source)),
    }
}

/// Tells files apart, whatever their names are. Where the system has nothing for it, all files are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    inode: u64,
}

impl Identity {
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    #[cfg(not(unix))]
    pub(super) fn of(_metadata: &Metadata) -> Self {
        Self {}
    }
}
