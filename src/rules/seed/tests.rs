use super::*;
use crate::account::Lock;
use crate::error::ErrorKind;
use crate::model::billing::{CreditAdjustment, NextPayment};
use crate::model::{
    DevicePlatform, EmailAddress, ExternalAccountId, OAuthToken, Organization, PasswordDigest, PasswordHasher,
    PhoneNumber, PublicOrganizationData, VerificationStatus, Web3Wallet,
};
use crate::rules::tests::{Instance, assert_rejected, at, empty_account, full_account, id, now};
use crate::rules::{InstanceSettings, RandomIds, SequentialIds};

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
    let instance = Instance::default();
    add_organization_invitation(&mut account, invitation, instance.context()).unwrap();

    let mut device = TrustedDevice::new(id("td_9"), DevicePlatform::Android, "com.example.new");
    device.last_used_at = given;
    add_trusted_device(&mut account, device).unwrap();

    let mut subscription = Subscription::new(id("csub_9"));
    (subscription.active_at, subscription.next_payment) = (given, Some(NextPayment::default()));
    subscription.next_payment.as_mut().unwrap().date = given;
    set_billing_subscription(&mut account, subscription, instance.context()).unwrap();

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
    assert_rejected(second, ErrorKind::InvalidInput, &[(codes::ALREADY_A_MEMBER_IN_ORGANIZATION, None)]);
    assert_eq!(account, before);
}

#[test]
fn add_organization_invitation_rejects_repeated_id() {
    let instance = Instance::default();
    let invitation = |invitation_id| OrganizationInvitation::new(id(invitation_id), "new@example.com", "org:admin");
    for mut account in [full_account(), empty_account()] {
        let mut expected = account.clone();
        expected.resources_mut().invitations.push(invitation("orginv_9"));
        add_organization_invitation(&mut account, invitation("orginv_9"), instance.context()).unwrap();
        assert_eq!(account, expected);
        let repeated = add_organization_invitation(&mut account, invitation("orginv_9"), instance.context());
        assert_rejected(repeated, ErrorKind::Conflict, &EXISTS);
        assert_eq!(account, expected);
    }
}

#[test]
fn add_organization_invitation_rejects_members_and_second_pending_invitations() {
    let instance = Instance::default();
    let invitation = |number: u8, email: &str, organization: &str| {
        let mut invitation = OrganizationInvitation::new(id(&format!("orginv_{number}")), email, "org:member");
        invitation.organization_id = Some(id(organization));
        invitation
    };
    let with_status = |mut invitation: OrganizationInvitation, status: &str| {
        invitation.status = Some(status.into());
        invitation
    };
    let mut expired = invitation(3, "ada@example.com", "org_9");
    expired.expires_at = Some(now());
    let mut public = OrganizationInvitation::new(id("orginv_9"), "ada@example.com", "org:member");
    public.public_organization_data = Some(PublicOrganizationData::new(id("org_9"), "New"));
    let (member, repeated) = (codes::ALREADY_A_MEMBER_IN_ORGANIZATION, codes::ORGANIZATION_INVITATION_NOT_UNIQUE);
    let mut account = empty_account();
    let membership =
        OrganizationMembership::new(id("orgmem_1"), Organization::new(id("org_1"), "Engines"), "org:member");
    add_organization_membership(&mut account, membership).unwrap();
    for (added, rejection) in [
        (invitation(1, "ada@example.com", "org_1"), Some(member)),
        (with_status(invitation(2, "ada@example.com", "org_1"), "accepted"), None),
        (expired, None),
        (with_status(invitation(4, "ada@example.com", "org_9"), "revoked"), None),
        (invitation(5, "ada@example.com", "org_9"), None),
        (invitation(6, "ada@example.com", "org_9"), Some(repeated)),
        (invitation(7, "ADA@example.com", "org_9"), Some(repeated)),
        (public, Some(repeated)),
        (with_status(invitation(8, "ada@example.com", "org_9"), "accepted"), None),
        (invitation(10, "grace@example.com", "org_9"), None),
        (invitation(11, "ada@example.com", "org_8"), None),
    ] {
        let (before, name) = (account.clone(), added.id.clone());
        let result = add_organization_invitation(&mut account, added, instance.context());
        if let Some(code) = rejection {
            assert_rejected(result, ErrorKind::InvalidInput, &[(code, None)]);
            assert_eq!(account, before, "{name}");
        } else {
            result.unwrap();
        }
    }
}

#[test]
fn add_external_account_rejects_the_same_user_at_a_provider() {
    let instance = Instance::default();
    let external = |number: u8, provider: &str, provider_user_id: &str| {
        let mut external = ExternalAccount::new(id(&format!("eac_{number}")), provider);
        external.provider_user_id = provider_user_id.into();
        external
    };
    let mut account = empty_account();
    for (added, accepted) in [
        (external(1, "oauth_google", "7"), true),
        (external(2, "oauth_google", "7"), false),
        (external(3, "google", "7"), false),
        (external(4, "oauth_google", "8"), true),
        (external(5, "oauth_github", "7"), true),
        (external(6, "oauth_google", ""), true),
        (external(7, "oauth_google", ""), true),
    ] {
        let before = account.clone();
        let result = add_external_account(&mut account, added, instance.context());
        if accepted {
            result.unwrap();
        } else {
            let expected = [(codes::FORM_IDENTIFIER_EXISTS, Some("external_account"))];
            assert_rejected(result, ErrorKind::Conflict, &expected);
            assert_eq!(account, before);
        }
    }
}

#[test]
fn check_unique_rejects_repeated_memberships_and_external_accounts() {
    let loaded = |json: &str| Account::new(serde_json::from_str(json).unwrap(), now());
    let external = |accounts: &str| loaded(&format!(r#"{{"id": "user_1", "external_accounts": [{accounts}]}}"#));
    let google = r#"{"id": "eac_1", "provider": "oauth_google", "provider_user_id": "7"}"#;
    for other in [
        r#"{"id": "eac_2", "provider": "oauth_google", "provider_user_id": "8"}"#,
        r#"{"id": "eac_2", "provider": "oauth_github", "provider_user_id": "7"}"#,
    ] {
        check_unique(&external(&format!("{google}, {other}"))).unwrap();
    }
    let unknown = r#"{"id": "eac_1", "provider": "oauth_google", "provider_user_id": ""}"#;
    check_unique(&external(&format!("{unknown}, {unknown}"))).unwrap();
    let same = r#"{"id": "eac_2", "provider": "google", "provider_user_id": "7"}"#;
    let error = check_unique(&external(&format!("{google}, {same}"))).unwrap_err();
    assert_eq!((error.code(), error.param_name()), (codes::FORM_IDENTIFIER_EXISTS, Some("external_accounts")));

    let mut account = empty_account();
    for (number, organization) in [(1, "org_1"), (2, "org_2"), (3, "org_1")] {
        check_unique(&account).unwrap();
        let organization = Organization::new(id(organization), "Engines");
        let membership = OrganizationMembership::new(id(&format!("orgmem_{number}")), organization, "org:member");
        account.resources_mut().memberships.push(membership);
    }
    let error = check_unique(&account).unwrap_err();
    assert_eq!((error.code(), error.param_name()), (codes::FORM_IDENTIFIER_EXISTS, Some("organization_memberships")));
}

#[test]
fn add_oauth_access_token_adds_the_ids_of_the_external_account() {
    let mut account = full_account();
    account.user.external_accounts[0].provider_user_id = "7".into();
    let mut second = ExternalAccount::new(id("eac_google_2"), "google");
    second.provider_user_id = "8".into();
    account.user.external_accounts.push(second);
    for (provider, given, expected) in [
        ("oauth_google", (None, ""), (Some("eac_google"), "7")),
        ("oauth_google", (None, "8"), (Some("eac_google_2"), "8")),
        ("oauth_google", (None, "9"), (None, "9")),
        ("oauth_google", (Some("eac_google_2"), ""), (Some("eac_google_2"), "8")),
        ("oauth_google", (Some("eac_other"), ""), (Some("eac_other"), "")),
        ("oauth_gitlab", (None, ""), (None, "")),
    ] {
        let mut token = OAuthAccessToken::new(provider, OAuthToken::new("new"));
        token.external_account_id = given.0.map(id);
        token.provider_user_id = given.1.into();
        add_oauth_access_token(&mut account, token);
        let added = account.resources_mut().oauth_tokens.pop().unwrap();
        let ids = (added.external_account_id.as_ref().map(ExternalAccountId::as_str), added.provider_user_id.as_str());
        assert_eq!(ids, expected, "{provider}: {given:?}");
    }
}

#[test]
fn add_oauth_access_token_accepts_external_accounts_with_unknown_provider_user_ids() {
    let mut account = empty_account();
    let mut known = ExternalAccount::new(id("eac_known"), "oauth_google");
    known.provider_user_id = "8".into();
    account.user.external_accounts = vec![ExternalAccount::new(id("eac_unknown"), "google"), known].into();
    for (provider_user_id, expected) in [("7", "eac_unknown"), ("8", "eac_known")] {
        let mut token = OAuthAccessToken::new("oauth_google", OAuthToken::new("new"));
        token.provider_user_id = provider_user_id.into();
        add_oauth_access_token(&mut account, token);
        let added = account.resources_mut().oauth_tokens.pop().unwrap();
        assert_eq!(added.external_account_id, Some(id(expected)));
        assert_eq!(added.provider_user_id, provider_user_id);
    }
}

#[test]
fn set_billing_subscription_uses_one_payer_id() {
    let instance = Instance::default();
    let subscription = || Subscription::new(id("csub_9"));
    let mut with_credit = full_account();
    let mut account = empty_account();
    for (account, payer) in [(&mut with_credit, "cpayer_old"), (&mut account, "cpayer_1")] {
        for _ in 0..2 {
            set_billing_subscription(account, subscription(), instance.context()).unwrap();
            let stored = account.resources.as_ref().unwrap().subscription.clone().unwrap();
            assert_eq!(stored.payer_id, Some(id(payer)));
        }
    }
    let adjustment = CreditAdjustment::increase(1, "key");
    let entry = billing::adjust_credit(&mut account, &adjustment, instance.context()).unwrap();
    assert_eq!(entry.payer_id, "cpayer_1");

    let mut given = subscription();
    given.payer_id = Some(id("cpayer_given"));
    set_billing_subscription(&mut account, given, instance.context()).unwrap();
    assert_eq!(account.resources.unwrap().subscription.unwrap().payer_id, Some(id("cpayer_given")));
}

#[test]
fn set_billing_subscription_adds_the_instance_id_of_the_settings() {
    let instance = Instance::new(InstanceSettings::permissive().instance_id(id("ins_mine")));
    let mut subscription = Subscription::new(id("csub_9"));
    for (given, stored) in [(None, "ins_mine"), (Some("ins_given"), "ins_given")] {
        subscription.instance_id = given.map(id);
        let mut account = empty_account();
        set_billing_subscription(&mut account, subscription.clone(), instance.context()).unwrap();
        let added = account.resources.unwrap().subscription.unwrap();
        assert_eq!(added.instance_id, Some(id(stored)));
    }
}

#[test]
fn set_managed_by_scim_rejects_an_empty_directory_id() {
    let mut account = empty_account();
    let missing = [(codes::FORM_PARAM_MISSING, Some("directory_id"))];
    assert_rejected(set_managed_by_scim(&mut account, ""), ErrorKind::InvalidInput, &missing);
    assert_eq!(account, empty_account());
    set_managed_by_scim(&mut account, "dir_1").unwrap();
    let scim = account.user.scim.unwrap();
    assert_eq!((scim.directory_id.as_str(), scim.directory_enabled), ("dir_1", true));
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
    account.user.username = Some("ada_lovelace".into());
    reserve_for_second_factor(&mut account, &id("idn_phone_1"), Instance::default().context()).unwrap();
    assert!(account.user.two_factor_enabled);
    assert_eq!(account.user.mfa_enabled_at, Some(now()));
}

#[test]
fn reserve_for_second_factor_rejects_the_last_identification() {
    let instance = Instance::default();
    let reserve =
        |account: &mut Account, phone: &str| reserve_for_second_factor(account, &id(phone), instance.context());
    let last = [(codes::IDENTIFICATION_UPDATE_FAILED, None)];
    let mut account = empty_account();
    for number in ["1", "2"] {
        let mut phone = PhoneNumber::new(format!("+1555555010{number}"));
        phone.id = Some(id(&format!("idn_phone_{number}")));
        account.user.phone_numbers.push(phone);
    }
    reserve(&mut account, "idn_phone_1").unwrap();
    let before = account.clone();
    assert_rejected(reserve(&mut account, "idn_phone_2"), ErrorKind::InvalidInput, &last);
    assert_eq!(account, before);
    // Repeating the call succeeds.
    reserve(&mut account, "idn_phone_1").unwrap();
    account.user.username = Some("ada_lovelace".into());
    reserve(&mut account, "idn_phone_2").unwrap();
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
fn add_missing_ids_keeps_given_ids() {
    let mut user = User::new(id("user_1"));
    let mut email = EmailAddress::new("ada@example.com");
    email.id = Some(id("idn_7"));
    user.email_addresses = vec![email, EmailAddress::new("countess@example.com")].into();
    user.phone_numbers = vec![PhoneNumber::new("+15555550101")].into();
    user.web3_wallets = vec![Web3Wallet::new("wallet")].into();
    user.passkeys = vec![Passkey::new("passkey")].into();
    let ids = SequentialIds::default();
    observe_ids(&user, &ids);
    add_missing_ids(&mut user, &ids).unwrap();
    assert_eq!(user.email_addresses[0].id, Some(id("idn_7")));
    assert_eq!(user.email_addresses[1].id, Some(id("idn_8")));
    assert_eq!(user.phone_numbers[0].id, Some(id("idn_9")));
    assert_eq!(user.web3_wallets[0].id, Some(id("idn_10")));
    assert_eq!(user.passkeys[0].id, Some(id("idn_11")));
}

#[test]
fn add_passkey_accepts_generators_that_do_not_observe() {
    let settings = InstanceSettings::permissive();
    let context = Context { now: now(), settings: &settings, ids: &RandomIds };
    let mut account = empty_account();
    assert_eq!(add_passkey(&mut account, passkey(Some("idn_9")), context).unwrap(), "idn_9");
    assert!(add_passkey(&mut account, passkey(None), context).unwrap().as_str().starts_with("idn_"));
}
