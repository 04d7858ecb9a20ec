//! The commands `check` and `verify`.

use super::support::{BCRYPT, Case};

#[tokio::test(flavor = "multi_thread")]
async fn check_reports_every_problem_and_writes_nothing() {
    let table = "id,email,email_verified,username,banned\n1,ada@example.com,true,ada_1,\n2,ada,true,,\n3,ben,true,,\n\
                 4,Ada@example.com,true,,\n5,cleo@example.com,true,,perhaps\n,dora@example.com,true,,\n6,eli@example.com,,,\n";
    let case = Case::of("users.csv", table).await;
    let run = case.run(&["check", "users.csv"]).await;
    assert_eq!(run.code, Some(1));
    for line in [
        "        7 rows",
        "        2 can be imported",
        "        5 rejected",
        "2 form_param_format_invalid (email_address): email_address: email_address must be a valid email address. Its host \
         must be a domain name with a dot. (lines 3, 4)",
        "1 duplicate (email_address): the email_address is a duplicate of line 2 (line 5)",
        "1 invalid_value (banned): banned must be true, false or a time, such as 2024-01-15T10:30:00Z or 2024-01-15 \
         10:30:00 UTC (line 6)",
        "1 no_external_id (external_id): ",
        "not verified: email addresses or phone numbers of 1 users",
    ] {
        assert!(run.stdout.contains(line), "{line}: {run}");
    }
    assert_eq!(case.files(), ["users.csv"]);
    assert!(case.users.is_empty() && case.emulator.requests().is_empty());

    let json: serde_json::Value =
        serde_json::from_str(&case.run(&["check", "users.csv", "--json"]).await.stdout).unwrap();
    assert_eq!((&json["rows"], &json["rejected"]), (&7.into(), &5.into()));
    assert_eq!(json["problems"]["duplicate (email_address)"]["lines"], serde_json::json!([5]));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_reports_a_missing_decision_with_all_other_problems() {
    let case = Case::of("users.csv", "id,email\n1,ada@example.com\n2,ben\n").await;
    let run = case.run(&["check", "users.csv"]).await;
    assert_eq!(run.code, Some(1), "{run}");
    for line in ["        1 rejected", "The import requires another option: the file does not indicate"] {
        assert!(run.stdout.contains(line), "{line}: {run}");
    }
    assert_eq!(case.run(&["check", "users.csv", "--unverified"]).await.code, Some(1), "one row is invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_accepts_password_hashers_that_are_unknown_or_cannot_be_verified() {
    let line = |id: u32, hasher: &str| {
        format!(r#"{{"id":{id},"username":"user_{id}","password_digest":"0123","password_hasher":"{hasher}"}}"#)
    };
    let lines = [line(1, "hmac_sha256_utf16_b64"), line(2, "future_hasher"), line(3, "bcrypt")];
    let case = Case::of("users.jsonl", lines.join("\n")).await;
    let run = case.run(&["check", "users.jsonl"]).await;
    assert!(run.code == Some(1) && run.stdout.contains("        2 can be imported"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_applies_instance_settings() {
    let case = Case::of("users.csv", "id,username,phone_number,phone_verified\n1,ada_1,+15550100001,true\n").await;
    case.write("instance.json", r#"{"phone_number":"off","username":"optional","email_address":"optional"}"#);
    assert_eq!(case.run(&["check", "users.csv"]).await.code, Some(0));
    let run = case.run(&["check", "users.csv", "--instance", "instance.json"]).await;
    assert!(run.code == Some(1) && run.stdout.contains("form_param_unknown (phone_number)"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_compares_users_and_passwords() {
    let table = format!(
        "id,email,email_verified,first_name,password_digest\n1,ada@example.com,true,Ada,{BCRYPT}\n\
         2,ben@example.com,,Ben,\n3,cleo@example.com,true,Cleo,\n"
    );
    let case = Case::of("users.csv", &table).await;
    case.import(&["users.csv"]).await;
    case.write("passwords.csv", "External ID,password\n1,correct horse\n");
    let run = case.run(&["verify", "users.csv", "--check-passwords", "passwords.csv"]).await;
    assert!(run.code == Some(0) && run.stdout.contains("        1 passwords are correct"), "{run}");

    let deleted = case.user("3").await;
    user_directory::UserDirectory::delete(&case.users, &deleted.id).await.unwrap();
    case.write("users.csv", table.replace(",Ada,", ",Augusta,"));
    case.write("passwords.csv", "Email Address,Password\n ada@example.com ,wrong\nben@example.com,none\n");
    let run = case.run(&["verify", "users.csv", "--check-passwords", "passwords.csv"]).await;
    assert_eq!(run.code, Some(1));
    for line in [
        "        3 users in the file",
        "        2 users in the directory",
        "        1 equal",
        "        1 missing (line 4)",
        "        1 with a different first_name (line 2)",
        "        1 passwords are incorrect (line 2)",
        "        1 passwords cannot be verified (line 3)",
    ] {
        assert!(run.stdout.contains(line), "{line}: {run}");
    }
}
