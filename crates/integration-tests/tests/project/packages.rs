//! Limits on the number of packages that a build compiles. Give a reason in the commit that raises a limit.

use std::collections::BTreeSet;
use std::process::Command;

/// Returns the packages, including the library, that a build compiles on this platform with the locked versions.
/// `arguments` are passed to `cargo tree`.
fn packages(arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--package", "user-directory", "--prefix", "none", "--no-dedupe"])
        .args(arguments)
        .current_dir(integration_tests::root(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    // Each line has a name, a version and, in parentheses, a path or `proc-macro`.
    let package = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    text.lines().filter(|line| !line.is_empty()).map(package).collect()
}

#[track_caller]
fn assert_at_most(limit: usize, packages: &BTreeSet<String>) {
    assert!(packages.len() <= limit, "{} packages: {packages:?}", packages.len());
}

#[test]
fn quickstart_compiles_at_most_115_packages() {
    assert_at_most(115, &packages(&["--edges", "normal,build,dev"]));
}

#[test]
fn default_features_compile_at_most_90_packages() {
    let packages = packages(&["--edges", "normal,build"]);
    assert_at_most(90, &packages);
    for unwanted in ["aws-lc-sys ", "mockall ", "quick_cache ", "governor ", "bcrypt "] {
        assert!(!packages.iter().any(|package| package.starts_with(unwanted)), "{unwanted}");
    }
}

#[test]
fn in_memory_and_mock_compile_at_most_122_packages() {
    assert_at_most(122, &packages(&["--edges", "normal,build", "--features", "in-memory,mock"]));
}

#[test]
fn port_without_features_compiles_at_most_30_packages() {
    assert_at_most(30, &packages(&["--edges", "normal,build", "--no-default-features"]));
}
