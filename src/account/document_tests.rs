use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::model::Paginated;
use crate::model::billing::CreditLedgerEntry;

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

/// A record in which every field is set.
fn complete_record() -> Record {
    let mut tokens: Vec<OAuthAccessToken> = decode(TOKENS);
    tokens[0].token_secret = Some(OAuthToken::new("token secret"));
    tokens[0].expires_at = Some(at("2030-01-02T03:04:05.678901234Z"));
    let mut subscription: Subscription = decode(SUBSCRIPTION);
    // A number that `serde_json` reads exactly only with `float_roundtrip`.
    let credit = subscription.subscription_items[0].credit.as_mut().unwrap();
    credit.cycle_remaining_percent = Some(33.333_333_333_333_336_f64 / 7.0);
    subscription.subscription_items[0].seats.as_mut().unwrap().quantity = Some(u64::MAX);
    let entry = |key: &str, amount| {
        let payer_id = "cpayer_1".parse().unwrap();
        let mut entry =
            CreditLedgerEntry::new(format!("ccl_{key}").parse().unwrap(), payer_id, Money::new(amount, "EUR"));
        entry.created_at = Some(at("2026-05-12T09:00:00.000000001Z"));
        entry.note = Some("a note".into());
        (key.to_owned(), entry)
    };
    Record {
        user: decode(USER),
        sequence: 7,
        lock: Some(Lock::Until(at("2026-05-12T10:00:00.000000001Z"))),
        password: Some(PasswordDigest::new(PasswordHasher::Other("rot13".into()), "digest \"\n")),
        totp_secret: Some(TotpSecret::new("JBSWY3DPEHPK3PXP")),
        backup_codes: vec![BackupCode::new("one"), BackupCode::new("two")],
        resources: Some(Box::new(Resources {
            oauth_tokens: tokens,
            memberships: decode::<Paginated<_>>(MEMBERSHIPS).data,
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

fn record_of(user: User) -> Record {
    Record {
        user,
        sequence: 0,
        lock: None,
        password: None,
        totp_secret: None,
        backup_codes: Vec::new(),
        resources: None,
    }
}

fn written(record: &Record) -> String {
    let mut json = Vec::new();
    record.write(&mut json).unwrap();
    String::from_utf8(json).unwrap()
}

#[track_caller]
fn assert_round_trip(record: &Record) {
    let json = written(record);
    let again = Record::read(&json).unwrap();
    assert_eq!(again, *record);
    assert_eq!(written(&again), json);
}

#[test]
fn write_and_read_preserve_complete_record() {
    let record = complete_record();
    assert!(record.user.phone_numbers.iter().any(|phone| !phone.backup_codes.is_empty()));
    assert_round_trip(&record);
}

#[test]
fn write_and_read_preserve_missing_and_empty_fields() {
    assert_round_trip(&record_of(User::new("user_1".parse().unwrap())));
    assert_round_trip(&Record { resources: Some(Box::default()), lock: Some(Lock::Forever), ..complete_record() });
    let credit = Credit { payer_id: "cpayer_1".parse().unwrap(), balance: Money::default(), ledger: HashMap::new() };
    let resources = Resources { credit: Some(credit), ..Resources::default() };
    assert_round_trip(&Record {
        resources: Some(Box::new(resources)),
        totp_secret: Some(TotpSecret::new("")),
        ..complete_record()
    });
}

#[test]
fn write_and_read_preserve_lenient_fixtures() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/lenient");
    let mut users = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let json = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let Ok(user) = serde_json::from_str::<User>(&json) else { continue };
        assert_round_trip(&record_of(user));
        users += 1;
    }
    assert!(users > 10, "{users}");
}

#[test]
fn write_and_read_preserve_text_of_deeply_nested_metadata() {
    let deep = format!(
        r#"{{"big":123456789012345678901234567890,"tiny":0.10,"deep":{}1{}}}"#,
        "[".repeat(3000),
        "]".repeat(3000)
    );
    let mut record = complete_record();
    record.user.private_metadata = deep.parse().unwrap();
    let again = Record::read(&written(&record)).unwrap();
    assert_eq!(again.user.private_metadata.as_json(), deep);
}

/// Changes the JSON of a complete record, and returns the error of reading it.
fn read_error(change: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(&written(&complete_record())).unwrap();
    change(&mut document);
    let message = Record::read(&document.to_string()).unwrap_err();
    for secret in ["isolde", "Isolde", "digest", "secret", "rot13", "surprise"] {
        assert!(!message.contains(secret), "{message}");
    }
    message
}

#[test]
fn read_rejects_unknown_fields_at_any_depth() {
    let unknown = "a field or value is not supported by this version";
    for pointer in [
        "/user",
        "/user/email_addresses/0",
        "/user/email_addresses/0/verification",
        "/user/saml_accounts/0/saml_connection",
        "/resources/memberships/1/organization",
        "/resources/subscription/subscription_items/0/plan",
        "/resources/credit/ledger/a",
        "/resources/credit/balance",
    ] {
        let message = read_error(|document| document.pointer_mut(pointer).unwrap()["surprise"] = json!("surprise"));
        assert_eq!(message, unknown, "{pointer}");
    }
    for pointer in ["", "/resources", "/resources/oauth_tokens/0", "/resources/credit", "/password"] {
        let message = read_error(|document| document.pointer_mut(pointer).unwrap()["surprise"] = json!("surprise"));
        assert_eq!(message, "a value has the wrong type", "{pointer}");
    }
    // Values that the models decode as absent.
    assert_eq!(read_error(|document| document["user"]["created_at"] = json!("surprise")), unknown);
    assert_eq!(read_error(|document| document["user"]["create_organizations_limit"] = json!(-1)), unknown);
    assert_eq!(read_error(|document| document["user"]["passkeys"] = json!([null, null])), unknown);
}

#[test]
fn read_treats_missing_fields_as_unset() {
    let mut document: Value = serde_json::from_str(&written(&complete_record())).unwrap();
    document["user"].as_object_mut().unwrap().remove("bypass_client_trust");
    document["user"].as_object_mut().unwrap().remove("locale");
    document.as_object_mut().unwrap().remove("resources");
    document["user"]["gone"] = Value::Null;
    let record = Record::read(&document.to_string()).unwrap();
    assert_eq!((record.user.locale, record.user.bypass_client_trust, record.resources), (None, false, None));
}

#[test]
fn read_rejects_malformed_records() {
    assert_eq!(read_error(|document| document["user"] = json!({})), "the field `id` is missing");
    assert_eq!(read_error(|document| document["sequence"] = json!("surprise")), "a value has the wrong type");
    assert_eq!(
        read_error(|document| document["lock"] = json!({ "until": "surprise" })),
        "the end of the lock is not a time"
    );
    let message = read_error(|document| document["phone_backup_codes"] = json!([["surprise"]]));
    assert_eq!(message, "the numbers of phone numbers and of their lists of backup codes differ");
    assert_eq!(Record::read("{").unwrap_err(), "the document ends too early");
}

mod changes {
    use super::*;
    use crate::{NewUser, UserDirectory};

    async fn create(directory: &InMemoryUserDirectory, username: &str) -> UserId {
        directory.create(&NewUser::new().username(username)).await.unwrap().id
    }

    /// Takes the changes: the id of each changed user, and whether the user exists.
    fn take(directory: &ChangeTracker) -> Vec<(UserId, bool)> {
        let mut changes: Vec<_> =
            directory.take_changes().into_iter().map(|(id, record)| (id, record.is_some())).collect();
        changes.sort();
        changes
    }

    #[tokio::test]
    async fn changes_before_tracking_are_not_returned() {
        let directory = InMemoryUserDirectory::new();
        create(&directory, "ada.lovelace").await;
        let tracker = ChangeTracker::new(&directory).unwrap();
        assert_eq!(take(&tracker), []);
    }

    #[tokio::test]
    async fn directory_has_one_tracker_at_a_time() {
        let directory = InMemoryUserDirectory::new();
        let tracker = ChangeTracker::new(&directory).unwrap();
        let ada = create(&directory, "ada.lovelace").await;
        assert!(ChangeTracker::new(&directory).is_none());
        assert_eq!(take(&tracker), [(ada, true)]);
        drop(tracker);
        create(&directory, "grace").await;
        assert_eq!(take(&ChangeTracker::new(&directory).unwrap()), []);
    }

    #[tokio::test]
    async fn take_changes_returns_each_changed_user_once() {
        let directory = InMemoryUserDirectory::builder().ids(crate::in_memory::SequentialIds::default()).build();
        let tracker = ChangeTracker::new(&directory).unwrap();
        let (ada, grace) = (create(&directory, "ada.lovelace").await, create(&directory, "grace").await);
        assert_eq!(take(&tracker), [(ada.clone(), true), (grace.clone(), true)]);
        assert_eq!(take(&tracker), []);

        directory.get(&ada).await.unwrap();
        assert_eq!(take(&tracker), []);
        directory.ban(&ada).await.unwrap();
        directory.unban(&ada).await.unwrap();
        assert_eq!(take(&tracker), [(ada.clone(), true)]);
        directory.update(&ada, &crate::UserUpdate::new().username("ada.king")).await.unwrap();
        assert_eq!(take(&tracker), [(ada.clone(), true)]);

        directory.delete(&ada).await.unwrap();
        let linus = create(&directory, "linus").await;
        directory.delete(&linus).await.unwrap();
        let changes = tracker.take_changes();
        assert_eq!(changes.len(), 2);
        tracker.mark_changed(&changes);
        assert_eq!(take(&tracker), [(ada, false), (linus, false)]);

        directory.clear();
        assert_eq!(take(&tracker), [(grace, false)]);
        let ada = create(&directory, "ada.lovelace").await;
        assert_eq!(take(&tracker), [(ada, true)]);
    }

    #[tokio::test]
    async fn restore_preserves_the_order_of_creation() {
        let clock = crate::time::ManualClock::new(at("2026-05-12T09:00:00Z"));
        let directory = || InMemoryUserDirectory::builder().clock(clock.clone()).build();
        let from = directory();
        for username in ["ada.lovelace", "grace", "linus"] {
            create(&from, username).await;
        }
        from.delete(records(&from)[0].id()).await.unwrap();

        let to = directory();
        let tracker = ChangeTracker::new(&to).unwrap();
        assert!(tracker.restore(PreparedUsers::new(records(&from)).unwrap()));
        assert_eq!(records(&to), records(&from));
        assert_eq!(take(&tracker), []);
        let newest = create(&to, "edsger").await;
        assert_eq!(*records(&to)[2].id(), newest);
    }

    #[tokio::test]
    async fn restore_rejects_non_empty_directories_and_conflicting_records() {
        let from = InMemoryUserDirectory::new();
        create(&from, "ada.lovelace").await;
        let before = records(&from);
        let prepared = || PreparedUsers::new(before.clone()).unwrap();
        assert_eq!(prepared().records(), before);
        let tracker = ChangeTracker::new(&from).unwrap();
        assert!(!tracker.restore(prepared()));
        assert!(tracker.restore(PreparedUsers::default()));
        assert_eq!(records(&from), before);

        let twin = Record {
            user: User { id: "user_twin".parse().unwrap(), ..before[0].user.clone() },
            ..(*before[0]).clone()
        };
        for other in [Arc::clone(&before[0]), Arc::new(twin)] {
            assert!(PreparedUsers::new(vec![Arc::clone(&before[0]), other]).is_none());
        }
        let last = Arc::new(Record { sequence: u64::MAX, ..(*before[0]).clone() });
        assert!(PreparedUsers::new(vec![last]).is_none());
    }
}
