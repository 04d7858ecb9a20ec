//! Tests of API versions.

use serde_json::{Value, json};
use user_directory::UserDirectory;
use user_directory::wire::ApiVersion;

use crate::support::{Clerk, Response};

const VERSIONS: [&str; 6] = ["2021-02-05", "2024-10-01", "2025-03-12", "2025-04-10", "2025-11-10", "2026-05-12"];

/// Sends a request with a version, or without one if it is empty.
async fn send(clerk: &Clerk, version: &str, method: &str, path: &str, json: &str) -> Response {
    clerk.call(method, path).header("clerk-api-version", version).json(json).send().await
}

#[tokio::test]
async fn every_api_version_is_selected_by_header_or_parameter() {
    let clerk = Clerk::start().await;
    assert_eq!(ApiVersion::ALL.map(ApiVersion::as_str), VERSIONS);
    for version in VERSIONS {
        let response = clerk.call("GET", "/v1/users").header("clerk-api-version", version).send().await;
        assert_eq!(response.status, 200, "{version}");
        let response = clerk.get(&format!("/v1/users?__clerk_api_version={version}")).await;
        assert_eq!(response.status, 200, "{version}");
    }
    for version in ["2021-02-04", "2026-05-13", "latest", " "] {
        let response = clerk.call("GET", "/v1/users").header("clerk-api-version", version).send().await;
        response.assert_error(400, "api_version_invalid", None);
        assert!(response.text.contains("2021-02-05"), "{}", response.text);
    }
    let both = clerk.call("GET", "/v1/users?__clerk_api_version=2026-05-12").header("clerk-api-version", "2026-05-12");
    both.send().await.assert_error(400, "api_version_invalid", None);
}

#[tokio::test]
async fn update_replaces_metadata_before_2026_05_12_and_without_a_version() {
    let clerk = Clerk::start().await;
    let id = clerk.user().await.id;
    let path = format!("/v1/users/{id}");
    for version in VERSIONS[..5].iter().copied().chain([""]) {
        let update = async |json: &str| send(&clerk, version, "PATCH", &path, json).await;
        let json = r#"{"first_name":"Ada","public_metadata":{"a":{"b":1},"c":2},"private_metadata":{"p":1}}"#;
        assert_eq!(update(json).await.status, 200);
        let response = update(r#"{"public_metadata":{"a":{"d":3}}}"#).await.json();
        assert_eq!(response["public_metadata"], json!({ "a": { "d": 3 } }), "{version}");
        assert_eq!(response["private_metadata"], json!({ "p": 1 }));
        assert_eq!(response["first_name"], "Ada");
    }
    let response = send(&clerk, "2026-05-12", "PATCH", &path, r#"{"public_metadata":{}}"#).await;
    response.assert_error(422, "form_param_unknown", Some("public_metadata"));
}

#[tokio::test]
async fn update_ignores_null_metadata_before_2026_05_12() {
    let clerk = Clerk::start().await;
    let path = format!("/v1/users/{}", clerk.user().await.id);
    for version in VERSIONS[..5].iter().copied().chain([""]) {
        send(&clerk, version, "PATCH", &path, r#"{"public_metadata":{"a":1}}"#).await;
        let json = r#"{"first_name":"Ada","public_metadata":null,"private_metadata":null,"unsafe_metadata":null}"#;
        let response = send(&clerk, version, "PATCH", &path, json).await;
        assert_eq!(response.status, 200, "{version}: {}", response.text);
        assert_eq!(response.json()["public_metadata"], json!({ "a": 1 }), "{version}");
    }
}

#[tokio::test]
async fn rejected_update_keeps_metadata_in_older_versions() {
    let clerk = Clerk::start().await;
    let id = clerk.user().await.id;
    let path = format!("/v1/users/{id}");
    let update = async |json: &str| send(&clerk, "2025-11-10", "PATCH", &path, json).await;
    assert_eq!(update(r#"{"public_metadata":{"a":1}}"#).await.status, 200);
    let response = update(r#"{"public_metadata":{"b":2},"username":"?"}"#).await;
    assert_eq!(response.status, 422);
    let user = clerk.directory.get(&id).await.unwrap();
    assert_eq!(user.public_metadata.as_json(), r#"{"a":1}"#);
}

#[tokio::test]
async fn operations_that_a_version_lacks_are_not_found() {
    let clerk = Clerk::start().await;
    let path = format!("/v1/users/{}", clerk.user().await.id);
    let compromised = ["password/set_compromised", "password/unset_compromised"].map(|path| ("POST", path));
    let subscription = [("GET", "billing/subscription")];
    for (operations, first) in [(&compromised[..], "2025-11-10"), (&subscription[..], "2025-04-10")] {
        for (method, operation) in operations {
            for version in VERSIONS {
                let response = send(&clerk, version, method, &format!("{path}/{operation}"), "").await;
                let is_missing = response.text.contains("is not available in API version");
                assert_eq!(is_missing, version < first, "{operation} {version}: {}", response.text);
                if is_missing {
                    response.assert_error(404, "resource_not_found", None);
                }
            }
            // Programs that send no version use all operations.
            let response = send(&clerk, "", method, &format!("{path}/{operation}"), "").await;
            assert!(!response.text.contains("is not available in API version"), "{operation}: {}", response.text);
        }
    }
}

#[tokio::test]
async fn billing_subscription_has_its_old_shape_before_2025_11_10() {
    let clerk = Clerk::start().await;
    let id = clerk.user().await.id;
    let subscription = r#"{
        "id": "csub_1", "status": "active", "next_payment": { "date": 1767225600000 },
        "subscription_items": [{ "id": "subi_1", "status": "active", "plan_period": "month",
            "payment_method": { "id": "pm_1", "payer_id": "cpayer_1", "payment_type": "card", "status": "active" } }]
    }"#;
    let set = clerk.call("PUT", &format!("/__emulator/users/{id}/billing_subscription")).json(subscription);
    assert_eq!(set.send().await.status, 200);
    let path = format!("/v1/users/{id}/billing/subscription");
    for version in ["", "2025-04-10", "2025-11-10", "2026-05-12"] {
        let json = send(&clerk, version, "GET", &path, "").await.json();
        let has = |pointer: &str| json.pointer(pointer).is_some_and(|value| *value != Value::Null);
        let is_old = version < "2025-11-10";
        for old in ["/next_payment/time", "/subscription_items/0/payment_source", "/subscription_items/0/created_at"] {
            assert_eq!(has(old), is_old, "{version} {old}: {json}");
        }
        assert_eq!(has("/subscription_items/0/payment_method"), !is_old, "{version}: {json}");
        assert!(has("/next_payment/date") && has("/subscription_items/0/payer_id"), "{version}: {json}");
    }
}
