//! [`UserQuery`]: the argument of `list`.

use crate::error::{InputRule, Result};
use crate::model::debug::debug_set_fields;
use crate::model::id::UserId;
use crate::model::page::Page;
use crate::model::user_filter::UserFilter;

/// The field that a list of users is ordered by.
///
/// ```
/// use user_directory::{OrderBy, OrderField, UserQuery};
///
/// let by_name = UserQuery::new().order_by(OrderBy::ascending(OrderField::LastName));
/// # assert_eq!(by_name.order_by.unwrap().field.as_str(), "last_name");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OrderField {
    /// When the user was created.
    #[default]
    CreatedAt,
    /// When the user was last updated.
    UpdatedAt,
    /// The primary email address.
    EmailAddress,
    /// The primary Web3 wallet.
    Web3Wallet,
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// The primary phone number.
    PhoneNumber,
    /// The username.
    Username,
    /// When the user was last active.
    LastActiveAt,
    /// When the user last signed in.
    LastSignInAt,
}

impl OrderField {
    /// All fields.
    pub const ALL: &[Self] = &[
        Self::CreatedAt,
        Self::UpdatedAt,
        Self::EmailAddress,
        Self::Web3Wallet,
        Self::FirstName,
        Self::LastName,
        Self::PhoneNumber,
        Self::Username,
        Self::LastActiveAt,
        Self::LastSignInAt,
    ];

    /// Returns the field name in Clerk's API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::EmailAddress => "email_address",
            Self::Web3Wallet => "web3wallet",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::PhoneNumber => "phone_number",
            Self::Username => "username",
            Self::LastActiveAt => "last_active_at",
            Self::LastSignInAt => "last_sign_in_at",
        }
    }
}

/// The sort direction of a list of users.
///
/// ```
/// use user_directory::model::Direction;
/// use user_directory::{OrderBy, OrderField};
///
/// assert_eq!(OrderBy::descending(OrderField::LastSignInAt).direction, Direction::Descending);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Ascending order: smallest or oldest first.
    Ascending,
    /// Descending order: largest or newest first.
    #[default]
    Descending,
}

/// The sort order of a list of users. The default is newest first.
///
/// ```
/// use user_directory::{OrderBy, OrderField};
///
/// assert_eq!(OrderBy::default(), OrderBy::descending(OrderField::CreatedAt));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct OrderBy {
    /// The field to order by.
    pub field: OrderField,
    /// The sort direction.
    pub direction: Direction,
}

impl OrderBy {
    /// Creates an ascending order: smallest or oldest first.
    #[must_use]
    pub const fn ascending(field: OrderField) -> Self {
        Self { field, direction: Direction::Ascending }
    }

    /// Creates a descending order: largest or newest first.
    #[must_use]
    pub const fn descending(field: OrderField) -> Self {
        Self { field, direction: Direction::Descending }
    }
}

/// A query for [listing](crate::UserDirectory::list) users: filter, order and page.
///
/// This type supports all parameters of Clerk's `GetUserList` operation (API version 2026-05-12).
///
/// To read many pages, use cursor pagination: pass the id of the last user on a page to
/// [`starting_after`](Self::starting_after). Pagination by [`offset`](Self::offset) can become slower with each page.
/// A page with fewer users than the limit is the last one.
///
/// `Debug` shows only the fields that are set.
///
/// ```
/// use user_directory::{UserFilter, UserQuery};
///
/// let query = UserQuery::new().filter(UserFilter::new().banned(false)).limit(100);
/// assert!(query.validate().is_ok());
/// assert!(query.clone().limit(501).validate().is_err());
///
/// let next = query.starting_after("user_123".parse()?);
/// assert!(next.clone().validate().is_ok());
/// assert!(next.offset(10).validate().is_err());
/// # Ok::<(), user_directory::model::InvalidId>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UserQuery {
    /// The filter.
    pub filter: UserFilter,
    /// The sort order. The default is newest first.
    pub order_by: Option<OrderBy>,
    /// The page to return.
    pub page: Page,
    /// The cursor: the id of the last user on the previous page.
    pub starting_after: Option<UserId>,
}

debug_set_fields! { UserQuery { filter, order_by, page, starting_after } }

impl UserQuery {
    /// Creates a query for the first page of all users, newest first.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the filter.
    #[must_use]
    pub fn filter(mut self, filter: UserFilter) -> Self {
        self.filter = filter;
        self
    }

    /// Sets the sort order.
    #[must_use]
    pub fn order_by(mut self, order_by: OrderBy) -> Self {
        self.order_by = Some(order_by);
        self
    }

    /// Sets the maximum number of users, from 1 to 500.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.page = self.page.limit(limit);
        self
    }

    /// Sets the number of users to skip.
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Self {
        self.page = self.page.offset(offset);
        self
    }

    /// Sets the cursor: the id of the last user on the previous page.
    ///
    /// A cursor requires ordering by creation time and cannot be combined with an offset other than 0.
    #[must_use]
    pub fn starting_after(mut self, user_id: UserId) -> Self {
        self.starting_after = Some(user_id);
        self
    }

    /// Checks the filter, the page and the cursor.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) in the following cases:
    ///
    /// - The limit is not between 1 and 500.
    /// - [`UserFilter::validate`] rejects the filter.
    /// - A cursor is combined with an offset other than 0.
    /// - A cursor is combined with ordering by a field other than the creation time.
    pub fn validate(&self) -> Result<()> {
        self.filter.validate()?;
        self.page.validate()?;
        if self.starting_after.is_some() {
            if self.order_by.is_some_and(|order| order.field != OrderField::CreatedAt) {
                return Err(InputRule::CursorOrder.violated_by("starting_after"));
            }
            if self.page.offset.is_some_and(|offset| offset != 0) {
                return Err(InputRule::CursorOffset.violated_by("starting_after"));
            }
        }
        Ok(())
    }
}

impl From<UserFilter> for UserQuery {
    fn from(filter: UserFilter) -> Self {
        Self::new().filter(filter)
    }
}
