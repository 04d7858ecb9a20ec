//! Query strings.
//!
//! Lists are encoded as repeated parameters, such as `user_id=a&user_id=b`. Clerk ignores parameters with brackets in
//! their names, such as `user_id[]=a`.

#[cfg(feature = "wire")]
mod reader;

use std::borrow::Cow;
use std::fmt::Display;

use jiff::Timestamp;

use crate::model::{
    Direction, InvitationQuery, InvitationStatus, OrderBy, Page, Selection, Text, UserFilter, UserId, UserQuery,
};
#[cfg(feature = "wire")]
pub use reader::QueryReader;

/// The parameters of a query string, in the order used in Clerk's OpenAPI document.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct QueryWriter<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> QueryWriter<'a> {
    /// Creates the query parameters for `GET /users`.
    #[must_use]
    pub fn user_query(query: &'a UserQuery) -> Self {
        let UserQuery { filter, order_by, page, starting_after } = query;
        let mut query = Self::user_filter(filter);
        query.page_params(page);
        query.text("starting_after", starting_after.as_ref().map(UserId::as_str));
        query.value("order_by", order_by.map(signed));
        query
    }

    /// Creates the query parameters for `GET /users/count`.
    #[must_use]
    pub fn user_filter(filter: &'a UserFilter) -> Self {
        // Destructured, so that a new filter cannot be forgotten.
        let UserFilter {
            email_addresses,
            phone_numbers,
            usernames,
            web3_wallets,
            external_ids,
            user_ids,
            organization_ids,
            query: any_query,
            email_address_query,
            phone_number_query,
            username_query,
            name_query,
            banned,
            last_active_at_before,
            last_active_at_after,
            last_active_at_since,
            created_at_before,
            created_at_after,
            last_sign_in_at_before,
            last_sign_in_at_after,
            provider_users,
        } = filter;
        let mut query = Self::default();
        query.list("email_address", email_addresses.as_deref());
        query.list("phone_number", phone_numbers.as_deref());
        query.selection("external_id", external_ids);
        query.list("username", usernames.as_deref());
        query.list("web3_wallet", web3_wallets.as_deref());
        query.selection("user_id", user_ids);
        query.selection("organization_id", organization_ids);
        query.text("query", any_query.as_deref());
        query.text("email_address_query", email_address_query.as_deref());
        query.text("phone_number_query", phone_number_query.as_deref());
        query.text("username_query", username_query.as_deref());
        query.text("name_query", name_query.as_deref());
        query.value("banned", *banned);
        query.time("last_active_at_before", *last_active_at_before);
        query.time("last_active_at_after", *last_active_at_after);
        query.time("last_active_at_since", *last_active_at_since);
        query.time("created_at_before", *created_at_before);
        query.time("created_at_after", *created_at_after);
        query.time("last_sign_in_at_before", *last_sign_in_at_before);
        query.time("last_sign_in_at_after", *last_sign_in_at_after);
        if let Some(users) = provider_users {
            query.text("provider", Some(users.provider.as_str()));
            query.list("provider_user_id", Some(&users.provider_user_ids));
        }
        query
    }

    /// Creates the query parameters for a paginated operation.
    #[must_use]
    pub fn page(page: &Page) -> Self {
        let mut query = Self::default();
        query.page_params(page);
        query
    }

    /// Creates the query parameters for `GET /users/{user_id}/organization_invitations`.
    #[must_use]
    pub fn invitation_query(query: &'a InvitationQuery) -> Self {
        let InvitationQuery { status, page } = query;
        let mut query = Self::page(page);
        query.text("status", status.as_ref().map(InvitationStatus::as_str));
        query
    }

    /// Creates the query parameters for `GET /users/{user_id}/oauth_access_tokens/{provider}`.
    ///
    /// Clerk paginates the tokens only if `paginated` is set, so the parameter is added unless `page` is the default.
    #[must_use]
    pub fn token_page(page: &Page) -> Self {
        let mut query = Self::default();
        if *page != Page::default() {
            query.value("paginated", Some(true));
        }
        query.page_params(page);
        query
    }

    /// Returns the name-value pairs, without percent-encoding.
    #[must_use]
    pub fn pairs(&self) -> &[(&'static str, Cow<'a, str>)] {
        &self.0
    }

    fn page_params(&mut self, page: &Page) {
        let Page { limit, offset } = *page;
        self.value("limit", limit);
        self.value("offset", offset);
    }

    fn text(&mut self, name: &'static str, text: Option<&'a str>) {
        self.0.extend(text.map(|text| (name, Cow::Borrowed(text))));
    }

    fn value(&mut self, name: &'static str, value: Option<impl Display>) {
        self.0.extend(value.map(|value| (name, Cow::Owned(value.to_string()))));
    }

    fn time(&mut self, name: &'static str, at: Option<Timestamp>) {
        self.value(name, at.map(Timestamp::as_millisecond));
    }

    fn list(&mut self, name: &'static str, values: Option<&'a [Text]>) {
        self.0.extend(values.unwrap_or_default().iter().map(|value| (name, Cow::Borrowed(value.as_str()))));
    }

    /// Writes values with an optional sign: `-` excludes a value, and `+` or no sign includes it.
    fn selection<T: AsRef<str>>(&mut self, name: &'static str, selection: &'a Selection<T>) {
        for value in selection.include.iter().flatten().map(AsRef::as_ref) {
            // A server interprets a leading space as a `+` that was not escaped.
            let has_sign = value.starts_with(['+', '-', ' ']);
            let value = if has_sign { Cow::Owned(format!("+{value}")) } else { Cow::Borrowed(value) };
            self.0.push((name, value));
        }
        self.0.extend(selection.exclude.iter().map(|value| (name, Cow::Owned(format!("-{}", value.as_ref())))));
    }
}

/// Formats the value of `order_by`: a sign for the direction, followed by the field name.
fn signed(order: OrderBy) -> String {
    let sign = match order.direction {
        Direction::Ascending => '+',
        Direction::Descending => '-',
    };
    format!("{sign}{}", order.field.as_str())
}
