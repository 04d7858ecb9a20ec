//! Inserting or replacing a user by id.

use super::identifiers::{Key, claims, keys};
use super::record::Record;
use super::rejection;
use super::{InMemoryUserDirectory, Inner};
use crate::error::{Error, ErrorKind, Result};
use crate::model::User;

impl InMemoryUserDirectory {
    /// Adds the user as it is, or replaces the user with the same id. Returns `true` if a user was replaced.
    ///
    /// A [`User`] contains no password, TOTP secret or backup codes. Those of a replaced user are kept as long as
    /// `password_enabled`, `totp_enabled` and `backup_code_enabled` say that the user has them. Resources that a
    /// [`User`] does not contain, such as trusted devices and credit, are kept as well.
    ///
    /// ```
    /// use user_directory::{InMemoryUserDirectory, User, UserDirectory};
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let mut ada = User::new("user_1".parse()?);
    /// assert!(!directory.upsert(ada.clone())?);
    ///
    /// ada.first_name = Some("Ada".into());
    /// assert!(directory.upsert(ada.clone())?);
    /// assert_eq!(directory.get(&ada.id).await?.first_name.as_deref(), Some("Ada"));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) if another user has one of the identifiers.
    pub fn upsert(&self, user: User) -> Result<bool> {
        let id = user.id.clone();
        let mut store = self.inner.write();
        let record = Record::new(user, self.inner.now());
        let taken = |key: &Key<'_>| claims(&record, key) && store.is_taken(key, Some(&id));
        if let Some(key) = keys(&record).find(taken) {
            return Err(Error::rejected(ErrorKind::Conflict, [rejection::taken(&key)]));
        }
        self.inner.observe_ids(&record.user);
        if store.get(&id).is_none() {
            store.insert(record);
            return Ok(false);
        }
        store.edit(&id, |existing| replace(existing, record));
        Ok(true)
    }
}

/// Replaces what a [`User`] contains, and keeps the rest.
fn replace(existing: &mut Record, new: Record) {
    let Record { user, sequence: _, lock, password: _, totp_secret: _, backup_codes: _, resources } = new;
    (existing.user, existing.lock) = (user, lock);
    if !existing.user.password_enabled {
        existing.password = None;
    }
    if !existing.user.totp_enabled {
        existing.totp_secret = None;
    }
    if !existing.user.backup_code_enabled {
        existing.backup_codes.clear();
    }
    if let Some(resources) = resources {
        existing.resources_mut().memberships = resources.memberships;
    }
}

impl Inner {
    /// Passes the ids of a user that came from elsewhere to the generator.
    pub(super) fn observe_ids(&self, user: &User) {
        let observe = |id: &str| self.ids.observe(id);
        observe(user.id.as_str());
        user.email_addresses.iter().filter_map(|email| email.id.as_ref()).for_each(|id| observe(id.as_str()));
        user.phone_numbers.iter().filter_map(|phone| phone.id.as_ref()).for_each(|id| observe(id.as_str()));
        user.web3_wallets.iter().filter_map(|wallet| wallet.id.as_ref()).for_each(|id| observe(id.as_str()));
        user.passkeys.iter().filter_map(|passkey| passkey.id.as_ref()).for_each(|id| observe(id.as_str()));
        user.external_accounts.iter().for_each(|account| observe(account.id.as_str()));
    }
}
