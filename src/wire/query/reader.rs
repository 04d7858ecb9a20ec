//! [`QueryReader`]: decodes a query string.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use crate::error::rejection::{self, param, required_with, resource_missing};
use crate::error::{Error, ErrorDetail, ErrorKind, Result, codes};
use crate::model::lenient::from_millisecond;
use crate::model::{
    Direction, InvitationQuery, InvitationStatus, MAX_LIMIT, OrderBy, OrderField, Page, ProviderUsers, Selection, Text,
    UserFilter, UserId, UserQuery,
};

/// A decoder for query strings.
///
/// The decoder does not enforce the [limits](crate::UserDirectory#limits), because every directory enforces them.
/// Like Clerk, it ignores unknown parameters, so if the name of the only filter is misspelled, the request matches all
/// users. It also ignores empty parameters. [`ignored`](Self::ignored) returns the names of the ignored parameters.
///
/// A repeated parameter that accepts only one value is rejected with the code `form_param_duplicate`.
#[derive(Debug)]
pub struct QueryReader<'a> {
    params: Vec<Param<'a>>,
    ignored: Vec<String>,
}

/// A parameter that is not empty.
#[derive(Debug)]
struct Param<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
    /// Whether the encoded value begins with a `+`, which is decoded as a space.
    has_plus: bool,
}

impl<'a> QueryReader<'a> {
    /// Parses a query string, without the leading `?`.
    #[must_use]
    pub fn parse(query: &'a str) -> Self {
        let (mut params, mut ignored) = (Vec::new(), Vec::new());
        for encoded in query.split('&') {
            let has_plus = encoded.split_once('=').is_some_and(|(_, value)| value.starts_with('+'));
            // The iterator is empty for an empty string, and otherwise returns one parameter.
            for (name, value) in form_urlencoded::parse(encoded.as_bytes()) {
                if value.is_empty() {
                    ignored.push(name.into_owned());
                } else {
                    params.push(Param { name, value, has_plus });
                }
            }
        }
        Self { params, ignored }
    }

    /// Checks the encoding of a query string. [`parse`](Self::parse) does not check it.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) with the code `malformed_request_parameters` if a `%`
    /// is not followed by two hexadecimal digits, or with the code `form_param_value_invalid` if a decoded parameter is
    /// not valid UTF-8.
    pub fn check_encoding(query: &str) -> Result<()> {
        let is_escape = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|b| b.is_ascii_hexdigit());
        if !query.split('%').skip(1).all(is_escape) {
            let long = "The request parameters are malformed and could not be parsed. A `%` must be followed by two \
                        hexadecimal digits; encode a percent sign as `%25`.";
            let detail = ErrorDetail::new(codes::MALFORMED_REQUEST_PARAMETERS);
            let detail = detail.with_message("Malformed request parameters").with_long_message(long);
            return Err(Error::rejected(ErrorKind::InvalidInput, [detail]));
        }
        let is_utf8 = |param: &&str| percent_decode_str(param).decode_utf8().is_ok();
        if let Some(param) = query.split('&').find(|param| !is_utf8(param)) {
            let name = form_urlencoded::parse(param.as_bytes()).next().map(|(name, _)| name.into_owned());
            let name = name.unwrap_or_default();
            let long = format!("{name} contains invalid UTF-8 characters");
            let detail = rejection::param(codes::FORM_PARAM_VALUE_INVALID, name, "invalid character encoding");
            return Err(Error::rejected(ErrorKind::InvalidInput, [detail.with_long_message(long)]));
        }
        Ok(())
    }

    /// Returns the names of the parameters that were empty or were not decoded.
    #[must_use]
    pub fn ignored(self) -> Vec<String> {
        let left = self.params.into_iter().map(|param| param.name.into_owned());
        let mut ignored: Vec<_> = self.ignored.into_iter().chain(left).collect();
        ignored.sort_unstable();
        ignored.dedup();
        ignored
    }

    fn all(&mut self, name: &str) -> impl Iterator<Item = Param<'a>> {
        self.params.extract_if(.., move |param| param.name == name)
    }

    /// Decodes a string parameter.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the parameter is repeated.
    pub fn text(&mut self, name: &str) -> Result<Option<Text>> {
        let mut values = self.texts(name);
        if values.len() > 1 {
            let long_message = format!("{name} included multiple times. There should only be one.");
            let detail = param(codes::FORM_PARAM_DUPLICATE, name.to_owned(), "is duplicate");
            return Err(Error::rejected(ErrorKind::InvalidInput, [detail.with_long_message(long_message)]));
        }
        Ok(values.pop())
    }

    /// Decodes all values of a string parameter.
    pub fn texts(&mut self, name: &str) -> Vec<Text> {
        self.all(name).map(|param| Text::from(param.value)).collect()
    }

    fn list(&mut self, name: &str) -> Option<Vec<Text>> {
        let values = self.texts(name);
        (!values.is_empty()).then_some(values)
    }

    /// Decodes a parameter of any type that implements `FromStr`. For booleans, use [`boolean`](Self::boolean).
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the value cannot be parsed, or if the parameter is
    /// repeated.
    pub fn value<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        self.parsed(name, |text| text.parse().map_err(|_| invalid_value(name, text)))
    }

    /// Decodes an integer in a range.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the value is not an integer in the range, or if the
    /// parameter is repeated.
    pub fn integer(&mut self, name: &str, range: RangeInclusive<usize>) -> Result<Option<usize>> {
        let integer = |text: &str| {
            let integer = text.parse().ok().filter(|integer| range.contains(integer));
            integer.ok_or_else(|| outside_of_range(name, text, &format!("{} to {}", range.start(), range.end())))
        };
        self.parsed(name, integer)
    }

    /// Decodes a boolean in any format that Go's `strconv.ParseBool` accepts.
    ///
    /// Clerk's backend is written in Go, and clients in other languages send values such as `True` or `1`.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the value cannot be parsed, or if the parameter is
    /// repeated.
    pub fn boolean(&mut self, name: &str) -> Result<Option<bool>> {
        self.parsed(name, |text| match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
            _ => Err(not_allowed_value(name, text, &["true", "false"])),
        })
    }

    fn parsed<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T>) -> Result<Option<T>> {
        self.text(name)?.map(|text| parse(&text)).transpose()
    }

    fn time(&mut self, name: &str) -> Result<Option<Timestamp>> {
        self.parsed(name, |text| {
            let at = text.parse().ok().and_then(from_millisecond);
            at.ok_or_else(|| {
                let message = "Date values must be given in Unix millisecond timestamp format.";
                let detail = param(codes::FORM_PARAM_INVALID_DATE, name.to_owned(), message);
                Error::rejected(ErrorKind::InvalidInput, [detail.with_long_message(message)])
            })
        })
    }

    /// Reads values with a sign: a `-` excludes a value; a `+`, or no sign, includes it.
    fn selection<T: for<'t> TryFrom<&'t str>>(&mut self, name: &str) -> Selection<T> {
        let mut selection = Selection::default();
        for Param { value, has_plus, .. } in self.all(name) {
            let (excluded, value) = match value.strip_prefix('-') {
                Some(value) => (true, value),
                // A plus sign that was not escaped is decoded as a space. An escaped space belongs to the value.
                None if has_plus => (false, &value[1..]),
                None => (false, value.strip_prefix('+').unwrap_or(&value)),
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
    /// Malformed ids in filters are treated like unknown ids.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if any other value is malformed, if a single-valued
    /// parameter is repeated, or if only one of the parameters `provider` and `provider_user_id` is set.
    pub fn user_query(&mut self) -> Result<UserQuery> {
        let filter = self.user_filter()?;
        let page = self.page()?;
        let starting_after = self.parsed("starting_after", |id| {
            // No user has a malformed id.
            let missing = |_| Error::rejected(ErrorKind::InvalidInput, [resource_missing("starting_after")]);
            UserId::new(id).map_err(missing)
        })?;
        let order_by = self.parsed("order_by", order_by)?;
        Ok(UserQuery { filter, order_by, page, starting_after })
    }

    /// Decodes the query string of `GET /users/count`.
    ///
    /// Malformed ids in filters are treated like unknown ids.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if any other value is malformed, if a single-valued
    /// parameter is repeated, or if only one of the parameters `provider` and `provider_user_id` is set.
    pub fn user_filter(&mut self) -> Result<UserFilter> {
        Ok(UserFilter {
            email_addresses: self.list("email_address"),
            phone_numbers: self.list("phone_number"),
            usernames: self.list("username"),
            web3_wallets: self.list("web3_wallet"),
            external_ids: self.selection("external_id"),
            user_ids: self.selection("user_id"),
            organization_ids: self.selection("organization_id"),
            query: self.text("query")?,
            email_address_query: self.text("email_address_query")?,
            phone_number_query: self.text("phone_number_query")?,
            username_query: self.text("username_query")?,
            name_query: self.text("name_query")?,
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
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if a value cannot be parsed, or if a parameter is
    /// repeated.
    pub fn page(&mut self) -> Result<Page> {
        let mut integer = |name: &str, range: &str| {
            self.parsed(name, |text| text.parse().map_err(|_| outside_of_range(name, text, range)))
        };
        let limit: Option<u64> = integer("limit", &format!("1 to {MAX_LIMIT}"))?;
        let offset = integer("offset", &format!("0 to {}", u64::MAX))?;
        // A limit that does not fit in `u32` is saturated. Every directory rejects limits over the maximum.
        Ok(Page { limit: limit.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX)), offset })
    }

    /// Decodes the query string of `GET /users/{user_id}/organization_invitations`.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if a value cannot be parsed, if a parameter is
    /// repeated, or if Clerk's OpenAPI document does not list the status.
    pub fn invitation_query(&mut self) -> Result<InvitationQuery> {
        let status = self.parsed("status", invitation_status)?;
        Ok(InvitationQuery { status, page: self.page()? })
    }

    /// Decodes the query string of `GET /users/{user_id}/oauth_access_tokens/{provider}`.
    ///
    /// Returns the page, and whether the response must be paginated.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if a value cannot be parsed, or if a parameter is
    /// repeated.
    pub fn token_page(&mut self) -> Result<(Page, bool)> {
        Ok((self.page()?, self.boolean("paginated")?.unwrap_or(false)))
    }
}

fn invalid_value(name: &str, value: &str) -> Error {
    invalid(name, not_allowed(name, value))
}

/// Creates the error for a value that is not one of the allowed values.
fn not_allowed_value(name: &str, value: &str, allowed: &[&str]) -> Error {
    invalid(name, allowed_values(name, value, allowed))
}

fn invalid(name: &str, long_message: String) -> Error {
    let detail = param(codes::FORM_PARAM_VALUE_INVALID, name.to_owned(), "is invalid");
    Error::rejected(ErrorKind::InvalidInput, [detail.with_long_message(long_message)])
}

fn allowed_values(name: &str, value: &str, allowed: &[&str]) -> String {
    let allowed = allowed.join(", ");
    format!("{value} does not match the allowed values for parameter {name}. Allowed values: {allowed}")
}

fn outside_of_range(name: &str, value: &str, range: &str) -> Error {
    invalid(name, format!("{}. It must be {range}.", not_allowed(name, value)))
}

fn not_allowed(name: &str, value: &str) -> String {
    format!("{value} does not match one of the allowed values for parameter {name}")
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
    let long_message = allowed_values("status", text, &KNOWN.each_ref().map(InvitationStatus::as_str));
    let detail = param(codes::BAD_REQUEST, "status", "Bad request").with_long_message(long_message);
    Err(Error::rejected(ErrorKind::InvalidInput, [detail]))
}

/// Decodes `order_by`: a field name with an optional sign, `-` for descending or `+` (the default) for ascending.
fn order_by(text: &str) -> Result<OrderBy> {
    let (direction, name) = match text.strip_prefix('-') {
        Some(name) => (Direction::Descending, name),
        None => (Direction::Ascending, text.strip_prefix(['+', ' ']).unwrap_or(text)),
    };
    let field = OrderField::ALL.iter().find(|field| field.as_str() == name).copied();
    let not_allowed = || {
        let allowed: Vec<_> = OrderField::ALL.iter().map(|field| field.as_str()).collect();
        not_allowed_value("order_by", text, &allowed)
    };
    Ok(OrderBy { field: field.ok_or_else(not_allowed)?, direction })
}

#[cfg(test)]
mod tests;
