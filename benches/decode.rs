//! Decoding a page of 500 users, compared with plain models, and cloning a user.
//!
//! The goals are printed at the end. The integration test `decode/allocations.rs` checks the limits of allocations.
#![recursion_limit = "256"] // for the `json!` of a whole user

#[path = "support/goals.rs"]
mod goals;
#[path = "support/page.rs"]
mod page;
#[path = "support/plain.rs"]
mod plain;
#[path = "support/stats.rs"]
mod stats;
#[path = "support/test_run.rs"]
mod test_run;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use serde::de::IgnoredAny;
use serde_json::Value;
use user_directory::User;

use crate::stats::median;
use crate::test_run::is_test_run;

const USERS: u64 = 500;

fn main() {
    let page = page::page(USERS);
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    run_criterion(&mut criterion, &page);
    criterion.final_summary();
    if !is_test_run() {
        print_goals(&page);
    }
}

fn text(page: &[u8]) -> &str {
    str::from_utf8(page).expect("the page is UTF-8")
}

fn plain(page: &[u8]) -> Vec<plain::User> {
    serde_json::from_slice(page).expect("the page matches the plain models")
}

fn plain_from_str(page: &[u8]) -> Vec<plain::User> {
    serde_json::from_str(text(page)).expect("the page matches the plain models")
}

fn plain_from_value(page: &[u8]) -> Vec<plain::User> {
    let value: Value = serde_json::from_slice(page).expect("the page is JSON");
    serde_json::from_value(value).expect("the page matches the plain models")
}

fn ours(page: &[u8]) -> Vec<User> {
    serde_json::from_str(text(page)).expect("the page is a list of users")
}

fn ours_from_slice(page: &[u8]) -> Vec<User> {
    serde_json::from_slice(page).expect("the page is a list of users")
}

/// The lower bound: parses the page and discards the values.
fn discard(page: &[u8]) -> IgnoredAny {
    serde_json::from_str(text(page)).expect("the page is JSON")
}

/// Runs the main candidates in criterion, which compares them with the previous run.
fn run_criterion(criterion: &mut Criterion, page: &[u8]) {
    let mut group = criterion.benchmark_group("decode_500_users");
    group.throughput(Throughput::Bytes(page.len() as u64));
    group.bench_function("plain", |b| b.iter(|| plain(black_box(page))));
    group.bench_function("ours", |b| b.iter(|| ours(black_box(page))));
    group.finish();

    let users = ours(page);
    criterion.bench_function("clone_user", |b| b.iter(|| black_box(&users[0]).clone()));
}

/// Decodes a page, and returns the times of [`time`].
type Candidate = fn(&[u8]) -> [f64; 2];

/// Returns the duration of a call in seconds, without and with the drop of its result.
fn time<T>(work: impl FnOnce() -> T) -> [f64; 2] {
    let start = Instant::now();
    let result = black_box(work());
    let without_drop = start.elapsed();
    drop(result);
    [without_drop, start.elapsed()].map(|time| time.as_secs_f64())
}

/// Returns the duration of a clone including its drop, in microseconds.
fn time_clones<'a, T: Clone + 'a>(users: impl ExactSizeIterator<Item = &'a T>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "the number is small")]
    let count = users.len() as f64;
    let [seconds, _] = time(|| users.for_each(|user| drop(black_box(black_box(user).clone()))));
    seconds * 1e6 / count
}

/// Returns the minimum, because other load on the machine only adds time.
fn minimum(times: impl IntoIterator<Item = f64>) -> f64 {
    times.into_iter().fold(f64::INFINITY, f64::min)
}

/// Measures the candidates in turns, so that other load on the machine affects all of them.
fn print_goals(page: &[u8]) {
    const ROUNDS: usize = 101;
    const CLONES: usize = 500;
    const CANDIDATES: [Candidate; 6] = [
        |page| time(|| plain(black_box(page))),
        |page| time(|| plain_from_str(black_box(page))),
        |page| time(|| plain_from_value(black_box(page))),
        |page| time(|| ours(black_box(page))),
        |page| time(|| ours_from_slice(black_box(page))),
        |page| time(|| discard(black_box(page))),
    ];

    let (users, plain_users) = (ours(page), plain(page));
    let mut decodes = [const { Vec::new() }; CANDIDATES.len()];
    let mut clones = [const { Vec::new() }; 3];
    for round in 0..ROUNDS {
        for turn in 0..CANDIDATES.len() {
            // Every other round is reversed, because the state of the heap depends on the previous candidate.
            let number = if round % 2 == 0 { turn } else { CANDIDATES.len() - 1 - turn };
            decodes[number].push(CANDIDATES[number](page));
        }
        clones[0].push(time_clones(std::iter::repeat_n(&users[0], CLONES)));
        clones[1].push(time_clones(users.iter()));
        clones[2].push(time_clones(std::iter::repeat_n(&plain_users[0], CLONES)));
    }
    let medians = decodes.each_ref().map(|times| median(times.iter().map(|[_, with_drop]| *with_drop).collect()));
    let without_drop = decodes.each_ref().map(|times| minimum(times.iter().map(|[without_drop, _]| *without_drop)));
    let [base, from_str, from_value, ours, ours_from_slice, discard] =
        decodes.map(|times| minimum(times.iter().map(|[_, with_drop]| *with_drop)));
    let [clone, clone_of_each, plain_clone] = clones.map(minimum);

    goals::header(&format!("{USERS} users, {} bytes; minimum of {ROUNDS} rounds", page.len()));
    goals::value("plain models, from_slice, including drop, ms", base * 1e3);
    println!("relative to these:");
    goals::at_most("  this crate, UTF-8 check and from_str", 0.40, ours / base);
    goals::value("  the same, ratio of medians, including page faults", medians[3] / medians[0]);
    goals::value("  this crate, from_slice", ours_from_slice / base);
    goals::value("  plain models, UTF-8 check and from_str", from_str / base);
    goals::value("  plain models, via Value", from_value / base);
    goals::value("  lower bound: UTF-8 check, and from_str that discards values", discard / base);
    goals::value("this crate, relative to plain models, both without drop", without_drop[3] / without_drop[0]);
    goals::at_most("clone of a user, including drop, µs", 0.2, clone);
    goals::value("clone of each user of the page, including drop, µs", clone_of_each);
    goals::value("clone of a plain user, including drop, µs", plain_clone);
}
