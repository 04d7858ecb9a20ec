//! Writes through the replica.

use std::sync::atomic::Ordering::SeqCst;

use tokio_test::{assert_pending, task};
use user_directory::decorators::{Fault, ReplicatedUserDirectory};
use user_directory::in_memory::InMemoryStore;
use user_directory::model::TotpCode;
use user_directory::store::UserStore;
use user_directory::time::FakeTimer;
use user_directory::{ErrorKind, NewUser, Operation, Password, UserDirectory, UserFilter, UserUpdate};

use super::stores::TestStore;
use super::support::{World, username};
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
    let replica = world.replica_in(store.clone());
    replica.backfill().await.unwrap();
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
    let replica = world.replica_in(store.clone());
    replica.backfill().await.unwrap();
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
    let replica = world.replica_in(store.clone());
    replica.backfill().await.unwrap();
    let calls = store.calls.load(SeqCst);
    replica.get(&ada.id).await.unwrap();
    assert_eq!(store.calls.load(SeqCst), calls + 1);
}
