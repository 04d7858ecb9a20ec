//! `Arc<T>` and `Box<T>` are directories if `T` is one.

use std::sync::Arc;

use async_trait::async_trait;

#[allow(clippy::wildcard_imports, reason = "every type that the port names")]
use super::*;

macro_rules! forward {
    ($pointer:ident) => {
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<T: UserDirectory + ?Sized> UserDirectory for $pointer<T> {
            async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
                (**self).list(query).await
            }

            async fn count(&self, filter: &UserFilter) -> Result<u64> {
                (**self).count(filter).await
            }

            async fn create(&self, new_user: &NewUser) -> Result<User> {
                (**self).create(new_user).await
            }

            async fn get(&self, user_id: &UserId) -> Result<User> {
                (**self).get(user_id).await
            }

            async fn update(&self, user_id: &UserId, update: &UserUpdate) -> Result<User> {
                (**self).update(user_id, update).await
            }

            async fn delete(&self, user_id: &UserId) -> Result<DeletedObject> {
                (**self).delete(user_id).await
            }

            async fn ban(&self, user_id: &UserId) -> Result<User> {
                (**self).ban(user_id).await
            }

            async fn unban(&self, user_id: &UserId) -> Result<User> {
                (**self).unban(user_id).await
            }

            async fn lock(&self, user_id: &UserId) -> Result<User> {
                (**self).lock(user_id).await
            }

            async fn unlock(&self, user_id: &UserId) -> Result<User> {
                (**self).unlock(user_id).await
            }

            async fn set_profile_image(&self, user_id: &UserId, image: &ProfileImage) -> Result<User> {
                (**self).set_profile_image(user_id, image).await
            }

            async fn delete_profile_image(&self, user_id: &UserId) -> Result<User> {
                (**self).delete_profile_image(user_id).await
            }

            async fn update_metadata(&self, user_id: &UserId, update: &MetadataUpdate) -> Result<User> {
                (**self).update_metadata(user_id, update).await
            }

            async fn get_oauth_access_token(
                &self,
                user_id: &UserId,
                provider: &OAuthProvider,
                page: &Page,
            ) -> Result<Vec<OAuthAccessToken>> {
                (**self).get_oauth_access_token(user_id, provider, page).await
            }

            async fn get_organization_memberships(
                &self,
                user_id: &UserId,
                page: &Page,
            ) -> Result<Paginated<OrganizationMembership>> {
                (**self).get_organization_memberships(user_id, page).await
            }

            async fn get_organization_invitations(
                &self,
                user_id: &UserId,
                query: &InvitationQuery,
            ) -> Result<Paginated<OrganizationInvitation>> {
                (**self).get_organization_invitations(user_id, query).await
            }

            async fn verify_password(&self, user_id: &UserId, password: &Password) -> Result<PasswordVerification> {
                (**self).verify_password(user_id, password).await
            }

            async fn verify_totp(&self, user_id: &UserId, code: &TotpCode) -> Result<TotpVerification> {
                (**self).verify_totp(user_id, code).await
            }

            async fn disable_mfa(&self, user_id: &UserId) -> Result<UserId> {
                (**self).disable_mfa(user_id).await
            }

            async fn delete_totp(&self, user_id: &UserId) -> Result<UserId> {
                (**self).delete_totp(user_id).await
            }

            async fn delete_backup_codes(&self, user_id: &UserId) -> Result<UserId> {
                (**self).delete_backup_codes(user_id).await
            }

            async fn delete_passkey(&self, user_id: &UserId, passkey_id: &PasskeyId) -> Result<DeletedObject> {
                (**self).delete_passkey(user_id, passkey_id).await
            }

            async fn delete_web3_wallet(&self, user_id: &UserId, wallet_id: &Web3WalletId) -> Result<DeletedObject> {
                (**self).delete_web3_wallet(user_id, wallet_id).await
            }

            async fn delete_external_account(
                &self,
                user_id: &UserId,
                account_id: &ExternalAccountId,
            ) -> Result<DeletedObject> {
                (**self).delete_external_account(user_id, account_id).await
            }

            async fn replace_metadata(&self, user_id: &UserId, replacement: &MetadataReplacement) -> Result<User> {
                (**self).replace_metadata(user_id, replacement).await
            }

            async fn bulk_ban(&self, user_ids: &[UserId]) -> Result<Vec<User>> {
                (**self).bulk_ban(user_ids).await
            }

            async fn bulk_unban(&self, user_ids: &[UserId]) -> Result<Vec<User>> {
                (**self).bulk_unban(user_ids).await
            }

            async fn remove_password(&self, user_id: &UserId, sessions: Sessions) -> Result<User> {
                (**self).remove_password(user_id, sessions).await
            }

            async fn set_password_compromised(&self, user_id: &UserId, sessions: Sessions) -> Result<User> {
                (**self).set_password_compromised(user_id, sessions).await
            }

            async fn unset_password_compromised(&self, user_id: &UserId) -> Result<User> {
                (**self).unset_password_compromised(user_id).await
            }

            async fn replace_email_address(
                &self,
                user_id: &UserId,
                replacement: &EmailAddressReplacement,
            ) -> Result<EmailAddress> {
                (**self).replace_email_address(user_id, replacement).await
            }

            async fn replace_phone_number(
                &self,
                user_id: &UserId,
                replacement: &PhoneNumberReplacement,
            ) -> Result<PhoneNumber> {
                (**self).replace_phone_number(user_id, replacement).await
            }

            async fn list_trusted_devices(&self, user_id: &UserId) -> Result<Paginated<TrustedDevice>> {
                (**self).list_trusted_devices(user_id).await
            }

            async fn revoke_trusted_device(
                &self,
                user_id: &UserId,
                device_id: &TrustedDeviceId,
            ) -> Result<TrustedDevice> {
                (**self).revoke_trusted_device(user_id, device_id).await
            }

            async fn get_billing_subscription(&self, user_id: &UserId) -> Result<Subscription> {
                (**self).get_billing_subscription(user_id).await
            }

            async fn get_billing_credit_balance(&self, user_id: &UserId) -> Result<CreditBalance> {
                (**self).get_billing_credit_balance(user_id).await
            }

            async fn adjust_billing_credit_balance(
                &self,
                user_id: &UserId,
                adjustment: &CreditAdjustment,
            ) -> Result<CreditLedgerEntry> {
                (**self).adjust_billing_credit_balance(user_id, adjustment).await
            }
        }
    };
}

forward!(Arc);
forward!(Box);
