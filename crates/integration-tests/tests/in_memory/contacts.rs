//! `replace_email_address`, `replace_phone_number`, `delete_passkey`, `delete_web3_wallet` and
//! `delete_external_account`.

use user_directory::model::{
    EmailAddress, EmailAddressReplacement, ExternalAccount, IdentificationLink, IdentifierStatus, OAuthAccessToken,
    OAuthToken, Passkey, PhoneNumber, PhoneNumberReplacement, TotpCode, Verification, Web3WalletId,
};
use user_directory::{ErrorKind, NewUser, Operation, Page, User, UserDirectory, UserFilter, UserId, codes};

use crate::support::{
    World, assert_identifier_taken, assert_not_found, assert_param_rejected, assert_rejected, at, unknown_user_id,
    user_id,
};

const WALLETS: [&str; 3] = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
];
const STATUSES: [IdentifierStatus; 3] =
    [IdentifierStatus::Verified, IdentifierStatus::Reserved, IdentifierStatus::Unverified];

fn email(address: &str) -> EmailAddressReplacement {
    EmailAddressReplacement::new(address)
}

fn phone(number: &str) -> PhoneNumberReplacement {
    PhoneNumberReplacement::new(number)
}

#[tokio::test]
async fn replace_email_address_deletes_all_addresses_and_sets_the_primary_one() {
    let world = World::new();
    let id = world.create(NewUser::new().email_address("ada@example.com").email_address("b@example.com")).await.id;
    world.tick();
    let returned = world.directory.replace_email_address(&id, &email("Ada@example.org")).await.unwrap();
    assert_eq!(returned.email_address, "Ada@example.org");
    assert_eq!(returned.verification, Some(Verification::by_admin()));
    assert!(!returned.reserved);
    let user = world.get(&id).await;
    assert_eq!((&user.email_addresses, &user.primary_email_address_id), (&vec![returned.clone()].into(), &returned.id));
    assert_eq!(user.updated_at, Some(at("2026-05-12T09:00:01Z")));
    assert_eq!(world.matching(UserFilter::new().email_address("ada@example.org")).await, [id.as_str()]);
    for freed in ["ada@example.com", "b@example.com"] {
        assert_eq!(world.matching(UserFilter::new().email_address(freed)).await, [""; 0]);
        world.create(NewUser::new().email_address(freed)).await;
    }
}

#[tokio::test]
async fn replace_phone_number_deletes_all_numbers_and_sets_the_primary_one() {
    let world = World::new();
    let id = world.create(NewUser::new().phone_number("+15550100001").phone_number("+15550100002")).await.id;
    let returned = world.directory.replace_phone_number(&id, &phone("+15550100003")).await.unwrap();
    assert_eq!((returned.is_verified(), returned.reserved, returned.reserved_for_second_factor), (true, false, false));
    let user = world.get(&id).await;
    assert_eq!((&user.phone_numbers, &user.primary_phone_number_id), (&vec![returned.clone()].into(), &returned.id));
    world.create(NewUser::new().phone_number("+15550100001").phone_number("+15550100002")).await;
    assert_eq!(world.matching(UserFilter::new().phone_number("+15550100003")).await, [id.as_str()]);
}

#[tokio::test]
async fn replace_email_address_and_phone_number_set_the_status() {
    for status in STATUSES {
        let expected = match status {
            IdentifierStatus::Verified => (true, false),
            IdentifierStatus::Reserved => (false, true),
            IdentifierStatus::Unverified => (false, false),
        };
        let world = World::new();
        let id = world.user("ada").await.id;
        let replacement = email("ada@example.org").identification_status(status);
        let returned = world.directory.replace_email_address(&id, &replacement).await.unwrap();
        assert_eq!((returned.is_verified(), returned.reserved), expected, "{status:?}");
        let replacement = phone("+15550100001").identification_status(status);
        let returned = world.directory.replace_phone_number(&id, &replacement).await.unwrap();
        assert_eq!((returned.is_verified(), returned.reserved), expected, "{status:?}");
        assert_eq!(world.get(&id).await.primary_phone_number_id, returned.id);
    }
}

#[tokio::test]
async fn replace_email_address_and_phone_number_allow_sharing_of_unverified_identifiers_only() {
    for status in STATUSES {
        let world = World::new();
        let (ada, grace) = (world.user("ada").await.id, world.user("grace").await.id);
        let address = email("shared@example.com").identification_status(status);
        let number = phone("+15550100001").identification_status(status);
        world.directory.replace_email_address(&ada, &address).await.unwrap();
        world.directory.replace_phone_number(&ada, &number).await.unwrap();
        let before = world.get(&grace).await;
        let (address, number) = (email("SHARED@example.com"), phone("+15550100001"));
        let emailed = world.directory.replace_email_address(&grace, &address).await;
        let phoned = world.directory.replace_phone_number(&grace, &number).await;
        if status == IdentifierStatus::Unverified {
            assert!(emailed.is_ok() && phoned.is_ok());
            let filter = UserFilter::new().email_address("shared@example.com");
            assert_eq!(world.matching(filter).await, [grace.as_str(), ada.as_str()]);
            // The address is now taken by the verified one.
            let result = world.directory.replace_email_address(&ada, &address).await;
            assert_identifier_taken(result, Operation::ReplaceEmailAddress, "email_address");
            world.directory.delete(&ada).await.unwrap();
            let filter = UserFilter::new().phone_number("+15550100001");
            assert_eq!(world.matching(filter).await, [grace.as_str()]);
        } else {
            assert_identifier_taken(emailed, Operation::ReplaceEmailAddress, "email_address");
            assert_identifier_taken(phoned, Operation::ReplacePhoneNumber, "phone_number");
            assert_eq!(world.get(&grace).await, before);
        }
        // Unverified identifiers can always be shared.
        let unclaimed = address.identification_status(IdentifierStatus::Unverified);
        world.directory.replace_email_address(&grace, &unclaimed).await.unwrap();
    }
}

#[tokio::test]
async fn replace_email_address_and_phone_number_accept_the_current_identifier() {
    let world = World::new();
    let user = world.create(NewUser::new().email_address("ada@example.com").phone_number("+15550100001")).await;
    let returned = world.directory.replace_email_address(&user.id, &email("ADA@example.com")).await.unwrap();
    assert_ne!(Some(returned.id), user.primary_email_address_id.map(Some));
    world.directory.replace_phone_number(&user.id, &phone("+15550100001")).await.unwrap();
    assert_eq!(world.matching(UserFilter::new().email_address("ada@example.com")).await, [user.id.as_str()]);
}

#[tokio::test]
async fn replace_email_address_and_phone_number_reject_malformed_identifiers_and_unknown_users() {
    let world = World::new();
    let before = world.user("ada").await;
    let code = codes::FORM_PARAM_FORMAT_INVALID;
    for address in ["", "ada", "Ada <ada@example.com>"] {
        let result = world.directory.replace_email_address(&before.id, &email(address)).await;
        assert_param_rejected(result, Operation::ReplaceEmailAddress, code, "email_address");
    }
    for number in ["", "555", "+1-555-0100"] {
        let result = world.directory.replace_phone_number(&before.id, &phone(number)).await;
        assert_param_rejected(result, Operation::ReplacePhoneNumber, code, "phone_number");
    }
    assert_eq!(world.get(&before.id).await, before);
    let result = world.directory.replace_email_address(&unknown_user_id(), &email("ada@example.org")).await;
    assert_not_found(result, Operation::ReplaceEmailAddress);
    let result = world.directory.replace_phone_number(&unknown_user_id(), &phone("+15550100001")).await;
    assert_not_found(result, Operation::ReplacePhoneNumber);
}

fn account(id: &str, provider: &str, provider_user_id: &str) -> ExternalAccount {
    let mut account = ExternalAccount::new(id.parse().unwrap(), provider);
    account.provider_user_id = provider_user_id.into();
    account
}

/// A user whose address and number are linked to a Google account in the older format.
fn connected() -> User {
    let link = IdentificationLink::new("oauth_google", "idn_google".parse().unwrap());
    let mut user = User::new(user_id("user_connected"));
    let mut address = EmailAddress::new("ada@example.com");
    (address.id, address.verification) = (Some("idn_email".parse().unwrap()), Some(Verification::by_admin()));
    address.linked_to = vec![link.clone()];
    let mut number = PhoneNumber::new("+15550100001");
    number.linked_to = vec![link];
    let mut google = account("idn_google", "oauth_google", "42");
    google.external_account_id = Some("eac_google".parse().unwrap());
    user.email_addresses = vec![address].into();
    user.phone_numbers = vec![number].into();
    user.external_accounts = vec![google, account("eac_github", "oauth_github", "42")].into();
    user
}

#[tokio::test]
async fn replace_email_address_rejects_linked_address_until_account_is_deleted() {
    let world = World::new();
    world.directory.load([connected()]).await.unwrap();
    let id = user_id("user_connected");
    let before = world.get(&id).await;
    let result = world.directory.replace_email_address(&id, &email("ada@example.org")).await;
    let bad = (400, ErrorKind::InvalidInput);
    let code = codes::DELETE_LINKED_IDENTIFICATION_DISALLOWED;
    assert_rejected(result, Operation::ReplaceEmailAddress, bad, code, None);
    assert_eq!(world.get(&id).await, before);

    world.directory.delete_external_account(&id, before.external_accounts[0].id_to_delete()).await.unwrap();
    let user = world.get(&id).await;
    assert!(user.email_addresses[0].linked_to.is_empty() && user.phone_numbers[0].linked_to.is_empty());
    world.directory.replace_email_address(&id, &email("ada@example.org")).await.unwrap();
}

#[tokio::test]
async fn delete_external_account_uses_external_account_id_and_deletes_tokens() {
    let world = World::new();
    world.directory.load([connected()]).await.unwrap();
    let id = user_id("user_connected");
    for account in ["eac_google", "idn_google", "eac_github"] {
        let mut token = OAuthAccessToken::new("oauth_google", OAuthToken::new(format!("of {account}")));
        token.external_account_id = Some(account.parse().unwrap());
        world.directory.add_oauth_access_token(&id, token).await.unwrap();
    }
    let missing = (404, ErrorKind::NotFound);
    for unknown in ["idn_google", "eac_unknown"] {
        let result = world.directory.delete_external_account(&id, &unknown.parse().unwrap()).await;
        assert_rejected(result, Operation::DeleteExternalAccount, missing, codes::EXTERNAL_ACCOUNT_NOT_FOUND, None);
    }
    assert_eq!(world.get(&id).await.external_accounts.len(), 2);
    let deleted = world.directory.delete_external_account(&id, &"eac_google".parse().unwrap()).await.unwrap();
    assert_eq!((deleted.object.as_str(), deleted.id.as_deref()), ("external_account", Some("eac_google")));
    let user = world.get(&id).await;
    assert_eq!(user.external_accounts, [account("eac_github", "oauth_github", "42")]);

    let google = "oauth_google".parse().unwrap();
    let tokens = world.directory.get_oauth_access_token(&id, &google, &Page::new()).await.unwrap();
    let tokens: Vec<_> = tokens.iter().map(|token| token.token.expose_secret()).collect();
    assert_eq!(tokens, ["of eac_github"]);
    assert_eq!(world.matching(UserFilter::new().provider_users(google, ["42"])).await, [""; 0]);
    let result = world.directory.delete_external_account(&unknown_user_id(), &"eac_google".parse().unwrap()).await;
    assert_not_found(result, Operation::DeleteExternalAccount);
}

#[tokio::test]
async fn delete_external_account_frees_the_provider_user_id() {
    let world = World::new();
    let (ada, grace) = (world.user("ada").await.id, world.user("grace").await.id);
    world.directory.add_external_account(&ada, account("eac_1", "oauth_google", "42")).await.unwrap();
    let error = world.directory.add_external_account(&grace, account("eac_2", "oauth_google", "42")).await.unwrap_err();
    assert!(error.is_conflict());
    assert!(world.get(&grace).await.external_accounts.is_empty());
    world.directory.add_external_account(&grace, account("eac_3", "oauth_github", "42")).await.unwrap();
    world.directory.delete_external_account(&ada, &"eac_1".parse().unwrap()).await.unwrap();
    world.directory.add_external_account(&grace, account("eac_2", "oauth_google", "42")).await.unwrap();
    // An empty provider user id is unknown and never conflicts.
    world.directory.add_external_account(&ada, account("eac_4", "oauth_google", "")).await.unwrap();
    world.directory.add_external_account(&grace, account("eac_5", "oauth_google", "")).await.unwrap();
    let error = world
        .directory
        .add_external_account(&unknown_user_id(), account("eac_6", "oauth_google", "7"))
        .await
        .unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn replace_phone_number_disables_second_factors_if_the_number_was_one() {
    let world = World::new();
    let new = || NewUser::new().totp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").backup_codes(["code"]);
    let user = world.create(new().phone_number("+15550100001").phone_number("+15550100002")).await;
    let second = user.phone_numbers[1].id.clone().unwrap();
    world.directory.reserve_for_second_factor(&user.id, &second).await.unwrap();
    world.tick();
    let returned = world.directory.replace_phone_number(&user.id, &phone("+15550100003")).await.unwrap();
    assert!(!returned.reserved_for_second_factor && !returned.default_second_factor);
    let user = world.get(&user.id).await;
    assert!(!user.two_factor_enabled && !user.totp_enabled && !user.backup_code_enabled);
    assert_eq!(user.mfa_disabled_at, Some(at("2026-05-12T09:00:01Z")));
    assert!(world.directory.verify_totp(&user.id, &TotpCode::new("code")).await.unwrap_err().is_invalid_input());

    // A number that is not a second factor does not disable them.
    let user = world.create(new().phone_number("+15550100009")).await;
    world.directory.replace_phone_number(&user.id, &phone("+15550100008")).await.unwrap();
    let user = world.get(&user.id).await;
    assert!(user.two_factor_enabled && user.totp_enabled && user.backup_code_enabled);
}

#[tokio::test]
async fn delete_passkey_deletes_by_id() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let laptop = world.directory.add_passkey(&id, Passkey::new("laptop")).await.unwrap();
    let mut phone = Passkey::new("phone");
    phone.id = Some("idn_phone".parse().unwrap());
    assert_eq!(world.directory.add_passkey(&id, phone).await.unwrap(), "idn_phone");
    let deleted = world.directory.delete_passkey(&id, &laptop).await.unwrap();
    assert_eq!((deleted.object.as_str(), deleted.id.as_deref()), ("passkey", Some(laptop.as_str())));
    let names: Vec<_> = world.get(&id).await.passkeys.into_iter().map(|passkey| passkey.name).collect();
    assert_eq!(names, ["phone"]);
    let before = world.get(&id).await;
    assert_not_found(world.directory.delete_passkey(&id, &laptop).await, Operation::DeletePasskey);
    assert_not_found(world.directory.delete_passkey(&unknown_user_id(), &laptop).await, Operation::DeletePasskey);
    assert_eq!(world.get(&id).await, before);
}

async fn wallet_ids(world: &World, id: &UserId) -> Vec<Web3WalletId> {
    world.get(id).await.web3_wallets.into_iter().filter_map(|wallet| wallet.id).collect()
}

#[tokio::test]
async fn delete_web3_wallet_makes_the_next_verified_wallet_primary() {
    let world = World::new();
    let named = NewUser::new().username("ada_lovelace");
    let id = world.create(WALLETS.into_iter().fold(named, NewUser::web3_wallet)).await.id;
    let wallets = wallet_ids(&world, &id).await;
    world.directory.set_web3_wallet_verification(&id, &wallets[1], None).await.unwrap();
    let deleted = world.directory.delete_web3_wallet(&id, &wallets[0]).await.unwrap();
    assert_eq!((deleted.object.as_str(), deleted.id.as_deref()), ("web3_wallet", Some(wallets[0].as_str())));
    assert_eq!(world.get(&id).await.primary_web3_wallet_id.as_ref(), Some(&wallets[2]));
    assert_not_found(world.directory.delete_web3_wallet(&id, &wallets[0]).await, Operation::DeleteWeb3Wallet);

    world.directory.delete_web3_wallet(&id, &wallets[2]).await.unwrap();
    assert_eq!(world.get(&id).await.primary_web3_wallet_id, None);
    world.directory.delete_web3_wallet(&id, &wallets[1]).await.unwrap();
    assert!(wallet_ids(&world, &id).await.is_empty());
    world.create(WALLETS.into_iter().fold(NewUser::new(), NewUser::web3_wallet)).await;
    let result = world.directory.delete_web3_wallet(&unknown_user_id(), &wallets[0]).await;
    assert_not_found(result, Operation::DeleteWeb3Wallet);
}
