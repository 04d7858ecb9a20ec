//! [`Selection`] and [`ProviderUsers`]: filters with more than one field.

use super::extend;
use crate::model::oauth_provider::OAuthProvider;
use crate::model::text::Text;

/// The values that a filter includes and excludes.
///
/// Exclusion takes precedence over inclusion.
///
/// ```
/// use user_directory::{UserFilter, UserId};
///
/// let (ada, grace): (UserId, UserId) = ("user_1".parse()?, "user_2".parse()?);
/// let filter = UserFilter::new().user_id(ada.clone()).exclude_user_ids([&grace]);
/// assert_eq!((filter.user_ids.include, filter.user_ids.exclude), (Some(vec![ada]), vec![grace]));
/// # Ok::<(), user_directory::model::InvalidId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Selection<T> {
    /// If set, users must have one of these values. An empty list matches no users.
    pub include: Option<Vec<T>>,
    /// Users must have none of these values.
    pub exclude: Vec<T>,
}

impl<T> Default for Selection<T> {
    fn default() -> Self {
        Self { include: None, exclude: Vec::new() }
    }
}

impl<T> Selection<T> {
    pub(super) fn include(&mut self, values: impl IntoIterator<Item = impl Into<T>>) {
        extend(&mut self.include, values);
    }

    pub(super) fn exclude(&mut self, values: impl IntoIterator<Item = impl Into<T>>) {
        self.exclude.extend(values.into_iter().map(Into::into));
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &str>
    where
        T: AsRef<str>,
    {
        self.include.iter().flatten().chain(&self.exclude).map(AsRef::as_ref)
    }

    pub(super) fn matches_no_users(&self) -> bool {
        self.include.as_ref().is_some_and(Vec::is_empty)
    }
}

/// A filter for users with one of the given ids at an OAuth provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ProviderUsers {
    /// The provider, such as `oauth_google`.
    pub provider: OAuthProvider,
    /// The users' ids at the provider.
    pub provider_user_ids: Vec<Text>,
}
