//! A crate that depends on this one.

use std::path::Path;
use std::process::Command;

const DOWNSTREAM_MANIFEST: &str = r#"
[package]
name = "downstream"
version = "0.0.0"
edition = "2024"

[lib]
path = "lib.rs"

[dependencies]
user-directory = { path = "{root}", default-features = false }

[dev-dependencies]
tokio-test = "0.4"
user-directory = { path = "{root}", default-features = false, features = ["mock"] }

[workspace]
"#;

/// Cargo builds and tests a crate of a user, in a folder of its own and without asking a registry.
#[test]
fn the_mock_is_usable_from_a_crate_that_depends_on_this_one() {
    let root = integration_tests::root("").canonicalize().unwrap();
    let downstream = Path::new(env!("CARGO_TARGET_TMPDIR")).join("downstream");
    std::fs::create_dir_all(&downstream).unwrap();
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/project/downstream/lib.rs"), downstream.join("lib.rs"))
        .unwrap();
    std::fs::copy(root.join("Cargo.lock"), downstream.join("Cargo.lock")).unwrap();
    let root = root.display().to_string().replace('\\', "/");
    std::fs::write(downstream.join("Cargo.toml"), DOWNSTREAM_MANIFEST.replace("{root}", &root)).unwrap();

    let output = Command::new(env!("CARGO"))
        .args(["test", "--offline", "--target-dir", "target"])
        .current_dir(&downstream)
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    assert!(stdout.contains("2 passed"), "{stdout}\n{stderr}");
}
