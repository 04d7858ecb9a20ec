//! [`ReadOnlyUserDirectory`].

use std::sync::Arc;

use clerk_emulator::Emulator;
use user_directory::decorators::ReadOnlyUserDirectory;
use user_directory::model::TotpCode;
use user_directory::{
    ClerkUserDirectory, InMemoryUserDirectory, MockUserDirectory, NewUser, Operation, Password, SecretKey, User,
    UserDirectory, UserFilter, UserId, UserQuery, codes,
};

#[tokio::test]
async fn reads_are_forwarded() {
    let directory = InMemoryUserDirectory::permissive();
    let ada = NewUser::new().username("ada_lovelace").password(Password::new("correct horse battery staple"));
    let ada = directory.create(&ada).await.unwrap();
    let users: Arc<dyn UserDirectory> = Arc::new(ReadOnlyUserDirectory::new(directory));
    assert_eq!(users.get(&ada.id).await.unwrap(), ada);
    assert_eq!(users.list(&UserQuery::new()).await.unwrap(), std::slice::from_ref(&ada));
    assert_eq!(users.count(&UserFilter::new()).await.unwrap(), 1);
    assert!(users.verify_password(&ada.id, &Password::new("wrong")).await.is_ok());
}

#[tokio::test]
async fn writes_are_rejected_without_a_call() {
    // A mock without expectations panics when it is called.
    let users = ReadOnlyUserDirectory::new(MockUserDirectory::new());
    let id = UserId::new("user_1").unwrap();
    let errors = [
        users.create(&NewUser::new()).await.unwrap_err(),
        users.delete(&id).await.unwrap_err(),
        users.bulk_ban(&id.clone().into()).await.unwrap_err(),
        users.verify_totp(&id, &TotpCode::new("123456")).await.unwrap_err(),
    ];
    let operations = [Operation::Create, Operation::Delete, Operation::BulkBan, Operation::VerifyTotp];
    for (error, operation) in errors.iter().zip(operations) {
        assert!(error.is_unsupported(), "{error}");
        assert_eq!((error.operation(), error.status()), (Some(operation), None));
        assert_eq!(error.to_string(), format!("{operation}: not supported: the directory is read-only"));
        assert!(!error.is_retryable() && !error.is_outcome_unknown(), "{error}");
    }
}

#[tokio::test]
async fn result_of_a_read_is_forwarded() {
    let mut mock = MockUserDirectory::new();
    mock.expect_get().once().returning(|id| Ok(User::new(id.clone())));
    let users = ReadOnlyUserDirectory::new(mock);
    assert!(users.get(&UserId::new("user_1").unwrap()).await.is_ok());
    let users = ReadOnlyUserDirectory::new(InMemoryUserDirectory::permissive());
    assert!(users.get(&UserId::new("user_1").unwrap()).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn rejected_write_is_unsupported_over_http() {
    let users = ReadOnlyUserDirectory::new(InMemoryUserDirectory::permissive());
    let emulator = Emulator::builder().directory(Arc::new(users)).start().await.unwrap();
    let builder = ClerkUserDirectory::builder(SecretKey::new("sk_test_1").unwrap()).base_url(emulator.api_url());
    let error = builder.build().unwrap().ban(&UserId::new("user_1").unwrap()).await.unwrap_err();
    assert!(error.is_unsupported() && error.has_code(codes::UNSUPPORTED), "{error}");
    assert_eq!((error.operation(), error.status(), error.attempts()), (Some(Operation::Ban), Some(501), None));
}
