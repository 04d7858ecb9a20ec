//! `apply`.

use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tokio_test::task;
use user_directory::decorators::{Applied, Fault};
use user_directory::in_memory::InMemoryStore;
use user_directory::model::{OrganizationId, ScimProvisioning};
use user_directory::webhooks::{EventKind, OtherEvent, UserEvent};
use user_directory::{ErrorKind, Operation, UserDirectory, UserFilter, UserUpdate};

use super::stores::TestStore;
use super::support::{World, username};

#[tokio::test]
async fn apply_inserts_updates_and_deletes_a_user() {
    let world = World::new();
    let replica = world.ready().await;
    let ada = world.create("ada_lovelace").await;
    assert_eq!(replica.apply(&world.event(&ada.id).await).await.unwrap(), Applied::Inserted);
    assert_eq!(replica.get(&ada.id).await.unwrap(), ada);

    world.tick();
    let updated = world.directory.update(&ada.id, &UserUpdate::new().first_name("Ada")).await.unwrap();
    assert_eq!(replica.apply(&world.event(&ada.id).await).await.unwrap(), Applied::Updated);
    assert_eq!(replica.get(&ada.id).await.unwrap(), updated);

    world.directory.delete(&ada.id).await.unwrap();
    assert_eq!(replica.apply(&world.event(&ada.id).await).await.unwrap(), Applied::Deleted);
    assert!(replica.get(&ada.id).await.unwrap_err().is_not_found());
    assert_eq!(replica.count(&UserFilter::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn apply_ignores_repeated_older_and_other_events() {
    let world = World::new();
    let replica = world.ready().await;
    let ada = world.create("ada_lovelace").await;
    let created = world.event(&ada.id).await;
    world.tick();
    let updated = world.directory.ban(&ada.id).await.unwrap();
    let banned = world.event(&ada.id).await;

    assert_eq!(replica.apply(&banned).await.unwrap(), Applied::Inserted);
    assert_eq!(replica.apply(&created).await.unwrap(), Applied::Unchanged);
    assert_eq!(replica.apply(&banned).await.unwrap(), Applied::Unchanged);
    // After a restart, the ids of earlier events are unknown.
    let restarted = world.replica_in(replica.store().clone());
    for event in [&created, &banned] {
        assert_eq!(restarted.apply(event).await.unwrap(), Applied::Unchanged);
    }
    let other = EventKind::Other(OtherEvent::new("session.created", &()).unwrap());
    let other = UserEvent::new("msg_other".parse().unwrap(), other);
    assert_eq!(replica.apply(&other).await.unwrap(), Applied::Unchanged);
    assert_eq!(replica.get(&ada.id).await.unwrap(), updated);
}

#[tokio::test]
async fn apply_records_the_lag_of_events_that_change_a_copy() {
    let world = World::new();
    let replica = world.ready().await;
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let guard = metrics::set_default_local_recorder(&recorder);
    let ada = world.create("ada_lovelace").await;
    let created = world.event(&ada.id).await;
    world.clock.advance(Duration::from_millis(1500));
    assert_eq!(replica.apply(&created).await.unwrap(), Applied::Inserted);
    // A repeated event changes nothing.
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(replica.apply(&created).await.unwrap(), Applied::Unchanged);
    // The clock of the primary is ahead.
    world.directory.ban(&ada.id).await.unwrap();
    let mut banned = world.event(&ada.id).await;
    banned.timestamp = Some(world.now() + Duration::from_secs(5));
    assert_eq!(replica.apply(&banned).await.unwrap(), Applied::Updated);
    // The time of this event is unknown.
    world.directory.delete(&ada.id).await.unwrap();
    let mut deleted = world.event(&ada.id).await;
    deleted.timestamp = None;
    assert_eq!(replica.apply(&deleted).await.unwrap(), Applied::Deleted);
    drop(guard);

    let metrics = snapshotter.snapshot().into_vec().into_iter();
    let lags = metrics.filter(|(key, ..)| key.key().name() == "user_directory_replica_event_lag_seconds");
    let lags: Vec<Vec<f64>> = lags
        .map(|(_, _, _, value)| match value {
            DebugValue::Histogram(values) => values.into_iter().map(|value| *value).collect(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(lags, [[1.5, 0.0]]);
}

#[tokio::test]
async fn apply_of_a_repeated_event_does_not_access_the_store() {
    let world = World::new();
    let store = TestStore::new(InMemoryStore::new());
    let replica = world.replica_in(store.clone());
    let ada = world.create("ada_lovelace").await;
    let event = world.event(&ada.id).await;
    replica.apply(&event).await.unwrap();
    let calls = store.calls.load(std::sync::atomic::Ordering::SeqCst);
    replica.apply(&event).await.unwrap();
    assert_eq!(store.calls.load(std::sync::atomic::Ordering::SeqCst), calls);
}

#[tokio::test]
async fn apply_of_a_late_update_does_not_resurrect_a_deleted_user() {
    let world = World::new();
    let replica = world.ready().await;
    let ada = world.create("ada_lovelace").await;
    let created = world.event(&ada.id).await;
    world.tick();
    world.directory.ban(&ada.id).await.unwrap();
    let banned = world.event(&ada.id).await;
    world.directory.delete(&ada.id).await.unwrap();
    let deleted = world.event(&ada.id).await;

    // The deletion arrives before anything else about the user.
    assert_eq!(replica.apply(&deleted).await.unwrap(), Applied::Unchanged);
    world.clock.advance(Duration::from_hours(28));
    let restarted = world.replica_in(replica.store().clone());
    for event in [&banned, &created] {
        assert_eq!(restarted.apply(event).await.unwrap(), Applied::Unchanged);
    }
    assert!(restarted.get(&ada.id).await.unwrap_err().is_not_found());
    assert!(restarted.list(&username("ada_lovelace").into()).await.unwrap().is_empty());
}

/// Polls a call until it is complete, but at most this many times.
fn poll<T>(call: &mut Option<task::Spawn<impl Future<Output = T>>>, times: usize) {
    for _ in 0..times {
        if call.as_mut().is_some_and(|call| call.poll().is_ready()) {
            *call = None;
        }
    }
}

#[tokio::test]
async fn apply_of_a_repeated_event_removes_the_copy_that_a_canceled_call_left_after_a_deletion() {
    // The number of polls before the deletion, of the deletion, and of the call after that.
    for number in 0..1000 {
        // Resets the budget of the task, which the polls consume.
        tokio::task::yield_now().await;
        let [before, deletion, after] = [number / 100, number / 10 % 10, number % 10];
        let world = World::new();
        let ada = world.create("ada_lovelace").await;
        let created = world.event(&ada.id).await;
        world.directory.delete(&ada.id).await.unwrap();
        let deleted = world.event(&ada.id).await;
        let store = TestStore::new(InMemoryStore::new());
        let replica = world.replica_in(store.clone());

        let mut delete = Some(task::spawn(replica.apply(&deleted)));
        let mut create = Some(task::spawn(replica.apply(&created)));
        poll(&mut create, before);
        poll(&mut delete, deletion);
        poll(&mut create, after);
        drop(create);
        if let Some(delete) = delete {
            delete.await.unwrap();
        }
        replica.apply(&created).await.unwrap();
        assert_eq!(store.inner.len(), 0, "{before} {deletion} {after}");
    }
}

#[tokio::test]
async fn apply_reads_the_user_from_the_primary_if_the_times_are_equal() {
    let world = World::new();
    let replica = world.ready().await;
    let ada = world.create("ada_lovelace").await;
    let mut events = vec![world.event(&ada.id).await];
    for name in ["Ada", "Augusta", "A."] {
        world.directory.update(&ada.id, &UserUpdate::new().first_name(name)).await.unwrap();
        events.push(world.event(&ada.id).await);
    }
    for event in [&events[2], &events[0], &events[3], &events[1]] {
        replica.apply(event).await.unwrap();
    }
    world.assert_replicated(&replica).await;
    assert_eq!(replica.get(&ada.id).await.unwrap().first_name.as_deref(), Some("A."));
}

#[tokio::test]
async fn apply_marks_the_user_as_stale_if_the_primary_is_required_and_down() {
    let world = World::new();
    let replica = world.ready().await;
    let ada = world.create("ada_lovelace").await;
    replica.apply(&world.event(&ada.id).await).await.unwrap();
    world.directory.ban(&ada.id).await.unwrap();
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable).times(2));
    assert_eq!(replica.apply(&world.event(&ada.id).await).await.unwrap(), Applied::Stale);
    assert_eq!(replica.status().await.unwrap().stale_users, 1);
    // While the primary is down, `get` returns the copy.
    assert_eq!(replica.get(&ada.id).await.unwrap(), ada);

    // The mark survives a restart.
    let restarted = world.replica_in(replica.store().clone());
    assert!(restarted.get(&ada.id).await.unwrap().banned);
    assert_eq!(restarted.status().await.unwrap().stale_users, 0);
    world.assert_replicated(&restarted).await;
}

#[tokio::test]
async fn status_excludes_stale_users_that_other_processes_have_refreshed() {
    let world = World::new();
    let store = InMemoryStore::new();
    let (first, second) = (world.ready_in(store.clone()).await, world.ready_in(store).await);
    let ada = world.create("ada_lovelace").await;
    first.apply(&world.event(&ada.id).await).await.unwrap();
    world.directory.ban(&ada.id).await.unwrap();
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable));
    assert_eq!(first.apply(&world.event(&ada.id).await).await.unwrap(), Applied::Stale);
    world.primary.clear_faults();
    assert_eq!(second.status().await.unwrap().stale_users, 1);
    assert_eq!(first.refresh_stale().await.unwrap(), 1);
    assert_eq!(second.status().await.unwrap().stale_users, 0);
}

#[tokio::test]
async fn apply_fails_if_the_store_fails_and_succeeds_when_the_event_is_repeated() {
    let world = World::new();
    let store = TestStore::new(InMemoryStore::new());
    let replica = world.ready_in(store.clone()).await;
    let ada = world.create("ada_lovelace").await;
    let event = world.event(&ada.id).await;
    store.set_down(true);
    assert_eq!(replica.apply(&event).await.unwrap_err().kind(), ErrorKind::Connect);
    store.set_down(false);
    assert_eq!(replica.apply(&event).await.unwrap(), Applied::Inserted);
}

#[tokio::test]
async fn apply_stores_neither_scim_data_nor_backup_codes() {
    let world = World::new();
    let replica = world.ready().await;
    let ada = world.create("ada_lovelace").await;
    let mut provisioned = ada.clone();
    provisioned.scim = Some(ScimProvisioning::new("dir_1"));
    replica.apply(&UserEvent::created("msg_scim".parse().unwrap(), provisioned)).await.unwrap();
    assert_eq!(replica.get(&ada.id).await.unwrap(), ada);
}

#[tokio::test]
async fn get_returns_the_remaining_time_of_a_lock() {
    let world = World::new();
    let replica = world.ready().await;
    let ada = world.create("ada_lovelace").await;
    world.directory.lock(&ada.id).await.unwrap();
    let event = world.event(&ada.id).await;
    world.clock.advance(Duration::from_mins(10));
    replica.apply(&event).await.unwrap();
    world.assert_replicated(&replica).await;
    assert_eq!(replica.get(&ada.id).await.unwrap().lockout_expires_in_seconds, Some(3000));
    world.clock.advance(Duration::from_mins(50));
    assert!(!replica.get(&ada.id).await.unwrap().locked);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn status_returns_the_time_of_the_last_event() {
    let world = World::new();
    let replica = world.ready().await;
    assert_eq!(replica.status().await.unwrap().last_event_at, None);
    let ada = world.create("ada_lovelace").await;
    let first = world.event(&ada.id).await;
    world.tick();
    let second = world.event(&ada.id).await;
    replica.apply(&second).await.unwrap();
    replica.apply(&first).await.unwrap();
    assert_eq!(replica.status().await.unwrap().last_event_at, second.timestamp);
    assert!(replica.clone().status().await.unwrap().is_ready);
}

#[tokio::test]
async fn list_and_count_of_an_organization_are_forwarded() {
    let world = World::new();
    let replica = world.ready().await;
    let filter = UserFilter::new().organization_id(OrganizationId::new("org_1").unwrap());
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable).operation(Operation::List).times(1));
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable).operation(Operation::Count).times(1));
    assert!(replica.list(&filter.clone().into()).await.unwrap_err().is_unavailable());
    assert!(replica.count(&filter).await.unwrap_err().is_unavailable());
    assert_eq!(replica.count(&UserFilter::new()).await.unwrap(), 0);
}
