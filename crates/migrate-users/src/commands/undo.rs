//! The command `undo`: deletes the users that an import created.

use std::collections::HashMap;
use std::path::Path;

use serde::Serialize;
use user_directory::{Text, UserDirectory, UserDirectoryExt, UserId, UserUpdate};

use super::{announce, confirm, print_result};
use crate::Failure;
use crate::append_file::AppendFile;
use crate::counted::Counted;
use crate::journal::{Entry, Journal, Outcome, parse};
use crate::options::UndoOptions;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::targets::{self, Connection};

/// The maximum number of user ids to print.
const MAX_LISTED: usize = 10;

/// The result of reverting the import of a user.
#[derive(Clone, Copy)]
enum Reverted {
    Deleted,
    /// The external id of the adopted user was removed.
    Released,
    /// The user was already deleted.
    Missing,
    /// The user existed before the import.
    Kept,
    /// The external id of the user has changed since the import.
    Changed,
    /// The import may have created or adopted the user.
    Unclear,
}

/// The result of undoing an import.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Undone {
    deleted: u64,
    /// Adopted users whose external id was removed.
    released: u64,
    /// Users that existed before the import.
    kept: u64,
    /// The ids of users that the import may have created or adopted, and that are kept.
    unclear: Vec<UserId>,
    /// Users whose external id has changed since the import.
    changed: u64,
    /// Users that were already deleted.
    missing: u64,
    remaining: u64,
    /// The error that stopped the command.
    stopped_by: Option<String>,
}

pub async fn run(options: &UndoOptions, stop: &Stop) -> Result<bool, Failure> {
    let entries = read(&options.journal)?;
    let connection = Connection {
        location: &options.to,
        limits: options.connection.rate_limits,
        concurrency: 1,
        settings: targets::settings(options.connection.instance.as_deref())?,
        migrate: false,
    };
    let target = connection.open().await?;
    let mut journal = Journal::open(&options.journal)?;
    let advice = |failure: Failure| format!("{failure}; check --to and the environment");
    journal.check(target.directory()).await.map_err(advice)?;
    let count = |outcome| entries.iter().filter(|entry| entry.outcome == outcome).count() as u64;
    let external_ids = match count(Outcome::Adopted) {
        0 => String::new(),
        adopted => format!(" and removing {}", Counted(adopted, "external id")),
    };
    let created = Counted(count(Outcome::Created), "user");
    let question = format!("deleting {created}{external_ids} from {}", target.description);
    announce(&question);
    if !options.yes {
        confirm(&question)?;
    }
    let progress = Progress::on_stderr();
    let undone = undo(&entries, target.directory(), &mut journal, stop, &progress).await?;
    progress.finish();
    print_result(&options.output, &undone, || describe(&undone))?;
    Ok(undone.remaining == 0 && undone.changed == 0 && undone.unclear.is_empty())
}

fn describe(undone: &Undone) -> String {
    let mut lines = vec![
        format!("{:>9} deleted", undone.deleted),
        format!("{:>9} whose external id was removed", Counted(undone.released, "adopted user")),
        format!("{:>9} kept, because they existed before the import", undone.kept),
        format!("{:>9} kept, because their external id has changed", undone.changed),
        format!("{:>9} already deleted", undone.missing),
        format!("{:>9} remaining", undone.remaining),
    ];
    if !undone.unclear.is_empty() {
        let first: Vec<_> = undone.unclear.iter().take(MAX_LISTED).map(UserId::as_str).collect();
        let more = if undone.unclear.len() > MAX_LISTED { ", … (all with --json)" } else { "" };
        lines.push(format!(
            "{:>9} kept, because it is unknown whether the import created or adopted them after a lost response or an \
             interrupted run: {}{more}",
            undone.unclear.len(),
            first.join(", ")
        ));
    }
    lines.extend(undone.stopped_by.iter().map(|error| format!("stopped by an error: {error}")));
    lines.join("\n")
}

/// Returns the entry to undo for each external id of a journal, in file order.
fn read(path: &Path) -> Result<Vec<Entry>, Failure> {
    if !path.is_file() {
        return Err(format!("{} is not a file", path.display()).into());
    }
    let mut entries: HashMap<Text, Entry> = HashMap::new();
    let file = AppendFile::open(path, "{\"line\":", |line| {
        let entry = parse(line)?;
        match entry.outcome {
            Outcome::Undone => drop(entries.remove(&entry.external_id)),
            // Updates cannot be reverted, and a later run can find a user that an earlier run created.
            Outcome::Updated | Outcome::Found | Outcome::CreatedOrFound if entries.contains_key(&entry.external_id) => {
            }
            _ => drop(entries.insert(entry.external_id.clone(), entry)),
        }
        Ok(())
    })?;
    drop(file);
    let mut entries: Vec<_> = entries.into_values().collect();
    entries.sort_by_key(|entry| (entry.line, entry.element));
    Ok(entries)
}

async fn undo(
    entries: &[Entry],
    directory: &dyn UserDirectory,
    journal: &mut Journal,
    stop: &Stop,
    progress: &Progress,
) -> Result<Undone, Failure> {
    let mut undone = Undone::default();
    progress.set_total(entries.len() as u64);
    for (index, entry) in entries.iter().enumerate() {
        if stop.is_requested() {
            undone.remaining = (entries.len() - index) as u64;
            break;
        }
        progress.done(1);
        let user = match revert(entry, directory).await {
            Ok(user) => user,
            Err(error) => {
                undone.remaining = (entries.len() - index) as u64;
                undone.stopped_by = Some(error.to_string());
                break;
            }
        };
        match user {
            Reverted::Deleted => undone.deleted += 1,
            Reverted::Released => undone.released += 1,
            Reverted::Missing => undone.missing += 1,
            Reverted::Kept => undone.kept += 1,
            Reverted::Changed => undone.changed += 1,
            Reverted::Unclear => undone.unclear.push(entry.user_id.clone()),
        }
        if matches!(user, Reverted::Deleted | Reverted::Released | Reverted::Missing) {
            journal.append(&Entry { outcome: Outcome::Undone, ..entry.clone() })?;
        }
    }
    journal.sync()?;
    Ok(undone)
}

/// Reverts the import of a user.
async fn revert(entry: &Entry, directory: &dyn UserDirectory) -> user_directory::Result<Reverted> {
    if !matches!(entry.outcome, Outcome::Created | Outcome::Adopted | Outcome::CreatedOrFound) {
        return Ok(Reverted::Kept);
    }
    let Some(user) = directory.find(&entry.user_id).await? else { return Ok(Reverted::Missing) };
    if user.external_id.as_ref() != Some(&entry.external_id) {
        return Ok(Reverted::Changed);
    }
    match entry.outcome {
        Outcome::Created => {
            directory.delete_if_exists(&entry.user_id).await?;
            Ok(Reverted::Deleted)
        }
        Outcome::Adopted => {
            directory.update(&entry.user_id, &UserUpdate::new().clear_external_id()).await?;
            Ok(Reverted::Released)
        }
        _ => Ok(Reverted::Unclear),
    }
}
