//! The implementation of [`UserDirectory`]. Each method delegates to [`Inner`](super::Inner) and adds the operation to
//! errors.

use async_trait::async_trait;

use super::InMemoryUserDirectory;
use crate::directory::UserDirectory;
use crate::error::Result;
use crate::model::billing::{CreditAdjustment, CreditBalance, CreditLedgerEntry, Subscription};
use crate::model::{
    DeletedObject, EmailAddress, EmailAddressReplacement, ExternalAccountId, InvitationQuery, MetadataReplacement,
    MetadataUpdate, NewUser, OAuthAccessToken, OAuthProvider, OrganizationInvitation, OrganizationMembership, Page,
    Paginated, PasskeyId, Password, PasswordVerification, PhoneNumber, PhoneNumberReplacement, ProfileImage, Sessions,
    TotpCode, TotpVerification, TrustedDevice, TrustedDeviceId, User, UserFilter, UserId, UserIdBatch, UserQuery,
    UserUpdate, Web3WalletId,
};
use crate::operation::Operation;

fn named<T>(operation: Operation, result: Result<T>) -> Result<T> {
    result.map_err(|error| error.with_operation(operation))
}

// Sessions are not modeled, so `Sessions` arguments are ignored.
#[async_trait]
impl UserDirectory for InMemoryUserDirectory {
    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        named(Operation::List, self.inner.list(query).await)
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64> {
        named(Operation::Count, self.inner.count(filter).await)
    }

    async fn create(&self, new_user: &NewUser) -> Result<User> {
        named(Operation::Create, self.inner.create(new_user).await)
    }

    async fn get(&self, user_id: &UserId) -> Result<User> {
        named(Operation::Get, self.inner.get(user_id))
    }

    async fn update(&self, user_id: &UserId, update: &UserUpdate) -> Result<User> {
        named(Operation::Update, self.inner.update(user_id, update).await)
    }

    async fn delete(&self, user_id: &UserId) -> Result<DeletedObject> {
        named(Operation::Delete, self.inner.delete(user_id))
    }

    async fn ban(&self, user_id: &UserId) -> Result<User> {
        named(Operation::Ban, self.inner.set_banned(user_id, true))
    }

    async fn unban(&self, user_id: &UserId) -> Result<User> {
        named(Operation::Unban, self.inner.set_banned(user_id, false))
    }

    async fn lock(&self, user_id: &UserId) -> Result<User> {
        named(Operation::Lock, self.inner.set_locked(user_id, true))
    }

    async fn unlock(&self, user_id: &UserId) -> Result<User> {
        named(Operation::Unlock, self.inner.set_locked(user_id, false))
    }

    async fn set_profile_image(&self, user_id: &UserId, image: &ProfileImage) -> Result<User> {
        named(Operation::SetProfileImage, self.inner.set_profile_image(user_id, image))
    }

    async fn delete_profile_image(&self, user_id: &UserId) -> Result<User> {
        named(Operation::DeleteProfileImage, self.inner.delete_profile_image(user_id))
    }

    async fn update_metadata(&self, user_id: &UserId, update: &MetadataUpdate) -> Result<User> {
        named(Operation::UpdateMetadata, self.inner.update_metadata(user_id, update))
    }

    async fn get_oauth_access_token(
        &self,
        user_id: &UserId,
        provider: &OAuthProvider,
        page: &Page,
    ) -> Result<Vec<OAuthAccessToken>> {
        named(Operation::GetOAuthAccessToken, self.inner.oauth_access_tokens(user_id, provider, page))
    }

    async fn get_organization_memberships(
        &self,
        user_id: &UserId,
        page: &Page,
    ) -> Result<Paginated<OrganizationMembership>> {
        named(Operation::GetOrganizationMemberships, self.inner.organization_memberships(user_id, page))
    }

    async fn get_organization_invitations(
        &self,
        user_id: &UserId,
        query: &InvitationQuery,
    ) -> Result<Paginated<OrganizationInvitation>> {
        named(Operation::GetOrganizationInvitations, self.inner.organization_invitations(user_id, query))
    }

    async fn verify_password(&self, user_id: &UserId, password: &Password) -> Result<PasswordVerification> {
        named(Operation::VerifyPassword, self.inner.verify_password(user_id, password).await)
    }

    async fn verify_totp(&self, user_id: &UserId, code: &TotpCode) -> Result<TotpVerification> {
        named(Operation::VerifyTotp, self.inner.verify_totp(user_id, code).await)
    }

    async fn disable_mfa(&self, user_id: &UserId) -> Result<UserId> {
        named(Operation::DisableMfa, self.inner.disable_mfa(user_id))
    }

    async fn delete_totp(&self, user_id: &UserId) -> Result<UserId> {
        named(Operation::DeleteTotp, self.inner.delete_totp(user_id))
    }

    async fn delete_backup_codes(&self, user_id: &UserId) -> Result<UserId> {
        named(Operation::DeleteBackupCodes, self.inner.delete_backup_codes(user_id))
    }

    async fn delete_passkey(&self, user_id: &UserId, passkey_id: &PasskeyId) -> Result<DeletedObject> {
        named(Operation::DeletePasskey, self.inner.delete_passkey(user_id, passkey_id))
    }

    async fn delete_web3_wallet(&self, user_id: &UserId, wallet_id: &Web3WalletId) -> Result<DeletedObject> {
        named(Operation::DeleteWeb3Wallet, self.inner.delete_web3_wallet(user_id, wallet_id))
    }

    async fn delete_external_account(&self, user_id: &UserId, account_id: &ExternalAccountId) -> Result<DeletedObject> {
        named(Operation::DeleteExternalAccount, self.inner.delete_external_account(user_id, account_id))
    }

    async fn replace_metadata(&self, user_id: &UserId, replacement: &MetadataReplacement) -> Result<User> {
        named(Operation::ReplaceMetadata, self.inner.replace_metadata(user_id, replacement))
    }

    async fn bulk_ban(&self, user_ids: &UserIdBatch) -> Result<Vec<User>> {
        named(Operation::BulkBan, self.inner.set_all_banned(user_ids, true))
    }

    async fn bulk_unban(&self, user_ids: &UserIdBatch) -> Result<Vec<User>> {
        named(Operation::BulkUnban, self.inner.set_all_banned(user_ids, false))
    }

    async fn remove_password(&self, user_id: &UserId, _: Sessions) -> Result<User> {
        named(Operation::RemovePassword, self.inner.remove_password(user_id))
    }

    async fn set_password_compromised(&self, user_id: &UserId, _: Sessions) -> Result<User> {
        named(Operation::SetPasswordCompromised, self.inner.set_password_compromised(user_id, true))
    }

    async fn unset_password_compromised(&self, user_id: &UserId) -> Result<User> {
        named(Operation::UnsetPasswordCompromised, self.inner.set_password_compromised(user_id, false))
    }

    async fn replace_email_address(
        &self,
        user_id: &UserId,
        replacement: &EmailAddressReplacement,
    ) -> Result<EmailAddress> {
        named(Operation::ReplaceEmailAddress, self.inner.replace_email_address(user_id, replacement))
    }

    async fn replace_phone_number(
        &self,
        user_id: &UserId,
        replacement: &PhoneNumberReplacement,
    ) -> Result<PhoneNumber> {
        named(Operation::ReplacePhoneNumber, self.inner.replace_phone_number(user_id, replacement))
    }

    async fn list_trusted_devices(&self, user_id: &UserId) -> Result<Paginated<TrustedDevice>> {
        named(Operation::ListTrustedDevices, self.inner.trusted_devices(user_id))
    }

    async fn revoke_trusted_device(&self, user_id: &UserId, device_id: &TrustedDeviceId) -> Result<TrustedDevice> {
        named(Operation::RevokeTrustedDevice, self.inner.revoke_trusted_device(user_id, device_id))
    }

    async fn get_billing_subscription(&self, user_id: &UserId) -> Result<Subscription> {
        named(Operation::GetBillingSubscription, self.inner.billing_subscription(user_id))
    }

    async fn get_billing_credit_balance(&self, user_id: &UserId) -> Result<CreditBalance> {
        named(Operation::GetBillingCreditBalance, self.inner.credit_balance(user_id))
    }

    async fn adjust_billing_credit_balance(
        &self,
        user_id: &UserId,
        adjustment: &CreditAdjustment,
    ) -> Result<CreditLedgerEntry> {
        named(Operation::AdjustBillingCreditBalance, self.inner.adjust_credit(user_id, adjustment))
    }
}
