//! Tests of keys, origins, routes, rate limits and headers.

use std::collections::BTreeSet;
use std::time::Duration;

use clerk_emulator::{Emulator, axum};
use tokio::net::TcpListener;
use user_directory::clerk::ClerkBuilder;
use user_directory::reqwest::Version;
use user_directory::wire::rate_limits::RateLimits;
use user_directory::wire::route::{Method, Route};
use user_directory::{Operation, UserDirectory};

use crate::support::{Clerk, KEY};

#[tokio::test]
async fn requests_without_accepted_key_are_rejected() {
    let clerk = Clerk::start().await;
    for path in ["/v1/users", "/v1/nothing", "/__emulator", "/__emulator/requests"] {
        let response = clerk.call("GET", path).header("authorization", "").send().await;
        response.assert_error(401, "authorization_header_format_invalid", None);
        let response = clerk.call("GET", path).header("authorization", "Basic abc").send().await;
        response.assert_error(401, "authorization_header_format_invalid", None);
        let response = clerk.call("GET", path).header("authorization", "Bearer sk_live_1").send().await;
        response.assert_error(401, "clerk_key_invalid", None);
    }
}

#[tokio::test]
async fn only_configured_keys_are_accepted_by_api_and_control_api() {
    let clerk =
        Clerk::with(|builder| builder.secret_key("sk_test_one").unwrap().secret_key("sk_live_two").unwrap()).await;
    for path in ["/v1/users", "/__emulator"] {
        for (key, status) in [("sk_test_one", 200), ("sk_live_two", 200), (KEY, 401)] {
            let response = clerk.call("GET", path).header("authorization", &format!("Bearer {key}")).send().await;
            assert_eq!(response.status, status, "{path} {key}");
        }
    }
}

#[tokio::test]
async fn every_operation_has_a_route_and_other_routes_are_not_found() {
    let clerk = Clerk::start().await;
    for &operation in Operation::ALL {
        let path = Route::of(operation).path.replace("{user_id}", "user_unknown").replace("{provider}", "oauth_google");
        let path = path.replace(['{', '}'], "");
        let call = clerk.call(Route::of(operation).method.as_str(), &format!("/v1{path}"));
        let response = call.header("content-type", "application/json").body("{}").send().await;
        assert!(!response.text.contains("clerk-emulator"), "{operation}: {}", response.text);
    }
    for (method, path) in [
        ("GET", "/v1"),
        ("GET", "/v1/"),
        ("GET", "/users"),
        ("GET", "/v1/organizations"),
        ("PUT", "/v1/users"),
        ("HEAD", "/v1/nothing"),
        ("OPTIONS", "/v1/users"),
        ("GET", "/v1/users/user_1/ban"),
        ("GET", "/__emulator/nothing"),
    ] {
        let response = clerk.call(method, path).send().await;
        assert_eq!(response.status, 404, "{method} {path}");
        if method != "HEAD" {
            response.assert_error(404, "resource_not_found", None);
        }
    }
}

#[tokio::test]
async fn routes_beside_users_are_not_found_with_the_scope_of_the_emulator() {
    let clerk = Clerk::start().await;
    for (method, path) in [
        ("POST", "/v1/email_addresses"),
        ("POST", "/v1/phone_numbers"),
        ("GET", "/v1/jwks"),
        ("GET", "/v1/organizations/org_1"),
        ("PUT", "/v1/users"),
        ("POST", "/v1/users/user_1/sessions"),
    ] {
        let response = clerk.call(method, path).json("{}").send().await;
        response.assert_error(404, "resource_not_found", None);
        let message = &response.json()["errors"][0]["long_message"];
        let message = message.as_str().unwrap();
        assert!(
            message.starts_with(&format!("Resource not found. {method} {path} is not a users operation.")),
            "{message}"
        );
        assert!(message.contains("/v1/users") && message.contains("https://docs.rs/clerk-emulator"), "{message}");
    }
    for (method, path, hint) in [
        ("PUT", "/v1/users", "This path supports only the methods GET, POST."),
        ("GET", "/v1/users/user_1/ban", "This path supports only the methods POST."),
        ("DELETE", "/v1/users/count", "This path supports only the methods GET."),
        ("GET", "/v1/users/", "Remove the slash at the end of the path, or add the missing id."),
        ("PATCH", "/v1/users/user_1/", "Remove the slash at the end of the path, or add the missing id."),
        ("DELETE", "/__emulator/users/user_1/billing_subscription", "This path supports only the methods PUT."),
    ] {
        let response = clerk.call(method, path).send().await;
        response.assert_error(404, "resource_not_found", None);
        assert!(response.text.contains(hint), "{method} {path}: {}", response.text);
    }
    let response = clerk.get("/v1/v1/users").await;
    assert!(response.text.contains("contains /v1 twice"), "{}", response.text);
    let response = clerk.get("/users").await;
    assert!(response.text.contains("under /v1/users"), "{}", response.text);
}

#[tokio::test]
async fn every_response_has_json_content_type_and_unique_trace_id() {
    let clerk = Clerk::start().await;
    let mut trace_ids = BTreeSet::new();
    for path in ["/v1/users", "/v1/users/user_1", "/v1/nothing", "/v1/users?limit=x", "/__emulator"] {
        let response = clerk.get(path).await;
        assert_eq!(response.headers["content-type"], "application/json", "{path}");
        let trace_id = response.headers["clerk-trace-id"].to_str().unwrap().to_owned();
        assert_eq!(trace_id.len(), 32);
        if response.status >= 400 {
            assert_eq!(response.json()["clerk_trace_id"], *trace_id, "{path}");
            assert!(response.json()["errors"][0]["long_message"].is_string());
        }
        assert!(trace_ids.insert(trace_id));
    }
}

#[tokio::test]
async fn requests_of_other_origins_and_hosts_are_rejected() {
    let clerk = Clerk::start().await;
    for path in ["/v1/users", "/__emulator"] {
        let response = clerk.call("GET", path).header("origin", "http://evil.example").send().await;
        response.assert_error(403, "authorization_invalid", None);
        let response = clerk.call("GET", path).header("host", "evil.example").send().await;
        response.assert_error(403, "authorization_invalid", None);
        let response = clerk.call("OPTIONS", path).header("origin", "http://evil.example").send().await;
        assert!(response.status >= 400);
        let own = clerk.emulator.url();
        let response = clerk.call("GET", path).header("origin", &own).send().await;
        assert_eq!(response.status, 200);
        assert!(response.headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
    }
}

#[tokio::test]
async fn router_rejects_unknown_hosts_of_http_2_requests() {
    let app = Emulator::builder().router().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let http = ClerkBuilder::http_client_builder()
        .unwrap()
        .no_proxy()
        .http2_prior_knowledge()
        .resolve("evil.example", address)
        .build()
        .unwrap();
    for (host, status) in [("localhost", 200), ("127.0.0.1", 200), ("evil.example", 403)] {
        // The host is the authority of the request, which has no `Host` header.
        let url = format!("http://{host}:{}/v1/users/count", address.port());
        let response = http.get(url).bearer_auth(KEY).send().await.unwrap();
        assert_eq!((response.version(), response.status().as_u16()), (Version::HTTP_2, status), "{host}");
    }
}

#[tokio::test]
async fn malformed_ids_are_not_found() {
    let clerk = Clerk::start().await;
    for path in
        ["/v1/users/a%2Fb", "/v1/users/a%0Ab", "/v1/users/%2e%2e%2f", "/v1/users/a%3Fb/organization_memberships"]
    {
        clerk.get(path).await.assert_error(404, "resource_not_found", None);
    }
    let user = clerk.user().await;
    for kind in ["passkeys", "web3_wallets", "trusted_devices", "external_accounts"] {
        let response = clerk.call("DELETE", &format!("/v1/users/{}/{kind}/a%2Fb", user.id)).send().await;
        response.assert_error(404, "resource_not_found", None);
    }
}

#[tokio::test]
async fn path_that_is_not_utf_8_is_rejected() {
    let clerk = Clerk::start().await;
    for (method, path) in [
        ("GET", "/v1/users/%FF"),
        ("GET", "/v1/users/%E0%A4%A"),
        ("DELETE", "/v1/users/user_1/passkeys/%FF"),
        ("POST", "/__emulator/users/%FF/sign_ins"),
    ] {
        let response = clerk.call(method, path).send().await;
        response.assert_error(400, "malformed_request_parameters", None);
        assert!(response.text.contains("must be UTF-8"), "{}", response.text);
    }
}

#[tokio::test]
async fn get_update_and_delete_without_an_id_are_not_found() {
    let clerk = Clerk::start().await;
    let user = clerk.user().await;
    for (method, path) in [
        ("GET", "/v1/users/"),
        ("PATCH", "/v1/users/"),
        ("DELETE", "/v1/users/"),
        ("DELETE", "/v1/users"),
        ("DELETE", "/v1/users//totp"),
    ] {
        clerk.call(method, path).send().await.assert_error(404, "resource_not_found", None);
    }
    assert_eq!(clerk.directory.get(&user.id).await.unwrap(), user);
}

#[tokio::test]
async fn requests_beyond_rate_limits_get_429_with_retry_after() {
    // Long enough that no bucket is refilled during the test.
    let period = Duration::from_secs(1_000_000);
    let limits = RateLimits::default().development(4).updates_per_user(2).period(period);
    let clerk = Clerk::with(|builder| builder.rate_limits(limits)).await;
    let user = clerk.user().await;
    let path = format!("/v1/users/{}", user.id);
    assert_eq!(clerk.call("PATCH", &path).json("{}").send().await.status, 200);
    assert_eq!(clerk.call("PATCH", &format!("{path}/metadata")).json("{}").send().await.status, 200);
    // The limit of updates per user.
    let response = clerk.call("PUT", &format!("{path}/metadata")).json("{}").send().await;
    response.assert_error(429, "too_many_requests", None);
    assert_eq!(clerk.get(&path).await.status, 200);
    // The limit of the instance.
    let response = clerk.get(&path).await;
    response.assert_error(429, "too_many_requests", None);
    let wait: u64 = response.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(wait > 0);
    // Advancing the clock refills both limits, and so does a reset.
    clerk.post("/__emulator/clock", r#"{"advance_seconds":2000000}"#).await;
    for status in [200, 200, 429] {
        assert_eq!(clerk.call("PATCH", &path).json("{}").send().await.status, status);
    }
    clerk.post("/__emulator/reset", "").await;
    for status in [200, 200, 200, 200, 429] {
        assert_eq!(clerk.get("/v1/users").await.status, status);
    }
    // The control API has no limit.
    assert_eq!(clerk.get("/__emulator").await.status, 200);
}

#[tokio::test]
async fn get_update_and_delete_share_a_path() {
    let clerk = Clerk::start().await;
    let user = clerk.user().await;
    for method in [Method::Get, Method::Patch, Method::Delete] {
        let response = clerk.call(method.as_str(), &format!("/v1/users/{}", user.id)).send().await;
        assert_eq!(response.status, 200, "{}: {}", method.as_str(), response.text);
    }
}
