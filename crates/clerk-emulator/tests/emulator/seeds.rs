//! Tests of seed files and of the control API's seed.

use std::path::Path;

use clerk_emulator::Emulator;
use serde_json::{Value, json};
use user_directory::{InMemoryUserDirectory, UserDirectory, UserFilter};

use crate::support::Clerk;

const SECRETS: &str = r#"[{
    "object": "user", "id": "user_1", "username": "ada_lovelace", "password": "correct horse battery",
    "totp_secret": "JBSWY3DPEHPK3PXP", "backup_codes": ["one-time-code"]
}, {
    "id": "user_2", "password_digest": "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2",
    "password_hasher": "bcrypt"
}]"#;

/// Starts an emulator with this seed file, and returns the number of users, or the error with its causes.
async fn seed(file: impl AsRef<[u8]>) -> Result<u64, String> {
    fn text(error: &dyn std::error::Error) -> String {
        error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {}", text(cause)))
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.json");
    std::fs::write(&path, file).unwrap();
    let directory = InMemoryUserDirectory::new();
    let start = Emulator::builder().store(&directory).seed(Path::new(&path)).start().await;
    let emulator = start.map_err(|error| text(&error).replace(&path.display().to_string(), "FILE"))?;
    let count = directory.count(&UserFilter::new()).await.unwrap();
    emulator.stop().await.unwrap();
    Ok(count)
}

#[tokio::test]
async fn seed_accepts_passwords_and_second_factors() {
    let clerk = Clerk::start().await;
    assert_eq!(clerk.post("/__emulator/seed", SECRETS).await.json(), json!({ "users": 2 }));
    let ada = clerk.get("/v1/users/user_1").await.json();
    for name in ["password_enabled", "totp_enabled", "backup_code_enabled", "two_factor_enabled"] {
        assert_eq!(ada[name], true, "{name}");
    }
    let verify = async |body: &str| clerk.post("/v1/users/user_1/verify_password", body).await.status;
    assert_eq!(verify(r#"{"password":"correct horse battery"}"#).await, 200);
    assert_eq!(verify(r#"{"password":"wrong"}"#).await, 422);
    let response = clerk.post("/v1/users/user_1/verify_totp", r#"{"code":"one-time-code"}"#).await;
    assert_eq!(response.json(), json!({ "verified": true, "code_type": "backup_code" }));
    assert_eq!(clerk.get("/v1/users/user_2").await.json()["password_enabled"], true);
    let verify = async |body: &str| clerk.post("/v1/users/user_2/verify_password", body).await.status;
    assert_eq!(verify(r#"{"password":"correct horse"}"#).await, 200);
    assert_eq!(verify(r#"{"password":"correct horse battery"}"#).await, 422);
    assert_eq!(seed(SECRETS).await, Ok(2));
}

#[tokio::test]
async fn seed_rejects_unknown_fields_by_name() {
    let users = r#"[{"id":"user_1"},{"id":"user_2","passwd":"hunter2","firstName":"Ada"}]"#;
    let lines = "{\"id\":\"user_1\"}\n{\"id\":\"user_2\",\"passwd\":\"hunter2\",\"firstName\":\"Ada\"}\n";
    let clerk = Clerk::start().await;
    for (file, line) in [(users, 1), (lines, 2)] {
        let why =
            &format!("user 2 (line {line}): unknown field: passwd, firstName; known fields: backup_code_enabled, ");
        let error = seed(file).await.unwrap_err();
        assert!(error.starts_with(&format!("cannot load FILE: {why}")), "{error}");
        let response = clerk.post("/__emulator/seed", file).await;
        response.assert_error(400, "request_body_invalid", None);
        assert!(response.text.contains(why) && !response.text.contains("hunter2"), "{}", response.text);
    }
    assert_eq!(clerk.get("/v1/users/count").await.json()["total_count"], 0);
}

#[tokio::test]
async fn seed_rejects_values_that_would_be_ignored() {
    let clerk = Clerk::start().await;
    for (field, why, column) in [
        (r#""banned":"secret""#, "invalid value: expected a boolean at `banned`", 32),
        (r#""public_metadata":"secret""#, "a value has the wrong type at `public_metadata`", 41),
        (r#""email_addresses":[{"email":"secret"}]"#, "the field is unknown at `email_addresses[0].email`", 51),
        (r#""email_addresses":["secret"]"#, "invalid value: expected an object at `email_addresses[0]`", 42),
        (r#""external_accounts":[{"provider":"secret"}]"#, "the field `id` is missing at `external_accounts[0]`", 57),
    ] {
        let user = format!(r#"{{"id":"user_2",{field}}}"#);
        for (file, line, column) in [
            (format!(r#"[{{"id":"user_1"}},{user}]"#), 1, r#"[{"id":"user_1"},"#.len() + column),
            (format!("[\n  {{\"id\":\"user_1\"}},\n  {user}\n]"), 3, 2 + column),
            (format!("{{\"id\":\"user_1\"}}\n\n{user}\n"), 3, column),
        ] {
            let why = format!("user 2: {why}, line {line} column {column}");
            assert_eq!(seed(&file).await, Err(format!("cannot load FILE: {why}")));
            let response = clerk.post("/__emulator/seed", &file).await;
            response.assert_error(400, "request_body_invalid", None);
            assert!(response.text.contains(&why) && !response.text.contains("secret"), "{}", response.text);
        }
    }
    assert_eq!(clerk.get("/v1/users/count").await.json()["total_count"], 0);
}

/// Returns the users of a document of the API.
fn users(document: &Value) -> Vec<&Value> {
    match document {
        Value::Array(elements) => elements.iter().filter(|element| element["object"] == "user").collect(),
        document if document["object"] == "user" && document["deleted"] != true => vec![document],
        _ => Vec::new(),
    }
}

/// Returns the name and the text of each fixture.
fn fixtures(folder: &str) -> Vec<(String, String)> {
    let folder = integration_tests::root("tests/fixtures").join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

#[tokio::test]
async fn seed_accepts_every_user_of_a_response() {
    let clerk = Clerk::start().await;
    let mut seeded = 0;
    for (name, text) in fixtures("responses") {
        let document: Value = serde_json::from_str(&text).unwrap();
        for user in users(&document) {
            let response = clerk.post("/__emulator/seed", &user.to_string()).await;
            assert_eq!(response.status, 200, "{name}: {}", response.text);
            clerk.directory.clear().await.unwrap();
            seeded += 1;
        }
    }
    assert!(seeded > 15, "{seeded}");
}

#[tokio::test]
async fn seed_accepts_incomplete_users_but_no_unknown_field() {
    let clerk = Clerk::start().await;
    for (name, text) in fixtures("lenient") {
        let response = clerk.post("/__emulator/seed", &text).await;
        if name == "unknown_fields" {
            response.assert_error(400, "request_body_invalid", None);
            let why = "the field is unknown at `email_addresses[0].verification.x_new_field_1`";
            assert!(response.text.contains(why), "{}", response.text);
        } else {
            assert_eq!(response.status, 200, "{name}: {}", response.text);
        }
        clerk.directory.clear().await.unwrap();
    }
}

#[tokio::test]
async fn seed_rejects_the_data_of_user_deleted_events() {
    let clerk = Clerk::start().await;
    let ada = clerk.user().await;
    let data = clerk.call("DELETE", &format!("/v1/users/{}", ada.id)).send().await;
    assert_eq!(data.json()["deleted"], true);
    for file in [data.text.clone(), format!(r#"[{{"id":"user_1"}},{}]"#, data.text)] {
        let response = clerk.post("/__emulator/seed", &file).await;
        response.assert_error(400, "request_body_invalid", None);
        assert!(response.text.contains("the object is not a user at "), "{}", response.text);
        assert!(seed(&file).await.unwrap_err().contains("the object is not a user at "));
    }
    assert_eq!(clerk.get("/v1/users/count").await.json()["total_count"], 0);
}

#[tokio::test]
async fn seed_rejects_invalid_secrets_with_the_number_of_the_user() {
    for (user, why) in [
        (
            r#""password_digest":"x","password_hasher":"bcrypt""#,
            "password_digest is not a valid digest of the hasher bcrypt, or exceeds a limit on its cost or length.",
        ),
        (r#""password_digest":"x""#, "password_digest requires password_hasher"),
        (r#""totp_secret":"not base32!""#, "totp_secret must be base32"),
        (r#""password":"""#, "password is invalid. Must be not empty"),
    ] {
        let file = format!("[{{\"id\":\"user_1\"}},\n\n{{\"id\":\"user_2\",{user}}}]");
        assert_eq!(seed(&file).await, Err(format!("cannot load FILE: user 2 (line 3): {why}")));
    }
}

#[tokio::test]
async fn seed_with_a_list_of_users_describes_the_supported_formats() {
    for file in [r#"{"users":[{"id":"user_1"}]}"#, "{\n  \"users\": [\n    {\"id\": \"user_1\"}\n  ]\n}\n"] {
        let why = "the list `users` is unknown; the users must be in an array, or in a list `data`";
        assert_eq!(seed(file).await, Err(format!("cannot load FILE: {why}")));
    }
}

#[tokio::test]
async fn seed_names_the_reason_of_a_conflict() {
    let clerk = Clerk::start().await;
    for (file, param_name, why) in [
        (
            r#"[{"id":"user_1"},{"id":"user_2"},{"id":"user_1"}]"#,
            "id",
            "user 3 (line 1): id belongs to user 1 (line 1)",
        ),
        (
            "{\"id\":\"user_1\",\"username\":\"ada_1\"}\n{\"id\":\"user_2\",\"username\":\"Ada_1\"}",
            "username",
            "user 2 (line 2): username belongs to user 1 (line 1)",
        ),
    ] {
        assert_eq!(seed(file).await, Err(format!("cannot load FILE: {why}")));
        let response = clerk.post("/__emulator/seed", file).await;
        response.assert_error(422, "form_identifier_exists", Some(param_name));
        assert!(response.text.contains(why), "{}", response.text);
    }
    clerk.post("/__emulator/seed", r#"[{"id":"user_1","external_id":"7"}]"#).await;
    let response = clerk.post("/__emulator/seed", r#"[{"id":"user_2"},{"id":"user_3","external_id":"7"}]"#).await;
    assert!(
        response.text.contains("user 2 (line 1): external_id belongs to a user of the directory"),
        "{}",
        response.text
    );
}

#[tokio::test]
async fn seed_skips_a_byte_order_mark() {
    let clerk = Clerk::start().await;
    for (number, file) in [
        "\u{feff}[{\"id\":\"user_N\"}]",
        "\u{feff}{\"id\":\"user_N\"}\n{\"id\":\"user_Nb\"}\n",
        "\u{feff}{\"data\":[{\"id\":\"user_N\"}],\"total_count\":1}",
    ]
    .into_iter()
    .enumerate()
    {
        let file = file.replace('N', &number.to_string());
        assert!(seed(&file).await.is_ok(), "{file}");
        assert_eq!(clerk.post("/__emulator/seed", &file).await.status, 200, "{file}");
    }
    let utf_16: Vec<u8> = "\u{feff}[]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(seed(utf_16).await, Err("cannot load FILE: the file is UTF-16; save it as UTF-8".to_owned()));
}

#[tokio::test]
async fn seed_describes_files_that_are_not_utf_8_or_not_json() {
    for (file, why) in [
        (&b""[..], "the text is empty; it must be a JSON array of users, or one JSON object per line"),
        (b"\n \n", "the text is empty; it must be a JSON array of users, or one JSON object per line"),
        (b"id,name\n1,Ada\n", "the text is not JSON; it must be a JSON array of users, or one JSON object per line"),
        (b"{\"id\":\"user_1\"}\n{\"id\":\"Jos\xe9\"}\n", "line 2 is not UTF-8; save the text as UTF-8"),
        (b"{\"id\":\"Jos\xe9\"}\n", "line 1 is not UTF-8; save the text as UTF-8"),
        (b"[\n\n{\"id\":\"Jos\xe9\"}]\n", "line 3 is not UTF-8; save the file as UTF-8"),
        (b"[\n{\"id\":\"user_1\"},\n{\"id\":\"user_2\",\"banned\":tru\n}]", "malformed JSON at the end of line 3"),
    ] {
        assert_eq!(seed(file).await, Err(format!("cannot load FILE: {why}")), "{}", file.escape_ascii());
    }
}

#[tokio::test]
async fn seed_accepts_pages_and_documents_of_several_lines() {
    for (file, count) in [
        ("{\"data\":[{\"id\":\"user_1\"},{\"id\":\"user_2\"}],\"total_count\":2}", 2),
        ("{\n  \"data\": [\n    {\"id\": \"user_1\"}\n  ],\n  \"total_count\": 1\n}\n", 1),
        ("{\n  \"id\": \"user_1\"\n}\n{\n  \"id\": \"user_2\"\n}\n", 2),
        ("\n\n{\"id\":\"user_1\"}\n\n{\"id\":\"user_2\"}", 2),
        ("\n [\n{\"id\":\"user_1\"}\n]\n", 1),
    ] {
        assert_eq!(seed(file).await, Ok(count), "{file}");
    }
}

#[tokio::test]
async fn seed_rejects_a_digest_in_the_field_of_the_password() {
    for digest in [
        "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "{SSHA}c2VjcmV0",
    ] {
        let error = seed(format!(r#"{{"id":"user_1","password":"{digest}"}}"#)).await.unwrap_err();
        assert!(error.contains("user 1 (line 1): password is a digest") && !error.contains(digest), "{error}");
    }
}
