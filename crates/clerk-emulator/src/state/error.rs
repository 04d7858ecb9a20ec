//! [`StateError`] and [`SaveError`]: the errors of a state file.

use std::io;
use std::path::PathBuf;

/// The error of opening a [state file](crate::EmulatorBuilder::state), which is not modified in this case.
///
/// The messages contain the path of the file, but none of its contents. The [source](std::error::Error::source) is the error
/// of the operating system.
///
/// ```
/// use clerk_emulator::{Emulator, StartError, StateError};
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("users.state");
/// std::fs::write(&path, "something else")?;
/// let error = Emulator::builder().state(&path).start().await.unwrap_err();
/// assert!(error.to_string().ends_with("users.state is not a state file of clerk-emulator"));
/// assert!(matches!(error, StartError::State(StateError::UnknownFormat { .. })));
/// # Ok::<_, std::io::Error>(()) }).unwrap();
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Another emulator, in this process or another one, has opened the file.
    #[error("the state file {} is in use by another emulator", .path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// Another emulator persists the directory in a state file.
    #[error("the state file {} cannot be used: another emulator already persists this directory", .path.display())]
    DirectoryInUse {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a state file.
    #[error("{} is not a state file of clerk-emulator", .path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of the emulator wrote the file.
    #[error("the state file {} requires a newer version of clerk-emulator (format version {version})", .path.display())]
    UnsupportedVersion {
        /// The file.
        path: PathBuf,
        /// The version of the format.
        version: u64,
    },
    /// The file is damaged.
    #[error("the state file {} is damaged and was not modified: line {line} {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line number, starting at 1.
        line: u64,
        /// A description of the damage, without contents of the file.
        reason: String,
    },
    /// Both the file and the directory have users.
    #[error("the state file {} cannot be loaded into a directory that already has users", .path.display())]
    NotEmpty {
        /// The file.
        path: PathBuf,
    },
    /// The file is a dangling symbolic link.
    #[error("the state file {} is a symbolic link to a file that does not exist", .path.display())]
    DanglingLink {
        /// The link.
        path: PathBuf,
    },
    /// An operation of the file system failed.
    ///
    /// A file that is mounted into a container cannot be replaced, which is reported as a busy resource. Mount its folder
    /// instead.
    #[error("the state file {} cannot be opened", .path.display())]
    Io {
        /// The state file, or one of the files next to it.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// The error of saving changes. Its conversion to [`io::Error`] preserves the kind of the source.
#[derive(Debug, thiserror::Error)]
#[error("the state file {} cannot be written (users with unsaved changes: {users})", .path.display())]
pub(crate) struct SaveError {
    pub(super) path: PathBuf,
    /// The number of users with unsaved changes.
    pub(super) users: usize,
    pub(super) source: io::Error,
}

impl From<SaveError> for io::Error {
    fn from(error: SaveError) -> Self {
        Self::new(error.source.kind(), error)
    }
}

impl SaveError {
    pub(super) fn log(&self, message: &'static str) {
        let Self { path, users, source } = self;
        tracing::error!(path = %path.display(), users, error = %source, "{message}");
    }
}
