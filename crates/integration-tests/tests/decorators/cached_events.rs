//! [`CachedUserDirectory::apply`].

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio_test::{assert_ready, task};
use user_directory::decorators::{CachePolicy, CachedUserDirectory, RecordingUserDirectory};
use user_directory::model::{EmailAddressReplacement, ScimProvisioning};
use user_directory::time::{Clock, ManualClock};
use user_directory::webhooks::{EventKind, OtherEvent, UserEvent};
use user_directory::{
    InMemoryUserDirectory, NewUser, Operation, User, UserDirectory, UserDirectoryExt, UserId, UserUpdate,
};

use crate::support::id;

/// A directory whose changes bypass the cache around it.
struct World {
    directory: InMemoryUserDirectory,
    recorded: RecordingUserDirectory<InMemoryUserDirectory>,
    users: CachedUserDirectory<RecordingUserDirectory<InMemoryUserDirectory>>,
    clock: ManualClock,
}

const TIME_TO_LIVE: Duration = Duration::from_hours(1);

impl World {
    fn new() -> Self {
        let clock = ManualClock::new("2026-05-12T08:00:00Z".parse().unwrap());
        let directory = InMemoryUserDirectory::builder().clock(clock.clone()).settings(settings()).build();
        let recorded = RecordingUserDirectory::new(directory.clone());
        let policy = CachePolicy::default().time_to_live(TIME_TO_LIVE);
        let users = CachedUserDirectory::new(recorded.clone(), policy).clock(clock.clone());
        Self { directory, recorded, users, clock }
    }

    /// Creates a user in the directory.
    async fn create(&self, email_address: &str) -> User {
        self.directory.create(&NewUser::new().email_address(email_address)).await.unwrap()
    }

    /// Renames a user in the directory, a second later.
    async fn rename(&self, user_id: &UserId, name: &str) -> User {
        self.clock.advance(Duration::from_secs(1));
        self.directory.update(user_id, &UserUpdate::new().first_name(name)).await.unwrap()
    }

    async fn find(&self, email_address: &str) -> Option<UserId> {
        self.users.find_by_email_address(email_address).await.unwrap().map(|user| user.id)
    }

    async fn first_name(&self, user_id: &UserId) -> Option<String> {
        self.users.get(user_id).await.unwrap().first_name.map(|name| name.to_string())
    }

    fn created(&self, user: &User) {
        self.users.apply(&UserEvent::created("msg_1".parse().unwrap(), user.clone()));
    }

    fn updated(&self, user: &User) {
        self.users.apply(&UserEvent::updated("msg_1".parse().unwrap(), user.clone()));
    }

    fn deleted(&self, user_id: &UserId) {
        self.users.apply(&UserEvent::deleted("msg_1".parse().unwrap(), user_id.clone()));
    }

    fn reads(&self) -> usize {
        self.recorded.times_called(Operation::Get) + self.recorded.times_called(Operation::List)
    }
}

fn settings() -> user_directory::store_directory::InstanceSettings {
    user_directory::store_directory::InstanceSettings::permissive()
}

#[tokio::test]
async fn apply_caches_the_user_of_a_created_event_for_get() {
    let world = World::new();
    let ada = world.create("ada@example.com").await;
    world.created(&ada);
    assert_eq!(world.users.get(&ada.id).await.unwrap(), ada);
    assert_eq!(world.reads(), 0);
}

#[tokio::test]
async fn apply_replaces_an_older_cached_user_for_get() {
    let world = World::new();
    let ada = world.create("ada@example.com").await;
    assert_eq!(world.first_name(&ada.id).await, None);
    let renamed = world.rename(&ada.id, "Ada").await;
    assert_eq!(world.first_name(&ada.id).await, None, "the change is not visible yet");
    world.updated(&renamed);
    assert_eq!(world.first_name(&ada.id).await.as_deref(), Some("Ada"));
    assert_eq!(world.reads(), 1);
}

#[tokio::test]
async fn apply_of_created_event_finds_an_address_that_moved_from_another_user() {
    let world = World::new();
    let old = world.create("ada@example.com").await;
    assert_eq!(world.find("ada@example.com").await, Some(old.id.clone()));
    world.directory.delete(&old.id).await.unwrap();
    let new = world.create("ada@example.com").await;
    // The deletion of the previous owner is late.
    world.created(&new);
    assert_eq!(world.find("ada@example.com").await, Some(new.id));
    world.deleted(&old.id);
    assert!(world.users.get(&old.id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn apply_evicts_lookups_by_each_identifier_of_the_user() {
    let world = World::new();
    let mut moved = User::new(id("user_new"));
    let old = r#"{"id":"user_old","object":"user","username":"ada_lovelace","external_id":"Ex-7",
        "email_addresses":[{"id":"idn_1","object":"email_address","email_address":"ada@example.com"},
            {"id":"idn_3","object":"email_address","email_address":"straße@x.test"}],
        "phone_numbers":[{"id":"idn_2","object":"phone_number","phone_number":"+15550100123"}]}"#;
    world.directory.load_json(old).await.unwrap();
    let old = world.directory.get(&id("user_old")).await.unwrap();
    let users = &world.users;
    let lookups = async || {
        [
            // Spelled differently than in the event.
            users.find_by_email_address("ADA@example.com").await.unwrap().is_some(),
            users.find_by_email_address("STRASSE@x.test").await.unwrap().is_some(),
            users.find_by_phone_number("+15550100123").await.unwrap().is_some(),
            users.find_by_username("Ada_Lovelace").await.unwrap().is_some(),
            users.find_by_external_id("Ex-7").await.unwrap().is_some(),
        ]
    };
    assert_eq!(lookups().await, [true; 5]);
    world.directory.delete(&old.id).await.unwrap();
    assert_eq!(lookups().await, [true; 5], "the lookups are cached");
    (moved.username, moved.external_id) = (old.username, old.external_id);
    (moved.email_addresses, moved.phone_numbers) = (old.email_addresses, old.phone_numbers);
    world.created(&moved);
    assert_eq!(lookups().await, [false; 5]);
}

#[tokio::test]
async fn apply_evicts_lookups_by_identifiers_of_the_cached_user() {
    let world = World::new();
    let old = world.create("ada@example.com").await;
    assert_eq!(world.find("ada@example.com").await, Some(old.id.clone()));
    // The address moves to another user, who is cached with it, and from there to nobody.
    world.directory.delete(&old.id).await.unwrap();
    let new = world.create("ada@example.com").await;
    world.users.get(&new.id).await.unwrap();
    assert_eq!(world.find("ada@example.com").await, Some(old.id), "the lookup is still cached");
    world.directory.delete(&new.id).await.unwrap();
    world.deleted(&new.id);
    assert_eq!(world.find("ada@example.com").await, None);
}

#[tokio::test]
async fn apply_of_known_change_evicts_older_lookups_for_list() {
    for renamed in [false, true] {
        let world = World::new();
        let ada = world.create("old@example.com").await;
        assert_eq!(world.find("old@example.com").await.as_ref(), Some(&ada.id));
        world.clock.advance(Duration::from_secs(1));
        let new_address = EmailAddressReplacement::new("new@example.com");
        world.directory.replace_email_address(&ada.id, &new_address).await.unwrap();
        let moved = world.directory.get(&ada.id).await.unwrap();
        if renamed {
            world.rename(&ada.id, "Ada").await;
        }
        // This lookup caches a user that is equal to the user in the event, or newer.
        assert_eq!(world.find("new@example.com").await.as_ref(), Some(&ada.id));
        assert_eq!(world.find("old@example.com").await.as_ref(), Some(&ada.id), "the lookup is still cached");
        world.updated(&moved);
        assert_eq!(world.find("old@example.com").await, None);
        let reads = world.reads();
        assert_eq!(world.first_name(&ada.id).await.as_deref(), renamed.then_some("Ada"));
        assert_eq!(world.reads(), reads, "the user remains cached");
    }
}

#[tokio::test]
async fn apply_keeps_other_users_and_lookups() {
    let world = World::new();
    let (ada, grace) = (world.create("ada@example.com").await, world.create("grace@example.com").await);
    world.find("grace@example.com").await;
    world.users.get(&grace.id).await.unwrap();
    let reads = world.reads();
    world.created(&ada);
    world.deleted(&ada.id);
    let session = OtherEvent::new("session.created", &serde_json::json!({ "user_id": grace.id })).unwrap();
    world.users.apply(&UserEvent::new("msg_1".parse().unwrap(), EventKind::Other(session)));
    world.find("grace@example.com").await;
    world.users.get(&grace.id).await.unwrap();
    assert_eq!(world.reads(), reads);
}

#[tokio::test]
async fn apply_of_older_or_repeated_event_keeps_the_cached_user() {
    let world = World::new();
    let created = world.create("ada@example.com").await;
    let first = world.rename(&created.id, "Ada").await;
    let second = world.rename(&created.id, "Augusta").await;
    // Read from the directory, and then inserted by an event.
    for () in [world.users.get(&created.id).await.map(drop).unwrap(), world.updated(&second)] {
        let reads = world.reads();
        for _ in 0..2 {
            world.updated(&first);
            world.created(&created);
            world.updated(&second);
            assert_eq!(world.first_name(&created.id).await.as_deref(), Some("Augusta"));
        }
        assert_eq!(world.reads(), reads);
    }
}

#[tokio::test]
async fn apply_of_different_user_with_equal_or_no_time_reads_again() {
    let world = World::new();
    let ada = world.create("ada@example.com").await;
    world.users.get(&ada.id).await.unwrap();
    for updated_at in [ada.updated_at, None] {
        let mut different = ada.clone();
        different.first_name = Some("Different".into());
        different.updated_at = updated_at;
        let reads = world.reads();
        world.updated(&different);
        assert_eq!(world.first_name(&ada.id).await, None);
        assert_eq!(world.reads(), reads + 1, "{updated_at:?}");
    }
}

#[tokio::test]
async fn apply_of_deleted_event_evicts_the_user_for_good() {
    let world = World::new();
    let ada = world.create("ada@example.com").await;
    world.users.get(&ada.id).await.unwrap();
    assert!(world.find("ada@example.com").await.is_some());
    world.directory.delete(&ada.id).await.unwrap();
    world.deleted(&ada.id);
    assert!(world.users.get(&ada.id).await.unwrap_err().is_not_found());
    assert_eq!(world.find("ada@example.com").await, None);
    // A late event does not bring the user back.
    world.updated(&ada);
    assert!(world.users.get(&ada.id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn apply_of_event_older_than_an_earlier_event_is_not_cached_for_get() {
    for with_time in [false, true] {
        let world = World::new();
        let created = world.create("ada@example.com").await;
        let renamed = world.rename(&created.id, "Ada").await;
        world.users.get(&created.id).await.unwrap();
        // The order of this event and the cached user is unknown, so the cached user is evicted.
        let mut different = renamed.clone();
        different.first_name = Some("Different".into());
        different.updated_at = renamed.updated_at.filter(|_| with_time);
        world.updated(&different);
        world.created(&created);
        assert_eq!(world.first_name(&created.id).await.as_deref(), Some("Ada"), "{with_time}");
    }
}

#[tokio::test]
async fn apply_of_event_after_an_invalidation_is_not_cached_for_get() {
    for invalidation in 0..3 {
        let world = World::new();
        let created = world.create("ada@example.com").await;
        let renamed = world.rename(&created.id, "Ada").await;
        match invalidation {
            0 => world.users.invalidate(&created.id),
            1 => world.users.invalidate_user(&renamed),
            _ => world.users.invalidate_all(),
        }
        // The event about the creation is late.
        world.created(&created);
        assert_eq!(world.first_name(&created.id).await.as_deref(), Some("Ada"), "{invalidation}");
    }
}

/// A clock that reads a user through the cache before it returns the time.
#[derive(Debug, Clone, Default)]
struct ReadingClock(Arc<OnceLock<(CachedUserDirectory<InMemoryUserDirectory>, UserId)>>);

impl Clock for ReadingClock {
    fn now(&self) -> Timestamp {
        if let Some((users, id)) = self.0.get() {
            assert_ready!(task::spawn(users.get(id)).poll()).unwrap();
        }
        "2026-05-12T08:00:01Z".parse().unwrap()
    }
}

#[tokio::test]
async fn apply_does_not_replace_a_newer_user_that_a_concurrent_get_caches() {
    let world = World::new();
    let created = world.create("ada@example.com").await;
    world.rename(&created.id, "Ada").await;
    let clock = ReadingClock::default();
    let users = CachedUserDirectory::new(world.directory, CachePolicy::default()).clock(clock.clone());
    clock.0.set((users.clone(), created.id.clone())).unwrap();
    // `apply` finds no cached user. It then asks for the time, and the clock's read caches the newer user.
    users.apply(&UserEvent::created("msg_1".parse().unwrap(), created.clone()));
    assert_eq!(users.stats().misses, 1, "the clock has read the user");
    assert_eq!(users.get(&created.id).await.unwrap().first_name.as_deref(), Some("Ada"));
}

#[tokio::test]
async fn apply_does_not_hide_an_own_update() {
    let world = World::new();
    let ada = world.create("ada@example.com").await;
    world.clock.advance(Duration::from_secs(1));
    world.users.update(&ada.id, &UserUpdate::new().first_name("Ada")).await.unwrap();
    // The event about the creation is late.
    world.created(&ada);
    assert_eq!(world.first_name(&ada.id).await.as_deref(), Some("Ada"));
}

#[tokio::test]
async fn apply_of_old_event_does_not_extend_the_staleness_of_get() {
    let world = World::new();
    let ada = world.create("ada@example.com").await;
    world.clock.advance(TIME_TO_LIVE);
    world.created(&ada);
    world.users.get(&ada.id).await.unwrap();
    assert_eq!(world.reads(), 1, "the event is as old as the time to live");

    let mut event = UserEvent::created("msg_2".parse().unwrap(), world.create("grace@example.com").await);
    let user_id = event.user_id().unwrap().clone();
    event.timestamp = Some(Timestamp::UNIX_EPOCH);
    world.users.apply(&event);
    world.users.get(&user_id).await.unwrap();
    assert_eq!(world.reads(), 2, "the time of the event takes precedence over that of the user");
}

#[tokio::test]
async fn apply_removes_scim_from_the_user_for_get() {
    let world = World::new();
    let ada = world.create("ada@example.com").await;
    let mut with_scim = ada.clone();
    with_scim.scim = Some(ScimProvisioning::new("dir_1"));
    world.created(&with_scim);
    assert_eq!(world.users.get(&ada.id).await.unwrap(), ada);
    assert_eq!(world.reads(), 0);
}
