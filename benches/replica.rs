//! Reads of a replica in SQLite before and during an outage of its primary, which is an emulator.
//!
//! The argument is the number of seconds of each phase. The goal is stated for an outage of five minutes, `-- 300`.
#![recursion_limit = "256"] // for the `json!` of a whole user
#![allow(clippy::cast_precision_loss, reason = "three digits are printed")]

#[path = "support/crowd.rs"]
#[allow(dead_code, reason = "this benchmark only reads some users")]
mod crowd;
#[path = "support/goals.rs"]
mod goals;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/page.rs"]
#[allow(dead_code, reason = "this benchmark does not use pages")]
mod page;
#[path = "support/program.rs"]
#[allow(dead_code, reason = "this benchmark does not measure memory")]
mod program;
#[path = "support/stats.rs"]
mod stats;
#[path = "support/test_run.rs"]
mod test_run;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use user_directory::decorators::ReplicatedUserDirectory;
use user_directory::{ClerkUserDirectory, User, UserDirectory, UserDirectoryExt, UserFilter, UserUpdate};
use user_directory_sql::{SqlStore, SqlUserDirectory};

use crate::program::Program;
use crate::stats::percentile;
use crate::test_run::is_test_run;

const SECONDS: u64 = 20;
const USERS: u64 = 1_000;
const READERS: u64 = 64;
/// The pause of the writer between two updates.
const WRITE_INTERVAL: Duration = Duration::from_millis(100);

type Replica = ReplicatedUserDirectory<ClerkUserDirectory, SqlStore>;

fn main() {
    let test = is_test_run();
    let seconds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(SECONDS);
    let (users, phase) = if test { (10, Duration::from_millis(50)) } else { (USERS, Duration::from_secs(seconds)) };
    let program = program::build();
    let folder = tempfile::tempdir().expect("a temporary directory");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be built");
    runtime.block_on(measure(&program, folder.path(), users, phase));
}

async fn measure(program: &PathBuf, folder: &Path, users: u64, phase: Duration) {
    let emulator = Program::start(program, "--log", "warn");
    let primary = emulator.directory();
    let mut created = Vec::new();
    for number in 0..users {
        let new_user = crowd::new_user(number).skip_password_requirement(true);
        created.push(primary.create(&new_user).await.expect("the user is new"));
    }
    let database = SqlUserDirectory::builder().open(&format!("sqlite:{}", folder.join("users.db").display())).await;
    let database = database.expect("the database can be created");
    database.migrate().await.expect("the database is empty");
    let replica = ReplicatedUserDirectory::new(primary, database.store().clone());
    replica.backfill().await.expect("the primary is available");

    let before = run(&replica, &created, phase).await;
    drop(emulator);
    let during = run(&replica, &created, phase).await;

    goals::header(&format!("replica in SQLite, {READERS} readers, {} s per phase", phase.as_secs()));
    before.print("before the outage");
    during.print("during the outage");
    goals::at_most("failed reads during the outage", 0.0, during.failed_reads);
    goals::at_most("p99 of reads during the outage, relative to before", 2.0, during.p99() / before.p99());
}

/// The calls of one phase.
struct Phase {
    /// The seconds of each read.
    reads: Vec<f64>,
    failed_reads: f64,
    writes: u32,
    failed_writes: u32,
}

impl Phase {
    fn p99(&self) -> f64 {
        percentile(self.reads.clone(), 99)
    }

    fn print(&self, when: &str) {
        goals::value(&format!("reads {when}"), self.reads.len() as f64);
        goals::value("  median, ms", percentile(self.reads.clone(), 50) * 1e3);
        goals::value("  p99, ms", self.p99() * 1e3);
        goals::value("  writes", f64::from(self.writes));
        goals::value("  failed writes", f64::from(self.failed_writes));
    }
}

/// Reads with all readers, and updates users with one writer.
async fn run(replica: &Replica, users: &[User], phase: Duration) -> Phase {
    let end = Instant::now() + phase;
    let readers: Vec<_> =
        (0..READERS).map(|reader| tokio::spawn(read(replica.clone(), users.to_vec(), reader << 32, end))).collect();
    let (mut reads, mut failed_reads) = (Vec::new(), 0.0);
    let (writes, failed_writes) = write(replica, users, end).await;
    for reader in readers {
        let (times, failed) = reader.await.expect("a reader does not panic");
        reads.extend(times);
        failed_reads += failed;
    }
    Phase { reads, failed_reads, writes, failed_writes }
}

/// Returns the seconds of each read, and the number of failed reads.
async fn read(replica: Replica, users: Vec<User>, seed: u64, end: Instant) -> (Vec<f64>, f64) {
    let (mut times, mut failed) = (Vec::new(), 0.0);
    for call in 0.. {
        let start = Instant::now();
        if start >= end {
            break;
        }
        let user = random(&users, seed + call);
        let succeeded = match call % 3 {
            0 => replica.get(&user.id).await.is_ok(),
            1 => replica.find_by_username(user.username.as_deref().unwrap_or_default()).await.is_ok(),
            _ => replica.count(&UserFilter::new()).await.is_ok(),
        };
        times.push(start.elapsed().as_secs_f64());
        if !succeeded {
            failed += 1.0;
        }
    }
    (times, failed)
}

/// Returns the number of writes, and how many of them failed.
async fn write(replica: &Replica, users: &[User], end: Instant) -> (u32, u32) {
    let (mut writes, mut failed) = (0, 0);
    while Instant::now() < end {
        let user = random(users, !u64::from(writes));
        let update = UserUpdate::new().first_name(format!("Ada {writes}"));
        writes += 1;
        if replica.update(&user.id, &update).await.is_err() {
            failed += 1;
        }
        tokio::time::sleep(WRITE_INTERVAL).await;
    }
    (writes, failed)
}

fn random(users: &[User], number: u64) -> &User {
    let index = crowd::mixed(number) % users.len() as u64;
    &users[usize::try_from(index).expect("the index is small")]
}
