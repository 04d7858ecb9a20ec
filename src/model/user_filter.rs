//! [`UserFilter`]: which users.

use jiff::Timestamp;

use crate::error::Result;
use crate::model::debug::debug_set_fields;
use crate::model::id::{OAuthProvider, OrganizationId, UserId};
use crate::model::limits;
use crate::model::text::Text;

/// Values to include and values to exclude.
///
/// No `include` means no restriction; an empty one matches nobody. A value that is excluded is left out whatever else
/// matches.
///
/// ```
/// use user_directory::{UserFilter, UserId};
///
/// let (ada, grace): (UserId, UserId) = ("user_1".parse()?, "user_2".parse()?);
/// let filter = UserFilter::new().user_id(ada.clone()).exclude_user_ids([&grace]);
/// assert_eq!((filter.user_ids.include, filter.user_ids.exclude), (Some(vec![ada]), vec![grace]));
/// # Ok::<(), user_directory::InvalidId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Selection<T> {
    /// One of these, if there is a list.
    pub include: Option<Vec<T>>,
    /// None of these.
    pub exclude: Vec<T>,
}

impl<T> Default for Selection<T> {
    fn default() -> Self {
        Self { include: None, exclude: Vec::new() }
    }
}

impl<T> Selection<T> {
    fn include(&mut self, values: impl IntoIterator<Item = impl Into<T>>) {
        extend(&mut self.include, values);
    }

    fn exclude(&mut self, values: impl IntoIterator<Item = impl Into<T>>) {
        self.exclude.extend(values.into_iter().map(Into::into));
    }

    fn values(&self) -> impl Iterator<Item = &str>
    where
        T: AsRef<str>,
    {
        self.include.iter().flatten().chain(&self.exclude).map(AsRef::as_ref)
    }

    fn matches_no_users(&self) -> bool {
        is_empty_list(self.include.as_ref())
    }
}

/// Users at an OAuth provider. The API takes the provider and the ids only together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ProviderUsers {
    /// The provider.
    pub provider: OAuthProvider,
    /// The ids of the users at the provider.
    pub provider_user_ids: Vec<Text>,
}

/// Which users: every filter of `GetUserList` and `GetUsersCount` in API version 2026-05-12.
///
/// The values of one filter widen it. Email addresses, phone numbers, user names and wallets widen each other: a user
/// matches who has any of them. Everything else narrows.
///
/// A filter that was given an empty list matches nobody, and asks the service nothing: for the API, a filter without
/// values is no filter at all, and would answer every user.
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
    /// Has one of these email addresses.
    pub email_addresses: Option<Vec<Text>>,
    /// Has one of these phone numbers.
    pub phone_numbers: Option<Vec<Text>>,
    /// Has one of these user names.
    pub usernames: Option<Vec<Text>>,
    /// Has one of these wallets.
    pub web3_wallets: Option<Vec<Text>>,
    /// Has one, or none, of these external ids.
    pub external_ids: Selection<Text>,
    /// Has one, or none, of these ids.
    pub user_ids: Selection<UserId>,
    /// Is a member of one, or none, of these organizations.
    pub organization_ids: Selection<OrganizationId>,
    /// Part of an email address, phone number, user name, wallet, user id, first or last name; case does not matter.
    pub query: Option<Text>,
    /// Part of an email address; case does not matter.
    pub email_address_query: Option<Text>,
    /// Part of a phone number.
    pub phone_number_query: Option<Text>,
    /// Part of a user name; case does not matter.
    pub username_query: Option<Text>,
    /// Part of a name; case does not matter.
    pub name_query: Option<Text>,
    /// Is banned, or is not.
    pub banned: Option<bool>,
    /// Was last active before this.
    pub last_active_at_before: Option<Timestamp>,
    /// Was last active after this.
    pub last_active_at_after: Option<Timestamp>,
    /// Was active since this. The API prefers [`last_active_at_after`](Self::last_active_at_after).
    pub last_active_at_since: Option<Timestamp>,
    /// Was created before this.
    pub created_at_before: Option<Timestamp>,
    /// Was created after this.
    pub created_at_after: Option<Timestamp>,
    /// Last signed in before this.
    pub last_sign_in_at_before: Option<Timestamp>,
    /// Last signed in after this.
    pub last_sign_in_at_after: Option<Timestamp>,
    /// Is one of these users at an OAuth provider.
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

fn is_empty_list<T>(list: Option<&Vec<T>>) -> bool {
    list.is_some_and(Vec::is_empty)
}

impl UserFilter {
    /// Every user.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Has this email address, or one named before.
    #[must_use]
    pub fn email_address(self, email_address: impl Into<Text>) -> Self {
        self.email_addresses([email_address])
    }

    /// Has one of these email addresses, up to 100.
    #[must_use]
    pub fn email_addresses(mut self, email_addresses: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        extend(&mut self.email_addresses, email_addresses);
        self
    }

    /// Has this phone number, or one named before.
    #[must_use]
    pub fn phone_number(self, phone_number: impl Into<Text>) -> Self {
        self.phone_numbers([phone_number])
    }

    /// Has one of these phone numbers, up to 100.
    #[must_use]
    pub fn phone_numbers(mut self, phone_numbers: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        extend(&mut self.phone_numbers, phone_numbers);
        self
    }

    /// Has this user name, or one named before.
    #[must_use]
    pub fn username(self, username: impl Into<Text>) -> Self {
        self.usernames([username])
    }

    /// Has one of these user names, up to 100.
    #[must_use]
    pub fn usernames(mut self, usernames: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        extend(&mut self.usernames, usernames);
        self
    }

    /// Has this wallet, or one named before.
    #[must_use]
    pub fn web3_wallet(self, web3_wallet: impl Into<Text>) -> Self {
        self.web3_wallets([web3_wallet])
    }

    /// Has one of these wallets, up to 100.
    #[must_use]
    pub fn web3_wallets(mut self, web3_wallets: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        extend(&mut self.web3_wallets, web3_wallets);
        self
    }

    /// Has this external id, or one named before.
    #[must_use]
    pub fn external_id(self, external_id: impl Into<Text>) -> Self {
        self.external_ids([external_id])
    }

    /// Has one of these external ids, up to 100.
    #[must_use]
    pub fn external_ids(mut self, external_ids: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        self.external_ids.include(external_ids);
        self
    }

    /// Has none of these external ids. The API documents this for lists, not for counts.
    #[must_use]
    pub fn exclude_external_ids(mut self, external_ids: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        self.external_ids.exclude(external_ids);
        self
    }

    /// Has this id, or one named before.
    #[must_use]
    pub fn user_id(self, user_id: impl Into<UserId>) -> Self {
        self.user_ids([user_id])
    }

    /// Has one of these ids, up to 100.
    #[must_use]
    pub fn user_ids(mut self, user_ids: impl IntoIterator<Item = impl Into<UserId>>) -> Self {
        self.user_ids.include(user_ids);
        self
    }

    /// Has none of these ids. The API documents this for lists, not for counts.
    #[must_use]
    pub fn exclude_user_ids(mut self, user_ids: impl IntoIterator<Item = impl Into<UserId>>) -> Self {
        self.user_ids.exclude(user_ids);
        self
    }

    /// Is a member of this organization, or of one named before.
    #[must_use]
    pub fn organization_id(self, organization_id: impl Into<OrganizationId>) -> Self {
        self.organization_ids([organization_id])
    }

    /// Is a member of one of these organizations, up to 100.
    #[must_use]
    pub fn organization_ids(mut self, organization_ids: impl IntoIterator<Item = impl Into<OrganizationId>>) -> Self {
        self.organization_ids.include(organization_ids);
        self
    }

    /// Is a member of none of these organizations.
    #[must_use]
    pub fn exclude_organization_ids(
        mut self,
        organization_ids: impl IntoIterator<Item = impl Into<OrganizationId>>,
    ) -> Self {
        self.organization_ids.exclude(organization_ids);
        self
    }

    /// Part of an email address, phone number, user name, wallet, user id, first or last name; case does not matter.
    ///
    /// An empty text is refused ([`validate`](Self::validate)), not taken for "everybody": leave the filter out where a
    /// search box is left empty.
    #[must_use]
    pub fn query(mut self, query: impl Into<Text>) -> Self {
        self.query = Some(query.into());
        self
    }

    /// Part of an email address; case does not matter.
    #[must_use]
    pub fn email_address_query(mut self, query: impl Into<Text>) -> Self {
        self.email_address_query = Some(query.into());
        self
    }

    /// Part of a phone number.
    #[must_use]
    pub fn phone_number_query(mut self, query: impl Into<Text>) -> Self {
        self.phone_number_query = Some(query.into());
        self
    }

    /// Part of a user name; case does not matter.
    #[must_use]
    pub fn username_query(mut self, query: impl Into<Text>) -> Self {
        self.username_query = Some(query.into());
        self
    }

    /// Part of a name; case does not matter.
    #[must_use]
    pub fn name_query(mut self, query: impl Into<Text>) -> Self {
        self.name_query = Some(query.into());
        self
    }

    /// Is banned, or is not.
    #[must_use]
    pub fn banned(mut self, banned: bool) -> Self {
        self.banned = Some(banned);
        self
    }

    /// Was last active before this.
    #[must_use]
    pub fn last_active_at_before(mut self, at: Timestamp) -> Self {
        self.last_active_at_before = Some(at);
        self
    }

    /// Was last active after this.
    #[must_use]
    pub fn last_active_at_after(mut self, at: Timestamp) -> Self {
        self.last_active_at_after = Some(at);
        self
    }

    /// Was active since this. The API prefers [`last_active_at_after`](Self::last_active_at_after).
    #[must_use]
    pub fn last_active_at_since(mut self, at: Timestamp) -> Self {
        self.last_active_at_since = Some(at);
        self
    }

    /// Was created before this.
    #[must_use]
    pub fn created_at_before(mut self, at: Timestamp) -> Self {
        self.created_at_before = Some(at);
        self
    }

    /// Was created after this.
    #[must_use]
    pub fn created_at_after(mut self, at: Timestamp) -> Self {
        self.created_at_after = Some(at);
        self
    }

    /// Last signed in before this.
    #[must_use]
    pub fn last_sign_in_at_before(mut self, at: Timestamp) -> Self {
        self.last_sign_in_at_before = Some(at);
        self
    }

    /// Last signed in after this.
    #[must_use]
    pub fn last_sign_in_at_after(mut self, at: Timestamp) -> Self {
        self.last_sign_in_at_after = Some(at);
        self
    }

    /// Is one of these users, up to 100, at an OAuth provider. The API takes one provider; a second call replaces the
    /// first.
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

    /// Whether nobody can match because a filter was given an empty list. Such a filter must not be sent.
    ///
    /// The four identifier filters widen each other, so an empty one among them matches nobody only if the others
    /// have no values either.
    #[must_use]
    pub fn matches_no_users(&self) -> bool {
        let identifiers = [&self.email_addresses, &self.phone_numbers, &self.usernames, &self.web3_wallets];
        let no_identifier = identifiers.iter().any(|list| list.is_some())
            && identifiers.iter().all(|list| list.as_ref().is_none_or(Vec::is_empty));
        no_identifier
            || self.external_ids.matches_no_users()
            || self.user_ids.matches_no_users()
            || self.organization_ids.matches_no_users()
            || is_empty_list(self.provider_users.as_ref().map(|users| &users.provider_user_ids))
    }

    /// Checks what the service would ignore or misread.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a filter has more than 100 values, or an empty one.
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
mod tests {
    use super::*;

    fn new() -> UserFilter {
        UserFilter::new()
    }

    #[test]
    fn an_empty_list_matches_nobody_unless_another_identifier_can_match() {
        let none: [&str; 0] = [];
        for filter in [
            new().email_addresses(none),
            new().usernames(none).phone_numbers(none),
            new().user_ids(Vec::<UserId>::new()).email_address("ada@example.com"),
            new().external_ids(none),
            new().organization_ids(Vec::<OrganizationId>::new()),
            new().provider_users("oauth_google".parse::<OAuthProvider>().unwrap(), none),
        ] {
            assert!(filter.matches_no_users(), "{filter:?}");
            assert!(filter.validate().is_ok(), "{filter:?}");
        }
        for filter in [
            new(),
            new().email_addresses(none).phone_number("+15550100123"),
            new().exclude_user_ids(Vec::<UserId>::new()),
            new().exclude_external_ids(none),
        ] {
            assert!(!filter.matches_no_users(), "{filter:?}");
        }
    }

    #[test]
    fn an_empty_value_is_refused_because_it_could_pass_for_no_filter() {
        let provider = || "oauth_google".parse::<OAuthProvider>().unwrap();
        for (filter, param_name) in [
            (new().email_addresses(["ada@example.com", ""]), "email_address"),
            (new().phone_number(""), "phone_number"),
            (new().username(""), "username"),
            (new().web3_wallet(""), "web3_wallet"),
            (new().external_id(""), "external_id"),
            (new().exclude_external_ids([""]), "external_id"),
            (new().provider_users(provider(), [""]), "provider_user_id"),
            (new().query(""), "query"),
            (new().email_address_query(""), "email_address_query"),
            (new().phone_number_query(""), "phone_number_query"),
            (new().username_query(""), "username_query"),
            (new().name_query(""), "name_query"),
        ] {
            let error = filter.validate().unwrap_err();
            assert!(error.is_invalid_input() && error.status().is_none(), "{error}");
            assert_eq!(error.param_name(), Some(param_name));
        }
    }

    #[test]
    fn a_filter_takes_a_hundred_values_and_no_more() {
        let values = |number: usize| (0..number).map(|n| format!("e{n}"));
        assert!(new().external_ids(values(100)).validate().is_ok());
        assert!(new().external_ids(values(101)).validate().is_err());
        // Those that are excluded go into the same parameter.
        assert!(new().external_ids(values(60)).exclude_external_ids(values(41)).validate().is_err());
    }
}
