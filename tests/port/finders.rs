//! `find`, `find_by_*`, `get_many` and `exists`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mockall::predicate::eq;
use user_directory::ext::FoundUsers;
use user_directory::model::{EmailAddress, PhoneNumber};
use user_directory::{
    Error, ErrorKind, InMemoryUserDirectory, MockUserDirectory, NewUser, Operation, User, UserDirectory,
    UserDirectoryExt, UserFilter, UserId, UserQuery,
};

use crate::slow::Slow;

fn id(number: usize) -> UserId {
    UserId::new(format!("user_{number}")).unwrap()
}

#[tokio::test]
async fn find_returns_none_only_for_not_found() {
    let mut mock = MockUserDirectory::new();
    mock.expect_get().with(eq(id(1))).return_once(|_| Ok(User::new(id(1))));
    mock.expect_get().with(eq(id(2))).return_once(|_| Err(Error::new(ErrorKind::NotFound)));
    mock.expect_get()
        .with(eq(id(3)))
        .return_once(|_| Err(Error::new(ErrorKind::Unavailable).with_operation(Operation::Get)));
    assert_eq!(mock.find(&id(1)).await.unwrap(), Some(User::new(id(1))));
    assert_eq!(mock.find(&id(2)).await.unwrap(), None);
    let error = mock.find(&id(3)).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Unavailable, Some(Operation::Get)));
}

#[tokio::test]
async fn find_by_methods_match_exactly() {
    let users: Arc<dyn UserDirectory> = Arc::new(InMemoryUserDirectory::permissive());
    let ada = NewUser::new()
        .email_address("ada@example.com")
        .phone_number("+15550100123")
        .username("ada_lovelace")
        .external_id("customer-1");
    let ada = users.create(&ada).await.unwrap();
    let others = NewUser::new()
        .email_address("ada@example.com.invalid")
        .phone_number("+155501001234")
        .username("ada_lovelace2")
        .external_id("customer-12");
    users.create(&others).await.unwrap();
    assert_eq!(users.find_by_email_address("ADA@example.com").await.unwrap().unwrap().id, ada.id);
    assert_eq!(users.find_by_phone_number("+15550100123").await.unwrap().unwrap().id, ada.id);
    assert_eq!(users.find_by_username("Ada_Lovelace").await.unwrap().unwrap().id, ada.id);
    assert_eq!(users.find_by_external_id("customer-1").await.unwrap().unwrap().id, ada.id);

    assert_eq!(users.find_by_email_address("da@example.com").await.unwrap(), None);
    assert_eq!(users.find_by_phone_number("+1555010012").await.unwrap(), None);
    assert_eq!(users.find_by_username("ada_lovelace3").await.unwrap(), None);
    assert_eq!(users.find_by_external_id("Customer-1").await.unwrap(), None);

    for error in [
        users.find_by_email_address("").await.unwrap_err(),
        users.find_by_phone_number("").await.unwrap_err(),
        users.find_by_username("").await.unwrap_err(),
        users.find_by_external_id("").await.unwrap_err(),
    ] {
        assert!(error.is_invalid_input() && error.operation() == Some(Operation::List), "{error}");
    }
}

/// Loads users that share an address and a number, which are reserved for `owner` only.
async fn holders(number: usize, owner: Option<usize>) -> InMemoryUserDirectory {
    let directory = InMemoryUserDirectory::permissive();
    let users = (0..number).map(|number| {
        let mut user = User::new(id(number));
        let mut email = EmailAddress::new("Shared@example.com");
        let mut phone = PhoneNumber::new("+15550100123");
        email.reserved = owner == Some(number);
        phone.reserved = owner == Some(number);
        user.email_addresses.push(email);
        user.phone_numbers.push(phone);
        user
    });
    directory.load(users).await.unwrap();
    directory
}

#[tokio::test]
async fn find_by_email_address_and_phone_number_prefer_the_verified_or_reserved_owner() {
    // More users than fit on a page.
    for (owner, expected) in [(Some(3), 3), (Some(700), 700), (None, 700)] {
        let directory = holders(701, owner).await;
        let by_email = directory.find_by_email_address("shared@example.com").await.unwrap().unwrap();
        let by_phone = directory.find_by_phone_number("+15550100123").await.unwrap().unwrap();
        assert_eq!((by_email.id, by_phone.id), (id(expected), id(expected)), "{owner:?}");
    }
}

#[tokio::test]
async fn get_many_returns_users_in_request_order() {
    let directory = InMemoryUserDirectory::permissive();
    directory.load((0..950).map(|number| User::new(id(number))).collect::<Vec<_>>()).await.unwrap();
    // In reverse order, with unknown and duplicate ids.
    let wanted: Vec<UserId> = (0..1045).rev().chain([5, 1000, 5]).map(id).collect();
    let found = directory.get_many(&wanted).await.unwrap();
    let ids: Vec<UserId> = found.users.iter().map(|user| user.id.clone()).collect();
    assert_eq!(ids, (0..950).rev().map(id).collect::<Vec<_>>());
    assert_eq!(found.missing, (950..1045).rev().map(id).collect::<Vec<_>>());
}

#[tokio::test]
async fn get_many_fetches_batches_of_100() {
    let mut mock = MockUserDirectory::new();
    for batch in [0..100, 100..200, 200..230] {
        let query = UserQuery::from(UserFilter::new().user_ids(batch.clone().map(id))).limit(500);
        // The service returns users in a different order.
        let result = batch.rev().map(|number| User::new(id(number))).collect();
        mock.expect_list().with(eq(query)).once().return_once(|_| Ok(result));
    }
    let wanted: Vec<UserId> = (0..230).chain(0..230).map(id).collect();
    let found = mock.get_many(&wanted).await.unwrap();
    assert!(found.users.iter().map(|user| &user.id).eq(&wanted[..230]));
    assert!(found.missing.is_empty());

    assert_eq!(MockUserDirectory::new().get_many(&[]).await.unwrap(), FoundUsers::default());
}

#[tokio::test]
async fn get_many_fetches_at_most_four_batches_concurrently() {
    let slow = Slow::default();
    let wanted: Vec<UserId> = (0..1_000).map(id).collect();
    let found = slow.get_many(&wanted).await.unwrap();
    assert_eq!((slow.max_concurrent.load(Ordering::SeqCst), slow.lists(), found.missing.len()), (4, (10, 10), 1_000));
}

#[tokio::test]
async fn get_many_stops_at_the_first_failed_batch() {
    let mut mock = MockUserDirectory::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    mock.expect_list().returning(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        1 => Err(Error::new(ErrorKind::Unavailable).with_operation(Operation::List)),
        _ => Ok(vec![]),
    });
    let wanted: Vec<UserId> = (0..10_000).map(id).collect();
    let error = mock.get_many(&wanted).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Unavailable, Some(Operation::List)));
    assert!(calls.load(Ordering::SeqCst) <= 5, "{calls:?}");
}

#[tokio::test]
async fn exists_lists_one_user() {
    let filter = UserFilter::new().banned(true);
    let mut mock = MockUserDirectory::new();
    let query = UserQuery::from(filter.clone()).limit(1);
    mock.expect_list().with(eq(query.clone())).once().return_once(|_| Ok(vec![User::new(id(1))]));
    assert!(mock.exists(&filter).await.unwrap());
    mock.expect_list().with(eq(query)).once().return_once(|_| Ok(vec![]));
    assert!(!mock.exists(&filter).await.unwrap());

    let no_users = UserFilter::new().user_ids(Vec::<UserId>::new());
    assert!(!InMemoryUserDirectory::permissive().exists(&no_users).await.unwrap());
}
