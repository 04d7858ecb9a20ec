use super::*;
use crate::error::ErrorKind;
use crate::model::PhoneNumber;
use crate::rules::passwords;
use crate::rules::tests::{Instance, TOTP_SECRET, assert_rejected, earlier, empty_account, full_account, now};
use crate::totp::totp_code;

/// Digests that are rejected as backup codes.
const UNSUPPORTED_DIGESTS: &[&str] = &[
    // bcrypt with a cost that is too high, with an unsupported version, and truncated.
    "$2b$16$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2",
    "$2x$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2",
    "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf",
    "$argon2id$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0$THCSjrpCax479tYX",
    "$P$5abcdefghAwHMLXeh48xCQuy..94JO/",
    "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuOL1H1GR440DDnQdS",
    "{SSHA}ua6N/fCd4la954HsMzWu42bRsfJhYmNkZWZnaA==",
    "3cb4e732631f47e6eb961f34554b7cde",
    "pinch$d8a34b13f650968059e83be4fba755e7",
    "pbkdf2_sha256$1000$AAECAwQ=$yRTMTwbMbo9G0Vfj",
    "scrypt:1024:8:1$seasalt$6fdbea39ed01e47661d9fd7443d44f37",
    "sha512_symfony$50$pinch$mnoS3G7eN08vy0tcjft9BDC",
    "awscognito#pool#client#user",
    // With whitespace or a byte order mark around it, in MySQL's format, and with the length of SHA-224.
    " $2b$16$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2",
    "\u{feff}$P$5abcdefghAwHMLXeh48xCQuy..94JO/",
    "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19",
    "d63dc919e201d7bc4c825630d2cf25fdc93d4b2f0d46706d29038d01",
    "POYVYL15xxWomL/ByLxTw3FjDXkDoG+HIRDRcC/BCVk1lk4/Rnr22f/5mhWxG0jrpycQYR4udoF4LA6yMKqB+A==",
];

fn valid_code() -> TotpCode {
    totp_code(&TOTP_SECRET.into(), now()).unwrap()
}

fn verify(account: &Account, code: &TotpCode) -> Result<Option<TotpVerification>> {
    verify_totp(account, code, Instance::default().context())
}

/// Returns an account that has only backup codes.
fn account_with_backup_codes(codes: &[&str]) -> Account {
    let mut account = empty_account();
    account.backup_codes = codes.iter().map(|code| BackupCode::new(*code)).collect();
    account.user.backup_code_enabled = true;
    account.user.two_factor_enabled = true;
    account.user.mfa_enabled_at = Some(earlier());
    account
}

#[test]
fn verify_totp_checks_the_authenticator_app_before_backup_codes() {
    let mut account = full_account();
    account.backup_codes = vec![BackupCode::new(valid_code().expose_secret())];
    assert_eq!(verify(&account, &valid_code()).unwrap(), Some(TotpVerification::Totp));
}

#[test]
fn verify_totp_leaves_other_codes_to_the_backup_codes() {
    let code = TotpCode::new("code-1");
    assert_eq!(verify(&full_account(), &code).unwrap(), None);
    assert_eq!(verify(&account_with_backup_codes(&["code-1"]), &valid_code()).unwrap(), None);

    let mut without_codes = full_account();
    without_codes.backup_codes.clear();
    assert_eq!(verify(&without_codes, &code).unwrap(), Some(TotpVerification::Incorrect));
}

#[test]
fn verify_totp_is_incorrect_if_the_secret_is_unknown() {
    let mut account = empty_account();
    account.user.totp_enabled = true;
    assert_eq!(verify(&account, &valid_code()).unwrap(), Some(TotpVerification::Incorrect));
}

#[test]
fn verify_totp_rejects_user_without_authenticator_app_and_backup_codes() {
    let mut account = full_account();
    (account.user.totp_enabled, account.user.backup_code_enabled) = (false, false);
    assert_rejected(verify(&account, &valid_code()), ErrorKind::InvalidInput, &[(codes::TOTP_DISABLED, None)]);
}

#[test]
fn matching_backup_code_compares_plain_codes_and_digests() {
    let digest = passwords::digest(&"hashed".into(), 4).unwrap();
    let codes = [BackupCode::new("plain"), BackupCode::new(digest.expose_secret())];
    let matching = |code: &str| matching_backup_code(&codes, &TotpCode::new(code));
    assert_eq!(matching("plain"), Some(&codes[0]));
    assert_eq!(matching("hashed"), Some(&codes[1]));
    for other in ["Plain", "plai", "", digest.expose_secret()] {
        assert_eq!(matching(other), None, "{other:?}");
    }
}

#[test]
fn matching_backup_code_does_not_compare_unsupported_digests_as_text() {
    for digest in UNSUPPORTED_DIGESTS {
        let code = TotpCode::new(*digest);
        assert!(matching_backup_code(&[BackupCode::new(*digest)], &code).is_none(), "{digest}");
    }
}

#[test]
fn check_backup_codes_rejects_more_than_100_codes() {
    let codes = |number: usize| (0..number).map(|n| BackupCode::new(n.to_string())).collect::<Vec<_>>();
    check_backup_codes(&codes(100)).unwrap();
    let error = check_backup_codes(&codes(101)).unwrap_err();
    assert_eq!((error.code(), error.param_name()), ("form_param_array_size_exceeded", Some("backup_codes")));
}

#[test]
fn check_backup_codes_limits_the_total_cost_of_digests() {
    let digests = |cost: u32, number| {
        let digest = format!("$2b${cost:02}$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2");
        vec![BackupCode::new(digest); number]
    };
    for (cost, number) in [(4, 100), (10, 100), (12, 32), (15, 4)] {
        check_backup_codes(&digests(cost, number)).unwrap();
    }
    for (cost, number) in [(12, 33), (13, 17), (15, 5)] {
        let error = check_backup_codes(&digests(cost, number)).unwrap_err();
        assert_eq!((error.code(), error.param_name()), ("form_param_format_invalid", Some("backup_codes")), "{cost}");
    }
}

#[test]
fn check_backup_codes_rejects_digests_that_cannot_be_verified() {
    let digest = passwords::digest(&"hashed".into(), 4).unwrap();
    let valid = ["1234-5678", "ABCDEFGH", "a b c", "$5", "abc$def", "{x", digest.expose_secret()];
    assert!(check_backup_codes(&valid.map(BackupCode::new)).is_ok());
    for digest in UNSUPPORTED_DIGESTS {
        let error = check_backup_codes(&["1234-5678", digest].map(BackupCode::new)).unwrap_err();
        assert_eq!((error.code(), error.param_name()), ("form_param_format_invalid", Some("backup_codes")), "{digest}");
        assert!(!error.long_message().contains(digest), "{digest}");
    }
}

#[test]
fn use_backup_code_removes_the_code() {
    let mut account = full_account();
    let mut expected = account.clone();
    expected.backup_codes.remove(1);
    expected.user.updated_at = Some(now());
    let used = use_backup_code(&mut account, &BackupCode::new("code-2"), Instance::default().context());
    assert_eq!(used, TotpVerification::BackupCode);
    assert_eq!(account, expected);
}

#[test]
fn use_backup_code_accepts_a_code_once() {
    let instance = Instance::default();
    let mut account = full_account();
    assert!(use_backup_code(&mut account, &BackupCode::new("code-1"), instance.context()).is_correct());
    let after = account.clone();
    let again = use_backup_code(&mut account, &BackupCode::new("code-1"), instance.context());
    assert_eq!(again, TotpVerification::Incorrect);
    assert_eq!(account, after);
}

#[test]
fn use_backup_code_removes_one_of_equal_codes() {
    let mut account = account_with_backup_codes(&["code-1", "code-1"]);
    assert!(use_backup_code(&mut account, &BackupCode::new("code-1"), Instance::default().context()).is_correct());
    assert_eq!(account.backup_codes, [BackupCode::new("code-1")]);
}

#[test]
fn use_backup_code_disables_backup_codes_after_the_last_one() {
    let mut account = account_with_backup_codes(&["code-1"]);
    assert!(use_backup_code(&mut account, &BackupCode::new("code-1"), Instance::default().context()).is_correct());
    let mut expected = account_with_backup_codes(&[]);
    expected.user.backup_code_enabled = false;
    expected.user.two_factor_enabled = false;
    expected.user.mfa_disabled_at = Some(now());
    expected.user.updated_at = Some(now());
    assert_eq!(account, expected);
}

#[test]
fn disable_mfa_removes_all_second_factors() {
    let mut account = full_account();
    disable_mfa(&mut account, Instance::default().context());
    let mut expected = full_account();
    expected.totp_secret = None;
    expected.backup_codes.clear();
    expected.user.totp_enabled = false;
    expected.user.backup_code_enabled = false;
    expected.user.phone_numbers[0].reserved_for_second_factor = false;
    expected.user.phone_numbers[0].default_second_factor = false;
    expected.user.two_factor_enabled = false;
    expected.user.mfa_disabled_at = Some(now());
    expected.user.updated_at = Some(now());
    assert_eq!(account, expected);
}

#[test]
fn disable_mfa_without_second_factors_changes_only_the_update_time() {
    let mut account = empty_account();
    disable_mfa(&mut account, Instance::default().context());
    let mut expected = empty_account();
    expected.user.updated_at = Some(now());
    assert_eq!(account, expected);
}

#[test]
fn delete_totp_and_backup_codes_keep_the_other_factors() {
    let mut account = full_account();
    let mut expected = account.clone();
    expected.totp_secret = None;
    expected.user.totp_enabled = false;
    expected.user.updated_at = Some(now());
    delete_totp(&mut account, Instance::default().context());
    assert_eq!(account, expected);

    expected.backup_codes.clear();
    expected.user.backup_code_enabled = false;
    delete_backup_codes(&mut account, Instance::default().context());
    // The phone number is left.
    assert_eq!(account, expected);
    assert!(account.user.two_factor_enabled);
}

#[test]
fn delete_totp_and_backup_codes_disable_two_factor_authentication_with_the_last_factor() {
    let deletions: [fn(&mut Account, Context<'_>); 2] = [
        |account, context| {
            delete_totp(account, context);
            delete_backup_codes(account, context);
        },
        |account, context| {
            delete_backup_codes(account, context);
            delete_totp(account, context);
        },
    ];
    for delete in deletions {
        let mut account = full_account();
        account.user.phone_numbers[0].reserved_for_second_factor = false;
        delete(&mut account, Instance::default().context());
        assert!(!account.user.two_factor_enabled);
        assert_eq!((account.user.mfa_enabled_at, account.user.mfa_disabled_at), (Some(earlier()), Some(now())));
    }
}

#[test]
fn refresh_second_factors_enables_two_factor_authentication_with_any_factor() {
    let mut phone = PhoneNumber::new("+15555550101");
    phone.reserved_for_second_factor = true;
    let set_factors: [&dyn Fn(&mut Account); 3] = [
        &|account| account.totp_secret = Some(TOTP_SECRET.into()),
        &|account| account.backup_codes = vec![BackupCode::new("code-1")],
        &|account| account.user.phone_numbers = vec![phone.clone()].into(),
    ];
    for (index, set_factor) in set_factors.iter().enumerate() {
        let mut account = empty_account();
        set_factor(&mut account);
        let mut expected = account.clone();
        expected.user.totp_enabled = index == 0;
        expected.user.backup_code_enabled = index == 1;
        expected.user.two_factor_enabled = true;
        expected.user.mfa_enabled_at = Some(now());
        refresh_second_factors(&mut account, Instance::default().context());
        assert_eq!(account, expected);
    }
}

#[test]
fn refresh_second_factors_keeps_factors_with_unknown_secrets() {
    let mut account = full_account();
    account.totp_secret = None;
    account.backup_codes.clear();
    let expected = account.clone();
    refresh_second_factors(&mut account, Instance::default().context());
    assert_eq!(account, expected);
}

#[test]
fn check_backup_codes_rejects_empty_codes() {
    for empty in ["", " ", "\t\n"] {
        let error = check_backup_codes(&["1234-5678", empty].map(BackupCode::new)).unwrap_err();
        assert_eq!((error.code(), error.param_name()), (codes::FORM_PARAM_VALUE_INVALID, Some("backup_codes")));
    }
}
