//! `list` and `count`.

use std::slice;
use std::sync::Arc;

use super::core::Core;
use super::reads::read;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{User, UserFilter, UserQuery};
use crate::rules::{rejection, resources, view};
use crate::store::{AccountFilter, AccountQuery, StoredAccount, UserStore};

impl Core {
    pub(super) async fn list_users(&self, query: &UserQuery) -> Result<Vec<User>> {
        resources::check_filter(&query.filter)?;
        let accounts = list(&*self.store, query).await?;
        let context = self.context();
        Ok(accounts.iter().map(|account| view::user(&account.account, context)).collect())
    }

    pub(super) async fn count_users(&self, filter: &UserFilter) -> Result<u64> {
        resources::check_filter(filter)?;
        count(&*self.store, filter).await
    }
}

/// Validates a query, and returns the accounts that match it.
pub(crate) async fn list<S: UserStore + ?Sized>(store: &S, query: &UserQuery) -> Result<Vec<Arc<StoredAccount>>> {
    query.validate()?;
    if query.filter.matches_no_users() {
        return Ok(Vec::new());
    }
    let filter = AccountFilter::new(&query.filter);
    let (offset, limit) = query.page.bounds();
    let mut page = AccountQuery::new(&filter, limit);
    page.offset = offset;
    page.order_by = query.order_by.unwrap_or_default();
    if let Some(id) = &query.starting_after {
        let Some(account) = read(store.load(slice::from_ref(id))).await?.pop() else {
            return Err(Error::rejected(ErrorKind::InvalidInput, [rejection::resource_missing("starting_after")]));
        };
        page.after = Some(account.position());
    }
    read(store.query(&page)).await
}

/// Validates a filter, and returns the number of accounts that match it.
pub(crate) async fn count<S: UserStore + ?Sized>(store: &S, filter: &UserFilter) -> Result<u64> {
    filter.validate()?;
    if filter.matches_no_users() {
        return Ok(0);
    }
    read(store.count(&AccountFilter::new(filter))).await
}
