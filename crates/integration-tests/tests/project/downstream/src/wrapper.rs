//! A wrapper that changes two operations.

use user_directory::model::OrganizationId;
use user_directory::{Result, User, UserDirectory, UserFilter, UserQuery, async_trait};

/// Lists and counts the members of one organization only. All other operations are forwarded.
#[derive(Debug)]
pub struct MembersOf<D> {
    inner: D,
    organization: OrganizationId,
}

impl<D> MembersOf<D> {
    pub fn new(organization: OrganizationId, inner: D) -> Self {
        Self { inner, organization }
    }
}

#[async_trait]
impl<D: UserDirectory> UserDirectory for MembersOf<D> {
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.inner)
    }

    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        let filter = query.filter.clone().organization_id(self.organization.clone());
        self.inner.list(&query.clone().filter(filter)).await
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64> {
        self.inner.count(&filter.clone().organization_id(self.organization.clone())).await
    }
}
