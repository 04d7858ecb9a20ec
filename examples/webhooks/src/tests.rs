//! Tests of the service over HTTP, with an in-memory primary.

use std::sync::Arc;

use tokio::net::TcpListener;
use user_directory::clerk::ClerkBuilder;
use user_directory::decorators::ReplicatedUserDirectory;
use user_directory::jiff::Timestamp;
use user_directory::reqwest::{Client, StatusCode};
use user_directory::time::ManualClock;
use user_directory::webhooks::{UserEvent, Verifier, WebhookSecret, sign};
use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
use user_directory_sql::SqlUserDirectory;

use crate::app::{self, Profile};
use crate::{EMULATOR_SECRET, Users, accepts_public_secret};

struct Service {
    url: String,
    client: Client,
}

fn now() -> Timestamp {
    "2026-05-12T08:00:00Z".parse().unwrap()
}

fn secret() -> WebhookSecret {
    WebhookSecret::new(EMULATOR_SECRET).unwrap()
}

impl Service {
    /// Starts a service on a free port. It stops with the runtime of the test.
    async fn start(primary: InMemoryUserDirectory) -> Self {
        let database = SqlUserDirectory::open("sqlite::memory:").await.unwrap();
        database.migrate().await.unwrap();
        let primary: Arc<dyn UserDirectory> = Arc::new(primary);
        let users: Users = ReplicatedUserDirectory::new(primary, database.store().clone());
        users.backfill().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let verifier = Verifier::new(secret()).clock(ManualClock::new(now()));
        tokio::spawn(axum::serve(listener, app::router(verifier, users)).into_future());
        Self { url, client: ClerkBuilder::http_client_builder().unwrap().no_proxy().build().unwrap() }
    }

    async fn send(&self, event: &UserEvent, secret: &WebhookSecret) -> StatusCode {
        let body = event.to_json();
        let mut request = self.client.post(format!("{}/webhooks/clerk", self.url));
        for (name, value) in sign(secret, &event.id, now(), body.as_bytes()).svix() {
            request = request.header(name, value);
        }
        request.body(body).send().await.unwrap().status()
    }

    async fn get(&self, path: &str) -> String {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap().text().await.unwrap()
    }
}

#[tokio::test]
async fn events_change_the_listed_users() {
    let primary = InMemoryUserDirectory::new();
    let service = Service::start(primary.clone()).await;
    assert_eq!(service.get("/users").await, "[]");

    let ada = NewUser::new().email_address("ada@example.com").first_name("Ada").skip_password_requirement(true);
    let ada = primary.create(&ada).await.unwrap();
    let created = UserEvent::created("msg_1".parse().unwrap(), ada.clone());
    assert_eq!(service.send(&created, &secret()).await, 204);
    let expected = format!(r#"[{{"id":"{}","name":"Ada","email_address":"ada@example.com"}}]"#, ada.id);
    assert_eq!(service.get("/users?query=ADA").await, expected);
    assert_eq!(service.get("/users?query=grace").await, "[]");
    assert_eq!(Profile::from(&ada).name.as_deref(), Some("Ada"));

    let deleted = UserEvent::deleted("msg_2".parse().unwrap(), ada.id);
    for _ in 0..2 {
        assert_eq!(service.send(&deleted, &secret()).await, 204);
    }
    assert_eq!(service.send(&created, &secret()).await, 204);
    assert_eq!(service.get("/users").await, "[]");
    assert!(service.get("/status").await.starts_with(r#"{"is_ready":true,"stale_users":0,"#));
}

#[test]
fn public_secret_is_accepted_only_without_a_key_and_on_a_loopback_address() {
    let (local, public) = ("127.0.0.1:3000".parse().unwrap(), "192.0.2.1:3000".parse().unwrap());
    assert!(accepts_public_secret(false, local));
    assert!(!accepts_public_secret(true, local));
    assert!(!accepts_public_secret(false, public));
}

#[tokio::test]
async fn forged_events_are_rejected() {
    let service = Service::start(InMemoryUserDirectory::new()).await;
    let other = WebhookSecret::new("whsec_c2VjcmV0IG9mIGFub3RoZXIgZW5kcG9pbnQh").unwrap();
    let event = UserEvent::deleted("msg_1".parse().unwrap(), "user_1".parse().unwrap());
    assert_eq!(service.send(&event, &other).await, 400);
    assert_eq!(service.send(&event, &secret()).await, 204);
}
