//! The errors from `ClerkUserDirectory` for errors from the API, malformed or oversized bodies, and redirects.

use std::time::Duration;

use integration_tests::{Clerk, KEY, call, fixture, json, printed, user};
use user_directory::{Error, ErrorDetail, ErrorKind, Operation, UserDirectory};
use wiremock::ResponseTemplate;

/// Returns the error from `get` for a response.
pub async fn error_of(response: ResponseTemplate) -> Error {
    Clerk::responding_with(response).await.directory.get(&user()).await.unwrap_err()
}

/// Asserts that no text of the error contains the key, the query or the path.
#[track_caller]
pub fn assert_no_private_data(error: &Error) {
    let text = printed(error);
    for secret in [KEY, "ada", "example.com", "/users"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

/// File, status, kind, codes and parameter name.
type ErrorCase = (&'static str, u16, ErrorKind, &'static [&'static str], Option<&'static str>);

#[tokio::test]
async fn each_error_has_its_kind_codes_and_parameter() {
    let cases: &[ErrorCase] = &[
        ("empty_errors.json", 429, ErrorKind::RateLimited, &[], None),
        ("identifier_exists.json", 422, ErrorKind::Conflict, &["form_identifier_exists"], Some("email_address")),
        ("incorrect_password.json", 422, ErrorKind::InvalidInput, &["incorrect_password"], None),
        ("key_invalid.json", 401, ErrorKind::Unauthenticated, &["clerk_key_invalid"], None),
        ("maintenance.json", 503, ErrorKind::Unavailable, &["maintenance_mode"], None),
        ("meta_empty.json", 422, ErrorKind::InvalidInput, &["form_param_unknown"], None),
        ("no_meta.json", 400, ErrorKind::InvalidInput, &["request_body_invalid"], None),
        ("no_password_set.json", 400, ErrorKind::InvalidInput, &["no_password_set"], None),
        ("not_found.json", 404, ErrorKind::NotFound, &["resource_not_found"], None),
        ("plan_required.json", 402, ErrorKind::PaymentRequired, &["unsupported_subscription_plan_features"], None),
        ("proxy.html", 502, ErrorKind::Unavailable, &[], None),
        ("quota.json", 403, ErrorKind::Forbidden, &["user_quota_exceeded"], None),
        ("rate_limited.json", 429, ErrorKind::RateLimited, &["too_many_requests"], None),
        ("resource_locked.json", 409, ErrorKind::Locked, &["resource_locked"], None),
        (
            "several.json",
            422,
            ErrorKind::InvalidInput,
            &["form_identifier_exists", "form_param_format_invalid", "form_password_length_too_short"],
            Some("username"),
        ),
        ("totp_disabled.json", 400, ErrorKind::InvalidInput, &["totp_disabled"], None),
        ("totp_incorrect_code.json", 422, ErrorKind::InvalidInput, &["totp_incorrect_code"], None),
        ("unknown_code.json", 418, ErrorKind::Unexpected, &["tea_kettle_overheated"], Some("kettle")),
        ("user_managed_by_scim.json", 409, ErrorKind::Conflict, &["user_managed_by_scim"], None),
        ("with_trace_id.json", 404, ErrorKind::NotFound, &["resource_not_found"], None),
        ("without_long_message.json", 422, ErrorKind::InvalidInput, &["form_param_missing"], Some("user_id")),
    ];
    let files = std::fs::read_dir(integration_tests::root("tests/fixtures/errors")).unwrap();
    assert_eq!(files.count(), cases.len(), "each file needs a case");

    for &(file, status, kind, codes, param_name) in cases {
        let mime = if file.contains(".html") { "text/html" } else { "application/json" };
        let body = fixture(&format!("errors/{file}"));
        let error = error_of(ResponseTemplate::new(status).set_body_raw(body, mime)).await;
        assert_eq!(error.kind(), kind, "{file}");
        assert_eq!(error.status(), Some(status), "{file}");
        assert_eq!(error.operation(), Some(Operation::Get), "{file}");
        assert_eq!(error.details().iter().map(ErrorDetail::code).collect::<Vec<_>>(), codes, "{file}");
        assert_eq!(error.param_name(), param_name, "{file}");
        assert_eq!(error.retry_after(), None, "{file}");
    }
}

#[tokio::test]
async fn error_details_keep_messages_and_meta() {
    let error = error_of(json(422, fixture("errors/identifier_exists.json"))).await;
    assert_eq!(error.details()[0].message(), "already in use");
    assert_eq!(error.details()[0].long_message(), "Another user has this email address. Pick a different one.");
    let error = error_of(json(422, fixture("errors/without_long_message.json"))).await;
    assert_eq!(error.details()[0].long_message(), "must be given");
    let error = error_of(json(400, fixture("errors/unknown_code.json"))).await;
    assert_eq!(error.details()[0].meta::<Vec<u8>>("attempts"), Some(vec![1, 2, 3]));
}

#[tokio::test]
async fn errors_have_the_operation() {
    let clerk = Clerk::with_json(404, fixture("errors/not_found.json")).await;
    let malformed = Clerk::with_json(200, "\"neither\"").await;
    for &operation in Operation::ALL {
        let error = call(operation, &clerk.directory).await.unwrap_err();
        assert_eq!((error.operation(), error.kind()), (Some(operation), ErrorKind::NotFound));
        let error = call(operation, &malformed.directory).await.unwrap_err();
        assert_eq!((error.operation(), error.kind()), (Some(operation), ErrorKind::Decode));
    }
}

#[tokio::test]
async fn trace_id_is_read_from_body_then_clerk_trace_id_then_cf_ray() {
    let traced = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
    let (body, plain) = (fixture("errors/with_trace_id.json"), fixture("errors/not_found.json"));
    let both = |response: ResponseTemplate| {
        response.insert_header("Clerk-Trace-Id", "from-clerk").insert_header("cf-ray", "from-cf-ray-FRA")
    };
    for (response, trace_id) in [
        (both(json(404, body.clone())), Some(traced)),
        (json(404, body), Some(traced)),
        (both(json(404, plain.clone())), Some("from-clerk")),
        (both(json(404, r#"{"errors":[],"clerk_trace_id":""}"#)), Some("from-clerk")),
        (both(json(404, r#"{"errors":[],"clerk_trace_id":"line\nbreak"}"#)), Some("from-clerk")),
        (json(404, plain.clone()).insert_header("cf-ray", "from-cf-ray-FRA"), Some("from-cf-ray-FRA")),
        (json(404, plain), None),
        // Decode errors have the trace ID, too.
        (both(json(200, "[]")), Some("from-clerk")),
    ] {
        assert_eq!(error_of(response).await.trace_id(), trace_id);
    }
}

#[tokio::test]
async fn retry_after_is_parsed_from_seconds_or_a_date() {
    for (value, expected) in [
        ("0", Some(Duration::ZERO)),
        ("7", Some(Duration::from_secs(7))),
        ("1000000", Some(Duration::from_hours(24))),
        ("Wed, 21 Oct 2015 07:28:00 GMT", Some(Duration::ZERO)),
        ("a while", None),
        ("", None),
    ] {
        for body in ["errors/rate_limited.json", "errors/empty_errors.json", "errors/proxy.html"] {
            let error = error_of(json(429, fixture(body)).insert_header("Retry-After", value)).await;
            assert_eq!(error.kind(), ErrorKind::RateLimited);
            assert_eq!(error.retry_after(), expected, "{value:?}");
        }
    }
}

#[tokio::test]
async fn error_kind_follows_the_status_if_the_body_is_malformed() {
    let bodies = [
        "",
        "null",
        "[]",
        "\"no\"",
        "{",
        "{}",
        "\u{0}",
        "<html>",
        r#"{"errors":null}"#,
        r#"{"errors":"no"}"#,
        r#"{"errors":[null]}"#,
    ];
    for body in bodies {
        for (status, kind) in [(401, ErrorKind::Unauthenticated), (500, ErrorKind::Server)] {
            let error = error_of(json(status, body)).await;
            assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{body:?}");
            assert_eq!(error.details(), [], "{body:?}");
        }
    }
    let not_utf8 = ResponseTemplate::new(503).set_body_bytes(b"\xff\xfe".as_slice());
    assert!(error_of(not_utf8).await.is_unavailable());
}

#[tokio::test]
async fn get_returns_not_found_only_for_an_error_of_the_api() {
    assert!(error_of(json(404, r#"{"errors":[]}"#)).await.is_not_found());
    for body in ["", "{}", "null", "<html>not found</html>", r#"{"errors":null}"#, r#"{"message":"no route"}"#] {
        let error = error_of(json(404, body)).await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unexpected, Some(404)), "{body:?}");
        assert!(error.to_string().contains("base URL"), "{error}");
    }
}

#[tokio::test]
async fn malformed_error_details_are_skipped() {
    let body = r#"{"errors":[
        {"code":"form_param_missing","meta":["not","an","object"]},
        7,
        ["form_param_unknown", "a list is no error"],
        {"code":null,"message":[],"meta":{"param_name":"x"}},
        {"code":"form_param_unknown","meta":{"param_name":"y"}}
    ],"clerk_trace_id":"trace_1"}"#;
    let error = error_of(json(422, body)).await;
    let codes: Vec<_> = error.details().iter().map(|error| (error.code(), error.param_name())).collect();
    assert_eq!(codes, [("form_param_missing", None), ("", Some("x")), ("form_param_unknown", Some("y"))]);
    assert_eq!(error.trace_id(), Some("trace_1"));

    let error = error_of(json(422, r#"{"errors":{"code":"no list"},"clerk_trace_id":"trace_2"}"#)).await;
    assert_eq!((error.details().len(), error.trace_id()), (0, Some("trace_2")));
}

#[tokio::test]
async fn malformed_success_is_a_decode_error_without_content() {
    for (response, message) in [
        (ResponseTemplate::new(204), "unexpected end of the document at line 1 column 0"),
        (json(200, ""), "unexpected end of the document at line 1 column 0"),
        (
            ResponseTemplate::new(200).set_body_raw(fixture("errors/proxy.html"), "text/html"),
            "malformed JSON at line 1 column 1",
        ),
        (
            json(200, r#"{"id":7}"#),
            "invalid value: expected an id, which is not empty and contains no `/`, `\\`, `?`, `#` or `%` at `id`, line 1 \
             column 7",
        ),
        (json(200, r#"{"id":"a","id":"b"}"#), "the field `id` is duplicated at line 1 column 14"),
        (json(200, r#"["user_1"]"#), "a value has the wrong type at line 1 column 0"),
        (json(200, r#"{"object":"user"}"#), "the field `id` is missing at line 1 column 17"),
        (
            ResponseTemplate::new(200).set_body_bytes(b"{\"id\":\"user_1\",\"username\":\"\xff\"}".as_slice()),
            "the response is not UTF-8",
        ),
    ] {
        let error = error_of(response.insert_header("clerk-trace-id", "trace_1")).await;
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert_eq!(error.trace_id(), Some("trace_1"), "{error}");
        let (text, status) = (error.to_string(), error.status().unwrap());
        assert_eq!(text, format!("get: invalid response: {message} (status {status}, trace trace_1)"));
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other_host = Clerk::with_json(200, fixture("responses/get.json")).await;
    for status in [301, 302, 303, 307, 308] {
        let location = other_host.base_url("/v1/users/user_1");
        let error = error_of(ResponseTemplate::new(status).insert_header("location", location)).await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unexpected, Some(status)));
    }
    assert_eq!(other_host.requests().await.len(), 0);
}

#[tokio::test]
async fn response_over_64_mib_is_a_decode_error() {
    let mut body = vec![b' '; 64 * 1024 * 1024];
    body.push(b' ');
    let error = error_of(ResponseTemplate::new(200).set_body_bytes(body)).await;
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.to_string(), "get: invalid response: the response has more than 67108864 bytes (status 200)");
}

#[tokio::test]
async fn error_body_over_the_limit_is_classified_by_status() {
    let body = format!(r#"{{"errors":[{{"code":"{}"}}]}}"#, "x".repeat(64 * 1024));
    let error = error_of(json(409, body)).await;
    assert_eq!((error.kind(), error.details().len()), (ErrorKind::Conflict, 0));
}

#[tokio::test]
async fn error_messages_of_the_api_are_not_printed() {
    let body = r#"{"errors":[{"code":"c","message":"ada@example.com","long_message":"ada@example.com"}]}"#;
    let error = error_of(json(422, body)).await;
    assert_eq!(error.to_string(), "get: invalid input (status 422, c)");
    assert_no_private_data(&error);
}

#[tokio::test]
async fn debug_of_an_error_is_short_for_a_long_error_body() {
    let start = r#"{"errors":["#;
    for detail in ["{}", r#"{"code":[]}"#, r#"{"code":"a","meta":{"param_name":"b"}}"#] {
        let details = vec![detail; 60 * 1024 / (detail.len() + 1)].join(",");
        let error = error_of(json(422, format!("{start}{details}]}}"))).await;
        assert_eq!(error.details().len(), Error::MAX_DETAILS);
        assert!(format!("{error:?}").len() < 16 * 1024);
        assert!(error.to_string().len() < 16 * 1024);
    }
}
