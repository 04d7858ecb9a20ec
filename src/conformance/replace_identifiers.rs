//! Tests for replacing email addresses and phone numbers, and for deleting wallets.

use super::check::{Outcome, ensure, ensure_eq, expect_invalid, expect_not_found, present};
use super::context::Context;
use super::fixture::Resource;
use crate::error::codes;
use crate::model::{
    EmailAddressReplacement, IdentifierStatus, NewUser, PhoneNumberReplacement, User, UserFilter, UserId,
};
use crate::operation::Operation;

behaviors! {
    ReplaceEmailAddress: replace_email_address_replaces_all_email_addresses,
        replace_email_address_applies_identification_status, replace_email_address_accepts_current_email_address,
        replace_email_address_adds_first_email_address, replace_email_address_rejects_malformed_email_address;
    ReplacePhoneNumber: replace_phone_number_replaces_all_phone_numbers,
        replace_phone_number_applies_identification_status, replace_phone_number_accepts_current_phone_number,
        replace_phone_number_adds_first_phone_number, replace_phone_number_rejects_malformed_phone_number,
        replace_phone_number_adds_no_second_factor, replace_phone_number_disables_mfa_with_second_factor;
    DeleteWeb3Wallet: delete_web3_wallet_fails_for_last_identification, delete_web3_wallet_removes_the_wallet, delete_web3_wallet_frees_the_wallet,
        delete_web3_wallet_clears_primary_web3_wallet, delete_web3_wallet_fails_for_unknown_wallet,
        delete_web3_wallet_fails_for_wallet_of_other_user;
}

const STATUSES: [(IdentifierStatus, bool, bool); 3] = [
    (IdentifierStatus::Verified, true, false),
    (IdentifierStatus::Reserved, false, true),
    (IdentifierStatus::Unverified, false, false),
];

/// Checks that `replace_email_address` deletes all previous addresses and makes the new one primary.
pub async fn replace_email_address_replaces_all_email_addresses(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user().email_address(context.email_address())).await?;
    let email = context.email_address();
    let returned = context.directory().replace_email_address(&user.id, &EmailAddressReplacement::new(&email)).await?;
    ensure_eq!(returned.email_address, email, "the returned email address");
    let user = context.get(&user.id).await?;
    ensure_eq!(user.primary_email_address_id, returned.id, "the primary email address");
    ensure_eq!(user.email_addresses, [returned], "the email addresses");
    Ok(())
}

/// Checks that `replace_email_address` applies `identification_status`, by default `Verified`.
pub async fn replace_email_address_applies_identification_status(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let email = || EmailAddressReplacement::new(context.email_address());
    let returned = context.directory().replace_email_address(&user.id, &email()).await?;
    ensure!(returned.is_verified(), "a replacement without a status is not verified");
    for (status, verified, reserved) in STATUSES {
        let replacement = email().identification_status(status);
        let returned = context.directory().replace_email_address(&user.id, &replacement).await?;
        ensure_eq!(
            (returned.is_verified(), returned.reserved),
            (verified, reserved),
            "(verified, reserved) of {status:?}"
        );
    }
    Ok(())
}

/// Checks that `replace_email_address` accepts the email address that the user already has.
pub async fn replace_email_address_accepts_current_email_address(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let user = context.seed_user(context.new_user_with_email_address(&email)).await?;
    let returned = context.directory().replace_email_address(&user.id, &EmailAddressReplacement::new(&email)).await?;
    ensure_eq!(returned.email_address, email, "the email address");
    context.expect(UserFilter::new().email_address(&email), &[&user]).await
}

/// Checks that `replace_email_address` adds an email address to a user who has none.
pub async fn replace_email_address_adds_first_email_address(context: &Context<'_>) -> Outcome {
    let mut new = context.new_user().username(context.word());
    new.email_addresses.clear();
    let user = context.seed_user(new).await?;
    let replacement = EmailAddressReplacement::new(context.email_address());
    let returned = context.directory().replace_email_address(&user.id, &replacement).await?;
    ensure_eq!(context.get(&user.id).await?.email_addresses, [returned], "the email addresses");
    Ok(())
}

/// Checks that `replace_email_address` rejects an email address without an `@`, and changes nothing.
pub async fn replace_email_address_rejects_malformed_email_address(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let replacement = EmailAddressReplacement::new(context.word());
    let result = context.directory().replace_email_address(&user.id, &replacement).await;
    let code = codes::FORM_PARAM_FORMAT_INVALID;
    expect_invalid(result, Operation::ReplaceEmailAddress, code, Some("email_address"), &replacement)?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected replacement");
    Ok(())
}

/// Checks that `replace_phone_number` deletes all previous numbers and makes the new one primary.
pub async fn replace_phone_number_replaces_all_phone_numbers(context: &Context<'_>) -> Outcome {
    let new = context.new_user_with_phone_number(context.phone_number()).phone_number(context.phone_number());
    let user = context.seed_user(new).await?;
    let phone = context.phone_number();
    let returned = context.directory().replace_phone_number(&user.id, &PhoneNumberReplacement::new(&phone)).await?;
    ensure_eq!(returned.phone_number, phone, "the returned phone number");
    let user = context.get(&user.id).await?;
    ensure_eq!(user.primary_phone_number_id, returned.id, "the primary phone number");
    ensure_eq!(user.phone_numbers, [returned], "the phone numbers");
    Ok(())
}

/// Checks that `replace_phone_number` applies `identification_status`, by default `Verified`.
pub async fn replace_phone_number_applies_identification_status(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let phone = || PhoneNumberReplacement::new(context.phone_number());
    let returned = context.directory().replace_phone_number(&user.id, &phone()).await?;
    ensure!(returned.is_verified(), "a replacement without a status is not verified");
    for (status, verified, reserved) in STATUSES {
        let replacement = phone().identification_status(status);
        let returned = context.directory().replace_phone_number(&user.id, &replacement).await?;
        ensure_eq!(
            (returned.is_verified(), returned.reserved),
            (verified, reserved),
            "(verified, reserved) of {status:?}"
        );
    }
    Ok(())
}

/// Checks that `replace_phone_number` accepts the phone number that the user already has.
pub async fn replace_phone_number_accepts_current_phone_number(context: &Context<'_>) -> Outcome {
    let phone = context.phone_number();
    let user = context.seed_user(context.new_user_with_phone_number(&phone)).await?;
    let returned = context.directory().replace_phone_number(&user.id, &PhoneNumberReplacement::new(&phone)).await?;
    ensure_eq!(returned.phone_number, phone, "the phone number");
    context.expect(UserFilter::new().phone_number(&phone), &[&user]).await
}

/// Checks that `replace_phone_number` adds a phone number to a user who has none.
pub async fn replace_phone_number_adds_first_phone_number(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let replacement = PhoneNumberReplacement::new(context.phone_number());
    let returned = context.directory().replace_phone_number(&user.id, &replacement).await?;
    ensure_eq!(context.get(&user.id).await?.phone_numbers, [returned], "the phone numbers");
    Ok(())
}

/// Checks that `replace_phone_number` rejects a malformed phone number, and changes nothing.
pub async fn replace_phone_number_rejects_malformed_phone_number(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user_with_phone_number(context.phone_number())).await?;
    let replacement = PhoneNumberReplacement::new("not a number");
    let result = context.directory().replace_phone_number(&user.id, &replacement).await;
    let code = codes::FORM_PARAM_FORMAT_INVALID;
    expect_invalid(result, Operation::ReplacePhoneNumber, code, Some("phone_number"), &replacement)?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected replacement");
    Ok(())
}

/// Checks that `replace_phone_number` does not reserve the new phone number as a second factor.
pub async fn replace_phone_number_adds_no_second_factor(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let replacement = PhoneNumberReplacement::new(context.phone_number());
    let returned = context.directory().replace_phone_number(&user.id, &replacement).await?;
    ensure!(!returned.reserved_for_second_factor, "the number is reserved for a second factor");
    ensure!(!context.get(&user.id).await?.mfa_state().is_enabled(), "the user has a second factor");
    Ok(())
}

/// Checks that `replace_phone_number` disables all second factors if it replaces a second factor.
pub async fn replace_phone_number_disables_mfa_with_second_factor(context: &Context<'_>) -> Outcome {
    let new = context.new_user_with_phone_number(context.phone_number()).backup_codes(["one-time-code"]);
    let user = context.seed_user(new).await?;
    context.seed(&user.id, second_factor(&user)?).await?;
    let replacement = PhoneNumberReplacement::new(context.phone_number());
    context.directory().replace_phone_number(&user.id, &replacement).await?;
    let user = context.get(&user.id).await?;
    ensure!(!user.mfa_state().is_enabled(), "a second factor remains: {:?}", user.mfa_state());
    ensure!(!user.two_factor_enabled, "`two_factor_enabled` is still true");
    Ok(())
}

/// Returns the resource that reserves the user's primary phone number as a second factor.
pub(super) fn second_factor(user: &User) -> Outcome<Resource> {
    let id = present(user.primary_phone_number_id.clone(), "the primary phone number")?;
    Ok(Resource::SecondFactor(id))
}

/// Checks that `delete_web3_wallet` fails for the user's last identification and keeps the wallet.
pub async fn delete_web3_wallet_fails_for_last_identification(context: &Context<'_>) -> Outcome {
    let new_user = NewUser::new().web3_wallet(context.web3_wallet());
    let new_user = new_user.skip_user_requirement(true).skip_password_requirement(true);
    let user = context.seed_user(new_user).await?;
    let id = present(user.web3_wallets.first().and_then(|wallet| wallet.id.clone()), "the id of the wallet")?;
    let result = context.directory().delete_web3_wallet(&user.id, &id).await;
    let code = codes::IDENTIFICATION_DELETION_FAILED;
    expect_invalid(result, Operation::DeleteWeb3Wallet, code, None, &id)?;
    ensure_eq!(context.get(&user.id).await?.web3_wallets.len(), 1, "the number of wallets");
    Ok(())
}

/// Checks that `delete_web3_wallet` removes the wallet and keeps the user's other wallets.
pub async fn delete_web3_wallet_removes_the_wallet(context: &Context<'_>) -> Outcome {
    let [first, second] = [context.web3_wallet(), context.web3_wallet()];
    let user = context.seed_user(context.new_user_with_web3_wallet(&first).web3_wallet(&second)).await?;
    let wallet = user.web3_wallets.iter().find(|wallet| wallet.web3_wallet == second);
    let id = present(wallet.and_then(|wallet| wallet.id.clone()), "the id of the second wallet")?;
    ensure!(
        context.directory().delete_web3_wallet(&user.id, &id).await?.deleted,
        "the returned object is not marked as deleted"
    );
    let wallets = context.get(&user.id).await?.web3_wallets;
    ensure_eq!(wallets.len(), 1, "the number of remaining wallets");
    ensure_eq!(wallets[0].web3_wallet, first, "the remaining wallet");
    context.expect(UserFilter::new().web3_wallet(&second), &[]).await
}

/// Creates a user with this wallet, and deletes the wallet.
async fn user_who_had(context: &Context<'_>, wallet: &str) -> Outcome<UserId> {
    let user = context.seed_user(context.new_user_with_web3_wallet(wallet)).await?;
    let id = present(user.primary_web3_wallet_id, "the primary wallet")?;
    context.directory().delete_web3_wallet(&user.id, &id).await?;
    Ok(user.id)
}

/// Checks that `delete_web3_wallet` makes the wallet available to other users.
pub async fn delete_web3_wallet_frees_the_wallet(context: &Context<'_>) -> Outcome {
    let wallet = context.web3_wallet();
    user_who_had(context, &wallet).await?;
    context.seed_user(context.new_user_with_web3_wallet(&wallet)).await?;
    Ok(())
}

/// Checks that `delete_web3_wallet` clears the primary wallet if the user has no other wallet.
pub async fn delete_web3_wallet_clears_primary_web3_wallet(context: &Context<'_>) -> Outcome {
    let id = user_who_had(context, &context.web3_wallet()).await?;
    ensure_eq!(context.get(&id).await?.primary_web3_wallet_id, None, "the primary wallet");
    Ok(())
}

/// Checks that `delete_web3_wallet` fails with `NotFound` for an unknown wallet id.
pub async fn delete_web3_wallet_fails_for_unknown_wallet(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user_with_web3_wallet(context.web3_wallet())).await?;
    let result = context.directory().delete_web3_wallet(&user.id, &context.id("idn")).await;
    expect_not_found(result, Operation::DeleteWeb3Wallet)?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected deletion");
    Ok(())
}

/// Checks that `delete_web3_wallet` fails with `NotFound` for another user's wallet.
pub async fn delete_web3_wallet_fails_for_wallet_of_other_user(context: &Context<'_>) -> Outcome {
    let [ada, grace] = [context.new_user(), context.new_user()].map(|new| new.web3_wallet(context.web3_wallet()));
    let (ada, grace) = (context.seed_user(ada).await?, context.seed_user(grace).await?);
    let id = present(grace.primary_web3_wallet_id.clone(), "the primary wallet")?;
    expect_not_found(context.directory().delete_web3_wallet(&ada.id, &id).await, Operation::DeleteWeb3Wallet)?;
    ensure_eq!(context.get(&grace.id).await?, grace, "the user who has the wallet");
    Ok(())
}
