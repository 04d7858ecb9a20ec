//! The demonstration: exports the users of `examples/users.json` from one in-memory directory and imports them into
//! another, in a temporary directory.

use std::path::Path;

use clap::Parser;
use user_directory::InMemoryUserDirectory;

use crate::Failure;
use crate::options::{Command, Options};
use crate::run::{run_export, run_import};
use crate::say::say;
use crate::stop::Stop;

/// A symbolic link to `examples/users.json`, because the package contains only files below its own directory.
const USERS: &str = include_str!("users.json");

pub async fn run() -> Result<bool, Failure> {
    let (old, new) = (InMemoryUserDirectory::new(), InMemoryUserDirectory::new());
    old.load_json(USERS).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("users.jsonl");

    say("From one directory in memory to a file (give --help to see how it is done for real):")?;
    let Command::Export(options) = command(["export".as_ref(), "--out".as_ref(), &file])? else { return Ok(false) };
    let exported = run_export(&old, &options, &Stop::default()).await?;

    say("\nAnd from the file to another directory:")?;
    let Command::Import(options) = command(["import".as_ref(), &file])? else { return Ok(false) };
    let imported = run_import(&new, &options, Stop::default()).await?;
    Ok(exported && imported && new.len() == old.len())
}

/// Parses the options of a typical command.
fn command<const N: usize>(arguments: [&Path; N]) -> Result<Command, Failure> {
    let arguments = std::iter::once(Path::new("migrate_users")).chain(arguments);
    Ok(Options::try_parse_from(arguments)?.command.ok_or("there is no command")?)
}

#[tokio::test]
async fn demonstration_moves_all_users() {
    assert!(run().await.unwrap());
}
