//! [`StateError`] and [`Unsaved`]: the errors of a state file.

use std::io;
use std::path::PathBuf;

/// Why a [state file](crate::EmulatorBuilder::state) cannot be opened. The file is not modified.
///
/// The messages contain the path of the file, and nothing of its contents. The error of the operating system is the
/// [source](std::error::Error::source).
///
/// ```
/// use clerk_emulator::{Emulator, StartError, StateError};
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
    /// Another emulator has the file open, in this process or another one.
    #[error("the state file {} is in use by another emulator", .path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// Another emulator persists the same directory in a file.
    #[error("the state file {} is for a directory that another emulator persists already", .path.display())]
    DirectoryInUse {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a state file.
    #[error("{} is not a state file of this program", .path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a later version.
    #[error("the state file {} is of a later version of this program (its format is {version})", .path.display())]
    LaterVersion {
        /// The file.
        path: PathBuf,
        /// The version of its format.
        version: u64,
    },
    /// The file is damaged.
    #[error("the state file {} is damaged, and was not modified: line {line} {what}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The number of the line, counted from 1.
        line: u64,
        /// What is wrong with the line. Contains nothing of the line.
        what: String,
    },
    /// Both the file and the directory have users.
    #[error("the state file {} cannot be loaded into a directory that has users already", .path.display())]
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
    /// The operating system returned an error. A mounted file is a busy resource that cannot be replaced: mount its folder.
    #[error("the state file {} cannot be opened", .path.display())]
    Io {
        /// The file, or the lock file next to it.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Changes that could not be saved. As an [`io::Error`], it has the kind of its source.
#[derive(Debug, thiserror::Error)]
#[error("the state file {} cannot be written (users with unsaved changes: {users})", .path.display())]
pub(crate) struct Unsaved {
    pub(super) path: PathBuf,
    /// The number of users with unsaved changes.
    pub(super) users: usize,
    pub(super) source: io::Error,
}

impl From<Unsaved> for io::Error {
    fn from(unsaved: Unsaved) -> Self {
        Self::new(unsaved.source.kind(), unsaved)
    }
}

impl Unsaved {
    pub(super) fn log(&self, what: &'static str) {
        let Self { path, users, source } = self;
        tracing::error!(path = %path.display(), users, error = %source, "{what}");
    }
}
