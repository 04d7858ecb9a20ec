//! [`QueryReader`]: decodes a query string.

use std::borrow::Cow;
use std::str::FromStr;

use jiff::Timestamp;

use crate::error::rejection::{param, required_with};
use crate::error::{Error, ErrorKind, Result, codes};
use crate::model::lenient::from_millisecond;
use crate::model::{
    Direction, InvitationQuery, InvitationStatus, OrderBy, OrderField, Page, ProviderUsers, Selection, Text,
    UserFilter, UserQuery,
};

/// A decoder for query strings.
///
/// The decoder does not validate limits, because every directory validates them. Like Clerk, it ignores unknown
/// parameters and empty values, so a filter with a misspelled name matches all users. [`ignored`](Self::ignored)
/// returns the names of the ignored parameters.
#[derive(Debug)]
pub struct QueryReader<'a> {
    params: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    ignored: Vec<String>,
}

impl<'a> QueryReader<'a> {
    /// Parses a query string, without the leading `?`.
    #[must_use]
    pub fn parse(query: &'a str) -> Self {
        let (params, empty): (Vec<_>, Vec<_>) =
            form_urlencoded::parse(query.as_bytes()).partition(|(_, value)| !value.is_empty());
        Self { params, ignored: empty.into_iter().map(|(name, _)| name.into_owned()).collect() }
    }

    /// Returns the names of the parameters that were empty or have not been decoded.
    #[must_use]
    pub fn ignored(self) -> Vec<String> {
        let left = self.params.into_iter().map(|(name, _)| name.into_owned());
        let mut ignored: Vec<_> = self.ignored.into_iter().chain(left).collect();
        ignored.sort_unstable();
        ignored.dedup();
        ignored
    }

    fn all(&mut self, name: &str) -> Vec<Cow<'a, str>> {
        self.params.extract_if(.., |(other, _)| other == name).map(|(_, value)| value).collect()
    }

    /// Decodes a string parameter. If the parameter is repeated, the first value is used.
    pub fn text(&mut self, name: &str) -> Option<Text> {
        self.all(name).into_iter().next().map(Text::from)
    }

    fn list(&mut self, name: &str) -> Option<Vec<Text>> {
        let values: Vec<Text> = self.all(name).into_iter().map(Text::from).collect();
        (!values.is_empty()).then_some(values)
    }

    /// Decodes a parameter of any type that implements `FromStr`. For booleans, use [`boolean`](Self::boolean).
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the value cannot be parsed.
    pub fn value<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        self.parsed(name, |text| text.parse().ok())
    }

    /// Decodes a boolean in any of the formats that Go parses.
    ///
    /// The service is written in Go, and clients in other languages send values such as `True` or `1`.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the value cannot be parsed.
    pub fn boolean(&mut self, name: &str) -> Result<Option<bool>> {
        self.parsed(name, |text| match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
            _ => None,
        })
    }

    fn parsed<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
        self.text(name).map(|text| parse(&text).ok_or_else(|| invalid_value(name, &text))).transpose()
    }

    fn time(&mut self, name: &str) -> Result<Option<Timestamp>> {
        let read = |text: Text| {
            let at = text.parse().ok().and_then(from_millisecond);
            at.ok_or_else(|| {
                let message = "Date values must be given in Unix millisecond timestamp format.";
                let detail = param(codes::FORM_PARAM_INVALID_DATE, name.to_owned(), message);
                Error::rejected(ErrorKind::InvalidInput, [detail.with_long_message(message)])
            })
        };
        self.text(name).map(read).transpose()
    }

    /// Reads values with a sign: a `-` excludes a value; a `+`, or no sign, includes it.
    fn selection<T: for<'t> TryFrom<&'t str>>(&mut self, name: &str) -> Selection<T> {
        let mut selection = Selection::default();
        for value in self.all(name) {
            // A plus sign that was not escaped is decoded as a space.
            let (excluded, value) = match value.strip_prefix('-') {
                Some(value) => (true, value),
                None => (false, value.strip_prefix(['+', ' ']).unwrap_or(&value)),
            };
            // A malformed id does not match any user, so it is ignored like any other id that is not found.
            let value = T::try_from(value).ok();
            if excluded {
                selection.exclude.extend(value);
            } else {
                selection.include.get_or_insert_default().extend(value);
            }
        }
        selection
    }

    /// Decodes the query string of `GET /users`.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if a value is malformed, or if only one of
    /// the parameters `provider` and `provider_user_id` is set.
    pub fn user_query(&mut self) -> Result<UserQuery> {
        let filter = self.user_filter()?;
        let page = self.page()?;
        let starting_after = self.value("starting_after")?;
        let order_by = self.text("order_by").map(|text| order_by(&text)).transpose()?;
        Ok(UserQuery { filter, order_by, page, starting_after })
    }

    /// Decodes the query string of `GET /users/count`.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if a value is malformed, or if only one of
    /// the parameters `provider` and `provider_user_id` is set.
    pub fn user_filter(&mut self) -> Result<UserFilter> {
        Ok(UserFilter {
            email_addresses: self.list("email_address"),
            phone_numbers: self.list("phone_number"),
            usernames: self.list("username"),
            web3_wallets: self.list("web3_wallet"),
            external_ids: self.selection("external_id"),
            user_ids: self.selection("user_id"),
            organization_ids: self.selection("organization_id"),
            query: self.text("query"),
            email_address_query: self.text("email_address_query"),
            phone_number_query: self.text("phone_number_query"),
            username_query: self.text("username_query"),
            name_query: self.text("name_query"),
            banned: self.boolean("banned")?,
            last_active_at_before: self.time("last_active_at_before")?,
            last_active_at_after: self.time("last_active_at_after")?,
            last_active_at_since: self.time("last_active_at_since")?,
            created_at_before: self.time("created_at_before")?,
            created_at_after: self.time("created_at_after")?,
            last_sign_in_at_before: self.time("last_sign_in_at_before")?,
            last_sign_in_at_after: self.time("last_sign_in_at_after")?,
            provider_users: self.provider_users()?,
        })
    }

    fn provider_users(&mut self) -> Result<Option<ProviderUsers>> {
        match (self.value("provider")?, self.list("provider_user_id")) {
            (None, None) => Ok(None),
            (Some(provider), Some(provider_user_ids)) => Ok(Some(ProviderUsers { provider, provider_user_ids })),
            (provider, _) => {
                let (missing, present) = if provider.is_none() {
                    ("provider", "provider_user_id")
                } else {
                    ("provider_user_id", "provider")
                };
                Err(Error::rejected(ErrorKind::InvalidInput, [required_with(missing, present)]))
            }
        }
    }

    /// Decodes the limit and the offset of a page.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if a value has the wrong type.
    pub fn page(&mut self) -> Result<Page> {
        Ok(Page { limit: self.value("limit")?, offset: self.value("offset")? })
    }

    /// Decodes the query string of `GET /users/{user_id}/organization_invitations`.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if a value has the wrong type, or if Clerk's OpenAPI
    /// document does not list the status.
    pub fn invitation_query(&mut self) -> Result<InvitationQuery> {
        let status = self.text("status").map(|status| invitation_status(&status)).transpose()?;
        Ok(InvitationQuery { status, page: self.page()? })
    }

    /// Decodes the query string of `GET /users/{user_id}/oauth_access_tokens/{provider}`.
    ///
    /// Returns the page, and whether the response must be paginated.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if a value has the wrong type.
    pub fn token_page(&mut self) -> Result<(Page, bool)> {
        Ok((self.page()?, self.boolean("paginated")?.unwrap_or(false)))
    }
}

fn invalid_value(name: &str, value: &str) -> Error {
    let long_message = format!("{value} does not match one of the allowed values for parameter {name}");
    let detail = param(codes::FORM_PARAM_VALUE_INVALID, name.to_owned(), "is invalid");
    Error::rejected(ErrorKind::InvalidInput, [detail.with_long_message(long_message)])
}

/// Decodes an invitation status. For unknown values, the OpenAPI document specifies the HTTP status 400 instead of 422,
/// so the error has the code `bad_request`.
fn invitation_status(text: &str) -> Result<InvitationStatus> {
    const KNOWN: [InvitationStatus; 4] =
        [InvitationStatus::Pending, InvitationStatus::Accepted, InvitationStatus::Revoked, InvitationStatus::Expired];
    let status = InvitationStatus::from(text);
    if KNOWN.contains(&status) {
        return Ok(status);
    }
    let allowed = KNOWN.each_ref().map(InvitationStatus::as_str).join(", ");
    let detail = param(codes::BAD_REQUEST, "status", "Bad request");
    let long_message =
        format!("{text} does not match the allowed values for parameter status. Allowed values: {allowed}");
    Err(Error::rejected(ErrorKind::InvalidInput, [detail.with_long_message(long_message)]))
}

/// Reads a field, after a `-` for descending order, or a `+` or no sign for ascending order.
fn order_by(text: &str) -> Result<OrderBy> {
    let (direction, name) = match text.strip_prefix('-') {
        Some(name) => (Direction::Descending, name),
        None => (Direction::Ascending, text.strip_prefix(['+', ' ']).unwrap_or(text)),
    };
    let field = OrderField::ALL.iter().find(|field| field.as_str() == name).copied();
    Ok(OrderBy { field: field.ok_or_else(|| invalid_value("order_by", text))?, direction })
}
