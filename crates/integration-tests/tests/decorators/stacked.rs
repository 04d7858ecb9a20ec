//! The order of the decorators matters.

use user_directory::{
    CachePolicy, CachedUserDirectory, Fault, FaultyUserDirectory, InMemoryUserDirectory, NewUser, Operation,
    ReadOnlyUserDirectory, RecordingUserDirectory, UserDirectory, UserId,
};

async fn with_ada() -> (InMemoryUserDirectory, UserId) {
    let directory = InMemoryUserDirectory::new();
    let ada = directory.create(&NewUser::new().username("ada.lovelace")).await.unwrap().id;
    (directory, ada)
}

fn cached(inner: impl UserDirectory) -> CachedUserDirectory {
    CachedUserDirectory::new(inner, CachePolicy::default())
}

#[tokio::test]
async fn a_recording_notes_what_is_asked_where_it_stands() {
    let (directory, ada) = with_ada().await;
    let inside = RecordingUserDirectory::new(directory);
    let outside = RecordingUserDirectory::new(cached(inside.clone()));
    for _ in 0..3 {
        outside.get(&ada).await.unwrap();
    }
    assert_eq!((outside.times_called(Operation::Get), inside.times_called(Operation::Get)), (3, 1));
}

#[tokio::test]
async fn a_memory_hides_faults_behind_it_and_not_those_in_front_of_it() {
    let (directory, ada) = with_ada().await;
    let inside = FaultyUserDirectory::new(directory);
    let outside = FaultyUserDirectory::new(cached(inside.clone()));
    outside.get(&ada).await.unwrap();
    inside.add_fault(Fault::status(503));
    assert!(outside.get(&ada).await.is_ok());
    outside.add_fault(Fault::status(500));
    assert_eq!(outside.get(&ada).await.unwrap_err().status(), Some(500));
}

#[tokio::test]
async fn a_guard_in_front_of_a_memory_leaves_it_alone_and_one_behind_it_does_not() {
    let (directory, ada) = with_ada().await;
    let asked = RecordingUserDirectory::new(directory);
    let in_front = ReadOnlyUserDirectory::new(cached(asked.clone()));
    let behind = cached(ReadOnlyUserDirectory::new(asked.clone()));
    for (users, gets) in [(&in_front as &dyn UserDirectory, 1), (&behind, 2)] {
        asked.clear_calls();
        users.get(&ada).await.unwrap();
        assert!(users.ban(&ada).await.unwrap_err().is_forbidden());
        users.get(&ada).await.unwrap();
        assert_eq!((asked.times_called(Operation::Get), asked.times_called(Operation::Ban)), (gets, 0));
    }
}
