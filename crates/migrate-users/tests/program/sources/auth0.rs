//! The users and password hashes of Auth0.

use crate::support::{BCRYPT, Case, PASSWORD, emails, names, phones};

#[tokio::test(flavor = "multi_thread")]
async fn import_joins_users_and_password_hashes_of_auth0() {
    let users = r#"[
        {"user_id":"auth0|60425dc4","email":"ada@example.com","email_verified":true,"name":"Ada Lovelace",
         "nickname":"ada","picture":"https://example.com/a","identities":[{"provider":"auth0"}],
         "user_metadata":{"theme":"dark"},"app_metadata":{"plan":"pro"},"created_at":"2024-01-15T10:30:00.000Z",
         "blocked":true,"logins_count":3},
        {"user_id":"sms|2","phone_number":"+15550100002","phone_verified":true,"identities":[]},
        {"user_id":"google-oauth2|3","email":"grace@example.com","email_verified":false,"identities":[]},
        {"user_id":"auth0|5","email":"mary@example.com","identities":[]}
    ]"#;
    let hash = |id: &str, email: &str| {
        format!(
            r#"{{"_id":{{"$oid":"{id}"}},"email_verified":false,"email":"{email}","passwordHash":"{BCRYPT}","tenant":"t",
            "connection":"Username-Password-Authentication","_tmp_is_unique":true}}"#
        )
        .replace('\n', "")
    };
    let passwords =
        [hash("60425dc4", "ada@example.com"), hash("x", "grace@example.com"), hash("y", "Mary@example.com")];
    for order in [["users.json", "passwords.ndjson"], ["passwords.ndjson", "users.json"]] {
        let case = Case::of("users.json", users).await;
        case.write("passwords.ndjson", passwords.join("\n"));
        let run = case.import(&order).await;
        assert!(run.stderr.contains("without a user: 1 password hash"), "{run}");
        let ada = case.user("auth0|60425dc4").await;
        assert_eq!((names(&ada), ada.banned), ((Some("Ada"), Some("Lovelace")), true));
        assert_eq!(emails(&ada), [("ada@example.com", true)]);
        assert_eq!(ada.unsafe_metadata.as_json(), r#"{"theme":"dark"}"#);
        assert_eq!(ada.private_metadata.as_json(), r#"{"plan":"pro"}"#);
        assert!(case.verifies("auth0|60425dc4", PASSWORD).await && case.verifies("auth0|5", PASSWORD).await);
        assert_eq!(phones(&case.user("sms|2").await), [("+15550100002", true)]);
        // Joining by email address would give the account of an identity provider a password.
        let google = case.user("google-oauth2|3").await;
        assert_eq!((emails(&google), google.password_enabled), (vec![("grace@example.com", false)], false));
        assert_eq!(emails(&case.user("auth0|5").await), [("mary@example.com", false)], "no sign means not verified");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_selected_fields_of_auth0() {
    let user = r#""user_id":"auth0|1","email":"ada@example.com","email_verified":true,"name":"Ada Lovelace""#;
    for (more, system) in [(r#","nickname":"ada","blocked":true"#, "auth0"), ("", "authjs")] {
        let case = Case::of("users.json", format!("{{{user}{more}}}\n")).await;
        let run = case.import(&["users.json"]).await;
        assert!(run.stderr.contains(&format!("in the format {system}, detected")), "{run}");
        let ada = case.user("auth0|1").await;
        assert_eq!((names(&ada), ada.banned), ((Some("Ada"), Some("Lovelace")), !more.is_empty()));
        assert_eq!(emails(&ada), [("ada@example.com", true)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_password_hashes_of_auth0_alone() {
    let line = format!(
        r#"{{"_id":{{"$oid":"60425dc4"}},"email_verified":true,"email":"ada@example.com","passwordHash":"{BCRYPT}","tenant":"t","connection":"c"}}"#
    );
    let case = Case::of("passwords.ndjson", line).await;
    case.import(&["passwords.ndjson"]).await;
    assert!(case.verifies("60425dc4", PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_joins_password_hashes_of_auth0_with_user_ids() {
    let hash = |id: &str| {
        format!(
            r#"{{"user_id":"auth0|{id}","email":"{id}@example.com","passwordHash":"{BCRYPT}","tenant":"t","connection":"c"}}"#
        )
    };
    let users = "Id,Email,Email Verified,Name\nauth0|a1,ada@example.com,true,Ada Lovelace\n";
    let json = r#"[{"user_id":"auth0|a1","email":"ada@example.com","email_verified":true,"identities":[]}]"#;
    for (name, content) in [("users.csv", users), ("users.json", json)] {
        let case = Case::of(name, content).await;
        case.write("passwords.ndjson", hash("a1") + "\n");
        case.import(&[name, "passwords.ndjson", "--from", "auth0"]).await;
        assert!(case.verifies("auth0|a1", PASSWORD).await);
        assert_eq!(emails(&case.user("auth0|a1").await), [("ada@example.com", true)]);
    }
    let case = Case::of("passwords.ndjson", hash("a1")).await;
    let run = case.import(&["passwords.ndjson"]).await;
    assert!(run.stderr.contains("in the format auth0, detected"), "{run}");
    assert!(case.verifies("auth0|a1", PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_joins_password_hashes_of_auth0_only_if_they_are_unambiguous() {
    let user = |id: &str, email: &str| {
        format!(r#"{{"user_id":"auth0|{id}","email":"{email}","email_verified":true,"identities":[]}}"#)
    };
    let hash = |id: &str, email: &str, digest: &str| {
        format!(
            r#"{{"_id":{{"$oid":"{id}"}},"email":"{email}","passwordHash":"{digest}","tenant":"t","connection":"c"}}"#
        )
    };
    let other = BCRYPT.replace("W0b2", "W0be");
    let users = [
        user("1", "ada@example.com"),
        user("2", "ben@example.com"),
        user("3", "cleo@example.com"),
        user("4", "dora@example.com"),
        user("5", "eve@example.com"),
    ];
    let hashes = [
        hash("1", "ada@example.com", BCRYPT),
        hash("1", "ada@example.com", &other),
        hash("2", "ben@example.com", BCRYPT),
        hash("2", "ben@example.com", BCRYPT),
        hash("x", "cleo@example.com", BCRYPT),
        hash("y", "Cleo@example.com", &other),
        // The hash of user 5 must not be assigned to user 4.
        hash("5", "dora@example.com", BCRYPT),
    ];
    let case = Case::of("users.json", format!("[{}]", users.join(",\n"))).await;
    case.write("passwords.ndjson", hashes.join("\n") + "\n");
    let run = case.try_import(&["users.json", "passwords.ndjson"]).await;
    assert!(run.stdout.contains("different hashes for this user on line 1 and line 2; remove all but one"), "{run}");
    let ambiguous = |line| (line, "ambiguous_password".to_owned());
    assert_eq!(case.rejects("users.json"), [ambiguous(1), ambiguous(3)]);
    assert!(case.verifies("auth0|2", PASSWORD).await && case.verifies("auth0|5", PASSWORD).await);
    assert!(!case.user("auth0|4").await.password_enabled);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_updates_users_whose_password_hash_is_added_later() {
    let users = r#"[{"user_id":"auth0|1","email":"ada@example.com","email_verified":true,"identities":[]}]"#;
    let case = Case::of("users.json", users).await;
    case.import(&["users.json"]).await;
    let hash = format!(r#"{{"_id":{{"$oid":"1"}},"passwordHash":"{BCRYPT}","tenant":"t","connection":"c"}}"#);
    case.write("passwords.ndjson", hash + "\n");
    let run = case.import(&["users.json", "passwords.ndjson"]).await;
    assert!(run.stdout.contains("changed since an earlier run: 1 row; use --update"), "{run}");
    let run = case.import(&["users.json", "passwords.ndjson", "--update"]).await;
    assert!(run.stdout.contains("1 updated"), "{run}");
    assert!(case.verifies("auth0|1", PASSWORD).await);
    let run = case.import(&["users.json", "passwords.ndjson", "--update"]).await;
    assert!(run.stdout.contains("1 imported by earlier runs"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_joins_password_hashes_of_auth0_with_linked_users() {
    let other = BCRYPT.replace("W0b2", "W0be");
    let users = format!(
        r#"[
        {{"user_id":"google-oauth2|1","email":"ada@example.com","email_verified":true,"identities":[
            {{"provider":"google-oauth2","user_id":"1"}},{{"provider":"auth0","user_id":"a1"}}]}},
        {{"user_id":"auth0|b2","email":"ben@example.com","email_verified":true,"identities":[
            {{"provider":"auth0","user_id":"b2"}},{{"provider":"auth0","user_id":"b3"}}]}},
        {{"user_id":"auth0|c4","email":"cleo@example.com","email_verified":true,"identities":[],
            "passwordHash":"{other}"}},
        {{"user_id":"google-oauth2|5","email":"dora@example.com","email_verified":true,"identities":[]}}
    ]"#
    );
    let hash = |id: &str, email: &str, digest: &str| {
        format!(
            r#"{{"_id":{{"$oid":"{id}"}},"email":"{email}","passwordHash":"{digest}","tenant":"t","connection":"c"}}"#
        )
    };
    let hashes = [
        hash("a1", "a@example.com", BCRYPT),
        hash("b2", "ben@example.com", BCRYPT),
        hash("b3", "b@example.com", &other),
        hash("c4", "cleo@example.com", BCRYPT),
        hash("d5", "dora@example.com", BCRYPT),
    ];
    let case = Case::of("users.json", users).await;
    case.write("passwords.ndjson", hashes.join("\n") + "\n");
    let run = case.try_import(&["users.json", "passwords.ndjson"]).await;
    assert!(run.stdout.contains("the row and the file of password hashes have different hashes"), "{run}");
    for id in ["google-oauth2|1", "auth0|b2"] {
        assert!(case.verifies(id, PASSWORD).await, "{id}");
    }
    assert!(!case.user("google-oauth2|5").await.password_enabled);
    assert_eq!(case.users.len(), 3);
}
