//! A primary in memory, its events, and replicas of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use user_directory::decorators::{FaultyUserDirectory, ReplicatedUserDirectory, ReplicatedUserDirectoryBuilder};
use user_directory::in_memory::InMemoryStore;
use user_directory::jiff::Timestamp;
use user_directory::store::RecordStore;
use user_directory::store_directory::{InstanceSettings, SequentialIds};
use user_directory::time::{FakeTimer, ManualClock};
use user_directory::webhooks::UserEvent;
use user_directory::{InMemoryUserDirectory, NewUser, User, UserDirectory, UserFilter, UserId, UserQuery};

pub type Primary = FaultyUserDirectory<InMemoryUserDirectory>;
pub type Replica<S = InMemoryStore> = ReplicatedUserDirectory<Primary, S>;

/// A primary with a manual clock, and the number of events that it has sent.
#[derive(Debug, Clone)]
pub struct World {
    pub clock: ManualClock,
    pub directory: InMemoryUserDirectory,
    /// Fails on demand. The replica calls it.
    pub primary: Primary,
    events: Arc<AtomicUsize>,
}

impl World {
    pub fn new() -> Self {
        let clock = ManualClock::new("2026-05-12T08:00:00Z".parse().unwrap());
        let directory = InMemoryUserDirectory::builder()
            .settings(InstanceSettings::permissive())
            .clock(clock.clone())
            .ids(SequentialIds::default())
            .build();
        let primary = FaultyUserDirectory::new(directory.clone());
        Self { clock, directory, primary, events: Arc::default() }
    }

    /// Returns an empty replica in memory.
    pub fn replica(&self) -> Replica {
        self.replica_in(InMemoryStore::new())
    }

    /// Returns a replica in a store, as after a restart.
    pub fn replica_in<S: RecordStore>(&self, store: S) -> Replica<S> {
        self.builder(self.primary.clone(), store).build()
    }

    /// Returns the builder of a replica with another primary, whose pages have 7 users.
    pub fn builder<P: UserDirectory, S: RecordStore>(
        &self,
        primary: P,
        store: S,
    ) -> ReplicatedUserDirectoryBuilder<P, S> {
        let builder = ReplicatedUserDirectory::builder(primary, store).clock(self.clock.clone());
        builder.timer(FakeTimer::new()).page_size(7)
    }

    /// Returns a replica in memory whose backfill is complete.
    pub async fn ready(&self) -> Replica {
        self.ready_in(InMemoryStore::new()).await
    }

    /// Returns a replica in a store, with a complete backfill.
    pub async fn ready_in<S: RecordStore>(&self, store: S) -> Replica<S> {
        let replica = self.replica_in(store);
        replica.backfill().await.unwrap();
        replica
    }

    /// Advances the time by one second.
    pub fn tick(&self) {
        self.clock.advance(Duration::from_secs(1));
    }

    /// Creates a user in the primary.
    pub async fn create(&self, username: &str) -> User {
        self.tick();
        self.directory.create(&NewUser::new().username(username).skip_password_requirement(true)).await.unwrap()
    }

    /// Returns an event about the current state of a user.
    pub async fn event(&self, id: &UserId) -> UserEvent {
        let event_id = format!("msg_{}", self.events.fetch_add(1, SeqCst)).parse().unwrap();
        let mut event = match self.directory.get(id).await {
            Ok(user) => UserEvent::updated(event_id, user),
            Err(error) if error.is_not_found() => UserEvent::deleted(event_id, id.clone()),
            Err(error) => panic!("{error}"),
        };
        event.timestamp = Some(self.now());
        event
    }

    pub fn now(&self) -> Timestamp {
        user_directory::time::Clock::now(&self.clock)
    }

    /// Returns all users of the primary, oldest first.
    pub async fn users(&self) -> Vec<User> {
        all_users(&self.directory).await
    }

    /// Asserts that a replica returns the same users as the primary, one by one and as a list.
    pub async fn assert_replicated<S: RecordStore>(&self, replica: &Replica<S>) {
        assert!(replica.is_ready().await.unwrap());
        let expected = self.users().await;
        // Users with the same creation time can be listed in another order.
        let by_id =
            |users: Vec<User>| -> BTreeMap<_, _> { users.into_iter().map(|user| (user.id.clone(), user)).collect() };
        assert_eq!(by_id(all_users(replica).await), by_id(expected.clone()));
        for user in &expected {
            assert_eq!(replica.get(&user.id).await.unwrap(), *user);
        }
        assert_eq!(replica.count(&UserFilter::new()).await.unwrap(), expected.len() as u64);
    }
}

async fn all_users(directory: &dyn UserDirectory) -> Vec<User> {
    use user_directory::{OrderBy, OrderField};
    let mut query = UserQuery::new().order_by(OrderBy::ascending(OrderField::CreatedAt)).limit(500);
    let mut all: Vec<User> = Vec::new();
    loop {
        let page = directory.list(&query).await.unwrap();
        let is_last = page.len() < 500;
        all.extend(page);
        if is_last {
            return all;
        }
        query = query.starting_after(all.last().unwrap().id.clone());
    }
}

/// Returns the stored marks of stale users.
pub async fn stored_marks(store: &impl RecordStore) -> Vec<(String, String)> {
    let marks = store.records_after("replica_stale", 0, 1000).await.unwrap();
    marks.into_iter().map(|stored| (stored.record.key, stored.record.value)).collect()
}

pub fn username(username: &str) -> UserFilter {
    UserFilter::new().username(username)
}
