//! [`Emulator`]: starting and stopping.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::{RwLock, watch};
use tokio::task::JoinHandle;

use super::app::App;
use super::fault::{Fault, Faults};
use super::key::{InvalidKey, Keys};
use super::panics::Panics;
use super::rate_limit::{Limiter, RateLimits};
use super::request_log::{RequestLog, RequestRecord};
use super::routes;
use super::seed;
use super::state::{INTERVAL, Saver, StateError, StateFile};
use crate::directory::UserDirectory;
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
        EmulatorBuilder {
            backend: Backend::InMemory(InMemoryUserDirectory::new()),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            keys: Keys::default(),
            rate_limits: None,
            latency: Duration::ZERO,
            state: None,
            seed: None,
            allowed_hosts: Vec::new(),
        }
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
    /// If the server had failed, the directory behind it panicked, as a mock does that is called wrongly, or the state
    /// file cannot be written.
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

/// Why an [`Emulator`] did not start.
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
    /// The [state file](EmulatorBuilder::state) cannot be opened.
    #[error(transparent)]
    State(#[from] StateError),
    /// The [users to begin with](EmulatorBuilder::seed) cannot be loaded.
    #[error("{} cannot be loaded", .path.display())]
    Seed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is a [state file](EmulatorBuilder::state), and no server that knows when the last change was made.
    #[error("a state file needs a server that is started by the emulator itself")]
    StateWithoutServer,
    /// The directory is none in memory.
    #[error("only a directory in memory can be loaded from files, and kept in one")]
    NotInMemory,
}

#[derive(Debug)]
enum Backend {
    InMemory(InMemoryUserDirectory),
    Other(Arc<dyn UserDirectory>),
}

/// Sets an [`Emulator`] up.
///
/// | | default |
/// | --- | --- |
/// | [`in_memory`](Self::in_memory), [`directory`](Self::directory) | an empty directory in memory |
/// | [`address`](Self::address) | a free port of `127.0.0.1` |
/// | [`secret_key`](Self::secret_key) | any that begins with `sk_test_` |
/// | [`rate_limits`](Self::rate_limits) | none |
/// | [`latency`](Self::latency) | none |
/// | [`state`](Self::state) | none: the users are gone when it stops |
/// | [`seed`](Self::seed) | none |
///
/// ```
/// use std::time::Duration;
/// use user_directory::emulator::{Emulator, RateLimits};
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let clerk = Emulator::builder()
///     .secret_key("sk_live_not_a_real_one")?
///     .rate_limits(RateLimits::default())
///     .latency(Duration::from_millis(20))
///     .start()
///     .await?;
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[must_use = "a builder does nothing until it starts"]
pub struct EmulatorBuilder {
    backend: Backend,
    address: SocketAddr,
    keys: Keys,
    rate_limits: Option<RateLimits>,
    latency: Duration,
    state: Option<PathBuf>,
    seed: Option<PathBuf>,
    allowed_hosts: Vec<String>,
}

impl EmulatorBuilder {
    /// Serves this directory, and lets the control surface arrange it.
    pub fn in_memory(mut self, directory: InMemoryUserDirectory) -> Self {
        self.backend = Backend::InMemory(directory);
        self
    }

    /// Serves this directory, whatever it is: a gateway to it. One in memory is better given to
    /// [`in_memory`](Self::in_memory), because then it can be arranged.
    ///
    /// Errors that the API has no word for are answered as a proxy would: one that could not reach its service
    /// ([`Connect`](crate::ErrorKind::Connect), [`Transport`](crate::ErrorKind::Transport),
    /// [`Decode`](crate::ErrorKind::Decode)) as 502, a [`Timeout`](crate::ErrorKind::Timeout) as 504, a
    /// [`Configuration`](crate::ErrorKind::Configuration) as 500.
    ///
    /// A directory that panics is answered as 500, with what it says. A mock behind an emulator says that it was called
    /// wrongly, or too rarely, only when [`stop`](Emulator::stop) is asked:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use user_directory::MockUserDirectory;
    /// use user_directory::emulator::Emulator;
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let mut users = MockUserDirectory::new();
    /// users.expect_delete().never();
    /// let clerk = Emulator::builder().directory(Arc::new(users)).start().await?;
    /// // … what is tested …
    /// clerk.stop().await?;
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn directory(mut self, directory: Arc<dyn UserDirectory>) -> Self {
        self.backend = Backend::Other(directory);
        self
    }

    /// Listens here. On an address that is not of the loopback interface others can reach the emulator.
    ///
    /// ```
    /// use user_directory::emulator::Emulator;
    ///
    /// let builder = Emulator::builder().address(([127, 0, 0, 1], 4010));
    /// ```
    pub fn address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// Accepts this key, and no longer any; those that were given before are accepted too. It begins with `sk_test_`
    /// or `sk_live_`.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if it is no secret key.
    ///
    /// ```
    /// use user_directory::emulator::Emulator;
    ///
    /// let builder = Emulator::builder().secret_key("sk_test_mine")?;
    /// assert!(Emulator::builder().secret_key("pk_test_publishable").is_err());
    /// # Ok::<(), user_directory::emulator::InvalidKey>(())
    /// ```
    pub fn secret_key(mut self, key: &str) -> Result<Self, InvalidKey> {
        self.keys.add(key)?;
        Ok(self)
    }

    /// Answers requests to this name too. Without it only names are answered to that nobody else can own, because a browser
    /// can be led here by a name that somebody does: addresses, `localhost`, and names without a dot such as a
    /// container's.
    ///
    /// ```
    /// use user_directory::emulator::Emulator;
    ///
    /// let builder = Emulator::builder().address(([0, 0, 0, 0], 0)).allow_host("host.docker.internal");
    /// ```
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.allowed_hosts.push(host.into());
        self
    }

    /// Refuses what exceeds these limits, as the service does.
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = Some(limits);
        self
    }

    /// Waits for so long before each answer.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Keeps the users of the [directory in memory](Self::in_memory) in this file, so that they survive restarts. Those
    /// who are in it are loaded when the emulator starts; the directory has to be empty then, unless the file is new.
    ///
    /// - **What is saved** is everything that the directory knows of its users, so that passwords, codes of authenticator
    ///   apps, backup codes, tokens, memberships, subscriptions, credit and the order of users are as before. Settings, the
    ///   clock and the generator of ids are not.
    /// - **When**: within a tenth of a second after a change, and when the emulator stops.
    /// - **Whatever happens to the process**, the file can be read afterwards, nothing that was answered more than a second
    ///   before is lost, and nothing is there by half, neither a user nor an operation on several. If the disk is full,
    ///   the server goes on, logs an error, and saves as soon as it can.
    /// - **A file that is damaged** is refused and left as it is. Only a last line that was not finished, as a kill leaves
    ///   it, is dropped, with a warning in the log.
    /// - **Secrets are in it**: digests of passwords, secrets of authenticator apps, backup codes, tokens. So it is for its
    ///   owner alone (mode 0600), and belongs in no image and no repository.
    /// - Beside it is `FILE.lock`, which keeps a second process from opening it, and now and then `FILE.tmp`, when the file
    ///   is written anew without what is out of date.
    ///
    /// ```
    /// use user_directory::emulator::Emulator;
    /// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("users.state");
    /// for users in 0..3 {
    ///     let directory = InMemoryUserDirectory::new();
    ///     let clerk = Emulator::builder().in_memory(directory.clone()).state(&path).start().await?;
    ///     assert_eq!(directory.len(), users);
    ///     directory.create(&NewUser::new().username(format!("user-{users}"))).await?;
    ///     clerk.stop().await?;
    /// }
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn state(mut self, path: impl Into<PathBuf>) -> Self {
        self.state = Some(path.into());
        self
    }

    /// Loads the users of this file into the [directory in memory](Self::in_memory) when the emulator starts, unless
    /// there are users already, such as those of the [state file](Self::state). The file has them in the wire format: a
    /// JSON array, or one user a line. What [`InMemoryUserDirectory::load`] says of passwords holds here too.
    ///
    /// ```
    /// use user_directory::InMemoryUserDirectory;
    /// use user_directory::emulator::Emulator;
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let clerk = Emulator::builder().in_memory(directory.clone()).seed("examples/users.json").start().await?;
    /// assert!(!directory.is_empty());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn seed(mut self, path: impl Into<PathBuf>) -> Self {
        self.seed = Some(path.into());
        self
    }

    /// Loads what there is to be loaded, and starts to listen.
    ///
    /// # Errors
    ///
    /// [`StartError`] if the address cannot be listened on, or the users cannot be loaded.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let address = self.address;
        let cannot_listen = |source| StartError::Listen { address, source };
        // First, because a port that is taken is told at once, and loading may take long.
        let listener = TcpListener::bind(address).await.map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let (stop, stopping) = watch::channel(());
        let (app, saver) = self.into_app(Some(stopping.clone())).await?;
        let server = tokio::spawn(serve(listener, Arc::clone(&app), stopping, saver));
        Ok(Emulator { address, stop, server, app })
    }

    /// The emulator as routes, to be served by a server of one's own. They answer to every name, so they are best kept
    /// away from browsers.
    ///
    /// ```
    /// use user_directory::emulator::Emulator;
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let app: axum::Router = axum::Router::new().fallback_service(Emulator::builder().router().await?);
    /// # Ok::<_, user_directory::emulator::StartError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`StartError`] if the users cannot be loaded, or there is to be a [state file](Self::state): only a server of the
    /// emulator's own knows when the last change was made.
    pub async fn router(self) -> Result<Router, StartError> {
        if self.state.is_some() {
            return Err(StartError::StateWithoutServer);
        }
        let (app, _) = self.into_app(None).await?;
        Ok(routes::router(app))
    }

    async fn into_app(self, stopping: Option<watch::Receiver<()>>) -> Result<(Arc<App>, Option<Saver>), StartError> {
        let (directory, in_memory): (Arc<dyn UserDirectory>, _) = match self.backend {
            Backend::InMemory(directory) => (Arc::new(directory.clone()), Some(directory)),
            Backend::Other(directory) => (directory, None),
        };
        let saver = match &in_memory {
            Some(directory) => load(directory.clone(), self.state, self.seed).await?,
            None if self.state.is_none() && self.seed.is_none() => None,
            None => return Err(StartError::NotInMemory),
        };
        let app = App {
            directory,
            in_memory,
            keys: self.keys,
            allowed_hosts: self.allowed_hosts,
            limiter: self.rate_limits.map(Limiter::new),
            latency: self.latency,
            faults: Faults::default(),
            requests: RequestLog::default(),
            panics: Panics::default(),
            closed: RwLock::default(),
            stopping,
        };
        Ok((Arc::new(app), saver))
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
    let saved = match saver {
        Some(saver) => saver.stop().await,
        None => Ok(()),
    };
    served.and(saved)
}

/// Loads users where it may block: there may be many.
async fn load(
    directory: InMemoryUserDirectory,
    state: Option<PathBuf>,
    seed: Option<PathBuf>,
) -> Result<Option<Saver>, StartError> {
    let load = move || {
        let state = state.map(|path| StateFile::open(&path, &directory).map(|file| (path, file))).transpose()?;
        if let Some(path) = seed.filter(|_| directory.is_empty()) {
            seed::load(&directory, &path).map_err(|source| StartError::Seed { path, source })?;
        }
        let spawn = |(path, file)| {
            Saver::spawn(file, INTERVAL).map_err(|source| StartError::State(StateError::Io { path, source }))
        };
        state.map(spawn).transpose()
    };
    // It only fails if loading panics, or the runtime shuts down and nobody waits any more.
    tokio::task::spawn_blocking(load)
        .await
        .unwrap_or_else(|error| std::panic::resume_unwind(Box::new(error.to_string())))
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorBuilder")
            .field("backend", &self.backend)
            .field("address", &self.address)
            .field("rate_limits", &self.rate_limits)
            .field("latency", &self.latency)
            .field("state", &self.state)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
