//! Tests of the routes below `/__emulator/webhooks`.

use std::time::Duration;

use clerk_emulator::Emulator;
use serde_json::json;
use user_directory::store_directory::InstanceSettings;
use user_directory::webhooks::EventKind;
use user_directory::{InMemoryUserDirectory, UserDirectory};

use crate::receiver::{Receiver, Reply};
use crate::support::Clerk;

#[tokio::test]
async fn endpoints_are_listed_with_counters() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    clerk.create("ada_lovelace").await;
    receiver.event().await;
    clerk.acknowledged().await;
    let (status, json) = clerk.control("GET", "", "").await;
    assert_eq!(status, 200);
    let url = receiver.url();
    let (url, _) = url.split_once('?').unwrap();
    let expected = json!({ "number": 1, "url": url, "pending": 0, "delivered": 1, "failed": 0, "dropped": 0 });
    assert_eq!(json, json!({ "data": [expected] }));
}

#[tokio::test]
async fn deliveries_are_listed_newest_first_with_their_attempts() {
    let (mut one, mut two) = (Receiver::start().await, Receiver::start().await);
    let clerk = Clerk::start([one.endpoint(), two.endpoint()]).await;
    one.reply_with(&[503]);
    let ada = clerk.create("ada_lovelace").await;
    one.event().await;
    two.event().await;
    let failed = clerk.delivery(|delivery| delivery["endpoint"] == 1).await;
    assert_eq!(failed["user_id"], json!(ada.id));
    let attempt = &failed["attempts"][0];
    assert_eq!((&attempt["status"], &attempt["response"]), (&json!(503), &json!("received")));
    clerk.delivery(|delivery| delivery["endpoint"] == 2).await;
    let (_, json) = clerk.control("GET", "/deliveries?endpoint=2&limit=1", "").await;
    assert_eq!((json["data"].as_array().unwrap().len(), &json["total_count"]), (1, &json!(1)));
    for endpoint in ["0", "3", "x"] {
        let (status, json) = clerk.control("GET", &format!("/deliveries?endpoint={endpoint}"), "").await;
        assert_eq!((status, &json["errors"][0]["meta"]["param_name"]), (422, &json!("endpoint")), "{endpoint}");
    }

    let number = &failed["number"];
    let (_, delivery) = clerk.control("GET", &format!("/deliveries/{number}"), "").await;
    assert_eq!((&delivery["body"]["type"], &delivery["body"]["data"]["id"]), (&json!("user.created"), &json!(ada.id)));
    for path in ["/deliveries/99", "/deliveries/first"] {
        assert_eq!(clerk.control("GET", path, "").await.0, 404);
    }
    assert_eq!(clerk.control("DELETE", "/deliveries", "").await, (200, json!({})));
    assert!(clerk.deliveries().await.is_empty());
}

#[tokio::test]
async fn deliveries_of_an_endpoint_are_rejected_if_there_are_no_endpoints() {
    let clerk = Clerk::start([]).await;
    assert!(clerk.deliveries().await.is_empty());
    let (status, json) = clerk.control("GET", "/deliveries?endpoint=1", "").await;
    let error = &json["errors"][0];
    assert_eq!((status, &error["meta"]["param_name"]), (422, &json!("endpoint")));
    assert_eq!(error["long_message"], "endpoint is not allowed, because there are no endpoints.");
}

#[tokio::test]
async fn replay_sends_a_delivery_again() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    clerk.create("ada_lovelace").await;
    let event = receiver.event().await;
    clerk.acknowledged().await;
    let number = clerk.delivery(|delivery| delivery["state"] == "delivered").await["number"].clone();
    assert_eq!(clerk.control("POST", &format!("/deliveries/{number}/replay"), "").await, (200, json!({})));
    assert_eq!(receiver.event().await, event);
    let attempts = |delivery: &serde_json::Value| delivery["attempts"].as_array().unwrap().len();
    clerk.delivery(|delivery| delivery["state"] == "delivered" && attempts(delivery) == 2).await;
    assert_eq!(clerk.control("POST", "/deliveries/99/replay", "").await.0, 404);
}

#[tokio::test]
async fn replay_of_a_waiting_delivery_does_not_wait() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    receiver.reply_with(&[500]);
    clerk.create("ada_lovelace").await;
    let event = receiver.event().await;
    clerk.sleep(2).await; // The next attempt is in 5 seconds.
    assert_eq!(clerk.control("POST", "/deliveries/1/replay", "").await.0, 200);
    assert_eq!(receiver.event().await, event);
    clerk.acknowledged().await;
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn example_is_sent_to_the_endpoint() {
    let (mut one, mut two) = (Receiver::start().await, Receiver::start().await);
    let clerk = Clerk::start([one.endpoint(), two.endpoint()]).await;
    let (_, sent) = clerk.control("POST", "/examples", r#"{"event_type":"user.updated","endpoint":2}"#).await;
    let event = two.event().await;
    assert_eq!((json!(event.id), event.event_type()), (sent["event_id"].clone(), "user.updated"));
    assert_eq!(clerk.control("POST", "/examples", r#"{"event_type":"user.deleted"}"#).await.0, 200);
    for receiver in [&mut one, &mut two] {
        assert!(matches!(receiver.event().await.kind, EventKind::Deleted(_)));
    }
    assert!(one.is_empty());
    assert!(clerk.directory.is_empty());
    for body in [r#"{"event_type":"session.created"}"#, r#"{"endpoint":3}"#] {
        assert_eq!(clerk.control("POST", "/examples", body).await.0, 422, "{body}");
    }
}

#[tokio::test]
async fn example_has_the_time_and_the_instance_of_the_directory() {
    let mut receiver = Receiver::start().await;
    let settings = InstanceSettings::permissive().instance_id("ins_examples".parse().unwrap());
    let directory = InMemoryUserDirectory::builder().settings(settings).emit_events().build();
    let clerk = Clerk::with([receiver.endpoint()], |builder| builder.store(&directory)).await;
    directory.advance_clock(Duration::from_hours(1));
    for event_type in ["user.created", "user.updated", "user.deleted"] {
        let body = json!({ "event_type": event_type }).to_string();
        assert_eq!(clerk.control("POST", "/examples", &body).await.0, 200);
        let event = receiver.event().await;
        assert_eq!((event.event_type(), &event.instance_id), (event_type, &Some("ins_examples".parse().unwrap())));
        assert!(directory.now().as_second() - event.timestamp.unwrap().as_second() < 600);
    }
}

#[tokio::test]
async fn reset_during_an_attempt_leaves_no_delivery() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    receiver.reply(Reply::Silence);
    clerk.create("ada_lovelace").await;
    receiver.event().await;
    let timeout = clerk.sleep(1).await;
    assert_eq!(clerk.control("POST", "/../reset", "").await.0, 200);
    clerk.timer.advance(timeout);
    let grace = clerk.create("grace_hopper").await;
    assert_eq!(receiver.event().await.user_id(), Some(&grace.id));
    clerk.acknowledged().await;
    clerk.delivery(|delivery| delivery["state"] == "delivered").await;
    assert!(clerk.deliveries().await.iter().all(|delivery| delivery["user_id"] == json!(grace.id)));
    let (_, endpoints) = clerk.control("GET", "", "").await;
    assert_eq!((&endpoints["data"][0]["pending"], &endpoints["data"][0]["failed"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn reset_discards_events_that_have_not_been_delivered() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    receiver.reply_with(&[500]);
    clerk.create("ada_lovelace").await;
    receiver.event().await;
    clerk.sleep(2).await;
    let (status, _) = clerk.control("POST", "/../reset", "").await;
    assert_eq!(status, 200);
    clerk.acknowledged().await;
    assert!(clerk.deliveries().await.is_empty());
    clerk.timer.advance(Duration::from_secs(5));
    let grace = clerk.create("grace_hopper").await;
    assert_eq!(receiver.event().await.user_id(), Some(&grace.id));
    clerk.acknowledged().await;
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn webhook_routes_require_events() {
    let clerk = Clerk::with([], |builder| builder.store(&InMemoryUserDirectory::new())).await;
    let (status, error) = clerk.control("GET", "", "").await;
    assert_eq!(status, 404);
    assert!(error["errors"][0]["long_message"].as_str().unwrap().contains("--webhook"), "{error}");
    assert!(clerk.users.count(&user_directory::UserFilter::new()).await.is_ok());
    let emulator = Emulator::start().await.unwrap();
    assert!(emulator.events().await.is_ok());
}
