//! Creating users.

use jiff::Timestamp;

use super::check::{Outcome, ensure, ensure_eq, invalid};
use super::context::{Context, json};
use super::at;
use crate::error::codes;
use crate::model::{EmailAddress, Metadata, NewUser, PhoneNumber, Text, UserFilter, Web3Wallet};
use crate::operation::Operation;

behaviours! {
    Create: a_new_user_is_answered_with_what_was_given, a_new_user_is_read_as_it_was_answered,
        each_new_user_has_an_id_of_its_own, a_new_user_has_times_of_creation_and_change,
        the_first_email_address_is_the_primary_one, the_first_phone_number_is_the_primary_one,
        the_first_wallet_is_the_primary_one, new_email_addresses_are_verified_unless_reserved,
        new_phone_numbers_are_verified_unless_reserved, new_wallets_are_verified,
        metadata_of_a_new_user_is_kept, a_new_user_without_metadata_has_empty_objects,
        a_given_time_of_creation_is_kept, the_time_of_legal_acceptance_is_kept, switches_of_a_new_user_are_kept,
        a_user_can_be_created_banned, a_user_can_be_created_locked, a_new_user_is_neither_banned_nor_locked,
        a_user_can_lack_identifiers_if_the_requirement_is_skipped, a_malformed_email_address_is_refused,
        a_malformed_phone_number_is_refused, a_malformed_wallet_is_refused, a_malformed_locale_is_refused,
        a_user_name_that_is_too_short_is_refused, a_user_name_that_is_too_long_is_refused,
        a_user_name_with_other_characters_is_refused, a_user_name_that_is_a_phone_number_is_refused,
        metadata_of_8_kb_is_taken_and_more_is_refused,
        a_refused_creation_creates_nobody;
}

/// What `create` answers has the fields that were given.
pub async fn a_new_user_is_answered_with_what_was_given(context: &Context<'_>) -> Outcome {
    let (username, external_id, email) = (context.word(), context.word(), context.email_address());
    let new = NewUser::new().username(&username).external_id(&external_id).email_address(&email);
    let user = context.create(new.first_name("Ada").last_name("Lovelace").locale("en-GB")).await?;
    ensure_eq!(user.username, Some(Text::from(username)), "the user name");
    ensure_eq!(user.external_id, Some(Text::from(external_id)), "the external id");
    ensure_eq!(user.first_name.as_deref(), Some("Ada"), "the first name");
    ensure_eq!(user.last_name.as_deref(), Some("Lovelace"), "the last name");
    ensure_eq!(user.locale.as_deref(), Some("en-GB"), "the locale");
    ensure_eq!(user.email_addresses.len(), 1, "the number of email addresses");
    ensure_eq!(user.email_addresses[0].email_address, email, "the email address");
    Ok(())
}

/// A user who was created is read with the same fields.
pub async fn a_new_user_is_read_as_it_was_answered(context: &Context<'_>) -> Outcome {
    let created = context.create(context.new_user().first_name("Ada")).await?;
    ensure_eq!(context.get(&created.id).await?, created, "the user");
    Ok(())
}

/// No two users have the same id.
pub async fn each_new_user_has_an_id_of_its_own(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    ensure!(ada.id != grace.id, "two users have the id {}", ada.id);
    Ok(())
}

/// Both times are known, and the change is not before the creation.
pub async fn a_new_user_has_times_of_creation_and_change(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    ensure!(user.created_at.is_some(), "the time of creation is missing");
    ensure!(user.updated_at >= user.created_at, "the user was changed before it was created");
    Ok(())
}

/// All email addresses are kept, and the first one is the primary one.
pub async fn the_first_email_address_is_the_primary_one(context: &Context<'_>) -> Outcome {
    let (first, second) = (context.email_address(), context.email_address());
    let user = context.create(NewUser::new().email_address(&first).email_address(&second)).await?;
    let primary = user.primary_email_address().map(|email| &email.email_address);
    ensure_eq!(primary, Some(&Text::from(first)), "the primary email address");
    ensure!(user.email_addresses.iter().any(|email| email.email_address == second), "the second address is missing");
    Ok(())
}

/// All phone numbers are kept, and the first one is the primary one.
pub async fn the_first_phone_number_is_the_primary_one(context: &Context<'_>) -> Outcome {
    let (first, second) = (context.phone_number(), context.phone_number());
    let user = context.create(NewUser::new().phone_number(&first).phone_number(&second)).await?;
    let primary = user.primary_phone_number().map(|phone| &phone.phone_number);
    ensure_eq!(primary, Some(&Text::from(first)), "the primary phone number");
    ensure!(user.phone_numbers.iter().any(|phone| phone.phone_number == second), "the second number is missing");
    Ok(())
}

/// All wallets are kept, and the first one is the primary one.
pub async fn the_first_wallet_is_the_primary_one(context: &Context<'_>) -> Outcome {
    let (first, second) = (context.web3_wallet(), context.web3_wallet());
    let user = context.create(NewUser::new().web3_wallet(&first).web3_wallet(&second)).await?;
    let primary = user.primary_web3_wallet().map(|wallet| &wallet.web3_wallet);
    ensure_eq!(primary, Some(&Text::from(first)), "the primary wallet");
    ensure!(user.web3_wallets.iter().any(|wallet| wallet.web3_wallet == second), "the second wallet is missing");
    Ok(())
}

/// An email address is verified, or reserved if it was given so.
pub async fn new_email_addresses_are_verified_unless_reserved(context: &Context<'_>) -> Outcome {
    let new = NewUser::new().email_address(context.email_address()).reserved_email_address(context.email_address());
    let user = context.create(new).await?;
    let mut found: Vec<_> = user.email_addresses.iter().map(|email| (email.is_verified(), email.reserved)).collect();
    found.sort_unstable();
    ensure_eq!(found, [(false, true), (true, false)], "(verified, reserved) of the two addresses");
    Ok(())
}

/// A phone number is verified, or reserved if it was given so.
pub async fn new_phone_numbers_are_verified_unless_reserved(context: &Context<'_>) -> Outcome {
    let new = NewUser::new().phone_number(context.phone_number()).reserved_phone_number(context.phone_number());
    let user = context.create(new).await?;
    let mut found: Vec<_> = user.phone_numbers.iter().map(|phone| (phone.is_verified(), phone.reserved)).collect();
    found.sort_unstable();
    ensure_eq!(found, [(false, true), (true, false)], "(verified, reserved) of the two numbers");
    Ok(())
}

/// A wallet is verified.
pub async fn new_wallets_are_verified(context: &Context<'_>) -> Outcome {
    let user = context.create(NewUser::new().web3_wallet(context.web3_wallet())).await?;
    ensure!(user.web3_wallets.iter().all(Web3Wallet::is_verified), "the wallet is not verified");
    Ok(())
}

/// Metadata of all three kinds is kept apart.
pub async fn metadata_of_a_new_user_is_kept(context: &Context<'_>) -> Outcome {
    let [public, private, r#unsafe] = [r#"{"a":1}"#, r#"{"b":[true,null]}"#, r#"{"c":{"d":"e"}}"#].map(json);
    let new = context.new_user().public_metadata(public.clone()).private_metadata(private.clone());
    let user = context.create(new.unsafe_metadata(r#unsafe.clone())).await?;
    ensure!(user.public_metadata == public, "public: {}", user.public_metadata.as_json());
    ensure!(user.private_metadata == private, "private: {}", user.private_metadata.as_json());
    ensure!(user.unsafe_metadata == r#unsafe, "unsafe: {}", user.unsafe_metadata.as_json());
    Ok(())
}

/// Metadata that was not given is an empty object.
pub async fn a_new_user_without_metadata_has_empty_objects(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let kinds = [&user.public_metadata, &user.private_metadata, &user.unsafe_metadata];
    ensure!(kinds.into_iter().all(Metadata::is_empty), "there is metadata that nobody gave");
    Ok(())
}

/// A user who signed up elsewhere keeps the time of it.
pub async fn a_given_time_of_creation_is_kept(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().created_at(at("2020-02-29T12:34:56.789Z"))).await?;
    ensure_eq!(user.created_at, Some(at("2020-02-29T12:34:56.789Z")), "the time of creation");
    Ok(())
}

/// The time at which the legal requirements were accepted is kept.
pub async fn the_time_of_legal_acceptance_is_kept(context: &Context<'_>) -> Outcome {
    let accepted: Timestamp = at("2021-03-04T05:06:07Z");
    let user = context.create(context.new_user().legal_accepted_at(accepted)).await?;
    ensure_eq!(user.legal_accepted_at, Some(accepted), "the time of acceptance");
    Ok(())
}

/// What a user may do is as it was given.
pub async fn switches_of_a_new_user_are_kept(context: &Context<'_>) -> Outcome {
    let new = context.new_user().delete_self_enabled(false).create_organization_enabled(false);
    let user = context.create(new.create_organizations_limit(3).bypass_client_trust(true)).await?;
    ensure!(!user.delete_self_enabled, "the user may delete the account");
    ensure!(!user.create_organization_enabled, "the user may create organizations");
    ensure_eq!(user.create_organizations_limit, Some(3), "how many organizations the user may create");
    ensure!(user.bypass_client_trust, "the check of the device is not passed over");
    Ok(())
}

/// A user can be banned from the start.
pub async fn a_user_can_be_created_banned(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().banned(true)).await?;
    ensure!(user.banned, "the user is not banned");
    ensure!(context.get(&user.id).await?.banned, "the user is read as one who is not banned");
    Ok(())
}

/// A user can be locked from the start.
pub async fn a_user_can_be_created_locked(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().locked(true)).await?;
    ensure!(user.locked, "the user is not locked");
    ensure!(context.get(&user.id).await?.locked, "the user is read as one who is not locked");
    Ok(())
}

/// A user of whom nothing else is said is neither banned nor locked.
pub async fn a_new_user_is_neither_banned_nor_locked(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    ensure_eq!((user.banned, user.locked), (false, false), "(banned, locked)");
    Ok(())
}

/// `skip_user_requirement` lets a user have no identifier.
pub async fn a_user_can_lack_identifiers_if_the_requirement_is_skipped(context: &Context<'_>) -> Outcome {
    let user = context.create(NewUser::new().first_name("Ada").skip_user_requirement(true)).await?;
    ensure_eq!(user.email_addresses, [] as [EmailAddress; 0], "the email addresses");
    ensure_eq!(user.phone_numbers, [] as [PhoneNumber; 0], "the phone numbers");
    Ok(())
}

async fn expect_invalid(context: &Context<'_>, new: NewUser, code: &str, param_name: &str) -> Outcome {
    invalid(context.try_create(&new).await, Operation::Create, code, Some(param_name))
}

/// An email address has an `@`.
pub async fn a_malformed_email_address_is_refused(context: &Context<'_>) -> Outcome {
    let new = NewUser::new().email_address(context.word());
    expect_invalid(context, new, codes::FORM_PARAM_FORMAT_INVALID, "email_address").await
}

/// A phone number is one as E.164 writes it.
pub async fn a_malformed_phone_number_is_refused(context: &Context<'_>) -> Outcome {
    let new = context.new_user().phone_number("not a number");
    expect_invalid(context, new, codes::FORM_PARAM_FORMAT_INVALID, "phone_number").await
}

/// A wallet has an address.
pub async fn a_malformed_wallet_is_refused(context: &Context<'_>) -> Outcome {
    let new = context.new_user().web3_wallet("not a wallet");
    expect_invalid(context, new, codes::FORM_PARAM_FORMAT_INVALID, "web3_wallet").await
}

/// A locale is a language tag.
pub async fn a_malformed_locale_is_refused(context: &Context<'_>) -> Outcome {
    let new = context.new_user().locale("not a locale!");
    expect_invalid(context, new, codes::FORM_PARAM_FORMAT_INVALID, "locale").await
}

/// A user name has more than one character.
pub async fn a_user_name_that_is_too_short_is_refused(context: &Context<'_>) -> Outcome {
    expect_invalid(context, context.new_user().username("a"), codes::FORM_USERNAME_INVALID_LENGTH, "username").await
}

/// A user name does not have hundreds of characters.
pub async fn a_user_name_that_is_too_long_is_refused(context: &Context<'_>) -> Outcome {
    let new = context.new_user().username("a".repeat(300));
    expect_invalid(context, new, codes::FORM_USERNAME_INVALID_LENGTH, "username").await
}

/// A user name has no spaces and no `@`.
pub async fn a_user_name_with_other_characters_is_refused(context: &Context<'_>) -> Outcome {
    for username in [format!("{} {}", context.word(), context.word()), context.email_address()] {
        let new = context.new_user().username(username);
        expect_invalid(context, new, codes::FORM_USERNAME_INVALID_CHARACTER, "username").await?;
    }
    Ok(())
}

/// A user name is not a phone number.
pub async fn a_user_name_that_is_a_phone_number_is_refused(context: &Context<'_>) -> Outcome {
    let new = context.new_user().username(context.phone_number());
    expect_invalid(context, new, codes::FORM_USERNAME_CANNOT_BE_PHONE_NUMBER, "username").await
}

/// Each kind of metadata may have 8 KB.
pub async fn metadata_of_8_kb_is_taken_and_more_is_refused(context: &Context<'_>) -> Outcome {
    let of_size = |size: usize| json(&format!(r#"{{"a":"{}"}}"#, "x".repeat(size - r#"{"a":""}"#.len())));
    let fits = of_size(8_000);
    let new = context.new_user().public_metadata(fits.clone()).private_metadata(fits.clone());
    let user = context.create(new.unsafe_metadata(fits.clone())).await?;
    ensure_eq!(user.private_metadata, fits, "metadata that fits");
    let much = of_size(8 * 1024 + 1);
    for (new, param_name) in [
        (context.new_user().public_metadata(much.clone()), "public_metadata"),
        (context.new_user().private_metadata(much.clone()), "private_metadata"),
        (context.new_user().unsafe_metadata(much.clone()), "unsafe_metadata"),
    ] {
        expect_invalid(context, new, codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE, param_name).await?;
    }
    Ok(())
}

/// After a refusal there is no user, and the identifiers that were right are free.
pub async fn a_refused_creation_creates_nobody(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let new = NewUser::new().email_address(&email);
    expect_invalid(context, new.clone().username("a"), codes::FORM_USERNAME_INVALID_LENGTH, "username").await?;
    context.expect(UserFilter::new().email_address(&email), &[]).await?;
    context.create(new).await?;
    Ok(())
}
