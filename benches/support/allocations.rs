//! Counts the allocations of a call in the thread of the client. Allocations of the stub server are not counted.

use tokio::runtime::Runtime;

use super::{page, stub};
use user_directory::clerk::ClerkBuilder;
use user_directory::reqwest::Client;
use user_directory::{ClerkUserDirectory, SecretKey, UserDirectory, UserId, UserQuery};

const KEY: &str = "sk_test_notarealkey";
pub const USERS: u32 = 500;

/// The numbers of allocations and reallocations per call.
#[derive(Debug)]
pub struct Counts {
    pub get: u64,
    pub page: u64,
    /// The baseline: `reqwest` alone, which only reads the bytes.
    pub baseline_get: u64,
    pub baseline_page: u64,
}

impl Counts {
    pub fn measure() -> Self {
        let user = serde_json::to_vec(&page::user(1)).expect("a user can be serialized");
        let stub = stub::Stub::start(&[user], &page::page(USERS.into()));
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
        let key = SecretKey::new(KEY).expect("the key is valid");
        let directory =
            ClerkUserDirectory::builder(key).base_url(&stub.url).build().expect("the configuration is valid");
        let directory: &dyn UserDirectory = &directory;
        let id = UserId::new("user_2abcdefghijklmnopqrstuvwxyz").expect("the id is valid");
        let query = UserQuery::new().limit(USERS);
        let http = ClerkBuilder::http_client_builder()
            .expect("TLS can be set up")
            .no_proxy()
            .build()
            .expect("a client can be built");
        let get = format!("{}/users/{id}", stub.url);
        let page = format!("{}/users?limit={USERS}", stub.url);
        Self {
            get: count(&runtime, async || drop(directory.get(&id).await.expect("a user"))),
            page: count(&runtime, async || {
                let users = directory.list(&query).await.expect("a page of users");
                assert_eq!(users.len(), USERS as usize);
            }),
            baseline_get: count(&runtime, async || fetch(&http, &get).await),
            baseline_page: count(&runtime, async || fetch(&http, &page).await),
        }
    }
}

async fn fetch(http: &Client, url: &str) {
    let response = http.get(url).bearer_auth(KEY).send().await.expect("a response");
    drop(response.bytes().await.expect("a complete body"));
}

/// Returns the median of several calls on a warm connection, because the number of reads per response varies.
fn count(runtime: &Runtime, call: impl AsyncFn()) -> u64 {
    for _ in 0..5 {
        runtime.block_on(call());
    }
    let count_one = || allocation_counter::measure(|| runtime.block_on(call())).count_total;
    let mut counts = [(); 9].map(|()| count_one());
    counts.sort_unstable();
    counts[counts.len() / 2]
}
