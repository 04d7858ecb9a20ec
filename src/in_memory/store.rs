//! [`InMemoryStore`]: an in-memory store for users.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tokio::sync::RwLock;

use super::records::Records;
use crate::account::{Account, Identifier, IdentifierKind, SearchText};
use crate::error::Result;
use crate::model::{Direction, OrderField, Text, UserId};
use crate::store::{
    AccountFilter, AccountQuery, Commit, CommitError, Deletion, Position, Record, RecordStore, StoredAccount,
    StoredRecord, Update, UserStore,
};

/// An in-memory [`UserStore`]. Clones share the same accounts.
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
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// A fair lock, so that continuous searches do not starve writers.
    accounts: RwLock<Accounts>,
    /// The number of accounts, which can be read without the lock.
    len: AtomicUsize,
}

#[derive(Default)]
struct Accounts {
    by_id: HashMap<UserId, Arc<StoredAccount>>,
    by_creation: BTreeMap<Position, Entry>,
    by_identifier: BTreeMap<IdentifierKind, HashMap<Text, Vec<Holder>>>,
    last_sequence: u64,
    records: Records,
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
        self.shared.len.load(Ordering::Relaxed)
    }

    /// Returns `true` if there are no accounts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
        let accounts = self.shared.accounts.read().await;
        if let [id] = ids {
            return Ok(accounts.by_id.get(id).cloned().into_iter().collect());
        }
        let ids: HashSet<_> = ids.iter().collect();
        Ok(ids.into_iter().filter_map(|id| accounts.by_id.get(id)).cloned().collect())
    }

    async fn owners(&self, identifiers: &[Identifier<'_>]) -> Result<Vec<(Identifier<'static>, UserId)>> {
        let accounts = self.shared.accounts.read().await;
        let owned = identifiers.iter().filter_map(|identifier| {
            let owner = accounts.owner(identifier)?;
            Some((identifier.clone().into_owned(), owner.clone()))
        });
        Ok(owned.collect())
    }

    async fn query(&self, query: &AccountQuery<'_>) -> Result<Vec<Arc<StoredAccount>>> {
        let accounts = self.shared.accounts.read().await;
        if let Some(candidates) = accounts.candidates(query.filter) {
            return Ok(query.page(candidates));
        }
        if query.order_by.field == OrderField::CreatedAt {
            let descending = query.order_by.direction == Direction::Descending;
            let matches = accounts.scan(query.filter, query.after, descending);
            return Ok(matches.skip(query.offset).take(query.limit).cloned().collect());
        }
        Ok(query.page(accounts.scan(query.filter, query.after, true).cloned().collect()))
    }

    async fn count(&self, filter: &AccountFilter) -> Result<u64> {
        let accounts = self.shared.accounts.read().await;
        let count = match accounts.candidates(filter) {
            Some(candidates) => candidates.len(),
            None if filter.matches_all() => accounts.by_id.len(),
            None => accounts.scan(filter, None, true).count(),
        };
        Ok(count as u64)
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let mut accounts = self.shared.accounts.write().await;
        accounts.check(&commit)?;
        let Commit { insertions, updates, deletions, records, max_accounts: _ } = commit;
        for deletion in deletions {
            accounts.remove(&deletion.before);
        }
        for update in updates {
            let StoredAccount { version, sequence, .. } = *update.before;
            accounts.replace(&update.before, StoredAccount::new(update.account, version + 1, sequence));
        }
        // The texts are allocated consecutively, so that they are close together in memory. This makes searches faster.
        let texts: Vec<_> = insertions.iter().map(Account::search_text).collect();
        for (account, text) in insertions.into_iter().zip(texts) {
            accounts.last_sequence += 1;
            let sequence = accounts.last_sequence;
            accounts.put(StoredAccount::new(account, 1, sequence), text);
        }
        accounts.records.apply(records);
        self.shared.len.store(accounts.by_id.len(), Ordering::Relaxed);
        Ok(())
    }

    async fn clear(&self) -> Result<()> {
        let mut accounts = self.shared.accounts.write().await;
        accounts.records.clear();
        let records = std::mem::take(&mut accounts.records);
        *accounts = Accounts { last_sequence: accounts.last_sequence, records, ..Accounts::default() };
        self.shared.len.store(0, Ordering::Relaxed);
        Ok(())
    }
}

#[async_trait]
impl RecordStore for InMemoryStore {
    async fn records(&self, collection: &str, keys: &[&str]) -> Result<Vec<Record>> {
        Ok(self.shared.accounts.read().await.records.get(collection, keys))
    }

    async fn records_after(&self, collection: &str, after: u64, limit: usize) -> Result<Vec<StoredRecord>> {
        Ok(self.shared.accounts.read().await.records.after(collection, after, limit))
    }
}

impl Accounts {
    /// Returns the users who have the identifier.
    fn holders(&self, identifier: &Identifier<'_>) -> &[Holder] {
        let values = self.by_identifier.get(&identifier.kind());
        values.and_then(|values| values.get(identifier.value())).map_or(&[], Vec::as_slice)
    }

    /// Returns the user who owns the identifier exclusively.
    fn owner(&self, identifier: &Identifier<'_>) -> Option<&UserId> {
        self.holders(identifier).iter().find(|holder| holder.exclusive).map(|holder| &holder.id)
    }

    /// Returns all matches if the filter includes ids or identifiers, or `None` if a scan is required.
    fn candidates(&self, filter: &AccountFilter) -> Option<Vec<Arc<StoredAccount>>> {
        let ids: HashSet<&UserId> = if let Some(ids) = filter.user_ids() {
            ids.iter().collect()
        } else {
            let identifiers = filter.identifiers().next()?;
            identifiers.iter().flat_map(|identifier| self.holders(identifier)).map(|holder| &holder.id).collect()
        };
        let stored = ids.into_iter().filter_map(|id| self.by_id.get(id));
        Some(stored.filter(|stored| filter.matches(&stored.account)).cloned().collect())
    }

    /// Returns the matches after a position, in ascending or descending order of creation.
    fn scan<'a>(
        &'a self,
        filter: &'a AccountFilter,
        after: Option<Position>,
        descending: bool,
    ) -> Box<dyn Iterator<Item = &'a Arc<StoredAccount>> + 'a> {
        use std::ops::Bound::{Excluded, Unbounded};
        let after = after.map_or(Unbounded, Excluded);
        let (all, by_text) = (filter.matches_all(), filter.is_decided_by_search_text());
        let matches = move |entry: &&Entry| {
            all || filter.may_match(&entry.text) && (by_text || filter.matches(&entry.stored.account))
        };
        if descending {
            let entries = self.by_creation.range((Unbounded, after)).rev().map(|(_, entry)| entry);
            Box::new(entries.filter(matches).map(|entry| &entry.stored))
        } else {
            let entries = self.by_creation.range((after, Unbounded)).map(|(_, entry)| entry);
            Box::new(entries.filter(matches).map(|entry| &entry.stored))
        }
    }

    fn check(&self, commit: &Commit) -> Result<(), CommitError> {
        let updates = commit.updates.iter().map(|update| &update.before);
        let deletions = commit.deletions.iter().map(|deletion| &deletion.before);
        let is_current = |before: &Arc<StoredAccount>| {
            self.by_id.get(before.id()).is_some_and(|stored| stored.is_same_version(before))
        };
        if !updates.chain(deletions).all(is_current) {
            return Err(CommitError::Stale);
        }
        let after = (self.by_id.len() + commit.insertions.len()).saturating_sub(commit.deletions.len());
        if !commit.insertions.is_empty() && commit.max_accounts.is_some_and(|max| after as u64 > max) {
            return Err(CommitError::Full);
        }
        let is_id_taken = commit.insertions.iter().any(|account| self.by_id.contains_key(&account.user.id));
        if is_id_taken || self.records.is_taken(&commit.records) {
            return Err(CommitError::Taken);
        }
        self.check_identifiers(commit)
    }

    fn check_identifiers(&self, commit: &Commit) -> Result<(), CommitError> {
        // Almost every commit is one update without new identifiers.
        let has_new_identifiers = |update: &Update| !update.before.account.has_same_identifiers(&update.account);
        if commit.insertions.is_empty() && !commit.updates.iter().any(has_new_identifiers) {
            return Ok(());
        }
        // Accounts that the commit deletes or updates are not considered owners.
        let updated = commit.updates.iter().map(Update::id);
        let changed: HashSet<&UserId> = updated.chain(commit.deletions.iter().map(Deletion::id)).collect();
        let updated = commit.updates.iter().map(|update| &update.account);
        let mut owners: HashMap<Identifier<'_>, &UserId> = HashMap::new();
        for account in commit.insertions.iter().chain(updated) {
            let id = &account.user.id;
            for identifier in account.exclusive_identifiers() {
                let taken = self.owner(&identifier).is_some_and(|owner| !changed.contains(owner))
                    || owners.insert(identifier, id).is_some_and(|other| other != id);
                if taken {
                    return Err(CommitError::Taken);
                }
            }
        }
        Ok(())
    }

    /// Replaces an account. The indexes are updated only if the identifiers or the search text change.
    fn replace(&mut self, before: &StoredAccount, stored: StoredAccount) {
        if !before.account.has_same_identifiers(&stored.account) {
            let kept: Vec<_> = stored.account.identifiers().collect();
            self.remove_identifiers(before, &kept);
            self.put_identifiers(&stored);
        }
        let position = stored.position();
        if before.position() != position || !before.account.has_same_search_text(&stored.account) {
            self.by_creation.remove(&before.position());
            let text = stored.account.search_text();
            self.put_account(stored, text);
            return;
        }
        let stored = Arc::new(stored);
        if let Some(entry) = self.by_creation.get_mut(&position) {
            entry.stored = Arc::clone(&stored);
        }
        self.by_id.insert(stored.id().clone(), stored);
    }

    fn put(&mut self, stored: StoredAccount, text: SearchText) {
        self.put_identifiers(&stored);
        self.put_account(stored, text);
    }

    fn put_account(&mut self, stored: StoredAccount, text: SearchText) {
        let stored = Arc::new(stored);
        self.by_id.insert(stored.id().clone(), Arc::clone(&stored));
        self.by_creation.insert(stored.position(), Entry { stored, text });
    }

    fn put_identifiers(&mut self, stored: &StoredAccount) {
        let id = stored.id();
        for (identifier, exclusive) in stored.account.identifiers() {
            let values = self.by_identifier.entry(identifier.kind()).or_default();
            let holders = match values.get_mut(identifier.value()) {
                Some(holders) => holders,
                // Almost every identifier has one holder, and a growing `Vec` starts with a capacity of four.
                None => values.entry(identifier.value().into()).or_insert(Vec::with_capacity(1)),
            };
            // A user may have the same identifier twice.
            match holders.iter_mut().find(|holder| holder.id == *id) {
                Some(holder) => holder.exclusive |= exclusive,
                None => holders.push(Holder { id: id.clone(), exclusive }),
            }
        }
    }

    fn remove(&mut self, stored: &StoredAccount) {
        self.remove_identifiers(stored, &[]);
        self.by_id.remove(stored.id());
        self.by_creation.remove(&stored.position());
    }

    /// Removes the identifiers of an account from the index, except for those in `kept`.
    fn remove_identifiers(&mut self, stored: &StoredAccount, kept: &[(Identifier<'_>, bool)]) {
        for (identifier, _) in stored.account.identifiers().filter(|identifier| !kept.contains(identifier)) {
            let Some(values) = self.by_identifier.get_mut(&identifier.kind()) else { continue };
            let Some(holders) = values.get_mut(identifier.value()) else { continue };
            holders.retain(|holder| holder.id != *stored.id());
            if holders.is_empty() {
                values.remove(identifier.value());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::User;

    fn account(id: &str, username: &str) -> Account {
        let mut user = User::new(id.parse().unwrap());
        user.username = Some(username.into());
        Account::new(user, Timestamp::UNIX_EPOCH)
    }

    async fn stored(store: &InMemoryStore, id: &str) -> Arc<StoredAccount> {
        store.load(&[id.parse().unwrap()]).await.unwrap().pop().unwrap()
    }

    #[tokio::test]
    async fn commit_rejects_update_of_an_account_that_was_deleted_and_inserted_again() {
        let store = InMemoryStore::new();
        store.commit(Commit::new().insert(account("user_1", "ada"))).await.unwrap();
        let before = stored(&store, "user_1").await;
        store.commit(Commit::new().delete(Arc::clone(&before))).await.unwrap();
        store.commit(Commit::new().insert(account("user_1", "grace"))).await.unwrap();
        let error = store.commit(Commit::new().update(before, account("user_1", "linus"))).await.unwrap_err();
        assert!(matches!(error, CommitError::Stale));
        assert_eq!(stored(&store, "user_1").await.account, account("user_1", "grace"));
    }

    #[tokio::test]
    async fn commit_rejects_insertion_with_an_identifier_of_an_updated_account() {
        let store = InMemoryStore::new();
        store.commit(Commit::new().insert(account("user_1", "ada"))).await.unwrap();
        let before = stored(&store, "user_1").await;
        let mut banned = before.account.clone();
        banned.user.banned = true;
        let commit = Commit::new().update(Arc::clone(&before), banned).insert(account("user_2", "ada"));
        assert!(matches!(store.commit(commit).await.unwrap_err(), CommitError::Taken));
        assert_eq!(store.len(), 1);
        // An identifier can move from an updated to an inserted account.
        let commit = Commit::new().update(before, account("user_1", "countess")).insert(account("user_2", "ada"));
        store.commit(commit).await.unwrap();
        assert_eq!(store.len(), 2);
    }
}
