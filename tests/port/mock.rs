//! `MockUserDirectory` as the port and behind pointers. `crates/integration-tests` has a test of the mock in another
//! crate.

use std::sync::Arc;

use mockall::predicate::eq;
use mockall::{Sequence, mock};
use user_directory::model::PasswordVerification;
use user_directory::{
    Error, ErrorKind, MockUserDirectory, NewUser, Operation, Password, User, UserDirectory, UserFilter, UserId,
    UserQuery,
};

fn id() -> UserId {
    UserId::new("user_1").unwrap()
}

#[test]
fn expectations_match_requests() {
    let new_user = NewUser::new().email_address("ada@example.com").password(Password::new("correct horse battery"));
    let query = UserQuery::from(UserFilter::new().email_address("ada@example.com"));
    let mut users = MockUserDirectory::new();
    users.expect_create().with(eq(new_user.clone())).once().returning(|_| Ok(User::new(id())));
    users.expect_list().with(eq(query.clone())).once().returning(|_| Ok(vec![User::new(id())]));
    users.expect_bulk_ban().withf(|ids| **ids == [id()]).once().returning(|_| Ok(vec![]));

    let users: Arc<dyn UserDirectory> = Arc::new(users);
    tokio_test::block_on(async {
        assert_eq!(users.create(&new_user).await.unwrap().id, id());
        assert_eq!(users.list(&query).await.unwrap().len(), 1);
        assert!(users.bulk_ban(&id().into()).await.unwrap().is_empty());
    });
}

#[test]
fn expectations_can_be_ordered_and_return_errors() {
    let mut users = MockUserDirectory::new();
    let mut sequence = Sequence::new();
    let timeout =
        |_: &UserId, _: &Password| Err(Error::new(ErrorKind::Timeout).with_operation(Operation::VerifyPassword));
    users.expect_verify_password().once().in_sequence(&mut sequence).returning(timeout);
    users
        .expect_verify_password()
        .once()
        .in_sequence(&mut sequence)
        .returning(|_, _| Ok(PasswordVerification::Correct));

    tokio_test::block_on(async {
        let password = Password::new("correct horse battery");
        let error = users.verify_password(&id(), &password).await.unwrap_err();
        assert!(error.is_timeout() && error.is_retryable());
        assert!(users.verify_password(&id(), &password).await.unwrap().is_correct());
    });
}

#[test]
fn pointers_to_a_directory_implement_the_port() {
    /// Generic code over the port.
    async fn count(users: impl UserDirectory) -> u64 {
        users.count(&UserFilter::new()).await.unwrap()
    }

    let counting = |times| {
        let mut users = MockUserDirectory::new();
        users.expect_count().times(times).returning(|_| Ok(7));
        users
    };
    tokio_test::block_on(async {
        assert_eq!(count(Arc::new(counting(1))).await, 7);
        assert_eq!(count(Box::new(counting(1))).await, 7);
        let shared: Arc<dyn UserDirectory> = Arc::new(counting(2));
        assert_eq!(count(Arc::clone(&shared)).await, 7);
        let boxed: Box<dyn UserDirectory> = Box::new(shared);
        assert_eq!(count(boxed).await, 7);
    });
}

#[test]
#[should_panic(expected = "get")]
fn unexpected_call_panics() {
    let users = MockUserDirectory::new();
    let _ = tokio_test::block_on(users.get(&id()));
}

mock! {
    /// Another mocked trait of an application.
    Mailer {
        fn send(&self, to: &str);
    }
}

#[test]
fn mock_works_beside_other_mocks() {
    let mut users = MockUserDirectory::new();
    users.expect_delete().once().returning(|_| Err(Error::new(ErrorKind::NotFound)));
    let mut mailer = MockMailer::new();
    mailer.expect_send().never();

    tokio_test::block_on(async {
        if users.delete(&id()).await.is_ok() {
            mailer.send("ada@example.com");
        }
    });
}
