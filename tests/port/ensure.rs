//! Making sure that there is a user.

use mockall::predicate::eq;
use user_directory::emulator::{Cut, Emulator, Fault};
use user_directory::{
    ClerkUserDirectory, Ensured, Error, ErrorKind, InMemoryUserDirectory, MockUserDirectory, NewUser, Operation,
    RetryPolicy, SecretKey, User, UserDirectory, UserDirectoryExt, UserFilter, UserId, UserQuery,
};

fn ada() -> NewUser {
    NewUser::new().external_id("customer-1").email_address("ada@example.com")
}

fn client(emulator: &Emulator) -> ClerkUserDirectory {
    let builder = ClerkUserDirectory::builder(SecretKey::new("sk_test_notarealkey").unwrap());
    builder.base_url(emulator.api_url()).retry(RetryPolicy::none()).build().unwrap()
}

fn failing(kind: ErrorKind) -> MockUserDirectory {
    let mut mock = MockUserDirectory::new();
    mock.expect_create().once().return_once(move |_| Err(Error::new(kind).with_operation(Operation::Create)));
    mock
}

fn look_up() -> UserQuery {
    UserQuery::from(UserFilter::new().external_id("customer-1")).limit(1)
}

#[tokio::test]
async fn a_user_without_an_external_id_is_refused_before_anything_is_asked() {
    let mock = MockUserDirectory::new();
    for new in [NewUser::new().email_address("ada@example.com"), ada().external_id("")] {
        let error = mock.ensure(&new).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidInput, Some(Operation::Create)));
        assert_eq!(error.param_name(), Some("external_id"));
    }
}

#[tokio::test]
async fn a_user_is_created_once() {
    let directory = InMemoryUserDirectory::new();
    let first = directory.ensure(&ada()).await.unwrap();
    let second = directory.ensure(&ada()).await.unwrap();
    // Another address, the same user: nothing is compared or changed.
    let third = directory.ensure(&ada().email_address("lovelace@example.com")).await.unwrap();
    assert!(matches!(first, Ensured::Created(_)));
    assert!(matches!(&second, Ensured::Found(user) if user == first.user()));
    assert_eq!(third.into_user(), first.into_user());
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 1);
}

#[tokio::test]
async fn somebody_elses_identifier_is_a_conflict() {
    let directory = InMemoryUserDirectory::new();
    directory.create(&NewUser::new().email_address("ada@example.com")).await.unwrap();
    let error = directory.ensure(&ada()).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Conflict, Some(Operation::Create)));
    assert_eq!(error.param_name(), Some("email_address"));
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_work_is_found_again() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator);
    for (number, fault) in [
        Fault::cut(Cut::BeforeAnswer).after_work(),
        Fault::cut(Cut::WithinAnswer),
        Fault::status(503).after_work(),
        Fault::status(500).after_work(),
    ]
    .into_iter()
    .enumerate()
    {
        let external_id = format!("customer-{number}");
        let new = NewUser::new().external_id(&*external_id).email_address(format!("{external_id}@example.com"));
        emulator.add_fault(fault.operation(Operation::Create).times(1));
        let ensured = client.ensure(&new).await.unwrap();
        assert!(!ensured.is_created());
        assert_eq!(ensured.user().external_id.as_deref(), Some(&*external_id));
        assert_eq!(client.count(&UserFilter::new()).await.unwrap(), number as u64 + 1);
    }
    emulator.stop().await.unwrap();
}

#[tokio::test]
async fn a_request_that_is_lost_before_the_work_can_be_repeated() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator);
    emulator.add_fault(Fault::cut(Cut::BeforeAnswer).operation(Operation::Create).times(1));
    let error = client.ensure(&ada()).await.unwrap_err();
    assert!(error.is_outcome_unknown() && error.operation() == Some(Operation::Create), "{error}");
    assert!(client.ensure(&ada()).await.unwrap().is_created());
    emulator.stop().await.unwrap();
}

#[tokio::test]
async fn a_look_up_that_fails_too_leaves_the_outcome_unknown() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator);
    let lost = Fault::cut(Cut::BeforeAnswer).after_work();
    emulator.add_fault(lost.operation(Operation::Create).times(1));
    emulator.add_fault(Fault::status(429).operation(Operation::List).times(1));
    let error = client.ensure(&ada()).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::RateLimited, Some(Operation::List)));
    assert!(error.is_outcome_unknown());
    assert!(!client.ensure(&ada()).await.unwrap().is_created());
    emulator.stop().await.unwrap();

    let mut mock = failing(ErrorKind::Conflict);
    mock.expect_list().once().return_once(|_| Err(Error::new(ErrorKind::RateLimited)));
    let error = mock.ensure(&ada()).await.unwrap_err();
    assert!(error.is_rate_limited() && !error.is_outcome_unknown(), "{error}");
}

#[tokio::test]
async fn only_a_conflict_and_an_unknown_outcome_are_looked_into() {
    let user = || User::new(UserId::new("user_1").unwrap());
    for kind in
        [ErrorKind::Conflict, ErrorKind::Timeout, ErrorKind::Transport, ErrorKind::Unavailable, ErrorKind::Server]
    {
        let mut mock = failing(kind);
        mock.expect_list().with(eq(look_up())).once().return_once(move |_| Ok(vec![user()]));
        assert_eq!(mock.ensure(&ada()).await.unwrap(), Ensured::Found(user()), "{kind}");

        let mut mock = failing(kind);
        mock.expect_list().with(eq(look_up())).once().return_once(|_| Ok(vec![]));
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
