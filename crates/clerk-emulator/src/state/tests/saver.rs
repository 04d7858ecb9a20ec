//! Saving while the directory is in use.

use std::error::Error;
use std::time::Duration;

use super::*;
use crate::state::Saver;

/// Waits until something is so.
async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn changes_are_saved_without_being_asked_for() {
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
async fn stopping_saves_what_is_left_and_writes_the_file_anew() {
    let world = World::new();
    let (directory, mut state) = world.open().unwrap();
    let ada = create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    // An interval that never passes.
    let saver = Saver::spawn(state, Duration::from_secs(3600)).unwrap();
    directory.ban(&ada).await.unwrap();
    create(&directory, "grace").await;
    saver.stop().await.unwrap();
    assert_eq!(world.records(), records(&directory));
    assert_eq!(lines(&world.bytes()), 3);
}

#[tokio::test]
async fn one_that_is_dropped_saves_what_is_left() {
    let world = World::new();
    let (directory, state) = world.open().unwrap();
    let saver = Saver::spawn(state, Duration::from_secs(3600)).unwrap();
    create(&directory, "ada.lovelace").await;
    drop(saver);
    until(|| world.records() == records(&directory)).await;
}

#[tokio::test]
async fn stopping_says_which_changes_could_not_be_saved_and_where() {
    let world = World::new();
    let (directory, mut state) = world.open().unwrap();
    state.file = File::open(world.path()).unwrap();
    // What the second attempt begins with.
    let refusal = state.file.set_len(state.length).unwrap_err();
    create(&directory, "ada.lovelace").await;
    create(&directory, "grace").await;
    let saver = Saver::spawn(state, Duration::from_secs(3600)).unwrap();
    let error = saver.stop().await.unwrap_err();
    let path = world.path().canonicalize().unwrap();
    let expected = format!("the state file {} cannot be written (users with unsaved changes: 2)", path.display());
    assert_eq!((error.to_string(), error.kind()), (expected, refusal.kind()));
    assert_eq!(error.source().unwrap().to_string(), refusal.to_string());
    assert_eq!(world.records(), []);
}

#[tokio::test]
async fn stopping_says_that_a_file_is_gone_and_cannot_be_written_again() {
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
async fn stopping_is_no_failure_if_only_the_last_compaction_is() {
    let world = World::new();
    let (directory, state) = world.open().unwrap();
    create(&directory, "ada.lovelace").await;
    let in_the_way = beside(&world.path(), ".tmp");
    fs::create_dir(&in_the_way).unwrap();
    let (closed, told) = log(|| state.close());
    closed.unwrap();
    assert!(told.contains("WARN") && told.contains("nothing is lost") && !told.contains("ERROR"), "{told}");
    assert_eq!(world.records(), records(&directory));
}

#[tokio::test]
async fn a_file_that_grows_is_written_anew_while_it_is_saved_to() {
    let world = World::new();
    let (directory, state) = world.open().unwrap();
    let saver = Saver::spawn(state, Duration::from_millis(1)).unwrap();
    let ada = create(&directory, "ada.lovelace").await;
    let length = || fs::metadata(world.path()).unwrap().len();
    let much = |n: usize| {
        let metadata = serde_json::json!({ "much": (n % 10).to_string().repeat(8_000) });
        MetadataUpdate::new().public(Metadata::new(&metadata).unwrap())
    };
    let (mut longest, mut n) = (0, 0);
    while length() >= longest {
        longest = length();
        directory.update_metadata(&ada, &much(n)).await.unwrap();
        n += 1;
        until(|| length() != longest).await;
    }
    // The last change may have been seen only after the compaction that it led to.
    assert!(longest > FLOOR - 20_000, "{longest}");
    create(&directory, "grace").await;
    saver.stop().await.unwrap();
    assert_eq!(records(&world.open().unwrap().0), records(&directory));
}
