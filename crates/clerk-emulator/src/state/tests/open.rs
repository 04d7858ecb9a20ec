//! What is left of an attempt to open a file that fails, and of one that was open.

use std::error::Error;

use super::*;

fn unfinished(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len() - 10]
}

/// A file with two users, one of them changed, so that it is to be written anew.
async fn outdated(world: &World) -> Vec<Arc<Record>> {
    let (directory, mut state) = world.open().unwrap();
    let ada = create(&directory, "ada.lovelace").await;
    create(&directory, "grace").await;
    state.save().unwrap();
    directory.ban(&ada).await.unwrap();
    state.save().unwrap();
    records(&directory)
}

#[tokio::test]
async fn a_directory_is_as_it_was_if_the_file_cannot_be_written() {
    let world = World::new();
    let users = outdated(&world).await;
    let bytes = world.bytes();
    // A folder cannot be removed like a file that was left.
    let in_the_way = beside(&world.path(), ".tmp");
    fs::create_dir(&in_the_way).unwrap();
    let directory = world.directory();
    let error = StateFile::open(&world.path(), &directory).unwrap_err();
    assert!(matches!(error, StateError::Io { .. }), "{error}");
    assert!(directory.is_empty());
    assert_eq!(world.bytes(), bytes);

    // Nothing is noted either, and the file is open for whoever tries again.
    let tracked = Tracked::new(&directory).unwrap();
    drop(tracked);
    fs::remove_dir(&in_the_way).unwrap();
    let _state = StateFile::open(&world.path(), &directory).unwrap();
    assert_eq!(records(&directory), users);
}

#[tokio::test]
async fn a_file_is_as_it_was_if_the_directory_has_users() {
    let world = World::new();
    outdated(&world).await;
    let bytes = world.bytes();
    for bytes in [&bytes[..], unfinished(&bytes)] {
        world.write(bytes);
        let directory = world.directory();
        create(&directory, "linus").await;
        let before = records(&directory);
        let error = StateFile::open(&world.path(), &directory).unwrap_err();
        assert!(matches!(error, StateError::NotEmpty { .. }), "{error}");
        assert_eq!(world.bytes(), bytes);
        assert_eq!(records(&directory), before);
        assert!(Tracked::new(&directory).is_some());
        assert!(!beside(&world.path(), ".torn").exists());
    }
}

#[tokio::test]
async fn nothing_is_noted_any_more_when_the_file_is_closed() {
    let world = World::new();
    let (directory, state) = world.open().unwrap();
    assert!(Tracked::new(&directory).is_none());
    drop(state);
    create(&directory, "ada.lovelace").await;
    let tracked = Tracked::new(&directory).unwrap();
    assert_eq!(tracked.take_changes(), []);
}

#[tokio::test]
async fn a_directory_is_kept_in_one_file_at_a_time() {
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
async fn users_who_share_a_place_are_told_in_plain_words() {
    let world = World::new();
    outdated(&world).await;
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
        error.ends_with("line 4 and those before it have two records that share an id or sequence number"),
        "{error}"
    );
    assert_eq!(world.bytes(), bytes);
}

#[test]
fn what_the_system_says_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nowhere").join("state.jsonl");
    let error = StateFile::open(&path, &InMemoryUserDirectory::new()).unwrap_err();
    assert_eq!(error.to_string(), format!("the state file {} cannot be opened", path.display()));
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), ErrorKind::NotFound);
}
