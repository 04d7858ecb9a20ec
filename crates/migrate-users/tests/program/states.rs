//! Banned and locked users, and secrets, in different notations.

use user_directory::UserDirectory;
use user_directory::model::TotpVerification;
use user_directory::store_directory::totp_code;

use super::support::{Case, names};

#[tokio::test(flavor = "multi_thread")]
async fn import_recognizes_bans_of_all_systems() {
    for (column, value) in [
        ("is_banned", "1"),
        ("is_blocked", "true"),
        ("is_disabled", "t"),
        ("suspended", "yes"),
        ("is_suspended", "1"),
        ("suspended_at", "2024-01-15 10:30:00"),
        ("deactivated_at", "2024-01-15 10:30:00"),
    ] {
        let table =
            format!("id,email,email_verified_at,password,{column}\n1,a@example.com,,,{value}\n2,b@example.com,,,\n");
        let case = Case::of("users.csv", table).await;
        let run = case.import(&["users.csv"]).await;
        assert!(run.stderr.contains("in the format laravel"), "{run}");
        assert!(case.user("1").await.banned && !case.user("2").await.banned, "{column}");
    }
    let table = "ID,user_login,user_pass,user_email,spam\n1,ada_1,,a@example.com,1\n2,ben_2,,b@example.com,0\n";
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv"]).await;
    assert!(case.user("1").await.banned && !case.user("2").await.banned);
    // The values of a status differ between systems.
    for status in ["Banned", "deleted", "closed"] {
        let table = format!(
            "id,email,email_verified_at,password,status\n1,a@example.com,,,{status}\n2,b@example.com,,,active\n"
        );
        let case = Case::of("users.csv", table).await;
        let run = case.import(&["users.csv"]).await;
        assert!(run.stdout.contains("not imported for 1 user: a status such as banned, locked or deleted"), "{run}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_prefers_the_states_of_a_row_to_defaults() {
    let table = "id,username,banned,locked\n1,ada_1,false,false\n2,ben_2,,\n";
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv", "--set", "banned=true", "--set", "locked=true"]).await;
    let (ada, ben) = (case.user("1").await, case.user("2").await);
    assert_eq!((ada.banned, ada.locked, ben.banned, ben.locked), (false, false, true, true));
    let case = Case::of("users.csv", "id,username,active,locked_at\n1,ada_1,1,2024-01-15 10:30:00\n2,ben_2,,\n").await;
    case.import(&["users.csv", "--set", "active=false"]).await;
    let (ada, ben) = (case.user("1").await, case.user("2").await);
    assert_eq!((ada.banned, ada.locked, ben.banned, ben.locked), (false, true, true, false));
    let user = r#"{"object":"user","id":"user_a","username":"ada_1","banned":false}"#;
    let case = Case::of("users.jsonl", user).await;
    case.import(&["users.jsonl", "--set", "banned=true"]).await;
    assert!(!case.user("user_a").await.banned);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_authenticator_secrets_in_other_notations() {
    let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    let grouped = "jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp";
    let uri = format!("otpauth://totp/App:ada?secret={secret}&issuer=App");
    for text in [secret, grouped, &uri] {
        let case = Case::of("users.csv", format!("id,username,totp_secret\n1,ada_1,{text}\n")).await;
        case.import(&["users.csv"]).await;
        let code = totp_code(&secret.into(), case.users.now()).unwrap();
        let verified = case.users.verify_totp(&case.user("1").await.id, &code).await.unwrap();
        assert_eq!(verified, TotpVerification::Totp, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_does_not_use_identifiers_as_names() {
    let lines = r#"{"user_id":"sms|1","phone_number":"+15550100001","phone_verified":true,"name":"+15550100001","identities":[]}
{"user_id":"auth0|2","username":"ben_2","name":"ben_2","identities":[]}"#;
    let case = Case::of("users.jsonl", lines).await;
    let run = case.import(&["users.jsonl"]).await;
    assert!(run.stdout.contains("not imported for 2 users: full names that are the email address"), "{run}");
    for id in ["sms|1", "auth0|2"] {
        assert_eq!(names(&case.user(id).await), (None, None), "{id}");
    }
    let table = "ID,user_login,user_pass,user_email,display_name\n1,eve_1,,a@example.com,Eve &amp; Co\n\
                 2,Ada Lovelace,,b@example.com,Ada Lovelace\n3,grace,,c@example.com,Grace\n";
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv"]).await;
    assert_eq!(names(&case.user("2").await), (Some("Ada"), Some("Lovelace")));
    assert_eq!(names(&case.user("3").await), (Some("Grace"), None));
    let eve = case.user("1").await;
    assert_eq!([eve.first_name.unwrap(), eve.last_name.unwrap()].join(" "), "Eve & Co");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_bans_and_locks_in_the_future() {
    let table = "id,email,email_verified_at,password,deactivated_at,suspended,locked_at\n\
                 1,a@example.com,2020-01-01,,9999-12-31 00:00:00,,\n2,b@example.com,2020-01-01,,infinity,,\n\
                 3,c@example.com,2020-01-01,,,2021-01-01 00:00:00,\n4,d@example.com,2020-01-01,,,,2099-01-01\n\
                 5,e@example.com,2020-01-01,,0000-00-00 00:00:00,,\n";
    let case = Case::of("users.csv", table).await;
    let run = case.try_import(&["users.csv"]).await;
    for reason in [
        "2 invalid_value (banned): the time of the ban is in the future; use --null VALUE",
        "1 invalid_value (locked): the time of the lock is in the future; use --null VALUE",
    ] {
        assert!(run.code == Some(1) && run.stdout.contains(reason), "{run}");
    }
    assert!(case.user("3").await.banned && !case.user("5").await.banned);
    let words = ["9999-12-31 00:00:00", "infinity", "2099-01-01"].map(|word| ["--null", word]).concat();
    case.import(&[&["users.csv"], &words[..]].concat()).await;
    for id in ["1", "2", "4"] {
        let user = case.user(id).await;
        assert!(!user.banned && !user.locked, "{id}");
    }
}
