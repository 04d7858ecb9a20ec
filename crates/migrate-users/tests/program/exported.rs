//! Users in the format of the API and of the JavaScript SDK.

use super::support::{BCRYPT, Case, names};

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_digests_in_metadata_that_clients_can_read() {
    let metadata = format!(r#"{{"old":{{"hash":"{BCRYPT}"}}}}"#);
    let email = |name: &str| format!(r#"[{{"{name}":"ada@example.com"}}]"#);
    for (name, user) in [
        ("public_metadata", format!(r#""object":"user","email_addresses":{}"#, email("email_address"))),
        ("unsafe_metadata", r#""object":"user","username":"ada_1""#.to_owned()),
        ("publicMetadata", format!(r#""emailAddresses":{}"#, email("emailAddress"))),
    ] {
        let case = Case::of("users.jsonl", format!("{{\"id\":\"user_a\",{user},\"{name}\":{metadata}}}\n")).await;
        let run = case.try_import(&["users.jsonl"]).await;
        assert!(
            run.code == Some(1) && run.stdout.contains("contains a password hash, which clients could read"),
            "{run}"
        );
        assert_eq!(case.rejects("users.jsonl"), [(1, "published_digest".to_owned())], "{name}");
        case.import(&["users.jsonl", "--map", &format!("{name}=private_metadata")]).await;
        assert_eq!(case.user("user_a").await.private_metadata.as_json(), metadata);
    }
    let user = format!(r#"{{"object":"user","id":"user_a","username":"ada_1","private_metadata":{metadata}}}"#);
    let case = Case::of("users.jsonl", user.clone()).await;
    case.import(&["users.jsonl"]).await;
    let case = Case::of("users.jsonl", user.replace("private", "public")).await;
    case.import(&["users.jsonl", "--ignore", "public_metadata"]).await;
    assert!(case.user("user_a").await.public_metadata.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn import_treats_words_of_null_as_missing() {
    let api = r#"{"object":"user","id":"user_a","username":"ada_1","first_name":"nan","last_name":"NULL"}"#;
    let sdk = r#"{"id":"user_a","username":"ada_1","firstName":"nan","lastName":"NULL","primaryEmailAddressId":null,"emailAddresses":[]}"#;
    for content in [api, sdk] {
        let case = Case::of("users.jsonl", content).await;
        let run = case.import(&["users.jsonl", "--null", "nan"]).await;
        for notice in ["treated as missing: 1 value with a word", "kept: 1 value that may mean a missing value"] {
            assert!(run.stdout.contains(notice), "{notice}: {run}");
        }
        assert_eq!(names(&case.user("user_a").await), (None, Some("NULL")));
    }
}
