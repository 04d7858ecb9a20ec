//! Moving users between Clerk and a database, in both directions.

use integration_tests::postgres::Cluster;
use user_directory::model::TotpVerification;
use user_directory::store_directory::totp_code;
use user_directory::{NewUser, UserDirectory};

use super::support::{BCRYPT, Case, PASSWORD, Run, emails};

const KEYS: &str = "1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

async fn run(case: &Case, arguments: &[&str]) -> Run {
    let mut command = case.command(arguments);
    command.env("MIGRATE_USERS_ENCRYPTION_KEYS", KEYS);
    Run::of(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn users_move_from_clerk_to_sqlite_and_back_with_their_secrets() {
    let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    let table = format!(
        "id,primary_email_address,unverified_email_addresses,password_digest,password_hasher,totp_secret\n\
         a,ada@example.com,a@example.com,{BCRYPT},bcrypt,{secret}\nb,ben@example.com,,,,\n"
    );
    let case = Case::of("clerk.csv", table).await;
    let imported = run(&case, &["import", "clerk.csv", "--to", "sqlite:users.db"]).await;
    assert_eq!(imported.code, Some(0), "{imported}");
    assert!(imported.stderr.contains("importing into the database sqlite:users.db"), "{imported}");
    assert!(case.users.is_empty(), "Clerk is not involved");
    let verified = run(&case, &["verify", "clerk.csv", "--to", "sqlite:users.db"]).await;
    assert_eq!(verified.code, Some(0), "{verified}");

    let exported = run(&case, &["export", "--source", "sqlite:users.db", "--out", "users.jsonl"]).await;
    assert_eq!(exported.code, Some(0), "{exported}");
    assert!(exported.stdout.contains("password digests and other secrets"), "{exported}");
    #[cfg(unix)]
    for file in ["users.jsonl", "users.db"] {
        assert_eq!(super::support::mode(&case.path(file)), 0o600, "{file}");
    }

    let back = case.import(&["users.jsonl"]).await;
    assert!(back.stdout.contains("        2 created"), "{back}");
    let ada = case.user("a").await;
    assert_eq!(emails(&ada), [("ada@example.com", true), ("a@example.com", false)]);
    assert!(case.verifies("a", PASSWORD).await);
    let code = totp_code(&secret.into(), case.users.now()).unwrap();
    assert_eq!(case.users.verify_totp(&ada.id, &code).await.unwrap(), TotpVerification::Totp);
    // The journal of the import into the database is another one, and `undo` reverts it.
    let undone = run(&case, &["undo", "clerk.csv.journal.jsonl", "--to", "sqlite:users.db", "--yes"]).await;
    assert!(undone.code == Some(0) && undone.stdout.contains("        2 deleted"), "{undone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn users_move_into_postgres_and_between_databases() {
    let Some(cluster) = Cluster::shared() else { return };
    let (first, second) = (cluster.database(), cluster.database());
    let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    let table = format!(
        "id,email,email_verified,first_name,password_digest,totp_secret\n\
         a,ada@example.com,true,Ada,{BCRYPT},{secret}\nb,ben@example.com,,Ben,,\nc,Ada@example.com,true,Cleo,,\n"
    );
    let case = Case::of("users.csv", &table).await;
    let imported = run(&case, &["import", "users.csv", "--to", &first]).await;
    assert_eq!(imported.code, Some(1), "{imported}");
    assert!(imported.stdout.contains("        2 created"), "{imported}");
    assert_eq!(case.rejects("users.csv"), [(4, "duplicate".to_owned())]);
    assert!(imported.stderr.contains("importing into the database postgres://"), "{imported}");
    assert!(!imported.stderr.contains("postgres@"), "the description has no credentials: {imported}");

    // A rerun without the journal finds the users in the database.
    case.write("users.csv", table.replace("c,Ada@example.com,true,Cleo,,\n", ""));
    for (journal, expected) in
        [("users.csv.journal.jsonl", "2 imported by earlier runs"), ("new.jsonl", "2 already existed")]
    {
        let again = run(&case, &["import", "users.csv", "--to", &first, "--journal", journal]).await;
        assert!(again.code == Some(0) && again.stdout.contains(expected), "{again}");
    }
    case.write("passwords.csv", format!("external_id,password\na,{PASSWORD}\n"));
    let verify = ["verify", "users.csv", "--to", &first, "--check-passwords", "passwords.csv"];
    let verified = run(&case, &verify).await;
    assert!(verified.code == Some(0) && verified.stdout.contains("        1 correct password"), "{verified}");

    // The export contains the secrets, so that the other database verifies the same password and code.
    let exported = run(&case, &["export", "--source", &first, "--out", "export.jsonl"]).await;
    assert!(exported.code == Some(0) && exported.stdout.contains("        2 users exported"), "{exported}");
    let exported = case.read("export.jsonl");
    assert!(exported.contains(BCRYPT) && exported.contains(secret), "{exported}");
    let moved = run(&case, &["import", "export.jsonl", "--to", &second]).await;
    assert!(moved.code == Some(0) && moved.stdout.contains("        2 created"), "{moved}");
    let verified = run(&case, &["verify", "users.csv", "--to", &second, "--check-passwords", "passwords.csv"]).await;
    assert_eq!(verified.code, Some(0), "{verified}");

    let undone = run(&case, &["undo", "users.csv.journal.jsonl", "--to", &first, "--yes"]).await;
    assert!(undone.code == Some(0) && undone.stdout.contains("        2 deleted"), "{undone}");
    let empty = run(&case, &["verify", "users.csv", "--to", &first]).await;
    assert!(empty.code == Some(1) && empty.stdout.contains("        2 missing"), "{empty}");
    assert_eq!(run(&case, &["verify", "users.csv", "--to", &second]).await.code, Some(0), "the copy is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_into_a_database_needs_a_key_for_secrets() {
    let table = "id,username,totp_secret\n1,ada_1,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n";
    let case = Case::of("users.csv", table).await;
    let run = case.try_import(&["users.csv", "--to", "sqlite:users.db"]).await;
    assert!(run.code == Some(1) && run.stdout.contains("stopped: "), "{run}");
    let run = case.try_import(&["users.csv", "--to", "sqlite:/missing/folder/users.db"]).await;
    assert_eq!(run.code, Some(2), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn export_of_clerk_lists_what_an_import_does_not_carry() {
    let case = Case::new().await;
    let new = NewUser::new().email_address("ada@example.com").password(user_directory::Password::new("correct horse"));
    let ada = case.users.create(&new).await.unwrap();
    case.users.record_sign_in(&ada.id, case.users.now()).await.unwrap();
    assert_eq!(run(&case, &["export"]).await.code, Some(0));
    let run = run(&case, &["import", "users.jsonl", "--to", "sqlite:users.db"]).await;
    for note in
        ["passwords (the file has none)", "times of the last sign-in and activity", "the user id, which becomes"]
    {
        assert!(run.stdout.contains(note), "{note}: {run}");
    }
}
