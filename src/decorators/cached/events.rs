//! [`CachedUserDirectory::apply`]: updates the cache with a webhook event.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::CachedUserDirectory;
use super::entries::UserKey;
use super::lookup::LookupValue;
use crate::model::User;
use crate::time::Clock;
use crate::webhooks::{DeletedUser, EventKind, UserEvent};

impl<D> CachedUserDirectory<D> {
    /// Sets the clock that [`apply`](Self::apply) uses to compute the age of a user.
    ///
    /// The default is [`SystemClock`](crate::time::SystemClock).
    #[must_use]
    #[cfg_attr(docsrs, doc(cfg(feature = "webhooks")))]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Updates the cache with a webhook event.
    ///
    /// Events can be applied repeatedly and in any order. Events other than `user.created`, `user.updated` and
    /// `user.deleted` have no effect.
    ///
    /// An event invalidates the cached lookups that found the user. It also invalidates all lookups by an identifier of
    /// the cached user or of the user in the event. Therefore, if an identifier has moved from another user to this
    /// user, the next lookup by this identifier is not served from the cache, even if the event about the previous
    /// owner has not arrived yet.
    ///
    /// A `user.deleted` event also invalidates the cached user.
    ///
    /// A `user.created` or `user.updated` event has this effect on the cached user:
    ///
    /// | cached user | effect |
    /// | --- | --- |
    /// | has an older [`updated_at`](User::updated_at) than the user in the event | replaced by the user in the event |
    /// | is equal to the user in the event | kept |
    /// | has a newer `updated_at` than the user in the event | kept |
    /// | differs from the user in the event in any other way | removed |
    /// | none | the user in the event is cached, unless it may be outdated |
    ///
    /// If the user is not cached, the user in the event may be outdated in these cases:
    ///
    /// - The user in the event has no `updated_at`.
    /// - An event about the same or a later version of the user, or an event without `updated_at`, has already been
    ///   applied.
    /// - The user has been written through the cache, deleted or [invalidated](Self::invalidate).
    ///
    /// The age of the user counts toward the [time to live](super::CachePolicy::time_to_live). The age is the time
    /// since the event's [`timestamp`](UserEvent::timestamp). If the event has no timestamp, or if a newer cached user
    /// is kept, the age is the time since the user's `updated_at`. A user whose time to live has elapsed is not
    /// cached.
    ///
    /// The user is cached without [`scim`](User::scim), which `get` does not return.
    ///
    /// ```
    /// # use user_directory::decorators::{CachePolicy, CachedUserDirectory};
    /// # use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    /// use user_directory::webhooks::UserEvent;
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let users = CachedUserDirectory::new(directory.clone(), CachePolicy::default());
    /// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// let ada = directory.create(&new_user).await?; // This write bypasses the cache.
    ///
    /// users.apply(&UserEvent::created("msg_1".parse()?, ada.clone()));
    /// assert_eq!(users.get(&ada.id).await?, ada);
    /// assert_eq!(users.stats().hits, 1);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "webhooks")))]
    pub fn apply(&self, event: &UserEvent) {
        match &event.kind {
            EventKind::Created(user) | EventKind::Updated(user) => self.apply_user(user, event.timestamp),
            EventKind::Deleted(user) => self.apply_deletion(user),
            EventKind::Other(_) => {}
        }
    }

    fn apply_user(&self, user: &User, at: Option<Timestamp>) {
        let mut user = user.clone();
        user.scim = None;
        let user = Arc::new(user);
        let user_id = user.id.clone();
        let key = self.key(&user_id);
        let (previous, cached) = (key.last_write, self.entries.users.get(&key));
        self.writes().record_identifiers_of(&user);
        if let Some(cached) = &cached {
            self.writes().record_identifiers_of(cached);
        }
        let at = at.or(user.updated_at);
        let compared = cached.clone();
        let is_newest_event = self.writes().record_event(&user_id, user.updated_at);
        // If the cached user is kept, a write is still recorded, because lookups may have found an older version.
        let newest = match cached {
            None => is_newest_event.then_some((user, at)),
            Some(cached) if cached == user => Some((user, at)),
            Some(cached) => match cached.updated_at.zip(user.updated_at) {
                Some((old, new)) if old < new => Some((user, at)),
                Some((old, new)) if old > new => Some((cached, Some(old))),
                _ => None,
            },
        };
        let replaced = match newest.and_then(|(user, at)| Some((user, self.remaining_time_to_live(at)?))) {
            Some((user, left)) => self.replace(user, left, previous),
            None => false,
        };
        // A concurrent read may have cached a newer user after `cached` was read.
        let is_newest = |now: Arc<User>| compared.is_some_and(|compared| Arc::ptr_eq(&compared, &now));
        if !replaced || !self.entries.users.get(&key).is_none_or(is_newest) {
            self.writes().record(std::slice::from_ref(&user_id));
        }
    }

    /// Caches a user under a new write number.
    ///
    /// Returns `false` if another write has been recorded after `previous`.
    fn replace(&self, user: Arc<User>, time_to_live: Duration, previous: u64) -> bool {
        let user_id = user.id.clone();
        let reserved = self.writes().reserve();
        // The new key is not used until the write is recorded.
        self.insert(UserKey { user_id: user_id.clone(), last_write: reserved }, user, time_to_live);
        self.writes().record_reserved(&user_id, previous, reserved)
    }

    fn apply_deletion(&self, user: &DeletedUser) {
        let key = self.key(&user.id);
        if let Some(cached) = self.entries.users.get(&key) {
            self.writes().record_identifiers_of(&cached);
        }
        if let Some(external_id) = &user.external_id {
            self.writes().record_identifier(&LookupValue::external_id(external_id));
        }
        // Events that arrive later must not insert the deleted user.
        self.writes().record_ahead_of_events(std::slice::from_ref(&user.id));
    }

    /// Returns the remaining time to live of a user that was current at the given time.
    ///
    /// Returns `None` if the time to live has elapsed or the time is unknown.
    fn remaining_time_to_live(&self, at: Option<Timestamp>) -> Option<Duration> {
        let age = self.clock.now().duration_since(at?);
        // The clocks can differ, so the time can be in the future.
        let age = Duration::try_from(age).unwrap_or_default();
        self.policy.time_to_live.checked_sub(age).filter(|remaining| !remaining.is_zero())
    }
}
