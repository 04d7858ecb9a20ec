//! Tests for the uniqueness of identifiers and external ids.

use super::check::{Outcome, ensure_eq, expect_conflict};
use super::context::Context;
use crate::model::{
    EmailAddressReplacement, IdentifierStatus, NewUser, PhoneNumberReplacement, Text, UserFilter, UserUpdate,
};
use crate::operation::Operation;

behaviors! {
    Create: create_rejects_duplicate_email_address, create_rejects_duplicate_email_address_in_other_case,
        create_rejects_reserved_email_address_of_other_user, create_rejects_secondary_email_address_of_other_user,
        create_rejects_duplicate_phone_number, create_rejects_reserved_phone_number_of_other_user,
        create_rejects_duplicate_username, create_rejects_duplicate_username_in_other_case,
        create_rejects_duplicate_web3_wallet, create_rejects_duplicate_external_id;
    Update: update_rejects_duplicate_username, update_rejects_duplicate_external_id, update_accepts_current_username,
        update_accepts_current_external_id, update_frees_changed_username, update_frees_cleared_username,
        update_frees_cleared_external_id, update_changes_nothing_when_rejected;
    ReplaceEmailAddress: replace_email_address_rejects_duplicate, replace_email_address_reserves_email_address,
        replace_email_address_frees_previous_email_address, replace_email_address_shares_unverified_email_address;
    ReplacePhoneNumber: replace_phone_number_rejects_duplicate, replace_phone_number_reserves_phone_number,
        replace_phone_number_frees_previous_phone_number, replace_phone_number_shares_unverified_phone_number;
}

/// Fails unless `second` is rejected because it shares an identifier with `first`.
async fn expect_taken(context: &Context<'_>, first: NewUser, second: NewUser, param_name: &str) -> Outcome {
    context.seed_user(first).await?;
    expect_conflict(context.try_create(&second).await, Operation::Create, param_name, &second)
}

/// Checks that `create` rejects an email address that another user has.
pub async fn create_rejects_duplicate_email_address(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let new = || context.new_user_with_email_address(&email);
    expect_taken(context, new(), new(), "email_address").await
}

/// Checks that `create` rejects an email address that differs from another user's only in case.
pub async fn create_rejects_duplicate_email_address_in_other_case(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let other = context.new_user_with_email_address(email.to_uppercase());
    expect_taken(context, context.new_user_with_email_address(email), other, "email_address").await
}

/// Checks that `create` rejects an email address that is reserved for another user.
pub async fn create_rejects_reserved_email_address_of_other_user(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let other = context.new_user_with_email_address(&email);
    let mut first = context.new_user();
    first.email_addresses.clear();
    expect_taken(context, first.reserved_email_address(&email), other, "email_address").await
}

/// Checks that `create` rejects an email address that is another user's secondary email address.
pub async fn create_rejects_secondary_email_address_of_other_user(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let first = context.new_user().email_address(&email);
    expect_taken(context, first, context.new_user_with_email_address(&email), "email_address").await
}

/// Checks that `create` rejects a phone number that another user has.
pub async fn create_rejects_duplicate_phone_number(context: &Context<'_>) -> Outcome {
    let phone = context.phone_number();
    let [first, second] = [context.new_user_with_phone_number(&phone), context.new_user_with_phone_number(&phone)];
    expect_taken(context, first, second, "phone_number").await
}

/// Checks that `create` rejects a phone number that is reserved for another user.
pub async fn create_rejects_reserved_phone_number_of_other_user(context: &Context<'_>) -> Outcome {
    let phone = context.phone_number();
    let [first, second] =
        [context.new_user().reserved_phone_number(&phone), context.new_user_with_phone_number(&phone)];
    expect_taken(context, first, second, "phone_number").await
}

/// Checks that `create` rejects a username that another user has.
pub async fn create_rejects_duplicate_username(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let [first, second] = [context.new_user().username(&name), context.new_user().username(&name)];
    expect_taken(context, first, second, "username").await
}

/// Checks that `create` rejects a username that differs from another user's only in case.
pub async fn create_rejects_duplicate_username_in_other_case(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let [first, second] = [context.new_user().username(&name), context.new_user().username(name.to_uppercase())];
    expect_taken(context, first, second, "username").await
}

/// Checks that `create` rejects a wallet that another user has.
pub async fn create_rejects_duplicate_web3_wallet(context: &Context<'_>) -> Outcome {
    let wallet = context.web3_wallet();
    let [first, second] = [context.new_user_with_web3_wallet(&wallet), context.new_user_with_web3_wallet(&wallet)];
    expect_taken(context, first, second, "web3_wallet").await
}

/// Checks that `create` rejects an external id that another user has.
pub async fn create_rejects_duplicate_external_id(context: &Context<'_>) -> Outcome {
    let external_id = context.word();
    let [first, second] = [context.new_user().external_id(&external_id), context.new_user().external_id(&external_id)];
    expect_taken(context, first, second, "external_id").await
}

/// Checks that `update` rejects a username that another user has.
pub async fn update_rejects_duplicate_username(context: &Context<'_>) -> Outcome {
    let (name, user) = (context.word(), context.user().await?);
    context.seed_user(context.new_user().username(&name)).await?;
    let update = UserUpdate::new().username(&name);
    let result = context.directory().update(&user.id, &update).await;
    expect_conflict(result, Operation::Update, "username", &update)
}

/// Checks that `update` rejects an external id that another user has.
pub async fn update_rejects_duplicate_external_id(context: &Context<'_>) -> Outcome {
    let (external_id, user) = (context.word(), context.user().await?);
    context.seed_user(context.new_user().external_id(&external_id)).await?;
    let update = UserUpdate::new().external_id(&external_id);
    let result = context.directory().update(&user.id, &update).await;
    expect_conflict(result, Operation::Update, "external_id", &update)
}

/// Checks that `update` accepts the username that the user already has.
pub async fn update_accepts_current_username(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let user = context.seed_user(context.new_user().username(&name)).await?;
    let user = context.directory().update(&user.id, &UserUpdate::new().username(&name).first_name("Ada")).await?;
    ensure_eq!(user.username, Some(Text::from(name)), "the username");
    Ok(())
}

/// Checks that `update` accepts the external id that the user already has.
pub async fn update_accepts_current_external_id(context: &Context<'_>) -> Outcome {
    let external_id = context.word();
    let user = context.seed_user(context.new_user().external_id(&external_id)).await?;
    let update = UserUpdate::new().external_id(&external_id).first_name("Ada");
    let user = context.directory().update(&user.id, &update).await?;
    ensure_eq!(user.external_id, Some(Text::from(external_id)), "the external id");
    Ok(())
}

/// Checks that `update` makes the previous username available to other users.
pub async fn update_frees_changed_username(context: &Context<'_>) -> Outcome {
    let (old, new) = (context.word(), context.word());
    let user = context.seed_user(context.new_user().username(&old)).await?;
    context.directory().update(&user.id, &UserUpdate::new().username(&new)).await?;
    context.expect(UserFilter::new().username(&old), &[]).await?;
    context.expect(UserFilter::new().username(&new), &[&user]).await?;
    context.seed_user(context.new_user().username(&old)).await?;
    Ok(())
}

/// Checks that `update` makes a cleared username available to other users.
pub async fn update_frees_cleared_username(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let user = context.seed_user(context.new_user().username(&name)).await?;
    context.directory().update(&user.id, &UserUpdate::new().clear_username()).await?;
    context.seed_user(context.new_user().username(&name)).await?;
    Ok(())
}

/// Checks that `update` makes a cleared external id available to other users.
pub async fn update_frees_cleared_external_id(context: &Context<'_>) -> Outcome {
    let external_id = context.word();
    let user = context.seed_user(context.new_user().external_id(&external_id)).await?;
    context.directory().update(&user.id, &UserUpdate::new().clear_external_id()).await?;
    context.seed_user(context.new_user().external_id(&external_id)).await?;
    Ok(())
}

/// Checks that `update` changes no field if one field is rejected.
pub async fn update_changes_nothing_when_rejected(context: &Context<'_>) -> Outcome {
    let name = context.word();
    context.seed_user(context.new_user().username(&name)).await?;
    let user = context.seed_user(context.new_user().first_name("Ada")).await?;
    let update = UserUpdate::new().first_name("Augusta").last_name("King").username(&name);
    expect_conflict(context.directory().update(&user.id, &update).await, Operation::Update, "username", &update)?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected update");
    Ok(())
}

/// Checks that `replace_email_address` rejects another user's email address, and changes nothing.
pub async fn replace_email_address_rejects_duplicate(context: &Context<'_>) -> Outcome {
    let (email, user) = (context.email_address(), context.user().await?);
    context.seed_user(context.new_user_with_email_address(&email)).await?;
    let replacement = EmailAddressReplacement::new(&email);
    let result = context.directory().replace_email_address(&user.id, &replacement).await;
    expect_conflict(result, Operation::ReplaceEmailAddress, "email_address", &replacement)?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected replacement");
    Ok(())
}

/// Checks that `replace_email_address` with the status `Reserved` reserves the email address.
pub async fn replace_email_address_reserves_email_address(context: &Context<'_>) -> Outcome {
    let (email, user) = (context.email_address(), context.user().await?);
    let replacement = EmailAddressReplacement::new(&email).identification_status(IdentifierStatus::Reserved);
    context.directory().replace_email_address(&user.id, &replacement).await?;
    let new = context.new_user_with_email_address(&email);
    expect_conflict(context.try_create(&new).await, Operation::Create, "email_address", &new)
}

/// Checks that `replace_email_address` makes the previous email addresses available to other users.
pub async fn replace_email_address_frees_previous_email_address(context: &Context<'_>) -> Outcome {
    let (old, new) = (context.email_address(), context.email_address());
    let user = context.seed_user(context.new_user_with_email_address(&old)).await?;
    context.directory().replace_email_address(&user.id, &EmailAddressReplacement::new(&new)).await?;
    context.expect(UserFilter::new().email_address(&old), &[]).await?;
    context.expect(UserFilter::new().email_address(&new), &[&user]).await?;
    context.seed_user(context.new_user_with_email_address(&old)).await?;
    Ok(())
}

/// Checks that `replace_email_address` lets two users have the same unverified email address.
pub async fn replace_email_address_shares_unverified_email_address(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let email = context.email_address();
    let replacement = EmailAddressReplacement::new(&email).identification_status(IdentifierStatus::Unverified);
    for user in [&ada, &grace] {
        context.directory().replace_email_address(&user.id, &replacement).await?;
    }
    context.expect(UserFilter::new().email_address(&email), &[&ada, &grace]).await
}

/// Checks that `replace_phone_number` rejects another user's phone number, and changes nothing.
pub async fn replace_phone_number_rejects_duplicate(context: &Context<'_>) -> Outcome {
    let (phone, user) = (context.phone_number(), context.user().await?);
    context.seed_user(context.new_user_with_phone_number(&phone)).await?;
    let replacement = PhoneNumberReplacement::new(&phone);
    let result = context.directory().replace_phone_number(&user.id, &replacement).await;
    expect_conflict(result, Operation::ReplacePhoneNumber, "phone_number", &replacement)?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected replacement");
    Ok(())
}

/// Checks that `replace_phone_number` with the status `Reserved` reserves the phone number.
pub async fn replace_phone_number_reserves_phone_number(context: &Context<'_>) -> Outcome {
    let (phone, user) = (context.phone_number(), context.user().await?);
    let replacement = PhoneNumberReplacement::new(&phone).identification_status(IdentifierStatus::Reserved);
    context.directory().replace_phone_number(&user.id, &replacement).await?;
    let new = context.new_user_with_phone_number(&phone);
    expect_conflict(context.try_create(&new).await, Operation::Create, "phone_number", &new)
}

/// Checks that `replace_phone_number` makes the previous phone numbers available to other users.
pub async fn replace_phone_number_frees_previous_phone_number(context: &Context<'_>) -> Outcome {
    let (old, new) = (context.phone_number(), context.phone_number());
    let user = context.seed_user(context.new_user_with_phone_number(&old)).await?;
    context.directory().replace_phone_number(&user.id, &PhoneNumberReplacement::new(&new)).await?;
    context.expect(UserFilter::new().phone_number(&old), &[]).await?;
    context.expect(UserFilter::new().phone_number(&new), &[&user]).await?;
    context.seed_user(context.new_user_with_phone_number(&old)).await?;
    Ok(())
}

/// Checks that `replace_phone_number` lets two users have the same unverified phone number.
pub async fn replace_phone_number_shares_unverified_phone_number(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let phone = context.phone_number();
    let replacement = PhoneNumberReplacement::new(&phone).identification_status(IdentifierStatus::Unverified);
    for user in [&ada, &grace] {
        context.directory().replace_phone_number(&user.id, &replacement).await?;
    }
    context.expect(UserFilter::new().phone_number(&phone), &[&ada, &grace]).await
}
