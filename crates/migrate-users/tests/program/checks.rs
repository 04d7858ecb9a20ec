//! The commands `check` and `verify`.

use clerk_emulator::HttpFault;
use user_directory::{NewUser, Operation, UserDirectory};

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
        "2 form_param_format_invalid (email_address): email_address: email_address must be a valid email address. Its domain \
         must contain a dot. (lines 3, 4)",
        "1 duplicate (email_address): the email_address is a duplicate of line 2 (line 5)",
        "1 invalid_value (banned): banned must be true, false or a time, such as 2024-01-15T10:30:00Z or 2024-01-15 \
         10:30:00 UTC (line 6)",
        "1 no_external_id (external_id): ",
        "not verified: email addresses or phone numbers of 1 user",
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
    assert!(run.code == Some(0) && run.stdout.contains("        1 correct password"), "{run}");

    let deleted = case.user("3").await;
    case.users.delete(&deleted.id).await.unwrap();
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
        "        1 incorrect password (line 2)",
        "        1 password that cannot be verified (line 3)",
    ] {
        assert!(run.stdout.contains(line), "{line}: {run}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_fails_if_the_directory_rejects_requests_while_passwords_are_checked() {
    let case =
        Case::of("users.csv", &format!("id,email,email_verified,password_digest\n1,a@example.com,1,{BCRYPT}\n")).await;
    case.import(&["users.csv"]).await;
    case.write("passwords.csv", "id,password\n1,correct horse\n");
    case.emulator.add_fault(HttpFault::status(401).operation(Operation::VerifyPassword));
    let run = case.run(&["verify", "users.csv", "--check-passwords", "passwords.csv"]).await;
    assert!(run.code == Some(2) && !run.stdout.contains("cannot be verified"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_reports_unknown_columns_with_all_other_problems() {
    let case = Case::of("users.csv", "id,email,pets\n1,ada@example.com,2\n2,ben,\n").await;
    let run = case.run(&["check", "users.csv"]).await;
    assert_eq!(run.code, Some(1), "{run}");
    for line in [
        "        2 rows",
        "        1 rejected",
        "The import requires another option: unknown columns or keys: pets; use --map NAME=FIELD",
        "The import requires another option: the file does not indicate",
    ] {
        assert!(run.stdout.contains(line), "{line}: {run}");
    }
    let json = case.run(&["check", "users.csv", "--json", "--unverified"]).await.stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["importable"], &json["rejected"]), (&1.into(), &1.into()), "{json}");
    assert_eq!(json["undecided"].as_array().unwrap().len(), 1, "{json}");
    // The import stops before anything is written.
    let run = case.try_import(&["users.csv", "--unverified"]).await;
    assert!(run.code == Some(2) && run.stderr.contains("users.csv: unknown columns or keys: pets;"), "{run}");
    assert_eq!(case.files(), ["users.csv"]);
    // If all columns are unknown, the first line may not be a header.
    let case = Case::of("users.csv", "7,Ada\n8,Ben\n").await;
    let run = case.run(&["check", "users.csv"]).await;
    assert!(run.code == Some(2) && run.stderr.contains("all 2 columns are unknown"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_does_not_compare_values_that_the_import_dropped() {
    let table = "id,email,email_verified,username,first_name,unverified_email_addresses\n\
                 1,ada@example.com,true,a,Ada,\n2,ben@example.com,true,ben_two,visit http://example.com,\n\
                 3,cleo@example.com,true,,Cleo,taken@example.com\n4,dora@example.com,true,,Dora,\n";
    let case = Case::of("users.csv", table).await;
    case.users.create(&NewUser::new().email_address("taken@example.com")).await.unwrap();
    let run = case.import(&["users.csv"]).await;
    assert!(run.stdout.contains("not imported for 1 user: unverified identifiers that another user has"), "{run}");
    let verified = case.run(&["verify", "users.csv"]).await;
    for line in ["        4 equal", "        3 compared without values that the import dropped (lines 2, 3, 4)"] {
        assert!(verified.code == Some(0) && verified.stdout.contains(line), "{line}: {verified}");
    }
    // The journal does not describe the values of a row that has changed.
    case.write("users.csv", table.replace(",a,Ada,", ",ada_1,Ada,"));
    let verified = case.run(&["verify", "users.csv"]).await;
    assert!(verified.code == Some(1) && verified.stdout.contains("1 with a different username (line 2)"), "{verified}");
    case.write("users.csv", table);
    case.write("other.jsonl", "");
    let verified = case.run(&["verify", "users.csv", "--journal", "other.jsonl"]).await;
    for field in ["username (line 2)", "first_name (line 3)", "email_address (line 4)"] {
        assert!(verified.stdout.contains(&format!("1 with a different {field}")), "{field}: {verified}");
    }
    let run = case.run(&["verify", "users.csv", "--journal", "missing.jsonl"]).await;
    assert!(run.code == Some(2) && run.stderr.contains("missing.jsonl: "), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_drops_a_taken_unverified_address_of_a_user_with_a_wallet() {
    let row = r#"{"id":"1","web3_wallet":"0xb794f5ea0ba39494ce839613fffba74279579268","unverified_email_addresses":["taken@example.com"]}"#;
    let case = Case::of("users.jsonl", row).await;
    case.users.create(&NewUser::new().email_address("taken@example.com")).await.unwrap();
    let run = case.import(&["users.jsonl"]).await;
    assert!(run.stdout.contains("not imported for 1 user: unverified identifiers that another user has"), "{run}");
    assert_eq!(case.user("1").await.web3_wallets.len(), 1);
}
