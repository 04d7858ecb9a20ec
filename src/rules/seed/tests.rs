use super::*;
use crate::account::Lock;
use crate::error::ErrorKind;
use crate::model::billing::NextPayment;
use crate::model::{
    DevicePlatform, EmailAddress, Organization, PasswordDigest, PasswordHasher, PhoneNumber, VerificationStatus,
    Web3Wallet,
};
use crate::rules::tests::{Instance, assert_rejected, at, empty_account, full_account, id, now};
use crate::rules::{RandomIds, SequentialIds};

const EXISTS: [(&str, Option<&str>); 1] = [(codes::FORM_IDENTIFIER_EXISTS, Some("id"))];
const NOT_FOUND: [(&str, Option<&str>); 1] = [(codes::RESOURCE_NOT_FOUND, None)];
/// A time with microseconds, and the same time truncated to the precision of the API.
const TIME: (&str, &str) = ("2026-05-01T00:00:00.123456Z", "2026-05-01T00:00:00.123Z");

fn passkey(passkey_id: Option<&str>) -> Passkey {
    let mut passkey = Passkey::new("new");
    passkey.id = passkey_id.map(id);
    passkey.last_used_at = Some(at(TIME.0));
    passkey
}

#[test]
fn add_passkey_keeps_the_given_id() {
    let instance = Instance::default();
    let mut account = full_account();
    let mut expected = account.clone();
    let added = add_passkey(&mut account, passkey(Some("idn_9")), instance.context()).unwrap();
    assert_eq!(added, "idn_9");
    let mut stored = passkey(Some("idn_9"));
    stored.last_used_at = Some(at(TIME.1));
    expected.user.passkeys.push(stored);
    expected.user.updated_at = Some(now());
    assert_eq!(account, expected);
    // The generator has observed the id of the passkey.
    assert_eq!(add_passkey(&mut account, passkey(None), instance.context()).unwrap(), "idn_10");
}

#[test]
fn add_passkey_generates_a_free_id() {
    let mut account = full_account();
    account.user.passkeys[0].id = Some(id("idn_1"));
    let added = add_passkey(&mut account, passkey(None), Instance::default().context()).unwrap();
    assert_eq!(added, "idn_2");
    assert_eq!(account.user.passkeys[2].id, Some(added));
}

#[test]
fn add_passkey_rejects_repeated_id() {
    let mut account = full_account();
    let result = add_passkey(&mut account, passkey(Some("idn_passkey_2")), Instance::default().context());
    assert_rejected(result, ErrorKind::Conflict, &EXISTS);
    assert_eq!(account, full_account());
}

#[test]
fn add_external_account_rejects_repeated_id() {
    let instance = Instance::default();
    let mut account = full_account();
    let external = |account_id: &str, created_at: &str| {
        let mut external = ExternalAccount::new(id(account_id), "oauth_gitlab");
        external.created_at = Some(at(created_at));
        external
    };
    add_external_account(&mut account, external("eac_gitlab", TIME.0), instance.context()).unwrap();
    let mut expected = full_account();
    expected.user.external_accounts.push(external("eac_gitlab", TIME.1));
    expected.user.updated_at = Some(now());
    assert_eq!(account, expected);

    let result = add_external_account(&mut account, external("eac_github", TIME.1), instance.context());
    assert_rejected(result, ErrorKind::Conflict, &EXISTS);
    assert_eq!(account, expected);
}

#[test]
fn seeded_resources_have_the_precision_of_the_api() {
    let [given, stored] = [TIME.0, TIME.1].map(|time| Some(at(time)));
    let mut account = empty_account();

    let mut membership =
        OrganizationMembership::new(id("orgmem_9"), Organization::new(id("org_9"), "New"), "org:admin");
    membership.created_at = given;
    membership.organization.last_active_at = given;
    let mut user = User::new(id("user_9"));
    user.organization_memberships.push(membership.clone());
    add_organization_membership(&mut account, membership).unwrap();

    let mut invitation = OrganizationInvitation::new(id("orginv_9"), "new@example.com", "org:admin");
    (invitation.expires_at, invitation.created_at) = (given, given);
    add_organization_invitation(&mut account, invitation).unwrap();

    let mut device = TrustedDevice::new(id("td_9"), DevicePlatform::Android, "com.example.new");
    device.last_used_at = given;
    add_trusted_device(&mut account, device).unwrap();

    let mut subscription = Subscription::new(id("csub_9"));
    (subscription.active_at, subscription.next_payment) = (given, Some(NextPayment::default()));
    subscription.next_payment.as_mut().unwrap().date = given;
    set_billing_subscription(&mut account, subscription);

    let resources = account.resources.unwrap();
    let loaded = Account::new(user, now()).resources.unwrap();
    for membership in [&resources.memberships[0], &loaded.memberships[0]] {
        assert_eq!((membership.created_at, membership.organization.last_active_at), (stored, stored));
    }
    let invitation = &resources.invitations[0];
    assert_eq!((invitation.expires_at, invitation.created_at), (stored, stored));
    assert_eq!(resources.trusted_devices[0].last_used_at, stored);
    let subscription = resources.subscription.unwrap();
    assert_eq!((subscription.active_at, subscription.next_payment.unwrap().date), (stored, stored));
}

#[test]
fn add_organization_membership_rejects_repeated_id() {
    let membership = |membership_id| {
        OrganizationMembership::new(id(membership_id), Organization::new(id("org_9"), "New"), "org:admin")
    };
    for mut account in [full_account(), empty_account()] {
        let mut expected = account.clone();
        expected.resources_mut().memberships.push(membership("orgmem_9"));
        add_organization_membership(&mut account, membership("orgmem_9")).unwrap();
        assert_eq!(account, expected);
        let repeated = add_organization_membership(&mut account, membership("orgmem_9"));
        assert_rejected(repeated, ErrorKind::Conflict, &EXISTS);
        assert_eq!(account, expected);
    }
}

#[test]
fn add_organization_membership_rejects_second_membership_in_an_organization() {
    let membership = |membership_id, organization: &str| {
        OrganizationMembership::new(id(membership_id), Organization::new(id(organization), "New"), "org:admin")
    };
    let mut account = empty_account();
    add_organization_membership(&mut account, membership("orgmem_9", "org_9")).unwrap();
    add_organization_membership(&mut account, membership("orgmem_8", "org_8")).unwrap();
    let before = account.clone();
    let second = add_organization_membership(&mut account, membership("orgmem_7", "org_9"));
    assert_rejected(second, ErrorKind::Conflict, &[(codes::FORM_IDENTIFIER_EXISTS, Some("organization"))]);
    assert_eq!(account, before);
}

#[test]
fn add_organization_invitation_rejects_repeated_id() {
    let invitation = |invitation_id| OrganizationInvitation::new(id(invitation_id), "new@example.com", "org:admin");
    for mut account in [full_account(), empty_account()] {
        let mut expected = account.clone();
        expected.resources_mut().invitations.push(invitation("orginv_9"));
        add_organization_invitation(&mut account, invitation("orginv_9")).unwrap();
        assert_eq!(account, expected);
        let repeated = add_organization_invitation(&mut account, invitation("orginv_9"));
        assert_rejected(repeated, ErrorKind::Conflict, &EXISTS);
        assert_eq!(account, expected);
    }
}

#[test]
fn add_trusted_device_rejects_repeated_id() {
    let device = |device_id| TrustedDevice::new(id(device_id), DevicePlatform::Android, "com.example.new");
    for mut account in [full_account(), empty_account()] {
        let mut expected = account.clone();
        expected.resources_mut().trusted_devices.push(device("td_9"));
        add_trusted_device(&mut account, device("td_9")).unwrap();
        assert_eq!(account, expected);
        assert_rejected(add_trusted_device(&mut account, device("td_9")), ErrorKind::Conflict, &EXISTS);
        assert_eq!(account, expected);
    }
    // The id of a revoked device cannot be reused.
    assert_rejected(add_trusted_device(&mut full_account(), device("td_2")), ErrorKind::Conflict, &EXISTS);
}

#[test]
fn set_web3_wallet_verification_changes_only_that_wallet() {
    let mut verification = Verification::new(VerificationStatus::Failed);
    verification.expire_at = Some(at(TIME.0));
    for verification in [Some(verification), None] {
        let mut account = full_account();
        set_web3_wallet_verification(&mut account, &id("idn_wallet_3"), verification.clone()).unwrap();
        let mut expected = full_account();
        expected.user.web3_wallets[2].verification = verification.map(|mut verification| {
            verification.expire_at = Some(at(TIME.1));
            verification
        });
        assert_eq!(account, expected);
    }
}

#[test]
fn set_web3_wallet_verification_rejects_missing_wallet() {
    let result = set_web3_wallet_verification(&mut full_account(), &id("idn_passkey_1"), None);
    assert_rejected(result, ErrorKind::NotFound, &NOT_FOUND);
}

#[test]
fn reserve_for_second_factor_makes_the_first_number_the_default() {
    let instance = Instance::default();
    let mut account = full_account();
    account.user.phone_numbers[0].reserved_for_second_factor = false;
    account.user.phone_numbers[0].default_second_factor = false;
    let mut expected = account.clone();
    expected.user.phone_numbers[1].reserved_for_second_factor = true;
    expected.user.phone_numbers[1].default_second_factor = true;
    reserve_for_second_factor(&mut account, &id("idn_phone_2"), instance.context()).unwrap();
    assert_eq!(account, expected);

    expected.user.phone_numbers[0].reserved_for_second_factor = true;
    for phone_id in ["idn_phone_1", "idn_phone_2"] {
        reserve_for_second_factor(&mut account, &id(phone_id), instance.context()).unwrap();
        assert_eq!(account, expected, "{phone_id}");
    }
}

#[test]
fn reserve_for_second_factor_enables_two_factor_authentication() {
    let mut account = empty_account();
    let mut phone = PhoneNumber::new("+15555550101");
    phone.id = Some(id("idn_phone_1"));
    account.user.phone_numbers.push(phone);
    reserve_for_second_factor(&mut account, &id("idn_phone_1"), Instance::default().context()).unwrap();
    assert!(account.user.two_factor_enabled);
    assert_eq!(account.user.mfa_enabled_at, Some(now()));
}

#[test]
fn reserve_for_second_factor_rejects_missing_phone_number() {
    let result = reserve_for_second_factor(&mut full_account(), &id("idn_email_1"), Instance::default().context());
    assert_rejected(result, ErrorKind::NotFound, &NOT_FOUND);
}

#[test]
fn record_sign_in_sets_the_times_in_milliseconds() {
    let mut account = full_account();
    record_sign_in(&mut account, at(TIME.0));
    let mut expected = full_account();
    expected.user.last_sign_in_at = Some(at(TIME.1));
    expected.user.last_active_at = Some(at(TIME.1));
    assert_eq!(account, expected);
}

#[test]
fn replace_keeps_secrets_and_resources() {
    let mut existing = full_account();
    existing.lock = Some(Lock::Forever);
    let mut new = full_account();
    new.user.first_name = Some("Augusta".into());
    new.lock = Some(Lock::Until(now()));
    new.password = Some(PasswordDigest::new(PasswordHasher::Bcrypt, "other"));
    new.totp_secret = None;
    new.backup_codes.clear();
    new.resources = None;
    let mut expected = full_account();
    expected.user.first_name = Some("Augusta".into());
    expected.lock = Some(Lock::Until(now()));
    replace(&mut existing, new);
    assert_eq!(existing, expected);
}

#[test]
fn replace_removes_secrets_that_the_new_user_does_not_have() {
    let mut existing = full_account();
    let mut expected = empty_account();
    expected.resources = full_account().resources;
    replace(&mut existing, empty_account());
    assert_eq!(existing, expected);
}

#[test]
fn replace_replaces_memberships_and_keeps_other_resources() {
    let mut existing = full_account();
    let mut new = full_account();
    let memberships = new.resources_mut().memberships.split_off(2);
    new.resources = None;
    new.resources_mut().memberships = memberships.clone().into();
    replace(&mut existing, new);
    let mut expected = full_account();
    expected.resources_mut().memberships = memberships.into();
    assert_eq!(existing, expected);
}

#[test]
fn observe_ids_passes_every_id_to_the_generator() {
    let mut user = User::new(id("user_10"));
    let (mut email, mut phone) = (EmailAddress::new("ada@example.com"), PhoneNumber::new("+15555550101"));
    let (mut wallet, mut passkey) = (Web3Wallet::new("wallet"), Passkey::new("passkey"));
    email.id = Some(id("email_11"));
    phone.id = Some(id("phone_12"));
    wallet.id = Some(id("wallet_13"));
    passkey.id = Some(id("passkey_14"));
    user.email_addresses = vec![EmailAddress::new("unknown id"), email].into();
    user.phone_numbers = vec![phone].into();
    user.web3_wallets = vec![wallet].into();
    user.passkeys = vec![passkey].into();
    user.external_accounts = vec![ExternalAccount::new(id("eac_15"), "oauth_google")].into();
    let ids = SequentialIds::default();
    observe_ids(&user, &ids);
    let next = ["user", "email", "phone", "wallet", "passkey", "eac"].map(|prefix| ids.next_id(prefix));
    assert_eq!(next, ["user_11", "email_12", "phone_13", "wallet_14", "passkey_15", "eac_16"]);
}

#[test]
fn add_passkey_accepts_generators_that_do_not_observe() {
    let settings = crate::rules::InstanceSettings::permissive();
    let context = Context { now: now(), settings: &settings, ids: &RandomIds };
    let mut account = empty_account();
    assert_eq!(add_passkey(&mut account, passkey(Some("idn_9")), context).unwrap(), "idn_9");
    assert!(add_passkey(&mut account, passkey(None), context).unwrap().as_str().starts_with("idn_"));
}
