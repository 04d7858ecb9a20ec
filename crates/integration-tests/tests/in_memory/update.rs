//! `update`.

use user_directory::model::{EmailAddressId, IdentifierStatus, PhoneNumberId, Web3WalletId};
use user_directory::{ErrorKind, NewUser, Operation, Password, Sessions, UserDirectory, UserFilter, UserUpdate, codes};

use crate::support::{
    World, assert_identifier_taken, assert_not_found, assert_param_rejected, assert_rejected, assert_validation_error,
    at, start, unknown_user_id,
};

const WALLETS: [&str; 2] = ["0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77"];

#[tokio::test]
async fn update_changes_only_given_fields() {
    let world = World::new();
    let before = world.create(NewUser::new().email_address("ada@example.com").first_name("Ada").locale("en")).await;
    world.tick();
    let user = world.directory.update(&before.id, &UserUpdate::new().last_name("Lovelace")).await.unwrap();
    let mut expected = before.clone();
    expected.last_name = Some("Lovelace".into());
    expected.updated_at = Some(at("2026-05-12T09:00:01Z"));
    assert_eq!(user, expected);
    assert_eq!(world.get(&before.id).await, expected);
}

#[tokio::test]
async fn update_sets_and_clears_every_field() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let set = UserUpdate::new()
        .external_id("crm-1")
        .first_name("Ada")
        .last_name("Lovelace")
        .locale("en-GB")
        .timezone("Europe/London")
        .username("ada_lovelace")
        .legal_accepted_at(start())
        .create_organizations_limit(2_u32)
        .delete_self_enabled(false)
        .create_organization_enabled(false)
        .bypass_client_trust(true)
        .created_at(at("2020-01-01T00:00:00Z"));
    let user = world.directory.update(&id, &set).await.unwrap();
    assert_eq!(user.external_id.as_deref(), Some("crm-1"));
    assert_eq!(user.full_name().as_deref(), Some("Ada Lovelace"));
    assert_eq!((user.locale.as_deref(), user.username.as_deref()), (Some("en-GB"), Some("ada_lovelace")));
    assert_eq!((user.legal_accepted_at, user.created_at), (Some(start()), Some(at("2020-01-01T00:00:00Z"))));
    assert_eq!(user.create_organizations_limit, Some(2));
    assert!(!user.delete_self_enabled && !user.create_organization_enabled && user.bypass_client_trust);

    let clear = UserUpdate::new()
        .clear_external_id()
        .clear_first_name()
        .clear_last_name()
        .clear_locale()
        .clear_timezone()
        .clear_username()
        .clear_legal_accepted_at()
        .clear_create_organizations_limit()
        .clear_delete_self_enabled()
        .clear_create_organization_enabled()
        .clear_bypass_client_trust()
        .clear_primary_email_address_id()
        .clear_created_at();
    let user = world.directory.update(&id, &clear).await.unwrap();
    assert_eq!(user.external_id.or(user.first_name).or(user.last_name).or(user.locale).or(user.username), None);
    assert_eq!((user.legal_accepted_at, user.create_organizations_limit), (None, None));
    // Flags are reset to their defaults. `created_at` cannot be cleared.
    assert!(user.delete_self_enabled && user.create_organization_enabled && !user.bypass_client_trust);
    assert_eq!(user.created_at, Some(at("2020-01-01T00:00:00Z")));
    assert_eq!(user.primary_email_address_id, None);
}

#[tokio::test]
async fn update_to_empty_username_removes_the_username() {
    let world = World::new();
    let new = NewUser::new().username("ada_lovelace").email_address("ada@example.com");
    let id = world.create(new).await.id;
    let user = world.directory.update(&id, &UserUpdate::new().username("")).await.unwrap();
    assert_eq!(user.username, None);
    assert_eq!(world.matching(UserFilter::new().username("ada_lovelace")).await, [""; 0]);
}

#[tokio::test]
async fn update_rejects_taken_username_and_external_id_of_other_users_only() {
    let world = World::new();
    world.create(NewUser::new().username("ada_lovelace").external_id("crm-1")).await;
    let grace = world.create(NewUser::new().username("grace").external_id("crm-2")).await;
    let result = world.directory.update(&grace.id, &UserUpdate::new().username("ADA_lovelace")).await;
    assert_identifier_taken(result, Operation::Update, "username");
    let result = world.directory.update(&grace.id, &UserUpdate::new().external_id("crm-1")).await;
    assert_identifier_taken(result, Operation::Update, "external_id");
    assert_eq!(world.get(&grace.id).await, grace);

    let update = UserUpdate::new().username("Grace").external_id("crm-2");
    assert_eq!(world.directory.update(&grace.id, &update).await.unwrap().username.as_deref(), Some("Grace"));
}

#[tokio::test]
async fn update_frees_old_username_and_external_id() {
    let world = World::new();
    let ada = world.create(NewUser::new().username("ada_lovelace").external_id("crm-1")).await;
    world.directory.update(&ada.id, &UserUpdate::new().username("countess").external_id("crm-9")).await.unwrap();
    assert_eq!(world.matching(UserFilter::new().username("ada_lovelace")).await, [""; 0]);
    assert_eq!(world.matching(UserFilter::new().username("COUNTESS")).await, [ada.id.as_str()]);
    assert_eq!(world.matching(UserFilter::new().external_id("crm-9")).await, [ada.id.as_str()]);
    let other = world.create(NewUser::new().username("ada_lovelace").external_id("crm-1")).await;
    assert_eq!(world.matching(UserFilter::new().external_id("crm-1")).await, [other.id.as_str()]);
}

#[tokio::test]
async fn update_rejects_malformed_fields_and_changes_nothing() {
    let world = World::new();
    let before = world.user("ada").await;
    let update = UserUpdate::new;
    let long = "n".repeat(257);
    for (update, code, param_name) in [
        (update().first_name(long.as_str()), codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, "first_name"),
        (update().last_name(long.as_str()), codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, "last_name"),
        (update().locale("?"), codes::FORM_PARAM_FORMAT_INVALID, "locale"),
        (update().username("ada"), codes::FORM_USERNAME_INVALID_LENGTH, "username"),
        (update().username("ada!!"), codes::FORM_USERNAME_INVALID_CHARACTER, "username"),
        (update().username("12345"), codes::FORM_USERNAME_NEEDS_NON_NUMBER_CHAR, "username"),
        (update().password(Password::new("short")), codes::FORM_PASSWORD_LENGTH_TOO_SHORT, "password"),
    ] {
        let update = update.external_id("never");
        assert_param_rejected(world.directory.update(&before.id, &update).await, Operation::Update, code, param_name);
    }
    assert_eq!(world.get(&before.id).await, before);
    assert_eq!(world.matching(UserFilter::new().external_id("never")).await, [""; 0]);
}

#[tokio::test]
async fn update_rejects_empty_external_id() {
    let world = World::new();
    let before = world.create(NewUser::new().username("ada_lovelace").external_id("crm-1")).await;
    let result = world.directory.update(&before.id, &UserUpdate::new().external_id("")).await;
    assert_param_rejected(result, Operation::Update, codes::FORM_PARAM_VALUE_INVALID, "external_id");
    assert_eq!(world.get(&before.id).await, before);
}

#[tokio::test]
async fn update_reports_all_invalid_fields() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let update = UserUpdate::new().username("ada").locale("?");
    let error = world.directory.update(&id, &update).await.unwrap_err();
    let params: Vec<_> = error.details().iter().filter_map(|error| error.param_name()).collect();
    assert_eq!(params, ["locale", "username"]);
}

#[tokio::test]
async fn update_fails_with_not_found_for_unknown_user_or_image() {
    let world = World::new();
    let update = UserUpdate::new().first_name("Ada");
    assert_not_found(world.directory.update(&unknown_user_id(), &update).await, Operation::Update);
    let before = world.user("ada").await;
    let update = update.profile_image_id("not-an-image".parse::<user_directory::model::ImageId>().unwrap());
    let result = world.directory.update(&before.id, &update).await;
    assert_rejected(result, Operation::Update, (404, ErrorKind::NotFound), codes::IMAGE_NOT_FOUND, None);
    assert_eq!(world.get(&before.id).await, before);
}

#[tokio::test]
async fn update_rejects_password_options_without_password() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let result = world.directory.update(&id, &UserUpdate::new().skip_password_checks(true)).await;
    assert_validation_error(result, Operation::Update, "skip_password_checks");
    // Validated before the user is looked up.
    let result = world.directory.update(&unknown_user_id(), &UserUpdate::new().other_sessions(Sessions::Revoke)).await;
    assert_validation_error(result, Operation::Update, "sign_out_of_other_sessions");
}

#[tokio::test]
async fn update_sets_primary_identifiers() {
    let world = World::new();
    let new = NewUser::new()
        .email_address("ada@example.com")
        .email_address("countess@example.com")
        .phone_number("+15550100001")
        .phone_number("+15550100002")
        .web3_wallet(WALLETS[0])
        .web3_wallet(WALLETS[1]);
    let user = world.create(new).await;
    let update = UserUpdate::new()
        .primary_email_address_id(user.email_addresses[1].id.clone().unwrap())
        .primary_phone_number_id(user.phone_numbers[1].id.clone().unwrap())
        .primary_web3_wallet_id(user.web3_wallets[1].id.clone().unwrap());
    let user = world.directory.update(&user.id, &update).await.unwrap();
    assert_eq!(user.primary_email_address().unwrap().email_address, "countess@example.com");
    assert_eq!(user.primary_phone_number().unwrap().phone_number, "+15550100002");
    assert_eq!(user.primary_web3_wallet().unwrap().web3_wallet, WALLETS[1]);
}

#[tokio::test]
async fn update_rejects_primary_identifier_of_another_user() {
    let world = World::new();
    let full = NewUser::new().email_address("ada@example.com").phone_number("+15550100001").web3_wallet(WALLETS[0]);
    let other = world.create(full).await;
    let before = world.user("grace").await;
    for (update, param_name) in [
        (
            UserUpdate::new().primary_email_address_id(other.primary_email_address_id.unwrap()),
            "primary_email_address_id",
        ),
        (UserUpdate::new().primary_phone_number_id(other.primary_phone_number_id.unwrap()), "primary_phone_number_id"),
        (UserUpdate::new().primary_web3_wallet_id(other.primary_web3_wallet_id.unwrap()), "primary_web3_wallet_id"),
        (
            UserUpdate::new().primary_email_address_id("idn_unknown".parse::<EmailAddressId>().unwrap()),
            "primary_email_address_id",
        ),
        (
            UserUpdate::new().primary_phone_number_id("idn_unknown".parse::<PhoneNumberId>().unwrap()),
            "primary_phone_number_id",
        ),
        (
            UserUpdate::new().primary_web3_wallet_id("idn_unknown".parse::<Web3WalletId>().unwrap()),
            "primary_web3_wallet_id",
        ),
    ] {
        let result = world.directory.update(&before.id, &update).await;
        assert_param_rejected(result, Operation::Update, codes::FORM_RESOURCE_NOT_FOUND, param_name);
    }
    assert_eq!(world.get(&before.id).await, before);
}

#[tokio::test]
async fn update_rejects_unverified_primary_identifier() {
    let world = World::new();
    let new = NewUser::new()
        .email_address("ada@example.com")
        .reserved_email_address("countess@example.com")
        .phone_number("+15550100001")
        .reserved_phone_number("+15550100002")
        .web3_wallet(WALLETS[0])
        .web3_wallet(WALLETS[1]);
    let user = world.create(new).await;
    let wallet = user.web3_wallets[1].id.clone().unwrap();
    world.directory.set_web3_wallet_verification(&user.id, &wallet, None).await.unwrap();
    let before = world.get(&user.id).await;
    for (update, param_name) in [
        (
            UserUpdate::new().primary_email_address_id(user.email_addresses[1].id.clone().unwrap()),
            "primary_email_address_id",
        ),
        (
            UserUpdate::new().primary_phone_number_id(user.phone_numbers[1].id.clone().unwrap()),
            "primary_phone_number_id",
        ),
        (UserUpdate::new().primary_web3_wallet_id(wallet), "primary_web3_wallet_id"),
    ] {
        let result = world.directory.update(&user.id, &update).await;
        assert_param_rejected(result, Operation::Update, codes::FORM_VERIFICATION_NEEDED, param_name);
    }
    assert_eq!(world.get(&user.id).await, before);
}

#[tokio::test]
async fn update_accepts_banned_and_locked_users() {
    let world = World::new();
    let id = world.create(NewUser::new().username("ada_lovelace").banned(true).locked(true)).await.id;
    let user = world.directory.update(&id, &UserUpdate::new().first_name("Ada")).await.unwrap();
    assert_eq!(user.first_name.as_deref(), Some("Ada"));
    assert!(user.banned && user.locked);
}

#[tokio::test]
async fn update_of_created_at_moves_the_user_in_list() {
    let world = World::new();
    let ada = world.user("ada").await.id;
    world.tick();
    let grace = world.user("grace").await.id;
    world.directory.update(&grace, &UserUpdate::new().created_at(at("2020-01-01T00:00:00Z"))).await.unwrap();
    assert_eq!(crate::support::ids(&world.all_users().await), [ada.as_str(), grace.as_str()]);
    assert_eq!(world.matching(UserFilter::new().created_at_before(start())).await, [grace.as_str()]);
    assert_eq!(world.directory.count(&UserFilter::new()).await.unwrap(), 2);
    let unverified = user_directory::model::EmailAddressReplacement::new("ada@example.org")
        .identification_status(IdentifierStatus::Unverified);
    world.directory.replace_email_address(&ada, &unverified).await.unwrap();
    assert_eq!(world.all_users().await.len(), 2);
}
