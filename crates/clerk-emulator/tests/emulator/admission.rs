//! Keys, origins, routes, rate limits, and what every answer has.

use std::collections::BTreeSet;
use std::time::Duration;

use user_directory::RateLimits;
use user_directory::wire::route::Route;
use user_directory::{Method, Operation};

use crate::support::{Clerk, KEY};

#[tokio::test]
async fn a_key_is_asked_for() {
    let clerk = Clerk::start().await;
    for path in ["/v1/users", "/v1/nothing", "/__emulator", "/__emulator/requests"] {
        let answer = clerk.call("GET", path).header("authorization", "").send().await;
        answer.assert_error(401, "authorization_header_format_invalid", None);
        let answer = clerk.call("GET", path).header("authorization", "Basic abc").send().await;
        answer.assert_error(401, "authorization_header_format_invalid", None);
        let answer = clerk.call("GET", path).header("authorization", "Bearer sk_live_1").send().await;
        answer.assert_error(401, "clerk_key_invalid", None);
    }
}

#[tokio::test]
async fn given_keys_are_the_only_ones_on_the_control_surface_too() {
    let clerk =
        Clerk::with(|builder| builder.secret_key("sk_test_one").unwrap().secret_key("sk_live_two").unwrap()).await;
    for path in ["/v1/users", "/__emulator"] {
        for (key, status) in [("sk_test_one", 200), ("sk_live_two", 200), (KEY, 401)] {
            let answer = clerk.call("GET", path).header("authorization", &format!("Bearer {key}")).send().await;
            assert_eq!(answer.status, status, "{path} {key}");
        }
    }
}

#[tokio::test]
async fn every_operation_has_a_route_and_nothing_else_has() {
    let clerk = Clerk::start().await;
    for operation in Operation::ALL {
        let path = Route::of(operation).path.replace("{user_id}", "user_unknown").replace("{provider}", "oauth_google");
        let path = path.replace(['{', '}'], "");
        let call = clerk.call(Route::of(operation).method.as_str(), &format!("/v1{path}"));
        let answer = call.header("content-type", "application/json").body("{}").send().await;
        assert!(!answer.text.contains("no such route"), "{operation}: {}", answer.text);
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
        let answer = clerk.call(method, path).send().await;
        assert_eq!(answer.status, 404, "{method} {path}");
        if method != "HEAD" {
            answer.assert_error(404, "resource_not_found", None);
        }
    }
}

#[tokio::test]
async fn every_answer_has_exactly_the_content_type_and_a_trace_id_of_its_own() {
    let clerk = Clerk::start().await;
    let mut trace_ids = BTreeSet::new();
    for path in ["/v1/users", "/v1/users/user_1", "/v1/nothing", "/v1/users?limit=x", "/__emulator"] {
        let answer = clerk.get(path).await;
        assert_eq!(answer.headers["content-type"], "application/json", "{path}");
        let trace_id = answer.headers["clerk-trace-id"].to_str().unwrap().to_owned();
        assert_eq!(trace_id.len(), 32);
        if answer.status >= 400 {
            assert_eq!(answer.json()["clerk_trace_id"], *trace_id, "{path}");
            assert!(answer.json()["errors"][0]["long_message"].is_string());
        }
        assert!(trace_ids.insert(trace_id));
    }
}

#[tokio::test]
async fn pages_of_other_origins_are_not_answered_nor_let_in() {
    let clerk = Clerk::start().await;
    for path in ["/v1/users", "/__emulator"] {
        let answer = clerk.call("GET", path).header("origin", "http://evil.example").send().await;
        answer.assert_error(403, "authorization_invalid", None);
        let answer = clerk.call("GET", path).header("host", "evil.example").send().await;
        answer.assert_error(403, "authorization_invalid", None);
        let answer = clerk.call("OPTIONS", path).header("origin", "http://evil.example").send().await;
        assert!(answer.status >= 400);
        let own = clerk.emulator.url();
        let answer = clerk.call("GET", path).header("origin", &own).send().await;
        assert_eq!(answer.status, 200);
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
    }
}

#[tokio::test]
async fn an_id_that_nobody_can_have_is_nobodys() {
    let clerk = Clerk::start().await;
    for path in [
        "/v1/users/%ff",
        "/v1/users/a%2Fb",
        "/v1/users/a%0Ab",
        "/v1/users/%2e%2e%2f",
        "/v1/users/a%3Fb/organization_memberships",
    ] {
        clerk.get(path).await.assert_error(404, "resource_not_found", None);
    }
    let user = clerk.user().await;
    for kind in ["passkeys", "web3_wallets", "trusted_devices", "external_accounts"] {
        let answer = clerk.call("DELETE", &format!("/v1/users/{}/{kind}/a%2Fb", user.id)).send().await;
        answer.assert_error(404, "resource_not_found", None);
    }
}

#[tokio::test]
async fn beyond_the_rate_limits_is_429_with_a_wait() {
    // So long that nothing comes back while the test runs.
    let per = Duration::from_secs(1_000_000);
    let limits = RateLimits::default().development(4).updates_per_user(2).period(per);
    let clerk = Clerk::with(|builder| builder.rate_limits(limits)).await;
    let user = clerk.user().await;
    let path = format!("/v1/users/{}", user.id);
    assert_eq!(clerk.call("PATCH", &path).json("{}").send().await.status, 200);
    assert_eq!(clerk.call("PATCH", &format!("{path}/metadata")).json("{}").send().await.status, 200);
    // Of this user.
    let answer = clerk.call("PUT", &format!("{path}/metadata")).json("{}").send().await;
    answer.assert_error(429, "too_many_requests", None);
    assert_eq!(clerk.get(&path).await.status, 200);
    // Of the instance.
    let answer = clerk.get(&path).await;
    answer.assert_error(429, "too_many_requests", None);
    let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(wait > 0);
    // Both come back with time, or at once with a reset.
    clerk.post("/__emulator/clock", r#"{"advance_seconds":2000000}"#).await;
    for status in [200, 200, 429] {
        assert_eq!(clerk.call("PATCH", &path).json("{}").send().await.status, status);
    }
    clerk.post("/__emulator/reset", "").await;
    for status in [200, 200, 200, 200, 429] {
        assert_eq!(clerk.get("/v1/users").await.status, status);
    }
    // A key of a production instance has a limit of its own, and the control surface has none.
    assert_eq!(clerk.get("/__emulator").await.status, 200);
}

#[tokio::test]
async fn the_methods_of_the_table_are_those_of_the_routes() {
    let clerk = Clerk::start().await;
    let user = clerk.user().await;
    for method in [Method::Get, Method::Patch, Method::Delete] {
        let answer = clerk.call(method.as_str(), &format!("/v1/users/{}", user.id)).send().await;
        assert_eq!(answer.status, 200, "{}: {}", method.as_str(), answer.text);
    }
}
