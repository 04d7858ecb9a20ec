//! The emulator with 100,000 users: start time, memory and response times.
//!
//! The argument `1000000` seeds a million users, which takes several minutes and requires 6 GB of memory and 4 GB of
//! temporary disk space.
#![recursion_limit = "256"] // for the `json!` of a whole user
#![allow(clippy::cast_precision_loss, reason = "three digits are printed")]

#[path = "support/goals.rs"]
mod goals;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/page.rs"]
#[allow(dead_code, reason = "this benchmark does not use pages")]
mod page;
#[path = "support/program.rs"]
mod program;
#[path = "support/stats.rs"]
mod stats;
#[path = "support/test_run.rs"]
mod test_run;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use serde_json::json;
use user_directory::{ClerkUserDirectory, NewUser, Result, UserDirectory, UserFilter, UserId, UserQuery};

use crate::program::Program;
use crate::stats::percentile;
use crate::test_run::is_test_run;

const USERS: u64 = 100_000;
const CALLS: u64 = 2_000;
const CONCURRENT: u64 = 64;

fn main() {
    let test = is_test_run();
    let argument = std::env::args().find_map(|argument| argument.parse().ok());
    let (users, calls) = if test { (100, 10) } else { (argument.unwrap_or(USERS), CALLS) };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("users.jsonl");
    let bytes = write_users(&file, users);

    let program = program::build();
    let start = Instant::now();
    let emulator = Program::start(&program, "--seed", &file);
    let start_time = start.elapsed();
    let memory = emulator.resident_bytes();
    goals::header(&format!("emulator with {users} users, {:.2} GB of JSON", gigabytes(bytes)));
    goals::value("start until the emulator listens, s", start_time.as_secs_f64());
    goals::value("memory after start, GB", gigabytes(memory));
    goals::value("memory, relative to the JSON", memory as f64 / bytes as f64);

    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be built");
    runtime.block_on(measure(&emulator.directory(), users, calls));
}

/// Measures sequential calls on a kept-alive connection, then concurrent calls.
async fn measure(directory: &ClerkUserDirectory, users: u64, calls: u64) {
    let user = |call: u64| page::user((call * 7_919) % users);
    let text = |user: &serde_json::Value, field: &str| user[field].as_str().unwrap_or_default().to_owned();
    let ids: Vec<UserId> = (0..calls).map(|call| text(&user(call), "id").parse().expect("the id is valid")).collect();
    let names: Vec<String> = (0..calls).map(|call| text(&user(call), "username")).collect();

    row("get", calls, |call| {
        let id = &ids[call];
        async move { directory.get(id).await.map(drop) }
    })
    .await;
    row("list, by username", calls, |call| {
        let query = UserQuery::from(UserFilter::new().username(names[call].as_str()));
        async move { directory.list(&query).await.map(|found| assert_eq!(found.len(), 1)) }
    })
    .await;
    row("list, newest 100", calls / 10, |_| async { directory.list(&UserQuery::new().limit(100)).await.map(drop) })
        .await;
    row("list, by email address query", calls.min(10), |call| {
        let query = UserQuery::from(UserFilter::new().email_address_query(format!(".{call}@"))).limit(10);
        async move { directory.list(&query).await.map(drop) }
    })
    .await;
    row("create", calls, |call| async move {
        let new_user = NewUser::new().email_address(format!("new.{call}@example.com")).first_name("Ada");
        directory.create(&new_user).await.map(drop)
    })
    .await;

    let start = Instant::now();
    let calls_each = calls * 25 / CONCURRENT;
    let callers = (0..CONCURRENT).map(|caller| {
        let (directory, ids) = (directory.clone(), ids.clone());
        tokio::spawn(async move {
            for call in 0..calls_each {
                let index = usize::try_from((caller * calls_each + call) % calls).expect("the index is small");
                directory.get(&ids[index]).await.expect("the user exists");
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("no call fails");
    }
    let rate = (calls_each * CONCURRENT) as f64 / start.elapsed().as_secs_f64();
    goals::at_least(
        &format!("get, {CONCURRENT} concurrent callers, including the client, calls per second"),
        25_000.0,
        rate,
    );
}

/// Measures sequential calls, and prints the median and the 99th percentile in microseconds.
async fn row<F: Future<Output = Result<()>>>(name: &str, calls: u64, call: impl Fn(usize) -> F) {
    let mut times = Vec::new();
    for number in 0..usize::try_from(calls.max(1)).expect("the number is small") {
        let start = Instant::now();
        call(number).await.expect("no call fails");
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    for percent in [50, 99] {
        goals::value(&format!("{name}: p{percent}, µs"), percentile(times.clone(), percent));
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
        // The random phone numbers are not unique among this many users.
        if let Some(phone) = user["phone_numbers"].get_mut(0) {
            phone["phone_number"] = json!(format!("+1{:010}", 2_000_000_000 + number));
        }
        serde_json::to_writer(&mut file, &user).expect("a user can be serialized");
        file.write_all(b"\n").expect("the file can be written");
    }
    file.into_inner().expect("the file can be written").metadata().expect("the file exists").len()
}
