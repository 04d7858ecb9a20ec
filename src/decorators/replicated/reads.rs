//! Reads from the store, or from the primary if the store may be outdated.

use std::sync::PoisonError;
use std::time::Duration;

use super::copy;
use super::core::{Core, Failure};
use super::stale::Reason;
use crate::decorators::outage;
use crate::directory::UserDirectory;
use crate::error::{Error, Result};
use crate::model::{Selection, User, UserFilter, UserId};
use crate::rules::rejection;
use crate::store::RecordStore;

/// The maximum number of users that a `list` or `count` call refreshes. If the results of more writes are missing from
/// the store, the call reads from the primary.
const MAX_REFRESHED: usize = 3;

/// The duration for which the primary is not called after an outage. Without this pause, each read of a stale user
/// would wait for the call to the primary to time out.
const OUTAGE_PAUSE: Duration = Duration::from_secs(5);

impl<P: UserDirectory, S: RecordStore> Core<P, S> {
    pub(super) async fn get(&self, id: &UserId) -> Result<User> {
        if !self.is_ready().await? {
            return self.primary.get(id).await;
        }
        match self.stale.get(id) {
            None => self.copy(id).await?.ok_or_else(|| rejection::no_user(id)),
            Some(mark) => self.get_stale(id, mark.reason).await,
        }
    }

    /// Returns the store's copy of a user.
    async fn copy(&self, id: &UserId) -> Result<Option<User>> {
        let copy = self.load(id).await?;
        Ok(copy.map(|copy| copy::user_of(&copy.account, self.clock.now())))
    }

    async fn get_stale(&self, id: &UserId, reason: Reason) -> Result<User> {
        match reason {
            Reason::Undeletable => return Err(rejection::no_user(id)),
            Reason::Unconfirmed if self.had_outage() => {
                if let Some(user) = self.copy(id).await? {
                    return Ok(user);
                }
            }
            Reason::Unconfirmed | Reason::Unstored => {}
        }
        match self.refresh(id).await {
            Ok(refreshed) => refreshed.user.ok_or_else(|| rejection::no_user(id)),
            // Without a copy, it is unknown whether the user exists.
            Err(Failure::Primary(error)) if reason == Reason::Unconfirmed && self.is_outage(&error) => {
                self.copy(id).await?.ok_or(error)
            }
            Err(Failure::Primary(error)) => Err(error),
            Err(Failure::Store(_) | Failure::Conflict) => self.primary.get(id).await,
        }
    }

    /// Awaits `local` if the store can be used for the filter, or `primary` otherwise.
    pub(super) async fn read<T: Send>(
        &self,
        filter: &UserFilter,
        local: impl Future<Output = Result<T>> + Send,
        primary: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        // Both reject invalid filters.
        if filter.organization_ids != Selection::default() || !self.is_ready().await? {
            return primary.await;
        }
        if !self.store_writes().await {
            match primary.await {
                Err(error) if self.is_outage(&error) => {}
                result => return result,
            }
        }
        local.await
    }

    /// Refreshes the users for which the result of the last write is missing from the store.
    ///
    /// Returns `false` if `list` and `count` must read from the primary, because results are still missing and the
    /// primary is available.
    async fn store_writes(&self) -> bool {
        let unstored = self.stale.with_reason(Reason::Unstored);
        if unstored.is_empty() || self.had_outage() {
            return true;
        }
        for id in unstored.iter().take(MAX_REFRESHED) {
            match self.refresh(id).await {
                Ok(_) => {}
                Err(Failure::Primary(error)) if self.is_outage(&error) => return true,
                Err(_) => return false,
            }
        }
        unstored.len() <= MAX_REFRESHED
    }

    /// Returns `true` if the error indicates that the primary is unavailable.
    ///
    /// Also records the current time if the primary is unavailable.
    fn is_outage(&self, error: &Error) -> bool {
        let is_outage = outage::is_outage(error);
        if is_outage {
            *self.last_outage_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.timer.now());
        }
        is_outage
    }

    /// Returns `true` if the primary was unavailable during the last [`OUTAGE_PAUSE`].
    fn had_outage(&self) -> bool {
        let last = *self.last_outage_at.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|at| self.timer.now().saturating_sub(at) < OUTAGE_PAUSE)
    }
}
