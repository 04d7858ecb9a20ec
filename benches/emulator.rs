//! The emulator with 100,000 users: start time, memory and response times. The argument `1000000` seeds a million
//! users, which takes minutes, temporarily 4 GB of disk space, and 6 GB of memory.
#![recursion_limit = "256"] // for the `json!` of a whole user
#![allow(clippy::cast_precision_loss, reason = "what is printed has three digits")]

#[path = "support/goals.rs"]
mod goals;
#[path = "support/page.rs"]
#[allow(dead_code, reason = "pages are for the other benchmark")]
mod page;

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use user_directory::{ClerkUserDirectory, NewUser, Result, SecretKey, UserDirectory, UserFilter, UserId, UserQuery};

const USERS: u64 = 100_000;
const CALLS: u64 = 2_000;
const CONCURRENT: u64 = 64;

fn main() {
    // `cargo test --benches` passes `--test`, and only checks that everything runs.
    let test = std::env::args().any(|argument| argument == "--test");
    let asked = std::env::args().find_map(|argument| argument.parse().ok());
    let (users, calls) = if test { (100, 10) } else { (asked.unwrap_or(USERS), CALLS) };
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let file = folder.path().join("users.jsonl");
    let bytes = write_users(&file, users);

    let started = Instant::now();
    let emulator = Program::start(&file);
    let start = started.elapsed();
    let memory = emulator.resident_bytes();
    goals::head(&format!("emulator with {users} users, {:.2} GB of JSON", gigabytes(bytes)));
    goals::figure("start, until it listens, s", start.as_secs_f64());
    goals::figure("memory, once they are loaded, GB", gigabytes(memory));
    goals::figure("memory, relative to the JSON", memory as f64 / bytes as f64);

    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be built");
    runtime.block_on(measure(&emulator.directory(), users, calls));
}

/// Measures sequential calls on a kept-alive connection, then concurrent calls.
async fn measure(directory: &ClerkUserDirectory, users: u64, calls: u64) {
    let someone = |call: u64| page::user((call * 7_919) % users);
    let of = |user: &serde_json::Value, field: &str| user[field].as_str().unwrap_or_default().to_owned();
    let ids: Vec<UserId> = (0..calls).map(|call| of(&someone(call), "id").parse().expect("it is an id")).collect();
    let names: Vec<String> = (0..calls).map(|call| of(&someone(call), "username")).collect();

    row("get", calls, |call| {
        let id = &ids[call];
        async move { directory.get(id).await.map(drop) }
    })
    .await;
    row("list, filtered by user name", calls, |call| {
        let query = UserQuery::from(UserFilter::new().username(names[call].as_str()));
        async move { directory.list(&query).await.map(|found| assert_eq!(found.len(), 1)) }
    })
    .await;
    row("list, newest 100", calls / 10, |_| async { directory.list(&UserQuery::new().limit(100)).await.map(drop) })
        .await;
    row("list, by part of an email address", calls.min(10), |call| {
        let query = UserQuery::from(UserFilter::new().email_address_query(format!(".{call}@"))).limit(10);
        async move { directory.list(&query).await.map(drop) }
    })
    .await;
    row("create", calls, |call| async move {
        let new_user = NewUser::new().email_address(format!("new.{call}@example.com")).first_name("Ada");
        directory.create(&new_user).await.map(drop)
    })
    .await;

    let begun = Instant::now();
    let each = calls * 25 / CONCURRENT;
    let callers = (0..CONCURRENT).map(|caller| {
        let (directory, ids) = (directory.clone(), ids.clone());
        tokio::spawn(async move {
            for call in 0..each {
                let index = usize::try_from((caller * each + call) % calls).expect("it is an index");
                directory.get(&ids[index]).await.expect("the user is there");
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("no call fails");
    }
    let rate = (each * CONCURRENT) as f64 / begun.elapsed().as_secs_f64();
    goals::at_least(&format!("get, {CONCURRENT} at once, client included, calls a second"), 25_000.0, rate);
}

/// Measures sequential calls, and prints the median and the 99th percentile in microseconds.
async fn row<F: Future<Output = Result<()>>>(name: &str, calls: u64, call: impl Fn(usize) -> F) {
    let mut times = Vec::new();
    for number in 0..usize::try_from(calls.max(1)).expect("there are not so many") {
        let begun = Instant::now();
        call(number).await.expect("no call fails");
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    for percent in [50, 99] {
        let time: Duration = times[(times.len() - 1) * percent / 100];
        goals::figure(&format!("{name}: p{percent}, µs"), time.as_secs_f64() * 1e6);
    }
}

fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}

/// Writes the users, one per line, and returns the number of bytes.
fn write_users(path: &Path, users: u64) -> u64 {
    let mut file = BufWriter::new(File::create(path).expect("the file can be written"));
    for number in 0..users {
        let mut user = page::user(number);
        // The random identifiers of the page would not be unique among this many users.
        if let Some(phone) = user["phone_numbers"].get_mut(0) {
            phone["phone_number"] = json!(format!("+1{:010}", 2_000_000_000 + number));
        }
        serde_json::to_writer(&mut file, &user).expect("a user can be written");
        file.write_all(b"\n").expect("the file can be written");
    }
    file.into_inner().expect("the file can be written").metadata().expect("the file is there").len()
}

/// Builds the program of the other package, and returns its path.
fn program() -> PathBuf {
    let build = ["build", "--release", "--package", "clerk-emulator", "--message-format", "json"];
    let output = Command::new(env!("CARGO")).args(build).stderr(Stdio::inherit()).output().expect("cargo can be run");
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let mut messages = messages.filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
    let path = messages.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    path.expect("the program is built")
}

/// The running program, stopped on drop.
struct Program {
    process: Child,
    url: String,
}

impl Program {
    fn start(seed: &Path) -> Self {
        let mut command = Command::new(program());
        let mut process =
            command.args(["--port", "0", "--seed"]).arg(seed).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("its output is piped");
        BufReader::new(output).read_line(&mut line).expect("it tells where it listens");
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        Self { process, url }
    }

    fn directory(&self) -> ClerkUserDirectory {
        let key = SecretKey::new("sk_test_benchmark").expect("it is a key");
        ClerkUserDirectory::builder(key).base_url(&self.url).build().expect("it can be reached")
    }

    /// Returns the resident memory of the program, if the system reports it.
    fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kilobytes.unwrap_or(0) * 1024
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
