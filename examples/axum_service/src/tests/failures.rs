//! Tests of the responses to directory errors, with the mock.

use std::time::Duration;

use serde_json::{Value, json};
use user_directory::{Error, ErrorDetail, ErrorKind, MockUserDirectory, Operation, Password, User, codes};

use super::{Service, TestResponse, ada};

#[tokio::test]
async fn health_does_not_call_the_directory() {
    // A mock without expectations panics on every call.
    let response = Service::start(MockUserDirectory::new()).await.get("/health").await;
    assert_eq!((response.status, response.text.as_str()), (200, r#"{"status":"ok"}"#));
}

/// Returns the responses to a `get` and a `create` that fail with this error.
async fn responses_to(error: Error) -> (TestResponse, TestResponse) {
    let (on_get, on_create) = (error.clone().with_operation(Operation::Get), error.with_operation(Operation::Create));
    let mut users = MockUserDirectory::new();
    users.expect_get().returning(move |_| Err(on_get.clone()));
    users.expect_create().returning(move |_| Err(on_create.clone()));
    let service = Service::start(users).await;
    (service.get("/users/user_1").await, service.post("/users", &ada()).await)
}

#[tokio::test]
async fn each_error_kind_maps_to_a_status() {
    // The error, the status, whether `get` and `create` are retryable, and whether the outcome of `create` is unknown.
    for (error, status, retryable, outcome_unknown) in [
        (Error::new(ErrorKind::NotFound), 404, [false, false], false),
        (Error::new(ErrorKind::Conflict), 409, [false, false], false),
        (Error::new(ErrorKind::Locked), 409, [true, true], false),
        (Error::new(ErrorKind::InvalidInput), 422, [false, false], false),
        (Error::new(ErrorKind::Unauthenticated), 500, [false, false], false),
        (Error::new(ErrorKind::PaymentRequired), 500, [false, false], false),
        (Error::new(ErrorKind::Forbidden), 500, [false, false], false),
        (Error::new(ErrorKind::Configuration), 500, [false, false], false),
        (Error::new(ErrorKind::Decode), 500, [false, false], false),
        (Error::new(ErrorKind::Decode).with_status(200), 502, [false, false], true),
        (Error::new(ErrorKind::Transport), 502, [true, false], true),
        (Error::new(ErrorKind::Server), 502, [false, false], true),
        (Error::new(ErrorKind::Unexpected), 502, [false, false], false),
        (Error::new(ErrorKind::Unavailable), 503, [true, false], true),
        (Error::new(ErrorKind::RateLimited), 503, [true, true], false),
        (Error::new(ErrorKind::Connect), 503, [true, true], false),
        (Error::new(ErrorKind::Timeout), 504, [true, false], true),
    ] {
        let (read, created) = responses_to(error.clone()).await;
        assert_eq!((read.problem().0, created.problem().0), (status, status), "{error}");
        assert_eq!([&read.json["retryable"], &created.json["retryable"]], retryable.map(Value::Bool).each_ref());
        assert_eq!([&read.json["outcome_unknown"], &created.json["outcome_unknown"]], [false, outcome_unknown]);
    }
}

#[tokio::test]
async fn retry_after_is_sent_only_if_a_retry_is_safe() {
    let wait = Duration::from_millis(1001);
    let (read, created) = responses_to(Error::new(ErrorKind::RateLimited).with_retry_after(wait)).await;
    assert_eq!([read.retry_after.as_deref(), created.retry_after.as_deref()], [Some("2"), Some("2")]);
    let (read, created) = responses_to(Error::new(ErrorKind::Unavailable).with_retry_after(wait)).await;
    assert_eq!([read.retry_after.as_deref(), created.retry_after.as_deref()], [Some("2"), None]);
}

#[tokio::test]
async fn responses_omit_internal_details_of_errors() {
    let detail = || ErrorDetail::new("authorization_invalid").with_param_name("inner").with_long_message("secret long");
    for kind in [ErrorKind::Unauthenticated, ErrorKind::InvalidInput, ErrorKind::Server] {
        let error = Error::rejected(kind, [detail().with_message("secret short")])
            .with_message("secret sentence")
            .with_source(std::io::Error::other("secret source"))
            .with_trace_id("secret_trace");
        let (read, created) = responses_to(error).await;
        for text in [&read.text, &created.text] {
            assert!(!text.contains("secret"), "{text}");
            assert_eq!(
                text.contains("inner"),
                kind == ErrorKind::InvalidInput,
                "only invalid input is reported with its details: {text}"
            );
        }
    }
}

#[tokio::test]
async fn delete_succeeds_if_an_earlier_attempt_deleted_the_user() {
    for (error, status) in
        [(Error::new(ErrorKind::NotFound).with_earlier_outcome_unknown(), 204), (Error::new(ErrorKind::NotFound), 404)]
    {
        let mut users = MockUserDirectory::new();
        users.expect_delete().returning(move |_| Err(error.clone()));
        assert_eq!(Service::start(users).await.delete("/users/user_1").await.status, status);
    }
}

#[tokio::test]
async fn sign_in_check_handles_errors_of_verify_password() {
    for (error, status) in [
        (Error::rejected(ErrorKind::InvalidInput, [ErrorDetail::new(codes::NO_PASSWORD_SET)]), 200),
        (
            Error::rejected(
                ErrorKind::InvalidInput,
                [ErrorDetail::new(codes::FORM_PARAM_NIL).with_param_name("password")],
            ),
            200,
        ),
        (Error::new(ErrorKind::NotFound), 200),
        (Error::new(ErrorKind::RateLimited), 503),
    ] {
        let mut users = MockUserDirectory::new();
        users.expect_list().returning(|_| Ok(vec![User::new("user_1".parse().unwrap())]));
        users.expect_verify_password().returning(move |_, _| Err(error.clone()));
        let attempt = json!({ "email_address": "ada@example.com", "password": "" });
        let response = Service::start(users).await.post("/sign-in-check", &attempt).await;
        assert_eq!((response.status, &response.json["user_id"]), (status, &Value::Null));
    }
}

#[tokio::test]
async fn sign_up_passes_the_password_unchanged() {
    let mut users = MockUserDirectory::new();
    users
        .expect_create()
        .withf(|new| new.password == Some(Password::new("pässwörd \"1\"").into()))
        .returning(|_| Err(Error::new(ErrorKind::Conflict)));
    let body = json!({ "email_address": "ada@example.com", "password": "pässwörd \"1\"" });
    assert_eq!(Service::start(users).await.post("/users", &body).await.status, 409);
}
