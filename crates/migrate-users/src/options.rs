//! The command-line arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::source::Format;
use crate::target::Limits;

/// Exports users from a directory, and imports users into a directory. Without a command, runs an in-memory
/// demonstration.
///
/// The directory is configured by `CLERK_SECRET_KEY` and, optionally, `CLERK_API_URL`.
#[derive(Debug, Parser)]
#[command(name = "migrate-users")]
pub struct Options {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Export all users to a file, one user per line; continues an existing file
    Export(ExportOptions),
    /// Import each user in a file exactly once; resumes an interrupted import
    Import(Box<ImportOptions>),
    /// Test the import with an emulator that enforces rate limits and injects faults: kill the import halfway, resume
    /// it, and check every user
    Trial {
        /// The number of users
        #[arg(long, default_value_t = 1000)]
        users: u32,
    },
}

#[derive(Debug, Args)]
pub struct ExportOptions {
    /// The output file; on Unix, only its owner can read it
    #[arg(long, value_name = "FILE", default_value = "users.jsonl")]
    pub out: PathBuf,

    /// The rate limits to respect
    #[arg(long, value_enum, default_value_t = Limits::Key)]
    pub rate_limits: Limits,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ImportOptions {
    /// An export, new users as JSON Lines or CSV, or the rejects file of a previous import
    pub file: PathBuf,

    /// The file format [default: csv for *.csv, otherwise jsonl]
    #[arg(long, value_enum)]
    pub format: Option<Format>,

    /// The delimiter of a CSV file
    #[arg(long, value_name = "CHARACTER", default_value_t = ',')]
    pub delimiter: char,

    /// Map a column or key to a field; repeatable
    #[arg(long, value_name = "NAME=FIELD")]
    pub map: Vec<String>,

    /// Ignore a column or key; repeatable
    #[arg(long, value_name = "NAME")]
    pub ignore: Vec<String>,

    /// A default value for every line, such as `password_hasher=bcrypt`; repeatable
    #[arg(long, value_name = "FIELD=VALUE")]
    pub set: Vec<String>,

    /// The column or key to use as the external id of lines without one
    #[arg(long, value_name = "NAME", default_value = "id")]
    pub external_id_from: String,

    /// The number of users to create concurrently
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub concurrency: u16,

    /// The rate limits to respect
    #[arg(long, value_enum, default_value_t = Limits::Key)]
    pub rate_limits: Limits,

    /// The journal of created users [default: FILE.journal.jsonl]
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,

    /// The file for rejected lines and reasons [default: FILE.rejects.jsonl]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,

    /// Import into memory to find lines that would be rejected; only FILE.dry-run.rejects.jsonl is written
    #[arg(long, conflicts_with_all = ["journal", "rejects"])]
    pub dry_run: bool,

    /// In a dry run, look up the external ids in the directory
    #[arg(long, requires = "dry_run")]
    pub find_existing: bool,
}

const AFTER_HELP: &str = "\
A FIELD is a parameter of the API request that creates a user (external_id, first_name, email_address, password_digest,
password_hasher, public_metadata, created_at, ...), and email_verified, primary_email_address, verified_email_addresses
and unverified_email_addresses, with the same fields for phone numbers. Case, spaces and dashes in names are ignored.
Common aliases such as email, phone and password_hash are supported. Separate multiple values in a cell with | or ;.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn parse_rejects_conflicting_options() {
        Options::command().debug_assert();
        assert!(Options::try_parse_from(["migrate-users"]).unwrap().command.is_none());
        let parse =
            |arguments: &[&str]| Options::try_parse_from(["migrate-users", "import", "f.csv"].iter().chain(arguments));
        assert!(parse(&["--dry-run", "--find-existing"]).is_ok());
        assert!(parse(&["--find-existing"]).is_err());
        // A dry run overwrites its rejects file, so it uses a separate one.
        assert!(parse(&["--dry-run", "--rejects", "f.csv"]).is_err());
        assert!(parse(&["--dry-run", "--journal", "j"]).is_err());
        assert!(parse(&["--concurrency", "0"]).is_err());
    }
}
