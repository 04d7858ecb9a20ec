//! The users of AWS Cognito.

use crate::support::{Case, emails, phones};

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
