//! Implements [`UserDirectory`]. Each method applies the rules of its operation, and adds the operation to errors.

use async_trait::async_trait;

use super::StoreUserDirectory;
use super::core::Core;
use crate::account::Account;
use crate::directory::UserDirectory;
use crate::error::{Result, named};
use crate::model::billing::{CreditAdjustment, CreditBalance, CreditLedgerEntry, Subscription};
use crate::model::{
    DeletedObject, EmailAddress, EmailAddressReplacement, ExternalAccountId, InvitationQuery, MetadataReplacement,
    MetadataUpdate, NewUser, OAuthAccessToken, OAuthProvider, OrganizationInvitation, OrganizationMembership, Page,
    Paginated, PasskeyId, Password, PasswordVerification, PhoneNumber, PhoneNumberReplacement, ProfileImage, Sessions,
    TotpCode, TotpVerification, TrustedDevice, TrustedDeviceId, User, UserFilter, UserId, UserIdBatch, UserQuery,
    UserUpdate, Web3WalletId,
};
use crate::operation::Operation;
use crate::rules::{Context, billing, contacts, images, metadata, passwords, resources, second_factors};
use crate::store::UserStore;

#[cfg(feature = "wire")]
impl<S: UserStore + ?Sized> StoreUserDirectory<S> {
    /// Updates a user and replaces metadata in the same commit, as updates do in older API versions.
    ///
    /// # Errors
    ///
    /// Returns errors from `update` and `replace_metadata`.
    #[doc(hidden)]
    pub async fn update_with_metadata(
        &self,
        user_id: &UserId,
        update: &UserUpdate,
        metadata: &MetadataReplacement,
    ) -> Result<User> {
        named(Operation::Update, self.core.update_user(user_id, update, metadata).await)
    }
}

impl<S: UserStore + ?Sized> UserDirectory for StoreUserDirectory<S> {
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.core)
    }
}

// Sessions are not modeled, so `Sessions` arguments are ignored.
#[async_trait]
impl UserDirectory for Core {
    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        named(Operation::List, self.list_users(query).await)
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64> {
        named(Operation::Count, self.count_users(filter).await)
    }

    async fn create(&self, new_user: &NewUser) -> Result<User> {
        named(Operation::Create, self.create_user(new_user).await)
    }

    async fn get(&self, user_id: &UserId) -> Result<User> {
        named(Operation::Get, self.account(user_id).await.map(|account| self.view(&account)))
    }

    async fn update(&self, user_id: &UserId, update: &UserUpdate) -> Result<User> {
        named(Operation::Update, self.update_user(user_id, update, &MetadataReplacement::new()).await)
    }

    async fn delete(&self, user_id: &UserId) -> Result<DeletedObject> {
        named(Operation::Delete, self.delete_user(user_id).await)
    }

    async fn ban(&self, user_id: &UserId) -> Result<User> {
        named(Operation::Ban, self.set_banned(user_id, true).await)
    }

    async fn unban(&self, user_id: &UserId) -> Result<User> {
        named(Operation::Unban, self.set_banned(user_id, false).await)
    }

    async fn lock(&self, user_id: &UserId) -> Result<User> {
        named(Operation::Lock, self.set_locked(user_id, true).await)
    }

    async fn unlock(&self, user_id: &UserId) -> Result<User> {
        named(Operation::Unlock, self.set_locked(user_id, false).await)
    }

    async fn set_profile_image(&self, user_id: &UserId, image: &ProfileImage) -> Result<User> {
        let result = async {
            image.validate()?;
            self.try_edit(user_id, |account, context| images::set_profile_image(account, image, context)).await
        };
        named(Operation::SetProfileImage, result.await)
    }

    async fn delete_profile_image(&self, user_id: &UserId) -> Result<User> {
        named(Operation::DeleteProfileImage, self.edit(user_id, images::delete_profile_image).await)
    }

    async fn update_metadata(&self, user_id: &UserId, update: &MetadataUpdate) -> Result<User> {
        let rule = |account: &mut Account, context: Context<'_>| metadata::update_metadata(account, update, context);
        named(Operation::UpdateMetadata, self.try_edit(user_id, rule).await)
    }

    async fn get_oauth_access_token(
        &self,
        user_id: &UserId,
        provider: &OAuthProvider,
        page: &Page,
    ) -> Result<Vec<OAuthAccessToken>> {
        let result = async {
            page.validate()?;
            let account = self.account(user_id).await?;
            resources::oauth_access_tokens(&account.account, provider, page, self.context())
        };
        named(Operation::GetOAuthAccessToken, result.await)
    }

    async fn get_organization_memberships(
        &self,
        user_id: &UserId,
        page: &Page,
    ) -> Result<Paginated<OrganizationMembership>> {
        let result = async {
            page.validate()?;
            resources::check_organizations(self.context())?;
            Ok(resources::organization_memberships(&self.account(user_id).await?.account, page))
        };
        named(Operation::GetOrganizationMemberships, result.await)
    }

    async fn get_organization_invitations(
        &self,
        user_id: &UserId,
        query: &InvitationQuery,
    ) -> Result<Paginated<OrganizationInvitation>> {
        let result = async {
            query.validate()?;
            resources::check_organizations(self.context())?;
            Ok(resources::organization_invitations(&self.account(user_id).await?.account, query, self.context()))
        };
        named(Operation::GetOrganizationInvitations, result.await)
    }

    async fn verify_password(&self, user_id: &UserId, password: &Password) -> Result<PasswordVerification> {
        named(Operation::VerifyPassword, self.check_password(user_id, password).await)
    }

    async fn verify_totp(&self, user_id: &UserId, code: &TotpCode) -> Result<TotpVerification> {
        named(Operation::VerifyTotp, self.check_totp(user_id, code).await)
    }

    async fn disable_mfa(&self, user_id: &UserId) -> Result<UserId> {
        named(Operation::DisableMfa, self.change_second_factors(user_id, second_factors::disable_mfa).await)
    }

    async fn delete_totp(&self, user_id: &UserId) -> Result<UserId> {
        named(Operation::DeleteTotp, self.change_second_factors(user_id, second_factors::delete_totp).await)
    }

    async fn delete_backup_codes(&self, user_id: &UserId) -> Result<UserId> {
        named(
            Operation::DeleteBackupCodes,
            self.change_second_factors(user_id, second_factors::delete_backup_codes).await,
        )
    }

    async fn delete_passkey(&self, user_id: &UserId, passkey_id: &PasskeyId) -> Result<DeletedObject> {
        let result =
            self.change(user_id, &[], |account, _, context| contacts::delete_passkey(account, passkey_id, context));
        named(Operation::DeletePasskey, result.await)
    }

    async fn delete_web3_wallet(&self, user_id: &UserId, wallet_id: &Web3WalletId) -> Result<DeletedObject> {
        let result =
            self.change(user_id, &[], |account, _, context| contacts::delete_web3_wallet(account, wallet_id, context));
        named(Operation::DeleteWeb3Wallet, result.await)
    }

    async fn delete_external_account(&self, user_id: &UserId, account_id: &ExternalAccountId) -> Result<DeletedObject> {
        let result = self.change(user_id, &[], |account, _, context| {
            contacts::delete_external_account(account, account_id, context)
        });
        named(Operation::DeleteExternalAccount, result.await)
    }

    async fn replace_metadata(&self, user_id: &UserId, replacement: &MetadataReplacement) -> Result<User> {
        let rule =
            |account: &mut Account, context: Context<'_>| metadata::replace_metadata(account, replacement, context);
        named(Operation::ReplaceMetadata, self.try_edit(user_id, rule).await)
    }

    async fn bulk_ban(&self, user_ids: &UserIdBatch) -> Result<Vec<User>> {
        named(Operation::BulkBan, self.set_all_banned(user_ids, true).await)
    }

    async fn bulk_unban(&self, user_ids: &UserIdBatch) -> Result<Vec<User>> {
        named(Operation::BulkUnban, self.set_all_banned(user_ids, false).await)
    }

    async fn remove_password(&self, user_id: &UserId, _: Sessions) -> Result<User> {
        named(Operation::RemovePassword, self.try_edit(user_id, passwords::remove_password).await)
    }

    async fn set_password_compromised(&self, user_id: &UserId, _: Sessions) -> Result<User> {
        named(Operation::SetPasswordCompromised, self.mark_password(user_id, true).await)
    }

    async fn unset_password_compromised(&self, user_id: &UserId) -> Result<User> {
        named(Operation::UnsetPasswordCompromised, self.mark_password(user_id, false).await)
    }

    async fn replace_email_address(
        &self,
        user_id: &UserId,
        replacement: &EmailAddressReplacement,
    ) -> Result<EmailAddress> {
        let claim = contacts::email_address_claim(replacement);
        let result = self.change(user_id, claim.as_slice(), |account, taken, context| {
            contacts::replace_email_address(account, replacement, taken, context)
        });
        named(Operation::ReplaceEmailAddress, result.await)
    }

    async fn replace_phone_number(
        &self,
        user_id: &UserId,
        replacement: &PhoneNumberReplacement,
    ) -> Result<PhoneNumber> {
        let claim = contacts::phone_number_claim(replacement);
        let result = self.change(user_id, claim.as_slice(), |account, taken, context| {
            contacts::replace_phone_number(account, replacement, taken, context)
        });
        named(Operation::ReplacePhoneNumber, result.await)
    }

    async fn list_trusted_devices(&self, user_id: &UserId) -> Result<Paginated<TrustedDevice>> {
        let result = async {
            resources::check_trusted_devices(self.context())?;
            Ok(resources::trusted_devices(&self.account(user_id).await?.account))
        };
        named(Operation::ListTrustedDevices, result.await)
    }

    async fn revoke_trusted_device(&self, user_id: &UserId, device_id: &TrustedDeviceId) -> Result<TrustedDevice> {
        let result = async {
            resources::check_trusted_devices(self.context())?;
            self.change(user_id, &[], |account, _, context| {
                resources::revoke_trusted_device(account, device_id, context)
            })
            .await
        };
        named(Operation::RevokeTrustedDevice, result.await)
    }

    async fn get_billing_subscription(&self, user_id: &UserId) -> Result<Subscription> {
        let result = async {
            billing::check_billing(self.context())?;
            billing::subscription(&self.account(user_id).await?.account)
        };
        named(Operation::GetBillingSubscription, result.await)
    }

    async fn get_billing_credit_balance(&self, user_id: &UserId) -> Result<CreditBalance> {
        let result = async {
            billing::check_billing(self.context())?;
            Ok(billing::credit_balance(&self.account(user_id).await?.account))
        };
        named(Operation::GetBillingCreditBalance, result.await)
    }

    async fn adjust_billing_credit_balance(
        &self,
        user_id: &UserId,
        adjustment: &CreditAdjustment,
    ) -> Result<CreditLedgerEntry> {
        let result = async {
            adjustment.validate()?;
            billing::check_billing(self.context())?;
            self.change(user_id, &[], |account, _, context| billing::adjust_credit(account, adjustment, context)).await
        };
        named(Operation::AdjustBillingCreditBalance, result.await)
    }
}
