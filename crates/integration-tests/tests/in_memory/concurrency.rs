//! Concurrent calls.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use user_directory::store_directory::InstanceSettings;

use integration_tests::together::together;
use jiff::{SignedDuration, Timestamp};
use user_directory::model::{EmailAddressReplacement, IdentifierStatus};
use user_directory::time::Clock;
use user_directory::{
    InMemoryUserDirectory, MetadataUpdate, NewUser, Password, Result, Sessions, User, UserDirectory, UserFilter,
    UserQuery, UserUpdate, codes,
};

use crate::support::{World, json, start};

fn wins(results: &[Result<User>]) -> usize {
    results.iter().filter(|result| result.is_ok()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn create_succeeds_once_for_concurrent_duplicates() {
    // Hashing a password takes time between the check and the insertion.
    for password in [None, Some("correct horse battery")] {
        let world = World::new();
        let results = together(50, |n| {
            let directory = world.directory.clone();
            let mut new = NewUser::new().email_address(if n % 2 == 0 { "ada@example.com" } else { "ADA@example.com" });
            if let Some(password) = password {
                new = new.password(Password::new(password));
            }
            async move { directory.create(&new).await }
        })
        .await;
        assert_eq!(wins(&results), 1);
        assert!(results.iter().filter_map(|result| result.as_ref().err()).all(user_directory::Error::is_conflict));
        assert_eq!(world.directory.count(&UserFilter::new()).await.unwrap(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn create_respects_user_quota_under_concurrency() {
    let world = World::with(|settings| settings.max_users(7));
    let results = together(50, |n| {
        let directory = world.directory.clone();
        async move { directory.create(&NewUser::new().username(format!("user{n}"))).await }
    })
    .await;
    assert_eq!(wins(&results), 7);
    assert!(results.iter().filter_map(|result| result.as_ref().err()).all(|e| e.has_code(codes::USER_QUOTA_EXCEEDED)));
    assert_eq!(world.all_users().await.len(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn update_assigns_a_username_once_under_concurrency() {
    let world = World::new();
    let mut ids = Vec::new();
    for n in 0..50 {
        ids.push(world.user(&format!("u{n}")).await.id);
    }
    let results = together(50, |n| {
        let (directory, id) = (world.directory.clone(), ids[n].clone());
        let update = UserUpdate::new().username("the_one").password(Password::new("correct horse battery"));
        async move { directory.update(&id, &update).await }
    })
    .await;
    assert_eq!(wins(&results), 1);
    // The failed updates did not set the password either.
    let users = world.all_users().await;
    assert_eq!(users.iter().filter(|user| user.password_enabled).count(), 1);
    assert_eq!(world.matching(UserFilter::new().username("the_one")).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn update_metadata_loses_no_concurrent_merge() {
    let world = World::new();
    let id = world.user("ada").await.id;
    together(50, |n| {
        let (directory, id) = (world.directory.clone(), id.clone());
        let update = MetadataUpdate::new().public(json(&format!(r#"{{"shared":{{"k{n}":{n}}}}}"#)));
        async move { directory.update_metadata(&id, &update).await.unwrap() }
    })
    .await;
    let shared: serde_json::Value = world.get(&id).await.public_metadata.get("shared").unwrap().unwrap();
    assert_eq!(shared.as_object().unwrap().len(), 50);
}

/// Makes a few hundred random writes. Tasks contend for users and identifiers.
async fn write(directory: InMemoryUserDirectory, task: u64) {
    let mut state = task.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for _ in 0..300 {
        let users = directory.list(&UserQuery::new().limit(100)).await.unwrap();
        let name = random(40);
        let pick = usize::try_from(random(1 + users.len() as u64)).unwrap();
        let Some(user) = users.get(pick).map(|user| &user.id) else {
            let new = NewUser::new().username(format!("user{name}")).email_address(format!("e{name}@example.com"));
            let _ = directory.create(&new).await;
            continue;
        };
        // Another task may have deleted the user or taken the identifier.
        let failed = match random(6) {
            0 => directory.delete(user).await.err(),
            1 => directory.update(user, &UserUpdate::new().username(format!("USER{name}"))).await.err(),
            2 => directory.update(user, &UserUpdate::new().external_id(format!("x{name}"))).await.err(),
            3 => {
                let status = if name % 2 == 0 { IdentifierStatus::Unverified } else { IdentifierStatus::Verified };
                let address = EmailAddressReplacement::new(format!("E{name}@example.com"));
                directory.replace_email_address(user, &address.identification_status(status)).await.err()
            }
            4 => directory.ban(user).await.err(),
            _ => directory.create(&NewUser::new().username(format!("user{name}"))).await.err(),
        };
        if let Some(error) = failed {
            assert!(error.is_not_found() || error.is_conflict(), "{error:?}");
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn list_agrees_with_get_after_concurrent_writes() {
    let world = World::new();
    together(8, |n| write(world.directory.clone(), n as u64 + 1)).await;
    let users = world.all_users().await;
    assert!(!users.is_empty());
    assert_eq!(world.directory.count(&UserFilter::new()).await.unwrap(), users.len() as u64);
    let all: BTreeSet<_> = users.iter().map(|user| user.id.clone()).collect();
    assert_eq!(all.len(), users.len());

    let mut verified = BTreeSet::new();
    for user in &users {
        assert_eq!(world.get(&user.id).await, *user);
        for email in user.email_addresses.iter().filter(|email| email.is_verified()) {
            assert!(verified.insert(email.email_address.to_lowercase()), "two users have the same address");
        }
    }
    for n in 0..40 {
        let by = |has: &dyn Fn(&User) -> bool| -> Vec<String> {
            users.iter().filter(|user| has(user)).map(|user| user.id.to_string()).collect()
        };
        let name = format!("user{n}");
        let named = by(&|user| user.username.as_ref().is_some_and(|username| username.to_lowercase() == name));
        assert!(named.len() <= 1);
        assert_eq!(world.matching(UserFilter::new().username(&name)).await, named);
        let address = format!("e{n}@example.com");
        let addressed =
            by(&|user| user.email_addresses.iter().any(|email| email.email_address.to_lowercase() == address));
        assert_eq!(world.matching(UserFilter::new().email_address(&address)).await, addressed);
        let external_id = format!("x{n}");
        let external = by(&|user| user.external_id.as_ref().is_some_and(|id| *id == external_id));
        assert!(external.len() <= 1);
        assert_eq!(world.matching(UserFilter::new().external_id(&external_id)).await, external);
    }
    let banned: u64 = users.iter().filter(|user| user.banned).count() as u64;
    assert_eq!(world.directory.count(&UserFilter::new().banned(true)).await.unwrap(), banned);
}

/// A clock that advances by a millisecond on each call, so that timestamps reflect the order of calls.
#[derive(Debug, Default)]
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        start() + SignedDuration::from_millis(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn updated_at_follows_the_order_of_concurrent_changes() {
    let directory =
        InMemoryUserDirectory::builder().settings(InstanceSettings::permissive()).clock(Ticking::default()).build();
    let id = directory.create(&NewUser::new().username("ada_lovelace")).await.unwrap().id;
    for _ in 0..200 {
        let changes = together(16, |n| {
            let (directory, id) = (directory.clone(), id.clone());
            async move {
                match n % 4 {
                    0 => directory.ban(&id).await,
                    1 => directory.lock(&id).await,
                    2 => directory.update(&id, &UserUpdate::new().first_name(format!("Ada {n}"))).await,
                    _ => directory.bulk_unban(&id.into()).await.map(|mut users| users.remove(0)),
                }
            }
        })
        .await;
        let latest = changes.into_iter().map(|user| user.unwrap().updated_at).max().unwrap();
        assert_eq!(directory.get(&id).await.unwrap().updated_at, latest);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn set_password_compromised_does_not_mark_a_concurrently_removed_password() {
    let world = World::new();
    let new = NewUser::new().password(Password::new("correct horse battery"));
    for _ in 0..100 {
        let id = world.create(new.clone()).await.id;
        let marks = together(8, |n| {
            let (directory, id) = (world.directory.clone(), id.clone());
            async move {
                match n {
                    4 => directory.remove_password(&id, Sessions::Keep).await,
                    _ => directory.set_password_compromised(&id, Sessions::Keep).await,
                }
            }
        })
        .await;
        let errors = marks.iter().filter_map(|mark| mark.as_ref().err());
        assert!(errors.into_iter().all(|error| error.has_code(codes::NO_PASSWORD_SET)));
        let user = world.directory.get(&id).await.unwrap();
        assert_eq!((user.password_enabled, user.requires_password_reset == Some(true)), (false, false));
    }
}
