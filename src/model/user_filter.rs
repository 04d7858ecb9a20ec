//! [`UserFilter`]: a filter for listing and counting users.

mod selection;

use jiff::Timestamp;

pub use selection::{ProviderUsers, Selection};

use crate::error::Result;
use crate::model::debug::debug_set_fields;
use crate::model::id::{OrganizationId, UserId};
use crate::model::limits;
use crate::model::oauth_provider::OAuthProvider;
use crate::model::text::Text;

/// A filter for [listing](crate::UserDirectory::list) and [counting](crate::UserDirectory::count) users.
///
/// This type supports all filters of Clerk's `GetUserList` and `GetUsersCount` operations (API version 2026-05-12).
///
/// A list matches users who have at least one of its values. The `exclude` list of a [`Selection`] matches users who
/// have none of its values. The lists of email addresses, phone numbers, usernames and wallets are combined with OR.
/// All other filters are combined with AND.
///
/// An empty list matches no users. For exceptions, see [`matches_no_users`](Self::matches_no_users). Values and queries
/// must not be empty.
///
/// Time bounds are exclusive, except for `last_active_at_since`. A time filter does not match users whose timestamp
/// is not set. For example, a user who has never been active does not match `last_active_at_before`.
///
/// Some of these rules are [assumptions](crate::store_directory#filters-and-order) about Clerk's behavior.
///
/// `Debug` shows only the filters that are set.
///
/// ```
/// use user_directory::{UserFilter, UserId};
///
/// let active = UserFilter::new().query("ada").banned(false);
/// assert!(!active.matches_no_users());
///
/// let wanted: Vec<UserId> = vec![];
/// assert!(UserFilter::new().user_ids(wanted).matches_no_users());
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UserFilter {
    /// Matches users with one of these email addresses.
    pub email_addresses: Option<Vec<Text>>,
    /// Matches users with one of these phone numbers.
    pub phone_numbers: Option<Vec<Text>>,
    /// Matches users with one of these usernames.
    pub usernames: Option<Vec<Text>>,
    /// Matches users with one of these Web3 wallets.
    pub web3_wallets: Option<Vec<Text>>,
    /// Includes or excludes users by external id.
    pub external_ids: Selection<Text>,
    /// Includes or excludes users by id.
    pub user_ids: Selection<UserId>,
    /// Includes or excludes users by organization membership.
    pub organization_ids: Selection<OrganizationId>,
    /// Matches users with an identifier, user id, first name or last name that contains this text.
    ///
    /// Identifiers are email addresses, phone numbers, usernames and wallets. Matching is case-insensitive.
    /// [`StoreUserDirectory`](crate::StoreUserDirectory) also matches a query that contains a space against the full
    /// name.
    pub query: Option<Text>,
    /// Matches users with an email address that contains this text, ignoring case.
    pub email_address_query: Option<Text>,
    /// Matches users with a phone number that contains this text.
    pub phone_number_query: Option<Text>,
    /// Matches users with a username that contains this text, ignoring case.
    pub username_query: Option<Text>,
    /// Matches users with a first or last name that contains this text, ignoring case.
    ///
    /// [`StoreUserDirectory`](crate::StoreUserDirectory) also matches a query that contains a space against the full
    /// name.
    pub name_query: Option<Text>,
    /// Matches users who are banned (`true`) or not banned (`false`).
    pub banned: Option<bool>,
    /// Matches users who were last active before this time.
    pub last_active_at_before: Option<Timestamp>,
    /// Matches users who were last active after this time.
    pub last_active_at_after: Option<Timestamp>,
    /// Matches users who were last active at or after this time.
    ///
    /// Deprecated in Clerk's API in favor of [`last_active_at_after`](Self::last_active_at_after).
    pub last_active_at_since: Option<Timestamp>,
    /// Matches users who were created before this time.
    pub created_at_before: Option<Timestamp>,
    /// Matches users who were created after this time.
    pub created_at_after: Option<Timestamp>,
    /// Matches users who last signed in before this time.
    pub last_sign_in_at_before: Option<Timestamp>,
    /// Matches users who last signed in after this time.
    pub last_sign_in_at_after: Option<Timestamp>,
    /// Matches users with one of these ids at an OAuth provider.
    pub provider_users: Option<ProviderUsers>,
}

debug_set_fields! {
    UserFilter {
        email_addresses, phone_numbers, usernames, web3_wallets, external_ids, user_ids, organization_ids,
        query, email_address_query, phone_number_query, username_query, name_query, banned,
        last_active_at_before, last_active_at_after, last_active_at_since, created_at_before,
        created_at_after, last_sign_in_at_before, last_sign_in_at_after, provider_users
    }
}

fn extend<T>(list: &mut Option<Vec<T>>, values: impl IntoIterator<Item = impl Into<T>>) {
    list.get_or_insert_default().extend(values.into_iter().map(Into::into));
}

impl UserFilter {
    /// Creates a filter that matches every user.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an email address to match.
    #[must_use]
    pub fn email_address(self, email_address: impl Into<Text>) -> Self {
        self.email_addresses([email_address])
    }

    /// Adds email addresses to match, up to 100 in total.
    #[must_use]
    pub fn email_addresses(mut self, email_addresses: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        extend(&mut self.email_addresses, email_addresses);
        self
    }

    /// Adds a phone number to match.
    #[must_use]
    pub fn phone_number(self, phone_number: impl Into<Text>) -> Self {
        self.phone_numbers([phone_number])
    }

    /// Adds phone numbers to match, up to 100 in total.
    #[must_use]
    pub fn phone_numbers(mut self, phone_numbers: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        extend(&mut self.phone_numbers, phone_numbers);
        self
    }

    /// Adds a username to match.
    #[must_use]
    pub fn username(self, username: impl Into<Text>) -> Self {
        self.usernames([username])
    }

    /// Adds usernames to match, up to 100 in total.
    #[must_use]
    pub fn usernames(mut self, usernames: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        extend(&mut self.usernames, usernames);
        self
    }

    /// Adds a Web3 wallet to match.
    #[must_use]
    pub fn web3_wallet(self, web3_wallet: impl Into<Text>) -> Self {
        self.web3_wallets([web3_wallet])
    }

    /// Adds Web3 wallets to match, up to 100 in total.
    #[must_use]
    pub fn web3_wallets(mut self, web3_wallets: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        extend(&mut self.web3_wallets, web3_wallets);
        self
    }

    /// Adds an external id to match.
    #[must_use]
    pub fn external_id(self, external_id: impl Into<Text>) -> Self {
        self.external_ids([external_id])
    }

    /// Adds external ids to match, up to 100 in total, counting [excluded ids](Self::exclude_external_ids).
    #[must_use]
    pub fn external_ids(mut self, external_ids: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        self.external_ids.include(external_ids);
        self
    }

    /// Excludes users with these external ids.
    ///
    /// Clerk documents this filter for listing users, but not for counting them.
    #[must_use]
    pub fn exclude_external_ids(mut self, external_ids: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        self.external_ids.exclude(external_ids);
        self
    }

    /// Adds a user id to match.
    #[must_use]
    pub fn user_id(self, user_id: impl Into<UserId>) -> Self {
        self.user_ids([user_id])
    }

    /// Adds user ids to match, up to 100 in total, counting [excluded ids](Self::exclude_user_ids).
    #[must_use]
    pub fn user_ids(mut self, user_ids: impl IntoIterator<Item = impl Into<UserId>>) -> Self {
        self.user_ids.include(user_ids);
        self
    }

    /// Excludes users with these ids.
    ///
    /// Clerk documents this filter for listing users, but not for counting them.
    #[must_use]
    pub fn exclude_user_ids(mut self, user_ids: impl IntoIterator<Item = impl Into<UserId>>) -> Self {
        self.user_ids.exclude(user_ids);
        self
    }

    /// Adds an organization whose members match.
    #[must_use]
    pub fn organization_id(self, organization_id: impl Into<OrganizationId>) -> Self {
        self.organization_ids([organization_id])
    }

    /// Adds organizations whose members match, up to 100 in total, counting [excluded
    /// ones](Self::exclude_organization_ids).
    #[must_use]
    pub fn organization_ids(mut self, organization_ids: impl IntoIterator<Item = impl Into<OrganizationId>>) -> Self {
        self.organization_ids.include(organization_ids);
        self
    }

    /// Excludes members of these organizations.
    #[must_use]
    pub fn exclude_organization_ids(
        mut self,
        organization_ids: impl IntoIterator<Item = impl Into<OrganizationId>>,
    ) -> Self {
        self.organization_ids.exclude(organization_ids);
        self
    }

    /// Matches users with an identifier, user id, first name or last name that contains this text.
    ///
    /// For details, see the [`query`](#structfield.query) field.
    #[must_use]
    pub fn query(mut self, query: impl Into<Text>) -> Self {
        self.query = Some(query.into());
        self
    }

    /// Matches users with an email address that contains this text, ignoring case.
    #[must_use]
    pub fn email_address_query(mut self, query: impl Into<Text>) -> Self {
        self.email_address_query = Some(query.into());
        self
    }

    /// Matches users with a phone number that contains this text.
    #[must_use]
    pub fn phone_number_query(mut self, query: impl Into<Text>) -> Self {
        self.phone_number_query = Some(query.into());
        self
    }

    /// Matches users with a username that contains this text, ignoring case.
    #[must_use]
    pub fn username_query(mut self, query: impl Into<Text>) -> Self {
        self.username_query = Some(query.into());
        self
    }

    /// Matches users with a first or last name that contains this text, ignoring case.
    #[must_use]
    pub fn name_query(mut self, query: impl Into<Text>) -> Self {
        self.name_query = Some(query.into());
        self
    }

    /// Matches users who are banned (`true`) or not banned (`false`).
    #[must_use]
    pub fn banned(mut self, banned: bool) -> Self {
        self.banned = Some(banned);
        self
    }

    /// Matches users who were last active before a time.
    #[must_use]
    pub fn last_active_at_before(mut self, at: Timestamp) -> Self {
        self.last_active_at_before = Some(at);
        self
    }

    /// Matches users who were last active after a time.
    #[must_use]
    pub fn last_active_at_after(mut self, at: Timestamp) -> Self {
        self.last_active_at_after = Some(at);
        self
    }

    /// Matches users who were last active at or after a time.
    #[must_use]
    pub fn last_active_at_since(mut self, at: Timestamp) -> Self {
        self.last_active_at_since = Some(at);
        self
    }

    /// Matches users who were created before a time.
    #[must_use]
    pub fn created_at_before(mut self, at: Timestamp) -> Self {
        self.created_at_before = Some(at);
        self
    }

    /// Matches users who were created after a time.
    #[must_use]
    pub fn created_at_after(mut self, at: Timestamp) -> Self {
        self.created_at_after = Some(at);
        self
    }

    /// Matches users who last signed in before a time.
    #[must_use]
    pub fn last_sign_in_at_before(mut self, at: Timestamp) -> Self {
        self.last_sign_in_at_before = Some(at);
        self
    }

    /// Matches users who last signed in after a time.
    #[must_use]
    pub fn last_sign_in_at_after(mut self, at: Timestamp) -> Self {
        self.last_sign_in_at_after = Some(at);
        self
    }

    /// Matches users with one of these ids (up to 100) at an OAuth provider.
    ///
    /// A second call replaces the provider and the ids.
    #[must_use]
    pub fn provider_users(
        mut self,
        provider: impl Into<OAuthProvider>,
        provider_user_ids: impl IntoIterator<Item = impl Into<Text>>,
    ) -> Self {
        let provider_user_ids = provider_user_ids.into_iter().map(Into::into).collect();
        self.provider_users = Some(ProviderUsers { provider: provider.into(), provider_user_ids });
        self
    }

    /// Returns `true` if the filter matches no users because of an empty list.
    ///
    /// For such a filter, implementations of [`UserDirectory`](crate::UserDirectory) must return an empty result
    /// without making a request, because Clerk ignores empty lists.
    ///
    /// An empty list of email addresses, phone numbers, usernames or wallets has this effect only if all four lists are
    /// empty or not set. An empty `exclude` list excludes no users.
    #[must_use]
    pub fn matches_no_users(&self) -> bool {
        let identifiers = [&self.email_addresses, &self.phone_numbers, &self.usernames, &self.web3_wallets];
        let no_identifier = identifiers.iter().any(|list| list.is_some())
            && identifiers.iter().all(|list| list.as_ref().is_none_or(Vec::is_empty));
        no_identifier
            || self.external_ids.matches_no_users()
            || self.user_ids.matches_no_users()
            || self.organization_ids.matches_no_users()
            || self.provider_users.as_ref().is_some_and(|users| users.provider_user_ids.is_empty())
    }

    /// Checks that no list has too many values, and that no value or query is empty.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if a list has more than 100 values, counting included
    /// and excluded values together, or if a value or query is empty.
    pub fn validate(&self) -> Result<()> {
        fn list(values: Option<&Vec<Text>>) -> impl Iterator<Item = &str> {
            values.into_iter().flatten().map(Text::as_str)
        }
        let provider_user_ids = self.provider_users.as_ref().map(|users| &users.provider_user_ids);
        limits::filter_values("email_address", list(self.email_addresses.as_ref()))?;
        limits::filter_values("phone_number", list(self.phone_numbers.as_ref()))?;
        limits::filter_values("username", list(self.usernames.as_ref()))?;
        limits::filter_values("web3_wallet", list(self.web3_wallets.as_ref()))?;
        limits::filter_values("external_id", self.external_ids.values())?;
        limits::filter_values("user_id", self.user_ids.values())?;
        limits::filter_values("organization_id", self.organization_ids.values())?;
        limits::filter_values("provider_user_id", list(provider_user_ids))?;
        for (param_name, query) in [
            ("query", &self.query),
            ("email_address_query", &self.email_address_query),
            ("phone_number_query", &self.phone_number_query),
            ("username_query", &self.username_query),
            ("name_query", &self.name_query),
        ] {
            limits::filter_values(param_name, query.as_deref().into_iter())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
