//! [`Core`]: the part of a directory that does not depend on the type of the store.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

#[cfg(feature = "webhooks")]
use super::outbox::Outbox;
use super::reads::read;
use crate::account::timestamps;
use crate::error::Result;
use crate::model::{User, UserId};
use crate::rules::{Context, IdGenerator, InstanceSettings, rejection, view};
use crate::store::{StoredAccount, UserStore};
use crate::time::{Clock, Timer};

/// The part of a [`StoreUserDirectory`](super::StoreUserDirectory) that does not depend on the type of the store.
///
/// Because `Core` is not generic, the operations of `UserDirectory` are compiled once, in this crate, and not again in
/// each crate that uses a store.
#[derive(Clone)]
pub(super) struct Core {
    pub(super) shared: Arc<Shared>,
    pub(super) settings: Arc<InstanceSettings>,
    pub(super) store: Arc<dyn UserStore>,
}

/// The state that clones of a directory share, except for the settings and the store.
pub(super) struct Shared {
    pub(super) clock: Box<dyn Clock>,
    /// The offset that `advance_clock` has added to the clock.
    pub(super) clock_offset: RwLock<SignedDuration>,
    pub(super) ids: Box<dyn IdGenerator>,
    pub(super) timer: Arc<dyn Timer>,
    pub(super) retry_timeout: Duration,
    /// The outbox, if the directory emits events.
    #[cfg(feature = "webhooks")]
    pub(super) outbox: Option<Outbox>,
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Core {
    /// Returns the time of the clock plus the offset, truncated to milliseconds.
    pub(super) fn now(&self) -> Timestamp {
        let offset = self.clock_offset();
        let now = self.shared.clock.now();
        let end = if offset.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        timestamps::to_millisecond(now.checked_add(offset).unwrap_or(end))
    }

    pub(super) fn clock_offset(&self) -> SignedDuration {
        *self.shared.clock_offset.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the context in which rules are applied: time, settings and id generator.
    pub(super) fn context(&self) -> Context<'_> {
        Context { now: self.now(), settings: &self.settings, ids: &*self.shared.ids }
    }

    /// Returns the account of a user, or `None` if there is none.
    pub(super) async fn find_account(&self, id: &UserId) -> Result<Option<Arc<StoredAccount>>> {
        Ok(read(self.store.load(std::slice::from_ref(id))).await?.pop())
    }

    /// Returns the account of a user, or an error if the user does not exist.
    pub(super) async fn account(&self, id: &UserId) -> Result<Arc<StoredAccount>> {
        self.find_account(id).await?.ok_or_else(|| rejection::no_user(id))
    }

    /// Returns the user of an account at the current time.
    pub(super) fn view(&self, account: &StoredAccount) -> User {
        view::user(&account.account, self.context())
    }
}
