//! What identifies a user belongs to nobody else.

use super::check::{Outcome, ensure_eq, taken};
use super::context::Context;
use crate::model::{
    EmailAddressReplacement, NewUser, PhoneNumberReplacement, IdentifierStatus, Text, UserFilter, UserUpdate,
};
use crate::operation::Operation;

behaviours! {
    Create: email_addresses_are_unique, email_addresses_are_unique_whatever_their_case,
        reserved_email_addresses_are_unique, other_email_addresses_than_the_primary_one_are_unique,
        phone_numbers_are_unique, reserved_phone_numbers_are_unique, user_names_are_unique,
        user_names_are_unique_whatever_their_case, wallets_are_unique, external_ids_are_unique;
    Update: the_user_name_of_another_user_is_refused, the_external_id_of_another_user_is_refused,
        a_user_keeps_the_user_name_that_is_set_again, a_user_keeps_the_external_id_that_is_set_again,
        a_user_name_that_was_changed_is_free, a_user_name_that_was_cleared_is_free,
        an_external_id_that_was_cleared_is_free, a_refused_update_changes_nothing;
    ReplaceEmailAddress: the_email_address_of_another_user_is_refused,
        a_reserved_replacement_keeps_the_email_address_from_others, a_replaced_email_address_is_free;
    ReplacePhoneNumber: the_phone_number_of_another_user_is_refused,
        a_reserved_replacement_keeps_the_phone_number_from_others, a_replaced_phone_number_is_free;
}

/// Fails unless `second` is refused because of what it shares with `first`.
async fn expect_taken(context: &Context<'_>, first: NewUser, second: NewUser, param_name: &str) -> Outcome {
    context.create(first).await?;
    taken(context.try_create(&second).await, Operation::Create, param_name)
}

/// Two users cannot have the same email address.
pub async fn email_addresses_are_unique(context: &Context<'_>) -> Outcome {
    let new = context.new_user();
    expect_taken(context, new.clone(), new, "email_address").await
}

/// Two users cannot have email addresses that differ in case only.
pub async fn email_addresses_are_unique_whatever_their_case(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let other = NewUser::new().email_address(email.to_uppercase());
    expect_taken(context, NewUser::new().email_address(email), other, "email_address").await
}

/// A reserved email address is kept for the user, although it is not verified.
pub async fn reserved_email_addresses_are_unique(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let other = NewUser::new().email_address(&email);
    expect_taken(context, NewUser::new().reserved_email_address(&email), other, "email_address").await
}

/// A second email address is as unique as the first one.
pub async fn other_email_addresses_than_the_primary_one_are_unique(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let first = context.new_user().email_address(&email);
    expect_taken(context, first, NewUser::new().email_address(&email), "email_address").await
}

/// Two users cannot have the same phone number.
pub async fn phone_numbers_are_unique(context: &Context<'_>) -> Outcome {
    let phone = context.phone_number();
    let [first, second] = [context.new_user().phone_number(&phone), context.new_user().phone_number(&phone)];
    expect_taken(context, first, second, "phone_number").await
}

/// A reserved phone number is kept for the user, although it is not verified.
pub async fn reserved_phone_numbers_are_unique(context: &Context<'_>) -> Outcome {
    let phone = context.phone_number();
    let [first, second] = [context.new_user().reserved_phone_number(&phone), context.new_user().phone_number(&phone)];
    expect_taken(context, first, second, "phone_number").await
}

/// Two users cannot have the same user name.
pub async fn user_names_are_unique(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let [first, second] = [context.new_user().username(&name), context.new_user().username(&name)];
    expect_taken(context, first, second, "username").await
}

/// Two users cannot have user names that differ in case only.
pub async fn user_names_are_unique_whatever_their_case(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let [first, second] = [context.new_user().username(&name), context.new_user().username(name.to_uppercase())];
    expect_taken(context, first, second, "username").await
}

/// Two users cannot have the same wallet.
pub async fn wallets_are_unique(context: &Context<'_>) -> Outcome {
    let wallet = context.web3_wallet();
    let [first, second] = [context.new_user().web3_wallet(&wallet), context.new_user().web3_wallet(&wallet)];
    expect_taken(context, first, second, "web3_wallet").await
}

/// Two users cannot have the same external id.
pub async fn external_ids_are_unique(context: &Context<'_>) -> Outcome {
    let external_id = context.word();
    let [first, second] = [context.new_user().external_id(&external_id), context.new_user().external_id(&external_id)];
    expect_taken(context, first, second, "external_id").await
}

/// A user cannot take another user's name.
pub async fn the_user_name_of_another_user_is_refused(context: &Context<'_>) -> Outcome {
    let (name, user) = (context.word(), context.user().await?);
    context.create(context.new_user().username(&name)).await?;
    let result = context.directory().update(&user.id, &UserUpdate::new().username(&name)).await;
    taken(result, Operation::Update, "username")
}

/// A user cannot take another user's external id.
pub async fn the_external_id_of_another_user_is_refused(context: &Context<'_>) -> Outcome {
    let (external_id, user) = (context.word(), context.user().await?);
    context.create(context.new_user().external_id(&external_id)).await?;
    let result = context.directory().update(&user.id, &UserUpdate::new().external_id(&external_id)).await;
    taken(result, Operation::Update, "external_id")
}

/// A user is no other user: the own name can be set again.
pub async fn a_user_keeps_the_user_name_that_is_set_again(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let user = context.create(context.new_user().username(&name)).await?;
    let user = context.directory().update(&user.id, &UserUpdate::new().username(&name).first_name("Ada")).await?;
    ensure_eq!(user.username, Some(Text::from(name)), "the user name");
    Ok(())
}

/// A user is no other user: the own external id can be set again.
pub async fn a_user_keeps_the_external_id_that_is_set_again(context: &Context<'_>) -> Outcome {
    let external_id = context.word();
    let user = context.create(context.new_user().external_id(&external_id)).await?;
    let update = UserUpdate::new().external_id(&external_id).first_name("Ada");
    let user = context.directory().update(&user.id, &update).await?;
    ensure_eq!(user.external_id, Some(Text::from(external_id)), "the external id");
    Ok(())
}

/// A name that a user gave up finds nobody, and can be another's.
pub async fn a_user_name_that_was_changed_is_free(context: &Context<'_>) -> Outcome {
    let (old, new) = (context.word(), context.word());
    let user = context.create(context.new_user().username(&old)).await?;
    context.directory().update(&user.id, &UserUpdate::new().username(&new)).await?;
    context.expect(UserFilter::new().username(&old), &[]).await?;
    context.expect(UserFilter::new().username(&new), &[&user]).await?;
    context.create(context.new_user().username(&old)).await?;
    Ok(())
}

/// A name that was taken away can be another's.
pub async fn a_user_name_that_was_cleared_is_free(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let user = context.create(context.new_user().username(&name)).await?;
    context.directory().update(&user.id, &UserUpdate::new().clear_username()).await?;
    context.create(context.new_user().username(&name)).await?;
    Ok(())
}

/// An external id that was taken away can be another's.
pub async fn an_external_id_that_was_cleared_is_free(context: &Context<'_>) -> Outcome {
    let external_id = context.word();
    let user = context.create(context.new_user().external_id(&external_id)).await?;
    context.directory().update(&user.id, &UserUpdate::new().clear_external_id()).await?;
    context.create(context.new_user().external_id(&external_id)).await?;
    Ok(())
}

/// If one field is refused, the others stay as they were too.
pub async fn a_refused_update_changes_nothing(context: &Context<'_>) -> Outcome {
    let name = context.word();
    context.create(context.new_user().username(&name)).await?;
    let user = context.create(context.new_user().first_name("Ada")).await?;
    let update = UserUpdate::new().first_name("Augusta").last_name("King").username(&name);
    taken(context.directory().update(&user.id, &update).await, Operation::Update, "username")?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused update");
    Ok(())
}

/// The replacement cannot be another user's email address, and the old one stays.
pub async fn the_email_address_of_another_user_is_refused(context: &Context<'_>) -> Outcome {
    let (email, user) = (context.email_address(), context.user().await?);
    context.create(NewUser::new().email_address(&email)).await?;
    let result = context.directory().replace_email_address(&user.id, &EmailAddressReplacement::new(&email)).await;
    taken(result, Operation::ReplaceEmailAddress, "email_address")?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused replacement");
    Ok(())
}

/// A reserved replacement is kept for the user.
pub async fn a_reserved_replacement_keeps_the_email_address_from_others(context: &Context<'_>) -> Outcome {
    let (email, user) = (context.email_address(), context.user().await?);
    let replacement = EmailAddressReplacement::new(&email).identification_status(IdentifierStatus::Reserved);
    context.directory().replace_email_address(&user.id, &replacement).await?;
    let result = context.try_create(&NewUser::new().email_address(&email)).await;
    taken(result, Operation::Create, "email_address")
}

/// The old email addresses find nobody, and can be another's.
pub async fn a_replaced_email_address_is_free(context: &Context<'_>) -> Outcome {
    let (old, new) = (context.email_address(), context.email_address());
    let user = context.create(NewUser::new().email_address(&old)).await?;
    context.directory().replace_email_address(&user.id, &EmailAddressReplacement::new(&new)).await?;
    context.expect(UserFilter::new().email_address(&old), &[]).await?;
    context.expect(UserFilter::new().email_address(&new), &[&user]).await?;
    context.create(NewUser::new().email_address(&old)).await?;
    Ok(())
}

/// The replacement cannot be another user's phone number, and the old one stays.
pub async fn the_phone_number_of_another_user_is_refused(context: &Context<'_>) -> Outcome {
    let (phone, user) = (context.phone_number(), context.user().await?);
    context.create(context.new_user().phone_number(&phone)).await?;
    let result = context.directory().replace_phone_number(&user.id, &PhoneNumberReplacement::new(&phone)).await;
    taken(result, Operation::ReplacePhoneNumber, "phone_number")?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused replacement");
    Ok(())
}

/// A reserved replacement is kept for the user.
pub async fn a_reserved_replacement_keeps_the_phone_number_from_others(context: &Context<'_>) -> Outcome {
    let (phone, user) = (context.phone_number(), context.user().await?);
    let replacement = PhoneNumberReplacement::new(&phone).identification_status(IdentifierStatus::Reserved);
    context.directory().replace_phone_number(&user.id, &replacement).await?;
    let result = context.try_create(&context.new_user().phone_number(&phone)).await;
    taken(result, Operation::Create, "phone_number")
}

/// The old phone numbers find nobody, and can be another's.
pub async fn a_replaced_phone_number_is_free(context: &Context<'_>) -> Outcome {
    let (old, new) = (context.phone_number(), context.phone_number());
    let user = context.create(context.new_user().phone_number(&old)).await?;
    context.directory().replace_phone_number(&user.id, &PhoneNumberReplacement::new(&new)).await?;
    context.expect(UserFilter::new().phone_number(&old), &[]).await?;
    context.expect(UserFilter::new().phone_number(&new), &[&user]).await?;
    context.create(context.new_user().phone_number(&old)).await?;
    Ok(())
}
