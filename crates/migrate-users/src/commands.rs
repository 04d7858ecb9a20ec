//! The commands, one file per command.

mod check;
mod export;
mod import;
mod prepare;
mod undo;
mod verify;

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;

use crate::Failure;
use crate::options::{Command, OutputOptions};
use crate::output::print;
use crate::progress;
use crate::rejects::PREVIOUS;
use crate::stop::Stop;

/// The suffix of the default path of the rejects file.
const REJECTS: &str = ".rejects.jsonl";

/// Runs a command. Returns whether it succeeded for all users.
pub async fn run(command: Command) -> Result<bool, Failure> {
    let stop = Stop::on_signals();
    match command {
        Command::Export(options) => export::run(&options, &stop).await,
        Command::Import(options) => import::run(&options, stop).await,
        Command::Check(options) => check::run(&options, &stop).await,
        Command::Verify(options) => verify::run(&options, &stop).await,
        Command::Undo(options) => undo::run(&options, &stop).await,
    }
}

/// Prints a result as JSON or as text.
fn print_result(options: &OutputOptions, result: &impl Serialize, text: impl FnOnce() -> String) -> io::Result<()> {
    if options.json {
        return print(serde_json::to_string(result).map_err(io::Error::other)?);
    }
    print(text().trim_end())
}

/// Prints a message to standard error. Standard output contains only the result.
fn announce(message: impl std::fmt::Display) {
    // A closed pipe must not stop the command.
    drop(writeln!(io::stderr().lock(), "{message}"));
}

/// Asks for confirmation. Returns an error if there is none, or if standard input is not a terminal.
fn confirm(question: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(format!("{question} requires a confirmation; use --yes").into());
    }
    eprint!("{question}; type yes to continue: ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if answer.trim() == "yes" { Ok(()) } else { Err("not confirmed".into()) }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn elapsed_since(start: Instant) -> String {
    progress::duration(start.elapsed())
}

/// Returns the default path of the journal. A rejects file has the journal of the file whose rows it contains.
fn default_journal(users: &Path) -> PathBuf {
    let mut name = users.file_name().and_then(OsStr::to_str);
    while let Some(rejects) = name
        && let Some(original) = rejects.strip_suffix(PREVIOUS).unwrap_or(rejects).strip_suffix(REJECTS)
        && !original.is_empty()
    {
        name = Some(original);
    }
    let users = name.map_or_else(|| users.to_owned(), |name| users.with_file_name(name));
    with_suffix(&users, ".journal.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_journal_of_rejects_is_that_of_the_original_file() {
        for (file, journal) in [
            ("a/users.csv", "a/users.csv.journal.jsonl"),
            ("users.csv.rejects.jsonl", "users.csv.journal.jsonl"),
            ("a/users.csv.rejects.jsonl.rejects.jsonl", "a/users.csv.journal.jsonl"),
            ("users.csv.rejects.jsonl.previous", "users.csv.journal.jsonl"),
            (".rejects.jsonl", ".rejects.jsonl.journal.jsonl"),
        ] {
            assert_eq!(default_journal(Path::new(file)), Path::new(journal));
        }
    }
}
