//! Writes through the replica.

use std::sync::atomic::Ordering::SeqCst;

use tokio_test::{assert_pending, task};
use user_directory::decorators::{Applied, Fault, RecordingUserDirectory, ReplicatedUserDirectory};
use user_directory::in_memory::InMemoryStore;
use user_directory::model::TotpCode;
use user_directory::store::{Commit, CommitError, RecordStore, UserStore};
use user_directory::time::FakeTimer;
use user_directory::{
    Error, ErrorKind, NewUser, Operation, Password, UserDirectory, UserDirectoryExt, UserFilter, UserUpdate,
};

use super::stores::TestStore;
use super::support::{World, stored_marks, username};
use crate::support::Hold;

#[tokio::test]
async fn writes_are_visible_at_once() {
    let world = World::new();
    let replica = world.ready().await;
    let ada = replica.create(&NewUser::new().username("ada_lovelace")).await.unwrap();
    assert_eq!(replica.get(&ada.id).await.unwrap(), ada);
    let updated = replica.update(&ada.id, &UserUpdate::new().first_name("Ada")).await.unwrap();
    assert_eq!(replica.list(&username("ada_lovelace").into()).await.unwrap(), [updated]);
    replica.delete(&ada.id).await.unwrap();
    assert_eq!(replica.count(&UserFilter::new()).await.unwrap(), 0);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn write_succeeds_if_its_result_cannot_be_stored_and_reads_go_to_the_primary() {
    let world = World::new();
    let store = TestStore::new(InMemoryStore::new());
    let replica = world.ready_in(store.clone()).await;
    let ada = replica.create(&NewUser::new().username("ada_lovelace")).await.unwrap();

    store.set_down(true);
    world.tick();
    let banned = replica.ban(&ada.id).await.unwrap();
    let grace = replica.create(&NewUser::new().username("grace_hopper")).await.unwrap();
    assert_eq!(replica.get(&ada.id).await.unwrap(), banned);
    assert_eq!(replica.get(&grace.id).await.unwrap(), grace);
    assert_eq!(replica.list(&UserFilter::new().banned(true).into()).await.unwrap(), std::slice::from_ref(&banned));
    assert_eq!(replica.count(&UserFilter::new()).await.unwrap(), 2);

    store.set_down(false);
    assert_eq!(replica.list(&UserFilter::new().banned(true).into()).await.unwrap(), [banned]);
    assert_eq!(replica.status().await.unwrap().stale_users, 0);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn get_of_an_unstored_write_fails_while_the_primary_is_down() {
    let world = World::new();
    let store = TestStore::new(InMemoryStore::new());
    let replica = world.ready_in(store.clone()).await;
    let ada = replica.create(&NewUser::new().username("ada_lovelace")).await.unwrap();
    store.set_down(true);
    replica.delete(&ada.id).await.unwrap();
    store.set_down(false);
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable).times(1));
    assert!(replica.get(&ada.id).await.unwrap_err().is_unavailable());
    assert!(replica.get(&ada.id).await.unwrap_err().is_not_found());
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn mark_of_an_unstored_write_survives_a_restart() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let replica = world.ready().await;
    // The primary fails when the user is read because of the equal times.
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable).operation(Operation::Get).times(1));
    let banned = replica.ban(&ada.id).await.unwrap();
    let restarted = world.replica_in(replica.store().clone());
    assert_eq!(restarted.get(&ada.id).await.unwrap(), banned);
}

#[tokio::test]
async fn write_fails_with_the_error_of_the_primary_and_keeps_the_copy() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let replica = world.ready().await;
    world.primary.add_fault(Fault::kind(ErrorKind::Connect).times(1));
    let error = replica.ban(&ada.id).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Connect, Some(Operation::Ban)));
    assert_eq!(replica.status().await.unwrap().stale_users, 0);
    assert_eq!(replica.get(&ada.id).await.unwrap(), ada);
}

#[tokio::test]
async fn get_after_a_write_with_an_unknown_outcome_reads_the_primary() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let replica = world.ready().await;
    world.tick();
    world.primary.add_fault(Fault::kind(ErrorKind::Timeout).after_work().times(1));
    assert!(replica.ban(&ada.id).await.unwrap_err().is_timeout());
    assert!(replica.get(&ada.id).await.unwrap().banned);
    assert_eq!(replica.status().await.unwrap().stale_users, 0);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn get_after_a_dropped_write_reads_the_primary() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let held = Hold::around(world.primary.clone(), Operation::Ban);
    let replica = ReplicatedUserDirectory::builder(held, InMemoryStore::new()).timer(FakeTimer::new()).build();
    replica.backfill().await.unwrap();
    world.tick();
    let mut ban = task::spawn(replica.ban(&ada.id));
    assert_pending!(ban.poll());
    drop(ban);
    assert!(replica.get(&ada.id).await.unwrap().banned);
}

#[tokio::test]
async fn operations_that_return_no_user_refresh_the_copy() {
    let world = World::new();
    let replica = world.ready().await;
    let new_user = NewUser::new().username("ada_lovelace").totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
    let ada = replica.create(&new_user.backup_codes(["spring-rain"])).await.unwrap();
    // The last backup code is consumed.
    world.tick();
    assert!(replica.verify_totp(&ada.id, &TotpCode::new("spring-rain")).await.unwrap().is_correct());
    assert!(!replica.get(&ada.id).await.unwrap().backup_code_enabled);
    world.tick();
    replica.delete_totp(&ada.id).await.unwrap();
    assert!(!replica.get(&ada.id).await.unwrap().totp_enabled);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn store_contains_no_secrets() {
    let world = World::new();
    let replica = world.ready().await;
    let new_user = NewUser::new()
        .username("ada_lovelace")
        .password(Password::new("correct horse battery"))
        .totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
        .backup_codes(["spring-rain"]);
    let ada = replica.create(&new_user).await.unwrap();
    let account = &replica.store().load(&[ada.id]).await.unwrap()[0].account;
    assert!(account.user.password_enabled && account.user.totp_enabled && account.user.backup_code_enabled);
    assert!(account.password.is_none() && account.totp_secret.is_none() && account.backup_codes.is_empty());
}

#[tokio::test]
async fn get_calls_the_store_once() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let store = TestStore::new(InMemoryStore::new());
    let replica = world.ready_in(store.clone()).await;
    let calls = store.calls.load(SeqCst);
    replica.get(&ada.id).await.unwrap();
    assert_eq!(store.calls.load(SeqCst), calls + 1);
}

#[tokio::test]
async fn ensure_finds_a_user_whose_event_has_not_arrived() {
    for exists in [true, false] {
        let world = World::new();
        let replica = world.ready().await;
        let new_user = NewUser::new().external_id("customer-1").username("ada_lovelace");
        if exists {
            world.directory.create(&new_user).await.unwrap();
        } else {
            let lost = Fault::kind(ErrorKind::Timeout).operation(Operation::Create).after_work();
            world.primary.add_fault(lost.times(1));
        }
        let ada = replica.ensure(&new_user).await.unwrap();
        assert!(!ada.is_created());
        assert_eq!(replica.find_by_username("ada_lovelace").await.unwrap().as_ref(), Some(ada.user()));
        world.assert_replicated(&replica).await;
    }
}

#[tokio::test]
async fn create_makes_no_lookup_if_the_store_contains_the_owner() {
    let world = World::new();
    let primary = RecordingUserDirectory::new(world.primary.clone());
    let replica = world.builder(primary.clone(), InMemoryStore::new()).build();
    replica.backfill().await.unwrap();
    let new_user = NewUser::new().username("ada_lovelace");
    replica.create(&new_user).await.unwrap();
    primary.clear_calls();
    assert!(replica.create(&new_user).await.unwrap_err().is_conflict());
    assert_eq!(primary.calls().len(), 1);
}

#[tokio::test]
async fn write_to_a_user_that_no_longer_exists_deletes_the_copy() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let replica = world.ready().await;
    world.directory.delete(&ada.id).await.unwrap();
    assert!(replica.ban(&ada.id).await.unwrap_err().is_not_found());
    assert_eq!(replica.count(&UserFilter::new()).await.unwrap(), 0);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn dropped_verify_totp_marks_the_user() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let held = Hold::around(world.primary.clone(), Operation::VerifyTotp);
    let replica = world.builder(held, InMemoryStore::new()).build();
    replica.backfill().await.unwrap();
    let code = TotpCode::new("123456");
    let mut verify = task::spawn(replica.verify_totp(&ada.id, &code));
    assert_pending!(verify.poll());
    drop(verify);
    assert_eq!(replica.status().await.unwrap().stale_users, 1);
}

#[tokio::test]
async fn refresh_stale_stores_the_mark_of_a_dropped_write() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let held = Hold::around(world.primary.clone(), Operation::Ban);
    let replica = world.builder(held, InMemoryStore::new()).build();
    replica.backfill().await.unwrap();
    world.tick();
    let mut ban = task::spawn(replica.ban(&ada.id));
    assert_pending!(ban.poll());
    drop(ban);
    assert!(stored_marks(replica.store()).await.is_empty());
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable).times(1));
    assert!(replica.refresh_stale().await.unwrap_err().is_unavailable());
    assert_eq!(stored_marks(replica.store()).await.len(), 1);
    let restarted = world.replica_in(replica.store().clone());
    assert!(restarted.get(&ada.id).await.unwrap().banned);
}

#[tokio::test]
async fn list_after_a_failed_refresh_is_served_from_the_store() {
    let world = World::new();
    let replica = world.ready().await;
    let new_user = NewUser::new().username("ada_lovelace").totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
    let ada = replica.create(&new_user).await.unwrap();
    world.tick();
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable).operation(Operation::Get).times(1));
    replica.delete_totp(&ada.id).await.unwrap();
    assert_eq!(replica.status().await.unwrap().stale_users, 1);
    world.primary.add_fault(Fault::kind(ErrorKind::Server).operation(Operation::List));
    assert_eq!(replica.list(&UserFilter::new().into()).await.unwrap().len(), 1);
    assert!(!replica.get(&ada.id).await.unwrap().totp_enabled);
}

#[tokio::test]
async fn list_after_a_write_is_read_from_the_primary_if_the_store_is_busy() {
    let world = World::new();
    let store = TestStore::new(InMemoryStore::new());
    let replica = world.ready_in(store.clone()).await;
    let new_user = NewUser::new().username("ada_lovelace").totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
    let ada = replica.create(&new_user).await.unwrap();
    world.tick();
    store.reject(|commit| (!commit.updates.is_empty()).then_some(CommitError::Stale));
    replica.delete_totp(&ada.id).await.unwrap();
    assert_eq!(stored_marks(&store).await, [(ada.id.to_string(), r#""unstored""#.to_owned())]);
    assert!(!replica.list(&UserFilter::new().into()).await.unwrap()[0].totp_enabled);
}

fn deletion_conflict(commit: &Commit) -> Option<CommitError> {
    (!commit.deletions.is_empty()).then(|| Error::new(ErrorKind::Conflict).into())
}

#[tokio::test]
async fn deletion_that_rows_of_other_tables_prevent_is_visible_in_the_status() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let store = TestStore::new(InMemoryStore::new());
    let replica = world.ready_in(store.clone()).await;
    store.reject(deletion_conflict);
    replica.delete(&ada.id).await.unwrap();
    assert_eq!(replica.apply(&world.event(&ada.id).await).await.unwrap(), Applied::Stale);
    let restarted = world.replica_in(store.clone());
    for replica in [&replica, &restarted] {
        assert_eq!(replica.refresh_stale().await.unwrap(), 0);
        let status = replica.status().await.unwrap();
        assert_eq!((status.stale_users, status.undeletable_users), (1, 1));
        // Neither needs the primary.
        world.primary.add_fault(Fault::kind(ErrorKind::Server));
        assert!(replica.get(&ada.id).await.unwrap_err().is_not_found());
        assert_eq!(replica.count(&UserFilter::new()).await.unwrap(), 1);
        world.primary.clear_faults();
    }
    store.accept();
    assert_eq!(restarted.refresh_stale().await.unwrap(), 1);
    assert_eq!(restarted.status().await.unwrap().undeletable_users, 0);
    world.assert_replicated(&restarted).await;
}

#[tokio::test]
async fn apply_of_a_deletion_fails_if_neither_the_deletion_nor_its_mark_can_be_stored() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let store = TestStore::new(InMemoryStore::new());
    let replica = world.ready_in(store.clone()).await;
    world.directory.delete(&ada.id).await.unwrap();
    let event = world.event(&ada.id).await;
    store.reject(|commit| {
        let kind = if commit.deletions.is_empty() { ErrorKind::Connect } else { ErrorKind::Conflict };
        Some(Error::new(kind).into())
    });
    assert_eq!(replica.apply(&event).await.unwrap_err().kind(), ErrorKind::Connect);
    store.reject(deletion_conflict);
    assert_eq!(replica.apply(&event).await.unwrap(), Applied::Stale);
    assert_eq!(stored_marks(&store).await.len(), 1);
}

#[tokio::test]
async fn apply_of_a_deletion_that_the_store_rejects_marks_the_user_stale() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let store = TestStore::new(InMemoryStore::new());
    let replica = world.ready_in(store.clone()).await;
    world.directory.delete(&ada.id).await.unwrap();
    store.reject(|commit| (!commit.deletions.is_empty()).then(|| Error::new(ErrorKind::Server).into()));
    assert_eq!(replica.apply(&world.event(&ada.id).await).await.unwrap(), Applied::Stale);
    assert_eq!(replica.status().await.unwrap().stale_users, 1);
    assert!(replica.get(&ada.id).await.unwrap_err().is_not_found());
    store.accept();
    replica.refresh_stale().await.unwrap();
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn get_returns_an_undeletable_copy_until_the_marks_of_other_processes_are_loaded() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let store = TestStore::new(InMemoryStore::new());
    let (first, second) = (world.ready_in(store.clone()).await, world.ready_in(store.clone()).await);
    store.reject(deletion_conflict);
    first.delete(&ada.id).await.unwrap();
    assert!(first.get(&ada.id).await.unwrap_err().is_not_found());
    assert_eq!(second.get(&ada.id).await.unwrap(), ada);
    assert_eq!(second.status().await.unwrap().undeletable_users, 1);
    assert!(second.get(&ada.id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn reconcile_succeeds_if_rows_of_other_tables_prevent_a_deletion() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let store = TestStore::new(InMemoryStore::new());
    let primary = RecordingUserDirectory::new(world.primary.clone());
    let replica = world.builder(primary.clone(), store.clone()).max_deletions(0).build();
    replica.backfill().await.unwrap();
    store.reject(deletion_conflict);
    world.directory.delete(&ada.id).await.unwrap();
    assert_eq!(replica.refresh(&ada.id).await.unwrap_err().kind(), ErrorKind::Conflict);
    let restarted = world.builder(primary.clone(), store.clone()).max_deletions(0).build();
    primary.clear_calls();
    for replica in [&replica, &restarted] {
        let report = replica.reconcile().await.unwrap();
        assert_eq!((report.deleted, report.stale), (0, 1));
        assert_eq!(replica.refresh_stale().await.unwrap(), 0);
    }
    assert_eq!(primary.times_called(Operation::Get), 0);
    store.accept();
    assert_eq!(replica.refresh_stale().await.unwrap(), 1);
    assert_eq!(store.inner.len(), 0);
}

#[tokio::test]
async fn backfill_does_not_count_copies_that_were_marked_as_undeletable_before_a_restart() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let store = TestStore::new(InMemoryStore::new());
    let replica = world.replica_in(store.clone());
    assert_eq!(replica.apply(&world.event(&ada.id).await).await.unwrap(), Applied::Inserted);
    store.reject(deletion_conflict);
    world.directory.delete(&ada.id).await.unwrap();
    assert_eq!(replica.apply(&world.event(&ada.id).await).await.unwrap(), Applied::Stale);
    let restarted = world.builder(world.primary.clone(), store).max_deletions(0).build();
    let report = restarted.backfill().await.unwrap();
    assert_eq!((report.deleted, report.stale), (0, 1));
}

fn store_failure(commit: &Commit) -> Option<CommitError> {
    (!commit.updates.is_empty()).then(|| Error::new(ErrorKind::Connect).into())
}

#[tokio::test]
async fn mark_of_another_process_is_not_replaced_by_a_weaker_one() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let store = TestStore::new(InMemoryStore::new());
    let (first, second) = (world.replica_in(store.clone()), world.replica_in(store.clone()));
    first.backfill().await.unwrap();
    second.backfill().await.unwrap();
    world.tick();
    store.reject(store_failure);
    first.ban(&ada.id).await.unwrap();
    let expected = [(ada.id.to_string(), r#""unstored""#.to_owned())];
    assert_eq!(stored_marks(&store).await, expected);
    world.primary.add_fault(Fault::kind(ErrorKind::Timeout).times(1));
    assert!(second.ban(&ada.id).await.unwrap_err().is_timeout());
    assert_eq!(stored_marks(&store).await, expected);
}

#[tokio::test]
async fn refresh_of_a_user_that_was_never_copied_does_not_prevent_its_insertion() {
    let world = World::new();
    let replica = world.ready().await;
    let ada = world.create("ada_lovelace").await;
    world.primary.add_fault(Fault::kind(ErrorKind::NotFound).operation(Operation::Get).times(1));
    assert_eq!(replica.refresh(&ada.id).await.unwrap(), None);
    assert!(replica.store().records_after("replica_tombstones", 0, 10).await.unwrap().is_empty());
    assert_eq!(replica.apply(&world.event(&ada.id).await).await.unwrap(), Applied::Inserted);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn refresh_keeps_the_stored_mark_of_a_later_write() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let primary = Hold::around(world.primary.clone(), Operation::Get);
    let hold = primary.interceptor().clone();
    let replica = world.builder(primary, InMemoryStore::new()).build();
    replica.backfill().await.unwrap();
    world.tick();
    world.primary.add_fault(Fault::kind(ErrorKind::Timeout).operation(Operation::Ban).after_work());
    assert!(replica.ban(&ada.id).await.unwrap_err().is_timeout());
    let mut refresh = task::spawn(replica.refresh(&ada.id));
    assert_pending!(refresh.poll());
    assert!(replica.ban(&ada.id).await.unwrap_err().is_timeout());
    hold.release(1);
    assert!(refresh.await.unwrap().unwrap().banned);
    assert_eq!(stored_marks(replica.store()).await.len(), 1);
    assert_eq!(replica.status().await.unwrap().stale_users, 1);
}
