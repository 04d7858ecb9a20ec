//! [`CachedUserDirectory`].

use std::time::Duration;

use tokio_test::task::{self, Spawn};
use tokio_test::{assert_pending, assert_ready};
use user_directory::decorators::{
    CachePolicy, CachedUserDirectory, Fault, FaultyUserDirectory, RecordingUserDirectory,
};
use user_directory::interceptor::Intercepted;
use user_directory::model::{EmailAddressReplacement, IdentifierStatus};
use user_directory::{
    Error, ErrorKind, InMemoryUserDirectory, MetadataUpdate, NewUser, Operation, User, UserDirectory, UserFilter,
    UserId, UserIdBatch, UserQuery, UserUpdate,
};

use crate::support::{Hold, id};

type Recorded = RecordingUserDirectory<InMemoryUserDirectory>;

/// A directory, wrapped in a recorder and in a cache.
struct World<D = Recorded> {
    directory: InMemoryUserDirectory,
    recorded: Recorded,
    users: CachedUserDirectory<D>,
}

impl World {
    async fn new() -> Self {
        Self::with(CachePolicy::default().time_to_live(Duration::from_hours(24))).await
    }

    async fn with(policy: CachePolicy) -> Self {
        let recorded = recorded().await;
        let users = CachedUserDirectory::new(recorded.clone(), policy);
        Self { directory: recorded.inner().clone(), recorded, users }
    }
}

impl World<Intercepted<Recorded, Hold>> {
    /// Delays the results of one operation until they are released.
    async fn holding(operation: Operation) -> Self {
        let recorded = recorded().await;
        let users = CachedUserDirectory::new(Hold::around(recorded.clone(), operation), CachePolicy::default());
        Self { directory: recorded.inner().clone(), recorded, users }
    }

    fn release(&self, results: usize) {
        self.users.inner().interceptor().release(results);
    }
}

impl<D: UserDirectory> World<D> {
    /// Returns the number of calls of this operation that missed the cache.
    fn calls(&self, operation: Operation) -> usize {
        self.recorded.times_called(operation)
    }

    async fn first_name(&self, user_id: &UserId) -> Option<String> {
        self.users.get(user_id).await.unwrap().first_name.map(|name| name.to_string())
    }
}

async fn recorded() -> Recorded {
    let directory = InMemoryUserDirectory::permissive();
    directory.load_json(USERS).await.unwrap();
    RecordingUserDirectory::new(directory)
}

/// With fixed ids, which are known to be in different groups of the cache.
const USERS: &str = r#"[
    {"id": "user_ada", "object": "user", "username": "ada_lovelace", "external_id": "7"},
    {"id": "user_grace", "object": "user", "username": "grace_hopper"}
]"#;

fn ada() -> UserId {
    id("user_ada")
}

fn grace() -> UserId {
    id("user_grace")
}

fn by_username(username: &str) -> UserQuery {
    UserFilter::new().username(username).into()
}

fn named(name: &str) -> UserUpdate {
    UserUpdate::new().first_name(name)
}

#[tokio::test]
async fn get_and_lookups_are_served_from_the_cache() {
    let world = World::new().await;
    for _ in 0..3 {
        assert_eq!(world.users.get(&ada()).await.unwrap().id, ada());
        assert_eq!(world.users.list(&by_username("grace_hopper")).await.unwrap()[0].id, grace());
        let by_external_id = UserQuery::from(UserFilter::new().external_id("7")).limit(2);
        assert_eq!(world.users.clone().list(&by_external_id).await.unwrap()[0].id, ada());
    }
    assert_eq!((world.calls(Operation::Get), world.calls(Operation::List)), (1, 2));
    let stats = world.users.stats();
    assert_eq!((stats.hits, stats.misses), (6, 3));
}

#[tokio::test]
async fn lookup_caches_its_users_for_get() {
    let world = World::new().await;
    let found = world.users.list(&by_username("ada_lovelace")).await.unwrap();
    assert_eq!(world.users.get(&ada()).await.unwrap(), found[0]);
    assert_eq!(world.calls(Operation::Get), 0);
}

#[tokio::test]
async fn other_lists_and_counts_are_forwarded() {
    let world = World::new().await;
    for _ in 0..2 {
        assert_eq!(world.users.list(&UserQuery::new()).await.unwrap().len(), 2);
        assert_eq!(world.users.count(&UserFilter::new()).await.unwrap(), 2);
    }
    assert_eq!((world.calls(Operation::List), world.calls(Operation::Count)), (2, 2));
    assert_eq!(world.users.stats().misses, 0);
}

#[tokio::test]
async fn errors_and_empty_lookups_are_not_cached() {
    let world = World::new().await;
    let new = id("user_new");
    for _ in 0..2 {
        let error = world.users.get(&new).await.unwrap_err();
        assert!(error.is_not_found());
        assert_eq!(error.operation(), Some(Operation::Get));
        assert_eq!(world.users.list(&by_username("new_user")).await.unwrap(), []);
        assert!(world.users.list(&by_username("new_user").limit(0)).await.unwrap_err().is_invalid_input());
    }
    let json = r#"{"id": "user_new", "object": "user", "username": "new_user"}"#;
    world.directory.load_json(json).await.unwrap();
    assert!(world.users.get(&new).await.is_ok());
    assert_eq!(world.users.list(&by_username("new_user")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn write_invalidates_its_users_only() {
    let world = World::new().await;
    let both = UserIdBatch::new([ada(), grace()]).unwrap();
    let read = async || {
        let found = world.users.list(&by_username("ada_lovelace")).await.unwrap();
        assert_eq!(world.users.get(&ada()).await.unwrap(), found[0]);
        world.users.get(&grace()).await.unwrap();
        found[0].clone()
    };
    read().await;
    let calls = world.calls(Operation::Get);
    world.users.ban(&ada()).await.unwrap();
    assert!(read().await.banned);
    assert_eq!(world.calls(Operation::Get), calls, "the lookup cached the new user, and the other one stayed cached");
    world.users.update(&ada(), &named("Ada")).await.unwrap();
    assert_eq!(read().await.first_name.as_deref(), Some("Ada"));
    let metadata = MetadataUpdate::new().public(r#"{"plan":"pro"}"#.parse().unwrap());
    world.users.update_metadata(&ada(), &metadata).await.unwrap();
    assert!(!read().await.public_metadata.is_empty());
    world.users.bulk_unban(&both).await.unwrap();
    assert!(!read().await.banned);
    world.users.delete(&ada()).await.unwrap();
    assert!(world.users.get(&ada()).await.unwrap_err().is_not_found());
    assert_eq!(world.users.list(&by_username("ada_lovelace")).await.unwrap(), []);
}

#[tokio::test]
async fn write_of_identifier_invalidates_lookups() {
    let world = World::new().await;
    assert_eq!(world.users.list(&by_username("ada_lovelace")).await.unwrap()[0].id, ada());
    world.users.update(&ada(), &UserUpdate::new().username("countess")).await.unwrap();
    world.users.update(&grace(), &UserUpdate::new().username("ada_lovelace")).await.unwrap();
    assert_eq!(world.users.list(&by_username("ada_lovelace")).await.unwrap()[0].id, grace());

    let address = UserQuery::from(UserFilter::new().email_address("both@example.com"));
    let number = async || world.users.list(&address).await.unwrap().len();
    assert_eq!(number().await, 0);
    // Several users can have the same unverified address.
    let unverified =
        EmailAddressReplacement::new("both@example.com").identification_status(IdentifierStatus::Unverified);
    world.users.replace_email_address(&ada(), &unverified).await.unwrap();
    assert_eq!(number().await, 1);
    world.users.replace_email_address(&grace(), &unverified).await.unwrap();
    assert_eq!(number().await, 2);
}

#[tokio::test]
async fn failed_write_invalidates_its_user() {
    let directory = InMemoryUserDirectory::permissive();
    directory.load_json(USERS).await.unwrap();
    let faulty = FaultyUserDirectory::new(directory);
    let users = CachedUserDirectory::new(faulty.clone(), CachePolicy::default());
    assert!(!users.get(&ada()).await.unwrap().banned);
    faulty.add_fault(Fault::error(Error::new(ErrorKind::Timeout)).operation(Operation::Ban).after_work());
    assert!(users.ban(&ada()).await.unwrap_err().is_outcome_unknown());
    assert!(users.get(&ada()).await.unwrap().banned);
}

#[tokio::test]
async fn dropped_write_invalidates_its_user() {
    let world = World::holding(Operation::Ban).await;
    assert!(!world.users.get(&ada()).await.unwrap().banned);
    let user_id = ada();
    let mut ban = task::spawn(world.users.ban(&user_id));
    assert_pending!(ban.poll());
    drop(ban);
    assert!(world.users.get(&ada()).await.unwrap().banned);
}

#[tokio::test]
async fn get_that_began_before_a_write_is_not_cached() {
    let world = World::holding(Operation::Get).await;
    let user_id = ada();
    let mut before = task::spawn(world.users.get(&user_id));
    assert_pending!(before.poll()); // it has read the old user, and its result is held back
    world.users.update(&ada(), &named("Ada")).await.unwrap();

    // A read after the write does not share the result of the read before it.
    let mut after = task::spawn(world.users.get(&user_id));
    assert_pending!(after.poll());
    assert_eq!(world.calls(Operation::Get), 2);

    world.release(2);
    assert_eq!(assert_ready!(after.poll()).unwrap().first_name.as_deref(), Some("Ada"));
    assert_eq!(assert_ready!(before.poll()).unwrap().first_name, None);
    assert_eq!(world.first_name(&ada()).await.as_deref(), Some("Ada"));
    assert_eq!(world.calls(Operation::Get), 2);
}

#[tokio::test]
async fn lookup_that_began_before_a_write_is_not_cached() {
    for operation in [Operation::Ban, Operation::Update] {
        let world = World::holding(Operation::List).await;
        let query = by_username("ada_lovelace");
        let mut before = task::spawn(world.users.list(&query));
        assert_pending!(before.poll());
        match operation {
            Operation::Ban => world.users.ban(&ada()).await.unwrap(),
            _ => world.users.update(&ada(), &named("Ada")).await.unwrap(),
        };
        world.release(2);
        let old = assert_ready!(before.poll()).unwrap();
        let new = world.directory.get(&ada()).await.unwrap();
        assert_ne!(old[0], new);
        assert_eq!(world.users.get(&ada()).await.unwrap(), new);
        assert_eq!(world.users.list(&query).await.unwrap(), std::slice::from_ref(&new));
    }
}

#[tokio::test]
async fn get_that_began_before_invalidate_is_not_cached() {
    let world = World::holding(Operation::Get).await;
    let user_id = ada();
    let mut before = task::spawn(world.users.get(&user_id));
    assert_pending!(before.poll());
    world.directory.update(&ada(), &named("Ada")).await.unwrap();
    world.users.invalidate(&ada());
    world.release(2);
    assert!(assert_ready!(before.poll()).is_ok());
    assert_eq!(world.first_name(&ada()).await.as_deref(), Some("Ada"));
}

type Reading<'a> = Spawn<std::pin::Pin<Box<dyn Future<Output = user_directory::Result<User>> + Send + 'a>>>;

#[tokio::test]
async fn concurrent_gets_share_one_call() {
    let world = World::holding(Operation::Get).await;
    for (user_id, found, calls) in [(ada(), true, 1), (id("user_unknown"), false, 2)] {
        let mut readings: Vec<Reading> = (0..8).map(|_| task::spawn(world.users.get(&user_id))).collect();
        for reading in &mut readings {
            assert_pending!(reading.poll());
        }
        assert_eq!(world.calls(Operation::Get), calls);
        world.release(1);
        for reading in &mut readings {
            assert!(reading.is_woken());
            assert_eq!(assert_ready!(reading.poll()).is_ok(), found);
        }
    }
    let stats = world.users.stats();
    assert_eq!((stats.hits, stats.misses), (14, 2));
}

#[tokio::test]
async fn dropped_get_hands_over_to_a_concurrent_get() {
    let world = World::holding(Operation::Get).await;
    let user_id = ada();
    let mut first = task::spawn(world.users.get(&user_id));
    let mut second = task::spawn(world.users.get(&user_id));
    assert_pending!(first.poll());
    assert_pending!(second.poll());
    drop(first);
    assert!(second.is_woken());
    assert_pending!(second.poll());
    assert_eq!(world.calls(Operation::Get), 2);
    world.release(1);
    assert!(assert_ready!(second.poll()).is_ok());
}

#[tokio::test]
async fn invalidate_and_invalidate_all_remove_entries() {
    let world = World::new().await;
    let query = by_username("ada_lovelace");
    let calls = || (world.calls(Operation::Get), world.calls(Operation::List));
    let read = async || {
        world.users.get(&grace()).await.unwrap();
        world.users.list(&query).await.unwrap();
        world.users.get(&ada()).await.unwrap().banned
    };
    assert!(!read().await);
    assert_eq!(calls(), (1, 1));
    world.directory.ban(&ada()).await.unwrap();
    assert!(!read().await, "the cache was not invalidated yet");
    world.users.invalidate(&ada());
    assert!(read().await);
    assert_eq!(calls(), (1, 2));
    world.users.invalidate_all();
    assert!(read().await);
    assert_eq!(calls(), (2, 3));
}

/// One lookup for each kind of identifier of `USER_WITH_IDENTIFIERS`. The case differs where it is ignored.
fn lookups() -> [UserQuery; 4] {
    [
        UserFilter::new().email_address("EVE@example.com"),
        UserFilter::new().phone_number("+15550100001"),
        UserFilter::new().username("Eve_Moore"),
        UserFilter::new().external_id("eve-1"),
    ]
    .map(UserQuery::from)
}

const USER_WITH_IDENTIFIERS: &str = r#"{
    "id": "user_eve", "object": "user", "username": "eve_moore", "external_id": "eve-1",
    "email_addresses": [{"id": "idn_1", "email_address": "eve@example.com", "verification": {"status": "verified"}}],
    "phone_numbers": [{"id": "idn_2", "phone_number": "+15550100001", "verification": {"status": "verified"}}]
}"#;

#[tokio::test]
async fn invalidate_user_evicts_lookups_that_found_the_previous_owner_of_an_identifier() {
    let world = World::new().await;
    world.directory.load_json(USER_WITH_IDENTIFIERS).await.unwrap();
    let owners = async || {
        let mut owners = Vec::new();
        for query in lookups() {
            owners.push(world.users.list(&query).await.unwrap()[0].id.clone());
        }
        owners
    };
    assert_eq!(owners().await, [(); 4].map(|()| id("user_eve")));
    world.users.list(&by_username("grace_hopper")).await.unwrap();

    world.directory.delete(&id("user_eve")).await.unwrap();
    let new = USER_WITH_IDENTIFIERS.replace("user_eve", "user_new");
    world.directory.load_json(&new).await.unwrap();
    assert_eq!(owners().await, [(); 4].map(|()| id("user_eve")), "the cache was not invalidated yet");
    world.users.invalidate_user(&world.directory.get(&id("user_new")).await.unwrap());
    assert_eq!(owners().await, [(); 4].map(|()| id("user_new")));

    let calls = world.calls(Operation::List);
    world.users.list(&by_username("grace_hopper")).await.unwrap();
    assert_eq!(world.calls(Operation::List), calls, "other lookups stay cached");
}

#[tokio::test]
async fn lookup_that_began_before_invalidate_user_is_not_cached() {
    let world = World::holding(Operation::List).await;
    let by_email = UserQuery::from(UserFilter::new().email_address("eve@example.com"));
    let mut before = task::spawn(world.users.list(&by_email));
    assert_pending!(before.poll()); // it has found no user, and its result is held back
    world.directory.load_json(USER_WITH_IDENTIFIERS).await.unwrap();
    world.users.invalidate_user(&world.directory.get(&id("user_eve")).await.unwrap());

    // A lookup after the invalidation does not share the result of the lookup before it.
    let mut after = task::spawn(world.users.list(&by_email));
    assert_pending!(after.poll());
    world.release(2);
    assert_eq!(assert_ready!(before.poll()).unwrap(), []);
    assert_eq!(assert_ready!(after.poll()).unwrap()[0].id, id("user_eve"));
}

/// The clock of the cache cannot be controlled, so this uses a time to live of zero.
#[tokio::test]
async fn expired_entries_are_read_again() {
    let world = World::with(CachePolicy::default().time_to_live(Duration::ZERO)).await;
    for _ in 0..3 {
        world.users.get(&ada()).await.unwrap();
        world.users.list(&by_username("grace_hopper")).await.unwrap();
    }
    assert_eq!((world.calls(Operation::Get), world.calls(Operation::List)), (3, 3));
}

#[tokio::test]
async fn max_users_limits_the_cache() {
    let world = World::with(CachePolicy::default().max_users(0)).await;
    for _ in 0..2 {
        world.users.get(&ada()).await.unwrap();
    }
    assert_eq!(world.calls(Operation::Get), 2);
    let forever = CachePolicy::default().time_to_live(Duration::MAX);
    assert!(
        CachedUserDirectory::new(InMemoryUserDirectory::permissive(), forever)
            .create(&NewUser::new().locale("-"))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn debug_does_not_show_users() {
    let world = World::new().await;
    world.users.create(&NewUser::new().email_address("eve@example.com")).await.unwrap();
    world.users.list(&UserFilter::new().email_address("eve@example.com").into()).await.unwrap();
    let users = CachedUserDirectory::new(
        user_directory::decorators::ReadOnlyUserDirectory::new(world.users),
        CachePolicy::default(),
    );
    let text = format!("{users:?}");
    assert!(text.contains("misses: 1") && !text.contains("eve@"), "{text}");
}
