//! Tests for operations on unknown users, which must fail with [`NotFound`](crate::ErrorKind::NotFound).

use super::check::{Outcome, expect_not_found};
use super::context::{Context, GOOGLE, PNG, json, provider};
use crate::error::Error;
use crate::model::billing::CreditAdjustment;
use crate::model::{
    EmailAddressReplacement, InvitationQuery, MetadataReplacement, MetadataUpdate, Page, Password,
    PhoneNumberReplacement, ProfileImage, Sessions, TotpCode, UserId, UserUpdate,
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

/// Checks that `get` fails with `NotFound` for an unknown user.
///
/// The ids include path segments of Clerk's API, such as `count`.
pub async fn get_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    expect_not_found(context.directory().get(&context.unknown_user()).await, Operation::Get)?;
    for name in ["count", "ban", "unban"] {
        expect_not_found(context.directory().get(&UserId::new(name).map_err(Error::from)?).await, Operation::Get)?;
    }
    Ok(())
}

/// Checks that `update` fails with `NotFound` for an unknown user.
pub async fn update_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().update(id, &UserUpdate::new().first_name("Ada")).await, Operation::Update)
}

/// Checks that `delete` fails with `NotFound` for an unknown user.
pub async fn delete_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().delete(id).await, Operation::Delete)
}

/// Checks that `ban` fails with `NotFound` for an unknown user.
pub async fn ban_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().ban(id).await, Operation::Ban)
}

/// Checks that `unban` fails with `NotFound` for an unknown user.
pub async fn unban_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().unban(id).await, Operation::Unban)
}

/// Checks that `lock` fails with `NotFound` for an unknown user.
pub async fn lock_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().lock(id).await, Operation::Lock)
}

/// Checks that `unlock` fails with `NotFound` for an unknown user.
pub async fn unlock_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().unlock(id).await, Operation::Unlock)
}

/// Checks that `set_profile_image` fails with `NotFound` for an unknown user.
pub async fn set_profile_image_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().set_profile_image(id, &ProfileImage::new(PNG, "image/png")).await,
        Operation::SetProfileImage,
    )
}

/// Checks that `delete_profile_image` fails with `NotFound` for an unknown user.
pub async fn delete_profile_image_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().delete_profile_image(id).await, Operation::DeleteProfileImage)
}

/// Checks that `update_metadata` fails with `NotFound` for an unknown user.
pub async fn update_metadata_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().update_metadata(id, &MetadataUpdate::new().public(json(r#"{"a":1}"#))).await,
        Operation::UpdateMetadata,
    )
}

/// Checks that `get_oauth_access_token` fails with `NotFound` for an unknown user.
pub async fn get_oauth_access_token_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().get_oauth_access_token(id, &provider(GOOGLE), &Page::new()).await,
        Operation::GetOAuthAccessToken,
    )
}

/// Checks that `get_organization_memberships` fails with `NotFound` for an unknown user.
pub async fn get_organization_memberships_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().get_organization_memberships(id, &Page::new()).await,
        Operation::GetOrganizationMemberships,
    )
}

/// Checks that `get_organization_invitations` fails with `NotFound` for an unknown user.
pub async fn get_organization_invitations_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().get_organization_invitations(id, &InvitationQuery::new()).await,
        Operation::GetOrganizationInvitations,
    )
}

/// Checks that `verify_password` fails with `NotFound` for an unknown user.
pub async fn verify_password_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().verify_password(id, &Password::new("correct horse battery")).await,
        Operation::VerifyPassword,
    )
}

/// Checks that `verify_totp` fails with `NotFound` for an unknown user.
pub async fn verify_totp_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().verify_totp(id, &TotpCode::new("123456")).await, Operation::VerifyTotp)
}

/// Checks that `disable_mfa` fails with `NotFound` for an unknown user.
pub async fn disable_mfa_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().disable_mfa(id).await, Operation::DisableMfa)
}

/// Checks that `delete_totp` fails with `NotFound` for an unknown user.
pub async fn delete_totp_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().delete_totp(id).await, Operation::DeleteTotp)
}

/// Checks that `delete_backup_codes` fails with `NotFound` for an unknown user.
pub async fn delete_backup_codes_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().delete_backup_codes(id).await, Operation::DeleteBackupCodes)
}

/// Checks that `delete_passkey` fails with `NotFound` for an unknown user.
pub async fn delete_passkey_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().delete_passkey(id, &context.id("idn")).await, Operation::DeletePasskey)
}

/// Checks that `delete_web3_wallet` fails with `NotFound` for an unknown user.
pub async fn delete_web3_wallet_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().delete_web3_wallet(id, &context.id("idn")).await, Operation::DeleteWeb3Wallet)
}

/// Checks that `delete_external_account` fails with `NotFound` for an unknown user.
pub async fn delete_external_account_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().delete_external_account(id, &context.id("eac")).await,
        Operation::DeleteExternalAccount,
    )
}

/// Checks that `replace_metadata` fails with `NotFound` for an unknown user.
pub async fn replace_metadata_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().replace_metadata(id, &MetadataReplacement::new().public(json(r#"{"a":1}"#))).await,
        Operation::ReplaceMetadata,
    )
}

/// Checks that `bulk_ban` fails with `NotFound` for an unknown user.
pub async fn bulk_ban_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().bulk_ban(&id.clone().into()).await, Operation::BulkBan)
}

/// Checks that `bulk_unban` fails with `NotFound` for an unknown user.
pub async fn bulk_unban_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().bulk_unban(&id.clone().into()).await, Operation::BulkUnban)
}

/// Checks that `remove_password` fails with `NotFound` for an unknown user.
pub async fn remove_password_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().remove_password(id, Sessions::Keep).await, Operation::RemovePassword)
}

/// Checks that `set_password_compromised` fails with `NotFound` for an unknown user.
pub async fn set_password_compromised_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().set_password_compromised(id, Sessions::Keep).await,
        Operation::SetPasswordCompromised,
    )
}

/// Checks that `unset_password_compromised` fails with `NotFound` for an unknown user.
pub async fn unset_password_compromised_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().unset_password_compromised(id).await, Operation::UnsetPasswordCompromised)
}

/// Checks that `replace_email_address` fails with `NotFound` for an unknown user.
pub async fn replace_email_address_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().replace_email_address(id, &EmailAddressReplacement::new(context.email_address())).await,
        Operation::ReplaceEmailAddress,
    )
}

/// Checks that `replace_phone_number` fails with `NotFound` for an unknown user.
pub async fn replace_phone_number_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().replace_phone_number(id, &PhoneNumberReplacement::new(context.phone_number())).await,
        Operation::ReplacePhoneNumber,
    )
}

/// Checks that `list_trusted_devices` fails with `NotFound` for an unknown user.
pub async fn list_trusted_devices_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().list_trusted_devices(id).await, Operation::ListTrustedDevices)
}

/// Checks that `revoke_trusted_device` fails with `NotFound` for an unknown user.
pub async fn revoke_trusted_device_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().revoke_trusted_device(id, &context.id("tdv")).await,
        Operation::RevokeTrustedDevice,
    )
}

/// Checks that `get_billing_subscription` fails with `NotFound` for an unknown user.
pub async fn get_billing_subscription_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().get_billing_subscription(id).await, Operation::GetBillingSubscription)
}

/// Checks that `get_billing_credit_balance` fails with `NotFound` for an unknown user.
pub async fn get_billing_credit_balance_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(context.directory().get_billing_credit_balance(id).await, Operation::GetBillingCreditBalance)
}

/// Checks that `adjust_billing_credit_balance` fails with `NotFound` for an unknown user.
pub async fn adjust_billing_credit_balance_fails_for_unknown_user(context: &Context<'_>) -> Outcome {
    let id = &context.unknown_user();
    expect_not_found(
        context.directory().adjust_billing_credit_balance(id, &CreditAdjustment::increase(100, context.word())).await,
        Operation::AdjustBillingCreditBalance,
    )
}
