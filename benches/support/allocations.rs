//! How often a call allocates, in the thread of the client: what the service does in its own does not count.

use tokio::runtime::Runtime;

use super::{page, stub};
use user_directory::clerk::ClerkBuilder;
use user_directory::reqwest::Client;
use user_directory::{ClerkUserDirectory, SecretKey, UserDirectory, UserId, UserQuery};

const KEY: &str = "sk_test_notarealkey";
pub const USERS: u32 = 500;

/// How often each call allocated, or grew an allocation.
#[derive(Debug)]
pub struct Counts {
    pub get: u64,
    pub page: u64,
    /// The same with the HTTP library alone, which reads the bytes.
    pub floor_get: u64,
    pub floor_page: u64,
}

impl Counts {
    pub fn measure() -> Self {
        let user = serde_json::to_vec(&page::user(1)).expect("it can be written");
        let stub = stub::Stub::start(&[user], &page::page(USERS.into()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it can be built");
        let key = SecretKey::new(KEY).expect("it is a key");
        let directory = ClerkUserDirectory::builder(key).base_url(&stub.url).build().expect("it can be reached");
        let directory: &dyn UserDirectory = &directory;
        let id = UserId::new("user_2abcdefghijklmnopqrstuvwxyz").expect("it is an id");
        let query = UserQuery::new().limit(USERS);
        let http = ClerkBuilder::http_client_builder()
            .expect("TLS can be set up")
            .no_proxy()
            .build()
            .expect("a client can be built");
        let get = format!("{}/users/{id}", stub.url);
        let page = format!("{}/users?limit={USERS}", stub.url);
        Self {
            get: of(&runtime, async || drop(directory.get(&id).await.expect("it is a user"))),
            page: of(&runtime, async || {
                let users = directory.list(&query).await.expect("it is a page");
                assert_eq!(users.len(), USERS as usize);
            }),
            floor_get: of(&runtime, async || fetch(&http, &get).await),
            floor_page: of(&runtime, async || fetch(&http, &page).await),
        }
    }
}

async fn fetch(http: &Client, url: &str) {
    let response = http.get(url).bearer_auth(KEY).send().await.expect("it answers");
    drop(response.bytes().await.expect("all of it comes"));
}

/// The median of a few calls on a warm connection: in how many pieces an answer comes is not the client's doing.
fn of(runtime: &Runtime, call: impl AsyncFn()) -> u64 {
    for _ in 0..5 {
        runtime.block_on(call());
    }
    let one = || allocation_counter::measure(|| runtime.block_on(call())).count_total;
    let mut counts = [(); 9].map(|()| one());
    counts.sort_unstable();
    counts[counts.len() / 2]
}
