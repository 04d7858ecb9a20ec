//! Macros for directories that wrap another one or offer only a part; and `Arc<T>` and `Box<T>`, which wrap `T`.

use std::sync::Arc;

use super::UserDirectory;

/// Writes methods of an `impl UserDirectory` block that call the same method of another directory.
///
/// Give the path of a function from `&Self` to the other directory, and the operations; without operations, all 37 are
/// forwarded. The methods that are left are yours to write, in the same block.
///
/// ```
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
///
/// /// Lets users be read, and nothing else.
/// #[derive(Debug)]
/// struct ReadOnly<T>(T);
///
/// impl<T> ReadOnly<T> {
///     fn inner(&self) -> &T {
///         &self.0
///     }
/// }
///
/// impl<T: UserDirectory> UserDirectory for ReadOnly<T> {
///     user_directory::forward_operations! { Self::inner =>
///         list, count, get, get_oauth_access_token, get_organization_memberships, get_organization_invitations,
///         list_trusted_devices, get_billing_subscription, get_billing_credit_balance
///     }
///     user_directory::refuse_operations! {
///         create, update, delete, ban, unban, lock, unlock, set_profile_image, delete_profile_image, update_metadata,
///         verify_password, verify_totp, disable_mfa, delete_totp, delete_backup_codes, delete_passkey,
///         delete_web3_wallet, delete_external_account, replace_metadata, bulk_ban, bulk_unban, remove_password,
///         set_password_compromised, unset_password_compromised, replace_email_address, replace_phone_number,
///         revoke_trusted_device, adjust_billing_credit_balance
///     }
/// }
///
/// # tokio_test::block_on(async {
/// let users = InMemoryUserDirectory::new();
/// let ada = users.create(&NewUser::new().username("ada.lovelace")).await?;
/// let users = ReadOnly(users);
/// assert_eq!(users.get(&ada.id).await?, ada);
/// assert!(users.delete(&ada.id).await.unwrap_err().is_forbidden());
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[macro_export]
macro_rules! forward_operations {
    ($inner:path) => {
        $crate::forward_operations! { $inner =>
            list, count, create, get, update, delete, ban, unban, lock, unlock, set_profile_image,
            delete_profile_image, update_metadata, get_oauth_access_token, get_organization_memberships,
            get_organization_invitations, verify_password, verify_totp, disable_mfa, delete_totp,
            delete_backup_codes, delete_passkey, delete_web3_wallet, delete_external_account,
            replace_metadata, bulk_ban, bulk_unban, remove_password, set_password_compromised,
            unset_password_compromised, replace_email_address, replace_phone_number, list_trusted_devices,
            revoke_trusted_device, get_billing_subscription, get_billing_credit_balance,
            adjust_billing_credit_balance
        }
    };
    ($inner:path => $($operation:ident),+ $(,)?) => {
        $($crate::__operation! { $operation [forward $inner] })+
    };
}

/// Writes methods of an `impl UserDirectory` block that refuse: operations that the directory does not offer.
///
/// Each fails with [`Forbidden`](crate::ErrorKind::Forbidden) and the code
/// [`FEATURE_NOT_ENABLED`](crate::codes::FEATURE_NOT_ENABLED), and names the operation.
///
/// ```
/// use user_directory::{InMemoryUserDirectory, UserDirectory, UserId, codes};
///
/// /// Has no passwords and no second factors.
/// #[derive(Debug)]
/// struct Simple(InMemoryUserDirectory);
///
/// impl Simple {
///     fn inner(&self) -> &InMemoryUserDirectory {
///         &self.0
///     }
/// }
///
/// #[user_directory::async_trait]
/// impl UserDirectory for Simple {
///     user_directory::refuse_operations! {
///         verify_password, remove_password, set_password_compromised, unset_password_compromised,
///         verify_totp, disable_mfa, delete_totp, delete_backup_codes
///     }
///     // … and the other operations.
/// #     user_directory::forward_operations! { Self::inner =>
/// #         list, count, create, get, update, delete, ban, unban, lock, unlock, set_profile_image,
/// #         delete_profile_image, update_metadata, get_oauth_access_token, get_organization_memberships,
/// #         get_organization_invitations, delete_passkey, delete_web3_wallet, delete_external_account,
/// #         replace_metadata, bulk_ban, bulk_unban, replace_email_address, replace_phone_number,
/// #         list_trusted_devices, revoke_trusted_device, get_billing_subscription,
/// #         get_billing_credit_balance, adjust_billing_credit_balance
/// #     }
/// }
///
/// # tokio_test::block_on(async {
/// let error = Simple(InMemoryUserDirectory::new()).disable_mfa(&UserId::new("user_1")?).await.unwrap_err();
/// assert!(error.is_forbidden() && error.has_code(codes::FEATURE_NOT_ENABLED));
/// assert_eq!(error.to_string(), "disable_mfa: forbidden (status 403, feature_not_enabled)");
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[macro_export]
macro_rules! refuse_operations {
    ($($operation:ident),+ $(,)?) => {
        $($crate::__operation! { $operation [refuse] })+
    };
}

#[deny(clippy::missing_trait_methods)]
impl<T: UserDirectory + ?Sized> UserDirectory for Arc<T> {
    crate::forward_operations!(Self::as_ref);
}

#[deny(clippy::missing_trait_methods)]
impl<T: UserDirectory + ?Sized> UserDirectory for Box<T> {
    crate::forward_operations!(Self::as_ref);
}
