//! Exports of Firebase.

use crate::support::{Case, PASSWORD, emails, names, phones};

const SIGNER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
const FIREBASE_HASH: &str = "POYVYL15xxWomL/ByLxTw3FjDXkDoG+HIRDRcC/BCVk1lk4/Rnr22f/5mhWxG0jrpycQYR4udoF4LA6yMKqB+A==";
const FIREBASE_SALT: &str = "AAECAwQFBgcICQoLDA0ODw==";

fn firebase_options(file: &str) -> Vec<&str> {
    let parameters =
        ["--firebase-signer-key", SIGNER_KEY, "--firebase-salt-separator", "Bw==", "--firebase-rounds", "8"];
    [&[file], &parameters[..], &["--firebase-mem-cost", "10"]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_json_of_firebase() {
    let url_safe = FIREBASE_HASH.replace('/', "_").replace('+', "-").replace('=', "");
    let users = format!(
        r#"{{"users": [
{{
  "localId": "fb1", "email": "ada@example.com", "emailVerified": true, "displayName": "Ada One",
  "passwordHash": "{FIREBASE_HASH}", "salt": "{FIREBASE_SALT}", "createdAt": "1704067200000",
  "lastSignedInAt": "1704153600000", "disabled": true, "providerUserInfo": [], "customAttributes": "{{\"admin\":true}}"
}},
{{ "localId": "fb2", "email": "ben@example.com", "emailVerified": false, "passwordHash": "{url_safe}",
   "salt": "{FIREBASE_SALT}", "phoneNumber": "+15550100002" }},
{{ "uid": "fb3", "email": "cleo@example.com", "emailVerified": true, "passwordHash": "{FIREBASE_HASH}",
   "passwordSalt": "{FIREBASE_SALT}", "metadata": {{ "creationTime": "Mon, 15 Jan 2024 10:30:00 GMT" }} }}
]}}"#
    );
    let case = Case::of("firebase.json", users).await;
    case.import(&firebase_options("firebase.json")).await;
    for id in ["fb1", "fb2", "fb3"] {
        assert!(case.verifies(id, PASSWORD).await, "{id}");
    }
    let ada = case.user("fb1").await;
    assert_eq!((names(&ada), ada.banned), ((Some("Ada"), Some("One")), true));
    assert_eq!(ada.created_at.unwrap().to_string(), "2024-01-01T00:00:00Z");
    assert_eq!(ada.public_metadata.as_json(), r#"{"admin":true}"#);
    let ben = case.user("fb2").await;
    assert_eq!((emails(&ben), phones(&ben)), (vec![("ben@example.com", false)], vec![("+15550100002", true)]));
    assert_eq!(case.user("fb3").await.created_at.unwrap().to_string(), "2024-01-15T10:30:00Z");
    let run = case.try_import(&["firebase.json", "--journal", "other", "--rejects", "rejects"]).await;
    assert!(run.code == Some(1) && run.stdout.contains("--firebase-signer-key"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_complete_digests_of_firebase_and_unverifiable_ones() {
    let url_safe = FIREBASE_HASH.replace('/', "_").replace('+', "-");
    let line = |id: u32, hasher: &str, digest: &str| {
        format!(r#"{{"id":{id},"username":"user_{id}","password_hasher":"{hasher}","password_digest":"{digest}"}}"#)
    };
    let lines = [
        line(1, "scrypt_firebase", &format!("{url_safe}${FIREBASE_SALT}${SIGNER_KEY}$Bw==$8$10")),
        line(2, "scrypt_firebase", &format!("{FIREBASE_HASH}${FIREBASE_SALT}${SIGNER_KEY}$Bw==$8$10")),
        line(3, "hmac_sha256_utf16_b64", "c2FsdA==$q8mZ3oJ1bq2t5XW0m0fJb3c8V1xq2l0cVfTq3mYkz9U="),
    ];
    let case = Case::of("users.jsonl", lines.join("\n")).await;
    case.import(&["users.jsonl"]).await;
    assert!(case.verifies("1", PASSWORD).await && case.verifies("2", PASSWORD).await);
    assert!(case.user("3").await.password_enabled);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_csv_of_firebase_without_a_header() {
    let row = |id: &str, email: &str, verified: &str, hash: &str, salt: &str| {
        format!(
            "{id},{email},{verified},{hash},{salt},Ada One,{}1704067200000,1704153600000,,false,,\n",
            ",".repeat(17)
        )
    };
    let table = row("fb1", "ada@example.com", "true", FIREBASE_HASH, FIREBASE_SALT)
        + &row("fb2", "ben@example.com", "false", "", "");
    let case = Case::of("firebase.csv", table).await;
    let run = case.import(&firebase_options("firebase.csv")).await;
    assert!(run.stderr.contains("no header, as usual in exports of Firebase"), "{run}");
    assert!(case.verifies("fb1", PASSWORD).await);
    assert_eq!(case.user("fb1").await.created_at.unwrap().to_string(), "2024-01-01T00:00:00Z");
    assert_eq!(emails(&case.user("fb2").await), [("ben@example.com", false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_trims_digests_and_salts_of_firebase() {
    let table = format!(
        "localId,email,emailVerified,passwordHash,salt\nfb1,a@example.com,true, {FIREBASE_HASH} , {FIREBASE_SALT}\n"
    );
    let case = Case::of("firebase.csv", table).await;
    case.import(&firebase_options("firebase.csv")).await;
    assert!(case.verifies("fb1", PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_skips_anonymous_users_of_firebase_and_drops_redacted_passwords() {
    let users = r#"{"users": [
        {"localId": "fb1", "createdAt": "1704067200000", "providerUserInfo": []},
        {"localId": "fb2", "email": "ada@example.com", "emailVerified": true, "passwordHash": "UkVEQUNURUQ="},
        {"localId": "fb3", "displayName": "Ben", "providerUserInfo": [{"providerId": "twitter.com", "rawId": "1"}]},
        {"localId": "fb4", "email": {"invalid": 1}}
    ]}"#;
    let case = Case::of("firebase.json", users).await;
    let run = case.try_import(&["firebase.json"]).await;
    assert!(run.stdout.contains("1 skipped: anonymous"), "{run}");
    assert!(run.stdout.contains("not imported for 1 user: passwords that Firebase redacted"), "{run}");
    assert_eq!(case.rejects("firebase.json").len(), 1);
    assert!(!case.user("fb2").await.password_enabled);
    assert_eq!(names(&case.user("fb3").await), (Some("Ben"), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_trims_the_hash_parameters_of_firebase() {
    let user = format!(
        r#"{{"users":[{{"localId":"fb1","email":"ada@example.com",
        "passwordHash":"{FIREBASE_HASH}","salt":"{FIREBASE_SALT}"}}]}}"#
    );
    let case = Case::of("users.json", user).await;
    let key = format!("{SIGNER_KEY}\n");
    let mut options = firebase_options("users.json");
    *options.iter_mut().find(|option| **option == SIGNER_KEY).unwrap() = &key;
    case.import(&options).await;
    assert!(case.verifies("fb1", PASSWORD).await);
    *options.iter_mut().find(|option| **option == key).unwrap() = "";
    let run = case.try_import(&options).await;
    assert!(
        run.code == Some(2) && run.stderr.contains("missing: --firebase-signer-key (FIREBASE_SIGNER_KEY)"),
        "{run}"
    );
}
