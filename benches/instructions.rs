//! User-space instructions of calls through the HTTP adapter and to SQLite, of clones and of cache hits.
//!
//! The benchmark runs itself under `valgrind --tool=callgrind` with two numbers of calls. The difference between the
//! counts is the cost of the additional calls, without the start of the process. Unlike times, the counts do not depend
//! on other load on the machine, and they vary by less than 1%. A stub in the process of the benchmark serves canned
//! bytes.
#![recursion_limit = "256"] // for the `json!` of a whole user
#![allow(clippy::cast_precision_loss, reason = "the counts are small")]

#[path = "support/clients.rs"]
mod clients;
#[path = "support/crowd.rs"]
#[allow(dead_code, reason = "this benchmark creates no users")]
mod crowd;
#[path = "support/goals.rs"]
mod goals;
#[path = "support/page.rs"]
mod page;
#[path = "support/plain.rs"]
mod plain;
#[path = "sql/reference.rs"]
#[allow(dead_code, reason = "this benchmark inserts no rows")]
mod reference;
#[path = "support/stub.rs"]
mod stub;
#[path = "support/test_run.rs"]
mod test_run;
#[path = "sql/users.rs"]
#[allow(dead_code, reason = "this benchmark does not search users")]
mod users;

use std::hint::black_box;
use std::process::Command;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::runtime::{Builder, Runtime};
use user_directory::decorators::{CachePolicy, CachedUserDirectory};
use user_directory::{Result, User, UserDirectory, UserId, async_trait};
use user_directory_sql::SqlUserDirectory;

use crate::clients::{CLIENTS, CONCURRENT, Client, Clients};
use crate::test_run::is_test_run;

/// The option with which the benchmark runs itself. The work, the number of calls and the URL of the stub or of the
/// database follow.
const RUN: &str = "--run";
/// The number of users in the database.
const SQL_USERS: u64 = 100;
const GET: &str = "get";
const PAGE: &str = "page";
const CLONE: &str = "clone";
const CACHE_HIT: &str = "cache-hit";
const WITHOUT_CACHE: &str = "without-cache";
const SQL_GET: &str = "sql-get";
const SQL_DRIVER: &str = "sql-driver";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, option, work, calls, url] = &arguments[..]
        && option == RUN
    {
        return run(work, calls.parse().expect("the number of calls is a number"), url);
    }
    if is_test_run() {
        return;
    }
    if !Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("skipped: instructions are counted by valgrind, which is not installed");
        return;
    }
    let stub = stub::Stub::start_with_users(clients::USERS);
    let count_with = |work: &str, few, many, url: &str| {
        let counts = [few, many].map(|calls| instructions(work, calls, url));
        (counts[1] - counts[0]) / f64::from(many - few)
    };
    let count = |work: &str, few, many| count_with(work, few, many, &stub.url);

    goals::header("instructions of a get, 64 concurrent, thousand");
    for (client, name) in CLIENTS {
        let measured = count(&format!("{GET}:{client:?}"), 2, 10) / f64::from(CONCURRENT) / 1e3;
        if client == Client::Ours { goals::at_most(name, 115.0, measured) } else { goals::value(name, measured) }
    }
    goals::header("instructions of a page of 500 users (2 MB), million");
    for (client, name) in CLIENTS {
        let measured = count(&format!("{PAGE}:{client:?}"), 1, 3) / 1e6;
        if client == Client::Ours { goals::at_most(name, 25.0, measured) } else { goals::value(name, measured) }
    }
    goals::header("instructions in memory");
    goals::value("clone of a user, including the drop", count(CLONE, 100, 1_100));
    goals::value("get through Arc<dyn UserDirectory> that clones a user", count(WITHOUT_CACHE, 100, 1_100));
    goals::value("CachedUserDirectory, hit", count(CACHE_HIT, 100, 1_100));

    let folder = tempfile::tempdir().expect("a temporary directory");
    let url = users::sqlite_url(&folder.path().join("users.db"));
    one_thread().block_on(users::Database::open(&url, &crowd::Crowd::new(), SQL_USERS));
    goals::header("instructions of a get, SQLite file, thousand");
    let [driver, directory] = [SQL_DRIVER, SQL_GET].map(|work| count_with(work, 100, 600, &url) / 1e3);
    goals::value("sqlx reading the same row as text", driver);
    goals::value("SqlUserDirectory", directory);
    goals::value("  relative to sqlx", directory / driver);
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime can be built")
}

/// Returns the number of instructions of a run of this program.
fn instructions(work: &str, calls: u32, url: &str) -> f64 {
    let program = std::env::current_exe().expect("the program has a path");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([RUN, work, &calls.to_string(), url])
        .output()
        .expect("valgrind can be run");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    let count = log.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    count.expect("callgrind prints the number of instructions")
}

/// Does the work that is measured.
fn run(work: &str, calls: u32, url: &str) {
    if let Some((operation, client)) = work.split_once(':') {
        let client = CLIENTS.iter().find(|(other, _)| format!("{other:?}") == client).expect("the client exists").0;
        let (runtime, clients) = (one_thread(), Clients::new(url));
        return match operation {
            GET => runtime.block_on(clients.gets(client, calls)),
            _ => runtime.block_on(clients.lists(client, calls)),
        };
    }
    if work == SQL_GET || work == SQL_DRIVER {
        return one_thread().block_on(read_sql(work, calls, url));
    }
    let user: User = serde_json::from_value(page::user(0)).expect("the value is a user");
    let id = user.id.clone();
    if work == CLONE {
        return (0..calls).for_each(|_| drop(black_box(black_box(&user).clone())));
    }
    let mut directory: Arc<dyn UserDirectory> = Arc::new(Bare(user));
    if work == CACHE_HIT {
        directory = Arc::new(CachedUserDirectory::new(directory, CachePolicy::default()));
    }
    for _ in 0..calls {
        drop(black_box(directory.get(black_box(&id)).now_or_never().expect("the call completes").expect("a user")));
    }
}

/// Reads users from a database, with the directory or with the driver alone.
async fn read_sql(work: &str, calls: u32, url: &str) {
    let ids = (0..calls).map(|call| crowd::user_id(u64::from(call) % SQL_USERS));
    if work == SQL_GET {
        let directory = SqlUserDirectory::open(url).await.expect("the database can be opened");
        for id in ids {
            drop(black_box(directory.get(&id).await.expect("the user exists")));
        }
    } else {
        let pool = reference::Pool::connect(url).await.expect("the database can be opened");
        for id in ids {
            black_box(pool.read(id.as_str()).await.expect("the row exists"));
        }
    }
}

/// A directory that returns a clone of one user.
#[derive(Debug)]
struct Bare(User);

#[async_trait]
impl UserDirectory for Bare {
    async fn get(&self, _user_id: &UserId) -> Result<User> {
        Ok(self.0.clone())
    }
}
