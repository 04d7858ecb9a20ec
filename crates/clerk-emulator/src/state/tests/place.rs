//! Tests of files that are removed, replaced or modified while they are in use, and of symbolic links.

use super::*;

const MESSAGE: &str = "the state file was removed, replaced or modified; rewriting it";

/// Opens a file and saves a user to it.
async fn open_with_user(world: &World) -> (InMemoryUserDirectory, StateFile) {
    let (directory, mut state) = world.open().unwrap();
    create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    (directory, state)
}

/// Replaces the state file by another file of the same length.
fn replace(world: &World) {
    let other = world.folder.path().join("other");
    fs::write(&other, vec![b' '; world.bytes().len()]).unwrap();
    fs::rename(other, world.path()).unwrap();
}

#[tokio::test]
async fn save_rewrites_removed_replaced_or_modified_file() {
    type Change = fn(&World);
    let changes: [(&str, Change); 5] = [
        ("removed", |world| fs::remove_file(world.path()).unwrap()),
        ("renamed", |world| fs::rename(world.path(), world.folder.path().join("elsewhere")).unwrap()),
        ("replaced", replace),
        ("emptied", |world| world.write(b"")),
        ("appended to", |world| {
            OpenOptions::new().append(true).open(world.path()).unwrap().write_all(b"and so on").unwrap();
        }),
    ];
    for (name, change) in changes {
        let world = World::new();
        let (directory, mut state) = open_with_user(&world).await;
        change(&world);
        create(&directory, "grace").await;
        let ((), logged) = log(|| state.save().unwrap());
        assert_eq!(logged.matches(MESSAGE).count(), 1, "{name}: {logged}");
        assert_eq!(world.records(), records(&directory), "{name}");
        assert_eq!(lines(&world.bytes()), 3, "{name}");

        // Later saves work as before.
        create(&directory, "linus").await;
        let ((), logged) = log(|| state.save().unwrap());
        assert_eq!(logged, "", "{name}");
        drop(state);
        assert_eq!(records(&world.open().unwrap().0), records(&directory), "{name}");
    }
}

#[tokio::test]
async fn failed_rewrite_is_retried_and_logged_once() {
    let world = World::new();
    let (directory, mut state) = open_with_user(&world).await;
    fs::remove_file(world.path()).unwrap();
    let obstacle = with_suffix(&world.path(), ".tmp");
    fs::create_dir(&obstacle).unwrap();
    create(&directory, "grace").await;
    let ((), logged) = log(|| {
        for _ in 0..3 {
            state.save().unwrap_err();
        }
        fs::remove_dir(&obstacle).unwrap();
        state.save().unwrap();
    });
    assert_eq!(logged.matches(MESSAGE).count(), 1, "{logged}");
    assert!(logged.contains(&*world.path().file_name().unwrap().to_string_lossy()), "{logged}");
    assert_eq!(world.records(), records(&directory));

    // Another loss is logged again.
    fs::remove_file(world.path()).unwrap();
    create(&directory, "linus").await;
    let ((), logged) = log(|| state.save().unwrap());
    assert_eq!(logged.matches(MESSAGE).count(), 1, "{logged}");
    assert_eq!(world.records(), records(&directory));
}

#[tokio::test]
async fn save_rewrites_file_removed_during_compaction() {
    let world = World::new();
    let (directory, mut state) = open_with_user(&world).await;
    state.compaction_threshold = 0;
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
    assert!(!with_suffix(&world.path(), ".tmp").exists());
}

#[tokio::test]
async fn close_rewrites_removed_file() {
    let world = World::new();
    let (directory, state) = open_with_user(&world).await;
    fs::remove_file(world.path()).unwrap();
    state.close().unwrap();
    assert_eq!(world.records(), records(&directory));
}

/// On other systems, files of the same length are not distinguished.
#[cfg(unix)]
#[tokio::test]
async fn close_rewrites_replaced_file() {
    let world = World::new();
    let (directory, mut state) = open_with_user(&world).await;
    state.save_and_compact();
    replace(&world);
    state.close().unwrap();
    assert_eq!(world.records(), records(&directory));
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    #[tokio::test]
    async fn compaction_preserves_symbolic_link() {
        let world = World::new();
        let (directory, state) = world.open().unwrap();
        drop(state);
        let link = world.folder.path().join("link");
        symlink(world.path(), &link).unwrap();
        let mut state = StateFile::open(&link, &directory).unwrap();
        assert!(matches!(world.open().unwrap_err(), StateError::InUse { .. }));
        create(&directory, "ada.lovelace").await;
        state.save_and_compact();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(world.records(), records(&directory));
    }

    #[test]
    fn open_rejects_dangling_link() {
        let world = World::new();
        let link = world.folder.path().join("link");
        symlink("nowhere", &link).unwrap();
        let error = StateFile::open(&link, &world.directory()).unwrap_err();
        assert!(matches!(error, StateError::DanglingLink { .. }), "{error}");
        assert!(error.to_string().ends_with("link is a symbolic link to a file that does not exist"), "{error}");
        // No other file was created.
        assert_eq!(fs::read_dir(world.folder.path()).unwrap().count(), 1);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn open_rejects_link_loop() {
        let world = World::new();
        let link = world.folder.path().join("link");
        symlink("link", &link).unwrap();
        let error = StateFile::open(&link, &world.directory()).unwrap_err();
        assert!(matches!(error, StateError::Io { .. }), "{error}");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[tokio::test]
    async fn open_rejects_file_in_use_through_another_path() {
        let world = World::new();
        let link = world.folder.path().join("folder");
        symlink(".", &link).unwrap();
        let directory = world.directory();
        let _state = StateFile::open(&link.join("state.jsonl"), &directory).unwrap();
        assert!(matches!(world.open().unwrap_err(), StateError::InUse { .. }));
    }
}
