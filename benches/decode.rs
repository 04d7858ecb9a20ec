//! How fast a page of 500 users is decoded, against the models that one would write without thinking of speed.
//!
//! `cargo bench --bench decode` runs everything and prints the goals at the end. How often decoding allocates is exact,
//! so that is a test: `tests/decode_allocations.rs`. (An allocator that counts would blur the times measured here.)
#![recursion_limit = "256"] // for the `json!` of a whole user

#[path = "support/page.rs"]
mod page;
#[path = "support/plain.rs"]
mod plain;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use serde_json::Value;
use user_directory::User;

const USERS: u64 = 500;

fn main() {
    let page = page::page(USERS);
    // `cargo test --benches` passes `--test`: then the table has nothing to say.
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    measure_each(&mut criterion, &page);
    criterion.final_summary();
    if !std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        print_goals(&page);
    }
}

fn baseline(page: &[u8]) -> Vec<plain::User> {
    serde_json::from_slice(page).expect("the page has the shape of the plain models")
}

fn baseline_from_str(page: &[u8]) -> Vec<plain::User> {
    serde_json::from_str(str::from_utf8(page).expect("the page is UTF-8"))
        .expect("the page has the shape of the plain models")
}

fn baseline_from_value(page: &[u8]) -> Vec<plain::User> {
    let value: Value = serde_json::from_slice(page).expect("the page is JSON");
    serde_json::from_value(value).expect("the page has the shape of the plain models")
}

fn ours(page: &[u8]) -> Vec<User> {
    serde_json::from_str(str::from_utf8(page).expect("the page is UTF-8")).expect("the page is a list of users")
}

fn ours_from_slice(page: &[u8]) -> Vec<User> {
    serde_json::from_slice(page).expect("the page is a list of users")
}

/// The benchmarks one by one, with criterion's statistics.
fn measure_each(criterion: &mut Criterion, page: &[u8]) {
    let mut group = criterion.benchmark_group("decode_500_users");
    group.throughput(Throughput::Bytes(page.len() as u64));
    group.bench_function("plain_from_slice", |b| b.iter(|| baseline(black_box(page))));
    group.bench_function("plain_from_str", |b| b.iter(|| baseline_from_str(black_box(page))));
    group.bench_function("plain_from_value", |b| b.iter(|| baseline_from_value(black_box(page))));
    group.bench_function("ours_from_str", |b| b.iter(|| ours(black_box(page))));
    group.bench_function("ours_from_slice", |b| b.iter(|| ours_from_slice(black_box(page))));
    group.finish();

    let users = ours(page);
    criterion.bench_function("clone_user", |b| b.iter(|| black_box(&users[0]).clone()));
}

/// The time of one call; what it gives is dropped on the clock, because somebody has to.
fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    drop(black_box(work()));
    start.elapsed()
}

fn time_without_drop<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let result = black_box(work());
    let elapsed = start.elapsed();
    drop(result);
    elapsed
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

/// Compares in one go: the candidates take turns, so that a noisy neighbour slows all of them.
fn print_goals(page: &[u8]) {
    const ROUNDS: usize = 101;
    const CLONES: usize = 500;

    let users = ours(page);
    let mut times: [Vec<Duration>; 8] = Default::default();
    for _ in 0..ROUNDS {
        times[0].push(time(|| baseline(black_box(page))));
        times[1].push(time(|| baseline_from_str(black_box(page))));
        times[2].push(time(|| baseline_from_value(black_box(page))));
        times[3].push(time(|| ours(black_box(page))));
        times[4].push(time(|| ours_from_slice(black_box(page))));
        times[5].push(time(|| {
            for _ in 0..CLONES {
                drop(black_box(black_box(&users[0]).clone()));
            }
        }));
        times[6].push(time_without_drop(|| baseline(black_box(page))));
        times[7].push(time_without_drop(|| ours(black_box(page))));
    }
    let [baseline_time, baseline_str, value, ours_str, ours_slice, clones, baseline_kept, ours_kept] =
        times.map(|mut times| median(&mut times));

    #[expect(clippy::cast_precision_loss, reason = "small numbers, to be printed")]
    let micros_each_clone = clones * 1e6 / CLONES as f64;

    println!("\n{USERS} users, {} bytes; medians of {ROUNDS} rounds, drop included", page.len());
    println!("plain models, from_slice: {:.2} ms is 1.00\n", baseline_time * 1e3);
    println!("{:<48}{:>9}{:>9}  met", "", "goal", "measured");
    let row = |name: &str, goal: Option<f64>, measured: f64| match goal {
        Some(goal) => {
            let met = if measured <= goal { "yes" } else { "NO" };
            println!("{name:<48}{goal:>9.2}{measured:>9.2}  {met}");
        }
        None => println!("{name:<48}{:>9}{measured:>9.2}", ""),
    };
    row("plain models, from_slice", None, 1.0);
    row("plain models, UTF-8 check and from_str", None, baseline_str / baseline_time);
    row("plain models, by way of Value", None, value / baseline_time);
    row("this crate, UTF-8 check and from_str", Some(0.45), ours_str / baseline_time);
    row("  the same, stretch", Some(0.40), ours_str / baseline_time);
    row("this crate, from_slice", None, ours_slice / baseline_time);
    row("this crate, drop off the clock on both sides", None, ours_kept / baseline_kept);
    row("clone of a user, µs with drop (stretch)", Some(0.5), micros_each_clone);
}
