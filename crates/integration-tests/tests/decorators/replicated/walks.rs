//! `backfill` and `reconcile`.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use user_directory::decorators::{Applied, Fault, RecordingUserDirectory, ReplicaReport, ReplicatedUserDirectory};
use user_directory::in_memory::InMemoryStore;
use user_directory::jiff::Timestamp;
use user_directory::store::{Commit, CommitError, Record, RecordStore, UserStore};
use user_directory::time::{FakeTimer, TokioTimer};
use user_directory::{Error, ErrorKind, MockUserDirectory, Operation, User, UserDirectory, UserFilter, UserUpdate};

use super::stores::TestStore;
use super::support::{World, stored_marks};

async fn populated(users: usize) -> World {
    let world = World::new();
    for number in 0..users {
        world.create(&format!("user_number_{number}")).await;
    }
    world
}

#[tokio::test]
async fn reads_go_to_the_primary_until_the_backfill_is_complete() {
    let world = populated(20).await;
    let replica = world.replica();
    let ada = world.create("ada_lovelace").await;
    replica.apply(&world.event(&ada.id).await).await.unwrap();
    assert!(!replica.is_ready().await.unwrap());
    assert_eq!(replica.count(&UserFilter::new()).await.unwrap(), 21);
    assert_eq!(replica.list(&UserFilter::new().into()).await.unwrap().len(), 10);

    let report = replica.backfill().await.unwrap();
    assert_eq!((report.examined, report.inserted, report.updated, report.deleted), (21, 20, 0, 0));
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable));
    world.assert_replicated(&replica).await;
    // The second call returns at once.
    assert_eq!(replica.backfill().await.unwrap(), ReplicaReport::default());
    // So does a call after a restart.
    let restarted = world.replica_in(replica.store().clone());
    assert_eq!(restarted.backfill().await.unwrap(), ReplicaReport::default());
    world.assert_replicated(&restarted).await;
}

#[tokio::test]
async fn backfill_continues_after_a_failure() {
    let world = populated(30).await;
    let replica = world.replica();
    // 5 pages of 7 users, of which the third fails.
    let fail = Fault::kind(ErrorKind::Unavailable).operation(Operation::List).times(1);
    let timer = FakeTimer::new();
    let builder = || ReplicatedUserDirectory::builder(world.primary.clone(), replica.store().clone()).page_size(7);
    let first = builder().timer(FailOnThirdPage { timer, world: world.clone(), fault: fail }).build();
    assert!(first.backfill().await.unwrap_err().is_unavailable());
    assert_eq!(replica.store().len(), 14);
    let report = replica.backfill().await.unwrap();
    assert_eq!((report.examined, report.inserted), (16, 16));
    world.assert_replicated(&replica).await;
}

/// Injects a fault before the third page.
#[derive(Debug)]
struct FailOnThirdPage {
    timer: FakeTimer,
    world: World,
    fault: Fault,
}

#[user_directory::async_trait]
impl user_directory::time::Timer for FailOnThirdPage {
    fn now(&self) -> Duration {
        self.timer.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.timer.sleep(duration).await;
        if self.timer.sleeps().len() == 2 {
            self.world.primary.add_fault(self.fault.clone());
        }
    }
}

#[tokio::test]
async fn backfill_continues_if_the_users_of_the_last_page_were_deleted() {
    let world = populated(30).await;
    let replica = world.replica();
    let before = world.users().await;
    let fault = Fault::kind(ErrorKind::Unavailable).operation(Operation::List).times(1);
    let timer = FailOnThirdPage { timer: FakeTimer::new(), world: world.clone(), fault };
    let first = ReplicatedUserDirectory::builder(world.primary.clone(), replica.store().clone()).page_size(7);
    first.timer(timer).build().backfill().await.unwrap_err();
    for deleted in [&before[13..14], &before[7..13]] {
        for user in deleted {
            world.directory.delete(&user.id).await.unwrap();
        }
        // The walk starts after the last of the remaining users, or again.
        let interrupted = InMemoryStore::new();
        copy_records(replica.store(), &interrupted).await;
        let resumed = world.replica_in(interrupted);
        resumed.backfill().await.unwrap();
        resumed.reconcile().await.unwrap();
        world.assert_replicated(&resumed).await;
    }
    let report = replica.backfill().await.unwrap();
    assert_eq!(report.deleted, 7);
    world.assert_replicated(&replica).await;
}

async fn copy_records(from: &InMemoryStore, to: &InMemoryStore) {
    for stored in from.records_after("replica_state", 0, 10).await.unwrap() {
        to.commit(Commit::new().put_record(stored.record)).await.unwrap();
    }
}

#[tokio::test]
async fn reconcile_finds_missed_events() {
    let world = populated(30).await;
    let replica = world.ready().await;
    let users = world.users().await;
    world.tick();
    for user in &users[..3] {
        world.directory.update(&user.id, &UserUpdate::new().first_name("New")).await.unwrap();
    }
    for user in &users[9..14] {
        world.directory.delete(&user.id).await.unwrap();
    }
    world.directory.delete(&users[29].id).await.unwrap();
    for number in 0..2 {
        world.create(&format!("missed_{number}")).await;
    }
    let report = replica.reconcile().await.unwrap();
    assert_eq!((report.examined, report.inserted, report.updated, report.deleted), (26, 2, 3, 6));
    world.assert_replicated(&replica).await;
    let report = replica.reconcile().await.unwrap();
    assert_eq!((report.examined, report.inserted, report.updated, report.deleted), (26, 0, 0, 0));
    assert_eq!(replica.status().await.unwrap().last_reconciled_at, Some(world.now()));
}

#[tokio::test]
async fn reconcile_does_not_report_expired_locks_as_changes() {
    let world = populated(1).await;
    world.directory.lock(&world.users().await[0].id).await.unwrap();
    let replica = world.ready().await;
    assert!(world.users().await[0].locked);
    world.clock.advance(Duration::from_hours(1));
    assert!(!world.users().await[0].locked);
    let report = replica.reconcile().await.unwrap();
    assert_eq!((report.examined, report.updated, report.activity), (1, 0, 0));
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn reconcile_handles_users_with_the_same_creation_time() {
    let world = World::new();
    let created_at: Timestamp = "2026-05-01T00:00:00Z".parse().unwrap();
    for number in 0..40 {
        let user = world.create(&format!("user_number_{number}")).await;
        if number < 30 {
            world.directory.update(&user.id, &UserUpdate::new().created_at(created_at)).await.unwrap();
        }
    }
    let replica = world.ready().await;
    let users = world.users().await;
    for user in users.iter().step_by(5) {
        world.directory.delete(&user.id).await.unwrap();
    }
    let report = replica.reconcile().await.unwrap();
    assert_eq!((report.examined, report.deleted, report.updated), (32, 8, 0));
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn reconcile_finds_users_that_moved_in_the_order_of_creation() {
    let world = populated(30).await;
    let replica = world.ready().await;
    let users = world.users().await;
    world.tick();
    for (user, created_at) in [(&users[2], users[28].created_at), (&users[27], users[1].created_at)] {
        world.directory.update(&user.id, &UserUpdate::new().created_at(created_at.unwrap())).await.unwrap();
    }
    let report = replica.reconcile().await.unwrap();
    assert_eq!((report.inserted, report.updated, report.deleted), (0, 2, 0));
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn reconcile_deletes_a_copy_only_if_get_does_not_find_the_user() {
    let world = populated(10).await;
    let replica = world.ready().await;
    world.directory.clear().await.unwrap();
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable).operation(Operation::Get).times(1));
    assert!(replica.reconcile().await.unwrap_err().is_unavailable());
    assert_eq!(replica.store().len(), 10);
    assert_eq!(replica.reconcile().await.unwrap().deleted, 10);
    assert_eq!(replica.store().len(), 0);
}

#[tokio::test]
async fn reconcile_removes_wrong_and_expired_tombstones() {
    let world = populated(3).await;
    let replica = world.ready().await;
    let users = world.users().await;
    // The primary does not find an existing user.
    world.primary.add_fault(Fault::kind(ErrorKind::NotFound).operation(Operation::Get).times(1));
    assert_eq!(replica.refresh(&users[1].id).await.unwrap(), None);
    assert!(replica.get(&users[1].id).await.unwrap_err().is_not_found());
    assert_eq!(replica.reconcile().await.unwrap().inserted, 1);
    world.assert_replicated(&replica).await;

    replica.delete(&users[0].id).await.unwrap();
    let tombstones = async || replica.store().records_after("replica_tombstones", 0, 10).await.unwrap().len();
    world.clock.advance(Duration::from_hours(7 * 24));
    replica.reconcile().await.unwrap();
    assert_eq!(tombstones().await, 1);
    world.tick();
    replica.reconcile().await.unwrap();
    assert_eq!(tombstones().await, 0);
}

#[tokio::test]
async fn walks_wait_between_pages_and_if_a_rate_limit_is_exceeded() {
    let world = populated(20).await;
    let timer = FakeTimer::new();
    let replica = ReplicatedUserDirectory::builder(world.primary.clone(), InMemoryStore::new())
        .page_size(7)
        .page_interval(Duration::from_millis(300))
        .timer(timer.clone())
        .build();
    let limited = user_directory::Error::new(ErrorKind::RateLimited).with_retry_after(Duration::from_secs(9));
    world.primary.add_fault(Fault::error(limited).times(1));
    world.primary.add_fault(Fault::kind(ErrorKind::RateLimited).times(1));
    assert_eq!(replica.backfill().await.unwrap().inserted, 20);
    assert_eq!(timer.sleeps(), [9000, 1000, 300, 300].map(Duration::from_millis));
}

#[tokio::test]
async fn events_can_be_applied_during_a_backfill() {
    let world = populated(50).await;
    let replica = world.replica_in(TestStore::new(InMemoryStore::new()));
    let backfill = tokio::spawn({
        let replica = replica.clone();
        async move { replica.backfill().await }
    });
    for user in world.users().await.iter().step_by(3) {
        world.tick();
        world.directory.delete(&user.id).await.unwrap();
        replica.apply(&world.event(&user.id).await).await.unwrap();
        let new = world.create(&format!("new_{}", &user.id.as_str()[5..])).await;
        replica.apply(&world.event(&new.id).await).await.unwrap();
    }
    backfill.await.unwrap().unwrap();
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn two_replicas_can_share_a_store() {
    let world = populated(30).await;
    let store = TestStore::new(InMemoryStore::new());
    let (first, second) = (world.replica_in(store.clone()), world.replica_in(store));
    let (one, two) = tokio::join!(first.backfill(), second.backfill());
    assert!(one.unwrap().inserted + two.unwrap().inserted >= 30);
    let users = world.users().await;
    world.tick();
    // Both apply the same events at the same time.
    for user in &users {
        world.directory.ban(&user.id).await.unwrap();
        let event = world.event(&user.id).await;
        let (one, two) = tokio::join!(first.apply(&event), second.apply(&event));
        one.unwrap();
        two.unwrap();
    }
    // One deletes, and the other one updates.
    for user in users.iter().step_by(2) {
        world.tick();
        world.directory.unban(&user.id).await.unwrap();
        let updated = world.event(&user.id).await;
        world.directory.delete(&user.id).await.unwrap();
        let deleted = world.event(&user.id).await;
        let (one, two) = tokio::join!(first.apply(&updated), second.apply(&deleted));
        one.unwrap();
        two.unwrap();
    }
    world.assert_replicated(&first).await;
    world.assert_replicated(&second).await;
}

#[tokio::test]
async fn reconcile_reads_active_users_again_page_by_page() {
    let world = populated(30).await;
    let primary = RecordingUserDirectory::new(world.primary.clone());
    let replica = world.builder(primary.clone(), InMemoryStore::new()).build();
    replica.backfill().await.unwrap();
    world.tick();
    for user in &world.users().await {
        world.directory.record_sign_in(&user.id, world.now()).await.unwrap();
    }
    primary.clear_calls();
    let report = replica.reconcile().await.unwrap();
    assert_eq!((report.examined, report.updated, report.activity), (30, 0, 30));
    // Each of the 5 pages is read a second time.
    assert_eq!((primary.times_called(Operation::List), primary.calls().len()), (10, 10));
    for user in &world.users().await {
        assert_eq!(replica.get(&user.id).await.unwrap(), *user);
    }
}

#[tokio::test]
async fn reconcile_with_another_instance_deletes_nothing() {
    let (world, other) = (populated(30).await, populated(40).await);
    let replica = world.ready().await;
    // The ids of the other instance follow those of the first one.
    for user in &other.users().await[..30] {
        other.directory.delete(&user.id).await.unwrap();
    }
    let wrong = other.builder(other.primary.clone(), replica.store().clone()).max_deletions(29).build();
    let error = wrong.reconcile().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let expected = "the primary has no user of the 30 copies that were checked; check that the secret key belongs to \
                    the instance that was copied, or raise `max_deletions`";
    assert_eq!(error.message(), Some(expected));
    assert_eq!(replica.store().len(), 30);
    world.assert_replicated(&replica).await;
    let confirmed = other.builder(other.primary.clone(), replica.store().clone()).max_deletions(30).build();
    let report = confirmed.reconcile().await.unwrap();
    assert_eq!((report.inserted, report.deleted), (10, 30));
    other.assert_replicated(&confirmed).await;
}

#[tokio::test]
async fn resumed_backfill_with_another_instance_deletes_nothing() {
    let (world, other) = (populated(30).await, populated(40).await);
    let store = world.replica().store().clone();
    let fault = Fault::kind(ErrorKind::Unavailable).operation(Operation::List).times(1);
    let timer = FailOnThirdPage { timer: FakeTimer::new(), world: world.clone(), fault };
    let interrupted = ReplicatedUserDirectory::builder(world.primary.clone(), store.clone()).page_size(7).timer(timer);
    interrupted.build().backfill().await.unwrap_err();
    // The ids of the other instance follow those of the first one.
    for user in &other.users().await[..30] {
        other.directory.delete(&user.id).await.unwrap();
    }
    let wrong = other.builder(other.primary.clone(), store.clone()).max_deletions(13).build();
    assert_eq!(wrong.backfill().await.unwrap_err().kind(), ErrorKind::Configuration);
    assert_eq!(store.len(), 14);
    let replica = world.replica_in(store);
    replica.backfill().await.unwrap();
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn backfill_deletes_copies_until_the_limit_is_exceeded() {
    let world = populated(30).await;
    let store = world.ready().await.store().clone();
    // Without this record, the backfill is not complete.
    store.commit(Commit::new().remove_record("replica_state", "backfill")).await.unwrap();
    for user in world.users().await.iter().step_by(3) {
        world.directory.delete(&user.id).await.unwrap();
    }
    let replica = world.builder(world.primary.clone(), store.clone()).max_deletions(5).build();
    let error = replica.backfill().await.unwrap_err();
    let expected = "more than 5 copies have no user in the primary; check that the secret key belongs to the instance \
                    that was copied, or raise `max_deletions`";
    assert_eq!((error.kind(), error.message()), (ErrorKind::Configuration, Some(expected)));
    // The first page has 4 missing users, and the second has 3.
    assert_eq!(store.len(), 26);
}

/// Deletes users after the first page.
#[derive(Debug)]
struct DeleteAfterFirstPage {
    timer: FakeTimer,
    world: World,
    users: Vec<User>,
}

#[user_directory::async_trait]
impl user_directory::time::Timer for DeleteAfterFirstPage {
    fn now(&self) -> Duration {
        self.timer.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.timer.sleep(duration).await;
        if self.timer.sleeps().len() == 1 {
            for user in &self.users {
                self.world.directory.delete(&user.id).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn backfill_counts_deletions_before_it_starts_again() {
    for (max_deletions, is_exceeded) in [(10, true), (11, false)] {
        let world = populated(30).await;
        let store = world.ready().await.store().clone();
        // Without this record, the backfill is not complete.
        store.commit(Commit::new().remove_record("replica_state", "backfill")).await.unwrap();
        let users = world.users().await;
        for user in &users[..4] {
            world.directory.delete(&user.id).await.unwrap();
        }
        // The walk starts again, because all users of the first page are deleted.
        let timer =
            DeleteAfterFirstPage { timer: FakeTimer::new(), world: world.clone(), users: users[4..11].to_vec() };
        let builder = world.builder(world.primary.clone(), store.clone()).timer(timer).max_deletions(max_deletions);
        let result = builder.build().backfill().await;
        if is_exceeded {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::Configuration);
            assert_eq!(store.len(), 26);
        } else {
            assert_eq!(result.unwrap().deleted, 11);
        }
    }
}

#[tokio::test]
async fn reconcile_deletes_nothing_if_more_copies_than_the_limit_are_missing() {
    let world = populated(30).await;
    let replica = world.ready().await;
    let users = world.users().await;
    // One of the users is stale.
    world.primary.add_fault(Fault::kind(ErrorKind::Timeout).operation(Operation::Ban).times(1));
    assert!(replica.ban(&users[7].id).await.unwrap_err().is_timeout());
    for user in &users[1..] {
        world.directory.delete(&user.id).await.unwrap();
    }
    let limited = |max| world.builder(world.primary.clone(), replica.store().clone()).max_deletions(max).build();
    assert_eq!(limited(28).reconcile().await.unwrap_err().kind(), ErrorKind::Configuration);
    assert_eq!(replica.store().len(), 30);
    assert_eq!(limited(29).reconcile().await.unwrap().deleted, 29);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn reconcile_with_older_users_of_another_instance_stores_nothing() {
    let other = populated(10).await;
    let world = World::new();
    world.clock.advance(Duration::from_hours(24));
    for number in 0..40 {
        world.create(&format!("user_number_{number}")).await;
    }
    // The ids of the other instance precede those of the first one.
    for user in &world.users().await[..10] {
        world.directory.delete(&user.id).await.unwrap();
    }
    let replica = world.ready().await;
    let wrong = other.builder(other.primary.clone(), replica.store().clone()).max_deletions(29).page_size(5).build();
    assert_eq!(wrong.reconcile().await.unwrap_err().kind(), ErrorKind::Configuration);
    assert_eq!(replica.store().len(), 30);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn reconcile_if_due_depends_on_the_stored_time() {
    const DAY: Duration = Duration::from_hours(24);
    let world = populated(3).await;
    let replica = world.ready().await;
    assert_eq!(replica.status().await.unwrap().last_reconciled_at, Some(world.now()));
    world.clock.advance(DAY.saturating_sub(Duration::from_secs(1)));
    let restarted = world.replica_in(replica.store().clone());
    assert_eq!(restarted.reconcile_if_due(DAY).await.unwrap(), None);
    world.tick();
    assert_eq!(restarted.reconcile_if_due(DAY).await.unwrap().map(|report| report.examined), Some(3));
    assert_eq!(replica.reconcile_if_due(DAY).await.unwrap(), None);
}

#[tokio::test]
async fn reconcile_if_due_ignores_a_time_in_the_future() {
    const DAY: Duration = Duration::from_hours(24);
    let world = populated(3).await;
    let now = world.now();
    world.clock.advance(2 * DAY);
    let replica = world.ready().await;
    world.clock.set(now);
    assert_eq!(replica.reconcile_if_due(DAY).await.unwrap().map(|report| report.examined), Some(3));
    assert_eq!(replica.reconcile_if_due(DAY).await.unwrap(), None);
}

fn has_unsupported_value(commit: &Commit) -> Option<CommitError> {
    let is_unsupported = |username: Option<&str>| username == Some("user_number_3");
    let accounts = commit.insertions.iter().chain(commit.updates.iter().map(|update| &update.account));
    let found = accounts.map(|account| &account.user).any(|user| is_unsupported(user.username.as_deref()));
    found.then(|| Error::new(ErrorKind::Server).into())
}

#[tokio::test]
async fn backfill_skips_a_user_that_the_store_does_not_support() {
    let world = populated(30).await;
    let store = TestStore::new(InMemoryStore::new());
    let replica = world.replica_in(store.clone());
    store.reject(has_unsupported_value);
    let report = replica.backfill().await.unwrap();
    assert_eq!((report.inserted, report.stale), (29, 1));
    assert_eq!(replica.count(&UserFilter::new()).await.unwrap(), 29);
    let skipped = &world.users().await[3];
    assert_eq!(replica.get(&skipped.id).await.unwrap(), *skipped);
    store.accept();
    assert_eq!(replica.refresh_stale().await.unwrap(), 1);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn apply_of_a_user_that_the_store_does_not_support_marks_the_user_stale() {
    let world = populated(30).await;
    let store = TestStore::new(InMemoryStore::new());
    let replica = world.ready_in(store.clone()).await;
    let id = world.users().await[3].id.clone();
    world.tick();
    world.directory.ban(&id).await.unwrap();
    store.reject(has_unsupported_value);
    assert_eq!(replica.apply(&world.event(&id).await).await.unwrap(), Applied::Stale);
    assert!(replica.get(&id).await.unwrap().banned);
    store.accept();
    assert_eq!(replica.refresh_stale().await.unwrap(), 1);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn backfill_accepts_a_page_that_contains_a_user_twice() {
    let world = populated(1).await;
    let users = world.users().await;
    let mut primary = MockUserDirectory::new();
    let page = vec![users[0].clone(), users[0].clone()];
    primary.expect_list().times(1).returning(move |_| Ok(page.clone()));
    let replica = world.builder(primary, InMemoryStore::new()).build();
    let report = replica.backfill().await.unwrap();
    assert_eq!((report.examined, report.inserted), (1, 1));
    assert_eq!(replica.get(&users[0].id).await.unwrap(), users[0]);
}

#[tokio::test]
async fn reconcile_ignores_records_of_a_later_release() {
    let world = populated(2).await;
    let store = InMemoryStore::new();
    let ada = world.users().await[0].clone();
    let records = [
        Record::new("replica_stale", ada.id.as_str(), r#""other""#),
        Record::new("replica_tombstones", "user_other", r#"{"other":1}"#),
    ];
    store.commit(records.into_iter().fold(Commit::new(), Commit::put_record)).await.unwrap();
    let replica = world.replica_in(store);
    replica.backfill().await.unwrap();
    assert_eq!(replica.get(&ada.id).await.unwrap(), ada);
    replica.reconcile().await.unwrap();
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn corrections_of_a_failed_reconcile_are_counted() {
    let world = populated(30).await;
    let replica = world.ready().await;
    world.tick();
    world.directory.ban(&world.users().await[0].id).await.unwrap();
    let fault = Fault::kind(ErrorKind::Unavailable).operation(Operation::List).times(1);
    let timer = FailOnThirdPage { timer: FakeTimer::new(), world: world.clone(), fault };
    let failing = world.builder(world.primary.clone(), replica.store().clone()).timer(timer).build();

    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let guard = metrics::set_default_local_recorder(&recorder);
    assert!(failing.reconcile().await.unwrap_err().is_unavailable());
    drop(guard);
    let metrics = snapshotter.snapshot().into_vec().into_iter();
    let corrections = metrics.filter(|(key, ..)| key.key().name() == "user_directory_replica_corrections_total");
    let counts: Vec<_> = corrections.map(|(_, _, _, value)| value).collect();
    assert_eq!(counts, [DebugValue::Counter(1)]);
}

#[tokio::test]
async fn walks_retry_commits_of_records() {
    let world = populated(20).await;
    let store = TestStore::new(InMemoryStore::new());
    let replica = world.replica_in(store.clone());
    // The first attempt of each commit that contains only records fails.
    let is_retry = AtomicBool::new(false);
    store.reject(move |commit| {
        let has_users = !(commit.insertions.is_empty() && commit.updates.is_empty() && commit.deletions.is_empty());
        (!has_users && !is_retry.fetch_xor(true, SeqCst)).then_some(CommitError::Stale)
    });
    assert_eq!(replica.backfill().await.unwrap().inserted, 20);

    let users = world.users().await;
    // A wrong tombstone, an expired tombstone and a mark.
    world.primary.add_fault(Fault::kind(ErrorKind::NotFound).operation(Operation::Get).times(1));
    assert_eq!(replica.refresh(&users[1].id).await.unwrap(), None);
    replica.delete(&users[2].id).await.unwrap();
    world.primary.add_fault(Fault::kind(ErrorKind::Timeout).operation(Operation::Ban).times(1));
    assert!(replica.ban(&users[3].id).await.unwrap_err().is_timeout());
    assert_eq!(stored_marks(&store).await.len(), 1);
    world.clock.advance(Duration::from_hours(8 * 24));
    let report = replica.reconcile().await.unwrap();
    assert_eq!((report.inserted, report.refreshed, report.stale), (1, 1, 0));
    assert!(store.records_after("replica_tombstones", 0, 10).await.unwrap().is_empty());
    world.assert_replicated(&replica).await;
}

#[test]
fn walks_without_a_time_driver_are_configuration_errors() {
    let timed = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let untimed = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let world = timed.block_on(populated(20));
    let replica = world
        .builder(world.primary.clone(), InMemoryStore::new())
        .timer(TokioTimer::new())
        .page_interval(Duration::from_millis(1))
        .build();
    // Each walk waits after its first page.
    assert_eq!(untimed.block_on(replica.backfill()).unwrap_err().kind(), ErrorKind::Configuration);
    timed.block_on(replica.backfill()).unwrap();
    assert_eq!(untimed.block_on(replica.reconcile()).unwrap_err().kind(), ErrorKind::Configuration);
    // The first call of the primary waits because of its rate limits.
    world.primary.add_fault(Fault::kind(ErrorKind::RateLimited).times(1));
    assert_eq!(untimed.block_on(replica.reconcile()).unwrap_err().kind(), ErrorKind::Configuration);
    assert!(world.primary.faults().is_empty());
    timed.block_on(replica.reconcile()).unwrap();
}
