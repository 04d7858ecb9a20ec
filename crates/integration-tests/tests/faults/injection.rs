//! Checks that no input value can change a request's path, query structure or headers.
//!
//! Hostile strings go through the real HTTP stack, and an independent parser reads the bytes that the server receives.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use user_directory::billing::CreditAdjustment;
use user_directory::model::{ExternalAccountId, OAuthProvider, PasskeyId, ProfileImage, TrustedDeviceId, Web3WalletId};
use user_directory::wire::route::Route;
use user_directory::{
    ClerkUserDirectory, Metadata, MetadataUpdate, NewUser, Operation, Page, Result, UserDirectory, UserFilter, UserId,
    UserQuery, UserUpdate,
};

use crate::attempt::builder;
use crate::recorder::{Recorder, Sent};
use crate::server::parse_head;
use integration_tests::user;

/// Strings with a special meaning in a URL, a header, a multipart body, a JSON document or a log.
#[rustfmt::skip] // keeps several strings on a line
const HOSTILE: &[&str] = &[
    "/", "//", "\\", ".", "..", "../", "?", "#", "%", "%2e%2e", "%2F", "%00", "%0d%0a", "&", "=", "+", "-", ";", ":",
    "@", " ", "\t", "\r", "\n", "\r\n", "\r\nX-Evil: 1", "\r\n\r\n", "\0", "\u{7f}", "\u{85}", "\u{a0}", "\u{2028}",
    "\u{202e}", "\u{feff}", "ü", "日本", "🦀", "\"", "'", "\\\"", "\"; name=\"evil", "<", ">", "{", "}", "{user_id}",
    "[", "]", "|", "^", "`", "$", "!", "*", "(", ")", ",", "~", "--", "http://evil.example", "user_1", "a", "Z", "9",
    " HTTP/1.1\r\nHost: evil.example\r\n\r\n", "&user_id=user_2", "\",\"evil\":\"1",
];

/// Returns a configuration with a fixed seed.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20_260_512),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::collection::vec(select(HOSTILE), 0..8).prop_map(|parts| parts.concat()),
        2 => prop::collection::vec(any::<char>(), 0..24).prop_map(String::from_iter),
        1 => (select(HOSTILE), 0..2000_usize).prop_map(|(part, times)| part.repeat(times)),
    ]
}

/// Generates mostly valid IDs. Invalid ones are rejected before a request is sent.
fn hostile_id() -> impl Strategy<Value = String> {
    let allowed = hostile().prop_map(|text| {
        let allowed = |&c: &char| !"/\\?#%\u{2028}\u{2029}".contains(c) && !c.is_control();
        text.chars().filter(allowed).take(60).collect()
    });
    prop_oneof![4 => allowed, 1 => hostile()]
}

/// Calls one of the operations whose path has a user ID, and possibly a second parameter.
async fn call(operation: Operation, id: &UserId, part: &str, clerk: &ClerkUserDirectory) -> Result<()> {
    match operation {
        Operation::Get => clerk.get(id).await.map(drop),
        Operation::Update => clerk.update(id, &UserUpdate::new().first_name("Ada")).await.map(drop),
        Operation::Ban => clerk.ban(id).await.map(drop),
        Operation::DeleteTotp => clerk.delete_totp(id).await.map(drop),
        Operation::GetBillingSubscription => clerk.get_billing_subscription(id).await.map(drop),
        Operation::GetOAuthAccessToken => {
            clerk.get_oauth_access_token(id, &OAuthProvider::new(part)?, &Page::new()).await.map(drop)
        }
        Operation::DeletePasskey => clerk.delete_passkey(id, &PasskeyId::new(part)?).await.map(drop),
        Operation::DeleteWeb3Wallet => clerk.delete_web3_wallet(id, &Web3WalletId::new(part)?).await.map(drop),
        Operation::DeleteExternalAccount => {
            clerk.delete_external_account(id, &ExternalAccountId::new(part)?).await.map(drop)
        }
        Operation::RevokeTrustedDevice => clerk.revoke_trusted_device(id, &TrustedDeviceId::new(part)?).await.map(drop),
        other => panic!("{other} is not among the operations of this test"),
    }
}

const WITH_IDS: &[Operation] = &[
    Operation::Get,
    Operation::Update,
    Operation::Ban,
    Operation::DeleteTotp,
    Operation::GetBillingSubscription,
    Operation::GetOAuthAccessToken,
    Operation::DeletePasskey,
    Operation::DeleteWeb3Wallet,
    Operation::DeleteExternalAccount,
    Operation::RevokeTrustedDevice,
];

/// Returns the name of an OAuth provider, with the prefix that the API expects.
fn oauth(name: &str) -> String {
    if name.starts_with("oauth_") { name.to_owned() } else { format!("oauth_{name}") }
}

#[test]
fn ids_are_encoded_as_one_path_segment() {
    let recorder = Recorder::start();
    proptest!(config(400), |(operation in select(WITH_IDS), id in hostile_id(), part in hostile_id())| {
        let Ok(user_id) = UserId::new(id.as_str()) else { return Ok(()) };
        let Some(sent) = recorder.sent(call(operation, &user_id, &part, &recorder.directory)) else { return Ok(()) };
        let segment = |segment: &str| match segment {
            "{user_id}" => id.clone(),
            "{provider}" => oauth(&part),
            _ if segment.starts_with('{') => part.clone(),
            _ => segment.to_owned(),
        };
        let below = Route::of(operation).path.split('/').skip(1).map(segment);
        let path: Vec<_> = ["v1".to_owned()].into_iter().chain(below).collect();
        prop_assert_eq!(sent.path, path);
        prop_assert_eq!(sent.query, None);
        prop_assert_eq!(sent.method, Route::of(operation).method.as_str());
    });
    recorder.assert_received(100);
}

#[test]
fn list_and_count_encode_each_filter_value_as_one_parameter() {
    let recorder = Recorder::start();
    let texts = prop::collection::vec(hostile(), 5);
    let lists = prop::collection::vec(prop::collection::vec(hostile(), 1..3), 6);
    let ids = prop::collection::vec(hostile_id(), 3);
    proptest!(config(300), |(texts in texts, lists in lists, ids in ids)| {
        let (Ok(one), Ok(two), Ok(provider)) =
            (UserId::new(&*ids[0]), UserId::new(&*ids[1]), OAuthProvider::new(&*ids[2])) else { return Ok(()) };
        let filter = UserFilter::new()
            .email_addresses(lists[0].iter())
            .phone_numbers(lists[1].iter())
            .usernames(lists[2].iter())
            .web3_wallets(lists[3].iter())
            .external_ids(lists[4].iter())
            .user_ids([&one])
            .exclude_user_ids([&two])
            .query(&texts[0])
            .email_address_query(&texts[1])
            .phone_number_query(&texts[2])
            .username_query(&texts[3])
            .name_query(&texts[4])
            .provider_users(provider, lists[5].iter());
        let query = UserQuery::new().filter(filter.clone()).starting_after(one);

        let mut expected = Vec::new();
        let mut expect = |name: &str, value: &str| expected.push((name.to_owned(), value.to_owned()));
        let list = |name, values: &[String], expect: &mut dyn FnMut(&str, &str)| {
            for value in values { expect(name, value); }
        };
        list("email_address", &lists[0], &mut expect);
        list("phone_number", &lists[1], &mut expect);
        list("external_id", &lists[4], &mut expect);
        list("username", &lists[2], &mut expect);
        list("web3_wallet", &lists[3], &mut expect);
        expect("user_id", &ids[0]);
        expect("user_id", &format!("-{}", ids[1]));
        let names = ["query", "email_address_query", "phone_number_query", "username_query", "name_query"];
        names.iter().zip(&texts).for_each(|(name, text)| expect(name, text));
        expect("provider", &oauth(&ids[2]));
        list("provider_user_id", &lists[5], &mut expect);

        if let Some(sent) = recorder.sent(recorder.directory.count(&filter)) {
            prop_assert_eq!(sent.path, ["v1", "users", "count"]);
            prop_assert_eq!(included(sent.query.unwrap()), expected.clone());
            }
        if let Some(sent) = recorder.sent(recorder.directory.list(&query)) {
            prop_assert_eq!(sent.path, ["v1", "users"]);
            expected.push(("starting_after".to_owned(), ids[0].clone()));
            prop_assert_eq!(included(sent.query.unwrap()), expected);
            }
    });
    recorder.assert_received(50);
}

/// Strips the optional `+` prefix of selections, which the service ignores.
fn included(query: Vec<(String, String)>) -> Vec<(String, String)> {
    let is_selection = |name: &str| ["user_id", "external_id", "organization_id"].contains(&name);
    query
        .into_iter()
        .map(|(name, value)| match value.strip_prefix('+') {
            Some(value) if is_selection(&name) => (name, value.to_owned()),
            _ => (name, value),
        })
        .collect()
}

#[test]
fn list_and_count_reject_queries_too_long_for_a_url() {
    let recorder = Recorder::start();
    for length in [60_000, 70_000, 1_000_000] {
        let filter = UserFilter::new().query("a".repeat(length));
        let sent = recorder.sent(recorder.directory.count(&filter));
        assert_eq!(sent.is_some(), length == 60_000, "{length}");
    }
    let filter = UserFilter::new().usernames(vec!["🦀".repeat(100); 100]);
    let error = recorder.runtime.block_on(recorder.directory.list(&filter.into())).unwrap_err();
    assert_eq!((error.operation(), error.param_name()), (Some(Operation::List), Some("query")));
}

#[test]
fn set_profile_image_sends_one_part_with_file_name_and_content_type() {
    let recorder = Recorder::start();
    let content_type = prop_oneof![
        3 => select(&["image/png", "image/svg+xml", "image/png; a=b", "IMAGE/PNG"][..]).prop_map(str::to_owned),
        1 => hostile().prop_map(|text| format!("image/png{text}")),
        1 => hostile().prop_map(|text| format!("image/png; a={text}")),
    ];
    let data = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        hostile().prop_map(String::into_bytes),
        select(&["\r\n--", "\r\n--\r\nContent-Disposition: form-data; name=\"evil\"\r\n\r\n1"][..])
            .prop_map(|text| text.as_bytes().to_vec()),
    ];
    proptest!(config(300), |(name in hostile(), content_type in content_type, data in data)| {
        let image = ProfileImage::new(data.clone(), content_type.clone()).named(name.clone());
        let Some(sent) = recorder.sent(recorder.directory.set_profile_image(&user(), &image)) else { return Ok(()) };
        let sent_type = sent.content_type.unwrap();
        let boundary = sent_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        prop_assert!(boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{}", boundary);

        let start = format!("--{boundary}\r\n");
        let end = format!("\r\n--{boundary}--\r\n");
        let part = sent.body.strip_prefix(start.as_bytes()).unwrap().strip_suffix(end.as_bytes()).unwrap();
        let delimiter = format!("--{boundary}");
        prop_assert!(!part.windows(delimiter.len()).any(|window| window == delimiter.as_bytes()), "a second part");
        let head_end = part.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let (head, content) = part.split_at(head_end);
        prop_assert_eq!(content, &data);

        let (first, others) = parse_head(head);
        let file_name = first.strip_prefix("Content-Disposition: form-data; name=\"file\"; filename=").unwrap();
        prop_assert_eq!(unquote(file_name), name.replace('"', "%22").replace('\\', "%5C"));
        prop_assert_eq!(others.len(), 1);
        prop_assert_eq!(&others[0].0, "content-type");
        prop_assert!(others[0].1.eq_ignore_ascii_case(&content_type), "{:?} {:?}", others, content_type);
    });
    recorder.assert_received(50);
}

/// Unquotes a quoted string that must span the whole text.
fn unquote(text: &str) -> String {
    let inner = text.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
    let mut unquoted = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        assert_ne!(c, '"', "the string ends too early: {text}");
        unquoted.push(if c == '\\' { chars.next().unwrap() } else { c });
    }
    unquoted
}

#[test]
fn body_values_are_encoded_unchanged() {
    let recorder = Recorder::start();
    proptest!(config(300), |(key in hostile(), name in hostile(), value in hostile())| {
        let directory = &recorder.directory;
        let adjustment = CreditAdjustment::increase(1, key.as_str());
        if let Some(sent) = recorder.sent(directory.adjust_billing_credit_balance(&user(), &adjustment)) {
            prop_assert_eq!(sent.path, ["v1", "users", "user_1", "billing", "credits"]);
            let json: Value = serde_json::from_slice(&sent.body).unwrap();
            prop_assert_eq!(&json["idempotency_key"], &key);
            prop_assert_eq!(json.as_object().unwrap().len(), 3);
        }

        let document = json!({ name.as_str(): value, "list": [value] });
        let new_user = NewUser::new().first_name(&*name).private_metadata(Metadata::new(&document).unwrap());
        let sent = recorder.sent(directory.create(&new_user)).unwrap();
        prop_assert_eq!(sent.json(), json!({ "first_name": name, "private_metadata": document }));

        // Metadata is sent as the JSON text it was parsed from.
        let raw = format!(r#"{{"a":{value}}}"#);
        for text in [value.as_str(), raw.as_str()] {
            let Ok(metadata) = text.parse::<Metadata>() else { continue };
            let update = MetadataUpdate::new().public(metadata);
            let sent = recorder.sent(directory.update_metadata(&user(), &update)).unwrap();
            let body: BTreeMap<String, &RawValue> = serde_json::from_slice(&sent.body).unwrap();
            let body: Vec<_> = body.iter().map(|(name, json)| (name.as_str(), json.get())).collect();
            prop_assert_eq!(body, [("public_metadata", text.trim())]);
        }
    });
    recorder.assert_received(100);
}

#[test]
fn user_agent_and_api_version_are_sent_as_one_header_each() {
    let recorder = Recorder::start();
    let base_url = format!("http://{}/v1", recorder.server.address);
    // Fewer cases, because each builds a client.
    proptest!(config(100), |(user_agent in hostile(), api_version in hostile())| {
        let Ok(directory) = builder(&*base_url).user_agent(&*user_agent).api_version(&*api_version).build() else {
            return Ok(());
        };
        let _ = recorder.runtime.block_on(directory.get(&user()));
        let sent = Sent::parse(recorder.server.take_requests().remove(0));
        prop_assert_eq!(sent.path, ["v1", "users", "user_1"]);
        let mut expected = recorder.headers(None, None);
        for (name, value) in &mut expected {
            match name.as_str() {
                "user-agent" => value.clone_from(&user_agent),
                "clerk-api-version" => value.clone_from(&api_version),
                _ => {}
            }
        }
        prop_assert_eq!(sent.headers, expected);
    });
}
