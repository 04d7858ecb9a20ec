//! What each command does: puts the parts together, and tells how it went.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use user_directory::{InMemoryUserDirectory, UserDirectory};

use crate::export::export;
use crate::import::Import;
use crate::journal::Journal;
use crate::options::{Command, ExportOptions, ImportOptions, Options};
use crate::progress::{self, Progress};
use crate::recipe::Recipe;
use crate::rejects::Rejects;
use crate::source::{self, Format};
use crate::stop::Stop;
use crate::trial::{self, Trial};
use crate::{Failure, demonstration, target};

/// How many users a page of an export has: as many as there may be.
const PAGE_SIZE: u32 = user_directory::MAX_LIMIT;
/// The wait before a line is tried again, and how much longer it gets with each try.
const WAIT: Duration = Duration::from_millis(500);

/// Runs a command, and says whether everything that it was to do is done.
pub async fn run(options: Options) -> Result<bool, Failure> {
    match options.command {
        None => demonstration::run().await,
        Some(Command::Export(options)) => {
            let directory = target::from_env(options.rate_limits, 1)?;
            run_export(&*directory, &options, &Stop::on_ctrl_c()).await
        }
        Some(Command::Import(options)) if options.dry_run => {
            let existing = if options.look_up { Some(import_target(&options)?) } else { None };
            dry_run(existing.as_deref(), &options, Stop::on_ctrl_c()).await
        }
        Some(Command::Import(options)) => {
            let directory = import_target(&options)?;
            run_import(&*directory, &options, Stop::on_ctrl_c()).await
        }
        Some(Command::Trial { users }) => trial::run(&Trial::of(users)?).await.map(|()| true),
    }
}

fn import_target(options: &ImportOptions) -> Result<Arc<dyn UserDirectory>, Failure> {
    target::from_env(options.rate_limits, usize::from(options.concurrency))
}

pub async fn run_export(directory: &dyn UserDirectory, options: &ExportOptions, stop: &Stop) -> Result<bool, Failure> {
    let begun = Instant::now();
    let progress = Progress::on_stderr();
    let exported = tokio::select! {
        exported = export(directory, &options.out, PAGE_SIZE, stop, &progress) => exported?,
        never = progress.keep_telling() => never,
    };
    progress.finish();
    println!("{:>9} users exported in {}, {} before", exported.added, took(begun), exported.before);
    println!("They are in {}: personal data.", options.out.display());
    if !exported.complete {
        println!("There are more; run this again to go on.");
    }
    Ok(exported.complete)
}

pub async fn run_import(directory: &dyn UserDirectory, options: &ImportOptions, stop: Stop) -> Result<bool, Failure> {
    let beside = |given: &Option<PathBuf>, suffix| given.clone().unwrap_or_else(|| with_suffix(&options.file, suffix));
    let journal = Journal::open(&beside(&options.journal, ".journal.jsonl"))?;
    let rejects = Rejects::open(&beside(&options.rejects, ".rejects.jsonl"))?;
    journal.check(directory).await?;
    println!("The journal is {}.", journal.path().display());
    let complete = carry_out(directory, None, options, journal, rejects, stop).await?;
    if !complete {
        println!("Run this again to go on with what is left.");
    }
    Ok(complete)
}

/// Into a directory in memory, which has the rules of the service and nobody in it.
pub async fn dry_run(
    existing: Option<&dyn UserDirectory>,
    options: &ImportOptions,
    stop: Stop,
) -> Result<bool, Failure> {
    let folder = tempfile::tempdir()?;
    let journal = Journal::open(&folder.path().join("journal.jsonl"))?;
    let rejects = options.rejects.clone().unwrap_or_else(|| with_suffix(&options.file, ".dry-run.rejects.jsonl"));
    match std::fs::remove_file(&rejects) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(format!("{}: {error}", rejects.display()).into());
        }
        _ => {}
    }
    println!("A dry run, in memory: nobody is created.");
    carry_out(&InMemoryUserDirectory::new(), existing, options, journal, Rejects::open(&rejects)?, stop).await
}

async fn carry_out(
    directory: &dyn UserDirectory,
    existing: Option<&dyn UserDirectory>,
    options: &ImportOptions,
    journal: Journal,
    rejects: Rejects,
    stop: Stop,
) -> Result<bool, Failure> {
    let begun = Instant::now();
    let recipe = recipe(options)?;
    let format = options.format.unwrap_or_else(|| Format::of(&options.file));
    let delimiter = u8::try_from(options.delimiter).map_err(|_| "--delimiter: give a character of ASCII")?;
    let open = || source::open(&options.file, format, delimiter, &recipe);
    // Counted by reading all of it, because a record of a table may have several lines.
    let total = open()?.count() as u64;
    let rejects_path = rejects.path().to_owned();

    let progress = Progress::on_stderr();
    let concurrency = usize::from(options.concurrency);
    let import = Import { directory, existing, recipe: &recipe, concurrency, wait: WAIT, stop, progress: &progress };
    let summary = tokio::select! {
        summary = import.run(total, open()?, journal, rejects) => summary?,
        never = progress.keep_telling() => never,
    };
    progress.finish();
    print!("{summary}");
    println!("This took {}.", took(begun));
    if summary.rejected() > 0 {
        let what = "with the lines as they were: personal data, and perhaps passwords and digests";
        println!("The reasons are in {}, {what}.", rejects_path.display());
    }
    Ok(summary.is_complete())
}

fn recipe(options: &ImportOptions) -> Result<Recipe, Failure> {
    let mut recipe = Recipe::new(&options.external_id_from);
    options.map.iter().try_for_each(|renaming| recipe.map(renaming))?;
    options.set.iter().try_for_each(|setting| recipe.set(setting))?;
    options.ignore.iter().for_each(|name| recipe.ignore(name));
    Ok(recipe)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn took(begun: Instant) -> String {
    progress::duration(begun.elapsed())
}
