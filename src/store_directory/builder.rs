//! [`StoreUserDirectoryBuilder`].

use std::sync::{Arc, RwLock};
use std::time::Duration;

use super::StoreUserDirectory;
use super::core::{Core, Shared};
#[cfg(feature = "webhooks")]
use super::outbox::Outbox;
use crate::rules::{IdGenerator, InstanceSettings, RandomIds};
#[cfg(feature = "webhooks")]
use crate::store::RecordStore;
use crate::store::UserStore;
use crate::time::{Clock, SystemClock, Timer, TokioTimer};

/// A builder for [`StoreUserDirectory`].
///
/// ```
/// use user_directory::InMemoryUserDirectory;
/// use user_directory::store_directory::{InstanceSettings, SequentialIds};
/// use user_directory::time::ManualClock;
///
/// let clock = ManualClock::new("2026-05-12T09:00:00Z".parse()?);
/// let directory = InMemoryUserDirectory::builder()
///     .settings(InstanceSettings::permissive())
///     .clock(clock.clone())
///     .ids(SequentialIds::default())
///     .build();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct StoreUserDirectoryBuilder<S> {
    store: S,
    settings: InstanceSettings,
    clock: Box<dyn Clock>,
    ids: Box<dyn IdGenerator>,
    timer: Arc<dyn Timer>,
    retry_timeout: Duration,
    default_bcrypt_cost: u32,
    /// Returns the store as a [`RecordStore`] for the outbox. `None` if the directory emits no events.
    #[cfg(feature = "webhooks")]
    record_store: Option<AsRecordStore<S>>,
}

/// A function that converts a store of type `S` to a [`RecordStore`].
#[cfg(feature = "webhooks")]
type AsRecordStore<S> = fn(Arc<S>) -> Arc<dyn RecordStore>;

impl<S> StoreUserDirectoryBuilder<S> {
    /// Creates a builder for a directory that is backed by `store`.
    pub fn new(store: S) -> Self {
        Self {
            store,
            settings: InstanceSettings::default(),
            clock: Box::new(SystemClock),
            ids: Box::new(RandomIds),
            timer: Arc::new(TokioTimer::new()),
            retry_timeout: Duration::from_secs(10),
            default_bcrypt_cost: InstanceSettings::DEFAULT_BCRYPT_COST,
            #[cfg(feature = "webhooks")]
            record_store: None,
        }
    }

    /// Sets the bcrypt cost that applies if the settings do not set one.
    #[cfg(feature = "in-memory")]
    pub(crate) fn default_bcrypt_cost(mut self, cost: u32) -> Self {
        self.default_bcrypt_cost = cost;
        self
    }

    /// Sets the instance settings, such as the minimum password length.
    pub fn settings(mut self, settings: InstanceSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Sets the clock. The default is [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Sets the id generator. The default is [`RandomIds`].
    pub fn ids(mut self, ids: impl IdGenerator) -> Self {
        self.ids = Box::new(ids);
        self
    }

    /// Sets how long a write is retried if it conflicts with concurrent writes.
    ///
    /// The default is 10 seconds. After this time, the write fails with [`Locked`](crate::ErrorKind::Locked), and
    /// nothing is changed.
    pub fn retry_timeout(mut self, timeout: Duration) -> Self {
        self.retry_timeout = timeout;
        self
    }

    /// Sets the timer for the delays between retries. The default is [`TokioTimer`].
    pub fn timer(mut self, timer: impl Timer) -> Self {
        self.timer = Arc::new(timer);
        self
    }

    /// Enables events for created, updated and deleted users.
    ///
    /// Each event is stored in the same commit as the change to the user. The event remains in the
    /// [outbox](StoreUserDirectory::outbox) until it is acknowledged.
    ///
    /// These calls emit no events:
    ///
    /// - [`load`](StoreUserDirectory::load), [`load_json`](StoreUserDirectory::load_json),
    ///   [`load_json_lines`](StoreUserDirectory::load_json_lines), [`upsert`](StoreUserDirectory::upsert) and
    ///   [`clear`](StoreUserDirectory::clear);
    /// - writes that change no field of a [`User`](crate::User), such as a credit adjustment.
    #[cfg(feature = "webhooks")]
    pub fn emit_events(mut self) -> Self
    where
        S: RecordStore,
    {
        self.record_store = Some(|store| store);
        self
    }

    /// Replaces the store.
    ///
    /// Use this method to configure the builder before the store is opened.
    ///
    /// Replacing the store disables events. To enable them, call [`emit_events`](Self::emit_events) after this method.
    ///
    /// ```
    /// use user_directory::in_memory::InMemoryStore;
    /// use user_directory::store_directory::{InstanceSettings, StoreUserDirectoryBuilder};
    ///
    /// let settings = InstanceSettings::default().max_users(100);
    /// let builder = StoreUserDirectoryBuilder::new(()).settings(settings);
    /// let directory = builder.with_store(InMemoryStore::new()).build();
    /// ```
    pub fn with_store<T>(self, store: T) -> StoreUserDirectoryBuilder<T> {
        let Self { settings, clock, ids, timer, retry_timeout, default_bcrypt_cost, .. } = self;
        StoreUserDirectoryBuilder {
            store,
            settings,
            clock,
            ids,
            timer,
            retry_timeout,
            default_bcrypt_cost,
            #[cfg(feature = "webhooks")]
            record_store: None,
        }
    }

    /// Builds the directory.
    #[must_use]
    pub fn build(self) -> StoreUserDirectory<S>
    where
        S: UserStore,
    {
        let store = Arc::new(self.store);
        let mut settings = self.settings;
        settings.bcrypt_cost.get_or_insert(self.default_bcrypt_cost);
        let shared = Shared {
            clock: self.clock,
            clock_offset: RwLock::default(),
            ids: self.ids,
            timer: self.timer,
            retry_timeout: self.retry_timeout,
            #[cfg(feature = "webhooks")]
            outbox: self.record_store.map(|convert| Outbox::new(convert(Arc::clone(&store)))),
        };
        let core = Core { shared: Arc::new(shared), settings: Arc::new(settings), store: Arc::<S>::clone(&store) };
        StoreUserDirectory { core, store }
    }
}
