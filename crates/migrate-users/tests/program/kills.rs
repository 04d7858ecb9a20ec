//! The importing process is killed or stopped halfway, and another one resumes. Every user must exist exactly once.
//!
//! The environment variable `IMPORT_USERS` sets the number of users, for example 10,000 for a trial of a few minutes.

mod check;
mod faults;
mod file;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use clerk_emulator::HttpFault;
use user_directory::clerk::RateLimits;
use user_directory::{InMemoryUserDirectory, Operation};

use super::support::Case;
use file::UsersFile;

/// The interval at which the number of users is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(2);
/// The default of `IMPORT_USERS`.
const USERS: u32 = 300;
/// The number of created users between two kills.
const KILL_EVERY: usize = 70;
/// The number of created users between two faults.
const FAULT_EVERY: usize = 10;

/// An importing process, killed on drop.
struct Importer(Child);

impl Drop for Importer {
    fn drop(&mut self) {
        // Fails if the process has exited.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

struct Trial {
    case: Case,
    file: UsersFile,
    faults: usize,
}

impl Trial {
    async fn new() -> Self {
        // The documented rate with a smaller burst.
        let limits = RateLimits::default().production(100).period(Duration::from_secs(1));
        let case = Case::with(InMemoryUserDirectory::permissive(), Some(limits)).await;
        let users = std::env::var("IMPORT_USERS").map_or(USERS, |users| users.parse().unwrap());
        let file = UsersFile::write(&case.path("users.jsonl"), users);
        Self { case, file, faults: 0 }
    }

    /// Returns the numbers of created users after which the import is killed or stopped.
    fn interruptions(&self) -> impl Iterator<Item = usize> + use<> {
        (1..).map(|number| number * KILL_EVERY).take_while({
            let end = self.file.users.len() - KILL_EVERY / 2;
            move |users| *users < end
        })
    }

    fn command(&self) -> Command {
        self.case.command(&["import", "users.jsonl", "--yes"])
    }

    /// Starts or resumes the import of the file.
    fn import(&self) -> Importer {
        Importer(self.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Injects faults until this many users exist or the importer exits.
    async fn inject_faults(&mut self, importer: &mut Importer, until: Option<usize>) -> Option<ExitStatus> {
        loop {
            let users = self.case.users.len();
            if until.is_some_and(|until| users >= until) {
                return None;
            }
            if let Some(status) = importer.0.try_wait().unwrap() {
                return Some(status);
            }
            while self.faults * FAULT_EVERY < users {
                self.case.emulator.add_fault(faults::fault(self.faults));
                self.faults += 1;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Resumes the import, and checks every user.
    async fn finish(&mut self) {
        let mut importer = self.import();
        let status = self.inject_faults(&mut importer, None).await.unwrap();
        assert_eq!(status.code(), Some(1), "the file has invalid lines");
        self.case.emulator.clear_faults();
        check::check(&self.case.users, &self.file).await.unwrap();
    }

    fn journal_len(&self) -> usize {
        std::fs::read_to_string(self.file.output("journal")).unwrap().lines().count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_creates_every_user_once_despite_kills() {
    let mut trial = Trial::new().await;
    for users in trial.interruptions() {
        let mut importer = trial.import();
        assert_eq!(trial.inject_faults(&mut importer, Some(users)).await, None);
        drop(importer);
    }
    trial.finish().await;
}

/// Sends a signal to a process.
#[cfg(unix)]
fn send(signal: &str, importer: &Importer) {
    let status = Command::new("kill").args([signal, &importer.0.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn import_completes_rows_in_flight_after_ctrl_c_and_sigterm() {
    let mut trial = Trial::new().await;
    for (signal, users) in ["-INT", "-TERM", "-TERM"].into_iter().cycle().zip(trial.interruptions()) {
        let mut importer = trial.import();
        assert_eq!(trial.inject_faults(&mut importer, Some(users)).await, None);
        send(signal, &importer);
        let status = trial.inject_faults(&mut importer, None).await.unwrap();
        assert_eq!(status.code(), Some(1), "{signal}");
        assert_eq!(trial.journal_len(), trial.case.users.len(), "all created users are in the journal");
    }
    trial.finish().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn import_exits_immediately_after_a_second_signal() {
    for signal in ["-INT", "-TERM"] {
        let mut trial = Trial::new().await;
        let fault = HttpFault::delay(Duration::from_hours(1)).after_work().operation(Operation::Create);
        trial.case.emulator.add_fault(fault);
        let mut importer = Importer(trial.command().stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
        assert_eq!(trial.inject_faults(&mut importer, Some(1)).await, None);
        send(signal, &importer);
        // The importer prints that it is stopping.
        let mut messages = BufReader::new(importer.0.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(messages.any(|line| line.starts_with("stopping")));
        send(signal, &importer);
        let code = tokio::task::spawn_blocking(move || importer.0.wait().unwrap().code()).await.unwrap();
        assert_eq!(code, Some(130), "{signal}");
    }
}
