//! [`StartError`].

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The error returned if an [`Emulator`](crate::Emulator) cannot start.
///
/// ```
/// use std::net::{Ipv4Addr, TcpListener};
/// use clerk_emulator::{Emulator, StartError};
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
    /// The server cannot listen on the address.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The [seed file](crate::EmulatorBuilder::seed) cannot be loaded.
    #[error("cannot load {}", .path.display())]
    Seed {
        /// The path of the seed file.
        path: PathBuf,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A setting, such as the period of the [rate limits](crate::EmulatorBuilder::rate_limits), is invalid.
    #[error("a setting is invalid")]
    Setting(#[source] user_directory::Error),
    /// The HTTP client for webhooks cannot be created.
    #[cfg(feature = "webhooks")]
    #[error("the HTTP client for webhooks cannot be created")]
    WebhookClient(#[source] user_directory::Error),
    /// There is no Tokio runtime, or its I/O or time driver is disabled.
    #[error("the emulator cannot run on this runtime")]
    Runtime(#[source] user_directory::Error),
    /// A [seed file](crate::EmulatorBuilder::seed) was configured for a directory that is not backed by a
    /// [store](crate::EmulatorBuilder::store).
    #[error("a seed file requires a directory that is backed by a store")]
    SeedWithoutStore,
    /// A [webhook endpoint](crate::EmulatorBuilder::webhook) was configured for a directory that does not emit events.
    #[cfg(feature = "webhooks")]
    #[error("webhooks require a directory that emits events; call `emit_events` on its builder")]
    WebhooksWithoutEvents,
}
