//! Compares responses from the emulator with hand-written fixtures.
//!
//! `tests/fixtures/wire/README.md` describes the files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use user_directory::store_directory::InstanceSettings;

use clerk_emulator::Emulator;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use user_directory::billing::Subscription;
use user_directory::clerk::ClerkBuilder;
use user_directory::model::{
    BackupCode, ExternalAccount, OAuthAccessToken, OrganizationInvitation, OrganizationMembership, Passkey, TotpSecret,
    TrustedDevice,
};
use user_directory::store_directory::SequentialIds;
use user_directory::time::ManualClock;
use user_directory::wire::route::Route;
use user_directory::{InMemoryUserDirectory, Metadata, NewUser, Operation, Password, UserDirectory};

pub const KEY: &str = "sk_test_wire";
const API_VERSION: &str = "2026-05-12";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    what: String,
    pub setup: String,
    pub calls: Vec<Call>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub request: String,
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    pub json: Option<Value>,
    text: Option<String>,
    pub status: u16,
    pub response: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resources {
    passkeys: Vec<Passkey>,
    external_accounts: Vec<ExternalAccount>,
    oauth_access_tokens: Vec<OAuthAccessToken>,
    organization_memberships: Vec<OrganizationMembership>,
    organization_invitations: Vec<OrganizationInvitation>,
    trusted_devices: Vec<TrustedDevice>,
    billing_subscription: Subscription,
}

fn folder() -> PathBuf {
    integration_tests::root("tests/fixtures/wire")
}

pub fn read<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    let json = std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Returns the names of the files with calls.
fn names() -> Vec<String> {
    let paths = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let json = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let names = json.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    let mut names: Vec<_> = names.filter(|name| !["seed", "values"].contains(&name.as_str())).collect();
    names.sort();
    names
}

/// Creates the directory for the first request.
pub async fn create_directory(setup: &str) -> InMemoryUserDirectory {
    let clock = ManualClock::new("2026-05-12T09:00:00Z".parse().unwrap());
    let directory = InMemoryUserDirectory::builder()
        .settings(InstanceSettings::permissive())
        .clock(clock.clone())
        .ids(SequentialIds::default())
        .build();
    match setup {
        "empty" => {}
        "ada" => create_ada(&directory).await,
        "ada_and_grace" => {
            create_ada(&directory).await;
            clock.advance(Duration::from_secs(1));
            let grace = NewUser::new().email_address("grace@example.com").first_name("Grace");
            directory.create(&grace).await.unwrap();
        }
        "ada_with_resources" => {
            create_ada(&directory).await;
            add_resources(&directory).await;
        }
        other => panic!("unknown setup {other}"),
    }
    clock.set("2026-05-12T09:01:00Z".parse().unwrap());
    directory
}

async fn create_ada(directory: &InMemoryUserDirectory) {
    let metadata = |value: Value| Metadata::new(&value).unwrap();
    let ada = NewUser::new()
        .external_id("shop-1")
        .first_name("Ada")
        .last_name("Lovelace")
        .email_address("ada@example.com")
        .phone_number("+15550100101")
        .web3_wallet("0x71C7656EC7ab88b098defB751B7401B5f6d8976F")
        .username("ada_lovelace")
        .password(Password::new("correct horse battery"))
        .totp_secret(TotpSecret::new("JBSWY3DPEHPK3PXP"))
        .backup_codes([BackupCode::new("backup-one"), BackupCode::new("backup-two")])
        .public_metadata(metadata(json!({ "plan": "pro", "limits": { "seats": 3, "projects": 9 } })))
        .private_metadata(metadata(json!({ "crm": { "id": 7 } })));
    directory.create(&ada).await.unwrap();
}

async fn add_resources(directory: &InMemoryUserDirectory) {
    let Resources {
        passkeys,
        external_accounts,
        oauth_access_tokens,
        organization_memberships,
        organization_invitations,
        trusted_devices,
        billing_subscription,
    } = read("seed");
    let ada = &"user_1".parse().unwrap();
    for passkey in passkeys {
        directory.add_passkey(ada, passkey).await.unwrap();
    }
    for account in external_accounts {
        directory.add_external_account(ada, account).await.unwrap();
    }
    for token in oauth_access_tokens {
        directory.add_oauth_access_token(ada, token).await.unwrap();
    }
    for membership in organization_memberships {
        directory.add_organization_membership(ada, membership).await.unwrap();
    }
    for invitation in organization_invitations {
        directory.add_organization_invitation(ada, invitation).await.unwrap();
    }
    for device in trusted_devices {
        directory.add_trusted_device(ada, device).await.unwrap();
    }
    directory.set_billing_subscription(ada, billing_subscription).await.unwrap();
}

/// Sends the request of a call, and returns the status, the content type and the body.
async fn send(url: &str, call: &Call) -> (u16, String, String) {
    let (method, target) = call.request.split_once(' ').unwrap();
    let mut headers = BTreeMap::from([
        ("authorization".to_owned(), Some(format!("Bearer {KEY}"))),
        ("clerk-api-version".to_owned(), Some(API_VERSION.to_owned())),
    ]);
    if call.json.is_some() {
        headers.insert(CONTENT_TYPE.to_string(), Some("application/json".to_owned()));
    }
    headers.extend(call.headers.clone());

    let client = ClerkBuilder::http_client_builder().unwrap().no_proxy().build().unwrap();
    let mut request = client.request(method.parse().unwrap(), format!("{url}{target}"));
    for (name, value) in headers {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    let body = call.json.as_ref().map(Value::to_string).or_else(|| call.text.clone());
    if let Some(body) = body {
        request = request.body(body);
    }
    let response = request.send().await.unwrap();
    let content_types = response.headers().get_all(CONTENT_TYPE).iter().map(|value| value.to_str().unwrap());
    let content_type = content_types.collect::<Vec<_>>().join(", ");
    (response.status().as_u16(), content_type, response.text().await.unwrap())
}

/// Replaces every `like` in a response by the value that it references.
pub fn expand(response: &Value, values: &Map<String, Value>) -> Value {
    match response {
        Value::Array(elements) => elements.iter().map(|element| expand(element, values)).collect(),
        Value::Object(fields) => {
            let like = fields.get("like").map(|name| values[name.as_str().unwrap()].as_object().unwrap().clone());
            let mut object = like.unwrap_or_default();
            let own = fields.iter().filter(|(name, _)| *name != "like");
            object.extend(own.map(|(name, value)| (name.clone(), expand(value, values))));
            Value::Object(object)
        }
        other => other.clone(),
    }
}

pub fn differences(path: &str, expected: &Value, got: &Value, found: &mut Vec<String>) {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            for (key, expected) in expected {
                match got.get(key) {
                    Some(got) => differences(&format!("{path}.{key}"), expected, got, found),
                    None => found.push(format!("{path}.{key} is absent; expected {expected}")),
                }
            }
            for (key, got) in got.iter().filter(|(key, _)| !expected.contains_key(*key)) {
                found.push(format!("{path}.{key} is {got}; expected it to be absent"));
            }
        }
        (Value::Array(expected), Value::Array(got)) if expected.len() == got.len() => {
            for (index, (expected, got)) in expected.iter().zip(got).enumerate() {
                differences(&format!("{path}[{index}]"), expected, got, found);
            }
        }
        (Value::String(shape), Value::String(got)) if has_shape(shape, got) => {}
        (expected, got) if expected == got => {}
        (expected, got) => found.push(format!("{path} is {got}; expected {expected}")),
    }
}

/// Returns `true` if the text matches a placeholder, such as `<url>`.
fn has_shape(shape: &str, text: &str) -> bool {
    match shape {
        "<text>" => !text.is_empty(),
        "<trace id>" => (16..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "<url>" => text.parse::<reqwest::Url>().is_ok_and(|url| url.has_host()),
        _ => false,
    }
}

/// Makes the calls of a file, and returns the differences.
async fn replay(name: &str, values: &Map<String, Value>) -> Vec<String> {
    let file: File = read(name);
    let directory = create_directory(&file.setup).await;
    let builder = Emulator::builder().store(&directory).secret_key(KEY).unwrap();
    let emulator = builder.start().await.unwrap();
    let mut found = Vec::new();
    for (index, call) in file.calls.iter().enumerate() {
        let (status, content_type, body) = send(&emulator.url(), call).await;
        let mut differing = Vec::new();
        if status != call.status {
            differing.push(format!("status is {status}; expected {}: {body}", call.status));
        }
        if content_type != "application/json" {
            differing.push(format!("content type {content_type:?}"));
        }
        match serde_json::from_str(&body) {
            Ok(body) => differences("body", &expand(&call.response, values), &body, &mut differing),
            Err(error) => differing.push(format!("{error}: {body:?}")),
        }
        let place = format!("{name} ({}), call {}, {}", file.what, index + 1, call.request);
        found.extend(differing.into_iter().map(|difference| format!("{place}: {difference}")));
    }
    emulator.stop().await.unwrap();
    found
}

#[tokio::test]
async fn responses_equal_the_fixtures() {
    let values: Map<String, Value> = read("values");
    let mut found = Vec::new();
    for name in names() {
        found.extend(replay(&name, &values).await);
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

/// Returns `true` if the call is a request of the operation.
pub fn is_call_of(operation: Operation, call: &Call) -> bool {
    let (method, target) = call.request.split_once(' ').unwrap();
    let path = target.split('?').next().unwrap().strip_prefix("/v1").unwrap();
    let route = Route::of(operation);
    let mut segments = path.split('/').zip(route.path.split('/'));
    method == route.method.as_str()
        && path.split('/').count() == route.path.split('/').count()
        && segments.all(|(got, expected)| expected.starts_with('{') || got == expected)
}

#[test]
fn every_operation_has_a_fixture() {
    for &operation in Operation::ALL {
        let file: File = read(operation.as_str());
        let mut successes = file.calls.iter().filter(|call| call.status == 200);
        assert!(successes.any(|call| is_call_of(operation, call)), "{operation}");
    }
}

#[test]
fn differences_reports_absent_additional_and_unequal_values() {
    let differ = |expected: Value, got: Value| {
        let mut found = Vec::new();
        differences("body", &expected, &got, &mut found);
        found
    };
    assert_eq!(differ(json!({ "a": null }), json!({})), ["body.a is absent; expected null"]);
    assert_eq!(differ(json!({}), json!({ "a": null })), ["body.a is null; expected it to be absent"]);
    assert_eq!(differ(json!([1]), json!([1, 2])), ["body is [1,2]; expected [1]"]);
    assert_eq!(differ(json!([{ "a": 1 }]), json!([{ "a": 1.5 }])), ["body[0].a is 1.5; expected 1"]);
    assert_eq!(differ(json!({ "a": "<text>" }), json!({ "a": "" })), ["body.a is \"\"; expected \"<text>\""]);
    assert_eq!(differ(json!("<trace id>"), json!("no")), ["body is \"no\"; expected \"<trace id>\""]);
    assert_eq!(differ(json!("<url>"), json!("/image.png")), ["body is \"/image.png\"; expected \"<url>\""]);
    assert_eq!(differ(json!(["<text>", "<url>", "text"]), json!(["x", "https://a.invalid/b", "text"])), [""; 0]);
}
