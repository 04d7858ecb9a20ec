//! A downstream crate compiles, and still compiles when the port gets a new operation.
//!
//! Cargo builds and tests a copy of the sources in `downstream` offline. The second test does so against a copy of this
//! crate that has a fictitious 38th operation, `archive`. The third test enables a feature of `serde_json` that changes
//! how numbers are decoded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use user_directory::Operation;

#[test]
fn downstream_crate_works() {
    let output = Downstream::new("downstream", &root()).test("implementors");
    assert_passed(&output, "2 passed"); // of the greeter, which uses the mock
    assert_passed(&output, "3 passed");

    for kind in ["adapter", "wrapper", "interceptor"] {
        let text = fs::read_to_string(sources().join(format!("src/{kind}.rs"))).unwrap();
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        println!("{kind}: {} lines, {} of code", text.lines().count(), text.lines().filter(is_code).count());
    }
}

#[test]
fn new_operation_breaks_no_implementor() {
    let library = tmp().join("extended-library");
    extend(&library);
    let downstream = Downstream::new("extended-downstream", &library);
    assert_passed(&downstream.test("implementors"), "3 passed");
    assert_passed(&downstream.test("new_operation"), "7 passed");
}

#[test]
fn numbers_are_decoded_if_serde_json_has_arbitrary_precision() {
    let downstream = Downstream::new("arbitrary-precision", &root());
    downstream.add_dev_dependencies(
        r#"serde = "1.0"
serde_json = { version = "1.0", features = ["arbitrary_precision"] }"#,
    );
    assert_passed(&downstream.test("arbitrary_precision"), "3 passed");
}

/// Returns the directory of this library.
fn root() -> PathBuf {
    integration_tests::root("").canonicalize().unwrap()
}

/// Returns the directory of the sources of the downstream crate.
fn sources() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/project/downstream"))
}

fn tmp() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

fn assert_passed(output: &str, passed: &str) {
    assert!(output.contains(passed), "{output}");
}

/// A copy of the downstream crate that depends on a given copy of the library.
struct Downstream(PathBuf);

impl Downstream {
    const MANIFEST: &str = r#"
[package]
name = "downstream"
version = "0.0.0"
edition = "2024"

[dependencies]
user-directory = { path = "{library}", default-features = false }

[dev-dependencies]
tokio-test = "0.4"
user-directory = { path = "{library}", default-features = false, features = ["cache", "mock"] }

[workspace]
"#;

    fn new(name: &str, library: &Path) -> Self {
        let folder = tmp().join(name);
        copy(sources(), &folder);
        fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        let library = library.display().to_string().replace('\\', "/");
        write(&folder.join("Cargo.toml"), &Self::MANIFEST.replace("{library}", &library));
        Self(folder)
    }

    fn add_dev_dependencies(&self, lines: &str) {
        let manifest = self.0.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        write(&manifest, &text.replace("[dev-dependencies]", &format!("[dev-dependencies]\n{lines}")));
    }

    /// Runs the unit tests and one integration test, and returns the output. Panics if a test fails.
    fn test(&self, name: &str) -> String {
        let output = Command::new(env!("CARGO"))
            .args(["test", "--offline", "--lib", "--test", name, "--target-dir"])
            .arg(tmp().join("downstream-target"))
            .current_dir(&self.0)
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
        assert!(output.status.success(), "{text}");
        text
    }
}

/// Writes a copy of this library with the operation `archive`, at the places that a new operation needs.
fn extend(library: &Path) {
    const SIGNATURE: &str = "async fn archive(&self, user_id: &UserId) -> Result<User>";

    copy(&root().join("src"), &library.join("src"));
    write(&library.join("Cargo.toml"), &manifest());
    insert_method(
        library,
        "src/directory.rs",
        &format!(
            "    /// Archives a user.\n    {SIGNATURE} {{\n        forward(self, Operation::Archive)?.archive(user_id).await\n    }}\n"
        ),
    );
    insert_method(
        library,
        "src/interceptor/intercepted.rs",
        &format!(
            "    {SIGNATURE} {{\n        self.call(Operation::Archive, slice::from_ref(user_id), || self.inner.archive(user_id)).await\n    }}\n"
        ),
    );
    insert_row(library, "src/operation.rs");
}

/// Inserts a method after that of the last operation.
fn insert_method(library: &Path, file: &str, method: &str) {
    let text = fs::read_to_string(library.join(file)).unwrap();
    let last = text.find(&format!("async fn {}(", last_operation())).expect("the last operation has a method");
    let end = last + text[last..].find("\n    }\n").expect("the method has an end") + "\n    }\n".len();
    write(&library.join(file), &format!("{}\n{method}{}", &text[..end], &text[end..]));
}

/// Repeats the row of the last operation in a table, for the new operation.
fn insert_row(library: &Path, file: &str) {
    let (variant, name) = (format!("{:?}", last_operation()), last_operation().as_str());
    let text = fs::read_to_string(library.join(file)).unwrap();
    let is_row = |line: &&str| line.trim_start().starts_with(&variant) && line.contains(&format!("\"{name}\""));
    let row = text.lines().find(is_row).expect("the last operation has a row");
    let new = row.replace(&variant, "Archive").replace(name, "archive");
    write(&library.join(file), &text.replace(row, &format!("{row}\n{new}")));
}

fn last_operation() -> Operation {
    *Operation::ALL.last().unwrap()
}

/// Returns the library's manifest with the sections that a dependency needs.
fn manifest() -> String {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut kept = false;
    let lines = text.lines().filter(|line| {
        if line.starts_with('[') {
            kept = ["[package]", "[features]", "[dependencies]", "[lib]"].contains(line)
                || line.starts_with("[workspace.");
        }
        kept
    });
    lines.chain(["[workspace]"]).collect::<Vec<_>>().join("\n")
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            write(&to, &fs::read_to_string(entry.path()).unwrap());
        }
    }
}

/// Writes a file unless it has this content, so that Cargo does not build it again.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
