//! Moves a user base: out of a directory, and into one.
//!
//! ```sh
//! cargo run --example migrate_users                                  # a demonstration, in memory
//! export CLERK_SECRET_KEY=sk_test_…                                  # and CLERK_API_URL, for an emulator
//! cargo run --example migrate_users -- export --out users.jsonl
//! cargo run --example migrate_users -- import users.jsonl --dry-run  # nothing is changed; needs no key
//! cargo run --example migrate_users -- import users.jsonl
//! cargo run --example migrate_users -- import customers.csv --map "customer no=external_id" --set password_hasher=bcrypt
//! cargo run --release --example migrate_users -- trial --users 10000 # killed half-way and resumed, on an emulator
//! ```
//!
//! Everything can be stopped, killed and run again at any time. An export goes on after the last whole line of its
//! file. An import finds users again by their external id: those of its journal, and, where it was killed before it
//! could write, those of the directory. So every line needs an external id: its own, or what it has in
//! `--external-id-from` (`id` if that is not given, which for an exported user is the id that the user had there).
//!
//! Lines that do not become users are in the file of rejects, with the reason. Correct them there and import that file,
//! or correct them where they came from and import that again. A record of a table that has another length than the
//! first line, or is not UTF-8, has to be corrected where it came from. To try all of them again, delete the file of
//! rejects.
//!
//! Exports, journals and rejects are personal data, and rejects may have passwords and digests. On Unix only their
//! owner can read them; elsewhere they are as private as the folder that they are in.
//!
//! It ends with 0 if every user is there, with 1 if something was rejected or is left, with 2 if it could not run, and
//! with 130 after a second Ctrl-C.

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
mod object;
mod options;
mod progress;
mod recipe;
mod rejects;
mod run;
mod say;
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

/// The whole program, but for reading its arguments. Answers the code that it ends with.
async fn program(options: Options) -> u8 {
    match run::run(options).await {
        Ok(done) => u8::from(!done),
        Err(failure) => {
            let causes = std::iter::successors(failure.source(), |error| error.source());
            let told = causes.fold(format!("migrate_users: {failure}"), |told, cause| format!("{told}: {cause}"));
            eprintln!("{told}");
            2
        }
    }
}
