//! Each operation on a user who does not exist is [`NotFound`](crate::ErrorKind::NotFound), and names itself.

use super::check::{Outcome, not_found};
use super::context::{Context, GOOGLE, PNG, json, provider};
use crate::model::billing::CreditAdjustment;
use crate::model::{
    EmailAddressReplacement, InvitationQuery, MetadataReplacement, MetadataUpdate, Page, Password,
    PhoneNumberReplacement, ProfileImage, Sessions, TotpCode, UserUpdate,
};
use crate::operation::Operation;

behaviours! {
    Get: get_of_nobody_is_not_found;
    Update: update_of_nobody_is_not_found;
    Delete: delete_of_nobody_is_not_found;
    Ban: ban_of_nobody_is_not_found;
    Unban: unban_of_nobody_is_not_found;
    Lock: lock_of_nobody_is_not_found;
    Unlock: unlock_of_nobody_is_not_found;
    SetProfileImage: set_profile_image_of_nobody_is_not_found;
    DeleteProfileImage: delete_profile_image_of_nobody_is_not_found;
    UpdateMetadata: update_metadata_of_nobody_is_not_found;
    GetOAuthAccessToken: get_oauth_access_token_of_nobody_is_not_found;
    GetOrganizationMemberships: get_organization_memberships_of_nobody_is_not_found;
    GetOrganizationInvitations: get_organization_invitations_of_nobody_is_not_found;
    VerifyPassword: verify_password_of_nobody_is_not_found;
    VerifyTotp: verify_totp_of_nobody_is_not_found;
    DisableMfa: disable_mfa_of_nobody_is_not_found;
    DeleteTotp: delete_totp_of_nobody_is_not_found;
    DeleteBackupCodes: delete_backup_codes_of_nobody_is_not_found;
    DeletePasskey: delete_passkey_of_nobody_is_not_found;
    DeleteWeb3Wallet: delete_web3_wallet_of_nobody_is_not_found;
    DeleteExternalAccount: delete_external_account_of_nobody_is_not_found;
    ReplaceMetadata: replace_metadata_of_nobody_is_not_found;
    BulkBan: bulk_ban_of_nobody_is_not_found;
    BulkUnban: bulk_unban_of_nobody_is_not_found;
    RemovePassword: remove_password_of_nobody_is_not_found;
    SetPasswordCompromised: set_password_compromised_of_nobody_is_not_found;
    UnsetPasswordCompromised: unset_password_compromised_of_nobody_is_not_found;
    ReplaceEmailAddress: replace_email_address_of_nobody_is_not_found;
    ReplacePhoneNumber: replace_phone_number_of_nobody_is_not_found;
    ListTrustedDevices: list_trusted_devices_of_nobody_is_not_found;
    RevokeTrustedDevice: revoke_trusted_device_of_nobody_is_not_found;
    GetBillingSubscription: get_billing_subscription_of_nobody_is_not_found;
    GetBillingCreditBalance: get_billing_credit_balance_of_nobody_is_not_found;
    AdjustBillingCreditBalance: adjust_billing_credit_balance_of_nobody_is_not_found;
}

/// [`get`](crate::UserDirectory::get) needs a user who exists.
pub async fn get_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().get(id).await, Operation::Get)
}

/// [`update`](crate::UserDirectory::update) needs a user who exists.
pub async fn update_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().update(id, &UserUpdate::new().first_name("Ada")).await, Operation::Update)
}

/// [`delete`](crate::UserDirectory::delete) needs a user who exists.
pub async fn delete_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().delete(id).await, Operation::Delete)
}

/// [`ban`](crate::UserDirectory::ban) needs a user who exists.
pub async fn ban_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().ban(id).await, Operation::Ban)
}

/// [`unban`](crate::UserDirectory::unban) needs a user who exists.
pub async fn unban_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().unban(id).await, Operation::Unban)
}

/// [`lock`](crate::UserDirectory::lock) needs a user who exists.
pub async fn lock_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().lock(id).await, Operation::Lock)
}

/// [`unlock`](crate::UserDirectory::unlock) needs a user who exists.
pub async fn unlock_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().unlock(id).await, Operation::Unlock)
}

/// [`set_profile_image`](crate::UserDirectory::set_profile_image) needs a user who exists.
pub async fn set_profile_image_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().set_profile_image(id, &ProfileImage::new(PNG, "image/png")).await, Operation::SetProfileImage)
}

/// [`delete_profile_image`](crate::UserDirectory::delete_profile_image) needs a user who exists.
pub async fn delete_profile_image_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().delete_profile_image(id).await, Operation::DeleteProfileImage)
}

/// [`update_metadata`](crate::UserDirectory::update_metadata) needs a user who exists.
pub async fn update_metadata_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().update_metadata(id, &MetadataUpdate::new().public(json(r#"{"a":1}"#))).await, Operation::UpdateMetadata)
}

/// [`get_oauth_access_token`](crate::UserDirectory::get_oauth_access_token) needs a user who exists.
pub async fn get_oauth_access_token_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().get_oauth_access_token(id, &provider(GOOGLE), &Page::new()).await, Operation::GetOAuthAccessToken)
}

/// [`get_organization_memberships`](crate::UserDirectory::get_organization_memberships) needs a user who exists.
pub async fn get_organization_memberships_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().get_organization_memberships(id, &Page::new()).await, Operation::GetOrganizationMemberships)
}

/// [`get_organization_invitations`](crate::UserDirectory::get_organization_invitations) needs a user who exists.
pub async fn get_organization_invitations_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().get_organization_invitations(id, &InvitationQuery::new()).await, Operation::GetOrganizationInvitations)
}

/// [`verify_password`](crate::UserDirectory::verify_password) needs a user who exists.
pub async fn verify_password_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().verify_password(id, &Password::new("correct horse battery")).await, Operation::VerifyPassword)
}

/// [`verify_totp`](crate::UserDirectory::verify_totp) needs a user who exists.
pub async fn verify_totp_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().verify_totp(id, &TotpCode::new("123456")).await, Operation::VerifyTotp)
}

/// [`disable_mfa`](crate::UserDirectory::disable_mfa) needs a user who exists.
pub async fn disable_mfa_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().disable_mfa(id).await, Operation::DisableMfa)
}

/// [`delete_totp`](crate::UserDirectory::delete_totp) needs a user who exists.
pub async fn delete_totp_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().delete_totp(id).await, Operation::DeleteTotp)
}

/// [`delete_backup_codes`](crate::UserDirectory::delete_backup_codes) needs a user who exists.
pub async fn delete_backup_codes_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().delete_backup_codes(id).await, Operation::DeleteBackupCodes)
}

/// [`delete_passkey`](crate::UserDirectory::delete_passkey) needs a user who exists.
pub async fn delete_passkey_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().delete_passkey(id, &context.id("idn")).await, Operation::DeletePasskey)
}

/// [`delete_web3_wallet`](crate::UserDirectory::delete_web3_wallet) needs a user who exists.
pub async fn delete_web3_wallet_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().delete_web3_wallet(id, &context.id("idn")).await, Operation::DeleteWeb3Wallet)
}

/// [`delete_external_account`](crate::UserDirectory::delete_external_account) needs a user who exists.
pub async fn delete_external_account_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().delete_external_account(id, &context.id("eac")).await, Operation::DeleteExternalAccount)
}

/// [`replace_metadata`](crate::UserDirectory::replace_metadata) needs a user who exists.
pub async fn replace_metadata_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().replace_metadata(id, &MetadataReplacement::new().public(json(r#"{"a":1}"#))).await, Operation::ReplaceMetadata)
}

/// [`bulk_ban`](crate::UserDirectory::bulk_ban) needs a user who exists.
pub async fn bulk_ban_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().bulk_ban(&id.clone().into()).await, Operation::BulkBan)
}

/// [`bulk_unban`](crate::UserDirectory::bulk_unban) needs a user who exists.
pub async fn bulk_unban_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().bulk_unban(&id.clone().into()).await, Operation::BulkUnban)
}

/// [`remove_password`](crate::UserDirectory::remove_password) needs a user who exists.
pub async fn remove_password_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().remove_password(id, Sessions::Keep).await, Operation::RemovePassword)
}

/// [`set_password_compromised`](crate::UserDirectory::set_password_compromised) needs a user who exists.
pub async fn set_password_compromised_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().set_password_compromised(id, Sessions::Keep).await, Operation::SetPasswordCompromised)
}

/// [`unset_password_compromised`](crate::UserDirectory::unset_password_compromised) needs a user who exists.
pub async fn unset_password_compromised_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().unset_password_compromised(id).await, Operation::UnsetPasswordCompromised)
}

/// [`replace_email_address`](crate::UserDirectory::replace_email_address) needs a user who exists.
pub async fn replace_email_address_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().replace_email_address(id, &EmailAddressReplacement::new(context.email_address())).await, Operation::ReplaceEmailAddress)
}

/// [`replace_phone_number`](crate::UserDirectory::replace_phone_number) needs a user who exists.
pub async fn replace_phone_number_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().replace_phone_number(id, &PhoneNumberReplacement::new(context.phone_number())).await, Operation::ReplacePhoneNumber)
}

/// [`list_trusted_devices`](crate::UserDirectory::list_trusted_devices) needs a user who exists.
pub async fn list_trusted_devices_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().list_trusted_devices(id).await, Operation::ListTrustedDevices)
}

/// [`revoke_trusted_device`](crate::UserDirectory::revoke_trusted_device) needs a user who exists.
pub async fn revoke_trusted_device_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().revoke_trusted_device(id, &context.id("tdv")).await, Operation::RevokeTrustedDevice)
}

/// [`get_billing_subscription`](crate::UserDirectory::get_billing_subscription) needs a user who exists.
pub async fn get_billing_subscription_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().get_billing_subscription(id).await, Operation::GetBillingSubscription)
}

/// [`get_billing_credit_balance`](crate::UserDirectory::get_billing_credit_balance) needs a user who exists.
pub async fn get_billing_credit_balance_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().get_billing_credit_balance(id).await, Operation::GetBillingCreditBalance)
}

/// [`adjust_billing_credit_balance`](crate::UserDirectory::adjust_billing_credit_balance) needs a user who exists.
pub async fn adjust_billing_credit_balance_of_nobody_is_not_found(context: &Context<'_>) -> Outcome {
    let id = &context.nobody();
    not_found(context.directory().adjust_billing_credit_balance(id, &CreditAdjustment::increase(100, context.word())).await, Operation::AdjustBillingCreditBalance)
}
