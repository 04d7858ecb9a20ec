//! Decoding a page of 500 users, compared with plain models, and cloning a user.
//!
//! The goals are printed at the end. Allocation counts are exact, so their limits are tests: `decode/allocations.rs` of
//! the integration tests.
#![recursion_limit = "256"] // for the `json!` of a whole user

#[path = "support/goals.rs"]
mod goals;
#[path = "support/page.rs"]
mod page;
#[path = "support/plain.rs"]
mod plain;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use serde::de::IgnoredAny;
use serde_json::Value;
use user_directory::User;

const USERS: u64 = 500;

fn main() {
    let page = page::page(USERS);
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    measure_each(&mut criterion, &page);
    criterion.final_summary();
    // `cargo test --benches` passes `--test`: the table is omitted.
    if !std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        print_goals(&page);
    }
}

fn text(page: &[u8]) -> &str {
    str::from_utf8(page).expect("the page is UTF-8")
}

fn plain(page: &[u8]) -> Vec<plain::User> {
    serde_json::from_slice(page).expect("the page has the shape of the plain models")
}

fn plain_from_str(page: &[u8]) -> Vec<plain::User> {
    serde_json::from_str(text(page)).expect("the page has the shape of the plain models")
}

fn plain_from_value(page: &[u8]) -> Vec<plain::User> {
    let value: Value = serde_json::from_slice(page).expect("the page is JSON");
    serde_json::from_value(value).expect("the page has the shape of the plain models")
}

fn ours(page: &[u8]) -> Vec<User> {
    serde_json::from_str(text(page)).expect("the page is a list of users")
}

fn ours_from_slice(page: &[u8]) -> Vec<User> {
    serde_json::from_slice(page).expect("the page is a list of users")
}

/// The lower bound: parses everything and keeps nothing.
fn nothing(page: &[u8]) -> IgnoredAny {
    serde_json::from_str(text(page)).expect("the page is JSON")
}

/// Runs each candidate with criterion's statistics, to compare with an earlier run.
fn measure_each(criterion: &mut Criterion, page: &[u8]) {
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
    let kept = start.elapsed();
    drop(result);
    [kept, start.elapsed()].map(|time| time.as_secs_f64())
}

/// Returns the duration of a clone including its drop, in microseconds.
fn time_clones<'a, T: Clone + 'a>(users: impl ExactSizeIterator<Item = &'a T>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "it is a small number")]
    let count = users.len() as f64;
    let [seconds, _] = time(|| users.for_each(|user| drop(black_box(black_box(user).clone()))));
    seconds * 1e6 / count
}

/// Returns the minimum of the rounds, because other load can only add time.
fn best(times: impl IntoIterator<Item = f64>) -> f64 {
    times.into_iter().fold(f64::INFINITY, f64::min)
}

fn median(times: impl IntoIterator<Item = f64>) -> f64 {
    let mut times: Vec<f64> = times.into_iter().collect();
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Compares the candidates in turns, so that other load affects all of them.
fn print_goals(page: &[u8]) {
    const ROUNDS: usize = 101;
    const CLONES: usize = 500;
    const CANDIDATES: [Candidate; 6] = [
        |page| time(|| plain(black_box(page))),
        |page| time(|| plain_from_str(black_box(page))),
        |page| time(|| plain_from_value(black_box(page))),
        |page| time(|| ours(black_box(page))),
        |page| time(|| ours_from_slice(black_box(page))),
        |page| time(|| nothing(black_box(page))),
    ];

    let (users, plain_users) = (ours(page), plain(page));
    let mut decodes = [const { Vec::new() }; CANDIDATES.len()];
    let mut clones = [const { Vec::new() }; 3];
    for round in 0..ROUNDS {
        for turn in 0..CANDIDATES.len() {
            // Every other round is reversed, because a candidate inherits the heap of the previous one.
            let number = if round % 2 == 0 { turn } else { CANDIDATES.len() - 1 - turn };
            decodes[number].push(CANDIDATES[number](page));
        }
        clones[0].push(time_clones(std::iter::repeat_n(&users[0], CLONES)));
        clones[1].push(time_clones(users.iter()));
        clones[2].push(time_clones(std::iter::repeat_n(&plain_users[0], CLONES)));
    }
    let medians = decodes.each_ref().map(|times| median(times.iter().map(|[_, dropped]| *dropped)));
    let kept = decodes.each_ref().map(|times| best(times.iter().map(|[kept, _]| *kept)));
    let [base, from_str, from_value, ours, ours_from_slice, nothing] =
        decodes.map(|times| best(times.iter().map(|[_, dropped]| *dropped)));
    let [clone, clone_of_each, plain_clone] = clones.map(best);

    goals::head(&format!("{USERS} users, {} bytes; best of {ROUNDS} rounds", page.len()));
    goals::figure("decoded into plain models, from_slice, with drop, ms", base * 1e3);
    println!("relative to that:");
    goals::at_most("  this crate, UTF-8 check and from_str", 0.40, ours / base);
    goals::figure("  the same, medians, which count what the kernel takes for memory", medians[3] / medians[0]);
    goals::figure("  this crate, from_slice", ours_from_slice / base);
    goals::figure("  plain models, UTF-8 check and from_str", from_str / base);
    goals::figure("  plain models, by way of Value", from_value / base);
    goals::figure("  floor: UTF-8 check, and from_str that keeps nothing", nothing / base);
    goals::figure("this crate, without drop on both sides", kept[3] / kept[0]);
    goals::at_most("clone of a user, with drop, µs", 0.5, clone);
    goals::figure("clone of each user of the page in turn, with drop, µs", clone_of_each);
    goals::figure("clone of a plain user, with drop, µs", plain_clone);
}
