//! Tests the same implementors with a version of the port that has a 38th operation, `archive`.

use std::sync::Arc;

use downstream::adapter::StaffDirectory;
use downstream::interceptor::Audit;
use downstream::wrapper::MembersOf;
use user_directory::decorators::{CachePolicy, CachedUserDirectory, ReadOnlyUserDirectory, RecordingUserDirectory};
use user_directory::interceptor::Intercepted;
use user_directory::model::OrganizationId;
use user_directory::{MockUserDirectory, Operation, Result, User, UserDirectory, UserId, async_trait};

/// A directory that supports the new operation.
#[derive(Debug, Clone)]
struct Archive;

#[async_trait]
impl UserDirectory for Archive {
    async fn get(&self, user_id: &UserId) -> Result<User> {
        Ok(User::new(user_id.clone()))
    }

    async fn archive(&self, user_id: &UserId) -> Result<User> {
        Ok(User::new(user_id.clone()))
    }
}

fn ada() -> UserId {
    UserId::new("user_ada").unwrap()
}

#[test]
fn old_adapter_does_not_support_archive() {
    let error = tokio_test::block_on(StaffDirectory::new([User::new(ada())]).archive(&ada())).unwrap_err();
    assert!(error.is_unsupported());
    assert_eq!(error.operation(), Some(Operation::Archive));
}

#[test]
fn old_wrapper_forwards_archive() {
    let members = MembersOf::new(OrganizationId::new("org_1").unwrap(), Archive);
    assert_eq!(tokio_test::block_on(members.archive(&ada())).unwrap().id, ada());
}

#[test]
fn old_interceptor_logs_and_rejects_archive() {
    let audit = Audit::default();
    tokio_test::block_on(async {
        Intercepted::new(Archive, audit.clone()).archive(&ada()).await.unwrap();
        assert!(Intercepted::new(Archive, audit.frozen()).archive(&ada()).await.unwrap_err().is_forbidden());
    });
    assert_eq!(audit.log(), [r#"archive ["user_ada"] -> ["user_ada"]"#, r#"archive ["user_ada"] -> forbidden"#]);
}

#[test]
fn pointers_forward_archive() {
    tokio_test::block_on(async {
        let shared: Arc<dyn UserDirectory> = Arc::new(Archive);
        assert_eq!(shared.archive(&ada()).await.unwrap().id, ada());
        let boxed: Box<dyn UserDirectory> = Box::new(shared);
        assert_eq!(boxed.archive(&ada()).await.unwrap().id, ada());
    });
}

#[test]
fn decorators_intercept_archive() {
    tokio_test::block_on(async {
        let recording = RecordingUserDirectory::new(Archive);
        recording.archive(&ada()).await.unwrap();
        assert_eq!(recording.calls()[0].to_string(), "archive user_ada: ok");

        let error = ReadOnlyUserDirectory::new(recording.clone()).archive(&ada()).await.unwrap_err();
        assert!(error.is_unsupported());
        assert_eq!(recording.calls().len(), 1);
    });
}

#[test]
fn archive_invalidates_the_cache() {
    tokio_test::block_on(async {
        let recording = RecordingUserDirectory::new(Archive);
        let cached = CachedUserDirectory::new(recording.clone(), CachePolicy::default());
        cached.get(&ada()).await.unwrap();
        cached.get(&ada()).await.unwrap();
        assert_eq!(recording.times_called(Operation::Get), 1);
        cached.archive(&ada()).await.unwrap();
        cached.get(&ada()).await.unwrap();
        assert_eq!(recording.times_called(Operation::Get), 2);
    });
}

#[test]
fn mock_expects_archive() {
    let mut mock = MockUserDirectory::new();
    mock.expect_archive().once().returning(|id| Ok(User::new(id.clone())));
    assert_eq!(tokio_test::block_on(mock.archive(&ada())).unwrap().id, ada());
}
