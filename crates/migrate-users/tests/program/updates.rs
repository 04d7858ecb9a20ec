//! Updates of imported and existing users, and what `undo` does with them.

use clerk_emulator::HttpFault;
use user_directory::{NewUser, Operation, UserDirectory};

use super::support::{Case, emails, phones};

const TABLE: &str = "id,email,email_verified,first_name\n1,ada@example.com,true,Ada\n2,ben@example.com,true,Ben\n";
const UNDO: [&str; 5] = ["undo", "users.csv.journal.jsonl", "--yes", "--rate-limits", "off"];

#[tokio::test(flavor = "multi_thread")]
async fn import_updates_permissions_and_locks_and_reports_wallets() {
    let row = r#"{"id":"1","username":"ada_1"}"#;
    let case = Case::of("users.jsonl", row).await;
    case.import(&["users.jsonl"]).await;
    let is_allowed = case.user("1").await.create_organization_enabled;
    let fields = format!(
        r#","legal_accepted_at":"2024-01-15T10:30:00Z","create_organizations_limit":3,"bypass_client_trust":true,
        "create_organization_enabled":{},"locked":true,"web3_wallet":"0xb794f5ea0ba39494ce839613fffba74279579268"}}"#,
        !is_allowed
    );
    case.write("users.jsonl", row.replace('}', &fields.replace('\n', "")));
    let names =
        ["legal_accepted_at", "create_organizations_limit", "bypass_client_trust", "create_organization_enabled"];
    let verified = case.run(&["verify", "users.jsonl"]).await;
    for name in [&names[..], &["locked", "web3_wallet"]].concat() {
        assert!(verified.stdout.contains(&format!("1 with a different {name}")), "{name}: {verified}");
    }
    let run = case.import(&["users.jsonl", "--update"]).await;
    assert!(run.stdout.contains("not imported for 1 user: changes to Web3 wallets (line 1)"), "{run}");
    let user = case.user("1").await;
    assert_eq!(user.legal_accepted_at.unwrap().to_string(), "2024-01-15T10:30:00Z");
    assert_eq!((user.create_organizations_limit, user.create_organization_enabled), (Some(3), !is_allowed));
    assert!(user.bypass_client_trust && user.locked && user.web3_wallets.is_empty());
    // `locked` is not a reason to unlock a user.
    case.write("users.jsonl", row.replace('}', r#","locked":false}"#));
    case.import(&["users.jsonl", "--update"]).await;
    assert!(case.user("1").await.locked);
    assert_eq!(case.run(&["verify", "users.jsonl"]).await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_unbans_only_users_whose_rows_state_that_they_are_not_banned() {
    let row = r#"{"id":"1","username":"ada_1"}"#;
    for (fields, is_banned) in [
        (r#""banned":false"#, false),
        (r#""active":true"#, false),
        (r#""banned_until":"2020-01-01T00:00:00Z""#, false),
        (r#""banned":true,"ban_expires":"2020-01-01T00:00:00Z""#, false),
        (r#""first_name":"Ada""#, true),
        (r#""first_name":"Ada","banned":null"#, true),
        (r#""banned":false,"disabled":true,"suspended":false"#, true),
    ] {
        let case = Case::of("users.jsonl", row).await;
        case.import(&["users.jsonl"]).await;
        case.users.ban(&case.user("1").await.id).await.unwrap();
        case.write("users.jsonl", row.replace('}', &format!(",{fields}}}")));
        let run = case.import(&["users.jsonl", "--update"]).await;
        assert_eq!(case.user("1").await.banned, is_banned, "{fields}");
        let is_kept = is_banned && !fields.contains("true");
        assert_eq!(run.stdout.contains("not imported for 1 user: the end of bans"), is_kept, "{fields}: {run}");
        let verified = case.run(&["verify", "users.jsonl"]).await;
        assert_eq!(verified.stdout.contains("1 with a different banned"), is_kept, "{fields}: {verified}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reports_verifications_that_it_does_not_remove() {
    let table = "id,email,email_verified,phone_number,phone_verified\n1,ada@example.com,true,+15550100001,true\n\
                 2,ben@example.com,true,,\n";
    for (old, new) in [("ada@example.com,true", "ada@example.com,false"), ("0001,true", "0001,")] {
        let case = Case::of("users.csv", table).await;
        case.import(&["users.csv"]).await;
        case.write("users.csv", table.replace(old, new));
        let run = case.import(&["users.csv"]).await;
        assert!(run.stdout.contains("changed since an earlier run: 1 row"), "{run}");
        for _ in 0..2 {
            let run = case.import(&["users.csv", "--update"]).await;
            let expected = "not imported for 1 user: the removal of verifications of email addresses and phone numbers";
            assert!(run.stdout.contains(expected) && !run.stdout.contains("not verified"), "{run}");
            let ada = case.user("1").await;
            assert_eq!(emails(&ada), [("ada@example.com", true)]);
            assert_eq!(phones(&ada), [("+15550100001", true)]);
            let verified = case.run(&["verify", "users.csv"]).await;
            let expected = "1 with a different verification (line 2)";
            assert!(verified.code == Some(1) && verified.stdout.contains(expected), "{verified}");
        }
        case.write("users.csv", table);
        let run = case.import(&["users.csv", "--update"]).await;
        assert!(run.stdout.contains("1 updated") && !run.stdout.contains("the removal of"), "{run}");
        // A new address has the status of the row.
        case.write("users.csv", table.replace("ada@example.com,true", "new@example.com,"));
        let run = case.import(&["users.csv", "--update"]).await;
        assert!(run.stdout.contains("not verified: email addresses or phone numbers of 1 user"), "{run}");
        assert_eq!(emails(&case.user("1").await), [("new@example.com", false)]);
        assert_eq!(case.run(&["verify", "users.csv"]).await.code, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_applies_a_row_again_after_a_rejected_update() {
    let table = "id,email,email_verified,username,first_name\n1,ada@example.com,true,ada_l,Ada\n";
    for (changed, email) in [
        // Addresses are updated first, so nothing else is changed.
        ("zoe@example.com,true,ada_l,Augusta", "ada@example.com"),
        ("new@example.com,true,zoe_z,Augusta", "new@example.com"),
    ] {
        let case = Case::of("users.csv", table).await;
        case.users.create(&NewUser::new().email_address("zoe@example.com").username("zoe_z")).await.unwrap();
        case.import(&["users.csv"]).await;
        case.write("users.csv", table.replace("ada@example.com,true,ada_l,Ada", changed));
        let run = case.try_import(&["users.csv", "--update"]).await;
        assert!(run.code == Some(1) && run.stdout.contains("1 form_identifier_exists"), "{run}");
        let ada = case.user("1").await;
        assert_eq!((emails(&ada), ada.first_name.as_deref()), (vec![(email, true)], Some("Ada")));
        case.write("users.csv", table);
        let run = case.import(&["users.csv", "--update"]).await;
        assert!(run.stdout.contains("1 updated"), "{run}");
        assert_eq!(emails(&case.user("1").await), [("ada@example.com", true)]);
        let run = case.import(&["users.csv", "--update"]).await;
        assert!(run.stdout.contains("1 imported by earlier runs"), "{run}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reports_and_updates_existing_users_that_differ() {
    let case = Case::of("users.csv", TABLE).await;
    case.import(&["users.csv"]).await;
    case.write("users.csv", TABLE.replace(",Ada", ",Augusta"));
    let journal = ["users.csv", "--journal", "new.jsonl"];
    let run = case.import(&journal).await;
    let expected = "existing users differ from their rows: first_name (1); use --update";
    assert!(run.stdout.contains(expected) && run.stdout.contains("2 already existed"), "{run}");
    let run = case.import(&journal).await;
    assert!(run.stdout.contains("changed since an earlier run: 1 row"), "{run}");
    assert_eq!(case.user("1").await.first_name.as_deref(), Some("Ada"));
    let run = case.import(&[&journal[..], &["--update"]].concat()).await;
    assert!(run.stdout.contains("1 updated"), "{run}");
    assert_eq!(case.user("1").await.first_name.as_deref(), Some("Augusta"));

    case.write("users.csv", TABLE);
    let run = case.import(&["users.csv", "--journal", "newer.jsonl", "--update"]).await;
    assert!(run.stdout.contains("1 updated") && run.stdout.contains("1 already existed"), "{run}");
    assert_eq!(case.user("1").await.first_name.as_deref(), Some("Ada"));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_adopts_no_user_if_there_are_several_and_reports_differences() {
    let table = "id,email,email_verified,banned\n1,a@example.com|b@example.com,true,\n2,c@example.com,true,true\n";
    for update in [false, true] {
        let case = Case::of("users.csv", table).await;
        for email in ["a@example.com", "b@example.com", "c@example.com"] {
            case.users.create(&NewUser::new().email_address(email)).await.unwrap();
        }
        let options = ["users.csv", "--adopt", "--update"];
        let run = case.try_import(&options[..if update { 3 } else { 2 }]).await;
        assert!(run.code == Some(1) && run.stdout.contains("several users have verified email addresses"), "{run}");
        assert_eq!(case.rejects("users.csv"), [(2, "not_adopted".to_owned())]);
        assert!(run.stdout.contains("1 adopted"), "{run}");
        assert_eq!(run.stdout.contains("existing users differ from their rows: banned (1)"), !update, "{run}");
        assert_eq!(case.user("2").await.banned, update);
        let run = case.run(&UNDO).await;
        assert!(run.code == Some(0) && run.stdout.contains("1 adopted user whose external id was removed"), "{run}");
        assert!(run.stderr.contains("deleting 0 users and removing 1 external id from"), "{run}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_lists_users_that_the_import_may_have_created() {
    let undo = async |case: &Case| {
        let run = case.run(&UNDO).await;
        assert_eq!(run.code, Some(1), "{run}");
        for expected in ["        1 deleted", "        1 kept, because it is unknown whether", ": user_"] {
            assert!(run.stdout.contains(expected), "{expected}: {run}");
        }
        assert_eq!(case.users.len(), 1);
    };
    // The response was lost.
    let case = Case::of("users.csv", TABLE).await;
    case.emulator.add_fault(HttpFault::status(500).after_work().operation(Operation::Create).times(1));
    case.import(&["users.csv"]).await;
    undo(&case).await;
    // The run was killed before it wrote to the journal.
    let case = Case::of("users.csv", TABLE).await;
    case.import(&["users.csv"]).await;
    let journal = case.read("users.csv.journal.jsonl");
    case.write("users.csv.journal.jsonl", journal.split_inclusive('\n').next().unwrap());
    case.import(&["users.csv"]).await;
    undo(&case).await;
    // In the first run, users without a failed request existed before.
    let case = Case::of("users.csv", TABLE).await;
    case.users.create(&NewUser::new().email_address("ada@example.com").external_id("1")).await.unwrap();
    case.import(&["users.csv"]).await;
    let run = case.run(&UNDO).await;
    assert!(run.code == Some(0) && run.stdout.contains("1 kept, because they existed before the import"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_reports_the_error_that_stopped_it() {
    let case = Case::of("users.csv", TABLE).await;
    case.import(&["users.csv"]).await;
    case.emulator.add_fault(HttpFault::status(403).operation(Operation::Delete).times(1));
    let run = case.run(&[&UNDO[..], &["--json"]].concat()).await;
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, &json["deleted"], &json["remaining"]), (Some(1), &0.into(), &2.into()), "{json}");
    assert!(json["stopped_by"].as_str().unwrap().contains("forbidden"), "{json}");
    let run = case.run(&UNDO).await;
    assert!(run.code == Some(0) && run.stdout.contains("        2 deleted"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_and_verify_report_users_whose_rows_were_deleted() {
    // A spreadsheet has written the apostrophe.
    let table = "id,username,deleted_at\n1,ada_1,\n'002,ben_2,\n3,cleo_3,2020-01-01\n";
    let case = Case::of("users.csv", table).await;
    let run = case.import(&["users.csv"]).await;
    assert!(!run.stdout.contains("deleted since"), "{run}");
    assert_eq!(case.user("002").await.username.as_deref(), Some("ben_2"));
    assert_eq!(case.run(&["verify", "users.csv"]).await.code, Some(0));
    case.write("users.csv", table.replace("ben_2,", "ben_2,2024-01-15"));
    let run = case.import(&["users.csv", "--update"]).await;
    assert!(
        run.stdout.contains("deleted since an earlier run: 1 row (line 3); an import does not delete users"),
        "{run}"
    );
    let run = case.run(&["verify", "users.csv"]).await;
    assert!(
        run.code == Some(1) && run.stdout.contains("1 deleted in the file, but not in the directory (line 3)"),
        "{run}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn import_ignores_duplicates_of_rejected_rows() {
    let digest = super::support::BCRYPT;
    for (rows, email) in [
        // The row with a password is preferred, but rejected.
        (format!("1,a@example.com,true,\n1,bad,true,{digest}\n"), ("a@example.com", true)),
        // The verified row is preferred, but rejected.
        (format!("1,a@example.com,,\n2,a@example.com|bad,true,{digest}\n"), ("a@example.com", false)),
    ] {
        let case = Case::of("users.csv", format!("id,email,email_verified,password_digest\n{rows}")).await;
        let checked = case.run(&["check", "users.csv"]).await;
        for line in ["        1 can be imported", "        1 rejected"] {
            assert!(checked.stdout.contains(line), "{line}: {checked}");
        }
        let run = case.try_import(&["users.csv", "--concurrency", "1"]).await;
        assert_eq!(case.rejects("users.csv"), [(3, "form_param_format_invalid".to_owned())], "{run}");
        assert_eq!(emails(&case.user("1").await), [email]);
    }
    // Of several verified rows, the first one that is not rejected is preferred.
    let rows = "1,a@example.com,\n2,a@example.com|bad,true\n3,a@example.com,true\n4,b@example.com,\n";
    let case = Case::of("users.csv", format!("id,email,email_verified\n{rows}")).await;
    case.try_import(&["users.csv"]).await;
    let expected = [(2, "duplicate".to_owned()), (3, "form_param_format_invalid".to_owned())];
    assert_eq!(case.rejects("users.csv"), expected);
    assert_eq!(emails(&case.user("3").await), [("a@example.com", true)]);
    assert_eq!(case.users.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_does_not_apply_rejected_rows_with_the_external_id_of_an_imported_row() {
    let digest = super::support::BCRYPT;
    for (password, reason) in [
        ("", "the external_id is a duplicate of line 3"),
        (digest, "the external_id is a duplicate of line 3, which an earlier run imported without a password"),
    ] {
        // The first row is rejected because of its phone number.
        let table = format!(
            "id,email,email_verified,phone_number,password_digest\n7,old@example.com,true,bad,{password}\n\
             7,ada@example.com,true,,\n8,ben@example.com,true,,\n"
        );
        let case = Case::of("users.csv", table).await;
        let run = case.try_import(&["users.csv"]).await;
        assert_eq!(case.rejects("users.csv"), [(2, "form_param_format_invalid".to_owned())], "{run}");
        for options in [&["users.csv"][..], &["users.csv", "--update"], &["users.csv", "--update"], &["users.csv"]] {
            let run = case.try_import(options).await;
            assert_eq!(run.code, Some(1), "{run}");
            let expected = format!("1 duplicate (external_id): {reason} (line 2)");
            assert!(run.stdout.contains(&expected) && !run.stdout.contains("changed"), "{run}");
            assert!(run.stdout.contains("2 imported by earlier runs") && !run.stdout.contains("updated"), "{run}");
            assert_eq!(case.rejects("users.csv"), [(2, "duplicate".to_owned())], "{run}");
            let ada = case.user("7").await;
            assert_eq!((emails(&ada), ada.password_enabled), (vec![("ada@example.com", true)], false));
        }
        // Without the other row, the row is a change.
        let table = format!(
            "id,email,email_verified,phone_number,password_digest\n7,new@example.com,true,,{password}\n\
             8,ben@example.com,true,,\n"
        );
        case.write("users.csv", table);
        let run = case.import(&["users.csv", "--update"]).await;
        assert!(run.stdout.contains("1 updated"), "{run}");
        let ada = case.user("7").await;
        assert_eq!((emails(&ada), ada.password_enabled), (vec![("new@example.com", true)], !password.is_empty()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_updates_the_secrets_of_existing_users() {
    let digest = super::support::BCRYPT;
    let table = |digest: &str| format!("id,username,password_digest\n1,ada_1,{digest}\n");
    let case = Case::of("users.csv", table(&digest.replace("W0b2", "W0be"))).await;
    case.import(&["users.csv"]).await;
    case.write("users.csv", table(digest));
    // Only the password differs.
    let options = ["users.csv", "--journal", "new.jsonl", "--update"];
    let run = case.import(&options).await;
    assert!(run.stdout.contains("1 updated"), "{run}");
    assert!(case.verifies("1", super::support::PASSWORD).await);
    let run = case.import(&options).await;
    assert!(run.stdout.contains("1 imported by earlier runs"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reports_changes_that_it_cannot_apply_in_every_run() {
    let table = "id,email,email_verified\n1,a@example.com|b@example.com,true\n";
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv"]).await;
    case.write("users.csv", table.replace("b@", "c@"));
    for _ in 0..2 {
        let run = case.import(&["users.csv", "--update"]).await;
        assert!(run.stdout.contains("not imported for 1 user: changes to email addresses"), "{run}");
    }
    let run = case.import(&["users.csv"]).await;
    assert!(run.stdout.contains("changed since an earlier run: 1 row;"), "{run}");
    case.write("users.csv", table);
    let run = case.import(&["users.csv", "--update"]).await;
    assert!(run.stdout.contains("1 updated") && !run.stdout.contains("changes to"), "{run}");
    let run = case.import(&["users.csv", "--update"]).await;
    assert!(run.stdout.contains("1 imported by earlier runs"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_and_check_keep_identifiers_of_rows_that_are_rejected_later() {
    // Row 1 depends on row 2, which depends on row 3 and is rejected.
    let table = "id,email,email_verified,unverified_email_addresses\n1,a@example.com,true,x@example.com\n\
                 2,x@example.com|bad,true,z@example.com\n3,z@example.com,true,\n";
    let case = Case::of("users.csv", table).await;
    let checked = case.run(&["check", "users.csv"]).await;
    for line in ["        3 rows", "        2 can be imported", "        1 rejected"] {
        assert!(checked.stdout.contains(line), "{line}: {checked}");
    }
    assert!(!checked.stdout.contains("that another user has"), "{checked}");
    case.try_import(&["users.csv"]).await;
    assert_eq!(case.rejects("users.csv"), [(3, "form_param_format_invalid".to_owned())]);
    assert_eq!(emails(&case.user("1").await), [("a@example.com", true), ("x@example.com", false)]);
    assert_eq!(emails(&case.user("3").await), [("z@example.com", true)]);
}
