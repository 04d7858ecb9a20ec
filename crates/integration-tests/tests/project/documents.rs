//! Checks the tables and numbers of the documentation against the crate.

use std::collections::BTreeSet;
use std::process::Command;

use user_directory::Operation;

pub fn read(path: &str) -> String {
    std::fs::read_to_string(integration_tests::root(path)).unwrap()
}

/// Returns the cells of the table with a heading, in Markdown or in the doc comment of a module.
pub fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
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
    assert!(read("src/guide/migrating.md").contains(&format!("{} of the 37 operations", 37 - missing)));
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
