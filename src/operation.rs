//! [`Operation`]: an identifier for each operation of [`UserDirectory`](crate::UserDirectory).

use std::fmt;

use serde::{Serialize, Serializer};

/// Whether an operation is idempotent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// A call can be repeated if its outcome is unknown.
    Safe,
    /// A repeated call may have a second effect.
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
use Repeat::{Safe, Unsafe};

macro_rules! operations {
    ($($variant:ident $name:literal $repeat:ident $access:ident,)+) => {
        /// An operation of [`UserDirectory`](crate::UserDirectory), such as `create`.
        ///
        /// [`Error::operation`](crate::Error::operation) returns the operation that failed.
        ///
        /// ```
        /// use user_directory::Operation;
        ///
        /// assert_eq!(Operation::Ban.as_str(), "ban");
        /// assert!(!Operation::Create.is_idempotent());
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            $(#[doc = concat!("The [`", $name, "`](crate::UserDirectory::", $name, ") operation.")] $variant,)+
        }

        impl Operation {
            /// All operations, in the order in which [`UserDirectory`](crate::UserDirectory) declares them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            const fn row(self) -> (&'static str, Repeat, Access) {
                match self {
                    $(Self::$variant => ($name, $repeat, $access),)+
                }
            }
        }
    };
}

operations! {
    List "list" Safe Read,
    Count "count" Safe Read,
    Create "create" Unsafe Write,
    Get "get" Safe Read,
    Update "update" Safe Write,
    Delete "delete" Safe Write,
    Ban "ban" Safe Write,
    Unban "unban" Safe Write,
    Lock "lock" Safe Write,
    Unlock "unlock" Safe Write,
    SetProfileImage "set_profile_image" Safe Write,
    DeleteProfileImage "delete_profile_image" Safe Write,
    UpdateMetadata "update_metadata" Safe Write,
    GetOAuthAccessToken "get_oauth_access_token" Safe Read,
    GetOrganizationMemberships "get_organization_memberships" Safe Read,
    GetOrganizationInvitations "get_organization_invitations" Safe Read,
    VerifyPassword "verify_password" Safe Read,
    // A backup code is consumed.
    VerifyTotp "verify_totp" Unsafe Write,
    DisableMfa "disable_mfa" Safe Write,
    DeleteTotp "delete_totp" Safe Write,
    DeleteBackupCodes "delete_backup_codes" Safe Write,
    DeletePasskey "delete_passkey" Safe Write,
    DeleteWeb3Wallet "delete_web3_wallet" Safe Write,
    DeleteExternalAccount "delete_external_account" Safe Write,
    ReplaceMetadata "replace_metadata" Safe Write,
    BulkBan "bulk_ban" Safe Write,
    BulkUnban "bulk_unban" Safe Write,
    RemovePassword "remove_password" Safe Write,
    SetPasswordCompromised "set_password_compromised" Safe Write,
    UnsetPasswordCompromised "unset_password_compromised" Safe Write,
    ReplaceEmailAddress "replace_email_address" Safe Write,
    ReplacePhoneNumber "replace_phone_number" Safe Write,
    ListTrustedDevices "list_trusted_devices" Safe Read,
    RevokeTrustedDevice "revoke_trusted_device" Safe Write,
    GetBillingSubscription "get_billing_subscription" Safe Read,
    GetBillingCreditBalance "get_billing_credit_balance" Safe Read,
    // The adjustment has an idempotency key.
    AdjustBillingCreditBalance "adjust_billing_credit_balance" Safe Write,
}

impl Operation {
    /// Returns the name of the corresponding [`UserDirectory`](crate::UserDirectory) method.
    ///
    /// `Display` and `Serialize` produce the same name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// Returns `true` if the operation can be retried safely after an attempt that may have succeeded.
    ///
    /// All operations except `create` and `verify_totp` are idempotent. A retry of `create` can create a second user,
    /// and a retry of `verify_totp` can reject a backup code that the previous attempt consumed.
    ///
    /// ```
    /// use user_directory::Operation;
    ///
    /// let not_idempotent = Operation::ALL.iter().filter(|operation| !operation.is_idempotent());
    /// assert!(not_idempotent.eq(&[Operation::Create, Operation::VerifyTotp]));
    /// ```
    #[must_use]
    pub const fn is_idempotent(self) -> bool {
        matches!(self.row().1, Safe)
    }

    /// Returns `true` if the operation does not change the state of the directory.
    ///
    /// The following results may be surprising:
    ///
    /// | operation | read-only |
    /// | --- | --- |
    /// | [`verify_password`](crate::UserDirectory::verify_password) | yes |
    /// | [`verify_totp`](crate::UserDirectory::verify_totp) | no, because it can consume a backup code |
    /// | [`get_oauth_access_token`](crate::UserDirectory::get_oauth_access_token) | yes, although Clerk may refresh the token with the OAuth provider |
    ///
    /// A read-only operation can still return secrets, such as access tokens.
    ///
    /// ```
    /// use user_directory::Operation;
    ///
    /// assert!(Operation::List.is_read_only() && Operation::VerifyPassword.is_read_only());
    /// assert!(!Operation::Ban.is_read_only() && !Operation::VerifyTotp.is_read_only());
    /// ```
    #[must_use]
    pub const fn is_read_only(self) -> bool {
        matches!(self.row().2, Read)
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
    fn names_of_the_37_operations_are_unique() {
        let names: BTreeSet<_> = Operation::ALL.iter().map(|operation| operation.as_str()).collect();
        assert_eq!((names.len(), Operation::ALL.len()), (37, 37));
    }

    #[test]
    fn create_and_verify_totp_are_not_idempotent() {
        let not_idempotent: Vec<_> = Operation::ALL.iter().filter(|operation| !operation.is_idempotent()).collect();
        assert_eq!(not_idempotent, [&Operation::Create, &Operation::VerifyTotp]);
    }
}
