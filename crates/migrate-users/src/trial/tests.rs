use std::io::{BufRead, BufReader};

use clap::Parser;
use clerk_emulator::HttpFault;

use super::*;

/// The environment variable with the arguments of the importing process.
const ARGUMENTS: &str = "MIGRATE_USERS_ARGUMENTS";

/// Returns a command that runs the test below in another process of this test program.
fn program(arguments: &[&str]) -> std::io::Result<Command> {
    let mut program = Command::new(std::env::current_exe()?);
    program.args(["trial::tests::importing_process", "--exact", "--ignored", "--nocapture"]);
    program.env(ARGUMENTS, arguments.join("\n"));
    Ok(program)
}

#[test]
#[ignore = "started by the other tests as a process"]
fn importing_process() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    let options = crate::Options::parse_from(std::iter::once("migrate-users").chain(arguments.lines()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    std::process::exit(i32::from(runtime.block_on(crate::program(options))));
}

fn trial() -> Trial {
    // The documented rate with a smaller burst.
    let limits = RateLimits::default().production(100).period(Duration::from_secs(1));
    Trial { users: 300, limits, fault_every: 10, program, show_output: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_creates_every_user_once_despite_a_kill() {
    run(&trial()).await.unwrap();
}

/// Sends a signal, and returns whether the process exists.
#[cfg(unix)]
fn send(signal: &str, process: u32) -> bool {
    Command::new("kill").args([signal, &process.to_string()]).stderr(Stdio::null()).status().unwrap().success()
}

#[cfg(unix)]
fn interrupt(importer: &Importer) {
    assert!(send("-INT", importer.0.id()));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn importer_is_killed_on_drop() {
    let (trial, folder) = (trial(), tempfile::tempdir().unwrap());
    let running = RunningTrial::start(&trial, folder.path()).await.unwrap();
    running.clerk.add_fault(HttpFault::delay(Duration::from_secs(3600)));
    let importer = running.import().unwrap();
    let process = importer.0.id();
    assert!(send("-0", process));
    drop(importer);
    assert!(!send("-0", process));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn import_completes_lines_in_flight_after_ctrl_c() {
    let (trial, folder) = (trial(), tempfile::tempdir().unwrap());
    let mut running = RunningTrial::start(&trial, folder.path()).await.unwrap();
    let mut importer = running.import().unwrap();
    assert_eq!(running.inject_faults(&mut importer, Some(50)).await.unwrap(), None);
    interrupt(&importer);
    let status = running.inject_faults(&mut importer, None).await.unwrap();
    assert_eq!(status.unwrap().code(), Some(1));
    assert_eq!(running.journal_len().unwrap(), running.directory.len(), "all created users are in the journal");

    let mut importer = running.import().unwrap();
    assert_eq!(running.inject_faults(&mut importer, None).await.unwrap().unwrap().code(), Some(1));
    check::check(&running.directory, &running.file).await.unwrap();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn import_exits_immediately_after_a_second_ctrl_c() {
    let (trial, folder) = (trial(), tempfile::tempdir().unwrap());
    let mut running = RunningTrial::start(&trial, folder.path()).await.unwrap();
    running.clerk.add_fault(HttpFault::delay(Duration::from_secs(3600)).after_work());
    let mut command = running.import_command().unwrap();
    let mut importer = Importer(command.stderr(Stdio::piped()).spawn().unwrap());
    assert_eq!(running.inject_faults(&mut importer, Some(1)).await.unwrap(), None);
    interrupt(&importer);
    // The importer prints that it is stopping.
    let mut messages = BufReader::new(importer.0.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(messages.any(|line| line.starts_with("stopping")));
    interrupt(&importer);
    assert_eq!(importer.0.wait().unwrap().code(), Some(130));
}
