use std::task::Poll;

use jiff::Timestamp;
use tokio::runtime::Builder;
use user_directory::model::{BackupCode, Direction, EmailAddress, OrganizationId};
use user_directory::store::{Account, IdentifierKind, Position};
use user_directory::store_directory::InstanceSettings;
use user_directory::{User, UserFilter};

use super::*;
use crate::SqlUserDirectory;
use crate::query::SCANNED_ROWS;

async fn store_with(keys: EncryptionKeys) -> SqlStore {
    let store = SqlUserDirectory::builder()
        .settings(InstanceSettings::permissive())
        .encryption_keys(keys)
        .open("sqlite::memory:")
        .await
        .unwrap()
        .store()
        .clone();
    store.migrate().await.unwrap();
    store
}

async fn store() -> SqlStore {
    store_with(EncryptionKeys::new()).await
}

fn account(id: &str, username: &str) -> Account {
    let mut user = User::new(UserId::new(id).unwrap());
    user.username = Some(username.into());
    Account::new(user, Timestamp::UNIX_EPOCH)
}

async fn load(store: &SqlStore, id: &str) -> Arc<StoredAccount> {
    store.load(&[UserId::new(id).unwrap()]).await.unwrap().remove(0)
}

async fn rows(store: &SqlStore, table: &str) -> i64 {
    let sql = Sql::new(store.shared.prefix.apply(&format!("SELECT count(*) FROM {{p}}{table}")));
    store.shared.driver.fetch(&sql).await.unwrap()[0].int(0).unwrap()
}

#[tokio::test]
async fn calls_fail_until_the_tables_are_created() {
    let directory = SqlUserDirectory::open("sqlite::memory:").await.unwrap();
    let error = directory.store().count(&AccountFilter::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("migrate"), "{error}");
    directory.migrate().await.unwrap();
    assert_eq!(directory.store().count(&AccountFilter::default()).await.unwrap(), 0);
}

#[tokio::test]
async fn newer_tables_are_rejected() {
    let store = store().await;
    let mut transaction = store.shared.driver.begin().await.unwrap();
    let sql = store.shared.prefix.apply("UPDATE {p}schema_version SET version = 99");
    transaction.execute(&Sql::new(sql)).await.unwrap();
    transaction.commit().await.unwrap();
    for error in [store.migrate().await.unwrap_err(), store.clear().await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("version 99"), "{error}");
    }
}

#[tokio::test]
async fn commit_rejects_stale_versions() {
    let store = store().await;
    store.commit(Commit::new().insert(account("user_1", "ada"))).await.unwrap();
    let before = load(&store, "user_1").await;
    store.commit(Commit::new().update(Arc::clone(&before), account("user_1", "grace"))).await.unwrap();
    let update = Commit::new().update(Arc::clone(&before), account("user_1", "alan"));
    assert!(matches!(store.commit(update).await, Err(CommitError::Stale)));
    let deletion = Commit::new().delete(Arc::clone(&before));
    assert!(matches!(store.commit(deletion).await, Err(CommitError::Stale)));

    // A new account is a different account even if its id and version are the same.
    store.commit(Commit::new().delete(load(&store, "user_1").await)).await.unwrap();
    store.commit(Commit::new().insert(account("user_1", "ada"))).await.unwrap();
    assert_eq!(load(&store, "user_1").await.version, before.version);
    assert!(matches!(store.commit(Commit::new().delete(before)).await, Err(CommitError::Stale)));
}

#[tokio::test]
async fn commit_rejects_taken_ids_and_identifiers_and_changes_nothing() {
    let store = store().await;
    store.commit(Commit::new().insert(account("user_1", "ada"))).await.unwrap();
    for taken in [account("user_1", "grace"), account("user_2", "ADA")] {
        let commit = Commit::new().insert(account("user_3", "alan")).insert(taken);
        assert!(matches!(store.commit(commit).await, Err(CommitError::Taken)));
    }
    assert_eq!(store.count(&AccountFilter::default()).await.unwrap(), 1);
    let counts = (rows(&store, "users").await, rows(&store, "identifiers").await, rows(&store, "search").await);
    assert_eq!(counts, (1, 1, 1));
}

#[tokio::test]
async fn commit_moves_an_identifier_between_accounts() {
    let store = store().await;
    let commit = Commit::new().insert(account("user_1", "ada")).insert(account("user_2", "grace"));
    store.commit(commit).await.unwrap();
    let commit = Commit::new()
        .update(load(&store, "user_1").await, account("user_1", "grace"))
        .update(load(&store, "user_2").await, account("user_2", "ada"));
    store.commit(commit).await.unwrap();
    let ada = Identifier::new(IdentifierKind::Username, "Ada");
    let owners = store.owners(std::slice::from_ref(&ada)).await.unwrap();
    assert_eq!(owners, [(ada.clone(), UserId::new("user_2").unwrap())]);
}

#[tokio::test]
async fn commit_updates_only_the_changed_columns_of_search() {
    let store = store().await;
    store.commit(Commit::new().insert(account("user_1", "ada"))).await.unwrap();
    let log = "CREATE TABLE written (name TEXT);
        CREATE TRIGGER log_username AFTER UPDATE OF username ON {p}search BEGIN INSERT INTO written VALUES ('username'); END;
        CREATE TRIGGER log_active AFTER UPDATE OF last_active_at ON {p}search BEGIN INSERT INTO written VALUES ('active'); END;";
    let mut transaction = store.shared.driver.begin().await.unwrap();
    transaction.execute_script(store.shared.prefix.apply(log)).await.unwrap();
    transaction.commit().await.unwrap();
    let written = async || {
        let rows = store.shared.driver.fetch(&Sql::new("SELECT name FROM written")).await.unwrap();
        rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect::<Vec<_>>()
    };

    let mut active = account("user_1", "ada");
    active.user.last_active_at = Some(Timestamp::UNIX_EPOCH);
    store.commit(Commit::new().update(load(&store, "user_1").await, active.clone())).await.unwrap();
    assert_eq!(written().await, ["active"]);
    active.user.locale = Some("en".into());
    store.commit(Commit::new().update(load(&store, "user_1").await, active.clone())).await.unwrap();
    assert_eq!(written().await, ["active"]);
    active.user.username = Some("grace".into());
    store.commit(Commit::new().update(load(&store, "user_1").await, active.clone())).await.unwrap();
    assert_eq!(written().await, ["active", "username"]);
    assert_eq!(load(&store, "user_1").await.account, active);
}

#[tokio::test]
async fn commit_limits_the_number_of_accounts() {
    let store = store().await;
    let limited = |accounts: &[&str]| {
        let mut commit = accounts.iter().fold(Commit::new(), |commit, name| commit.insert(account(name, name)));
        commit.max_accounts = Some(2);
        commit
    };
    assert!(matches!(store.commit(limited(&["a", "b", "c"])).await, Err(CommitError::Full)));
    store.commit(limited(&["a"])).await.unwrap();
    assert!(matches!(store.commit(limited(&["b", "c"])).await, Err(CommitError::Full)));
    let replacement = limited(&["b", "c"]).delete(load(&store, "a").await);
    store.commit(replacement).await.unwrap();
    assert_eq!(store.count(&AccountFilter::default()).await.unwrap(), 2);
}

#[tokio::test]
async fn commit_numbers_insertions_in_their_order() {
    let store = store().await;
    let names: Vec<String> = (0..25).map(|number| format!("user_{}", 100 - number)).collect();
    let commit = names.iter().fold(Commit::new(), |commit, name| commit.insert(account(name, name)));
    store.commit(commit).await.unwrap();
    let filter = AccountFilter::default();
    let newest = store.query(&AccountQuery::new(&filter, 100)).await.unwrap();
    let found: Vec<&str> = newest.iter().rev().map(|account| account.id().as_str()).collect();
    assert_eq!(found, names);
}

#[tokio::test]
async fn clear_deletes_the_rows_of_all_tables() {
    let store = store().await;
    let mut ada = account("user_1", "ada");
    let mut email = EmailAddress::new("ada@x.test");
    email.reserved = true;
    ada.user.email_addresses.push(email);
    store.commit(Commit::new().insert(ada)).await.unwrap();
    store.clear().await.unwrap();
    for table in ["users", "identifiers", "memberships", "search", "search_trigrams"] {
        assert_eq!(rows(&store, table).await, 0, "{table}");
    }
    let matches = AccountFilter::new(&UserFilter::new().query("ada"));
    store.commit(Commit::new().insert(account("user_2", "grace"))).await.unwrap();
    assert_eq!(store.count(&matches).await.unwrap(), 0);
}

#[tokio::test]
async fn long_identifiers_are_found() {
    let store = store().await;
    let long = "x".repeat(5_000);
    store.commit(Commit::new().insert(account("user_1", &long))).await.unwrap();
    let filter = AccountFilter::new(&UserFilter::new().username(long.as_str()));
    assert_eq!(store.count(&filter).await.unwrap(), 1);
    let taken = Commit::new().insert(account("user_2", &long));
    assert!(matches!(store.commit(taken).await, Err(CommitError::Taken)));
}

#[tokio::test]
async fn long_search_texts_are_found() {
    let store = store().await;
    let long = (0..10_000).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
    store.commit(Commit::new().insert(account("user_1", &long))).await.unwrap();
    for (text, count) in [(long.trim().to_owned(), 1), (format!("{long}x"), 0)] {
        let filter = AccountFilter::new(&UserFilter::new().username_query(text));
        assert_eq!(store.count(&filter).await.unwrap(), count);
    }
}

#[tokio::test]
async fn clear_has_a_known_outcome_if_the_version_cannot_be_read() {
    let store = store().await;
    let mut transaction = store.shared.driver.begin().await.unwrap();
    let sql = store.shared.prefix.apply("ALTER TABLE {p}schema_version RENAME COLUMN version TO renamed");
    transaction.execute(&Sql::new(sql)).await.unwrap();
    transaction.commit().await.unwrap();
    let error = store.clear().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(!error.is_outcome_unknown(), "{error:?}");
}

#[tokio::test]
async fn a_filter_by_organization_uses_the_memberships() {
    let store = store().await;
    store.commit(Commit::new().insert(account("user_1", "ada"))).await.unwrap();
    let organization = OrganizationId::new("org_1").unwrap();
    let included = AccountFilter::new(&UserFilter::new().organization_ids([organization.clone()]));
    let excluded = AccountFilter::new(&UserFilter::new().exclude_organization_ids([organization]));
    assert_eq!(store.count(&included).await.unwrap(), 0);
    assert_eq!(store.count(&excluded).await.unwrap(), 1);
}

/// Returns the steps of SQLite's query plan for a page.
async fn steps(store: &SqlStore, query: &AccountQuery<'_>, plan: Plan) -> Vec<String> {
    let mut sql = store.statements().page(query, plan).unwrap();
    sql.text.insert_str(0, "EXPLAIN QUERY PLAN ");
    let rows = store.shared.driver.fetch(&sql).await.unwrap();
    rows.iter().map(|row| row.text(3).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn lookups_search_indexes() {
    let store = store().await;
    let filters = [
        UserFilter::new().email_address("ada@example.com"),
        UserFilter::new().username("ada").phone_number("+15555550100"),
        UserFilter::new().external_id("1").user_id(UserId::new("user_1").unwrap()),
    ];
    for filter in filters {
        let filter = AccountFilter::new(&filter);
        let steps = steps(&store, &AccountQuery::new(&filter, 10), Plan::Few).await;
        assert!(steps.iter().any(|step| step.starts_with("SEARCH")), "{steps:#?}");
        assert!(steps.iter().all(|step| !step.starts_with("SCAN") && !step.starts_with("MATERIALIZE")), "{steps:#?}");
    }
}

#[tokio::test]
async fn a_scan_reads_the_first_rows_in_their_order() {
    const ROWS: i64 = SCANNED_ROWS + 500;
    let store = store().await;
    // The oldest 1,000 users have the same creation time.
    let commit = (0..ROWS).fold(Commit::new(), |commit, number| {
        let mut account = account(&format!("user_{number}"), &format!("name{number}"));
        account.user.created_at = Some(Timestamp::from_millisecond(number.max(999)).unwrap());
        commit.insert(account)
    });
    store.commit(commit).await.unwrap();
    let filter = AccountFilter::new(&UserFilter::new().username_query("7"));
    let numbers = async |query: &AccountQuery<'_>, plan| {
        let found = store.fetch(&store.statements().page(query, plan).unwrap()).await.unwrap();
        let number = |account: &Arc<StoredAccount>| account.id().as_str()["user_".len()..].parse::<i64>().unwrap();
        found.iter().map(number).collect::<Vec<_>>()
    };
    let mut query = AccountQuery::new(&filter, usize::try_from(ROWS).unwrap());
    for (direction, after) in
        [(Direction::Descending, None), (Direction::Ascending, None), (Direction::Ascending, Some(99))]
    {
        query.order_by.direction = direction;
        query.after =
            after.map(|number: u64| Position::new(Some(Timestamp::from_millisecond(999).unwrap()), number + 1));
        let all = numbers(&query, Plan::Table).await;
        let is_scanned = |number: &i64| match direction {
            Direction::Descending => *number >= ROWS - SCANNED_ROWS,
            Direction::Ascending => *number < SCANNED_ROWS + after.map_or(0, |number| number.cast_signed() + 1),
        };
        let scanned: Vec<i64> = all.into_iter().filter(is_scanned).collect();
        assert!(scanned.len() > 1_000);
        assert_eq!(numbers(&query, Plan::Scan).await, scanned, "{direction:?} {after:?}");
        let page = AccountQuery { limit: 10, offset: 5, ..query };
        assert_eq!(numbers(&page, Plan::Scan).await, scanned[5..15]);
        // The last page contains fewer rows than its limit.
        let last = AccountQuery { limit: 10, offset: scanned.len() - 3, ..query };
        assert_eq!(numbers(&last, Plan::Scan).await, scanned[scanned.len() - 3..]);
    }

    let steps = steps(&store, &query, Plan::Scan).await;
    let searches = steps.iter().filter(|step| step.starts_with("SEARCH s USING INDEX user_directory_search_creation"));
    assert_eq!(searches.count(), 2, "{steps:#?}");
    // The rows are already in order, so SQLite does not sort them.
    assert_eq!(steps.iter().filter(|step| step.contains("TEMP B-TREE")).count(), 0, "{steps:#?}");
}

#[tokio::test]
async fn commit_without_keys_rejects_secrets() {
    let store = store().await;
    let mut ada = account("user_1", "ada");
    ada.backup_codes = vec![BackupCode::from("hunter2".to_owned())];
    let Err(CommitError::Failed(error)) = store.commit(Commit::new().insert(ada)).await else { panic!() };
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(!error.is_outcome_unknown());
    assert!(error.to_string().contains("encryption keys"), "{error}");
    assert_eq!(rows(&store, "users").await, 0);
}

#[tokio::test]
async fn reencrypt_replaces_old_keys() {
    let old = EncryptionKeys::new().key("old", &[1; 32]).unwrap();
    let store = store_with(old.clone()).await;
    let names: Vec<String> = (0..1_203).map(|number| format!("user_{number}")).collect();
    let commit = names.iter().fold(Commit::new(), |commit, name| {
        let mut account = account(name, name);
        account.backup_codes = vec![BackupCode::from(name.clone())];
        commit.insert(account)
    });
    store.commit(commit).await.unwrap();
    store.commit(Commit::new().insert(account("other", "other"))).await.unwrap();

    let with_keys = |keys| {
        let driver = store.shared.driver.clone();
        SqlStore::new(driver, store.shared.prefix.clone(), keys, store.shared.timeout)
    };
    let new = EncryptionKeys::new().key("new", &[2; 32]).unwrap();
    let error = with_keys(new.clone()).load(&[UserId::new("user_7").unwrap()]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);

    let both = with_keys(new.clone().key("old", &[1; 32]).unwrap());
    assert_eq!(both.reencrypt().await.unwrap(), 1_203);
    assert_eq!(both.reencrypt().await.unwrap(), 0);
    let ada = load(&with_keys(new), "user_7").await;
    assert_eq!(ada.account.backup_codes, [BackupCode::from("user_7".to_owned())]);
    assert_eq!(ada.version, 1);
}

#[tokio::test]
async fn a_dropped_commit_leaves_no_open_transaction() {
    let store = store().await;
    for polls in 1..200 {
        let id = format!("user_{polls}");
        let mut commit = Box::pin(store.commit(Commit::new().insert(account(&id, &id))));
        poll_up_to(polls, &mut commit).await;
        drop(commit);
        // The next call waits for the only connection, and sees the dropped commit either completely or not at all.
        let users = rows(&store, "users").await;
        assert_eq!((rows(&store, "identifiers").await, rows(&store, "search").await), (users, users));
    }
    store.commit(Commit::new().insert(account("last", "last"))).await.unwrap();
}

/// Polls a future this number of times, or until it is ready.
async fn poll_up_to<F: Future + Unpin>(polls: u32, future: &mut F) {
    for _ in 0..polls {
        if poll_once(future).await {
            break;
        }
    }
}

/// Polls a future once. Returns `true` if it is ready.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> bool {
    let is_ready = std::future::poll_fn(|context| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_ready())
    });
    let is_ready = is_ready.await;
    tokio::task::yield_now().await;
    std::thread::sleep(Duration::from_micros(50));
    is_ready
}

#[tokio::test]
async fn debug_contains_no_keys() {
    let store = store_with(EncryptionKeys::new().key("1", &[7; 32]).unwrap()).await;
    assert_eq!(format!("{store:?}"), r#"SqlStore { dialect: Sqlite, table_prefix: "user_directory_", .. }"#);
}

fn assert_needs_runtime(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("enable_all"), "{error}");
    assert!(!error.is_outcome_unknown(), "{error:?}");
}

#[test]
fn calls_without_a_time_driver_are_configuration_errors() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let store = runtime.block_on(store_with(EncryptionKeys::new().key("1", &[7; 32]).unwrap()));
    let calls = async {
        let filter = AccountFilter::default();
        assert_needs_runtime(&SqlUserDirectory::open("sqlite::memory:").await.unwrap_err());
        assert_needs_runtime(&store.migrate().await.unwrap_err());
        assert_needs_runtime(&store.reencrypt().await.unwrap_err());
        assert_needs_runtime(&store.load(&[]).await.unwrap_err());
        assert_needs_runtime(&store.owners(&[]).await.unwrap_err());
        assert_needs_runtime(&store.query(&AccountQuery::new(&filter, 1)).await.unwrap_err());
        assert_needs_runtime(&store.count(&filter).await.unwrap_err());
        assert_needs_runtime(&store.records("a", &["b"]).await.unwrap_err());
        assert_needs_runtime(&store.records_after("a", 0, 1).await.unwrap_err());
        assert_needs_runtime(&store.clear().await.unwrap_err());
        let Err(CommitError::Failed(error)) = store.commit(Commit::new().insert(account("user_1", "ada"))).await else {
            panic!("the commit succeeded")
        };
        assert_needs_runtime(&error);
    };
    Builder::new_current_thread().build().unwrap().block_on(calls);
    // The store can still be used.
    assert_eq!(runtime.block_on(store.count(&AccountFilter::default())).unwrap(), 0);
}

#[test]
fn calls_outside_of_a_runtime_are_configuration_errors() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let store = runtime.block_on(store());
    let mut count = tokio_test::task::spawn(async { store.count(&AccountFilter::default()).await });
    let Poll::Ready(Err(error)) = count.poll() else { panic!("the call succeeded") };
    assert_needs_runtime(&error);
}

#[test]
fn calls_can_be_dropped_outside_of_the_runtime() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let store = runtime.block_on(store());
    runtime.block_on(store.commit(Commit::new().insert(account("user_0", "user_0")))).unwrap();
    let ids = [UserId::new("user_0").unwrap()];
    for polls in 1..100 {
        let id = format!("user_{polls}");
        let mut commit = Box::pin(store.commit(Commit::new().insert(account(&id, &id))));
        let mut load = Box::pin(store.load(&ids));
        runtime.block_on(poll_up_to(polls, &mut commit));
        drop(commit);
        runtime.block_on(poll_up_to(polls, &mut load));
        drop(load);
        // The only connection was returned to the pool, without an open transaction.
        let (users, identifiers) =
            runtime.block_on(async { (rows(&store, "users").await, rows(&store, "identifiers").await) });
        assert_eq!(users, identifiers);
    }
    runtime.block_on(store.commit(Commit::new().insert(account("last", "last")))).unwrap();
}

#[test]
fn calls_can_be_dropped_after_the_runtime() {
    for polls in 1..50 {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let store = runtime.block_on(store());
        let mut commit = Box::pin(store.commit(Commit::new().insert(account("user_1", "ada"))));
        runtime.block_on(poll_up_to(polls, &mut commit));
        drop(runtime);
        drop(commit);
    }
}
