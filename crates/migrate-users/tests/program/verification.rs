//! Nothing is silently wrong: verification, passwords, and owners of identifiers.

use super::support::{BCRYPT, Case, PASSWORD, emails};

#[tokio::test(flavor = "multi_thread")]
async fn import_verifies_only_addresses_that_the_file_marks_as_verified() {
    let lines = r#"{"id":"1","email":"a@example.com","emailVerified":null}
{"id":"2","email":"b@example.com","emailVerified":false}
{"id":"3","email":"c@example.com","emailVerified":true}
{"id":"4","email":"d@example.com"}
{"id":"5","email":"e@example.com","emailVerified":"2024-01-15T10:30:00.000Z"}
"#;
    let case = Case::of("users.jsonl", lines).await;
    let run = case.import(&["users.jsonl"]).await;
    assert!(run.stdout.contains("not verified: email addresses or phone numbers of 3 users"), "{run}");
    for (id, address, is_verified) in [
        ("1", "a@example.com", false),
        ("2", "b@example.com", false),
        ("3", "c@example.com", true),
        ("4", "d@example.com", false),
        ("5", "e@example.com", true),
    ] {
        assert_eq!(emails(&case.user(id).await), [(address, is_verified)], "{id}");
    }

    let case = Case::of(
        "users.csv",
        "id,email,email_verified\n1,a@example.com,true\n2,b@example.com,\n3,c@example.com,NULL\n",
    );
    let case = case.await;
    case.import(&["users.csv"]).await;
    assert!(emails(&case.user("1").await)[0].1);
    assert!(!emails(&case.user("2").await)[0].1 && !emails(&case.user("3").await)[0].1);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_requires_a_decision_without_a_sign_of_verification() {
    for (name, content) in [
        ("users.csv", "id,email\n1,ada@example.com\n"),
        ("users.jsonl", "{\"id\":1,\"email\":\"ada@example.com\"}\n"),
        ("users.json", "[\n  {\n    \"userId\": \"1\",\n    \"email\": \"ada@example.com\"\n  }\n]\n"),
    ] {
        let case = Case::of(name, content).await;
        let run = case.try_import(&[name]).await;
        assert!(run.code == Some(2) && run.stderr.contains("--unverified"), "{run}");
        assert_eq!(case.files(), [name], "nothing is written");
        case.import(&[name, "--unverified"]).await;
        assert_eq!(emails(&case.user("1").await), [("ada@example.com", false)]);

        let case = Case::of(name, content).await;
        case.import(&[name, "--assume-verified"]).await;
        assert_eq!(emails(&case.user("1").await), [("ada@example.com", true)]);
    }
    // Users without addresses need no decision.
    let case = Case::of("users.csv", "id,username\n1,ada_lovelace\n").await;
    case.import(&["users.csv"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn import_prefers_the_verified_owner_of_an_address() {
    let table =
        "id,email,unverified_email_addresses\n1,squatter@example.com,victim@example.com\n2,victim@example.com,\n";
    let case = Case::of("users.csv", table).await;
    let run = case.import(&["users.csv"]).await;
    assert!(run.stdout.contains("not imported for 1 user: unverified identifiers that another user has"), "{run}");
    assert_eq!(emails(&case.user("1").await), [("squatter@example.com", true)]);
    assert_eq!(emails(&case.user("2").await), [("victim@example.com", true)]);

    // The owner was imported earlier, from another file.
    case.write("more.csv", "id,email,unverified_email_addresses\n3,other@example.com,victim@example.com\n");
    case.import(&["more.csv"]).await;
    assert_eq!(emails(&case.user("3").await), [("other@example.com", true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_compares_addresses_by_case_folding_and_composition() {
    let table = "id,email,unverified_email_addresses,email_verified\n1,squatter@example.com,straße@example.com,true\n\
                 2,STRASSE@example.com,,true\n3,É@example.com,e\u{301}@example.com,true\n";
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv"]).await;
    assert_eq!(emails(&case.user("1").await), [("squatter@example.com", true)]);
    assert!(emails(&case.user("2").await)[0].1, "the verified owner keeps the address");
    let user = case.user("3").await;
    assert!(emails(&user).len() == 1 && !emails(&user)[0].1, "contradicting fields do not verify the address");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_drops_invalid_usernames_of_several_rows() {
    let table = "id,email,email_verified,username\n1,a@example.com,true,bad name\n2,b@example.com,true,bad name\n\
                 3,c@example.com,true,ada_1\n4,d@example.com,true,ADA_1\n";
    let case = Case::of("users.csv", table).await;
    let run = case.try_import(&["users.csv"]).await;
    assert_eq!(case.rejects("users.csv"), [(5, "duplicate".to_owned())], "{run}");
    assert!(run.stdout.contains("not imported for 2 users: invalid usernames"), "{run}");
    assert_eq!((case.user("2").await.username, case.users.len()), (None, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_of_a_duplicate_depends_on_the_first_row() {
    let table = "id,email,phone,email_verified\n1,ada@example.com,0123,true\n2,ada@example.com,+15550100002,true\n\
                 3,ADA@example.com,,true\n";
    let case = Case::of("users.csv", table).await;
    let run = case.try_import(&["users.csv"]).await;
    assert_eq!(run.code, Some(1), "{run}");
    let expected = [(2, "no_country_code".to_owned()), (4, "duplicate".to_owned())];
    assert_eq!(case.rejects("users.csv"), expected);
    assert!(run.stdout.contains("the email_address is a duplicate of line 3"), "{run}");
    assert_eq!(emails(&case.user("2").await), [("ada@example.com", true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_plaintext_passwords_unless_they_are_expected() {
    let table = "id,email,password,email_verified\n1,ada@example.com,correct horse,true\n";
    let case = Case::of("users.csv", table).await;
    let run = case.try_import(&["users.csv"]).await;
    assert!(run.code == Some(1) && run.stdout.contains("use --plaintext-passwords"), "{run}");
    assert_eq!(case.rejects("users.csv"), [(2, "plaintext_password".to_owned())]);
    // Rejected rows are tried again with other options.
    case.import(&["users.csv", "--plaintext-passwords"]).await;
    assert!(case.verifies("1", PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_never_takes_a_digest_for_a_password() {
    for digest in [
        BCRYPT,
        "3cb4e732631f47e6eb961f34554b7cde",
        "$wp$2y$10$abcdefghijklmnop",
        "{SSHA}ua6N/fCd4la954Hs",
        "{noop}secret",
        "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19",
    ] {
        let case =
            Case::of("users.csv", format!("id,email,password,email_verified\n1,ada@example.com,{digest},true\n"));
        let case = case.await;
        for options in [&["users.csv"][..], &["users.csv", "--plaintext-passwords"]] {
            let run = case.try_import(options).await;
            assert!(run.code == Some(1) && !run.stdout.contains(digest) && !run.stderr.contains(digest), "{run}");
            assert_eq!(case.rejects("users.csv"), [(2, "digest_as_password".to_owned())], "{digest}");
        }
        assert!(case.users.is_empty());
    }
    let table = format!("id,email,password,password_hasher,email_verified\n1,ada@example.com,{BCRYPT},bcrypt,true\n");
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv"]).await;
    assert!(case.verifies("1", PASSWORD).await && !case.verifies("1", BCRYPT).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_drops_invalid_optional_values_and_counts_them() {
    let table = "id,email,email_verified,first_name,username,locale,timezone\n\
                 1,ada@example.com,true,ada#0,a,en_US,Europe/London\n\
                 2,ben@example.com,true,visit http://example.com,ben_two,C,x y\n\
                 3,,,Cleo,c,,\n";
    let case = Case::of("users.csv", table).await;
    let run = case.try_import(&["users.csv"]).await;
    for note in ["usernames (line 2)", "first names (line 3)", "locales", "time zones"] {
        assert!(run.stdout.contains(&format!("not imported for 1 user: invalid {note}")), "{note}: {run}");
    }
    let ada = case.user("1").await;
    assert_eq!((ada.first_name.as_deref(), ada.username, ada.locale.as_deref()), (Some("ada"), None, Some("en-US")));
    let ben = case.user("2").await;
    assert_eq!(
        (ben.first_name, ben.username.as_deref(), ben.locale, ben.timezone),
        (None, Some("ben_two"), None, None)
    );
    assert_eq!(case.rejects("users.csv").len(), 1, "a user with only a username needs it");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_drops_malformed_times_and_counts_them() {
    let table = "id,username,created_at\n1,user_1,yesterday\n2,user_2,2024-01-15 10:30:00 +0000 UTC\n3,user_3,0001-01-01T00:00:00Z\n";
    let case = Case::of("users.csv", table).await;
    let run = case.import(&["users.csv"]).await;
    assert!(run.stdout.contains("not imported for 1 user: malformed times"), "{run}");
    assert_eq!(case.user("2").await.created_at.unwrap().to_string(), "2024-01-15T10:30:00Z");
    assert!(case.user("1").await.created_at > case.user("2").await.created_at, "the time of the import");
    // Without a unit, all users would lose their times.
    let case = Case::of("users.csv", "id,username,created_at\n1,user_1,1705314600\n").await;
    let run = case.try_import(&["users.csv"]).await;
    assert!(run.code == Some(1) && run.stdout.contains("FIELD:seconds"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_completes_names_from_the_full_name() {
    let table = "id,username,full_name,last_name\n1,user_1,Ada Lovelace,King\n2,user_2,Mary Ann King,King\n";
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv"]).await;
    assert_eq!(super::support::names(&case.user("1").await), (Some("Ada"), Some("King")));
    assert_eq!(super::support::names(&case.user("2").await), (Some("Mary Ann"), Some("King")));
}

#[tokio::test(flavor = "multi_thread")]
async fn assume_verified_requires_a_decision_about_ignored_columns() {
    for column in ["email_validated", "Activated", "address confirmed"] {
        let case = Case::of("users.csv", format!("id,email,{column}\n1,a@example.com,false\n")).await;
        let run = case.try_import(&["users.csv", "--ignore-unknown", "--assume-verified"]).await;
        assert!(run.code == Some(2) && run.stderr.contains(&format!("{column} may indicate")), "{run}");
    }
    let case = Case::of("users.csv", "id,email,is_verified\n1,a@example.com,false\n").await;
    let options = ["users.csv", "--ignore-unknown", "--assume-verified"];
    let run = case.try_import(&options).await;
    assert!(run.code == Some(2) && run.stderr.contains("is_verified may indicate"), "{run}");
    let run = case.import(&[&options[..], &["--ignore", "is_verified", "--ignore", "is_verifid"]].concat()).await;
    assert!(run.stdout.contains("names in --map or --ignore that do not occur in the file: is_verifid"), "{run}");
}
