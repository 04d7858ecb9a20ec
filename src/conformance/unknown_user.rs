//! Each operation on a user fails with [`NotFound`](crate::ErrorKind::NotFound) for an unknown user.

use super::check::{Outcome, expect_not_found};
use super::context::{Context, GOOGLE, PNG, json, provider};
use crate::model::billing::CreditAdjustment;
use crate::model::{
    EmailAddressReplacement, InvitationQuery, MetadataReplacement, MetadataUpdate, Page, Password,
    PhoneNumberReplacement, ProfileImage, Sessions, TotpCode, UserUpdate,
};
use crate::operation::Operation;

behaviors! {
    Get: get_fails_for_unknown_user;
    Update: update_fails_for_unknown_user;
    Delete: delete_fails_for_unknown_user;
    Ban: ban_fails_for_unknown_user;
    Unban: unban_fails_for_unknown_user;
    Lock: lock_fails_for_unknown_user;
    Unlock: unlock_fails_for_unknown_user;
    SetProfileImage: set_profile_image_fails_for_unknown_user;
    DeleteProfileImage: delete_profile_image_fails_for_unknown_user;
    UpdateMetadata: update_metadata_fails_for_unknown_user;
    GetOAuthAccessToken: get_oauth_access_token_fails_for_unknown_user;
    GetOrganizationMemberships: get_organization_memberships_fails_for_unknown_user;
    GetOrganizationInvitations: get_organization_invitations_fails_for_unknown_user;
    VerifyPassword: verify_password_fails_for_unknown_user;
    VerifyTotp: verify_totp_fails_for_unknown_user;
    DisableMfa: disable_mfa_fails_for_unknown_user;
    DeleteTotp: delete_totp_fails_for_unknown_user;
    DeleteBackupCodes: delete_backup_codes_fails_for_unknown_user;
    DeletePasskey: delete_passkey_fails_for_unknown_user;
    DeleteWeb3Wallet: delete_web3_wallet_fails_for_unknown_user;
    DeleteExternalAccount: delete_external_account_fails_for_unknown_user;
    ReplaceMetadata: replace_metadata_fails_for_unknown_user;
    BulkBan: bulk_ban_fails_for_unknown_user;
    BulkUnban: bulk_unban_fails_for_unknown_user;
    RemovePassword: remove_password_fails_for_unknown_user;
    SetPasswordCompromised: set_password_compromised_fails_for_unknown_user;
    UnsetPasswordCompromised: unset_password_compromised_fails_for_unknown_user;
    ReplaceEmailAddress: replace_email_address_fails_for_unknown_user;
    ReplacePhoneNumber: replace_phone_number_fails_for_unknown_user;
    ListTrustedDevices: list_trusted_devices_fails_for_unknown_user;
    RevokeTrustedDevice: revoke_trusted_device_fails_for_unknown_user;
    GetBillingSubscription: get_billing_subscription_fails_for_unknown_user;
    GetBillingCreditBalance: get_billing_credit_balance_fails_for_unknown_user;
    AdjustBillingCreditBalance: adjust_billing_credit_balance_fails_for_unknown_user;
}

/// Fails with `NotFound` for an unknown user.
pub async fn get_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().get(id).await, Operation::Get)
}

/// Fails with `NotFound` for an unknown user.
pub async fn update_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().update(id, &UserUpdate::new().first_name("Ada")).await, Operation::Update)
}

/// Fails with `NotFound` for an unknown user.
pub async fn delete_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().delete(id).await, Operation::Delete)
}

/// Fails with `NotFound` for an unknown user.
pub async fn ban_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().ban(id).await, Operation::Ban)
}

/// Fails with `NotFound` for an unknown user.
pub async fn unban_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().unban(id).await, Operation::Unban)
}

/// Fails with `NotFound` for an unknown user.
pub async fn lock_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().lock(id).await, Operation::Lock)
}

/// Fails with `NotFound` for an unknown user.
pub async fn unlock_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().unlock(id).await, Operation::Unlock)
}

/// Fails with `NotFound` for an unknown user.
pub async fn set_profile_image_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().set_profile_image(id, &ProfileImage::new(PNG, "image/png")).await,
        Operation::SetProfileImage,
    )
}

/// Fails with `NotFound` for an unknown user.
pub async fn delete_profile_image_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().delete_profile_image(id).await, Operation::DeleteProfileImage)
}

/// Fails with `NotFound` for an unknown user.
pub async fn update_metadata_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().update_metadata(id, &MetadataUpdate::new().public(json(r#"{"a":1}"#))).await,
        Operation::UpdateMetadata,
    )
}

/// Fails with `NotFound` for an unknown user.
pub async fn get_oauth_access_token_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().get_oauth_access_token(id, &provider(GOOGLE), &Page::new()).await,
        Operation::GetOAuthAccessToken,
    )
}

/// Fails with `NotFound` for an unknown user.
pub async fn get_organization_memberships_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().get_organization_memberships(id, &Page::new()).await,
        Operation::GetOrganizationMemberships,
    )
}

/// Fails with `NotFound` for an unknown user.
pub async fn get_organization_invitations_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().get_organization_invitations(id, &InvitationQuery::new()).await,
        Operation::GetOrganizationInvitations,
    )
}

/// Fails with `NotFound` for an unknown user.
pub async fn verify_password_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().verify_password(id, &Password::new("correct horse battery")).await,
        Operation::VerifyPassword,
    )
}

/// Fails with `NotFound` for an unknown user.
pub async fn verify_totp_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().verify_totp(id, &TotpCode::new("123456")).await, Operation::VerifyTotp)
}

/// Fails with `NotFound` for an unknown user.
pub async fn disable_mfa_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().disable_mfa(id).await, Operation::DisableMfa)
}

/// Fails with `NotFound` for an unknown user.
pub async fn delete_totp_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().delete_totp(id).await, Operation::DeleteTotp)
}

/// Fails with `NotFound` for an unknown user.
pub async fn delete_backup_codes_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().delete_backup_codes(id).await, Operation::DeleteBackupCodes)
}

/// Fails with `NotFound` for an unknown user.
pub async fn delete_passkey_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().delete_passkey(id, &context.id("idn")).await, Operation::DeletePasskey)
}

/// Fails with `NotFound` for an unknown user.
pub async fn delete_web3_wallet_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().delete_web3_wallet(id, &context.id("idn")).await, Operation::DeleteWeb3Wallet)
}

/// Fails with `NotFound` for an unknown user.
pub async fn delete_external_account_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().delete_external_account(id, &context.id("eac")).await,
        Operation::DeleteExternalAccount,
    )
}

/// Fails with `NotFound` for an unknown user.
pub async fn replace_metadata_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().replace_metadata(id, &MetadataReplacement::new().public(json(r#"{"a":1}"#))).await,
        Operation::ReplaceMetadata,
    )
}

/// Fails with `NotFound` for an unknown user.
pub async fn bulk_ban_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().bulk_ban(&id.clone().into()).await, Operation::BulkBan)
}

/// Fails with `NotFound` for an unknown user.
pub async fn bulk_unban_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().bulk_unban(&id.clone().into()).await, Operation::BulkUnban)
}

/// Fails with `NotFound` for an unknown user.
pub async fn remove_password_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().remove_password(id, Sessions::Keep).await, Operation::RemovePassword)
}

/// Fails with `NotFound` for an unknown user.
pub async fn set_password_compromised_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().set_password_compromised(id, Sessions::Keep).await,
        Operation::SetPasswordCompromised,
    )
}

/// Fails with `NotFound` for an unknown user.
pub async fn unset_password_compromised_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().unset_password_compromised(id).await, Operation::UnsetPasswordCompromised)
}

/// Fails with `NotFound` for an unknown user.
pub async fn replace_email_address_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().replace_email_address(id, &EmailAddressReplacement::new(context.email_address())).await,
        Operation::ReplaceEmailAddress,
    )
}

/// Fails with `NotFound` for an unknown user.
pub async fn replace_phone_number_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().replace_phone_number(id, &PhoneNumberReplacement::new(context.phone_number())).await,
        Operation::ReplacePhoneNumber,
    )
}

/// Fails with `NotFound` for an unknown user.
pub async fn list_trusted_devices_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().list_trusted_devices(id).await, Operation::ListTrustedDevices)
}

/// Fails with `NotFound` for an unknown user.
pub async fn revoke_trusted_device_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().revoke_trusted_device(id, &context.id("tdv")).await,
        Operation::RevokeTrustedDevice,
    )
}

/// Fails with `NotFound` for an unknown user.
pub async fn get_billing_subscription_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().get_billing_subscription(id).await, Operation::GetBillingSubscription)
}

/// Fails with `NotFound` for an unknown user.
pub async fn get_billing_credit_balance_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().get_billing_credit_balance(id).await, Operation::GetBillingCreditBalance)
}

/// Fails with `NotFound` for an unknown user.
pub async fn adjust_billing_credit_balance_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().adjust_billing_credit_balance(id, &CreditAdjustment::increase(100, context.word())).await,
        Operation::AdjustBillingCreditBalance,
    )
}
