//! [`RecordingUserDirectory`].

use tokio_test::{assert_pending, assert_ready, task};
use user_directory::{
    InMemoryUserDirectory, NewUser, Operation, Password, RecordingUserDirectory, UserDirectory, UserFilter, UserIdBatch,
};

use crate::support::{Held, id};

fn lines(users: &RecordingUserDirectory) -> Vec<String> {
    users.calls().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn calls_are_noted_in_their_order_with_what_came_of_them() {
    let users = RecordingUserDirectory::new(InMemoryUserDirectory::new());
    let ada = users.create(&NewUser::new().username("ada.lovelace")).await.unwrap().id;
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
async fn clones_share_the_notes() {
    let users = RecordingUserDirectory::new(InMemoryUserDirectory::new());
    let clone = users.clone();
    clone.count(&UserFilter::new()).await.unwrap();
    assert_eq!(users.calls(), clone.calls());
    users.clear_calls();
    assert!(clone.calls().is_empty());
}

#[tokio::test]
async fn what_is_secret_or_personal_is_not_kept() {
    let users = RecordingUserDirectory::new(InMemoryUserDirectory::new());
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
async fn a_call_without_an_answer_is_noted_too() {
    let users = RecordingUserDirectory::new(Held::new(InMemoryUserDirectory::new(), Operation::Get));
    let (nobody, everybody) = (id("user_1"), UserFilter::new());
    let mut get = task::spawn(users.get(&nobody));
    assert_eq!(users.calls(), [], "nothing is done before it is polled");
    assert_pending!(get.poll());
    users.count(&everybody).await.unwrap();
    drop(get);
    assert_eq!(lines(&users), ["get user_1: no answer", "count: ok"]);
}

#[tokio::test]
async fn the_answer_to_a_call_that_was_cleared_is_not_given_to_another() {
    let held = Held::new(InMemoryUserDirectory::new(), Operation::Get);
    let users = RecordingUserDirectory::new(held.clone());
    let (nobody, everybody) = (id("user_1"), UserFilter::new());
    let mut get = task::spawn(users.get(&nobody));
    assert_pending!(get.poll());
    users.clear_calls();
    users.count(&everybody).await.unwrap();
    held.release(1);
    assert!(assert_ready!(get.poll()).unwrap_err().is_not_found());
    assert_eq!(lines(&users), ["count: ok"]);
}
