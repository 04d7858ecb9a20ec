use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::model::{Paginated, PasswordHasher};

const USER: &str = include_str!("../../../tests/fixtures/responses/get.json");
const MEMBERSHIPS: &str = include_str!("../../../tests/fixtures/responses/get_organization_memberships.json");
const INVITATIONS: &str = include_str!("../../../tests/fixtures/responses/get_organization_invitations.json");
const DEVICES: &str = include_str!("../../../tests/fixtures/responses/list_trusted_devices.json");
const SUBSCRIPTION: &str = include_str!("../../../tests/fixtures/responses/get_billing_subscription.json");
const TOKENS: &str = include_str!("../../../tests/fixtures/responses/get_oauth_access_token.json");

fn decode<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An account in which every field is set.
fn complete_account() -> Account {
    let mut tokens: Vec<OAuthAccessToken> = decode(TOKENS);
    tokens[0].token_secret = Some(OAuthToken::new("token secret"));
    tokens[0].expires_at = Some(at("2030-01-02T03:04:05.678901234Z"));
    let mut subscription: Subscription = decode(SUBSCRIPTION);
    // A number that `serde_json` reads exactly only with `float_roundtrip`.
    let credit = subscription.subscription_items[0].credit.as_mut().unwrap();
    credit.cycle_remaining_percent = Some(10.204_081_632_653_061);
    subscription.subscription_items[0].seats.as_mut().unwrap().quantity = Some(u64::MAX);
    let entry = |key: &str, amount| {
        let payer_id = "cpayer_1".parse().unwrap();
        let mut entry =
            CreditLedgerEntry::new(format!("ccl_{key}").parse().unwrap(), payer_id, Money::new(amount, "EUR"));
        entry.created_at = Some(at("2026-05-12T09:00:00.000000001Z"));
        entry.note = Some("a note".into());
        (key.to_owned(), entry)
    };
    Account {
        user: decode(USER),
        lock: Some(Lock::Until(at("2026-05-12T10:00:00.000000001Z"))),
        password: Some(PasswordDigest::new(PasswordHasher::Other("rot13".into()), "digest \"\n")),
        totp_secret: Some(TotpSecret::new("JBSWY3DPEHPK3PXP")),
        backup_codes: vec![BackupCode::new("one"), BackupCode::new("two")],
        resources: Some(Box::new(Resources {
            oauth_tokens: tokens,
            memberships: decode::<Paginated<_>>(MEMBERSHIPS).data.into(),
            invitations: decode::<Paginated<_>>(INVITATIONS).data,
            trusted_devices: decode::<Paginated<_>>(DEVICES).data,
            subscription: Some(subscription),
            credit: Some(Credit {
                payer_id: "cpayer_1".parse().unwrap(),
                balance: Money::new(-5, "EUR"),
                ledger: HashMap::from([entry("b", -10), entry("a", 5)]),
            }),
        })),
    }
}

fn account_of(user: User) -> Account {
    Account { user, lock: None, password: None, totp_secret: None, backup_codes: Vec::new(), resources: None }
}

#[track_caller]
fn assert_round_trip(account: &Account) {
    let document = Document::of(account).unwrap();
    let again = document.clone().into_account().unwrap();
    assert_eq!(again, *account);
    assert!(Document::of(&again).unwrap() == document, "the document changed");
}

#[test]
fn document_preserves_complete_account() {
    let account = complete_account();
    assert!(account.user.phone_numbers.iter().any(|phone| !phone.backup_codes.is_empty()));
    assert_round_trip(&account);
}

#[test]
fn document_preserves_missing_and_empty_fields() {
    assert_round_trip(&account_of(User::new("user_1".parse().unwrap())));
    assert_round_trip(&Account { resources: Some(Box::default()), lock: Some(Lock::Forever), ..complete_account() });
    let resources = Resources { credit: Some(Credit::new("cpayer_1".parse().unwrap())), ..Resources::default() };
    assert_round_trip(&Account {
        resources: Some(Box::new(resources)),
        totp_secret: Some(TotpSecret::new("")),
        ..complete_account()
    });
}

#[test]
fn document_preserves_lenient_fixtures() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/lenient");
    let mut users = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let json = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let Ok(user) = serde_json::from_str::<User>(&json) else { continue };
        assert_round_trip(&account_of(user));
        users += 1;
    }
    assert!(users > 10, "{users}");
}

#[test]
fn document_preserves_text_of_deeply_nested_metadata() {
    let deep = format!(
        r#"{{"big":123456789012345678901234567890,"tiny":0.10,"deep":{}1{}}}"#,
        "[".repeat(3000),
        "]".repeat(3000)
    );
    let mut account = complete_account();
    account.user.private_metadata = deep.parse().unwrap();
    let again = Document::of(&account).unwrap().into_account().unwrap();
    assert_eq!(again.user.private_metadata.as_json(), deep);
}

#[test]
fn document_separates_secrets_except_ticket_urls_from_the_json() {
    let account = complete_account();
    let document = Document::of(&account).unwrap();
    let secrets = document.secrets.clone().unwrap();
    let tokens = &account.resources.as_ref().unwrap().oauth_tokens;
    for secret in ["JBSWY3DPEHPK3PXP", "\"one\"", "token secret", tokens[0].token.expose_secret()] {
        assert!(secrets.contains(secret) && !document.json.contains(secret), "{secret}");
    }
    let ticket = "https://accounts.example.com/invitations/tide-1";
    assert!(document.json.contains(ticket) && !secrets.contains(ticket));
    assert!(!document.json.contains("rot13") && !secrets.contains("rot13"));
    assert_eq!(format!("{document:?}"), "Document { .. }");
    assert!(Document::of(&account_of(account.user.clone())).unwrap().secrets.is_some(), "backup codes of a phone");
    assert!(Document::of(&account_of(User::new("user_1".parse().unwrap()))).unwrap().secrets.is_none());
}

/// Changes the JSON of a complete account, and returns the error of reading it.
fn read_error(change: impl FnOnce(&mut Value)) -> String {
    let mut document = Document::of(&complete_account()).unwrap();
    let mut json: Value = serde_json::from_str(&document.json).unwrap();
    change(&mut json);
    document.json = json.to_string();
    let message = document.into_account().unwrap_err().to_string();
    for secret in ["isolde", "Isolde", "digest", "secret ", "rot13", "surprise"] {
        assert!(!message.contains(secret), "{message}");
    }
    message
}

#[test]
fn into_account_rejects_malformed_documents() {
    let malformed = |message: &str| format!("the document of an account is malformed: {message}");
    assert!(read_error(|json| json["user"] = json!({})).contains("the field `id` is missing"));
    for pointer in ["", "/resources", "/resources/oauth_tokens/0", "/resources/credit"] {
        let message = read_error(|json| json.pointer_mut(pointer).unwrap()["surprise"] = json!("surprise"));
        assert!(message.contains("a value has the wrong type"), "{pointer}: {message}");
    }
    assert_eq!(
        read_error(|json| json["lock"] = json!({ "until": "surprise" })),
        malformed("the end of the lock is not a time")
    );
    assert_eq!(
        read_error(|json| json["user"]["phone_numbers"] = json!([])),
        malformed("the number of backup code lists differs from the number of phone numbers")
    );
    assert_eq!(
        read_error(|json| json["resources"]["oauth_tokens"] = json!([])),
        malformed("the secrets of the OAuth tokens are incomplete")
    );
}

#[test]
fn into_account_treats_missing_fields_as_unset() {
    let mut document = Document::of(&complete_account()).unwrap();
    let mut json: Value = serde_json::from_str(&document.json).unwrap();
    json["user"].as_object_mut().unwrap().remove("bypass_client_trust");
    json["user"].as_object_mut().unwrap().remove("locale");
    json.as_object_mut().unwrap().remove("resources");
    document.json = json.to_string();
    let account = document.into_account().unwrap();
    assert_eq!((account.user.locale, account.user.bypass_client_trust, account.resources), (None, false, None));
}
