//! [`Journal`]: the users that an import created, found or changed.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use user_directory::model::MAX_FILTER_VALUES;
use user_directory::{Text, UserDirectory, UserDirectoryExt, UserId};

use crate::Failure;
use crate::append_file::{self, AppendFile};
use crate::mapping::Candidate;
use crate::one_line::on_one_line;
use crate::reading::Line;

/// The hash in the entry of a user that differs from its row. It is not the hash of any row, so the row is changed.
const NOT_APPLIED: u64 = u64::MAX;
/// The prefix of every line.
const PREFIX: &str = "{\"line\":";

/// A line of the journal: the outcome of a row. A later line with the same external id replaces it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// The line number of the row.
    pub line: u64,
    /// The number of the element, if the row is an element of a JSON array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<u64>,
    pub external_id: Text,
    pub user_id: UserId,
    pub outcome: Outcome,
    /// A hash of the row and its digest in another file, which is used to detect changes, or [`NOT_APPLIED`].
    #[serde(default)]
    pub row: Text,
    /// The parameters whose values were dropped, because the directory rejected them or another user has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<Text>,
}

impl Entry {
    /// Creates an entry for a user that has all values of the row.
    pub fn new(line: &Line, candidate: &Candidate, user_id: &UserId, outcome: Outcome) -> Self {
        Self {
            line: line.position.line,
            element: line.position.element(),
            external_id: candidate.external_id.clone(),
            user_id: user_id.clone(),
            outcome,
            row: text_of(u64::from_be_bytes(hash_of(line, candidate))),
            dropped: Vec::new(),
        }
    }

    /// Marks that the user lacks values of the row, so that the next run treats the row as changed.
    pub fn not_applied(mut self) -> Self {
        self.row = text_of(NOT_APPLIED);
        self
    }

    pub fn dropped(mut self, params: &[&'static str]) -> Self {
        self.dropped = params.iter().map(|param| (*param).into()).collect();
        self
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Created,
    /// A user with the external id existed.
    Found,
    /// A user with the external id existed, but an earlier request or run may have created or adopted it.
    CreatedOrFound,
    /// A user with the same verified email address existed, and its external id was set.
    Adopted,
    /// The user was created, found or adopted before, and was updated because the row changed.
    Updated,
    /// The import of the user was undone.
    Undone,
}

/// The journal of an import, which maps external ids to user ids. The next run continues it. Users that are missing
/// from it, for example after a crash, are found by external id when their rows are imported again.
#[derive(Debug)]
pub struct Journal {
    file: AppendFile,
    /// Whether no earlier run created the file.
    is_new: bool,
    /// The rows that earlier runs imported, sorted by external id.
    imported: Vec<Imported>,
    /// The ids of the last users, which are used to check that the journal belongs to the directory.
    last: VecDeque<UserId>,
}

/// An imported row. Hashes need less memory than the ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Imported {
    external_id: [u8; 16],
    row: [u8; 8],
    /// Whether the import of the row was undone afterwards.
    is_undone: bool,
}

impl Journal {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let (is_new, mut imported, mut last) = (!path.exists(), Vec::new(), VecDeque::new());
        let file = AppendFile::open(path, PREFIX, |line| {
            let Entry { external_id, user_id, outcome, row, .. } = parse(line)?;
            let is_undone = outcome == Outcome::Undone;
            imported.push(Imported { external_id: fingerprint(external_id.as_bytes()), row: row_of(&row), is_undone });
            if is_undone {
                last.retain(|id| *id != user_id);
                return Ok(());
            }
            last.push_back(user_id);
            if last.len() > MAX_FILTER_VALUES {
                last.pop_front();
            }
            Ok(())
        })?;
        // Keeps the last line with each id. The sort is stable.
        imported.sort_by_key(|row| row.external_id);
        imported.reverse();
        imported.dedup_by_key(|row| row.external_id);
        imported.reverse();
        imported.retain(|row| !row.is_undone);
        Ok(Self { file, is_new, imported, last })
    }

    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Returns whether no earlier run created the journal.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Returns the number of rows that earlier runs imported.
    pub fn len(&self) -> usize {
        self.imported.len()
    }

    /// Returns an error if the journal belongs to another directory. An import with such a journal would skip users.
    pub async fn check(&self, directory: &dyn UserDirectory) -> Result<(), Failure> {
        let ids: Vec<_> = self.last.iter().cloned().collect();
        if !ids.is_empty() && directory.get_many(&ids).await?.users.is_empty() {
            let path = self.path().display();
            let problem = "belongs to another directory";
            return Err(format!("{path} {problem}").into());
        }
        Ok(())
    }

    /// Returns whether an earlier run imported a user with this external id.
    pub fn contains(&self, external_id: &str) -> bool {
        self.index_of(external_id).is_some()
    }

    fn index_of(&self, external_id: &str) -> Option<usize> {
        let external_id = fingerprint(external_id.as_bytes());
        self.imported.binary_search_by_key(&external_id, |row| row.external_id).ok()
    }

    /// Returns whether the row and its digest in another file are unchanged since an earlier run imported the row, or
    /// `None` if no earlier run did.
    pub fn find(&self, candidate: &Candidate, line: &Line) -> Option<bool> {
        let known = self.imported[self.index_of(&candidate.external_id)?].row;
        // Entries without a hash match any row.
        Some(known == [0; 8] || known == hash_of(line, candidate))
    }

    pub fn append(&mut self, entry: &Entry) -> Result<(), Failure> {
        self.file.append(&format!("{}\n", serde_json::to_string(entry)?))
    }

    pub fn sync(&mut self) -> Result<(), Failure> {
        self.file.sync()
    }
}

/// The entries of rows whose values were dropped, by external id.
#[derive(Debug, Default)]
pub struct DroppedValues(HashMap<Text, Entry>);

impl DroppedValues {
    /// Reads a journal. The file is not locked and not modified.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let mut dropped = HashMap::new();
        append_file::read(path, PREFIX, |line| {
            let entry = parse(line)?;
            if entry.dropped.is_empty() {
                dropped.remove(&entry.external_id);
            } else {
                dropped.insert(entry.external_id.clone(), entry);
            }
            Ok(())
        })?;
        Ok(Self(dropped))
    }

    /// Returns the entry of a row, unless the row has changed since the import.
    pub fn of(&self, line: &Line, candidate: &Candidate) -> Option<&Entry> {
        self.0.get(&candidate.external_id).filter(|entry| row_of(&entry.row) == hash_of(line, candidate))
    }
}

/// Parses a line of a journal.
pub fn parse(line: &str) -> Result<Entry, Failure> {
    serde_json::from_str(line).map_err(|_| "is not a line of a journal".into())
}

fn fingerprint(bytes: &[u8]) -> [u8; 16] {
    let digest = Sha256::digest(bytes);
    std::array::from_fn(|index| digest[index])
}

/// Returns a hash of a row and its digest in another file. Line breaks have no effect, because a rejects file does not
/// keep them.
fn hash_of(line: &Line, candidate: &Candidate) -> [u8; 8] {
    let joined = candidate.joined_digest.as_ref().map_or("", ExposeSecret::expose_secret);
    let row = on_one_line(line.json.get());
    let digest = Sha256::new().chain_update(row.as_bytes()).chain_update(joined).finalize();
    std::array::from_fn(|index| digest[index])
}

fn text_of(hash: u64) -> Text {
    format!("{hash:016x}").into()
}

/// Parses the hash of a row. Text that is not a hash becomes zero.
fn row_of(text: &str) -> [u8; 8] {
    u64::from_str_radix(text, 16).unwrap_or_default().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use user_directory::{InMemoryUserDirectory, NewUser};

    use super::*;

    fn line(json: &str) -> Line {
        Line::new(1, serde_json::from_str(json).unwrap())
    }

    fn candidate(external_id: &str) -> Candidate {
        Candidate::new(external_id, NewUser::new())
    }

    #[test]
    fn open_reads_all_complete_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let user_id: UserId = "user_1".parse().unwrap();
        let (row, changed) = (line(r#"{"a":1}"#), line(r#"{"a":2}"#));
        let mut journal = Journal::open(&path).unwrap();
        let entry = |id: &str, row: &Line, outcome| Entry::new(row, &candidate(id), &user_id, outcome);
        for id in ["e1", "e2", "e3"] {
            journal.append(&entry(id, &row, Outcome::Created)).unwrap();
        }
        journal.append(&entry("e1", &changed, Outcome::Updated)).unwrap();
        journal.append(&entry("e3", &row, Outcome::Undone)).unwrap();
        journal.append(&entry("e5", &row, Outcome::Found).not_applied()).unwrap();
        journal.append(&entry("e4", &row, Outcome::Found)).unwrap();
        assert!(journal.is_new());
        drop(journal);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(r#""outcome":"created""#) && text.contains(r#""outcome":"found""#), "{text}");

        std::fs::write(&path, &text[..text.len() - 5]).unwrap();
        let journal = Journal::open(&path).unwrap();
        assert!(!journal.is_new());
        assert!(journal.contains("e1") && !journal.contains("e3"));
        let find = |id: &str, row| journal.find(&candidate(id), row);
        assert_eq!((find("e5", &row), find("e5", &changed)), (Some(false), Some(false)));
        assert_eq!((find("e1", &changed), find("e1", &row)), (Some(true), Some(false)));
        assert_eq!((find("e2", &row), find("e3", &row), find("e4", &row)), (Some(true), None, None));
        assert_eq!(journal.find(&candidate("e2"), &line("{\n \"a\": 1\n}")), Some(true));
        let with_digest = Candidate { joined_digest: Some("digest".into()), ..candidate("e2") };
        assert_eq!(journal.find(&with_digest, &row), Some(false));
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
        let user = here.create(&NewUser::new().username("ada_lovelace")).await.unwrap();
        journal.append(&Entry::new(&line("{}"), &candidate("e1"), &user.id, Outcome::Created)).unwrap();
        drop(journal);
        let journal = Journal::open(&path).unwrap();
        assert!(journal.check(&here).await.is_ok());
        let error = journal.check(&elsewhere).await.unwrap_err().to_string();
        assert!(error.ends_with("belongs to another directory"), "{error}");
    }

    #[test]
    fn dropped_values_are_those_of_the_last_entry_of_an_unchanged_row() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let user_id: UserId = "user_1".parse().unwrap();
        let mut journal = Journal::open(&path).unwrap();
        for (id, params) in [("e1", &["username"][..]), ("e2", &["locale"]), ("e2", &[]), ("e3", &["locale"])] {
            let entry = Entry::new(&line("{}"), &candidate(id), &user_id, Outcome::Created);
            journal.append(&entry.dropped(params)).unwrap();
        }
        drop(journal);
        let text = std::fs::read_to_string(&path).unwrap();
        // The last line is truncated.
        std::fs::write(&path, &text[..text.len() - 5]).unwrap();
        let dropped = DroppedValues::read(&path).unwrap();
        for (id, row, expected) in
            [("e1", "{}", Some(&["username"][..])), ("e1", r#"{"a":1}"#, None), ("e2", "{}", None), ("e3", "{}", None)]
        {
            let candidate = candidate(id);
            let params = dropped.of(&line(row), &candidate).map(|entry| &entry.dropped[..]);
            assert_eq!(params.is_some(), expected.is_some(), "{id}, {row}");
            assert!(params.is_none_or(|params| params == expected.unwrap()));
        }
        // The last line is truncated within a character.
        std::fs::write(&path, [text.as_bytes(), b"{\"line\":1,\"external_id\":\"\xc3"].concat()).unwrap();
        assert!(DroppedValues::read(&path).unwrap().of(&line("{}"), &candidate("e3")).is_some());
        std::fs::write(&path, "{}\n").unwrap();
        assert!(DroppedValues::read(&path).is_err());
    }
}
