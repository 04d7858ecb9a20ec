//! Streams during concurrent changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::{Stream, StreamExt, TryStreamExt};
use user_directory::ext::UserStream;
use user_directory::model::Direction;
use user_directory::store_directory::{InstanceSettings, SequentialIds};
use user_directory::time::ManualClock;
use user_directory::{
    ErrorKind, InMemoryUserDirectory, NewUser, OrderBy, OrderField, Result, User, UserDirectory, UserDirectoryExt,
    UserFilter, UserId, UserQuery, async_trait, codes,
};

use crate::slow::Slow;

fn new_user(number: usize) -> NewUser {
    NewUser::new()
        .username(format!("user_{number:05}"))
        .email_address(format!("user{number}@example.com"))
        .first_name(format!("Name {}", number % 7))
}

/// Creates a directory with this many users. The clock does not advance, so all have the same creation time.
async fn directory_of(number: usize) -> InMemoryUserDirectory {
    let clock = ManualClock::new("2026-05-12T09:00:00Z".parse().unwrap());
    let directory = InMemoryUserDirectory::builder()
        .settings(InstanceSettings::permissive())
        .clock(clock)
        .ids(SequentialIds::default())
        .build();
    for number in 0..number {
        directory.create(&new_user(number)).await.unwrap();
    }
    directory
}

fn every_order() -> impl Iterator<Item = OrderBy> {
    let fields = OrderField::ALL.iter().copied();
    fields.flat_map(|field| [OrderBy::ascending(field), OrderBy::descending(field)])
}

fn ids(users: &[User]) -> Vec<UserId> {
    users.iter().map(|user| user.id.clone()).collect()
}

fn set(ids: &[UserId]) -> BTreeSet<UserId> {
    ids.iter().cloned().collect()
}

#[tokio::test]
async fn stream_returns_every_user_once_in_every_order() {
    let directory = directory_of(437).await;
    for order in every_order() {
        let query = UserQuery::new().order_by(order);
        let expected = ids(&directory.list(&query.clone().limit(500)).await.unwrap());
        assert_eq!(expected.len(), 437);
        for limit in [None, Some(1), Some(19), Some(23), Some(437), Some(500)] {
            let query = limit.into_iter().fold(query.clone(), UserQuery::limit);
            let users: Vec<User> = directory.stream(query).try_collect().await.unwrap();
            assert_eq!(ids(&users), expected, "{order:?} by {limit:?}");
        }
    }
}

#[tokio::test]
async fn pages_have_500_users_by_default() {
    let directory = directory_of(2_100).await;
    let pages: Vec<Vec<User>> = directory.pages(UserQuery::new()).try_collect().await.unwrap();
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [500, 500, 500, 500, 100]);
    assert_eq!(set(&ids(&pages.concat())).len(), 2_100);
    let pages: Vec<Vec<User>> = directory.pages(UserQuery::new().limit(300)).try_collect().await.unwrap();
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [300; 7], "no empty page after the last");
}

#[tokio::test]
async fn stream_starts_at_cursor_or_offset() {
    let directory = directory_of(50).await;
    let all = ids(&directory.list(&UserQuery::new().limit(500)).await.unwrap());
    let after = UserQuery::new().limit(7).starting_after(all[9].clone());
    for query in [after, UserQuery::new().limit(7).offset(10)] {
        let users: Vec<User> = directory.stream(query).try_collect().await.unwrap();
        assert_eq!(ids(&users), all[10..]);
    }
    let by_name = UserQuery::new().order_by(OrderBy::ascending(OrderField::Username)).limit(7).offset(10);
    let users: Vec<User> = directory.stream(by_name).try_collect().await.unwrap();
    assert_eq!(users.first().unwrap().username.as_deref(), Some("user_00010"));
    assert_eq!(users.len(), 40);
}

/// Returns the first page for every cursor.
#[derive(Debug)]
struct IgnoresCursors(InMemoryUserDirectory);

#[async_trait]
impl UserDirectory for IgnoresCursors {
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.0)
    }

    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        let mut query = query.clone();
        query.starting_after = None;
        self.0.list(&query).await
    }
}

#[tokio::test]
async fn stream_fails_if_cursors_are_ignored() {
    let directory = IgnoresCursors(directory_of(5).await);
    let results: Vec<_> = directory.stream(UserQuery::new().limit(2)).collect().await;
    let [Ok(_), Ok(_), Err(error)] = &results[..] else { panic!("{results:?}") };
    assert_eq!(error.kind(), ErrorKind::Unexpected);
    assert!(error.to_string().contains("may ignore cursors"), "{error}");
}

#[tokio::test]
async fn stream_neither_repeats_nor_skips_while_users_are_created() {
    for order in every_order() {
        let slow = Slow { inner: directory_of(60).await, ..Slow::default() };
        let before = set(&ids(&slow.inner.list(&UserQuery::new().limit(500)).await.unwrap()));
        let mut seen = Vec::new();
        let mut users = slow.stream(UserQuery::new().order_by(order).limit(7));
        let mut number = 0;
        while let Some(user) = users.next().await {
            seen.push(user.unwrap().id);
            // The names sort before and after the others in every order.
            if seen.len() <= 40 {
                for name in [format!("a{number:05}"), format!("zz{number:05}")] {
                    let new =
                        NewUser::new().username(&*name).first_name(&*name).email_address(format!("{name}@example.com"));
                    slow.create(&new).await.unwrap();
                }
                number += 1;
            }
        }
        let once = set(&seen);
        assert_eq!(once.len(), seen.len(), "{order:?}: duplicate user");
        assert!(once.is_superset(&before), "{order:?}: skipped user");
    }
}

#[tokio::test]
async fn stream_continues_while_its_users_are_deleted() {
    for direction in [OrderBy::ascending, OrderBy::descending] {
        for limit in [2, 10, 500] {
            let directory = directory_of(57).await;
            let mut users = directory.stream(UserQuery::new().order_by(direction(OrderField::CreatedAt)).limit(limit));
            let mut seen = 0;
            while let Some(user) = users.try_next().await.unwrap() {
                directory.delete(&user.id).await.unwrap();
                seen += 1;
            }
            assert_eq!((seen, directory.count(&UserFilter::new()).await.unwrap()), (57, 0));
        }
    }
}

#[tokio::test]
async fn pages_continue_after_the_cursor_user_is_deleted() {
    // 99 is the maximum: one of the last 100 users must be left.
    for (direction, gone) in [
        (Direction::Ascending, 1),
        (Direction::Ascending, 99),
        (Direction::Descending, 60),
        (Direction::Descending, 99),
    ] {
        let slow = Slow { inner: directory_of(400).await, ..Slow::default() };
        let order = OrderBy { field: OrderField::CreatedAt, direction };
        let expected = ids(&slow.inner.list(&UserQuery::new().order_by(order).limit(500)).await.unwrap());
        let mut pages = slow.pages(UserQuery::new().order_by(order).limit(150));
        let mut seen = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            // The request of the next page has been created, but not polled to the end.
            for user in page.iter().rev().take(gone) {
                slow.delete(&user.id).await.unwrap();
            }
            seen.extend(ids(&page));
        }
        assert_eq!(seen, expected);
        assert_eq!(slow.lists().0, 3 + 2 * 2, "two pages with a deleted cursor need two more requests each");
    }
}

#[tokio::test]
async fn stream_fails_if_all_users_of_a_page_are_deleted() {
    let slow = Slow { inner: directory_of(30).await, ..Slow::default() };
    let mut users = slow.stream(UserQuery::new().limit(1));
    let user = users.next().await.unwrap().unwrap();
    slow.delete(&user.id).await.unwrap();
    let error = users.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.has_code(codes::FORM_RESOURCE_NOT_FOUND), "{error}");
    assert!(users.next().await.is_none());

    let unknown = UserQuery::new().starting_after(UserId::new("user_unknown").unwrap());
    let error = slow.stream(unknown).next().await.unwrap().unwrap_err();
    assert!(error.has_code(codes::FORM_RESOURCE_NOT_FOUND), "{error}");
}

#[tokio::test]
async fn stream_prefetches_the_next_page_while_the_current_page_is_consumed() {
    let slow = Slow { inner: directory_of(30).await, ..Slow::default() };
    let mut users = slow.stream(UserQuery::new().limit(10));
    assert_eq!(slow.lists(), (0, 0), "no request before the first poll");
    users.next().await.unwrap().unwrap();
    assert_eq!(slow.lists(), (2, 1), "the second page is being prefetched");
    for _ in 1..10 {
        users.next().await.unwrap().unwrap();
        assert_eq!(slow.lists(), (2, 2), "the second page is complete, and the third is not requested");
    }
    users.next().await.unwrap().unwrap();
    assert_eq!(slow.lists(), (3, 2));
}

#[tokio::test]
async fn stream_next_is_cancel_safe() {
    let slow = Slow { inner: directory_of(30).await, ..Slow::default() };
    let mut users = slow.stream(UserQuery::new().limit(10));
    let mut seen = 0;
    loop {
        // The first poll of a page is always pending.
        tokio::select! {
            biased;
            user = users.next() => match user {
                Some(user) => drop(user.unwrap()),
                None => break,
            },
            () = std::future::ready(()) => continue,
        }
        seen += 1;
    }
    assert_eq!(seen, 30);
    let mut dropped = slow.stream(UserQuery::new().limit(10));
    dropped.next().await.unwrap().unwrap();
    let (started, finished) = slow.lists();
    drop(dropped);
    assert_eq!(started, finished + 1);
}

#[tokio::test]
async fn streams_are_send_and_can_be_static() {
    fn sendable<S: Stream + Send + Unpin + 'static>(stream: S) -> S {
        stream
    }
    let users: Arc<dyn UserDirectory> = Arc::new(directory_of(12).await);
    let owned: UserStream<'static> = sendable(Arc::clone(&users).into_stream(UserQuery::new().limit(5)));
    let owned = tokio::spawn(async move { owned.try_collect::<Vec<_>>().await.unwrap().len() });
    let shared = Arc::clone(&users);
    let borrowed = tokio::spawn(async move {
        let pages: Vec<_> = shared.pages(UserQuery::new().limit(5)).try_collect().await.unwrap();
        shared.stream(UserQuery::new()).count().await + pages.len()
    });
    assert_eq!((owned.await.unwrap(), borrowed.await.unwrap()), (12, 15));
    let by_reference: &dyn UserDirectory = &*users;
    assert_eq!(by_reference.stream(UserQuery::new()).count().await, 12);
}

#[tokio::test]
async fn stream_debug_contains_no_personal_data() {
    let directory = directory_of(3).await;
    let query = UserQuery::from(UserFilter::new().email_address("user1@example.com"));
    let mut users = directory.stream(query.limit(1));
    users.next().await.unwrap().unwrap();
    assert!(!format!("{users:?}").contains("user1"), "{users:?}");
}
