use super::*;
use crate::error::ErrorKind;
use crate::model::ScimProvisioning;
use crate::model::{
    BackupCode, EmailAddressId, ImageId, Password, PasswordHasher, PhoneNumberId, TotpSecret, Web3WalletId,
};
use crate::rules::InstanceSettings;
use crate::rules::tests::{
    Instance, WALLETS, assert_rejected, at, earlier, empty_account, full_account, id, now, taken,
};

/// Applies an update and returns the account.
fn updated(mut account: Account, update: &UserUpdate) -> Account {
    apply(&mut account, update, None, Instance::default().context());
    account
}

/// Returns the full account with `change` applied and a new `updated_at`.
fn changed(change: impl FnOnce(&mut Account)) -> Account {
    let mut account = full_account();
    change(&mut account);
    account.user.updated_at = Some(now());
    account
}

fn check_update(update: &UserUpdate) -> Result<()> {
    check(&full_account(), update, &taken(&[]), Instance::default().context())
}

#[test]
fn claims_returns_the_new_username_and_external_id() {
    let update = UserUpdate::new().username("Ada").external_id("External-1");
    let expected = [(IdentifierKind::Username, "ada"), (IdentifierKind::ExternalId, "External-1")];
    assert_eq!(claims(&update), expected.map(|(kind, value)| Identifier::new(kind, value)));
    for update in [
        UserUpdate::new(),
        UserUpdate::new().clear_username().clear_external_id(),
        // Removes the username.
        UserUpdate::new().username(""),
    ] {
        assert_eq!(claims(&update), []);
    }
}

#[test]
fn update_accepts_empty_and_valid_updates() {
    check_update(&UserUpdate::new()).unwrap();
    let valid = UserUpdate::new()
        .username("new_name")
        .external_id("external-2")
        .first_name("Augusta")
        .last_name("")
        .locale("en-GB")
        .timezone("Europe/Berlin")
        .profile_image_id(id::<ImageId>("img_1"))
        .totp_secret("ME")
        .password(Password::new("correct horse"))
        .primary_email_address_id(id::<EmailAddressId>("idn_email_1"))
        .primary_phone_number_id(id::<PhoneNumberId>("idn_phone_1"))
        .primary_web3_wallet_id(id::<Web3WalletId>("idn_wallet_3"));
    check_update(&valid).unwrap();
    let cleared = UserUpdate::new()
        .clear_username()
        .clear_external_id()
        .clear_primary_email_address_id()
        .clear_primary_phone_number_id()
        .clear_primary_web3_wallet_id()
        .clear_profile_image_id()
        .clear_totp_secret();
    check_update(&cleared).unwrap();
    check_update(&UserUpdate::new().username("")).unwrap();
}

#[test]
fn update_reports_every_invalid_field_in_order() {
    let update = UserUpdate::new()
        .first_name("x".repeat(257))
        .last_name("x".repeat(257))
        .locale("e")
        .timezone("")
        .username("a")
        .external_id("")
        .totp_secret("not base32!")
        .password(Password::new("short"))
        .primary_email_address_id(id::<EmailAddressId>("idn_email_2"))
        .primary_phone_number_id(id::<PhoneNumberId>("idn_phone_2"))
        .primary_web3_wallet_id(id::<Web3WalletId>("idn_wallet_2"));
    let details = [
        (codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, Some("first_name")),
        (codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, Some("last_name")),
        (codes::FORM_PARAM_FORMAT_INVALID, Some("locale")),
        (codes::FORM_PARAM_FORMAT_INVALID, Some("timezone")),
        (codes::FORM_USERNAME_INVALID_LENGTH, Some("username")),
        (codes::FORM_PARAM_VALUE_INVALID, Some("external_id")),
        (codes::INVALID_TOTP_SECRET, None),
        (codes::FORM_PASSWORD_LENGTH_TOO_SHORT, Some("password")),
        (codes::FORM_VERIFICATION_NEEDED, Some("primary_email_address_id")),
        (codes::FORM_VERIFICATION_NEEDED, Some("primary_phone_number_id")),
        (codes::FORM_VERIFICATION_NEEDED, Some("primary_web3_wallet_id")),
    ];
    assert_rejected(check_update(&update), ErrorKind::InvalidInput, &details);
}

#[test]
fn update_rejects_primary_identifiers_of_other_users() {
    // These ids exist, but belong to other kinds of identifiers.
    let update = UserUpdate::new()
        .primary_email_address_id(id::<EmailAddressId>("idn_phone_1"))
        .primary_phone_number_id(id::<PhoneNumberId>("idn_wallet_1"))
        .primary_web3_wallet_id(id::<Web3WalletId>("idn_email_1"));
    let details = ["primary_email_address_id", "primary_phone_number_id", "primary_web3_wallet_id"]
        .map(|param_name| (codes::FORM_RESOURCE_NOT_FOUND, Some(param_name)));
    assert_rejected(check_update(&update), ErrorKind::InvalidInput, &details);
}

#[test]
fn update_rejects_taken_username_and_external_id() {
    let taken = taken(&[(IdentifierKind::Username, "new_name"), (IdentifierKind::ExternalId, "external-2")]);
    let check = |update: &UserUpdate| check(&full_account(), update, &taken, Instance::default().context());
    let update = UserUpdate::new().username("New_Name").external_id("external-2");
    let details =
        [(codes::FORM_IDENTIFIER_EXISTS, Some("username")), (codes::FORM_IDENTIFIER_EXISTS, Some("external_id"))];
    assert_rejected(check(&update), ErrorKind::Conflict, &details);
    assert!(check(&UserUpdate::new().username("external-2").external_id("new_name")).is_ok());
}

#[test]
fn update_rejects_missing_image_before_other_errors() {
    let update = UserUpdate::new().profile_image_id(id::<ImageId>("user_1")).locale("e");
    assert_rejected(check_update(&update), ErrorKind::NotFound, &[(codes::IMAGE_NOT_FOUND, None)]);
}

#[test]
fn update_compares_the_password_with_the_identifiers_after_the_update() {
    let password = |password: &str| UserUpdate::new().password(Password::new(password));
    for matching in [
        password("ada@example.com"),
        password("unverified@example.com"),
        password("+15555550102"),
        password(WALLETS[2]),
        password("ADA_LOVELACE"),
        password("New_Name-1").username("new_name-1"),
    ] {
        let details = [(codes::FORM_PASSWORD_MATCHES_IDENTIFIER, Some("password"))];
        assert_rejected(check_update(&matching), ErrorKind::InvalidInput, &details);
        assert!(check_update(&matching.skip_password_checks(true)).is_ok());
    }
    for other in [
        password("ada_lovelace").username("new_name"),
        password("ada_lovelace").clear_username(),
        password("ada_lovelace").username(""),
        password("external-1"),
    ] {
        assert!(check_update(&other).is_ok(), "{other:?}");
    }
}

#[test]
fn update_rejects_password_if_passwords_are_disabled() {
    let instance = Instance::new(InstanceSettings::permissive().password(Requirement::Off));
    let update = UserUpdate::new().password(Password::new("correct horse")).skip_password_checks(true);
    let result = check(&full_account(), &update, &taken(&[]), instance.context());
    assert_rejected(result, ErrorKind::InvalidInput, &[(codes::FORM_PARAM_UNKNOWN, Some("password"))]);
}

#[test]
fn update_rejects_attributes_that_are_off_unless_it_clears_them() {
    for (attribute, set, clear) in [
        (Attribute::Username, UserUpdate::new().username("new_name"), UserUpdate::new().clear_username()),
        (Attribute::FirstName, UserUpdate::new().first_name("Augusta"), UserUpdate::new().clear_first_name()),
        (Attribute::LastName, UserUpdate::new().last_name("King"), UserUpdate::new().clear_last_name()),
    ] {
        let instance = Instance::new(InstanceSettings::permissive().attribute(attribute, Requirement::Off));
        let result = check(&full_account(), &set, &taken(&[]), instance.context());
        let details = [(codes::FORM_PARAM_UNKNOWN, Some(attribute.as_str()))];
        assert_rejected(result, ErrorKind::InvalidInput, &details);
        assert!(check(&full_account(), &clear, &taken(&[]), instance.context()).is_ok(), "{attribute}");

        let instance = Instance::new(InstanceSettings::permissive().attribute(attribute, Requirement::Required));
        assert!(check(&full_account(), &set, &taken(&[]), instance.context()).is_ok(), "{attribute}");
        let result = check(&full_account(), &clear, &taken(&[]), instance.context());
        let details = [(codes::FORM_DATA_MISSING, Some(attribute.as_str()))];
        assert_rejected(result, ErrorKind::InvalidInput, &details);
    }
}

#[test]
fn update_cannot_remove_the_last_identification() {
    let mut account = empty_account();
    account.user.username = Some("ada_lovelace".into());
    // A phone number that is a second factor is not an identification.
    let mut with_second_factor = account.clone();
    with_second_factor.user.phone_numbers = full_account().user.phone_numbers[..1].to_vec().into();
    assert!(with_second_factor.user.phone_numbers[0].reserved_for_second_factor);
    for update in [UserUpdate::new().clear_username(), UserUpdate::new().username("")] {
        for account in [&account, &with_second_factor] {
            let result = check(account, &update, &taken(&[]), Instance::default().context());
            assert_rejected(result, ErrorKind::InvalidInput, &[(codes::IDENTIFICATION_DELETION_FAILED, None)]);
        }
        assert!(check(&full_account(), &update, &taken(&[]), Instance::default().context()).is_ok());
        assert!(check(&empty_account(), &update, &taken(&[]), Instance::default().context()).is_ok());
    }
}

#[test]
fn update_rejects_attributes_that_the_directory_manages() {
    let settings = InstanceSettings::permissive().directory_managed([Attribute::FirstName, Attribute::EmailAddress]);
    let instance = Instance::new(settings);
    let mut managed = full_account();
    managed.user.scim = Some(ScimProvisioning::new("dir_1"));
    let primary: EmailAddressId = id("idn_email_1");
    for (update, param_name) in [
        (UserUpdate::new().first_name("Augusta"), "first_name"),
        (UserUpdate::new().clear_first_name(), "first_name"),
        (UserUpdate::new().primary_email_address_id(primary), "primary_email_address_id"),
    ] {
        let result = check(&managed, &update, &taken(&[]), instance.context());
        assert_rejected(result, ErrorKind::Conflict, &[(codes::USER_MANAGED_BY_SCIM, Some(param_name))]);
        assert!(check(&full_account(), &update, &taken(&[]), instance.context()).is_ok());
        assert!(check(&managed, &update, &taken(&[]), Instance::default().context()).is_ok());
    }
    let other = UserUpdate::new().last_name("King").username("new_name").locale("en-GB");
    assert!(check(&managed, &other, &taken(&[]), instance.context()).is_ok());
}

#[test]
fn update_without_fields_changes_only_the_update_time() {
    assert_eq!(updated(full_account(), &UserUpdate::new()), changed(|_| {}));
}

#[test]
fn update_sets_each_field() {
    let update = UserUpdate::new()
        .external_id("external-2")
        .first_name("Augusta")
        .last_name("King")
        .locale("en-GB")
        .timezone("Europe/Berlin")
        .username("new_name")
        .primary_email_address_id(id::<EmailAddressId>("idn_email_2"))
        .primary_phone_number_id(id::<PhoneNumberId>("idn_phone_2"))
        .primary_web3_wallet_id(id::<Web3WalletId>("idn_wallet_3"))
        .profile_image_id(id::<ImageId>("img_1"))
        .delete_self_enabled(true)
        .create_organization_enabled(true)
        .create_organizations_limit(9_u32)
        .legal_accepted_at(at("2026-01-01T00:00:00.123456Z"))
        .created_at(at("2020-01-01T00:00:00.123456Z"))
        .bypass_client_trust(false);
    let expected = changed(|account| {
        let user = &mut account.user;
        user.external_id = Some("external-2".into());
        user.first_name = Some("Augusta".into());
        user.last_name = Some("King".into());
        user.locale = Some("en-GB".into());
        user.timezone = Some("Europe/Berlin".into());
        user.username = Some("new_name".into());
        user.primary_email_address_id = Some(id("idn_email_2"));
        user.primary_phone_number_id = Some(id("idn_phone_2"));
        user.primary_web3_wallet_id = Some(id("idn_wallet_3"));
        user.image_url = Some("https://images.invalid/img_1".into());
        user.profile_image_url = Some("https://images.invalid/img_1".into());
        user.delete_self_enabled = true;
        user.create_organization_enabled = true;
        user.create_organizations_limit = Some(9);
        user.legal_accepted_at = Some(at("2026-01-01T00:00:00.123Z"));
        user.created_at = Some(at("2020-01-01T00:00:00.123Z"));
        user.bypass_client_trust = false;
    });
    assert_eq!(updated(full_account(), &update), expected);
}

#[test]
fn update_clears_each_field() {
    let update = UserUpdate::new()
        .clear_external_id()
        .clear_first_name()
        .clear_last_name()
        .clear_locale()
        .clear_timezone()
        .clear_username()
        .clear_primary_email_address_id()
        .clear_primary_phone_number_id()
        .clear_primary_web3_wallet_id()
        .clear_profile_image_id()
        .clear_delete_self_enabled()
        .clear_create_organization_enabled()
        .clear_create_organizations_limit()
        .clear_legal_accepted_at()
        .clear_bypass_client_trust()
        // The creation time of a user cannot be cleared.
        .clear_created_at();
    let expected = changed(|account| {
        let user = &mut account.user;
        (user.external_id, user.first_name, user.last_name) = (None, None, None);
        (user.locale, user.timezone, user.username) = (None, None, None);
        user.primary_email_address_id = None;
        user.primary_phone_number_id = None;
        user.primary_web3_wallet_id = None;
        user.has_image = false;
        (user.image_url, user.profile_image_url) = (None, None);
        // The defaults of a new user.
        user.delete_self_enabled = true;
        user.create_organization_enabled = true;
        user.bypass_client_trust = false;
        user.create_organizations_limit = None;
        user.legal_accepted_at = None;
    });
    assert_eq!(updated(full_account(), &update), expected);
}

#[test]
fn update_with_empty_username_removes_the_username() {
    let update = UserUpdate::new().username("");
    assert_eq!(updated(full_account(), &update), changed(|account| account.user.username = None));
}

#[test]
fn update_sets_flags_to_false() {
    let mut account = full_account();
    account.user.delete_self_enabled = true;
    account.user.create_organization_enabled = true;
    let update = UserUpdate::new().delete_self_enabled(false).create_organization_enabled(false);
    assert_eq!(updated(account, &update), changed(|_| {}));
}

#[test]
fn update_sets_the_password() {
    let digest = PasswordDigest::new(PasswordHasher::Bcrypt, "new digest");
    let mut account = full_account();
    apply(&mut account, &UserUpdate::new(), Some(digest.clone()), Instance::default().context());
    let expected = changed(|account| {
        account.password = Some(digest);
        account.user.password_last_updated_at = Some(now());
        account.user.requires_password_reset = Some(false);
    });
    assert_eq!(account, expected);
}

#[test]
fn update_replaces_second_factors() {
    let update = UserUpdate::new().totp_secret("ME").backup_codes(["new"]);
    let expected = changed(|account| {
        account.totp_secret = Some(TotpSecret::new("ME"));
        account.backup_codes = vec![BackupCode::new("new")];
    });
    assert_eq!(updated(full_account(), &update), expected);
}

#[test]
fn update_removes_second_factors() {
    let mut account = full_account();
    account.user.phone_numbers[0].reserved_for_second_factor = false;
    let update = UserUpdate::new().clear_totp_secret().backup_codes(Vec::<BackupCode>::new());
    let expected = changed(|account| {
        account.user.phone_numbers[0].reserved_for_second_factor = false;
        account.totp_secret = None;
        account.backup_codes.clear();
        account.user.totp_enabled = false;
        account.user.backup_code_enabled = false;
        account.user.two_factor_enabled = false;
        account.user.mfa_disabled_at = Some(now());
    });
    assert_eq!(updated(account, &update), expected);
}

#[test]
fn update_keeps_two_factor_authentication_enabled_if_one_factor_replaces_another() {
    let mut account = empty_account();
    account = updated(account, &UserUpdate::new().totp_secret("ME"));
    assert_eq!(account.user.mfa_enabled_at, Some(now()));
    account.user.mfa_enabled_at = Some(earlier());
    account = updated(account, &UserUpdate::new().clear_totp_secret().backup_codes(["code-1"]));
    assert_eq!((account.user.mfa_enabled_at, account.user.mfa_disabled_at), (Some(earlier()), None));
    assert!(account.user.two_factor_enabled && account.user.backup_code_enabled && !account.user.totp_enabled);
}

#[test]
fn update_of_other_fields_keeps_factors_with_unknown_secrets() {
    let mut account = full_account();
    account.totp_secret = None;
    account.backup_codes.clear();
    // A loaded user can be in this state.
    account.user.two_factor_enabled = false;
    let mut expected = account.clone();
    expected.user.first_name = Some("Augusta".into());
    expected.user.updated_at = Some(now());
    assert_eq!(updated(account, &UserUpdate::new().first_name("Augusta")), expected);
}
