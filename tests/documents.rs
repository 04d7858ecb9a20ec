//! What the documents say of the crate, against the crate.

use std::collections::BTreeSet;
use std::path::Path;

use user_directory::Operation;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The cells of the rows of the table that has this heading; the comment signs of Rust are passed over.
fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let lines = text.lines().map(|line| line.trim_start_matches("//!").trim());
    let mut lines = lines.skip_while(|line| *line != heading);
    assert!(lines.next().is_some(), "there is no table {heading}");
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// What stands between back-ticks first.
fn code(cell: &str) -> &str {
    cell.split('`').nth(1).unwrap_or_else(|| panic!("{cell} names nothing"))
}

/// The features of the manifest, and whether each is one of the default ones.
fn features() -> BTreeSet<(String, bool)> {
    let manifest = read("Cargo.toml");
    let section = manifest.split("\n[features]\n").nth(1).unwrap().split("\n[").next().unwrap();
    let default = section.lines().find_map(|line| line.strip_prefix("default = ")).unwrap();
    let names = section.lines().filter(|line| !line.starts_with([' ', '#', ']'])).filter_map(|line| line.split_once(" ="));
    let names = names.map(|(name, _)| name).filter(|name| *name != "default");
    names.map(|name| (name.to_owned(), default.contains(&format!("\"{name}\"")))).collect()
}

#[test]
fn the_tables_of_features_have_those_of_the_manifest() {
    assert!(features().len() > 5);
    for document in ["README.md", "src/lib.rs"] {
        let rows = table(&read(document), "| feature | default | what it adds |");
        let told = rows.iter().map(|row| (code(&row[0]).to_owned(), row[1] == "yes"));
        assert_eq!(told.collect::<BTreeSet<_>>(), features(), "{document}");
        assert_eq!(rows.len(), features().len(), "{document} has one twice");
    }
}

#[test]
fn both_tables_of_features_say_the_same() {
    // The links of rustdoc apart.
    let plain = |text: String| text.replace(['[', ']'], "").replace("emulator::Emulator", "Emulator");
    let heading = "| feature | default | what it adds |";
    let readme = table(&plain(read("README.md")), heading);
    let library = table(&plain(read("src/lib.rs")), heading);
    for (readme, library) in readme.iter().zip(&library) {
        assert_eq!(readme, library);
    }
}

#[test]
fn the_oldest_rust_is_that_of_the_manifest() {
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    for document in ["README.md", "src/lib.rs"] {
        assert!(read(document).contains(&format!("Rust {version}")), "{document} does not name Rust {version}");
    }
}

#[test]
fn the_table_of_names_has_every_operation_once() {
    let rows = table(&read("src/guide/migrating.md"), "| here | clerk-rs | JavaScript | Python |");
    let names: Vec<_> = rows.iter().map(|row| code(&row[0])).collect();
    let operations: Vec<_> = Operation::ALL.iter().map(|operation| operation.name()).collect();
    assert_eq!(names, operations);
    for row in &rows {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(row[0].ends_with(&format!("(crate::UserDirectory::{})", code(&row[0]))), "{row:?}");
        for cell in &row[1..] {
            assert!(cell == "–" || cell.matches('`').count() == 2, "{row:?}");
        }
    }
    // In each column a name is given once.
    for column in 1..4 {
        let named: Vec<_> = rows.iter().map(|row| &row[column]).filter(|cell| *cell != "–").collect();
        assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len(), "column {column}");
    }
    let missing = rows.iter().filter(|row| row[2] == "–").count();
    assert!(read("src/guide/migrating.md").contains(&format!("{} of 37", 37 - missing)));
}

#[test]
fn every_chapter_of_the_guide_is_in_its_table() {
    let guide = read("src/guide.rs");
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(guide.contains(&format!("| [`{name}`] |")), "{name} is not in the table");
        assert!(guide.contains(&format!("pub mod {name} {{}}")), "{name} is not a module");
    }
}
