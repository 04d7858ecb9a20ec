//! Tests of `Emulator::events`.

use clerk_emulator::Emulator;
use user_directory::{NewUser, UserDirectory, UserUpdate};

use crate::receiver::{Receiver, within};
use crate::support::{Clerk, directory, emptied, new_user};

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
        let event = within(events.next()).await;
        assert_eq!((event.event_type(), event.user_id()), (event_type, Some(id)));
    }
    assert!(events.try_next().is_none());
}

#[tokio::test]
async fn events_without_endpoints_stay_in_the_outbox_for_another_sender() {
    let directory = directory();
    let ada = directory.create(&new_user("ada_lovelace")).await.unwrap();
    let reading = Emulator::builder().store(&directory).start().await.unwrap();
    let mut events = reading.events().await.unwrap();
    let grace = directory.create(&new_user("grace_hopper")).await.unwrap();
    assert_eq!(within(events.next()).await.user_id(), Some(&grace.id));
    assert_eq!(directory.outbox().unwrap().read(0, 9).await.unwrap().len(), 2);

    let mut receiver = Receiver::start().await;
    let sending = Emulator::builder().store(&directory).webhook(receiver.endpoint()).start().await.unwrap();
    let mut ids = [receiver.event().await, receiver.event().await].map(|event| event.user_id().cloned().unwrap());
    let mut expected = [ada.id, grace.id];
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected);
    emptied(directory.outbox().unwrap()).await;
    drop((reading, sending));
}

#[tokio::test]
async fn events_of_the_default_directory_do_not_accumulate() {
    let emulator = Emulator::builder().start().await.unwrap();
    let directory = emulator.store().unwrap();
    directory.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await.unwrap();
    emptied(directory.outbox().unwrap()).await;
}

#[tokio::test]
async fn events_include_those_that_a_fault_drops() {
    let (clerk, _receiver) = Clerk::with_receiver().await;
    clerk.emulator.add_webhook_fault(clerk_emulator::WebhookFault::drop_event());
    let mut events = clerk.emulator.events().await.unwrap();
    let ada = clerk.create("ada_lovelace").await;
    assert_eq!(within(events.next()).await.user_id(), Some(&ada.id));
}

#[tokio::test]
async fn load_and_reset_emit_no_events() {
    let clerk = Clerk::start([]).await;
    let mut events = clerk.emulator.events().await.unwrap();
    clerk.directory.load_json(r#"[{"id":"user_loaded","username":"grace_hopper"}]"#).await.unwrap();
    clerk.directory.clear().await.unwrap();
    let ada = clerk.create("ada_lovelace").await;
    assert_eq!(within(events.next()).await.user_id(), Some(&ada.id));
}

#[tokio::test]
async fn every_subscriber_receives_every_event() {
    let clerk = Clerk::start([]).await;
    let (mut one, mut two) = (clerk.emulator.events().await.unwrap(), clerk.emulator.events().await.unwrap());
    let ada = clerk.create("ada_lovelace").await;
    assert_eq!(within(one.next()).await.user_id(), Some(&ada.id));
    drop(one);
    let grace = clerk.create("grace_hopper").await;
    for user in [ada, grace] {
        assert_eq!(within(two.next()).await.user_id(), Some(&user.id));
    }
}

#[tokio::test]
async fn events_of_an_earlier_emulator_are_read_after_a_restart() {
    let directory = directory();
    let ada = directory.create(&new_user("ada_lovelace")).await.unwrap();
    let mut receiver = Receiver::start().await;
    let emulator = Emulator::builder().store(&directory).webhook(receiver.endpoint()).start().await.unwrap();
    assert_eq!(receiver.event().await.user_id(), Some(&ada.id));
    emulator.stop().await.unwrap();
}
