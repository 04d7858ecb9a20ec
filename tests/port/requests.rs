//! The requests that streams make.

use mockall::Sequence;
use mockall::predicate::eq;
use user_directory::{
    Error, ErrorKind, MockUserDirectory, Operation, OrderBy, OrderField, Result, User, UserDirectoryExt, UserFilter,
    UserId, UserQuery,
};

fn id(number: u32) -> UserId {
    UserId::new(format!("user_{number}")).unwrap()
}

fn users(numbers: impl IntoIterator<Item = u32>) -> Vec<User> {
    numbers.into_iter().map(|number| User::new(id(number))).collect()
}

/// A mock that expects exactly these `list` calls in this order.
fn lists(script: impl IntoIterator<Item = (UserQuery, Result<Vec<User>>)>) -> MockUserDirectory {
    let mut mock = MockUserDirectory::new();
    let mut sequence = Sequence::new();
    for (query, result) in script {
        mock.expect_list().with(eq(query)).once().in_sequence(&mut sequence).return_once(move |_| result);
    }
    mock
}

async fn streamed(mock: &MockUserDirectory, query: UserQuery) -> Vec<Result<UserId>> {
    let mut users = mock.stream(query);
    let mut streamed = Vec::new();
    while let Some(user) = users.next().await {
        streamed.push(user.map(|user| user.id));
    }
    assert!(users.next().await.is_none());
    streamed
}

async fn streamed_ids(mock: &MockUserDirectory, query: UserQuery) -> Vec<UserId> {
    streamed(mock, query).await.into_iter().collect::<Result<_>>().unwrap()
}

#[tokio::test]
async fn stream_ends_after_a_short_page() {
    let mock = lists([(UserQuery::new().limit(500), Ok(users(1..=499)))]);
    assert_eq!(streamed_ids(&mock, UserQuery::new()).await.len(), 499);
    let mock = lists([(UserQuery::new().limit(500), Ok(vec![]))]);
    assert_eq!(streamed_ids(&mock, UserQuery::new()).await.len(), 0);
}

#[tokio::test]
async fn stream_paginates_by_cursor_and_keeps_the_query() {
    let filter = UserFilter::new().banned(false);
    let order = OrderBy::ascending(OrderField::CreatedAt);
    let query = UserQuery::from(filter).order_by(order).limit(2);
    let mock = lists([
        (query.clone().offset(6), Ok(users([1, 2]))),
        (query.clone().starting_after(id(2)), Ok(users([3, 4]))),
        (query.clone().starting_after(id(4)), Ok(users([]))),
    ]);
    assert_eq!(streamed_ids(&mock, query.offset(6)).await, [id(1), id(2), id(3), id(4)]);
}

#[tokio::test]
async fn stream_paginates_by_offset_in_other_orders_and_skips_duplicates() {
    let query = UserQuery::new().order_by(OrderBy::ascending(OrderField::LastName)).limit(2);
    let mock = lists([
        (query.clone(), Ok(users([1, 2]))),
        (query.clone().offset(2), Ok(users([2, 3]))),
        (query.clone().offset(4), Ok(users([3, 2]))),
        (query.clone().offset(6), Ok(users([4]))),
    ]);
    assert_eq!(streamed_ids(&mock, query).await, [id(1), id(2), id(3), id(4)]);
}

#[tokio::test]
async fn stream_prefetches_one_page() {
    let query = UserQuery::new().limit(2);
    let script = [
        (query.clone(), Ok(users([1, 2]))),
        (query.clone().starting_after(id(2)), Ok(users([3, 4]))),
        (query.clone().starting_after(id(4)), Ok(users([5]))),
    ];
    // The mock panics on missing and on additional calls, so this checks the number of calls.
    for (read, asked) in [(0, 0), (1, 2), (2, 2), (3, 3), (4, 3), (5, 3)] {
        let mut mock = lists(script.clone().into_iter().take(asked));
        let mut stream = mock.stream(query.clone());
        for _ in 0..read {
            stream.next().await.unwrap().unwrap();
        }
        drop(stream);
        mock.checkpoint();
    }
}

#[tokio::test]
async fn stream_yields_error_after_preceding_users_and_ends() {
    let query = UserQuery::new().limit(2);
    let timeout = Error::new(ErrorKind::Timeout).with_operation(Operation::List);
    let mock = lists([(query.clone(), Ok(users([1, 2]))), (query.clone().starting_after(id(2)), Err(timeout.clone()))]);
    let streamed = streamed(&mock, query).await;
    assert_eq!(streamed.len(), 3);
    assert_eq!((streamed[0].as_ref().unwrap(), streamed[1].as_ref().unwrap()), (&id(1), &id(2)));
    let error = streamed[2].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, Some(Operation::List)));
}

#[tokio::test]
async fn stream_makes_no_request_for_empty_filter_or_invalid_query() {
    let mock = MockUserDirectory::new();
    let no_users = UserFilter::new().user_ids(Vec::<UserId>::new());
    assert!(streamed_ids(&mock, no_users.clone().into()).await.is_empty());
    assert!(mock.pages(no_users.clone().into()).next().await.is_none());
    let by_name = UserQuery::new().order_by(OrderBy::ascending(OrderField::Username));
    for query in [
        UserQuery::new().limit(0),
        UserQuery::new().limit(501),
        UserQuery::from(no_users).limit(0),
        by_name.starting_after(id(1)),
    ] {
        let streamed = streamed(&mock, query.clone()).await;
        let error = streamed[0].as_ref().unwrap_err();
        assert_eq!(streamed.len(), 1, "{query:?}");
        assert!(error.is_invalid_input() && error.operation() == Some(Operation::List), "{query:?}");
    }
}
