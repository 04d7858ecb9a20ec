//! The memory of the program does not depend on the size of the rows, and depends little on their number.

use std::process::Stdio;
use std::time::Duration;

use user_directory::{NewUser, UserDirectory};

use super::support::Case;

const MEGABYTE: u64 = 1024;

/// Runs a command that must succeed, and returns the maximum of its resident memory in kilobytes.
async fn memory(case: &Case, arguments: &[&str]) -> u64 {
    let mut child = case.command(arguments).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut memory = 0;
    let exit = loop {
        // The file has no such line after the process has exited.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        memory = line.map_or(memory, |line| line.trim().strip_suffix(" kB").unwrap().parse().unwrap());
        if let Some(exit) = child.try_wait().unwrap() {
            break exit;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert!(exit.success(), "{arguments:?}");
    memory
}

fn table(rows: u32, more: &str) -> String {
    let row = |id: u32| {
        format!("customer-{id},user{id}@example.com,true,user_{id},Ada,+1555{id:07},true,2024-01-15T10:30:00Z,{more}\n")
    };
    let header = "id,email,email_verified,username,first_name,phone,phone_verified,created_at,bio\n";
    header.to_owned() + &(0..rows).map(row).collect::<String>()
}

#[tokio::test(flavor = "multi_thread")]
async fn check_and_import_of_imported_rows_use_little_memory_per_row() {
    let case = Case::new().await;
    let user = case.users.create(&NewUser::new().username("ada_lovelace")).await.unwrap();
    let (mut check, mut import) = (Vec::new(), Vec::new());
    for rows in [2_000, 20_000] {
        case.write("users.csv", table(rows, ""));
        let entry = |row: u32| {
            let id = format!("customer-{row}");
            format!(
                "{{\"line\":{},\"external_id\":\"{id}\",\"user_id\":\"{}\",\"outcome\":\"created\"}}\n",
                row + 2,
                user.id
            )
        };
        case.write("journal.jsonl", (0..rows).map(entry).collect::<String>());
        check.push(memory(&case, &["check", "users.csv", "--ignore", "bio"]).await);
        import.push(memory(&case, &["import", "users.csv", "--ignore", "bio", "--journal", "journal.jsonl"]).await);
    }
    assert_eq!(case.users.len(), 1, "all rows are in the journal");
    for memory in [check, import] {
        // Hashes of four identifiers and an entry of the journal are less than 100 bytes, and the rows are longer.
        assert!(memory[1] < memory[0] + 3 * MEGABYTE, "{memory:?} kB");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_uses_memory_independently_of_the_size_of_the_rows() {
    let mut used = Vec::new();
    for size in [10, 50_000] {
        let case = Case::of("users.csv", table(300, &"x".repeat(size))).await;
        let arguments = ["import", "users.csv", "--ignore", "bio", "--rate-limits", "off"];
        used.push(memory(&case, &arguments).await);
        assert_eq!(case.users.len(), 300);
    }
    assert!(used[1] < used[0] + 8 * MEGABYTE, "{used:?} kB");
}
