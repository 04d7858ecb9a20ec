//! An emulator that sends webhooks.

use std::time::Duration;

use clerk_emulator::{Emulator, EmulatorBuilder, Endpoint};
use integration_tests::timer::TestTimer;
use serde_json::Value;
use user_directory::clerk::ClerkBuilder;
use user_directory::reqwest::Client;
use user_directory::store_directory::{InstanceSettings, Outbox};
use user_directory::{ClerkUserDirectory, InMemoryUserDirectory, NewUser, User, UserDirectory};

use crate::receiver::{Receiver, within};

/// A running emulator with endpoints, a timer that only the test advances, and clients.
pub struct Clerk {
    pub emulator: Emulator,
    pub directory: InMemoryUserDirectory,
    pub users: ClerkUserDirectory,
    pub timer: TestTimer,
    http: Client,
}

pub fn directory() -> InMemoryUserDirectory {
    InMemoryUserDirectory::builder().settings(InstanceSettings::permissive()).emit_events().build()
}

pub fn new_user(name: &str) -> NewUser {
    NewUser::new().username(name)
}

/// Waits until an outbox is empty.
pub async fn emptied(outbox: &Outbox) {
    let emptied = async {
        while !outbox.read(0, 1).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    within(emptied).await;
}

impl Clerk {
    pub async fn start(endpoints: impl IntoIterator<Item = Endpoint>) -> Self {
        Self::with(endpoints, |builder| builder).await
    }

    pub async fn with(
        endpoints: impl IntoIterator<Item = Endpoint>,
        configure: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder,
    ) -> Self {
        let (directory, timer) = (directory(), TestTimer::manual());
        let builder = Emulator::builder().store(&directory).webhook_timer(timer.clone());
        let builder = endpoints.into_iter().fold(builder, EmulatorBuilder::webhook);
        let emulator = configure(builder).start().await.unwrap();
        let users = integration_tests::directory(&emulator.api_url());
        let http = ClerkBuilder::http_client_builder().unwrap().no_proxy().build().unwrap();
        Self { emulator, directory, users, timer, http }
    }

    /// Starts a receiver, and an emulator with it as the only endpoint.
    pub async fn with_receiver() -> (Self, Receiver) {
        let receiver = Receiver::start().await;
        (Self::start([receiver.endpoint()]).await, receiver)
    }

    pub async fn create(&self, name: &str) -> User {
        self.users.create(&new_user(name)).await.unwrap()
    }

    /// Sends a request to the control API below `/__emulator/webhooks`. Returns the status and the body.
    pub async fn control(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let url = format!("{}/__emulator/webhooks{path}", self.emulator.url());
        let request = self.http.request(method.parse().unwrap(), url).bearer_auth(integration_tests::KEY);
        let response = request.body(body.to_owned()).send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }

    pub async fn deliveries(&self) -> Vec<Value> {
        let (status, mut json) = self.control("GET", "/deliveries", "").await;
        assert_eq!(status, 200, "{json}");
        serde_json::from_value(json["data"].take()).unwrap()
    }

    /// Waits until the control API returns a delivery that satisfies a condition, and returns the latest such delivery.
    pub async fn delivery(&self, condition: impl Fn(&Value) -> bool) -> Value {
        let found = async {
            loop {
                if let Some(found) = self.deliveries().await.into_iter().find(&condition) {
                    return found;
                }
                tokio::task::yield_now().await;
            }
        };
        within(found).await
    }

    /// Waits until the outbox is empty.
    pub async fn acknowledged(&self) {
        emptied(self.directory.outbox().unwrap()).await;
    }

    /// Waits until the number of sleeps has been reached, and returns the last one.
    pub async fn sleep(&self, number: usize) -> Duration {
        within(self.timer.wait_for_sleeps(number)).await;
        self.timer.sleeps()[number - 1]
    }
}
