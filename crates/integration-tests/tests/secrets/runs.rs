//! Calls every operation with secret or personal input or output, on each directory.

use std::fmt::Debug;
use std::future::Future;

use clerk_emulator::Emulator;
use integration_tests::printed;
use serde_json::{Value, json};
use user_directory::billing::CreditAdjustment;
use user_directory::model::{
    EmailAddressReplacement, InvitationQuery, OAuthAccessToken, OAuthToken, PasswordDigest, PasswordHasher,
    PhoneNumberReplacement, ProfileImage, TotpCode,
};
use user_directory::time::FakeTimer;
use user_directory::{
    ClerkUserDirectory, Error, ErrorKind, InMemoryUserDirectory, Metadata, MetadataReplacement, MetadataUpdate,
    NewUser, Page, Password, Result, SecretKey, UserDirectory, UserFilter, UserId, UserQuery, UserUpdate,
};

use crate::known::{
    BACKUP_CODE, DIGEST, EMAIL, FIRST_NAME, ID_TOKEN, KEY, LAST_NAME, METADATA, NOTE, PASSWORD, PERSONAL, PHONE,
    SECRETS, TICKET, TOKEN, TOKEN_SECRET, TOTP_CODE, TOTP_SECRET, USERNAME, WALLET, WRONG_PASSWORD, assert_none_of,
    found,
};
use crate::log;
use crate::server::{Response, Server, everything};

pub fn metadata() -> Metadata {
    METADATA.parse().unwrap()
}

pub fn new_user() -> NewUser {
    NewUser::new()
        .first_name(FIRST_NAME)
        .last_name(LAST_NAME)
        .email_address(EMAIL)
        .phone_number(PHONE)
        .username(USERNAME)
        .web3_wallet(WALLET)
        .password(Password::new(PASSWORD))
        .totp_secret(TOTP_SECRET)
        .backup_codes([BACKUP_CODE])
        .public_metadata(metadata())
        .private_metadata(metadata())
        .unsafe_metadata(metadata())
}

pub fn user_update() -> UserUpdate {
    UserUpdate::new()
        .first_name(FIRST_NAME)
        .username(USERNAME)
        .password(PasswordDigest::new(PasswordHasher::Bcrypt, DIGEST))
        .backup_codes([BACKUP_CODE])
}

/// Asserts that a value prints no secrets, and that an error prints neither secrets nor personal data. Collects error
/// kinds.
fn check<T: Debug>(outcome: Result<T>, kinds: &mut Vec<ErrorKind>) {
    match outcome {
        Ok(value) => assert_none_of(SECRETS, &format!("{value:?} {value:#?}")),
        Err(error) => {
            assert_none_of(SECRETS.into_iter().chain(PERSONAL), &printed(&error));
            kinds.push(error.kind());
        }
    }
}

/// Calls every operation with secret or personal input or output, and returns the error kinds.
async fn call_everything(users: &dyn UserDirectory, id: &UserId) -> Vec<ErrorKind> {
    let mut kinds = Vec::new();
    let filter = UserFilter::new().email_address(EMAIL).phone_number(PHONE).username(USERNAME).query(FIRST_NAME);
    let image = ProfileImage::new(everything().into_bytes(), "image/png").named(format!("{USERNAME}.png"));
    check(users.create(&new_user()).await, &mut kinds);
    check(users.create(&new_user()).await, &mut kinds);
    check(users.list(&UserQuery::from(filter.clone())).await, &mut kinds);
    check(users.count(&filter).await, &mut kinds);
    check(users.get(id).await, &mut kinds);
    check(users.verify_password(id, &Password::new(PASSWORD)).await, &mut kinds);
    check(users.verify_password(id, &Password::new(WRONG_PASSWORD)).await, &mut kinds);
    check(users.verify_totp(id, &TotpCode::new(TOTP_CODE)).await, &mut kinds);
    check(users.verify_totp(id, &TotpCode::new(BACKUP_CODE)).await, &mut kinds);
    check(users.update(id, &user_update()).await, &mut kinds);
    check(users.update_metadata(id, &MetadataUpdate::new().private(metadata())).await, &mut kinds);
    check(users.replace_metadata(id, &MetadataReplacement::new().public(metadata())).await, &mut kinds);
    check(users.replace_email_address(id, &EmailAddressReplacement::new(EMAIL)).await, &mut kinds);
    check(users.replace_phone_number(id, &PhoneNumberReplacement::new(PHONE)).await, &mut kinds);
    check(users.set_profile_image(id, &image).await, &mut kinds);
    check(users.get_oauth_access_token(id, &"oauth_google".parse().unwrap(), &Page::new()).await, &mut kinds);
    check(users.get_organization_memberships(id, &Page::new()).await, &mut kinds);
    check(users.get_organization_invitations(id, &InvitationQuery::new()).await, &mut kinds);
    let note = CreditAdjustment::increase(1, "key").note(NOTE);
    check(users.adjust_billing_credit_balance(id, &note).await, &mut kinds);
    check(users.get_billing_subscription(id).await, &mut kinds);
    check(users.delete(&"user_unknown".parse().unwrap()).await, &mut kinds);
    kinds
}

fn clerk(url: &str) -> ClerkUserDirectory {
    let builder = ClerkUserDirectory::builder(SecretKey::new(KEY).unwrap()).base_url(url);
    builder.timer(FakeTimer::new()).build().unwrap()
}

/// Returns a successful response that most operations can decode, with a secret in every field that can have one.
fn success() -> Value {
    let mut user: Value = serde_json::from_str(include_str!("../../../../tests/fixtures/responses/get.json")).unwrap();
    user["first_name"] = FIRST_NAME.into();
    user["private_metadata"] = serde_json::from_str(METADATA).unwrap();
    user["phone_numbers"][0]["backup_codes"] = json!([BACKUP_CODE, BACKUP_CODE]);
    user["email_addresses"][0]["verification"]["external_verification_redirect_url"] = TICKET.into();
    user["email_addresses"][0]["verification"]["error"] = json!({ "code": "x", "message": everything() });
    user["url"] = TICKET.into();
    user["token"] = TOKEN.into();
    user["id_token"] = ID_TOKEN.into();
    user["token_secret"] = TOKEN_SECRET.into();
    user["object"] = "user".into();
    user["verified"] = true.into();
    user["deleted"] = true.into();
    user["total_count"] = 1.into();
    user["organization"] = json!({ "id": "org_1" });
    user["status"] = "active".into();
    user["payer_id"] = "payer_1".into();
    user["amount"] = json!({ "amount": 1 });
    user["data"] = json!([user]);
    user
}

/// Returns a response for each outcome of a call.
fn responses() -> Vec<Response> {
    let echo = |status, code| Response::error(status, code);
    let mut responses: Vec<Response> = [
        (400, "request_body_invalid"),
        (401, "clerk_key_invalid"),
        (402, "plan_required"),
        (403, "user_quota_exceeded"),
        (404, "resource_not_found"),
        (408, "x"),
        (409, "resource_locked"),
        (409, "user_managed_by_scim"),
        (413, "request_body_too_large"),
        (418, "x"),
        (422, "form_identifier_exists"),
        (422, "form_password_pwned"),
        (422, "incorrect_password"),
        (422, "totp_incorrect_code"),
        (423, "x"),
        (429, "too_many_requests"),
        (500, "x"),
        (503, "maintenance_mode"),
    ]
    .map(|(status, code)| echo(status, code))
    .into();
    let body = success();
    responses.push(Response::new(200, body.to_string()));
    responses.push(Response::new(200, json!([body]).to_string()));
    responses.push(Response::new(200, format!("{{\"id\":\"{}\"", everything())));
    responses.push(Response::new(200, format!("{{\"{}\":7,\"id\":[]}}", everything())));
    responses.push(Response::new(200, json!([{ "id": everything().repeat(9) }, everything()]).to_string()));
    responses.push(Response::new(200, json!(everything()).to_string()));
    responses.push(Response::new(200, format!("<html>{}</html>", everything())));
    responses.push(Response::new(502, format!("<html>{}</html>", everything())));
    responses.push(Response::new(404, everything()));
    responses.push(Response::new(302, everything()).header(&format!("location: /{}", everything().replace(' ', "/"))));
    responses.push(Response::new(200, body.to_string()).truncated());
    responses.push(echo(422, "x").truncated());
    responses.push(echo(429, "x").header(&format!("retry-after: {}", everything())));
    responses.push(echo(422, &everything()));
    responses
}

/// Runs on one thread, so that all output is complete when the future is.
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[track_caller]
fn assert_log(expected: &[&str]) {
    let captured = log::take();
    for expected in expected {
        assert!(captured.ours.contains(expected), "{expected} is not in {}", captured.ours);
    }
    assert_none_of(SECRETS.into_iter().chain(PERSONAL), &captured.ours);
    assert_none_of(SECRETS, &captured.others);
}

/// A single test, because the recorder is global.
#[test]
fn logs_and_errors_contain_no_secrets_and_no_personal_data() {
    log::install();
    run(call_server_with_every_response());
    run(call_without_server());
    run(call_in_memory_directory());
    run(call_emulator());
}

async fn call_server_with_every_response() {
    let mut kinds = Vec::new();
    let mut sent = String::new();
    for response in responses() {
        let server = Server::responding_with(response).await;
        kinds.extend(call_everything(&clerk(&server.url), &"user_1".parse().unwrap()).await);
        sent += &server.requests();
    }
    // Otherwise the test would prove nothing.
    let never_sent = [WRONG_PASSWORD, TOKEN, ID_TOKEN, TOKEN_SECRET, "ticket=theticket"];
    let expected: Vec<_> = SECRETS.into_iter().filter(|secret| !never_sent[1..].contains(secret)).collect();
    assert_eq!(found(&sent, expected.iter().copied()), expected);
    assert_eq!(found(&sent, PERSONAL), PERSONAL);
    for kind in [
        ErrorKind::NotFound,
        ErrorKind::Unauthenticated,
        ErrorKind::Forbidden,
        ErrorKind::PaymentRequired,
        ErrorKind::Conflict,
        ErrorKind::Locked,
        ErrorKind::InvalidInput,
        ErrorKind::RateLimited,
        ErrorKind::Timeout,
        ErrorKind::Unavailable,
        ErrorKind::Server,
        ErrorKind::Transport,
        ErrorKind::Decode,
        ErrorKind::Unexpected,
    ] {
        assert!(kinds.contains(&kind), "no error of kind {kind}");
    }
    let captured = log::take();
    assert!(captured.others.contains("reqwest::connect:"), "no output of the HTTP client: {}", captured.others);
    for expected in [
        "operation=\"create\"",
        "user_id=\"user_1\"",
        "status=422",
        "error_kind=",
        "retrying",
        "wait_ms=",
        "ignored an invalid value",
    ] {
        assert!(captured.ours.contains(expected), "{expected} is not in {}", captured.ours);
    }
    assert_none_of(SECRETS.into_iter().chain(PERSONAL), &captured.ours);
    assert_none_of(SECRETS, &captured.others);
}

/// Calls an address without a server.
async fn call_without_server() {
    for url in ["http://127.0.0.1:1/v1", "https://localhost:1/v1"] {
        let kinds = call_everything(&clerk(url), &"user_1".parse().unwrap()).await;
        assert!(kinds.iter().all(|kind| *kind == ErrorKind::Connect), "{kinds:?}");
    }
    assert_log(&["error_kind=\"connect\""]);
}

async fn call_in_memory_directory() {
    let users = InMemoryUserDirectory::permissive();
    let user = users.create(&new_user().email_address("other@example.com")).await.unwrap();
    let mut token = OAuthAccessToken::new("oauth_google", OAuthToken::new(TOKEN));
    token.id_token = Some(OAuthToken::new(ID_TOKEN));
    users.add_oauth_access_token(&user.id, token).await.unwrap();
    let kinds = call_everything(&users, &user.id).await;
    assert!(kinds.contains(&ErrorKind::Conflict) && kinds.contains(&ErrorKind::NotFound), "{kinds:?}");
    assert_none_of(SECRETS.into_iter().chain(PERSONAL), &format!("{users:?} {users:#?}"));
    for json in [format!("[{{\"{}\":1}}]", everything()), json!([{ "id": everything() }]).to_string()] {
        check(users.load_json(&json).await, &mut Vec::new());
    }
    assert_log(&[]);
}

async fn call_emulator() {
    let users = InMemoryUserDirectory::permissive();
    let user = users.create(&new_user().email_address("other@example.com")).await.unwrap();
    let builder = Emulator::builder().store(&users).secret_key(KEY).unwrap();
    assert_none_of(SECRETS.into_iter().chain(PERSONAL), &format!("{builder:?} {builder:#?}"));
    let emulator = builder.start().await.unwrap();
    assert_none_of(SECRETS.into_iter().chain(PERSONAL), &format!("{emulator:?} {emulator:#?}"));
    let kinds = call_everything(&clerk(&emulator.api_url()), &user.id).await;
    assert!(kinds.contains(&ErrorKind::Conflict) && kinds.contains(&ErrorKind::NotFound), "{kinds:?}");
    let wrong_key = "sk_test_another";
    let unauthorized = ClerkUserDirectory::builder(SecretKey::new(wrong_key).unwrap()).base_url(emulator.api_url());
    let error: Error = unauthorized.build().unwrap().get(&user.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    emulator.stop().await.unwrap();
    assert_log(&["operation=\"create\"", "status=422"]);
}
