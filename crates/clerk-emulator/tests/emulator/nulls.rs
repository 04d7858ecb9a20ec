//! Tests of `null` in bodies, and as a body.

use serde_json::{Value, json};

use crate::support::{Clerk, Response};

async fn send(clerk: &Clerk, method: &str, path: &str, body: &Value) -> Response {
    clerk.call(method, path).json(&body.to_string()).send().await
}

#[tokio::test]
async fn replace_metadata_stores_null() {
    let clerk = Clerk::start().await;
    let path = format!("/v1/users/{}", clerk.user().await.id);
    let metadata = format!("{path}/metadata");
    send(&clerk, "PATCH", &metadata, &json!({ "public_metadata": { "a": 1 }, "private_metadata": { "b": 2 } })).await;
    let response = send(&clerk, "PUT", &metadata, &json!({ "public_metadata": null })).await;
    assert_eq!(response.status, 200, "{}", response.text);
    for json in [response.json(), clerk.get(&path).await.json()] {
        assert_eq!((&json["public_metadata"], &json["private_metadata"]), (&json!(null), &json!({ "b": 2 })));
    }
    // The client reads it as empty, and the next update creates an object.
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let user = user_directory::UserDirectory::get(&clerk.client(), &id).await.unwrap();
    assert!(user.public_metadata.is_empty());
    let response = send(&clerk, "PATCH", &metadata, &json!({ "public_metadata": { "c": 3 } })).await;
    assert_eq!(response.json()["public_metadata"], json!({ "c": 3 }));
    let response = send(&clerk, "PUT", &metadata, &json!({ "public_metadata": {} })).await;
    assert_eq!(response.json()["public_metadata"], json!({}));
}

#[tokio::test]
async fn update_metadata_ignores_null() {
    let clerk = Clerk::start().await;
    let path = format!("/v1/users/{}/metadata", clerk.user().await.id);
    send(&clerk, "PATCH", &path, &json!({ "public_metadata": { "a": 1 }, "private_metadata": { "b": 2 } })).await;
    let body = json!({ "public_metadata": { "c": 3 }, "private_metadata": null, "unsafe_metadata": null });
    let response = send(&clerk, "PATCH", &path, &body).await;
    assert_eq!(response.status, 200, "{}", response.text);
    let json = response.json();
    assert_eq!((&json["public_metadata"], &json["private_metadata"]), (&json!({ "a": 1, "c": 3 }), &json!({ "b": 2 })));
    let response = send(&clerk, "PATCH", &path, &json!({ "private_metadata": null })).await;
    assert_eq!(response.json()["private_metadata"], json!({ "b": 2 }));
    // Inside of the object, `null` removes a key.
    let response = send(&clerk, "PATCH", &path, &json!({ "private_metadata": { "b": null } })).await;
    assert_eq!(response.json()["private_metadata"], json!({}));
}

#[tokio::test]
async fn create_treats_null_as_absent_for_every_field() {
    let clerk = Clerk::start().await;
    let description = integration_tests::root("crates/integration-tests/tests/description/operations.json");
    let operations: Value = serde_json::from_str(&std::fs::read_to_string(description).unwrap()).unwrap();
    let create = operations.as_array().unwrap().iter().find(|operation| operation["id"] == "CreateUser").unwrap();
    let described = create["body"]["fields"].as_object().unwrap().keys().map(String::as_str);
    // The SDK for JavaScript and the command-line program send fields that the API's description lacks.
    for name in described.chain(["timezone", "skip_restriction_checks"]) {
        let mut body = json!({ "email_address": [format!("{name}@example.com")], "skip_password_requirement": true });
        body[name] = Value::Null;
        let response = send(&clerk, "POST", "/v1/users", &body).await;
        assert_eq!(response.status, 200, "{name}: {}", response.text);
    }
}

#[tokio::test]
async fn null_is_absent_for_fields_that_update_cannot_clear() {
    let clerk = Clerk::start().await;
    let path = format!("/v1/users/{}", clerk.user().await.id);
    for name in
        ["password", "password_digest", "password_hasher", "backup_codes", "skip_legal_checks", "skip_password_checks"]
    {
        let response = send(&clerk, "PATCH", &path, &json!({ name: null })).await;
        assert_eq!(response.status, 200, "{name}: {}", response.text);
    }
    send(&clerk, "PATCH", &path, &json!({ "first_name": "Ada" })).await;
    let response = send(&clerk, "PATCH", &path, &json!({ "first_name": null })).await;
    assert_eq!(response.json()["first_name"], json!(null));
    let body = json!({ "sign_out_of_other_sessions": null });
    assert_eq!(send(&clerk, "POST", &format!("{path}/remove_password"), &body).await.status, 200);
}

#[tokio::test]
async fn null_for_a_required_field_is_rejected() {
    let clerk = Clerk::start().await;
    let path = format!("/v1/users/{}", clerk.user().await.id);
    let response = send(&clerk, "POST", &format!("{path}/verify_password"), &json!({ "password": null })).await;
    response.assert_error(422, "form_param_nil", Some("password"));
    let response = send(&clerk, "PUT", &format!("{path}/email_address"), &json!({ "email_address": null })).await;
    response.assert_error(422, "form_param_nil", Some("email_address"));
    let response = send(&clerk, "POST", "/v1/users/ban", &json!({ "user_ids": null })).await;
    response.assert_error(422, "form_param_nil", Some("user_ids"));
}

#[tokio::test]
async fn null_is_an_empty_body() {
    let clerk = Clerk::start().await;
    let path = format!("/v1/users/{}", clerk.user().await.id);
    // The SDK for Go sends `null` for operations without parameters, including deletions.
    for (method, operation) in [
        ("DELETE", "/profile_image"),
        ("DELETE", "/mfa"),
        ("POST", "/ban"),
        ("POST", "/unban"),
        ("POST", "/lock"),
        ("POST", "/unlock"),
        ("POST", "/remove_password"),
        ("PATCH", "/metadata"),
        ("PUT", "/metadata"),
        ("PATCH", ""),
    ] {
        for body in ["null", " null\n"] {
            let response = clerk.call(method, &format!("{path}{operation}")).json(body).send().await;
            assert_eq!(response.status, 200, "{operation}: {}", response.text);
        }
    }
    let compromised = clerk.post(&format!("{path}/password/set_compromised"), "null").await;
    compromised.assert_error(400, "no_password_set", None);
    // A missing field is reported as without a body.
    let response = clerk.post(&format!("{path}/verify_password"), "null").await;
    response.assert_error(422, "form_param_missing", Some("password"));
    for body in ["null", ""] {
        assert_eq!(clerk.post("/v1/users", body).await.status, 200, "{body:?}");
    }
}

#[tokio::test]
async fn empty_list_for_metadata_is_rejected_with_a_hint() {
    let clerk = Clerk::start().await;
    let user = clerk.user().await;
    let update = format!("/v1/users/{}/metadata", user.id);
    for (method, path) in [("POST", "/v1/users"), ("PATCH", &update), ("PUT", &update)] {
        let response = clerk.call(method, path).json(r#"{"public_metadata":[]}"#).send().await;
        let errors = response.errors();
        let expected = ("form_param_value_invalid".to_owned(), Some("public_metadata".to_owned()));
        assert!(response.status == 422 && errors.contains(&expected), "{path}: {}", response.text);
        assert!(response.text.contains("PHP"), "{}", response.text);
    }
}
