//! An adapter that supports five operations.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use user_directory::{Error, ErrorKind, Operation, Result, User, UserDirectory, UserFilter, UserId, UserQuery, async_trait};

/// The staff of a company, as in a directory service. It can be searched by user id only.
#[derive(Debug)]
pub struct StaffDirectory {
    entries: Mutex<BTreeMap<UserId, User>>,
}

impl StaffDirectory {
    pub fn new(users: impl IntoIterator<Item = User>) -> Self {
        let entries = users.into_iter().map(|user| (user.id.clone(), user)).collect();
        Self { entries: Mutex::new(entries) }
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<UserId, User>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the users that match, newest first.
    fn search(&self, operation: Operation, filter: &UserFilter) -> Result<Vec<User>> {
        filter.validate().map_err(|error| error.with_operation(operation))?;
        if filter.matches_no_users() {
            return Ok(Vec::new());
        }
        let mut by_id = UserFilter::new();
        by_id.user_ids = filter.user_ids.clone();
        if *filter != by_id {
            return Err(Error::unsupported(operation).with_message("users can be searched by id only"));
        }
        let matches = |user: &&User| by_id.user_ids.include.as_ref().is_none_or(|ids| ids.contains(&user.id));
        Ok(self.entries().values().rev().filter(matches).cloned().collect())
    }

    fn change(&self, operation: Operation, user_id: &UserId, change: impl FnOnce(&mut User)) -> Result<User> {
        let mut entries = self.entries();
        let user = entries.get_mut(user_id).ok_or_else(|| Error::new(ErrorKind::NotFound).with_operation(operation))?;
        change(user);
        Ok(user.clone())
    }
}

#[async_trait]
impl UserDirectory for StaffDirectory {
    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        query.validate().map_err(|error| error.with_operation(Operation::List))?;
        if *query != UserQuery::new().filter(query.filter.clone()) {
            return Err(Error::unsupported(Operation::List).with_message("results are not paginated or ordered"));
        }
        self.search(Operation::List, &query.filter)
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64> {
        Ok(self.search(Operation::Count, filter)?.len() as u64)
    }

    async fn get(&self, user_id: &UserId) -> Result<User> {
        self.change(Operation::Get, user_id, |_| {})
    }

    async fn lock(&self, user_id: &UserId) -> Result<User> {
        self.change(Operation::Lock, user_id, |user| user.locked = true)
    }

    async fn unlock(&self, user_id: &UserId) -> Result<User> {
        self.change(Operation::Unlock, user_id, |user| user.locked = false)
    }
}
