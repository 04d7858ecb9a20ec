//! Tests of API versions.

use serde_json::json;
use user_directory::UserDirectory;

use crate::support::Clerk;

#[tokio::test]
async fn api_version_is_selected_by_header_or_parameter() {
    let clerk = Clerk::start().await;
    for version in ["2026-05-12", "2025-11-10", "2025-04-10"] {
        let response = clerk.call("GET", "/v1/users").header("clerk-api-version", version).send().await;
        assert_eq!(response.status, 200, "{version}");
        let response = clerk.get(&format!("/v1/users?__clerk_api_version={version}")).await;
        assert_eq!(response.status, 200, "{version}");
    }
    for version in ["2021-02-05", "2026-05-13", "latest", " "] {
        let response = clerk.call("GET", "/v1/users").header("clerk-api-version", version).send().await;
        response.assert_error(400, "api_version_invalid", None);
    }
    let both = clerk.call("GET", "/v1/users?__clerk_api_version=2026-05-12").header("clerk-api-version", "2026-05-12");
    both.send().await.assert_error(400, "api_version_invalid", None);
}

#[tokio::test]
async fn update_replaces_metadata_in_older_versions() {
    let clerk = Clerk::start().await;
    let id = clerk.user().await.id;
    let path = format!("/v1/users/{id}");
    let update = |version: &'static str, json: &str| {
        clerk.call("PATCH", &path).header("clerk-api-version", version).json(json).send()
    };
    for version in ["2025-11-10", "2025-04-10"] {
        let json = r#"{"first_name":"Ada","public_metadata":{"a":{"b":1},"c":2},"private_metadata":{"p":1}}"#;
        assert_eq!(update(version, json).await.status, 200);
        let response = update(version, r#"{"public_metadata":{"a":{"d":3}}}"#).await.json();
        assert_eq!(response["public_metadata"], json!({ "a": { "d": 3 } }), "{version}");
        assert_eq!(response["private_metadata"], json!({ "p": 1 }));
        assert_eq!(response["first_name"], "Ada");
    }
    let response = update("2026-05-12", r#"{"public_metadata":{}}"#).await;
    response.assert_error(422, "form_param_unknown", Some("public_metadata"));
}

#[tokio::test]
async fn rejected_update_keeps_metadata_in_older_versions() {
    let clerk = Clerk::start().await;
    let id = clerk.user().await.id;
    let path = format!("/v1/users/{id}");
    let update = |json: &str| clerk.call("PATCH", &path).header("clerk-api-version", "2025-11-10").json(json).send();
    assert_eq!(update(r#"{"public_metadata":{"a":1}}"#).await.status, 200);
    let response = update(r#"{"public_metadata":{"b":2},"username":"?"}"#).await;
    assert_eq!(response.status, 422);
    let user = clerk.directory.get(&id).await.unwrap();
    assert_eq!(user.public_metadata.as_json(), r#"{"a":1}"#);
}
