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
/// /// Lets users be read, but for their passwords, and nothing else.
/// #[derive(Debug)]
/// struct Profiles<T>(T);
///
/// impl<T> Profiles<T> {
///     fn inner(&self) -> &T {
///         &self.0
///     }
/// }
///
/// impl<T: UserDirectory> UserDirectory for Profiles<T> {
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
/// let users = Profiles(users);
/// assert_eq!(users.get(&ada.id).await?, ada);
/// assert!(users.delete(&ada.id).await.unwrap_err().is_forbidden());
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
///
/// # Around each call
///
/// With the path of a second function, that one is given each call and decides about it: what is asked for, the users
/// whom the call names (none for `list`, `count` and `create`), and the work, which begins when it is awaited. The
/// [decorators](crate::decorators) are written this way, and so is a limit of time for whatever directory:
///
/// ```
/// use std::time::Duration;
/// use user_directory::{Error, ErrorKind, InMemoryUserDirectory, Operation, Result, UserDirectory, UserFilter, UserId};
///
/// /// Waits no longer than this for an answer.
/// #[derive(Debug)]
/// struct Impatient<T>(T, Duration);
///
/// impl<T> Impatient<T> {
///     fn inner(&self) -> &T {
///         &self.0
///     }
///
///     async fn limited<A>(
///         &self,
///         operation: Operation,
///         _user_ids: &[UserId],
///         work: impl Future<Output = Result<A>>,
///     ) -> Result<A> {
///         let late = |_| Err(Error::new(ErrorKind::Timeout).with_operation(operation));
///         tokio::time::timeout(self.1, work).await.unwrap_or_else(late)
///     }
/// }
///
/// impl<T: UserDirectory> UserDirectory for Impatient<T> {
///     user_directory::forward_operations!(Self::inner, Self::limited);
/// }
///
/// # tokio_test::block_on(async {
/// let users = Impatient(InMemoryUserDirectory::new(), Duration::from_secs(5));
/// assert_eq!(users.count(&UserFilter::new()).await?, 0);
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
///
/// Operations can be named here as well: `Self::inner, Self::limited => list, count`.
#[macro_export]
macro_rules! forward_operations {
    ($inner:path $(=> $($operation:ident),+ $(,)?)?) => {
        $crate::__operations! { [forward $inner] $($($operation),+)? }
    };
    ($inner:path, $around:path $(=> $($operation:ident),+ $(,)?)?) => {
        $crate::__operations! { [around $inner, $around] $($($operation),+)? }
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
        $crate::__operations! { [refuse] $($operation),+ }
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
