//! Tests of `Emulator::events`.

use clerk_emulator::Emulator;
use user_directory::{UserDirectory, UserUpdate};

use crate::support::{Clerk, directory, new_user};

#[tokio::test]
async fn events_are_those_after_the_call() {
    let clerk = Clerk::start([]).await;
    let before = clerk.create("ada_lovelace").await;
    // A write that bypasses the server.
    clerk.directory.update(&before.id, &UserUpdate::new().first_name("Ada")).await.unwrap();
    let mut events = clerk.emulator.events().await.unwrap();
    let after = clerk.create("grace_hopper").await;
    clerk.directory.delete(&before.id).await.unwrap();
    for (event_type, id) in [("user.created", &after.id), ("user.deleted", &before.id)] {
        let event = events.next().await;
        assert_eq!((event.event_type(), event.user_id()), (event_type, Some(id)));
    }
    assert!(events.try_next().is_none());
    // Without endpoints, the outbox is emptied.
    clerk.acknowledged().await;
}

#[tokio::test]
async fn events_include_those_that_a_fault_drops() {
    let (clerk, _receiver) = Clerk::with_receiver().await;
    clerk.emulator.add_webhook_fault(clerk_emulator::WebhookFault::drop_event());
    let mut events = clerk.emulator.events().await.unwrap();
    let ada = clerk.create("ada_lovelace").await;
    assert_eq!(events.next().await.user_id(), Some(&ada.id));
}

#[tokio::test]
async fn load_and_reset_emit_no_events() {
    let clerk = Clerk::start([]).await;
    let mut events = clerk.emulator.events().await.unwrap();
    clerk.directory.load_json(r#"[{"id":"user_loaded","username":"grace_hopper"}]"#).await.unwrap();
    clerk.directory.clear().await.unwrap();
    let ada = clerk.create("ada_lovelace").await;
    assert_eq!(events.next().await.user_id(), Some(&ada.id));
}

#[tokio::test]
async fn every_subscriber_receives_every_event() {
    let clerk = Clerk::start([]).await;
    let (mut one, mut two) = (clerk.emulator.events().await.unwrap(), clerk.emulator.events().await.unwrap());
    let ada = clerk.create("ada_lovelace").await;
    assert_eq!(one.next().await.user_id(), Some(&ada.id));
    drop(one);
    let grace = clerk.create("grace_hopper").await;
    for user in [ada, grace] {
        assert_eq!(two.next().await.user_id(), Some(&user.id));
    }
}

#[tokio::test]
async fn events_of_an_earlier_emulator_are_read_after_a_restart() {
    let directory = directory();
    let ada = directory.create(&new_user("ada_lovelace")).await.unwrap();
    let mut receiver = crate::receiver::Receiver::start().await;
    let emulator = Emulator::builder().store(&directory).webhook(receiver.endpoint()).start().await.unwrap();
    assert_eq!(receiver.event().await.user_id(), Some(&ada.id));
    emulator.stop().await.unwrap();
}
