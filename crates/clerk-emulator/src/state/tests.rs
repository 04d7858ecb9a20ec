//! Tests of state files.

mod crash;
mod model;
mod open;
mod place;
mod saver;

use std::io::{Read, Seek};

use tempfile::TempDir;

use super::place::with_suffix;
use super::*;
use user_directory::billing::{CreditAdjustment, Subscription};
use user_directory::in_memory::snapshot::records;
use user_directory::in_memory::totp_code;
use user_directory::model::{
    BackupCode, OAuthAccessToken, OAuthToken, PasswordDigest, PasswordHasher, PasswordVerification, TotpSecret,
    TotpVerification,
};
use user_directory::time::{Clock, ManualClock};
use user_directory::{Metadata, MetadataUpdate, NewUser, Page, Password, UserDirectory, UserId, UserIdBatch};

/// A folder for a state file, and a manual clock.
struct World {
    folder: TempDir,
    clock: ManualClock,
}

impl World {
    fn new() -> Self {
        let clock = ManualClock::new("2026-05-12T09:00:00Z".parse().unwrap());
        Self { folder: tempfile::tempdir().unwrap(), clock }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("state.jsonl")
    }

    fn directory(&self) -> InMemoryUserDirectory {
        InMemoryUserDirectory::builder().clock(self.clock.clone()).build()
    }

    /// Opens the file with a new directory, like a new process.
    fn open(&self) -> Result<(InMemoryUserDirectory, StateFile), StateError> {
        let directory = self.directory();
        StateFile::open(&self.path(), &directory).map(|state| (directory, state))
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    fn write(&self, bytes: &[u8]) {
        fs::write(self.path(), bytes).unwrap();
    }

    /// Loads the records of the file without opening it.
    fn records(&self) -> Vec<Arc<Record>> {
        load(&self.path()).unwrap().users.records()
    }
}

impl StateFile {
    fn save_and_compact(&mut self) {
        self.save().unwrap();
        self.compact().unwrap();
    }
}

/// Calls `work`, and returns its result and the log.
fn log<T>(work: impl FnOnce() -> T) -> (T, String) {
    let mut log = tempfile::tempfile().unwrap();
    let writer = Arc::new(log.try_clone().unwrap());
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(writer).finish();
    let result = tracing::subscriber::with_default(subscriber, work);
    let mut logged = String::new();
    log.rewind().unwrap();
    log.read_to_string(&mut logged).unwrap();
    (result, logged)
}

fn lines(bytes: &[u8]) -> usize {
    bytes.split_inclusive(|byte| *byte == b'\n').count()
}

async fn create(directory: &InMemoryUserDirectory, username: &str) -> UserId {
    directory.create(&NewUser::new().username(username)).await.unwrap().id
}

#[tokio::test]
async fn reopen_restores_users_and_their_resources() {
    let world = World::new();
    let (directory, mut state) = world.open().unwrap();
    let secret = TotpSecret::new("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
    let new = NewUser::new().username("ada.lovelace").email_address("ada@example.com").phone_number("+15550100001");
    let new = new.password(Password::new("correct horse battery staple")).totp_secret(secret.clone());
    let mut new = new.public_metadata(r#"{ "plan":"pro" }"#.parse().unwrap()).locked(true).banned(true);
    new.backup_codes = vec![BackupCode::new("first-code"), BackupCode::new("second-code")];
    let ada = directory.create(&new).await.unwrap().id;
    let digest = PasswordDigest::new(PasswordHasher::Md5, "5f4dcc3b5aa765d61d8327deb882cf99");
    let grace = directory.create(&NewUser::new().username("grace").password(digest)).await.unwrap().id;
    let others = [create(&directory, "linus").await, create(&directory, "edsger").await];
    assert_eq!(directory.verify_totp(&ada, &"first-code".into()).await.unwrap(), TotpVerification::BackupCode);
    let refund = CreditAdjustment::increase(1_500, "refund-1");
    let entry = directory.adjust_billing_credit_balance(&ada, &refund).await.unwrap();
    let mut token = OAuthAccessToken::new("oauth_google", OAuthToken::new("ya29.secret"));
    token.public_metadata = "{\n  \"calendar\": \"a\\nb\"\n}".parse().unwrap();
    directory.add_oauth_access_token(&ada, token.clone()).unwrap();
    directory.set_billing_subscription(&ada, Subscription::new("csub_1".parse().unwrap())).unwrap();
    state.save().unwrap();
    let (before, view) = (records(&directory), directory.get(&ada).await.unwrap());
    drop((directory, state));

    let (directory, _state) = world.open().unwrap();
    assert_eq!(records(&directory), before);
    assert_eq!(directory.get(&ada).await.unwrap(), view);
    // All users have the same creation time. The newest is first.
    let listed: Vec<_> =
        directory.list(&user_directory::UserQuery::new()).await.unwrap().into_iter().map(|user| user.id).collect();
    assert_eq!(listed, [&others[1], &others[0], &grace, &ada].map(Clone::clone));
    for (id, password) in [(&ada, "correct horse battery staple"), (&grace, "password")] {
        let verified = directory.verify_password(id, &Password::new(password)).await.unwrap();
        assert_eq!(verified, PasswordVerification::Correct);
        let verified = directory.verify_password(id, &Password::new("wrong")).await.unwrap();
        assert_eq!(verified, PasswordVerification::Incorrect);
    }
    let code = totp_code(&secret, world.clock.now()).unwrap();
    assert_eq!(directory.verify_totp(&ada, &code).await.unwrap(), TotpVerification::Totp);
    assert_eq!(directory.verify_totp(&ada, &"first-code".into()).await.unwrap(), TotpVerification::Incorrect);
    assert_eq!(directory.verify_totp(&ada, &"second-code".into()).await.unwrap(), TotpVerification::BackupCode);
    // The idempotency key was used before, so the balance does not change.
    assert_eq!(directory.adjust_billing_credit_balance(&ada, &refund).await.unwrap(), entry);
    let balance = directory.get_billing_credit_balance(&ada).await.unwrap().balance.unwrap();
    assert_eq!(balance.amount, 1_500);
    let google = "oauth_google".parse().unwrap();
    assert_eq!(directory.get_oauth_access_token(&ada, &google, &Page::new()).await.unwrap(), [token]);
    assert_eq!(directory.get_billing_subscription(&ada).await.unwrap().id, "csub_1");
}

#[tokio::test]
async fn save_persists_delete_and_clear() {
    let world = World::new();
    let (directory, mut state) = world.open().unwrap();
    let ada = create(&directory, "ada.lovelace").await;
    let grace = create(&directory, "grace").await;
    state.save().unwrap();
    directory.delete(&ada).await.unwrap();
    state.save().unwrap();
    assert_eq!(world.records().iter().map(|record| record.id()).collect::<Vec<_>>(), [&grace]);
    directory.clear();
    let linus = create(&directory, "linus").await;
    state.save().unwrap();
    assert_eq!(world.records().iter().map(|record| record.id()).collect::<Vec<_>>(), [&linus]);
}

#[tokio::test]
async fn save_without_changes_writes_nothing() {
    let world = World::new();
    let (directory, mut state) = world.open().unwrap();
    let new = world.bytes();
    assert_eq!(new, format::HEADER);
    state.save().unwrap();
    state.save_and_compact();
    assert_eq!(world.bytes(), new);
    let ada = create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    let once = world.bytes();
    assert!(once.len() > new.len());
    directory.get(&ada).await.unwrap();
    state.save().unwrap();
    assert_eq!(world.bytes(), once);
}

#[tokio::test]
async fn open_saves_existing_users_to_a_new_file() {
    let world = World::new();
    world.write(b"");
    let directory = world.directory();
    create(&directory, "ada.lovelace").await;
    drop(StateFile::open(&world.path(), &directory).unwrap());
    assert_eq!(world.records(), records(&directory));
    let error = StateFile::open(&world.path(), &directory).unwrap_err();
    assert!(matches!(error, StateError::NotEmpty { .. }), "{error}");
}

#[tokio::test]
async fn open_rejects_other_files_and_does_not_modify_them() {
    let world = World::new();
    for (bytes, message) in [
        (&b"hello"[..], "is not a state file of clerk-emulator"),
        (b"\n", "is not a state file of clerk-emulator"),
        (b"{}\n", "is not a state file of clerk-emulator"),
        (b"[{\"id\":\"user_1\"}]\n", "is not a state file of clerk-emulator"),
        (b"{\"format\":\"something else\",\"version\":1}\n", "is not a state file of clerk-emulator"),
        (&format::HEADER[..format::HEADER.len() - 1], "is not a state file of clerk-emulator"),
        (b"\xff\xfe\n", "is not a state file of clerk-emulator"),
        (NEWER_HEADER, "requires a newer version of clerk-emulator (format version 2)"),
    ] {
        world.write(bytes);
        let error = world.open().unwrap_err().to_string();
        assert!(error.contains(&world.path().display().to_string()) && error.ends_with(message), "{error}");
        assert_eq!(world.bytes(), bytes);
    }
    fs::remove_file(world.path()).unwrap();
    fs::create_dir(world.path()).unwrap();
    assert!(matches!(world.open().unwrap_err(), StateError::UnknownFormat { .. }));
}

const NEWER_HEADER: &[u8] = b"{\"format\":\"user-directory state\",\"version\":2,\"more\":[]}\n";

#[test]
fn open_in_missing_folder_is_an_error_with_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nowhere").join("state.jsonl");
    let error = StateFile::open(&path, &InMemoryUserDirectory::new()).unwrap_err();
    assert!(matches!(error, StateError::Io { .. }));
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[tokio::test]
async fn open_rejects_file_in_use() {
    let world = World::new();
    let (directory, state) = world.open().unwrap();
    let error = world.open().unwrap_err();
    assert!(error.to_string().ends_with("is in use by another emulator"), "{error}");
    let mut state = state;
    create(&directory, "ada.lovelace").await;
    // The compaction replaces the file, which stays locked.
    state.save_and_compact();
    assert!(matches!(world.open().unwrap_err(), StateError::InUse { .. }));
    drop(state);
    assert_eq!(records(&world.open().unwrap().0), records(&directory));
}

#[cfg(unix)]
#[tokio::test]
async fn file_is_only_accessible_to_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let mode = || fs::metadata(world.path()).unwrap().permissions().mode() & 0o777;
    let (directory, mut state) = world.open().unwrap();
    assert_eq!(mode(), 0o600);
    create(&directory, "ada.lovelace").await;
    state.save().unwrap();
    assert_eq!(mode(), 0o600);
    state.save_and_compact();
    assert_eq!(mode(), 0o600);
}

mod compaction {
    use super::*;

    /// An update that is large enough for a few of them to cause a compaction.
    fn large_update(n: usize) -> MetadataUpdate {
        MetadataUpdate::new()
            .public(Metadata::new(&serde_json::json!({ "text": n.to_string().repeat(8_000) })).unwrap())
    }

    #[tokio::test]
    async fn compaction_keeps_only_current_records() {
        let world = World::new();
        let (directory, mut state) = world.open().unwrap();
        let ada = create(&directory, "ada.lovelace").await;
        for n in 0..9 {
            create(&directory, &format!("user-{n}")).await;
            directory.update_metadata(&ada, &large_update(n)).await.unwrap();
            state.save().unwrap();
        }
        directory.delete(records(&directory)[1].id()).await.unwrap();
        let before = world.bytes().len();
        state.save_and_compact();
        assert!(world.bytes().len() < before / 3, "{} of {before}", world.bytes().len());
        assert_eq!(world.records(), records(&directory));
        // One line for each user, in the order of creation.
        let lines = world.bytes();
        let lines: Vec<_> = lines.split_inclusive(|byte| *byte == b'\n').skip(1).collect();
        let read = |line: &&[u8]| format::read_batch(line).unwrap().put.into_iter().map(Arc::new).collect::<Vec<_>>();
        assert_eq!(lines.iter().flat_map(read).collect::<Vec<_>>(), records(&directory));
        assert_eq!(lines.len(), records(&directory).len());
        // Later changes are appended to the new file.
        directory.ban(&ada).await.unwrap();
        state.save().unwrap();
        assert_eq!(world.records(), records(&directory));
        assert_eq!(fs::read_dir(world.folder.path()).unwrap().count(), 2);
    }

    #[tokio::test]
    async fn compaction_keeps_concurrent_changes() {
        let world = World::new();
        let (directory, mut state) = world.open().unwrap();
        let ada = create(&directory, "ada.lovelace").await;
        let grace = create(&directory, "grace").await;
        state.save().unwrap();
        // Not saved when the compaction starts.
        let linus = create(&directory, "linus").await;
        let from = state.length;
        let compaction = state.start_compaction();
        directory.ban(&ada).await.unwrap();
        state.save().unwrap();
        let compacted = compaction.run().unwrap();
        directory.delete(&grace).await.unwrap();
        state.save().unwrap();
        assert_eq!(world.records(), records(&directory));
        // Not saved when the compaction ends.
        directory.ban(&linus).await.unwrap();
        state.finish_compaction(compacted, from).unwrap();
        assert!(directory.get(&ada).await.unwrap().banned);
        assert_eq!(world.records().len(), 2);
        state.save().unwrap();
        assert_eq!(world.records(), records(&directory));
        state.save_and_compact();
        assert_eq!(world.records(), records(&directory));
        assert_eq!(state.length, state.compacted_length);
    }

    #[tokio::test]
    async fn compaction_is_due_when_most_of_the_file_is_outdated() {
        let world = World::new();
        let (directory, mut state) = world.open().unwrap();
        let ada = create(&directory, "ada.lovelace").await;
        let mut writes = 0;
        while !state.is_compaction_due() {
            directory.update_metadata(&ada, &large_update(writes % 10)).await.unwrap();
            state.save().unwrap();
            writes += 1;
        }
        assert!(state.length > MIN_OUTDATED && state.length < MIN_OUTDATED + 50_000, "{}", state.length);
        state.save_and_compact();
        assert!(!state.is_compaction_due());
        assert!(state.length < 20_000);
    }

    #[tokio::test]
    async fn open_compacts_file_with_outdated_records() {
        let world = World::new();
        let (directory, mut state) = world.open().unwrap();
        let ada = create(&directory, "ada.lovelace").await;
        state.save().unwrap();
        let once = world.bytes();
        drop(state);
        drop(world.open().unwrap());
        assert_eq!(world.bytes(), once);

        let (directory, mut state) = world.open().unwrap();
        directory.ban(&ada).await.unwrap();
        state.save().unwrap();
        let twice = world.bytes();
        drop(state);
        assert_eq!(records(&world.open().unwrap().0), records(&directory));
        assert!(world.bytes().len() < twice.len());
        drop(directory);
    }

    #[tokio::test]
    async fn compaction_removes_temporary_file_of_a_crash() {
        let world = World::new();
        let (directory, mut state) = world.open().unwrap();
        create(&directory, "ada.lovelace").await;
        fs::write(with_suffix(&world.path(), ".tmp"), "half").unwrap();
        state.save_and_compact();
        assert_eq!(world.records(), records(&directory));
        assert!(!with_suffix(&world.path(), ".tmp").exists());
    }

    #[tokio::test]
    async fn failed_compaction_loses_no_changes() {
        let world = World::new();
        let (directory, mut state) = world.open().unwrap();
        create(&directory, "ada.lovelace").await;
        // A folder at the path of the temporary file makes the compaction fail.
        let obstacle = with_suffix(&world.path(), ".tmp");
        fs::create_dir(&obstacle).unwrap();
        state.save().unwrap();
        state.compact().unwrap_err();
        assert_eq!(world.records(), records(&directory));
        create(&directory, "grace").await;
        state.save().unwrap();
        assert_eq!(world.records(), records(&directory));
        fs::remove_dir(&obstacle).unwrap();
        state.save_and_compact();
        assert_eq!(world.records(), records(&directory));
    }
}
