//! Events of directories on each store.

use std::time::Duration;

use user_directory::in_memory::InMemoryStore;
use user_directory::model::TotpCode;
use user_directory::store::UserStore;
use user_directory::store_directory::{
    IdGenerator, InstanceSettings, Outbox, SequentialIds, StoreUserDirectory, StoreUserDirectoryBuilder, totp_code,
};
use user_directory::time::{Clock as _, ManualClock};
use user_directory::webhooks::{EventKind, UserEvent};
use user_directory::{
    Error, NewUser, Password, User, UserDirectory, UserFilter, UserId, UserIdBatch, UserQuery, UserUpdate,
};
use user_directory_sql::SqlUserDirectory;

use crate::support::{Database, TOTP_SECRET, keys, user};

fn settings() -> InstanceSettings {
    InstanceSettings::permissive().bcrypt_cost(4).instance_id("ins_test".parse().unwrap())
}

fn clock() -> ManualClock {
    ManualClock::new("2026-05-12T09:00:00Z".parse().unwrap())
}

async fn open(database: &Database) -> SqlUserDirectory {
    let builder = SqlUserDirectory::builder().encryption_keys(keys()).settings(settings());
    let builder = builder.clock(clock()).ids(SequentialIds::default());
    database.open_with(builder.emit_events()).await
}

/// Returns a directory that emits events on each store, and the databases that must outlive the directories.
async fn directories() -> (Vec<Database>, Vec<StoreUserDirectory<dyn UserStore>>) {
    let databases = Database::all();
    let in_memory = StoreUserDirectoryBuilder::new(InMemoryStore::new()).emit_events();
    let in_memory = in_memory.settings(settings()).clock(clock()).ids(SequentialIds::default()).build();
    let mut directories = vec![(&in_memory).into()];
    for database in &databases {
        directories.push(open(database).await.directory().into());
    }
    (databases, directories)
}

/// Reads and acknowledges all events.
async fn take(outbox: &Outbox) -> Vec<UserEvent> {
    let pending = outbox.read(0, 1_000).await.unwrap();
    let ids: Vec<_> = pending.iter().map(|pending| pending.id.clone()).collect();
    outbox.acknowledge(&ids).await.unwrap();
    pending.iter().map(|pending| pending.event().unwrap()).collect()
}

/// Reads and acknowledges the only event.
async fn take_one(directory: &StoreUserDirectory<dyn UserStore>) -> UserEvent {
    let mut events = take(directory.outbox().unwrap()).await;
    assert_eq!(events.len(), 1, "{directory:?}: {events:?}");
    events.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn create_update_and_delete_emit_events_with_the_user() {
    let (_databases, directories) = directories().await;
    for directory in directories {
        let ada = directory.create(&NewUser::new().username("ada_lovelace").external_id("customer-1")).await.unwrap();
        let event = take_one(&directory).await;
        assert_eq!(event.id, "msg_1", "{directory:?}");
        assert_eq!(event.timestamp, Some(clock().now()), "{directory:?}");
        assert_eq!(event.instance_id.as_ref().unwrap(), "ins_test", "{directory:?}");
        assert_eq!(event.kind, EventKind::Created(Box::new(ada.clone())), "{directory:?}");

        let updated = directory.update(&ada.id, &UserUpdate::new().first_name("Ada")).await.unwrap();
        assert_eq!(take_one(&directory).await.kind, EventKind::Updated(Box::new(updated)), "{directory:?}");
        let banned = directory.ban(&ada.id).await.unwrap();
        assert_eq!(take_one(&directory).await.kind, EventKind::Updated(Box::new(banned)), "{directory:?}");
        let locked = directory.lock(&ada.id).await.unwrap();
        assert!(locked.locked);
        assert_eq!(take_one(&directory).await.kind, EventKind::Updated(Box::new(locked)), "{directory:?}");

        directory.delete(&ada.id).await.unwrap();
        let EventKind::Deleted(deleted) = take_one(&directory).await.kind else { panic!("{directory:?}") };
        assert_eq!(deleted.id, ada.id, "{directory:?}");
        assert_eq!(deleted.external_id.as_deref(), Some("customer-1"), "{directory:?}");
        assert_eq!(take(directory.outbox().unwrap()).await, [], "{directory:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_ban_emits_an_event_for_each_user_that_changes() {
    let (_databases, directories) = directories().await;
    for directory in directories {
        let [ada, grace] = [directory.create(&user("ada")).await, directory.create(&user("grace")).await]
            .map(|user: Result<User, Error>| user.unwrap().id);
        directory.ban(&ada).await.unwrap();
        take(directory.outbox().unwrap()).await;
        let batch = UserIdBatch::new([grace.clone(), ada.clone(), grace.clone()]).unwrap();
        directory.bulk_ban(&batch).await.unwrap();
        let ids: Vec<UserId> =
            take(directory.outbox().unwrap()).await.iter().map(|event| event.user_id().unwrap().clone()).collect();
        assert!(ids.contains(&grace) && ids.len() <= 2, "{directory:?}: {ids:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_writes_reads_and_loads_emit_no_events() {
    let (_databases, directories) = directories().await;
    for directory in directories {
        let ada = directory.create(&user("ada").password(Password::new("correct horse battery"))).await.unwrap().id;
        directory.create(&user("grace")).await.unwrap();
        take(directory.outbox().unwrap()).await;

        directory.create(&user("ada")).await.unwrap_err();
        directory.update(&ada, &UserUpdate::new().external_id("grace")).await.unwrap_err();
        directory.delete(&"user_unknown".parse().unwrap()).await.unwrap_err();
        let batch = UserIdBatch::new([ada.clone(), "user_unknown".parse().unwrap()]).unwrap();
        directory.bulk_ban(&batch).await.unwrap_err();
        let full = directory.with_settings(settings().max_users(2));
        full.create(&user("linus")).await.unwrap_err();

        assert!(directory.get(&ada).await.is_ok());
        assert!(directory.verify_password(&ada, &Password::new("correct horse battery")).await.unwrap().is_correct());
        directory.load([User::new("user_9".parse().unwrap())]).await.unwrap();
        directory.upsert(User::new("user_9".parse().unwrap())).await.unwrap();
        assert_eq!(take(directory.outbox().unwrap()).await, [], "{directory:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_totp_emits_an_event_only_if_it_uses_a_backup_code() {
    let (_databases, directories) = directories().await;
    for directory in directories {
        let ada = user("ada").totp_secret(TOTP_SECRET).backup_codes(["backup-code-1", "backup-code-2"]);
        let ada = directory.create(&ada).await.unwrap().id;
        take(directory.outbox().unwrap()).await;
        directory.advance_clock(Duration::from_secs(1));
        assert!(directory.verify_totp(&ada, &TotpCode::new("backup-code-1")).await.unwrap().is_correct());
        let updated = directory.get(&ada).await.unwrap();
        assert_eq!(take_one(&directory).await.kind, EventKind::Updated(Box::new(updated)), "{directory:?}");
        assert!(!directory.verify_totp(&ada, &TotpCode::new("backup-code-1")).await.unwrap().is_correct());
        let code = totp_code(&TOTP_SECRET.into(), directory.now()).unwrap();
        assert!(directory.verify_totp(&ada, &code).await.unwrap().is_correct());
        assert_eq!(take(directory.outbox().unwrap()).await, [], "{directory:?}");
    }
}

/// The counter of the generator starts again, but the events of the earlier process are still pending.
#[tokio::test(flavor = "multi_thread")]
async fn repeated_event_ids_do_not_replace_pending_events() {
    for database in Database::shareable() {
        let first = open(&database).await;
        for name in ["ada", "grace", "linus"] {
            first.create(&user(name)).await.unwrap();
        }
        let second = open(&database).await;
        let ada = second.list(&UserQuery::from(UserFilter::new().external_id("ada"))).await.unwrap().remove(0).id;
        let updated = second.update(&ada, &UserUpdate::new().first_name("Ada")).await.unwrap();
        let alan = second.create(&user("alan")).await.unwrap();
        let events = take(second.directory().outbox().unwrap()).await;
        let ids: Vec<_> = events.iter().map(|event| event.id.as_str()).collect();
        // The user ids of the generator are taken as well, so `create` tries several times.
        assert_eq!(ids[..4], ["msg_1", "msg_2", "msg_3", "msg_4"], "{database:?}");
        assert_eq!(ids.len(), 5, "{database:?}");
        assert_eq!(events[3].kind, EventKind::Updated(Box::new(updated)), "{database:?}");
        assert_eq!(events[4].kind, EventKind::Created(Box::new(alan)), "{database:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_bulk_ban_and_bulk_unban_are_retried_if_an_event_id_is_repeated() {
    for database in Database::shareable() {
        let first = open(&database).await;
        let [ada, grace, linus] =
            [first.create(&user("ada")).await, first.create(&user("grace")).await, first.create(&user("linus")).await]
                .map(|user: Result<User, Error>| user.unwrap().id);
        let batch = UserIdBatch::new([grace, linus]).unwrap();
        // The generator of each directory starts with the id of the first pending event.
        open(&database).await.delete(&ada).await.unwrap();
        open(&database).await.bulk_ban(&batch).await.unwrap();
        open(&database).await.bulk_unban(&batch).await.unwrap();
        let types: Vec<_> =
            take(first.directory().outbox().unwrap()).await.iter().map(|event| event.event_type().to_owned()).collect();
        assert_eq!(types[..3], ["user.created"; 3], "{database:?}");
        assert_eq!(types[3..], ["user.deleted", "user.updated", "user.updated", "user.updated", "user.updated"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_kept_until_they_are_acknowledged() {
    for database in Database::shareable() {
        let directory = open(&database).await;
        for name in ["ada", "grace", "linus"] {
            directory.create(&user(name)).await.unwrap();
        }
        drop(directory);

        let directory = open(&database).await;
        let outbox = directory.directory().outbox().unwrap();
        let first = outbox.read(0, 2).await.unwrap();
        assert_eq!(first.len(), 2, "{database:?}");
        let last = outbox.read(first[1].position, 2).await.unwrap();
        assert_eq!(last.len(), 1, "{database:?}");
        outbox.acknowledge(&[first[1].id.clone(), "msg_unknown".parse().unwrap()]).await.unwrap();
        let left: Vec<_> = outbox.read(0, 10).await.unwrap().into_iter().map(|pending| pending.id).collect();
        assert_eq!(left, [first[0].id.clone(), last[0].id.clone()], "{database:?}");
        assert_eq!(outbox.read(0, 1).await.unwrap()[0].body, first[0].body, "{database:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clear_deletes_events() {
    let (_databases, directories) = directories().await;
    for directory in directories {
        directory.create(&user("ada")).await.unwrap();
        directory.clear().await.unwrap();
        assert_eq!(take(directory.outbox().unwrap()).await, [], "{directory:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clear_deletes_the_users_and_events_of_concurrent_writes_together() {
    for database in Database::shareable() {
        let (writer, clearing) = (open(&database).await, open(&database).await);
        let writers = (0..4).map(|task| {
            let writer = writer.clone();
            tokio::spawn(async move {
                for n in 0..40 {
                    writer.create(&user(&format!("u{task}x{n}"))).await.unwrap();
                }
            })
        });
        let writers: Vec<_> = writers.collect();
        while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
            clearing.directory().clear().await.unwrap();
            let users = writer.list(&UserQuery::new().limit(500)).await.unwrap();
            let events = writer.directory().outbox().unwrap().read(0, 1_000).await.unwrap();
            // The events are read later, so there may be more of them.
            assert!(users.len() <= events.len(), "{database:?}");
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let mut users: Vec<UserId> =
            writer.list(&UserQuery::new().limit(500)).await.unwrap().into_iter().map(|user| user.id).collect();
        let events = take(writer.directory().outbox().unwrap()).await;
        let mut created: Vec<UserId> = events.iter().map(|event| event.user_id().unwrap().clone()).collect();
        users.sort();
        created.sort();
        assert_eq!(users, created, "{database:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writes_emit_one_event_each() {
    let (_databases, directories) = directories().await;
    for directory in directories {
        let ada = directory.create(&user("ada")).await.unwrap().id;
        take(directory.outbox().unwrap()).await;
        let writers = (0..8).map(|n| {
            let (directory, ada) = (directory.clone(), ada.clone());
            tokio::spawn(async move {
                let update = UserUpdate::new().first_name(format!("Ada {n}"));
                directory.update(&ada, &update).await.unwrap().first_name.unwrap()
            })
        });
        let mut written = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            written.push(writer.await.unwrap());
        }
        let events = take(directory.outbox().unwrap()).await;
        let mut emitted: Vec<_> =
            events.iter().map(|event| event.user().unwrap().first_name.clone().unwrap()).collect();
        // The last event describes the stored user.
        assert_eq!(directory.get(&ada).await.unwrap().first_name.as_ref(), emitted.last(), "{directory:?}");
        written.sort();
        emitted.sort();
        assert_eq!(written, emitted, "{directory:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_are_notified_after_a_write() {
    let (_databases, directories) = directories().await;
    for directory in directories {
        let outbox = directory.outbox().unwrap().clone();
        let mut changes = outbox.subscribe();
        let receiver = tokio::spawn(async move {
            loop {
                let events = take(&outbox).await;
                if !events.is_empty() {
                    return events;
                }
                changes.next().await;
            }
        });
        let ada = directory.create(&user("ada")).await.unwrap();
        let events = tokio::time::timeout(Duration::from_secs(30), receiver).await.unwrap().unwrap();
        assert_eq!(events[0].user_id(), Some(&ada.id), "{directory:?}");
    }
}

#[tokio::test]
async fn a_directory_without_events_has_no_outbox() {
    let directory = Database::memory().open().await;
    assert!(directory.directory().outbox().is_none());
    directory.create(&user("ada")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_event_id_changes_nothing() {
    #[derive(Debug)]
    struct Malformed;

    impl IdGenerator for Malformed {
        fn next_id(&self, prefix: &str) -> String {
            if prefix == "msg" { String::new() } else { format!("{prefix}_1") }
        }
    }

    let directory = StoreUserDirectoryBuilder::new(InMemoryStore::new()).emit_events();
    let directory = directory.settings(settings()).ids(Malformed).build();
    let error = directory.create(&user("ada")).await.unwrap_err();
    assert!(!error.is_outcome_unknown(), "{error:?}");
    assert!(directory.is_empty());
}
