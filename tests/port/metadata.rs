//! `set_*_metadata` and `merge_*_metadata`.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use user_directory::{
    InMemoryUserDirectory, MockUserDirectory, NewUser, Operation, User, UserDirectory, UserDirectoryExt, UserId,
};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Plan {
    name: String,
    #[serde(default)]
    seats: Option<u32>,
}

fn plan(name: &str, seats: Option<u32>) -> Plan {
    Plan { name: name.to_owned(), seats }
}

/// The JSON of each kind of metadata.
fn all(user: &User) -> [&str; 3] {
    [user.public_metadata.as_json(), user.private_metadata.as_json(), user.unsafe_metadata.as_json()]
}

#[tokio::test]
async fn set_metadata_methods_replace_one_kind() {
    let directory = InMemoryUserDirectory::permissive();
    let id = directory.create(&NewUser::new().username("ada_lovelace")).await.unwrap().id;
    let user = directory.set_public_metadata(&id, &plan("public", Some(1))).await.unwrap();
    assert_eq!(all(&user), [r#"{"name":"public","seats":1}"#, "{}", "{}"]);
    assert_eq!(user.public_metadata.deserialize::<Plan>().unwrap(), plan("public", Some(1)));
    directory.set_private_metadata(&id, &plan("private", Some(2))).await.unwrap();
    let user = directory.set_unsafe_metadata(&id, &plan("unsafe", Some(3))).await.unwrap();
    let (private, r#unsafe) = (r#"{"name":"private","seats":2}"#, r#"{"name":"unsafe","seats":3}"#);
    assert_eq!(all(&user), [r#"{"name":"public","seats":1}"#, private, r#unsafe]);
    let user = directory.set_public_metadata(&id, &serde_json::json!({})).await.unwrap();
    assert_eq!(all(&user), ["{}", private, r#unsafe]);
}

#[tokio::test]
async fn merge_metadata_methods_merge_one_kind_and_remove_keys_of_none() {
    let directory = InMemoryUserDirectory::permissive();
    let id = directory.create(&NewUser::new().username("ada_lovelace")).await.unwrap().id;
    let kept = serde_json::json!({ "kept": true, "seats": 9 });
    directory.set_public_metadata(&id, &kept).await.unwrap();
    directory.set_private_metadata(&id, &kept).await.unwrap();
    directory.set_unsafe_metadata(&id, &kept).await.unwrap();
    directory.merge_public_metadata(&id, &plan("public", None)).await.unwrap();
    directory.merge_private_metadata(&id, &plan("private", Some(2))).await.unwrap();
    let user = directory.merge_unsafe_metadata(&id, &plan("unsafe", Some(3))).await.unwrap();
    assert_eq!(
        all(&user),
        [
            r#"{"kept":true,"name":"public"}"#,
            r#"{"kept":true,"name":"private","seats":2}"#,
            r#"{"kept":true,"name":"unsafe","seats":3}"#
        ]
    );
}

#[tokio::test]
async fn metadata_methods_reject_values_that_are_not_objects_before_any_request() {
    let mock = MockUserDirectory::new();
    let id = UserId::new("user_1").unwrap();
    for (error, operation) in [
        (mock.set_public_metadata(&id, &[1]).await.unwrap_err(), Operation::ReplaceMetadata),
        (mock.set_private_metadata(&id, "text").await.unwrap_err(), Operation::ReplaceMetadata),
        (mock.set_unsafe_metadata(&id, &()).await.unwrap_err(), Operation::ReplaceMetadata),
        (mock.merge_public_metadata(&id, &[1]).await.unwrap_err(), Operation::UpdateMetadata),
        (mock.merge_private_metadata(&id, "text").await.unwrap_err(), Operation::UpdateMetadata),
        (mock.merge_unsafe_metadata(&id, &()).await.unwrap_err(), Operation::UpdateMetadata),
    ] {
        assert!(error.is_invalid_input() && error.operation() == Some(operation), "{error}");
    }
}

#[tokio::test]
async fn set_public_metadata_future_is_send_for_any_value() {
    fn sendable<F: Future + Send>(future: F) -> F {
        future
    }
    let directory = InMemoryUserDirectory::permissive();
    let id = directory.create(&NewUser::new().username("ada_lovelace")).await.unwrap().id;
    let value = BTreeMap::from([("seats", Cell::new(4))]);
    let user = sendable(directory.set_public_metadata(&id, &value)).await.unwrap();
    assert_eq!(user.public_metadata.as_json(), r#"{"seats":4}"#);
}
