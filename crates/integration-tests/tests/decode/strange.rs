//! What is strange in an answer costs as little as can be, and the error of what is too strange says where it is.

use std::collections::HashMap;
use std::fmt::Debug;

use integration_tests::{Clerk, fixture, user};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use user_directory::billing::{CreditBalance, CreditLedgerEntry, Subscription};
use user_directory::{
    DeletedObject, EmailAddress, ErrorKind, InvitationQuery, Metadata, OAuthAccessToken, OrganizationInvitation,
    OrganizationMembership, Page, Paginated, PhoneNumber, TrustedDevice, User, UserDirectory, UserQuery,
};

/// One value of each kind, and some that are near to what is meant.
fn strange_values() -> Vec<Value> {
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

/// JSON pointers of everything in a document but what is in metadata.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    if !path.is_empty() {
        found.push(path.to_owned());
    }
    match value {
        _ if path.ends_with("_metadata") => {}
        Value::Object(object) => object.iter().for_each(|(key, value)| places(value, &format!("{path}/{key}"), found)),
        Value::Array(array) => {
            array.iter().enumerate().for_each(|(index, value)| places(value, &format!("{path}/{index}"), found));
        }
        _ => {}
    }
}

/// Puts each strange value in each place, and tells where that cost the whole document.
fn costly<T: DeserializeOwned + PartialEq + Debug>(name: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(&fixture(&format!("responses/{name}.json"))).unwrap();
    let mut all = Vec::new();
    places(&document, "", &mut all);
    let mut costly = Vec::new();
    for place in all {
        for value in strange_values() {
            let mut strange = document.clone();
            *strange.pointer_mut(&place).unwrap() = value;
            let decoded = serde_json::from_value::<T>(strange.clone()).ok();
            assert_eq!(serde_json::from_str::<T>(&strange.to_string()).ok(), decoded, "{name} {place}");
            if decoded.is_none() && !costly.contains(&place) {
                costly.push(place.clone());
            }
        }
    }
    costly
}

#[test]
fn only_what_is_essential_costs_the_whole_answer() {
    assert_eq!(costly::<User>("get"), ["/id"]);
    assert_eq!(costly::<EmailAddress>("replace_email_address"), [""; 0]);
    assert_eq!(costly::<PhoneNumber>("replace_phone_number"), [""; 0]);
    assert_eq!(costly::<DeletedObject>("delete"), ["/deleted"]);
    assert_eq!(costly::<TrustedDevice>("revoke_trusted_device"), ["/id", "/platform", "/status"]);
    assert_eq!(costly::<Subscription>("get_billing_subscription"), ["/id", "/status"]);
    assert_eq!(costly::<CreditBalance>("get_billing_credit_balance"), [""; 0]);
    assert_eq!(
        costly::<CreditLedgerEntry>("adjust_billing_credit_balance"),
        ["/amount", "/amount/amount", "/id", "/payer_id"]
    );
}

#[test]
fn only_what_is_essential_costs_a_page() {
    assert_eq!(
        costly::<Paginated<OrganizationMembership>>("get_organization_memberships"),
        [
            "/data",
            "/data/0",
            "/data/0/id",
            "/data/0/organization",
            "/data/0/organization/id",
            "/data/1",
            "/data/1/id",
            "/data/1/organization",
            "/data/1/organization/id",
            "/total_count",
        ]
    );
    assert_eq!(
        costly::<Paginated<OrganizationInvitation>>("get_organization_invitations"),
        ["/data", "/data/0", "/data/0/id", "/data/1", "/data/1/id", "/total_count"]
    );
    assert_eq!(
        costly::<Paginated<OAuthAccessToken>>("get_oauth_access_token_paginated"),
        ["/data", "/data/0", "/data/0/token", "/data/1", "/data/1/token", "/total_count"]
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
async fn one_strange_user_does_not_cost_a_page() {
    let strange = |user: &mut Value| {
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
    let clerk = Clerk::with_json(200, page_of_500(strange)).await;
    let users = clerk.directory.list(&UserQuery::new().limit(500)).await.unwrap();
    assert_eq!(users.len(), 500);
    let expected = User::new("user_17".parse().unwrap());
    assert_eq!(users[17].id, expected.id);
    assert_eq!((users[17].username.as_ref(), users[17].banned), (None, false));
    assert_eq!((&users[17].private_metadata, &users[17].external_accounts), (&expected.private_metadata, &vec![]));
    assert_eq!(users[17].email_addresses[0].email_address, "");
    assert_eq!(users[17].email_addresses[1], users[16].email_addresses[1]);
    assert_eq!(users[16].username.as_deref(), Some("isolde_m"));
}

#[tokio::test]
async fn a_part_without_an_id_is_left_out_of_its_user() {
    let strange = |user: &mut Value| {
        user["external_accounts"][0]["id"] = json!(7);
        user["organization_memberships"][0]["organization"].as_object_mut().unwrap().remove("id");
        user["saml_accounts"][0]["saml_connection"]["id"] = json!({"a": 1});
    };
    let clerk = Clerk::with_json(200, page_of_500(strange)).await;
    let users = clerk.directory.list(&UserQuery::new().limit(500)).await.unwrap();
    let (before, after) = (&users[16], &users[17]);
    assert_eq!(after.external_accounts, before.external_accounts[1..]);
    assert!(after.organization_memberships.is_empty() && !before.organization_memberships.is_empty());
    assert_eq!(after.saml_accounts[0].saml_connection, None);
    assert_eq!(after.enterprise_accounts, before.enterprise_accounts);
}

/// The message of the error of a page.
async fn message_of(page: String) -> String {
    let error = Clerk::with_json(200, page).await.directory.list(&UserQuery::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    error.to_string()
}

#[tokio::test]
async fn a_user_without_an_id_fails_the_page_and_is_named() {
    let without = page_of_500(|user| drop(user.as_object_mut().unwrap().remove("id")));
    let message = message_of(without).await;
    assert!(
        message.starts_with("list: invalid response: the field `id` is missing at `[17]`, line 1 col"),
        "{message}"
    );

    // What was got over before does not distract from it.
    let strange = page_of_500(|user| {
        user["external_accounts"][0]["id"] = json!(7);
        user["id"] = json!(["user_17"]);
    });
    let message = message_of(strange).await;
    assert!(message.contains("a value has the wrong type at `[17].id`, line 1 column "), "{message}");

    for (nobody, path) in [("[null]", "[0]"), (r#"[{"id":"a"}, ["user_1"]]"#, "[1]"), ("[\"user_1\"]", "[0]")] {
        let message = message_of(nobody.to_owned()).await;
        assert!(message.contains(&format!("has the wrong type at `{path}`, line 1")), "{message}");
    }
}

#[tokio::test]
async fn the_path_leads_into_every_kind_of_answer() {
    let clerk = Clerk::with_json(200, "{\n  \"data\": [\n    {\"id\": \"x\", \"organization\": {\"id\": 7}}]}").await;
    let error = clerk.directory.get_organization_memberships(&user(), &Page::new()).await.unwrap_err();
    let message = "a value has the wrong type at `data[0].organization.id`, line 3 column 40";
    assert_eq!(error.to_string(), format!("get_organization_memberships: invalid response: {message} (status 200)"));

    let clerk = Clerk::with_json(200, r#"{"data":[["x", "y"]],"total_count":1}"#).await;
    let error = clerk.directory.get_organization_memberships(&user(), &Page::new()).await.unwrap_err();
    assert!(error.to_string().contains("a value has the wrong type at `data[0]`, line 1"), "{error}");

    let clerk = Clerk::with_json(200, r#"{"data":[{"id":"x"},{}],"total_count":2}"#).await;
    let error = clerk.directory.get_organization_invitations(&user(), &InvitationQuery::new()).await.unwrap_err();
    assert!(error.to_string().contains("the field `id` is missing at `data[1]`, line 1"), "{error}");

    let clerk = Clerk::with_json(200, r#"{"object":"total_count","total_count":"many"}"#).await;
    let error = clerk.directory.count(&user_directory::UserFilter::new()).await.unwrap_err();
    assert!(error.to_string().contains("at `total_count`, line 1"), "{error}");
}

#[test]
fn an_error_about_metadata_names_no_key() {
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
