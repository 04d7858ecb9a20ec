//! [`Journal`]: the users that an import created or found.

use std::collections::{HashSet, VecDeque};
use std::path::Path;

use serde::{Deserialize, Serialize};
use user_directory::ext::Ensured;
use user_directory::model::MAX_FILTER_VALUES;
use user_directory::{Text, UserDirectory, UserDirectoryExt, UserId};

use crate::Failure;
use crate::append_file::AppendFile;

/// The prefix of every line.
const PREFIX: &str = "{\"line\":";

/// A line of the journal: the user that was created or found for a line of the file.
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

/// The journal of an import, which maps external ids to user ids. The next run continues it. It may be incomplete:
/// users that are not in the journal are looked up by external id before they are created.
#[derive(Debug)]
pub struct Journal {
    file: AppendFile,
    external_ids: HashSet<Text>,
    /// The last users, which identify the directory.
    last: VecDeque<UserId>,
}

impl Journal {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let (mut external_ids, mut last) = (HashSet::new(), VecDeque::new());
        let file = AppendFile::open(path, PREFIX, |line| {
            let entry: Entry = serde_json::from_str(line).map_err(|_| "is not a line of a journal")?;
            external_ids.insert(entry.external_id);
            last.push_back(entry.user_id);
            if last.len() > MAX_FILTER_VALUES {
                last.pop_front();
            }
            Ok(())
        })?;
        Ok(Self { file, external_ids, last })
    }

    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Rejects the journal of another directory, because an import with it would skip users.
    pub async fn check(&self, directory: &dyn UserDirectory) -> Result<(), Failure> {
        let ids: Vec<_> = self.last.iter().cloned().collect();
        if !ids.is_empty() && directory.get_many(&ids).await?.users.is_empty() {
            let path = self.path().display();
            let problem = "belongs to another directory; choose another --journal and --rejects";
            return Err(format!("{path} {problem}").into());
        }
        Ok(())
    }

    pub fn contains(&self, external_id: &Text) -> bool {
        self.external_ids.contains(external_id)
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
        directory.ensure(&NewUser::new().username("ada_lovelace").external_id(external_id)).await.unwrap()
    }

    #[tokio::test]
    async fn open_reads_all_complete_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let directory = InMemoryUserDirectory::permissive();
        let mut journal = Journal::open(&path).unwrap();
        journal.add(1, &"e1".into(), &created(&directory, "e1").await).unwrap();
        journal.add(2, &"e2".into(), &created(&directory, "e1").await).unwrap();
        drop(journal);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(r#""outcome":"created""#) && text.contains(r#""outcome":"found""#), "{text}");

        std::fs::write(&path, &text[..text.len() - 5]).unwrap();
        let journal = Journal::open(&path).unwrap();
        assert!(journal.contains(&"e1".into()) && !journal.contains(&"e2".into()));
        drop(journal);
        std::fs::write(&path, "{}\n").unwrap();
        assert!(Journal::open(&path).is_err());
    }

    #[tokio::test]
    async fn check_rejects_the_journal_of_another_directory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (here, elsewhere) = (InMemoryUserDirectory::permissive(), InMemoryUserDirectory::new());
        let mut journal = Journal::open(&path).unwrap();
        assert!(journal.check(&elsewhere).await.is_ok());
        journal.add(1, &"e1".into(), &created(&here, "e1").await).unwrap();
        drop(journal);
        let journal = Journal::open(&path).unwrap();
        assert!(journal.check(&here).await.is_ok());
        let error = journal.check(&elsewhere).await.unwrap_err().to_string();
        assert!(error.ends_with("choose another --journal and --rejects"), "{error}");
    }
}
