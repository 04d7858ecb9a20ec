//! What a kill, a broken disk or a full one leaves.

use super::*;

/// A file with three lines of changes, what is in it after two of them, and after all.
async fn three_steps(world: &World) -> (Vec<Arc<Record>>, Vec<Arc<Record>>) {
    let (directory, mut state) = world.open().unwrap();
    let ada = create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    let grace = create(&directory, "grace").await;
    state.save().unwrap();
    let before = records(&directory);
    // One step, although it changes several.
    directory.bulk_ban(&UserIdBatch::new([ada, grace]).unwrap()).await.unwrap();
    state.save().unwrap();
    (before, records(&directory))
}

fn last_line(bytes: &[u8]) -> usize {
    bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1
}

#[tokio::test]
async fn a_last_line_that_was_not_finished_is_left_out() {
    let world = World::new();
    let (before, after) = three_steps(&world).await;
    let bytes = world.bytes();
    assert_eq!(world.records(), after);
    for length in last_line(&bytes)..bytes.len() - 1 {
        world.write(&bytes[..length]);
        let loaded = load(&world.path()).unwrap();
        assert_eq!(loaded.users.records(), before, "{length}");
        assert_eq!(loaded.length, last_line(&bytes) as u64);
        assert_eq!(loaded.torn, &bytes[last_line(&bytes)..length]);
    }
}

#[tokio::test]
async fn a_last_line_that_lacks_its_line_feed_only_is_kept() {
    let world = World::new();
    let (_, after) = three_steps(&world).await;
    let bytes = world.bytes();
    world.write(&bytes[..bytes.len() - 1]);
    let (opened, told) = log(|| world.open().unwrap());
    let (directory, mut state) = opened;
    assert_eq!(records(&directory), after);
    assert_eq!(told, "");
    assert!(!beside(&world.path(), ".torn").exists());
    create(&directory, "linus").await;
    state.save().unwrap();
    drop(state);
    assert_eq!(records(&world.open().unwrap().0), records(&directory));
}

#[tokio::test]
async fn a_file_without_its_end_is_written_to_as_before() {
    let world = World::new();
    let (before, _) = three_steps(&world).await;
    let bytes = world.bytes();
    for cut in [2, 100, bytes.len() - last_line(&bytes) - 1] {
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
async fn what_is_left_out_is_kept_beside() {
    let world = World::new();
    three_steps(&world).await;
    let bytes = world.bytes();
    let kept = beside(&world.path(), ".torn");
    for cut in [2, 100] {
        world.write(&bytes[..bytes.len() - cut]);
        let (_, told) = log(|| world.open().unwrap());
        assert_eq!(fs::read(&kept).unwrap(), &bytes[last_line(&bytes)..bytes.len() - cut]);
        assert!(told.contains("was not finished") && told.contains("state.jsonl.torn"), "{told}");
        assert!(!told.contains("ada"), "{told}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    // Nobody takes it away.
    drop(world.open().unwrap());
    assert!(kept.exists());
}

#[tokio::test]
async fn a_file_whose_end_cannot_be_kept_is_refused_and_left_as_it_is() {
    let world = World::new();
    three_steps(&world).await;
    let bytes = world.bytes();
    let torn = &bytes[..bytes.len() - 2];
    world.write(torn);
    fs::create_dir(beside(&world.path(), ".torn")).unwrap();
    let error = world.open().unwrap_err().to_string();
    assert!(error.ends_with("state.jsonl.torn cannot be opened"), "{error}");
    assert_eq!(world.bytes(), torn);
}

#[tokio::test]
async fn a_finished_line_that_cannot_be_understood_is_refused_though_it_lacks_its_line_feed() {
    let world = World::new();
    three_steps(&world).await;
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
async fn a_file_that_is_damaged_before_its_end_is_refused_and_left_as_it_is() {
    let world = World::new();
    let (directory, mut state) = world.open().unwrap();
    let ada = create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    directory.delete(&ada).await.unwrap();
    state.save().unwrap();
    drop(state);
    let bytes = world.bytes();
    let end = last_line(&bytes);
    let line_of = |at: usize| lines(&bytes[..=at]) as u64;
    let refused = |damaged: &[u8], at: usize| {
        world.write(damaged);
        match world.open().map(drop) {
            Err(StateError::Damaged { line, what, .. }) => {
                assert_eq!(line, line_of(at), "{at}");
                assert!(!what.contains("ada"), "{what}");
            }
            Err(StateError::OtherFormat { .. } | StateError::LaterVersion { .. }) => assert_eq!(line_of(at), 1, "{at}"),
            other => panic!("{at}: {other:?}"),
        }
        assert_eq!(world.bytes(), damaged);
    };
    for at in 0..end {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        refused(&damaged, at);
        damaged[at] = if bytes[at] == b'\n' { b' ' } else { b'\n' };
        refused(&damaged, at);
        damaged.remove(at);
        refused(&damaged, at);
    }
    // In the last line too, as long as it ends.
    for at in end..bytes.len() - 1 {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        refused(&damaged, at);
    }
}

#[tokio::test]
async fn the_message_of_a_damaged_file_says_where_and_what() {
    let world = World::new();
    three_steps(&world).await;
    let bytes = world.bytes();
    let damaged = String::from_utf8(bytes.clone()).unwrap().replacen("grace", "grave", 1);
    world.write(damaged.as_bytes());
    let error = world.open().unwrap_err().to_string();
    let path = world.path().canonicalize().unwrap();
    let expected = "is damaged, and was not modified: line 3 does not match its checksum";
    assert_eq!(error, format!("the state file {} {expected}", path.display()));

    let mut more = bytes.clone();
    more.extend_from_slice(b"\n");
    world.write(&more);
    assert!(world.open().unwrap_err().to_string().ends_with("line 5 is no batch of changes"));
}

#[tokio::test]
async fn what_a_later_version_added_is_refused_although_it_is_not_damaged() {
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
    let expected = "line 2 cannot be read: user 1 of it: has something that this version does not know";
    assert!(error.ends_with(expected), "{error}");
}

#[tokio::test]
async fn changes_that_could_not_be_written_are_written_the_next_time() {
    let world = World::new();
    let (directory, mut state) = world.open().unwrap();
    let ada = create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    let before = records(&directory);

    directory.ban(&ada).await.unwrap();
    let grace = create(&directory, "grace").await;
    // A disk that takes nothing, not even that the file be made shorter.
    let writable = std::mem::replace(&mut state.file, File::open(world.path()).unwrap());
    state.save().unwrap_err();
    assert_eq!(world.records(), before);
    // The half of a line that a full disk had room for.
    let mut other = OpenOptions::new().append(true).open(world.path()).unwrap();
    other.write_all(b"{\"sha256\":\"0123").unwrap();
    state.save().unwrap_err();
    assert_eq!(world.records(), before);

    // Meanwhile one of them goes.
    directory.delete(&grace).await.unwrap();
    state.file = writable;
    state.save().unwrap();
    assert_eq!(world.records(), records(&directory));
    assert_eq!(world.bytes().len() as u64, state.length);
    drop(state);
    assert_eq!(records(&world.open().unwrap().0), records(&directory));
}
