use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use user_directory::jiff::Timestamp;
use user_directory::model::{OAuthAccessToken, OAuthToken, PasswordVerification};
use user_directory::store::{Account, AccountFilter, AccountQuery, Commit, CommitError, StoredAccount, UserStore};
use user_directory::{
    ErrorKind, Metadata, MetadataUpdate, NewUser, Operation, Password, User, UserDirectory, UserFilter, UserId,
    UserQuery,
};

use crate::store::FileStore;

/// A path in a folder that is deleted when the test ends.
fn temporary() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.jsonl");
    (folder, path)
}

fn id(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn account(user_id: &str, username: &str) -> Account {
    let mut user = User::new(id(user_id));
    user.username = Some(username.into());
    Account::new(user, Timestamp::UNIX_EPOCH)
}

async fn read(store: &FileStore, user_id: &str) -> Arc<StoredAccount> {
    store.load(&[id(user_id)]).await.unwrap().remove(0)
}

/// Returns the usernames in the order of creation.
async fn usernames(store: &FileStore) -> Vec<String> {
    let filter = AccountFilter::default();
    let mut accounts = store.query(&AccountQuery::new(&filter, 100)).await.unwrap();
    accounts.reverse();
    accounts.iter().map(|stored| stored.account.user.username.as_deref().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn directory_over_the_store_conforms() {
    let (_folder, path) = temporary();
    let report = crate::run_suite(&path).await.unwrap();
    report.assert_conformant_for(Operation::ALL);
    for (behavior, reason) in report.not_applicable() {
        assert_eq!(reason.to_string(), "the fixture cannot seed an outage", "{behavior:?}");
    }
    assert!(report.passed().count() >= 425, "{report}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "", "the suite deletes its users");
}

#[tokio::test]
async fn open_restores_accounts_with_their_secrets() {
    let (_folder, path) = temporary();
    let directory = crate::open(&path).unwrap();
    let password = Password::new("correct horse battery staple");
    let new = NewUser::new().email_address("ada@example.com").password(password.clone());
    let ada = directory.create(&new).await.unwrap();
    let token = OAuthAccessToken::new("oauth_google", OAuthToken::new("token_1"));
    directory.add_oauth_access_token(&ada.id, token).await.unwrap();
    directory.create(&NewUser::new().username("grace_hopper")).await.unwrap();
    let (users, before) =
        (directory.list(&UserQuery::new()).await.unwrap(), read(directory.store(), ada.id.as_str()).await);
    drop(directory);

    let directory = crate::open(&path).unwrap();
    assert_eq!(directory.list(&UserQuery::new()).await.unwrap(), users);
    assert_eq!(read(directory.store(), ada.id.as_str()).await, before);
    assert_eq!(directory.verify_password(&ada.id, &password).await.unwrap(), PasswordVerification::Correct);
    let error = directory.create(&NewUser::new().email_address("ada@example.com")).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
}

#[tokio::test]
async fn open_continues_versions_and_sequence_numbers() {
    let (_folder, path) = temporary();
    let store = FileStore::open(&path).unwrap();
    store.commit(Commit::new().insert(account("user_b", "first")).insert(account("user_a", "second"))).await.unwrap();
    let before = read(&store, "user_b").await;
    store.commit(Commit::new().update(Arc::clone(&before), account("user_b", "renamed"))).await.unwrap();
    drop(store);

    let store = FileStore::open(&path).unwrap();
    store.commit(Commit::new().insert(account("user_0", "third"))).await.unwrap();
    assert_eq!(usernames(&store).await, ["renamed", "second", "third"]);
    assert!(matches!(store.commit(Commit::new().delete(before)).await, Err(CommitError::Stale)));
}

#[tokio::test]
async fn open_fails_while_another_store_has_the_file() {
    let (_folder, path) = temporary();
    let store = FileStore::open(&path).unwrap();
    assert_eq!(FileStore::open(&path).unwrap_err().kind(), ErrorKind::Unavailable);
    drop(store);
    FileStore::open(&path).unwrap();
}

#[tokio::test]
async fn open_rejects_malformed_files_without_quoting_them() {
    let (_folder, path) = temporary();
    let store = FileStore::open(&path).unwrap();
    store.commit(Commit::new().insert(account("user_1", "hidden"))).await.unwrap();
    drop(store);
    let line = fs::read_to_string(&path).unwrap();
    let malformed = [
        line[..line.len() / 2].to_owned(),
        line.replace("\"version\":1", "\"version\":\"hidden\""),
        line.replace("\"version\":1", "\"version\":1,\"hidden\":1"),
        line.repeat(2),
        line.clone() + &line.replace("user_1", "user_2"),
    ];
    for text in malformed {
        fs::write(&path, &text).unwrap();
        let error = FileStore::open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{text}");
        assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn commit_writes_a_file_that_only_the_owner_can_read() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_folder, path) = temporary();
    let store = FileStore::open(&path).unwrap();
    store.commit(Commit::new().insert(account("user_1", "ada"))).await.unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn open_does_not_follow_a_symbolic_link_in_place_of_the_lock_file() {
    let (folder, path) = temporary();
    let target = folder.path().join("target");
    std::os::unix::fs::symlink(&target, path.with_extension("lock")).unwrap();
    assert_eq!(FileStore::open(&path).unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(!target.exists());
}

#[tokio::test]
async fn commit_applies_all_changes_or_none() {
    let (_folder, path) = temporary();
    let store = FileStore::open(&path).unwrap();
    store.commit(Commit::new().insert(account("user_1", "ada")).insert(account("user_2", "grace"))).await.unwrap();
    let (ada, grace) = (read(&store, "user_1").await, read(&store, "user_2").await);
    let mut update = Commit::new().update(Arc::clone(&grace), account("user_2", "hopper"));
    update.max_accounts = Some(1); // limits insertions only
    store.commit(update).await.unwrap();
    let file = fs::read_to_string(&path).unwrap();

    let insertion = || Commit::new().insert(account("user_3", "linus"));
    let mut full = insertion();
    full.max_accounts = Some(2);
    let rejected = [
        (insertion().delete(Arc::clone(&ada)).update(Arc::clone(&grace), account("user_2", "other")), "Stale"),
        (insertion().delete(Arc::clone(&ada)).delete(grace), "Stale"),
        (insertion().insert(account("user_4", "HOPPER")), "Taken"),
        (insertion().insert(account("user_1", "other")), "Taken"),
        (insertion().update(ada, account("user_1", "hopper")), "Taken"),
        (full, "Full"),
    ];
    for (commit, expected) in rejected {
        let message = format!("{commit:?}");
        assert_eq!(format!("{:?}", store.commit(commit).await.unwrap_err()), expected, "{message}");
        assert_eq!(usernames(&store).await, ["ada", "hopper"], "{message}");
        assert_eq!(fs::read_to_string(&path).unwrap(), file, "{message}");
    }
    let mut replacement = insertion().delete(read(&store, "user_1").await);
    replacement.max_accounts = Some(2);
    store.commit(replacement).await.unwrap();
    assert_eq!(usernames(&store).await, ["hopper", "linus"]);
}

#[tokio::test]
async fn commit_that_cannot_write_changes_nothing() {
    let (folder, path) = temporary();
    let directory = crate::open(&path).unwrap();
    directory.create(&NewUser::new().username("ada_lovelace")).await.unwrap();
    folder.close().unwrap();
    let error = directory.create(&NewUser::new().username("grace_hopper")).await.unwrap_err();
    assert!(error.is_unavailable() && !error.is_outcome_unknown(), "{error}");
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 1);
}

#[tokio::test]
async fn commit_rejects_a_version_of_an_account_that_was_deleted_and_inserted_again() {
    let (_folder, path) = temporary();
    let store = FileStore::open(&path).unwrap();
    let insertion = || Commit::new().insert(account("user_1", "ada"));
    store.commit(insertion()).await.unwrap();
    let first = read(&store, "user_1").await;
    store.commit(Commit::new().delete(Arc::clone(&first))).await.unwrap();
    store.commit(insertion()).await.unwrap();
    let second = read(&store, "user_1").await;
    store.clear().await.unwrap();
    assert_eq!(usernames(&store).await, [""; 0]);
    store.commit(insertion()).await.unwrap();
    for before in [first, second] {
        assert!(matches!(store.commit(Commit::new().delete(before)).await, Err(CommitError::Stale)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_run_concurrently_without_lost_updates() {
    let (_folder, path) = temporary();
    let directory = crate::open(&path).unwrap();
    let id = directory.create(&NewUser::new().username("ada_lovelace")).await.unwrap().id;
    let merges = (0..20).map(|number| {
        let (directory, id) = (directory.clone(), id.clone());
        tokio::spawn(async move {
            let metadata = Metadata::new(&HashMap::from([(number, number)]))?;
            directory.update_metadata(&id, &MetadataUpdate::new().public(metadata)).await
        })
    });
    for merge in merges.collect::<Vec<_>>() {
        merge.await.unwrap().unwrap();
    }
    let user = directory.get(&id).await.unwrap();
    assert_eq!(user.public_metadata.deserialize::<HashMap<u32, u32>>().unwrap().len(), 20);
    drop(directory);
    assert_eq!(crate::open(&path).unwrap().get(&id).await.unwrap(), user);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_concurrent_commits_gets_an_identifier() {
    let (_folder, path) = temporary();
    let store = Arc::new(FileStore::open(&path).unwrap());
    let commits = (0..20).map(|number| {
        let store = Arc::clone(&store);
        let commit = Commit::new().insert(account(&format!("user_{number}"), "ada"));
        tokio::spawn(async move { store.commit(commit).await })
    });
    let mut committed = 0;
    for commit in commits.collect::<Vec<_>>() {
        match commit.await.unwrap() {
            Ok(()) => committed += 1,
            Err(error) => assert!(matches!(error, CommitError::Taken), "{error}"),
        }
    }
    assert_eq!((committed, store.count(&AccountFilter::default()).await.unwrap()), (1, 1));
}

#[tokio::test]
async fn debug_prints_no_accounts() {
    let (_folder, path) = temporary();
    let directory = crate::open(&path).unwrap();
    directory.create(&NewUser::new().username("ada_lovelace")).await.unwrap();
    assert!(!format!("{directory:?}").contains("ada"));
}
