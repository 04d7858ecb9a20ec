//! [`Page`] and the queries of a user's lists.

use crate::error::Result;
use crate::model::debug::debug_set_fields;
use crate::model::limits;
use crate::model::organization::InvitationStatus;

/// Which part of a list to answer.
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
    /// How many things at most: 1 to 500, 10 if it is not given.
    pub limit: Option<u32>,
    /// How many things to pass over.
    pub offset: Option<u64>,
}

debug_set_fields! { Page { limit, offset } }

impl Page {
    /// The first page of the size that the service chooses.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// At most this many things, 1 to 500.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Pass over this many things.
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Checks what the service would misread.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the limit is not 1 to 500.
    pub fn validate(&self) -> Result<()> {
        limits::limit(self.limit)
    }

    /// How many things a page passes over, and how many it has at most.
    #[cfg(feature = "in-memory")]
    pub(crate) fn bounds(&self) -> (usize, usize) {
        let offset = usize::try_from(self.offset.unwrap_or(0)).unwrap_or(usize::MAX);
        (offset, self.limit.unwrap_or(limits::DEFAULT_LIMIT) as usize)
    }
}

/// Which of a user's invitations to answer.
///
/// ```
/// use user_directory::{InvitationQuery, InvitationStatus, Page};
///
/// let pending = InvitationQuery::new().status(InvitationStatus::Pending).page(Page::new().limit(20));
/// assert!(pending.validate().is_ok());
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct InvitationQuery {
    /// Only invitations of this status.
    pub status: Option<InvitationStatus>,
    /// Which part of the list.
    pub page: Page,
}

debug_set_fields! { InvitationQuery { status, page } }

impl InvitationQuery {
    /// All invitations, first page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only invitations of this status.
    #[must_use]
    pub fn status(mut self, status: InvitationStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Which part of the list.
    #[must_use]
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }

    /// Checks what the service would misread.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the limit is not 1 to 500.
    pub fn validate(&self) -> Result<()> {
        self.page.validate()
    }
}
