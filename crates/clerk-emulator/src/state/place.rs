//! The location of a state file: its resolved path, the files next to it, its lock and its identity.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::StateError;

/// Resolves symbolic links, so that a compaction replaces the file and not a link to it. The file may be missing, but its
/// folder must exist.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, StateError> {
    let io_error = |source| StateError::Io { path: path.to_owned(), source };
    let missing = match path.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound => error,
        other => return other.map_err(io_error),
    };
    let Some(name) = path.file_name() else { return Err(io_error(missing)) };
    let path = folder_of(path).canonicalize().map_err(io_error)?.join(name);
    // The target is not created, because it may be on a disk that is not mounted.
    if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink()) {
        return Err(StateError::DanglingLink { path });
    }
    Ok(path)
}

/// Appends a suffix to a path, such as `FILE.lock`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Makes a rename durable. The name of a file is part of its folder.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    // Other systems cannot open folders.
    if cfg!(unix) { File::open(folder_of(path))?.sync_all() } else { Ok(()) }
}

/// Locks the state file until the returned file is dropped.
pub(super) fn lock(path: &Path) -> Result<File, StateError> {
    let lock_path = with_suffix(path, ".lock");
    let io_error = |source| StateError::Io { path: lock_path.clone(), source };
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let file = options.open(&lock_path).map_err(io_error)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StateError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io_error(source)),
    }
}

/// The identity of a file, independent of its name. On systems other than Unix, all files are equal.
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
