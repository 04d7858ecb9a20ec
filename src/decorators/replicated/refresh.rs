//! Refreshes copies from the primary. Users whose identifiers have moved between them are refreshed together.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::copy;
use super::core::{Core, Failure};
use super::records::STALE;
use super::stale::Mark;
use super::status::{Change, record_correction};
use crate::account::Account;
use crate::directory::UserDirectory;
use crate::error::Result;
use crate::model::{User, UserId};
use crate::store::{Commit, CommitError, RecordStore, StoredAccount};

/// The maximum number of users refreshed together because identifiers have moved between them.
const MAX_USERS: usize = 100;

/// The result of a refresh.
#[derive(Debug)]
pub(super) struct Refreshed {
    /// The user, or `None` if the user does not exist in the primary.
    pub(super) user: Option<User>,
    /// The change to the user's copy, followed by the changes to the copies that were refreshed with it.
    pub(super) changes: Vec<Change>,
}

impl Refreshed {
    /// Returns the change to the user's copy.
    pub(super) fn change(&self) -> Change {
        self.changes[0]
    }
}

/// One of the users that are refreshed together.
struct Member {
    id: UserId,
    /// The mark of a stale user, as it was before the primary was read.
    mark: Option<Mark>,
    /// The copy, loaded before the primary was read. The commit fails if the copy has changed since then.
    before: Option<Arc<StoredAccount>>,
    /// The user in the primary, or `None` if the user does not exist.
    current: Option<Account>,
    /// The time at which the primary was read.
    read_at: Timestamp,
    /// Whether there is a tombstone. If so, the primary is not read.
    has_tombstone: bool,
}

impl Member {
    fn change(&self) -> Change {
        match (&self.before, &self.current) {
            (None, None) => Change::None,
            (None, Some(_)) => Change::Inserted,
            (Some(_), None) => Change::Deleted,
            // The copy was loaded before the primary was read.
            (Some(before), Some(current)) => copy::change(current, &before.account, self.read_at),
        }
    }

    /// Returns `true` if an earlier attempt loaded the same copy and read the same user.
    fn is_unchanged_since(&self, earlier: &Self) -> bool {
        let is_same_copy = match (&self.before, &earlier.before) {
            (Some(before), Some(earlier)) => before.is_same_version(earlier),
            (before, earlier) => before.is_none() && earlier.is_none(),
        };
        let is_same_user = match (&self.current, &earlier.current) {
            (Some(current), Some(earlier)) => copy::is_same(current, earlier, self.read_at),
            (current, earlier) => current.is_none() && earlier.is_none(),
        };
        self.id == earlier.id && is_same_copy && is_same_user
    }
}

impl<P: UserDirectory, S: RecordStore> Core<P, S> {
    /// Reads a user from the primary, and stores it.
    ///
    /// If the copy of another user has one of the user's identifiers, that user is also refreshed. The identifiers of
    /// each such user are checked in the same way. All of the users are stored in one commit, because they may have
    /// swapped identifiers.
    pub(super) async fn refresh(&self, id: &UserId) -> Result<Refreshed, Failure> {
        let mut ids = vec![id.clone()];
        let mut earlier: Vec<Member> = Vec::new();
        let mut retries = self.retries();
        loop {
            let mut members: Vec<Member> = Vec::new();
            let mut unread = std::mem::take(&mut ids);
            let is_conflict = loop {
                for id in unread {
                    members.push(self.read_member(id).await?);
                }
                match self.commit(&members).await {
                    Ok(()) => return self.finish(members).await,
                    Err(CommitError::Stale) => break false,
                    Err(CommitError::Taken) => {
                        unread = self.other_owners(&members).await.map_err(Failure::Store)?;
                        if unread.is_empty() {
                            let is_unchanged = members.len() == earlier.len()
                                && members
                                    .iter()
                                    .zip(&earlier)
                                    .all(|(member, earlier)| member.is_unchanged_since(earlier));
                            if is_unchanged {
                                return Err(Failure::Conflict);
                            }
                            break true;
                        }
                        if members.len() + unread.len() > MAX_USERS {
                            return Err(Failure::Conflict);
                        }
                    }
                    Err(error) => {
                        let deletions = members.iter().filter(|member| member.change() == Change::Deleted);
                        let deleted: Vec<UserId> = deletions.map(|member| member.id.clone()).collect();
                        return Err(Failure::Store(self.deletion_failed(error, &deleted).await));
                    }
                }
            };
            ids = members.iter().map(|member| member.id.clone()).collect();
            earlier = members;
            if let Err(error) = retries.wait().await {
                return Err(if is_conflict { Failure::Conflict } else { Failure::Store(error) });
            }
        }
    }

    async fn read_member(&self, id: UserId) -> Result<Member, Failure> {
        let mark = self.stale.get(&id);
        let before = self.load(&id).await.map_err(Failure::Store)?;
        let has_tombstone = self.is_deleted(&id).await.map_err(Failure::Store)?;
        let user = if has_tombstone {
            None
        } else {
            match self.primary.get(&id).await {
                Ok(user) => Some(user),
                Err(error) if error.is_not_found() => None,
                Err(error) => return Err(Failure::Primary(error)),
            }
        };
        let read_at = self.clock.now();
        let current = user.map(|user| copy::account_of(user, read_at));
        Ok(Member { id, mark, before, current, read_at, has_tombstone })
    }

    async fn commit(&self, members: &[Member]) -> Result<(), CommitError> {
        let mut commit = Commit::new();
        for member in members {
            commit = match (member.change(), &member.before, &member.current) {
                (Change::Inserted, _, Some(current)) => commit.insert(current.clone()),
                (Change::Updated | Change::Activity, Some(before), Some(current)) => {
                    commit.update(Arc::clone(before), current.clone())
                }
                (Change::Deleted, Some(before), _) => commit.delete(Arc::clone(before)),
                _ => commit,
            };
            // A user without a copy may not have been created yet, and a tombstone would prevent its insertion.
            if member.change() == Change::Deleted && !member.has_tombstone {
                commit = commit.put_record(self.tombstone(&member.id));
            }
            if member.mark.is_some() {
                commit = commit.remove_record(STALE, member.id.as_str());
            }
        }
        self.store.commit(commit).await
    }

    /// Returns the other users whose copies own identifiers of `members`.
    async fn other_owners(&self, members: &[Member]) -> Result<Vec<UserId>> {
        let changed = members.iter().filter(|member| member.change() != Change::None);
        let current = changed.filter_map(|member| member.current.as_ref());
        let identifiers: Vec<_> = current.flat_map(Account::exclusive_identifiers).collect();
        let ids: HashSet<&UserId> = members.iter().map(|member| &member.id).collect();
        let owners = self.store.owners(&identifiers).await?.into_iter().map(|(_, owner)| owner);
        let others: HashSet<UserId> = owners.filter(|owner| !ids.contains(owner)).collect();
        Ok(others.into_iter().collect())
    }

    /// Completes a committed refresh, and returns the result for the first member.
    async fn finish(&self, members: Vec<Member>) -> Result<Refreshed, Failure> {
        let (mut user, mut changes) = (None, Vec::new());
        for member in members {
            let Member { id, mark, before, current, .. } = &member;
            let mut change = member.change();
            let mut account = match change {
                Change::None => before.as_ref().map(|before| &before.account),
                _ => current.as_ref(),
            };
            if change == Change::Inserted {
                change = self.check_inserted(id).await?;
                account = account.filter(|_| change == Change::Inserted);
            }
            if change == Change::Deleted {
                // Another process may have inserted the user before the tombstone was stored.
                self.remove(id).await.map_err(Failure::Store)?;
            }
            if let Some(mark) = mark {
                self.unmark(id, *mark).await.map_err(Failure::Store)?;
            }
            if changes.is_empty() {
                user = account.map(|account| copy::user_of(account, self.clock.now()));
            }
            changes.push(change);
        }
        Ok(Refreshed { user, changes })
    }

    /// Refreshes all stale users. Returns the number of refreshed users.
    ///
    /// A failure that concerns only one user does not prevent the refresh of the others. Marks that exist only in
    /// memory are stored first.
    pub(super) async fn refresh_stale(&self) -> Result<u64> {
        self.load_stale().await?;
        // These are the marks of dropped writes, and marks that could not be stored because the store failed.
        self.store_marks(&self.stale.only_in_memory()).await?;
        let mut refreshed = 0;
        for id in self.stale.ids() {
            match self.within_rate_limits(|| self.refresh(&id)).await {
                Ok(_) => {
                    refreshed += 1;
                    record_correction("refreshed");
                }
                Err(failure) => failure.skip_user()?,
            }
        }
        Ok(refreshed)
    }
}
