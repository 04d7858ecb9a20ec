//! Checks the tables and numbers of the documentation against the crate.

use std::collections::BTreeSet;
use std::process::Command;

use user_directory::model::{MAX_BULK_SIZE, MAX_FILTER_VALUES, MAX_LIMIT, MAX_LIST_VALUES, ProfileImage};
use user_directory::{
    Error, InMemoryUserDirectory, NewUser, Operation, UserDirectory, UserFilter, UserId, UserIdBatch, UserQuery,
};

fn read(path: &str) -> String {
    std::fs::read_to_string(integration_tests::root(path)).unwrap()
}

/// Returns the cells of the table with a heading, in Markdown or in the doc comment of a module.
fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let lines = text.lines().map(|line| line.trim_start_matches("//!").trim());
    let mut lines = lines.skip_while(|line| *line != heading);
    assert!(lines.next().is_some(), "missing table {heading}");
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// Returns the text with Markdown links replaced by their text.
fn without_links(text: &str) -> String {
    let mut parts = text.split('[');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (label, rest) = part.split_once(']').unwrap_or((part, ""));
        let rest = rest.strip_prefix('(').and_then(|target| target.split_once(')')).map_or(rest, |(_, rest)| rest);
        plain += label;
        plain += rest;
    }
    plain
}

/// Returns the first text between backticks.
fn code(cell: &str) -> &str {
    cell.split('`').nth(1).unwrap_or_else(|| panic!("{cell} has no code"))
}

/// Returns the package as `cargo metadata` describes it.
fn package() -> serde_json::Value {
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(integration_tests::root("")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    packages.iter().find(|package| package["name"] == "user-directory").unwrap().clone()
}

#[test]
fn feature_tables_match_manifest_and_each_other() {
    let tables = ["README.md", "src/lib.rs"]
        .map(|document| table(&without_links(&read(document)), "| feature | default | adds |"));
    assert_eq!(tables[0], tables[1]);
    let documented: BTreeSet<_> = tables[0].iter().map(|row| (code(&row[0]).to_owned(), row[1] == "yes")).collect();
    let package = package();
    let features = package["features"].as_object().unwrap();
    let default: Vec<_> = features["default"].as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
    let features = features.keys().filter(|name| *name != "default");
    assert_eq!(documented, features.map(|name| (name.clone(), default.contains(&&**name))).collect());
    assert_eq!(tables[0].len(), documented.len(), "a feature is listed twice");
}

#[test]
fn minimum_rust_version_matches_manifest() {
    let package = package();
    let version = package["rust_version"].as_str().unwrap();
    for document in ["README.md", "src/lib.rs"] {
        assert!(read(document).contains(&format!("Rust {version}")), "{document} does not mention Rust {version}");
    }
}

#[test]
fn migration_table_lists_every_operation_once() {
    let rows = table(&read("src/guide/migrating.md"), "| this crate | clerk-rs | JavaScript | Python |");
    let names: Vec<_> = rows.iter().map(|row| code(&row[0])).collect();
    let operations: Vec<_> = Operation::ALL.iter().map(|operation| operation.as_str()).collect();
    assert_eq!(names, operations);
    for row in &rows {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(row[0].ends_with(&format!("(crate::UserDirectory::{})", code(&row[0]))), "{row:?}");
        for cell in &row[1..] {
            assert!(cell == "–" || cell.matches('`').count() == 2, "{row:?}");
        }
    }
    // Names are unique in each column.
    for column in 1..4 {
        let theirs: Vec<_> = rows.iter().map(|row| &row[column]).filter(|cell| *cell != "–").collect();
        assert_eq!(theirs.iter().collect::<BTreeSet<_>>().len(), theirs.len(), "column {column}");
    }
    let missing = rows.iter().filter(|row| row[2] == "–").count();
    assert!(read("src/guide/migrating.md").contains(&format!("{} of 37", 37 - missing)));
}

/// A row of the table of limits: its name and its limit, and the file and the declarations of the constants.
type LimitRow = (&'static str, &'static str, &'static str, &'static [&'static str]);

const LIMITS: &[LimitRow] = &[
    ("`meta` of a detail", "64 KiB of JSON", "src/model/error_detail.rs", &["MAX_META_BYTES: usize = 64 * 1024"]),
    ("size of an imported digest", "4,096 bytes", "src/rules/password_hash.rs", &["MAX_DIGEST_BYTES: usize = 4096"]),
    (
        "cost of a bcrypt digest",
        "16",
        "src/rules/password_hash/bcrypt_family.rs",
        &["COSTS: RangeInclusive<u32> = 4..=16"],
    ),
    (
        "memory of an Argon2 digest",
        "256 MiB; memory × passes at most 4 GiB",
        "src/rules/password_hash/foreign/argon2_phc.rs",
        &["MAX_MEMORY_KIB: u32 = 256 * 1024", "MAX_WORK_KIB: u32 = 4 * 1024 * 1024"],
    ),
    (
        "memory of an scrypt digest",
        "256 MiB; memory × parallelism at most 1 GiB",
        "src/rules/password_hash/foreign/scrypt_family.rs",
        &["MAX_MEMORY_BYTES: u64 = 256 * 1024 * 1024", "MAX_WORK_BYTES: u64 = 1024 * 1024 * 1024"],
    ),
    (
        "rounds of a PBKDF2 digest",
        "5,000,000",
        "src/rules/password_hash/foreign/pbkdf2_family.rs",
        &["MAX_ROUNDS: u32 = 5_000_000"],
    ),
    (
        "bcrypt rounds (2 to the power of the cost) of all backup codes of a user",
        "131,072, such as 32 digests with a cost of 12",
        "src/rules/second_factors.rs",
        &["MAX_BCRYPT_ROUNDS: u64 = 1 << 17"],
    ),
    (
        "concurrent hashing in a process",
        "the number of cores, and 512 MiB of Argon2 and scrypt memory",
        "src/store_directory/hashing.rs",
        &["MEMORY_MIB: u32 = 512"],
    ),
    (
        "size of a response, after decompression",
        "64 MiB",
        "src/clerk/response.rs",
        &["MAX_RESPONSE: usize = 64 * 1024 * 1024"],
    ),
    (
        "memory of the lists and maps in a response or webhook",
        "about 16 MiB plus 4 bytes per byte of JSON",
        "src/model/lenient/limits.rs",
        &["BASE_MEMORY: usize = 16 * 1024 * 1024", "MEMORY_PER_BYTE: usize = 4"],
    ),
    (
        "size of an error response",
        "64 KiB, within 2 s",
        "src/clerk/response.rs",
        &["MAX_ERROR: usize = 64 * 1024", "ERROR_TIMEOUT: Duration = Duration::from_secs(2)"],
    ),
    (
        "warnings about invalid values of one response or webhook",
        "10",
        "src/model/lenient/limits.rs",
        &["MAX_WARNINGS: u64 = 10"],
    ),
    ("size of a webhook body", "1 MiB", "src/webhooks/verifier.rs", &["MAX_BODY_BYTES: usize = 1024 * 1024"]),
    (
        "difference between the timestamp of a webhook and the current time",
        "5 minutes",
        "src/webhooks/verifier.rs",
        &["TOLERANCE: Duration = Duration::from_secs(5 * 60)"],
    ),
    (
        "open connections",
        "512, or half of the file descriptors of the process if that is less",
        "crates/clerk-emulator/src/connections.rs",
        &["MAX_CONNECTIONS: usize = 512"],
    ),
    (
        "head of a request",
        "128 KiB, within 30 s, including the time before its first byte",
        "crates/clerk-emulator/src/connections.rs",
        &["MAX_HEAD: usize = 128 * 1024", "HEAD_TIMEOUT: Duration = Duration::from_secs(30)"],
    ),
    (
        "time without progress while a response is sent",
        "30 s",
        "crates/clerk-emulator/src/connections.rs",
        &["WRITE_TIMEOUT: Duration = Duration::from_secs(30)"],
    ),
    (
        "requests to the API in progress",
        "512, including those whose client has closed the connection",
        "crates/clerk-emulator/src/app.rs",
        &["MAX_REQUESTS: usize = 512"],
    ),
    ("requests to the control API in progress", "8", "crates/clerk-emulator/src/control.rs", &["MAX_CALLS: usize = 8"]),
    (
        "body of a request to the API",
        "10 MiB, within 60 s",
        "crates/clerk-emulator/src/request_body.rs",
        &["TIMEOUT: Duration = Duration::from_mins(1)"],
    ),
    (
        "body of a request to the control API",
        "1 GiB, within 60 s",
        "crates/clerk-emulator/src/control.rs",
        &["MAX_BODY: usize = 1024 * 1024 * 1024"],
    ),
    (
        "memory of the bodies of all requests",
        "128 MiB for the API, and 1 GiB for the control API",
        "crates/clerk-emulator/src/request_body.rs",
        &["MEMORY: usize = 128 * 1024 * 1024"],
    ),
    (
        "body of a request without a valid key or host",
        "discarded, within 2 s",
        "crates/clerk-emulator/src/request_body.rs",
        &["DISCARD_TIMEOUT: Duration = Duration::from_secs(2)"],
    ),
    (
        "request log",
        "the latest 500 requests, about 10 KiB each",
        "crates/clerk-emulator/src/request_log.rs",
        &["CAPACITY: usize = 500", "MAX_PATH: usize = 1024", "MAX_QUERY: usize = 8 * 1024"],
    ),
    (
        "shutdown",
        "4 s for clients, then 4 s for the directory",
        "crates/clerk-emulator/src/server.rs",
        &["SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(4)"],
    ),
    (
        "response of an endpoint",
        "64 KiB, within 15 s",
        "crates/clerk-emulator/src/webhooks/request.rs",
        &["MAX_RESPONSE: usize = 64 * 1024", "TIMEOUT: Duration = Duration::from_secs(15)"],
    ),
    (
        "attempts of a delivery",
        "8",
        "crates/clerk-emulator/src/webhooks/schedule.rs",
        &["WAITS: [u64; 7] = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR]"],
    ),
    (
        "requests to an endpoint in progress",
        "16",
        "crates/clerk-emulator/src/webhooks/sender.rs",
        &["MAX_IN_FLIGHT: usize = 16"],
    ),
    (
        "undelivered events in progress",
        "100,000",
        "crates/clerk-emulator/src/webhooks/progress.rs",
        &["MAX_EVENTS: usize = 100_000"],
    ),
    (
        "deliveries in the history",
        "the latest 500, with 16 MiB of events and 20 attempts each",
        "crates/clerk-emulator/src/webhooks/history.rs",
        &["CAPACITY: usize = 500", "MAX_BYTES: usize = 16 * 1024 * 1024", "MAX_ATTEMPTS: usize = 20"],
    ),
];

/// The rows of the table of limits whose constants are public.
const FILTER_VALUES: &str = "values of one filter";
const PAGE: &str = "users on a page";
const BULK: &str = "users of a bulk operation";
const LISTS: &str =
    "email addresses, phone numbers, wallets and backup codes of a new user, and backup codes of an update";
const DETAILS: &str = "details of an error";
/// The row that refers to another table.
const OTHER_TABLE: &str = "time, attempts, requests in flight";

/// Returns the row of the table of limits.
fn limit(what: &str) -> Vec<String> {
    let rows = table(&read("src/guide/in_production.md"), "| what | limit | error | setting |");
    let row = rows.into_iter().find(|row| row[0] == what);
    row.unwrap_or_else(|| panic!("{what} is missing from the table"))
}

#[test]
fn table_of_limits_matches_the_constants() {
    for (what, value) in [
        (FILTER_VALUES, MAX_FILTER_VALUES.to_string()),
        (PAGE, MAX_LIMIT.to_string()),
        (BULK, MAX_BULK_SIZE.to_string()),
        (LISTS, format!("{MAX_LIST_VALUES} each")),
        (DETAILS, Error::MAX_DETAILS.to_string()),
    ] {
        assert_eq!(limit(what)[1], value, "{what}");
    }
    assert_eq!(ProfileImage::MAX_BYTES, 10 * 1024 * 1024);
    for (what, value, file, constants) in LIMITS {
        assert_eq!(limit(what)[1], *value, "{what}");
        for constant in *constants {
            assert!(read(file).contains(&format!("const {constant};")), "the table is outdated: {what} in {file}");
        }
    }
    let mut known: Vec<_> = LIMITS.iter().map(|(what, ..)| *what).collect();
    known.extend([FILTER_VALUES, PAGE, BULK, LISTS, DETAILS, OTHER_TABLE]);
    for row in table(&read("src/guide/in_production.md"), "| what | limit | error | setting |") {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(row[0].starts_with("**") || known.contains(&&*row[0]), "{} has no check", row[0]);
    }
}

#[tokio::test]
async fn table_of_limits_has_the_codes_of_the_errors() {
    let id = |n: usize| UserId::new(format!("user_{n}")).unwrap();
    let users = InMemoryUserDirectory::permissive();
    let emails = (0..=MAX_LIST_VALUES).map(|n| format!("a{n}@b.example"));
    let new_user = emails.fold(NewUser::new(), NewUser::email_address);
    for (what, error) in [
        (FILTER_VALUES, UserFilter::new().user_ids((0..=MAX_FILTER_VALUES).map(id)).validate().unwrap_err()),
        (PAGE, UserQuery::new().limit(MAX_LIMIT + 1).validate().unwrap_err()),
        (BULK, UserIdBatch::new((0..=MAX_BULK_SIZE).map(id)).unwrap_err()),
        (LISTS, users.create(&new_user).await.unwrap_err()),
    ] {
        let expected = format!("`InvalidInput`; `{}`", error.details()[0].code());
        assert!(error.is_invalid_input() && limit(what)[2].starts_with(&expected), "{what}: {expected}");
    }
}

#[test]
fn guide_table_lists_every_chapter() {
    let guide = read("src/guide.rs");
    for entry in std::fs::read_dir(integration_tests::root("src/guide")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(guide.contains(&format!("| [`{name}`] |")), "{name} is missing from the table");
        assert!(guide.contains(&format!("pub mod {name} {{}}")), "{name} is not a module");
    }
}
