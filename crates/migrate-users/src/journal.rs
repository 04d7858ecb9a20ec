//! [`Journal`]: the users that an import has created.

use std::collections::{HashSet, VecDeque};
use std::path::Path;

use serde::{Deserialize, Serialize};
use user_directory::ext::Ensured;
use user_directory::model::MAX_FILTER_VALUES;
use user_directory::{Text, UserDirectory, UserDirectoryExt, UserId};

use crate::Failure;
use crate::append_file::AppendFile;

/// The prefix of every line.
const BEGINNING: &str = "{\"line\":";

/// A line of the journal: the user that was created for a line of the file.
#[derive(Serialize, Deserialize)]
struct Entry {
    line: u64,
    external_id: Text,
    user_id: UserId,
    outcome: Outcome,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Created,
    /// A user with the external id existed.
    Found,
}

/// The journal of an import, which the next run continues. It can be incomplete: users that are missing in it are
/// looked up by external id before they are created. It maps old ids to new ones.
#[derive(Debug)]
pub struct Journal {
    file: AppendFile,
    done: HashSet<Text>,
    /// The latest users, to recognize the directory.
    last: VecDeque<UserId>,
}

impl Journal {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let (mut done, mut last) = (HashSet::new(), VecDeque::new());
        let file = AppendFile::open(path, BEGINNING, |line| {
            let entry: Entry = serde_json::from_str(line).map_err(|_| "is not a line of a journal")?;
            done.insert(entry.external_id);
            last.push_back(entry.user_id);
            if last.len() > MAX_FILTER_VALUES {
                last.pop_front();
            }
            Ok(())
        })?;
        Ok(Self { file, done, last })
    }

    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Rejects a journal of another directory, for example of a trial, because no users would be created then.
    pub async fn check(&self, directory: &dyn UserDirectory) -> Result<(), Failure> {
        let ids: Vec<_> = self.last.iter().cloned().collect();
        if !ids.is_empty() && directory.get_many(&ids).await?.users.is_empty() {
            let path = self.path().display();
            let what = "its users are not in this directory; give another --journal and another --rejects";
            return Err(format!("{path}: {what}").into());
        }
        Ok(())
    }

    pub fn has(&self, external_id: &Text) -> bool {
        self.done.contains(external_id)
    }

    pub fn add(&mut self, line: u64, external_id: &Text, ensured: &Ensured) -> Result<(), Failure> {
        let outcome = if ensured.is_created() { Outcome::Created } else { Outcome::Found };
        let (external_id, user_id) = (external_id.clone(), ensured.user().id.clone());
        let entry = Entry { line, external_id, user_id, outcome };
        self.file.append(&format!("{}\n", serde_json::to_string(&entry)?))
    }

    pub fn sync(&mut self) -> Result<(), Failure> {
        self.file.sync()
    }
}

#[cfg(test)]
mod tests {
    use user_directory::{InMemoryUserDirectory, NewUser};

    use super::*;

    async fn created(directory: &InMemoryUserDirectory, external_id: &str) -> Ensured {
        directory.ensure(&NewUser::new().username("ada.lovelace").external_id(external_id)).await.unwrap()
    }

    #[tokio::test]
    async fn reopened_journal_contains_all_complete_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let directory = InMemoryUserDirectory::new();
        let mut journal = Journal::open(&path).unwrap();
        journal.add(1, &"e1".into(), &created(&directory, "e1").await).unwrap();
        journal.add(2, &"e2".into(), &created(&directory, "e1").await).unwrap();
        drop(journal);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(r#""outcome":"created""#) && text.contains(r#""outcome":"found""#), "{text}");

        std::fs::write(&path, &text[..text.len() - 5]).unwrap();
        let journal = Journal::open(&path).unwrap();
        assert!(journal.has(&"e1".into()) && !journal.has(&"e2".into()));
        drop(journal);
        std::fs::write(&path, "{}\n").unwrap();
        assert!(Journal::open(&path).is_err());
    }

    #[tokio::test]
    async fn journal_of_another_directory_is_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (here, elsewhere) = (InMemoryUserDirectory::new(), InMemoryUserDirectory::new());
        let mut journal = Journal::open(&path).unwrap();
        assert!(journal.check(&elsewhere).await.is_ok());
        journal.add(1, &"e1".into(), &created(&here, "e1").await).unwrap();
        drop(journal);
        let journal = Journal::open(&path).unwrap();
        assert!(journal.check(&here).await.is_ok());
        let error = journal.check(&elsewhere).await.unwrap_err().to_string();
        assert!(error.ends_with("give another --journal and another --rejects"), "{error}");
    }
}
