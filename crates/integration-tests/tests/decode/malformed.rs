//! A malformed value in a response affects as little as possible, and a decode error names its position.

use std::collections::HashMap;
use std::fmt::Debug;

use integration_tests::{Clerk, fixture, user};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use user_directory::billing::{CreditBalance, CreditLedgerEntry, Subscription};
use user_directory::model::{
    DeletedObject, EmailAddress, InvitationQuery, List, OAuthAccessToken, OrganizationInvitation,
    OrganizationMembership, Paginated, PhoneNumber, TrustedDevice,
};
use user_directory::{ErrorKind, Metadata, Page, User, UserDirectory, UserQuery};

/// One value of each JSON type, and some that are almost valid.
fn malformed_values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-7),
        json!(7.5),
        json!(1e300),
        json!("x"),
        json!(""),
        json!("../x"),
        json!([]),
        json!(["x"]),
        json!([[1], {"id": {}}]),
        json!({}),
        json!({"id": 7}),
        json!({"id": "x", "object": []}),
    ]
}

/// Collects the JSON pointers of all values in a document, except inside metadata.
fn pointers(value: &Value, path: &str, found: &mut Vec<String>) {
    if !path.is_empty() {
        found.push(path.to_owned());
    }
    match value {
        _ if path.ends_with("_metadata") => {}
        Value::Object(object) => {
            object.iter().for_each(|(key, value)| pointers(value, &format!("{path}/{key}"), found));
        }
        Value::Array(array) => {
            array.iter().enumerate().for_each(|(index, value)| pointers(value, &format!("{path}/{index}"), found));
        }
        _ => {}
    }
}

/// Puts each malformed value at each pointer and returns the pointers where the whole document is rejected.
fn rejecting_pointers<T: DeserializeOwned + PartialEq + Debug>(name: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(&fixture(&format!("responses/{name}.json"))).unwrap();
    let mut all = Vec::new();
    pointers(&document, "", &mut all);
    let mut rejecting = Vec::new();
    for place in all {
        for value in malformed_values() {
            let mut malformed = document.clone();
            *malformed.pointer_mut(&place).unwrap() = value;
            let decoded = serde_json::from_value::<T>(malformed.clone()).ok();
            assert_eq!(serde_json::from_str::<T>(&malformed.to_string()).ok(), decoded, "{name} {place}");
            if decoded.is_none() && !rejecting.contains(&place) {
                rejecting.push(place.clone());
            }
        }
    }
    rejecting
}

#[test]
fn decode_fails_only_for_required_fields() {
    assert_eq!(rejecting_pointers::<User>("get"), ["/id", "/object"]);
    assert_eq!(rejecting_pointers::<EmailAddress>("replace_email_address"), [""; 0]);
    assert_eq!(rejecting_pointers::<PhoneNumber>("replace_phone_number"), [""; 0]);
    assert_eq!(rejecting_pointers::<DeletedObject>("delete"), ["/deleted"]);
    assert_eq!(rejecting_pointers::<TrustedDevice>("revoke_trusted_device"), ["/id", "/platform", "/status"]);
    assert_eq!(rejecting_pointers::<Subscription>("get_billing_subscription"), ["/id", "/status"]);
    assert_eq!(rejecting_pointers::<CreditBalance>("get_billing_credit_balance"), [""; 0]);
    assert_eq!(
        rejecting_pointers::<CreditLedgerEntry>("adjust_billing_credit_balance"),
        ["/amount", "/amount/amount", "/id", "/payer_id"]
    );
}

#[test]
fn decode_of_page_fails_only_for_required_fields() {
    assert_eq!(
        rejecting_pointers::<Paginated<OrganizationMembership>>("get_organization_memberships"),
        ["/data", "/total_count"]
    );
    assert_eq!(
        rejecting_pointers::<Paginated<OrganizationInvitation>>("get_organization_invitations"),
        ["/data", "/total_count"]
    );
    assert_eq!(
        rejecting_pointers::<Paginated<OAuthAccessToken>>("get_oauth_access_token_paginated"),
        ["/data", "/total_count"]
    );
}

fn page_of_500(change: impl FnOnce(&mut Value)) -> String {
    let user: Value = serde_json::from_str(&fixture("responses/get.json")).unwrap();
    let mut page = vec![user; 500];
    for (index, user) in page.iter_mut().enumerate() {
        user["id"] = format!("user_{index}").into();
    }
    change(&mut page[17]);
    Value::from(page).to_string()
}

#[tokio::test]
async fn list_decodes_user_with_malformed_fields() {
    let malformed = |user: &mut Value| {
        for (key, value) in user.as_object_mut().unwrap() {
            match key.as_str() {
                "id" => {}
                "username" | "banned" => *value = json!({"an": ["object"]}),
                "private_metadata" | "external_accounts" => *value = json!("text"),
                "email_addresses" => value[0]["email_address"] = json!([]),
                _ => *value = json!(["a", "list"]),
            }
        }
    };
    let clerk = Clerk::with_json(200, page_of_500(malformed)).await;
    let users = clerk.directory.list(&UserQuery::new().limit(500)).await.unwrap();
    assert_eq!(users.len(), 500);
    let expected = User::new("user_17".parse().unwrap());
    assert_eq!(users[17].id, expected.id);
    assert_eq!((users[17].username.as_ref(), users[17].banned), (None, false));
    assert_eq!((&users[17].private_metadata, &users[17].external_accounts), (&expected.private_metadata, &List::new()));
    assert_eq!(users[17].email_addresses[0].email_address, "");
    assert_eq!(users[17].email_addresses[1], users[16].email_addresses[1]);
    assert_eq!(users[16].username.as_deref(), Some("isolde_m"));
}

#[tokio::test]
async fn list_skips_parts_of_user_without_an_id() {
    let malformed = |user: &mut Value| {
        user["external_accounts"][0]["id"] = json!(7);
        user["organization_memberships"][0]["organization"].as_object_mut().unwrap().remove("id");
        user["saml_accounts"][0]["saml_connection"]["id"] = json!({"a": 1});
    };
    let clerk = Clerk::with_json(200, page_of_500(malformed)).await;
    let users = clerk.directory.list(&UserQuery::new().limit(500)).await.unwrap();
    let (before, after) = (&users[16], &users[17]);
    assert_eq!(after.external_accounts, before.external_accounts[1..]);
    assert!(after.organization_memberships.is_empty() && !before.organization_memberships.is_empty());
    assert_eq!(after.saml_accounts[0].saml_connection, None);
    assert_eq!(after.enterprise_accounts, before.enterprise_accounts);
}

/// Lists users from a malformed page and returns the error message.
async fn message_of(page: String) -> String {
    let error = Clerk::with_json(200, page).await.directory.list(&UserQuery::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    error.to_string()
}

#[tokio::test]
async fn list_fails_with_path_of_user_without_an_id() {
    let without = page_of_500(|user| drop(user.as_object_mut().unwrap().remove("id")));
    let message = message_of(without).await;
    assert!(
        message.starts_with("list: invalid response: the field `id` is missing at `[17]`, line 1 col"),
        "{message}"
    );

    // The error names the required value, not an ignored one before it.
    let malformed = page_of_500(|user| {
        user["external_accounts"][0]["id"] = json!(7);
        user["id"] = json!(["user_17"]);
    });
    let message = message_of(malformed).await;
    let why =
        "invalid value: expected an id, which is not empty and contains no `/`, `\\`, `?`, `#` or `%` at `[17].id`, ";
    assert!(message.contains(why), "{message}");

    for (page, path) in [
        ("[null]", "[0]"),
        (r#"[{"id":"a"}, ["user_1"]]"#, "[1]"),
        ("[\"user_1\"]", "[0]"),
        (r#"{"data":[{"id":"a"}, null]}"#, "data[1]"),
        (r#"{"data":[["user_1"]]}"#, "data[0]"),
    ] {
        let message = message_of(page.to_owned()).await;
        assert!(message.contains(&format!("has the wrong type at `{path}`, line 1")), "{message}");
    }
}

#[tokio::test]
async fn decode_error_names_path_in_every_response_type() {
    let clerk = Clerk::with_json(200, "{\n  \"data\": [\n    {\"object\": \"org\", \"id\": \"user_1\"}]}").await;
    let error = clerk.directory.list(&UserQuery::new()).await.unwrap_err();
    let message = "the object is not a user at `data[0].object`, line 3 column 20";
    assert_eq!(error.to_string(), format!("list: invalid response: {message} (status 200)"));

    let clerk = Clerk::with_json(200, r#"{"data":["x", "y"],"total_count":{}}"#).await;
    let error = clerk.directory.get_organization_memberships(&user(), &Page::new()).await.unwrap_err();
    let why = "invalid value: expected an integer from 0 to 18446744073709551615 at `total_count`, line 1";
    assert!(error.to_string().contains(why), "{error}");

    let clerk = Clerk::with_json(200, r#"{"data":[{"id":"x"},{}]}"#).await;
    let error = clerk.directory.get_organization_invitations(&user(), &InvitationQuery::new()).await.unwrap_err();
    assert!(error.to_string().contains("the field `total_count` is missing at"), "{error}");

    let clerk = Clerk::with_json(200, r#"{"object":"total_count","total_count":"many"}"#).await;
    let error = clerk.directory.count(&user_directory::UserFilter::new()).await.unwrap_err();
    assert!(error.to_string().contains("at `total_count`, line 1"), "{error}");
}

#[test]
fn metadata_error_does_not_contain_keys() {
    let metadata: Metadata = r#"{"078-05-1120":{"ada@example.com":"x"}}"#.parse().unwrap();
    for error in [
        metadata.deserialize::<HashMap<String, HashMap<String, u8>>>().unwrap_err(),
        metadata.get::<HashMap<String, u8>>("078-05-1120").unwrap_err(),
    ] {
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains("078") && !text.contains("ada@"), "{text}");
        }
    }
}
