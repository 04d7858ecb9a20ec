//! Tests of `Saver`.

use std::error::Error;
use std::time::Duration;

use super::*;
use crate::state::Saver;

/// Polls until the condition is met.
async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn saver_saves_changes_periodically() {
    let world = World::new();
    let (directory, state) = world.open().unwrap();
    let saver = Saver::spawn(state, Duration::from_millis(1)).unwrap();
    for n in 0..5 {
        let id = create(&directory, &format!("user-{n}")).await;
        until(|| world.records().iter().any(|record| *record.id() == id)).await;
    }
    saver.stop().await.unwrap();
    assert_eq!(records(&world.open().unwrap().0), records(&directory));
}

#[tokio::test]
async fn stop_saves_remaining_changes_and_compacts() {
    let world = World::new();
    let (directory, mut state) = world.open().unwrap();
    let ada = create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    // The interval does not elapse during the test.
    let saver = Saver::spawn(state, Duration::from_secs(3600)).unwrap();
    directory.ban(&ada).await.unwrap();
    create(&directory, "grace").await;
    saver.stop().await.unwrap();
    assert_eq!(world.records(), records(&directory));
    assert_eq!(lines(&world.bytes()), 3);
}

#[tokio::test]
async fn drop_saves_remaining_changes() {
    let world = World::new();
    let (directory, state) = world.open().unwrap();
    let saver = Saver::spawn(state, Duration::from_secs(3600)).unwrap();
    create(&directory, "ada.lovelace").await;
    drop(saver);
    until(|| world.records() == records(&directory)).await;
}

#[tokio::test]
async fn stop_reports_unsaved_changes() {
    let world = World::new();
    let (directory, mut state) = world.open().unwrap();
    state.file = File::open(world.path()).unwrap();
    // The retry starts with the same call.
    let expected_source = state.file.set_len(state.length).unwrap_err();
    create(&directory, "ada.lovelace").await;
    create(&directory, "grace").await;
    let saver = Saver::spawn(state, Duration::from_secs(3600)).unwrap();
    let error = saver.stop().await.unwrap_err();
    let path = world.path().canonicalize().unwrap();
    let expected = format!("the state file {} cannot be written (users with unsaved changes: 2)", path.display());
    assert_eq!((error.to_string(), error.kind()), (expected, expected_source.kind()));
    assert_eq!(error.source().unwrap().to_string(), expected_source.to_string());
    assert_eq!(world.records(), []);
}

#[tokio::test]
async fn stop_reports_removed_file_that_cannot_be_rewritten() {
    let world = World::new();
    let (directory, mut state) = world.open().unwrap();
    create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    let saver = Saver::spawn(state, Duration::from_secs(3600)).unwrap();
    fs::remove_file(world.path()).unwrap();
    fs::create_dir(world.path()).unwrap();
    let error = saver.stop().await.unwrap_err().to_string();
    assert!(error.ends_with("state.jsonl cannot be written (users with unsaved changes: 1)"), "{error}");
}

#[tokio::test]
async fn stop_ignores_failed_compaction() {
    let world = World::new();
    let (directory, state) = world.open().unwrap();
    create(&directory, "ada.lovelace").await;
    let obstacle = with_suffix(&world.path(), ".tmp");
    fs::create_dir(&obstacle).unwrap();
    let (closed, logged) = log(|| state.close());
    closed.unwrap();
    assert!(logged.contains("WARN") && logged.contains("no changes are lost") && !logged.contains("ERROR"), "{logged}");
    assert_eq!(world.records(), records(&directory));
}

#[tokio::test]
async fn saver_compacts_growing_file() {
    let world = World::new();
    let (directory, state) = world.open().unwrap();
    let saver = Saver::spawn(state, Duration::from_millis(1)).unwrap();
    let ada = create(&directory, "ada.lovelace").await;
    let length = || fs::metadata(world.path()).unwrap().len();
    let large_update = |n: usize| {
        let metadata = serde_json::json!({ "text": (n % 10).to_string().repeat(8_000) });
        MetadataUpdate::new().public(Metadata::new(&metadata).unwrap())
    };
    let (mut longest, mut n) = (0, 0);
    while length() >= longest {
        longest = length();
        directory.update_metadata(&ada, &large_update(n)).await.unwrap();
        n += 1;
        until(|| length() != longest).await;
    }
    // The length before the compaction may not have been observed.
    assert!(longest > MIN_OUTDATED - 20_000, "{longest}");
    create(&directory, "grace").await;
    saver.stop().await.unwrap();
    assert_eq!(records(&world.open().unwrap().0), records(&directory));
}
