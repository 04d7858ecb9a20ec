//! [`Emulator`]: a server that is running, and how it ends.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::app::App;
use super::builder::EmulatorBuilder;
use super::fault::Fault;
use super::request_log::RequestRecord;
use super::routes;
use super::start_error::StartError;
use super::state::Saver;
use crate::in_memory::InMemoryUserDirectory;

/// How long a client may take with what it has begun when the server stops.
const PATIENCE: Duration = Duration::from_secs(4);

/// A server that is Clerk to its clients, as far as users are concerned.
///
/// It runs until it is [stopped](Self::stop) or dropped. Only `stop` waits for what has begun, for the state file to be
/// written and let go, and tells of a mock that was called wrongly. The [module documentation](crate::emulator) says what it
/// answers.
///
/// ```
/// use user_directory::InMemoryUserDirectory;
/// use user_directory::emulator::Emulator;
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let directory = InMemoryUserDirectory::new(); // to look into, and to arrange what the API cannot create
/// let clerk = Emulator::builder().in_memory(directory.clone()).start().await?;
/// assert!(clerk.url().starts_with("http://127.0.0.1:"));
/// clerk.stop().await?;
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[must_use = "an emulator that is dropped stops"]
pub struct Emulator {
    address: SocketAddr,
    /// Dropping it lets the server stop.
    stop: watch::Sender<()>,
    server: JoinHandle<io::Result<()>>,
    app: Arc<App>,
}

impl Emulator {
    /// Starts an emulator with an empty directory in memory, on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// [`Listen`](StartError::Listen) if no port can be had.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let clerk = user_directory::emulator::Emulator::start().await?;
    /// println!("point a client at {}", clerk.url());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// An emulator to be set up.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::new()
    }

    /// A server that has begun, on a listener that has its address.
    pub(super) fn serve(
        listener: TcpListener,
        address: SocketAddr,
        app: Arc<App>,
        saver: Option<Saver>,
        stop: watch::Sender<()>,
    ) -> Self {
        let server = tokio::spawn(serve(listener, Arc::clone(&app), stop.subscribe(), saver));
        Self { address, stop, server, app }
    }

    /// Where it listens, such as `http://127.0.0.1:4010`: the root page, and the URL for clients that add `/v1`
    /// themselves, as the official JavaScript SDK does.
    #[must_use]
    pub fn url(&self) -> String {
        let mut address = self.address;
        // Where it listens on every interface, the way there is by one of them.
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
        }
        format!("http://{address}")
    }

    /// Where the API is, such as `http://127.0.0.1:4010/v1`: the URL for clients that do not add `/v1`, as this crate's
    /// and the official Python SDK.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("{}/v1", self.url())
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The directory behind it, if it is one in memory: to look into, to arrange what the API cannot create, to let time
    /// pass.
    ///
    /// ```
    /// use std::time::Duration;
    /// use user_directory::emulator::Emulator;
    /// use user_directory::{NewUser, UserDirectory};
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let clerk = Emulator::start().await?;
    /// let directory = clerk.in_memory().unwrap();
    /// directory.create(&NewUser::new().username("ada.lovelace").locked(true)).await?;
    /// directory.advance_clock(Duration::from_secs(3600)); // the lock has expired
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn in_memory(&self) -> Option<&InMemoryUserDirectory> {
        self.app.in_memory.as_ref()
    }

    /// Lets the next calls that the fault is about go wrong. Faults are used up in the order in which they were added,
    /// by calls with an accepted key and version that are within the rate limits.
    ///
    /// ```
    /// use user_directory::Operation;
    /// use user_directory::emulator::{Emulator, Fault};
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let clerk = Emulator::start().await?;
    /// clerk.add_fault(Fault::status(503).operation(Operation::Create).times(2));
    /// // … and the third attempt to create a user succeeds.
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn add_fault(&self, fault: Fault) {
        self.app.faults.add(fault);
    }

    /// Takes back the faults that are still to come.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use user_directory::emulator::{Emulator, Fault};
    /// let clerk = Emulator::start().await?;
    /// clerk.add_fault(Fault::status(503));
    /// clerk.clear_faults();
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn clear_faults(&self) {
        self.app.faults.clear();
    }

    /// The latest requests to the API, newest first: up to 500.
    ///
    /// ```
    /// use user_directory::emulator::Emulator;
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let clerk = Emulator::start().await?;
    /// // … the application does its work, and then:
    /// assert!(clerk.requests().iter().all(|request| request.status != Some(422)));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.app.requests.all()
    }

    /// Stops: no more connections are taken, what has begun is answered without further delay, and everything is saved
    /// to the [state file](EmulatorBuilder::state) if there is one. A client that does not let a request or an answer come
    /// to its end is waited for no longer than a few seconds.
    ///
    /// # Errors
    ///
    /// If the server had failed, the directory behind it panicked, as a mock does that is called wrongly, or changes
    /// cannot be written to the state file.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let clerk = user_directory::emulator::Emulator::start().await?;
    /// // … what is tested …
    /// clerk.stop().await?;
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub async fn stop(self) -> io::Result<()> {
        drop(self.stop);
        let stopped = self.server.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        stopped.and(self.app.panics.first().map_or(Ok(()), |what| Err(io::Error::other(what))))
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Serves until it is told to stop, lets what has begun come to its end, and saves.
async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    mut stopping: watch::Receiver<()>,
    saver: Option<Saver>,
) -> io::Result<()> {
    // Answers are small, and whoever waits for one waits for all of it.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let mut also_stopping = stopping.clone();
    // An error means that the sender was dropped, which is what happens.
    let stopped = async move { drop(stopping.changed().await) };
    let out_of_patience = async move {
        drop(also_stopping.changed().await);
        tokio::time::sleep(PATIENCE).await;
    };
    let served = tokio::select! {
        served = axum::serve(listener, routes::router(Arc::clone(&app))).with_graceful_shutdown(stopped) => served,
        () = out_of_patience => Ok(()),
    };
    // From here on nothing changes, so that everything is saved.
    if tokio::time::timeout(PATIENCE, app.close()).await.is_err() {
        tracing::warn!("the directory does not answer, and is not waited for any longer");
    }
    let written = match saver {
        Some(saver) => saver.stop().await,
        None => Ok(()),
    };
    served.and(written)
}
