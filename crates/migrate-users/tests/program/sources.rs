//! An export of each system, with awkward rows, imported with the options that the system requires.

use super::support::{BCRYPT, Case, PASSWORD, emails, names, phones};

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_the_dashboard_csv_of_clerk() {
    let table = format!(
        "id,first_name,last_name,username,primary_email_address,primary_phone_number,verified_email_addresses,\
         unverified_email_addresses,verified_phone_numbers,unverified_phone_numbers,totp_secret,password_digest,\
         password_hasher\n\
         user_a,Ada,Lovelace,,ada@example.com,,\"ada@example.com,ada.work@example.com\",,,,,{BCRYPT},bcrypt\n\
         user_b,Grace,Hopper,grace_hopper,grace@example.com,+15550100002,grace@example.com|hopper@example.com,\
         g.hopper@example.com,,+15550100003,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP,,\n"
    );
    let case = Case::of("clerk.csv", table).await;
    let run = case.import(&["clerk.csv"]).await;
    assert!(run.stderr.contains("in the format clerk, detected"), "{run}");
    let ada = case.user("user_a").await;
    assert_eq!(emails(&ada), [("ada@example.com", true), ("ada.work@example.com", true)]);
    assert!(case.verifies("user_a", PASSWORD).await && !case.verifies("user_a", "wrong").await);
    let grace = case.user("user_b").await;
    let expected = [("grace@example.com", true), ("hopper@example.com", true), ("g.hopper@example.com", false)];
    assert_eq!(emails(&grace), expected);
    assert_eq!(phones(&grace), [("+15550100002", true), ("+15550100003", false)]);
    assert!(grace.totp_enabled && !grace.password_enabled);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_users_of_the_api_with_secrets() {
    let user = format!(
        r#"{{"object":"user","id":"user_a","first_name":"Ada","password_enabled":true,"password_digest":"{BCRYPT}",
            "password_hasher":"bcrypt","totp_secret":"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP","backup_codes":["one","two"],
            "primary_email_address_id":"idn_1","email_addresses":[{{"id":"idn_1","email_address":"ada@example.com",
            "verification":{{"status":"verified","strategy":"admin"}}}}],"public_metadata":{{"plan":"pro"}},
            "last_sign_in_at":1705314600000}}"#
    );
    let case = Case::of("users.json", format!("[{user}]")).await;
    let run = case.import(&["users.json"]).await;
    assert!(run.stdout.contains("not imported for 1 user: times of the last sign-in and activity"), "{run}");
    let ada = case.user("user_a").await;
    assert!(case.verifies("user_a", PASSWORD).await);
    assert!(ada.totp_enabled && ada.backup_code_enabled);
    assert_eq!(ada.public_metadata.as_json(), r#"{"plan":"pro"}"#);

    let unknown = user.replace("\"first_name\"", "\"shoe_size\":38,\"first_name\"").replace('\n', "");
    let case = Case::of("users.jsonl", unknown).await;
    assert_eq!(case.try_import(&["users.jsonl"]).await.code, Some(1));
    assert_eq!(case.rejects("users.jsonl"), [(1, "unknown_field".to_owned())]);
    let run = case.import(&["users.jsonl", "--ignore-unknown"]).await;
    assert!(run.stdout.contains("ignored columns or keys, with the number of users: shoe_size (1)"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_users_of_the_javascript_sdk() {
    let user = r#"{"id":"user_a","passwordEnabled":false,"totpEnabled":false,"banned":true,"createdAt":1704067200000,
        "imageUrl":"https://img.example.com/a","hasImage":false,"primaryEmailAddressId":"idn_1","firstName":"Ada",
        "publicMetadata":{"camelCase":12345678901234567890},"emailAddresses":[{"id":"idn_1","emailAddress":
        "ada@example.com","verification":{"status":"verified","strategy":"email_code"},"linkedTo":[]},{"id":"idn_2",
        "emailAddress":"a@example.com","verification":null}],"phoneNumbers":[],"externalId":null,"username":null}"#;
    let case = Case::of("dump.jsonl", user.replace('\n', " ")).await;
    case.import(&["dump.jsonl"]).await;
    let ada = case.user("user_a").await;
    assert_eq!(emails(&ada), [("ada@example.com", true), ("a@example.com", false)]);
    assert_eq!(ada.public_metadata.as_json(), r#"{"camelCase":12345678901234567890}"#);
    assert!(ada.banned);
    assert_eq!(ada.created_at.unwrap().as_millisecond(), 1_704_067_200_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_the_format_of_clerks_migration_tool() {
    let lines = format!(
        "{{\"userId\":\"1\",\"email\":\"ada@example.com\",\"password\":\"{BCRYPT}\",\"passwordHasher\":\"bcrypt\"}}\n\
         {{\"userId\":\"2\",\"email\":[\"grace@example.com\"],\"unverifiedEmailAddresses\":[\"g@example.com\"]}}\n\
         {{\"userId\":\"3\",\"primary_email_address\":\"mary@example.com\",\"email_addresses\":[\"m@example.com\"],\
         \"username\":null,\"has_image\":false,\"image_url\":null,\"backup_codes_enabled\":false,\"backup_codes\":null}}\n"
    );
    let case = Case::of("users.jsonl", lines).await;
    case.import(&["users.jsonl"]).await;
    assert!(case.verifies("1", PASSWORD).await, "a password next to a hasher is a digest");
    assert_eq!(emails(&case.user("1").await), [("ada@example.com", true)]);
    assert_eq!(emails(&case.user("2").await), [("grace@example.com", true), ("g@example.com", false)]);
    assert_eq!(emails(&case.user("3").await), [("mary@example.com", true), ("m@example.com", true)]);
}

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
async fn import_reads_password_hashes_of_auth0_alone() {
    let line = format!(
        r#"{{"_id":{{"$oid":"60425dc4"}},"email_verified":true,"email":"ada@example.com","passwordHash":"{BCRYPT}","tenant":"t","connection":"c"}}"#
    );
    let case = Case::of("passwords.ndjson", line).await;
    case.import(&["passwords.ndjson"]).await;
    assert!(case.verifies("60425dc4", PASSWORD).await);
}

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
async fn import_reads_the_table_of_supabase() {
    let table = format!(
        "instance_id,id,aud,role,email,encrypted_password,email_confirmed_at,raw_app_meta_data,raw_user_meta_data,\
         created_at,phone,phone_confirmed_at,banned_until,is_anonymous,deleted_at,is_sso_user\n\
         0,a,authenticated,authenticated,ada@example.com,{BCRYPT},2024-01-15 10:30:00.123456+00,\
         \"{{\"\"provider\"\":\"\"email\"\"}}\",\"{{\"\"display_name\"\": \"\"Ada One#0\"\"}}\",\
         2024-01-15 10:30:00.123456+00,15550100001,2024-01-15 10:31:00+00,,false,,false\n\
         0,b,authenticated,authenticated,ben@example.com,,,{{}},{{}},2024-01-15 10:33:00+00,,,2124-01-01 00:00:00+00,\
         false,,false\n\
         0,c,authenticated,authenticated,,,,{{}},{{}},2024-01-15 10:34:00+00,,,,true,,false\n\
         0,d,authenticated,authenticated,dora@example.com,,,{{}},{{}},2024-01-15 10:34:00+00,,,,false,\
         2024-02-01 00:00:00+00,false\n\
         0,e,authenticated,authenticated,eli@example.com,,2024-01-15 10:30:00+00,{{}},{{}},2024-01-15 10:33:00+00,,,\
         2020-01-01 00:00:00+00,false,,false\n"
    );
    let case = Case::of("supabase.csv", table).await;
    let run = case.import(&["supabase.csv"]).await;
    assert!(run.stderr.contains("in the format supabase, detected"), "{run}");
    for skipped in ["1 skipped: anonymous", "1 skipped: deleted", "not imported for 1 user: the end of a ban"] {
        assert!(run.stdout.contains(skipped), "{run}");
    }
    let ada = case.user("a").await;
    assert_eq!((emails(&ada), phones(&ada)), (vec![("ada@example.com", true)], vec![("+15550100001", true)]));
    assert_eq!(names(&ada), (Some("Ada"), Some("One")));
    assert_eq!(ada.public_metadata.as_json(), r#"{"provider":"email"}"#);
    assert!(case.verifies("a", PASSWORD).await);
    let ben = case.user("b").await;
    assert_eq!((emails(&ben), ben.banned), (vec![("ben@example.com", false)], true));
    assert!(!case.user("e").await.banned, "the ban has ended");
    assert_eq!(case.users.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_users_of_the_admin_api_of_supabase() {
    let user = |id: &str, members: &str| {
        format!(
            r#"{{"id":"{id}","aud":"authenticated","role":"authenticated","email":"{id}@example.com",{members},
                "confirmed_at":"2024-01-15T10:30:00Z","app_metadata":{{"provider":"email"}},
                "user_metadata":{{"full_name":"Ada One","email_verified":true}},"identities":[],
                "created_at":"2024-01-15T10:30:00Z","updated_at":"2024-01-15T10:30:00Z","is_anonymous":false}}"#
        )
    };
    let users = [
        user("a", r#""email_confirmed_at":"2024-01-15T10:30:00Z","phone":"""#),
        user("b", r#""phone":"15550100001","phone_confirmed_at":"2024-01-15T10:30:00Z""#),
    ];
    let rows = users.join(",");
    for content in [format!("[{rows}]"), format!(r#"{{"users":[{rows}],"aud":"authenticated","total":2}}"#)] {
        let case = Case::of("users.json", content).await;
        let run = case.import(&["users.json"]).await;
        assert!(run.stderr.contains("in the format supabase, detected"), "{run}");
        let ada = case.user("a").await;
        assert_eq!((emails(&ada), names(&ada)), (vec![("a@example.com", true)], (Some("Ada"), Some("One"))));
        assert_eq!(ada.public_metadata.as_json(), r#"{"provider":"email"}"#);
        assert_eq!(ada.unsafe_metadata.as_json(), r#"{"full_name":"Ada One","email_verified":true}"#);
        let ben = case.user("b").await;
        assert_eq!((emails(&ben), phones(&ben)), (vec![("b@example.com", false)], vec![("+15550100001", true)]));
    }
}

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
async fn import_reads_users_of_cognito() {
    let list = r#"{"Users": [
        {"Username": "6f1c0000-0000-4000-8000-000000000001", "Attributes": [
            {"Name": "sub", "Value": "6f1c0000-0000-4000-8000-000000000001"},
            {"Name": "email", "Value": "ada@example.com"}, {"Name": "email_verified", "Value": "true"},
            {"Name": "given_name", "Value": "Ada"}, {"Name": "locale", "Value": "en_US"}],
         "UserCreateDate": 1705314600.25, "Enabled": false, "UserStatus": "CONFIRMED"},
        {"Username": "grace_hopper", "Attributes": [{"Name": "sub", "Value": "s2"},
            {"Name": "phone_number", "Value": "+15550100002"}, {"Name": "phone_number_verified", "Value": "false"}],
         "UserCreateDate": "2024-01-15T11:30:00+01:00", "Enabled": true, "UserStatus": "CONFIRMED"}
    ]}"#;
    let case = Case::of("cognito.json", list).await;
    case.import(&["cognito.json"]).await;
    let ada = case.user("6f1c0000-0000-4000-8000-000000000001").await;
    assert_eq!((ada.username.as_deref(), ada.banned, ada.locale.as_deref()), (None, true, Some("en-US")));
    assert_eq!(ada.created_at.unwrap().to_string(), "2024-01-15T10:30:00.25Z");
    assert_eq!(emails(&ada), [("ada@example.com", true)]);
    let grace = case.user("s2").await;
    assert_eq!((grace.username.as_deref(), phones(&grace)), (Some("grace_hopper"), vec![("+15550100002", false)]));

    let table = "cognito:username,name,given_name,family_name,email,email_verified,phone_number,phone_number_verified,\
                 cognito:mfa_enabled\nada_1,Ada One,Ada,One,ada@example.com,true,+15550100001,,false\n";
    let case = Case::of("cognito.csv", table).await;
    case.import(&["cognito.csv", "--cognito-user-pool", "eu-west-1_a", "--cognito-client", "c1"]).await;
    let ada = case.user("ada_1").await;
    assert_eq!((emails(&ada), phones(&ada)), (vec![("ada@example.com", true)], vec![("+15550100001", false)]));
    assert!(ada.password_enabled, "Cognito verifies the password at the next sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_the_table_of_wordpress() {
    let table = "\"ID\",\"user_login\",\"user_pass\",\"user_nicename\",\"user_email\",\"user_url\",\"user_registered\",\
                 \"user_activation_key\",\"user_status\",\"display_name\"\n\
                 \"1\",\"ada.l\",\"$P$5abcdefghAwHMLXeh48xCQuy..94JO/\",\"ada\",\"ada@example.com\",\"\",\
                 \"2024-01-15 10:30:00\",\"\",\"0\",\"Ada \\\"The First\\\" Lovelace\"\n\
                 \"2\",\"ben\",\"$wp$2y$10$abcdefghijklmnopqrstuv\",\"ben\",\"ben@example.com\",\"\",\
                 \"0000-00-00 00:00:00\",\"\",\"0\",\"Ben\"\n\
                 \"3\",\"cleo\",\"3cb4e732631f47e6eb961f34554b7cde\",\"cleo\",\"cleo@example.com\",\"\",\
                 \"2024-01-15 10:30:00\",\"\",\"0\",\"Cleo\"\n";
    let case = Case::of("wp_users.csv", table).await;
    let run = case.import(&["wp_users.csv"]).await;
    assert!(run.stderr.contains("escaped with backslashes"), "{run}");
    assert!(run.stdout.contains("not verified: email addresses or phone numbers of 3 users"), "{run}");
    let ada = case.user("1").await;
    assert_eq!(names(&ada), (Some("Ada"), Some("\"The First\" Lovelace")));
    assert_eq!(emails(&ada), [("ada@example.com", false)]);
    assert!(case.verifies("1", PASSWORD).await && case.verifies("3", PASSWORD).await);
    let ben = case.user("2").await;
    assert!(!ben.password_enabled && ben.created_at > case.user("1").await.created_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_users_of_django() {
    let sha256 = "pbkdf2_sha256$1000$seasalt$mQnueSakb748zqBAC1tmWVZsZbi2zPGZarEzTGdfmso=";
    let bcrypt = "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuOL1H1GR440DDnQdSdC8wM48hKIAo9Loa";
    let sha1 = "pbkdf2_sha1$1000$seasalt$iQvkNOF1wEL4Khh8eogJ8rUhipM=";
    let md5 = "md5$pinch$d8a34b13f650968059e83be4fba755e7";
    let header =
        "id,password,last_login,is_superuser,username,first_name,last_name,email,is_staff,is_active,date_joined\n";
    let row = |id: u32, password: &str, active: &str| {
        format!("{id},{password},,f,user_{id},Ada,,user{id}@example.com,f,{active},2024-01-15 10:30:00+00\n")
    };
    let table = [
        header.to_owned(),
        row(1, sha256, "t"),
        row(2, bcrypt, "f"),
        row(3, "!kFJ3a", "t"),
        row(4, sha1, "t"),
        row(5, md5, "t"),
    ];
    let case = Case::of("auth_user.csv", table.concat()).await;
    case.import(&["auth_user.csv"]).await;
    for id in ["1", "2", "4", "5"] {
        assert!(case.verifies(id, PASSWORD).await, "{id}");
    }
    assert!(!case.user("1").await.banned && case.user("2").await.banned && !case.user("3").await.password_enabled);
    assert_eq!(emails(&case.user("1").await), [("user1@example.com", false)]);

    let dump = format!(
        r#"[{{"model": "auth.user", "pk": 7, "fields": {{"password": "{sha256}", "last_login": null,
        "is_superuser": false, "username": "ada_l", "first_name": "Ada", "last_name": "", "email": "ada@example.com",
        "is_staff": false, "is_active": true, "date_joined": "2024-01-15T10:30:00Z", "groups": [],
        "user_permissions": []}}}}]"#
    );
    let case = Case::of("dump.json", dump).await;
    case.import(&["dump.json"]).await;
    assert!(case.verifies("7", PASSWORD).await);
    assert_eq!(case.user("7").await.username.as_deref(), Some("ada_l"));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_the_table_of_laravel() {
    let laravel = BCRYPT.replace("$2b$", "$2y$");
    let table = format!(
        "id,name,email,email_verified_at,password,remember_token,created_at,updated_at\n\
         1,Ada Lovelace,ada@example.com,2024-01-15 10:30:00,{laravel},,2024-01-15 10:30:00,2024-01-15 10:30:00\n\
         2,Ben,ben@example.com,NULL,{laravel},abc,2024-01-15 10:30:00,\n"
    );
    let case = Case::of("users.csv", table).await;
    let run = case.import(&["users.csv"]).await;
    assert!(run.stderr.contains("in the format laravel, detected"), "{run}");
    assert!(case.verifies("1", PASSWORD).await && case.verifies("2", PASSWORD).await);
    assert_eq!(emails(&case.user("1").await), [("ada@example.com", true)]);
    assert_eq!(emails(&case.user("2").await), [("ben@example.com", false)]);
    assert_eq!(names(&case.user("1").await), (Some("Ada"), Some("Lovelace")));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_users_of_the_api_without_the_type_and_of_the_sdk_without_phones() {
    let api = r#"{"id":"user_a","primary_email_address_id":"idn_1","email_addresses":[{"id":"idn_1","email_address":"a@example.com","verification":{"status":"verified","strategy":"admin"}}]}
{"id":"user_b","email_addresses":[{"id":"idn_2","email_address":"b@example.com","verification":null}]}
"#;
    let sdk = r#"{"id":"user_a","emailAddresses":[{"id":"idn_1","emailAddress":"a@example.com","verification":{"status":"verified","strategy":"admin"}}]}
{"id":"user_b","emailAddresses":[{"id":"idn_2","emailAddress":"b@example.com","verification":null}]}
"#;
    for lines in [api, sdk] {
        let case = Case::of("users.jsonl", lines).await;
        case.import(&["users.jsonl"]).await;
        assert_eq!(emails(&case.user("user_a").await), [("a@example.com", true)]);
        assert_eq!(emails(&case.user("user_b").await), [("b@example.com", false)]);
    }
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
async fn import_distinguishes_users_of_identity_providers_of_cognito() {
    let users = r#"[
        {"Username":"Google_1","Attributes":{"sub":"s1","email":"ada@example.com","email_verified":"true"},
         "UserStatus":"EXTERNAL_PROVIDER","Enabled":true},
        {"Username":"ben_2","Attributes":[{"Name":"sub","Value":"s2"},{"Name":"email","Value":"ben@example.com"}],
         "UserStatus":"CONFIRMED","Enabled":true}
    ]"#;
    let case = Case::of("users.json", users).await;
    case.import(&["users.json", "--cognito-user-pool", "eu-west-1_a", "--cognito-client", "c1"]).await;
    let (ada, ben) = (case.user("s1").await, case.user("s2").await);
    assert_eq!((ada.username.as_deref(), ada.password_enabled), (None, false));
    assert_eq!(emails(&ada), [("ada@example.com", true)]);
    assert_eq!((ben.username.as_deref(), ben.password_enabled), (Some("ben_2"), true));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_the_name_of_custom_users_of_django() {
    let table = "id,password,is_superuser,email,is_active,date_joined,name\n\
                 1,!,f,ada@example.com,t,2024-01-15 10:30:00+00,Ada Lovelace\n";
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv"]).await;
    assert_eq!(names(&case.user("1").await), (Some("Ada"), Some("Lovelace")));
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
async fn import_requires_one_row_for_each_user_of_wordpress() {
    let row = |name: &str| format!("1,ada_l,!,ada@example.com,2024-01-15 10:30:00,Ada,{name},x\n");
    let header = "ID,user_login,user_pass,user_email,user_registered,display_name,meta_key,meta_value\n";
    let case = Case::of("users.csv", [header.to_owned(), row("first_name"), row("last_name")].concat()).await;
    let run = case.try_import(&["users.csv"]).await;
    assert!(run.code == Some(2) && run.stderr.contains("export one row for each user"), "{run}");
    let run = case.try_import(&["users.csv", "--ignore", "meta_key"]).await;
    assert!(run.code == Some(1) && run.stdout.contains("1 created"), "{run}");
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
