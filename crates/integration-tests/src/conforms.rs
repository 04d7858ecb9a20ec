//! What "it conforms" means for the directories of this crate: everything passes, and nothing is left out.

use std::io::{self, Write as _};

use user_directory::UserDirectory;
use user_directory::conformance::{Fixture, Report, Suite};

/// Runs the whole suite, and tells how much passed.
pub async fn assert_conforms(name: &str, directory: &dyn UserDirectory, fixture: &dyn Fixture) {
    let report = Suite::new(directory).fixture(fixture).run().await;
    tell(name, &report);
    report.assert_conformant();
    assert_eq!(report.not_applicable().count(), 0, "{name}\n{report}");
    assert!(report.passed().count() >= 400, "{name}\n{report}");
}

/// Past the capture of the test harness, so that it is told without being asked for.
pub fn tell(name: &str, report: &Report) {
    let line = format!("{name}: {} behaviors passed\n", report.passed().count());
    io::stdout().write_all(line.as_bytes()).unwrap();
}
