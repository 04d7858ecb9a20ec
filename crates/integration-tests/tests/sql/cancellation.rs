//! Futures that are dropped before they have finished.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use user_directory::store_directory::InstanceSettings;
use user_directory::{
    NewUser, User, UserDirectory, UserDirectoryExt as _, UserFilter, UserIdBatch, UserQuery, UserUpdate,
};

use crate::support::{Database, builder, user};

/// How often each call is dropped: after 1 to 20 polls, three times each. How far a call is after a number of polls depends
/// on the speed of the database.
const DROPS: std::ops::Range<u32> = 0..60;

fn polls(drop: u32) -> u32 {
    drop % 20 + 1
}

/// Polls a future at most `polls` times. Returns its output, or `None` if it was dropped before.
async fn poll_at_most<T>(polls: u32, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        let poll = future.as_mut().poll(context).map(Some);
        if left == 0 && poll.is_pending() { Poll::Ready(None) } else { poll }
    })
    .await
}

/// Drops a call after different numbers of polls, and checks the state after each. Both closures receive the number of
/// the drop.
async fn drop_after_polls<T>(
    call: impl AsyncFn(u32) -> user_directory::Result<T>,
    check: impl AsyncFn(u32, Option<T>),
) {
    let mut dropped = 0;
    for drop in DROPS {
        let result = poll_at_most(polls(drop), call(drop)).await.map(Result::unwrap);
        dropped += u32::from(result.is_none());
        check(drop, result).await;
    }
    assert!(dropped > 0);
}

/// Asserts that a condition holds at some point. The commit of a dropped call may still be on its way to the database.
async fn assert_eventually(what: impl std::fmt::Debug, condition: impl AsyncFn() -> bool) {
    for _ in 0..200 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what:?}");
}

/// Asserts that no connection has an open transaction.
async fn assert_no_open_transaction(database: &Database) {
    if database.is_postgres() {
        let open = "SELECT count(*) FROM pg_stat_activity \
                    WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
        assert_eventually("a transaction is open", async || database.value(open).await == "0").await;
        return;
    }
    // Fails if another connection has an open write transaction.
    database.execute("BEGIN IMMEDIATE; COMMIT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_create_creates_the_user_completely_or_not_at_all() {
    for database in Database::shareable() {
        let directory = database.open_with(builder().max_connections(2)).await;
        drop_after_polls(
            async |n| directory.create(&user(&format!("u{n}")).username(format!("user{n}"))).await,
            async |n, created: Option<User>| {
                let filters = [
                    UserFilter::new().email_address(format!("u{n}@example.com")),
                    UserFilter::new().external_id(format!("u{n}")),
                    UserFilter::new().username(format!("user{n}")),
                    UserFilter::new().username_query(format!("user{n}")).email_address_query(format!("u{n}@")),
                ];
                assert_eventually((&database, n), async || {
                    let mut found = Vec::new();
                    for filter in &filters {
                        found.push(directory.list(&UserQuery::from(filter.clone())).await.unwrap());
                    }
                    let is_expected = created.as_ref().is_none_or(|created| found[0] == [created.clone()]);
                    is_expected && found.iter().all(|users| *users == found[0])
                })
                .await;
            },
        )
        .await;
        assert_no_open_transaction(&database).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_update_changes_everything_or_nothing() {
    for database in Database::shareable() {
        let directory = database.open_with(builder().max_connections(2)).await;
        let id = directory.create(&user("ada").username("user0").first_name("0")).await.unwrap().id;
        drop_after_polls(
            async |n| {
                let update = UserUpdate::new().username(format!("user{n}")).first_name(n.to_string());
                directory.update(&id, &update).await
            },
            async |n, _| {
                assert_eventually((&database, n), async || {
                    let user = directory.get(&id).await.unwrap();
                    let (name, username) = (user.first_name.clone().unwrap(), user.username.clone().unwrap());
                    username == format!("user{name}")
                        && directory.find_by_username(username).await.unwrap() == Some(user)
                })
                .await;
                let all = directory.count(&UserFilter::new().username_query("user")).await.unwrap();
                assert_eq!(all, 1);
            },
        )
        .await;
        assert_no_open_transaction(&database).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_delete_deletes_everything_or_nothing() {
    for database in Database::shareable() {
        let directory = database.open_with(builder().max_connections(2)).await;
        for n in DROPS {
            let id = match directory.find_by_external_id("ada").await.unwrap() {
                Some(user) => user.id,
                None => directory.create(&user("ada")).await.unwrap().id,
            };
            let _ = poll_at_most(polls(n), directory.delete(&id)).await;
            assert_eventually((&database, n), async || {
                let by_id = directory.find(&id).await.unwrap();
                by_id == directory.find_by_email_address("ada@example.com").await.unwrap()
                    && by_id == directory.find_by_external_id("ada").await.unwrap()
            })
            .await;
        }
        assert_no_open_transaction(&database).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_bulk_ban_and_load_change_all_users_or_none() {
    for database in Database::shareable() {
        let directory = database.open_fast(InstanceSettings::permissive()).await;
        let loaded = |prefix: u32| {
            (0..30).map(move |n| {
                let mut user = User::new(format!("user_{prefix}x{n}").parse().unwrap());
                user.username = Some(format!("user{prefix}x{n}").into());
                user
            })
        };
        let mut count = 0;
        for n in DROPS {
            let _ = poll_at_most(polls(n), directory.directory().load(loaded(n))).await;
            let now = directory.count(&UserFilter::new()).await.unwrap();
            assert!(now >= count && now % 30 == 0, "{database:?}: {now} after {count}");
            count = now;
        }
        assert!(count > 0, "{database:?}");

        let ids: Vec<_> =
            directory.list(&UserQuery::new().limit(20)).await.unwrap().into_iter().map(|user| user.id).collect();
        let ids = UserIdBatch::new(ids).unwrap();
        for n in DROPS {
            let _ = poll_at_most(polls(n), directory.bulk_ban(&ids)).await;
            let banned = directory.count(&UserFilter::new().banned(true)).await.unwrap();
            assert!(banned == 0 || banned == 20, "{database:?}: {banned}");
            directory.bulk_unban(&ids).await.unwrap();
        }
        assert_no_open_transaction(&database).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_calls_return_their_connection() {
    for database in Database::all() {
        let directory = database.open_with(builder().max_connections(1)).await;
        for n in DROPS {
            let _ = poll_at_most(polls(n), directory.list(&UserQuery::new())).await;
            let _ = poll_at_most(polls(n), directory.create(&NewUser::new().username(format!("user{n}")))).await;
        }
        directory.create(&user("ada")).await.unwrap();
        assert_eq!(directory.count(&UserFilter::new().external_id("ada")).await.unwrap(), 1, "{database:?}");
    }
}
