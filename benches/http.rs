//! The CPU time of a call through the HTTP adapter, compared with `reqwest` alone, plain models, and `clerk-rs`.
//!
//! A stub in its own thread serves canned bytes over kept-alive connections. The clients take turns in one other
//! thread, whose CPU time is measured.
#![recursion_limit = "256"] // for the `json!` of a whole user

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

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clerk_rs::apis::configuration::Configuration;
use clerk_rs::apis::users_api;
use tokio::runtime::Runtime;
use user_directory::clerk::ClerkBuilder;
use user_directory::{ClerkUserDirectory, SecretKey, UserDirectory, UserId, UserQuery};

use crate::stats::median;

const KEY: &str = "sk_test_benchmark";
const CONCURRENT: u32 = 64;
const USERS: u64 = 500;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Client {
    Reqwest,
    Ours,
    Plain,
    ClerkRs,
}

/// The clients and their names, in the order of the measurements.
const CLIENTS: [(Client, &str); 4] = [
    (Client::Reqwest, "reqwest, bytes only"),
    (Client::Ours, "this crate"),
    (Client::Plain, "plain models, from_slice"),
    (Client::ClerkRs, "clerk-rs 0.5.0"),
];

fn main() {
    // `cargo test --benches` passes `--test`, and only checks that everything runs.
    let test = std::env::args().any(|argument| argument == "--test");
    let (rounds, calls, pages) = if test { (1, 1, 1) } else { (41, 20, 4) };

    let id = UserId::new("user_2abcdefghijklmnopqrstuvwxyz").expect("the id is valid");
    let users: Vec<_> =
        (0..16).map(|number| serde_json::to_vec(&page::user(number)).expect("a user can be serialized")).collect();
    let stub = stub::Stub::start(&users, &page::page(USERS));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    let clients = Clients::new(&stub.url, id);

    let gets = run_rounds(rounds, |client| clients.gets(&runtime, client, calls));
    let lists = run_rounds(rounds, |client| clients.lists(&runtime, client, pages));
    print_goals(&gets, &lists, f64::from(CONCURRENT * calls), f64::from(pages));
}

struct Clients {
    base_url: String,
    id: UserId,
    reqwest: reqwest::Client,
    directory: Arc<dyn UserDirectory>,
    clerk_rs: Arc<Configuration>,
}

impl Clients {
    fn new(base_url: &str, id: UserId) -> Self {
        let start = Instant::now();
        let key = SecretKey::new(KEY).expect("the key is valid");
        let directory =
            ClerkUserDirectory::builder(key).base_url(base_url).build().expect("the configuration is valid");
        println!("building the client: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
        Self {
            base_url: base_url.to_owned(),
            id,
            // The adapter does not use a proxy for loopback addresses, either.
            reqwest: ClerkBuilder::http_client_builder()
                .expect("TLS can be set up")
                .no_proxy()
                .build()
                .expect("a client can be built"),
            directory: Arc::new(directory),
            clerk_rs: Arc::new(Configuration::new(KEY).with_base_path(base_url)),
        }
    }

    /// Returns the cost of `get` for a number of callers and calls per caller.
    fn gets(&self, runtime: &Runtime, client: Client, calls: u32) -> Duration {
        let (base_url, id) = (self.base_url.clone(), self.id.clone());
        match client {
            Client::Reqwest | Client::Plain => {
                let http = self.reqwest.clone();
                let get = move || {
                    let url = format!("{base_url}/users/{id}");
                    let http = http.clone();
                    async move {
                        let bytes = fetch(&http, &url).await;
                        if client == Client::Plain {
                            let user: plain::User = serde_json::from_slice(&bytes).expect("a user");
                            drop(black_box(user));
                        }
                    }
                };
                concurrently(runtime, calls, get)
            }
            Client::Ours => {
                let directory = Arc::clone(&self.directory);
                concurrently(runtime, calls, move || {
                    let (directory, id) = (Arc::clone(&directory), id.clone());
                    async move { drop(black_box(directory.get(&id).await.expect("a user"))) }
                })
            }
            Client::ClerkRs => {
                let clerk = Arc::clone(&self.clerk_rs);
                concurrently(runtime, calls, move || {
                    let (clerk, id) = (Arc::clone(&clerk), id.clone());
                    async move { drop(black_box(users_api::get_user(&clerk, id.as_str()).await.expect("a user"))) }
                })
            }
        }
    }

    /// Returns the cost of listing a number of pages sequentially.
    fn lists(&self, runtime: &Runtime, client: Client, pages: u32) -> Duration {
        let url = format!("{}/users?limit={USERS}", self.base_url);
        let query = UserQuery::new().limit(u32::try_from(USERS).expect("the number is small"));
        measure(runtime, async {
            for _ in 0..pages {
                let users = match client {
                    Client::Reqwest => {
                        drop(black_box(fetch(&self.reqwest, &url).await));
                        continue;
                    }
                    Client::Ours => black_box(self.directory.list(&query).await.expect("a page of users")).len(),
                    Client::Plain => {
                        let bytes = fetch(&self.reqwest, &url).await;
                        let users: Vec<plain::User> = serde_json::from_slice(&bytes).expect("a page of users");
                        black_box(users).len()
                    }
                    Client::ClerkRs => black_box(list_by_clerk_rs(&self.clerk_rs).await).len(),
                };
                assert_eq!(users as u64, USERS);
            }
        })
    }
}

/// Returns the bytes of a response.
async fn fetch(http: &reqwest::Client, url: &str) -> bytes::Bytes {
    let response = http.get(url).bearer_auth(KEY).send().await.expect("a response");
    response.bytes().await.expect("a complete body")
}

async fn list_by_clerk_rs(clerk: &Configuration) -> Vec<clerk_rs::models::User> {
    let limit = u32::try_from(USERS).ok();
    users_api::get_user_list(
        clerk, None, None, None, None, None, None, None, None, None, None, None, None, None, None, None, None, None,
        None, None, None, None, None, limit, None, None, None,
    )
    .await
    .expect("a page of users")
}

/// Returns the cost of concurrent calls.
fn concurrently<F: Future<Output = ()> + Send + 'static>(
    runtime: &Runtime,
    calls: u32,
    call: impl Fn() -> F + Clone + Send + 'static,
) -> Duration {
    measure(runtime, async {
        let callers = (0..CONCURRENT).map(|_| {
            let call = call.clone();
            tokio::spawn(async move {
                for _ in 0..calls {
                    call().await;
                }
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.expect("no call fails");
        }
    })
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
