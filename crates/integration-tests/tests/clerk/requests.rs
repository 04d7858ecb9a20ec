//! The requests that `ClerkUserDirectory` sends for each operation.

mod bodies;
mod queries;

use integration_tests::{Clerk, KEY, call, fixture, user};
use jiff::Timestamp;
use serde_json::Value;
use user_directory::billing::CreditAdjustment;
use user_directory::clerk::ClerkBuilder;
use user_directory::model::{InvitationQuery, ProfileImage};
use user_directory::wire::route::Route;
use user_directory::{
    ClerkUserDirectory, ErrorKind, Operation, Page, Result, SecretKey, UserDirectory as _, UserFilter, UserId,
    UserQuery, UserUpdate,
};
use wiremock::Request;

/// Makes one call, asserts what all requests have in common, and returns the request.
async fn sent<T>(operation: Operation, call: impl AsyncFnOnce(&ClerkUserDirectory) -> Result<T>) -> Request {
    let clerk = Clerk::with_json(200, fixture(&format!("responses/{operation}.json"))).await;
    call(&clerk.directory).await.unwrap();
    let mut requests = clerk.requests().await;
    assert_eq!(requests.len(), 1, "{operation}");
    let request = requests.remove(0);

    assert_eq!(request.method.as_str(), Route::of(operation).method.as_str(), "{operation}");
    let authorization = format!("Bearer {KEY}");
    for (name, value) in [
        ("authorization", authorization.as_str()),
        ("clerk-api-version", "2026-05-12"),
        ("accept", "application/json"),
        ("user-agent", concat!("user-directory/", env!("CARGO_PKG_VERSION"))),
    ] {
        let values: Vec<_> = request.headers.get_all(name).iter().collect();
        assert_eq!(values, [value], "{operation}: {name}");
    }
    assert!(!request.url.as_str().contains("api_version"), "the version must be sent only as a header");
    request
}

/// Returns the path and, if present, the query.
fn target(request: &Request) -> String {
    let query = request.url.query().map(|query| format!("?{query}"));
    format!("{}{}", request.url.path(), query.unwrap_or_default())
}

#[track_caller]
fn assert_bodiless(request: &Request, target_expected: &str) {
    assert_eq!(target(request), target_expected);
    assert_eq!(request.body, b"");
    assert_eq!(request.headers.get("content-type"), None);
}

#[track_caller]
fn assert_json(request: &Request, target_expected: &str, body: &Value) {
    assert_eq!(target(request), target_expected);
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(&request.body_json::<Value>().unwrap(), body);
}

fn millis(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap()
}

#[tokio::test]
async fn each_operation_uses_the_method_and_path_of_its_route() {
    for &operation in Operation::ALL {
        let request = sent(operation, async |clerk| call(operation, clerk).await).await;
        let path = Route::of(operation)
            .path
            .split('/')
            .map(|segment| match segment {
                "{user_id}" => "user_1",
                "{provider}" => "oauth_google",
                _ if segment.starts_with('{') => "idn_1",
                _ => segment,
            })
            .collect::<Vec<_>>()
            .join("/");
        assert_eq!(target(&request), format!("/v1{path}"), "{operation}");
    }
}

#[tokio::test]
async fn operations_without_parameters_send_an_empty_body() {
    for (operation, expected) in [
        (Operation::Get, "/v1/users/user_1"),
        (Operation::Delete, "/v1/users/user_1"),
        (Operation::Ban, "/v1/users/user_1/ban"),
        (Operation::Unban, "/v1/users/user_1/unban"),
        (Operation::Lock, "/v1/users/user_1/lock"),
        (Operation::Unlock, "/v1/users/user_1/unlock"),
        (Operation::DeleteProfileImage, "/v1/users/user_1/profile_image"),
        (Operation::DisableMfa, "/v1/users/user_1/mfa"),
        (Operation::DeleteTotp, "/v1/users/user_1/totp"),
        (Operation::DeleteBackupCodes, "/v1/users/user_1/backup_code"),
        (Operation::DeletePasskey, "/v1/users/user_1/passkeys/idn_1"),
        (Operation::DeleteWeb3Wallet, "/v1/users/user_1/web3_wallets/idn_1"),
        (Operation::DeleteExternalAccount, "/v1/users/user_1/external_accounts/idn_1"),
        (Operation::UnsetPasswordCompromised, "/v1/users/user_1/password/unset_compromised"),
        (Operation::ListTrustedDevices, "/v1/users/user_1/trusted_devices"),
        (Operation::RevokeTrustedDevice, "/v1/users/user_1/trusted_devices/idn_1"),
        (Operation::GetBillingSubscription, "/v1/users/user_1/billing/subscription"),
        (Operation::GetBillingCreditBalance, "/v1/users/user_1/billing/credits"),
        (Operation::List, "/v1/users"),
        (Operation::Count, "/v1/users/count"),
    ] {
        let request = sent(operation, async |clerk| call(operation, clerk).await).await;
        assert_bodiless(&request, expected);
    }
}

#[tokio::test]
async fn post_without_body_has_content_length_zero() {
    let request = sent(Operation::Ban, async |clerk| clerk.ban(&user()).await).await;
    assert_eq!(request.headers["content-length"], "0");
}

#[tokio::test]
async fn ids_are_percent_encoded_as_one_path_segment() {
    let id = UserId::new("user 1+ü:@&=;").unwrap();
    let request = sent(Operation::Ban, async |clerk| clerk.ban(&id).await).await;
    assert_eq!(request.url.path(), "/v1/users/user%201+%C3%BC:@&=;/ban");
    assert_eq!(request.url.query(), None);
}

#[tokio::test]
async fn invalid_input_fails_without_a_request_and_names_the_operation() {
    let clerk = Clerk::with_json(200, "[]").await;
    let (directory, id) = (&clerk.directory, &user());
    let too_many = UserFilter::new().usernames((0..101).map(|number| number.to_string()));
    let page = Page::new().limit(0);
    let png = |content_type: &'static str| ProfileImage::new(b"image".as_slice(), content_type);

    for (error, operation, param_name) in [
        (directory.list(&UserQuery::new().limit(501)).await.unwrap_err(), Operation::List, "limit"),
        (directory.count(&too_many).await.unwrap_err(), Operation::Count, "username"),
        (
            directory.update(id, &UserUpdate::new().skip_password_checks(true)).await.unwrap_err(),
            Operation::Update,
            "skip_password_checks",
        ),
        (
            directory.get_oauth_access_token(id, &"oauth_google".parse().unwrap(), &page).await.unwrap_err(),
            Operation::GetOAuthAccessToken,
            "limit",
        ),
        (
            directory.get_organization_memberships(id, &page).await.unwrap_err(),
            Operation::GetOrganizationMemberships,
            "limit",
        ),
        (
            directory.get_organization_invitations(id, &InvitationQuery::new().page(page)).await.unwrap_err(),
            Operation::GetOrganizationInvitations,
            "limit",
        ),
        (
            directory.adjust_billing_credit_balance(id, &CreditAdjustment::increase(0, "key")).await.unwrap_err(),
            Operation::AdjustBillingCreditBalance,
            "amount",
        ),
        (
            directory.set_profile_image(id, &png("not a media type")).await.unwrap_err(),
            Operation::SetProfileImage,
            "content_type",
        ),
        (
            directory.set_profile_image(id, &png("image/png\r\nX-Evil: 1")).await.unwrap_err(),
            Operation::SetProfileImage,
            "content_type",
        ),
        (
            directory.set_profile_image(id, &png("image/png").named("a\r\nb")).await.unwrap_err(),
            Operation::SetProfileImage,
            "file_name",
        ),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert_eq!(error.operation(), Some(operation), "{error}");
        assert_eq!(error.param_name(), Some(param_name), "{error}");
        assert_eq!(error.status(), None, "{error}");
    }
    assert_eq!(clerk.requests().await.len(), 0);
}

#[tokio::test]
async fn builder_sets_api_version_user_agent_and_http_client() {
    let clerk = Clerk::with_json(200, fixture("responses/ban.json")).await;
    let base_url = clerk.base_url("/v1/");
    let http = ClerkBuilder::http_client_builder().unwrap().user_agent("custom-client").no_proxy().build().unwrap();
    let directory = ClerkUserDirectory::builder(SecretKey::new("other").unwrap())
        .base_url(base_url)
        .api_version("2025-11-10")
        .user_agent("shop/1.2")
        .http_client(http)
        .build()
        .unwrap();
    directory.ban(&user()).await.unwrap();

    let request = clerk.requests().await.remove(0);
    assert_bodiless(&request, "/v1/users/user_1/ban");
    assert_eq!(request.headers["clerk-api-version"], "2025-11-10");
    assert_eq!(request.headers.get_all("user-agent").iter().collect::<Vec<_>>(), ["shop/1.2"]);
    assert_eq!(request.headers["authorization"], "Bearer other");
}

#[tokio::test]
async fn requests_keep_the_path_of_the_base_url() {
    let clerk = Clerk::with_json(200, fixture("responses/get.json")).await;
    for (path, expected) in [
        ("", "/v1/users/user_1"),
        ("/", "/v1/users/user_1"),
        ("/clerk", "/clerk/users/user_1"),
        ("/v1//", "/v1/users/user_1"),
        ("/a%20b/v1", "/a%20b/v1/users/user_1"),
    ] {
        integration_tests::directory(&clerk.base_url(path)).get(&user()).await.unwrap();
        assert_eq!(clerk.requests().await.last().unwrap().url.path(), expected);
    }
}

#[tokio::test]
async fn get_of_reserved_id_is_not_found_without_a_request() {
    let clerk = Clerk::with_json(200, r#"{"object":"total_count","total_count":2}"#).await;
    for id in ["count", "ban", "unban"] {
        let id: UserId = id.parse().unwrap();
        for error in [
            clerk.directory.get(&id).await.unwrap_err(),
            clerk.directory.delete(&id).await.unwrap_err(),
            clerk.directory.ban(&id).await.unwrap_err(),
        ] {
            assert!(error.is_not_found() && error.operation().is_some(), "{error:?}");
        }
    }
    assert!(clerk.requests().await.is_empty());
}
