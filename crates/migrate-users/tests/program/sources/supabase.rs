//! The users of Supabase.

use crate::support::{BCRYPT, Case, PASSWORD, emails, names, phones};

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
async fn import_requires_a_decision_about_confirmations_of_old_versions_of_supabase() {
    let table = "id,email,confirmed_at,raw_user_meta_data\n1,a@example.com,2024-01-15 10:30:00+00,{}\n";
    for options in [&[][..], &["--unverified"], &["--assume-verified"]] {
        let case = Case::of("users.csv", table).await;
        let run = case.try_import(&[&["users.csv"], options].concat()).await;
        assert!(run.code == Some(2) && run.stderr.contains("confirmed_at may be the time at which a phone"), "{run}");
        assert_eq!(case.run(&[&["check", "users.csv"], options].concat()).await.code, Some(1));
    }
    for (options, is_verified) in [
        (["--map", "confirmed_at=email_verified"], true),
        (["--map", "confirmed_at=phone_number_verified"], false),
        (["--ignore", "confirmed_at"], false),
    ] {
        let case = Case::of("users.csv", table).await;
        case.import(&[&["users.csv"], &options[..]].concat()).await;
        assert_eq!(emails(&case.user("1").await), [("a@example.com", is_verified)], "{options:?}");
    }
}
