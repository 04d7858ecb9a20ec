//! Tests of `UserDirectoryExt` over HTTP.

use clerk_emulator::{Cut, Emulator, HttpFault};
use user_directory::clerk::RetryPolicy;
use user_directory::{
    ClerkUserDirectory, ErrorKind, NewUser, Operation, SecretKey, User, UserDirectory, UserDirectoryExt, UserFilter,
    UserId, UserQuery,
};

fn ada() -> NewUser {
    NewUser::new().external_id("customer-1").email_address("ada@example.com").skip_password_requirement(true)
}

fn id(number: u32) -> UserId {
    UserId::new(format!("user_{number}")).unwrap()
}

fn client(emulator: &Emulator) -> ClerkUserDirectory {
    let builder = ClerkUserDirectory::builder(SecretKey::new("sk_test_notarealkey").unwrap());
    builder.base_url(emulator.api_url()).retry(RetryPolicy::none()).build().unwrap()
}

#[tokio::test]
async fn ensure_finds_user_after_lost_response() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator);
    for (number, fault) in [
        HttpFault::cut(Cut::BeforeResponse).after_work(),
        HttpFault::cut(Cut::WithinResponse),
        HttpFault::status(503).after_work(),
        HttpFault::status(500).after_work(),
    ]
    .into_iter()
    .enumerate()
    {
        let external_id = format!("customer-{number}");
        let new = NewUser::new().external_id(&*external_id).skip_password_requirement(true);
        let new = new.email_address(format!("{external_id}@example.com"));
        emulator.add_fault(fault.operation(Operation::Create).times(1));
        let ensured = client.ensure(&new).await.unwrap();
        assert!(!ensured.is_created());
        assert_eq!(ensured.user().external_id.as_deref(), Some(&*external_id));
        assert_eq!(client.count(&UserFilter::new()).await.unwrap(), number as u64 + 1);
    }
    emulator.stop().await.unwrap();
}

#[tokio::test]
async fn ensure_can_be_repeated_after_lost_request() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator);
    emulator.add_fault(HttpFault::cut(Cut::BeforeResponse).operation(Operation::Create).times(1));
    let error = client.ensure(&ada()).await.unwrap_err();
    assert!(error.is_outcome_unknown() && error.operation() == Some(Operation::Create), "{error}");
    assert!(client.ensure(&ada()).await.unwrap().is_created());
    emulator.stop().await.unwrap();
}

#[tokio::test]
async fn ensure_keeps_outcome_unknown_if_the_lookup_fails() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator);
    let lost = HttpFault::cut(Cut::BeforeResponse).after_work();
    emulator.add_fault(lost.operation(Operation::Create).times(1));
    emulator.add_fault(HttpFault::status(429).operation(Operation::List).times(1));
    let error = client.ensure(&ada()).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::RateLimited, Some(Operation::List)));
    assert!(error.is_outcome_unknown());
    assert!(!client.ensure(&ada()).await.unwrap().is_created());
    emulator.stop().await.unwrap();
}

#[tokio::test]
async fn stream_works_over_http_until_a_page_fails() {
    let emulator = Emulator::start().await.unwrap();
    emulator.store().unwrap().load((0..1_200).map(|number| User::new(id(number))).collect::<Vec<_>>()).await.unwrap();
    let client = client(&emulator);
    let mut stream = client.stream(UserQuery::new());
    let mut expected = 1_200;
    while let Some(user) = stream.next().await {
        expected -= 1;
        assert_eq!(user.unwrap().id, id(expected));
    }
    assert_eq!((expected, emulator.requests().len()), (0, 3));

    let mut stream = client.stream(UserQuery::new().starting_after(id(1_100)));
    emulator.add_fault(HttpFault::status(503).operation(Operation::List).times(1));
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Unavailable, Some(Operation::List)));
    assert!(stream.next().await.is_none());
    emulator.stop().await.unwrap();
}
