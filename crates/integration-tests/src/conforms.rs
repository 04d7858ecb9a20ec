//! Conformance suite assertions for the implementations of this workspace.

use std::io::{self, Write as _};

use user_directory::UserDirectory;
use user_directory::conformance::{Fixture, Report, Suite};

/// Runs the whole suite and asserts that every behavior passes, except those that need an outage.
pub async fn assert_conforms(name: &str, directory: &dyn UserDirectory, fixture: &dyn Fixture) {
    let report = Suite::new(directory).fixture(fixture).run().await;
    print_passed(name, &report);
    report.assert_conformant();
    for (behavior, reason) in report.not_applicable() {
        assert_eq!(reason.to_string(), "the fixture cannot seed an outage", "{name}: {behavior:?}");
    }
    assert!(report.passed().count() >= 425, "{name}\n{report}");
}

/// Prints the number of passed behaviors, even if the test harness captures output.
pub fn print_passed(name: &str, report: &Report) {
    let line = format!("{name}: {} behaviors passed\n", report.passed().count());
    io::stdout().write_all(line.as_bytes()).unwrap();
}
