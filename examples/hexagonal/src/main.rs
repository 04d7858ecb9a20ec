//! An application with a hexagonal architecture: the core depends on ports, and only this file names adapters.
//!
//! - `domain.rs` contains the rules and a port that the domain defines.
//! - `application.rs` contains the use cases, based on `Arc<dyn UserDirectory>` and that port.
//! - This file is the composition root: it selects adapters and decorators according to the configuration.
//! - `tests.rs` tests each part, and checks that the core does not name an adapter.
//!
//! ```sh
//! cargo run -p hexagonal                    # in memory, with a few users
//! cargo run -p hexagonal -- --dry-run       # in memory, read-only
//! CLERK_SECRET_KEY=sk_test_… cargo run -p hexagonal              # on Clerk, read-only
//! CLERK_SECRET_KEY=sk_test_… cargo run -p hexagonal -- --write   # on Clerk, with writes
//! ```

mod application;
mod domain;
#[cfg(test)]
mod tests;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use application::{TrialReview, Welcome};
use domain::{Outbox, Reminder};
use serde_json::json;
use user_directory::decorators::{CachePolicy, CachedUserDirectory, ReadOnlyUserDirectory, RecordingUserDirectory};
use user_directory::jiff::{ToSpan, civil::Date, tz::TimeZone};
use user_directory::time::{Clock, SystemClock};
use user_directory::{ClerkUserDirectory, InMemoryUserDirectory, Metadata, NewUser, Result, UserDirectory};

type Failure = Box<dyn std::error::Error>;

#[derive(Debug, PartialEq)]
struct Config {
    on_clerk: bool,
    dry_run: bool,
}

impl Config {
    fn new(on_clerk: bool, arguments: impl IntoIterator<Item = String>) -> Result<Self, Failure> {
        let mut config = Self { on_clerk, dry_run: on_clerk };
        for argument in arguments {
            match argument.as_str() {
                "--dry-run" => config.dry_run = true,
                "--write" => config.dry_run = false,
                other => return Err(format!("unknown option {other}").into()),
            }
        }
        Ok(config)
    }
}

/// The assembled application.
struct App {
    review: TrialReview,
    welcome: Welcome,
}

impl App {
    /// Wraps the directory in decorators: a read-only decorator for a dry run, and a cache for pages, which may show
    /// stale users. The review must not use stale users to suspend accounts, so it bypasses the cache.
    fn new(config: &Config, directory: Arc<dyn UserDirectory>, outbox: Arc<dyn Outbox>) -> Self {
        let users: Arc<dyn UserDirectory> =
            if config.dry_run { Arc::new(ReadOnlyUserDirectory::new(directory)) } else { directory };
        let cached = CachedUserDirectory::new(Arc::clone(&users), CachePolicy::default());
        Self { review: TrialReview::new(users, outbox), welcome: Welcome::new(Arc::new(cached)) }
    }
}

/// Prints reminders.
struct ConsoleOutbox;

impl Outbox for ConsoleOutbox {
    fn send(&self, Reminder { to, name, days_left }: Reminder) {
        println!("  reminder to {to}: Dear {name}, your trial ends in {days_left} days.");
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("hexagonal: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let on_clerk = env::var_os("CLERK_SECRET_KEY").is_some_and(|key| !key.is_empty());
    let config = Config::new(on_clerk, env::args().skip(1))?;
    let today = TimeZone::UTC.to_datetime(SystemClock.now()).date();
    let directory: Arc<dyn UserDirectory> = if config.on_clerk {
        Arc::new(ClerkUserDirectory::from_env()?)
    } else {
        let directory = InMemoryUserDirectory::new();
        seed(&directory, today).await?;
        Arc::new(directory)
    };
    // Records the calls, which are printed at the end.
    let recording = RecordingUserDirectory::new(directory);
    let app = App::new(&config, Arc::new(recording.clone()), Arc::new(ConsoleOutbox));
    println!("{}, {today}", if config.on_clerk { "On Clerk" } else { "In memory" });

    let findings = app.review.find(today).await?;
    println!(
        "{} without action, {} to remind, {} to suspend, {} to check manually:",
        findings.without_action,
        findings.to_remind.len(),
        findings.to_suspend.len(),
        findings.to_check.len()
    );
    for (id, reason) in &findings.to_check {
        println!("  {id}: {reason}");
    }
    let visitor = findings.to_remind.first().map(|reminder| reminder.to.clone());
    let mut failed = 0;
    if config.dry_run {
        println!("dry run: no changes are made");
    } else {
        let outcome = app.review.apply(findings, today).await;
        outcome.suspended.iter().for_each(|id| println!("  suspended {id}"));
        outcome.failed.iter().for_each(|(id, error)| println!("  could not suspend {id}: {error}"));
        failed = outcome.failed.len();
    }

    if let Some(id) = visitor {
        println!("three pages for {id}:");
        for _ in 0..3 {
            println!("  {}", app.welcome.line(&id, today).await?);
        }
    }
    println!("calls to the directory:");
    recording.calls().iter().for_each(|call| println!("  {call}"));
    // The exit code reports failures to a scheduler.
    if failed == 0 { Ok(()) } else { Err(format!("could not suspend {failed} users").into()) }
}

/// Creates a few users whose trials end around today.
async fn seed(directory: &dyn UserDirectory, today: Date) -> Result<()> {
    let trial = |days: i32| json!({ "plan": { "name": "trial", "ends": (today + days.days()).to_string() } });
    for (first_name, last_name, metadata) in [
        ("Ada", "Lovelace", json!({ "plan": { "name": "pro" } })),
        ("Grace", "Hopper", trial(-1)),
        ("Mary", "Somerville", trial(30)),
        ("Emmy", "Noether", json!({ "plan": { "name": "trial" } })),
        ("Hedy", "Lamarr", trial(2)),
    ] {
        let email = format!("{}@example.com", first_name.to_lowercase());
        let user = NewUser::new().email_address(email).first_name(first_name).last_name(last_name);
        let user = user.skip_password_requirement(true).public_metadata(Metadata::new(&metadata)?);
        directory.create(&user).await?;
    }
    Ok(())
}
