//! [`InMemoryStore`]: accounts in ordered maps.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;

use crate::account::{Account, Identifier, IdentifierKind, SearchText};
use crate::error::Result;
use crate::model::{Direction, OrderField, UserId};
use crate::store::{AccountFilter, AccountQuery, Commit, CommitError, Position, StoredAccount, UserStore};

/// A store in memory: the accounts in ordered maps behind a lock. Clones share the accounts.
///
/// ```
/// use user_directory::in_memory::InMemoryStore;
/// use user_directory::store_directory::StoreUserDirectory;
///
/// let directory = StoreUserDirectory::over(InMemoryStore::new());
/// assert!(directory.is_empty());
/// ```
#[derive(Clone, Default)]
pub struct InMemoryStore {
    accounts: Arc<RwLock<Accounts>>,
}

#[derive(Default)]
struct Accounts {
    by_id: HashMap<UserId, Arc<Entry>>,
    by_creation: BTreeMap<Position, Arc<Entry>>,
    by_identifier: BTreeMap<IdentifierKind, HashMap<String, Vec<Holder>>>,
    last_sequence: u64,
}

struct Entry {
    stored: Arc<StoredAccount>,
    text: SearchText,
}

/// A user who has an identifier.
struct Holder {
    id: UserId,
    exclusive: bool,
}

impl InMemoryStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of accounts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().by_id.len()
    }

    /// Returns `true` if there are no accounts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    // Ignoring poisoning is safe: a commit changes the maps only after all checks have passed.
    fn read(&self) -> RwLockReadGuard<'_, Accounts> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Accounts> {
        self.accounts.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for InMemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemoryStore").field("users", &self.len()).finish()
    }
}

#[async_trait]
impl UserStore for InMemoryStore {
    async fn load(&self, ids: &[UserId]) -> Result<Vec<Arc<StoredAccount>>> {
        let accounts = self.read();
        if let [id] = ids {
            return Ok(accounts.get(id).into_iter().map(|entry| Arc::clone(&entry.stored)).collect());
        }
        let ids: HashSet<_> = ids.iter().collect();
        Ok(ids.into_iter().filter_map(|id| accounts.get(id)).map(|entry| Arc::clone(&entry.stored)).collect())
    }

    async fn owners(&self, identifiers: &[Identifier<'_>]) -> Result<Vec<(Identifier<'static>, UserId)>> {
        let accounts = self.read();
        let owned = identifiers.iter().filter_map(|identifier| {
            let owner = accounts.owner(identifier)?;
            Some((identifier.clone().into_owned(), owner.clone()))
        });
        Ok(owned.collect())
    }

    async fn query(&self, query: &AccountQuery<'_>) -> Result<Vec<Arc<StoredAccount>>> {
        let accounts = self.read();
        if let Some(candidates) = accounts.candidates(query.filter) {
            return Ok(query.page(candidates));
        }
        if query.order_by.field == OrderField::CreatedAt {
            let descending = query.order_by.direction == Direction::Descending;
            let page = accounts.scan(query.filter, query.after, descending).skip(query.offset).take(query.limit);
            return Ok(page.map(|entry| Arc::clone(&entry.stored)).collect());
        }
        let matches = accounts.scan(query.filter, query.after, true).map(|entry| Arc::clone(&entry.stored));
        Ok(query.page(matches.collect()))
    }

    async fn count(&self, filter: &AccountFilter) -> Result<u64> {
        let accounts = self.read();
        let count = match accounts.candidates(filter) {
            Some(candidates) => candidates.len(),
            None if filter.matches_all() => accounts.by_id.len(),
            None => accounts.scan(filter, None, true).count(),
        };
        Ok(count as u64)
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let mut accounts = self.write();
        accounts.check(&commit)?;
        let Commit { insertions, updates, deletions, max_accounts: _ } = commit;
        for deletion in deletions {
            accounts.remove(&deletion.before);
        }
        for update in updates {
            accounts.remove(&update.before);
            let StoredAccount { version, sequence, .. } = *update.before;
            accounts.put(StoredAccount::new(update.account, version + 1, sequence));
        }
        for account in insertions {
            accounts.last_sequence += 1;
            let sequence = accounts.last_sequence;
            accounts.put(StoredAccount::new(account, 1, sequence));
        }
        Ok(())
    }

    async fn clear(&self) -> Result<()> {
        let mut accounts = self.write();
        *accounts = Accounts { last_sequence: accounts.last_sequence, ..Accounts::default() };
        Ok(())
    }
}

impl Accounts {
    fn get(&self, id: &UserId) -> Option<&Arc<Entry>> {
        self.by_id.get(id)
    }

    /// Returns the users who have an identifier.
    fn holders(&self, identifier: &Identifier<'_>) -> &[Holder] {
        let values = self.by_identifier.get(&identifier.kind());
        values.and_then(|values| values.get(identifier.value())).map_or(&[], Vec::as_slice)
    }

    /// Returns the user who owns an identifier exclusively.
    fn owner(&self, identifier: &Identifier<'_>) -> Option<&UserId> {
        self.holders(identifier).iter().find(|holder| holder.exclusive).map(|holder| &holder.id)
    }

    /// Returns all matches if the filter names ids or identifiers, or `None` if a scan is required.
    fn candidates(&self, filter: &AccountFilter) -> Option<Vec<Arc<StoredAccount>>> {
        let ids: HashSet<&UserId> = if let Some(ids) = filter.user_ids() {
            ids.iter().collect()
        } else {
            let identifiers = filter.identifiers().next()?;
            identifiers.iter().flat_map(|identifier| self.holders(identifier)).map(|holder| &holder.id).collect()
        };
        let stored = ids.into_iter().filter_map(|id| self.get(id)).map(|entry| &entry.stored);
        Some(stored.filter(|stored| filter.matches(&stored.account)).cloned().collect())
    }

    /// Returns the matches in the order of creation, after a position.
    fn scan<'a>(
        &'a self,
        filter: &'a AccountFilter,
        after: Option<Position>,
        descending: bool,
    ) -> Box<dyn Iterator<Item = &'a Arc<Entry>> + 'a> {
        use std::ops::Bound::{Excluded, Unbounded};
        let after = after.map_or(Unbounded, Excluded);
        let (all, by_text) = (filter.matches_all(), filter.is_decided_by_search_text());
        let matches = move |entry: &&Arc<Entry>| {
            all || filter.may_match(&entry.text) && (by_text || filter.matches(&entry.stored.account))
        };
        if descending {
            Box::new(self.by_creation.range((Unbounded, after)).rev().map(|(_, entry)| entry).filter(matches))
        } else {
            Box::new(self.by_creation.range((after, Unbounded)).map(|(_, entry)| entry).filter(matches))
        }
    }

    fn check(&self, commit: &Commit) -> Result<(), CommitError> {
        let updates = commit.updates.iter().map(|update| &update.before);
        let deletions = commit.deletions.iter().map(|deletion| &deletion.before);
        let is_current = |before: &Arc<StoredAccount>| {
            self.get(before.id()).is_some_and(|entry| entry.stored.version == before.version)
        };
        if !updates.chain(deletions).all(is_current) {
            return Err(CommitError::Stale);
        }
        let after = (self.by_id.len() + commit.insertions.len()).saturating_sub(commit.deletions.len());
        if !commit.insertions.is_empty() && commit.max_accounts.is_some_and(|max| after as u64 > max) {
            return Err(CommitError::Full);
        }
        if commit.insertions.iter().any(|account| self.get(&account.user.id).is_some()) {
            return Err(CommitError::Taken);
        }
        self.check_identifiers(commit)
    }

    fn check_identifiers(&self, commit: &Commit) -> Result<(), CommitError> {
        let saved: Vec<&Account> =
            commit.insertions.iter().chain(commit.updates.iter().map(|update| &update.account)).collect();
        // Owners that the commit itself removes or replaces do not count.
        let changed: HashSet<&UserId> = commit
            .updates
            .iter()
            .map(|update| update.before.id())
            .chain(commit.deletions.iter().map(|deletion| deletion.before.id()))
            .collect();
        let mut owners: HashMap<Identifier<'_>, &UserId> = HashMap::new();
        for account in saved {
            let id = &account.user.id;
            for identifier in account.exclusive_identifiers() {
                let owner = self.owner(&identifier);
                let taken = owner.is_some_and(|owner| !changed.contains(owner))
                    || owners.insert(identifier, id).is_some_and(|other| other != id);
                if taken {
                    return Err(CommitError::Taken);
                }
            }
        }
        Ok(())
    }

    fn put(&mut self, stored: StoredAccount) {
        let id = stored.id().clone();
        for (identifier, exclusive) in stored.account.identifiers() {
            let values = self.by_identifier.entry(identifier.kind()).or_default();
            let holders = values.entry(identifier.value().to_owned()).or_default();
            // A user may have the same identifier twice.
            match holders.iter_mut().find(|holder| holder.id == id) {
                Some(holder) => holder.exclusive |= exclusive,
                None => holders.push(Holder { id: id.clone(), exclusive }),
            }
        }
        let (position, text) = (stored.position(), stored.account.search_text());
        let entry = Arc::new(Entry { stored: Arc::new(stored), text });
        self.by_creation.insert(position, Arc::clone(&entry));
        self.by_id.insert(id, entry);
    }

    fn remove(&mut self, stored: &StoredAccount) {
        let id = stored.id();
        self.by_id.remove(id);
        self.by_creation.remove(&stored.position());
        for (identifier, _) in stored.account.identifiers() {
            let Some(values) = self.by_identifier.get_mut(&identifier.kind()) else { continue };
            let Some(holders) = values.get_mut(identifier.value()) else { continue };
            holders.retain(|holder| holder.id != *id);
            if holders.is_empty() {
                values.remove(identifier.value());
            }
        }
    }
}
