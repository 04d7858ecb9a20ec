//! Tests of faults that affect the delivery of events.

use std::time::Duration;

use clerk_emulator::WebhookFault;
use serde_json::json;
use tokio::sync::oneshot;

use crate::receiver::{Receiver, Reply};
use crate::support::Clerk;

#[tokio::test]
async fn drop_loses_an_event_of_an_endpoint() {
    let (mut one, mut two) = (Receiver::start().await, Receiver::start().await);
    let clerk = Clerk::start([one.endpoint(), two.endpoint()]).await;
    clerk.emulator.add_webhook_fault(WebhookFault::drop_event().endpoint(1).event_type("user.created").times(1));
    let (ada, grace) = (clerk.create("ada_lovelace").await, clerk.create("grace_hopper").await);
    assert_eq!(one.event().await.user_id(), Some(&grace.id));
    let mut ids = [two.event().await, two.event().await].map(|event| event.user_id().cloned().unwrap());
    let mut expected = [ada.id, grace.id];
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected);
    clerk.acknowledged().await;
    let dropped = clerk.delivery(|delivery| delivery["state"] == "dropped").await;
    assert_eq!((&dropped["endpoint"], &dropped["attempts"]), (&json!(1), &json!([])));
    assert!(one.is_empty());
}

#[tokio::test]
async fn duplicate_sends_an_event_again() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    clerk.emulator.add_webhook_fault(WebhookFault::duplicate(2).times(1));
    clerk.create("ada_lovelace").await;
    let ids = [receiver.event().await.id, receiver.event().await.id, receiver.event().await.id];
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    clerk.acknowledged().await;
    let delivery = clerk.delivery(|delivery| delivery["state"] == "delivered").await;
    assert_eq!(delivery["attempts"].as_array().unwrap().len(), 3);
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn delay_postpones_an_event_and_not_those_of_other_users() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    let delay = Duration::from_millis(2500);
    clerk.emulator.add_webhook_fault(WebhookFault::delay(delay).times(1));
    let ada = clerk.create("ada_lovelace").await;
    assert_eq!(clerk.sleep(1).await, delay);
    let grace = clerk.create("grace_hopper").await;
    assert_eq!(receiver.event().await.user_id(), Some(&grace.id));
    clerk.timer.advance(delay);
    assert_eq!(receiver.event().await.user_id(), Some(&ada.id));
    clerk.acknowledged().await;
}

#[tokio::test]
async fn reorder_swaps_two_events() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    clerk.emulator.add_webhook_fault(WebhookFault::reorder());
    let names = ["ada_lovelace", "grace_hopper", "mary_kenneth", "jean_bartik"];
    let mut users = Vec::new();
    for name in names {
        users.push(clerk.create(name).await);
        // An event is held back until the next one has been sent.
        if users.len() % 2 == 0 {
            for user in users.iter().rev().take(2) {
                assert_eq!(receiver.event().await.user_id(), Some(&user.id));
            }
        }
    }
    // Without a next event, it is sent after a second.
    clerk.acknowledged().await;
    clerk.emulator.clear_webhook_faults();
    clerk.emulator.add_webhook_fault(WebhookFault::reorder());
    let sleeps = clerk.timer.sleeps().len();
    let last = clerk.create("kay_mcnulty").await;
    assert_eq!(clerk.sleep(sleeps + 1).await, Duration::from_secs(1));
    clerk.timer.advance(Duration::from_secs(1));
    assert_eq!(receiver.event().await.user_id(), Some(&last.id));
}

#[tokio::test]
async fn reorder_ignores_attempts_that_started_earlier() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    let (gate, opened) = oneshot::channel();
    receiver.reply(Reply::After(opened));
    let ada = clerk.create("ada_lovelace").await;
    assert_eq!(receiver.event().await.user_id(), Some(&ada.id));
    clerk.emulator.add_webhook_fault(WebhookFault::reorder().times(1));
    let grace = clerk.create("grace_hopper").await;
    assert_eq!(clerk.sleep(2).await, Duration::from_secs(1));
    gate.send(()).unwrap();
    clerk.delivery(|delivery| delivery["user_id"] == json!(ada.id) && delivery["state"] == "delivered").await;
    let mary = clerk.create("mary_kenneth").await;
    for user in [mary, grace] {
        assert_eq!(receiver.event().await.user_id(), Some(&user.id));
    }
}

#[tokio::test]
async fn control_api_adds_lists_and_removes_faults() {
    let (clerk, mut receiver) = Clerk::with_receiver().await;
    let fault = r#"{"effect":"drop","event_type":"user.created","times":1}"#;
    assert_eq!(clerk.control("POST", "/faults", fault).await.0, 200);
    let (_, faults) = clerk.control("GET", "/faults", "").await;
    assert_eq!(faults["data"][0]["effect"], "drop");
    assert_eq!(clerk.control("DELETE", "/faults", "").await, (200, json!({})));
    clerk.create("ada_lovelace").await;
    receiver.event().await;
    let (status, error) = clerk.control("POST", "/faults", r#"{"effect":"lose"}"#).await;
    assert_eq!((status, &error["errors"][0]["meta"]["param_name"]), (422, &json!("effect")));
    let (status, error) = clerk.control("POST", "/faults", r#"{"effect":"drop","endpoint":2}"#).await;
    assert_eq!((status, &error["errors"][0]["meta"]["param_name"]), (422, &json!("endpoint")));
}
