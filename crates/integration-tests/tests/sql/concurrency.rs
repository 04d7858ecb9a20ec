//! Concurrent calls through two stores on the same database, as from two processes.

use integration_tests::together::together;
use user_directory::billing::CreditAdjustment;
use user_directory::model::TotpCode;
use user_directory::store_directory::InstanceSettings;
use user_directory::{
    Error, Metadata, MetadataUpdate, NewUser, Result, User, UserDirectory, UserFilter, UserId, UserIdBatch, UserQuery,
    UserUpdate, codes,
};
use user_directory_sql::{SqlUserDirectory, SqlUserDirectoryBuilder};

use crate::support::{Database, builder, user};

const CALLERS: usize = 24;

/// Two directories, each with its own connections.
struct Pair([SqlUserDirectory; 2]);

impl Pair {
    async fn open(database: &Database) -> Self {
        Self::with(database, InstanceSettings::permissive()).await
    }

    async fn with(database: &Database, settings: InstanceSettings) -> Self {
        Self([database.open_fast(settings.clone()).await, database.open_fast(settings).await])
    }

    /// Makes a call from each of many callers, half of them through each directory.
    async fn calls<T, F>(&self, call: impl Fn(SqlUserDirectory, usize) -> F) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        together(CALLERS, |n| call(self.0[n % 2].clone(), n)).await
    }

    /// Creates users and returns their ids.
    async fn create_users(&self, number: usize) -> Vec<UserId> {
        let mut ids = Vec::new();
        for n in 0..number {
            ids.push(self.0[0].create(&user(&format!("u{n}"))).await.unwrap().id);
        }
        ids
    }

    async fn all_users(&self) -> Vec<User> {
        self.0[0].list(&UserQuery::new().limit(500)).await.unwrap()
    }
}

fn successes<T>(results: &[Result<T>]) -> usize {
    results.iter().filter(|result| result.is_ok()).count()
}

#[track_caller]
fn assert_other_errors_are_conflicts<T>(results: &[Result<T>]) {
    let mut errors = results.iter().filter_map(|result| result.as_ref().err());
    if let Some(error) = errors.find(|error| !error.is_conflict()) {
        panic!("{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn create_succeeds_once_for_concurrent_duplicates() {
    for database in Database::shareable() {
        let pair = Pair::open(&database).await;
        for round in 0..5 {
            let results = pair
                .calls(|directory, n| {
                    let address = format!("{}{round}@example.com", if n % 3 == 0 { "ADA" } else { "ada" });
                    async move { directory.create(&NewUser::new().email_address(address)).await }
                })
                .await;
            assert_eq!(successes(&results), 1, "{database:?}");
            assert_other_errors_are_conflicts(&results);
        }
        assert_eq!(pair.all_users().await.len(), 5, "{database:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn update_assigns_an_identifier_once_under_concurrency() {
    for database in Database::shareable() {
        let pair = Pair::open(&database).await;
        let ids = pair.create_users(CALLERS).await;
        let results = pair
            .calls(|directory, n| {
                let (id, update) = (ids[n].clone(), UserUpdate::new().username("the_one").first_name("Ada"));
                async move { directory.update(&id, &update).await }
            })
            .await;
        assert_eq!(successes(&results), 1, "{database:?}");
        assert_other_errors_are_conflicts(&results);
        // The failed updates changed nothing.
        let changed = pair.all_users().await.into_iter().filter(|user| user.first_name.is_some()).count();
        assert_eq!(changed, 1, "{database:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_is_released_by_one_user_and_taken_by_one_other() {
    for database in Database::shareable() {
        let pair = Pair::open(&database).await;
        let owner = pair.0[0].create(&NewUser::new().username("the_one")).await.unwrap().id;
        let results = pair
            .calls(|directory, n| {
                let owner = owner.clone();
                async move {
                    match n {
                        0 => directory.delete(&owner).await.map(drop),
                        _ => loop {
                            match directory.create(&NewUser::new().username("the_one")).await {
                                // Until the owner is deleted.
                                Err(error) if error.is_conflict() && directory.get(&owner).await.is_ok() => {}
                                result => break result.map(drop),
                            }
                        },
                    }
                }
            })
            .await;
        // The deletion and one creation.
        assert_eq!(successes(&results), 2, "{database:?}");
        assert_eq!(pair.all_users().await.len(), 1, "{database:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_totp_accepts_each_backup_code_once() {
    for database in Database::shareable() {
        let pair = Pair::open(&database).await;
        let codes: Vec<_> = (0..6).map(|n| format!("backup-{n}")).collect();
        let id = pair.0[0].create(&user("ada").backup_codes(codes.clone())).await.unwrap().id;
        let results = pair
            .calls(|directory, n| {
                let (id, code) = (id.clone(), TotpCode::new(codes[n / 2 % codes.len()].as_str()));
                async move { directory.verify_totp(&id, &code).await }
            })
            .await;
        let accepted = results.iter().flatten().filter(|verification| verification.is_correct()).count();
        assert_eq!(accepted, codes.len(), "{database:?}: {results:?}");
        // Without backup codes, the user has no second factor any more.
        assert!(results.iter().filter_map(|result| result.as_ref().err()).all(Error::is_invalid_input), "{results:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn adjust_billing_credit_balance_applies_each_idempotency_key_once() {
    for database in Database::shareable() {
        let pair = Pair::open(&database).await;
        let id = pair.0[0].create(&user("ada")).await.unwrap().id;
        let results = pair
            .calls(|directory, n| {
                let (id, adjustment) = (id.clone(), CreditAdjustment::increase(10, format!("key-{}", n % 4)));
                async move { directory.adjust_billing_credit_balance(&id, &adjustment).await }
            })
            .await;
        let mut entries: Vec<_> = results.into_iter().map(|result| result.unwrap().id.to_string()).collect();
        entries.sort();
        entries.dedup();
        assert_eq!(entries.len(), 4, "{database:?}");
        let balance = pair.0[1].get_billing_credit_balance(&id).await.unwrap().balance.unwrap();
        assert_eq!(balance.amount, 40, "{database:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn create_respects_user_quota_under_concurrency() {
    for database in Database::shareable().into_iter().chain(repeatable_read().await) {
        let pair = Pair::with(&database, InstanceSettings::permissive().max_users(7)).await;
        let results = pair
            .calls(|directory, n| async move { directory.create(&NewUser::new().username(format!("user{n}"))).await })
            .await;
        assert_eq!(successes(&results), 7, "{database:?}");
        let mut errors = results.iter().filter_map(|result| result.as_ref().err());
        assert!(errors.all(|error| error.has_code(codes::USER_QUOTA_EXCEEDED)), "{results:?}");
        assert_eq!(pair.all_users().await.len(), 7, "{database:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn update_metadata_loses_no_concurrent_merge() {
    for database in Database::shareable() {
        let pair = Pair::open(&database).await;
        let id = pair.0[0].create(&user("ada")).await.unwrap().id;
        let results = pair
            .calls(|directory, n| {
                let patch = Metadata::new(&serde_json::json!({ "shared": { format!("k{n}"): n } })).unwrap();
                let (id, update) = (id.clone(), MetadataUpdate::new().public(patch));
                async move { directory.update_metadata(&id, &update).await }
            })
            .await;
        assert_eq!(successes(&results), CALLERS, "{results:?}");
        let metadata = pair.0[1].get(&id).await.unwrap().public_metadata;
        let shared: serde_json::Value = metadata.get("shared").unwrap().unwrap();
        assert_eq!(shared.as_object().unwrap().len(), CALLERS, "{database:?}");
    }
}

/// Transactions that lock the same rows in different orders could deadlock.
#[tokio::test(flavor = "multi_thread")]
async fn bulk_ban_succeeds_for_the_same_users_in_different_orders() {
    for database in Database::shareable() {
        let pair = Pair::open(&database).await;
        let ids = pair.create_users(10).await;
        let results = pair
            .calls(|directory, n| {
                let mut ids = ids.clone();
                ids.rotate_left(n % 10);
                if n % 2 == 0 {
                    ids.reverse();
                }
                let ids = UserIdBatch::new(ids).unwrap();
                async move {
                    if n % 3 == 0 { directory.bulk_unban(&ids).await } else { directory.bulk_ban(&ids).await }
                }
            })
            .await;
        assert_eq!(successes(&results), CALLERS, "{database:?}: {results:?}");
        let banned = pair.0[0].count(&UserFilter::new().banned(true)).await.unwrap();
        // Each call changes all users or none.
        assert!(banned == 0 || banned == 10, "{database:?}: {banned}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn list_and_count_see_all_users_of_a_commit_or_none() {
    for database in Database::shareable() {
        let pair = Pair::open(&database).await;
        let ids = UserIdBatch::new(pair.create_users(10).await).unwrap();
        let writer = pair.0[0].clone();
        let writing = tokio::spawn(async move {
            for _ in 0..20 {
                writer.bulk_ban(&ids).await.unwrap();
                writer.bulk_unban(&ids).await.unwrap();
            }
        });
        while !writing.is_finished() {
            let banned = UserFilter::new().banned(true);
            let count = pair.0[1].count(&banned).await.unwrap();
            assert!(count == 0 || count == 10, "{database:?}: {count}");
            let users = pair.0[1].list(&UserQuery::new().limit(500)).await.unwrap();
            let count = users.iter().filter(|user| user.banned).count();
            assert!(count == 0 || count == 10, "{database:?}: {count}");
        }
        writing.await.unwrap();
    }
}

/// Migrates the database through several directories at once.
async fn migrate_together(database: &Database, builder: impl Fn(usize) -> SqlUserDirectoryBuilder) {
    let results = together(6, |n| {
        let (builder, url) = (builder(n), database.url().to_owned());
        async move {
            let directory = builder.open(&url).await?;
            directory.migrate().await?;
            directory.count(&UserFilter::new()).await
        }
    })
    .await;
    for result in results {
        assert_eq!(result.unwrap(), 0, "{database:?}");
    }
}

/// Returns a PostgreSQL database in which transactions do not see concurrent commits by default.
async fn repeatable_read() -> Option<Database> {
    let database = Database::postgres()?;
    let name = database.value("SELECT current_database()").await;
    let alter = format!("ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'");
    database.execute(&alter).await;
    Some(database)
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_can_be_called_by_several_processes_at_once() {
    for database in Database::shareable().into_iter().chain(repeatable_read().await) {
        migrate_together(&database, |_| builder()).await;
    }
}

/// Switching a new file to the write-ahead log fails if another connection does the same.
#[tokio::test(flavor = "multi_thread")]
async fn open_can_be_called_by_several_processes_at_once_for_a_new_file() {
    for _ in 0..50 {
        let database = Database::file();
        let results = together(8, |_| {
            let url = database.url().to_owned();
            async move { builder().open(&url).await.map(drop) }
        })
        .await;
        assert_eq!(successes(&results), 8, "{results:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_can_be_called_for_several_prefixes_at_once() {
    for database in Database::shareable() {
        if database.is_postgres() {
            // The extension is created by one of the callers.
            database.execute("DROP EXTENSION pg_trgm").await;
        }
        migrate_together(&database, |n| builder().table_prefix(format!("p{n}_"))).await;
    }
}
