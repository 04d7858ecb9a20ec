//! The program with `--state`, and what is left of its users however it ends.

#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use user_directory::{
    ClerkUserDirectory, Metadata, MetadataUpdate, NewUser, OrderBy, OrderField, Result, SecretKey, User, UserDirectory,
    UserFilter, UserId, UserQuery,
};

/// How many writes there are, unless something happens in the middle.
const WRITES: usize = 10_000;
const WRITERS: usize = 8;

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

    /// Writes two users, again and again, until there are enough or nobody answers.
    async fn write(self) -> Result<()> {
        while self.count() < WRITES {
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
            self.users.bulk_ban(&pair).await?;
            for id in &pair {
                self.note(id, Wrote::Ban);
            }
        }
        Ok(())
    }

    /// Writes, and does something in the middle: when so many writes were answered, and the first of them long enough
    /// ago that they have to have been saved. Answers when that was.
    async fn write_and_meanwhile(
        &self,
        program: &mut Program,
        writes: usize,
        end: impl FnOnce(&mut Program),
    ) -> Instant {
        let tasks: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(self.clone().write())).collect();
        let begun = Instant::now();
        while self.count() < writes || begun.elapsed() < Duration::from_millis(1_500) {
            assert!(begun.elapsed() < Duration::from_secs(120), "{} writes were answered", self.count());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let at = Instant::now();
        tokio::task::block_in_place(|| end(program));
        for task in tasks {
            // Most of them were waiting for an answer.
            let _ = task.await.unwrap();
        }
        at
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
async fn a_kill_in_the_middle_of_many_writes_loses_the_last_second_at_most() {
    let mut random = fastrand::Rng::with_seed(20_260_512);
    let folder = Folder::new();
    let mut program = Program::start(&folder.state());
    let writers = Writers::new(program.users());
    let killed = writers.write_and_meanwhile(&mut program, random.usize(2_000..8_000), Program::kill).await;
    let all = writers.count();
    assert!(all < WRITES, "it was killed too late");

    let program = Program::start(&folder.state());
    let users = everybody(&program.users()).await;
    let old = writers.answered_before(killed.checked_sub(Duration::from_secs(1)).unwrap());
    assert!(!old.is_empty());
    assert_there(&old, &users);

    // And it goes on.
    let user = Whole { user: WRITES, write: 0 };
    program.users().create(&user.new_user()).await.unwrap();
    assert_eq!(everybody(&program.users()).await.len(), users.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_a_few_moments_after_the_start_leaves_a_file_that_can_be_read() {
    let mut random = fastrand::Rng::with_seed(20_260_512);
    let folder = Folder::new();
    let mut before = Vec::new();
    for round in 0..5 {
        let mut program = Program::start(&folder.state());
        let users = everybody(&program.users()).await;
        assert_there(&before, &users);
        let writers = Writers::new(program.users());
        writers.next_user.store((round + 1) * WRITES, Ordering::Relaxed);
        let task = tokio::spawn(writers.clone().write());
        tokio::time::sleep(Duration::from_millis(random.u64(0..300))).await;
        program.kill();
        let _ = task.await.unwrap();
        // Those of the rounds before were loaded, so they are in the file for good.
        let there =
            |user: &User| Answered { at: Instant::now(), id: user.id.clone(), wrote: Wrote::User(Whole::of(user)) };
        before = users.iter().map(there).collect();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_asked_to_end_loses_nothing() {
    let mut random = fastrand::Rng::with_seed(20_260_513);
    let folder = Folder::new();
    let mut program = Program::start(&folder.state());
    let writers = Writers::new(program.users());
    let terminate = |program: &mut Program| assert!(program.terminate().success());
    writers.write_and_meanwhile(&mut program, random.usize(500..4_000), terminate).await;

    let program = Program::start(&folder.state());
    let users = everybody(&program.users()).await;
    assert_there(&writers.answered_before(Instant::now()), &users);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_refused_and_left_as_it_is() {
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
    assert!(message.contains("users.state is damaged, and was left as it is: line 2"), "{message}");
    assert!(!message.contains("First"), "{message}");
    assert_eq!(std::fs::read_to_string(folder.state()).unwrap(), damaged);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_do_not_share_a_file() {
    let folder = Folder::new();
    let program = Program::start(&folder.state());
    let mut command = Command::new(env!("CARGO_BIN_EXE_clerk-emulator"));
    let output = command.args(["--port", "0", "--state"]).arg(folder.state()).output().unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("users.state is in use by another process"), "{message}");
    assert_eq!(program.users().count(&UserFilter::new()).await.unwrap(), 0);
}
