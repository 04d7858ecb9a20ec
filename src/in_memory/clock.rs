//! Time, injected: what the directory asks for the time.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{User, Verification};

/// Tells the time.
///
/// It is asked while the directory is locked, so it must not ask the directory.
///
/// ```
/// use user_directory::in_memory::Clock;
/// use user_directory::jiff::Timestamp;
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
///
/// /// It is always the same moment.
/// #[derive(Debug)]
/// struct Frozen(Timestamp);
///
/// impl Clock for Frozen {
///     fn now(&self) -> Timestamp {
///         self.0
///     }
/// }
///
/// # tokio_test::block_on(async {
/// let noon: Timestamp = "2026-05-12T12:00:00Z".parse()?;
/// let users = InMemoryUserDirectory::builder().clock(Frozen(noon)).build();
/// assert_eq!(users.create(&NewUser::new().username("ada.lovelace")).await?.created_at, Some(noon));
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub trait Clock: Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The times that the API knows have milliseconds.
pub(super) fn to_the_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Cuts a user's times off to the millisecond: who is loaded may come from code, or from dates in text.
pub(super) fn cut_off(user: &mut User) {
    let verification = |verification: &mut Option<Verification>| {
        if let Some(verification) = verification {
            cut(&mut verification.expire_at);
        }
    };
    cut(&mut user.mfa_enabled_at);
    cut(&mut user.mfa_disabled_at);
    cut(&mut user.password_last_updated_at);
    cut(&mut user.last_sign_in_at);
    cut(&mut user.last_active_at);
    cut(&mut user.legal_accepted_at);
    cut(&mut user.updated_at);
    cut(&mut user.created_at);
    for email in &mut user.email_addresses {
        cut(&mut email.created_at);
        cut(&mut email.updated_at);
        verification(&mut email.verification);
    }
    for phone in &mut user.phone_numbers {
        cut(&mut phone.created_at);
        cut(&mut phone.updated_at);
        verification(&mut phone.verification);
    }
    for wallet in &mut user.web3_wallets {
        cut(&mut wallet.created_at);
        cut(&mut wallet.updated_at);
        verification(&mut wallet.verification);
    }
    for passkey in &mut user.passkeys {
        cut(&mut passkey.last_used_at);
        verification(&mut passkey.verification);
    }
    for account in &mut user.external_accounts {
        cut(&mut account.created_at);
        cut(&mut account.updated_at);
        verification(&mut account.verification);
    }
    for account in &mut user.saml_accounts {
        cut(&mut account.last_authenticated_at);
        verification(&mut account.verification);
    }
    for account in &mut user.enterprise_accounts {
        cut(&mut account.last_authenticated_at);
        verification(&mut account.verification);
        if let Some(connection) = &mut account.enterprise_connection {
            cut(&mut connection.created_at);
            cut(&mut connection.updated_at);
        }
    }
}

/// Cuts one time off to the millisecond.
pub(super) fn cut(at: &mut Option<Timestamp>) {
    *at = at.map(to_the_millisecond);
}

/// The system's clock.
///
/// ```
/// use user_directory::in_memory::{Clock, SystemClock};
///
/// assert!(SystemClock.now().as_second() > 1_700_000_000);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved. Clones show the same time.
///
/// ```
/// use std::time::Duration;
/// use user_directory::in_memory::{Clock, ManualClock};
///
/// let clock = ManualClock::new("2026-05-12T09:00:00Z".parse()?);
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(clock.now().to_string(), "2026-05-12T09:01:30Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    /// A clock that shows this time.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Moves the clock forward; at the end of time it stops.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.checked_add(by).unwrap_or(Timestamp::MAX);
    }

    /// Sets the clock.
    pub fn set(&self, to: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
