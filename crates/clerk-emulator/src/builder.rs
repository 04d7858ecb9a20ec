//! [`EmulatorBuilder`]: configures an emulator.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{RwLock, watch};
use user_directory::time::{Clock, SystemClock};
use user_directory::wire::rate_limits::RateLimits;
use user_directory::{InMemoryUserDirectory, UserDirectory};

use crate::app::App;
use crate::http_fault::HttpFaults;
use crate::keys::{InvalidKey, Keys};
use crate::limiter::Limiter;
use crate::panics::Panics;
use crate::request_log::RequestLog;
use crate::server::Emulator;
use crate::start_error::StartError;
use crate::state::{INTERVAL, Saver, StateError, StateFile};
use crate::{routes, seed};

#[derive(Debug)]
enum Backend {
    InMemory(InMemoryUserDirectory),
    Other(Arc<dyn UserDirectory>),
}

/// Configures an [`Emulator`].
///
/// | | default |
/// | --- | --- |
/// | [`in_memory`](Self::in_memory), [`directory`](Self::directory) | an empty directory in memory |
/// | [`address`](Self::address) | a free port of `127.0.0.1` |
/// | [`secret_key`](Self::secret_key) | every key that starts with `sk_test_` |
/// | [`rate_limits`](Self::rate_limits) | none |
/// | [`latency`](Self::latency) | none |
/// | [`state`](Self::state) | none: the users are lost when the emulator stops |
/// | [`seed`](Self::seed) | none |
///
/// ```
/// use std::time::Duration;
/// use clerk_emulator::Emulator;
/// use user_directory::wire::rate_limits::RateLimits;
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
#[must_use = "a builder does nothing until `start` is called"]
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
    pub(crate) fn new() -> Self {
        Self {
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

    /// Serves this directory, which the control API can seed.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use clerk_emulator::Emulator;
    /// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    ///
    /// let users = InMemoryUserDirectory::new();
    /// users.create(&NewUser::new().username("ada.lovelace")).await?;
    /// let clerk = Emulator::builder().in_memory(users).start().await?;
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn in_memory(mut self, directory: InMemoryUserDirectory) -> Self {
        self.backend = Backend::InMemory(directory);
        self
    }

    /// Serves any directory, as a gateway to it. Pass a directory in memory to [`in_memory`](Self::in_memory) instead, so
    /// that it can be seeded.
    ///
    /// Errors without a status of the API get the status of a proxy: 502 for [`Connect`](user_directory::ErrorKind::Connect),
    /// [`Transport`](user_directory::ErrorKind::Transport) and [`Decode`](user_directory::ErrorKind::Decode), 504 for
    /// [`Timeout`](user_directory::ErrorKind::Timeout), 500 for
    /// [`Configuration`](user_directory::ErrorKind::Configuration).
    ///
    /// A panic of the directory is a response with status 500 and the message of the panic. [`stop`](Emulator::stop) reports
    /// a mock that was called incorrectly:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use user_directory::MockUserDirectory;
    /// use clerk_emulator::Emulator;
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let mut users = MockUserDirectory::new();
    /// users.expect_delete().never();
    /// let clerk = Emulator::builder().directory(Arc::new(users)).start().await?;
    /// // … test …
    /// clerk.stop().await?;
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn directory(mut self, directory: Arc<dyn UserDirectory>) -> Self {
        self.backend = Backend::Other(directory);
        self
    }

    /// Sets the address to listen on. Other hosts can connect unless it is a loopback address.
    ///
    /// ```
    /// use clerk_emulator::Emulator;
    ///
    /// let builder = Emulator::builder().address(([127, 0, 0, 1], 4010));
    /// ```
    pub fn address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// Adds an accepted key. Without configured keys, every development key is accepted.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidKey`] if the key is malformed.
    ///
    /// ```
    /// use clerk_emulator::Emulator;
    ///
    /// let builder = Emulator::builder().secret_key("sk_test_mine")?;
    /// assert!(Emulator::builder().secret_key("pk_test_publishable").is_err());
    /// # Ok::<(), clerk_emulator::InvalidKey>(())
    /// ```
    pub fn secret_key(mut self, key: &str) -> Result<Self, InvalidKey> {
        self.keys.add(key)?;
        Ok(self)
    }

    /// Accepts requests to this host name.
    ///
    /// By default, only addresses, `localhost`, and names without a dot, such as that of a container, are accepted. They cannot
    /// be registered in DNS, so this protects against DNS rebinding.
    ///
    /// ```
    /// use clerk_emulator::Emulator;
    ///
    /// let builder = Emulator::builder().address(([0, 0, 0, 0], 0)).allow_host("host.docker.internal");
    /// ```
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.allowed_hosts.push(host.into());
        self
    }

    /// Enforces these rate limits.
    ///
    /// ```
    /// use std::time::Duration;
    /// use clerk_emulator::Emulator;
    /// use user_directory::wire::rate_limits::RateLimits;
    ///
    /// // Low, so that a test receives a 429.
    /// let limits = RateLimits::default().development(2).period(Duration::from_secs(60));
    /// let builder = Emulator::builder().rate_limits(limits);
    /// ```
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = Some(limits);
        self
    }

    /// Delays each response.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use clerk_emulator::Emulator;
    /// let builder = Emulator::builder().latency(Duration::from_millis(80));
    /// ```
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Persists the users of the [directory in memory](Self::in_memory) in this file. The users in the file are loaded when
    /// the emulator starts; the directory must be empty then, unless the file is new.
    ///
    /// - **Contents**: everything about the users, including passwords, secrets of authenticator apps, backup codes, tokens,
    ///   memberships, subscriptions, credit and the order of users; but not the settings, the clock and the id generator.
    /// - **Frequency**: changes are saved within a tenth of a second, and when the emulator stops.
    /// - **Crash safety**: after a crash, the file is readable. Changes that were acknowledged more than a second before are
    ///   not lost, and each user and each operation on several users is saved completely or not at all. If the disk is full,
    ///   the server continues, logs an error, and saves as soon as possible.
    /// - **Damage**: a damaged file and a dangling link are rejected and not modified. Only an incomplete last line, which a
    ///   crash can leave, is skipped with a warning in the log, and kept in `FILE.torn`.
    /// - **External changes**: a file that is removed, replaced or changed while it is in use is rewritten, with an error in
    ///   the log.
    /// - **Secrets**: the file contains password digests, secrets of authenticator apps, backup codes and tokens. It is only
    ///   readable by its owner (mode 0600). Do not add it to an image or a repository.
    /// - **Other files**: `FILE.lock` prevents a second emulator from opening the file, and `FILE.tmp` exists while it is
    ///   compacted. In a container, mount the folder, not the file, because a mounted file cannot be replaced.
    ///
    /// ```
    /// use clerk_emulator::Emulator;
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

    /// Loads the users of this file into the [directory in memory](Self::in_memory) when the emulator starts, unless it has
    /// users already, such as those of the [state file](Self::state).
    ///
    /// The file contains users in the wire format: a JSON array, or one user per line. See [`InMemoryUserDirectory::load`]
    /// about passwords.
    ///
    /// ```
    /// use user_directory::InMemoryUserDirectory;
    /// use clerk_emulator::Emulator;
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let clerk = Emulator::builder().in_memory(directory.clone()).seed("../../examples/users.json").start().await?;
    /// assert!(!directory.is_empty());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn seed(mut self, path: impl Into<PathBuf>) -> Self {
        self.seed = Some(path.into());
        self
    }

    /// Loads the users, and starts the server.
    ///
    /// # Errors
    ///
    /// Returns [`StartError`] if listening on the address fails, or the users cannot be loaded.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let address = self.address;
        let cannot_listen = |source| StartError::Listen { address, source };
        // First, because loading can take long, and a port that is in use is an immediate error.
        let listener = TcpListener::bind(address).await.map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let (stop, stopping) = watch::channel(());
        let (app, saver) = self.into_app(Some(stopping.clone())).await?;
        Ok(Emulator::serve(listener, address, app, saver, stop))
    }

    /// Returns the emulator as a router, for another server.
    ///
    /// ```
    /// use clerk_emulator::Emulator;
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let app: axum::Router = axum::Router::new().fallback_service(Emulator::builder().router().await?);
    /// # Ok::<_, clerk_emulator::StartError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`StartError`] if the users cannot be loaded, or a [state file](Self::state) is configured, which
    /// requires [`start`](Self::start).
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
        let clock: Arc<dyn Clock> = match &in_memory {
            Some(directory) => Arc::new(directory.clone()),
            None => Arc::new(SystemClock),
        };
        let limiter = self.rate_limits.map(|limits| Limiter::new(limits, Arc::clone(&clock)));
        let app = App {
            directory,
            in_memory,
            clock,
            keys: self.keys,
            allowed_hosts: self.allowed_hosts,
            limiter,
            latency: self.latency,
            faults: HttpFaults::default(),
            requests: RequestLog::default(),
            panics: Panics::default(),
            closed: RwLock::default(),
            stopping,
        };
        Ok((Arc::new(app), saver))
    }
}

/// Loads users on a thread that may block, because loading can take long.
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
    // The task only fails if loading panics or the runtime shuts down.
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
