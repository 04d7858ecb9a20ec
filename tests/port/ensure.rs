//! `ensure`.

use mockall::predicate::eq;
use user_directory::ext::Ensured;
use user_directory::{
    Error, ErrorKind, InMemoryUserDirectory, MockUserDirectory, NewUser, Operation, User, UserDirectory,
    UserDirectoryExt, UserFilter, UserId, UserQuery,
};

fn ada() -> NewUser {
    NewUser::new().external_id("customer-1").email_address("ada@example.com")
}

fn failing(kind: ErrorKind) -> MockUserDirectory {
    let mut mock = MockUserDirectory::new();
    mock.expect_create().once().return_once(move |_| Err(Error::new(kind).with_operation(Operation::Create)));
    mock
}

fn lookup() -> UserQuery {
    UserQuery::from(UserFilter::new().external_id("customer-1")).limit(1)
}

#[tokio::test]
async fn ensure_rejects_user_without_external_id_before_any_request() {
    let mock = MockUserDirectory::new();
    for new in [NewUser::new().email_address("ada@example.com"), ada().external_id("")] {
        let error = mock.ensure(&new).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidInput, Some(Operation::Create)));
        assert_eq!(error.param_name(), Some("external_id"));
    }
}

#[tokio::test]
async fn ensure_creates_a_user_once() {
    let directory = InMemoryUserDirectory::permissive();
    let first = directory.ensure(&ada()).await.unwrap();
    let second = directory.ensure(&ada()).await.unwrap();
    // A different address does not matter: nothing else is compared or changed.
    let third = directory.ensure(&ada().email_address("lovelace@example.com")).await.unwrap();
    assert!(matches!(first, Ensured::Created(_)));
    assert!(matches!(&second, Ensured::Found(user) if user == first.user()));
    assert_eq!(third.into_user(), first.into_user());
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 1);
}

#[tokio::test]
async fn ensure_fails_with_conflict_for_identifier_of_another_user() {
    let directory = InMemoryUserDirectory::permissive();
    directory.create(&NewUser::new().email_address("ada@example.com")).await.unwrap();
    let error = directory.ensure(&ada()).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Conflict, Some(Operation::Create)));
    assert_eq!(error.param_name(), Some("email_address"));
}

#[tokio::test]
async fn ensure_fails_if_the_lookup_after_a_conflict_fails() {
    let mut mock = failing(ErrorKind::Conflict);
    mock.expect_list().once().return_once(|_| Err(Error::new(ErrorKind::RateLimited)));
    let error = mock.ensure(&ada()).await.unwrap_err();
    assert!(error.is_rate_limited() && !error.is_outcome_unknown(), "{error}");
}

#[tokio::test]
async fn ensure_looks_up_user_only_after_conflict_or_unknown_outcome() {
    let user = || User::new(UserId::new("user_1").unwrap());
    for kind in
        [ErrorKind::Conflict, ErrorKind::Timeout, ErrorKind::Transport, ErrorKind::Unavailable, ErrorKind::Server]
    {
        let mut mock = failing(kind);
        mock.expect_list().with(eq(lookup())).once().return_once(move |_| Ok(vec![user()]));
        assert_eq!(mock.ensure(&ada()).await.unwrap(), Ensured::Found(user()), "{kind}");

        let mut mock = failing(kind);
        mock.expect_list().with(eq(lookup())).once().return_once(|_| Ok(vec![]));
        let error = mock.ensure(&ada()).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (kind, Some(Operation::Create)));
    }
    for kind in [
        ErrorKind::InvalidInput,
        ErrorKind::Forbidden,
        ErrorKind::PaymentRequired,
        ErrorKind::Unauthenticated,
        ErrorKind::RateLimited,
        ErrorKind::Locked,
        ErrorKind::Connect,
    ] {
        assert_eq!(failing(kind).ensure(&ada()).await.unwrap_err().kind(), kind);
    }
}
