//! The order of accounts in a list.

use std::sync::Arc;

use jiff::Timestamp;

use super::user_store::StoredAccount;
use crate::account::{Account, normalize};
use crate::model::{Direction, OrderBy, OrderField};

/// A position in creation order.
///
/// Accounts without a creation time come before all others. Accounts with the same creation time are ordered by
/// sequence number.
///
/// ```
/// use user_directory::jiff::Timestamp;
/// use user_directory::store::Position;
///
/// let first = Position::new(Some(Timestamp::UNIX_EPOCH), 1);
/// assert!(first < Position::new(Some(Timestamp::UNIX_EPOCH), 2));
/// assert!(Position::new(None, 3) < first);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    created_at: Timestamp,
    sequence: u64,
}

impl Position {
    /// Creates a position from a creation time and a sequence number.
    #[must_use]
    pub fn new(created_at: Option<Timestamp>, sequence: u64) -> Self {
        Self { created_at: created_at.unwrap_or(Timestamp::MIN), sequence }
    }

    /// Returns the creation time, or [`Timestamp::MIN`] if it is unknown.
    #[must_use]
    pub fn created_at(self) -> Timestamp {
        self.created_at
    }

    /// Returns the sequence number.
    #[must_use]
    pub fn sequence(self) -> u64 {
        self.sequence
    }
}

/// The sort key of an account.
///
/// All keys for the same field use the same variant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrderKey {
    /// A timestamp.
    Time(Timestamp),
    /// Text, normalized like [`SearchText`](super::SearchText) and compared byte by byte.
    Text(String),
}

impl OrderKey {
    /// Returns the sort key for a field, or `None` if the account has no value for the field.
    ///
    /// Accounts without a key come last in both directions. If the field is the creation time, accounts are compared by
    /// [`Position`] instead of by key.
    #[must_use]
    pub fn of(account: &Account, field: OrderField) -> Option<Self> {
        let time = |at: Option<Timestamp>| at.map(Self::Time);
        let text = |text: Option<&str>| text.map(|text| Self::Text(normalize(text)));
        let user = &account.user;
        match field {
            OrderField::CreatedAt => time(user.created_at),
            OrderField::UpdatedAt => time(user.updated_at),
            OrderField::LastActiveAt => time(user.last_active_at),
            OrderField::LastSignInAt => time(user.last_sign_in_at),
            OrderField::FirstName => text(user.first_name.as_deref()),
            OrderField::LastName => text(user.last_name.as_deref()),
            OrderField::Username => text(user.username.as_deref()),
            OrderField::EmailAddress => text(user.primary_email_address().map(|email| &*email.email_address)),
            OrderField::PhoneNumber => text(user.primary_phone_number().map(|phone| &*phone.phone_number)),
            OrderField::Web3Wallet => text(user.primary_web3_wallet().map(|wallet| &*wallet.web3_wallet)),
        }
    }
}

/// Sorts accounts by `order_by`.
///
/// If `order_by.field` is the creation time, accounts are compared by [`Position`]. For any other field, accounts
/// without a value come last in both directions, and accounts with equal values are sorted newest first.
pub fn sort(accounts: &mut [Arc<StoredAccount>], order_by: OrderBy) {
    if order_by.field == OrderField::CreatedAt {
        accounts.sort_by_key(|account| account.position());
        if order_by.direction == Direction::Descending {
            accounts.reverse();
        }
        return;
    }
    accounts.sort_by_key(|account| std::cmp::Reverse(account.position()));
    let key = |account: &StoredAccount| OrderKey::of(&account.account, order_by.field);
    match order_by.direction {
        Direction::Ascending => accounts.sort_by_cached_key(|account| {
            let key = key(account);
            (key.is_none(), key)
        }),
        Direction::Descending => accounts.sort_by_cached_key(|account| {
            let key = key(account);
            (key.is_none(), key.map(std::cmp::Reverse))
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    #[test]
    fn positions_compare_by_time_and_sequence() {
        let at = |second| Timestamp::from_second(second).ok();
        assert_eq!(Position::new(at(1), 5).cmp(&Position::new(at(2), 1)), Ordering::Less);
        assert_eq!(Position::new(at(1), 5).cmp(&Position::new(at(1), 6)), Ordering::Less);
        assert_eq!(Position::new(None, 9).cmp(&Position::new(at(-1), 1)), Ordering::Less);
    }
}
