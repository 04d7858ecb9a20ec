//! Compares the table of tested SDKs in `README.md` with the lock files that the tests install.

use std::collections::BTreeSet;

use serde_json::Value;

fn read(path: &str) -> String {
    std::fs::read_to_string(integration_tests::root(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn row(package: &str, version: &str) -> (String, String) {
    (package.to_owned(), version.to_owned())
}

/// Returns the packages that `package.json` names, with the versions in `package-lock.json`.
fn javascript() -> Vec<(String, String)> {
    let lock: Value = serde_json::from_str(&read("crates/clerk-emulator/tests/sdks/package-lock.json")).unwrap();
    let manifest: Value = serde_json::from_str(&read("crates/clerk-emulator/tests/sdks/package.json")).unwrap();
    assert_eq!(lock["packages"][""]["dependencies"], manifest["dependencies"], "package-lock.json is outdated");
    let aliases = manifest["dependencies"].as_object().unwrap().keys();
    let package = |alias: &String| {
        let package = &lock["packages"][format!("node_modules/{alias}")];
        row(package["name"].as_str().unwrap_or(alias), package["version"].as_str().unwrap())
    };
    aliases.map(package).collect()
}

/// Returns the version of the SDK in each list of requirements.
fn python() -> Vec<(String, String)> {
    let files = std::fs::read_dir(integration_tests::root("crates/clerk-emulator/tests/sdks")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let requirements = names.filter(|name| name.starts_with("requirements-"));
    let version = |name: String| {
        let text = read(&format!("crates/clerk-emulator/tests/sdks/{name}"));
        assert!(text.lines().all(|line| line.contains("==")), "{name} must pin every version");
        row("clerk-backend-api", text.lines().find_map(|line| line.strip_prefix("clerk-backend-api==")).unwrap())
    };
    requirements.map(version).collect()
}

fn rust() -> (String, String) {
    let lock = read("Cargo.lock");
    let (_, package) = lock.split_once("name = \"clerk-rs\"\nversion = \"").unwrap();
    row("clerk-rs", package.split_once('"').unwrap().0)
}

/// Returns the rows of the table.
fn documented() -> Vec<Vec<String>> {
    let readme = read("crates/clerk-emulator/README.md");
    let (_, section) = readme.split_once("\n## Tested SDKs\n").unwrap();
    let rows = section.lines().skip_while(|line| !line.starts_with("| ---")).skip(1);
    let cells = |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    rows.take_while(|line| line.starts_with('|')).map(cells).collect()
}

fn code(cell: &str) -> &str {
    cell.split('`').nth(1).unwrap_or_else(|| panic!("{cell} has no code"))
}

#[test]
fn table_of_sdks_has_the_versions_of_the_lock_files() {
    let table: Vec<_> = documented().iter().map(|cells| row(code(&cells[0]), &cells[1])).collect();
    let installed: BTreeSet<_> = javascript().into_iter().chain(python()).chain([rust()]).collect();
    assert_eq!(table.iter().cloned().collect::<BTreeSet<_>>(), installed);
    assert_eq!(table.len(), installed.len(), "a version is listed twice");
}

#[test]
fn table_of_sdks_names_tests_that_exist() {
    let files = ["clerk-emulator/tests/emulator/official_sdks", "clerk-emulator/tests/emulator/official_cli"];
    let sources: String = files
        .iter()
        .chain(&["integration-tests/tests/clerk_rs"])
        .map(|file| read(&format!("crates/{file}.rs")))
        .collect();
    for cells in documented() {
        assert!(sources.contains(&format!("async fn {}()", code(&cells[4]))), "{cells:?}");
    }
}

#[test]
fn lock_files_name_no_registry() {
    for name in ["package-lock.json", "requirements-4.txt", "requirements-7.txt"] {
        let text = read(&format!("crates/clerk-emulator/tests/sdks/{name}"));
        assert!(!text.contains("\"resolved\"") && !text.contains("--index-url"), "{name}");
    }
}
