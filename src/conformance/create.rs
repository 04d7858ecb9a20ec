//! Tests for creating users.

use jiff::Timestamp;

use super::at;
use super::check::{Outcome, ensure, ensure_eq, expect_error, expect_invalid};
use super::context::{Context, json};
use crate::error::{ErrorKind, codes};
use crate::model::{Metadata, NewUser, Text, UserFilter, Web3Wallet};
use crate::operation::Operation;

behaviors! {
    Create: create_returns_given_fields, create_returns_user_that_get_returns, create_assigns_unique_ids,
        create_sets_created_at_and_updated_at, create_makes_first_email_address_primary,
        create_makes_first_phone_number_primary, create_makes_first_web3_wallet_primary,
        create_verifies_email_addresses_unless_reserved, create_verifies_phone_numbers_unless_reserved,
        create_verifies_web3_wallets, create_stores_each_kind_of_metadata, create_defaults_metadata_to_empty_objects,
        create_stores_given_created_at, create_stores_legal_accepted_at, create_stores_permissions,
        create_bans_user_if_requested, create_locks_user_if_requested,
        create_leaves_user_unbanned_and_unlocked_by_default,
        create_rejects_user_without_identifiers_if_requirement_is_skipped, create_rejects_malformed_email_address,
        create_rejects_malformed_phone_number, create_rejects_malformed_web3_wallet, create_rejects_malformed_locale,
        create_rejects_malformed_timezone,
        create_rejects_too_short_username, create_rejects_too_long_username,
        create_rejects_username_with_invalid_characters, create_rejects_username_without_letters,
        create_rejects_phone_number_as_username,
        create_limits_metadata_to_8_kb, create_creates_nothing_when_rejected;
}

/// Checks that `create` returns a user with the given fields.
pub async fn create_returns_given_fields(context: &Context<'_>) -> Outcome {
    let (username, external_id, email) = (context.word(), context.word(), context.email_address());
    let new = context.new_user_with_email_address(&email).username(&username).external_id(&external_id);
    let user =
        context.create(new.first_name("Ada").last_name("Lovelace").locale("en-GB").timezone("Europe/London")).await?;
    ensure_eq!(user.username, Some(Text::from(username)), "the username");
    ensure_eq!(user.external_id, Some(Text::from(external_id)), "the external id");
    ensure_eq!(user.first_name.as_deref(), Some("Ada"), "the first name");
    ensure_eq!(user.last_name.as_deref(), Some("Lovelace"), "the last name");
    ensure_eq!(user.locale.as_deref(), Some("en-GB"), "the locale");
    ensure_eq!(user.timezone.as_deref(), Some("Europe/London"), "the time zone");
    ensure_eq!(user.email_addresses.len(), 1, "the number of email addresses");
    ensure_eq!(user.email_addresses[0].email_address, email, "the email address");
    Ok(())
}

/// Checks that `create` returns the user that `get` returns afterward.
pub async fn create_returns_user_that_get_returns(context: &Context<'_>) -> Outcome {
    let created = context.create(context.new_user().first_name("Ada")).await?;
    ensure_eq!(context.get(&created.id).await?, created, "the user");
    Ok(())
}

/// Checks that `create` assigns a different id to each user.
pub async fn create_assigns_unique_ids(context: &Context<'_>) -> Outcome {
    let (ada, grace) = (context.create(context.new_user()).await?, context.create(context.new_user()).await?);
    ensure!(ada.id != grace.id, "two users have the id {}", ada.id);
    Ok(())
}

/// Checks that `create` sets `created_at`, and sets `updated_at` to the same time or a later one.
pub async fn create_sets_created_at_and_updated_at(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user()).await?;
    ensure!(user.created_at.is_some(), "`created_at` is missing");
    ensure!(user.updated_at >= user.created_at, "`updated_at` is before `created_at`");
    Ok(())
}

/// Checks that `create` stores all email addresses and makes the first one primary.
pub async fn create_makes_first_email_address_primary(context: &Context<'_>) -> Outcome {
    let (first, second) = (context.email_address(), context.email_address());
    let user = context.create(context.new_user_with_email_address(&first).email_address(&second)).await?;
    let primary = user.primary_email_address().map(|email| &email.email_address);
    ensure_eq!(primary, Some(&Text::from(first)), "the primary email address");
    ensure!(user.email_addresses.iter().any(|email| email.email_address == second), "the second address is missing");
    Ok(())
}

/// Checks that `create` stores all phone numbers and makes the first one primary.
pub async fn create_makes_first_phone_number_primary(context: &Context<'_>) -> Outcome {
    let (first, second) = (context.phone_number(), context.phone_number());
    let user = context.create(context.new_user_with_phone_number(&first).phone_number(&second)).await?;
    let primary = user.primary_phone_number().map(|phone| &phone.phone_number);
    ensure_eq!(primary, Some(&Text::from(first)), "the primary phone number");
    ensure!(user.phone_numbers.iter().any(|phone| phone.phone_number == second), "the second number is missing");
    Ok(())
}

/// Checks that `create` stores all wallets and makes the first one primary.
pub async fn create_makes_first_web3_wallet_primary(context: &Context<'_>) -> Outcome {
    let (first, second) = (context.web3_wallet(), context.web3_wallet());
    let user = context.create(context.new_user_with_web3_wallet(&first).web3_wallet(&second)).await?;
    let primary = user.primary_web3_wallet().map(|wallet| &wallet.web3_wallet);
    ensure_eq!(primary, Some(&Text::from(first)), "the primary wallet");
    ensure!(user.web3_wallets.iter().any(|wallet| wallet.web3_wallet == second), "the second wallet is missing");
    Ok(())
}

/// Checks that `create` marks an email address as verified or reserved, as requested.
pub async fn create_verifies_email_addresses_unless_reserved(context: &Context<'_>) -> Outcome {
    let new =
        context.new_user_with_email_address(context.email_address()).reserved_email_address(context.email_address());
    let user = context.create(new).await?;
    let mut found: Vec<_> = user.email_addresses.iter().map(|email| (email.is_verified(), email.reserved)).collect();
    found.sort_unstable();
    ensure_eq!(found, [(false, true), (true, false)], "(verified, reserved) of the two addresses");
    Ok(())
}

/// Checks that `create` marks a phone number as verified or reserved, as requested.
pub async fn create_verifies_phone_numbers_unless_reserved(context: &Context<'_>) -> Outcome {
    let new = context.new_user_with_phone_number(context.phone_number()).reserved_phone_number(context.phone_number());
    let user = context.create(new).await?;
    let mut found: Vec<_> = user.phone_numbers.iter().map(|phone| (phone.is_verified(), phone.reserved)).collect();
    found.sort_unstable();
    ensure_eq!(found, [(false, true), (true, false)], "(verified, reserved) of the two numbers");
    Ok(())
}

/// Checks that `create` marks wallets as verified.
pub async fn create_verifies_web3_wallets(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user_with_web3_wallet(context.web3_wallet())).await?;
    ensure!(user.web3_wallets.iter().all(Web3Wallet::is_verified), "the wallet is not verified");
    Ok(())
}

/// Checks that `create` stores public, private and unsafe metadata separately.
pub async fn create_stores_each_kind_of_metadata(context: &Context<'_>) -> Outcome {
    let [public, private, r#unsafe] = [r#"{"a":1}"#, r#"{"b":[true,null]}"#, r#"{"c":{"d":"e"}}"#].map(json);
    let new = context.new_user().public_metadata(public.clone()).private_metadata(private.clone());
    let user = context.create(new.unsafe_metadata(r#unsafe.clone())).await?;
    ensure!(user.public_metadata == public, "public: {}", user.public_metadata.as_json());
    ensure!(user.private_metadata == private, "private: {}", user.private_metadata.as_json());
    ensure!(user.unsafe_metadata == r#unsafe, "unsafe: {}", user.unsafe_metadata.as_json());
    Ok(())
}

/// Checks that metadata is an empty object if `create` is called without metadata.
pub async fn create_defaults_metadata_to_empty_objects(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user()).await?;
    let kinds = [&user.public_metadata, &user.private_metadata, &user.unsafe_metadata];
    ensure!(kinds.into_iter().all(Metadata::is_empty), "metadata that was not given is not empty");
    Ok(())
}

/// Checks that `create` stores a `created_at` in the past, with millisecond precision.
pub async fn create_stores_given_created_at(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().created_at(at("2020-02-29T12:34:56.789Z"))).await?;
    ensure_eq!(user.created_at, Some(at("2020-02-29T12:34:56.789Z")), "`created_at`");
    Ok(())
}

/// Checks that `create` stores `legal_accepted_at`.
pub async fn create_stores_legal_accepted_at(context: &Context<'_>) -> Outcome {
    let accepted: Timestamp = at("2021-03-04T05:06:07Z");
    let user = context.create(context.new_user().legal_accepted_at(accepted)).await?;
    ensure_eq!(user.legal_accepted_at, Some(accepted), "`legal_accepted_at`");
    Ok(())
}

/// Checks that `create` stores permissions, such as `delete_self_enabled`, and the organization limit.
pub async fn create_stores_permissions(context: &Context<'_>) -> Outcome {
    let new = context.new_user().delete_self_enabled(false).create_organization_enabled(false);
    let user = context.create(new.create_organizations_limit(3).bypass_client_trust(true)).await?;
    ensure!(!user.delete_self_enabled, "`delete_self_enabled` is not false");
    ensure!(!user.create_organization_enabled, "`create_organization_enabled` is not false");
    ensure_eq!(user.create_organizations_limit, Some(3), "`create_organizations_limit`");
    ensure!(user.bypass_client_trust, "`bypass_client_trust` is not true");
    Ok(())
}

/// Checks that `create` creates a banned user if `banned` is set.
pub async fn create_bans_user_if_requested(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().banned(true)).await?;
    ensure!(user.banned, "the user is not banned");
    ensure!(context.get(&user.id).await?.banned, "the user that `get` returns is not banned");
    Ok(())
}

/// Checks that `create` creates a locked user if `locked` is set.
pub async fn create_locks_user_if_requested(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().locked(true)).await?;
    ensure!(user.locked, "the user is not locked");
    ensure!(context.get(&user.id).await?.locked, "the user that `get` returns is not locked");
    Ok(())
}

/// Checks that `create` creates a user who is neither banned nor locked by default.
pub async fn create_leaves_user_unbanned_and_unlocked_by_default(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user()).await?;
    ensure_eq!((user.banned, user.locked), (false, false), "(banned, locked)");
    Ok(())
}

/// Checks that `create` rejects a user without identifiers even if `skip_user_requirement` is set.
pub async fn create_rejects_user_without_identifiers_if_requirement_is_skipped(context: &Context<'_>) -> Outcome {
    let new = NewUser::new().external_id(context.word()).skip_user_requirement(true).skip_password_requirement(true);
    expect_error(context.try_create(&new).await, Operation::Create, ErrorKind::InvalidInput, &new).map(drop)
}

async fn expect_rejected(context: &Context<'_>, new: NewUser, code: &str, param_name: &str) -> Outcome {
    expect_invalid(context.try_create(&new).await, Operation::Create, code, Some(param_name), &new)
}

/// Checks that `create` rejects an email address without an `@` or without a dot in its domain.
pub async fn create_rejects_malformed_email_address(context: &Context<'_>) -> Outcome {
    for email in [context.word(), format!("{}@localhost", context.word())] {
        let new = context.new_user_with_email_address(email);
        expect_rejected(context, new, codes::FORM_PARAM_FORMAT_INVALID, "email_address").await?;
    }
    Ok(())
}

/// Checks that `create` rejects a phone number that is not in E.164 format.
pub async fn create_rejects_malformed_phone_number(context: &Context<'_>) -> Outcome {
    let new = context.new_user_with_phone_number("not a number");
    expect_rejected(context, new, codes::FORM_PARAM_FORMAT_INVALID, "phone_number").await
}

/// Checks that `create` rejects a wallet whose address is invalid.
pub async fn create_rejects_malformed_web3_wallet(context: &Context<'_>) -> Outcome {
    let new = context.new_user_with_web3_wallet("not a wallet");
    expect_rejected(context, new, codes::FORM_PARAM_FORMAT_INVALID, "web3_wallet").await
}

/// Checks that `create` rejects a locale that is not a language tag.
pub async fn create_rejects_malformed_locale(context: &Context<'_>) -> Outcome {
    let new = context.new_user().locale("not a locale!");
    expect_rejected(context, new, codes::FORM_PARAM_FORMAT_INVALID, "locale").await
}

/// Checks that `create` rejects a time zone that is not an IANA name.
pub async fn create_rejects_malformed_timezone(context: &Context<'_>) -> Outcome {
    let new = context.new_user().timezone("not a time zone!");
    expect_rejected(context, new, codes::FORM_PARAM_FORMAT_INVALID, "timezone").await
}

/// Checks that `create` rejects a username of one character.
pub async fn create_rejects_too_short_username(context: &Context<'_>) -> Outcome {
    expect_rejected(context, context.new_user().username("a"), codes::FORM_USERNAME_INVALID_LENGTH, "username").await
}

/// Checks that `create` rejects a username of 300 characters.
pub async fn create_rejects_too_long_username(context: &Context<'_>) -> Outcome {
    let new = context.new_user().username("a".repeat(300));
    expect_rejected(context, new, codes::FORM_USERNAME_INVALID_LENGTH, "username").await
}

/// Checks that `create` rejects a username with a space or an `@`.
pub async fn create_rejects_username_with_invalid_characters(context: &Context<'_>) -> Outcome {
    for username in [format!("{} {}", context.word(), context.word()), context.email_address()] {
        let new = context.new_user().username(username);
        expect_rejected(context, new, codes::FORM_USERNAME_INVALID_CHARACTER, "username").await?;
    }
    Ok(())
}

/// Checks that `create` rejects a username that contains only digits, `_` and `-`.
pub async fn create_rejects_username_without_letters(context: &Context<'_>) -> Outcome {
    for username in ["123456", "123_4-56"] {
        let new = context.new_user().username(username);
        expect_rejected(context, new, codes::FORM_USERNAME_NEEDS_NON_NUMBER_CHAR, "username").await?;
    }
    Ok(())
}

/// Checks that `create` rejects a phone number as a username.
pub async fn create_rejects_phone_number_as_username(context: &Context<'_>) -> Outcome {
    let new = context.new_user().username(context.phone_number());
    expect_rejected(context, new, codes::FORM_USERNAME_CANNOT_BE_PHONE_NUMBER, "username").await
}

/// Checks that `create` accepts 8,000 bytes of each kind of metadata and rejects 8,193 bytes.
pub async fn create_limits_metadata_to_8_kb(context: &Context<'_>) -> Outcome {
    let with_size = |size: usize| json(&format!(r#"{{"a":"{}"}}"#, "x".repeat(size - r#"{"a":""}"#.len())));
    let valid = with_size(8_000);
    let new = context.new_user().public_metadata(valid.clone()).private_metadata(valid.clone());
    let user = context.create(new.unsafe_metadata(valid.clone())).await?;
    ensure_eq!(user.private_metadata, valid, "metadata of the largest size");
    let too_large = with_size(8 * 1024 + 1);
    for (new, param_name) in [
        (context.new_user().public_metadata(too_large.clone()), "public_metadata"),
        (context.new_user().private_metadata(too_large.clone()), "private_metadata"),
        (context.new_user().unsafe_metadata(too_large.clone()), "unsafe_metadata"),
    ] {
        expect_rejected(context, new, codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE, param_name).await?;
    }
    Ok(())
}

/// Checks that `create` creates no user and reserves no identifier when the input is rejected.
pub async fn create_creates_nothing_when_rejected(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let new = context.new_user_with_email_address(&email);
    expect_rejected(context, new.clone().username("a"), codes::FORM_USERNAME_INVALID_LENGTH, "username").await?;
    context.expect(UserFilter::new().email_address(&email), &[]).await?;
    context.create(new).await?;
    Ok(())
}
