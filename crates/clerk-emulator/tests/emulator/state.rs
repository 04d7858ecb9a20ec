//! The program with `--state`, and what is left of its users however it ends.

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
/// The number of a user whom no writer comes to.
const ANOTHER: usize = 1_000_000;

/// The running program. One that a failed test leaves is killed.
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
        let url = line.trim_end().strip_prefix("listening on ").unwrap_or_else(|| panic!("it says {line:?}"));
        Self { child, url: url.to_owned() }
    }

    fn users(&self) -> ClerkUserDirectory {
        let key = SecretKey::new("sk_test_anything").unwrap();
        let builder = ClerkUserDirectory::builder(key).base_url(format!("{}/v1", self.url));
        builder.timeout(Duration::from_secs(60)).build().unwrap()
    }

    /// Ends it at once, as `kill -9` does.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end.
    fn terminate(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
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

/// What a user is made of; each part says which user it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Whole {
    user: usize,
    /// Counts up with each write.
    write: usize,
}

impl Whole {
    fn metadata(&self) -> Metadata {
        Metadata::new(self).unwrap()
    }

    fn new_user(&self) -> NewUser {
        let user = self.user;
        let new = NewUser::new().username(format!("user-{user}")).email_address(format!("user-{user}@example.com"));
        let new = new.first_name(format!("First {user}")).last_name(format!("Last {user}"));
        new.public_metadata(self.metadata()).private_metadata(self.metadata())
    }

    /// Of a user whose parts belong together.
    #[track_caller]
    fn of(user: &User) -> Self {
        let whole: Self = user.public_metadata.deserialize().unwrap();
        let number = whole.user;
        assert_eq!(user.private_metadata.deserialize::<Self>().unwrap(), whole);
        assert_eq!(user.username.as_deref(), Some(&*format!("user-{number}")));
        assert_eq!(user.full_name(), Some(format!("First {number} Last {number}")));
        let [email] = &user.email_addresses[..] else { panic!("{} email addresses", user.email_addresses.len()) };
        assert_eq!(email.email_address, format!("user-{number}@example.com"));
        whole
    }
}

/// A write that was answered.
#[derive(Debug, Clone)]
struct Answered {
    at: Instant,
    id: UserId,
    wrote: Wrote,
}

#[derive(Debug, Clone)]
enum Wrote {
    User(Whole),
    Ban,
}

/// What is promised to be lost at most.
const PROMISE: Duration = Duration::from_secs(1);

/// Does what saving needs of the machine, as often and at the same time: it waits, runs and writes to the disk. So it
/// tells how much longer than on a machine that has time everything takes here.
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

    /// How old is what must not be lost: as promised, or older if a single step took more than a third of that.
    fn window(&self) -> Duration {
        PROMISE.max(*self.slowest.lock().unwrap() * 3)
    }
}

/// Writers, and what they were answered.
#[derive(Clone)]
struct Writers {
    users: ClerkUserDirectory,
    answered: Arc<Mutex<Vec<Answered>>>,
    next_user: Arc<AtomicUsize>,
}

impl Writers {
    fn new(users: ClerkUserDirectory) -> Self {
        Self { users, answered: Arc::default(), next_user: Arc::default() }
    }

    fn count(&self) -> usize {
        self.answered.lock().unwrap().len()
    }

    fn note(&self, id: &UserId, wrote: Wrote) {
        let answered = Answered { at: Instant::now(), id: id.clone(), wrote };
        self.answered.lock().unwrap().push(answered);
    }

    /// Writes two users, again and again, until nobody responses.
    async fn write(self) -> Result<Infallible> {
        loop {
            let first = self.next_user.fetch_add(2, Ordering::Relaxed);
            let mut pair = Vec::new();
            for user in [first, first + 1] {
                let whole = Whole { user, write: 0 };
                let id = self.users.create(&whole.new_user()).await?.id;
                self.note(&id, Wrote::User(whole));
                pair.push(id);
            }
            for write in 1..=3 {
                for (user, id) in [first, first + 1].into_iter().zip(&pair) {
                    let whole = Whole { user, write };
                    let update = MetadataUpdate::new().public(whole.metadata()).private(whole.metadata());
                    self.users.update_metadata(id, &update).await?;
                    self.note(id, Wrote::User(whole));
                }
            }
            self.users.bulk_ban(&UserIdBatch::try_from(&*pair)?).await?;
            for id in &pair {
                self.note(id, Wrote::Ban);
            }
        }
    }

    /// Lets several write, and ends the program in the middle: when so many writes were answered, and it is time.
    async fn write_until(&self, writes: usize, is_time: impl Fn() -> bool, end: impl FnOnce()) {
        let tasks: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(self.clone().write())).collect();
        while self.count() < writes || !is_time() {
            assert!(!tasks.iter().all(JoinHandle::is_finished), "nobody responses after {} writes", self.count());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::task::block_in_place(end);
        for task in tasks {
            // Most of them were waiting for an response.
            task.await.unwrap().unwrap_err();
        }
    }

    /// When the first write was answered, if one was.
    fn first_answer(&self) -> Option<Instant> {
        self.answered.lock().unwrap().first().map(|answered| answered.at)
    }

    /// What was answered before a time.
    fn answered_before(&self, time: Instant) -> Vec<Answered> {
        self.answered.lock().unwrap().iter().filter(|answered| answered.at < time).cloned().collect()
    }
}

/// Everybody, after a check that everybody is whole.
async fn everybody(users: &ClerkUserDirectory) -> Vec<User> {
    let mut everybody = Vec::new();
    loop {
        let query = UserQuery::new().order_by(OrderBy::ascending(OrderField::CreatedAt)).limit(500);
        let page = users.list(&query.offset(everybody.len() as u64)).await.unwrap();
        if page.is_empty() {
            break;
        }
        everybody.extend(page);
    }
    assert_eq!(users.count(&UserFilter::new()).await.unwrap(), everybody.len() as u64);
    // Two users were banned by one call, or are not.
    let banned = |number: usize| everybody.iter().find(|user| Whole::of(user).user == number).map(|user| user.banned);
    for user in everybody.iter().filter(|user| user.banned) {
        assert_eq!(banned(Whole::of(user).user ^ 1), Some(true));
    }
    everybody
}

#[track_caller]
fn assert_there(answered: &[Answered], users: &[User]) {
    let users: std::collections::HashMap<_, _> = users.iter().map(|user| (&user.id, user)).collect();
    for Answered { id, wrote, .. } in answered {
        let user = users.get(id).unwrap_or_else(|| panic!("{id} is lost: {wrote:?}"));
        match wrote {
            Wrote::User(whole) => {
                let there = Whole::of(user);
                assert!(there.user == whole.user && there.write >= whole.write, "{there:?}, {whole:?}");
            }
            Wrote::Ban => assert!(user.banned, "{id}"),
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
    // Late enough that something has to be there.
    let is_time = || writers.first_answer().is_some_and(|first| first.elapsed() > probe.window());
    let mut killed = None;
    let kill = || {
        killed = Some(Instant::now());
        program.kill();
    };
    writers.write_until(random.usize(2_000..8_000), is_time, kill).await;
    // Afterwards, because a step that the kill found under way counts too.
    let window = probe.window();
    if window > PROMISE {
        println!("this machine is slow: what was answered {window:?} before the kill has to be there, not {PROMISE:?}");
    }

    let program = Program::start(&folder.state());
    let users = everybody(&program.users()).await;
    let old = writers.answered_before(killed.unwrap().checked_sub(window).unwrap());
    assert_there(&old, &users);

    // And it goes on.
    let user = Whole { user: ANOTHER, write: 0 };
    program.users().create(&user.new_user()).await.unwrap();
    assert_eq!(everybody(&program.users()).await.len(), users.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_after_start_leaves_a_readable_state_file() {
    let mut random = fastrand::Rng::with_seed(20_260_512);
    let folder = Folder::new();
    let mut before = Vec::new();
    for round in 0..5 {
        let mut program = Program::start(&folder.state());
        let users = everybody(&program.users()).await;
        assert_there(&before, &users);
        let writers = Writers::new(program.users());
        writers.next_user.store((round + 1) * ANOTHER, Ordering::Relaxed);
        let task = tokio::spawn(writers.clone().write());
        tokio::time::sleep(Duration::from_millis(random.u64(0..300))).await;
        program.kill();
        task.await.unwrap().unwrap_err();
        // Those of the rounds before were loaded, so they are in the file for good.
        let there =
            |user: &User| Answered { at: Instant::now(), id: user.id.clone(), wrote: Wrote::User(Whole::of(user)) };
        before = users.iter().map(there).collect();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn termination_loses_nothing() {
    let mut random = fastrand::Rng::with_seed(20_260_513);
    let folder = Folder::new();
    let mut program = Program::start(&folder.state());
    let writers = Writers::new(program.users());
    writers.write_until(random.usize(500..4_000), || true, || assert!(program.terminate().success())).await;

    let program = Program::start(&folder.state());
    let users = everybody(&program.users()).await;
    assert_there(&writers.answered_before(Instant::now()), &users);
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_state_file_is_rejected_and_not_modified() {
    let folder = Folder::new();
    let mut program = Program::start(&folder.state());
    program.users().create(&Whole { user: 1, write: 0 }.new_user()).await.unwrap();
    assert!(program.terminate().success());
    let damaged = std::fs::read_to_string(folder.state()).unwrap().replacen("First 1", "First 2", 1);
    std::fs::write(folder.state(), &damaged).unwrap();

    let mut command = Command::new(env!("CARGO_BIN_EXE_clerk-emulator"));
    let output = command.args(["--port", "0", "--state"]).arg(folder.state()).output().unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("users.state is damaged, and was not modified: line 2"), "{message}");
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
        ids.push(program.users().create(&Whole { user, write: 0 }.new_user()).await.unwrap().id);
        // A line for each of them, in a file that is removed after the first.
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
    let users = everybody(&program.users()).await;
    assert_eq!(users.iter().map(|user| &user.id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
}
