//! The commands: assembles the parts, and prints the result.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use user_directory::{InMemoryUserDirectory, UserDirectory};

use crate::export::{End, export};
use crate::import::Import;
use crate::journal::Journal;
use crate::options::{Command, ExportOptions, ImportOptions, Options};
use crate::progress::{self, Progress};
use crate::recipe::{Recipe, is_of_export};
use crate::rejects::Rejects;
use crate::say::say;
use crate::source::{self, Format, Lines};
use crate::stop::Stop;
use crate::summary::Summary;
use crate::trial::{self, Trial};
use crate::{Failure, demonstration, target};

/// The page size of an export: the maximum.
const PAGE_SIZE: u32 = user_directory::model::MAX_LIMIT;
/// The wait before a line is retried. It grows with each attempt.
const WAIT: Duration = Duration::from_millis(500);

/// Runs a command, and returns whether it completed.
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
    say(format_args!("{:>9} users exported in {}, {} before", exported.added, took(begun), exported.before))?;
    say(format_args!("They are in {}: personal data.", options.out.display()))?;
    match &exported.end {
        End::Complete => {}
        End::Stopped => say("There are more; run this again to go on.")?,
        End::Failed(error) => {
            say(format_args!("ended by an error: {error}"))?;
            say("There may be more; run this again to go on.")?;
        }
        End::Missing(number) => {
            say(format_args!(
                "There are {number} users more. Run this again; whoever is missing even then was created"
            ))?;
            say("with a time in the past, before the place where this goes on: export everybody to another file.")?;
        }
    }
    Ok(exported.end == End::Complete)
}

pub async fn run_import(directory: &dyn UserDirectory, options: &ImportOptions, stop: Stop) -> Result<bool, Failure> {
    let input = Input::of(options)?;
    let beside = |given: &Option<PathBuf>, suffix| {
        let path = given.clone().unwrap_or_else(|| with_suffix(&options.file, suffix));
        match (options.file.canonicalize(), path.canonicalize()) {
            // The file would grow while it is read.
            (Ok(read), Ok(written)) if read == written => {
                Err(format!("{}: what is read cannot be written to as well", path.display()))
            }
            _ => Ok(path),
        }
    };
    let (journal, rejects) = (beside(&options.journal, ".journal.jsonl")?, beside(&options.rejects, ".rejects.jsonl")?);
    let (journal, rejects) = (Journal::open(&journal)?, Rejects::open(&rejects)?);
    journal.check(directory).await?;
    say(format_args!("The journal is {}.", journal.path().display()))?;
    let summary = input.import(directory, None, journal, rejects, stop).await?;
    if summary.left() > 0 {
        say("Run this again to go on with what is left.")?;
    }
    Ok(summary.is_complete())
}

/// Imports into an empty in-memory directory, which has the rules of the service.
pub async fn dry_run(
    existing: Option<&dyn UserDirectory>,
    options: &ImportOptions,
    stop: Stop,
) -> Result<bool, Failure> {
    let input = Input::of(options)?;
    let folder = tempfile::tempdir()?;
    let journal = Journal::open(&folder.path().join("journal.jsonl"))?;
    let rejects = with_suffix(&options.file, ".dry-run.rejects.jsonl");
    match std::fs::remove_file(&rejects) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(format!("{}: {error}", rejects.display()).into());
        }
        _ => {}
    }
    say("A dry run, in memory: nobody is created.")?;
    let (directory, rejects) = (InMemoryUserDirectory::new(), Rejects::open(&rejects)?);
    Ok(input.import(&directory, existing, journal, rejects, stop).await?.is_complete())
}

/// The source of an import, and how to read it.
struct Input<'a> {
    options: &'a ImportOptions,
    recipe: Recipe,
    format: Format,
    delimiter: u8,
    total: u64,
}

impl<'a> Input<'a> {
    /// Checks the options before any file is written.
    fn of(options: &'a ImportOptions) -> Result<Self, Failure> {
        let mut recipe = Recipe::new(&options.external_id_from);
        options.map.iter().try_for_each(|renaming| recipe.map(renaming))?;
        options.set.iter().try_for_each(|setting| recipe.set(setting))?;
        options.ignore.iter().for_each(|name| recipe.ignore(name));
        let format = options.format.unwrap_or_else(|| Format::of(&options.file));
        let delimiter = u8::try_from(options.delimiter).map_err(|_| "--delimiter: give a character of ASCII")?;
        let mut input = Self { options, recipe, format, delimiter, total: 0 };
        // Counted by reading the whole file, because a table record may span several lines.
        for line in input.lines()? {
            let line = line?;
            if !options.map.is_empty() && is_of_export(&line) {
                let what = "is a user of an export, where every name means what it says";
                return Err(format!("--map: line {} {what}", line.number).into());
            }
            input.total += 1;
        }
        Ok(input)
    }

    fn lines(&self) -> Result<Lines, Failure> {
        source::open(&self.options.file, self.format, self.delimiter, &self.recipe)
    }

    async fn import(
        &self,
        directory: &dyn UserDirectory,
        existing: Option<&dyn UserDirectory>,
        journal: Journal,
        rejects: Rejects,
        stop: Stop,
    ) -> Result<Summary, Failure> {
        let begun = Instant::now();
        let rejects_path = rejects.path().to_owned();
        let progress = Progress::on_stderr();
        let import = Import {
            directory,
            existing,
            recipe: &self.recipe,
            concurrency: usize::from(self.options.concurrency),
            wait: WAIT,
            stop,
            progress: &progress,
        };
        let summary = tokio::select! {
            summary = import.run(self.total, self.lines()?, journal, rejects) => summary?,
            never = progress.keep_telling() => never,
        };
        progress.finish();
        say(summary.to_string().trim_end())?;
        say(format_args!("This took {}.", took(begun)))?;
        if summary.rejected() > 0 {
            let what = "with the lines as they were: personal data, and perhaps passwords and digests";
            say(format_args!("The reasons are in {}, {what}.", rejects_path.display()))?;
        }
        Ok(summary)
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn took(begun: Instant) -> String {
    progress::duration(begun.elapsed())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use user_directory::decorators::RecordingUserDirectory;
    use user_directory::{NewUser, Operation};

    use super::*;

    const LINES: &str = "{\"external_id\":\"e1\",\"username\":\"ada.lovelace\"}\n\
                         {\"external_id\":\"e2\",\"email\":\"nobody\"}\n";

    fn import_options(file: &Path, more: &[&str]) -> ImportOptions {
        let arguments = ["migrate_users", "import", file.to_str().unwrap()];
        match Options::try_parse_from(arguments.iter().chain(more)).unwrap().command {
            Some(Command::Import(options)) => *options,
            other => panic!("{other:?}"),
        }
    }

    fn files(folder: &Path) -> Vec<String> {
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_dry_run_changes_nobody_and_begins_anew_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.jsonl");
        std::fs::write(&file, LINES).unwrap();
        let directory = InMemoryUserDirectory::new();
        directory.create(&NewUser::new().username("ada.lovelace").external_id("e1")).await.unwrap();
        let existing = RecordingUserDirectory::new(directory.clone());
        for look_up in [&[][..], &["--look-up"], &[]] {
            let options = import_options(&file, &[&["--dry-run"], look_up].concat());
            let existing: Option<&dyn UserDirectory> = if options.look_up { Some(&existing) } else { None };
            assert!(!dry_run(existing, &options, Stop::default()).await.unwrap());
            assert_eq!(files(folder.path()), ["users.jsonl", "users.jsonl.dry-run.rejects.jsonl"]);
            let rejects = std::fs::read_to_string(folder.path().join("users.jsonl.dry-run.rejects.jsonl")).unwrap();
            assert!(rejects.lines().count() == 1 && rejects.contains("\"line\":2"), "{rejects}");
        }
        assert_eq!(directory.len(), 1);
        let operations: Vec<_> = existing.calls().iter().map(|call| call.operation).collect();
        assert_eq!(operations, [Operation::List; 2]);
    }

    #[tokio::test]
    async fn an_import_is_complete_when_everybody_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (file, directory) = (folder.path().join("users.jsonl"), InMemoryUserDirectory::new());
        std::fs::write(&file, LINES).unwrap();
        assert!(!run_import(&directory, &import_options(&file, &[]), Stop::default()).await.unwrap());
        let corrected = import_options(&file.with_file_name("users.jsonl.rejects.jsonl"), &["--ignore", "email"]);
        let corrected = ImportOptions { set: vec!["username=grace.hopper".to_owned()], ..corrected };
        assert!(run_import(&directory, &corrected, Stop::default()).await.unwrap());
        assert_eq!(directory.len(), 2);
        let written = [".journal.jsonl", ".rejects.jsonl"];
        let expected = ["", written[0], written[1], ".rejects.jsonl.journal.jsonl", ".rejects.jsonl.rejects.jsonl"];
        assert_eq!(files(folder.path()), expected.map(|suffix| format!("users.jsonl{suffix}")));
    }

    #[tokio::test]
    async fn what_cannot_be_run_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (file, directory) = (folder.path().join("users.jsonl"), InMemoryUserDirectory::new());
        std::fs::write(&file, LINES).unwrap();
        for more in [&["--map", "a"][..], &["--set", "shoe_size=38"], &["--delimiter", "→"]] {
            let error = run_import(&directory, &import_options(&file, more), Stop::default()).await.unwrap_err();
            assert!(error.to_string().starts_with(more[0]), "{error}");
        }
        let twice = "is not a file: give one, because it is read twice";
        for (unreadable, told) in [
            (folder.path().join("nothing.jsonl"), ""),
            (folder.path().to_owned(), twice),
            #[cfg(unix)]
            (PathBuf::from("/dev/null"), twice),
        ] {
            let options = import_options(&unreadable, &[]);
            let error = run_import(&directory, &options, Stop::default()).await.unwrap_err().to_string();
            assert!(error.starts_with(&format!("{}: {told}", unreadable.display())), "{error}");
        }
        let exported = folder.path().join("exported");
        std::fs::write(&exported, "{\"object\":\"user\",\"id\":\"user_1\"}\n").unwrap();
        let options = import_options(&exported, &["--map", "nickname=username"]);
        let error = run_import(&directory, &options, Stop::default()).await.unwrap_err().to_string();
        assert!(error.starts_with("--map: line 1 is a user of an export"), "{error}");
        std::fs::remove_file(&exported).unwrap();
        let same = folder.path().join(".").join("users.jsonl");
        for option in ["--journal", "--rejects"] {
            let options = import_options(&file, &[option, same.to_str().unwrap()]);
            let error = run_import(&directory, &options, Stop::default()).await.unwrap_err().to_string();
            assert!(error.ends_with("what is read cannot be written to as well"), "{error}");
        }
        assert!(directory.is_empty());
        assert_eq!(files(folder.path()), ["users.jsonl"]);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), LINES);
    }
}
