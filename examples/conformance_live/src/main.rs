//! Compares a Clerk development instance with `user-directory`: runs the conformance suite, and a probe for each
//! assumption of `user_directory::store_directory`.
//!
//! `CLERK_CONFORMANCE_KEY=sk_test_… cargo run -p conformance_live` prints a report. For each assumption, the report
//! states whether the instance agrees or differs. Without the key, the program prints instructions.

mod assumptions;
mod clean_up;
mod guard;
mod http;
mod probe;
mod run;
mod settings;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use user_directory::jiff::Timestamp;
use user_directory::time::{Clock, SystemClock};
use user_directory::{Error, ErrorKind, Result};

use crate::clean_up::{Namespace, clean_up};
use crate::guard::Guard;
use crate::run::Summary;

#[tokio::main]
async fn main() -> ExitCode {
    match start().await {
        Ok(None) => {
            println!("{}", settings::INSTRUCTIONS);
            ExitCode::SUCCESS
        }
        Ok(Some(summary)) => {
            println!("{summary}");
            if summary.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("conformance_live: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs everything. Returns `None` if no key is set.
async fn start() -> Result<Option<Summary>> {
    let Some((client, http)) = settings::instance(|name| std::env::var_os(name))? else { return Ok(None) };
    run::check_room(&client).await?;
    let guard = Guard::default();
    let namespace = namespace(SystemClock.now(), std::process::id());
    println!(
        "running; all email addresses of this run begin with `{}`; Ctrl-C stops and deletes its users",
        namespace.prefix()
    );

    let directory = guard.around(client.clone());
    // In a task, so that the users are also deleted after a panic.
    let mut task = tokio::spawn({
        let (guard, namespace) = (guard.clone(), namespace.clone());
        async move { run::run(&directory, Some(&http), &guard, &namespace).await }
    });
    let result = tokio::select! {
        result = &mut task => result,
        _ = tokio::signal::ctrl_c() => {
            eprintln!("stopping, and deleting the users of this run; a second Ctrl-C stops immediately");
            guard.stop();
            tokio::select! {
                result = task => result,
                _ = tokio::signal::ctrl_c() => std::process::exit(130),
            }
        }
    };
    let remaining = tokio::select! {
        remaining = clean_up(&client, &guard, &namespace) => remaining,
        _ = tokio::signal::ctrl_c() => std::process::exit(130),
    };
    let failed = |message: String| Error::new(ErrorKind::Unexpected).with_message(message);
    if guard.is_stopped() {
        return Err(failed(format!("stopped before the run was complete{remaining}")));
    }
    // The panic message has already been printed.
    let mut summary = result.map_err(|_| failed(format!("the run panicked{remaining}")))?;
    summary.remaining = remaining;
    Ok(Some(summary))
}

/// Returns a namespace that no other run has. All namespaces have 15 characters, so that none is a prefix of another.
fn namespace(now: Timestamp, process: u32) -> Namespace {
    Namespace::new(format!("{:08x}{:07x}", now.as_second(), process & 0x0fff_ffff))
}
