//! [`CachedUserDirectory`].

use std::time::Duration;

use tokio_test::task::{self, Spawn};
use tokio_test::{assert_pending, assert_ready};
use user_directory::{
    CachePolicy, CachedUserDirectory, EmailAddressReplacement, Error, ErrorKind, Fault, FaultyUserDirectory,
    IdentifierStatus, InMemoryUserDirectory, MetadataUpdate, NewUser, Operation, RecordingUserDirectory, User,
    UserDirectory, UserFilter, UserId, UserIdBatch, UserQuery, UserUpdate,
};

use crate::support::{Held, id};

/// The directory, what it is asked, and the memory in front of it.
struct World {
    directory: InMemoryUserDirectory,
    asked: RecordingUserDirectory,
    users: CachedUserDirectory,
}

impl World {
    fn new() -> Self {
        Self::with(CachePolicy::default().time_to_live(Duration::from_secs(86_400)))
    }

    fn with(policy: CachePolicy) -> Self {
        let directory = InMemoryUserDirectory::new();
        directory.load_json(USERS).unwrap();
        let asked = RecordingUserDirectory::new(directory.clone());
        let users = CachedUserDirectory::new(asked.clone(), policy);
        Self { directory, asked, users }
    }

    /// A world in which the answers to one operation are held back.
    fn held(operation: Operation) -> (Self, Held) {
        let mut world = Self::new();
        let held = Held::new(world.asked.clone(), operation);
        world.users = CachedUserDirectory::new(held.clone(), CachePolicy::default());
        (world, held)
    }

    fn asked(&self, operation: Operation) -> usize {
        self.asked.times_called(operation)
    }

    async fn first_name(&self, user_id: &UserId) -> Option<String> {
        self.users.get(user_id).await.unwrap().first_name.map(|name| name.to_string())
    }
}

/// With ids of their own, so that it is known that they are in different groups.
const USERS: &str = r#"[
    {"id": "user_ada", "object": "user", "username": "ada.lovelace", "external_id": "7"},
    {"id": "user_grace", "object": "user", "username": "grace.hopper"}
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
async fn a_user_is_asked_for_once_and_each_look_up_too() {
    let world = World::new();
    for _ in 0..3 {
        assert_eq!(world.users.get(&ada()).await.unwrap().id, ada());
        assert_eq!(world.users.list(&by_username("grace.hopper")).await.unwrap()[0].id, grace());
        let by_external_id = UserQuery::from(UserFilter::new().external_id("7")).limit(2);
        assert_eq!(world.users.clone().list(&by_external_id).await.unwrap()[0].id, ada());
    }
    assert_eq!((world.asked(Operation::Get), world.asked(Operation::List)), (1, 2));
    let stats = world.users.stats();
    assert_eq!((stats.hits, stats.misses), (6, 3));
}

#[tokio::test]
async fn a_user_who_was_looked_up_need_not_be_got() {
    let world = World::new();
    let looked_up = world.users.list(&by_username("ada.lovelace")).await.unwrap();
    assert_eq!(world.users.get(&ada()).await.unwrap(), looked_up[0]);
    assert_eq!(world.asked(Operation::Get), 0);
}

#[tokio::test]
async fn other_lists_and_counts_are_passed_on() {
    let world = World::new();
    for _ in 0..2 {
        assert_eq!(world.users.list(&UserQuery::new()).await.unwrap().len(), 2);
        assert_eq!(world.users.count(&UserFilter::new()).await.unwrap(), 2);
    }
    assert_eq!((world.asked(Operation::List), world.asked(Operation::Count)), (2, 2));
    assert_eq!(world.users.stats().misses, 0);
}

#[tokio::test]
async fn neither_errors_nor_nobody_are_remembered() {
    let world = World::new();
    let new = id("user_new");
    for _ in 0..2 {
        let error = world.users.get(&new).await.unwrap_err();
        assert!(error.is_not_found());
        assert_eq!(error.operation(), Some(Operation::Get));
        assert_eq!(world.users.list(&by_username("new.user")).await.unwrap(), []);
        assert!(world.users.list(&by_username("new.user").limit(0)).await.unwrap_err().is_invalid_input());
    }
    let json = r#"{"id": "user_new", "object": "user", "username": "new.user"}"#;
    world.directory.load_json(json).unwrap();
    assert!(world.users.get(&new).await.is_ok());
    assert_eq!(world.users.list(&by_username("new.user")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_written_is_read_and_others_stay_remembered() {
    let world = World::new();
    let everybody = [ada(), grace()];
    let read = async || {
        let looked_up = world.users.list(&by_username("ada.lovelace")).await.unwrap();
        assert_eq!(world.users.get(&ada()).await.unwrap(), looked_up[0]);
        world.users.get(&grace()).await.unwrap();
        looked_up[0].clone()
    };
    read().await;
    let asked = world.asked(Operation::Get);
    world.users.ban(&ada()).await.unwrap();
    assert!(read().await.banned);
    assert_eq!(world.asked(Operation::Get), asked, "the look-up has brought the new user, and the other one stayed");
    world.users.update(&ada(), &named("Ada")).await.unwrap();
    assert_eq!(read().await.first_name.as_deref(), Some("Ada"));
    let metadata = MetadataUpdate::new().public(r#"{"plan":"pro"}"#.parse().unwrap());
    world.users.update_metadata(&ada(), &metadata).await.unwrap();
    assert!(!read().await.public_metadata.is_empty());
    world.users.bulk_unban(&UserIdBatch::new(everybody).unwrap()).await.unwrap();
    assert!(!read().await.banned);
    world.users.delete(&ada()).await.unwrap();
    assert!(world.users.get(&ada()).await.unwrap_err().is_not_found());
    assert_eq!(world.users.list(&by_username("ada.lovelace")).await.unwrap(), []);
}

#[tokio::test]
async fn a_look_up_finds_whoever_has_the_identifier_now() {
    let world = World::new();
    assert_eq!(world.users.list(&by_username("ada.lovelace")).await.unwrap()[0].id, ada());
    world.users.update(&ada(), &UserUpdate::new().username("countess")).await.unwrap();
    world.users.update(&grace(), &UserUpdate::new().username("ada.lovelace")).await.unwrap();
    assert_eq!(world.users.list(&by_username("ada.lovelace")).await.unwrap()[0].id, grace());

    let address = UserQuery::from(UserFilter::new().email_address("both@example.com"));
    let number = async || world.users.list(&address).await.unwrap().len();
    assert_eq!(number().await, 0);
    // An address that is not verified does not keep others from having it.
    let unverified =
        EmailAddressReplacement::new("both@example.com").identification_status(IdentifierStatus::Unverified);
    world.users.replace_email_address(&ada(), &unverified).await.unwrap();
    assert_eq!(number().await, 1);
    world.users.replace_email_address(&grace(), &unverified).await.unwrap();
    assert_eq!(number().await, 2);
}

#[tokio::test]
async fn a_write_that_failed_or_whose_outcome_is_unknown_makes_its_user_be_read_anew() {
    let directory = InMemoryUserDirectory::new();
    directory.load_json(USERS).unwrap();
    let faulty = FaultyUserDirectory::new(directory);
    let users = CachedUserDirectory::new(faulty.clone(), CachePolicy::default());
    assert!(!users.get(&ada()).await.unwrap().banned);
    faulty.add_fault(Fault::error(Error::new(ErrorKind::Timeout)).operation(Operation::Ban).after_work());
    assert!(users.ban(&ada()).await.unwrap_err().is_outcome_unknown());
    assert!(users.get(&ada()).await.unwrap().banned);
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_makes_its_user_be_read_anew() {
    let (world, _held) = World::held(Operation::Ban);
    assert!(!world.users.get(&ada()).await.unwrap().banned);
    let user_id = ada();
    let mut ban = task::spawn(world.users.ban(&user_id));
    assert_pending!(ban.poll());
    drop(ban);
    assert!(world.users.get(&ada()).await.unwrap().banned);
}

#[tokio::test]
async fn a_read_that_began_before_a_write_does_not_bring_the_old_user_back() {
    let (world, held) = World::held(Operation::Get);
    let user_id = ada();
    let mut before = task::spawn(world.users.get(&user_id));
    assert_pending!(before.poll()); // it has read the old user, and not yet answered
    world.users.update(&ada(), &named("Ada")).await.unwrap();

    // A read after the write does not wait for the answer to the one before it.
    let mut after = task::spawn(world.users.get(&user_id));
    assert_pending!(after.poll());
    assert_eq!(world.asked(Operation::Get), 2);

    held.release(2);
    assert_eq!(assert_ready!(after.poll()).unwrap().first_name.as_deref(), Some("Ada"));
    assert_eq!(assert_ready!(before.poll()).unwrap().first_name, None);
    assert_eq!(world.first_name(&ada()).await.as_deref(), Some("Ada"));
    assert_eq!(world.asked(Operation::Get), 2);
}

#[tokio::test]
async fn a_look_up_that_began_before_a_write_does_not_bring_the_old_user_back() {
    for operation in [Operation::Ban, Operation::Update] {
        let (world, held) = World::held(Operation::List);
        let query = by_username("ada.lovelace");
        let mut before = task::spawn(world.users.list(&query));
        assert_pending!(before.poll());
        match operation {
            Operation::Ban => world.users.ban(&ada()).await.unwrap(),
            _ => world.users.update(&ada(), &named("Ada")).await.unwrap(),
        };
        held.release(2);
        let old = assert_ready!(before.poll()).unwrap();
        let new = world.directory.get(&ada()).await.unwrap();
        assert_ne!(old[0], new);
        assert_eq!(world.users.get(&ada()).await.unwrap(), new);
        assert_eq!(world.users.list(&query).await.unwrap(), std::slice::from_ref(&new));
    }
}

#[tokio::test]
async fn a_read_that_began_before_the_webhook_is_not_remembered() {
    let (world, held) = World::held(Operation::Get);
    let user_id = ada();
    let mut before = task::spawn(world.users.get(&user_id));
    assert_pending!(before.poll());
    world.directory.update(&ada(), &named("Ada")).await.unwrap();
    world.users.invalidate(&ada());
    held.release(2);
    assert!(assert_ready!(before.poll()).is_ok());
    assert_eq!(world.first_name(&ada()).await.as_deref(), Some("Ada"));
}

type Reading<'a> = Spawn<std::pin::Pin<Box<dyn Future<Output = user_directory::Result<User>> + Send + 'a>>>;

#[tokio::test]
async fn those_who_ask_at_the_same_time_share_one_answer() {
    let (world, held) = World::held(Operation::Get);
    for (user_id, found, asked) in [(ada(), true, 1), (id("user_nobody"), false, 2)] {
        let mut readings: Vec<Reading> = (0..8).map(|_| task::spawn(world.users.get(&user_id))).collect();
        for reading in &mut readings {
            assert_pending!(reading.poll());
        }
        assert_eq!(world.asked(Operation::Get), asked);
        held.release(1);
        for reading in &mut readings {
            assert!(reading.is_woken());
            assert_eq!(assert_ready!(reading.poll()).is_ok(), found);
        }
    }
    let stats = world.users.stats();
    assert_eq!((stats.hits, stats.misses), (14, 2));
}

#[tokio::test]
async fn if_the_one_who_asks_gives_up_another_one_asks() {
    let (world, held) = World::held(Operation::Get);
    let user_id = ada();
    let mut first = task::spawn(world.users.get(&user_id));
    let mut second = task::spawn(world.users.get(&user_id));
    assert_pending!(first.poll());
    assert_pending!(second.poll());
    drop(first);
    assert!(second.is_woken());
    assert_pending!(second.poll());
    assert_eq!(world.asked(Operation::Get), 2);
    held.release(1);
    assert!(assert_ready!(second.poll()).is_ok());
}

#[tokio::test]
async fn a_webhook_makes_one_user_or_everybody_be_read_anew() {
    let world = World::new();
    let query = by_username("ada.lovelace");
    let asked = || (world.asked(Operation::Get), world.asked(Operation::List));
    let read = async || {
        world.users.get(&grace()).await.unwrap();
        world.users.list(&query).await.unwrap();
        world.users.get(&ada()).await.unwrap().banned
    };
    assert!(!read().await);
    assert_eq!(asked(), (1, 1));
    world.directory.ban(&ada()).await.unwrap();
    assert!(!read().await, "nobody has told");
    world.users.invalidate(&ada());
    assert!(read().await);
    assert_eq!(asked(), (1, 2));
    world.users.invalidate_all();
    assert!(read().await);
    assert_eq!(asked(), (2, 3));
}

/// The clock of the memory cannot be held, so the one time to live is tried that is over at once.
#[tokio::test]
async fn what_has_lived_its_time_is_read_anew() {
    let world = World::with(CachePolicy::default().time_to_live(Duration::ZERO));
    for _ in 0..3 {
        world.users.get(&ada()).await.unwrap();
        world.users.list(&by_username("grace.hopper")).await.unwrap();
    }
    assert_eq!((world.asked(Operation::Get), world.asked(Operation::List)), (3, 3));
}

#[tokio::test]
async fn no_more_is_remembered_than_was_allowed() {
    let world = World::with(CachePolicy::default().max_users(0));
    for _ in 0..2 {
        world.users.get(&ada()).await.unwrap();
    }
    assert_eq!(world.asked(Operation::Get), 2);
    let forever = CachePolicy::default().time_to_live(Duration::MAX);
    assert!(CachedUserDirectory::new(InMemoryUserDirectory::new(), forever).create(&NewUser::new()).await.is_err());
}

#[tokio::test]
async fn printing_it_does_not_print_users() {
    let world = World::new();
    world.users.create(&NewUser::new().email_address("eve@example.com")).await.unwrap();
    world.users.list(&UserFilter::new().email_address("eve@example.com").into()).await.unwrap();
    let users =
        CachedUserDirectory::new(user_directory::ReadOnlyUserDirectory::new(world.users), CachePolicy::default());
    let text = format!("{users:?}");
    assert!(text.contains("misses: 1") && !text.contains("eve@"), "{text}");
}
