//! `SqlUserDirectory` on SQLite and PostgreSQL, relative to the driver alone, and with many users.
//!
//! The first argument is the number of users in SQLite. A million users require about 10 GB of disk space. The second
//! argument is a folder in which the database is kept for later runs. If PostgreSQL is installed, the benchmark starts
//! a separate cluster.
#![recursion_limit = "256"] // for the `json!` of a whole user
#![allow(clippy::cast_precision_loss, reason = "three digits are printed")]

#[path = "sql/callers.rs"]
mod callers;
#[path = "sql/calls.rs"]
mod calls;
#[path = "support/crowd.rs"]
mod crowd;
#[path = "support/goals.rs"]
mod goals;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/page.rs"]
#[allow(dead_code, reason = "this benchmark does not use pages")]
mod page;
#[path = "sql/process.rs"]
mod process;
#[path = "support/program.rs"]
mod program;
#[path = "sql/reference.rs"]
mod reference;
#[path = "sql/scaling.rs"]
mod scaling;
#[path = "support/stats.rs"]
mod stats;
#[path = "support/test_run.rs"]
mod test_run;
#[path = "sql/users.rs"]
mod users;

use std::path::{Path, PathBuf};

use integration_tests::postgres::Cluster;
use tokio::runtime::{Builder, Runtime};

use crate::crowd::Crowd;
use crate::test_run::is_test_run;
use crate::users::{Database, sqlite_url};

const USERS: u64 = 100_000;
/// The number of users for measurements that do not depend on it.
const FEW_USERS: u64 = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [option, url, users, reads] = &arguments[..]
        && option == process::READER
    {
        let [users, reads] = [users, reads].map(|number| number.parse().expect("a number"));
        return several_threads().block_on(process::read(url, users, reads));
    }
    let test = is_test_run();
    let users = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(USERS);
    let kept = arguments.iter().find(|argument| !argument.starts_with("--") && argument.parse::<u64>().is_err());
    let (users, divisor) = if test { (FEW_USERS, 1_000) } else { (users.max(FEW_USERS), 1) };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let kept = kept.map_or_else(|| folder.path().to_owned(), PathBuf::from);

    let crowd = Crowd::new();
    let note = if test { " (a test run, not meaningful)" } else { "" };
    goals::header(&format!("calls of one caller{note}"));
    let sqlite = |name: &str| sqlite_url(&folder.path().join(name));
    one_thread().block_on(measure_calls("SQLite", 1.5, &sqlite("original.db"), &sqlite("copy.db"), &crowd, divisor));
    if let Some(cluster) = Cluster::start_new() {
        let (url, copy_url) = (cluster.database(), cluster.database());
        one_thread().block_on(measure_calls("PostgreSQL", 1.3, &url, &copy_url, &crowd, divisor));
        goals::header(&format!("concurrent callers{note}"));
        several_threads().block_on(callers::measure(&url, FEW_USERS, 1_000 / divisor));
    }
    measure_many(&kept, &crowd, users, divisor, note);
}

/// Measures calls whose duration does not depend on the number of users.
async fn measure_calls(name: &str, goal: f64, url: &str, copy_url: &str, crowd: &Crowd, divisor: u64) {
    let database = Database::open(url, crowd, FEW_USERS).await;
    Database::open(copy_url, crowd, FEW_USERS).await;
    calls::get(name, goal, url, &database, 1_000 / divisor).await;
    calls::create(name, url, copy_url, &database, 50_u64.div_ceil(divisor)).await;
}

/// Measures SQLite with many users.
fn measure_many(folder: &Path, crowd: &Crowd, users: u64, divisor: u64, note: &str) {
    let (small_file, large_file) = (folder.join(format!("{FEW_USERS}.db")), folder.join(format!("{users}.db")));
    let runtime = one_thread();
    let small = runtime.block_on(Database::open(&sqlite_url(&small_file), crowd, FEW_USERS));
    let large = runtime.block_on(Database::open(&sqlite_url(&large_file), crowd, users));
    let bytes = std::fs::metadata(&large_file).expect("the database is a file").len();
    goals::header(&format!("SQLite with {users} users, {:.2} GB{note}", bytes as f64 / 1e9));
    process::measure_reader(&large_file, users, 100_000 / divisor);
    runtime.block_on(scaling::measure(&small, &large, 1_000 / divisor));
    runtime.block_on(scaling::searches(&large, 20_u64.div_ceil(divisor)));
    several_threads().block_on(process::measure_emulator(&large_file, users, 10_000 / divisor));
}

/// A runtime for one caller.
fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime can be built")
}

fn several_threads() -> Runtime {
    Builder::new_multi_thread().enable_all().build().expect("a runtime can be built")
}
