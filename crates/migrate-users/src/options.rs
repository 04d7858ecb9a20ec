//! The arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::source::Format;
use crate::target::Limits;

/// Moves a user base: out of a directory, and into one. Without a command, shows itself in memory.
///
/// The directory is that of `CLERK_SECRET_KEY`, and of `CLERK_API_URL` if it is set.
#[derive(Debug, Parser)]
#[command(name = "migrate_users")]
pub struct Options {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write all users to a file, a user a line; goes on with a file that is there
    Export(ExportOptions),
    /// Create the users of a file, each once; goes on where it was stopped
    Import(Box<ImportOptions>),
    /// Try an import on an emulator with rate limits and faults: kill it half-way, resume it, look at every user
    Trial {
        /// How many users
        #[arg(long, default_value_t = 1000)]
        users: u32,
    },
}

#[derive(Debug, Args)]
pub struct ExportOptions {
    /// The file, which on Unix only its owner can read
    #[arg(long, value_name = "FILE", default_value = "users.jsonl")]
    pub out: PathBuf,

    /// The rate limits to stay under
    #[arg(long, value_enum, default_value_t = Limits::Key)]
    pub rate_limits: Limits,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ImportOptions {
    /// Users of an export, new users as JSON lines, a table, or the rejects of an import
    pub file: PathBuf,

    /// What the file is [default: csv if it is called so, otherwise jsonl]
    #[arg(long, value_enum)]
    pub format: Option<Format>,

    /// What separates the cells of a table
    #[arg(long, value_name = "CHARACTER", default_value_t = ',')]
    pub delimiter: char,

    /// What they call THEIRS is the field OURS; may be given more than once
    #[arg(long, value_name = "THEIRS=OURS")]
    pub map: Vec<String>,

    /// A column or key that is not imported; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub ignore: Vec<String>,

    /// What every line has that does not say otherwise, such as `password_hasher=bcrypt`; may be given more than once
    #[arg(long, value_name = "FIELD=VALUE")]
    pub set: Vec<String>,

    /// The column or key with the external id of lines that have none of their own
    #[arg(long, value_name = "NAME", default_value = "id")]
    pub external_id_from: String,

    /// How many users are created at once
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub concurrency: u16,

    /// The rate limits to stay under
    #[arg(long, value_enum, default_value_t = Limits::Key)]
    pub rate_limits: Limits,

    /// The file that tells who was created [default: FILE.journal.jsonl]
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,

    /// The file of the lines that were rejected, with the reason [default: FILE.rejects.jsonl]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,

    /// Import into a directory in memory, to see what would be rejected; writes only FILE.dry-run.rejects.jsonl, anew
    #[arg(long, conflicts_with_all = ["journal", "rejects"])]
    pub dry_run: bool,

    /// In a dry run, look the external ids up in the directory
    #[arg(long, requires = "dry_run")]
    pub look_up: bool,
}

const AFTER_HELP: &str = "\
Fields are the parameters of the API that creates a user (external_id, first_name, email_address, password_digest,
password_hasher, public_metadata, created_at …), and email_verified, primary_email_address, verified_email_addresses and
unverified_email_addresses, likewise for phone numbers. Case, spaces and dashes of names do not matter, and usual other
names such as email, phone and password_hash are known. Several values in one cell are separated by | or ;.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Options::command().debug_assert();
        assert!(Options::try_parse_from(["migrate_users"]).unwrap().command.is_none());
        let parse =
            |arguments: &[&str]| Options::try_parse_from(["migrate_users", "import", "f.csv"].iter().chain(arguments));
        assert!(parse(&["--dry-run", "--look-up"]).is_ok());
        assert!(parse(&["--look-up"]).is_err());
        // Its file of rejects is deleted, so it is one that nothing else writes to.
        assert!(parse(&["--dry-run", "--rejects", "f.csv"]).is_err());
        assert!(parse(&["--dry-run", "--journal", "j"]).is_err());
        assert!(parse(&["--concurrency", "0"]).is_err());
    }
}
