//! What the port cannot create: named methods that put a directory into the state that a test needs.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::credentials::second_factors_changed;
use super::identifiers::{Key, claims, keys};
use super::record::Record;
use super::refusal::{self, param};
use super::store::Store;
use super::{InMemoryUserDirectory, no_user};
use crate::error::{Error, Result, codes};
use crate::model::billing::Subscription;
use crate::model::{
    ExternalAccount, ExternalAccountId, OAuthAccessToken, OrganizationInvitation, OrganizationInvitationId,
    OrganizationMembership, OrganizationMembershipId, Passkey, PasskeyId, PhoneNumberId, ScimUserMetadata,
    TrustedDevice, TrustedDeviceId, User, UserId, Verification, Web3WalletId,
};

/// What the port cannot create.
///
/// Each method fails with [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
impl InMemoryUserDirectory {
    /// Takes users over as they are, such as users that another directory answered: all of them or, if one cannot be
    /// taken, none.
    ///
    /// Their passwords, TOTP secrets and backup codes are not in them. A user whose `password_enabled` is set has a
    /// password that no password matches until [`update`](crate::UserDirectory::update) sets one.
    ///
    /// ```
    /// use user_directory::{InMemoryUserDirectory, User, UserDirectory, UserFilter};
    ///
    /// # tokio_test::block_on(async {
    /// let users: Vec<User> = serde_json::from_str(r#"[{ "id": "user_1" }, { "id": "user_2" }]"#)?;
    /// let directory = InMemoryUserDirectory::new();
    /// directory.load(users)?;
    /// assert_eq!(directory.count(&UserFilter::new()).await?, 2);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) if a user's id or identifier is taken.
    pub fn load(&self, users: impl IntoIterator<Item = User>) -> Result<()> {
        let now = self.inner.now();
        // Before the lock is taken, because the iterator is the caller's: it may ask the directory, or panic.
        let records: Vec<_> = users.into_iter().map(|user| Record::new(user, now)).collect();
        let mut store = self.inner.write();
        check_free(&records, &store)?;
        records.into_iter().for_each(|record| store.insert(record));
        Ok(())
    }

    /// Deletes every user.
    pub fn clear(&self) {
        self.inner.write().clear();
    }

    /// Adds a passkey, under an id of its own if it has one.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    pub fn add_passkey(&self, user_id: &UserId, mut passkey: Passkey) -> Result<PasskeyId> {
        let id = match passkey.id.take() {
            Some(id) => id,
            None => self.inner.new_id("idn")?,
        };
        passkey.id = Some(id.clone());
        self.inner.edit(user_id, |record, _| record.user.passkeys.push(passkey))?;
        Ok(id)
    }

    /// Adds an account at an OAuth provider.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user,
    /// [`Conflict`](crate::ErrorKind::Conflict) if another user has that account.
    pub fn add_external_account(&self, user_id: &UserId, account: ExternalAccount) -> Result<ExternalAccountId> {
        let now = self.inner.now();
        let id = account.id.clone();
        let mut store = self.inner.write();
        let key = Key::provider_user(&account.provider, &account.provider_user_id);
        if !account.provider_user_id.is_empty() && store.is_taken(&key, Some(user_id)) {
            return Err(exists("external_account"));
        }
        let added = store.edit_indexed(user_id, |record| {
            record.user.external_accounts.push(account);
            record.user.updated_at = Some(now);
        });
        added.map(|()| id).ok_or_else(|| no_user(user_id))
    }

    /// Adds a token at an OAuth provider.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    pub fn add_oauth_access_token(&self, user_id: &UserId, token: OAuthAccessToken) -> Result<()> {
        self.arrange(user_id, |record| record.belongings_mut().oauth_tokens.push(token))
    }

    /// Makes a user a member of an organization.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    pub fn add_organization_membership(
        &self,
        user_id: &UserId,
        membership: OrganizationMembership,
    ) -> Result<OrganizationMembershipId> {
        let id = membership.id.clone();
        self.arrange(user_id, |record| record.belongings_mut().memberships.push(membership))?;
        Ok(id)
    }

    /// Invites a user to an organization.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    pub fn add_organization_invitation(
        &self,
        user_id: &UserId,
        invitation: OrganizationInvitation,
    ) -> Result<OrganizationInvitationId> {
        let id = invitation.id.clone();
        self.arrange(user_id, |record| record.belongings_mut().invitations.push(invitation))?;
        Ok(id)
    }

    /// Enrols a device.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    pub fn add_trusted_device(&self, user_id: &UserId, device: TrustedDevice) -> Result<TrustedDeviceId> {
        let id = device.id.clone();
        self.arrange(user_id, |record| record.belongings_mut().trusted_devices.push(device))?;
        Ok(id)
    }

    /// Subscribes a user to something, in the place of what there was.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    pub fn set_billing_subscription(&self, user_id: &UserId, subscription: Subscription) -> Result<()> {
        self.arrange(user_id, |record| record.belongings_mut().subscription = Some(subscription))
    }

    /// Sets how, and whether, a wallet was verified.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user or wallet.
    pub fn set_web3_wallet_verification(
        &self,
        user_id: &UserId,
        wallet_id: &Web3WalletId,
        verification: Option<Verification>,
    ) -> Result<()> {
        self.inner.try_edit(user_id, |record, _| {
            let mut wallets = record.user.web3_wallets.iter_mut();
            let wallet = wallets.find(|wallet| wallet.id.as_ref() == Some(wallet_id));
            let wallet = wallet.ok_or_else(|| refusal::not_found("web3_wallet", wallet_id.as_str()))?;
            wallet.verification = verification;
            Ok(())
        })
    }

    /// Makes codes to a phone number a second factor, as a user does.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user or phone number.
    pub fn reserve_for_second_factor(&self, user_id: &UserId, phone_number_id: &PhoneNumberId) -> Result<()> {
        self.inner.try_edit(user_id, |record, now| {
            let first = !record.user.phone_numbers.iter().any(|phone| phone.reserved_for_second_factor);
            let mut phones = record.user.phone_numbers.iter_mut();
            let phone = phones.find(|phone| phone.id.as_ref() == Some(phone_number_id));
            let phone = phone.ok_or_else(|| refusal::not_found("phone_number", phone_number_id.as_str()))?;
            phone.reserved_for_second_factor = true;
            phone.default_second_factor |= first;
            second_factors_changed(record, now);
            Ok(())
        })
    }

    /// Records a sign-in, and with it activity, at this time.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    pub fn record_sign_in(&self, user_id: &UserId, at: Timestamp) -> Result<()> {
        self.arrange(user_id, |record| {
            record.user.last_sign_in_at = Some(at);
            record.user.last_active_at = Some(at);
        })
    }

    /// Marks a user as managed by a directory (SCIM), so that it cannot be deleted.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    pub fn set_managed_by_scim(&self, user_id: &UserId, directory_id: &str) -> Result<()> {
        let scim = ScimUserMetadata::new(directory_id);
        self.arrange(user_id, |record| record.user.scim = Some(scim))
    }

    /// Changes something that the user's own fields and times do not show.
    fn arrange(&self, user_id: &UserId, change: impl FnOnce(&mut Record)) -> Result<()> {
        self.inner.try_edit(user_id, |record, _| {
            change(record);
            Ok(())
        })
    }
}

fn exists(param_name: &'static str) -> Error {
    Error::from_api(422, vec![param(codes::FORM_IDENTIFIER_EXISTS, param_name, "belongs to another user")])
}

/// Whether users who are loaded have nothing that another one has, be it there already or one of them.
fn check_free(records: &[Record], store: &Store) -> Result<()> {
    let (mut ids, mut claimed) = (HashSet::new(), HashMap::new());
    for record in records {
        let id = &record.user.id;
        if store.get(id).is_some() || !ids.insert(id) {
            return Err(exists("id"));
        }
        for key in keys(record).filter(|key| claims(record, key)) {
            if store.is_taken(&key, None) || claimed.insert(key, id).is_some_and(|other| other != id) {
                return Err(exists("identifier"));
            }
        }
    }
    Ok(())
}
