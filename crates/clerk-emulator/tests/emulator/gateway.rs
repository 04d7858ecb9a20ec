//! Tests of an emulator that serves another directory: responses and errors are forwarded in the format of the API.

use std::sync::Arc;
use std::time::Duration;

use clerk_emulator::{Emulator, StartError};
use integration_tests::scripted::{ScriptedServer, Step};
use user_directory::clerk::RetryPolicy;
use user_directory::model::InvalidId;
use user_directory::{
    ClerkUserDirectory, Error, ErrorDetail, ErrorKind, MockUserDirectory, Operation, SecretKey, User, UserDirectory,
    UserId, codes,
};

use crate::support::{Clerk, KEY};

async fn failing_with(error: Error) -> Clerk {
    let mut users = MockUserDirectory::new();
    users.expect_get().returning(move |_| Err(error.clone()));
    Clerk::with(|builder| builder.directory(Arc::new(users))).await
}

#[tokio::test]
async fn every_error_kind_has_a_status_and_a_code() {
    for (kind, status, code) in [
        (ErrorKind::NotFound, 404, "resource_not_found"),
        (ErrorKind::Unauthenticated, 401, "clerk_key_invalid"),
        (ErrorKind::Forbidden, 403, "authorization_invalid"),
        (ErrorKind::PaymentRequired, 402, "unsupported_subscription_plan_features"),
        (ErrorKind::Conflict, 409, "conflict"),
        (ErrorKind::Locked, 409, "resource_locked"),
        (ErrorKind::RateLimited, 429, "too_many_requests"),
        (ErrorKind::Timeout, 504, "service_unavailable"),
        (ErrorKind::Unavailable, 503, "service_unavailable"),
        (ErrorKind::Server, 500, "internal_clerk_error"),
        (ErrorKind::Connect, 502, "internal_clerk_error"),
        (ErrorKind::Decode, 502, "internal_clerk_error"),
        (ErrorKind::Configuration, 500, "internal_clerk_error"),
    ] {
        let clerk = failing_with(Error::new(kind).with_message("internal detail")).await;
        let response = clerk.get("/v1/users/user_1").await;
        response.assert_error(status, code, None);
        assert!(!response.text.contains("internal detail"));
    }
}

#[tokio::test]
async fn configuration_error_of_a_store_contains_the_reason() {
    let clerk = Clerk::start().await;
    let user = r#"{"id":"user_1","password_digest":"awscognito#pool#client#ada","password_hasher":"awscognito"}"#;
    assert_eq!(clerk.post("/__emulator/seed", user).await.status, 200);
    let response = clerk.post("/v1/users/user_1/verify_password", r#"{"password":"correct horse"}"#).await;
    response.assert_error(500, "internal_clerk_error", None);
    let reason = "is invalid: the password digest cannot be verified without the service that issued it.";
    assert!(response.text.contains(reason), "{}", response.text);
}

#[tokio::test]
async fn status_that_does_not_imply_the_error_kind_is_not_forwarded() {
    for (kind, upstream, status) in [
        (ErrorKind::Unexpected, 404, 502),
        (ErrorKind::Decode, 200, 502),
        (ErrorKind::Transport, 200, 502),
        (ErrorKind::Timeout, 404, 504),
        (ErrorKind::Unexpected, 302, 502),
        (ErrorKind::NotFound, 410, 410),
        (ErrorKind::Unavailable, 520, 520),
    ] {
        let clerk = failing_with(Error::new(kind).with_status(upstream)).await;
        assert_eq!(clerk.get("/v1/users/user_1").await.status, status, "{kind:?} {upstream}");
    }
}

#[tokio::test]
async fn html_404_of_a_proxy_is_not_forwarded_as_not_found() {
    let proxy = ScriptedServer::start([Step::Respond(404, String::new(), "<html>Not Found</html>".to_owned())]).await;
    let upstream = ClerkUserDirectory::builder(SecretKey::new(KEY).unwrap()).base_url(proxy.base_url());
    let upstream = upstream.retry(RetryPolicy::none()).build().unwrap();
    let clerk = Clerk::with(|builder| builder.directory(Arc::new(upstream))).await;
    let error = clerk.client().get(&"user_1".parse().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unavailable, Some(502)), "{error:?}");
}

#[tokio::test]
async fn unknown_outcome_of_an_earlier_delete_is_forwarded() {
    let mut users = MockUserDirectory::new();
    users.expect_delete().returning(|_: &UserId| {
        Err(Error::new(ErrorKind::NotFound).with_operation(Operation::Delete).with_earlier_outcome_unknown())
    });
    let clerk = Clerk::with(|builder| builder.directory(Arc::new(users))).await;
    let error = clerk.client().delete(&"user_1".parse().unwrap()).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error:?}");
    assert_eq!((error.status(), error.has_code(codes::SERVICE_UNAVAILABLE)), (Some(504), true));
}

#[tokio::test]
async fn error_of_directory_is_forwarded() {
    let error =
        ErrorDetail::new("house_on_fire").with_message("hot").with_long_message("very hot").with_param_name("roof");
    let error = Error::rejected(ErrorKind::RateLimited, [error])
        .with_retry_after(Duration::from_secs(3))
        .with_trace_id("trace-of-directory");
    let clerk = failing_with(error).await;
    let response = clerk.get("/v1/users/user_1").await;
    response.assert_error(429, "house_on_fire", Some("roof"));
    assert_eq!(response.headers["retry-after"], "3");
    assert_eq!(response.json()["clerk_trace_id"], "trace-of-directory");
    assert_eq!(response.headers["clerk-trace-id"], "trace-of-directory");
    assert_eq!(response.json()["errors"][0]["long_message"], "very hot");
}

#[tokio::test]
async fn retry_after_of_directory_is_rounded_up() {
    for (wait, header) in
        [(Duration::from_millis(300), "1"), (Duration::from_secs(2), "2"), (Duration::MAX, "18446744073709551615")]
    {
        let clerk = failing_with(Error::new(ErrorKind::RateLimited).with_retry_after(wait)).await;
        assert_eq!(clerk.get("/v1/users/user_1").await.headers["retry-after"], header, "{wait:?}");
    }
}

#[tokio::test]
async fn required_fields_of_responses_are_filled() -> Result<(), InvalidId> {
    let mut users = MockUserDirectory::new();
    users.expect_get().returning(|id: &UserId| Ok(User::new(id.clone())));
    let clerk = Clerk::with(|builder| builder.directory(Arc::new(users))).await;
    let user = clerk.get("/v1/users/user_1").await.json();
    assert_eq!((&user["created_at"], &user["external_id"]), (&0.into(), &serde_json::Value::Null));
    assert_eq!(user["image_url"], "https://images.invalid/avatars/user_1");
    Ok(())
}

#[tokio::test]
async fn gateway_supports_faults_and_request_log_but_no_seed() {
    let clerk = failing_with(Error::new(ErrorKind::NotFound)).await;
    for path in ["/__emulator/seed", "/__emulator/users/user_1/passkeys"] {
        assert_eq!(clerk.post(path, r#"{"name":"key"}"#).await.status, 404, "{path}");
    }
    clerk.get("/v1/users/user_1").await;
    assert_eq!(clerk.get("/__emulator/requests").await.json()["total_count"], 1);
    assert_eq!(clerk.post("/__emulator/faults", r#"{"status":503}"#).await.status, 200);
    assert_eq!(clerk.get("/v1/users/user_1").await.status, 503);
    assert_eq!(clerk.post("/__emulator/reset", "").await.status, 200);
    assert_eq!(clerk.get("/v1/users/user_1").await.status, 404);
}

#[tokio::test]
async fn panic_of_directory_is_reported_by_response_and_stop() {
    let mut users = MockUserDirectory::new();
    users.expect_get().returning(|_: &UserId| panic!("not today"));
    let clerk = Clerk::with(|builder| builder.directory(Arc::new(users))).await;
    let response = clerk.get("/v1/users/user_1").await;
    response.assert_error(500, "internal_clerk_error", None);
    assert!(response.text.contains("the directory panicked in get: not today"), "{}", response.text);
    let error = clerk.emulator.stop().await.unwrap_err();
    assert!(error.to_string().starts_with("the directory panicked in get"), "{error}");
}

#[tokio::test]
#[should_panic(expected = "called 1 time(s) which is more than expected 0")]
async fn stop_fails_after_unexpected_call_of_mock() {
    let mut users = MockUserDirectory::new();
    users.expect_get().never();
    let clerk = Clerk::with(|builder| builder.directory(Arc::new(users))).await;
    let response = clerk.get("/v1/users/user_1").await;
    // Dropping a mock that was called too often also panics.
    clerk.emulator.stop().await.unwrap_or_else(|error| panic!("{error}; response: {}", response.text));
}

#[tokio::test]
#[should_panic(expected = "called 0 time(s) which is fewer than expected 1")]
async fn stop_fails_after_missing_call_of_mock() {
    let mut users = MockUserDirectory::new();
    users.expect_get().once().returning(|id: &UserId| Ok(User::new(id.clone())));
    let clerk = Clerk::with(|builder| builder.directory(Arc::new(users))).await;
    clerk.emulator.stop().await.unwrap();
}

#[tokio::test]
async fn seed_requires_directory_over_a_store() {
    let gateway = Emulator::builder().directory(Arc::new(MockUserDirectory::new())).seed("examples/users.json");
    assert!(matches!(gateway.start().await.unwrap_err(), StartError::SeedWithoutStore));
}
