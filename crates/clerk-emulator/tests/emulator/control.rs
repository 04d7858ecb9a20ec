//! Tests of the control API.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use integration_tests::incomplete_request::IncompleteRequest;
use user_directory::store_directory::InstanceSettings;
use user_directory::store_directory::StoreUserDirectoryBuilder;

use serde_json::json;
use user_directory::store::{AccountFilter, AccountQuery, Commit, CommitError, Identifier, StoredAccount, UserStore};
use user_directory::{Error, ErrorKind, NewUser, Page, Result, UserDirectory, UserFilter, UserId, async_trait};

use crate::support::Clerk;

#[tokio::test]
async fn seed_accepts_json_array_or_json_lines() {
    let clerk = Clerk::start().await;
    let array = r#"[{"object":"user","id":"user_1","username":"ada_lovelace"},{"id":"user_2"}]"#;
    assert_eq!(clerk.post("/__emulator/seed", array).await.json(), json!({ "users": 2 }));
    let lines = "{\"id\":\"user_3\"}\n{\"id\":\"user_4\"}\n";
    assert_eq!(clerk.post("/__emulator/seed", lines).await.json(), json!({ "users": 2 }));
    assert_eq!(clerk.directory.count(&UserFilter::new()).await.unwrap(), 4);

    let response = clerk.post("/__emulator/seed", array).await;
    response.assert_error(422, "form_identifier_exists", Some("id"));
    let response = clerk.post("/__emulator/seed", r#"[{"id":"user_5"},{"username":"secret"}]"#).await;
    response.assert_error(400, "request_body_invalid", None);
    assert!(response.text.contains("user 2") && !response.text.contains("secret"), "{}", response.text);
    assert_eq!(clerk.directory.count(&UserFilter::new()).await.unwrap(), 4);
}

#[tokio::test]
async fn body_of_the_control_api_has_at_most_1_gib() {
    const GIB: usize = 1024 * 1024 * 1024;
    let clerk = Clerk::start().await;
    let address = clerk.emulator.address();
    for (length, status, code) in
        [(GIB, "HTTP/1.1 400 ", "request_body_invalid"), (GIB + 1, "HTTP/1.1 413 ", "request_body_too_large")]
    {
        let request = IncompleteRequest::with_length(address, "/__emulator/seed", length).await;
        // The server waits for the rest of the body. With paused time, it does so without a delay.
        tokio::time::pause();
        let response = request.complete().await;
        tokio::time::resume();
        assert!(response.starts_with(status) && response.contains(code), "{length}: {response}");
    }
}

#[test]
fn concurrent_seeds_leave_threads_for_password_hashing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(9).build().unwrap();
    let statuses = runtime.block_on(async {
        let clerk = Clerk::start().await;
        let seed = |n: usize| format!(r#"[{{"id":"user_{n}","password":"correct horse battery"}}]"#);
        let seeds = (0..20).map(async |n| clerk.post("/__emulator/seed", &seed(n)).await.status);
        tokio::time::timeout(Duration::from_mins(1), join_all(seeds)).await
    });
    // Otherwise, a deadlock would block the end of the test.
    runtime.shutdown_background();
    assert_eq!(statuses.unwrap(), [200; 20]);
}

#[tokio::test]
async fn reset_clears_users_clock_faults_and_requests() {
    let clerk = Clerk::start().await;
    clerk.user().await;
    clerk.get("/v1/users").await;
    clerk.post("/__emulator/clock", r#"{"advance_seconds":3600}"#).await;
    clerk.post("/__emulator/faults", r#"{"status":503}"#).await;
    assert_eq!(clerk.post("/__emulator/reset", "").await.status, 200);
    let status = clerk.get("/__emulator").await.json();
    assert_eq!((&status["users"], &status["clock_offset_ms"], &status["faults"]), (&json!(0), &json!(0), &json!([])));
    assert_eq!(clerk.get("/__emulator/requests").await.json()["total_count"], 0);
}

#[tokio::test]
async fn clock_can_be_advanced_and_reset() {
    let clerk = Clerk::start().await;
    let locked = NewUser::new().username("ada_lovelace").locked(true);
    let path = format!("/v1/users/{}", clerk.directory.create(&locked).await.unwrap().id);
    assert_eq!(clerk.get(&path).await.json()["locked"], true);
    let before = clerk.get("/__emulator").await.json()["now"].as_i64().unwrap();
    let after = clerk.post("/__emulator/clock", r#"{"advance_seconds":3600}"#).await.json()["now"].as_i64().unwrap();
    assert!(after - before >= 3_600_000);
    assert_eq!(clerk.get(&path).await.json()["locked"], false);
    clerk.call("DELETE", "/__emulator/clock").send().await;
    assert_eq!(clerk.get(&path).await.json()["locked"], true);
    clerk.post("/__emulator/clock", r#"{"hours":1}"#).await;
    clerk.post("/__emulator/clock", r#"{"advance_seconds":18446744073709551615}"#).await;
    assert_eq!(clerk.get(&path).await.json()["locked"], false);
    assert_eq!(clerk.get("/__emulator").await.json()["clock_offset_ms"], i64::MAX);
}

#[tokio::test]
async fn control_api_adds_resources_that_the_api_cannot_create() {
    let clerk = Clerk::start().await;
    let new_user = NewUser::new().email_address("ada@example.com").phone_number("+15550100123");
    let user = clerk.directory.create(&new_user).await.unwrap();
    let id = &user.id;
    let control = format!("/__emulator/users/{id}");
    for (kind, body) in [
        ("passkeys", json!({ "name": "laptop" })),
        ("external_accounts", json!({ "id": "eac_1", "provider": "oauth_google", "provider_user_id": "7" })),
        ("oauth_access_tokens", json!({ "provider": "oauth_google", "token": "ya29" })),
        (
            "organization_memberships",
            json!({ "id": "orgmem_1", "role": "org:admin", "organization": { "id": "org_1", "name": "Acme" } }),
        ),
        (
            "organization_invitations",
            json!({ "id": "orginv_1", "email_address": "ada@example.com", "status": "pending" }),
        ),
        ("trusted_devices", json!({ "id": "tdv_1", "platform": "ios", "app_identifier": "app", "status": "active" })),
        ("second_factors", json!({ "phone_number_id": user.phone_numbers[0].id })),
        ("sign_ins", json!({ "at": "2026-05-12T09:00:00Z" })),
    ] {
        let response = clerk.post(&format!("{control}/{kind}"), &body.to_string()).await;
        assert_eq!(response.status, 200, "{kind}: {}", response.text);
        let response = clerk.post(&format!("{control}/{kind}"), "[]").await;
        assert!(matches!(response.status, 400 | 422), "{kind}: {}", response.text);
        let response = clerk.post(&format!("/__emulator/users/user_unknown/{kind}"), &body.to_string()).await;
        response.assert_error(404, "resource_not_found", None);
    }
    let put = |path: String, body: &str| clerk.call("PUT", &path).json(body).send();
    assert_eq!(
        put(format!("{control}/billing_subscription"), r#"{"id":"csub_1","status":"active"}"#).await.status,
        200
    );
    assert_eq!(put(format!("{control}/scim"), r#"{"directory_id":"dir_1"}"#).await.status, 200);

    // The API returns the resources.
    let client = clerk.client();
    let user = client.get(id).await.unwrap();
    assert_eq!((user.passkeys.len(), user.external_accounts.len()), (1, 1));
    assert!(user.mfa_state().is_enabled() && user.last_sign_in_at.is_some());
    let google = "oauth_google".parse().unwrap();
    assert_eq!(client.get_oauth_access_token(id, &google, &Page::new()).await.unwrap().len(), 1);
    let memberships = client.get_organization_memberships(id, &Page::new()).await.unwrap();
    let member = memberships.data[0].public_user_data.as_ref().unwrap();
    assert_eq!(member.identifier.as_deref(), Some("ada@example.com"));
    assert_eq!(
        client
            .get_organization_invitations(id, &user_directory::model::InvitationQuery::new())
            .await
            .unwrap()
            .total_count,
        1
    );
    assert_eq!(client.list_trusted_devices(id).await.unwrap().total_count, 1);
    assert_eq!(client.get_billing_subscription(id).await.unwrap().id, "csub_1");
    assert!(client.delete(id).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn request_log_lists_latest_requests() {
    let clerk = Clerk::start().await;
    clerk.get("/v1/users?limit=5").await;
    clerk.post("/v1/users", r#"{"locale":"-"}"#).await;
    clerk.call("GET", "/v1/nothing").header("clerk-api-version", "2025-11-10").send().await;
    clerk.call("GET", "/v1/users").header("emulator-dashboard", "1").send().await;
    let log = clerk.get("/__emulator/requests").await.json();
    assert_eq!(log["total_count"], 3);
    let field = |index: usize, name: &str| log["data"][index][name].clone();
    assert_eq!(field(0, "operation"), json!(null));
    assert_eq!((field(0, "status"), field(0, "api_version")), (json!(404), json!("2025-11-10")));
    assert_eq!((field(1, "operation"), field(1, "errors")), (json!("create"), json!(["form_param_format_invalid"])));
    assert_eq!((field(2, "query"), field(2, "status"), field(2, "number")), (json!("limit=5"), json!(200), json!(1)));
    assert_eq!(clerk.get("/__emulator/requests?limit=1").await.json()["data"].as_array().unwrap().len(), 1);
    for limit in ["abc", "-1", "0", "501"] {
        let response = clerk.get(&format!("/__emulator/requests?limit={limit}")).await;
        response.assert_error(422, "form_param_value_invalid", Some("limit"));
        assert!(response.text.contains("It must be 1 to 500."), "{}", response.text);
    }
    clerk.call("DELETE", "/__emulator/requests").send().await;
    assert_eq!(clerk.get("/__emulator/requests").await.json()["data"], json!([]));
    clerk.get("/v1/users").await;
    assert_eq!(clerk.get("/__emulator/requests").await.json()["data"][0]["number"], 4);
}

#[tokio::test]
async fn control_api_rejects_malformed_user_id() {
    assert!(UserId::new("a/b").is_err());
    let clerk = Clerk::start().await;
    clerk.post("/__emulator/users/a%2Fb/passkeys", r#"{"name":"key"}"#).await.assert_error(
        404,
        "resource_not_found",
        None,
    );
}

/// A store during an outage.
#[derive(Debug)]
struct UnavailableStore;

impl UnavailableStore {
    fn error() -> Error {
        Error::new(ErrorKind::Unavailable)
    }
}

#[async_trait]
impl UserStore for UnavailableStore {
    async fn load(&self, _: &[UserId]) -> Result<Vec<Arc<StoredAccount>>> {
        Err(Self::error())
    }

    async fn owners(&self, _: &[Identifier<'_>]) -> Result<Vec<(Identifier<'static>, UserId)>> {
        Err(Self::error())
    }

    async fn query(&self, _: &AccountQuery<'_>) -> Result<Vec<Arc<StoredAccount>>> {
        Err(Self::error())
    }

    async fn count(&self, _: &AccountFilter) -> Result<u64> {
        Err(Self::error())
    }

    async fn commit(&self, _: Commit) -> Result<(), CommitError> {
        Err(Self::error().into())
    }

    async fn clear(&self) -> Result<()> {
        Err(Self::error())
    }
}

#[tokio::test]
async fn status_is_available_during_an_outage_of_the_store() {
    let clerk = Clerk::with(|builder| {
        builder
            .store(&StoreUserDirectoryBuilder::new(UnavailableStore).settings(InstanceSettings::permissive()).build())
    })
    .await;
    clerk.get("/v1/users/count").await.assert_error(503, "service_unavailable", None);
    let response = clerk.get("/__emulator").await;
    assert_eq!(response.status, 200);
    let status = response.json();
    assert_eq!((&status["store"], &status["users"]), (&json!(true), &json!(null)));
}

#[cfg(feature = "webhooks")]
#[tokio::test]
async fn event_of_a_user_managed_by_scim_contains_scim() {
    let settings = InstanceSettings::permissive();
    let directory = user_directory::InMemoryUserDirectory::builder().settings(settings).emit_events().build();
    let clerk = Clerk::with(|builder| builder.store(&directory)).await;
    let id = directory.create(&NewUser::new().email_address("ada@example.com")).await.unwrap().id;
    let managed = clerk.call("PUT", &format!("/__emulator/users/{id}/scim")).json(r#"{"directory_id":"dir_1"}"#);
    assert_eq!(managed.send().await.status, 200);
    let path = format!("/v1/users/{id}");
    let updated = clerk.call("PATCH", &path).json(r#"{"public_metadata":{"a":1}}"#).send().await;
    for response in [updated, clerk.get(&path).await] {
        assert_eq!((response.status, response.json().get("scim")), (200, None), "{}", response.text);
    }
    let events = directory.outbox().unwrap().read(0, 9).await.unwrap();
    let bodies: Vec<serde_json::Value> =
        events.iter().map(|event| serde_json::from_str(&event.body).unwrap()).collect();
    assert_eq!((&bodies[0]["type"], bodies[0]["data"].get("scim")), (&json!("user.created"), None));
    let last = bodies.last().unwrap();
    assert_eq!((&last["type"], &last["data"]["public_metadata"]), (&json!("user.updated"), &json!({ "a": 1 })));
    assert_eq!(last["data"]["scim"]["directory_id"], "dir_1");
}

#[tokio::test]
async fn control_api_rejects_unknown_fields_and_wrong_types_of_resources_by_name() {
    let clerk = Clerk::start().await;
    let control = format!("/__emulator/users/{}", clerk.user().await.id);
    for (kind, body, path) in [
        ("passkeys", r#"{"name":"laptop","nmae":"phone"}"#, "`nmae`"),
        ("external_accounts", r#"{"provider":"oauth_google","provider_user":"7"}"#, "`provider_user`"),
        (
            "external_accounts",
            r#"{"provider":"oauth_google","verification":{"state":"verified"}}"#,
            "`verification.state`",
        ),
        ("oauth_access_tokens", r#"{"provider":"oauth_google","token":"ya29","scopes":"email"}"#, "`scopes`"),
        (
            "organization_memberships",
            r#"{"role":"org:admin","organization":{"id":"org_1","title":"Acme"}}"#,
            "`organization.title`",
        ),
        ("organization_invitations", r#"{"email_address":"ada@example.com","created_at":"soon"}"#, "`created_at`"),
        ("trusted_devices", r#"{"platform":"ios","status":"active","revoked_at":[]}"#, "`revoked_at`"),
    ] {
        let response = clerk.post(&format!("{control}/{kind}"), body).await;
        response.assert_error(400, "request_body_invalid", None);
        assert!(response.text.contains(path), "{}", response.text);
    }
    let subscription = clerk.call("PUT", &format!("{control}/billing_subscription"));
    let response = subscription.json(r#"{"status":"active","plan":"pro"}"#).send().await;
    response.assert_error(400, "request_body_invalid", None);
    assert!(response.text.contains("`plan`"), "{}", response.text);
}

#[tokio::test]
async fn control_api_rejects_unknown_providers_and_repeated_memberships() {
    let clerk = Clerk::start().await;
    let control = format!("/__emulator/users/{}", clerk.user().await.id);
    for (kind, body) in [
        ("external_accounts", r#"{"provider":"gogle","provider_user_id":"7"}"#),
        ("oauth_access_tokens", r#"{"provider":"oauth_gogle","token":"ya29"}"#),
    ] {
        let response = clerk.post(&format!("{control}/{kind}"), body).await;
        response.assert_error(422, "form_param_value_invalid", Some("provider"));
    }
    let membership = r#"{"role":"org:admin","organization":{"id":"org_1","name":"Acme"}}"#;
    let path = format!("{control}/organization_memberships");
    assert_eq!(clerk.post(&path, membership).await.status, 200);
    let response = clerk.post(&path, membership).await;
    response.assert_error(400, "already_a_member_in_organization", None);
    assert!(response.text.contains("org_1"), "{}", response.text);
    let invitation = r#"{"email_address":"ada@example.com","organization_id":"org_1"}"#;
    let response = clerk.post(&format!("{control}/organization_invitations"), invitation).await;
    response.assert_error(400, "already_a_member_in_organization", None);
}

/// Asserts that a resource has values for the fields, which are required in Clerk's API description.
#[track_caller]
fn assert_has(resource: &serde_json::Value, fields: &[&str]) {
    for field in fields {
        assert!(resource.get(field).is_some_and(|value| !value.is_null()), "{field}: {resource}");
    }
}

#[tokio::test]
async fn resources_with_the_documented_fields_have_all_required_fields() {
    let clerk = Clerk::start().await;
    let id = clerk.user().await.id;
    let control = format!("/__emulator/users/{id}");
    for (kind, body) in [
        ("passkeys", r#"{"name": "laptop"}"#),
        ("external_accounts", r#"{"provider": "oauth_google", "provider_user_id": "7"}"#),
        ("oauth_access_tokens", r#"{"provider": "oauth_google", "token": "ya29.secret"}"#),
        ("organization_memberships", r#"{"role": "org:admin", "organization": {"id": "org_1", "name": "Acme"}}"#),
        ("organization_invitations", r#"{"email_address": "ada@example.com", "role": "org:member"}"#),
        ("trusted_devices", r#"{"platform": "ios", "status": "active", "app_identifier": "com.example.app"}"#),
    ] {
        let response = clerk.post(&format!("{control}/{kind}"), body).await;
        assert_eq!(response.status, 200, "{kind}: {}", response.text);
    }
    let get = async |path: &str| clerk.get(&format!("/v1/users/{id}{path}")).await.json();
    let user = get("").await;
    assert_has(&user["passkeys"][0], &["object", "name", "last_used_at"]);
    let external = &user["external_accounts"][0];
    let required = ["object", "id", "provider", "identification_id", "provider_user_id", "created_at", "updated_at"];
    assert_has(external, &required);
    let tokens = get("/oauth_access_tokens/oauth_google").await;
    let ids = (&tokens[0]["external_account_id"], &tokens[0]["provider_user_id"]);
    assert_eq!(ids, (&external["id"], &json!("7")));
    let memberships = get("/organization_memberships").await;
    assert_has(&memberships["data"][0], &["id", "role", "permissions", "public_metadata", "created_at", "updated_at"]);
    let invitations = get("/organization_invitations").await;
    assert_has(&invitations["data"][0], &["id", "email_address", "role", "status", "created_at", "updated_at"]);
    let devices = get("/trusted_devices").await;
    let required = ["object", "id", "platform", "app_identifier", "algorithm", "status", "created_at", "updated_at"];
    assert_has(&devices["data"][0], &required);
    assert_eq!(devices["data"][0]["algorithm"], "ES256");

    let account = external["id"].as_str().unwrap();
    let deleted = clerk.call("DELETE", &format!("/v1/users/{id}/external_accounts/{account}")).send().await;
    assert_eq!((deleted.status, get("/oauth_access_tokens/oauth_google").await), (200, json!([])));
}

#[tokio::test]
async fn invitation_expires_with_the_clock() {
    let clerk = Clerk::start().await;
    let id = clerk.user().await.id;
    let expires_at = clerk.get("/__emulator").await.json()["now"].as_i64().unwrap() + 3_600_000;
    let body = json!({ "email_address": "ada@example.com", "organization_id": "org_9", "expires_at": expires_at });
    let path = format!("/__emulator/users/{id}/organization_invitations");
    assert_eq!(clerk.post(&path, &body.to_string()).await.status, 200);
    clerk.post(&path, &body.to_string()).await.assert_error(400, "organization_invitation_not_unique", None);
    let count = async |status: &str| {
        clerk.get(&format!("/v1/users/{id}/organization_invitations?status={status}")).await.json()["total_count"]
            .clone()
    };
    assert_eq!((count("pending").await, count("expired").await), (json!(1), json!(0)));
    clerk.post("/__emulator/clock", r#"{"advance_seconds":3600}"#).await;
    assert_eq!((count("pending").await, count("expired").await), (json!(0), json!(1)));
    // An expired invitation can be repeated.
    let body = json!({ "email_address": "ada@example.com", "organization_id": "org_9" });
    assert_eq!(clerk.post(&path, &body.to_string()).await.status, 200);
}

#[tokio::test]
async fn scim_management_can_be_reverted_and_requires_a_directory() {
    let clerk = Clerk::start().await;
    let id = clerk.user().await.id;
    let control = format!("/__emulator/users/{id}/scim");
    for body in [r#"{"directory_id":""}"#, "{}"] {
        let response = clerk.call("PUT", &control).json(body).send().await;
        response.assert_error(422, "form_param_missing", Some("directory_id"));
    }
    let call =
        async |method: &str, path: &str| clerk.call(method, path).json(r#"{"directory_id":"dir_1"}"#).send().await;
    assert_eq!(call("PUT", &control).await.status, 200);
    let user = format!("/v1/users/{id}");
    clerk.call("DELETE", &user).send().await.assert_error(409, "user_managed_by_scim", None);
    assert_eq!(clerk.call("DELETE", &control).send().await.status, 200);
    assert_eq!(clerk.call("DELETE", &user).send().await.status, 200);
    clerk.call("DELETE", &control).send().await.assert_error(404, "resource_not_found", None);
}

#[tokio::test]
async fn billing_subscription_has_the_instance_id_and_one_payer_per_user() {
    let clerk = Clerk::start().await;
    let ids = [clerk.user().await.id, clerk.directory.create(&NewUser::new()).await.unwrap().id];
    let settings = r#"{"instance_id":"ins_mine"}"#;
    assert_eq!(clerk.call("PATCH", "/__emulator/instance").json(settings).send().await.status, 200);
    let mut payers = Vec::new();
    for id in ids {
        let body = r#"{"status":"active","subscription_items":[{"id":"csub_item_1","status":"active","plan_period":"month"}]}"#;
        let path = format!("/__emulator/users/{id}/billing_subscription");
        assert_eq!(clerk.call("PUT", &path).json(body).send().await.status, 200);
        let subscription = clerk.get(&format!("/v1/users/{id}/billing/subscription")).await.json();
        let credit = r#"{"amount":1,"action":"increase","idempotency_key":"key"}"#;
        let credit = clerk.post(&format!("/v1/users/{id}/billing/credits"), credit).await.json();
        let item = &subscription["subscription_items"][0];
        for part in [&subscription, item] {
            assert_eq!((&part["instance_id"], &part["payer_id"]), (&json!("ins_mine"), &credit["payer_id"]), "{part}");
        }
        for at in [&subscription["created_at"], &subscription["updated_at"], &item["period_start"]] {
            assert!(at.as_i64().unwrap() > 0, "{subscription}");
        }
        payers.push(subscription["payer_id"].clone());
    }
    assert_ne!(payers[0], payers[1]);
}

#[tokio::test]
async fn control_api_fills_in_providers_times_and_statuses_of_resources() {
    let clerk = Clerk::start().await;
    let id = clerk.user().await.id;
    for (kind, body) in [
        ("external_accounts", r#"{"id":null,"provider":"google","provider_user_id":"7"}"#),
        ("oauth_access_tokens", r#"{"provider":"google","token":"ya29"}"#),
        ("organization_memberships", r#"{"role":"org:admin","organization":{"id":"org_1","name":"Acme"}}"#),
        ("organization_invitations", r#"{"email_address":"ada@example.com"}"#),
        ("trusted_devices", r#"{"platform":"ios","app_identifier":"app","status":"active"}"#),
    ] {
        let response = clerk.post(&format!("/__emulator/users/{id}/{kind}"), body).await;
        assert_eq!(response.status, 200, "{kind}: {}", response.text);
    }
    let tokens = clerk.get(&format!("/v1/users/{id}/oauth_access_tokens/oauth_google")).await.json();
    assert_eq!((&tokens[0]["token"], &tokens[0]["provider"]), (&json!("ya29"), &json!("oauth_google")));
    let users = clerk.get("/v1/users?provider=oauth_google&provider_user_id=7").await.json();
    assert_eq!(users[0]["id"], json!(id));
    let invitations = clerk.get(&format!("/v1/users/{id}/organization_invitations?status=pending")).await.json();
    assert_eq!(invitations["total_count"], 1);
    let memberships = clerk.get(&format!("/v1/users/{id}/organization_memberships")).await.json();
    let devices = clerk.get(&format!("/v1/users/{id}/trusted_devices")).await.json();
    let account = &users[0]["external_accounts"][0];
    for resource in [&invitations["data"][0], &memberships["data"][0], &devices["data"][0], account] {
        assert!(resource["created_at"].as_i64().unwrap() > 0, "{resource}");
        assert_eq!(resource["updated_at"], resource["created_at"]);
    }
}
