//! Tests for updating users.

use super::at;
use super::check::{Outcome, ensure, ensure_eq, expect_invalid, present};
use super::context::Context;
use crate::error::codes;
use crate::model::{EmailAddressId, PhoneNumberId, User, UserUpdate, Web3WalletId};
use crate::operation::Operation;

behaviors! {
    Update: update_sets_names, update_sets_locale, update_sets_timezone, update_sets_username, update_sets_external_id,
        update_sets_created_at, update_sets_and_clears_legal_accepted_at, update_sets_permissions,
        update_resets_cleared_permissions_to_defaults, update_clears_names, update_clears_locale, update_clears_timezone,
        update_clears_username, update_clears_username_for_empty_text, update_clears_external_id,
        update_keeps_fields_that_are_not_given,
        update_accepts_empty_update, update_accepts_banned_and_locked_user, update_returns_whole_user,
        update_sets_updated_at,
        update_sets_primary_email_address, update_sets_primary_phone_number, update_sets_primary_web3_wallet,
        update_rejects_primary_email_address_of_other_user, update_rejects_unknown_primary_phone_number,
        update_rejects_unknown_primary_web3_wallet, update_rejects_unverified_primary_email_address,
        update_rejects_unverified_primary_phone_number, update_rejects_malformed_username,
        update_rejects_malformed_locale, update_rejects_malformed_timezone;
}

/// Updates a user, and fails unless `get` returns the same user as `update`.
async fn update(context: &Context<'_>, user: &User, update: &UserUpdate) -> Outcome<User> {
    let returned = context.directory().update(&user.id, update).await?;
    ensure_eq!(context.get(&user.id).await?, returned, "the user that `get` returns after the update");
    Ok(returned)
}

/// Checks that `update` sets the first and last name.
pub async fn update_sets_names(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user().first_name("Ada")).await?;
    let user = update(context, &user, &UserUpdate::new().first_name("Augusta").last_name("King")).await?;
    ensure_eq!(user.full_name().as_deref(), Some("Augusta King"), "the name");
    Ok(())
}

/// Checks that `update` sets the locale.
pub async fn update_sets_locale(context: &Context<'_>) -> Outcome {
    let user = update(context, &context.user().await?, &UserUpdate::new().locale("fr-CA")).await?;
    ensure_eq!(user.locale.as_deref(), Some("fr-CA"), "the locale");
    Ok(())
}

/// Checks that `update` sets the time zone.
pub async fn update_sets_timezone(context: &Context<'_>) -> Outcome {
    let user = update(context, &context.user().await?, &UserUpdate::new().timezone("America/Toronto")).await?;
    ensure_eq!(user.timezone.as_deref(), Some("America/Toronto"), "the time zone");
    Ok(())
}

/// Checks that `update` sets the username.
pub async fn update_sets_username(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let user = update(context, &context.user().await?, &UserUpdate::new().username(&name)).await?;
    ensure_eq!(user.username.as_deref(), Some(name.as_str()), "the username");
    Ok(())
}

/// Checks that `update` sets the external id.
pub async fn update_sets_external_id(context: &Context<'_>) -> Outcome {
    let external_id = context.word();
    let user = update(context, &context.user().await?, &UserUpdate::new().external_id(&external_id)).await?;
    ensure_eq!(user.external_id.as_deref(), Some(external_id.as_str()), "the external id");
    Ok(())
}

/// Checks that `update` sets `created_at`.
pub async fn update_sets_created_at(context: &Context<'_>) -> Outcome {
    let time = at("2014-05-06T07:08:09.010Z");
    let user = update(context, &context.user().await?, &UserUpdate::new().created_at(time)).await?;
    ensure_eq!(user.created_at, Some(time), "`created_at`");
    Ok(())
}

/// Checks that `update` sets and clears `legal_accepted_at`.
pub async fn update_sets_and_clears_legal_accepted_at(context: &Context<'_>) -> Outcome {
    let time = at("2014-05-06T07:08:09.010Z");
    let user = update(context, &context.user().await?, &UserUpdate::new().legal_accepted_at(time)).await?;
    ensure_eq!(user.legal_accepted_at, Some(time), "`legal_accepted_at`");
    let user = update(context, &user, &UserUpdate::new().clear_legal_accepted_at()).await?;
    ensure_eq!(user.legal_accepted_at, None, "`legal_accepted_at`");
    Ok(())
}

/// Returns the user's permissions and the organization limit.
fn permissions(user: &User) -> (bool, bool, Option<u64>, bool) {
    let User { delete_self_enabled, create_organization_enabled, create_organizations_limit, .. } = user;
    (*delete_self_enabled, *create_organization_enabled, *create_organizations_limit, user.bypass_client_trust)
}

/// Checks that `update` sets permissions, such as `delete_self_enabled`, and the organization limit.
pub async fn update_sets_permissions(context: &Context<'_>) -> Outcome {
    let set = UserUpdate::new().delete_self_enabled(false).create_organization_enabled(false);
    let set = set.create_organizations_limit(7_u32).bypass_client_trust(true);
    let user = update(context, &context.user().await?, &set).await?;
    ensure_eq!(permissions(&user), (false, false, Some(7), true), "the permissions");
    let set = UserUpdate::new().delete_self_enabled(true).create_organization_enabled(true);
    let user = update(context, &user, &set.create_organizations_limit(0_u32).bypass_client_trust(false)).await?;
    ensure_eq!(permissions(&user), (true, true, Some(0), false), "the permissions");
    Ok(())
}

/// Checks that `update` resets cleared permissions and limits to the defaults of a new user.
pub async fn update_resets_cleared_permissions_to_defaults(context: &Context<'_>) -> Outcome {
    let fresh = context.user().await?;
    let new = context.new_user().delete_self_enabled(!fresh.delete_self_enabled);
    let new = new.create_organization_enabled(!fresh.create_organization_enabled).create_organizations_limit(7);
    let user = context.seed_user(new.bypass_client_trust(!fresh.bypass_client_trust)).await?;
    let clear = UserUpdate::new().clear_delete_self_enabled().clear_create_organization_enabled();
    let clear = clear.clear_create_organizations_limit().clear_bypass_client_trust();
    let user = update(context, &user, &clear).await?;
    ensure_eq!(permissions(&user), permissions(&fresh), "the permissions");
    Ok(())
}

/// Creates a user with names, a locale, a time zone, a username and an external id.
async fn full(context: &Context<'_>) -> Outcome<User> {
    let new = context.new_user().first_name("Ada").last_name("Lovelace").locale("en-GB").timezone("Europe/London");
    context.seed_user(new.username(context.word()).external_id(context.word())).await
}

/// Checks that `update` can clear the first and last name.
pub async fn update_clears_names(context: &Context<'_>) -> Outcome {
    let user = full(context).await?;
    let user = update(context, &user, &UserUpdate::new().clear_first_name().clear_last_name()).await?;
    ensure_eq!((user.first_name, user.last_name), (None, None), "the names");
    Ok(())
}

/// Checks that `update` can clear the locale.
pub async fn update_clears_locale(context: &Context<'_>) -> Outcome {
    let user = update(context, &full(context).await?, &UserUpdate::new().clear_locale()).await?;
    ensure_eq!(user.locale, None, "the locale");
    Ok(())
}

/// Checks that `update` can clear the time zone.
pub async fn update_clears_timezone(context: &Context<'_>) -> Outcome {
    let user = update(context, &full(context).await?, &UserUpdate::new().clear_timezone()).await?;
    ensure_eq!(user.timezone, None, "the time zone");
    Ok(())
}

/// Checks that `update` can clear the username.
pub async fn update_clears_username(context: &Context<'_>) -> Outcome {
    let user = update(context, &full(context).await?, &UserUpdate::new().clear_username()).await?;
    ensure_eq!(user.username, None, "the username");
    Ok(())
}

/// Checks that `update` clears the username if the new username is empty.
pub async fn update_clears_username_for_empty_text(context: &Context<'_>) -> Outcome {
    let user = full(context).await?;
    let user = update(context, &user, &UserUpdate::new().username("")).await?;
    ensure_eq!(user.username, None, "the username");
    Ok(())
}

/// Checks that `update` can clear the external id.
pub async fn update_clears_external_id(context: &Context<'_>) -> Outcome {
    let user = update(context, &full(context).await?, &UserUpdate::new().clear_external_id()).await?;
    ensure_eq!(user.external_id, None, "the external id");
    Ok(())
}

/// Returns the user with `updated_at` set to `None`.
fn without_updated_at(mut user: User) -> User {
    user.updated_at = None;
    user
}

/// Checks that `update` keeps the fields that are not given, except `updated_at`.
pub async fn update_keeps_fields_that_are_not_given(context: &Context<'_>) -> Outcome {
    let before = full(context).await?;
    let mut after = update(context, &before, &UserUpdate::new().first_name("Augusta")).await?;
    after.first_name = Some("Ada".into());
    ensure_eq!(without_updated_at(after), without_updated_at(before), "everything but the first name");
    Ok(())
}

/// Checks that `update` accepts an update without fields, and changes nothing except `updated_at`.
pub async fn update_accepts_empty_update(context: &Context<'_>) -> Outcome {
    let before = full(context).await?;
    let after = update(context, &before, &UserUpdate::new()).await?;
    ensure_eq!(without_updated_at(after), without_updated_at(before), "the user");
    Ok(())
}

/// Checks that `update` accepts a banned and locked user, and keeps the ban and the lock.
pub async fn update_accepts_banned_and_locked_user(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    context.directory().ban(&user.id).await?;
    context.directory().lock(&user.id).await?;
    let user = update(context, &user, &UserUpdate::new().first_name("Ada")).await?;
    ensure_eq!(user.first_name.as_deref(), Some("Ada"), "the first name");
    ensure_eq!((user.banned, user.locked), (true, true), "(banned, locked)");
    Ok(())
}

/// Checks that `update` returns the complete user.
pub async fn update_returns_whole_user(context: &Context<'_>) -> Outcome {
    let before = full(context).await?;
    let after = update(context, &before, &UserUpdate::new().last_name("King")).await?;
    ensure_eq!(after.id, before.id, "the id");
    ensure_eq!(after.email_addresses, before.email_addresses, "the email addresses");
    Ok(())
}

/// Checks that `update` sets `updated_at`, and keeps `created_at`.
pub async fn update_sets_updated_at(context: &Context<'_>) -> Outcome {
    let before = context.user().await?;
    let after = update(context, &before, &UserUpdate::new().first_name("Ada")).await?;
    ensure!(after.updated_at.is_some(), "`updated_at` is missing");
    ensure!(after.updated_at >= before.updated_at, "`updated_at` moved back");
    ensure_eq!(after.created_at, before.created_at, "`created_at`");
    Ok(())
}

/// Checks that `update` makes another verified email address primary.
pub async fn update_sets_primary_email_address(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user().email_address(context.email_address())).await?;
    let other = user
        .email_addresses
        .iter()
        .filter_map(|email| email.id.clone())
        .find(|id| Some(id) != user.primary_email_address_id.as_ref());
    let other = present(other, "the id of the second email address")?;
    let user = update(context, &user, &UserUpdate::new().primary_email_address_id(other.clone())).await?;
    ensure_eq!(user.primary_email_address_id, Some(other), "the primary email address");
    ensure_eq!(user.email_addresses.len(), 2, "the number of email addresses");
    Ok(())
}

/// Checks that `update` makes another verified phone number primary.
pub async fn update_sets_primary_phone_number(context: &Context<'_>) -> Outcome {
    let new = context.new_user_with_phone_number(context.phone_number()).phone_number(context.phone_number());
    let user = context.seed_user(new).await?;
    let other = user
        .phone_numbers
        .iter()
        .filter_map(|phone| phone.id.clone())
        .find(|id| Some(id) != user.primary_phone_number_id.as_ref());
    let other = present(other, "the id of the second phone number")?;
    let user = update(context, &user, &UserUpdate::new().primary_phone_number_id(other.clone())).await?;
    ensure_eq!(user.primary_phone_number_id, Some(other), "the primary phone number");
    Ok(())
}

/// Checks that `update` makes another wallet primary.
pub async fn update_sets_primary_web3_wallet(context: &Context<'_>) -> Outcome {
    let new = context.new_user_with_web3_wallet(context.web3_wallet()).web3_wallet(context.web3_wallet());
    let user = context.seed_user(new).await?;
    let other = user
        .web3_wallets
        .iter()
        .filter_map(|wallet| wallet.id.clone())
        .find(|id| Some(id) != user.primary_web3_wallet_id.as_ref());
    let other = present(other, "the id of the second wallet")?;
    let user = update(context, &user, &UserUpdate::new().primary_web3_wallet_id(other.clone())).await?;
    ensure_eq!(user.primary_web3_wallet_id, Some(other), "the primary wallet");
    Ok(())
}

/// Fails unless the update is rejected with `code` and `param_name`, and changes nothing.
async fn expect_rejected(
    context: &Context<'_>,
    user: &User,
    update: &UserUpdate,
    code: &str,
    param_name: &str,
) -> Outcome {
    let result = context.directory().update(&user.id, update).await;
    expect_invalid(result, Operation::Update, code, Some(param_name), update)?;
    ensure_eq!(context.get(&user.id).await?, *user, "the user after a rejected update");
    Ok(())
}

/// Checks that `update` rejects a primary email address that the user does not have.
pub async fn update_rejects_primary_email_address_of_other_user(context: &Context<'_>) -> Outcome {
    let [user, other] = context.users().await?;
    let unknown = context.id::<EmailAddressId>("idn");
    for id in other.primary_email_address_id.into_iter().chain([unknown]) {
        let update = UserUpdate::new().primary_email_address_id(id);
        expect_rejected(context, &user, &update, codes::FORM_RESOURCE_NOT_FOUND, "primary_email_address_id").await?;
    }
    Ok(())
}

/// Checks that `update` rejects a primary phone number that the user does not have.
pub async fn update_rejects_unknown_primary_phone_number(context: &Context<'_>) -> Outcome {
    let update = UserUpdate::new().primary_phone_number_id(context.id::<PhoneNumberId>("idn"));
    let user = context.user().await?;
    expect_rejected(context, &user, &update, codes::FORM_RESOURCE_NOT_FOUND, "primary_phone_number_id").await
}

/// Checks that `update` rejects a primary wallet that the user does not have.
pub async fn update_rejects_unknown_primary_web3_wallet(context: &Context<'_>) -> Outcome {
    let update = UserUpdate::new().primary_web3_wallet_id(context.id::<Web3WalletId>("idn"));
    let user = context.user().await?;
    expect_rejected(context, &user, &update, codes::FORM_RESOURCE_NOT_FOUND, "primary_web3_wallet_id").await
}

/// Checks that `update` rejects a reserved, unverified email address as the primary one.
pub async fn update_rejects_unverified_primary_email_address(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user().reserved_email_address(context.email_address())).await?;
    let reserved = user.email_addresses.iter().find(|email| email.reserved).and_then(|email| email.id.clone());
    let id = present(reserved, "the id of the reserved email address")?;
    let update = UserUpdate::new().primary_email_address_id(id);
    expect_rejected(context, &user, &update, codes::FORM_VERIFICATION_NEEDED, "primary_email_address_id").await
}

/// Checks that `update` rejects a reserved, unverified phone number as the primary one.
pub async fn update_rejects_unverified_primary_phone_number(context: &Context<'_>) -> Outcome {
    let new = context.new_user_with_phone_number(context.phone_number()).reserved_phone_number(context.phone_number());
    let user = context.seed_user(new).await?;
    let reserved = user.phone_numbers.iter().find(|phone| phone.reserved).and_then(|phone| phone.id.clone());
    let id = present(reserved, "the id of the reserved phone number")?;
    let update = UserUpdate::new().primary_phone_number_id(id);
    expect_rejected(context, &user, &update, codes::FORM_VERIFICATION_NEEDED, "primary_phone_number_id").await
}

/// Checks that `update` rejects a username that is too short, malformed or a phone number.
pub async fn update_rejects_malformed_username(context: &Context<'_>) -> Outcome {
    let user = full(context).await?;
    for (name, code) in [
        ("a".to_owned(), codes::FORM_USERNAME_INVALID_LENGTH),
        (context.email_address(), codes::FORM_USERNAME_INVALID_CHARACTER),
        (context.phone_number(), codes::FORM_USERNAME_CANNOT_BE_PHONE_NUMBER),
    ] {
        expect_rejected(context, &user, &UserUpdate::new().username(name), code, "username").await?;
    }
    Ok(())
}

/// Checks that `update` rejects a locale that is not a language tag.
pub async fn update_rejects_malformed_locale(context: &Context<'_>) -> Outcome {
    let user = full(context).await?;
    let update = UserUpdate::new().locale("not a locale!");
    expect_rejected(context, &user, &update, codes::FORM_PARAM_FORMAT_INVALID, "locale").await
}

/// Checks that `update` rejects a time zone that is not an IANA name.
pub async fn update_rejects_malformed_timezone(context: &Context<'_>) -> Outcome {
    let user = full(context).await?;
    let update = UserUpdate::new().timezone("not a time zone!");
    expect_rejected(context, &user, &update, codes::FORM_PARAM_FORMAT_INVALID, "timezone").await
}
