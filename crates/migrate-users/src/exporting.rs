//! The export: all users in the order of creation, one JSON object per line.
//!
//! If the directory has a store, each user's secrets are written after the fields, under the names of the API's
//! parameters.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use user_directory::model::{BackupCode, MAX_FILTER_VALUES, PasswordDigest, TotpSecret};
use user_directory::store::{Account, UserStore};
use user_directory::{OrderBy, OrderField, User, UserDirectory, UserDirectoryExt, UserFilter, UserId, UserQuery};

use crate::Failure;
use crate::append_file::AppendFile;
use crate::progress::Progress;
use crate::stop::Stop;

/// The prefix of every line.
const PREFIX: &str = r#"{"object":"user","id":"#;

/// The result of an export.
#[derive(Debug, PartialEq, Eq)]
pub struct Exported {
    /// The number of users that earlier runs exported.
    pub before: u64,
    /// The number of users that this run exported.
    pub added: u64,
    pub end: End,
}

/// The end state of an export.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// All users are in the file.
    Complete,
    /// The last page was read, but the directory has this many more users than the file.
    Missing(u64),
    Stopped,
    Failed(String),
}

/// The fields of a line that are needed to continue the export.
#[derive(Deserialize)]
struct Line {
    id: UserId,
    /// The creation time in milliseconds.
    #[serde(default)]
    created_at: Option<i64>,
}

/// Appends users to a file. To start over, delete the file.
///
/// Users are exported in the order of creation, so users that sign up during or between exports are appended at the
/// end. The lines of the file can have any order. A user that is created later with an earlier creation time, for
/// example by an import, may sort before the newest exported user and is then missing from the file. [`End::Missing`]
/// reports this, unless as many exported users were deleted. Updates and deletions of exported users do not change the
/// file.
pub async fn export(
    directory: &dyn UserDirectory,
    store: Option<&dyn UserStore>,
    path: &Path,
    page_size: u32,
    stop: &Stop,
    progress: &Progress,
) -> Result<Exported, Failure> {
    let (mut before, mut newest) = (0, BTreeSet::new());
    let mut file = AppendFile::open(path, PREFIX, |line| {
        let line: Line = serde_json::from_str(line).map_err(|_| "is not a line of an export")?;
        before += 1;
        // Users with equal creation times have the order of their lines.
        newest.insert((line.created_at, before, line.id));
        if newest.len() > MAX_FILTER_VALUES {
            newest.pop_first();
        }
        Ok(())
    })?;
    let mut query = UserQuery::new().order_by(OrderBy::ascending(OrderField::CreatedAt)).limit(page_size);
    let newest: Vec<_> = newest.into_iter().map(|(_, _, id)| id).collect();
    if !newest.is_empty() {
        query = query.starting_after(last_existing_user(directory, path, &newest).await?);
    }
    let newest: HashSet<_> = newest.into_iter().collect();
    progress.set_total(directory.count(&UserFilter::new()).await?);
    progress.skip(before);

    let mut pages = directory.pages(query);
    let mut added = 0;
    let end = loop {
        let page = tokio::select! {
            biased;
            () = stop.requested() => break End::Stopped,
            page = pages.next() => page,
        };
        let mut page = match page {
            Some(Ok(page)) => page,
            Some(Err(error)) => break End::Failed(error.to_string()),
            None => break end_of_export(directory, before + added).await,
        };
        // If the lines were reordered, users with equal creation times can be in the file already.
        page.retain(|user| !newest.contains(&user.id));
        file.append(&lines_of(&page, store).await?)?;
        added += page.len() as u64;
        progress.done(page.len() as u64);
    };
    file.sync()?;
    Ok(Exported { before, added, end })
}

/// The secrets of a user, under the names of the API's parameters.
#[derive(Serialize)]
struct Secrets<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    password_digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hasher: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    totp_secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    backup_codes: Vec<&'a str>,
}

impl<'a> From<&'a Account> for Secrets<'a> {
    fn from(account: &'a Account) -> Self {
        Self {
            password_digest: account.password.as_ref().map(PasswordDigest::expose_secret),
            password_hasher: account.password.as_ref().map(|digest| digest.hasher().as_str()),
            totp_secret: account.totp_secret.as_ref().map(TotpSecret::expose_secret),
            backup_codes: account.backup_codes.iter().map(BackupCode::expose_secret).collect(),
        }
    }
}

/// Returns the lines of a page of users.
async fn lines_of(page: &[User], store: Option<&dyn UserStore>) -> Result<String, Failure> {
    let ids: Vec<_> = page.iter().map(|user| user.id.clone()).collect();
    let accounts = match store {
        Some(store) => store.load(&ids).await?,
        None => Vec::new(),
    };
    let accounts: HashMap<_, _> = accounts.iter().map(|stored| (stored.id(), &stored.account)).collect();
    let mut lines = String::new();
    for user in page {
        let mut line = serde_json::to_string(user)?;
        if let Some(account) = accounts.get(&user.id) {
            let secrets = serde_json::to_string(&Secrets::from(*account))?;
            if secrets != "{}" {
                // Joins two objects.
                line.pop();
                line.push(',');
                line.push_str(&secrets[1..]);
            }
        }
        lines.push_str(&line);
        lines.push('\n');
    }
    Ok(lines)
}

async fn end_of_export(directory: &dyn UserDirectory, written: u64) -> End {
    match directory.count(&UserFilter::new()).await {
        Ok(count) if count > written => End::Missing(count - written),
        Ok(_) => End::Complete,
        Err(error) => End::Failed(error.to_string()),
    }
}

/// Returns the last of these users of the file that still exists.
async fn last_existing_user(directory: &dyn UserDirectory, path: &Path, newest: &[UserId]) -> Result<UserId, Failure> {
    let found = directory.get_many(newest).await?;
    let last = found.users.into_iter().last().ok_or_else(|| {
        let problem = "cannot be continued, because its newest users are not in this directory";
        format!("{} {problem}; export to another file", path.display())
    })?;
    Ok(last.id)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use user_directory::decorators::{Fault, FaultyUserDirectory};
    use user_directory::{ErrorKind, InMemoryUserDirectory, NewUser, Operation};

    use super::*;

    async fn with_users(number: u32) -> InMemoryUserDirectory {
        let directory = InMemoryUserDirectory::permissive();
        add_users(&directory, 0..number).await;
        directory
    }

    async fn add_users(directory: &InMemoryUserDirectory, numbers: std::ops::Range<u32>) {
        for number in numbers {
            directory.create(&NewUser::new().username(format!("user_{number}"))).await.unwrap();
        }
    }

    async fn export_to(path: &Path, directory: &InMemoryUserDirectory) -> Result<Exported, Failure> {
        export(directory, None, path, 10, &Stop::default(), &Progress::silent()).await
    }

    fn usernames(path: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(path).unwrap();
        let user = |line| serde_json::from_str::<User>(line).unwrap();
        text.lines().map(|line| user(line).username.unwrap().to_string()).collect()
    }

    fn names(numbers: std::ops::Range<u32>) -> Vec<String> {
        numbers.map(|number| format!("user_{number}")).collect()
    }

    #[tokio::test]
    async fn export_writes_users_in_the_order_of_creation() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let directory = with_users(25).await;
        let exported = export_to(&path, &directory).await.unwrap();
        assert_eq!(exported, Exported { before: 0, added: 25, end: End::Complete });
        assert_eq!(usernames(&path), names(0..25));
        let first = std::fs::read_to_string(&path).unwrap().lines().next().unwrap().to_owned();
        let read: User = serde_json::from_str(&first).unwrap();
        assert_eq!(directory.get(&read.id).await.unwrap(), read);
    }

    #[tokio::test]
    async fn export_continues_after_the_last_complete_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let directory = with_users(25).await;
        export_to(&path, &directory).await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let length: usize = text.split_inclusive('\n').take(13).map(str::len).sum();
        for cut in [length, length + 1, length + 100] {
            std::fs::write(&path, &text[..cut]).unwrap();
            let exported = export_to(&path, &directory).await.unwrap();
            assert_eq!(exported, Exported { before: 13, added: 12, end: End::Complete });
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{cut}");
        }
    }

    #[tokio::test]
    async fn export_continues_after_the_last_users_are_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let directory = with_users(25).await;
        export_to(&path, &directory).await.unwrap();
        for name in ["user_23", "user_24"] {
            let user = directory.find_by_username(name).await.unwrap().unwrap();
            directory.delete(&user.id).await.unwrap();
        }
        add_users(&directory, 25..28).await;
        assert_eq!(export_to(&path, &directory).await.unwrap().added, 3);
        assert_eq!(usernames(&path), names(0..28));
    }

    #[tokio::test]
    async fn export_reports_missing_users_with_an_earlier_creation_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let directory = with_users(25).await;
        export_to(&path, &directory).await.unwrap();
        for name in ["old_1", "old_2"] {
            let old = NewUser::new().username(name).created_at("2001-01-01T00:00:00Z".parse().unwrap());
            directory.create(&old).await.unwrap();
        }
        add_users(&directory, 25..26).await;
        let exported = export_to(&path, &directory).await.unwrap();
        assert_eq!(exported, Exported { before: 25, added: 1, end: End::Missing(2) });
        let exported = export_to(&folder.path().join("another"), &directory).await.unwrap();
        assert_eq!(exported, Exported { before: 0, added: 28, end: End::Complete });
    }

    #[tokio::test]
    async fn export_keeps_written_users_after_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let directory = with_users(25).await;
        let users = FaultyUserDirectory::new(directory.clone());
        users.add_fault(Fault::delay(Duration::ZERO).operation(Operation::List).times(2));
        users.add_fault(Fault::kind(ErrorKind::Server).operation(Operation::List));
        let exported = export(&users, None, &path, 10, &Stop::default(), &Progress::silent()).await.unwrap();
        let failed = End::Failed("list: service failed".to_owned());
        assert_eq!(exported, Exported { before: 0, added: 20, end: failed });
        assert_eq!(usernames(&path), names(0..20));
        assert_eq!(export_to(&path, &directory).await.unwrap().added, 5);
    }

    #[tokio::test]
    async fn export_rejects_a_foreign_file_without_modifying_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let foreign = r#"{"id":"user_of_another_instance"}"#;
        for (text, message) in [
            ("hello\n", "line 1: is not a line of an export"),
            (r#"{"users":[]}"#, "line 1: was not written by this program"),
            (&format!("{foreign}\n"), "export to another file"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = export_to(&path, &with_users(3).await).await.unwrap_err().to_string();
            assert!(error.ends_with(message), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    async fn add_user(directory: &InMemoryUserDirectory, name: &str, created_at: &str) {
        let new = NewUser::new().username(name).created_at(created_at.parse().unwrap());
        directory.create(&new).await.unwrap();
    }

    #[tokio::test]
    async fn export_continues_a_file_whose_lines_were_reordered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let directory = InMemoryUserDirectory::permissive();
        for (name, day) in [("user_1", 1), ("user_2", 2), ("user_3", 3), ("user_4", 3)] {
            add_user(&directory, name, &format!("2020-01-0{day}T00:00:00Z")).await;
        }
        export_to(&path, &directory).await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let reversed: String = text.split_inclusive('\n').rev().collect();
        add_user(&directory, "user_5", "2020-01-05T00:00:00Z").await;
        // The line feed at the end may be missing.
        for reversed in [&reversed[..], reversed.trim_end()] {
            std::fs::write(&path, reversed).unwrap();
            let exported = export_to(&path, &directory).await.unwrap();
            assert_eq!(exported, Exported { before: 4, added: 1, end: End::Complete });
            assert_eq!(usernames(&path), ["user_4", "user_3", "user_2", "user_1", "user_5"]);
        }
    }

    #[tokio::test]
    async fn export_continues_after_it_has_appended_a_user_with_an_earlier_creation_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let directory = InMemoryUserDirectory::permissive();
        add_user(&directory, "user_1", "2020-01-01T00:00:00Z").await;
        add_user(&directory, "user_2", "2020-01-09T00:00:00Z").await;
        export_to(&path, &directory).await.unwrap();
        let user = directory.find_by_username("user_2").await.unwrap().unwrap();
        directory.delete(&user.id).await.unwrap();
        for (name, time) in [("user_3", "2020-01-05T00:00:00Z"), ("user_4", "2020-01-07T00:00:00Z")] {
            add_user(&directory, name, time).await;
            let exported = export_to(&path, &directory).await.unwrap();
            assert_eq!((exported.added, exported.end), (1, End::Complete));
        }
        assert_eq!(usernames(&path), ["user_1", "user_2", "user_3", "user_4"]);
    }

    #[tokio::test]
    async fn export_stops_before_the_next_page() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let directory = with_users(25).await;
        let stop = Stop::default();
        stop.request();
        let exported = export(&directory, None, &path, 10, &stop, &Progress::silent()).await.unwrap();
        assert_eq!(exported, Exported { before: 0, added: 0, end: End::Stopped });
        assert_eq!(export_to(&path, &directory).await.unwrap().added, 25);
    }
}
