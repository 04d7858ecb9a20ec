//! Combinations of decorators in different orders.

use user_directory::decorators::{
    CachePolicy, CachedUserDirectory, Fault, FaultyUserDirectory, ReadOnlyUserDirectory, RecordingUserDirectory,
};
use user_directory::{ErrorKind, InMemoryUserDirectory, NewUser, Operation, UserDirectory, UserId};

async fn with_ada() -> (InMemoryUserDirectory, UserId) {
    let directory = InMemoryUserDirectory::permissive();
    let ada = directory.create(&NewUser::new().username("ada_lovelace")).await.unwrap().id;
    (directory, ada)
}

fn cached<D: UserDirectory>(inner: D) -> CachedUserDirectory<D> {
    CachedUserDirectory::new(inner, CachePolicy::default())
}

#[tokio::test]
async fn recording_directory_records_only_calls_that_reach_it() {
    let (directory, ada) = with_ada().await;
    let inside = RecordingUserDirectory::new(directory);
    let outside = RecordingUserDirectory::new(cached(inside.clone()));
    for _ in 0..3 {
        outside.get(&ada).await.unwrap();
    }
    assert_eq!((outside.times_called(Operation::Get), inside.times_called(Operation::Get)), (3, 1));
}

#[tokio::test]
async fn cache_hides_inner_faults_only() {
    let (directory, ada) = with_ada().await;
    let inside = FaultyUserDirectory::new(directory);
    let outside = FaultyUserDirectory::new(cached(inside.clone()));
    outside.get(&ada).await.unwrap();
    inside.add_fault(Fault::kind(ErrorKind::Unavailable));
    assert!(outside.get(&ada).await.is_ok());
    outside.add_fault(Fault::kind(ErrorKind::Server));
    assert_eq!(outside.get(&ada).await.unwrap_err().kind(), ErrorKind::Server);
}

#[tokio::test]
async fn rejected_write_invalidates_only_an_outer_cache() {
    let (directory, ada) = with_ada().await;
    let recording = RecordingUserDirectory::new(directory);
    let in_front = ReadOnlyUserDirectory::new(cached(recording.clone()));
    let behind = cached(ReadOnlyUserDirectory::new(recording.clone()));
    for (users, gets) in [(&in_front as &dyn UserDirectory, 1), (&behind, 2)] {
        recording.clear_calls();
        users.get(&ada).await.unwrap();
        assert!(users.ban(&ada).await.unwrap_err().is_unsupported());
        users.get(&ada).await.unwrap();
        assert_eq!((recording.times_called(Operation::Get), recording.times_called(Operation::Ban)), (gets, 0));
    }
}
