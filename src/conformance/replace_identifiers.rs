//! Replacing email addresses and phone numbers, and deleting wallets.

use super::check::{Outcome, ensure, ensure_eq, invalid, not_found, present};
use super::context::Context;
use super::fixture::Belonging;
use crate::error::codes;
use crate::model::{EmailAddressReplacement, NewUser, PhoneNumberReplacement, IdentifierStatus, User, UserFilter, UserId};
use crate::operation::Operation;

behaviours! {
    ReplaceEmailAddress: a_replacement_is_the_only_and_primary_email_address,
        a_replacement_email_address_is_verified_reserved_or_neither, an_email_address_can_be_replaced_by_itself,
        a_user_without_email_address_gets_one, a_malformed_replacement_email_address_is_refused;
    ReplacePhoneNumber: a_replacement_is_the_only_and_primary_phone_number,
        a_replacement_phone_number_is_verified_reserved_or_neither, a_phone_number_can_be_replaced_by_itself,
        a_user_without_phone_number_gets_one, a_malformed_replacement_phone_number_is_refused,
        a_replacement_phone_number_is_no_second_factor, replacing_a_second_factor_switches_second_factors_off;
    DeleteWeb3Wallet: a_deleted_wallet_is_gone, a_deleted_wallet_is_free, a_deleted_wallet_is_not_the_primary_one,
        a_wallet_that_nobody_has_is_not_found, the_wallet_of_another_user_is_not_found;
}

const STATUSES: [(IdentifierStatus, bool, bool); 3] = [
    (IdentifierStatus::Verified, true, false),
    (IdentifierStatus::Reserved, false, true),
    (IdentifierStatus::Unverified, false, false),
];

/// All old email addresses are deleted, and the answer is the one that takes their place.
pub async fn a_replacement_is_the_only_and_primary_email_address(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().email_address(context.email_address())).await?;
    let email = context.email_address();
    let answer = context.directory().replace_email_address(&user.id, &EmailAddressReplacement::new(&email)).await?;
    ensure_eq!(answer.email_address, email, "the email address that is answered");
    let user = context.get(&user.id).await?;
    ensure_eq!(user.primary_email_address_id, answer.id, "the primary email address");
    ensure_eq!(user.email_addresses, [answer], "the email addresses");
    Ok(())
}

/// A replacement is verified if nothing is said.
pub async fn a_replacement_email_address_is_verified_reserved_or_neither(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let email = || EmailAddressReplacement::new(context.email_address());
    let answer = context.directory().replace_email_address(&user.id, &email()).await?;
    ensure!(answer.is_verified(), "a replacement of which nothing is said is not verified");
    for (status, verified, reserved) in STATUSES {
        let replacement = email().identification_status(status);
        let answer = context.directory().replace_email_address(&user.id, &replacement).await?;
        ensure_eq!((answer.is_verified(), answer.reserved), (verified, reserved), "(verified, reserved) of {status:?}");
    }
    Ok(())
}

/// The user's own email address is not another's.
pub async fn an_email_address_can_be_replaced_by_itself(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let user = context.create(NewUser::new().email_address(&email)).await?;
    let answer = context.directory().replace_email_address(&user.id, &EmailAddressReplacement::new(&email)).await?;
    ensure_eq!(answer.email_address, email, "the email address");
    context.expect(UserFilter::new().email_address(&email), &[&user]).await
}

/// Where there is none, the replacement is the first one.
pub async fn a_user_without_email_address_gets_one(context: &Context<'_>) -> Outcome {
    let user = context.create(NewUser::new().username(context.word())).await?;
    let replacement = EmailAddressReplacement::new(context.email_address());
    let answer = context.directory().replace_email_address(&user.id, &replacement).await?;
    ensure_eq!(context.get(&user.id).await?.email_addresses, [answer], "the email addresses");
    Ok(())
}

/// A malformed email address is refused, and the old one stays.
pub async fn a_malformed_replacement_email_address_is_refused(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let replacement = EmailAddressReplacement::new(context.word());
    let result = context.directory().replace_email_address(&user.id, &replacement).await;
    let code = codes::FORM_PARAM_FORMAT_INVALID;
    invalid(result, Operation::ReplaceEmailAddress, code, Some("email_address"))?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused replacement");
    Ok(())
}

/// All old phone numbers are deleted, and the answer is the one that takes their place.
pub async fn a_replacement_is_the_only_and_primary_phone_number(context: &Context<'_>) -> Outcome {
    let new = context.new_user().phone_number(context.phone_number()).phone_number(context.phone_number());
    let user = context.create(new).await?;
    let phone = context.phone_number();
    let answer = context.directory().replace_phone_number(&user.id, &PhoneNumberReplacement::new(&phone)).await?;
    ensure_eq!(answer.phone_number, phone, "the phone number that is answered");
    let user = context.get(&user.id).await?;
    ensure_eq!(user.primary_phone_number_id, answer.id, "the primary phone number");
    ensure_eq!(user.phone_numbers, [answer], "the phone numbers");
    Ok(())
}

/// A replacement is verified if nothing is said.
pub async fn a_replacement_phone_number_is_verified_reserved_or_neither(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let phone = || PhoneNumberReplacement::new(context.phone_number());
    let answer = context.directory().replace_phone_number(&user.id, &phone()).await?;
    ensure!(answer.is_verified(), "a replacement of which nothing is said is not verified");
    for (status, verified, reserved) in STATUSES {
        let replacement = phone().identification_status(status);
        let answer = context.directory().replace_phone_number(&user.id, &replacement).await?;
        ensure_eq!((answer.is_verified(), answer.reserved), (verified, reserved), "(verified, reserved) of {status:?}");
    }
    Ok(())
}

/// The user's own phone number is not another's.
pub async fn a_phone_number_can_be_replaced_by_itself(context: &Context<'_>) -> Outcome {
    let phone = context.phone_number();
    let user = context.create(context.new_user().phone_number(&phone)).await?;
    let answer = context.directory().replace_phone_number(&user.id, &PhoneNumberReplacement::new(&phone)).await?;
    ensure_eq!(answer.phone_number, phone, "the phone number");
    context.expect(UserFilter::new().phone_number(&phone), &[&user]).await
}

/// Where there is none, the replacement is the first one.
pub async fn a_user_without_phone_number_gets_one(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let replacement = PhoneNumberReplacement::new(context.phone_number());
    let answer = context.directory().replace_phone_number(&user.id, &replacement).await?;
    ensure_eq!(context.get(&user.id).await?.phone_numbers, [answer], "the phone numbers");
    Ok(())
}

/// A malformed phone number is refused, and the old one stays.
pub async fn a_malformed_replacement_phone_number_is_refused(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().phone_number(context.phone_number())).await?;
    let replacement = PhoneNumberReplacement::new("not a number");
    let result = context.directory().replace_phone_number(&user.id, &replacement).await;
    let code = codes::FORM_PARAM_FORMAT_INVALID;
    invalid(result, Operation::ReplacePhoneNumber, code, Some("phone_number"))?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused replacement");
    Ok(())
}

/// The new number is never a second factor.
pub async fn a_replacement_phone_number_is_no_second_factor(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let replacement = PhoneNumberReplacement::new(context.phone_number());
    let answer = context.directory().replace_phone_number(&user.id, &replacement).await?;
    ensure!(!answer.reserved_for_second_factor, "the number is reserved for a second factor");
    ensure!(!context.get(&user.id).await?.mfa_state().is_enabled(), "the user has a second factor");
    Ok(())
}

/// If an old number was a second factor, all second factors of the user are switched off.
pub async fn replacing_a_second_factor_switches_second_factors_off(context: &Context<'_>) -> Outcome {
    let new = context.new_user().phone_number(context.phone_number()).backup_codes(["one-time-code"]);
    let user = context.create(new).await?;
    context.give(&user.id, second_factor(&user)?).await?;
    let replacement = PhoneNumberReplacement::new(context.phone_number());
    context.directory().replace_phone_number(&user.id, &replacement).await?;
    let user = context.get(&user.id).await?;
    ensure!(!user.mfa_state().is_enabled(), "a second factor is left: {:?}", user.mfa_state());
    ensure!(!user.two_factor_enabled, "the user still counts as one with a second factor");
    Ok(())
}

/// The reservation of the user's primary phone number for a second factor.
pub(super) fn second_factor(user: &User) -> Outcome<Belonging> {
    let id = present(user.primary_phone_number_id.clone(), "the primary phone number")?;
    Ok(Belonging::SecondFactor(id))
}

/// The user has the wallet no longer.
pub async fn a_deleted_wallet_is_gone(context: &Context<'_>) -> Outcome {
    let [first, second] = [context.web3_wallet(), context.web3_wallet()];
    let user = context.create(context.new_user().web3_wallet(&first).web3_wallet(&second)).await?;
    let wallet = user.web3_wallets.iter().find(|wallet| wallet.web3_wallet == second);
    let id = present(wallet.and_then(|wallet| wallet.id.clone()), "the id of the second wallet")?;
    ensure!(context.directory().delete_web3_wallet(&user.id, &id).await?.deleted, "the answer says it is not deleted");
    let wallets = context.get(&user.id).await?.web3_wallets;
    ensure_eq!(wallets.len(), 1, "the number of wallets that are left");
    ensure_eq!(wallets[0].web3_wallet, first, "the wallet that is left");
    context.expect(UserFilter::new().web3_wallet(&second), &[]).await
}

/// Creates a user with this wallet, and deletes the wallet.
async fn user_who_had(context: &Context<'_>, wallet: &str) -> Outcome<UserId> {
    let user = context.create(context.new_user().web3_wallet(wallet)).await?;
    let id = present(user.primary_web3_wallet_id, "the primary wallet")?;
    context.directory().delete_web3_wallet(&user.id, &id).await?;
    Ok(user.id)
}

/// Another user can have the wallet.
pub async fn a_deleted_wallet_is_free(context: &Context<'_>) -> Outcome {
    let wallet = context.web3_wallet();
    user_who_had(context, &wallet).await?;
    context.create(context.new_user().web3_wallet(&wallet)).await?;
    Ok(())
}

/// The primary wallet is one that the user has.
pub async fn a_deleted_wallet_is_not_the_primary_one(context: &Context<'_>) -> Outcome {
    let id = user_who_had(context, &context.web3_wallet()).await?;
    ensure_eq!(context.get(&id).await?.primary_web3_wallet_id, None, "the primary wallet");
    Ok(())
}

/// An id that is no wallet's is not found.
pub async fn a_wallet_that_nobody_has_is_not_found(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().web3_wallet(context.web3_wallet())).await?;
    let result = context.directory().delete_web3_wallet(&user.id, &context.id("idn")).await;
    not_found(result, Operation::DeleteWeb3Wallet)?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused deletion");
    Ok(())
}

/// A wallet can be deleted of the user who has it, and of no other.
pub async fn the_wallet_of_another_user_is_not_found(context: &Context<'_>) -> Outcome {
    let [ada, grace] = [context.new_user(), context.new_user()].map(|new| new.web3_wallet(context.web3_wallet()));
    let (ada, grace) = (context.create(ada).await?, context.create(grace).await?);
    let id = present(grace.primary_web3_wallet_id.clone(), "the primary wallet")?;
    not_found(context.directory().delete_web3_wallet(&ada.id, &id).await, Operation::DeleteWeb3Wallet)?;
    ensure_eq!(context.get(&grace.id).await?, grace, "the user who has the wallet");
    Ok(())
}
