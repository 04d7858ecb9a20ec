//! Tests of requests to endpoints, retries and timeouts.

use std::num::NonZeroU32;
use std::time::Duration;

use clerk_emulator::{Emulator, Endpoint, StartError};
use integration_tests::incomplete_request::IncompleteRequest;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use user_directory::model::{ExternalAccount, Passkey};
use user_directory::time::ManualClock;
use user_directory::webhooks::{EventKind, Verifier};
use user_directory::{InMemoryUserDirectory, UserDirectory, UserUpdate};

use crate::receiver::{Receiver, Reply, SECRET, secret, within};
use crate::support::{Clerk, directory, emptied, new_user};

/// An endpoint must respond within this time.
const TIMEOUT: Duration = Duration::from_secs(15);

#[tokio::test]
async fn create_update_and_delete_send_signed_events_in_order() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    let ada = clerk.create("ada_lovelace").await;
    let updated = clerk.users.update(&ada.id, &UserUpdate::new().first_name("Ada")).await.unwrap();
    clerk.users.delete(&ada.id).await.unwrap();

    let request = receiver.next().await;
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("user-agent"), concat!("clerk-emulator/", env!("CARGO_PKG_VERSION")));
    let created = request.event();
    assert_eq!(created.id, request.header("svix-id"));
    assert_eq!((created.event_type(), created.user_id()), ("user.created", Some(&ada.id)));
    let event = receiver.event().await;
    let EventKind::Updated(user) = &event.kind else { panic!("{event:?}") };
    assert_eq!((&user.first_name, user.updated_at), (&updated.first_name, updated.updated_at));
    let deleted = receiver.event().await;
    assert_eq!((deleted.event_type(), deleted.user_id()), ("user.deleted", Some(&ada.id)));
    clerk.acknowledged().await;
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn event_contains_the_user_that_get_returns() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    // The times of the user, the address and the wallet are missing.
    let json = r#"[{"id":"user_1","username":"ada_lovelace","web3_wallets":[{"web3_wallet":"0x1"}],
        "email_addresses":[{"email_address":"ada@example.com","verification":{"status":"verified"}}]}]"#;
    clerk.directory.load_json(json).await.unwrap();
    let id = "user_1".parse().unwrap();
    let mut events = clerk.emulator.events().await.unwrap();
    clerk.users.update(&id, &UserUpdate::new().first_name("Ada")).await.unwrap();
    let updated = clerk.users.get(&id).await.unwrap();
    assert_eq!(receiver.event().await.user(), Some(&updated));
    assert_eq!(within(events.next()).await.user(), Some(&updated));
    let mut account = ExternalAccount::new("eac_1".parse().unwrap(), "oauth_google");
    account.provider_user_id = "7".into();
    clerk.directory.add_external_account(&id, account).await.unwrap();
    clerk.directory.add_passkey(&id, Passkey::new("laptop")).await.unwrap();
    receiver.event().await;
    assert_eq!(receiver.event().await.user(), Some(&clerk.users.get(&id).await.unwrap()));
}

#[test]
fn webhooks_bypass_the_proxy() {
    integration_tests::assert_passes_with_unreachable_proxy(
        "delivery::create_update_and_delete_send_signed_events_in_order",
    );
}

#[tokio::test]
async fn rejected_create_and_update_send_no_event() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    let ada = clerk.create("ada_lovelace").await;
    assert!(clerk.users.create(&new_user("ada_lovelace")).await.is_err());
    assert!(clerk.users.update(&ada.id, &UserUpdate::new().username("!")).await.is_err());
    let grace = clerk.create("grace_hopper").await;
    assert_eq!(receiver.event().await.user_id(), Some(&ada.id));
    assert_eq!(receiver.event().await.user_id(), Some(&grace.id));
    clerk.acknowledged().await;
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn backlog_that_is_read_in_parts_is_sent_in_the_order_of_each_user() {
    let directory = directory();
    let users = [
        directory.create(&new_user("ada_lovelace")).await.unwrap().id,
        directory.create(&new_user("grace_hopper")).await.unwrap().id,
    ];
    for number in 0..300 {
        let update = UserUpdate::new().first_name(format!("Name {number}"));
        directory.update(&users[number % 2], &update).await.unwrap();
    }
    let mut receiver = Receiver::start().await;
    let clerk = Clerk::with([receiver.endpoint()], |builder| builder.store(&directory)).await;
    let mut names = [Vec::new(), Vec::new()];
    for _ in 0..302 {
        let event = receiver.event().await;
        let index = users.iter().position(|id| Some(id) == event.user_id()).unwrap();
        names[index].push(event.user().unwrap().first_name.clone());
    }
    for (index, names) in names.iter().enumerate() {
        let updates = (index..300).step_by(2).map(|number| Some(format!("Name {number}").into()));
        assert_eq!(*names, std::iter::once(None).chain(updates).collect::<Vec<_>>());
    }
    emptied(directory.outbox().unwrap()).await;
    drop(clerk);
}

#[tokio::test]
async fn failed_delivery_is_retried_on_the_schedule() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    let (failure, example) = (500, 200);
    receiver.reply_with(&[failure, example].repeat(8));
    let ada = clerk.create("ada_lovelace").await;
    let hour = 3600;
    for (number, wait) in (1..).zip([5, 300, 1800, 2 * hour, 5 * hour, 10 * hour, 10 * hour].map(Duration::from_secs)) {
        assert_eq!(receiver.event().await.user_id(), Some(&ada.id));
        // Each attempt has a timeout, which is a sleep. The second sleep is the wait for the next attempt, and the third
        // one the timeout of the example.
        assert_eq!(clerk.sleep(3 * number - 2).await, TIMEOUT);
        assert_eq!(clerk.sleep(3 * number - 1).await, wait);
        let delivery = clerk.delivery(|delivery| delivery["user_id"] == json!(ada.id)).await;
        assert_eq!((&delivery["state"], &delivery["attempts"][number - 1]["status"]), (&json!("pending"), &json!(500)));
        let at = delivery["attempts"][number - 1]["at"].as_i64().unwrap();
        let next = delivery["next_attempt_at"].as_i64().unwrap();
        assert!(next - at >= i64::try_from(wait.as_millis()).unwrap(), "{delivery}");
        // An early attempt would arrive before the example.
        clerk.timer.advance(wait / 2);
        let (_, sent) = clerk.control("POST", "/examples", "{}").await;
        let event = receiver.event().await;
        assert_eq!(json!(event.id), sent["event_id"]);
        clerk.delivery(|delivery| delivery["event_id"] == json!(event.id) && delivery["state"] == "delivered").await;
        assert!(receiver.is_empty());
        clerk.timer.advance(wait / 2);
    }
    receiver.event().await;
    let delivery = clerk.delivery(|delivery| delivery["state"] == "failed").await;
    assert_eq!(delivery["attempts"].as_array().unwrap().len(), 8);
    assert_eq!(delivery["next_attempt_at"], json!(null));
    // The event is not kept after the last attempt.
    clerk.acknowledged().await;
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn event_that_another_process_removes_is_not_sent_again() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    receiver.reply_with(&[500]);
    clerk.create("ada_lovelace").await;
    let event = receiver.event().await;
    assert_eq!(clerk.sleep(2).await, Duration::from_secs(5));
    clerk.directory.outbox().unwrap().acknowledge(&[event.id]).await.unwrap();
    clerk.timer.advance(Duration::from_secs(5));
    let delivery = clerk.delivery(|delivery| delivery["state"] == "removed").await;
    assert_eq!(delivery["next_attempt_at"], json!(null));
    let (_, endpoints) = clerk.control("GET", "", "").await;
    assert_eq!(endpoints["data"][0]["pending"], 0);
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn webhook_speed_divides_the_waits() {
    let mut receiver = Receiver::start().await;
    receiver.reply_with(&[404]);
    let speed = NonZeroU32::new(1000).unwrap();
    let clerk = Clerk::with([receiver.endpoint()], |builder| builder.webhook_speed(speed)).await;
    clerk.create("ada_lovelace").await;
    receiver.event().await;
    assert_eq!(clerk.sleep(2).await, Duration::from_millis(5));
    clerk.timer.advance(Duration::from_millis(5));
    receiver.event().await;
    clerk.acknowledged().await;
}

#[tokio::test]
async fn endpoint_that_does_not_respond_fails_after_15_seconds() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    receiver.reply(Reply::Silence);
    clerk.create("ada_lovelace").await;
    receiver.event().await;
    assert_eq!(clerk.sleep(1).await, TIMEOUT);
    clerk.timer.advance(TIMEOUT);
    assert_eq!(clerk.sleep(2).await, Duration::from_secs(5));
    let attempt = &clerk.deliveries().await[0]["attempts"][0];
    assert_eq!(attempt["status"], json!(null));
    assert_eq!(attempt["error"], "the endpoint did not respond within 15 seconds");
    clerk.timer.advance(Duration::from_secs(5));
    receiver.event().await;
    clerk.acknowledged().await;
}

#[tokio::test]
async fn unreachable_endpoint_does_not_delay_other_endpoints() {
    let mut receiver = Receiver::start().await;
    // Nothing listens on the port.
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let unreachable = Endpoint::new(&format!("http://{unused}/"), secret()).unwrap();
    let clerk = Clerk::start([unreachable, receiver.endpoint()]).await;
    for name in ["ada_lovelace", "grace_hopper"] {
        let user = clerk.create(name).await;
        assert_eq!(receiver.event().await.user_id(), Some(&user.id));
    }
    let failed = clerk.delivery(|delivery| delivery["endpoint"] == 1).await;
    assert_eq!(failed["attempts"][0]["error"], "the connection failed");
    clerk.delivery(|delivery| delivery["endpoint"] == 2 && delivery["state"] == "delivered").await;
    // The event stays in the outbox until both endpoints have received it.
    assert_eq!(clerk.directory.outbox().unwrap().read(0, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn redirect_is_not_followed_and_counts_as_failure() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    let mut other = Receiver::start().await;
    receiver.reply(Reply::Redirect(other.url()));
    clerk.create("ada_lovelace").await;
    receiver.event().await;
    assert_eq!(clerk.sleep(2).await, Duration::from_secs(5));
    assert_eq!(clerk.deliveries().await[0]["attempts"][0]["status"], 307);
    clerk.timer.advance(Duration::from_secs(5));
    receiver.event().await;
    clerk.acknowledged().await;
    assert!(other.is_empty());
}

#[tokio::test]
async fn endless_response_is_cut_off() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    let (guard, closed) = oneshot::channel();
    receiver.reply(Reply::Endless(guard));
    clerk.create("ada_lovelace").await;
    receiver.event().await;
    let delivery = clerk.delivery(|delivery| delivery["state"] == "delivered").await;
    assert_eq!(delivery["attempts"][0]["response"], "x".repeat(1024));
    assert!(within(closed).await.is_err());
    clerk.acknowledged().await;
}

#[tokio::test]
async fn response_of_an_endpoint_is_read_up_to_64_kib() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    let mut peers = Vec::new();
    // The client closes a connection if it does not read the response to its end. The third response is much longer than
    // the buffers of the connection.
    for (name, bytes) in [("user_1", 1), ("user_2", 64 * 1024), ("user_3", 4 * 1024 * 1024), ("user_4", 1)] {
        receiver.reply(Reply::Body(bytes));
        let user = clerk.create(name).await;
        peers.push(receiver.next().await.peer);
        let delivered = |delivery: &Value| delivery["state"] == "delivered" && delivery["user_id"] == user.id.as_str();
        let delivery = clerk.delivery(delivered).await;
        assert_eq!(delivery["attempts"][0]["response"], "x".repeat(bytes.min(1024)));
    }
    assert_eq!((peers[1], peers[2]), (peers[0], peers[0]), "short responses are read to the end");
    assert_ne!(peers[3], peers[2], "a long response is not read to the end");
}

#[tokio::test]
async fn endpoint_receives_at_most_16_requests_at_the_same_time() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    let mut gates: Vec<_> = (0..17)
        .map(|_| {
            let (gate, response) = oneshot::channel();
            receiver.reply(Reply::After(response));
            gate
        })
        .collect();
    for number in 0..17 {
        clerk.create(&format!("user_{number}")).await;
    }
    for _ in 0..16 {
        receiver.next().await;
    }
    // The seventeenth delivery is pending, but not sent.
    let pending = async || clerk.control("GET", "", "").await.1["data"][0]["pending"].clone();
    within(async { while pending().await != 17 {} }).await;
    assert!(receiver.is_empty());
    drop(gates.remove(0));
    receiver.next().await;
}

#[tokio::test]
async fn signature_has_the_time_of_the_attempt() {
    let mut receiver = Receiver::start().await;
    let clock = ManualClock::new("2026-05-12T09:00:00Z".parse().unwrap());
    let clerk = Clerk::with([receiver.endpoint()], |builder| builder.webhook_clock(clock.clone())).await;
    // The clock of the directory can be advanced without invalidating signatures.
    clerk.directory.advance_clock(Duration::from_hours(1));
    clerk.create("ada_lovelace").await;
    let request = receiver.next().await;
    assert_eq!(request.header("svix-timestamp"), "1778576400");
    let verifier = Verifier::new(secret()).clock(clock);
    assert!(verifier.verify(&request.headers, &request.body).is_ok());
}

#[tokio::test]
async fn secrets_are_neither_in_debug_nor_in_responses() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    clerk.create("ada_lovelace").await;
    receiver.event().await;
    clerk.acknowledged().await;
    let builder = Emulator::builder().webhook(receiver.endpoint());
    let mut texts = vec![format!("{builder:?}"), format!("{:?}", receiver.endpoint())];
    for path in ["", "/deliveries", "/deliveries/1"] {
        let (status, json) = clerk.control("GET", path, "").await;
        assert_eq!(status, 200, "{json}");
        texts.push(json.to_string());
    }
    for text in texts {
        for hidden in [&SECRET["whsec_".len()..], "in-the-query"] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
}

#[tokio::test]
async fn webhook_requires_a_directory_that_emits_events() {
    let receiver = Receiver::start().await;
    let silent = InMemoryUserDirectory::new();
    let error = Emulator::builder().store(&silent).webhook(receiver.endpoint()).start().await.unwrap_err();
    assert!(matches!(error, StartError::WebhooksWithoutEvents), "{error}");
    let clerk = Emulator::builder().store(&silent).start().await.unwrap();
    assert!(clerk.events().await.unwrap_err().is_unsupported());
}

#[tokio::test]
async fn stop_ends_the_delivery_although_a_request_is_incomplete() {
    let (clerk, _receiver) = Clerk::with_receiver().await;
    let _incomplete = IncompleteRequest::start(clerk.emulator.address(), "/v1/users").await;
    // The deadline of the client passes without waiting.
    tokio::time::pause();
    clerk.emulator.stop().await.unwrap();
    clerk.directory.create(&new_user("ada_lovelace")).await.unwrap();
    // With paused time, a sleep ends when all tasks wait.
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(clerk.directory.outbox().unwrap().read(0, 9).await.unwrap().len(), 1);
}
