//! [`CachePolicy::stale_if_error`].

use std::time::Duration;

use tokio_test::task;
use tokio_test::{assert_pending, assert_ready};
use user_directory::decorators::{CachePolicy, CachedUserDirectory, Fault, FaultyUserDirectory};
use user_directory::time::{Clock, ManualClock};
use user_directory::webhooks::UserEvent;
use user_directory::{
    Error, ErrorKind, InMemoryUserDirectory, Operation, Password, UserDirectory, UserFilter, UserId, UserQuery,
    UserUpdate,
};

use crate::support::{Hold, id};

type Faulty = FaultyUserDirectory<InMemoryUserDirectory>;

const USERS: &str = r#"[
    {"id": "user_ada", "object": "user", "username": "ada_lovelace"},
    {"id": "user_grace", "object": "user", "username": "grace_hopper"}
]"#;

fn ada() -> UserId {
    id("user_ada")
}

fn by_username() -> UserQuery {
    UserFilter::new().username("ada_lovelace").into()
}

/// A cache whose entries expire at once, around a directory with injected faults.
async fn world(stale_if_error: Duration) -> (Faulty, CachedUserDirectory<Faulty>) {
    let directory = InMemoryUserDirectory::permissive();
    directory.load_json(USERS).await.unwrap();
    let faulty = FaultyUserDirectory::new(directory);
    let policy = CachePolicy::default().time_to_live(Duration::ZERO).stale_if_error(stale_if_error);
    (faulty.clone(), CachedUserDirectory::new(faulty, policy))
}

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn get_and_list_return_expired_entries_if_the_directory_is_unavailable() {
    use ErrorKind as Kind;
    let (faulty, users) = world(HOUR).await;
    let user = users.get(&ada()).await.unwrap();
    assert_eq!(users.list(&by_username()).await.unwrap(), std::slice::from_ref(&user));
    for kind in [Kind::Unavailable, Kind::Timeout, Kind::Connect, Kind::Transport, Kind::RateLimited] {
        faulty.add_fault(Fault::kind(kind).times(1));
        assert_eq!(users.get(&ada()).await.unwrap(), user, "{kind}");
        faulty.add_fault(Fault::kind(kind).times(1));
        assert_eq!(users.list(&by_username()).await.unwrap(), std::slice::from_ref(&user), "{kind}");
    }
    let stats = users.stats();
    assert_eq!((stats.stale, stats.misses, stats.hits), (10, 12, 0));
}

#[tokio::test]
async fn get_and_list_fail_with_other_errors() {
    use ErrorKind as Kind;
    let (faulty, users) = world(HOUR).await;
    users.list(&by_username()).await.unwrap();
    for kind in [Kind::NotFound, Kind::Unauthenticated, Kind::Forbidden, Kind::Server, Kind::Decode, Kind::Unexpected] {
        faulty.add_fault(Fault::kind(kind).times(1));
        assert_eq!(users.get(&ada()).await.unwrap_err().kind(), kind);
        faulty.add_fault(Fault::kind(kind).times(1));
        assert_eq!(users.list(&by_username()).await.unwrap_err().kind(), kind);
    }
    assert_eq!(users.stats().stale, 0);
}

#[tokio::test]
async fn get_fails_by_default_and_without_an_expired_entry() {
    let (faulty, users) = world(Duration::ZERO).await;
    users.get(&ada()).await.unwrap();
    faulty.add_fault(Fault::kind(ErrorKind::Unavailable).times(1));
    assert!(users.get(&ada()).await.unwrap_err().is_unavailable());

    let (faulty, users) = world(HOUR).await;
    users.get(&ada()).await.unwrap();
    faulty.add_fault(Fault::kind(ErrorKind::Unavailable).times(1));
    assert!(users.get(&id("user_grace")).await.unwrap_err().is_unavailable());
}

#[tokio::test]
async fn get_and_list_return_the_last_read_version() {
    let (faulty, users) = world(HOUR).await;
    users.get(&ada()).await.unwrap();
    faulty.inner().update(&ada(), &UserUpdate::new().first_name("Ada")).await.unwrap();
    users.list(&by_username()).await.unwrap();
    faulty.add_fault(Fault::kind(ErrorKind::Unavailable).times(1));
    assert_eq!(users.get(&ada()).await.unwrap().first_name.as_deref(), Some("Ada"), "the lookup read the new version");
}

#[tokio::test]
async fn get_and_list_never_return_an_expired_entry_after_a_write() {
    for write_fails in [false, true] {
        let (faulty, users) = world(HOUR).await;
        users.get(&ada()).await.unwrap();
        users.list(&by_username()).await.unwrap();
        if write_fails {
            faulty.add_fault(Fault::kind(ErrorKind::Timeout).times(1));
        }
        assert_eq!(users.ban(&ada()).await.is_err(), write_fails);
        faulty.add_fault(Fault::kind(ErrorKind::Unavailable).times(1));
        assert!(users.get(&ada()).await.unwrap_err().is_unavailable());
        faulty.add_fault(Fault::kind(ErrorKind::Unavailable).times(1));
        assert!(users.list(&by_username()).await.unwrap_err().is_unavailable());
        assert_eq!(users.stats().stale, 0);
    }
}

#[tokio::test]
async fn get_and_list_return_expired_entries_after_a_ban_that_changed_nothing() {
    use ErrorKind as Kind;
    let (faulty, users) = world(HOUR).await;
    let user = users.get(&ada()).await.unwrap();
    users.list(&by_username()).await.unwrap();
    let unavailable = Error::new(Kind::Unavailable).with_nothing_changed();
    for error in [Error::new(Kind::Connect), Error::new(Kind::RateLimited), unavailable] {
        faulty.add_fault(Fault::error(error).times(1));
        let error = users.ban(&ada()).await.unwrap_err();
        faulty.add_fault(Fault::kind(Kind::Unavailable).times(2));
        assert_eq!(users.get(&ada()).await.unwrap(), user, "{error}");
        assert_eq!(users.list(&by_username()).await.unwrap(), std::slice::from_ref(&user), "{error}");
    }
}

#[tokio::test]
async fn get_and_list_never_return_an_expired_entry_after_another_failed_ban() {
    use ErrorKind as Kind;
    let unknown = Error::new(Kind::Connect).with_earlier_outcome_unknown();
    for error in [unknown, Error::new(Kind::Unavailable), Error::new(Kind::NotFound), Error::new(Kind::Conflict)] {
        let (faulty, users) = world(HOUR).await;
        users.get(&ada()).await.unwrap();
        users.list(&by_username()).await.unwrap();
        faulty.add_fault(Fault::error(error).times(1));
        let error = users.ban(&ada()).await.unwrap_err();
        faulty.add_fault(Fault::kind(Kind::Unavailable).times(2));
        assert!(users.get(&ada()).await.is_err_and(|unavailable| unavailable.is_unavailable()), "{error}");
        assert!(users.list(&by_username()).await.is_err_and(|unavailable| unavailable.is_unavailable()), "{error}");
    }
}

#[tokio::test]
async fn get_and_list_never_return_an_expired_entry_after_a_write_during_the_read() {
    for operation in [Operation::Get, Operation::List] {
        let (faulty, _) = world(HOUR).await;
        let policy = CachePolicy::default().time_to_live(Duration::ZERO).stale_if_error(HOUR);
        let users = CachedUserDirectory::new(Hold::around(faulty.clone(), operation), policy);
        let read = async || match operation {
            Operation::Get => users.get(&ada()).await.map(drop),
            _ => users.list(&by_username()).await.map(drop),
        };
        let hold = users.inner().interceptor();
        hold.release(1);
        read().await.unwrap();
        // The failure of this read is held back until the write has ended.
        faulty.add_fault(Fault::kind(ErrorKind::Unavailable).operation(operation).times(1));
        let mut during = task::spawn(read());
        assert_pending!(during.poll());
        // This write may assign the username of the lookup to another user.
        let written = if operation == Operation::Get { ada() } else { id("user_grace") };
        users.update(&written, &UserUpdate::new().first_name("New")).await.unwrap();
        hold.release(1);
        assert!(assert_ready!(during.poll()).unwrap_err().is_unavailable());
        assert_eq!(users.stats().stale, 0);
    }
}

#[tokio::test]
async fn get_never_returns_an_expired_entry_after_invalidate_or_a_deleted_event() {
    let (faulty, users) = world(HOUR).await;
    for invalidation in 0..3 {
        users.get(&ada()).await.unwrap();
        match invalidation {
            0 => users.invalidate(&ada()),
            1 => users.invalidate_all(),
            _ => users.apply(&UserEvent::deleted("msg_1".parse().unwrap(), ada())),
        }
        faulty.add_fault(Fault::kind(ErrorKind::Unavailable).times(1));
        assert!(users.get(&ada()).await.unwrap_err().is_unavailable());
    }
}

/// The event is one nanosecond younger than the time to live, so its user expires at once, as does the copy.
#[tokio::test]
async fn get_does_not_return_the_user_of_an_old_event_after_the_stale_period() {
    let directory = InMemoryUserDirectory::permissive();
    directory.load_json(USERS).await.unwrap();
    let mut user = directory.get(&ada()).await.unwrap();
    let clock = ManualClock::new("2026-05-12T08:00:00Z".parse().unwrap());
    user.updated_at = Some(clock.now());
    clock.advance(HOUR.saturating_sub(Duration::from_nanos(1)));
    let faulty = FaultyUserDirectory::new(directory);
    let policy = CachePolicy::default().time_to_live(HOUR).stale_if_error(Duration::from_nanos(1));
    let users = CachedUserDirectory::new(faulty.clone(), policy).clock(clock);
    users.apply(&UserEvent::updated("msg_1".parse().unwrap(), user));
    std::thread::sleep(Duration::from_millis(2));
    faulty.add_fault(Fault::kind(ErrorKind::Unavailable).times(1));
    assert!(users.get(&ada()).await.unwrap_err().is_unavailable());
}

#[tokio::test]
async fn verify_password_is_not_affected() {
    let (faulty, users) = world(HOUR).await;
    users.get(&ada()).await.unwrap();
    faulty.add_fault(Fault::kind(ErrorKind::Unavailable).times(1));
    let error = users.verify_password(&ada(), &Password::new("secret")).await.unwrap_err();
    assert!(error.is_unavailable());
    assert_eq!(users.stats().stale, 0);
}
