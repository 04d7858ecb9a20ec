//! [`Clock`]: a source of the current time.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// A source of the current time.
///
/// [`StoreUserDirectory`](crate::StoreUserDirectory) calls `now` in most operations, so `now` must neither block nor
/// call the directory.
///
/// ```
/// use user_directory::jiff::Timestamp;
/// use user_directory::time::Clock;
///
/// #[derive(Debug)]
/// struct Frozen(Timestamp);
///
/// impl Clock for Frozen {
///     fn now(&self) -> Timestamp {
///         self.0
///     }
/// }
///
/// # #[cfg(feature = "in-memory")]
/// # tokio_test::block_on(async {
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
///
/// let noon: Timestamp = "2026-05-12T12:00:00Z".parse()?;
/// let users = InMemoryUserDirectory::builder().clock(Frozen(noon)).build();
/// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
/// assert_eq!(users.create(&new_user).await?.created_at, Some(noon));
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub trait Clock: Debug + Send + Sync + 'static {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
}

/// The system clock.
///
/// ```
/// use user_directory::time::{Clock, SystemClock};
///
/// assert!(SystemClock.now().as_second() > 1_700_000_000);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A test clock whose time changes only when [`advance`](Self::advance) or [`set`](Self::set) is called.
///
/// Clones share the same time.
///
/// ```
/// use std::time::Duration;
/// use user_directory::time::{Clock, ManualClock};
///
/// let clock = ManualClock::new("2026-05-12T09:00:00Z".parse()?);
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(clock.now().to_string(), "2026-05-12T09:01:30Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    /// Creates a clock that starts at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Advances the clock, saturating at [`Timestamp::MAX`].
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.checked_add(by).unwrap_or(Timestamp::MAX);
    }

    /// Sets the time. The new time can be earlier than the current time.
    pub fn set(&self, to: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
