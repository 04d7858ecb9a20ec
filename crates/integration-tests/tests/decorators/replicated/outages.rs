//! Outages of the primary.

use std::time::Duration;

use user_directory::decorators::{Fault, RecordingUserDirectory, ReplicatedUserDirectory};
use user_directory::in_memory::InMemoryStore;
use user_directory::interceptor::{Call, Intercepted, Interceptor, OperationOutput};
use user_directory::store::{Commit, CommitError};
use user_directory::time::{FakeTimer, Timer};
use user_directory::webhooks::UserEvent;
use user_directory::{
    Error, ErrorKind, NewUser, Operation, Result, User, UserDirectory, UserFilter, UserId, UserUpdate,
};

use super::stores::TestStore;
use super::support::{World, username};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_of_64_readers_continue_while_the_primary_is_down() {
    let world = World::new();
    for number in 0..100 {
        world.create(&format!("user_number_{number}")).await;
    }
    let replica = world.ready().await;
    let users = world.users().await;
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable));
    let readers: Vec<_> = (0..64)
        .map(|reader| {
            let (replica, users) = (replica.clone(), users.clone());
            tokio::spawn(async move {
                for user in users.iter().cycle().skip(reader).take(100) {
                    assert_eq!(replica.get(&user.id).await.unwrap(), *user);
                    let name = user.username.as_deref().unwrap();
                    assert_eq!(replica.list(&username(name).into()).await.unwrap().len(), 1);
                    assert_eq!(replica.count(&UserFilter::new()).await.unwrap(), 100);
                }
            })
        })
        .collect();
    for user in users.iter().take(100) {
        let error = replica.update(&user.id, &UserUpdate::new().first_name("A")).await.unwrap_err();
        assert!(error.is_unavailable());
        assert!(replica.create(&NewUser::new().username("new_user")).await.unwrap_err().is_unavailable());
    }
    for reader in readers {
        reader.await.unwrap();
    }
    // The writes may have been executed, so their users are stale. While the primary is down, the copies are returned.
    assert_eq!(replica.status().await.unwrap().stale_users, 100);
    assert!(replica.reconcile().await.unwrap_err().is_unavailable());
    assert_eq!(replica.get(&users[0].id).await.unwrap(), users[0]);

    world.primary.clear_faults();
    assert_eq!(replica.refresh_stale().await.unwrap(), 100);
    assert_eq!(replica.status().await.unwrap().stale_users, 0);
    world.clock.advance(Duration::from_secs(1));
    world.assert_replicated(&replica).await;
}

fn store_failure(commit: &Commit) -> Option<CommitError> {
    let has_users = !commit.insertions.is_empty() || !commit.updates.is_empty();
    has_users.then(|| Error::new(ErrorKind::Connect).into())
}

/// A replica that recorded this number of bans which it could not store.
async fn with_unstored_bans(count: usize) -> (World, Primary, FakeTimer, ReplicatedUserDirectory<Primary, TestStore>) {
    let world = World::new();
    let users: Vec<User> = users(&world, count).await;
    let (store, timer) = (TestStore::new(InMemoryStore::new()), FakeTimer::new());
    let primary = Primary::new(world.primary.clone());
    let replica = world.builder(primary.clone(), store.clone()).timer(timer.clone()).build();
    replica.backfill().await.unwrap();
    world.tick();
    store.reject(store_failure);
    for user in &users {
        replica.ban(&user.id).await.unwrap();
    }
    store.accept();
    primary.clear_calls();
    (world, primary, timer, replica)
}

type Primary = RecordingUserDirectory<super::support::Primary>;

async fn users(world: &World, count: usize) -> Vec<User> {
    let mut users = Vec::new();
    for number in 0..count {
        users.push(world.create(&format!("user_number_{number}")).await);
    }
    users
}

#[tokio::test]
async fn list_is_served_from_the_store_if_a_write_is_not_stored_and_the_primary_is_down() {
    let (world, primary, timer, replica) = with_unstored_bans(1).await;
    let banned = UserFilter::new().banned(true);
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable));
    for _ in 0..3 {
        assert_eq!(replica.list(&UserFilter::new().into()).await.unwrap().len(), 1);
        assert_eq!(replica.count(&banned).await.unwrap(), 0);
    }
    // The failure is not repeated for 5 seconds.
    assert_eq!(primary.calls().len(), 1);
    timer.sleep(Duration::from_secs(5)).await;
    assert_eq!(replica.count(&banned).await.unwrap(), 0);
    assert_eq!(primary.calls().len(), 2);
    world.primary.clear_faults();
    timer.sleep(Duration::from_secs(5)).await;
    assert_eq!(replica.count(&banned).await.unwrap(), 1);
}

#[tokio::test]
async fn list_refreshes_three_users_and_is_read_from_the_primary_if_more_are_not_stored() {
    let (_, primary, _, replica) = with_unstored_bans(5).await;
    for (stale, gets, lists) in [(2, 3, 1), (0, 5, 1), (0, 5, 1)] {
        assert_eq!(replica.list(&UserFilter::new().banned(true).into()).await.unwrap().len(), 5);
        let calls = (primary.times_called(Operation::Get), primary.times_called(Operation::List));
        assert_eq!((replica.status().await.unwrap().stale_users, calls), (stale, (gets, lists)));
    }
}

#[tokio::test]
async fn get_of_an_unconfirmed_user_calls_an_unavailable_primary_every_five_seconds() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let (primary, timer) = (Primary::new(world.primary.clone()), FakeTimer::new());
    let replica = world.builder(primary.clone(), InMemoryStore::new()).timer(timer.clone()).build();
    replica.backfill().await.unwrap();
    world.primary.add_fault(Fault::kind(ErrorKind::Timeout));
    assert!(replica.ban(&ada.id).await.unwrap_err().is_timeout());
    for calls in [1, 2] {
        for _ in 0..3 {
            assert_eq!(replica.get(&ada.id).await.unwrap(), ada);
            assert_eq!(primary.times_called(Operation::Get), calls);
        }
        timer.sleep(Duration::from_secs(5)).await;
    }
}

/// Makes `get` of one user fail.
#[derive(Debug)]
struct FailGet {
    id: UserId,
    kind: ErrorKind,
}

impl Interceptor for FailGet {
    async fn intercept<T: OperationOutput>(
        &self,
        call: &Call<'_>,
        next: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        if call.operation() == Operation::Get && call.user_ids().contains(&self.id) {
            return Err(Error::new(self.kind));
        }
        next.await
    }
}

#[tokio::test]
async fn refresh_stale_and_reconcile_skip_a_user_whose_get_fails() {
    use ErrorKind as Kind;
    for kind in [Kind::Server, Kind::Decode, Kind::Unexpected, Kind::InvalidInput, Kind::Forbidden] {
        let world = World::new();
        let users = users(&world, 20).await;
        let primary = Intercepted::new(world.primary.clone(), FailGet { id: users[5].id.clone(), kind });
        let replica = world.builder(primary, InMemoryStore::new()).build();
        replica.backfill().await.unwrap();
        for user in [&users[5], &users[9]] {
            world.primary.add_fault(Fault::kind(ErrorKind::Timeout).operation(Operation::Ban).times(1));
            assert!(replica.ban(&user.id).await.unwrap_err().is_timeout());
        }
        assert_eq!(replica.refresh_stale().await.unwrap(), 1, "{kind}");
        let report = replica.reconcile().await.unwrap();
        assert_eq!((report.examined, report.refreshed, report.stale), (20, 0, 1), "{kind}");
    }
}

#[tokio::test]
async fn backfill_skips_a_deleted_user_whose_get_fails() {
    let world = World::new();
    let users = users(&world, 20).await;
    let primary = Intercepted::new(world.primary.clone(), FailGet { id: users[5].id.clone(), kind: ErrorKind::Server });
    let replica = world.builder(primary, InMemoryStore::new()).build();
    // The event arrives before the primary stops listing the user.
    replica.apply(&UserEvent::deleted("msg_1".parse().unwrap(), users[5].id.clone())).await.unwrap();
    let report = replica.backfill().await.unwrap();
    assert_eq!((report.examined, report.inserted, report.stale), (20, 19, 0));
}
