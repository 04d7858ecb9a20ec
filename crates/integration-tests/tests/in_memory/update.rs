//! `update`.

use user_directory::{
    EmailAddressId, ErrorKind, NewUser, Operation, Password, PhoneNumberId, ReplacementStatus, UserDirectory,
    UserFilter, UserUpdate, Web3WalletId, codes,
};

use crate::support::{
    World, assert_invalid, assert_not_found, assert_refused, assert_taken, assert_unprocessable, at, nobody, start,
};

const WALLETS: [&str; 2] = ["0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77"];

#[tokio::test]
async fn what_is_named_changes_and_nothing_else() {
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
async fn every_field_can_be_set_and_cleared() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let set = UserUpdate::new()
        .external_id("crm-1")
        .first_name("Ada")
        .last_name("Lovelace")
        .locale("en-GB")
        .username("ada.lovelace")
        .legal_accepted_at(start())
        .create_organizations_limit(2_u32)
        .delete_self_enabled(false)
        .create_organization_enabled(false)
        .bypass_client_trust(true)
        .created_at(at("2020-01-01T00:00:00Z"));
    let user = world.directory.update(&id, &set).await.unwrap();
    assert_eq!(user.external_id.as_deref(), Some("crm-1"));
    assert_eq!(user.full_name().as_deref(), Some("Ada Lovelace"));
    assert_eq!((user.locale.as_deref(), user.username.as_deref()), (Some("en-GB"), Some("ada.lovelace")));
    assert_eq!((user.legal_accepted_at, user.created_at), (Some(start()), Some(at("2020-01-01T00:00:00Z"))));
    assert_eq!(user.create_organizations_limit, Some(2));
    assert!(!user.delete_self_enabled && !user.create_organization_enabled && user.bypass_client_trust);

    let clear = UserUpdate::new()
        .clear_external_id()
        .clear_first_name()
        .clear_last_name()
        .clear_locale()
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
    // A switch is as on a new user again; a user was always created at some time.
    assert!(user.delete_self_enabled && user.create_organization_enabled && !user.bypass_client_trust);
    assert_eq!(user.created_at, Some(at("2020-01-01T00:00:00Z")));
    assert_eq!(user.primary_email_address_id, None);
}

#[tokio::test]
async fn a_blank_user_name_takes_it_away() {
    let world = World::new();
    let id = world.create(NewUser::new().username("ada.lovelace")).await.id;
    let user = world.directory.update(&id, &UserUpdate::new().username("")).await.unwrap();
    assert_eq!(user.username, None);
    assert_eq!(world.matching(UserFilter::new().username("ada.lovelace")).await, [""; 0]);
}

#[tokio::test]
async fn names_of_other_users_are_refused_and_one_s_own_are_not() {
    let world = World::new();
    world.create(NewUser::new().username("ada.lovelace").external_id("crm-1")).await;
    let grace = world.create(NewUser::new().username("grace").external_id("crm-2")).await;
    let result = world.directory.update(&grace.id, &UserUpdate::new().username("ADA.lovelace")).await;
    assert_taken(result, Operation::Update, "username");
    let result = world.directory.update(&grace.id, &UserUpdate::new().external_id("crm-1")).await;
    assert_taken(result, Operation::Update, "external_id");
    assert_eq!(world.get(&grace.id).await, grace);

    let update = UserUpdate::new().username("Grace").external_id("crm-2");
    assert_eq!(world.directory.update(&grace.id, &update).await.unwrap().username.as_deref(), Some("Grace"));
}

#[tokio::test]
async fn a_name_is_found_under_its_new_value_and_the_old_one_is_free() {
    let world = World::new();
    let ada = world.create(NewUser::new().username("ada.lovelace").external_id("crm-1")).await;
    world.directory.update(&ada.id, &UserUpdate::new().username("countess").external_id("crm-9")).await.unwrap();
    assert_eq!(world.matching(UserFilter::new().username("ada.lovelace")).await, [""; 0]);
    assert_eq!(world.matching(UserFilter::new().username("COUNTESS")).await, [ada.id.as_str()]);
    assert_eq!(world.matching(UserFilter::new().external_id("crm-9")).await, [ada.id.as_str()]);
    let other = world.create(NewUser::new().username("ada.lovelace").external_id("crm-1")).await;
    assert_eq!(world.matching(UserFilter::new().external_id("crm-1")).await, [other.id.as_str()]);
}

#[tokio::test]
async fn malformed_fields_are_refused_and_the_user_stays_as_it_was() {
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
        assert_unprocessable(world.directory.update(&before.id, &update).await, Operation::Update, code, param_name);
    }
    assert_eq!(world.get(&before.id).await, before);
    assert_eq!(world.matching(UserFilter::new().external_id("never")).await, [""; 0]);
}

#[tokio::test]
async fn an_empty_external_id_is_refused_and_not_a_way_to_clear_it() {
    let world = World::new();
    let before = world.create(NewUser::new().username("ada.lovelace").external_id("crm-1")).await;
    let result = world.directory.update(&before.id, &UserUpdate::new().external_id("")).await;
    assert_unprocessable(result, Operation::Update, codes::FORM_PARAM_VALUE_INVALID, "external_id");
    assert_eq!(world.get(&before.id).await, before);
}

#[tokio::test]
async fn all_that_is_wrong_is_said_at_once() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let update = UserUpdate::new().username("ada").locale("?");
    let error = world.directory.update(&id, &update).await.unwrap_err();
    let params: Vec<_> = error.api_errors().iter().filter_map(|error| error.param_name()).collect();
    assert_eq!(params, ["locale", "username"]);
}

#[tokio::test]
async fn an_unknown_user_or_image_is_not_found() {
    let world = World::new();
    let update = UserUpdate::new().first_name("Ada");
    assert_not_found(world.directory.update(&nobody(), &update).await, Operation::Update);
    let before = world.user("ada").await;
    let update = update.profile_image_id("not-an-image".parse::<user_directory::ImageId>().unwrap());
    let result = world.directory.update(&before.id, &update).await;
    assert_refused(result, Operation::Update, (404, ErrorKind::NotFound), codes::IMAGE_NOT_FOUND, None);
    assert_eq!(world.get(&before.id).await, before);
}

#[tokio::test]
async fn parameters_of_a_plain_password_need_one() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let result = world.directory.update(&id, &UserUpdate::new().skip_password_checks(true)).await;
    assert_invalid(result, Operation::Update, "skip_password_checks");
    // Before the user is looked for.
    let result = world.directory.update(&nobody(), &UserUpdate::new().sign_out_of_other_sessions(true)).await;
    assert_invalid(result, Operation::Update, "sign_out_of_other_sessions");
}

#[tokio::test]
async fn a_verified_identifier_of_the_user_becomes_the_primary_one() {
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
async fn another_user_s_identifier_does_not_become_a_primary_one() {
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
        assert_unprocessable(result, Operation::Update, codes::FORM_RESOURCE_NOT_FOUND, param_name);
    }
    assert_eq!(world.get(&before.id).await, before);
}

#[tokio::test]
async fn an_identifier_that_is_not_verified_does_not_become_a_primary_one() {
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
    world.directory.set_web3_wallet_verification(&user.id, &wallet, None).unwrap();
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
        assert_unprocessable(result, Operation::Update, codes::FORM_VERIFICATION_NEEDED, param_name);
    }
    assert_eq!(world.get(&user.id).await, before);
}

#[tokio::test]
async fn banned_and_locked_users_are_updated_like_any_other() {
    let world = World::new();
    let id = world.create(NewUser::new().username("ada.lovelace").banned(true).locked(true)).await.id;
    let user = world.directory.update(&id, &UserUpdate::new().first_name("Ada")).await.unwrap();
    assert_eq!(user.first_name.as_deref(), Some("Ada"));
    assert!(user.banned && user.locked);
}

#[tokio::test]
async fn a_user_moves_in_the_list_with_its_time_of_creation() {
    let world = World::new();
    let ada = world.user("ada").await.id;
    world.tick();
    let grace = world.user("grace").await.id;
    world.directory.update(&grace, &UserUpdate::new().created_at(at("2020-01-01T00:00:00Z"))).await.unwrap();
    assert_eq!(crate::support::ids(&world.everybody().await), [ada.as_str(), grace.as_str()]);
    assert_eq!(world.matching(UserFilter::new().created_at_before(start())).await, [grace.as_str()]);
    assert_eq!(world.directory.count(&UserFilter::new()).await.unwrap(), 2);
    let unverified = user_directory::EmailAddressReplacement::new("ada@example.org")
        .identification_status(ReplacementStatus::Unverified);
    world.directory.replace_email_address(&ada, &unverified).await.unwrap();
    assert_eq!(world.everybody().await.len(), 2);
}
