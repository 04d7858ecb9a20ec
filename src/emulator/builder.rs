//! [`EmulatorBuilder`]: how an emulator is set up.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{RwLock, watch};

use super::app::App;
use super::fault::Faults;
use super::key::{InvalidKey, Keys};
use super::panics::Panics;
use super::rate_limit::Limiter;
use super::request_log::RequestLog;
use super::server::Emulator;
use super::start_error::StartError;
use super::state::{INTERVAL, Saver, StateError, StateFile};
use super::{routes, seed};
use crate::directory::UserDirectory;
use crate::in_memory::InMemoryUserDirectory;
use crate::rate_limits::RateLimits;
use crate::time::{Clock, SystemClock};

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
    pub(super) fn new() -> Self {
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

    /// Serves this directory, and lets the control surface arrange it.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use user_directory::emulator::Emulator;
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
    ///
    /// ```
    /// use std::time::Duration;
    /// use user_directory::emulator::{Emulator, RateLimits};
    ///
    /// // Soon used up, so that a test meets a 429.
    /// let limits = RateLimits { development: 2, per: Duration::from_secs(60), ..RateLimits::default() };
    /// let builder = Emulator::builder().rate_limits(limits);
    /// ```
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = Some(limits);
        self
    }

    /// Waits for so long before each answer.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_directory::emulator::Emulator;
    /// let builder = Emulator::builder().latency(Duration::from_millis(80));
    /// ```
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
    /// - **A file that is damaged** is refused and left as it is, and so is a dangling link. Only a last line that was not
    ///   finished, as a kill leaves it, is left out, with a warning in the log, and kept in `FILE.torn`.
    /// - **A file that is removed, replaced or changed** while it is in use is written anew, with an error in the log.
    /// - **Secrets are in it**: digests of passwords, secrets of authenticator apps, backup codes, tokens. So it is for its
    ///   owner alone (mode 0600), and belongs in no image and no repository.
    /// - Beside it is `FILE.lock`, which keeps a second emulator from opening it, and now and then `FILE.tmp`, when the file
    ///   is written anew without what is out of date. In a container mount the folder, not the file: a single file that is
    ///   mounted cannot be replaced.
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
        Ok(Emulator::serve(listener, address, app, saver, stop))
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
            faults: Faults::default(),
            requests: RequestLog::default(),
            panics: Panics::default(),
            closed: RwLock::default(),
            stopping,
        };
        Ok((Arc::new(app), saver))
    }
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
