//! The command `undo`: deletes the users that an import created.

use std::collections::HashMap;
use std::path::Path;

use serde::Serialize;
use user_directory::{Text, UserDirectory, UserDirectoryExt, UserUpdate};

use super::{announce, confirm, print_result};
use crate::Failure;
use crate::append_file::AppendFile;
use crate::journal::{Entry, Journal, Outcome, parse};
use crate::options::UndoOptions;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::targets::{self, Connection};

/// The result of undoing an import.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Undone {
    deleted: u64,
    /// Adopted users whose external id was removed.
    released: u64,
    /// Users that existed before the import.
    kept: u64,
    /// Users whose external id has changed since the import.
    changed: u64,
    /// Users that were already deleted.
    missing: u64,
    remaining: u64,
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
    journal.check(target.directory()).await?;
    let created = entries.iter().filter(|entry| entry.outcome == Outcome::Created).count();
    let question = format!("deleting {created} users from {}", target.description);
    announce(&question);
    if !options.yes {
        confirm(&question)?;
    }
    let progress = Progress::on_stderr();
    let undone = undo(&entries, target.directory(), &mut journal, stop, &progress).await?;
    progress.finish();
    print_result(&options.output, &undone, || {
        let Undone { deleted, released, kept, changed, missing, remaining } = &undone;
        format!(
            "{deleted:>9} deleted\n{released:>9} adopted users whose external id was removed\n{kept:>9} kept, because \
             they existed before the import\n{changed:>9} kept, because their external id has changed\n{missing:>9} \
             already deleted\n{remaining:>9} remaining"
        )
    })?;
    Ok(undone.remaining == 0 && undone.changed == 0)
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
            Outcome::Updated | Outcome::Found if entries.contains_key(&entry.external_id) => {}
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
        if !matches!(entry.outcome, Outcome::Created | Outcome::Adopted) {
            undone.kept += 1;
            continue;
        }
        match directory.find(&entry.user_id).await? {
            None => undone.missing += 1,
            Some(user) if user.external_id.as_ref() != Some(&entry.external_id) => {
                undone.changed += 1;
                continue;
            }
            Some(_) if entry.outcome == Outcome::Adopted => {
                directory.update(&entry.user_id, &UserUpdate::new().clear_external_id()).await?;
                undone.released += 1;
            }
            Some(_) => {
                directory.delete_if_exists(&entry.user_id).await?;
                undone.deleted += 1;
            }
        }
        journal.append(&Entry { outcome: Outcome::Undone, ..entry.clone() })?;
    }
    journal.sync()?;
    Ok(undone)
}
