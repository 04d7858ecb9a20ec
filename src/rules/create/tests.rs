mod account;

use super::*;
use crate::error::ErrorKind;
use crate::model::{Metadata, NewPassword, OAuthProvider, Password, PasswordHasher, TotpSecret};
use crate::rules::InstanceSettings;
use crate::rules::tests::{Instance, TOTP_SECRET, WALLETS, assert_rejected, metadata, taken};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+15555550101";

/// Returns a new user with an identifier of each kind.
fn full_user() -> NewUser {
    NewUser::new()
        .email_address(EMAIL)
        .reserved_email_address("reserved@example.com")
        .phone_number(PHONE)
        .reserved_phone_number("+15555550102")
        .web3_wallet(WALLETS[0])
        .username("ada_lovelace")
        .external_id("external-1")
}

fn check_new(new: &NewUser) -> Result<()> {
    check(new, &taken(&[]), Instance::default().context())
}

fn check_with(settings: InstanceSettings, new: &NewUser) -> Result<()> {
    check(new, &taken(&[]), Instance::new(settings).context())
}

#[test]
fn claims_returns_all_identifiers_in_order() {
    use IdentifierKind as Kind;
    let new = full_user().username("Ada_Lovelace");
    let claims: Vec<_> = claims(&new).collect();
    let expected = [
        (Kind::EmailAddress, EMAIL),
        (Kind::EmailAddress, "reserved@example.com"),
        (Kind::PhoneNumber, PHONE),
        (Kind::PhoneNumber, "+15555550102"),
        (Kind::Web3Wallet, WALLETS[0]),
        (Kind::Username, "ada_lovelace"),
        (Kind::ExternalId, "external-1"),
    ];
    assert_eq!(claims, expected.map(|(kind, value)| Identifier::new(kind, value)));
}

#[test]
fn create_accepts_valid_user() {
    let new = full_user()
        .first_name("Ada")
        .last_name("Lovelace")
        .locale("en-GB")
        .timezone("Europe/London")
        .password(Password::new("correct horse"))
        .totp_secret(TOTP_SECRET)
        .public_metadata(metadata(r#"{"plan":"pro"}"#));
    check_new(&new).unwrap();
}

#[test]
fn create_reports_every_invalid_field_in_order() {
    let large: Metadata = metadata(&format!(r#"{{"a":"{}"}}"#, "x".repeat(8192)));
    let new = NewUser::new()
        .email_address("ada")
        .email_address("@")
        .phone_number("1")
        .web3_wallet("0x")
        .username("a")
        .external_id("")
        .first_name("x".repeat(257))
        .last_name("x".repeat(257))
        .locale("e")
        .timezone("")
        .public_metadata(large.clone())
        .private_metadata(large.clone())
        .unsafe_metadata(large)
        .password(Password::new("short"))
        .totp_secret("not base32!");
    let details = [
        (codes::FORM_PARAM_FORMAT_INVALID, Some("email_address")),
        (codes::FORM_PARAM_FORMAT_INVALID, Some("email_address")),
        (codes::FORM_PARAM_FORMAT_INVALID, Some("phone_number")),
        (codes::FORM_PARAM_FORMAT_INVALID, Some("web3_wallet")),
        (codes::FORM_USERNAME_INVALID_LENGTH, Some("username")),
        (codes::FORM_PARAM_VALUE_INVALID, Some("external_id")),
        (codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, Some("first_name")),
        (codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, Some("last_name")),
        (codes::FORM_PARAM_FORMAT_INVALID, Some("locale")),
        (codes::FORM_PARAM_FORMAT_INVALID, Some("timezone")),
        (codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE, Some("public_metadata")),
        (codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE, Some("private_metadata")),
        (codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE, Some("unsafe_metadata")),
        (codes::FORM_PASSWORD_LENGTH_TOO_SHORT, Some("password")),
        (codes::INVALID_TOTP_SECRET, None),
    ];
    assert_rejected(check_new(&new), ErrorKind::InvalidInput, &details);
}

#[test]
fn create_rejects_each_taken_identifier() {
    use IdentifierKind as Kind;
    for (kind, value) in [
        (Kind::EmailAddress, "ADA@example.com"),
        (Kind::EmailAddress, "reserved@example.com"),
        (Kind::PhoneNumber, PHONE),
        (Kind::Web3Wallet, WALLETS[0]),
        (Kind::Username, "ADA_Lovelace"),
        (Kind::ExternalId, "external-1"),
    ] {
        let result = check(&full_user(), &taken(&[(kind, value)]), Instance::default().context());
        assert_rejected(result, ErrorKind::Conflict, &[(codes::FORM_IDENTIFIER_EXISTS, Some(kind.as_str()))]);
    }
    let others = taken(&[(Kind::ExternalId, "External-1"), (Kind::Username, EMAIL)]);
    assert!(check(&full_user(), &others, Instance::default().context()).is_ok());
}

#[test]
fn create_reports_taken_identifiers_along_with_invalid_fields() {
    let taken = taken(&[(IdentifierKind::EmailAddress, EMAIL), (IdentifierKind::Username, "ada_lovelace")]);
    let result = check(&full_user().locale("e"), &taken, Instance::default().context());
    let details = [
        (codes::FORM_PARAM_FORMAT_INVALID, Some("locale")),
        (codes::FORM_IDENTIFIER_EXISTS, Some("email_address")),
        (codes::FORM_IDENTIFIER_EXISTS, Some("username")),
    ];
    assert_rejected(result, ErrorKind::InvalidInput, &details);
}

#[test]
fn create_rejects_duplicates_within_the_request() {
    let new = full_user()
        .reserved_email_address("ADA@example.com")
        .email_address(EMAIL)
        .phone_number(PHONE)
        .web3_wallet(WALLETS[0].to_uppercase().replace("0X", "0x"));
    let duplicate = codes::FORM_PARAM_DUPLICATE;
    let details = [
        (duplicate, Some("email_address")),
        (duplicate, Some("email_address")),
        (duplicate, Some("phone_number")),
        (duplicate, Some("web3_wallet")),
    ];
    assert_rejected(check_new(&new), ErrorKind::InvalidInput, &details);
}

#[test]
fn create_reports_taken_duplicate_once_as_taken() {
    let new = NewUser::new().email_address(EMAIL).email_address(EMAIL);
    let result = check(&new, &taken(&[(IdentifierKind::EmailAddress, EMAIL)]), Instance::default().context());
    let details =
        [(codes::FORM_IDENTIFIER_EXISTS, Some("email_address")), (codes::FORM_PARAM_DUPLICATE, Some("email_address"))];
    assert_rejected(result, ErrorKind::InvalidInput, &details);
}

/// Returns a user with every attribute.
fn user_with_all_attributes() -> NewUser {
    full_user().first_name("Ada").last_name("Lovelace").password(Password::new("correct horse"))
}

/// Removes an attribute from a user.
fn without(mut new: NewUser, attribute: Attribute) -> NewUser {
    match attribute {
        Attribute::EmailAddress => new.email_addresses.clear(),
        Attribute::PhoneNumber => new.phone_numbers.clear(),
        Attribute::Username => new.username = None,
        Attribute::Web3Wallet => new.web3_wallets.clear(),
        Attribute::Password => new.password = None,
        Attribute::FirstName => new.first_name = None,
        Attribute::LastName => new.last_name = None,
    }
    new
}

#[test]
fn create_requires_email_address_and_password_in_a_new_instance() {
    let user = NewUser::new().email_address(EMAIL).password(Password::new("correct horse"));
    assert!(check_with(InstanceSettings::new(), &user).is_ok());
    assert!(check_with(InstanceSettings::new(), &user.clone().first_name("Ada").last_name("Lovelace")).is_ok());

    let error = check_with(InstanceSettings::new(), &NewUser::new()).unwrap_err();
    assert_eq!((error.kind(), error.details().len()), (ErrorKind::InvalidInput, 1));
    let detail = &error.details()[0];
    assert_eq!((detail.code(), detail.message()), (codes::FORM_DATA_MISSING, "missing data"));
    assert_eq!(detail.param_names(), ["email_address", "password"]);
    let catalog = r#"["email_address" "password"] data doesn't match user requirements set for this instance"#;
    assert!(detail.long_message().starts_with(catalog), "{}", detail.long_message());

    for attribute in [Attribute::PhoneNumber, Attribute::Username, Attribute::Web3Wallet] {
        let others = Attribute::ALL
            .into_iter()
            .filter(|other| InstanceSettings::new().requirement(*other) == Requirement::Off && *other != attribute);
        let result = check_with(InstanceSettings::new(), &others.fold(user_with_all_attributes(), without));
        let details = [(codes::FORM_PARAM_UNKNOWN, Some(attribute.as_str()))];
        assert_rejected(result, ErrorKind::InvalidInput, &details);
    }
}

#[test]
fn create_requires_nothing_in_a_permissive_instance() {
    assert!(check_new(&NewUser::new()).is_ok());
    assert!(check_new(&user_with_all_attributes()).is_ok());
}

#[test]
fn create_rejects_attributes_that_are_off_and_names_the_setting() {
    for attribute in Attribute::ALL {
        let settings = InstanceSettings::permissive().attribute(attribute, Requirement::Off);
        assert!(check_with(settings.clone(), &without(user_with_all_attributes(), attribute)).is_ok());
        let error = check_with(settings, &user_with_all_attributes()).unwrap_err();
        let detail = &error.details()[0];
        assert_eq!((detail.code(), detail.message()), (codes::FORM_PARAM_UNKNOWN, "is unknown"));
        assert_eq!((error.details().len(), detail.param_name()), (1, Some(attribute.as_str())));
        assert!(detail.long_message().contains(&format!("`{attribute}` is `off`")), "{}", detail.long_message());
    }
}

#[test]
fn create_requires_required_attributes_unless_skipped() {
    for attribute in Attribute::ALL {
        let settings = InstanceSettings::permissive().attribute(attribute, Requirement::Required);
        let incomplete = without(user_with_all_attributes(), attribute);
        assert!(check_with(settings.clone(), &user_with_all_attributes()).is_ok());
        for invalid in [incomplete.clone(), incomplete.clone().skip_user_requirement(false)] {
            let details = [(codes::FORM_DATA_MISSING, Some(attribute.as_str()))];
            assert_rejected(check_with(settings.clone(), &invalid), ErrorKind::InvalidInput, &details);
        }
        let is_password = attribute == Attribute::Password;
        let skip_user = check_with(settings.clone(), &incomplete.clone().skip_user_requirement(true));
        assert_eq!(skip_user.is_ok(), !is_password, "{attribute}");
        let skip_password = check_with(settings, &incomplete.skip_password_requirement(true));
        assert_eq!(skip_password.is_ok(), is_password, "{attribute}");
    }
}

#[test]
fn create_requires_a_password_if_it_is_the_only_way_to_sign_in() {
    let only_usernames = InstanceSettings::new().email_address(Requirement::Off).username(Requirement::Required);
    let google = vec![OAuthProvider::new("google").unwrap()];
    for (settings, needs_password) in [
        (only_usernames.clone(), true),
        (only_usernames.clone().password(Requirement::Optional), false),
        (only_usernames.clone().password(Requirement::Off), false),
        (only_usernames.clone().email_address(Requirement::Optional), false),
        (only_usernames.clone().phone_number(Requirement::Optional), false),
        (only_usernames.clone().web3_wallet(Requirement::Optional), false),
        (only_usernames.clone().oauth_providers(google), false),
        (only_usernames.clone().oauth_providers(None), false),
    ] {
        let ada = NewUser::new().username("ada_lovelace").skip_password_requirement(true);
        let result = check_with(settings.clone(), &ada);
        if needs_password {
            let message = result.as_ref().unwrap_err().details()[0].long_message().to_owned();
            assert!(message.contains("a password is the only way to sign in"), "{message}");
            let details = [(codes::FORM_DATA_MISSING, Some("password"))];
            assert_rejected(result, ErrorKind::InvalidInput, &details);
            assert!(check_with(settings, &ada.password(Password::new("correct horse"))).is_ok());
        } else {
            assert!(result.is_ok(), "{settings:?}");
        }
    }
}

#[test]
fn create_treats_an_empty_username_as_absent() {
    let context = Instance::default();
    let new = NewUser::new().email_address(EMAIL).username("");
    for settings in [
        InstanceSettings::permissive(),
        InstanceSettings::permissive().min_username_length(0),
        InstanceSettings::permissive().username(Requirement::Off),
    ] {
        assert!(check_with(settings, &new).is_ok());
    }
    let required = check_with(InstanceSettings::permissive().username(Requirement::Required), &new);
    assert_rejected(required, ErrorKind::InvalidInput, &[(codes::FORM_DATA_MISSING, Some("username"))]);
    let alone = check_new(&NewUser::new().username("").skip_user_requirement(true));
    assert_rejected(alone, ErrorKind::InvalidInput, &[(codes::FORM_PARAM_MISSING, Some("email_address"))]);
    assert_eq!(claims(&new).count(), 1);
    let id = UserId::new("user_1").unwrap();
    assert_eq!(super::account(id, &new, None, context.context()).unwrap().user.username, None);
}

#[test]
fn create_requires_an_identifier_although_requirements_are_skipped() {
    let skipping = |new: NewUser| new.skip_user_requirement(true).skip_password_requirement(true);
    let without =
        skipping(NewUser::new().external_id("external").first_name("Ada").password(Password::new("password1")));
    for (settings, names) in [
        (InstanceSettings::new(), vec!["email_address"]),
        (InstanceSettings::permissive(), vec!["email_address", "phone_number", "username", "web3_wallet"]),
    ] {
        let error = check_with(settings, &without).unwrap_err();
        assert_eq!(error.details()[0].param_names(), names);
        assert_rejected(Err::<(), _>(error), ErrorKind::InvalidInput, &[(codes::FORM_PARAM_MISSING, Some(names[0]))]);
    }
    let off = InstanceSettings::new().email_address(Requirement::Off);
    let error = check_with(off, &without).unwrap_err();
    let detail = &error.details()[0];
    assert_eq!(detail.param_names(), ["email_address", "phone_number", "username", "web3_wallet"]);
    for name in detail.param_names() {
        let setting = format!("The instance setting `{name}` is `off`.");
        assert!(detail.long_message().contains(&setting), "{}", detail.long_message());
    }
    let permissive = InstanceSettings::permissive();
    for new in
        [NewUser::new().email_address(EMAIL), NewUser::new().phone_number(PHONE), NewUser::new().username("ada_l")]
    {
        assert!(check_with(permissive.clone(), &skipping(new)).is_ok());
    }
    assert!(check_with(permissive, &NewUser::new().skip_user_requirement(false)).is_ok());
}

#[test]
fn create_rejects_empty_password_although_checks_are_skipped() {
    let empty = full_user().password(Password::new("")).skip_password_checks(true);
    let expected = [(codes::FORM_PARAM_VALUE_INVALID, Some("password"))];
    assert_rejected(check_with(InstanceSettings::permissive(), &empty), ErrorKind::InvalidInput, &expected);
    let empty = full_user().password(Password::new(""));
    let settings = InstanceSettings::permissive().min_password_length(0);
    assert_rejected(check_with(settings, &empty), ErrorKind::InvalidInput, &expected);
}

#[test]
fn create_limits_the_length_of_external_id_locale_and_totp_secret() {
    let long_locale = format!("en{}", "-a".repeat(31));
    let longest =
        full_user().external_id("é".repeat(512)).locale(&*long_locale).totp_secret(TotpSecret::new("A".repeat(256)));
    assert!(check_with(InstanceSettings::permissive(), &longest).is_ok());
    for (longer, param_name) in [
        (full_user().external_id("é".repeat(513)), "external_id"),
        (full_user().locale(format!("{long_locale}b")), "locale"),
        (full_user().totp_secret(TotpSecret::new("A".repeat(257))), "totp_secret"),
    ] {
        let expected = [(codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, Some(param_name))];
        assert_rejected(check_with(InstanceSettings::permissive(), &longer), ErrorKind::InvalidInput, &expected);
    }
}

#[test]
fn create_checks_the_password_policy_unless_skipped() {
    let user = |password: &str| full_user().password(Password::new(password));
    let leaked = InstanceSettings::permissive().leaked_passwords(["password1"]);
    for (password, code) in [
        ("short", codes::FORM_PASSWORD_LENGTH_TOO_SHORT),
        ("password1", codes::FORM_PASSWORD_PWNED),
        (EMAIL, codes::FORM_PASSWORD_MATCHES_IDENTIFIER),
        (PHONE, codes::FORM_PASSWORD_MATCHES_IDENTIFIER),
        (WALLETS[0], codes::FORM_PASSWORD_MATCHES_IDENTIFIER),
        ("ADA_LOVELACE", codes::FORM_PASSWORD_MATCHES_IDENTIFIER),
    ] {
        for new in [user(password), user(password).skip_password_checks(false)] {
            let result = check_with(leaked.clone(), &new);
            assert_rejected(result, ErrorKind::InvalidInput, &[(code, Some("password"))]);
        }
        assert!(check_with(leaked.clone(), &user(password).skip_password_checks(true)).is_ok(), "{password}");
    }
    // A user cannot sign in with the external id.
    assert!(check_with(leaked, &user("external-1")).is_ok());
}

#[test]
fn create_rejects_password_if_passwords_are_disabled() {
    let new = full_user().password(Password::new("correct horse"));
    let result = check_with(InstanceSettings::permissive().password(Requirement::Off), &new);
    assert_rejected(result, ErrorKind::InvalidInput, &[(codes::FORM_PARAM_UNKNOWN, Some("password"))]);
}

#[test]
fn create_rejects_malformed_password_digest() {
    let digest = NewPassword::Digest(PasswordDigest::new(PasswordHasher::Bcrypt, "not a digest"));
    let result = check_new(&full_user().password(digest));
    let details = [(codes::FORM_PASSWORD_DIGEST_INVALID, Some("password_digest"))];
    assert_rejected(result, ErrorKind::InvalidInput, &details);
}

#[test]
fn create_rejects_ban_and_lock_if_disabled() {
    let check = |settings: InstanceSettings, new: NewUser| check_features(&new, Instance::new(settings).context());
    let without_bans = InstanceSettings::permissive().bans(false);
    let without_lockout = InstanceSettings::permissive().lockout(false);
    let (banned, locked) = (NewUser::new().banned(true), NewUser::new().locked(true));
    for allowed in [
        check(InstanceSettings::permissive(), banned.clone().locked(true)),
        check(without_bans.clone(), locked.clone().banned(false)),
        check(without_lockout.clone(), banned.clone().locked(false)),
        check(without_bans.clone().lockout(false), NewUser::new()),
    ] {
        allowed.unwrap();
    }
    let code = codes::UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES;
    assert_rejected(check(without_bans, banned), ErrorKind::PaymentRequired, &[(code, None)]);
    let code = codes::FEATURE_NOT_ENABLED;
    assert_rejected(check(without_lockout, locked), ErrorKind::Forbidden, &[(code, None)]);
}

#[test]
fn quota_exceeded_is_forbidden_and_names_the_limit() {
    let instance = Instance::new(InstanceSettings::new().max_users(100));
    let error = quota_exceeded(instance.context());
    let long = error.details()[0].long_message();
    assert!(long.contains("100 users") && long.contains("`max_users`"), "{long}");
    assert_rejected(Err::<(), _>(error), ErrorKind::Forbidden, &[(codes::USER_QUOTA_EXCEEDED, None)]);
}

#[test]
fn create_rejects_lists_of_more_than_100_values() {
    let emails = |number: usize| (0..number).map(|n| format!("ada{n}@example.com"));
    let with_emails = |number| emails(number).fold(NewUser::new(), NewUser::email_address);
    check_sizes(&with_emails(100)).unwrap();
    let codes = (0..101).map(|n| n.to_string());
    let mut new = with_emails(101).backup_codes(codes);
    for n in 0..101 {
        new = new.phone_number(format!("+1555555{n:04}")).web3_wallet(format!("0x{n:040}"));
    }
    let error = check_sizes(&new).unwrap_err();
    let params: Vec<_> = error.details().iter().map(|detail| (detail.code(), detail.param_name().unwrap())).collect();
    let lists = ["email_address", "phone_number", "web3_wallet", "backup_codes"];
    assert_eq!(params, lists.map(|name| ("form_param_array_size_exceeded", name)));
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn create_treats_empty_names_as_missing() {
    for attribute in [Attribute::FirstName, Attribute::LastName] {
        let mut user = user_with_all_attributes();
        match attribute {
            Attribute::FirstName => user.first_name = Some("".into()),
            _ => user.last_name = Some("".into()),
        }
        let required = InstanceSettings::permissive().attribute(attribute, Requirement::Required);
        let details = [(codes::FORM_DATA_MISSING, Some(attribute.as_str()))];
        assert_rejected(check_with(required, &user), ErrorKind::InvalidInput, &details);
        let off = InstanceSettings::permissive().attribute(attribute, Requirement::Off);
        assert!(check_with(off, &user).is_ok(), "{attribute}");
    }
}
