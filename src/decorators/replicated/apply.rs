//! Applies events to the store.

use std::slice;
use std::sync::PoisonError;

use super::core::{Core, Failure};
use super::stale::Reason;
use super::status::Applied;
use crate::directory::UserDirectory;
use crate::error::Result;
use crate::model::{User, UserId};
use crate::store::RecordStore;
use crate::webhooks::{EventKind, UserEvent};

impl<P: UserDirectory, S: RecordStore> Core<P, S> {
    pub(super) async fn apply(&self, event: &UserEvent) -> Result<Applied> {
        if self.recent_events().contains(&event.id) {
            self.record_applied(event, Applied::Unchanged);
            return Ok(Applied::Unchanged);
        }
        let applied = match &event.kind {
            EventKind::Created(user) | EventKind::Updated(user) => self.apply_user(user, event).await?,
            EventKind::Deleted(user) => self.apply_deletion(&user.id).await?,
            EventKind::Other(_) => return Ok(Applied::Unchanged),
        };
        // The id is added only now, so that a failed or canceled event is applied when it is delivered again.
        self.recent_events().insert(event.id.clone());
        self.record_applied(event, applied);
        Ok(applied)
    }

    async fn apply_user(&self, user: &User, event: &UserEvent) -> Result<Applied> {
        // The remaining time of a lock starts at the time of the event.
        let at = event.timestamp.or(user.updated_at).unwrap_or_else(|| self.clock.now());
        match self.put(user.clone(), at).await {
            Ok(change) => Ok(change.into()),
            Err(failure @ Failure::Store(_)) if !failure.concerns_one_user() => Err(failure.into()),
            Err(_) => {
                self.mark_stale(slice::from_ref(&user.id), Reason::Unconfirmed).await?;
                Ok(Applied::Stale)
            }
        }
    }

    async fn apply_deletion(&self, id: &UserId) -> Result<Applied> {
        match self.remove(id).await {
            Ok(removed) => Ok(if removed { Applied::Deleted } else { Applied::Unchanged }),
            // The user has been marked as stale. Another delivery of the event would also fail.
            Err(error) if error.is_conflict() => Ok(Applied::Stale),
            Err(error) if Failure::store_concerns_one_user(&error) => {
                self.mark_stale(slice::from_ref(id), Reason::Unconfirmed).await?;
                Ok(Applied::Stale)
            }
            Err(error) => Err(error),
        }
    }

    fn record_applied(&self, event: &UserEvent, applied: Applied) {
        if let Some(at) = event.timestamp {
            let mut last = self.last_event_at.lock().unwrap_or_else(PoisonError::into_inner);
            *last = (*last).max(Some(at));
        }
        #[cfg(feature = "metrics")]
        {
            let labels = [("effect", applied.as_str())];
            metrics::counter!("user_directory_replica_events_total", &labels).increment(1);
            // An event that changes nothing may be a repetition, so its lag is not recorded.
            if let Some(at) = event.timestamp
                && !matches!(applied, Applied::Unchanged | Applied::Stale)
            {
                let lag = crate::time::elapsed(at, self.clock.now());
                metrics::histogram!("user_directory_replica_event_lag_seconds").record(lag);
            }
        }
        #[cfg(not(feature = "metrics"))]
        let _ = applied;
    }
}
