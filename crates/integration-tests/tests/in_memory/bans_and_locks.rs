//! Bans, bulk bans and locks.

use user_directory::{NewUser, Operation, User, UserDirectory, UserFilter, UserId, UserIdBatch};

use crate::support::{World, assert_not_found, at, seconds, unknown_user_id, user_id};

#[tokio::test]
async fn ban_lasts_until_unban() {
    let world = World::new();
    let id = world.user("ada").await.id;
    world.tick();
    let user = world.directory.ban(&id).await.unwrap();
    assert!(user.banned);
    assert_eq!(user.updated_at, Some(at("2026-05-12T09:00:01Z")));
    assert!(world.directory.ban(&id).await.unwrap().banned);
    world.clock.advance(seconds(100 * 365 * 24 * 3600));
    assert!(world.get(&id).await.banned);
    let user = world.directory.unban(&id).await.unwrap();
    assert!(!user.banned);
    assert_eq!(world.get(&id).await, user);
    assert!(!world.directory.unban(&id).await.unwrap().banned);
    assert_not_found(world.directory.ban(&unknown_user_id()).await, Operation::Ban);
    assert_not_found(world.directory.unban(&unknown_user_id()).await, Operation::Unban);
}

#[tokio::test]
async fn lock_expires_after_the_lockout_duration() {
    let world = World::with(|settings| settings.lockout_duration(seconds(60)));
    let id = world.user("ada").await.id;
    let user = world.directory.lock(&id).await.unwrap();
    assert_eq!((user.locked, user.lockout_expires_in_seconds), (true, Some(60)));
    for (elapsed, locked, left) in [
        ("09:00:00.001", true, Some(60)),
        ("09:00:01", true, Some(59)),
        ("09:00:59", true, Some(1)),
        ("09:00:59.999", true, Some(1)),
        ("09:01:00", false, None),
        ("09:01:01", false, None),
    ] {
        world.clock.set(at(&format!("2026-05-12T{elapsed}Z")));
        let user = world.get(&id).await;
        assert_eq!((user.locked, user.lockout_expires_in_seconds), (locked, left), "{elapsed}");
        assert_eq!(world.all_users().await[0], user);
    }
}

#[tokio::test]
async fn lock_restarts_the_lockout_duration() {
    let world = World::new();
    let id = world.user("ada").await.id;
    world.directory.lock(&id).await.unwrap();
    world.clock.advance(seconds(1800));
    assert_eq!(world.get(&id).await.lockout_expires_in_seconds, Some(1800));
    assert_eq!(world.directory.lock(&id).await.unwrap().lockout_expires_in_seconds, Some(3600));
}

#[tokio::test]
async fn lock_without_duration_lasts_until_unlock() {
    let world = World::with(|settings| settings.lockout_duration(None));
    let id = world.user("ada").await.id;
    assert!(!world.directory.unlock(&id).await.unwrap().locked);
    world.directory.lock(&id).await.unwrap();
    world.clock.advance(seconds(1000 * 365 * 24 * 3600));
    let user = world.get(&id).await;
    assert_eq!((user.locked, user.lockout_expires_in_seconds), (true, None));
    let user = world.directory.unlock(&id).await.unwrap();
    assert_eq!((user.locked, user.lockout_expires_in_seconds), (false, None));
    assert_eq!(world.get(&id).await, user);
    assert_not_found(world.directory.lock(&unknown_user_id()).await, Operation::Lock);
    assert_not_found(world.directory.unlock(&unknown_user_id()).await, Operation::Unlock);
}

#[tokio::test]
async fn create_and_load_start_a_lock_that_expires() {
    let world = World::new();
    let created = world.create(NewUser::new().username("ada_lovelace").locked(true)).await.id;
    let mut loaded = User::new(user_id("user_loaded"));
    (loaded.locked, loaded.lockout_expires_in_seconds) = (true, Some(10));
    let mut forever = User::new(user_id("user_forever"));
    forever.locked = true;
    world.directory.load([loaded, forever]).await.unwrap();
    assert_eq!(world.get(&user_id("user_loaded")).await.lockout_expires_in_seconds, Some(10));
    world.clock.advance(seconds(10));
    assert!(!world.get(&user_id("user_loaded")).await.locked);
    assert!(world.get(&created).await.locked);
    world.clock.advance(seconds(3590));
    assert!(!world.get(&created).await.locked);
    assert!(world.get(&user_id("user_forever")).await.locked);
}

#[tokio::test]
async fn bulk_ban_returns_users_in_request_order() {
    let world = World::new();
    let ids: Vec<UserId> =
        [world.user("ada").await.id, world.user("grace").await.id, world.user("linus").await.id].into();
    world.tick();
    let order = UserIdBatch::new([ids[2].clone(), ids[0].clone()]).unwrap();
    let banned = world.directory.bulk_ban(&order).await.unwrap();
    assert_eq!(banned.iter().map(|user| &user.id).collect::<Vec<_>>(), order.iter().collect::<Vec<_>>());
    assert!(banned.iter().all(|user| user.banned && user.updated_at == Some(at("2026-05-12T09:00:01Z"))));
    assert_eq!(world.get(&ids[2]).await, banned[0]);
    assert_eq!(world.directory.count(&UserFilter::new().banned(true)).await.unwrap(), 2);
    let users = world.directory.bulk_unban(&ids.try_into().unwrap()).await.unwrap();
    assert_eq!(users.len(), 3);
    assert_eq!(world.directory.count(&UserFilter::new().banned(true)).await.unwrap(), 0);
}

#[tokio::test]
async fn bulk_ban_returns_a_duplicate_id_twice() {
    let world = World::new();
    let ada = world.user("ada").await.id;
    let banned = world.directory.bulk_ban(&UserIdBatch::new([ada.clone(), ada.clone()]).unwrap()).await.unwrap();
    assert_eq!(banned.iter().map(|user| (&user.id, user.banned)).collect::<Vec<_>>(), [(&ada, true), (&ada, true)]);
}
