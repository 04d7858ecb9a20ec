//! [`Emulator`]: a running server.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use user_directory::store::UserStore;
use user_directory::store_directory::StoreUserDirectory;

use crate::app::App;
use crate::backend::StoreBackend;
use crate::builder::EmulatorBuilder;
use crate::http_fault::HttpFault;
use crate::listeners::Listeners;
use crate::request_log::RequestRecord;
use crate::start_error::StartError;
#[cfg(feature = "webhooks")]
use crate::webhooks::{Events, WebhookFault};
use crate::{connections, routes};

/// The shutdown timeout. It applies first to in-flight requests, and then to directory operations.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(4);

/// A running emulator for the user operations of the Clerk Backend API.
///
/// The emulator runs until it is [stopped](Self::stop) or dropped. Only `stop` waits for in-flight requests and reports
/// panics in the directory.
///
/// ```
/// use user_directory::InMemoryUserDirectory;
/// use clerk_emulator::Emulator;
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let directory = InMemoryUserDirectory::new(); // This handle can inspect and seed the users.
/// let clerk = Emulator::builder().store(&directory).start().await?;
/// assert!(clerk.url().starts_with("http://127.0.0.1:"));
/// clerk.stop().await?;
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[must_use = "an emulator stops when it is dropped"]
pub struct Emulator {
    address: SocketAddr,
    /// Stops the server when it is dropped.
    stop: watch::Sender<()>,
    server: JoinHandle<io::Result<()>>,
    app: Arc<App>,
}

impl Emulator {
    /// Starts an emulator with an empty in-memory directory, on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// Returns [`Listen`](StartError::Listen) if the server cannot listen on the loopback interface,
    /// [`WebhookClient`](StartError::WebhookClient) if the HTTP client for webhooks cannot be created, or
    /// [`Runtime`](StartError::Runtime) if there is no suitable Tokio runtime.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let clerk = clerk_emulator::Emulator::start().await?;
    /// println!("the emulator listens on {}", clerk.url());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Creates a builder.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::new()
    }

    /// Starts the server on the listeners.
    pub(crate) fn serve(listeners: Listeners, address: SocketAddr, app: Arc<App>, stop: watch::Sender<()>) -> Self {
        let server = tokio::spawn(serve(listeners, Arc::clone(&app), stop.subscribe()));
        Self { address, stop, server, app }
    }

    /// Returns the server's URL, such as `http://127.0.0.1:4010`.
    ///
    /// This is the URL of the dashboard, and the base URL for clients that append `/v1`, such as Clerk's JavaScript
    /// SDK.
    #[must_use]
    pub fn url(&self) -> String {
        let mut address = self.address;
        // Clients cannot connect to an unspecified address.
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
        }
        format!("http://{address}")
    }

    /// Returns the API URL, such as `http://127.0.0.1:4010/v1`.
    ///
    /// This is the base URL for clients that do not append `/v1`, such as `ClerkUserDirectory` and Clerk's Python SDK.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("{}/v1", self.url())
    }

    /// Returns the server's address.
    ///
    /// By default, the server listens on the IPv4 loopback address and, if the system supports IPv6, on the same port
    /// of the IPv6 loopback address. This method then returns the IPv4 address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the served directory, or `None` if it is not backed by a [store](EmulatorBuilder::store).
    ///
    /// Use the directory to inspect users, to seed state that the API cannot create, and to advance the clock.
    ///
    /// ```
    /// use std::time::Duration;
    /// use clerk_emulator::Emulator;
    /// use user_directory::{NewUser, UserDirectory};
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let clerk = Emulator::start().await?;
    /// let directory = clerk.store().unwrap();
    /// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true).locked(true);
    /// directory.create(&new_user).await?;
    /// directory.advance_clock(Duration::from_secs(3600)); // The lock has expired.
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn store(&self) -> Option<StoreUserDirectory<dyn UserStore>> {
        self.app.backend.store().map(StoreBackend::directory)
    }

    /// Adds a fault to the queue of HTTP faults.
    ///
    /// For each request, the first matching fault in the queue is applied. Faults affect only requests that pass
    /// authentication, have a supported API version and are within the rate limits. Requests from the dashboard are not
    /// affected.
    ///
    /// ```
    /// use user_directory::Operation;
    /// use clerk_emulator::{Emulator, HttpFault};
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let clerk = Emulator::start().await?;
    /// clerk.add_fault(HttpFault::status(503).operation(Operation::Create).times(2));
    /// // The third attempt to create a user succeeds.
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn add_fault(&self, fault: HttpFault) {
        self.app.faults.add(fault);
    }

    /// Removes all queued HTTP faults.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use clerk_emulator::{Emulator, HttpFault};
    /// let clerk = Emulator::start().await?;
    /// clerk.add_fault(HttpFault::status(503));
    /// clerk.clear_faults();
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn clear_faults(&self) {
        self.app.faults.clear();
    }

    /// Returns the latest API requests (up to 500), newest first.
    ///
    /// Requests from the dashboard are not included. If the client disconnects before the response is sent, a
    /// `verify_password` or `verify_totp` request is canceled. Canceled requests are not included.
    ///
    /// ```
    /// use clerk_emulator::Emulator;
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let clerk = Emulator::start().await?;
    /// // Run the application here.
    /// assert!(clerk.requests().iter().all(|request| request.status != Some(422)));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.app.requests.all()
    }

    /// Returns a receiver for the events that the directory emits after this call.
    ///
    /// The receiver does not require webhook endpoints, and does not wait for deliveries to them. However, if the
    /// number of undelivered events reaches 100,000, the receiver returns no further events until some of the
    /// undelivered events are delivered or have no attempts left.
    ///
    /// After [`stop`](Self::stop), the receiver still returns the events that were emitted before the stop.
    ///
    /// The receiver misses events that another process removes from the directory's outbox before the emulator reads
    /// them.
    ///
    /// # Errors
    ///
    /// Returns [`Unsupported`](user_directory::ErrorKind::Unsupported) if the directory emits no events, or the store's
    /// error if the outbox cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use clerk_emulator::Emulator;
    /// use user_directory::webhooks::EventKind;
    /// use user_directory::{ClerkUserDirectory, NewUser, SecretKey, UserDirectory};
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let clerk = Emulator::start().await?;
    /// let mut events = clerk.events().await?;
    ///
    /// let users = ClerkUserDirectory::builder(SecretKey::new("sk_test_1")?).base_url(clerk.api_url()).build()?;
    /// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// let ada = users.create(&new_user).await?;
    ///
    /// let event = events.next().await;
    /// assert_eq!((event.event_type(), event.user_id()), ("user.created", Some(&ada.id)));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    #[cfg(feature = "webhooks")]
    pub async fn events(&self) -> user_directory::Result<Events> {
        match &self.app.webhooks {
            Some(webhooks) => webhooks.hub().events().await,
            None => Err(crate::webhooks::no_events()),
        }
    }

    /// Adds a fault to the queue of webhook faults.
    ///
    /// The fault has no effect if the directory emits no events.
    ///
    /// ```
    /// use clerk_emulator::{Emulator, WebhookFault};
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let clerk = Emulator::start().await?;
    /// clerk.add_webhook_fault(WebhookFault::duplicate(2));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    #[cfg(feature = "webhooks")]
    pub fn add_webhook_fault(&self, fault: WebhookFault) {
        if let Some(webhooks) = &self.app.webhooks {
            webhooks.hub().faults.add(fault);
        }
    }

    /// Removes all queued webhook faults.
    #[cfg(feature = "webhooks")]
    pub fn clear_webhook_faults(&self) {
        if let Some(webhooks) = &self.app.webhooks {
            webhooks.hub().faults.clear();
        }
    }

    /// Stops the server gracefully.
    ///
    /// The server stops accepting connections, skips the remaining delays of faults and of the configured
    /// [latency](EmulatorBuilder::latency), and completes in-flight requests. It waits up to 4 seconds for clients to
    /// finish their requests, and then up to 4 seconds for directory operations. Undelivered events stay in the
    /// directory's outbox.
    ///
    /// # Errors
    ///
    /// Returns an error if the server failed, or if the directory panicked, for example because a mock received an
    /// unexpected call. Returns an error of kind [`TimedOut`](io::ErrorKind::TimedOut) if a directory operation did not
    /// complete in time. The operation can still complete later.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let clerk = clerk_emulator::Emulator::start().await?;
    /// // Run the test here.
    /// clerk.stop().await?;
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub async fn stop(self) -> io::Result<()> {
        drop(self.stop);
        let stopped = self.server.await.map_err(io::Error::other)?;
        self.app.panics.first().map_or(stopped, |message| Err(io::Error::other(message)))
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Serves requests until the server is stopped, and then completes in-flight requests.
async fn serve(listeners: Listeners, app: Arc<App>, mut stopping: watch::Receiver<()>) -> io::Result<()> {
    let mut also_stopping = stopping.clone();
    // An error means that the sender was dropped, which is the signal to stop.
    let stopped = async move { drop(stopping.changed().await) };
    let timed_out = async move {
        drop(also_stopping.changed().await);
        tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
    };
    tokio::select! {
        () = connections::serve(listeners, routes::router(Arc::clone(&app)), connections::limit(), stopped) => {}
        () = timed_out => {}
    }
    // After `close`, the emulator does not change the directory, and all panics of the directory have been recorded.
    let deadline = Instant::now() + SHUTDOWN_TIMEOUT;
    let closed = timeout_at(deadline, app.close()).await;
    // The tasks are stopped explicitly, because the connection of a slow client can keep the emulator's state alive.
    #[cfg(feature = "webhooks")]
    if let Some(webhooks) = &app.webhooks {
        webhooks.stop(deadline).await;
    }
    closed.map_err(|_| {
        let message = "a directory operation did not complete before the shutdown timeout";
        tracing::warn!("{message}");
        io::Error::new(io::ErrorKind::TimedOut, message)
    })
}
