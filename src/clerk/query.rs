//! Query strings: what is asked for, in the order of the API's description.
//!
//! A list is a parameter that repeats. Brackets are ignored by the service, and an ignored filter answers every user.

use std::borrow::Cow;
use std::fmt::Display;

use jiff::Timestamp;
use reqwest::Url;

use crate::model::{InvitationQuery, InvitationStatus, Page, Selection, Text, UserFilter, UserId, UserQuery};

/// The parameters of a query string, in order.
#[derive(Default)]
pub(super) struct Query<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Query<'a> {
    pub(super) fn of_users(query: &'a UserQuery) -> Self {
        let UserQuery { filter, order_by, page, starting_after } = query;
        let mut query = Self::of_filter(filter);
        query.page(page);
        query.text("starting_after", starting_after.as_ref().map(UserId::as_str));
        query.value("order_by", *order_by);
        query
    }

    pub(super) fn of_filter(filter: &'a UserFilter) -> Self {
        // Taken apart, so that a filter which is added cannot be forgotten here.
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

    pub(super) fn of_page(page: &Page) -> Self {
        let mut query = Self::default();
        query.page(page);
        query
    }

    pub(super) fn of_invitations(query: &'a InvitationQuery) -> Self {
        let InvitationQuery { status, page } = query;
        let mut query = Self::of_page(page);
        query.text("status", status.as_ref().map(InvitationStatus::as_str));
        query
    }

    /// Tokens come as a page only if one asks for it; without, the service answers all of them.
    pub(super) fn of_tokens(page: &Page) -> Self {
        let mut query = Self::default();
        if *page != Page::default() {
            query.value("paginated", Some(true));
        }
        query.page(page);
        query
    }

    /// Puts the parameters into a URL that has none.
    pub(super) fn write_to(&self, url: &mut Url) {
        // Without parameters there is to be no `?` either.
        if !self.0.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.0);
        }
    }

    fn page(&mut self, page: &Page) {
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

    /// A value is included by a `+`, excluded by a `-`, and included without either.
    fn selection<T: AsRef<str>>(&mut self, name: &'static str, selection: &'a Selection<T>) {
        for value in selection.include.iter().flatten().map(AsRef::as_ref) {
            let has_sign = value.starts_with(['+', '-']);
            let value = if has_sign { Cow::Owned(format!("+{value}")) } else { Cow::Borrowed(value) };
            self.0.push((name, value));
        }
        self.0.extend(selection.exclude.iter().map(|value| (name, Cow::Owned(format!("-{}", value.as_ref())))));
    }
}
