//! [`StoreUserDirectoryBuilder`].

use std::sync::{Arc, RwLock};
use std::time::Duration;

use super::{Shared, StoreUserDirectory};
use crate::rules::{IdGenerator, InstanceSettings, RandomIds};
use crate::store::UserStore;
use crate::time::{Clock, SystemClock, Timer, TokioTimer};

/// Builds a [`StoreUserDirectory`].
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
}

impl<S> StoreUserDirectoryBuilder<S> {
    /// Creates a builder for a directory over `store`.
    pub fn new(store: S) -> Self {
        Self {
            store,
            settings: InstanceSettings::default(),
            clock: Box::new(SystemClock),
            ids: Box::new(RandomIds),
            timer: Arc::new(TokioTimer::new()),
            retry_timeout: Duration::from_secs(10),
            default_bcrypt_cost: InstanceSettings::DEFAULT_BCRYPT_COST,
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

    /// Sets how long a write is retried if concurrent writes change the same user. The default is 10 seconds.
    ///
    /// After this time, the write fails with [`Locked`](crate::ErrorKind::Locked) and changes nothing.
    pub fn retry_timeout(mut self, timeout: Duration) -> Self {
        self.retry_timeout = timeout;
        self
    }

    /// Sets the timer for the delays between retries. The default is [`TokioTimer`].
    pub fn timer(mut self, timer: impl Timer) -> Self {
        self.timer = Arc::new(timer);
        self
    }

    /// Replaces the store, for code that opens its store after it configures the builder.
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
        let Self { store: _, settings, clock, ids, timer, retry_timeout, default_bcrypt_cost } = self;
        StoreUserDirectoryBuilder { store, settings, clock, ids, timer, retry_timeout, default_bcrypt_cost }
    }

    /// Builds the directory.
    #[must_use]
    pub fn build(self) -> StoreUserDirectory<S>
    where
        S: UserStore,
    {
        let Self { store, mut settings, clock, ids, timer, retry_timeout, default_bcrypt_cost } = self;
        settings.bcrypt_cost.get_or_insert(default_bcrypt_cost);
        StoreUserDirectory {
            shared: Arc::new(Shared { clock, clock_offset: RwLock::default(), ids, timer, retry_timeout }),
            settings: Arc::new(settings),
            store: Arc::new(store),
        }
    }
}
