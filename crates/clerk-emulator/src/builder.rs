//! [`EmulatorBuilder`]: configures an emulator.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
#[cfg(feature = "webhooks")]
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::Router;
use tokio::sync::{RwLock, Semaphore, watch};
use user_directory::store::UserStore;
use user_directory::store_directory::StoreUserDirectory;
#[cfg(feature = "webhooks")]
use user_directory::time::Timer;
use user_directory::time::{Clock, SystemClock, on_runtime};
use user_directory::wire::rate_limits::RateLimits;
use user_directory::{InMemoryUserDirectory, UserDirectory};

use crate::app::{App, MAX_REQUESTS};
use crate::backend::Backend;
use crate::http_fault::HttpFaults;
use crate::keys::{InvalidKey, Keys};
use crate::limiter::Limiter;
use crate::listeners::Listeners;
use crate::panics::Panics;
use crate::request_body::BodyReader;
use crate::request_log::RequestLog;
use crate::server::Emulator;
use crate::start_error::StartError;
#[cfg(feature = "webhooks")]
use crate::webhooks::{self, Endpoint, Hub, Webhooks};
use crate::{control, routes, seed};

#[derive(Debug)]
enum Directory {
    Store(StoreUserDirectory<dyn UserStore>),
    Other(Arc<dyn UserDirectory>),
}

/// A builder for [`Emulator`].
///
/// | setting | default |
/// | --- | --- |
/// | [`store`](Self::store), [`directory`](Self::directory) | an empty [`InMemoryUserDirectory`] with the settings of a new Clerk instance; it emits events if the `webhooks` feature is enabled |
/// | [`address`](Self::address), [`port`](Self::port) | a free port on both loopback addresses, `127.0.0.1` and `::1` |
/// | [`secret_key`](Self::secret_key) | all keys that start with `sk_test_` |
/// | [`rate_limits`](Self::rate_limits) | none |
/// | [`latency`](Self::latency) | none |
/// | [`seed`](Self::seed) | none |
/// | `webhook` (`webhooks` feature) | none |
/// | `webhook_speed`, `webhook_clock`, `webhook_timer` (`webhooks` feature) | 1, the system clock, a Tokio timer |
/// | [`allow_host`](Self::allow_host) | none; IP addresses, `localhost` and its subdomains, and names without a dot are always accepted |
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
    /// `None` for an empty directory, which only the emulator uses.
    directory: Option<Directory>,
    /// `None` for both loopback addresses.
    host: Option<IpAddr>,
    port: u16,
    keys: Keys,
    rate_limits: Option<RateLimits>,
    latency: Duration,
    seed: Option<PathBuf>,
    allowed_hosts: Vec<String>,
    #[cfg(feature = "webhooks")]
    webhooks: webhooks::Settings,
}

impl EmulatorBuilder {
    pub(crate) fn new() -> Self {
        Self {
            directory: None,
            host: None,
            port: 0,
            keys: Keys::default(),
            rate_limits: None,
            latency: Duration::ZERO,
            seed: None,
            allowed_hosts: Vec::new(),
            #[cfg(feature = "webhooks")]
            webhooks: webhooks::Settings::default(),
        }
    }

    /// Serves a directory that is backed by a store.
    ///
    /// The control API can seed and configure such a directory. [Webhooks](crate#webhooks) and `Emulator::events`
    /// require a directory that emits events.
    ///
    /// Pass a reference to a directory with any type of store, or the [directory](Emulator::store) of another emulator.
    /// Stopping the emulator does not delete the users. For example, a test can simulate an outage by stopping the
    /// emulator and then starting another one with the same directory and port:
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use clerk_emulator::Emulator;
    /// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory, UserFilter};
    ///
    /// let users = InMemoryUserDirectory::new();
    /// let clerk = Emulator::builder().store(&users).start().await?;
    /// users.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
    ///
    /// let (directory, port) = (clerk.store().unwrap(), clerk.address().port());
    /// clerk.stop().await?; // The outage begins.
    /// let clerk = Emulator::builder().store(directory).port(port).start().await?;
    /// assert_eq!(clerk.store().unwrap().count(&UserFilter::new()).await?, 1);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn store(mut self, directory: impl Into<StoreUserDirectory<dyn UserStore>>) -> Self {
        self.directory = Some(Directory::Store(directory.into()));
        self
    }

    /// Serves any directory. The emulator acts as a gateway to this directory.
    ///
    /// For a directory that is backed by a store, use [`store`](Self::store) instead.
    ///
    /// If an error has a [status](user_directory::Error::status) of 400 or above that maps to its
    /// [kind](user_directory::Error::kind), the response has the same status. Otherwise, the response status depends on
    /// the kind and the first error code. Kinds without a corresponding status in Clerk's API are mapped as follows:
    ///
    /// - 501 for [`Unsupported`](user_directory::ErrorKind::Unsupported);
    /// - 502 for [`Connect`](user_directory::ErrorKind::Connect), [`Transport`](user_directory::ErrorKind::Transport),
    ///   [`Decode`](user_directory::ErrorKind::Decode) and [`Unexpected`](user_directory::ErrorKind::Unexpected);
    /// - 504 for [`Timeout`](user_directory::ErrorKind::Timeout);
    /// - 500 for [`Configuration`](user_directory::ErrorKind::Configuration).
    ///
    /// A rejection implies that nothing was changed. Its status is therefore replaced with 504 if an [earlier
    /// attempt](user_directory::Error::with_earlier_outcome_unknown) may have taken effect.
    ///
    /// If the directory panics, for example because a mock received an unexpected call, the response has status 500 and
    /// contains the panic message. [`stop`](Emulator::stop) then returns an error, so the test fails:
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
    /// // Run the test here.
    /// clerk.stop().await?;
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn directory(mut self, directory: Arc<dyn UserDirectory>) -> Self {
        self.directory = Some(Directory::Other(directory));
        self
    }

    /// Sets a single address to listen on, instead of both loopback addresses.
    ///
    /// Other hosts can connect unless `address` is a loopback address.
    ///
    /// ```
    /// use clerk_emulator::Emulator;
    ///
    /// let builder = Emulator::builder().address(([0, 0, 0, 0], 4010));
    /// ```
    pub fn address(mut self, address: impl Into<SocketAddr>) -> Self {
        let address = address.into();
        (self.host, self.port) = (Some(address.ip()), address.port());
        self
    }

    /// Sets the port to listen on.
    ///
    /// Unless an [`address`](Self::address) is set, the emulator listens on this port on both loopback addresses. If
    /// the system does not support IPv6, the emulator listens only on `127.0.0.1` and logs a warning.
    ///
    /// ```
    /// use clerk_emulator::Emulator;
    ///
    /// let builder = Emulator::builder().port(4010);
    /// ```
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Adds a secret key that the emulator accepts.
    ///
    /// If no key is added, all development keys (`sk_test_…`) are accepted.
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

    /// Adds a host name that the emulator accepts.
    ///
    /// By default, only IP addresses, `localhost` and its subdomains, and names without a dot (such as container names)
    /// are accepted. Other names are rejected to prevent DNS rebinding.
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

    /// Enforces rate limits. Requests that exceed a limit are rejected with status 429.
    ///
    /// ```
    /// use std::time::Duration;
    /// use clerk_emulator::Emulator;
    /// use user_directory::wire::rate_limits::RateLimits;
    ///
    /// // The limit is low, so that a test receives a 429.
    /// let limits = RateLimits::default().development(2).period(Duration::from_secs(60));
    /// let builder = Emulator::builder().rate_limits(limits);
    /// ```
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = Some(limits);
        self
    }

    /// Delays each operation by `latency`. Requests from the dashboard are not delayed.
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

    /// Loads users from a file into the [store](Self::store) when the emulator starts.
    ///
    /// The file is not loaded if the store already contains users. [`StoreUserDirectory::load_json`] documents the
    /// format.
    ///
    /// ```
    /// use user_directory::InMemoryUserDirectory;
    /// use clerk_emulator::Emulator;
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let clerk = Emulator::builder().store(&directory).seed("../../examples/users.json").start().await?;
    /// assert!(!directory.is_empty());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn seed(mut self, path: impl Into<PathBuf>) -> Self {
        self.seed = Some(path.into());
        self
    }

    /// Adds an endpoint that receives the directory's events.
    ///
    /// The [crate documentation](crate#webhooks) describes how events are delivered.
    ///
    /// ```
    /// use clerk_emulator::{Emulator, Endpoint};
    /// use user_directory::InMemoryUserDirectory;
    /// use user_directory::webhooks::WebhookSecret;
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let secret = WebhookSecret::new("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")?;
    /// let endpoint = Endpoint::new("http://127.0.0.1:3000/webhooks", secret)?;
    /// let directory = InMemoryUserDirectory::builder().emit_events().build();
    /// let clerk = Emulator::builder().store(&directory).webhook(endpoint).start().await?;
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    #[cfg(feature = "webhooks")]
    pub fn webhook(mut self, endpoint: Endpoint) -> Self {
        self.webhooks.endpoints.push(endpoint);
        self
    }

    /// Sets the divisor for the delays before webhook retries. The default is 1.
    ///
    /// With a divisor of 1,000, the delays range from 5 milliseconds to 36 seconds.
    ///
    /// ```
    /// use std::num::NonZeroU32;
    /// use clerk_emulator::Emulator;
    ///
    /// let builder = Emulator::builder().webhook_speed(NonZeroU32::new(1_000).unwrap());
    /// ```
    #[cfg(feature = "webhooks")]
    pub fn webhook_speed(mut self, speed: NonZeroU32) -> Self {
        self.webhooks.speed = speed;
        self
    }

    /// Sets the clock for the timestamps of webhook signatures. The default is the system clock.
    ///
    /// Receivers check the timestamps against their own clock, so pass the same clock to the receiver.
    ///
    /// ```
    /// use clerk_emulator::Emulator;
    /// use user_directory::time::ManualClock;
    ///
    /// let clock = ManualClock::new("2026-05-12T09:00:00Z".parse()?);
    /// let builder = Emulator::builder().webhook_clock(clock.clone());
    /// # Ok::<(), user_directory::jiff::Error>(())
    /// ```
    #[cfg(feature = "webhooks")]
    pub fn webhook_clock(mut self, clock: impl Clock) -> Self {
        self.webhooks.clock = Arc::new(clock);
        self
    }

    /// Sets the timer for the delays before webhook retries.
    ///
    /// The timer also measures the 15-second timeout of each attempt. If the timer does not wait, every attempt times
    /// out.
    #[cfg(feature = "webhooks")]
    pub fn webhook_timer(mut self, timer: impl Timer) -> Self {
        self.webhooks.timer = Arc::new(timer);
        self
    }

    /// Starts the server, after loading the seed file if one is set.
    ///
    /// # Errors
    ///
    /// Returns a [`StartError`]; see its variants for the possible causes.
    pub async fn start(self) -> Result<Emulator, StartError> {
        on_runtime(self.listen()).await.map_err(StartError::Runtime)?
    }

    async fn listen(self) -> Result<Emulator, StartError> {
        // The port is bound first, so that a port in use is reported before the seed is loaded, which can take long.
        let listeners = match self.host {
            Some(host) => Listeners::on((host, self.port).into()).await?,
            None => Listeners::on_loopback(self.port).await?,
        };
        let address = listeners.address()?;
        let (stop, stopping) = watch::channel(());
        let app = self.into_app(Some(stopping)).await?;
        Ok(Emulator::serve(listeners, address, app, stop))
    }

    /// Returns the emulator as an axum router, after loading the seed file if one is set.
    ///
    /// Use this method to embed the emulator in another server. The builder's address and port have no effect.
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
    /// Returns a [`StartError`]; see its variants for the possible causes.
    pub async fn router(self) -> Result<Router, StartError> {
        let app = on_runtime(self.into_app(None)).await.map_err(StartError::Runtime)??;
        Ok(routes::router(app))
    }

    async fn into_app(self, stopping: Option<watch::Receiver<()>>) -> Result<Arc<App>, StartError> {
        self.rate_limits.iter().try_for_each(RateLimits::validate).map_err(StartError::Setting)?;
        #[cfg(feature = "webhooks")]
        let is_own_directory = self.directory.is_none();
        let directory = self.directory.unwrap_or_else(|| Directory::Store((&empty_directory()).into()));
        if let Some(path) = self.seed {
            let Directory::Store(directory) = &directory else { return Err(StartError::SeedWithoutStore) };
            seed::load(directory, &path).await.map_err(|source| StartError::Seed { path, source })?;
        }
        let (backend, clock): (_, Arc<dyn Clock>) = match directory {
            Directory::Store(directory) => (Backend::over_store(directory.clone()), Arc::new(directory)),
            Directory::Other(directory) => (Backend::Other(directory), Arc::new(SystemClock)),
        };
        #[cfg(feature = "webhooks")]
        let webhooks = start_webhooks(&backend, self.webhooks, is_own_directory)?;
        let limiter = self.rate_limits.map(|limits| Limiter::new(limits, Arc::clone(&clock)));
        Ok(Arc::new(App {
            backend,
            clock,
            keys: self.keys,
            allowed_hosts: self.allowed_hosts,
            limiter,
            latency: self.latency,
            faults: HttpFaults::default(),
            requests: RequestLog::default(),
            panics: Panics::default(),
            #[cfg(feature = "webhooks")]
            webhooks,
            slots: Arc::new(Semaphore::new(MAX_REQUESTS)),
            control_slots: Arc::new(Semaphore::new(control::MAX_CALLS)),
            bodies: BodyReader::of_api(),
            control_bodies: BodyReader::new(control::MAX_BODY, control::MAX_BODY),
            closed: AtomicBool::new(false),
            running: RwLock::default(),
            resets: watch::Sender::default(),
            stopping,
        }))
    }
}

/// Returns the default directory, which emits events if the emulator can send them.
fn empty_directory() -> InMemoryUserDirectory {
    let builder = InMemoryUserDirectory::builder();
    #[cfg(feature = "webhooks")]
    let builder = builder.emit_events();
    builder.build()
}

/// Starts the webhooks if the directory emits events.
#[cfg(feature = "webhooks")]
fn start_webhooks(
    backend: &Backend,
    settings: webhooks::Settings,
    is_own_directory: bool,
) -> Result<Option<Webhooks>, StartError> {
    match backend.store().and_then(|store| store.directory().outbox().cloned()) {
        Some(outbox) => {
            let hub = Hub::new(outbox, settings, is_own_directory).map_err(StartError::WebhookClient)?;
            Ok(Some(Webhooks::start(hub)))
        }
        None if settings.endpoints.is_empty() => Ok(None),
        None => Err(StartError::WebhooksWithoutEvents),
    }
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("EmulatorBuilder");
        #[cfg(feature = "webhooks")]
        debug.field("webhooks", &self.webhooks);
        debug
            .field("directory", &self.directory)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("rate_limits", &self.rate_limits)
            .field("latency", &self.latency)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
