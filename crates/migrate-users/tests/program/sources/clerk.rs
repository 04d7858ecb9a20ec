//! Exports of Clerk, its SDK and its migration tool.

use crate::support::{BCRYPT, Case, PASSWORD, emails, phones};

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
