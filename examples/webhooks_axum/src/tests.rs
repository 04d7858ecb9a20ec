//! Tests of the service over HTTP.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, Receiver};
use user_directory::clerk::ClerkBuilder;
use user_directory::decorators::{CachePolicy, CachedUserDirectory};
use user_directory::jiff::Timestamp;
use user_directory::reqwest::Client;
use user_directory::time::ManualClock;
use user_directory::webhooks::{EventId, SignatureHeaders, UserEvent, Verifier, WebhookSecret, sign};
use user_directory::{InMemoryUserDirectory, NewUser, User, UserDirectory, UserDirectoryExt, UserId};

use crate::app;
use crate::seen::SeenEvents;
use crate::worker;

/// A service on a free port. It stops with the runtime of the test.
struct Service {
    url: String,
    client: Client,
    queued: Receiver<UserEvent>,
}

fn now() -> Timestamp {
    "2026-05-12T08:00:00Z".parse().unwrap()
}

fn secret() -> WebhookSecret {
    WebhookSecret::new(crate::EXAMPLE_SECRET).unwrap()
}

fn event(id: &str) -> UserEvent {
    UserEvent::updated(event_id(id), User::new(UserId::new("user_1").unwrap()))
}

fn event_id(id: &str) -> EventId {
    id.parse().unwrap()
}

impl Service {
    async fn start(queue: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/clerk", listener.local_addr().unwrap());
        let (sender, queued) = mpsc::channel(queue);
        let verifier = Verifier::new(secret()).clock(ManualClock::new(now()));
        tokio::spawn(axum::serve(listener, app::router(verifier, sender)).into_future());
        Self { url, client: ClerkBuilder::http_client_builder().unwrap().no_proxy().build().unwrap(), queued }
    }

    /// Sends a body with the headers of a signed message.
    async fn send(&self, headers: &SignatureHeaders, body: impl Into<String>) -> (u16, String) {
        let mut request = self.client.post(&self.url).body(body.into());
        for (name, value) in headers.svix() {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Sends a correctly signed event.
    async fn send_event(&self, event: &UserEvent) -> u16 {
        let body = event.to_json();
        self.send(&sign(&secret(), &event.id, now(), body.as_bytes()), body).await.0
    }
}

#[tokio::test]
async fn signed_event_is_queued_once() {
    let mut service = Service::start(10).await;
    for _ in 0..3 {
        assert_eq!(service.send_event(&event("msg_1")).await, 204);
    }
    assert_eq!(service.send_event(&event("msg_2")).await, 204);
    assert_eq!(service.queued.try_recv().unwrap(), event("msg_1"));
    assert_eq!(service.queued.try_recv().unwrap(), event("msg_2"));
    assert!(service.queued.try_recv().is_err());
}

#[tokio::test]
async fn invalid_requests_are_rejected_with_a_reason() {
    let mut service = Service::start(10).await;
    let body = event("msg_1").to_json();
    let signed = sign(&secret(), &event_id("msg_1"), now(), body.as_bytes());
    let modified = service.send(&signed, body.replace("user_1", "user_2")).await;
    assert!(modified.0 == 400 && modified.1.contains("no signature matches"), "{modified:?}");
    let encoded_again = service.send(&signed, body.replace(':', ": ")).await;
    assert!(encoded_again.0 == 400 && encoded_again.1.contains("raw body"), "{encoded_again:?}");
    let old = sign(&secret(), &event_id("msg_1"), "2026-05-12T07:54:59Z".parse().unwrap(), body.as_bytes());
    let replayed = service.send(&old, body).await;
    assert!(replayed.0 == 400 && replayed.1.contains("301 seconds ago"), "{replayed:?}");
    let large = service.send(&signed, "x".repeat(2 * 1024 * 1024)).await;
    assert_eq!(large.0, 413);
    assert!(service.queued.try_recv().is_err());
}

#[tokio::test]
async fn event_is_sent_again_if_the_queue_is_full() {
    let mut service = Service::start(1).await;
    assert_eq!(service.send_event(&event("msg_1")).await, 204);
    assert_eq!(service.send_event(&event("msg_2")).await, 503);
    service.queued.recv().await.unwrap();
    assert_eq!(service.send_event(&event("msg_2")).await, 204);
    assert_eq!(service.queued.recv().await.unwrap().id, "msg_2");
}

#[tokio::test]
async fn worker_applies_events_to_the_cache() {
    let directory = InMemoryUserDirectory::new();
    let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    let ada = directory.create(&new_user).await.unwrap();
    let inner: Arc<dyn UserDirectory> = Arc::new(directory.clone());
    let users = Arc::new(CachedUserDirectory::new(inner, CachePolicy::default()));
    assert!(users.find_by_email_address("ada@example.com").await.unwrap().is_some());
    directory.delete(&ada.id).await.unwrap();

    let (queue, events) = mpsc::channel(10);
    queue.send(UserEvent::deleted(event_id("msg_1"), ada.id)).await.unwrap();
    drop(queue);
    worker::run(events, users.clone()).await;
    assert!(users.find_by_email_address("ada@example.com").await.unwrap().is_none());
}

#[test]
fn seen_events_forget_the_oldest() {
    let mut seen = SeenEvents::new(2);
    for id in ["msg_1", "msg_2", "msg_2", "msg_3"] {
        seen.insert(event_id(id));
    }
    assert!(!seen.contains(&event_id("msg_1")));
    assert!(seen.contains(&event_id("msg_2")) && seen.contains(&event_id("msg_3")));
}
