//! Exports users from a directory, and imports users into a directory.
//!
//! ```sh
//! cargo run -p migrate-users                                  # an in-memory demonstration
//! export CLERK_SECRET_KEY=sk_test_…                           # and CLERK_API_URL, for an emulator
//! cargo run -p migrate-users -- export --out users.jsonl
//! cargo run -p migrate-users -- import users.jsonl --dry-run  # changes nothing and needs no key
//! cargo run -p migrate-users -- import users.jsonl
//! cargo run -p migrate-users -- import customers.csv --map "customer no=external_id" --set password_hasher=bcrypt
//! cargo run --release -p migrate-users -- trial --users 10000 # interrupted and resumed, on an emulator
//! ```
//!
//! Exports and imports can be stopped or killed at any time, and resumed. An export continues after the last complete
//! line of its file. An import identifies users by external id: in its journal, and in the directory if it was killed
//! before it could write to the journal. Every line therefore needs an external id: its own, or the value of the key or
//! column that `--external-id-from` selects (by default `id`, the id of an exported user in the source directory).
//!
//! Rejected lines are written to the rejects file with the reasons. Correct them there and import that file, or correct
//! the source and import it again. CSV records with the wrong number of cells or invalid UTF-8 must be corrected in the
//! source. To retry all rejected lines, delete the rejects file.
//!
//! Exports, journals and rejects contain personal data, and rejects may contain passwords and digests. On Unix, only
//! their owner can read them. On other systems, protect the directory that contains them.
//!
//! | exit code | meaning |
//! | --- | --- |
//! | 0 | all users were moved |
//! | 1 | the command stopped early, or lines were rejected |
//! | 2 | the command could not run |
//! | 130 | the command was stopped by a second Ctrl-C |

mod append_file;
mod csv_lines;
mod demonstration;
mod export;
mod exported;
mod fields;
mod identifiers;
mod import;
mod journal;
mod json_lines;
mod mapping;
mod object;
mod options;
mod output;
mod progress;
mod rejects;
mod run;
mod source;
mod stop;
mod summary;
mod target;
mod trial;
mod value;

use std::process::ExitCode;

use clap::Parser;

use options::Options;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    ExitCode::from(program(Options::parse()).await)
}

/// Runs the program with parsed arguments, and returns its exit code.
async fn program(options: Options) -> u8 {
    match run::run(options).await {
        Ok(done) => u8::from(!done),
        Err(failure) => {
            let causes = std::iter::successors(failure.source(), |error| error.source());
            let message =
                causes.fold(format!("migrate-users: {failure}"), |message, cause| format!("{message}: {cause}"));
            eprintln!("{message}");
            2
        }
    }
}
