//! [`Operation`]: the table of operations.

use std::fmt;

use serde::{Serialize, Serializer};

/// The HTTP method of an operation.
///
/// ```
/// use user_directory::{Method, Operation};
///
/// assert_eq!(Operation::Get.method(), Method::Get);
/// assert_eq!(Method::Get.as_str(), "GET");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The method as HTTP writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Whether an operation is idempotent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// A call whose outcome is unknown can be repeated.
    Safe,
    /// A repetition may have a second effect.
    Unsafe,
}

/// Whether an operation is a read or a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// The call has no effect on the results of other operations.
    Read,
    /// The call may change the results of other operations.
    Write,
}

use Access::{Read, Write};
use Method::{Delete, Get, Patch, Post, Put};
use Repeat::{Safe, Unsafe};

macro_rules! operations {
    ($($variant:ident $name:literal $method:ident $path:literal $repeat:ident $access:ident,)+) => {
        /// An operation of [`UserDirectory`](crate::UserDirectory).
        ///
        /// An [`Error`](crate::Error) names the operation that failed, and an [`Interceptor`](crate::Interceptor) sees
        /// the operation of each call.
        ///
        /// ```
        /// use user_directory::{Method, Operation};
        ///
        /// assert_eq!(Operation::Ban.as_str(), "ban");
        /// assert_eq!(Operation::Ban.method(), Method::Post);
        /// assert_eq!(Operation::Ban.path(), "/users/{user_id}/ban");
        /// assert!(!Operation::Create.is_idempotent());
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            $(#[doc = concat!("[`", $name, "`](crate::UserDirectory::", $name, "): `", stringify!($method), " ", $path, "`")] $variant,)+
        }

        impl Operation {
            /// All operations, in the order of the trait.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            const fn row(self) -> (&'static str, Method, &'static str, Repeat, Access) {
                match self {
                    $(Self::$variant => ($name, $method, $path, $repeat, $access),)+
                }
            }
        }
    };
}

operations! {
    List "list" Get "/users" Safe Read,
    Count "count" Get "/users/count" Safe Read,
    Create "create" Post "/users" Unsafe Write,
    Get "get" Get "/users/{user_id}" Safe Read,
    Update "update" Patch "/users/{user_id}" Safe Write,
    Delete "delete" Delete "/users/{user_id}" Safe Write,
    Ban "ban" Post "/users/{user_id}/ban" Safe Write,
    Unban "unban" Post "/users/{user_id}/unban" Safe Write,
    Lock "lock" Post "/users/{user_id}/lock" Safe Write,
    Unlock "unlock" Post "/users/{user_id}/unlock" Safe Write,
    SetProfileImage "set_profile_image" Post "/users/{user_id}/profile_image" Safe Write,
    DeleteProfileImage "delete_profile_image" Delete "/users/{user_id}/profile_image" Safe Write,
    UpdateMetadata "update_metadata" Patch "/users/{user_id}/metadata" Safe Write,
    GetOAuthAccessToken "get_oauth_access_token" Get "/users/{user_id}/oauth_access_tokens/{provider}" Safe Read,
    GetOrganizationMemberships "get_organization_memberships" Get "/users/{user_id}/organization_memberships" Safe Read,
    GetOrganizationInvitations "get_organization_invitations" Get "/users/{user_id}/organization_invitations" Safe Read,
    VerifyPassword "verify_password" Post "/users/{user_id}/verify_password" Safe Read,
    // A backup code is consumed.
    VerifyTotp "verify_totp" Post "/users/{user_id}/verify_totp" Unsafe Write,
    DisableMfa "disable_mfa" Delete "/users/{user_id}/mfa" Safe Write,
    DeleteTotp "delete_totp" Delete "/users/{user_id}/totp" Safe Write,
    DeleteBackupCodes "delete_backup_codes" Delete "/users/{user_id}/backup_code" Safe Write,
    DeletePasskey "delete_passkey" Delete "/users/{user_id}/passkeys/{passkey_identification_id}" Safe Write,
    DeleteWeb3Wallet "delete_web3_wallet" Delete "/users/{user_id}/web3_wallets/{web3_wallet_identification_id}" Safe Write,
    DeleteExternalAccount "delete_external_account" Delete "/users/{user_id}/external_accounts/{external_account_id}" Safe Write,
    ReplaceMetadata "replace_metadata" Put "/users/{user_id}/metadata" Safe Write,
    BulkBan "bulk_ban" Post "/users/ban" Safe Write,
    BulkUnban "bulk_unban" Post "/users/unban" Safe Write,
    RemovePassword "remove_password" Post "/users/{user_id}/remove_password" Safe Write,
    SetPasswordCompromised "set_password_compromised" Post "/users/{user_id}/password/set_compromised" Safe Write,
    UnsetPasswordCompromised "unset_password_compromised" Post "/users/{user_id}/password/unset_compromised" Safe Write,
    ReplaceEmailAddress "replace_email_address" Put "/users/{user_id}/email_address" Safe Write,
    ReplacePhoneNumber "replace_phone_number" Put "/users/{user_id}/phone_number" Safe Write,
    ListTrustedDevices "list_trusted_devices" Get "/users/{user_id}/trusted_devices" Safe Read,
    RevokeTrustedDevice "revoke_trusted_device" Delete "/users/{user_id}/trusted_devices/{trusted_device_id}" Safe Write,
    GetBillingSubscription "get_billing_subscription" Get "/users/{user_id}/billing/subscription" Safe Read,
    GetBillingCreditBalance "get_billing_credit_balance" Get "/users/{user_id}/billing/credits" Safe Read,
    // The adjustment carries its own idempotency key.
    AdjustBillingCreditBalance "adjust_billing_credit_balance" Post "/users/{user_id}/billing/credits" Safe Write,
}

impl Operation {
    /// Returns the name of the method of [`UserDirectory`](crate::UserDirectory). `Display` and `Serialize` write it
    /// too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The HTTP method.
    #[must_use]
    pub const fn method(self) -> Method {
        self.row().1
    }

    /// The path below the base URL, with its parameters in braces.
    #[must_use]
    pub const fn path(self) -> &'static str {
        self.row().2
    }

    /// Returns `true` if a call whose outcome is unknown can be repeated. Only `create` and `verify_totp` cannot: they
    /// may create another user or consume another backup code.
    ///
    /// ```
    /// use user_directory::Operation;
    ///
    /// let not_idempotent = Operation::ALL.iter().filter(|operation| !operation.is_idempotent());
    /// assert!(not_idempotent.eq(&[Operation::Create, Operation::VerifyTotp]));
    /// ```
    #[must_use]
    pub const fn is_idempotent(self) -> bool {
        matches!(self.row().3, Safe)
    }

    /// Returns `true` if the operation does not change the directory.
    ///
    /// [`verify_password`](crate::UserDirectory::verify_password) is read-only.
    /// [`verify_totp`](crate::UserDirectory::verify_totp) is not, because it can consume a backup code.
    /// [`get_oauth_access_token`](crate::UserDirectory::get_oauth_access_token) is read-only, although the service may
    /// refresh the token at the provider. The result of a read-only operation can be secret.
    ///
    /// ```
    /// use user_directory::Operation;
    ///
    /// assert!(Operation::List.is_read_only() && Operation::VerifyPassword.is_read_only());
    /// assert!(!Operation::Ban.is_read_only() && !Operation::VerifyTotp.is_read_only());
    /// ```
    #[must_use]
    pub const fn is_read_only(self) -> bool {
        matches!(self.row().4, Read)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn operations_have_unique_names_and_routes() {
        let names: BTreeSet<_> = Operation::ALL.iter().map(|operation| operation.as_str()).collect();
        let routes: BTreeSet<_> =
            Operation::ALL.iter().map(|operation| (operation.method().as_str(), operation.path())).collect();
        assert_eq!((names.len(), routes.len()), (37, 37));
    }

    #[test]
    fn create_and_verify_totp_are_not_idempotent() {
        let not_idempotent: Vec<_> = Operation::ALL.iter().filter(|operation| !operation.is_idempotent()).collect();
        assert_eq!(not_idempotent, [&Operation::Create, &Operation::VerifyTotp]);
    }

    #[test]
    fn read_only_operations_are_get_requests_and_verify_password() {
        for operation in Operation::ALL {
            let reads = operation.method() == Method::Get || *operation == Operation::VerifyPassword;
            assert_eq!(operation.is_read_only(), reads, "{operation}");
        }
    }
}
