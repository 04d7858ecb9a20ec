//! The commands `import`, `export` and `undo`, and their options.

use std::time::{Duration, Instant};

use clerk_emulator::HttpFault;
use user_directory::clerk::RateLimits;
use user_directory::{InMemoryUserDirectory, NewUser, Operation, UserDirectory, UserDirectoryExt};

use super::support::{Case, emails};

const TABLE: &str = "id,email,email_verified,first_name\n1,ada@example.com,true,Ada\n2,ben@example.com,true,Ben\n";

#[tokio::test(flavor = "multi_thread")]
async fn import_announces_what_it_writes_and_asks_for_production() {
    let limits = RateLimits::default();
    let case = Case::with(InMemoryUserDirectory::permissive(), Some(limits)).await;
    case.write("users.csv", TABLE);
    let run = case.try_import(&["users.csv"]).await;
    assert_eq!(run.code, Some(2), "{run}");
    let expected = format!("importing into the production instance of Clerk at {}", case.emulator.api_url());
    assert!(run.stderr.contains(&expected), "{run}");
    assert!(run.stderr.contains("users.csv: 2 rows in the format csv, detected; 2 users"), "{run}");
    assert!(run.stderr.contains("use --yes"), "{run}");
    assert!(case.users.is_empty());
    case.import(&["users.csv", "--yes"]).await;
    assert_eq!(case.users.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_prints_json() {
    let case = Case::of("users.csv", TABLE).await;
    let run = case.import(&["users.csv", "--json"]).await;
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&json["created"], &json["rejected"], &json["remaining"]), (&2.into(), &0.into(), &0.into()));
    assert_eq!(json["journal"], "users.csv.journal.jsonl");
    assert_eq!(json["notices"], serde_json::json!([]));
    assert_eq!(case.files(), ["users.csv", "users.csv.journal.jsonl"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_the_mapping_from_a_file() {
    let case = Case::of("users.csv", "Customer No,Mail,Fax\n1,ada@example.com,1\n").await;
    let mapping =
        r#"{"map":{"customer no":"external_id","mail":"email"},"ignore":["fax"],"set":{"email_verified":"true"}}"#;
    case.write("mapping.json", mapping);
    case.import(&["users.csv", "--mapping", "mapping.json"]).await;
    assert_eq!(emails(&case.user("1").await), [("ada@example.com", true)]);
    case.write("mapping.json", r#"{"maps":{}}"#);
    let run = case.try_import(&["users.csv", "--mapping", "mapping.json"]).await;
    assert!(run.code == Some(2) && run.stderr.contains("mapping.json: unknown field `maps`"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_adopts_users_with_the_same_verified_address() {
    let case = Case::of("users.csv", TABLE).await;
    let ada = case.users.create(&NewUser::new().email_address("Ada@example.com")).await.unwrap();
    case.users.create(&NewUser::new().reserved_email_address("ben@example.com")).await.unwrap();
    let run = case.try_import(&["users.csv"]).await;
    assert!(run.code == Some(1) && run.stdout.contains("2 form_identifier_exists (email_address)"), "{run}");
    let run = case.try_import(&["users.csv", "--adopt"]).await;
    assert!(run.stdout.contains("1 adopted"), "{run}");
    assert_eq!(case.rejects("users.csv"), [(3, "form_identifier_exists".to_owned())], "the address is not verified");
    assert_eq!(case.user("1").await.id, ada.id);
    // Undoing removes the external id, and keeps the user.
    let run = case.run(&["undo", "users.csv.journal.jsonl", "--yes"]).await;
    assert!(run.code == Some(0) && run.stdout.contains("1 adopted user whose external id was removed"), "{run}");
    assert_eq!(case.users.get(&ada.id).await.unwrap().external_id, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_adopts_users_whose_address_differs_by_case_folding() {
    let case = Case::of("users.csv", "id,email,email_verified\n1,STRASSE@example.com,true\n").await;
    let user = case.users.create(&NewUser::new().email_address("straße@example.com")).await.unwrap();
    let run = case.import(&["users.csv", "--adopt"]).await;
    assert!(run.stdout.contains("1 adopted"), "{run}");
    assert_eq!(case.user("1").await.id, user.id);
    let run = case.run(&["verify", "users.csv"]).await;
    assert_eq!(run.code, Some(0), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_updates_changed_rows() {
    let case = Case::of("users.csv", TABLE).await;
    case.import(&["users.csv"]).await;
    let changed = TABLE.replace(",Ada", ",Augusta").replace("ada@", "augusta@");
    case.write("users.csv", &changed);
    let run = case.import(&["users.csv"]).await;
    assert!(run.stdout.contains("changed since an earlier run: 1 row; use --update"), "{run}");
    assert_eq!(case.user("1").await.first_name.as_deref(), Some("Ada"));
    let requests = case.emulator.requests().len();
    let run = case.import(&["users.csv", "--update"]).await;
    assert!(run.stdout.contains("1 updated") && run.stdout.contains("1 imported by earlier runs"), "{run}");
    let ada = case.user("1").await;
    assert_eq!((ada.first_name.as_deref(), emails(&ada)), (Some("Augusta"), vec![("augusta@example.com", true)]));
    assert!(case.emulator.requests().len() > requests);
    let run = case.import(&["users.csv", "--update"]).await;
    assert!(run.stdout.contains("2 imported by earlier runs"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_stops_after_equal_rejections_and_tries_them_again() {
    let case = Case::with(InMemoryUserDirectory::new(), None).await;
    // The instance has neither usernames nor phone numbers, and each row has one of them.
    let contact = |id: u32| if id.is_multiple_of(2) { format!("user_{id},") } else { format!(",+1555{id:07}") };
    let rows: Vec<_> = (0..300).map(|id| format!("{id},user{id}@example.com,true,{}\n", contact(id))).collect();
    case.write("users.csv", format!("id,email,email_verified,username,phone\n{}", rows.concat()));
    let run = case.try_import(&["users.csv", "--stop-after", "50"]).await;
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stdout.contains("stopped: 50 consecutive errors for the same reason: form_param_unknown ("), "{run}");
    assert!(case.users.is_empty());
    let run = case.import(&["users.csv", "--ignore", "username", "--ignore", "phone"]).await;
    assert!(run.stdout.contains("      300 created"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_does_not_stop_if_rows_between_the_rejected_rows_were_imported() {
    let row = |id: u32| if id.is_multiple_of(2) { format!("{id},user_{id}\n") } else { format!("{id},a b\n") };
    let table = |rows: u32| "id,username\n".to_owned() + &(0..rows).map(row).collect::<String>();
    let case = Case::of("users.csv", table(20)).await;
    let options = ["users.csv", "--stop-after", "5", "--concurrency", "1"];
    for (rows, created) in [(20, "       10 created"), (24, "        2 created")] {
        case.write("users.csv", table(rows));
        let run = case.try_import(&options).await;
        assert!(run.stdout.contains(created) && !run.stdout.contains("stopped"), "{run}");
    }
    // New rows do not help if all of them are rejected.
    case.write("users.csv", table(20) + &"21,a b\n23,a b\n25,a b\n27,a b\n29,a b\n".repeat(2));
    let run = case.try_import(&options).await;
    assert!(run.stdout.contains("stopped: 5 consecutive errors for the same reason: "), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reports_a_dead_target_within_seconds() {
    let case = Case::of("users.csv", TABLE).await;
    let start = Instant::now();
    let mut command = case.command(&["import", "users.csv"]);
    command.env("CLERK_API_URL", "http://127.0.0.1:1");
    let run = super::support::Run::of(command).await;
    assert!(run.code == Some(2) && run.stderr.contains("connection failed"), "{run}");
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(case.files(), ["users.csv"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_retries_conflicts_that_are_not_the_fault_of_a_row() {
    let case = Case::of("users.csv", TABLE).await;
    case.emulator.add_fault(HttpFault::status(409).code("conflict").operation(Operation::Create).times(1));
    let run = case.import(&["users.csv"]).await;
    assert!(run.stderr.contains("trying again"), "{run}");
    assert_eq!(case.users.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_deletes_created_users() {
    let case = Case::of("users.csv", TABLE).await;
    case.users.create(&NewUser::new().email_address("x@example.com").external_id("0")).await.unwrap();
    case.import(&["users.csv"]).await;
    let run = case.run(&["undo", "users.csv.journal.jsonl"]).await;
    assert!(run.code == Some(2) && run.stderr.contains("deleting 2 users from the development instance"), "{run}");
    let run = case.run(&["undo", "users.csv.journal.jsonl", "--yes", "--rate-limits", "off"]).await;
    assert!(run.code == Some(0) && run.stdout.contains("        2 deleted"), "{run}");
    assert_eq!(case.users.len(), 1);
    // The journal records that the users can be imported again.
    case.import(&["users.csv"]).await;
    assert_eq!(case.users.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn export_is_imported_into_another_instance() {
    let case = Case::of("users.csv", TABLE).await;
    case.import(&["users.csv"]).await;
    let run = case.run(&["export", "--rate-limits", "off"]).await;
    assert!(run.code == Some(0) && run.stdout.contains("        2 users exported"), "{run}");
    let other = Case::of("users.jsonl", case.read("users.jsonl")).await;
    other.import(&["users.jsonl"]).await;
    let expected = case.users.find_by_external_id("1").await.unwrap().unwrap();
    let ada = other.user("1").await;
    assert_eq!((ada.first_name.clone(), emails(&ada)), (expected.first_name.clone(), emails(&expected)));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_updates_to_identifiers_of_other_users() {
    let table = "id,email,username,email_verified\n1,ada@example.com,ada_l,true\n2,ben@example.com,ben_2,true\n";
    for (old, new, param) in [
        ("1,ada@example.com", "1,zoe@example.com", "email_address"),
        ("ada_l", "zoe_z", "username"),
        ("1,ada@example.com,ada_l", "1,zoe@example.com,ada_2", "email_address"),
    ] {
        let case = Case::of("users.csv", table).await;
        let zoe = NewUser::new().external_id("z").email_address("zoe@example.com").username("zoe_z");
        case.users.create(&zoe).await.unwrap();
        case.import(&["users.csv"]).await;
        case.write("users.csv", table.replace(old, new));
        // The second run tries the update again.
        for _ in 0..2 {
            let run = case.try_import(&["users.csv", "--update"]).await;
            assert_eq!(run.code, Some(1), "{run}");
            assert!(run.stdout.contains(&format!("1 form_identifier_exists ({param})")), "{run}");
            assert!(!run.stdout.contains("updated") && !run.stdout.contains("already existed"), "{run}");
            assert_eq!(emails(&case.user("1").await), [("ada@example.com", true)]);
        }
        case.users.delete(&case.user("z").await.id).await.unwrap();
        let run = case.import(&["users.csv", "--update"]).await;
        assert!(run.stdout.contains("1 updated"), "{run}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_do_not_create_a_missing_database() {
    let case = Case::of("users.csv", TABLE).await;
    for command in [&["verify", "users.csv", "--to", "sqlite:none.db"][..], &["export", "--source", "sqlite:none.db"]] {
        let run = case.run(command).await;
        assert_eq!(run.code, Some(2), "{run}");
        assert!(run.stderr.contains("the database sqlite:none.db: the file does not exist"), "{run}");
        assert_eq!(case.files(), ["users.csv"]);
    }
}
