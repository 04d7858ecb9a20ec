//! Identifiers that move between users.

use user_directory::decorators::{Applied, Fault};
use user_directory::in_memory::InMemoryStore;
use user_directory::webhooks::UserEvent;
use user_directory::{ErrorKind, MockUserDirectory, User, UserDirectory, UserUpdate};

use super::support::{Replica, World, username};

async fn rename(world: &World, user: &User, name: &str) {
    world.tick();
    world.directory.update(&user.id, &UserUpdate::new().username(name)).await.unwrap();
}

/// Two users, of which the second one takes over the username of the first one. Returns the events of both changes.
async fn moved(world: &World, replica: &Replica) -> (User, User, UserEvent, UserEvent) {
    let (ada, grace) = (world.create("ada_lovelace").await, world.create("grace_hopper").await);
    for user in [&ada, &grace] {
        replica.apply(&world.event(&user.id).await).await.unwrap();
    }
    rename(world, &ada, "countess").await;
    let first = world.event(&ada.id).await;
    rename(world, &grace, "ada_lovelace").await;
    let second = world.event(&grace.id).await;
    (ada, grace, first, second)
}

#[tokio::test]
async fn apply_moves_an_identifier_even_if_the_event_of_the_new_owner_arrives_first() {
    let world = World::new();
    let replica = world.ready().await;
    let (_, grace, first, second) = moved(&world, &replica).await;
    assert_eq!(replica.apply(&second).await.unwrap(), Applied::Updated);
    world.assert_replicated(&replica).await;
    assert_eq!(replica.list(&username("ada_lovelace").into()).await.unwrap()[0].id, grace.id);
    assert_eq!(replica.apply(&first).await.unwrap(), Applied::Unchanged);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn apply_moves_an_identifier_when_the_event_of_the_new_owner_is_applied_last() {
    let world = World::new();
    let replica = world.ready().await;
    let (_, grace, first, second) = moved(&world, &replica).await;
    assert_eq!(replica.apply(&first).await.unwrap(), Applied::Updated);
    assert!(replica.list(&username("ada_lovelace").into()).await.unwrap().is_empty());
    assert_eq!(replica.apply(&second).await.unwrap(), Applied::Updated);
    assert_eq!(replica.list(&username("ada_lovelace").into()).await.unwrap()[0].id, grace.id);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn refresh_fails_after_two_attempts_if_two_users_of_the_primary_have_the_same_identifier() {
    let world = World::new();
    let (ada, grace) = (world.create("ada_lovelace").await, world.create("grace_hopper").await);
    let mut inconsistent = grace.clone();
    inconsistent.username.clone_from(&ada.username);
    let mut primary = MockUserDirectory::new();
    let (one, two) = (ada.clone(), inconsistent);
    primary.expect_get().times(5).returning(move |id| Ok(if *id == one.id { one.clone() } else { two.clone() }));
    let replica = world.builder(primary, InMemoryStore::new()).build();
    assert_eq!(replica.refresh(&ada.id).await.unwrap(), Some(ada));
    // Each of the two attempts reads both users.
    assert!(replica.refresh(&grace.id).await.unwrap_err().is_locked());
}

#[tokio::test]
async fn apply_moves_an_identifier_of_a_deleted_user_before_the_deletion_arrives() {
    let world = World::new();
    let replica = world.ready().await;
    let ada = world.create("ada_lovelace").await;
    replica.apply(&world.event(&ada.id).await).await.unwrap();
    world.directory.delete(&ada.id).await.unwrap();
    let deletion = world.event(&ada.id).await;
    let new = world.create("ada_lovelace").await;
    assert_eq!(replica.apply(&world.event(&new.id).await).await.unwrap(), Applied::Inserted);
    world.assert_replicated(&replica).await;
    assert_eq!(replica.apply(&deletion).await.unwrap(), Applied::Unchanged);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn apply_resolves_exchanged_identifiers_of_many_users() {
    let world = World::new();
    let replica = world.ready().await;
    let mut users = Vec::new();
    for number in 0..20 {
        let user = world.create(&format!("user_number_{number}")).await;
        replica.apply(&world.event(&user.id).await).await.unwrap();
        users.push(user);
    }
    // Each user takes over the username of the next one.
    rename(&world, &users[0], "temporary").await;
    for number in (1..20).rev() {
        rename(&world, &users[number], &format!("user_number_{}", (number + 1) % 20)).await;
    }
    rename(&world, &users[0], "user_number_1").await;
    assert_eq!(replica.apply(&world.event(&users[7].id).await).await.unwrap(), Applied::Updated);
    world.assert_replicated(&replica).await;
}

#[tokio::test]
async fn apply_of_a_conflict_while_the_primary_is_down_is_resolved_later() {
    let world = World::new();
    let replica = world.ready().await;
    let (ada, grace, _, second) = moved(&world, &replica).await;
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable).times(1));
    assert_eq!(replica.apply(&second).await.unwrap(), Applied::Stale);
    assert_eq!(replica.list(&username("ada_lovelace").into()).await.unwrap()[0].id, ada.id);
    assert_eq!(replica.refresh_stale().await.unwrap(), 1);
    world.assert_replicated(&replica).await;
    assert_eq!(replica.list(&username("ada_lovelace").into()).await.unwrap()[0].id, grace.id);
}

#[tokio::test]
async fn get_of_a_user_without_a_copy_fails_while_the_primary_is_down() {
    let world = World::new();
    let ada = world.create("ada_lovelace").await;
    let replica = world.ready().await;
    rename(&world, &ada, "countess").await;
    let grace = world.create("ada_lovelace").await;
    let created = world.event(&grace.id).await;
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable));
    assert_eq!(replica.apply(&created).await.unwrap(), Applied::Stale);
    for _ in 0..2 {
        assert!(replica.get(&grace.id).await.unwrap_err().is_unavailable());
    }
    world.primary.clear_faults();
    assert_eq!(replica.get(&grace.id).await.unwrap(), grace);
}

#[tokio::test]
async fn reconcile_resolves_exchanged_identifiers() {
    let world = World::new();
    let (ada, grace) = (world.create("ada_lovelace").await, world.create("grace_hopper").await);
    let replica = world.ready().await;
    rename(&world, &ada, "temporary").await;
    rename(&world, &grace, "ada_lovelace").await;
    rename(&world, &ada, "grace_hopper").await;
    let report = replica.reconcile().await.unwrap();
    assert_eq!((report.examined, report.inserted, report.deleted, report.stale), (2, 0, 0, 0));
    world.assert_replicated(&replica).await;
}
