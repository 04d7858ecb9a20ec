//! Databases that earlier versions of the schema created.
//!
//! `fixtures` holds a dump of each version for each database. They were written once, by
//! `write_fixtures_of_this_version`, and never change.

use std::path::PathBuf;
use std::time::Duration;

use integration_tests::postgres::Cluster;
use serde_json::json;
use user_directory::model::{
    OAuthAccessToken, OAuthToken, Organization, OrganizationId, OrganizationMembership, TotpCode,
};
use user_directory::store_directory::{InstanceSettings, SequentialIds, StoreUserDirectoryBuilder};
use user_directory::time::{Clock as _, ManualClock};
use user_directory::{
    ErrorKind, Metadata, NewUser, OrderBy, OrderField, Page, Password, User, UserDirectory, UserDirectoryExt as _,
    UserFilter, UserQuery, codes,
};
use user_directory_sql::SqlUserDirectory;
use user_directory_sql::sqlx::{Connection as _, Executor as _, PgConnection};

use crate::support::{Database, TOTP_SECRET, builder, user};

/// The versions of the schema, oldest first.
const VERSIONS: [u32; 3] = [1, 2, 3];

fn fixture(database: &Database, version: u32) -> PathBuf {
    let name = if database.is_postgres() { "postgres" } else { "sqlite" };
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/sql/version_{version}.{name}.sql"))
}

/// Creates the users of the fixtures.
async fn create_users(directory: &SqlUserDirectory) {
    let clock = ManualClock::new("2026-05-12T09:00:00Z".parse().unwrap());
    let directory = StoreUserDirectoryBuilder::new(directory.store().clone())
        .settings(InstanceSettings::permissive().bcrypt_cost(4))
        .clock(clock.clone())
        .ids(SequentialIds::default())
        .build();
    let metadata = |value: serde_json::Value| Metadata::new(&value).unwrap();
    let ada = NewUser::new()
        .email_address("Ada@example.com")
        .reserved_email_address("countess@example.com")
        .phone_number("+15550100001")
        .username("ada_lovelace")
        .external_id("customer-1")
        .first_name("Ada")
        .last_name("Lovelace-Müller")
        .password(Password::new("correct horse battery"))
        .totp_secret(TOTP_SECRET)
        .backup_codes(["backup-code-1", "backup-code-2"])
        .public_metadata(metadata(json!({ "plan": "pro", "quote": "it's \"quoted\" \\ 日本語 \u{0}" })))
        .private_metadata(metadata(json!({ "n": 1 })));
    let ada = directory.create(&ada).await.unwrap().id;
    let organization = Organization::new("org_1".parse().unwrap(), "Acme");
    let membership = OrganizationMembership::new("orgmem_1".parse().unwrap(), organization, "org:admin");
    directory.add_organization_membership(&ada, membership).await.unwrap();
    let token = OAuthAccessToken::new("oauth_google", OAuthToken::new("token"));
    directory.add_oauth_access_token(&ada, token).await.unwrap();
    directory.record_sign_in(&ada, clock.now()).await.unwrap();
    for n in 0..20 {
        clock.advance(Duration::from_mins(1));
        let new = NewUser::new().username(format!("user-{n}")).banned(n % 5 == 0).locked(n % 7 == 0);
        directory.create(&new).await.unwrap();
    }
}

/// Compares the users of a database with those that a new database has.
async fn assert_has_users(directory: &SqlUserDirectory, database: &Database) {
    let reference = Database::memory().open().await;
    create_users(&reference).await;
    let all = UserQuery::new().limit(500);
    let users = directory.list(&all).await.unwrap();
    assert_eq!(users, reference.list(&all).await.unwrap(), "{database:?}");
    assert_eq!(users.len(), 21);
    let ada = users.last().unwrap();
    for filter in [
        UserFilter::new().email_address("ada@example.com"),
        UserFilter::new().email_address("countess@EXAMPLE.com"),
        UserFilter::new().phone_number("+15550100001"),
        UserFilter::new().username("ADA_lovelace"),
        UserFilter::new().external_id("customer-1"),
        UserFilter::new().query("lovelace-mü"),
        UserFilter::new().email_address_query("ess@"),
        UserFilter::new().organization_id("org_1".parse::<OrganizationId>().unwrap()),
    ] {
        assert_eq!(
            directory.list(&UserQuery::from(filter.clone())).await.unwrap(),
            std::slice::from_ref(ada),
            "{filter:?}"
        );
    }
    assert_eq!(directory.count(&UserFilter::new().banned(true)).await.unwrap(), 4);
    let by_name = UserQuery::new().order_by(OrderBy::ascending(OrderField::Username)).limit(1);
    assert_eq!(directory.list(&by_name).await.unwrap(), std::slice::from_ref(ada));

    // The secrets.
    let password = Password::new("correct horse battery");
    assert!(directory.verify_password(&ada.id, &password).await.unwrap().is_correct());
    assert!(directory.verify_totp(&ada.id, &TotpCode::new("backup-code-2")).await.unwrap().is_correct());
    assert!(!directory.verify_totp(&ada.id, &TotpCode::new("backup-code-2")).await.unwrap().is_correct());
    let google = "oauth_google".parse().unwrap();
    let tokens = directory.get_oauth_access_token(&ada.id, &google, &Page::new()).await.unwrap();
    assert_eq!(tokens[0].token.expose_secret(), "token");

    // New users follow the existing ones, and identifiers are still unique.
    let error = directory.create(&NewUser::new().username("User-3")).await.unwrap_err();
    assert!(error.has_code(codes::FORM_IDENTIFIER_EXISTS), "{error:?}");
    let new = directory.create(&NewUser::new().username("newest")).await.unwrap();
    assert_eq!(directory.list(&UserQuery::new().limit(1)).await.unwrap(), [new]);
    assert!(directory.delete_if_exists(&ada.id).await.unwrap());
    assert_eq!(directory.count(&UserFilter::new().email_address_query("ada")).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_of_earlier_versions_open_after_migration_with_all_data() {
    for version in VERSIONS {
        for database in Database::shareable() {
            let path = fixture(&database, version);
            database.execute(&std::fs::read_to_string(&path).unwrap()).await;
            let directory = builder().open(database.url()).await.unwrap();
            directory.migrate().await.unwrap();
            assert_has_users(&directory, &database).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_version_has_a_fixture() {
    let database = Database::file();
    database.open().await;
    let version = database.value("SELECT version FROM user_directory_schema_version").await;
    assert_eq!(version, VERSIONS.last().unwrap().to_string(), "write fixtures of the new version");
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_can_be_repeated() {
    for database in Database::all() {
        let directory = database.open().await;
        create_users(&directory).await;
        directory.migrate().await.unwrap();
        directory.migrate().await.unwrap();
        assert_has_users(&directory, &database).await;
    }
}

/// Lets the next migration start from version 1. Later versions recompute values and add the table `records`.
async fn return_to_version_1(database: &Database) {
    database.execute("DROP TABLE user_directory_records").await;
    database.execute("UPDATE user_directory_schema_version SET version = 1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_succeeds_without_write_access_if_the_tables_are_current() {
    for database in Database::shareable() {
        database.open().await.create(&user("ada")).await.unwrap();
        let url = if database.is_postgres() {
            format!("{}?options=-c%20default_transaction_read_only%3Don", database.url())
        } else {
            format!("{}?mode=ro", database.url())
        };
        let directory = builder().open(&url).await.unwrap();
        directory.migrate().await.unwrap();
        assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 1, "{database:?}");
        let error = directory.create(&user("grace")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{database:?}: {error:?}");
    }
}

/// Returns a user with a verified email address.
fn user_with_email(id: &str, email_address: &str, first_name: &str) -> User {
    let email =
        json!({ "email_address": email_address, "verification": { "status": "verified", "strategy": "admin" } });
    let user = json!({ "id": id, "first_name": first_name, "email_addresses": [email] });
    serde_json::from_str(&user.to_string()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_recomputes_texts_that_are_compared_case_insensitively() {
    for database in Database::shareable() {
        let directory = database.open().await;
        let first = user_with_email("user_1", "straße@example.com", "ΟΔΥΣΣΕΎΣ");
        directory.directory().load([first]).await.unwrap();
        // As version 1 stored them: in lower case.
        for statement in [
            "UPDATE user_directory_identifiers SET value = 'straße@example.com'",
            "UPDATE user_directory_search SET first_name = 'οδυσσεύς', name_text = 'οδυσσεύς', \
             search_text = 'straße@example.com', email_address_text = 'straße@example.com'",
        ] {
            database.execute(statement).await;
        }
        let second = user_with_email("user_2", "STRASSE@example.com", "Ada");
        directory.directory().load([second, user_with_email("user_3", "x@example.com", "É")]).await.unwrap();
        return_to_version_1(&database).await;

        let directory = builder().open(database.url()).await.unwrap();
        directory.migrate().await.unwrap();
        let found = async |filter: UserFilter| {
            let query = UserQuery::from(filter).order_by(OrderBy::ascending(OrderField::CreatedAt));
            directory.list(&query).await.unwrap().into_iter().map(|user| user.id.to_string()).collect::<Vec<_>>()
        };
        let filter = UserFilter::new;
        assert_eq!(found(filter().email_address("Strasse@example.com")).await, ["user_1", "user_2"], "{database:?}");
        assert_eq!(found(filter().email_address_query("straß")).await, ["user_1", "user_2"], "{database:?}");
        assert_eq!(found(filter().query("οδυσσεύσ")).await, ["user_1"], "{database:?}");
        assert_eq!(found(filter().name_query("e\u{301}")).await, ["user_3"], "{database:?}");
        let owner = "SELECT user_id FROM user_directory_identifiers WHERE exclusive AND value = 'strasse@example.com'";
        assert_eq!(database.value(owner).await, "user_2", "{database:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_keeps_an_identifier_exclusive_if_only_one_of_its_spellings_was() {
    // Composed and decomposed spellings of the same address.
    for (n, verified) in [(1, "\u{e9}@x.test"), (2, "e\u{301}@x.test")] {
        for database in Database::shareable() {
            let directory = database.open().await;
            let emails: Vec<_> = ["\u{e9}@x.test", "e\u{301}@x.test"]
                .map(|address| {
                    let status = if address == verified { "verified" } else { "unverified" };
                    json!({ "email_address": address, "verification": { "status": status, "strategy": "admin" } })
                })
                .into();
            let user = json!({ "id": format!("user_{n}"), "email_addresses": emails });
            directory.directory().load([serde_json::from_value::<User>(user).unwrap()]).await.unwrap();
            // As version 1 stored them: one row for each spelling.
            database.execute("DELETE FROM user_directory_identifiers").await;
            for address in ["\u{e9}@x.test", "e\u{301}@x.test"] {
                let insert = "INSERT INTO user_directory_identifiers (user_id, kind, value, exclusive)";
                let exclusive = if address == verified { "TRUE" } else { "FALSE" };
                let insert = format!("{insert} VALUES ('user_{n}', 'email_address', '{address}', {exclusive})");
                database.execute(&insert).await;
            }
            return_to_version_1(&database).await;

            let directory = builder().open(database.url()).await.unwrap();
            directory.migrate().await.unwrap();
            let rows = "SELECT count(*) FROM user_directory_identifiers";
            assert_eq!(database.value(rows).await, "1", "{database:?}: {verified}");
            let exclusive = "SELECT count(*) FROM user_directory_identifiers WHERE exclusive";
            assert_eq!(database.value(exclusive).await, "1", "{database:?}: {verified}");
            let error = directory.create(&NewUser::new().email_address("\u{c9}@x.test")).await.unwrap_err();
            assert!(error.has_code(codes::FORM_IDENTIFIER_EXISTS), "{database:?}: {error:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_waits_for_transactions_that_write_on_postgres() {
    let Some(database) = Database::postgres() else { return };
    let directory = database.open().await;
    directory.create(&user("ada")).await.unwrap();
    let latest = VERSIONS.last().unwrap().to_string();
    return_to_version_1(&database).await;
    let mut writer = PgConnection::connect(database.url()).await.unwrap();
    writer.execute("BEGIN").await.unwrap();
    writer.execute("UPDATE user_directory_users SET version = version + 1").await.unwrap();

    let migrating = builder().open(database.url()).await.unwrap();
    let migration = tokio::spawn(async move { migrating.migrate().await });
    let waiting = "SELECT count(*) FROM pg_locks \
                   WHERE relation = 'user_directory_users'::regclass AND mode = 'ShareRowExclusiveLock' AND NOT granted";
    tokio::time::timeout(Duration::from_secs(30), async {
        while database.value(waiting).await != "1" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the migration waits for the writer");
    assert!(!migration.is_finished());
    writer.execute("COMMIT").await.unwrap();
    migration.await.unwrap().unwrap();
    assert_eq!(database.value("SELECT version FROM user_directory_schema_version").await, latest);
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_waits_for_the_writer_of_another_process_on_sqlite() {
    let database = Database::file();
    let migrating = builder().operation_timeout(Duration::from_millis(200)).open(database.url()).await.unwrap();
    let mut other = database.connect().await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let migration = tokio::spawn(async move { migrating.migrate().await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!migration.is_finished());
    other.execute("COMMIT").await.unwrap();
    migration.await.unwrap().unwrap();
    let latest = VERSIONS.last().unwrap().to_string();
    assert_eq!(database.value("SELECT version FROM user_directory_schema_version").await, latest);
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_migration_changes_nothing() {
    for database in Database::shareable() {
        // A table of the application that has the name of the last one.
        database.execute("CREATE TABLE user_directory_search (n integer)").await;
        let directory = builder().open(database.url()).await.unwrap();
        let error = directory.migrate().await.unwrap_err();
        assert!(!error.is_retryable(), "{database:?}: {error:?}");
        let tables = if database.is_postgres() {
            "SELECT string_agg(relname, ' ') FROM pg_class WHERE relname LIKE 'user_directory_%'"
        } else {
            "SELECT group_concat(name, ' ') FROM sqlite_schema WHERE name LIKE 'user_directory_%'"
        };
        assert_eq!(database.value(tables).await, "user_directory_search", "{database:?}");
        database.execute("DROP TABLE user_directory_search").await;
        directory.migrate().await.unwrap();
        create_users(&directory).await;
        assert_has_users(&directory, &database).await;
    }
}

/// Writes the fixtures after a change of the version: `cargo test -p integration-tests --test sql write_fixtures --
/// --ignored`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes files"]
async fn write_fixtures_of_this_version() {
    for database in Database::shareable() {
        create_users(&database.open().await).await;
        let path = fixture(&database, *VERSIONS.last().unwrap());
        assert!(!path.exists(), "{} is never changed", path.display());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, database.dump().await).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_without_permission_for_the_extension_is_a_configuration_error() {
    let Some(cluster) = Cluster::shared() else { return };
    // Copied from a template without `pg_trgm`, and used by an account that may not create anything in the database.
    cluster.sql("postgres", "CREATE DATABASE plain");
    cluster.sql("postgres", "CREATE ROLE unprivileged LOGIN");
    cluster.sql("plain", "GRANT CREATE ON SCHEMA public TO unprivileged");
    let url = cluster.tcp_url("plain").replace("postgres@", "unprivileged@");
    let directory = builder().open(&url).await.unwrap();
    let error = directory.migrate().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error:?}");
    assert!(error.to_string().contains("pg_trgm"), "{error}");
    // The administrator creates the extension.
    cluster.sql("plain", "CREATE EXTENSION pg_trgm");
    directory.migrate().await.unwrap();
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 0);
}
