//! Tests of truncated and damaged files, and of failed writes.

use super::*;

/// Saves three batches. Returns the records after the second one and after the last one.
async fn save_three_batches(world: &World) -> (Vec<Arc<Record>>, Vec<Arc<Record>>) {
    let (directory, mut state) = world.open().unwrap();
    let ada = create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    let grace = create(&directory, "grace").await;
    state.save().unwrap();
    let before = records(&directory);
    // One batch that changes two users.
    directory.bulk_ban(&UserIdBatch::new([ada, grace]).unwrap()).await.unwrap();
    state.save().unwrap();
    (before, records(&directory))
}

fn start_of_last_line(bytes: &[u8]) -> usize {
    bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1
}

#[tokio::test]
async fn load_skips_incomplete_last_line() {
    let world = World::new();
    let (before, after) = save_three_batches(&world).await;
    let bytes = world.bytes();
    assert_eq!(world.records(), after);
    for length in start_of_last_line(&bytes)..bytes.len() - 1 {
        world.write(&bytes[..length]);
        let loaded = load(&world.path()).unwrap();
        assert_eq!(loaded.users.records(), before, "{length}");
        assert_eq!(loaded.length, start_of_last_line(&bytes) as u64);
        assert_eq!(loaded.torn, &bytes[start_of_last_line(&bytes)..length]);
    }
}

#[tokio::test]
async fn load_keeps_last_line_without_line_feed() {
    let world = World::new();
    let (_, after) = save_three_batches(&world).await;
    let bytes = world.bytes();
    world.write(&bytes[..bytes.len() - 1]);
    let (opened, logged) = log(|| world.open().unwrap());
    let (directory, mut state) = opened;
    assert_eq!(records(&directory), after);
    assert_eq!(logged, "");
    assert!(!with_suffix(&world.path(), ".torn").exists());
    create(&directory, "linus").await;
    state.save().unwrap();
    drop(state);
    assert_eq!(records(&world.open().unwrap().0), records(&directory));
}

#[tokio::test]
async fn save_works_after_an_incomplete_last_line() {
    let world = World::new();
    let (before, _) = save_three_batches(&world).await;
    let bytes = world.bytes();
    for cut in [2, 100, bytes.len() - start_of_last_line(&bytes) - 1] {
        world.write(&bytes[..bytes.len() - cut]);
        let (directory, mut state) = world.open().unwrap();
        assert_eq!(records(&directory), before);
        create(&directory, "linus").await;
        state.save().unwrap();
        drop(state);
        assert_eq!(records(&world.open().unwrap().0), records(&directory));
    }
}

#[tokio::test]
async fn open_backs_up_incomplete_last_line() {
    let world = World::new();
    save_three_batches(&world).await;
    let bytes = world.bytes();
    let backup = with_suffix(&world.path(), ".torn");
    for cut in [2, 100] {
        world.write(&bytes[..bytes.len() - cut]);
        let (_, logged) = log(|| world.open().unwrap());
        assert_eq!(fs::read(&backup).unwrap(), &bytes[start_of_last_line(&bytes)..bytes.len() - cut]);
        assert!(logged.contains("incomplete last line") && logged.contains("state.jsonl.torn"), "{logged}");
        assert!(!logged.contains("ada"), "{logged}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    // Opening the file again does not remove the backup.
    drop(world.open().unwrap());
    assert!(backup.exists());
}

#[tokio::test]
async fn open_does_not_modify_file_if_the_backup_fails() {
    let world = World::new();
    save_three_batches(&world).await;
    let bytes = world.bytes();
    let torn = &bytes[..bytes.len() - 2];
    world.write(torn);
    fs::create_dir(with_suffix(&world.path(), ".torn")).unwrap();
    let error = world.open().unwrap_err().to_string();
    assert!(error.ends_with("state.jsonl.torn cannot be opened"), "{error}");
    assert_eq!(world.bytes(), torn);
}

#[tokio::test]
async fn open_rejects_unknown_field_in_last_line_without_line_feed() {
    let world = World::new();
    save_three_batches(&world).await;
    let mut bytes = world.bytes();
    let batch = r#"{"put":[],"delete":[],"merge":[]}"#;
    let checksum = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(batch));
    bytes.extend_from_slice(format!("{{\"sha256\":\"{checksum}\",\"batch\":{batch}}}").as_bytes());
    world.write(&bytes);
    let error = world.open().unwrap_err();
    assert!(matches!(error, StateError::Damaged { line: 5, .. }), "{error}");
    assert_eq!(world.bytes(), bytes);
}

#[tokio::test]
async fn open_rejects_damaged_file_and_does_not_modify_it() {
    let world = World::new();
    let (directory, mut state) = world.open().unwrap();
    let ada = create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    directory.delete(&ada).await.unwrap();
    state.save().unwrap();
    drop(state);
    let bytes = world.bytes();
    let end = start_of_last_line(&bytes);
    let line_of = |at: usize| lines(&bytes[..=at]) as u64;
    let assert_rejected = |damaged: &[u8], at: usize| {
        world.write(damaged);
        match world.open().map(drop) {
            Err(StateError::Damaged { line, reason, .. }) => {
                assert_eq!(line, line_of(at), "{at}");
                assert!(!reason.contains("ada"), "{reason}");
            }
            Err(StateError::UnknownFormat { .. } | StateError::UnsupportedVersion { .. }) => {
                assert_eq!(line_of(at), 1, "{at}")
            }
            other => panic!("{at}: {other:?}"),
        }
        assert_eq!(world.bytes(), damaged);
    };
    for at in 0..end {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert_rejected(&damaged, at);
        damaged[at] = if bytes[at] == b'\n' { b' ' } else { b'\n' };
        assert_rejected(&damaged, at);
        damaged.remove(at);
        assert_rejected(&damaged, at);
    }
    // Also in the last line, if it has a line feed.
    for at in end..bytes.len() - 1 {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert_rejected(&damaged, at);
    }
}

#[tokio::test]
async fn damaged_error_contains_line_and_reason() {
    let world = World::new();
    save_three_batches(&world).await;
    let bytes = world.bytes();
    let damaged = String::from_utf8(bytes.clone()).unwrap().replacen("grace", "grave", 1);
    world.write(damaged.as_bytes());
    let error = world.open().unwrap_err().to_string();
    let path = world.path().canonicalize().unwrap();
    let expected = "is damaged and was not modified: line 3 does not match its checksum";
    assert_eq!(error, format!("the state file {} {expected}", path.display()));

    let mut more = bytes.clone();
    more.extend_from_slice(b"\n");
    world.write(&more);
    assert!(world.open().unwrap_err().to_string().ends_with("line 5 is not a batch of changes"));
}

#[tokio::test]
async fn open_rejects_field_of_a_newer_version() {
    let world = World::new();
    let (directory, mut state) = world.open().unwrap();
    create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    drop(state);
    let mut lines = world.bytes();
    let written = String::from_utf8(lines.split_off(format::HEADER.len())).unwrap();
    let changed = written.replacen("\"username\":", "\"shoe_size\":43,\"username\":", 1);
    let batch = &changed["{\"sha256\":\"\",\"batch\":".len() + 64..changed.len() - 2];
    let checksum = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(batch));
    lines.extend_from_slice(format!("{{\"sha256\":\"{checksum}\",\"batch\":{batch}}}\n").as_bytes());
    world.write(&lines);
    let error = world.open().unwrap_err().to_string();
    let expected = "line 2 cannot be decoded: record 1: a field or value is not supported by this version";
    assert!(error.ends_with(expected), "{error}");
}

#[tokio::test]
async fn save_retries_changes_after_a_failed_write() {
    let world = World::new();
    let (directory, mut state) = world.open().unwrap();
    let ada = create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    let before = records(&directory);

    directory.ban(&ada).await.unwrap();
    let grace = create(&directory, "grace").await;
    // Neither writing nor truncating is possible.
    let writable = std::mem::replace(&mut state.file, File::open(world.path()).unwrap());
    state.save().unwrap_err();
    assert_eq!(world.records(), before);
    // A part of a line, as a full disk leaves it.
    let mut other = OpenOptions::new().append(true).open(world.path()).unwrap();
    other.write_all(b"{\"sha256\":\"0123").unwrap();
    state.save().unwrap_err();
    assert_eq!(world.records(), before);

    // One of the changed users is deleted before the retry.
    directory.delete(&grace).await.unwrap();
    state.file = writable;
    state.save().unwrap();
    assert_eq!(world.records(), records(&directory));
    assert_eq!(world.bytes().len() as u64, state.length);
    drop(state);
    assert_eq!(records(&world.open().unwrap().0), records(&directory));
}
