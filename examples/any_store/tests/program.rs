//! Runs the program with every setting.

use std::process::{Command, Output};

use clerk_emulator::Emulator;
use integration_tests::postgres::Cluster;

const EXPECTED: &str = "\
orders to ship:
  punched cards for Ada (ada@example.com)
  a nanosecond of wire for Grace (grace@example.com)
";

fn run(variables: &[(&str, &str)]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_any_store"));
    program.env_remove("USER_DIRECTORY").env_remove("CLERK_SECRET_KEY").env_remove("CLERK_API_URL");
    program.envs(variables.iter().copied()).output().unwrap()
}

fn printed(variables: &[(&str, &str)]) -> String {
    let output = run(variables);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn program_prints_the_same_with_every_setting() {
    assert_eq!(printed(&[]), EXPECTED);
    for setting in ["", "memory", "sqlite::memory:"] {
        assert_eq!(printed(&[("USER_DIRECTORY", setting)]), EXPECTED, "{setting}");
    }
    let clerk = Emulator::start().await.unwrap();
    let variables =
        [("USER_DIRECTORY", "clerk"), ("CLERK_SECRET_KEY", "sk_test_1"), ("CLERK_API_URL", &clerk.api_url())];
    assert_eq!(printed(&variables), EXPECTED);

    let directory = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}/app.db", directory.path().display());
    for database in [Some(file), Cluster::shared().map(Cluster::database)].into_iter().flatten() {
        let variables = [("USER_DIRECTORY", database.as_str())];
        assert_eq!(printed(&variables), EXPECTED, "{database}");
        // The orders of the first run are kept.
        assert_eq!(printed(&variables).lines().count(), 5, "{database}");
    }
}

#[test]
fn program_fails_with_a_message() {
    let directory = tempfile::tempdir().unwrap();
    let missing = format!("sqlite:{}/missing/app.db", directory.path().display());
    for setting in ["redis", "clerk", &missing, "postgres://localhost:1/app"] {
        let output = run(&[("USER_DIRECTORY", setting)]);
        assert!(!output.status.success(), "{setting}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("any_store: "), "{output:?}");
    }
}
