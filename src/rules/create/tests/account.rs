//! Tests of the account of a new user.

use std::time::Duration;

use crate::account::{Account, Lock};
use crate::model::{
    BackupCode, EmailAddress, NewUser, PasswordDigest, PasswordHasher, PhoneNumber, TotpSecret, User, Verification,
    Web3Wallet,
};
use crate::rules::create::account;
use crate::rules::tests::{Instance, TOTP_SECRET, WALLETS, at, earlier, id, metadata, now};
use crate::rules::{IdGenerator, InstanceSettings};

fn create(new: &NewUser) -> Account {
    account(id("user_1"), new, None, Instance::default().context()).unwrap()
}

/// Returns the account of a new user for a request without fields.
fn default_account() -> Account {
    let mut user = User::new(id("user_1"));
    user.delete_self_enabled = true;
    user.create_organization_enabled = true;
    user.created_at = Some(now());
    user.updated_at = Some(now());
    Account::new(user, now())
}

#[test]
fn create_sets_defaults() {
    assert_eq!(create(&NewUser::new()), default_account());
}

#[test]
fn create_copies_each_field() {
    let new = NewUser::new()
        .external_id("external-1")
        .first_name("Ada")
        .last_name("Lovelace")
        .locale("en-GB")
        .timezone("Europe/London")
        .username("Ada_Lovelace")
        .public_metadata(metadata(r#"{ "a": 1 }"#))
        .private_metadata(metadata(r#"{"b":2}"#))
        .unsafe_metadata(metadata(r#"{"c":3}"#))
        .delete_self_enabled(false)
        .create_organization_enabled(false)
        .create_organizations_limit(5)
        .legal_accepted_at(earlier())
        .bypass_client_trust(true)
        .banned(true)
        .created_at(at("2020-01-01T00:00:00.123456Z"));
    let account = create(&new);
    let mut expected = default_account();
    let user = &mut expected.user;
    user.external_id = Some("external-1".into());
    user.first_name = Some("Ada".into());
    user.last_name = Some("Lovelace".into());
    user.locale = Some("en-GB".into());
    user.timezone = Some("Europe/London".into());
    user.username = Some("Ada_Lovelace".into());
    user.public_metadata = metadata(r#"{"a":1}"#);
    user.private_metadata = metadata(r#"{"b":2}"#);
    user.unsafe_metadata = metadata(r#"{"c":3}"#);
    user.delete_self_enabled = false;
    user.create_organization_enabled = false;
    user.create_organizations_limit = Some(5);
    user.legal_accepted_at = Some(earlier());
    user.bypass_client_trust = true;
    user.banned = true;
    user.created_at = Some(at("2020-01-01T00:00:00.123Z"));
    assert_eq!(account, expected);
    assert_eq!(account.user.public_metadata.as_json(), r#"{"a":1}"#);
}

#[test]
fn create_makes_the_first_identifier_of_each_kind_the_primary_one() {
    let new = NewUser::new()
        .reserved_email_address("ada@example.com")
        .email_address("second@example.com")
        .phone_number("+15555550101")
        .reserved_phone_number("+15555550102")
        .web3_wallet(WALLETS[0])
        .web3_wallet(WALLETS[1]);
    let email = |email_id: &str, address: &str, verified: bool| {
        let mut email = EmailAddress::new(address);
        email.id = Some(id(email_id));
        email.reserved = !verified;
        email.verification = verified.then(Verification::by_admin);
        (email.created_at, email.updated_at) = (Some(now()), Some(now()));
        email
    };
    let phone = |phone_id: &str, number: &str, verified: bool| {
        let mut phone = PhoneNumber::new(number);
        phone.id = Some(id(phone_id));
        phone.reserved = !verified;
        phone.verification = verified.then(Verification::by_admin);
        (phone.created_at, phone.updated_at) = (Some(now()), Some(now()));
        phone
    };
    let wallet = |wallet_id: &str, address: &str| {
        let mut wallet = Web3Wallet::new(address);
        wallet.id = Some(id(wallet_id));
        wallet.verification = Some(Verification::by_admin());
        (wallet.created_at, wallet.updated_at) = (Some(now()), Some(now()));
        wallet
    };
    let mut expected = default_account();
    let user = &mut expected.user;
    user.email_addresses =
        vec![email("idn_1", "ada@example.com", false), email("idn_2", "second@example.com", true)].into();
    user.phone_numbers = vec![phone("idn_3", "+15555550101", true), phone("idn_4", "+15555550102", false)].into();
    user.web3_wallets = vec![wallet("idn_5", WALLETS[0]), wallet("idn_6", WALLETS[1])].into();
    user.primary_email_address_id = Some(id("idn_1"));
    user.primary_phone_number_id = Some(id("idn_3"));
    user.primary_web3_wallet_id = Some(id("idn_5"));
    assert_eq!(create(&new), expected);
}

#[test]
fn create_sets_the_password() {
    let digest = PasswordDigest::new(PasswordHasher::Bcrypt, "digest");
    let created = account(id("user_1"), &NewUser::new(), Some(digest.clone()), Instance::default().context());
    let mut expected = default_account();
    expected.password = Some(digest);
    expected.user.password_enabled = true;
    expected.user.password_last_updated_at = Some(now());
    assert_eq!(created.unwrap(), expected);
}

#[test]
fn create_enables_second_factors() {
    let created = create(&NewUser::new().totp_secret(TOTP_SECRET).backup_codes(["code-1", "code-2"]));
    let mut expected = default_account();
    expected.totp_secret = Some(TotpSecret::new(TOTP_SECRET));
    expected.backup_codes = vec![BackupCode::new("code-1"), BackupCode::new("code-2")];
    expected.user.totp_enabled = true;
    expected.user.backup_code_enabled = true;
    expected.user.two_factor_enabled = true;
    expected.user.mfa_enabled_at = Some(now());
    assert_eq!(created, expected);
}

#[test]
fn create_locks_for_the_lockout_duration() {
    for (duration, lock) in
        [(Some(Duration::from_secs(60)), Lock::Until(at("2026-05-12T09:01:00Z"))), (None, Lock::Forever)]
    {
        let instance = Instance::new(InstanceSettings::permissive().lockout_duration(duration));
        let mut expected = default_account();
        expected.lock = Some(lock);
        let created = account(id("user_1"), &NewUser::new().locked(true), None, instance.context());
        assert_eq!(created.unwrap(), expected);
    }
    assert_eq!(create(&NewUser::new().locked(false)).lock, None);
}

#[test]
fn create_rejects_malformed_generated_ids() {
    #[derive(Debug)]
    struct Malformed;
    impl IdGenerator for Malformed {
        fn next_id(&self, _prefix: &str) -> String {
            "a/b".to_owned()
        }
    }
    let instance = Instance::default();
    let context = crate::rules::Context { ids: &Malformed, ..instance.context() };
    for new in [
        NewUser::new().email_address("ada@example.com"),
        NewUser::new().phone_number("+15555550101"),
        NewUser::new().web3_wallet(WALLETS[0]),
    ] {
        let error = account(id("user_1"), &new, None, context).unwrap_err();
        assert_eq!(error.message(), Some("the id generator returned a malformed id"));
    }
}
