//! The demonstration: exports the users of `examples/users.json` from one in-memory directory and imports them into
//! another, in a temporary directory.

use std::path::Path;

use clap::Parser;
use user_directory::InMemoryUserDirectory;

use crate::Failure;
use crate::options::{Command, Options};
use crate::output::print;
use crate::run::{run_export, run_import};
use crate::stop::Stop;

/// A symbolic link to `examples/users.json`, because the package contains only files below its own directory.
const USERS: &str = include_str!("users.json");

pub async fn run() -> Result<bool, Failure> {
    let (old, new) = (InMemoryUserDirectory::permissive(), InMemoryUserDirectory::permissive());
    old.load_json(USERS).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("users.jsonl");

    print("Export from an in-memory directory (run with --help for the options of a real migration):")?;
    let Command::Export(options) = command(["export".as_ref(), "--out".as_ref(), &file])? else { return Ok(false) };
    let exported = run_export(&old, &options, &Stop::default()).await?;

    print("\nImport into another in-memory directory:")?;
    let Command::Import(options) = command(["import".as_ref(), &file])? else { return Ok(false) };
    let imported = run_import(&new, &options, Stop::default()).await?;
    Ok(exported && imported && new.len() == old.len())
}

/// Parses the options of a typical command.
fn command<const N: usize>(arguments: [&Path; N]) -> Result<Command, Failure> {
    let arguments = std::iter::once(Path::new("migrate-users")).chain(arguments);
    Ok(Options::try_parse_from(arguments)?.command.ok_or("the command is missing")?)
}

#[tokio::test]
async fn demonstration_moves_all_users() {
    assert!(run().await.unwrap());
}
