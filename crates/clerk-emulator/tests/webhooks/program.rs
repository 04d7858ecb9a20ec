//! Tests of the program, including one that kills it.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use user_directory::clerk::RetryPolicy;
use user_directory::webhooks::{EventKind, UserEvent, Verifier, WebhookSecret};
use user_directory::{ClerkUserDirectory, ErrorKind, NewUser, Result, SecretKey, UserDirectory, UserId, UserUpdate};
use user_directory_sql::SqlUserDirectory;

use crate::receiver::{Receiver, SECRET};
use crate::support::emptied;

/// The key of the program that is killed. Other emulators reject it.
const KEY: &str = "sk_live_of_the_killed_program";

/// A running program, which is killed when it is dropped.
struct Program {
    child: Child,
    /// The lines before the URL.
    lines: Vec<String>,
    url: String,
}

/// Returns the program with these arguments, without its variables of the environment.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clerk-emulator"));
    command.args(arguments).stdin(Stdio::null());
    for name in ["SECRET_KEY", "DATABASE", "ENCRYPTION_KEYS", "WEBHOOK_SECRET"] {
        command.env_remove(format!("CLERK_EMULATOR_{name}"));
    }
    command
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        Self::spawn(command(arguments))
    }

    fn spawn(mut command: Command) -> Self {
        let command = command.args(["--permissive", "--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(url) = line.strip_prefix("listening on ") {
                let url = url.to_owned();
                return Self { child, lines, url };
            }
            lines.push(line);
        }
        panic!("the program did not start: {}", child.wait().unwrap());
    }

    fn users(&self) -> ClerkUserDirectory {
        self.users_with(integration_tests::KEY)
    }

    fn users_with(&self, key: &str) -> ClerkUserDirectory {
        let builder = ClerkUserDirectory::builder(SecretKey::new(key).unwrap()).base_url(format!("{}/v1", self.url));
        builder.retry(RetryPolicy::none()).build().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Runs the program with arguments that it rejects, and returns the message.
fn rejected(arguments: &[&str]) -> String {
    let output = command(arguments).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn webhook_option_without_a_secret_prints_a_generated_one() {
    let mut receivers = [Receiver::start().await, Receiver::start().await];
    let [one, two] = [receivers[0].url(), receivers[1].url()];
    let arguments = ["--webhook", &one, "--webhook", &two, "--webhook-secret", SECRET];
    let program = Program::start(&arguments);
    assert_eq!(program.lines.len(), 2);
    assert!(!program.lines[0].contains("whsec_"), "{}", program.lines[0]);
    let (_, generated) = program.lines[1].split_once("signing secret ").unwrap();

    let ada = program.users().create(&NewUser::new().username("ada_lovelace")).await.unwrap();
    assert_eq!(receivers[0].event().await.user_id(), Some(&ada.id));
    let request = receivers[1].next().await;
    let verifier = Verifier::new(WebhookSecret::new(generated).unwrap());
    assert_eq!(verifier.verify(&request.headers, &request.body).unwrap().user_id(), Some(&ada.id));
}

#[tokio::test]
async fn webhook_secrets_of_the_environment_keep_their_positions() {
    let mut receiver = Receiver::start().await;
    let mut command = command(&["--webhook", "http://127.0.0.1:1/", "--webhook", &receiver.url()]);
    // The first secret is empty, and the last one has no URL.
    command.env("CLERK_EMULATOR_WEBHOOK_SECRET", format!(",{SECRET},{SECRET}"));
    let program = Program::spawn(command);
    assert!(program.lines[0].contains("signing secret whsec_"), "{}", program.lines[0]);
    assert!(!program.lines[1].contains("whsec_"), "{}", program.lines[1]);
    let ada = program.users().create(&NewUser::new().username("ada_lovelace")).await.unwrap();
    assert_eq!(receiver.event().await.user_id(), Some(&ada.id));
}

#[test]
fn webhook_options_are_validated_without_printing_secrets() {
    let url = "http://127.0.0.1:1/";
    for (arguments, problem) in [
        (&["--webhook-secret", SECRET][..], "more secrets than URLs"),
        (&["--webhook", "localhost:3000", "--webhook-secret", SECRET], "must start with http"),
        (&["--webhook", url, "--webhook-secret", "c2VjcmV0"], "must start with `whsec_`"),
        (&["--webhook", url, "--webhook-speed", "0"], "--webhook-speed"),
    ] {
        let message = rejected(arguments);
        assert!(message.contains(problem), "{message}");
        assert!(!message.contains(SECRET) && !message.contains("c2VjcmV0"), "{message}");
    }
}

/// What the test knows about the changes. The values are unique names, or ids of deleted users with a prefix.
#[derive(Default)]
struct History {
    acknowledged: HashSet<String>,
    rejected: HashSet<String>,
    unknown: HashSet<String>,
    kills: usize,
}

/// Returns the value of an event in the [`History`].
fn value_of(event: &UserEvent) -> String {
    match &event.kind {
        EventKind::Created(user) | EventKind::Updated(user) => user.first_name.as_deref().unwrap().to_owned(),
        EventKind::Deleted(user) => format!("deleted {}", user.id),
        _ => panic!("{event:?}"),
    }
}

/// A change that the test makes.
enum Change {
    Create(NewUser),
    Update(UserId, UserUpdate),
    Delete(UserId),
}

impl Change {
    /// Returns a random change with a value, and its value in the [`History`]. `own` are the users that can be changed.
    fn random(random: &mut fastrand::Rng, number: usize, own: &mut Vec<UserId>) -> (Self, String) {
        let name = format!("Change {number}");
        let choice = random.u8(..100);
        if choice < 10 {
            // The username is invalid.
            return (Self::Create(NewUser::new().username("!").first_name(name.as_str())), name);
        }
        if choice < 60 || own.is_empty() {
            let new_user = NewUser::new().username(format!("user_number_{number}")).first_name(name.as_str());
            return (Self::Create(new_user), name);
        }
        let index = random.usize(..own.len());
        if choice < 85 {
            return (Self::Update(own[index].clone(), UserUpdate::new().first_name(name.as_str())), name);
        }
        let id = own.swap_remove(index);
        let value = format!("deleted {id}");
        (Self::Delete(id), value)
    }

    /// Makes the change. Returns the id of a new user.
    async fn make(&self, users: &ClerkUserDirectory) -> Result<Option<UserId>> {
        match self {
            Self::Create(new_user) => users.create(new_user).await.map(|user| Some(user.id)),
            Self::Update(id, update) => users.update(id, update).await.map(|_| None),
            Self::Delete(id) => users.delete(id).await.map(|_| None),
        }
    }
}

/// The client of the running program, or `None` while it is being restarted.
type Current = Mutex<Option<ClerkUserDirectory>>;

/// Waits for the client of the running program.
async fn running(current: &Current) -> ClerkUserDirectory {
    loop {
        let users = current.lock().unwrap().clone();
        if let Some(users) = users {
            return users;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Makes changes until there are enough, and records their outcomes.
async fn work(current: Arc<Current>, seed: u64, next: Arc<AtomicUsize>, changes: usize, history: Arc<Mutex<History>>) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut own = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= changes {
            break;
        }
        let (change, value) = Change::random(&mut random, number, &mut own);
        let result = loop {
            match change.make(&running(&current).await).await {
                // The program was killed before the request, so the change was not made.
                Err(error) if error.kind() == ErrorKind::Connect => tokio::time::sleep(Duration::from_millis(10)).await,
                result => break result,
            }
        };
        let mut history = history.lock().unwrap();
        match result {
            Ok(created) => {
                own.extend(created);
                history.acknowledged.insert(value);
            }
            Err(error) if error.kind() == ErrorKind::InvalidInput => drop(history.rejected.insert(value)),
            Err(_) => drop(history.unknown.insert(value)),
        }
    }
}

/// Starts the program again and again while `work` is running, and kills it after a random number of changes.
async fn kill_while(
    work: impl Future<Output = ()>,
    next: &AtomicUsize,
    history: &Mutex<History>,
    current: &Current,
    start: impl Fn() -> Program,
) -> Program {
    let mut random = fastrand::Rng::with_seed(7);
    let start = || {
        let program = start();
        *current.lock().unwrap() = Some(program.users_with(KEY));
        program
    };
    let mut program = Some(start());
    let chaos = async {
        loop {
            let until = next.load(Ordering::Relaxed) + random.usize(20..100);
            while next.load(Ordering::Relaxed) < until {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            // Another process can take the port of a program that was killed.
            *current.lock().unwrap() = None;
            drop(program.take());
            history.lock().unwrap().kills += 1;
            program = Some(start());
        }
    };
    tokio::select! {
        () = work => {}
        () = chaos => {}
    }
    program.unwrap_or_else(start)
}

/// The number of changes is that of the environment variable `WEBHOOK_CHANGES`.
#[tokio::test(flavor = "multi_thread")]
async fn event_of_every_acknowledged_change_arrives_although_the_program_is_killed() {
    let changes = std::env::var("WEBHOOK_CHANGES").map_or(300, |number| number.parse().unwrap());
    let mut receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (database, url) = (format!("sqlite:{}", folder.path().join("users.db").display()), receiver.url());
    let start = || {
        let webhook = ["--webhook", &url, "--webhook-secret", SECRET, "--webhook-speed", "1000"];
        Program::start(&[&["--secret-key", KEY, "--database", &database], &webhook[..]].concat())
    };
    let current = Arc::new(Current::default());
    let (next, history) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(History::default())));
    let worker = |seed| work(Arc::clone(&current), seed, Arc::clone(&next), changes, Arc::clone(&history));
    let workers = (0..8).map(|seed| tokio::spawn(worker(seed)));
    let workers: Vec<_> = workers.collect();
    let all = async {
        for worker in workers {
            worker.await.unwrap();
        }
    };
    let started = std::time::Instant::now();
    let program = kill_while(all, &next, &history, &current, start).await;

    let history = std::mem::take(&mut *history.lock().unwrap());
    let mut missing = history.acknowledged.clone();
    let (mut deliveries, mut ids) = (0_usize, HashSet::new());
    while !missing.is_empty() {
        let event = tokio::time::timeout(Duration::from_mins(2), receiver.event()).await;
        let event = event.unwrap_or_else(|_| panic!("{} events are missing: {missing:?}", missing.len()));
        let value = value_of(&event);
        let is_possible = history.acknowledged.contains(&value) || history.unknown.contains(&value);
        assert!(is_possible, "{value} was rejected or not made");
        missing.remove(&value);
        deliveries += 1;
        ids.insert(event.id);
    }
    let History { acknowledged, rejected, unknown, kills } = history;
    println!(
        "{changes} changes: {} acknowledged, {} rejected, {} unknown; {kills} kills; {deliveries} deliveries of {} events; {:.1} s",
        acknowledged.len(),
        rejected.len(),
        unknown.len(),
        ids.len(),
        started.elapsed().as_secs_f64(),
    );
    assert!(kills > 0);
    // The program acknowledges everything that it has sent.
    let directory = SqlUserDirectory::builder().emit_events().open(&database).await.unwrap();
    emptied(directory.directory().outbox().unwrap()).await;
    drop(program);
}
