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

/// A record with everything.
fn whole() -> Record {
    let mut tokens: Vec<OAuthAccessToken> = decode(TOKENS);
    tokens[0].token_secret = Some(OAuthToken::new("token secret"));
    tokens[0].expires_at = Some(at("2030-01-02T03:04:05.678901234Z"));
    let mut subscription: Subscription = decode(SUBSCRIPTION);
    // A number that is read wrong by whoever is not careful.
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

fn bare(user: User) -> Record {
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
fn comes_back(record: &Record) {
    let json = written(record);
    let again = Record::read(&json).unwrap();
    assert_eq!(again, *record);
    assert_eq!(written(&again), json);
}

#[test]
fn a_record_with_everything_comes_back_as_it_was() {
    let record = whole();
    assert!(record.user.phone_numbers.iter().any(|phone| !phone.backup_codes.is_empty()));
    comes_back(&record);
}

#[test]
fn what_is_missing_or_empty_comes_back_as_it_was() {
    comes_back(&bare(User::new("user_1".parse().unwrap())));
    comes_back(&Record { resources: Some(Box::default()), lock: Some(Lock::Forever), ..whole() });
    let credit = Credit { payer_id: "cpayer_1".parse().unwrap(), balance: Money::default(), ledger: HashMap::new() };
    let resources = Resources { credit: Some(credit), ..Resources::default() };
    comes_back(&Record { resources: Some(Box::new(resources)), totp_secret: Some(TotpSecret::new("")), ..whole() });
}

#[test]
fn what_the_service_really_sends_comes_back_as_it_was() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/lenient");
    let mut users = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let json = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let Ok(user) = serde_json::from_str::<User>(&json) else { continue };
        comes_back(&bare(user));
        users += 1;
    }
    assert!(users > 10, "{users}");
}

#[test]
fn metadata_comes_back_to_the_letter_however_deep_it_is() {
    let deep = format!(
        r#"{{"big":123456789012345678901234567890,"tiny":0.10,"deep":{}1{}}}"#,
        "[".repeat(3000),
        "]".repeat(3000)
    );
    let mut record = whole();
    record.user.private_metadata = deep.parse().unwrap();
    let again = Record::read(&written(&record)).unwrap();
    assert_eq!(again.user.private_metadata.as_json(), deep);
}

/// A change of a document and what is said of it.
fn refused(change: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(&written(&whole())).unwrap();
    change(&mut document);
    let why = Record::read(&document.to_string()).unwrap_err();
    for secret in ["isolde", "Isolde", "digest", "secret", "rot13", "surprise"] {
        assert!(!why.contains(secret), "{why}");
    }
    why
}

#[test]
fn what_this_version_does_not_know_is_refused_at_any_depth() {
    let unknown = "has something that this version does not know";
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
        let why = refused(|document| document.pointer_mut(pointer).unwrap()["surprise"] = json!("surprise"));
        assert_eq!(why, unknown, "{pointer}");
    }
    for pointer in ["", "/resources", "/resources/oauth_tokens/0", "/resources/credit", "/password"] {
        let why = refused(|document| document.pointer_mut(pointer).unwrap()["surprise"] = json!("surprise"));
        assert_eq!(why, "a value has the wrong type", "{pointer}");
    }
    // Values that the models take for nothing.
    assert_eq!(refused(|document| document["user"]["created_at"] = json!("surprise")), unknown);
    assert_eq!(refused(|document| document["user"]["create_organizations_limit"] = json!(-1)), unknown);
    assert_eq!(refused(|document| document["user"]["passkeys"] = json!([null, null])), unknown);
}

#[test]
fn what_this_version_has_more_than_a_file_is_as_if_it_had_never_been_set() {
    let mut document: Value = serde_json::from_str(&written(&whole())).unwrap();
    document["user"].as_object_mut().unwrap().remove("bypass_client_trust");
    document["user"].as_object_mut().unwrap().remove("locale");
    document.as_object_mut().unwrap().remove("resources");
    document["user"]["gone"] = Value::Null;
    let record = Record::read(&document.to_string()).unwrap();
    assert_eq!((record.user.locale, record.user.bypass_client_trust, record.resources), (None, false, None));
}

#[test]
fn a_record_that_makes_no_sense_is_refused_in_words() {
    assert_eq!(refused(|document| document["user"] = json!({})), "the field `id` is missing");
    assert_eq!(refused(|document| document["sequence"] = json!("surprise")), "a value has the wrong type");
    assert_eq!(
        refused(|document| document["lock"] = json!({ "until": "surprise" })),
        "has a lock whose end is not a time"
    );
    let why = refused(|document| document["phone_backup_codes"] = json!([["surprise"]]));
    assert_eq!(why, "has backup codes of more or fewer phone numbers than there are");
    assert_eq!(Record::read("{").unwrap_err(), "the document ends too early");
}

mod changes {
    use super::*;
    use crate::{NewUser, UserDirectory};

    async fn created(directory: &InMemoryUserDirectory, username: &str) -> UserId {
        directory.create(&NewUser::new().username(username)).await.unwrap().id
    }

    /// Who was changed, and whether they are still there.
    fn taken(directory: &Tracked) -> Vec<(UserId, bool)> {
        let mut changes: Vec<_> =
            directory.take_changes().into_iter().map(|(id, record)| (id, record.is_some())).collect();
        changes.sort();
        changes
    }

    #[tokio::test]
    async fn nobody_is_noted_until_somebody_asks() {
        let directory = InMemoryUserDirectory::new();
        created(&directory, "ada.lovelace").await;
        let tracked = Tracked::new(&directory).unwrap();
        assert_eq!(taken(&tracked), []);
    }

    #[tokio::test]
    async fn changes_are_noted_for_one_at_a_time_and_for_nobody_afterwards() {
        let directory = InMemoryUserDirectory::new();
        let tracked = Tracked::new(&directory).unwrap();
        let ada = created(&directory, "ada.lovelace").await;
        assert!(Tracked::new(&directory).is_none());
        assert_eq!(taken(&tracked), [(ada, true)]);
        drop(tracked);
        created(&directory, "grace").await;
        assert_eq!(taken(&Tracked::new(&directory).unwrap()), []);
    }

    #[tokio::test]
    async fn who_is_created_edited_or_deleted_is_noted_once() {
        let directory = InMemoryUserDirectory::builder().ids(crate::in_memory::SequentialIds::default()).build();
        let tracked = Tracked::new(&directory).unwrap();
        let (ada, grace) = (created(&directory, "ada.lovelace").await, created(&directory, "grace").await);
        assert_eq!(taken(&tracked), [(ada.clone(), true), (grace.clone(), true)]);
        assert_eq!(taken(&tracked), []);

        directory.get(&ada).await.unwrap();
        assert_eq!(taken(&tracked), []);
        directory.ban(&ada).await.unwrap();
        directory.unban(&ada).await.unwrap();
        assert_eq!(taken(&tracked), [(ada.clone(), true)]);
        directory.update(&ada, &crate::UserUpdate::new().username("ada.king")).await.unwrap();
        assert_eq!(taken(&tracked), [(ada.clone(), true)]);

        directory.delete(&ada).await.unwrap();
        let linus = created(&directory, "linus").await;
        directory.delete(&linus).await.unwrap();
        let changes = tracked.take_changes();
        assert_eq!(changes.len(), 2);
        tracked.give_back(&changes);
        assert_eq!(taken(&tracked), [(ada, false), (linus, false)]);

        directory.clear();
        assert_eq!(taken(&tracked), [(grace, false)]);
        let ada = created(&directory, "ada.lovelace").await;
        assert_eq!(taken(&tracked), [(ada, true)]);
    }

    #[tokio::test]
    async fn records_are_restored_where_they_were_and_newer_ones_come_after_them() {
        let clock = crate::time::ManualClock::new(at("2026-05-12T09:00:00Z"));
        let directory = || InMemoryUserDirectory::builder().clock(clock.clone()).build();
        let from = directory();
        for username in ["ada.lovelace", "grace", "linus"] {
            created(&from, username).await;
        }
        from.delete(records(&from)[0].id()).await.unwrap();

        let to = directory();
        let tracked = Tracked::new(&to).unwrap();
        assert!(tracked.restore(Prepared::new(records(&from)).unwrap()));
        assert_eq!(records(&to), records(&from));
        assert_eq!(taken(&tracked), []);
        let newest = created(&to, "edsger").await;
        assert_eq!(*records(&to)[2].id(), newest);
    }

    #[tokio::test]
    async fn records_are_not_mixed_with_users_or_with_each_other() {
        let from = InMemoryUserDirectory::new();
        created(&from, "ada.lovelace").await;
        let before = records(&from);
        let prepared = || Prepared::new(before.clone()).unwrap();
        assert_eq!(prepared().records(), before);
        let tracked = Tracked::new(&from).unwrap();
        assert!(!tracked.restore(prepared()));
        assert!(tracked.restore(Prepared::default()));
        assert_eq!(records(&from), before);

        let twin = Record {
            user: User { id: "user_twin".parse().unwrap(), ..before[0].user.clone() },
            ..(*before[0]).clone()
        };
        for other in [Arc::clone(&before[0]), Arc::new(twin)] {
            assert!(Prepared::new(vec![Arc::clone(&before[0]), other]).is_none());
        }
        let last = Arc::new(Record { sequence: u64::MAX, ..(*before[0]).clone() });
        assert!(Prepared::new(vec![last]).is_none());
    }
}
