//! The signatures of the 37 operations, as a table that macros write methods from.

/// The methods of all operations, or of those that are named.
#[doc(hidden)]
#[macro_export]
macro_rules! __operations {
    ($how:tt) => {
        $crate::__operations! { $how
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
    ($how:tt $($operation:ident),+ $(,)?) => {
        $($crate::__operation! { $operation $how })+
    };
}

/// The signature of the operation with this name, in the form that [`async_trait`](macro@crate::async_trait) gives it,
/// and what [`__method`](crate::__method) is to do with it.
#[doc(hidden)]
#[macro_export]
macro_rules! __operation {
    (list $how:tt) => {
        $crate::__method! { $how List list <'life1>
            (query: &'life1 $crate::UserQuery) -> ::std::vec::Vec<$crate::User>
        }
    };
    (count $how:tt) => {
        $crate::__method! { $how Count count <'life1> (filter: &'life1 $crate::UserFilter) -> u64 }
    };
    (create $how:tt) => {
        $crate::__method! { $how Create create <'life1> (new_user: &'life1 $crate::NewUser) -> $crate::User }
    };
    (get $how:tt) => {
        $crate::__method! { $how Get get <'life1> (user_id: &'life1 $crate::UserId) -> $crate::User }
    };
    (update $how:tt) => {
        $crate::__method! { $how Update update <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, update: &'life2 $crate::UserUpdate) -> $crate::User
        }
    };
    (delete $how:tt) => {
        $crate::__method! { $how Delete delete <'life1> (user_id: &'life1 $crate::UserId) -> $crate::DeletedObject }
    };
    (ban $how:tt) => {
        $crate::__method! { $how Ban ban <'life1> (user_id: &'life1 $crate::UserId) -> $crate::User }
    };
    (unban $how:tt) => {
        $crate::__method! { $how Unban unban <'life1> (user_id: &'life1 $crate::UserId) -> $crate::User }
    };
    (lock $how:tt) => {
        $crate::__method! { $how Lock lock <'life1> (user_id: &'life1 $crate::UserId) -> $crate::User }
    };
    (unlock $how:tt) => {
        $crate::__method! { $how Unlock unlock <'life1> (user_id: &'life1 $crate::UserId) -> $crate::User }
    };
    (set_profile_image $how:tt) => {
        $crate::__method! { $how SetProfileImage set_profile_image <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, image: &'life2 $crate::ProfileImage) -> $crate::User
        }
    };
    (delete_profile_image $how:tt) => {
        $crate::__method! { $how DeleteProfileImage delete_profile_image <'life1>
            (user_id: &'life1 $crate::UserId) -> $crate::User
        }
    };
    (update_metadata $how:tt) => {
        $crate::__method! { $how UpdateMetadata update_metadata <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, update: &'life2 $crate::MetadataUpdate) -> $crate::User
        }
    };
    (get_oauth_access_token $how:tt) => {
        $crate::__method! { $how GetOAuthAccessToken get_oauth_access_token <'life1, 'life2, 'life3>
            (user_id: &'life1 $crate::UserId, provider: &'life2 $crate::OAuthProvider, page: &'life3 $crate::Page)
            -> ::std::vec::Vec<$crate::OAuthAccessToken>
        }
    };
    (get_organization_memberships $how:tt) => {
        $crate::__method! { $how GetOrganizationMemberships get_organization_memberships <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, page: &'life2 $crate::Page)
            -> $crate::Paginated<$crate::OrganizationMembership>
        }
    };
    (get_organization_invitations $how:tt) => {
        $crate::__method! { $how GetOrganizationInvitations get_organization_invitations <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, query: &'life2 $crate::InvitationQuery)
            -> $crate::Paginated<$crate::OrganizationInvitation>
        }
    };
    (verify_password $how:tt) => {
        $crate::__method! { $how VerifyPassword verify_password <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, password: &'life2 $crate::Password) -> $crate::PasswordVerification
        }
    };
    (verify_totp $how:tt) => {
        $crate::__method! { $how VerifyTotp verify_totp <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, code: &'life2 $crate::TotpCode) -> $crate::TotpVerification
        }
    };
    (disable_mfa $how:tt) => {
        $crate::__method! { $how DisableMfa disable_mfa <'life1> (user_id: &'life1 $crate::UserId) -> $crate::UserId }
    };
    (delete_totp $how:tt) => {
        $crate::__method! { $how DeleteTotp delete_totp <'life1> (user_id: &'life1 $crate::UserId) -> $crate::UserId }
    };
    (delete_backup_codes $how:tt) => {
        $crate::__method! { $how DeleteBackupCodes delete_backup_codes <'life1>
            (user_id: &'life1 $crate::UserId) -> $crate::UserId
        }
    };
    (delete_passkey $how:tt) => {
        $crate::__method! { $how DeletePasskey delete_passkey <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, passkey_id: &'life2 $crate::PasskeyId) -> $crate::DeletedObject
        }
    };
    (delete_web3_wallet $how:tt) => {
        $crate::__method! { $how DeleteWeb3Wallet delete_web3_wallet <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, wallet_id: &'life2 $crate::Web3WalletId) -> $crate::DeletedObject
        }
    };
    (delete_external_account $how:tt) => {
        $crate::__method! { $how DeleteExternalAccount delete_external_account <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, account_id: &'life2 $crate::ExternalAccountId) -> $crate::DeletedObject
        }
    };
    (replace_metadata $how:tt) => {
        $crate::__method! { $how ReplaceMetadata replace_metadata <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, replacement: &'life2 $crate::MetadataReplacement) -> $crate::User
        }
    };
    (bulk_ban $how:tt) => {
        $crate::__method! { $how BulkBan bulk_ban <'life1>
            (user_ids: &'life1 $crate::UserIdBatch) -> ::std::vec::Vec<$crate::User>
        }
    };
    (bulk_unban $how:tt) => {
        $crate::__method! { $how BulkUnban bulk_unban <'life1>
            (user_ids: &'life1 $crate::UserIdBatch) -> ::std::vec::Vec<$crate::User>
        }
    };
    (remove_password $how:tt) => {
        $crate::__method! { $how RemovePassword remove_password <'life1>
            (user_id: &'life1 $crate::UserId, sessions: $crate::Sessions) -> $crate::User
        }
    };
    (set_password_compromised $how:tt) => {
        $crate::__method! { $how SetPasswordCompromised set_password_compromised <'life1>
            (user_id: &'life1 $crate::UserId, sessions: $crate::Sessions) -> $crate::User
        }
    };
    (unset_password_compromised $how:tt) => {
        $crate::__method! { $how UnsetPasswordCompromised unset_password_compromised <'life1>
            (user_id: &'life1 $crate::UserId) -> $crate::User
        }
    };
    (replace_email_address $how:tt) => {
        $crate::__method! { $how ReplaceEmailAddress replace_email_address <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, replacement: &'life2 $crate::EmailAddressReplacement)
            -> $crate::EmailAddress
        }
    };
    (replace_phone_number $how:tt) => {
        $crate::__method! { $how ReplacePhoneNumber replace_phone_number <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, replacement: &'life2 $crate::PhoneNumberReplacement)
            -> $crate::PhoneNumber
        }
    };
    (list_trusted_devices $how:tt) => {
        $crate::__method! { $how ListTrustedDevices list_trusted_devices <'life1>
            (user_id: &'life1 $crate::UserId) -> $crate::Paginated<$crate::TrustedDevice>
        }
    };
    (revoke_trusted_device $how:tt) => {
        $crate::__method! { $how RevokeTrustedDevice revoke_trusted_device <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, device_id: &'life2 $crate::TrustedDeviceId) -> $crate::TrustedDevice
        }
    };
    (get_billing_subscription $how:tt) => {
        $crate::__method! { $how GetBillingSubscription get_billing_subscription <'life1>
            (user_id: &'life1 $crate::UserId) -> $crate::billing::Subscription
        }
    };
    (get_billing_credit_balance $how:tt) => {
        $crate::__method! { $how GetBillingCreditBalance get_billing_credit_balance <'life1>
            (user_id: &'life1 $crate::UserId) -> $crate::billing::CreditBalance
        }
    };
    (adjust_billing_credit_balance $how:tt) => {
        $crate::__method! { $how AdjustBillingCreditBalance adjust_billing_credit_balance <'life1, 'life2>
            (user_id: &'life1 $crate::UserId, adjustment: &'life2 $crate::billing::CreditAdjustment)
            -> $crate::billing::CreditLedgerEntry
        }
    };
}

/// A method with this signature.
///
/// It is written as `async_trait` would write it, because that does not see what is inside a macro.
#[doc(hidden)]
#[macro_export]
macro_rules! __method {
    ([$($how:tt)+] $operation:ident $name:ident <$($life:lifetime),*> ($($arg:ident: $type:ty),*) -> $output:ty) => {
        fn $name<'life0, $($life,)* 'async_trait>(
            &'life0 self,
            $($arg: $type,)*
        ) -> ::std::pin::Pin<
            ::std::boxed::Box<
                dyn ::std::future::Future<Output = $crate::Result<$output>> + ::std::marker::Send + 'async_trait,
            >,
        >
        where
            'life0: 'async_trait,
            $($life: 'async_trait,)*
            Self: 'async_trait,
        {
            $crate::__body!([$($how)+] self $operation $name ($($arg),*))
        }
    };
}

/// What the method does: it calls the directory that `$inner` gives, has `$around` do so, or refuses.
#[doc(hidden)]
#[macro_export]
macro_rules! __body {
    ([forward $inner:path] $self:ident $operation:ident $name:ident ($($arg:ident),*)) => {
        $crate::UserDirectory::$name($inner($self), $($arg),*)
    };
    ([around $inner:path, $around:path] $self:ident $operation:ident $name:ident ($($arg:ident),*)) => {
        ::std::boxed::Box::pin($around(
            $self,
            $crate::Operation::$operation,
            $crate::__user_ids!($($arg = $arg),*),
            // Nothing is called before this is awaited.
            async move { $crate::UserDirectory::$name($inner($self), $($arg),*).await },
        ))
    };
    ([refuse] $self:ident $operation:ident $name:ident ($($arg:ident),*)) => {{
        $(let _ = $arg;)*
        let error = $crate::ApiError::new($crate::codes::FEATURE_NOT_ENABLED).with_message("not offered");
        let error = $crate::Error::from_api(403, ::std::vec![error]).with_operation($crate::Operation::$operation);
        ::std::boxed::Box::pin(::std::future::ready(::std::result::Result::Err(error)))
    }};
}

/// The users whom the call names.
#[doc(hidden)]
#[macro_export]
macro_rules! __user_ids {
    (user_id = $user_id:ident $($rest:tt)*) => {
        ::std::slice::from_ref($user_id)
    };
    (user_ids = $user_ids:ident) => {
        $user_ids
    };
    ($($rest:tt)*) => {
        &[]
    };
}
