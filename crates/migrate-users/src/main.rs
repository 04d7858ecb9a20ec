//! Moves users into and out of Clerk, SQLite and PostgreSQL.
//!
//! ```sh
//! export CLERK_SECRET_KEY=sk_test_…                     # and CLERK_API_URL, for an emulator
//! migrate-users check auth0.json                        # reads the file only
//! migrate-users import auth0.json
//! migrate-users verify auth0.json
//! migrate-users export --out users.jsonl
//! migrate-users import users.jsonl --to sqlite:users.db
//! ```
//!
//! `README.md` describes the program for its users.
//!
//! | module | contents |
//! | --- | --- |
//! | `options`, `help` | the command-line arguments |
//! | `commands` | the commands |
//! | `reading` | reads files in different encodings and formats, and returns rows as JSON objects |
//! | `sources` | the formats of the systems |
//! | `mapping` | converts rows to new users |
//! | `survey` | the first pass over a file |
//! | `identifiers`, `claims`, `passes` | normalized identifiers, and rows that depend on rows with the same identifiers |
//! | `importing`, `comparison`, `exporting` | imports rows, compares rows with users, and exports users |
//! | `journal`, `rejects`, `append_file` | the files that an import writes |
//! | `one_line` | removes line breaks from rows |
//! | `finished` | the rows that an earlier run imported |
//! | `targets` | the directories |
//! | `summary`, `problems`, `examples`, `counted`, `progress`, `output`, `stop` | the user interface |

mod append_file;
mod claims;
mod commands;
mod comparison;
mod counted;
mod examples;
mod exporting;
mod finished;
mod help;
mod identifiers;
mod importing;
mod journal;
mod mapping;
mod one_line;
mod options;
mod output;
mod passes;
mod problems;
mod progress;
mod reading;
mod rejects;
mod sources;
mod stop;
mod summary;
mod survey;
mod targets;

use std::process::ExitCode;

use clap::Parser;

use options::Options;

/// An error that ends the command.
type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match commands::run(Options::parse().command).await {
        Ok(is_complete) => ExitCode::from(u8::from(!is_complete)),
        Err(failure) => {
            let causes = std::iter::successors(failure.source(), |error| error.source());
            let message =
                causes.fold(format!("migrate-users: {failure}"), |message, cause| format!("{message}: {cause}"));
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}
