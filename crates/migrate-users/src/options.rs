//! The command-line arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;

use crate::help;
use crate::mapping::{Country, UnknownInto, WithoutPlus};
use crate::reading::{Backslashes, Encoding, Format};
use crate::sources::System;
use crate::targets::{Limits, Location};

/// Moves users into and out of Clerk, SQLite and PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "migrate-users", version, after_help = help::OVERVIEW, arg_required_else_help = true)]
pub struct Options {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Export all users to a file, one per line, or continue an existing export
    Export(ExportOptions),
    /// Import the users in a file; a rerun resumes an interrupted import
    Import(Box<ImportOptions>),
    /// Report the problems in a file without connecting to a directory
    Check(Box<CheckOptions>),
    /// Compare the users in a file with the imported users
    Verify(Box<VerifyOptions>),
    /// Delete the users that an import created
    Undo(UndoOptions),
}

/// The connection to a directory.
#[derive(Debug, Args)]
pub struct ConnectionOptions {
    /// The client-side rate limits for requests to Clerk
    #[arg(long, value_enum, default_value_t = Limits::Key)]
    pub rate_limits: Limits,

    /// A JSON file with the instance settings to apply to a database [default: everything enabled, nothing required]
    #[arg(long, value_name = "FILE")]
    pub instance: Option<PathBuf>,
}

/// The output format.
#[derive(Debug, Args)]
pub struct OutputOptions {
    /// Print the result as JSON on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = help::EXPORT)]
pub struct ExportOptions {
    /// The directory to export: clerk, sqlite:FILE or postgres://…
    #[arg(long, value_name = "DIRECTORY", default_value = "clerk", value_parser = Location::parse)]
    pub source: Location,

    /// The output file; on Unix, only its owner can read it
    #[arg(long, value_name = "FILE", default_value = "users.jsonl")]
    pub out: PathBuf,

    #[command(flatten)]
    pub connection: ConnectionOptions,

    #[command(flatten)]
    pub output: OutputOptions,
}

/// The input file, its format and its mapping.
#[expect(clippy::struct_excessive_bools, reason = "each one is an option")]
#[derive(Debug, Args)]
pub struct InputOptions {
    /// An export of another system, a CSV or JSON file, or the rejects file of a previous import; for Auth0, also the
    /// file of password hashes
    #[arg(required = true, num_args = 1..=2)]
    pub files: Vec<PathBuf>,

    /// The system that the file comes from [default: detected]
    #[arg(long, value_enum, value_name = "SYSTEM")]
    pub from: Option<System>,

    /// The file format [default: detected]
    #[arg(long, value_enum)]
    pub format: Option<Format>,

    /// The delimiter of a CSV file, such as ; or \t [default: detected]
    #[arg(long, value_name = "CHARACTER", value_parser = parse_delimiter)]
    pub delimiter: Option<u8>,

    /// The encoding, such as utf-8, utf-16le or windows-1252 [default: UTF-16 is detected, otherwise utf-8]
    #[arg(long, value_name = "NAME", value_parser = Encoding::parse)]
    pub encoding: Option<Encoding>,

    /// The meaning of backslashes in CSV files [default: detected if quotes are escaped; any other possible escape
    /// sequence is an error]
    #[arg(long, value_enum, value_name = "MEANING")]
    pub backslashes: Option<Backslashes>,

    /// Map a column or key to a field; repeatable
    #[arg(long, value_name = "NAME=FIELD")]
    pub map: Vec<String>,

    /// Set a default value for every row, such as `password_hasher=bcrypt`; repeatable
    #[arg(long, value_name = "FIELD=VALUE")]
    pub set: Vec<String>,

    /// Ignore a column or key; repeatable
    #[arg(long, value_name = "NAME")]
    pub ignore: Vec<String>,

    /// Ignore all unknown columns and keys, and list them
    #[arg(long, conflicts_with = "unknown_into")]
    pub ignore_unknown: bool,

    /// Store the values of unknown columns and keys in metadata
    #[arg(long, value_enum, value_name = "METADATA")]
    pub unknown_into: Option<UnknownInto>,

    /// A JSON file with the keys `map` and `set` (objects) and `ignore` (a list)
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,

    /// The column or key to use as the external id [default: the id in the old system]
    #[arg(long, value_name = "NAME")]
    pub external_id_from: Option<String>,

    /// Import email addresses and phone numbers as reserved (not verified) if the file does not indicate whether they
    /// are verified
    #[arg(long, conflicts_with = "assume_verified")]
    pub unverified: bool,

    /// Import email addresses and phone numbers as verified if the file does not indicate whether they are verified
    #[arg(long)]
    pub assume_verified: bool,

    /// Import plaintext passwords, which are rejected by default
    #[arg(long)]
    pub plaintext_passwords: bool,

    /// The country of phone numbers without a country code, such as US
    #[arg(long, value_name = "CODE", value_parser = Country::of)]
    pub default_country: Option<&'static Country>,

    /// The meaning of phone numbers without a plus sign [default: international for Supabase; otherwise, ambiguous
    /// numbers are rejected]
    #[arg(long, value_enum, value_name = "MEANING", requires_if("national", "default_country"))]
    pub phones_without_plus: Option<WithoutPlus>,

    /// Keep words such as `NULL`, `\N`, `None`, `[NULL]` and `<null>` in CSV files, instead of treating them as missing
    /// values; in JSON files, they are always kept
    #[arg(long)]
    pub keep_null_literals: bool,

    /// Treat cells and JSON values that consist of this word, such as nan, as missing values; repeatable
    #[arg(long, value_name = "WORD")]
    pub null: Vec<String>,

    #[command(flatten)]
    pub secrets: SecretOptions,
}

/// The parameters of password hashes that exports do not contain.
#[derive(Debug, Args)]
#[command(next_help_heading = "Password hashes")]
pub struct SecretOptions {
    /// Firebase: `base64_signer_key` of the project's hash parameters
    #[arg(long, value_name = "BASE64", env = "FIREBASE_SIGNER_KEY", hide_env_values = true)]
    pub firebase_signer_key: Option<SecretString>,

    /// Firebase: `base64_salt_separator`
    #[arg(long, value_name = "BASE64", env = "FIREBASE_SALT_SEPARATOR")]
    pub firebase_salt_separator: Option<String>,

    /// Firebase: `rounds`
    #[arg(long, value_name = "NUMBER", env = "FIREBASE_ROUNDS", value_parser = Number::parser("FIREBASE_ROUNDS", 8))]
    pub firebase_rounds: Option<Number>,

    /// Firebase: `mem_cost`
    #[arg(long, value_name = "NUMBER", env = "FIREBASE_MEM_COST")]
    #[arg(value_parser = Number::parser("FIREBASE_MEM_COST", 14))]
    pub firebase_mem_cost: Option<Number>,

    /// AWS Cognito: the user pool that verifies passwords at the next sign-in
    #[arg(long, value_name = "ID", requires = "cognito_client")]
    pub cognito_user_pool: Option<String>,

    /// AWS Cognito: the app client of the user pool
    #[arg(long, value_name = "ID", requires = "cognito_user_pool")]
    pub cognito_client: Option<String>,

    /// Devise: the pepper that is appended to passwords before they are hashed with bcrypt
    #[arg(long, value_name = "PEPPER", env = "DEVISE_PEPPER", hide_env_values = true)]
    pub devise_pepper: Option<SecretString>,
}

#[derive(Debug, Args)]
#[command(after_help = help::IMPORT)]
pub struct ImportOptions {
    #[command(flatten)]
    pub input: InputOptions,

    /// The directory to import into: clerk, sqlite:FILE or postgres://…
    #[arg(long, value_name = "DIRECTORY", default_value = "clerk", value_parser = Location::parse)]
    pub to: Location,

    /// Set the external id of existing users with the same verified email address, instead of rejecting the rows
    #[arg(long)]
    pub adopt: bool,

    /// Update users whose rows have changed since an earlier run, and existing users that differ from their rows
    #[arg(long)]
    pub update: bool,

    /// Write to a production instance without asking for confirmation
    #[arg(long, short)]
    pub yes: bool,

    /// The maximum number of users to create concurrently
    #[arg(long, value_name = "NUMBER", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    pub concurrency: u16,

    /// Stop after this many consecutive rejections or failures for the same reason; 0 disables the limit
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub stop_after: u32,

    /// The journal, which maps external ids to the new user ids [default: FILE.journal.jsonl]
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,

    /// The output file for rejected rows and reasons [default: FILE.rejects.jsonl]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,

    #[command(flatten)]
    pub connection: ConnectionOptions,

    #[command(flatten)]
    pub output: OutputOptions,
}

#[derive(Debug, Args)]
#[command(after_help = help::CHECK)]
pub struct CheckOptions {
    #[command(flatten)]
    pub input: InputOptions,

    /// A JSON file with the instance settings to check against [default: everything enabled, nothing required]
    #[arg(long, value_name = "FILE")]
    pub instance: Option<PathBuf>,

    #[command(flatten)]
    pub output: OutputOptions,
}

#[derive(Debug, Args)]
#[command(after_help = help::VERIFY)]
pub struct VerifyOptions {
    #[command(flatten)]
    pub input: InputOptions,

    /// The directory with the imported users: clerk, sqlite:FILE or postgres://…
    #[arg(long, value_name = "DIRECTORY", default_value = "clerk", value_parser = Location::parse)]
    pub to: Location,

    /// The journal of the import, which lists the fields whose values were rejected [default: FILE.journal.jsonl]
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,

    /// A CSV or JSON file with known passwords and an identifier for each user, such as the external id
    #[arg(long, value_name = "FILE")]
    pub check_passwords: Option<PathBuf>,

    #[command(flatten)]
    pub connection: ConnectionOptions,

    #[command(flatten)]
    pub output: OutputOptions,
}

#[derive(Debug, Args)]
#[command(after_help = help::UNDO)]
pub struct UndoOptions {
    /// The journal of the import
    pub journal: PathBuf,

    /// The directory that the users were imported into: clerk, sqlite:FILE or postgres://…
    #[arg(long, value_name = "DIRECTORY", default_value = "clerk", value_parser = Location::parse)]
    pub to: Location,

    /// Delete the users without asking for confirmation
    #[arg(long, short)]
    pub yes: bool,

    #[command(flatten)]
    pub connection: ConnectionOptions,

    #[command(flatten)]
    pub output: OutputOptions,
}

/// A number, or `None` if the environment variable is empty.
#[derive(Debug, Clone, Copy)]
pub struct Number(pub Option<u32>);

impl Number {
    /// Returns a parser for numbers from 1 to `max`, which `variable` can also contain.
    fn parser(
        variable: &'static str,
        max: u32,
    ) -> impl Fn(&str) -> Result<Self, String> + Clone + Send + Sync + 'static {
        move |text: &str| match text.trim() {
            "" => Ok(Self(None)),
            number => match number.parse() {
                Ok(number) if (1..=max).contains(&number) => Ok(Self(Some(number))),
                _ => Err(format!("must be a number from 1 to {max}; {variable} in the environment can also set it")),
            },
        }
    }
}

/// Parses the delimiter of a CSV file. A tab is difficult to type in a shell, so it can be written as `\t` or `tab`.
fn parse_delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" | b"tab" => Ok(b'\t'),
        [delimiter] if !matches!(delimiter, b'"' | b'\r' | b'\n') => Ok(*delimiter),
        _ => Err("must be one ASCII character other than a quote, such as ; or \\t".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn parse_rejects_conflicting_options() {
        Options::command().debug_assert();
        let parse =
            |arguments: &[&str]| Options::try_parse_from(["migrate-users", "import", "f.csv"].iter().chain(arguments));
        assert!(parse(&["--from", "better-auth", "--to", "sqlite:users.db", "--yes"]).is_ok());
        assert!(parse(&["--unverified", "--assume-verified"]).is_err());
        for (rounds, mem_cost, is_valid) in
            [("8", "14", true), ("", " ", true), ("0", "14", false), ("8", "140", false)]
        {
            let key = ["--firebase-signer-key", "AAAA", "--firebase-salt-separator", "Bw=="];
            let costs = ["--firebase-rounds", rounds, "--firebase-mem-cost", mem_cost];
            assert_eq!(parse(&[key, costs].concat()).is_ok(), is_valid, "{rounds}, {mem_cost}");
        }
        assert!(parse(&["--default-country", "XX"]).is_err());
        assert!(parse(&["--phones-without-plus", "national"]).is_err());
        assert!(parse(&["--phones-without-plus", "national", "--default-country", "DE"]).is_ok());
        assert!(parse(&["--to", "mysql://host"]).is_err());
        assert!(parse(&["--concurrency", "0"]).is_err());
        for (delimiter, is_valid) in
            [(";", true), ("\\t", true), ("tab", true), ("\"", false), (";;", false), ("ä", false)]
        {
            assert_eq!(parse(&["--delimiter", delimiter]).is_ok(), is_valid, "{delimiter}");
        }
        assert!(parse(&["--cognito-user-pool", "pool"]).is_err());
    }

    #[test]
    fn help_describes_fields_exit_codes_and_examples() {
        for (command, expected) in [
            ("import", &["external_id", "email_verified", "Exit codes", "migrate-users import"][..]),
            ("check", &["Exit codes"]),
            ("verify", &["--check-passwords"]),
        ] {
            let mut options = Options::command();
            let help = options.find_subcommand_mut(command).unwrap().render_long_help().to_string();
            for text in expected {
                assert!(help.contains(text), "{command}: {text}");
            }
        }
    }
}
