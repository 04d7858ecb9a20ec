//! [`RecordingUserDirectory`].

use tokio_test::{assert_pending, assert_ready, task};
use user_directory::decorators::RecordingUserDirectory;
use user_directory::{InMemoryUserDirectory, NewUser, Operation, Password, UserDirectory, UserFilter, UserIdBatch};

use crate::support::{Hold, id};

fn lines<D>(users: &RecordingUserDirectory<D>) -> Vec<String> {
    users.calls().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn calls_are_recorded_in_order_with_their_outcome() {
    let users = RecordingUserDirectory::new(InMemoryUserDirectory::permissive());
    let ada = users.create(&NewUser::new().username("ada_lovelace")).await.unwrap().id;
    users.bulk_ban(&UserIdBatch::new([ada.clone(), id("user_0")]).unwrap()).await.unwrap_err();
    users.count(&UserFilter::new()).await.unwrap();
    users.delete(&ada).await.unwrap();
    let expected = [
        "create: ok".to_owned(),
        format!("bulk_ban {ada} user_0: not found"),
        "count: ok".to_owned(),
        format!("delete {ada}: ok"),
    ];
    assert_eq!(lines(&users), expected);
    assert_eq!(users.times_called(Operation::Delete), 1);
    assert_eq!(users.times_called(Operation::Get), 0);
}

#[tokio::test]
async fn clones_share_the_records() {
    let users = RecordingUserDirectory::new(InMemoryUserDirectory::permissive());
    let clone = users.clone();
    clone.count(&UserFilter::new()).await.unwrap();
    assert_eq!(users.calls(), clone.calls());
    users.clear_calls();
    assert!(clone.calls().is_empty());
}

#[tokio::test]
async fn secrets_and_personal_data_are_not_recorded() {
    let users = RecordingUserDirectory::new(InMemoryUserDirectory::permissive());
    let password = Password::new("correct horse battery staple");
    let ada = NewUser::new().email_address("ada@example.com").first_name("Ada").password(password.clone());
    let ada = users.create(&ada).await.unwrap();
    assert!(users.verify_password(&ada.id, &password).await.is_ok());
    let text = format!("{:?} {:?}", users.calls(), lines(&users));
    for secret in ["correct horse", "ada@example.com", "Ada"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn dropped_call_is_recorded_as_incomplete() {
    let users = RecordingUserDirectory::new(Hold::around(InMemoryUserDirectory::permissive(), Operation::Get));
    let (user_id, filter) = (id("user_1"), UserFilter::new());
    let mut get = task::spawn(users.get(&user_id));
    assert_eq!(users.calls(), [], "a call is recorded when it is polled");
    assert_pending!(get.poll());
    users.count(&filter).await.unwrap();
    drop(get);
    assert_eq!(lines(&users), ["get user_1: incomplete", "count: ok"]);
}

#[tokio::test]
async fn outcome_of_a_cleared_call_is_not_recorded() {
    let held = Hold::around(InMemoryUserDirectory::permissive(), Operation::Get);
    let users = RecordingUserDirectory::new(held);
    let (user_id, filter) = (id("user_1"), UserFilter::new());
    let mut get = task::spawn(users.get(&user_id));
    assert_pending!(get.poll());
    users.clear_calls();
    users.count(&filter).await.unwrap();
    users.inner().interceptor().release(1);
    assert!(assert_ready!(get.poll()).unwrap_err().is_not_found());
    assert_eq!(lines(&users), ["count: ok"]);
}
