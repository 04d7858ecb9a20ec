use super::*;
use crate::model::ScimProvisioning;
use crate::rules::InstanceSettings;
use crate::rules::tests::{Instance, assert_rejected, empty_account, full_account, now};

const COST: u32 = 4;

fn new_digest() -> PasswordDigest {
    PasswordDigest::new(PasswordHasher::Bcrypt, "new digest")
}

#[test]
fn verify_accepts_only_the_password_of_the_digest() {
    let digest = digest(&Password::new("correct horse"), COST).unwrap();
    assert_eq!(digest.hasher(), &PasswordHasher::Bcrypt);
    assert_eq!(verify(&digest, &Password::new("correct horse")).unwrap(), PasswordVerification::Correct);
    assert_eq!(verify(&digest, &Password::new("Correct horse")).unwrap(), PasswordVerification::Incorrect);
}

#[test]
fn digest_rejects_cost_out_of_range() {
    assert_eq!(digest(&Password::new("password"), 99).unwrap_err().kind(), ErrorKind::Configuration);
}

#[test]
fn verify_fails_for_digest_that_only_another_service_can_verify() {
    let digest = PasswordDigest::new(PasswordHasher::AwsCognito, "awscognito#pool#client#ada");
    let error = verify(&digest, &Password::new("password")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.message().unwrap().contains("cannot be verified without the service"));
}

#[cfg(not(feature = "password-hashes"))]
#[test]
fn verify_is_unsupported_without_the_feature_of_the_hasher() {
    let digest = PasswordDigest::new(PasswordHasher::Md5, "5f4dcc3b5aa765d61d8327deb882cf99");
    assert_eq!(verify(&digest, &Password::new("password")).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn check_digest_names_the_hasher_and_the_limits_of_an_invalid_digest() {
    let instance = Instance::default();
    for digest in ["x", "$2b$17$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"] {
        let digest = PasswordDigest::new(PasswordHasher::Bcrypt, digest);
        let detail = check_digest(&digest, instance.context()).unwrap_err();
        let expected =
            "password_digest is not a valid digest of the hasher bcrypt, or exceeds a limit on its cost or length.";
        assert_eq!(detail.long_message(), expected);
    }
}

#[test]
fn digest_to_verify_is_none_if_the_digest_is_unknown() {
    let mut account = full_account();
    assert_eq!(digest_to_verify(&account).unwrap(), account.password);
    account.password = None;
    assert_eq!(digest_to_verify(&account).unwrap(), None);
}

#[test]
fn digest_to_verify_rejects_user_without_password() {
    let mut account = full_account();
    account.user.password_enabled = false;
    assert_rejected(digest_to_verify(&account), ErrorKind::InvalidInput, &[(codes::NO_PASSWORD_SET, None)]);
}

#[test]
fn remove_password_clears_the_password_fields() {
    for (requires_reset, after) in [(Some(true), Some(false)), (None, None)] {
        let mut account = full_account();
        account.user.requires_password_reset = requires_reset;
        let mut expected = account.clone();
        expected.password = None;
        expected.user.password_enabled = false;
        expected.user.password_last_updated_at = None;
        expected.user.requires_password_reset = after;
        expected.user.updated_at = Some(now());
        remove_password(&mut account, Instance::default().context()).unwrap();
        assert_eq!(account, expected);
    }
}

#[test]
fn remove_password_does_not_change_user_without_password() {
    let mut account = empty_account();
    remove_password(&mut account, Instance::default().context()).unwrap();
    assert_eq!(account, empty_account());
}

#[test]
fn remove_password_rejects_password_managed_by_scim() {
    let instance = Instance::new(InstanceSettings::permissive().directory_managed([Attribute::Password]));
    let mut account = full_account();
    account.user.scim = Some(ScimProvisioning::new("scim_1"));
    let before = account.clone();
    assert_rejected(
        remove_password(&mut account, instance.context()),
        ErrorKind::Conflict,
        &[(codes::USER_MANAGED_BY_SCIM, Some("password"))],
    );
    assert_eq!(account, before);

    account.user.scim = None;
    remove_password(&mut account, instance.context()).unwrap();
    assert!(!account.user.password_enabled);
}

#[test]
fn check_enabled_rejects_disabled_passwords() {
    assert!(check_enabled(Instance::default().context()).is_ok());
    let without = Instance::new(InstanceSettings::permissive().password(Requirement::Off));
    assert_rejected(check_enabled(without.context()), ErrorKind::Forbidden, &[(codes::PASSWORD_DISABLED, None)]);
}

#[test]
fn set_password_compromised_sets_whether_a_reset_is_required() {
    for compromised in [true, false] {
        let mut account = full_account();
        account.user.requires_password_reset = None;
        let mut expected = account.clone();
        expected.user.requires_password_reset = Some(compromised);
        expected.user.updated_at = Some(now());
        set_password_compromised(&mut account, compromised, Instance::default().context()).unwrap();
        assert_eq!(account, expected);
    }
}

#[test]
fn set_password_compromised_rejects_user_without_password() {
    let mut account = empty_account();
    for compromised in [true, false] {
        let result = set_password_compromised(&mut account, compromised, Instance::default().context());
        assert_rejected(result, ErrorKind::InvalidInput, &[(codes::NO_PASSWORD_SET, None)]);
    }
    assert_eq!(account, empty_account());
}

#[test]
fn set_password_replaces_the_password_and_ends_the_required_reset() {
    for (mut account, requires_reset) in [(full_account(), Some(false)), (empty_account(), None)] {
        let mut expected = account.clone();
        expected.password = Some(new_digest());
        expected.user.password_enabled = true;
        expected.user.password_last_updated_at = Some(now());
        expected.user.requires_password_reset = requires_reset;
        set_password(&mut account, Some(new_digest()), Instance::default().context());
        assert_eq!(account, expected);
    }
}

#[test]
fn set_password_without_password_changes_nothing() {
    let mut account = full_account();
    set_password(&mut account, None, Instance::default().context());
    assert_eq!(account, full_account());
}

#[test]
fn check_password_applies_the_policy_to_plain_passwords() {
    let instance = Instance::default();
    let check = |password: &str, skip| {
        let password = NewPassword::Plain(Password::new(password));
        let errors = check_password(Some(&password), &["ada_lovelace"], skip, instance.context());
        errors.iter().map(|error| error.code().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(check("correct horse", false), [""; 0]);
    assert_eq!(check("short", false), [codes::FORM_PASSWORD_LENGTH_TOO_SHORT]);
    assert_eq!(check("short", true), [""; 0]);
    assert_eq!(check("Ada_Lovelace", false), [codes::FORM_PASSWORD_MATCHES_IDENTIFIER]);
}

#[test]
fn check_password_rejects_passwords_if_they_are_disabled() {
    let instance = Instance::new(InstanceSettings::permissive().password(Requirement::Off));
    assert_eq!(check_password(None, &[], false, instance.context()), []);
    let digest = digest(&Password::new("correct horse"), COST).unwrap();
    for (password, param_name) in [
        (NewPassword::Plain(Password::new("correct horse")), "password"),
        (NewPassword::Digest(digest), "password_digest"),
    ] {
        let errors = check_password(Some(&password), &[], true, instance.context());
        assert_eq!(errors.len(), 1, "{param_name}");
        assert_eq!((errors[0].code(), errors[0].param_name()), (codes::FORM_PARAM_UNKNOWN, Some(param_name)));
    }
}

#[test]
fn check_password_checks_the_format_of_digests() {
    let instance = Instance::default();
    let check =
        |digest: PasswordDigest| check_password(Some(&NewPassword::Digest(digest)), &[], false, instance.context());
    assert_eq!(check(digest(&Password::new("short"), COST).unwrap()), []);
    for (hasher, code, param_name) in [
        ("rot13", codes::FORM_PARAM_VALUE_INVALID, "password_hasher"),
        ("bcrypt", codes::FORM_PASSWORD_DIGEST_INVALID, "password_digest"),
    ] {
        let errors = check(PasswordDigest::new(hasher.into(), "not a digest"));
        assert_eq!(errors.len(), 1, "{hasher}");
        assert_eq!((errors[0].code(), errors[0].param_name()), (code, Some(param_name)));
    }
}
