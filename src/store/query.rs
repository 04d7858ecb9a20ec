//! [`AccountQuery`]: a query for a page of accounts.

use std::sync::Arc;

use super::filter::AccountFilter;
use super::order::{Position, sort};
use super::user_store::StoredAccount;
use crate::model::{Direction, OrderBy};

/// A query for one page of the accounts that match a filter.
#[derive(Debug, Clone, Copy)]
pub struct AccountQuery<'a> {
    /// The filter that accounts must match.
    pub filter: &'a AccountFilter,
    /// The sort order.
    pub order_by: OrderBy,
    /// The cursor: the page starts after this position, in the direction of `order_by`.
    ///
    /// The cursor is set only if accounts are ordered by creation time. There may be no account at this position.
    pub after: Option<Position>,
    /// The number of accounts to skip.
    pub offset: usize,
    /// The maximum number of accounts to return.
    pub limit: usize,
}

impl<'a> AccountQuery<'a> {
    /// Creates a query for the newest accounts that match `filter`.
    #[must_use]
    pub fn new(filter: &'a AccountFilter, limit: usize) -> Self {
        Self { filter, order_by: OrderBy::default(), after: None, offset: 0, limit }
    }

    /// Returns the requested page of `matches`.
    ///
    /// This method is intended for stores that scan all accounts. `matches` must contain all accounts that match the
    /// filter, in any order.
    #[must_use]
    pub fn page(&self, mut matches: Vec<Arc<StoredAccount>>) -> Vec<Arc<StoredAccount>> {
        if let Some(after) = self.after {
            let descending = self.order_by.direction == Direction::Descending;
            matches.retain(|account| {
                let position = account.position();
                if descending { position < after } else { position > after }
            });
        }
        sort(&mut matches, self.order_by);
        matches.into_iter().skip(self.offset).take(self.limit).collect()
    }
}
