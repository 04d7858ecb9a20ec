//! The clients that are compared: `reqwest` alone, plain models, `clerk-rs`, and this crate.

use std::hint::black_box;
use std::sync::Arc;

use clerk_rs::apis::configuration::Configuration;
use clerk_rs::apis::users_api;
use serde::de::DeserializeOwned;
use user_directory::clerk::ClerkBuilder;
use user_directory::{ClerkUserDirectory, SecretKey, UserDirectory, UserId, UserQuery};

use crate::plain;

const KEY: &str = "sk_test_benchmark";
pub const CONCURRENT: u32 = 64;
pub const USERS: u64 = 500;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Client {
    Reqwest,
    Lazy,
    Plain,
    ClerkRs,
    Ours,
}

/// The clients and their names, in the order of the measurements.
pub const CLIENTS: [(Client, &str); 5] = [
    (Client::Reqwest, "reqwest, bytes only"),
    (Client::Lazy, "plain models, from_slice, metadata as RawValue"),
    (Client::Plain, "plain models, from_slice"),
    (Client::ClerkRs, "clerk-rs 0.5.0"),
    (Client::Ours, "this crate"),
];

pub struct Clients {
    base_url: String,
    id: UserId,
    reqwest: reqwest::Client,
    directory: Arc<dyn UserDirectory>,
    clerk_rs: Arc<Configuration>,
}

impl Clients {
    pub fn new(base_url: &str) -> Self {
        // `clerk-rs` builds its client without a provider. The installed provider is also used by the others.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let key = SecretKey::new(KEY).expect("the key is valid");
        let directory =
            ClerkUserDirectory::builder(key).base_url(base_url).build().expect("the configuration is valid");
        Self {
            base_url: base_url.to_owned(),
            id: UserId::new("user_2abcdefghijklmnopqrstuvwxyz").expect("the id is valid"),
            // Like the adapter, which uses no proxy for loopback addresses.
            reqwest: ClerkBuilder::http_client_builder()
                .expect("TLS can be set up")
                .no_proxy()
                .build()
                .expect("a client can be built"),
            directory: Arc::new(directory),
            clerk_rs: Arc::new(Configuration::new(KEY).with_base_path(base_url)),
        }
    }

    /// Gets a user in a number of concurrent tasks, each of which makes a number of calls.
    pub async fn gets(&self, client: Client, calls: u32) {
        let (base_url, id) = (self.base_url.clone(), self.id.clone());
        match client {
            Client::Reqwest | Client::Lazy | Client::Plain => {
                let http = self.reqwest.clone();
                let get = move || {
                    let url = format!("{base_url}/users/{id}");
                    let http = http.clone();
                    async move {
                        let bytes = fetch(&http, &url).await;
                        match client {
                            Client::Lazy => drop(black_box(decode::<plain::LazyUser>(&bytes))),
                            Client::Plain => drop(black_box(decode::<plain::User>(&bytes))),
                            _ => {}
                        }
                    }
                };
                concurrently(calls, get).await;
            }
            Client::Ours => {
                let directory = Arc::clone(&self.directory);
                let get = move || {
                    let (directory, id) = (Arc::clone(&directory), id.clone());
                    async move { drop(black_box(directory.get(&id).await.expect("a user"))) }
                };
                concurrently(calls, get).await;
            }
            Client::ClerkRs => {
                let clerk = Arc::clone(&self.clerk_rs);
                let get = move || {
                    let (clerk, id) = (Arc::clone(&clerk), id.clone());
                    async move { drop(black_box(users_api::get_user(&clerk, id.as_str()).await.expect("a user"))) }
                };
                concurrently(calls, get).await;
            }
        }
    }

    /// Lists a number of pages sequentially.
    pub async fn lists(&self, client: Client, pages: u32) {
        let url = format!("{}/users?limit={USERS}", self.base_url);
        let query = UserQuery::new().limit(u32::try_from(USERS).expect("the number is small"));
        for _ in 0..pages {
            let users = match client {
                Client::Reqwest => {
                    drop(black_box(fetch(&self.reqwest, &url).await));
                    continue;
                }
                Client::Lazy => black_box(decode::<Vec<plain::LazyUser>>(&fetch(&self.reqwest, &url).await)).len(),
                Client::Plain => black_box(decode::<Vec<plain::User>>(&fetch(&self.reqwest, &url).await)).len(),
                Client::ClerkRs => black_box(list_by_clerk_rs(&self.clerk_rs).await).len(),
                Client::Ours => black_box(self.directory.list(&query).await.expect("a page of users")).len(),
            };
            assert_eq!(users as u64, USERS);
        }
    }
}

/// Returns the bytes of a response.
async fn fetch(http: &reqwest::Client, url: &str) -> bytes::Bytes {
    let response = http.get(url).bearer_auth(KEY).send().await.expect("a response");
    response.bytes().await.expect("a complete body")
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> T {
    serde_json::from_slice(bytes).expect("the response matches the plain models")
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

async fn concurrently<F: Future<Output = ()> + Send + 'static>(
    calls: u32,
    call: impl Fn() -> F + Clone + Send + 'static,
) {
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
}
