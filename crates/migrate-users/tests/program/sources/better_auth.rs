//! The users of Better Auth and Auth.js.

use user_directory::Metadata;

use crate::support::{BCRYPT, Case, PASSWORD, emails, names, phones};

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_users_of_authjs() {
    let lines = "{\"id\":\"1\",\"name\":\"Ada Lovelace\",\"email\":\"ada@example.com\",\"emailVerified\":\
                 \"2024-01-15T10:30:00.000Z\",\"image\":null}\n\
                 {\"id\":\"2\",\"name\":\"Ben\",\"email\":\"ben@example.com\",\"emailVerified\":null,\"image\":null}\n\
                 {\"id\":\"3\",\"name\":null,\"email\":\"cleo@example.com\",\"image\":\"https://example.com/c\"}\n";
    let case = Case::of("authjs.jsonl", lines).await;
    let run = case.import(&["authjs.jsonl"]).await;
    assert!(run.stdout.contains("not verified: email addresses or phone numbers of 2 users"), "{run}");
    let ada = case.user("1").await;
    assert_eq!((names(&ada), emails(&ada)), ((Some("Ada"), Some("Lovelace")), vec![("ada@example.com", true)]));
    assert_eq!(emails(&case.user("2").await), [("ben@example.com", false)]);
    assert_eq!(emails(&case.user("3").await), [("cleo@example.com", false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_users_of_better_auth() {
    let scrypt = format!("{}:{}", "0f".repeat(16), "0f".repeat(64));
    let user = |id: &str, more: &str| {
        format!(
            r#"{{"id":"{id}","name":"Ada One","email":"{id}@example.com","emailVerified":true,"image":null,
            "createdAt":"2025-01-15T10:30:00.000Z","updatedAt":"2025-01-15T10:30:00.000Z","role":"user",{more}}}"#
        )
    };
    let users = [
        user(
            "ba1",
            &format!(r#""banned":null,"phoneNumber":"+15550100001","phoneNumberVerified":null,"password":"{scrypt}""#),
        ),
        user("ba2", r#""banned":true,"banExpires":"2020-01-01T00:00:00.000Z""#),
        user("ba3", &format!(r#""banned":true,"banReason":"spam","password":"{BCRYPT}""#)),
        user("ba4", r#""password":"$6$salt$hash""#),
    ];
    let case = Case::of("better-auth.json", format!("[{}]", users.join(","))).await;
    let run = case.import(&["better-auth.json"]).await;
    assert!(run.stderr.contains("in the format better-auth, detected"), "{run}");
    assert!(run.stdout.contains("not imported for 2 users: passwords with a hash format"), "{run}");
    let first = case.user("ba1").await;
    assert_eq!((phones(&first), first.password_enabled), (vec![("+15550100001", false)], false));
    assert!(!case.user("ba2").await.banned && case.user("ba3").await.banned);
    assert!(case.verifies("ba3", PASSWORD).await && !case.verifies("ba3", "wrong").await);
    assert!(!case.user("ba4").await.password_enabled);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_passwords_of_accounts_of_better_auth() {
    let user = |id: &str, accounts: &str| {
        format!(
            r#"{{"id":"{id}","name":"Lovelace, Ada","email":"{id}@example.com","emailVerified":true,"image":null,
            "createdAt":"2025-01-15T10:30:00.000Z","updatedAt":"2025-01-15T10:30:00.000Z",{accounts}}}"#
        )
    };
    let credential = format!(r#"{{"providerId":"credential","password":"{BCRYPT}"}}"#);
    let google = r#"{"providerId":"google","password":null,"accessToken":"t"}"#;
    let other = credential.replace("W0b2", "W0be");
    let users = [
        user("ba1", &format!(r#""accounts":[{google},{credential}]"#)),
        user("ba2", &format!(r#""account":{credential}"#)),
        user("ba3", &format!(r#""accounts":{}"#, serde_json::json!(format!("[{credential}]")))),
        user("ba4", &format!(r#""accounts":[{google}]"#)),
        user("ba5", &format!(r#""accounts":[{credential},{other}]"#)),
        user("ba6", &format!(r#""account.password":"{BCRYPT}""#)),
        user("ba7", &format!(r#""accounts":{{"credential":{credential}}}"#)),
        format!(r#"{{"user":{},"account":{credential}}}"#, user("ba8", r#""role":"user""#)),
    ];
    let case = Case::of("users.json", format!("[{}]", users.join(","))).await;
    let run = case.try_import(&["users.json", "--from", "better-auth"]).await;
    assert!(run.stdout.contains("the accounts of the user have different passwords"), "{run}");
    for id in ["ba1", "ba2", "ba3", "ba6", "ba7", "ba8"] {
        assert!(case.verifies(id, PASSWORD).await, "{id}");
        assert_eq!(names(&case.user(id).await), (Some("Ada"), Some("Lovelace")));
    }
    assert!(!case.user("ba4").await.password_enabled);
    assert_eq!(case.users.len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_keeps_the_row_with_the_password_of_joined_accounts() {
    let row = |provider: &str, password: &str| {
        format!("ba1,Ada One,ada@example.com,true,,2025-01-15T10:30:00Z,2025-01-15T10:30:00Z,{provider},{password}\n")
    };
    let header = "id,name,email,emailVerified,image,createdAt,updatedAt,providerId,password\n";
    let table = [header.to_owned(), row("google", ""), row("credential", BCRYPT)].concat();
    let case = Case::of("users.csv", table).await;
    for _ in 0..2 {
        let run = case.try_import(&["users.csv"]).await;
        assert!(
            run.stdout.contains("the external_id is a duplicate of line 3, which has a password (line 2)"),
            "{run}"
        );
        assert!(case.verifies("ba1", PASSWORD).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_does_not_store_accounts_in_metadata() {
    let user = format!(
        r#"[{{"id":"1","name":"Ada Lovelace","email":"ada@example.com","emailVerified":true,"image":null,"plan":"pro",
        "createdAt":"2024-01-01","updatedAt":"2024-01-01","accounts":[{{"providerId":"credential",
        "password":"{BCRYPT}"}},{{"providerId":"google","accessToken":"secret"}}]}}]"#
    );
    for metadata in ["public_metadata", "unsafe_metadata", "private_metadata"] {
        let case = Case::of("users.json", &user).await;
        let run = case.import(&["users.json", "--unknown-into", metadata]).await;
        assert!(run.stdout.contains("accounts (1)"), "{run}");
        let ada = case.user("1").await;
        let all = [&ada.public_metadata, &ada.unsafe_metadata, &ada.private_metadata];
        assert_eq!(all.map(Metadata::as_json).concat().replace("{}", ""), r#"{"plan":"pro"}"#);
        assert!(case.verifies("1", PASSWORD).await);
    }
    let case = Case::of("users.json", &user).await;
    case.import(&["users.json", "--ignore", "accounts"]).await;
    assert!(!case.user("1").await.password_enabled);
}
