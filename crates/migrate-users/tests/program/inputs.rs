//! The names of the files of an import, and its options, mapping files and environment variables.

use super::support::{BCRYPT, Case, PASSWORD, Run, emails};

#[tokio::test(flavor = "multi_thread")]
async fn import_of_rejects_uses_the_journal_of_the_original_file() {
    let case = Case::of("users.csv", "id,email,email_verified\n1,ada@example.com,true\n2,ben,true\n").await;
    case.try_import(&["users.csv"]).await;
    let rejects = case.read("users.csv.rejects.jsonl").replace("\"ben\"", "\"ben@example.com\"");
    case.write("users.csv.rejects.jsonl", rejects);
    let run = case.import(&["users.csv.rejects.jsonl"]).await;
    assert!(run.stderr.contains("journal: users.csv.journal.jsonl (1 user of earlier runs)"), "{run}");
    // The original file is not imported again.
    let run = case.import(&["users.csv"]).await;
    assert!(run.stdout.contains("2 imported by earlier runs"), "{run}");
    let run = case.run(&["undo", "users.csv.journal.jsonl", "--yes"]).await;
    assert!(run.code == Some(0) && run.stdout.contains("        2 deleted"), "{run}");
    assert!(case.users.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn import_of_auth0_names_the_journal_after_the_users() {
    let users = r#"[{"user_id":"auth0|60425dc4","email":"ada@example.com","email_verified":true,"identities":[]}]"#;
    for key in ["passwordHash", "password_hash"] {
        let hash = format!(
            r#"{{"_id":{{"$oid":"60425dc4"}},"email":"ada@example.com","{key}":"{BCRYPT}","tenant":"t","connection":"c"}}"#
        );
        let case = Case::of("users.json", users).await;
        case.write("passwords.ndjson", hash);
        case.import(&["users.json"]).await;
        let run = case.import(&["passwords.ndjson", "users.json", "--update"]).await;
        assert!(run.stdout.contains("1 updated"), "{run}");
        assert!(case.verifies("auth0|60425dc4", PASSWORD).await);
        assert_eq!(case.files(), ["passwords.ndjson", "users.json", "users.json.journal.jsonl"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_mapping_files_strictly() {
    let case = Case::of("users.csv", "id,username\n1,ada_1\n").await;
    for (mapping, problem) in [
        ("[]", "mapping.json: must be a JSON object"),
        (r#"{"set":{"banned":null}}"#, "mapping.json: set: banned must not be null"),
        (r#"{"set":{"banned":2}}"#, "banned must be true, false or a time"),
    ] {
        case.write("mapping.json", mapping);
        let run = case.try_import(&["users.csv", "--mapping", "mapping.json"]).await;
        assert!(run.code == Some(2) && run.stderr.contains(problem), "{run}");
    }
    case.write("mapping.json", "\u{feff}{\"set\":{\"banned\":true,\"public_metadata\":{\"plan\":\"pro\"}}}\n");
    case.import(&["users.csv", "--mapping", "mapping.json"]).await;
    let user = case.user("1").await;
    assert_eq!((user.banned, user.public_metadata.as_json()), (true, r#"{"plan":"pro"}"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_contradicting_options() {
    let case = Case::of("users.csv", "id,username\n1,ada_1\n").await;
    for (options, problem) in [
        (&["--map", "Id=external_id", "--map", "id=username"][..], "--map: id is mapped twice"),
        (&["--journal", "x", "--rejects", "x"], "--journal and --rejects must be different files"),
        (&["--journal", "users.csv"], "users.csv is both input and output"),
        (&["--to", "sqlite::memory:"], "a database in memory is lost"),
    ] {
        let run = case.try_import(&[&["users.csv"], options].concat()).await;
        assert!(run.code == Some(2) && run.stderr.contains(problem), "{run}");
        assert_eq!(case.files(), ["users.csv"]);
    }
    let run = case.try_import(&["users.csv", "--ignore", "id"]).await;
    assert!(run.code == Some(1) && run.stdout.contains("no_external_id"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_ignores_empty_environment_variables_and_reports_the_pepper() {
    let table = format!("id,username,password_hash\n1,ada_1,{BCRYPT}\n");
    let case = Case::of("users.csv", table).await;
    let mut command = case.command(&["import", "users.csv"]);
    command.envs([("FIREBASE_ROUNDS", ""), ("FIREBASE_SIGNER_KEY", "AAAA"), ("DEVISE_PEPPER", "")]);
    let run = Run::of(command).await;
    assert!(run.code == Some(0) && !run.stderr.contains("pepper"), "{run}");
    let mut command = case.command(&["import", "users.csv"]);
    command.env("DEVISE_PEPPER", "pepper");
    let run = Run::of(command).await;
    assert!(run.stderr.contains("DEVISE_PEPPER is set: the pepper is appended"), "{run}");
    let case = Case::of("users.json", r#"{"users":[{"localId":"1","email":"ada@example.com"}]}"#).await;
    let mut command = case.command(&["import", "users.json"]);
    command.env("FIREBASE_SIGNER_KEY", "AAAA");
    let run = Run::of(command).await;
    let missing = "missing: --firebase-salt-separator (FIREBASE_SALT_SEPARATOR), --firebase-rounds (FIREBASE_ROUNDS)";
    assert!(run.code == Some(2) && run.stderr.contains(missing), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_requires_a_salt_separator_of_firebase() {
    let case = Case::of("users.json", r#"{"users":[{"localId":"1","email":"ada@example.com"}]}"#).await;
    let mut command = case.command(&["import", "users.json"]);
    command.envs([("FIREBASE_SIGNER_KEY", "AAAA"), ("FIREBASE_SALT_SEPARATOR", "")]);
    command.envs([("FIREBASE_ROUNDS", "8"), ("FIREBASE_MEM_COST", "10")]);
    let run = Run::of(command).await;
    let missing = "are incomplete; missing: --firebase-salt-separator (FIREBASE_SALT_SEPARATOR)\n";
    assert!(run.code == Some(2) && run.stderr.contains(missing), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_does_not_take_fields_of_this_program_for_those_of_clerk() {
    let case = Case::of("users.csv", "id,primary_email_address\n1,ada@example.com\n").await;
    let run = case.try_import(&["users.csv"]).await;
    assert!(run.code == Some(2) && run.stderr.contains("the file does not indicate"), "{run}");
    let table = "id,first_name,last_name,username,primary_email_address,password_digest\n1,Ada,,,ada@example.com,\n";
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv"]).await;
    assert_eq!(emails(&case.user("1").await), [("ada@example.com", true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reports_unknown_values_that_metadata_already_has_and_ignores_tokens() {
    let table = "id,username,private_metadata,plan\n1,ada_1,\"{\"\"plan\"\":\"\"a\"\"}\",b\n2,ben_2,,b\n";
    let case = Case::of("users.csv", table).await;
    let run = case.import(&["users.csv", "--unknown-into", "private_metadata"]).await;
    assert!(run.stdout.contains("not imported for 1 user: unknown columns or keys that"), "{run}");
    assert_eq!(case.user("1").await.private_metadata.as_json(), r#"{"plan":"a"}"#);
    assert_eq!(case.user("2").await.private_metadata.as_json(), r#"{"plan":"b"}"#);
    let table =
        "id,email,email_verified_at,password,remember_token,current_team_id,plan\n1,a@example.com,,,secret,7,b\n";
    let case = Case::of("users.csv", table).await;
    let run = case.import(&["users.csv", "--unknown-into", "public_metadata"]).await;
    assert!(run.stdout.contains("current_team_id (1), remember_token (1)"), "{run}");
    assert_eq!(case.user("1").await.public_metadata.as_json(), r#"{"plan":"b"}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_finds_users_of_known_passwords_by_any_identifier() {
    let table = format!(
        "id,username,email,phone,email_verified,phone_verified,password_hash\n\
                         1,ada_1,ada@example.com,+15550100001,true,true,{BCRYPT}\n"
    );
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv"]).await;
    for (column, value) in [
        ("id", "1"),
        ("external_id", "1"),
        ("username", "ada_1"),
        ("Primary Email Address", "ada@example.com"),
        ("phone", "+15550100001"),
    ] {
        case.write("passwords.csv", format!("{column},password\n{value},{PASSWORD}\n"));
        let run = case.run(&["verify", "users.csv", "--check-passwords", "passwords.csv"]).await;
        assert!(run.code == Some(0) && run.stdout.contains("1 correct password"), "{column}: {run}");
    }
    case.write("passwords.csv", format!("name,password\nAda,{PASSWORD}\n"));
    let run = case.run(&["verify", "users.csv", "--check-passwords", "passwords.csv"]).await;
    assert!(run.code == Some(2) && run.stderr.contains("has no external_id, id, email_address"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_compact_times_and_byte_order_marks_between_lines() {
    let lines = "{\"id\":1,\"username\":\"user_1\",\"created_at\":\"20240115103000\"}\n\
                 \u{feff}{\"id\":2,\"username\":\"user_2\",\"created_at\":\"2024-01\"}\n\
                 {\"id\":3,\"username\":\"user_3\",\"created_at\":NaN}\n";
    let case = Case::of("users.jsonl", lines).await;
    let run = case.try_import(&["users.jsonl"]).await;
    assert!(run.stdout.contains("1 malformed: the line is not JSON; if it contains the numbers NaN"), "{run}");
    assert!(run.stdout.contains("not imported for 1 user: malformed times"), "{run}");
    assert_eq!(case.user("1").await.created_at.unwrap().to_string(), "2024-01-15T10:30:00Z");
    assert_eq!(case.users.len(), 2);
}
