//! The export: all users in the order of creation, one JSON document per line.

use std::collections::VecDeque;
use std::path::Path;

use serde::Deserialize;
use user_directory::model::MAX_FILTER_VALUES;
use user_directory::{OrderBy, OrderField, UserDirectory, UserDirectoryExt, UserFilter, UserId, UserQuery};

use crate::Failure;
use crate::append_file::AppendFile;
use crate::progress::Progress;
use crate::stop::Stop;

/// The prefix of every line.
const BEGINNING: &str = r#"{"object":"user","id":"#;

/// The result of an export.
#[derive(Debug, PartialEq, Eq)]
pub struct Exported {
    /// The number of users in the file before.
    pub before: u64,
    /// The number of users added.
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

/// The part of a line that is needed to continue after it.
#[derive(Deserialize)]
struct Line {
    id: UserId,
}

/// Appends users to a file. To start over, delete the file.
///
/// Users are exported in the order of creation, so users that sign up during or between exports are appended at the
/// end. A user that is created with a time in the past, for example by an import, may sort before the position of the
/// export and is missed. The number of users reveals that, unless as many users were deleted. Users that were updated
/// or deleted after they were written are not updated in the file.
pub async fn export(
    directory: &dyn UserDirectory,
    path: &Path,
    page_size: u32,
    stop: &Stop,
    progress: &Progress,
) -> Result<Exported, Failure> {
    let (mut before, mut last_ids) = (0, VecDeque::new());
    let mut file = AppendFile::open(path, BEGINNING, |line| {
        let line: Line = serde_json::from_str(line).map_err(|_| "is not a line of an export")?;
        before += 1;
        last_ids.push_back(line.id);
        if last_ids.len() > MAX_FILTER_VALUES {
            last_ids.pop_front();
        }
        Ok(())
    })?;
    let mut query = UserQuery::new().order_by(OrderBy::ascending(OrderField::CreatedAt)).limit(page_size);
    if !last_ids.is_empty() {
        query = query.starting_after(last_who_is_left(directory, path, last_ids.into()).await?);
    }
    progress.begin(directory.count(&UserFilter::new()).await?);
    progress.passed_over(before);

    let mut pages = directory.pages(query);
    let mut added = 0;
    let end = loop {
        let page = tokio::select! {
            biased;
            () = stop.requested() => break End::Stopped,
            page = pages.next() => page,
        };
        let page = match page {
            Some(Ok(page)) => page,
            Some(Err(error)) => break End::Failed(error.to_string()),
            None => break who_is_missing(directory, before + added).await,
        };
        let mut lines = String::new();
        for user in &page {
            lines.push_str(&serde_json::to_string(user)?);
            lines.push('\n');
        }
        file.append(&lines)?;
        added += page.len() as u64;
        progress.done(page.len() as u64);
    };
    file.sync()?;
    Ok(Exported { before, added, end })
}

async fn who_is_missing(directory: &dyn UserDirectory, written: u64) -> End {
    match directory.count(&UserFilter::new()).await {
        Ok(count) if count > written => End::Missing(count - written),
        Ok(_) => End::Complete,
        Err(error) => End::Failed(error.to_string()),
    }
}

/// Returns the last user of the file that still exists.
async fn last_who_is_left(
    directory: &dyn UserDirectory,
    path: &Path,
    last_ids: Vec<UserId>,
) -> Result<UserId, Failure> {
    let found = directory.get_many(&last_ids).await?;
    let last = found.users.into_iter().last().ok_or_else(|| {
        let what = "its last users are not in this directory, so there is no telling where to go on";
        format!("{}: {what}; export to another file", path.display())
    })?;
    Ok(last.id)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use user_directory::decorators::{Fault, FaultyUserDirectory};
    use user_directory::{ErrorKind, InMemoryUserDirectory, NewUser, Operation, User};

    use super::*;

    async fn with_users(number: u32) -> InMemoryUserDirectory {
        let directory = InMemoryUserDirectory::new();
        add_users(&directory, 0..number).await;
        directory
    }

    async fn add_users(directory: &InMemoryUserDirectory, numbers: std::ops::Range<u32>) {
        for number in numbers {
            directory.create(&NewUser::new().username(format!("user.{number}"))).await.unwrap();
        }
    }

    async fn export_to(path: &Path, directory: &InMemoryUserDirectory) -> Result<Exported, Failure> {
        export(directory, path, 10, &Stop::default(), &Progress::silent()).await
    }

    fn usernames(path: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(path).unwrap();
        let user = |line| serde_json::from_str::<User>(line).unwrap();
        text.lines().map(|line| user(line).username.unwrap().to_string()).collect()
    }

    fn names(numbers: std::ops::Range<u32>) -> Vec<String> {
        numbers.map(|number| format!("user.{number}")).collect()
    }

    #[tokio::test]
    async fn users_are_written_in_the_order_in_which_they_came_and_read_back_as_they_are() {
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
    async fn an_export_that_was_cut_off_goes_on_after_its_last_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let directory = with_users(25).await;
        export_to(&path, &directory).await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let whole: usize = text.split_inclusive('\n').take(13).map(str::len).sum();
        for cut in [whole, whole + 1, whole + 100] {
            std::fs::write(&path, &text[..cut]).unwrap();
            let exported = export_to(&path, &directory).await.unwrap();
            assert_eq!(exported, Exported { before: 13, added: 12, end: End::Complete });
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{cut}");
        }
    }

    #[tokio::test]
    async fn who_came_later_is_added_although_the_last_ones_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let directory = with_users(25).await;
        export_to(&path, &directory).await.unwrap();
        for name in ["user.23", "user.24"] {
            let user = directory.find_by_username(name).await.unwrap().unwrap();
            directory.delete(&user.id).await.unwrap();
        }
        add_users(&directory, 25..28).await;
        assert_eq!(export_to(&path, &directory).await.unwrap().added, 3);
        assert_eq!(usernames(&path), names(0..28));
    }

    #[tokio::test]
    async fn who_was_created_with_a_time_in_the_past_is_missed_and_that_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let directory = with_users(25).await;
        export_to(&path, &directory).await.unwrap();
        for name in ["old.1", "old.2"] {
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
    async fn an_error_keeps_what_is_written_and_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let directory = with_users(25).await;
        let users = FaultyUserDirectory::new(directory.clone());
        users.add_fault(Fault::delay(Duration::ZERO).operation(Operation::List).times(2));
        users.add_fault(Fault::kind(ErrorKind::Server).operation(Operation::List));
        let exported = export(&users, &path, 10, &Stop::default(), &Progress::silent()).await.unwrap();
        let failed = End::Failed("list: service failed".to_owned());
        assert_eq!(exported, Exported { before: 0, added: 20, end: failed });
        assert_eq!(usernames(&path), names(0..20));
        assert_eq!(export_to(&path, &directory).await.unwrap().added, 5);
    }

    #[tokio::test]
    async fn a_file_of_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let stranger = r#"{"id":"user_of_another_instance"}"#;
        for (text, told) in [
            ("hello\n", "line 1: is not a line of an export"),
            (r#"{"users":[]}"#, "line 1: is neither a line of this program nor the beginning of one"),
            (&format!("{stranger}\n"), "export to another file"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = export_to(&path, &with_users(3).await).await.unwrap_err().to_string();
            assert!(error.ends_with(told), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[tokio::test]
    async fn a_stop_leaves_whole_pages() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.jsonl");
        let directory = with_users(25).await;
        let stop = Stop::default();
        stop.request();
        let exported = export(&directory, &path, 10, &stop, &Progress::silent()).await.unwrap();
        assert_eq!(exported, Exported { before: 0, added: 0, end: End::Stopped });
        assert_eq!(export_to(&path, &directory).await.unwrap().added, 25);
    }
}
