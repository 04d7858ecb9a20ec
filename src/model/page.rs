//! [`Page`] and [`InvitationQuery`]: paginated queries.

use crate::error::Result;
use crate::model::debug::debug_set_fields;
use crate::model::limits;
use crate::model::organization::InvitationStatus;

/// A limit and an offset that select a page of a list.
///
/// If neither field is set, [`get_oauth_access_token`](crate::UserDirectory::get_oauth_access_token) returns all
/// tokens, and other operations return the first 10 elements.
///
/// ```
/// use user_directory::Page;
///
/// let second = Page::new().limit(50).offset(50);
/// assert!(second.validate().is_ok());
/// assert!(Page::new().limit(501).validate().is_err());
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Page {
    /// The maximum number of elements, from 1 to 500. The default is 10.
    pub limit: Option<u32>,
    /// The number of elements to skip. The default is 0.
    pub offset: Option<u64>,
}

debug_set_fields! { Page { limit, offset } }

impl Page {
    /// Creates a page with neither a limit nor an offset.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the maximum number of elements, from 1 to 500.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets the number of elements to skip.
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Checks the limit.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the limit is not between 1 and 500.
    pub fn validate(&self) -> Result<()> {
        limits::limit(self.limit)
    }

    /// Returns the offset and the limit, or their default values if they are not set.
    #[cfg(feature = "store")]
    pub(crate) fn bounds(&self) -> (usize, usize) {
        let offset = usize::try_from(self.offset.unwrap_or(0)).unwrap_or(usize::MAX);
        (offset, self.limit.unwrap_or(limits::DEFAULT_LIMIT) as usize)
    }
}

/// A query for listing a user's organization invitations.
///
/// Passed to [`get_organization_invitations`](crate::UserDirectory::get_organization_invitations).
///
/// ```
/// use user_directory::model::{InvitationQuery, InvitationStatus};
/// use user_directory::Page;
///
/// let pending = InvitationQuery::new().status(InvitationStatus::Pending).page(Page::new().limit(20));
/// assert!(pending.validate().is_ok());
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct InvitationQuery {
    /// The status of the invitations to return, or `None` for any status.
    pub status: Option<InvitationStatus>,
    /// The page to return.
    pub page: Page,
}

debug_set_fields! { InvitationQuery { status, page } }

impl InvitationQuery {
    /// Creates a query for the first page of invitations, with any status.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the status of the invitations to return.
    #[must_use]
    pub fn status(mut self, status: InvitationStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Sets the page to return.
    #[must_use]
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }

    /// Checks the page limit.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the limit is not between 1 and 500.
    pub fn validate(&self) -> Result<()> {
        self.page.validate()
    }
}
