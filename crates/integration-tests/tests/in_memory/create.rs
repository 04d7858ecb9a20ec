//! `create`, `get` and `delete`.

use user_directory::model::Verification;
use user_directory::store_directory::InstanceSettings;
use user_directory::{
    ErrorKind, InMemoryUserDirectory, NewUser, Operation, User, UserDirectory, UserFilter, UserUpdate, codes,
};

use crate::support::{
    World, assert_identifier_taken, assert_not_found, assert_param_rejected, assert_rejected, at, json, start, user_id,
};

const WALLET: &str = "0x52908400098527886E0F7030069857D2E4169EE7";
const SOLANA: &str = "7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV";

fn named(username: &str) -> NewUser {
    NewUser::new().username(username)
}

#[tokio::test]
async fn create_sets_given_fields_and_defaults() {
    let world = World::new();
    let new = NewUser::new()
        .external_id("crm-1")
        .first_name("Ada")
        .last_name("Lovelace")
        .locale("en-GB")
        .email_address("ada@example.com")
        .email_address("countess@example.com")
        .phone_number("+15550100001")
        .web3_wallet(WALLET)
        .web3_wallet(SOLANA)
        .username("ada_lovelace")
        .public_metadata(json(r#"{"plan":"pro"}"#))
        .private_metadata(json(r#"{"note":1}"#))
        .unsafe_metadata(json(r#"{"theme":"dark"}"#))
        .delete_self_enabled(false)
        .create_organization_enabled(false)
        .create_organizations_limit(3)
        .legal_accepted_at(at("2026-01-01T00:00:00Z"))
        .bypass_client_trust(true);
    let user = world.create(new).await;

    assert_eq!(user, world.get(&user.id).await);
    assert_eq!(user.id, "user_1");
    assert_eq!(user.external_id.as_deref(), Some("crm-1"));
    assert_eq!((user.first_name.as_deref(), user.last_name.as_deref()), (Some("Ada"), Some("Lovelace")));
    assert_eq!((user.locale.as_deref(), user.username.as_deref()), (Some("en-GB"), Some("ada_lovelace")));
    assert_eq!(user.public_metadata.as_json(), r#"{"plan":"pro"}"#);
    assert_eq!(user.private_metadata.as_json(), r#"{"note":1}"#);
    assert_eq!(user.unsafe_metadata.as_json(), r#"{"theme":"dark"}"#);
    assert_eq!((user.delete_self_enabled, user.create_organization_enabled), (false, false));
    assert_eq!(user.create_organizations_limit, Some(3));
    assert_eq!(user.legal_accepted_at, Some(at("2026-01-01T00:00:00Z")));
    assert!(user.bypass_client_trust);
    assert_eq!((user.created_at, user.updated_at), (Some(start()), Some(start())));
    assert_eq!(user.last_sign_in_at.or(user.last_active_at), None);
    assert!(!user.banned && !user.locked && !user.password_enabled && !user.two_factor_enabled && !user.has_image);
    assert_eq!(user.verification_attempts_remaining, Some(10));

    assert_eq!(user.primary_email_address().unwrap().email_address, "ada@example.com");
    assert_eq!(user.primary_phone_number().unwrap().phone_number, "+15550100001");
    assert_eq!(user.primary_web3_wallet().unwrap().web3_wallet, WALLET);
    assert_eq!(user.email_addresses.len(), 2);
    for verification in [
        &user.email_addresses[0].verification,
        &user.email_addresses[1].verification,
        &user.phone_numbers[0].verification,
        &user.web3_wallets[1].verification,
    ] {
        assert_eq!(verification.as_ref(), Some(&Verification::by_admin()));
    }
}

#[tokio::test]
async fn create_numbers_users_and_identifiers_separately() {
    let world = World::new();
    for n in 1..=3 {
        let user = world.create(NewUser::new().email_address(format!("u{n}@example.com"))).await;
        assert_eq!(
            (user.id, user.email_addresses[0].id.clone()),
            (user_id(&format!("user_{n}")), format!("idn_{n}").parse().ok())
        );
    }
}

#[tokio::test]
async fn create_sets_default_flags() {
    let user = World::new().user("ada").await;
    assert!(user.delete_self_enabled && user.create_organization_enabled);
    assert_eq!(user.create_organizations_limit, None);
    assert!(!user.bypass_client_trust);
}

#[tokio::test]
async fn create_makes_reserved_identifiers_primary_and_unverified() {
    let new = NewUser::new().reserved_email_address("ada@example.com").reserved_phone_number("+15550100001");
    let user = World::new().create(new).await;
    let (email, phone) = (user.primary_email_address().unwrap(), user.primary_phone_number().unwrap());
    assert!(email.reserved && !email.is_verified());
    assert!(phone.reserved && !phone.is_verified() && !phone.reserved_for_second_factor);
}

#[tokio::test]
async fn create_rejects_taken_identifiers_of_any_case_and_status() {
    let world = World::new();
    world
        .create(
            named("ada_lovelace")
                .external_id("crm-1")
                .email_address("Ada@Example.com")
                .reserved_email_address("reserved@example.com")
                .phone_number("+15550100001")
                .reserved_phone_number("+15550100002")
                .web3_wallet(WALLET),
        )
        .await;
    let before = world.all_users().await;
    for (new, param_name) in [
        (NewUser::new().email_address("ada@example.com"), "email_address"),
        (NewUser::new().reserved_email_address("ADA@EXAMPLE.COM"), "email_address"),
        (NewUser::new().email_address("grace@example.com").email_address("reserved@EXAMPLE.com"), "email_address"),
        (NewUser::new().phone_number("+15550100001"), "phone_number"),
        (NewUser::new().phone_number("+15550100002"), "phone_number"),
        (NewUser::new().web3_wallet(WALLET.to_lowercase()), "web3_wallet"),
        (named("ADA_Lovelace"), "username"),
        (NewUser::new().email_address("grace@example.com").external_id("crm-1"), "external_id"),
    ] {
        assert_identifier_taken(world.directory.create(&new).await, Operation::Create, param_name);
    }
    assert_eq!(world.all_users().await, before);
    // External ids are case-sensitive.
    assert_eq!(world.create(named("grace").external_id("CRM-1")).await.external_id.as_deref(), Some("CRM-1"));
}

#[tokio::test]
async fn create_rejects_duplicate_identifiers_in_one_request() {
    let world = World::new();
    for (new, param_name) in [
        (NewUser::new().email_address("ada@example.com").reserved_email_address("ADA@example.com"), "email_address"),
        (NewUser::new().phone_number("+15550100001").phone_number("+15550100001"), "phone_number"),
        (NewUser::new().web3_wallet(WALLET).web3_wallet(WALLET), "web3_wallet"),
    ] {
        let result = world.directory.create(&new).await;
        assert_param_rejected(result, Operation::Create, codes::FORM_PARAM_DUPLICATE, param_name);
    }
    assert_eq!(world.directory.count(&UserFilter::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn create_rejects_malformed_fields_with_their_codes() {
    let world = World::new();
    let email = NewUser::new().email_address("ada@example.com");
    let long_name = "n".repeat(257);
    for (new, code, param_name) in [
        (NewUser::new().email_address("ada"), codes::FORM_PARAM_FORMAT_INVALID, "email_address"),
        (NewUser::new().email_address("ada@"), codes::FORM_PARAM_FORMAT_INVALID, "email_address"),
        (NewUser::new().email_address("Ada <ada@example.com>"), codes::FORM_PARAM_FORMAT_INVALID, "email_address"),
        (NewUser::new().email_address(" ada@example.com"), codes::FORM_PARAM_FORMAT_INVALID, "email_address"),
        (NewUser::new().reserved_email_address(""), codes::FORM_PARAM_FORMAT_INVALID, "email_address"),
        (NewUser::new().phone_number("5550100001"), codes::FORM_PARAM_FORMAT_INVALID, "phone_number"),
        (NewUser::new().phone_number("+0550100001"), codes::FORM_PARAM_FORMAT_INVALID, "phone_number"),
        (NewUser::new().phone_number("+1 555 010 0001"), codes::FORM_PARAM_FORMAT_INVALID, "phone_number"),
        (NewUser::new().phone_number("+1234567890123456"), codes::FORM_PARAM_FORMAT_INVALID, "phone_number"),
        (NewUser::new().web3_wallet("0x1234"), codes::FORM_PARAM_FORMAT_INVALID, "web3_wallet"),
        (email.clone().locale("english please"), codes::FORM_PARAM_FORMAT_INVALID, "locale"),
        (email.clone().locale(""), codes::FORM_PARAM_FORMAT_INVALID, "locale"),
        (email.clone().first_name(long_name.as_str()), codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, "first_name"),
        (email.clone().last_name(long_name.as_str()), codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, "last_name"),
        (email.clone().external_id(""), codes::FORM_PARAM_VALUE_INVALID, "external_id"),
        (named("ada"), codes::FORM_USERNAME_INVALID_LENGTH, "username"),
        (named(&"a".repeat(65)), codes::FORM_USERNAME_INVALID_LENGTH, "username"),
        (named("ada lovelace"), codes::FORM_USERNAME_INVALID_CHARACTER, "username"),
        (named("ada@example.com"), codes::FORM_USERNAME_INVALID_CHARACTER, "username"),
        (named("12345"), codes::FORM_USERNAME_NEEDS_NON_NUMBER_CHAR, "username"),
        (named("123_456"), codes::FORM_USERNAME_NEEDS_NON_NUMBER_CHAR, "username"),
        (named("+15550100001"), codes::FORM_USERNAME_CANNOT_BE_PHONE_NUMBER, "username"),
        (named("+155"), codes::FORM_USERNAME_CANNOT_BE_PHONE_NUMBER, "username"),
    ] {
        assert_param_rejected(world.directory.create(&new).await, Operation::Create, code, param_name);
    }
    assert_eq!(world.directory.count(&UserFilter::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn create_accepts_fields_of_minimum_and_maximum_length() {
    let world = World::new();
    for new in [
        named("ada1"),
        named(&"a".repeat(64)),
        named("Ada-Lovelace_1-0").first_name("é".repeat(128)),
        NewUser::new().phone_number("+123456789012345"),
        NewUser::new().email_address("ada+tag@sub.example.co.uk").locale("zh-Hant-TW"),
        NewUser::new().web3_wallet(SOLANA),
    ] {
        world.create(new).await;
    }
    assert_eq!(world.directory.count(&UserFilter::new()).await.unwrap(), 6);
}

#[tokio::test]
async fn create_reports_all_invalid_fields() {
    let world = World::new();
    world.create(named("ada_lovelace")).await;
    let new = named("ada_lovelace").email_address("ada").phone_number("1");
    let error = world.directory.create(&new).await.unwrap_err();
    let params: Vec<_> = error.details().iter().filter_map(|error| error.param_name()).collect();
    assert_eq!(params, ["email_address", "phone_number", "username"]);
    // The kind is `Conflict` only if all errors are conflicts. Otherwise the caller could miss the invalid input.
    assert_eq!((error.kind(), error.status()), (ErrorKind::InvalidInput, None));
}

#[tokio::test]
async fn delete_frees_identifiers() {
    let world = World::new();
    let new = named("ada_lovelace")
        .external_id("crm-1")
        .email_address("ada@example.com")
        .phone_number("+15550100001")
        .web3_wallet(WALLET);
    let first = world.create(new.clone()).await;
    let deleted = world.directory.delete(&first.id).await.unwrap();
    assert_eq!((deleted.object.as_str(), deleted.id.as_deref()), ("user", Some("user_1")));
    assert!(deleted.deleted);
    assert_eq!(deleted.external_id.as_deref(), Some("crm-1"));
    assert_not_found(world.directory.get(&first.id).await, Operation::Get);
    assert_not_found(world.directory.delete(&first.id).await, Operation::Delete);

    let second = world.create(new).await;
    assert_ne!(first.id, second.id);
    assert_eq!(world.matching(UserFilter::new().email_address("ada@example.com")).await, [second.id.as_str()]);
}

#[tokio::test]
async fn delete_rejects_user_managed_by_scim() {
    let world = World::new();
    let id = world.user("ada").await.id;
    world.directory.set_managed_by_scim(&id, "dir_1").await.unwrap();
    let before = world.get(&id).await;
    let result = world.directory.delete(&id).await;
    assert_rejected(result, Operation::Delete, (409, ErrorKind::Conflict), codes::USER_MANAGED_BY_SCIM, None);
    assert_eq!(world.get(&id).await, before);
}

#[tokio::test]
async fn create_accepts_created_at() {
    let world = World::new();
    let new = named("ada_lovelace").created_at(at("2020-02-29T12:00:00.123456789Z"));
    let user = world.create(new).await;
    assert_eq!(user.created_at, Some(at("2020-02-29T12:00:00.123Z")));
    assert_eq!(user.updated_at, Some(start()));
    let newest = world.user("grace").await;
    assert_eq!(world.all_users().await, [newest, user]);
}

#[tokio::test]
async fn create_and_update_return_users_that_round_trip_through_json() {
    let world = World::new();
    world.clock.set(at("2026-05-12T09:00:00.123456789Z"));
    let user = world.create(named("ada_lovelace").legal_accepted_at(at("2026-01-01T00:00:00.000000001Z"))).await;
    let read: User = serde_json::from_str(&serde_json::to_string(&user).unwrap()).unwrap();
    assert_eq!(read, user);
    let update = UserUpdate::new().created_at(at("2020-01-01T00:00:00.5555Z"));
    let user = world.directory.update(&user.id, &update).await.unwrap();
    let read: User = serde_json::from_str(&serde_json::to_string(&user).unwrap()).unwrap();
    assert_eq!(read, user);
}

#[tokio::test]
async fn create_accepts_banned_and_locked() {
    let world = World::new();
    let user = world.create(named("ada_lovelace").banned(true).locked(true)).await;
    assert!(user.banned && user.locked);
    assert_eq!(user.lockout_expires_in_seconds, Some(3600));
    let user = world.create(named("grace").banned(false).locked(false)).await;
    assert!(!user.banned && !user.locked);
}

#[tokio::test]
async fn create_skips_ids_of_loaded_users() {
    let world = World::new();
    world.directory.load(["user_1", "user_2"].map(|id| User::new(user_id(id)))).await.unwrap();
    let created = world.create(named("ada_lovelace")).await;
    assert_eq!(created.id, "user_3");
    assert_eq!(world.all_users().await.len(), 3);
    assert_eq!(world.get(&user_id("user_1")).await.username, None);
}

#[derive(Debug)]
struct OneId;

impl user_directory::store_directory::IdGenerator for OneId {
    fn next_id(&self, prefix: &str) -> String {
        format!("{prefix}_1")
    }
}

#[tokio::test]
async fn create_fails_if_the_id_generator_repeats_ids() {
    let directory = InMemoryUserDirectory::builder().settings(InstanceSettings::permissive()).ids(OneId).build();
    let first = directory.create(&named("ada_lovelace")).await.unwrap();
    let error = directory.create(&named("grace")).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Configuration, Some(Operation::Create)));
    assert_eq!(directory.get(&first.id).await.unwrap(), first);
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 1);
}
