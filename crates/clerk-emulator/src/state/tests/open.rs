//! Tests of `StateFile::open`: failures have no side effects, and the value releases what it holds.

use std::error::Error;

use super::*;

fn without_end(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len() - 10]
}

/// Creates a file with an outdated record, and returns its two users.
async fn create_outdated(world: &World) -> Vec<Arc<Record>> {
    let (directory, mut state) = world.open().unwrap();
    let ada = create(&directory, "ada.lovelace").await;
    create(&directory, "grace").await;
    state.save().unwrap();
    directory.ban(&ada).await.unwrap();
    state.save().unwrap();
    records(&directory)
}

#[tokio::test]
async fn open_does_not_modify_directory_if_the_file_cannot_be_written() {
    let world = World::new();
    let users = create_outdated(&world).await;
    let bytes = world.bytes();
    // A folder at the path of the temporary file makes the compaction fail.
    let obstacle = with_suffix(&world.path(), ".tmp");
    fs::create_dir(&obstacle).unwrap();
    let directory = world.directory();
    let error = StateFile::open(&world.path(), &directory).unwrap_err();
    assert!(matches!(error, StateError::Io { .. }), "{error}");
    assert!(directory.is_empty());
    assert_eq!(world.bytes(), bytes);

    // Neither the tracker nor the lock is held, so another attempt succeeds.
    let tracker = ChangeTracker::new(&directory).unwrap();
    drop(tracker);
    fs::remove_dir(&obstacle).unwrap();
    let _state = StateFile::open(&world.path(), &directory).unwrap();
    assert_eq!(records(&directory), users);
}

#[tokio::test]
async fn open_does_not_modify_file_if_the_directory_has_users() {
    let world = World::new();
    create_outdated(&world).await;
    let bytes = world.bytes();
    for bytes in [&bytes[..], without_end(&bytes)] {
        world.write(bytes);
        let directory = world.directory();
        create(&directory, "linus").await;
        let before = records(&directory);
        let error = StateFile::open(&world.path(), &directory).unwrap_err();
        assert!(matches!(error, StateError::NotEmpty { .. }), "{error}");
        assert_eq!(world.bytes(), bytes);
        assert_eq!(records(&directory), before);
        assert!(ChangeTracker::new(&directory).is_some());
        assert!(!with_suffix(&world.path(), ".torn").exists());
    }
}

#[tokio::test]
async fn drop_stops_tracking_changes() {
    let world = World::new();
    let (directory, state) = world.open().unwrap();
    assert!(ChangeTracker::new(&directory).is_none());
    drop(state);
    create(&directory, "ada.lovelace").await;
    let tracker = ChangeTracker::new(&directory).unwrap();
    assert_eq!(tracker.take_changes(), []);
}

#[tokio::test]
async fn open_rejects_directory_with_another_state_file() {
    let (world, other) = (World::new(), World::new());
    let (directory, mut state) = world.open().unwrap();
    let error = StateFile::open(&other.path(), &directory).unwrap_err();
    assert!(matches!(error, StateError::DirectoryInUse { .. }), "{error}");
    assert!(!other.path().exists());
    create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    assert_eq!(world.records(), records(&directory));
    drop(state);
    let _state = StateFile::open(&other.path(), &directory).unwrap();
    assert_eq!(other.records(), records(&directory));
}

#[tokio::test]
async fn open_rejects_records_with_the_same_position() {
    let world = World::new();
    create_outdated(&world).await;
    let records = world.records();
    let json = |record: &Record| {
        let mut json = Vec::new();
        record.write(&mut json).unwrap();
        String::from_utf8(json).unwrap()
    };
    let ada = records[0].id().to_string();
    let twin = json(&records[0]).replace(&ada, "user_twin");
    let twin = Arc::new(Record::read(&twin).unwrap());
    let mut bytes = world.bytes();
    format::write_record(&twin, &mut bytes).unwrap();
    world.write(&bytes);
    let error = world.open().unwrap_err().to_string();
    assert!(
        error.ends_with("line 4 or an earlier line has a record with the id or sequence number of another record"),
        "{error}"
    );
    assert_eq!(world.bytes(), bytes);
}

#[test]
fn error_of_the_system_is_the_source_and_not_in_the_message() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nowhere").join("state.jsonl");
    let error = StateFile::open(&path, &InMemoryUserDirectory::new()).unwrap_err();
    assert_eq!(error.to_string(), format!("the state file {} cannot be opened", path.display()));
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), ErrorKind::NotFound);
}
