use super::*;
use crate::error::ErrorKind;
use crate::model::{OAuthToken, ScimProvisioning};
use crate::rules::InstanceSettings;
use crate::rules::tests::{Instance, assert_rejected, empty_account, full_account, id, now, taken};

const STATUSES: [(Option<IdentifierStatus>, bool, bool); 4] = [
    (None, false, true),
    (Some(IdentifierStatus::Verified), false, true),
    (Some(IdentifierStatus::Reserved), true, false),
    (Some(IdentifierStatus::Unverified), false, false),
];

/// Returns the email address that results from a replacement with this status.
fn created_email(reserved: bool, verified: bool) -> EmailAddress {
    let mut email = EmailAddress::new("new@example.com");
    email.id = Some(id("idn_1"));
    email.reserved = reserved;
    email.verification = verified.then(Verification::by_admin);
    (email.created_at, email.updated_at) = (Some(now()), Some(now()));
    email
}

fn new_email(status: Option<IdentifierStatus>) -> EmailAddressReplacement {
    let mut replacement = EmailAddressReplacement::new("new@example.com");
    replacement.identification_status = status;
    replacement
}

fn new_phone(status: Option<IdentifierStatus>) -> PhoneNumberReplacement {
    let mut replacement = PhoneNumberReplacement::new("+15555550199");
    replacement.identification_status = status;
    replacement
}

/// Returns the full account without links to external accounts, because links prevent the replacement of an email
/// address.
fn unlinked_account() -> Account {
    let mut account = full_account();
    account.user.email_addresses[0].linked_to.clear();
    account
}

#[test]
fn replacement_claims_verified_and_reserved_identifiers() {
    for (status, _, _) in STATUSES {
        let exclusive = status != Some(IdentifierStatus::Unverified);
        let email = Identifier::new(IdentifierKind::EmailAddress, "new@example.com");
        assert_eq!(email_address_claim(&new_email(status)), exclusive.then_some(email));
        let phone = Identifier::new(IdentifierKind::PhoneNumber, "+15555550199");
        assert_eq!(phone_number_claim(&new_phone(status)), exclusive.then_some(phone));
    }
}

#[test]
fn replace_email_address_replaces_all_email_addresses() {
    for (status, reserved, verified) in STATUSES {
        let mut account = unlinked_account();
        let context = Instance::default();
        let email = replace_email_address(&mut account, &new_email(status), &taken(&[]), context.context()).unwrap();
        let mut expected = unlinked_account();
        expected.user.email_addresses = vec![created_email(reserved, verified)].into();
        expected.user.primary_email_address_id = Some(id("idn_1"));
        expected.user.updated_at = Some(now());
        assert_eq!(email, created_email(reserved, verified));
        assert_eq!(account, expected, "{status:?}");
    }
}

#[test]
fn replace_email_address_rejects_linked_email_address() {
    let result =
        replace_email_address(&mut full_account(), &new_email(None), &taken(&[]), Instance::default().context());
    let code = codes::DELETE_LINKED_IDENTIFICATION_DISALLOWED;
    assert_rejected(result, ErrorKind::InvalidInput, &[(code, None)]);
}

#[test]
fn replace_email_address_rejects_taken_email_address_unless_unverified() {
    let taken = taken(&[(IdentifierKind::EmailAddress, "NEW@example.com")]);
    for (status, _, _) in STATUSES {
        let result =
            replace_email_address(&mut unlinked_account(), &new_email(status), &taken, Instance::default().context());
        if status == Some(IdentifierStatus::Unverified) {
            assert_eq!(result.unwrap(), created_email(false, false));
        } else {
            let details = [(codes::FORM_IDENTIFIER_EXISTS, Some("email_address"))];
            assert_rejected(result, ErrorKind::Conflict, &details);
        }
    }
}

#[test]
fn replacement_rejects_malformed_identifiers() {
    let instance = Instance::default();
    let replacement = EmailAddressReplacement::new("ada");
    let result = replace_email_address(&mut empty_account(), &replacement, &taken(&[]), instance.context());
    let details = [(codes::FORM_PARAM_FORMAT_INVALID, Some("email_address"))];
    assert_rejected(result, ErrorKind::InvalidInput, &details);

    let replacement = PhoneNumberReplacement::new("5555550199");
    let result = replace_phone_number(&mut empty_account(), &replacement, &taken(&[]), instance.context());
    let details = [(codes::FORM_PARAM_FORMAT_INVALID, Some("phone_number"))];
    assert_rejected(result, ErrorKind::InvalidInput, &details);
}

#[test]
fn replace_phone_number_replaces_all_phone_numbers() {
    for (status, reserved, verified) in STATUSES {
        let mut account = full_account();
        account.user.phone_numbers[0].reserved_for_second_factor = false;
        let mut expected = account.clone();
        let instance = Instance::default();
        let phone = replace_phone_number(&mut account, &new_phone(status), &taken(&[]), instance.context()).unwrap();

        let mut created = PhoneNumber::new("+15555550199");
        created.id = Some(id("idn_1"));
        created.reserved = reserved;
        created.verification = verified.then(Verification::by_admin);
        (created.created_at, created.updated_at) = (Some(now()), Some(now()));
        assert_eq!(phone, created);
        expected.user.phone_numbers = vec![created].into();
        expected.user.primary_phone_number_id = Some(id("idn_1"));
        expected.user.updated_at = Some(now());
        assert_eq!(account, expected, "{status:?}");
    }
}

#[test]
fn replace_phone_number_of_second_factor_disables_all_second_factors() {
    let mut account = full_account();
    replace_phone_number(&mut account, &new_phone(None), &taken(&[]), Instance::default().context()).unwrap();
    let user = &account.user;
    assert!(!user.two_factor_enabled && !user.totp_enabled && !user.backup_code_enabled);
    assert_eq!(user.mfa_disabled_at, Some(now()));
    assert_eq!((&account.totp_secret, account.backup_codes.len()), (&None, 0));
    assert!(!user.phone_numbers[0].reserved_for_second_factor && !user.phone_numbers[0].default_second_factor);
}

#[test]
fn replace_phone_number_rejects_taken_phone_number_unless_unverified() {
    let taken = taken(&[(IdentifierKind::PhoneNumber, "+15555550199")]);
    for (status, _, _) in STATUSES {
        let result =
            replace_phone_number(&mut full_account(), &new_phone(status), &taken, Instance::default().context());
        if status == Some(IdentifierStatus::Unverified) {
            assert_eq!(result.unwrap().phone_number, "+15555550199");
        } else {
            assert_rejected(result, ErrorKind::Conflict, &[(codes::FORM_IDENTIFIER_EXISTS, Some("phone_number"))]);
        }
    }
}

#[test]
fn delete_passkey_removes_only_that_passkey() {
    let mut account = full_account();
    let mut expected = account.clone();
    expected.user.passkeys.remove(1);
    expected.user.updated_at = Some(now());
    let deleted = delete_passkey(&mut account, &id("idn_passkey_2"), Instance::default().context()).unwrap();
    assert_eq!(deleted, DeletedObject::new("passkey", "idn_passkey_2"));
    assert_eq!(account, expected);
}

#[test]
fn delete_web3_wallet_moves_the_primary_wallet_to_the_next_verified_one() {
    // The second wallet is unverified.
    for (wallet_id, primary) in
        [("idn_wallet_1", "idn_wallet_3"), ("idn_wallet_2", "idn_wallet_1"), ("idn_wallet_3", "idn_wallet_1")]
    {
        let mut account = full_account();
        let mut expected = account.clone();
        expected.user.web3_wallets.retain(|wallet| wallet.id != Some(id(wallet_id)));
        expected.user.primary_web3_wallet_id = Some(id(primary));
        expected.user.updated_at = Some(now());
        let deleted = delete_web3_wallet(&mut account, &id(wallet_id), Instance::default().context()).unwrap();
        assert_eq!(deleted, DeletedObject::new("web3_wallet", wallet_id));
        assert_eq!(account, expected, "{wallet_id}");
    }
}

#[test]
fn delete_web3_wallet_leaves_no_primary_wallet_without_a_verified_one() {
    let mut account = full_account();
    account.user.web3_wallets.truncate(2);
    delete_web3_wallet(&mut account, &id("idn_wallet_1"), Instance::default().context()).unwrap();
    assert_eq!(account.user.primary_web3_wallet_id, None);
    assert_eq!(account.user.web3_wallets.len(), 1);
}

#[test]
fn delete_external_account_removes_its_links_and_tokens() {
    let mut account = full_account();
    let mut expected = account.clone();
    expected.user.external_accounts.remove(0);
    expected.user.email_addresses[0].linked_to.clear();
    expected.user.phone_numbers[0].linked_to.clear();
    expected.user.updated_at = Some(now());
    // The tokens contain either id of the external account.
    expected.resources_mut().oauth_tokens.retain(|token| token.provider == "oauth_github");
    let deleted = delete_external_account(&mut account, &id("eac_google"), Instance::default().context()).unwrap();
    assert_eq!(deleted, DeletedObject::new("external_account", "eac_google"));
    assert_eq!(account, expected);
}

#[test]
fn delete_external_account_keeps_links_and_tokens_of_other_accounts() {
    let mut account = full_account();
    let mut expected = account.clone();
    expected.user.external_accounts.remove(1);
    expected.user.updated_at = Some(now());
    expected.resources_mut().oauth_tokens.remove(1);
    delete_external_account(&mut account, &id("eac_github"), Instance::default().context()).unwrap();
    assert_eq!(account, expected);
}

#[test]
fn delete_external_account_removes_links_to_each_of_its_ids() {
    let with = |change: fn(&mut ExternalAccount)| {
        let mut account = full_account();
        change(&mut account.user.external_accounts[1]);
        account
    };
    for (mut account, deleted) in [
        (with(|external| external.id = id("idn_google")), "idn_google"),
        (with(|external| external.identification_id = Some(id("idn_google"))), "eac_github"),
        (with(|external| external.external_account_id = Some(id("idn_google"))), "idn_google"),
    ] {
        delete_external_account(&mut account, &id(deleted), Instance::default().context()).unwrap();
        assert_eq!(account.user.external_accounts.len(), 1);
        assert!(account.user.email_addresses[0].linked_to.is_empty());
        assert!(account.user.phone_numbers[0].linked_to.is_empty());
    }
}

#[test]
fn delete_external_account_removes_tokens_without_id_if_no_other_account_has_them() {
    let instance = Instance::default();
    let mut account = full_account();
    let mut second = ExternalAccount::new(id("eac_google_2"), "google");
    second.provider_user_id = "8".into();
    account.user.external_accounts.push(second);
    let token = |provider: &str, provider_user_id: &str| {
        let mut token = OAuthAccessToken::new(provider, OAuthToken::new("new"));
        token.provider_user_id = provider_user_id.into();
        token
    };
    let tokens = vec![token("oauth_google", ""), token("oauth_google", "8"), token("oauth_github", "")];
    account.resources_mut().oauth_tokens.clone_from(&tokens);
    for (deleted, left) in [("eac_google", &tokens[..]), ("eac_google_2", &tokens[2..]), ("eac_github", &[])] {
        delete_external_account(&mut account, &id(deleted), instance.context()).unwrap();
        assert_eq!(account.resources_mut().oauth_tokens, left, "{deleted}");
    }
}

#[test]
fn delete_external_account_with_an_unknown_provider_user_id_removes_tokens_of_the_provider() {
    let mut account = full_account();
    assert_eq!(account.user.external_accounts[0].provider_user_id, "");
    let mut token = OAuthAccessToken::new("google", OAuthToken::new("new"));
    token.provider_user_id = "8".into();
    account.resources_mut().oauth_tokens = vec![token];
    delete_external_account(&mut account, &id("eac_google"), Instance::default().context()).unwrap();
    assert!(account.resources_mut().oauth_tokens.is_empty());
}

#[test]
fn delete_rejects_ids_of_missing_resources() {
    let instance = Instance::default();
    let context = instance.context();
    let mut account = full_account();
    let not_found = [(codes::RESOURCE_NOT_FOUND, None)];
    let passkey = delete_passkey(&mut account, &id("idn_wallet_1"), context);
    assert_rejected(passkey, ErrorKind::NotFound, &not_found);
    let wallet = delete_web3_wallet(&mut account, &id("idn_passkey_1"), context);
    assert_rejected(wallet, ErrorKind::NotFound, &not_found);
    // The identification id is not the id to delete.
    let external = delete_external_account(&mut account, &id("idn_google"), context);
    assert_rejected(external, ErrorKind::NotFound, &[(codes::EXTERNAL_ACCOUNT_NOT_FOUND, None)]);
    assert_eq!(account, full_account());
}

#[test]
fn deletions_cannot_remove_the_last_identification() {
    let instance = Instance::default();
    let last = [(codes::IDENTIFICATION_DELETION_FAILED, None)];
    let full = full_account().user;

    let mut account = empty_account();
    account.user.web3_wallets = full.web3_wallets[..1].to_vec().into();
    account.user.passkeys.clone_from(&full.passkeys);
    let before = account.clone();
    let deleted = delete_web3_wallet(&mut account, &id("idn_wallet_1"), instance.context());
    assert_rejected(deleted, ErrorKind::InvalidInput, &last);
    assert_eq!(account, before);
    account.user.username = Some("ada_lovelace".into());
    delete_web3_wallet(&mut account, &id("idn_wallet_1"), instance.context()).unwrap();

    let mut account = empty_account();
    account.user.external_accounts = full.external_accounts[1..].to_vec().into();
    let before = account.clone();
    let deleted = delete_external_account(&mut account, &id("eac_github"), instance.context());
    assert_rejected(deleted, ErrorKind::InvalidInput, &last);
    assert_eq!(account, before);

    // A phone number that is a second factor is not an identification.
    account.user.phone_numbers = full.phone_numbers[..1].to_vec().into();
    assert!(account.user.phone_numbers[0].reserved_for_second_factor);
    let deleted = delete_external_account(&mut account, &id("eac_github"), instance.context());
    assert_rejected(deleted, ErrorKind::InvalidInput, &last);
    account.user.phone_numbers[0].reserved_for_second_factor = false;
    delete_external_account(&mut account, &id("eac_github"), instance.context()).unwrap();
}

#[test]
fn delete_web3_wallet_keeps_the_last_wallet_if_wallets_are_required() {
    let instance = Instance::new(InstanceSettings::permissive().web3_wallet(Requirement::Required));
    let mut account = full_account();
    for wallet in ["idn_wallet_1", "idn_wallet_2"] {
        delete_web3_wallet(&mut account, &id(wallet), instance.context()).unwrap();
    }
    let deleted = delete_web3_wallet(&mut account, &id("idn_wallet_3"), instance.context());
    let code = codes::LAST_REQUIRED_IDENTIFICATION_DELETION_FAILED;
    assert_rejected(deleted, ErrorKind::InvalidInput, &[(code, None)]);
    assert_eq!(account.user.web3_wallets.len(), 1);
}

#[test]
fn replacements_of_attributes_that_are_off_or_managed_by_a_directory_are_rejected() {
    use Attribute::{EmailAddress, PhoneNumber};
    let email = EmailAddressReplacement::new("new@example.com");
    let off = InstanceSettings::permissive().email_address(Requirement::Off).phone_number(Requirement::Off);
    let managing = InstanceSettings::permissive().directory_managed([EmailAddress, PhoneNumber]);
    let mut managed = full_account();
    managed.user.email_addresses[0].linked_to.clear();
    managed.user.scim = Some(ScimProvisioning::new("dir_1"));
    for (settings, kind, code) in [
        (off, ErrorKind::InvalidInput, codes::FORM_PARAM_UNKNOWN),
        (managing, ErrorKind::Conflict, codes::USER_MANAGED_BY_SCIM),
    ] {
        let instance = Instance::new(settings);
        let mut account = managed.clone();
        let result = replace_email_address(&mut account, &email, &taken(&[]), instance.context());
        assert_rejected(result, kind, &[(code, Some("email_address"))]);
        let result = replace_phone_number(&mut account, &new_phone(None), &taken(&[]), instance.context());
        assert_rejected(result, kind, &[(code, Some("phone_number"))]);
        assert_eq!(account, managed);
    }
}
