//! [`StartError`]: why an emulator did not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::state::StateError;

/// Why an [`Emulator`](super::Emulator) did not start.
///
/// ```
/// use std::net::{Ipv4Addr, TcpListener};
/// use user_directory::emulator::{Emulator, StartError};
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
/// let error = Emulator::builder().address(taken.local_addr()?).start().await.unwrap_err();
/// assert!(matches!(error, StartError::Listen { .. }));
/// # Ok::<_, std::io::Error>(()) }).unwrap();
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The [state file](super::EmulatorBuilder::state) cannot be opened.
    #[error(transparent)]
    State(#[from] StateError),
    /// The [users to begin with](super::EmulatorBuilder::seed) cannot be loaded.
    #[error("{} cannot be loaded", .path.display())]
    Seed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is a [state file](super::EmulatorBuilder::state), and no server that knows when the last change was made.
    #[error("a state file needs a server that is started by the emulator itself")]
    StateWithoutServer,
    /// The directory is none in memory.
    #[error("only a directory in memory can be loaded from files, and kept in one")]
    NotInMemory,
}
