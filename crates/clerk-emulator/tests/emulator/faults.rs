//! Tests of injected faults.

use std::time::Duration;

use clerk_emulator::{Cut, HttpFault};
use user_directory::{ErrorKind, NewUser, Operation, UserDirectory, UserFilter};

use crate::support::Clerk;

const HOUR: Duration = Duration::from_hours(1);

async fn count(clerk: &Clerk) -> u64 {
    clerk.directory.count(&UserFilter::new()).await.unwrap()
}

#[tokio::test]
async fn status_fault_replaces_the_operation() {
    let clerk = Clerk::start().await;
    let client = clerk.client();
    let ada = NewUser::new().email_address("ada@example.com");
    for (fault, kind) in [
        (r#"{"operation":"create","times":1,"status":503}"#, ErrorKind::Unavailable),
        (r#"{"operation":"create","times":1,"status":500}"#, ErrorKind::Server),
        (r#"{"operation":"create","times":1,"status":409,"code":"resource_locked"}"#, ErrorKind::Locked),
        (r#"{"times":1,"status":422,"code":"form_identifier_exists"}"#, ErrorKind::Conflict),
        (r#"{"times":1,"status":401}"#, ErrorKind::Unauthenticated),
    ] {
        assert_eq!(clerk.post("/__emulator/faults", fault).await.status, 200);
        assert_eq!(client.create(&ada).await.unwrap_err().kind(), kind, "{fault}");
    }
    assert_eq!(count(&clerk).await, 0);
    client.create(&ada).await.unwrap();
}

#[tokio::test]
async fn default_code_of_a_fault_depends_on_the_status() {
    let clerk = Clerk::start().await;
    for (status, code) in [
        (400, "bad_request"),
        (405, "bad_request"),
        (406, "bad_request"),
        (408, "bad_request"),
        (411, "bad_request"),
        (413, "request_body_too_large"),
        (415, "unsupported_content_type"),
        (418, "bad_request"),
        (431, "bad_request"),
        (451, "bad_request"),
        (500, "internal_clerk_error"),
        (503, "service_unavailable"),
    ] {
        let fault = format!(r#"{{"times":1,"status":{status}}}"#);
        assert_eq!(clerk.post("/__emulator/faults", &fault).await.status, 200, "{fault}");
        clerk.get("/v1/users").await.assert_error(status, code, None);
    }
    let response = clerk.post("/__emulator/faults", r#"{"status":503,"code":""}"#).await;
    response.assert_error(422, "form_param_value_invalid", Some("code"));
}

#[tokio::test]
async fn fault_sends_any_retry_after() {
    let clerk = Clerk::start().await;
    let fault = r#"{"times":1,"status":429,"retry_after":"7"}"#;
    clerk.post("/__emulator/faults", fault).await;
    let error = clerk.client().count(&UserFilter::new()).await.unwrap_err();
    assert!(error.is_rate_limited());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    clerk.post("/__emulator/faults", r#"{"times":1,"status":429,"retry_after":"soon"}"#).await;
    let response = clerk.get("/v1/users").await;
    assert_eq!(response.headers["retry-after"], "soon");
}

#[tokio::test]
async fn cut_before_response_can_follow_the_operation() {
    let clerk = Clerk::start().await;
    let client = clerk.client();
    let ada = NewUser::new().email_address("ada@example.com");
    clerk.post("/__emulator/faults", r#"{"operation":"create","times":1,"cut":"before_response"}"#).await;
    let error = client.create(&ada).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Transport && error.is_outcome_unknown(), "{error:?}");
    assert_eq!(count(&clerk).await, 0);

    let fault = r#"{"operation":"create","times":1,"cut":"before_response","after_work":true}"#;
    clerk.post("/__emulator/faults", fault).await;
    assert_eq!(client.create(&ada).await.unwrap_err().kind(), ErrorKind::Transport);
    assert_eq!(count(&clerk).await, 1);
    assert!(client.create(&ada).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn cut_within_response_sends_a_part_of_the_body() {
    let clerk = Clerk::start().await;
    let id = clerk.user().await.id;
    clerk.post("/__emulator/faults", r#"{"times":1,"cut":"within_response"}"#).await;
    let error = clerk.client().get(&id).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Transport, Some(200)), "{error:?}");
    assert!(clerk.client().get(&id).await.is_ok());
}

#[tokio::test]
async fn cut_within_error_response_is_a_lost_connection() {
    let clerk = Clerk::start().await;
    let unknown = "user_unknown".parse().unwrap();
    clerk.emulator.add_fault(HttpFault::cut(Cut::WithinResponse).times(1));
    let error = clerk.client().get(&unknown).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Transport, Some(404)), "{error:?}");
    assert!(error.is_retryable());
    assert!(clerk.client().get(&unknown).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn status_fault_after_work_replaces_the_response() {
    let clerk = Clerk::start().await;
    let id = clerk.user().await.id;
    clerk.post("/__emulator/faults", r#"{"operation":"ban","times":1,"status":504,"after_work":true}"#).await;
    assert!(
        clerk.client().ban(&id).await.unwrap_err().is_unavailable() || !clerk.directory.get(&id).await.unwrap().banned
    );
    assert!(clerk.directory.get(&id).await.unwrap().banned);
}

#[tokio::test]
async fn delay_can_exceed_the_timeout_of_a_client() {
    let clerk = Clerk::start().await;
    clerk.post("/__emulator/faults", r#"{"operation":"count","times":1,"delay_ms":3600000}"#).await;
    let key = user_directory::SecretKey::new(crate::support::KEY).unwrap();
    let impatient = user_directory::ClerkUserDirectory::builder(key)
        .base_url(clerk.emulator.api_url())
        .timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    assert!(impatient.count(&UserFilter::new()).await.unwrap_err().is_timeout());
    assert_eq!(clerk.client().count(&UserFilter::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn operation_continues_after_client_disconnects() {
    for (fault, users) in [(HttpFault::delay(HOUR), 0), (HttpFault::delay(HOUR).after_work(), 1)] {
        let clerk = Clerk::start().await;
        clerk.emulator.add_fault(fault);
        let key = user_directory::SecretKey::new(crate::support::KEY).unwrap();
        let builder = user_directory::ClerkUserDirectory::builder(key).base_url(clerk.emulator.api_url());
        let impatient = builder.timeout(Duration::from_millis(300)).build().unwrap();
        let error = impatient.create(&NewUser::new().username("ada_lovelace")).await.unwrap_err();
        assert!(error.is_timeout() && error.is_outcome_unknown());
        // The request may not have arrived yet.
        let done = async {
            while count(&clerk).await != users {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), done).await.unwrap();
        // An abandoned request is logged when the emulator has completed it, which is not the case yet.
        let requests = || clerk.emulator.requests();
        assert!(requests().is_empty());
    }
}

#[tokio::test]
async fn rejection_reaches_a_client_that_is_still_sending() {
    let clerk = Clerk::start().await;
    let body = format!("{{\"first_name\":\"{}\"}}", "a".repeat(9_000_000));
    for _ in 0..5 {
        clerk.emulator.add_fault(HttpFault::status(503).times(1));
        assert_eq!(clerk.post("/v1/users", &body).await.status, 503);
        let rejected = clerk.call("POST", "/v1/users").header("authorization", "").json(&body).send().await;
        assert_eq!(rejected.status, 401);
    }
    let body = "a".repeat(30_000_000);
    assert_eq!(clerk.post("/v1/users", &body).await.status, 413);
}

#[tokio::test]
async fn faults_can_be_listed_and_removed_and_do_not_affect_the_dashboard() {
    let clerk = Clerk::start().await;
    clerk.post("/__emulator/faults", r#"{"operation":"list","status":503}"#).await;
    let faults = clerk.get("/__emulator/faults").await.json();
    assert_eq!((&faults["data"][0]["operation"], &faults["data"][0]["status"]), (&"list".into(), &503.into()));
    assert_eq!(clerk.get("/v1/users").await.status, 503);
    assert_eq!(clerk.call("GET", "/v1/users").header("emulator-dashboard", "1").send().await.status, 200);
    clerk.call("DELETE", "/__emulator/faults").send().await;
    assert_eq!(clerk.get("/v1/users").await.status, 200);
}

#[tokio::test]
async fn faults_and_requests_are_available_in_rust() {
    let clerk = Clerk::start().await;
    let client = clerk.client();
    clerk.emulator.add_fault(HttpFault::status(503).operation(Operation::Count).times(1));
    clerk.emulator.add_fault(HttpFault::cut(Cut::BeforeResponse));
    assert!(client.count(&UserFilter::new()).await.unwrap_err().is_unavailable());
    assert_eq!(client.count(&UserFilter::new()).await.unwrap_err().kind(), ErrorKind::Transport);
    clerk.emulator.clear_faults();
    clerk.emulator.store().unwrap().create(&NewUser::new().username("ada_lovelace")).await.unwrap();
    assert_eq!(client.count(&UserFilter::new()).await.unwrap(), 1);
    let statuses: Vec<_> = clerk.emulator.requests().into_iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(200), None, Some(503)]);
}
