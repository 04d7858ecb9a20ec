//! Implements the 37 operations: creates the requests and decodes the responses.

use async_trait::async_trait;

use super::ClerkUserDirectory;
use super::response::Response;
use crate::directory::UserDirectory;
use crate::error::{Result, named};
use crate::model::billing::{CreditAdjustment, CreditBalance, CreditLedgerEntry, Subscription};
use crate::model::{
    DeletedObject, DeviceStatus, EmailAddress, EmailAddressReplacement, ExternalAccountId, InvitationQuery,
    MetadataReplacement, MetadataUpdate, NewUser, OAuthAccessToken, OAuthProvider, OrganizationInvitation,
    OrganizationMembership, Page, Paginated, PasskeyId, Password, PasswordVerification, PhoneNumber,
    PhoneNumberReplacement, ProfileImage, Sessions, TotpCode, TotpVerification, TrustedDevice, TrustedDeviceId, User,
    UserFilter, UserId, UserIdBatch, UserQuery, UserUpdate, Web3WalletId,
};
use crate::operation::Operation;
use crate::wire::body;
use crate::wire::query::QueryWriter;
use crate::wire::response::{CountBody, read_password_verification, read_totp_verification};

#[async_trait]
impl UserDirectory for ClerkUserDirectory {
    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        named(Operation::List, query.validate())?;
        if query.filter.matches_no_users() {
            return Ok(Vec::new());
        }
        let request = self.request(Operation::List).query(&QueryWriter::user_query(query));
        self.call_and_read(request, |response| response?.decode_users()).await
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64> {
        named(Operation::Count, filter.validate())?;
        if filter.matches_no_users() {
            return Ok(0);
        }
        let count: CountBody =
            self.call(self.request(Operation::Count).query(&QueryWriter::user_filter(filter))).await?;
        Ok(count.total_count)
    }

    async fn create(&self, new_user: &NewUser) -> Result<User> {
        self.call(self.request(Operation::Create).json(&body::NewUserBody(new_user))?).await
    }

    async fn get(&self, user_id: &UserId) -> Result<User> {
        self.call(self.user_request(Operation::Get, user_id)).await
    }

    async fn update(&self, user_id: &UserId, update: &UserUpdate) -> Result<User> {
        named(Operation::Update, update.validate())?;
        self.call(self.user_request(Operation::Update, user_id).json(&body::UserUpdateBody(update))?).await
    }

    async fn delete(&self, user_id: &UserId) -> Result<DeletedObject> {
        let request = self.user_request(Operation::Delete, user_id);
        self.call_or(request, || DeletedObject::new("user", user_id)).await
    }

    async fn ban(&self, user_id: &UserId) -> Result<User> {
        self.call(self.user_request(Operation::Ban, user_id)).await
    }

    async fn unban(&self, user_id: &UserId) -> Result<User> {
        self.call(self.user_request(Operation::Unban, user_id)).await
    }

    async fn lock(&self, user_id: &UserId) -> Result<User> {
        self.call(self.user_request(Operation::Lock, user_id)).await
    }

    async fn unlock(&self, user_id: &UserId) -> Result<User> {
        self.call(self.user_request(Operation::Unlock, user_id)).await
    }

    async fn set_profile_image(&self, user_id: &UserId, image: &ProfileImage) -> Result<User> {
        named(Operation::SetProfileImage, image.validate())?;
        self.call(self.user_request(Operation::SetProfileImage, user_id).image(image)).await
    }

    async fn delete_profile_image(&self, user_id: &UserId) -> Result<User> {
        self.call(self.user_request(Operation::DeleteProfileImage, user_id)).await
    }

    async fn update_metadata(&self, user_id: &UserId, update: &MetadataUpdate) -> Result<User> {
        self.call(self.user_request(Operation::UpdateMetadata, user_id).json(&body::MetadataUpdateBody(update))?).await
    }

    async fn get_oauth_access_token(
        &self,
        user_id: &UserId,
        provider: &OAuthProvider,
        page: &Page,
    ) -> Result<Vec<OAuthAccessToken>> {
        named(Operation::GetOAuthAccessToken, page.validate())?;
        let request = self.resource_request(Operation::GetOAuthAccessToken, user_id, provider.as_str());
        let request = request.query(&QueryWriter::token_page(page));
        self.call_and_read(request, |response| response?.decode_resources()).await
    }

    async fn get_organization_memberships(
        &self,
        user_id: &UserId,
        page: &Page,
    ) -> Result<Paginated<OrganizationMembership>> {
        named(Operation::GetOrganizationMemberships, page.validate())?;
        let request = self.user_request(Operation::GetOrganizationMemberships, user_id);
        self.call(request.query(&QueryWriter::page(page))).await
    }

    async fn get_organization_invitations(
        &self,
        user_id: &UserId,
        query: &InvitationQuery,
    ) -> Result<Paginated<OrganizationInvitation>> {
        named(Operation::GetOrganizationInvitations, query.validate())?;
        let request = self.user_request(Operation::GetOrganizationInvitations, user_id);
        self.call(request.query(&QueryWriter::invitation_query(query))).await
    }

    async fn verify_password(&self, user_id: &UserId, password: &Password) -> Result<PasswordVerification> {
        let body = body::VerifyPasswordBody(password);
        let request = self.user_request(Operation::VerifyPassword, user_id).json(&body)?;
        self.call_and_read(request, |response| read_password_verification(response.and_then(Response::decode))).await
    }

    async fn verify_totp(&self, user_id: &UserId, code: &TotpCode) -> Result<TotpVerification> {
        let request = self.user_request(Operation::VerifyTotp, user_id).json(&body::VerifyTotpBody(code))?;
        self.call_and_read(request, |response| read_totp_verification(response.and_then(Response::decode))).await
    }

    async fn disable_mfa(&self, user_id: &UserId) -> Result<UserId> {
        self.call_for_user_id(Operation::DisableMfa, user_id).await
    }

    async fn delete_totp(&self, user_id: &UserId) -> Result<UserId> {
        self.call_for_user_id(Operation::DeleteTotp, user_id).await
    }

    async fn delete_backup_codes(&self, user_id: &UserId) -> Result<UserId> {
        self.call_for_user_id(Operation::DeleteBackupCodes, user_id).await
    }

    async fn delete_passkey(&self, user_id: &UserId, passkey_id: &PasskeyId) -> Result<DeletedObject> {
        let request = self.resource_request(Operation::DeletePasskey, user_id, passkey_id.as_str());
        self.call_or(request, || DeletedObject::new("passkey", passkey_id)).await
    }

    async fn delete_web3_wallet(&self, user_id: &UserId, wallet_id: &Web3WalletId) -> Result<DeletedObject> {
        let request = self.resource_request(Operation::DeleteWeb3Wallet, user_id, wallet_id.as_str());
        self.call_or(request, || DeletedObject::new("web3_wallet", wallet_id)).await
    }

    async fn delete_external_account(&self, user_id: &UserId, account_id: &ExternalAccountId) -> Result<DeletedObject> {
        let request = self.resource_request(Operation::DeleteExternalAccount, user_id, account_id.as_str());
        self.call_or(request, || DeletedObject::new("external_account", account_id)).await
    }

    async fn replace_metadata(&self, user_id: &UserId, replacement: &MetadataReplacement) -> Result<User> {
        self.call(
            self.user_request(Operation::ReplaceMetadata, user_id).json(&body::MetadataReplacementBody(replacement))?,
        )
        .await
    }

    async fn bulk_ban(&self, user_ids: &UserIdBatch) -> Result<Vec<User>> {
        let request = self.request(Operation::BulkBan).json(&body::UserIdsBody(user_ids))?;
        self.call_and_read(request, |response| response?.decode_users()).await
    }

    async fn bulk_unban(&self, user_ids: &UserIdBatch) -> Result<Vec<User>> {
        let request = self.request(Operation::BulkUnban).json(&body::UserIdsBody(user_ids))?;
        self.call_and_read(request, |response| response?.decode_users()).await
    }

    async fn remove_password(&self, user_id: &UserId, sessions: Sessions) -> Result<User> {
        let body = body::RemovePasswordBody(sessions);
        self.call(self.user_request(Operation::RemovePassword, user_id).json(&body)?).await
    }

    async fn set_password_compromised(&self, user_id: &UserId, sessions: Sessions) -> Result<User> {
        let body = body::SetPasswordCompromisedBody(sessions);
        self.call(self.user_request(Operation::SetPasswordCompromised, user_id).json(&body)?).await
    }

    async fn unset_password_compromised(&self, user_id: &UserId) -> Result<User> {
        self.call(self.user_request(Operation::UnsetPasswordCompromised, user_id)).await
    }

    async fn replace_email_address(
        &self,
        user_id: &UserId,
        replacement: &EmailAddressReplacement,
    ) -> Result<EmailAddress> {
        self.call(
            self.user_request(Operation::ReplaceEmailAddress, user_id)
                .json(&body::EmailAddressReplacementBody(replacement))?,
        )
        .await
    }

    async fn replace_phone_number(
        &self,
        user_id: &UserId,
        replacement: &PhoneNumberReplacement,
    ) -> Result<PhoneNumber> {
        self.call(
            self.user_request(Operation::ReplacePhoneNumber, user_id)
                .json(&body::PhoneNumberReplacementBody(replacement))?,
        )
        .await
    }

    async fn list_trusted_devices(&self, user_id: &UserId) -> Result<Paginated<TrustedDevice>> {
        self.call(self.user_request(Operation::ListTrustedDevices, user_id)).await
    }

    async fn revoke_trusted_device(&self, user_id: &UserId, device_id: &TrustedDeviceId) -> Result<TrustedDevice> {
        let request = self.resource_request(Operation::RevokeTrustedDevice, user_id, device_id.as_str());
        self.call_or(request, || TrustedDevice {
            status: DeviceStatus::Revoked,
            algorithm: None,
            ..TrustedDevice::new(device_id.clone(), "unknown".into(), "")
        })
        .await
    }

    async fn get_billing_subscription(&self, user_id: &UserId) -> Result<Subscription> {
        self.call(self.user_request(Operation::GetBillingSubscription, user_id)).await
    }

    async fn get_billing_credit_balance(&self, user_id: &UserId) -> Result<CreditBalance> {
        self.call(self.user_request(Operation::GetBillingCreditBalance, user_id)).await
    }

    async fn adjust_billing_credit_balance(
        &self,
        user_id: &UserId,
        adjustment: &CreditAdjustment,
    ) -> Result<CreditLedgerEntry> {
        named(Operation::AdjustBillingCreditBalance, adjustment.validate())?;
        self.call(
            self.user_request(Operation::AdjustBillingCreditBalance, user_id)
                .json(&body::CreditAdjustmentBody(adjustment))?,
        )
        .await
    }
}
