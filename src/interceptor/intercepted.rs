//! [`Intercepted`]: a directory behind an interceptor.

use std::slice;

use async_trait::async_trait;

use super::{Call, Interceptor, OperationOutput};
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

/// A directory that passes every call through an [`Interceptor`].
///
/// `D` can be any directory, including `Arc<dyn UserDirectory>`.
///
/// ```
/// use user_directory::interceptor::{Call, Intercepted, Interceptor, OperationOutput};
/// use user_directory::{Error, ErrorKind, InMemoryUserDirectory, NewUser, Operation, Result, UserDirectory};
///
/// /// Rejects `delete` calls.
/// #[derive(Debug)]
/// struct NoDeletion;
///
/// impl Interceptor for NoDeletion {
///     async fn intercept<T: OperationOutput>(
///         &self,
///         call: &Call<'_>,
///         next: impl Future<Output = Result<T>> + Send,
///     ) -> Result<T> {
///         if call.operation() == Operation::Delete {
///             return Err(Error::new(ErrorKind::Forbidden).with_operation(call.operation()));
///         }
///         next.await
///     }
/// }
///
/// # tokio_test::block_on(async {
/// let users = Intercepted::new(InMemoryUserDirectory::new(), NoDeletion);
/// let ada = users.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
/// assert!(users.delete(&ada.id).await.unwrap_err().is_forbidden());
/// assert!(users.inner().delete(&ada.id).await.is_ok());
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Intercepted<D, I> {
    inner: D,
    interceptor: I,
}

impl<D, I> Intercepted<D, I> {
    /// Wraps `inner` with an interceptor.
    pub fn new(inner: D, interceptor: I) -> Self {
        Self { inner, interceptor }
    }

    /// Returns the wrapped directory. Calls to it bypass the interceptor.
    pub fn inner(&self) -> &D {
        &self.inner
    }

    /// Returns the wrapped directory, and drops the interceptor.
    pub fn into_inner(self) -> D {
        self.inner
    }

    /// Returns the interceptor.
    pub fn interceptor(&self) -> &I {
        &self.interceptor
    }
}

impl<D: UserDirectory, I: Interceptor> Intercepted<D, I> {
    async fn call<T, F>(&self, operation: Operation, user_ids: &[UserId], inner: impl FnOnce() -> F + Send) -> Result<T>
    where
        T: OperationOutput,
        F: Future<Output = Result<T>> + Send,
    {
        // The method is called when `next` is first polled, because it may do work before it returns its future.
        let next = async move { inner().await };
        self.interceptor.intercept(&Call::new(operation, user_ids), next).await
    }
}

// A missing method would return `Unsupported`, because `forward_to` returns `None`.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<D: UserDirectory, I: Interceptor> UserDirectory for Intercepted<D, I> {
    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        self.call(Operation::List, &[], || self.inner.list(query)).await
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64> {
        self.call(Operation::Count, &[], || self.inner.count(filter)).await
    }

    async fn create(&self, new_user: &NewUser) -> Result<User> {
        self.call(Operation::Create, &[], || self.inner.create(new_user)).await
    }

    async fn get(&self, user_id: &UserId) -> Result<User> {
        self.call(Operation::Get, slice::from_ref(user_id), || self.inner.get(user_id)).await
    }

    async fn update(&self, user_id: &UserId, update: &UserUpdate) -> Result<User> {
        self.call(Operation::Update, slice::from_ref(user_id), || self.inner.update(user_id, update)).await
    }

    async fn delete(&self, user_id: &UserId) -> Result<DeletedObject> {
        self.call(Operation::Delete, slice::from_ref(user_id), || self.inner.delete(user_id)).await
    }

    async fn ban(&self, user_id: &UserId) -> Result<User> {
        self.call(Operation::Ban, slice::from_ref(user_id), || self.inner.ban(user_id)).await
    }

    async fn unban(&self, user_id: &UserId) -> Result<User> {
        self.call(Operation::Unban, slice::from_ref(user_id), || self.inner.unban(user_id)).await
    }

    async fn lock(&self, user_id: &UserId) -> Result<User> {
        self.call(Operation::Lock, slice::from_ref(user_id), || self.inner.lock(user_id)).await
    }

    async fn unlock(&self, user_id: &UserId) -> Result<User> {
        self.call(Operation::Unlock, slice::from_ref(user_id), || self.inner.unlock(user_id)).await
    }

    async fn set_profile_image(&self, user_id: &UserId, image: &ProfileImage) -> Result<User> {
        self.call(Operation::SetProfileImage, slice::from_ref(user_id), || self.inner.set_profile_image(user_id, image))
            .await
    }

    async fn delete_profile_image(&self, user_id: &UserId) -> Result<User> {
        self.call(Operation::DeleteProfileImage, slice::from_ref(user_id), || self.inner.delete_profile_image(user_id))
            .await
    }

    async fn update_metadata(&self, user_id: &UserId, update: &MetadataUpdate) -> Result<User> {
        self.call(Operation::UpdateMetadata, slice::from_ref(user_id), || self.inner.update_metadata(user_id, update))
            .await
    }

    async fn get_oauth_access_token(
        &self,
        user_id: &UserId,
        provider: &OAuthProvider,
        page: &Page,
    ) -> Result<Vec<OAuthAccessToken>> {
        self.call(Operation::GetOAuthAccessToken, slice::from_ref(user_id), || {
            self.inner.get_oauth_access_token(user_id, provider, page)
        })
        .await
    }

    async fn get_organization_memberships(
        &self,
        user_id: &UserId,
        page: &Page,
    ) -> Result<Paginated<OrganizationMembership>> {
        self.call(Operation::GetOrganizationMemberships, slice::from_ref(user_id), || {
            self.inner.get_organization_memberships(user_id, page)
        })
        .await
    }

    async fn get_organization_invitations(
        &self,
        user_id: &UserId,
        query: &InvitationQuery,
    ) -> Result<Paginated<OrganizationInvitation>> {
        self.call(Operation::GetOrganizationInvitations, slice::from_ref(user_id), || {
            self.inner.get_organization_invitations(user_id, query)
        })
        .await
    }

    async fn verify_password(&self, user_id: &UserId, password: &Password) -> Result<PasswordVerification> {
        self.call(Operation::VerifyPassword, slice::from_ref(user_id), || self.inner.verify_password(user_id, password))
            .await
    }

    async fn verify_totp(&self, user_id: &UserId, code: &TotpCode) -> Result<TotpVerification> {
        self.call(Operation::VerifyTotp, slice::from_ref(user_id), || self.inner.verify_totp(user_id, code)).await
    }

    async fn disable_mfa(&self, user_id: &UserId) -> Result<UserId> {
        self.call(Operation::DisableMfa, slice::from_ref(user_id), || self.inner.disable_mfa(user_id)).await
    }

    async fn delete_totp(&self, user_id: &UserId) -> Result<UserId> {
        self.call(Operation::DeleteTotp, slice::from_ref(user_id), || self.inner.delete_totp(user_id)).await
    }

    async fn delete_backup_codes(&self, user_id: &UserId) -> Result<UserId> {
        self.call(Operation::DeleteBackupCodes, slice::from_ref(user_id), || self.inner.delete_backup_codes(user_id))
            .await
    }

    async fn delete_passkey(&self, user_id: &UserId, passkey_id: &PasskeyId) -> Result<DeletedObject> {
        self.call(Operation::DeletePasskey, slice::from_ref(user_id), || self.inner.delete_passkey(user_id, passkey_id))
            .await
    }

    async fn delete_web3_wallet(&self, user_id: &UserId, wallet_id: &Web3WalletId) -> Result<DeletedObject> {
        self.call(Operation::DeleteWeb3Wallet, slice::from_ref(user_id), || {
            self.inner.delete_web3_wallet(user_id, wallet_id)
        })
        .await
    }

    async fn delete_external_account(&self, user_id: &UserId, account_id: &ExternalAccountId) -> Result<DeletedObject> {
        self.call(Operation::DeleteExternalAccount, slice::from_ref(user_id), || {
            self.inner.delete_external_account(user_id, account_id)
        })
        .await
    }

    async fn replace_metadata(&self, user_id: &UserId, replacement: &MetadataReplacement) -> Result<User> {
        self.call(Operation::ReplaceMetadata, slice::from_ref(user_id), || {
            self.inner.replace_metadata(user_id, replacement)
        })
        .await
    }

    async fn bulk_ban(&self, user_ids: &UserIdBatch) -> Result<Vec<User>> {
        self.call(Operation::BulkBan, user_ids, || self.inner.bulk_ban(user_ids)).await
    }

    async fn bulk_unban(&self, user_ids: &UserIdBatch) -> Result<Vec<User>> {
        self.call(Operation::BulkUnban, user_ids, || self.inner.bulk_unban(user_ids)).await
    }

    async fn remove_password(&self, user_id: &UserId, sessions: Sessions) -> Result<User> {
        self.call(Operation::RemovePassword, slice::from_ref(user_id), || self.inner.remove_password(user_id, sessions))
            .await
    }

    async fn set_password_compromised(&self, user_id: &UserId, sessions: Sessions) -> Result<User> {
        self.call(Operation::SetPasswordCompromised, slice::from_ref(user_id), || {
            self.inner.set_password_compromised(user_id, sessions)
        })
        .await
    }

    async fn unset_password_compromised(&self, user_id: &UserId) -> Result<User> {
        self.call(Operation::UnsetPasswordCompromised, slice::from_ref(user_id), || {
            self.inner.unset_password_compromised(user_id)
        })
        .await
    }

    async fn replace_email_address(
        &self,
        user_id: &UserId,
        replacement: &EmailAddressReplacement,
    ) -> Result<EmailAddress> {
        self.call(Operation::ReplaceEmailAddress, slice::from_ref(user_id), || {
            self.inner.replace_email_address(user_id, replacement)
        })
        .await
    }

    async fn replace_phone_number(
        &self,
        user_id: &UserId,
        replacement: &PhoneNumberReplacement,
    ) -> Result<PhoneNumber> {
        self.call(Operation::ReplacePhoneNumber, slice::from_ref(user_id), || {
            self.inner.replace_phone_number(user_id, replacement)
        })
        .await
    }

    async fn list_trusted_devices(&self, user_id: &UserId) -> Result<Paginated<TrustedDevice>> {
        self.call(Operation::ListTrustedDevices, slice::from_ref(user_id), || self.inner.list_trusted_devices(user_id))
            .await
    }

    async fn revoke_trusted_device(&self, user_id: &UserId, device_id: &TrustedDeviceId) -> Result<TrustedDevice> {
        self.call(Operation::RevokeTrustedDevice, slice::from_ref(user_id), || {
            self.inner.revoke_trusted_device(user_id, device_id)
        })
        .await
    }

    async fn get_billing_subscription(&self, user_id: &UserId) -> Result<Subscription> {
        self.call(Operation::GetBillingSubscription, slice::from_ref(user_id), || {
            self.inner.get_billing_subscription(user_id)
        })
        .await
    }

    async fn get_billing_credit_balance(&self, user_id: &UserId) -> Result<CreditBalance> {
        self.call(Operation::GetBillingCreditBalance, slice::from_ref(user_id), || {
            self.inner.get_billing_credit_balance(user_id)
        })
        .await
    }

    async fn adjust_billing_credit_balance(
        &self,
        user_id: &UserId,
        adjustment: &CreditAdjustment,
    ) -> Result<CreditLedgerEntry> {
        self.call(Operation::AdjustBillingCreditBalance, slice::from_ref(user_id), || {
            self.inner.adjust_billing_credit_balance(user_id, adjustment)
        })
        .await
    }

    /// Returns `None`, so that no call bypasses the interceptor.
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        None
    }
}
