//! The CPU time of a call through the HTTP adapter, compared with `reqwest` alone, plain models, and `clerk-rs`.
//!
//! A stub in its own thread serves canned bytes over kept-alive connections. The clients take turns in one other
//! thread, whose CPU time is measured.
#![recursion_limit = "256"] // for the `json!` of a whole user

#[path = "support/clients.rs"]
mod clients;
#[path = "support/cpu.rs"]
mod cpu;
#[path = "support/goals.rs"]
mod goals;
#[path = "support/page.rs"]
mod page;
#[path = "support/plain.rs"]
mod plain;
#[path = "support/stats.rs"]
mod stats;
#[path = "support/stub.rs"]
mod stub;
#[path = "support/test_run.rs"]
mod test_run;

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::clients::{CLIENTS, CONCURRENT, Client, Clients};
use crate::stats::median;
use crate::test_run::is_test_run;

fn main() {
    let test = is_test_run();
    let (rounds, calls, pages) = if test { (1, 1, 1) } else { (41, 20, 4) };

    let stub = stub::Stub::start_with_users(clients::USERS);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    let start = Instant::now();
    let clients = Clients::new(&stub.url);
    println!("building the clients: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);

    let gets = run_rounds(rounds, |client| measure(&runtime, clients.gets(client, calls)));
    let lists = run_rounds(rounds, |client| measure(&runtime, clients.lists(client, pages)));
    print_goals(&gets, &lists, f64::from(CONCURRENT * calls), f64::from(pages));
}

fn measure(runtime: &Runtime, work: impl Future<Output = ()>) -> Duration {
    let start = cpu::thread_time();
    runtime.block_on(work);
    cpu::thread_time().saturating_sub(start)
}

/// The CPU time of each client per round, in seconds.
type Rounds = Vec<[f64; CLIENTS.len()]>;

/// Runs the clients in turns. The first round is a warm-up.
fn run_rounds(rounds: usize, cost: impl Fn(Client) -> Duration) -> Rounds {
    (0..=rounds).map(|_| CLIENTS.map(|(client, _)| cost(client).as_secs_f64())).skip(1).collect()
}

fn cost(rounds: &Rounds, client: Client) -> f64 {
    median(rounds.iter().map(|round| round[client as usize]).collect())
}

fn ratio(rounds: &Rounds, client: Client, to: Client) -> f64 {
    median(rounds.iter().map(|round| round[client as usize] / round[to as usize]).collect())
}

fn print_goals(gets: &Rounds, lists: &Rounds, calls: f64, pages: f64) {
    goals::header("CPU time of a get, 64 concurrent, relative to reqwest, bytes only");
    goals::at_most("this crate, Arc<dyn UserDirectory>", 1.35, ratio(gets, Client::Ours, Client::Reqwest));
    goals::value("plain models, metadata as RawValue", ratio(gets, Client::Lazy, Client::Reqwest));
    goals::value("plain models, from_slice", ratio(gets, Client::Plain, Client::Reqwest));
    goals::value("clerk-rs 0.5.0", ratio(gets, Client::ClerkRs, Client::Reqwest));
    for (client, name) in CLIENTS {
        goals::value(&format!("  {name}, µs"), cost(gets, client) / calls * 1e6);
    }

    goals::header("CPU time of a page of 500 users (2 MB)");
    goals::at_most("this crate, relative to clerk-rs 0.5.0", 0.50, ratio(lists, Client::Ours, Client::ClerkRs));
    goals::value("this crate, relative to plain models", ratio(lists, Client::Ours, Client::Plain));
    goals::value("this crate, relative to reqwest, bytes only", ratio(lists, Client::Ours, Client::Reqwest));
    for (client, name) in CLIENTS {
        goals::value(&format!("  {name}, ms"), cost(lists, client) / pages * 1e3);
    }
}
