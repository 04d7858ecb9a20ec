//! The commands.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use user_directory::store_directory::InstanceSettings;
use user_directory::{InMemoryUserDirectory, UserDirectory};

use crate::export::{End, export};
use crate::import::Import;
use crate::journal::Journal;
use crate::mapping::{Mapping, is_exported_user};
use crate::options::{Command, ExportOptions, ImportOptions, Options};
use crate::output::print;
use crate::progress::{self, Progress};
use crate::rejects::Rejects;
use crate::source::{self, Format, Lines};
use crate::stop::Stop;
use crate::summary::Summary;
use crate::trial::{self, Trial};
use crate::{Failure, demonstration, target};

/// The page size of an export.
const PAGE_SIZE: u32 = user_directory::model::MAX_LIMIT;
/// The wait before the first retry of a line. It grows with each attempt.
const WAIT: Duration = Duration::from_millis(500);

/// Runs a command, and returns whether all users were moved.
pub async fn run(options: Options) -> Result<bool, Failure> {
    match options.command {
        None => demonstration::run().await,
        Some(Command::Export(options)) => {
            let directory = target::from_env(options.rate_limits, 1)?;
            run_export(&*directory, &options, &Stop::on_ctrl_c()).await
        }
        Some(Command::Import(options)) if options.dry_run => {
            let existing = if options.find_existing { Some(import_target(&options)?) } else { None };
            dry_run(existing.as_deref(), &options, Stop::on_ctrl_c()).await
        }
        Some(Command::Import(options)) => {
            let directory = import_target(&options)?;
            run_import(&*directory, &options, Stop::on_ctrl_c()).await
        }
        Some(Command::Trial { users }) => trial::run(&Trial::new(users)?).await.map(|()| true),
    }
}

fn import_target(options: &ImportOptions) -> Result<Arc<dyn UserDirectory>, Failure> {
    target::from_env(options.rate_limits, usize::from(options.concurrency))
}

pub async fn run_export(directory: &dyn UserDirectory, options: &ExportOptions, stop: &Stop) -> Result<bool, Failure> {
    let start = Instant::now();
    let progress = Progress::on_stderr();
    let exported = tokio::select! {
        exported = export(directory, &options.out, PAGE_SIZE, stop, &progress) => exported?,
        never = progress.update_periodically() => never,
    };
    progress.finish();
    print(format_args!(
        "{:>9} users exported in {}; {} exported by earlier runs",
        exported.added,
        elapsed_since(start),
        exported.before
    ))?;
    print(format_args!("The export is {}. It contains personal data.", options.out.display()))?;
    match &exported.end {
        End::Complete => {}
        End::Stopped => print("The export is incomplete. Run the command again to continue.")?,
        End::Failed(error) => {
            print(format_args!("stopped by an error: {error}"))?;
            print("The export may be incomplete. Run the command again to continue.")?;
        }
        End::Missing(number) => {
            print(format_args!("{number} users are missing. Run the command again to export new users. If users are"))?;
            print("still missing, they have an earlier creation time: export all users to another file.")?;
        }
    }
    Ok(exported.end == End::Complete)
}

pub async fn run_import(directory: &dyn UserDirectory, options: &ImportOptions, stop: Stop) -> Result<bool, Failure> {
    let input = Input::new(options)?;
    let output_path = |given: &Option<PathBuf>, suffix| {
        let path = given.clone().unwrap_or_else(|| with_suffix(&options.file, suffix));
        match (options.file.canonicalize(), path.canonicalize()) {
            // The import would read its own output.
            (Ok(input), Ok(output)) if input == output => Err(format!("{} is both input and output", path.display())),
            _ => Ok(path),
        }
    };
    let (journal, rejects) =
        (output_path(&options.journal, ".journal.jsonl")?, output_path(&options.rejects, ".rejects.jsonl")?);
    let (journal, rejects) = (Journal::open(&journal)?, Rejects::open(&rejects)?);
    journal.check(directory).await?;
    print(format_args!("The journal is {}.", journal.path().display()))?;
    let summary = input.import(directory, None, journal, rejects, stop).await?;
    if summary.remaining() > 0 {
        print("Run the command again to import the remaining lines.")?;
    }
    Ok(summary.is_complete())
}

/// Imports into an empty in-memory directory, which applies the rules of the service.
pub async fn dry_run(
    existing: Option<&dyn UserDirectory>,
    options: &ImportOptions,
    stop: Stop,
) -> Result<bool, Failure> {
    let input = Input::new(options)?;
    let folder = tempfile::tempdir()?;
    let journal = Journal::open(&folder.path().join("journal.jsonl"))?;
    let rejects = with_suffix(&options.file, ".dry-run.rejects.jsonl");
    match std::fs::remove_file(&rejects) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(format!("{}: {error}", rejects.display()).into());
        }
        _ => {}
    }
    print("Dry run, in memory: no users are created in the target.")?;
    // Unknown hashers are for the service to reject.
    let settings = InstanceSettings::permissive().unknown_password_hashers(true);
    let directory = InMemoryUserDirectory::builder().settings(settings).build();
    let rejects = Rejects::open(&rejects)?;
    Ok(input.import(&directory, existing, journal, rejects, stop).await?.is_complete())
}

/// The file of an import, and how to read it.
struct Input<'a> {
    options: &'a ImportOptions,
    mapping: Mapping,
    format: Format,
    delimiter: u8,
    total: u64,
}

impl<'a> Input<'a> {
    /// Checks the options before any file is written.
    fn new(options: &'a ImportOptions) -> Result<Self, Failure> {
        let mut mapping = Mapping::new(&options.external_id_from);
        options.map.iter().try_for_each(|renaming| mapping.map(renaming))?;
        options.set.iter().try_for_each(|setting| mapping.set(setting))?;
        options.ignore.iter().for_each(|name| mapping.ignore(name));
        let format = options.format.unwrap_or_else(|| Format::from_path(&options.file));
        let delimiter = u8::try_from(options.delimiter).map_err(|_| "--delimiter: must be an ASCII character")?;
        let mut input = Self { options, mapping, format, delimiter, total: 0 };
        // Counts records instead of line feeds, because a table record may span several lines.
        for line in input.lines()? {
            let line = line?;
            if !options.map.is_empty() && is_exported_user(&line) {
                let number = line.number;
                return Err(format!("--map: line {number} is an exported user, whose fields cannot be mapped").into());
            }
            input.total += 1;
        }
        Ok(input)
    }

    fn lines(&self) -> Result<Lines, Failure> {
        source::open(&self.options.file, self.format, self.delimiter, &self.mapping)
    }

    async fn import(
        &self,
        directory: &dyn UserDirectory,
        existing: Option<&dyn UserDirectory>,
        journal: Journal,
        rejects: Rejects,
        stop: Stop,
    ) -> Result<Summary, Failure> {
        let start = Instant::now();
        let rejects_path = rejects.path().to_owned();
        let progress = Progress::on_stderr();
        let import = Import {
            directory,
            existing,
            mapping: &self.mapping,
            concurrency: usize::from(self.options.concurrency),
            wait: WAIT,
            stop,
            progress: &progress,
        };
        let summary = tokio::select! {
            summary = import.run(self.total, self.lines()?, journal, rejects) => summary?,
            never = progress.update_periodically() => never,
        };
        progress.finish();
        print(summary.to_string().trim_end())?;
        print(format_args!("Duration: {}", elapsed_since(start)))?;
        if summary.rejected() > 0 {
            print(format_args!("The rejected lines and reasons are in {}.", rejects_path.display()))?;
            print("The file contains personal data and may contain passwords and digests.")?;
        }
        Ok(summary)
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn elapsed_since(start: Instant) -> String {
    progress::duration(start.elapsed())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use user_directory::decorators::RecordingUserDirectory;
    use user_directory::{NewUser, Operation};

    use super::*;

    const LINES: &str = "{\"external_id\":\"e1\",\"username\":\"ada_lovelace\"}\n\
                         {\"external_id\":\"e2\",\"email\":\"invalid\"}\n";

    fn import_options(file: &Path, more: &[&str]) -> ImportOptions {
        let arguments = ["migrate-users", "import", file.to_str().unwrap()];
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
    async fn dry_run_creates_no_users_and_overwrites_its_rejects() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.jsonl");
        std::fs::write(&file, LINES).unwrap();
        let directory = InMemoryUserDirectory::permissive();
        directory.create(&NewUser::new().username("ada_lovelace").external_id("e1")).await.unwrap();
        let existing = RecordingUserDirectory::new(directory.clone());
        for arguments in [&[][..], &["--find-existing"], &[]] {
            let options = import_options(&file, &[&["--dry-run"], arguments].concat());
            let existing: Option<&dyn UserDirectory> = if options.find_existing { Some(&existing) } else { None };
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
    async fn dry_run_accepts_password_hashers_that_are_unknown_or_cannot_be_verified() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.jsonl");
        let line = |id, hasher| {
            format!(
                r#"{{"external_id":"{id}","username":"{id}_{id}","password_digest":"x","password_hasher":"{hasher}"}}"#
            )
        };
        std::fs::write(&file, format!("{}\n{}\n", line("ada", "hmac_sha256_utf16_b64"), line("ben", "future_hasher")))
            .unwrap();
        let options = import_options(&file, &["--dry-run"]);
        assert!(dry_run(None, &options, Stop::default()).await.unwrap());
    }

    #[tokio::test]
    async fn import_is_complete_after_rejects_are_corrected() {
        let folder = tempfile::tempdir().unwrap();
        let (file, directory) = (folder.path().join("users.jsonl"), InMemoryUserDirectory::permissive());
        std::fs::write(&file, LINES).unwrap();
        assert!(!run_import(&directory, &import_options(&file, &[]), Stop::default()).await.unwrap());
        let corrected = import_options(&file.with_file_name("users.jsonl.rejects.jsonl"), &["--ignore", "email"]);
        let corrected = ImportOptions { set: vec!["username=grace_hopper".to_owned()], ..corrected };
        assert!(run_import(&directory, &corrected, Stop::default()).await.unwrap());
        assert_eq!(directory.len(), 2);
        let written = [".journal.jsonl", ".rejects.jsonl"];
        let expected = ["", written[0], written[1], ".rejects.jsonl.journal.jsonl", ".rejects.jsonl.rejects.jsonl"];
        assert_eq!(files(folder.path()), expected.map(|suffix| format!("users.jsonl{suffix}")));
    }

    #[tokio::test]
    async fn import_rejects_invalid_options_and_files() {
        let folder = tempfile::tempdir().unwrap();
        let (file, directory) = (folder.path().join("users.jsonl"), InMemoryUserDirectory::permissive());
        std::fs::write(&file, LINES).unwrap();
        for more in [&["--map", "a"][..], &["--set", "shoe_size=38"], &["--delimiter", "→"]] {
            let error = run_import(&directory, &import_options(&file, more), Stop::default()).await.unwrap_err();
            assert!(error.to_string().starts_with(more[0]), "{error}");
        }
        let not_a_file = "must be a regular file, because it is read twice";
        for (path, message) in [
            (folder.path().join("missing.jsonl"), ""),
            (folder.path().to_owned(), not_a_file),
            #[cfg(unix)]
            (PathBuf::from("/dev/null"), not_a_file),
        ] {
            let options = import_options(&path, &[]);
            let error = run_import(&directory, &options, Stop::default()).await.unwrap_err().to_string();
            assert!(error.starts_with(&format!("{}: {message}", path.display())), "{error}");
        }
        let exported = folder.path().join("exported");
        std::fs::write(&exported, "{\"object\":\"user\",\"id\":\"user_1\"}\n").unwrap();
        let options = import_options(&exported, &["--map", "nickname=username"]);
        let error = run_import(&directory, &options, Stop::default()).await.unwrap_err().to_string();
        assert!(error.starts_with("--map: line 1 is an exported user"), "{error}");
        std::fs::remove_file(&exported).unwrap();
        let same = folder.path().join(".").join("users.jsonl");
        for option in ["--journal", "--rejects"] {
            let options = import_options(&file, &[option, same.to_str().unwrap()]);
            let error = run_import(&directory, &options, Stop::default()).await.unwrap_err().to_string();
            assert!(error.ends_with("is both input and output"), "{error}");
        }
        assert!(directory.is_empty());
        assert_eq!(files(folder.path()), ["users.jsonl"]);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), LINES);
    }
}
