//! A trial of the import on an emulator with rate limits and faults: the importing process is killed halfway, another
//! one resumes, and in the end every user exists exactly once.

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
use crate::progress;
use crate::say::say;
use file::TrialFile;

/// A fake production key, because production limits are higher.
const KEY: &str = "sk_live_not_a_real_key";
/// The polling interval of the emulator.
const LOOK: Duration = Duration::from_millis(2);

/// The configuration of a trial.
pub struct Trial {
    pub users: u32,
    /// The rate limits of the emulator.
    pub limits: RateLimits,
    /// A fault is injected each time this many more users exist.
    pub fault_every: usize,
    /// Creates a process of this program without arguments.
    pub program: fn(&[&str]) -> std::io::Result<Command>,
    /// Whether to show the output of the importer.
    pub shown: bool,
}

impl Trial {
    /// Creates a trial with processes of this program and the documented limits.
    pub fn of(users: u32) -> Result<Self, Failure> {
        if users < 100 {
            return Err("--users: give 100 or more".into());
        }
        let program = |arguments: &[&str]| {
            let mut program = Command::new(std::env::current_exe()?);
            program.args(arguments);
            Ok(program)
        };
        Ok(Self { users, limits: RateLimits::default(), fault_every: 25, program, shown: true })
    }
}

/// An importing process, killed on drop.
struct Importer(Child);

impl Drop for Importer {
    fn drop(&mut self) {
        // Ignored if the process has exited.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A running trial.
struct Running<'a> {
    trial: &'a Trial,
    clerk: Emulator,
    directory: InMemoryUserDirectory,
    file: TrialFile,
    faults: usize,
}

/// Runs a trial, and fails if a check fails.
pub async fn run(trial: &Trial) -> Result<(), Failure> {
    let begun = Instant::now();
    let folder = tempfile::tempdir()?;
    let mut running = Running::start(trial, folder.path()).await?;
    say(format_args!("{} users and {} lines that are wrong", trial.users, running.file.rejects.len()))?;

    let half = trial.users as usize / 2;
    let mut importer = running.import()?;
    if let Some(status) = running.disturb(&mut importer, Some(half)).await? {
        return Err(format!("the import ended before it was killed: {status}").into());
    }
    drop(importer);
    say(format_args!(
        "\nkilled when {} users were there, {} of them in the journal",
        running.directory.len(),
        running.noted()?
    ))?;

    let mut importer = running.import()?;
    let status = running.disturb(&mut importer, None).await?;
    // Because of the invalid lines.
    if status.and_then(|status| status.code()) != Some(1) {
        return Err(format!("the import that went on ended with {status:?}").into());
    }
    running.clerk.clear_faults();
    check::check(&running.directory, &running.file).await?;
    say(format_args!(
        "\nevery user is there once, after {} faults, in {}",
        running.faults,
        progress::duration(begun.elapsed())
    ))?;
    running.clerk.stop().await?;
    Ok(())
}

impl<'a> Running<'a> {
    async fn start(trial: &'a Trial, folder: &Path) -> Result<Self, Failure> {
        let file = TrialFile::write(&folder.join("users.jsonl"), trial.users)?;
        let directory = InMemoryUserDirectory::new();
        let builder = Emulator::builder().store(directory.clone()).secret_key(KEY)?;
        let clerk = builder.rate_limits(trial.limits).start().await?;
        Ok(Self { trial, clerk, directory, file, faults: 0 })
    }

    /// Starts or resumes an import of the file.
    fn import(&self) -> Result<Importer, Failure> {
        Ok(Importer(self.import_command()?.spawn()?))
    }

    fn import_command(&self) -> Result<Command, Failure> {
        let path = self.file.path.to_str().ok_or("the folder for temporary files has a strange name")?;
        let mut program = (self.trial.program)(&["import", path, "--concurrency", "16"])?;
        program.env("CLERK_SECRET_KEY", KEY).env("CLERK_API_URL", self.clerk.api_url());
        if !self.trial.shown {
            program.stdout(Stdio::null()).stderr(Stdio::null());
        }
        Ok(program)
    }

    /// Injects faults until this many users exist or the importer exits.
    async fn disturb(&mut self, importer: &mut Importer, until: Option<usize>) -> Result<Option<ExitStatus>, Failure> {
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
            tokio::time::sleep(LOOK).await;
        }
    }

    fn noted(&self) -> Result<usize, Failure> {
        Ok(std::fs::read_to_string(beside(&self.file.path, "journal"))?.lines().count())
    }
}

/// Returns the path of a file that the import writes.
fn beside(path: &Path, what: &str) -> PathBuf {
    path.with_file_name(format!("users.jsonl.{what}.jsonl"))
}

#[cfg(test)]
mod tests;
