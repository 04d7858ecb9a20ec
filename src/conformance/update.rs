//! Updating users.

use super::at;
use super::check::{Outcome, ensure, ensure_eq, invalid, present};
use super::context::Context;
use crate::error::codes;
use crate::model::{EmailAddressId, NewUser, PhoneNumberId, User, UserUpdate, Web3WalletId};
use crate::operation::Operation;

behaviours! {
    Update: an_update_sets_the_names, an_update_sets_the_locale, an_update_sets_the_user_name,
        an_update_sets_the_external_id, an_update_sets_the_time_of_creation,
        an_update_sets_and_clears_the_time_of_legal_acceptance, an_update_sets_the_switches,
        a_cleared_switch_is_as_on_a_new_user, an_update_clears_the_names, an_update_clears_the_locale,
        an_update_clears_the_user_name, an_update_clears_the_external_id,
        fields_that_an_update_does_not_name_stay, an_empty_update_changes_nothing, an_update_answers_the_whole_user,
        an_update_is_dated, another_verified_email_address_becomes_the_primary_one,
        another_verified_phone_number_becomes_the_primary_one, another_wallet_becomes_the_primary_one,
        the_primary_email_address_is_one_of_the_users_own, the_primary_phone_number_is_one_of_the_users_own,
        the_primary_wallet_is_one_of_the_users_own, the_primary_email_address_has_to_be_verified,
        the_primary_phone_number_has_to_be_verified, an_update_to_a_malformed_user_name_is_refused,
        an_update_to_a_malformed_locale_is_refused;
}

/// Updates a user, and fails unless the user who is read afterwards is the one who was answered.
async fn update(context: &Context<'_>, user: &User, update: &UserUpdate) -> Outcome<User> {
    let answer = context.directory().update(&user.id, update).await?;
    ensure_eq!(context.get(&user.id).await?, answer, "the user who is read after the update");
    Ok(answer)
}

/// Updates of the names.
pub async fn an_update_sets_the_names(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().first_name("Ada")).await?;
    let user = update(context, &user, &UserUpdate::new().first_name("Augusta").last_name("King")).await?;
    ensure_eq!(user.full_name().as_deref(), Some("Augusta King"), "the name");
    Ok(())
}

/// Updates of the locale.
pub async fn an_update_sets_the_locale(context: &Context<'_>) -> Outcome {
    let user = update(context, &context.user().await?, &UserUpdate::new().locale("fr-CA")).await?;
    ensure_eq!(user.locale.as_deref(), Some("fr-CA"), "the locale");
    Ok(())
}

/// Updates of the user name.
pub async fn an_update_sets_the_user_name(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let user = update(context, &context.user().await?, &UserUpdate::new().username(&name)).await?;
    ensure_eq!(user.username.as_deref(), Some(name.as_str()), "the user name");
    Ok(())
}

/// Updates of the external id.
pub async fn an_update_sets_the_external_id(context: &Context<'_>) -> Outcome {
    let external_id = context.word();
    let user = update(context, &context.user().await?, &UserUpdate::new().external_id(&external_id)).await?;
    ensure_eq!(user.external_id.as_deref(), Some(external_id.as_str()), "the external id");
    Ok(())
}

/// Updates of the time of creation.
pub async fn an_update_sets_the_time_of_creation(context: &Context<'_>) -> Outcome {
    let time = at("2014-05-06T07:08:09.010Z");
    let user = update(context, &context.user().await?, &UserUpdate::new().created_at(time)).await?;
    ensure_eq!(user.created_at, Some(time), "the time of creation");
    Ok(())
}

/// Updates of the time at which the legal requirements were accepted.
pub async fn an_update_sets_and_clears_the_time_of_legal_acceptance(context: &Context<'_>) -> Outcome {
    let time = at("2014-05-06T07:08:09.010Z");
    let user = update(context, &context.user().await?, &UserUpdate::new().legal_accepted_at(time)).await?;
    ensure_eq!(user.legal_accepted_at, Some(time), "the time of acceptance");
    let user = update(context, &user, &UserUpdate::new().clear_legal_accepted_at()).await?;
    ensure_eq!(user.legal_accepted_at, None, "the time of acceptance");
    Ok(())
}

/// What a user may do, in one value to compare.
fn switches(user: &User) -> (bool, bool, Option<u64>, bool) {
    let User { delete_self_enabled, create_organization_enabled, create_organizations_limit, .. } = user;
    (*delete_self_enabled, *create_organization_enabled, *create_organizations_limit, user.bypass_client_trust)
}

/// Updates of what a user may do.
pub async fn an_update_sets_the_switches(context: &Context<'_>) -> Outcome {
    let set = UserUpdate::new().delete_self_enabled(false).create_organization_enabled(false);
    let set = set.create_organizations_limit(7_u32).bypass_client_trust(true);
    let user = update(context, &context.user().await?, &set).await?;
    ensure_eq!(switches(&user), (false, false, Some(7), true), "the switches");
    let set = UserUpdate::new().delete_self_enabled(true).create_organization_enabled(true);
    let user = update(context, &user, &set.create_organizations_limit(0_u32).bypass_client_trust(false)).await?;
    ensure_eq!(switches(&user), (true, true, Some(0), false), "the switches");
    Ok(())
}

/// A field that cannot be empty gets the value of a new user when it is cleared.
pub async fn a_cleared_switch_is_as_on_a_new_user(context: &Context<'_>) -> Outcome {
    let fresh = context.user().await?;
    let new = context.new_user().delete_self_enabled(!fresh.delete_self_enabled);
    let new = new.create_organization_enabled(!fresh.create_organization_enabled).create_organizations_limit(7);
    let user = context.create(new.bypass_client_trust(!fresh.bypass_client_trust)).await?;
    let clear = UserUpdate::new().clear_delete_self_enabled().clear_create_organization_enabled();
    let clear = clear.clear_create_organizations_limit().clear_bypass_client_trust();
    let user = update(context, &user, &clear).await?;
    ensure_eq!(switches(&user), switches(&fresh), "the switches");
    Ok(())
}

/// A user with everything that can be cleared.
async fn full(context: &Context<'_>) -> Outcome<User> {
    let new = context.new_user().first_name("Ada").last_name("Lovelace").locale("en-GB");
    context.create(new.username(context.word()).external_id(context.word())).await
}

/// The names can be taken away.
pub async fn an_update_clears_the_names(context: &Context<'_>) -> Outcome {
    let user = full(context).await?;
    let user = update(context, &user, &UserUpdate::new().clear_first_name().clear_last_name()).await?;
    ensure_eq!((user.first_name, user.last_name), (None, None), "the names");
    Ok(())
}

/// The locale can be taken away.
pub async fn an_update_clears_the_locale(context: &Context<'_>) -> Outcome {
    let user = update(context, &full(context).await?, &UserUpdate::new().clear_locale()).await?;
    ensure_eq!(user.locale, None, "the locale");
    Ok(())
}

/// The user name can be taken away.
pub async fn an_update_clears_the_user_name(context: &Context<'_>) -> Outcome {
    let user = update(context, &full(context).await?, &UserUpdate::new().clear_username()).await?;
    ensure_eq!(user.username, None, "the user name");
    Ok(())
}

/// The external id can be taken away.
pub async fn an_update_clears_the_external_id(context: &Context<'_>) -> Outcome {
    let user = update(context, &full(context).await?, &UserUpdate::new().clear_external_id()).await?;
    ensure_eq!(user.external_id, None, "the external id");
    Ok(())
}

/// The same user, but for the time of the change.
fn undated(mut user: User) -> User {
    user.updated_at = None;
    user
}

/// Only what is named changes.
pub async fn fields_that_an_update_does_not_name_stay(context: &Context<'_>) -> Outcome {
    let before = full(context).await?;
    let mut after = update(context, &before, &UserUpdate::new().first_name("Augusta")).await?;
    after.first_name = Some("Ada".into());
    ensure_eq!(undated(after), undated(before), "everything but the first name");
    Ok(())
}

/// An update that names nothing is taken, and changes nothing.
pub async fn an_empty_update_changes_nothing(context: &Context<'_>) -> Outcome {
    let before = full(context).await?;
    let after = update(context, &before, &UserUpdate::new()).await?;
    ensure_eq!(undated(after), undated(before), "the user");
    Ok(())
}

/// The answer is the user as it is after the update.
pub async fn an_update_answers_the_whole_user(context: &Context<'_>) -> Outcome {
    let before = full(context).await?;
    let after = update(context, &before, &UserUpdate::new().last_name("King")).await?;
    ensure_eq!(after.id, before.id, "the id");
    ensure_eq!(after.email_addresses, before.email_addresses, "the email addresses");
    Ok(())
}

/// The time of the change is not before the last one.
pub async fn an_update_is_dated(context: &Context<'_>) -> Outcome {
    let before = context.user().await?;
    let after = update(context, &before, &UserUpdate::new().first_name("Ada")).await?;
    ensure!(after.updated_at.is_some(), "the time of the change is missing");
    ensure!(after.updated_at >= before.updated_at, "the time of the change went back");
    ensure_eq!(after.created_at, before.created_at, "the time of creation");
    Ok(())
}

/// The primary email address can be changed to another one that is verified.
pub async fn another_verified_email_address_becomes_the_primary_one(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().email_address(context.email_address())).await?;
    let other = user.email_addresses.iter().filter_map(|email| email.id.clone()).find(|id| Some(id) != user.primary_email_address_id.as_ref());
    let other = present(other, "the id of the second email address")?;
    let user = update(context, &user, &UserUpdate::new().primary_email_address_id(other.clone())).await?;
    ensure_eq!(user.primary_email_address_id, Some(other), "the primary email address");
    ensure_eq!(user.email_addresses.len(), 2, "the number of email addresses");
    Ok(())
}

/// The primary phone number can be changed to another one that is verified.
pub async fn another_verified_phone_number_becomes_the_primary_one(context: &Context<'_>) -> Outcome {
    let new = context.new_user().phone_number(context.phone_number()).phone_number(context.phone_number());
    let user = context.create(new).await?;
    let other = user.phone_numbers.iter().filter_map(|phone| phone.id.clone()).find(|id| Some(id) != user.primary_phone_number_id.as_ref());
    let other = present(other, "the id of the second phone number")?;
    let user = update(context, &user, &UserUpdate::new().primary_phone_number_id(other.clone())).await?;
    ensure_eq!(user.primary_phone_number_id, Some(other), "the primary phone number");
    Ok(())
}

/// The primary wallet can be changed to another one.
pub async fn another_wallet_becomes_the_primary_one(context: &Context<'_>) -> Outcome {
    let new = context.new_user().web3_wallet(context.web3_wallet()).web3_wallet(context.web3_wallet());
    let user = context.create(new).await?;
    let other = user.web3_wallets.iter().filter_map(|wallet| wallet.id.clone()).find(|id| Some(id) != user.primary_web3_wallet_id.as_ref());
    let other = present(other, "the id of the second wallet")?;
    let user = update(context, &user, &UserUpdate::new().primary_web3_wallet_id(other.clone())).await?;
    ensure_eq!(user.primary_web3_wallet_id, Some(other), "the primary wallet");
    Ok(())
}

/// Fails unless the update is refused with this code and parameter, and changes nothing.
async fn expect_invalid(
    context: &Context<'_>,
    user: &User,
    update: &UserUpdate,
    code: &str,
    param_name: &str,
) -> Outcome {
    let result = context.directory().update(&user.id, update).await;
    invalid(result, Operation::Update, code, Some(param_name))?;
    ensure_eq!(context.get(&user.id).await?, *user, "the user after a refused update");
    Ok(())
}

/// Another user's email address cannot be the primary one.
pub async fn the_primary_email_address_is_one_of_the_users_own(context: &Context<'_>) -> Outcome {
    let [user, other] = context.users().await?;
    let nothing = context.id::<EmailAddressId>("idn");
    for id in other.primary_email_address_id.into_iter().chain([nothing]) {
        let update = UserUpdate::new().primary_email_address_id(id);
        expect_invalid(context, &user, &update, codes::FORM_RESOURCE_NOT_FOUND, "primary_email_address_id").await?;
    }
    Ok(())
}

/// A phone number that the user does not have cannot be the primary one.
pub async fn the_primary_phone_number_is_one_of_the_users_own(context: &Context<'_>) -> Outcome {
    let update = UserUpdate::new().primary_phone_number_id(context.id::<PhoneNumberId>("idn"));
    let user = context.user().await?;
    expect_invalid(context, &user, &update, codes::FORM_RESOURCE_NOT_FOUND, "primary_phone_number_id").await
}

/// A wallet that the user does not have cannot be the primary one.
pub async fn the_primary_wallet_is_one_of_the_users_own(context: &Context<'_>) -> Outcome {
    let update = UserUpdate::new().primary_web3_wallet_id(context.id::<Web3WalletId>("idn"));
    let user = context.user().await?;
    expect_invalid(context, &user, &update, codes::FORM_RESOURCE_NOT_FOUND, "primary_web3_wallet_id").await
}

/// A reserved email address is not verified, so it cannot become the primary one.
pub async fn the_primary_email_address_has_to_be_verified(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().reserved_email_address(context.email_address())).await?;
    let reserved = user.email_addresses.iter().find(|email| email.reserved).and_then(|email| email.id.clone());
    let id = present(reserved, "the id of the reserved email address")?;
    let update = UserUpdate::new().primary_email_address_id(id);
    expect_invalid(context, &user, &update, codes::FORM_VERIFICATION_NEEDED, "primary_email_address_id").await
}

/// A reserved phone number is not verified, so it cannot become the primary one.
pub async fn the_primary_phone_number_has_to_be_verified(context: &Context<'_>) -> Outcome {
    let new = NewUser::new().phone_number(context.phone_number()).reserved_phone_number(context.phone_number());
    let user = context.create(new).await?;
    let reserved = user.phone_numbers.iter().find(|phone| phone.reserved).and_then(|phone| phone.id.clone());
    let id = present(reserved, "the id of the reserved phone number")?;
    let update = UserUpdate::new().primary_phone_number_id(id);
    expect_invalid(context, &user, &update, codes::FORM_VERIFICATION_NEEDED, "primary_phone_number_id").await
}

/// A user name is well-formed.
pub async fn an_update_to_a_malformed_user_name_is_refused(context: &Context<'_>) -> Outcome {
    let user = full(context).await?;
    for (name, code) in [
        ("a".to_owned(), codes::FORM_USERNAME_INVALID_LENGTH),
        (context.email_address(), codes::FORM_USERNAME_INVALID_CHARACTER),
        (context.phone_number(), codes::FORM_USERNAME_CANNOT_BE_PHONE_NUMBER),
    ] {
        expect_invalid(context, &user, &UserUpdate::new().username(name), code, "username").await?;
    }
    Ok(())
}

/// A locale is a language tag.
pub async fn an_update_to_a_malformed_locale_is_refused(context: &Context<'_>) -> Outcome {
    let user = full(context).await?;
    let update = UserUpdate::new().locale("not a locale!");
    expect_invalid(context, &user, &update, codes::FORM_PARAM_FORMAT_INVALID, "locale").await
}
