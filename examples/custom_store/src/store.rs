//! [`FileStore`]: an implementation of `UserStore`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use user_directory::store::{AccountFilter, AccountQuery, Commit, CommitError, Identifier, StoredAccount, UserStore};
use user_directory::{Error, ErrorKind, Result, UserId, async_trait};

use crate::file;

/// A store that holds its accounts in memory, and replaces the file on each commit.
///
/// A commit takes time proportional to the number of accounts, so the store is suitable for a few thousand accounts.
pub struct FileStore(Arc<Shared>);

/// The state of a store. It is shared with commits, which run on other threads.
struct Shared {
    path: PathBuf,
    /// A separate lock file, because commits replace the account file. It is locked until the store is dropped.
    _lock: File,
    /// Held during a commit. Reads do not wait for it.
    writer: Mutex<()>,
    /// The accounts after the last commit. A commit replaces the `Arc`, so each read uses a snapshot.
    accounts: RwLock<Arc<Accounts>>,
}

type ById = BTreeMap<UserId, Arc<StoredAccount>>;

#[derive(Default)]
struct Accounts {
    by_id: ById,
    /// The owners of exclusive identifiers.
    owners: HashMap<Identifier<'static>, UserId>,
    /// The greatest version or sequence number so far, including those of deleted accounts.
    last_number: u64,
}

impl Accounts {
    /// Fails if two accounts own the same identifier.
    fn new(by_id: ById, last_number: u64) -> Result<Self, CommitError> {
        let mut owners = HashMap::new();
        for (id, stored) in &by_id {
            for identifier in stored.account.exclusive_identifiers() {
                // An account may contain an identifier more than once.
                if owners.insert(identifier.into_owned(), id.clone()).is_some_and(|owner| owner != *id) {
                    return Err(CommitError::Taken);
                }
            }
        }
        Ok(Self { by_id, owners, last_number })
    }

    fn read(path: &Path) -> Result<Self> {
        let accounts = file::read(path)?;
        let last_number = accounts.iter().map(|stored| stored.version.max(stored.sequence)).max().unwrap_or(0);
        let mut by_id = ById::new();
        let inserted = accounts.into_iter().try_for_each(|stored| insert(&mut by_id, stored));
        let accounts = inserted.and_then(|()| Self::new(by_id, last_number));
        accounts.map_err(|error| Error::new(ErrorKind::Decode).with_source(error))
    }

    /// Returns the accounts after a commit.
    fn apply(&self, commit: Commit) -> Result<Self, CommitError> {
        let number = self.last_number + 1;
        let inserted = commit.insertions.len() as u64;
        let mut by_id = self.by_id.clone();
        commit.deletions.iter().try_for_each(|deletion| remove(&mut by_id, &deletion.before))?;
        for update in commit.updates {
            remove(&mut by_id, &update.before)?;
            insert(&mut by_id, StoredAccount::new(update.account, number, update.before.sequence))?;
        }
        for (number, account) in (number..).zip(commit.insertions) {
            insert(&mut by_id, StoredAccount::new(account, number, number))?;
        }
        if commit.max_accounts.is_some_and(|max| inserted > 0 && by_id.len() as u64 > max) {
            return Err(CommitError::Full);
        }
        Self::new(by_id, number + inserted)
    }
}

fn insert(by_id: &mut ById, stored: StoredAccount) -> Result<(), CommitError> {
    by_id.insert(stored.id().clone(), Arc::new(stored)).map_or(Ok(()), |_| Err(CommitError::Taken))
}

/// Removes an account, which must have the same version as `before`.
fn remove(by_id: &mut ById, before: &StoredAccount) -> Result<(), CommitError> {
    let removed = by_id.remove(before.id()).filter(|stored| stored.is_same_version(before));
    removed.map(drop).ok_or(CommitError::Stale)
}

/// Opens the lock file, or creates it. A symbolic link is not followed, because it could name any file.
fn open_lock(path: &Path) -> io::Result<File> {
    match File::options().create_new(true).append(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        created => return created,
    }
    if path.symlink_metadata()?.is_symlink() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the lock file is a symbolic link"));
    }
    File::options().append(true).open(path)
}

impl FileStore {
    /// Opens a file. If it does not exist, the first commit creates it.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, is malformed, or is already open in another store.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let lock = open_lock(&path.with_extension("lock"));
        let lock = lock.and_then(|file| Ok(file.try_lock().map(|()| file)?)).map_err(file::unavailable)?;
        let accounts = RwLock::new(Arc::new(Accounts::read(&path)?));
        Ok(Self(Arc::new(Shared { path, _lock: lock, writer: Mutex::new(()), accounts })))
    }

    /// Replaces the accounts on another thread, so that dropping the future does not interrupt the replacement.
    async fn replace<E: From<Error> + Send + 'static>(
        &self,
        change: impl FnOnce(&Accounts) -> Result<Accounts, E> + Send + 'static,
    ) -> Result<(), E> {
        let shared = Arc::clone(&self.0);
        let replaced = tokio::task::spawn_blocking(move || {
            let _writer = shared.writer.lock().unwrap_or_else(PoisonError::into_inner);
            let accounts = change(&shared.accounts())?;
            file::replace(&shared.path, accounts.by_id.values().map(|stored| &**stored))?;
            *shared.accounts.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(accounts);
            Ok(file::sync(&shared.path)?)
        });
        replaced.await.unwrap_or_else(|error| Err(Error::new(ErrorKind::Server).with_source(error).into()))
    }
}

impl Shared {
    /// Returns the accounts. A poisoned lock can be ignored, because the `Arc` is always consistent.
    fn accounts(&self) -> Arc<Accounts> {
        Arc::clone(&self.accounts.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl UserStore for FileStore {
    async fn load(&self, ids: &[UserId]) -> Result<Vec<Arc<StoredAccount>>> {
        let (accounts, ids) = (self.0.accounts(), BTreeSet::from_iter(ids));
        Ok(ids.into_iter().filter_map(|id| accounts.by_id.get(id).cloned()).collect())
    }

    async fn owners(&self, identifiers: &[Identifier<'_>]) -> Result<Vec<(Identifier<'static>, UserId)>> {
        let (accounts, identifiers) = (self.0.accounts(), identifiers.iter().cloned().map(Identifier::into_owned));
        Ok(identifiers.filter_map(|owned| accounts.owners.get(&owned).cloned().map(|id| (owned, id))).collect())
    }

    async fn query(&self, query: &AccountQuery<'_>) -> Result<Vec<Arc<StoredAccount>>> {
        let accounts = self.0.accounts();
        let matches = accounts.by_id.values().filter(|stored| query.filter.matches(&stored.account));
        Ok(query.page(matches.cloned().collect()))
    }

    async fn count(&self, filter: &AccountFilter) -> Result<u64> {
        let accounts = self.0.accounts();
        Ok(accounts.by_id.values().filter(|stored| filter.matches(&stored.account)).count() as u64)
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        self.replace(|accounts| accounts.apply(commit)).await
    }

    async fn clear(&self) -> Result<()> {
        self.replace(|accounts| Ok(Accounts { last_number: accounts.last_number, ..Accounts::default() })).await
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore").field("path", &self.0.path).finish_non_exhaustive()
    }
}
