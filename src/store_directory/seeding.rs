//! Methods that seed state that no operation can create.

use jiff::Timestamp;

use super::StoreUserDirectory;
use crate::account::{Account, Identifier};
use crate::error::Result;
use crate::model::billing::Subscription;
use crate::model::{
    ExternalAccount, ExternalAccountId, OAuthAccessToken, OrganizationInvitation, OrganizationInvitationId,
    OrganizationMembership, OrganizationMembershipId, Passkey, PasskeyId, PhoneNumberId, TrustedDevice,
    TrustedDeviceId, UserId, Verification, Web3WalletId,
};
use crate::rules::seed;
use crate::store::UserStore;

/// Methods for seeding state that no [`UserDirectory`](crate::UserDirectory) operation can create.
///
/// In addition to the documented errors, these methods can return errors from the store. They return
/// [`Locked`](crate::ErrorKind::Locked) if concurrent writes keep changing the user until the [retry
/// timeout](super::StoreUserDirectoryBuilder::retry_timeout) elapses.
impl<S: UserStore + ?Sized> StoreUserDirectory<S> {
    /// Adds a passkey, and returns its id.
    ///
    /// If the passkey has no id, one is generated.
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict) with the code `form_identifier_exists` if the user already has a
    ///   passkey with this id.
    pub async fn add_passkey(&self, user_id: &UserId, passkey: Passkey) -> Result<PasskeyId> {
        self.core.change(user_id, &[], |account, _, context| seed::add_passkey(account, passkey.clone(), context)).await
    }

    /// Adds an external account, and returns its id.
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict) with the code `form_identifier_exists` if this or another
    ///   user has an external account with the same provider and provider user id, or if the user already has an
    ///   external account with this id.
    pub async fn add_external_account(&self, user_id: &UserId, account: ExternalAccount) -> Result<ExternalAccountId> {
        let id = account.id.clone();
        let claim = (!account.provider_user_id.is_empty())
            .then(|| Identifier::provider_user(&account.provider, &account.provider_user_id));
        self.core
            .change(user_id, claim.as_slice(), |existing, taken, context| {
                if !taken.is_empty() {
                    return Err(seed::already_exists("external_account"));
                }
                seed::add_external_account(existing, account.clone(), context)
            })
            .await?;
        Ok(id)
    }

    /// Adds an OAuth access token.
    ///
    /// A missing external account id or provider user id is copied from the external account that the token belongs to.
    /// If the user has no such account, the missing ids are left unset. The account is determined as follows:
    ///
    /// - A token with an external account id belongs to the account with this id.
    /// - A token with only a provider user id belongs to the first account with the same provider and provider user id.
    ///   If there is none, it belongs to the first account with the same provider and no provider user id.
    /// - A token with neither id belongs to the first account with the same provider. Accounts without a provider user
    ///   id take precedence.
    ///
    /// # Errors
    ///
    /// Returns [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    pub async fn add_oauth_access_token(&self, user_id: &UserId, token: OAuthAccessToken) -> Result<()> {
        self.seed(user_id, |account| {
            seed::add_oauth_access_token(account, token.clone());
            Ok(())
        })
        .await
    }

    /// Adds the user to an organization, and returns the id of the membership.
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict) with the code `form_identifier_exists` if the user already has a
    ///   membership with this id.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput) with the code `already_a_member_in_organization` if the user
    ///   already has a membership in this organization.
    pub async fn add_organization_membership(
        &self,
        user_id: &UserId,
        membership: OrganizationMembership,
    ) -> Result<OrganizationMembershipId> {
        let id = membership.id.clone();
        self.seed(user_id, |account| seed::add_organization_membership(account, membership.clone())).await?;
        Ok(id)
    }

    /// Invites the user to an organization, and returns the id of the invitation.
    ///
    /// After `expires_at`, a pending invitation has the status `expired`.
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict) with the code `form_identifier_exists` if the user already has an
    ///   invitation with this id.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput) with the code `already_a_member_in_organization` if the
    ///   invitation is pending and the user is already a member of the organization.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput) with the code `organization_invitation_not_unique` if the
    ///   invitation is pending and the user already has a pending invitation to the organization for the same email
    ///   address.
    pub async fn add_organization_invitation(
        &self,
        user_id: &UserId,
        invitation: OrganizationInvitation,
    ) -> Result<OrganizationInvitationId> {
        let id = invitation.id.clone();
        self.core
            .change(user_id, &[], |account, _, context| {
                seed::add_organization_invitation(account, invitation.clone(), context)
            })
            .await?;
        Ok(id)
    }

    /// Adds a trusted device, and returns its id.
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict) with the code `form_identifier_exists` if the user already has a
    ///   device with this id.
    pub async fn add_trusted_device(&self, user_id: &UserId, device: TrustedDevice) -> Result<TrustedDeviceId> {
        let id = device.id.clone();
        self.seed(user_id, |account| seed::add_trusted_device(account, device.clone())).await?;
        Ok(id)
    }

    /// Sets the user's billing subscription, replacing any previous one.
    ///
    /// A missing payer id is copied from the user's billing credit or previous subscription. If neither has one, a
    /// payer id is generated. A missing instance id is copied from the
    /// [settings](crate::store_directory::InstanceSettings::instance_id).
    ///
    /// # Errors
    ///
    /// Returns [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    pub async fn set_billing_subscription(&self, user_id: &UserId, subscription: Subscription) -> Result<()> {
        self.core
            .change(user_id, &[], |account, _, context| {
                seed::set_billing_subscription(account, subscription.clone(), context)
            })
            .await
    }

    /// Sets a wallet's verification. `None` makes the wallet unverified.
    ///
    /// # Errors
    ///
    /// Returns [`NotFound`](crate::ErrorKind::NotFound) if the user or the wallet does not exist.
    pub async fn set_web3_wallet_verification(
        &self,
        user_id: &UserId,
        wallet_id: &Web3WalletId,
        verification: Option<Verification>,
    ) -> Result<()> {
        self.seed(user_id, |account| seed::set_web3_wallet_verification(account, wallet_id, verification.clone())).await
    }

    /// Reserves a phone number for use as an SMS second factor.
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the user or the phone number does not exist.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput) with the code `identification_update_failed` if the phone
    ///   number is the user's only [identification](crate::model::IdentificationId). Phone numbers that are second
    ///   factors do not count as identifications.
    pub async fn reserve_for_second_factor(&self, user_id: &UserId, phone_number_id: &PhoneNumberId) -> Result<()> {
        self.core
            .change(user_id, &[], |account, _, context| {
                seed::reserve_for_second_factor(account, phone_number_id, context)
            })
            .await
    }

    /// Sets `last_sign_in_at` and `last_active_at` to `at`.
    ///
    /// In returned users, `last_active_at` is truncated to the start of the day (UTC). Filters use the exact time.
    ///
    /// # Errors
    ///
    /// Returns [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    pub async fn record_sign_in(&self, user_id: &UserId, at: Timestamp) -> Result<()> {
        self.seed(user_id, |account| {
            seed::record_sign_in(account, at);
            Ok(())
        })
        .await
    }

    /// Marks the user as managed by a SCIM directory.
    ///
    /// The user can no longer be deleted, and the attributes listed in
    /// [`directory_managed`](crate::store_directory::InstanceSettings::directory_managed) cannot be changed.
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput) with the code `form_param_missing` if `directory_id` is
    ///   empty.
    pub async fn set_managed_by_scim(&self, user_id: &UserId, directory_id: &str) -> Result<()> {
        self.seed(user_id, |account| seed::set_managed_by_scim(account, directory_id)).await
    }

    /// Reverts [`set_managed_by_scim`](Self::set_managed_by_scim).
    ///
    /// # Errors
    ///
    /// Returns [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    ///
    /// ```
    /// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// let id = directory.create(&new_user).await?.id;
    /// directory.set_managed_by_scim(&id, "scim_1").await?;
    /// assert!(directory.delete(&id).await.unwrap_err().is_conflict());
    ///
    /// directory.clear_managed_by_scim(&id).await?;
    /// assert!(directory.delete(&id).await?.deleted);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub async fn clear_managed_by_scim(&self, user_id: &UserId) -> Result<()> {
        self.seed(user_id, |account| {
            account.user.scim = None;
            Ok(())
        })
        .await
    }

    /// Changes a user without changing `updated_at`, because the change does not come from the API.
    async fn seed(&self, user_id: &UserId, rule: impl Fn(&mut Account) -> Result<()>) -> Result<()> {
        self.core.change(user_id, &[], |account, _, _| rule(account)).await
    }
}
