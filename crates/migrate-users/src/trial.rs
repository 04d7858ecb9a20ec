//! Tests the import on an emulator with rate limits and faults: the importing process is killed halfway, another one
//! resumes, and every user must exist exactly once at the end.

mod check;
mod faults;
mod file;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use clerk_emulator::Emulator;
use user_directory::InMemoryUserDirectory;
use user_directory::clerk::RateLimits;

use crate::Failure;
use crate::output::print;
use crate::progress;
use file::TrialFile;

/// A fake production key, because production limits are higher.
const KEY: &str = "sk_live_not_a_real_key";
/// The interval at which the number of users is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// The configuration of a trial.
pub struct Trial {
    pub users: u32,
    /// The rate limits of the emulator.
    pub limits: RateLimits,
    /// The number of created users between two faults.
    pub fault_every: usize,
    /// Returns a command that runs this program with arguments.
    pub program: fn(&[&str]) -> std::io::Result<Command>,
    /// Whether to show the output of the importing process.
    pub show_output: bool,
}

impl Trial {
    /// Creates a trial of this program with the documented limits.
    pub fn new(users: u32) -> Result<Self, Failure> {
        if users < 100 {
            return Err("--users: must be 100 or more".into());
        }
        let program = |arguments: &[&str]| {
            let mut program = Command::new(std::env::current_exe()?);
            program.args(arguments);
            Ok(program)
        };
        Ok(Self { users, limits: RateLimits::default(), fault_every: 25, program, show_output: true })
    }
}

/// An importing process, killed on drop.
struct Importer(Child);

impl Drop for Importer {
    fn drop(&mut self) {
        // Fails if the process has exited.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A running trial.
struct RunningTrial<'a> {
    trial: &'a Trial,
    clerk: Emulator,
    directory: InMemoryUserDirectory,
    file: TrialFile,
    faults: usize,
}

/// Runs a trial.
pub async fn run(trial: &Trial) -> Result<(), Failure> {
    let start = Instant::now();
    let folder = tempfile::tempdir()?;
    let mut running = RunningTrial::start(trial, folder.path()).await?;
    print(format_args!("{} users and {} invalid lines", trial.users, running.file.rejects.len()))?;

    let half = trial.users as usize / 2;
    let mut importer = running.import()?;
    if let Some(status) = running.inject_faults(&mut importer, Some(half)).await? {
        return Err(format!("the import exited before it was killed: {status}").into());
    }
    drop(importer);
    print(format_args!(
        "\nkilled after {} users were created, {} of them in the journal",
        running.directory.len(),
        running.journal_len()?
    ))?;

    let mut importer = running.import()?;
    let status = running.inject_faults(&mut importer, None).await?;
    // The exit code is 1 because of the invalid lines.
    if status.and_then(|status| status.code()) != Some(1) {
        return Err(format!("the resumed import exited with {status:?}").into());
    }
    running.clerk.clear_faults();
    check::check(&running.directory, &running.file).await?;
    print(format_args!(
        "\nall users exist exactly once, after {} faults, in {}",
        running.faults,
        progress::duration(start.elapsed())
    ))?;
    running.clerk.stop().await?;
    Ok(())
}

impl<'a> RunningTrial<'a> {
    async fn start(trial: &'a Trial, folder: &Path) -> Result<Self, Failure> {
        let file = TrialFile::write(&folder.join("users.jsonl"), trial.users)?;
        let directory = InMemoryUserDirectory::permissive();
        let builder = Emulator::builder().store(&directory).secret_key(KEY)?;
        let clerk = builder.rate_limits(trial.limits).start().await?;
        Ok(Self { trial, clerk, directory, file, faults: 0 })
    }

    /// Starts or resumes an import of the file.
    fn import(&self) -> Result<Importer, Failure> {
        Ok(Importer(self.import_command()?.spawn()?))
    }

    fn import_command(&self) -> Result<Command, Failure> {
        let path = self.file.path.to_str().ok_or("the path of the temporary directory is not UTF-8")?;
        let mut program = (self.trial.program)(&["import", path, "--concurrency", "16"])?;
        program.env("CLERK_SECRET_KEY", KEY).env("CLERK_API_URL", self.clerk.api_url());
        if !self.trial.show_output {
            program.stdout(Stdio::null()).stderr(Stdio::null());
        }
        Ok(program)
    }

    /// Injects faults until this many users exist or the importer exits.
    async fn inject_faults(
        &mut self,
        importer: &mut Importer,
        until: Option<usize>,
    ) -> Result<Option<ExitStatus>, Failure> {
        loop {
            let users = self.directory.len();
            if until.is_some_and(|until| users >= until) {
                return Ok(None);
            }
            if let Some(status) = importer.0.try_wait()? {
                return Ok(Some(status));
            }
            while self.faults * self.trial.fault_every < users {
                self.clerk.add_fault(faults::fault(self.faults));
                self.faults += 1;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Returns the number of lines in the journal.
    fn journal_len(&self) -> Result<usize, Failure> {
        Ok(std::fs::read_to_string(output_path(&self.file.path, "journal"))?.lines().count())
    }
}

/// Returns the path of the journal or the rejects file.
fn output_path(path: &Path, kind: &str) -> PathBuf {
    path.with_file_name(format!("users.jsonl.{kind}.jsonl"))
}

#[cfg(test)]
mod tests;
