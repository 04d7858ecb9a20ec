//! Files that are not where they were, or not themselves.

use super::*;

const TOLD: &str = "the state file was removed, replaced or changed, and is written anew";

/// An open file with a user in it.
async fn with_ada(world: &World) -> (InMemoryUserDirectory, StateFile) {
    let (directory, mut state) = world.open().unwrap();
    create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    (directory, state)
}

/// Puts another file of the same length in place.
fn replace(world: &World) {
    let other = world.folder.path().join("other");
    fs::write(&other, vec![b' '; world.bytes().len()]).unwrap();
    fs::rename(other, world.path()).unwrap();
}

#[tokio::test]
async fn a_file_that_is_removed_replaced_or_changed_is_written_anew() {
    type Harm = fn(&World);
    let harms: [(&str, Harm); 5] = [
        ("removed", |world| fs::remove_file(world.path()).unwrap()),
        ("renamed", |world| fs::rename(world.path(), world.folder.path().join("elsewhere")).unwrap()),
        ("replaced", replace),
        ("emptied", |world| world.write(b"")),
        ("added to", |world| {
            OpenOptions::new().append(true).open(world.path()).unwrap().write_all(b"and so on").unwrap();
        }),
    ];
    for (what, harm) in harms {
        let world = World::new();
        let (directory, mut state) = with_ada(&world).await;
        harm(&world);
        create(&directory, "grace").await;
        let ((), told) = log(|| state.save().unwrap());
        assert_eq!(told.matches(TOLD).count(), 1, "{what}: {told}");
        assert_eq!(world.records(), records(&directory), "{what}");
        assert_eq!(lines(&world.bytes()), 3, "{what}");

        // And it goes on as before.
        create(&directory, "linus").await;
        let ((), told) = log(|| state.save().unwrap());
        assert_eq!(told, "", "{what}");
        drop(state);
        assert_eq!(records(&world.open().unwrap().0), records(&directory), "{what}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_written_anew_is_tried_again_and_told_once() {
    let world = World::new();
    let (directory, mut state) = with_ada(&world).await;
    fs::remove_file(world.path()).unwrap();
    let in_the_way = beside(&world.path(), ".tmp");
    fs::create_dir(&in_the_way).unwrap();
    create(&directory, "grace").await;
    let ((), told) = log(|| {
        for _ in 0..3 {
            state.save().unwrap_err();
        }
        fs::remove_dir(&in_the_way).unwrap();
        state.save().unwrap();
    });
    assert_eq!(told.matches(TOLD).count(), 1, "{told}");
    assert!(told.contains(&*world.path().file_name().unwrap().to_string_lossy()), "{told}");
    assert_eq!(world.records(), records(&directory));

    // Another time is another time to tell.
    fs::remove_file(world.path()).unwrap();
    create(&directory, "linus").await;
    let ((), told) = log(|| state.save().unwrap());
    assert_eq!(told.matches(TOLD).count(), 1, "{told}");
    assert_eq!(world.records(), records(&directory));
}

#[tokio::test]
async fn a_file_that_is_removed_during_a_compaction_is_written_anew() {
    let world = World::new();
    let (directory, mut state) = with_ada(&world).await;
    state.due_beyond = 0;
    state.compact_in_background().unwrap();
    assert!(state.background.is_some());
    fs::remove_file(world.path()).unwrap();
    create(&directory, "grace").await;
    state.save().unwrap();
    assert!(state.background.is_none());
    assert_eq!(world.records(), records(&directory));
    create(&directory, "linus").await;
    state.save().unwrap();
    state.compact_in_background().unwrap();
    assert_eq!(world.records(), records(&directory));
    assert!(!beside(&world.path(), ".tmp").exists());
}

#[tokio::test]
async fn a_file_that_is_removed_is_there_again_when_it_is_closed() {
    let world = World::new();
    let (directory, state) = with_ada(&world).await;
    fs::remove_file(world.path()).unwrap();
    state.close().unwrap();
    assert_eq!(world.records(), records(&directory));
}

/// Elsewhere a file of the same length passes for the same.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_replaced_is_there_again_when_it_is_closed() {
    let world = World::new();
    let (directory, mut state) = with_ada(&world).await;
    state.tidy();
    replace(&world);
    state.close().unwrap();
    assert_eq!(world.records(), records(&directory));
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    #[tokio::test]
    async fn a_link_stays_a_link() {
        let world = World::new();
        let (directory, state) = world.open().unwrap();
        drop(state);
        let link = world.folder.path().join("link");
        symlink(world.path(), &link).unwrap();
        let mut state = StateFile::open(&link, &directory).unwrap();
        assert!(matches!(world.open().unwrap_err(), StateError::InUse { .. }));
        create(&directory, "ada.lovelace").await;
        state.tidy();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(world.records(), records(&directory));
    }

    #[test]
    fn a_link_that_leads_nowhere_is_refused() {
        let world = World::new();
        let link = world.folder.path().join("link");
        symlink("nowhere", &link).unwrap();
        let error = StateFile::open(&link, &world.directory()).unwrap_err();
        assert!(matches!(error, StateError::DanglingLink { .. }), "{error}");
        assert!(error.to_string().ends_with("link is a symbolic link to a file that does not exist"), "{error}");
        // With nothing beside it.
        assert_eq!(fs::read_dir(world.folder.path()).unwrap().count(), 1);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn a_link_that_cannot_be_followed_is_refused() {
        let world = World::new();
        let link = world.folder.path().join("link");
        symlink("link", &link).unwrap();
        let error = StateFile::open(&link, &world.directory()).unwrap_err();
        assert!(matches!(error, StateError::Io { .. }), "{error}");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[tokio::test]
    async fn a_new_file_is_the_same_by_whatever_way_its_folder_is_reached() {
        let world = World::new();
        let link = world.folder.path().join("folder");
        symlink(".", &link).unwrap();
        let directory = world.directory();
        let _state = StateFile::open(&link.join("state.jsonl"), &directory).unwrap();
        assert!(matches!(world.open().unwrap_err(), StateError::InUse { .. }));
    }
}
