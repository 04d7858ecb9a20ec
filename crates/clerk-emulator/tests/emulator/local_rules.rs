//! Rules that the library checks before it sends a request, as responses from the emulator.

use user_directory::model::{MAX_FILTER_VALUES, ProfileImage};
use user_directory::wire::response::response_details;
use user_directory::wire::status::status_of;
use user_directory::{Error, Metadata, NewUser, UserDirectoryExt, UserFilter, UserIdBatch};

use crate::support::{Clerk, Response};

/// A request that violates a rule: its name, method, path below the user's path or below `/v1/users`, and body.
struct Violation {
    rule: &'static str,
    request: (&'static str, &'static str, String),
    expected: (u16, &'static str, Option<&'static str>),
}

fn violation(
    rule: &'static str,
    (method, path): (&'static str, &'static str),
    body: impl Into<String>,
    expected: (u16, &'static str, Option<&'static str>),
) -> Violation {
    Violation { rule, request: (method, path, body.into()), expected }
}

fn violations() -> Vec<Violation> {
    let invalid = |name| (422, "form_param_value_invalid", Some(name));
    let disallowed = (422, "form_conditional_param_disallowed", Some("starting_after"));
    let password = (422, "form_conditional_param_missing", Some("password"));
    let user_ids = |number| format!("{{\"user_ids\":{:?}}}", vec!["user_1"; number]);
    let credit = "{USER}/billing/credits";
    vec![
        violation("PageLimit", ("GET", "?limit=501"), "", invalid("limit")),
        violation("PageLimit", ("GET", "{USER}/organization_memberships?limit=0"), "", invalid("limit")),
        violation("FilterValue", ("GET", "?external_id=-"), "", invalid("external_id")),
        violation("FilterSize", ("GET", "?{USERNAMES}"), "", (422, "form_param_array_size_exceeded", Some("username"))),
        violation("CursorOrder", ("GET", "?starting_after={USER_ID}&order_by=username"), "", disallowed),
        violation("CursorOffset", ("GET", "?starting_after={USER_ID}&offset=1"), "", disallowed),
        violation("PlainPassword", ("PATCH", "{USER}"), r#"{"skip_password_checks":true}"#, password),
        violation("PlainPassword", ("PATCH", "{USER}"), r#"{"sign_out_of_other_sessions":true}"#, password),
        violation("BatchNotEmpty", ("POST", "/ban"), user_ids(0), (422, "form_param_missing", Some("user_ids"))),
        violation("BatchSize", ("POST", "/unban"), user_ids(51), (400, "bulk_size_exceeded", None)),
        violation(
            "MetadataObject",
            ("PATCH", "{USER}/metadata"),
            r#"{"public_metadata":7}"#,
            invalid("public_metadata"),
        ),
        violation(
            "CreditAmount",
            ("POST", credit),
            r#"{"amount":0,"action":"increase","idempotency_key":"a"}"#,
            (422, "invalid_credit_amount", Some("amount")),
        ),
        violation(
            "IdempotencyKey",
            ("POST", credit),
            r#"{"amount":1,"action":"increase","idempotency_key":""}"#,
            invalid("idempotency_key"),
        ),
        violation("TotpSecret", ("PATCH", "{USER}"), r#"{"totp_secret":"1"}"#, (422, "invalid_totp_secret_code", None)),
    ]
}

async fn send(clerk: &Clerk, user_id: &str, (method, path, body): &(&str, &'static str, String)) -> Response {
    let path = path
        .replace("{USERNAMES}", &"username=a&".repeat(MAX_FILTER_VALUES + 1))
        .replace("{USER_ID}", user_id)
        .replace("{USER}", &format!("/{user_id}"));
    let call = clerk.call(method, &format!("/v1/users{path}"));
    if body.is_empty() { call.send().await } else { call.json(body).send().await }
}

/// Rules that no request over HTTP violates.
async fn local_errors(clerk: &Clerk) -> Vec<(&'static str, Error, (u16, &'static str, Option<&'static str>))> {
    let image = |content_type: &'static str| ProfileImage::new(b"x".as_slice(), content_type);
    let body_invalid = (400, "request_body_invalid", None);
    let external_id = clerk.client().ensure(&NewUser::new().email_address("eve@example.com")).await.unwrap_err();
    let long = UserFilter::new().usernames((0..100).map(|number| format!("{number}{}", "x".repeat(1000))));
    vec![
        ("MetadataObject", Metadata::new(&7).unwrap_err(), (422, "form_param_value_invalid", Some("metadata"))),
        ("ImageType", image("png").validate().unwrap_err(), body_invalid),
        ("ImageFileName", image("image/png").named("a\nb").validate().unwrap_err(), body_invalid),
        ("BatchNotEmpty", UserIdBatch::new([]).unwrap_err(), (422, "form_param_missing", Some("user_ids"))),
        ("ExternalId", external_id, (422, "form_param_missing", Some("external_id"))),
        ("UrlLength", clerk.client().exists(&long).await.unwrap_err(), (400, "bad_request", None)),
    ]
}

#[tokio::test]
async fn local_validation_errors_have_the_codes_of_the_catalog_in_responses() {
    let clerk = Clerk::start().await;
    let user = clerk.user().await;
    for Violation { rule, request, expected: (status, code, param_name) } in violations() {
        let response = send(&clerk, user.id.as_str(), &request).await;
        assert_eq!(response.status, status, "{rule}: {}", response.text);
        assert_eq!(response.errors(), [(code.to_owned(), param_name.map(str::to_owned))], "{rule}");
    }
    for (rule, error, (status, code, param_name)) in local_errors(&clerk).await {
        assert!(error.has_code("invalid_request"), "{rule}: {error}");
        let details = response_details(&error);
        assert_eq!((details[0].code(), details[0].param_name()), (code, param_name), "{rule}");
        assert_eq!((details.len(), status_of(&error)), (1, status), "{rule}");
    }
    assert_eq!(user_directory::UserDirectory::get(&clerk.directory, &user.id).await.unwrap(), user);
}
