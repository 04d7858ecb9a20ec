//! Tests of the program with `--state`: users survive restarts, terminations and kills.

#![cfg(unix)]

use std::convert::Infallible;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use user_directory::{
    ClerkUserDirectory, Metadata, MetadataUpdate, NewUser, OrderBy, OrderField, Result, SecretKey, User, UserDirectory,
    UserFilter, UserId, UserIdBatch, UserQuery,
};

const WRITERS: usize = 8;
/// A user number that the writers do not reach.
const UNUSED: usize = 1_000_000;

/// The running program. It is killed when dropped.
struct Program {
    child: Child,
    url: String,
}

impl Program {
    fn start(state: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clerk-emulator"));
        command.args(["--port", "0", "--state"]).arg(state).env_remove("CLERK_EMULATOR_SECRET_KEY");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("listening on ").unwrap_or_else(|| panic!("unexpected output {line:?}"));
        Self { child, url: url.to_owned() }
    }

    fn users(&self) -> ClerkUserDirectory {
        let key = SecretKey::new("sk_test_anything").unwrap();
        let builder = ClerkUserDirectory::builder(key).base_url(format!("{}/v1", self.url));
        builder.timeout(Duration::from_secs(60)).build().unwrap()
    }

    /// Kills the program with SIGKILL.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops the program with SIGTERM.
    fn terminate(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The program may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder for the state file.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn state(&self) -> PathBuf {
        self.0.path().join("users.state")
    }
}

/// The metadata of a test user. All fields of the user are derived from it, so that a mixture of two writes is detected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Version {
    user: usize,
    /// The number of the write.
    write: usize,
}

impl Version {
    fn metadata(&self) -> Metadata {
        Metadata::new(self).unwrap()
    }

    fn new_user(&self) -> NewUser {
        let user = self.user;
        let new = NewUser::new().username(format!("user-{user}")).email_address(format!("user-{user}@example.com"));
        let new = new.first_name(format!("First {user}")).last_name(format!("Last {user}"));
        new.public_metadata(self.metadata()).private_metadata(self.metadata())
    }

    /// Returns the version of a user, after a check that all its fields belong to it.
    #[track_caller]
    fn of(user: &User) -> Self {
        let version: Self = user.public_metadata.deserialize().unwrap();
        let number = version.user;
        assert_eq!(user.private_metadata.deserialize::<Self>().unwrap(), version);
        assert_eq!(user.username.as_deref(), Some(&*format!("user-{number}")));
        assert_eq!(user.full_name(), Some(format!("First {number} Last {number}")));
        let [email] = &user.email_addresses[..] else { panic!("{} email addresses", user.email_addresses.len()) };
        assert_eq!(email.email_address, format!("user-{number}@example.com"));
        version
    }
}

/// A write that the emulator acknowledged.
#[derive(Debug, Clone)]
struct Acknowledged {
    at: Instant,
    id: UserId,
    change: Change,
}

#[derive(Debug, Clone)]
enum Change {
    User(Version),
    Ban,
}

/// The documented limit of lost changes.
const MAX_LOSS: Duration = Duration::from_secs(1);

/// Measures how slow the machine is: writes to the disk at the same interval as the saver, and records the slowest round.
struct Probe {
    slowest: Arc<Mutex<Duration>>,
    _stop: mpsc::Sender<()>,
}

impl Probe {
    fn start(folder: &Path) -> Self {
        let mut file = File::create(folder.join("probe")).unwrap();
        let slowest = Arc::new(Mutex::new(Duration::ZERO));
        let (stop, stopped) = mpsc::channel();
        let probe = Self { slowest: Arc::clone(&slowest), _stop: stop };
        std::thread::spawn(move || {
            let mut before = Instant::now();
            while stopped.recv_timeout(Duration::from_millis(100)) == Err(RecvTimeoutError::Timeout) {
                file.write_all(&[b' '; 10_000]).unwrap();
                file.sync_data().unwrap();
                let now = Instant::now();
                let mut slowest = slowest.lock().unwrap();
                *slowest = slowest.max(now - before);
                before = now;
            }
        });
        probe
    }

    /// Returns the age at which a change must be saved: the documented limit, or more on a slow machine.
    fn window(&self) -> Duration {
        MAX_LOSS.max(*self.slowest.lock().unwrap() * 3)
    }
}

/// Concurrent writers, and the writes that were acknowledged.
#[derive(Clone)]
struct Writers {
    users: ClerkUserDirectory,
    acknowledged: Arc<Mutex<Vec<Acknowledged>>>,
    next_user: Arc<AtomicUsize>,
}

impl Writers {
    fn new(users: ClerkUserDirectory) -> Self {
        Self { users, acknowledged: Arc::default(), next_user: Arc::default() }
    }

    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    fn record(&self, id: &UserId, change: Change) {
        let acknowledged = Acknowledged { at: Instant::now(), id: id.clone(), change };
        self.acknowledged.lock().unwrap().push(acknowledged);
    }

    /// Writes pairs of users until a request fails.
    async fn write(self) -> Result<Infallible> {
        loop {
            let first = self.next_user.fetch_add(2, Ordering::Relaxed);
            let mut pair = Vec::new();
            for user in [first, first + 1] {
                let version = Version { user, write: 0 };
                let id = self.users.create(&version.new_user()).await?.id;
                self.record(&id, Change::User(version));
                pair.push(id);
            }
            for write in 1..=3 {
                for (user, id) in [first, first + 1].into_iter().zip(&pair) {
                    let version = Version { user, write };
                    let update = MetadataUpdate::new().public(version.metadata()).private(version.metadata());
                    self.users.update_metadata(id, &update).await?;
                    self.record(id, Change::User(version));
                }
            }
            self.users.bulk_ban(&UserIdBatch::try_from(&*pair)?).await?;
            for id in &pair {
                self.record(id, Change::Ban);
            }
        }
    }

    /// Runs the writers, and calls `end` after this many acknowledged writes, when `is_time` returns `true`.
    async fn write_until(&self, writes: usize, is_time: impl Fn() -> bool, end: impl FnOnce()) {
        let tasks: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(self.clone().write())).collect();
        while self.count() < writes || !is_time() {
            assert!(!tasks.iter().all(JoinHandle::is_finished), "all writers failed after {} writes", self.count());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::task::block_in_place(end);
        for task in tasks {
            // Most writers were waiting for a response.
            task.await.unwrap().unwrap_err();
        }
    }

    /// Returns the time of the first acknowledged write.
    fn first_acknowledged(&self) -> Option<Instant> {
        self.acknowledged.lock().unwrap().first().map(|acknowledged| acknowledged.at)
    }

    /// Returns the writes that were acknowledged before a time.
    fn acknowledged_before(&self, time: Instant) -> Vec<Acknowledged> {
        self.acknowledged.lock().unwrap().iter().filter(|acknowledged| acknowledged.at < time).cloned().collect()
    }
}

/// Returns all users, after a check that each of them is consistent.
async fn list_all(users: &ClerkUserDirectory) -> Vec<User> {
    let mut all = Vec::new();
    loop {
        let query = UserQuery::new().order_by(OrderBy::ascending(OrderField::CreatedAt)).limit(500);
        let page = users.list(&query.offset(all.len() as u64)).await.unwrap();
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    assert_eq!(users.count(&UserFilter::new()).await.unwrap(), all.len() as u64);
    // One call bans both users of a pair.
    let banned = |number: usize| all.iter().find(|user| Version::of(user).user == number).map(|user| user.banned);
    for user in all.iter().filter(|user| user.banned) {
        assert_eq!(banned(Version::of(user).user ^ 1), Some(true));
    }
    all
}

#[track_caller]
fn assert_saved(acknowledged: &[Acknowledged], users: &[User]) {
    let users: std::collections::HashMap<_, _> = users.iter().map(|user| (&user.id, user)).collect();
    for Acknowledged { id, change, .. } in acknowledged {
        let user = users.get(id).unwrap_or_else(|| panic!("{id} is lost: {change:?}"));
        match change {
            Change::User(version) => {
                let saved = Version::of(user);
                assert!(saved.user == version.user && saved.write >= version.write, "{saved:?}, {version:?}");
            }
            Change::Ban => assert!(user.banned, "{id}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_during_writes_loses_at_most_one_second() {
    let mut random = fastrand::Rng::with_seed(20_260_512);
    let folder = Folder::new();
    let mut program = Program::start(&folder.state());
    let writers = Writers::new(program.users());
    let probe = Probe::start(folder.0.path());
    // Late enough that some writes must be saved.
    let is_time = || writers.first_acknowledged().is_some_and(|first| first.elapsed() > probe.window());
    let mut killed = None;
    let kill = || {
        killed = Some(Instant::now());
        program.kill();
    };
    writers.write_until(random.usize(2_000..8_000), is_time, kill).await;
    // After the kill, so that the round during the kill is included.
    let window = probe.window();
    if window > MAX_LOSS {
        println!("this machine is slow: the test allows the loss of {window:?} instead of {MAX_LOSS:?}");
    }

    let program = Program::start(&folder.state());
    let users = list_all(&program.users()).await;
    let old = writers.acknowledged_before(killed.unwrap().checked_sub(window).unwrap());
    assert_saved(&old, &users);

    // The state file can be written again.
    let user = Version { user: UNUSED, write: 0 };
    program.users().create(&user.new_user()).await.unwrap();
    assert_eq!(list_all(&program.users()).await.len(), users.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_after_start_leaves_a_readable_state_file() {
    let mut random = fastrand::Rng::with_seed(20_260_512);
    let folder = Folder::new();
    let mut before = Vec::new();
    for round in 0..5 {
        let mut program = Program::start(&folder.state());
        let users = list_all(&program.users()).await;
        assert_saved(&before, &users);
        let writers = Writers::new(program.users());
        writers.next_user.store((round + 1) * UNUSED, Ordering::Relaxed);
        let task = tokio::spawn(writers.clone().write());
        tokio::time::sleep(Duration::from_millis(random.u64(0..300))).await;
        program.kill();
        task.await.unwrap().unwrap_err();
        // The users of earlier rounds were loaded from the file, so they must stay in it.
        let saved = |user: &User| Acknowledged {
            at: Instant::now(),
            id: user.id.clone(),
            change: Change::User(Version::of(user)),
        };
        before = users.iter().map(saved).collect();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_loses_no_writes() {
    let mut random = fastrand::Rng::with_seed(20_260_513);
    let folder = Folder::new();
    let mut program = Program::start(&folder.state());
    let writers = Writers::new(program.users());
    writers.write_until(random.usize(500..4_000), || true, || assert!(program.terminate().success())).await;

    let program = Program::start(&folder.state());
    let users = list_all(&program.users()).await;
    assert_saved(&writers.acknowledged_before(Instant::now()), &users);
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_state_file_is_rejected_and_not_modified() {
    let folder = Folder::new();
    let mut program = Program::start(&folder.state());
    program.users().create(&Version { user: 1, write: 0 }.new_user()).await.unwrap();
    assert!(program.terminate().success());
    let damaged = std::fs::read_to_string(folder.state()).unwrap().replacen("First 1", "First 2", 1);
    std::fs::write(folder.state(), &damaged).unwrap();

    let mut command = Command::new(env!("CARGO_BIN_EXE_clerk-emulator"));
    let output = command.args(["--port", "0", "--state"]).arg(folder.state()).output().unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("users.state is damaged and was not modified: line 2"), "{message}");
    assert!(!message.contains("First"), "{message}");
    assert_eq!(std::fs::read_to_string(folder.state()).unwrap(), damaged);
}

#[tokio::test(flavor = "multi_thread")]
async fn second_program_cannot_open_the_state_file() {
    let folder = Folder::new();
    let program = Program::start(&folder.state());
    let mut command = Command::new(env!("CARGO_BIN_EXE_clerk-emulator"));
    let output = command.args(["--port", "0", "--state"]).arg(folder.state()).output().unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("users.state is in use by another emulator"), "{message}");
    assert_eq!(program.users().count(&UserFilter::new()).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_state_file_is_rewritten_before_a_kill() {
    let folder = Folder::new();
    let mut program = Program::start(&folder.state());
    let mut ids = Vec::new();
    for user in [1, 2] {
        ids.push(program.users().create(&Version { user, write: 0 }.new_user()).await.unwrap().id);
        // The file has one line for each user. It is removed after the first one.
        let saved = || std::fs::read_to_string(folder.state()).is_ok_and(|text| text.lines().count() > user);
        while !saved() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if user == 1 {
            std::fs::remove_file(folder.state()).unwrap();
        }
    }
    program.kill();
    let program = Program::start(&folder.state());
    let users = list_all(&program.users()).await;
    assert_eq!(users.iter().map(|user| &user.id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
}
