//! Translates filters to conditions on the `search` table (alias `s`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use user_directory::store::{AccountFilter, Identifier, Position};
use user_directory::{Error, ErrorKind, Result, UserFilter};

use crate::driver::Dialect;
use crate::rows::{creation_order, identifier_value};
use crate::schema::Prefix;
use crate::sql::{Sql, to_int};

/// A list of conditions that are combined with AND.
pub(crate) struct Conditions<'a> {
    sql: &'a mut Sql,
    prefix: &'a Prefix,
    is_empty: bool,
}

impl<'a> Conditions<'a> {
    /// Creates an empty list. The first condition is preceded by ` WHERE `.
    pub(crate) fn new(sql: &'a mut Sql, prefix: &'a Prefix) -> Self {
        Self { sql, prefix, is_empty: true }
    }

    /// Appends the keyword that precedes the next condition.
    pub(crate) fn and(&mut self) -> &mut Sql {
        self.sql.push(if std::mem::take(&mut self.is_empty) { " WHERE " } else { " AND " });
        self.sql
    }

    /// Adds the conditions of a filter. The caller handles filters that match no users because of an empty list.
    pub(crate) fn filter(&mut self, filter: &AccountFilter, dialect: Dialect) {
        self.sets(filter);
        self.fields(filter);
        self.partial_matches(filter, dialect);
    }

    /// Adds the conditions on ids, identifiers and organizations.
    fn sets(&mut self, filter: &AccountFilter) {
        let selections = filter.filter();
        if let Some(ids) = filter.user_ids() {
            self.users(true, |sql| {
                sql.push("u.user_id IN ").bind_list(ids.iter().map(user_directory::UserId::as_str));
            });
        }
        if !selections.user_ids.exclude.is_empty() {
            self.users(false, |sql| {
                let ids = selections.user_ids.exclude.iter().map(user_directory::UserId::as_str);
                sql.push("u.user_id IN ").bind_list(ids);
            });
        }
        for identifiers in filter.identifiers() {
            self.identifiers(true, identifiers.iter());
        }
        let excluded: Vec<_> = filter.excluded_external_ids().collect();
        if !excluded.is_empty() {
            self.identifiers(false, excluded.iter());
        }
        let organizations = &selections.organization_ids;
        let lists = [(true, organizations.include.as_ref()), (false, Some(&organizations.exclude))];
        for (is_member, ids) in lists {
            let Some(ids) = ids.filter(|ids| is_member || !ids.is_empty()) else { continue };
            let select = self.prefix.apply("SELECT user_id FROM {p}memberships WHERE organization_id IN ");
            self.users(is_member, |sql| {
                sql.push("u.user_id IN (").push(&select);
                sql.bind_list(ids.iter().map(user_directory::model::OrganizationId::as_str)).push(")");
            });
        }
    }

    /// Restricts the matches to users that meet the condition, or to all other users if `included` is `false`.
    fn users(&mut self, included: bool, condition: impl FnOnce(&mut Sql)) {
        let select = self.prefix.apply("IN (SELECT u.sequence FROM {p}users u WHERE ");
        let sql = self.and();
        sql.push("s.sequence ").push(if included { "" } else { "NOT " }).push(&select);
        condition(sql);
        sql.push(")");
    }

    fn identifiers<'b>(&mut self, included: bool, identifiers: impl Iterator<Item = &'b Identifier<'b>>) {
        // The values are sorted, so that equal filters produce the same text.
        let mut values: BTreeMap<&str, Vec<Cow<'_, str>>> = BTreeMap::new();
        for identifier in identifiers {
            values.entry(identifier.kind().as_str()).or_default().push(identifier_value(identifier));
        }
        let select = self.prefix.apply("SELECT user_id FROM {p}identifiers WHERE ");
        self.users(included, |sql| {
            sql.push("u.user_id IN (");
            let mut is_first = true;
            for (kind, values) in &values {
                // There is a partial index for each value of `exclusive`.
                for rows in ["exclusive", "NOT exclusive"] {
                    sql.push(if std::mem::take(&mut is_first) { "" } else { " UNION ALL " }).push(&select);
                    sql.push(rows).push(" AND kind = ").bind(*kind).push(" AND value IN ");
                    sql.bind_list(values.iter().map(AsRef::as_ref));
                }
            }
            sql.push(")");
        });
    }

    fn fields(&mut self, filter: &AccountFilter) {
        let filter = filter.filter();
        if let Some(banned) = filter.banned {
            // This is part of the text and not a bound value, so that the partial index is used.
            self.and().push(if banned { "s.banned" } else { "NOT s.banned" });
        }
        if filter.created_at_before.is_some() {
            self.and().push("s.creation_order > ").bind(creation_order(Position::new(None, 0)));
        }
        let bounds = [
            ("s.creation_order < ", filter.created_at_before.map(ceil)),
            ("s.creation_order > ", filter.created_at_after.map(floor)),
            ("s.last_active_at < ", filter.last_active_at_before.map(ceil)),
            ("s.last_active_at > ", filter.last_active_at_after.map(floor)),
            ("s.last_active_at >= ", filter.last_active_at_since.map(ceil)),
            ("s.last_sign_in_at < ", filter.last_sign_in_at_before.map(ceil)),
            ("s.last_sign_in_at > ", filter.last_sign_in_at_after.map(floor)),
        ];
        for (comparison, bound) in bounds {
            if let Some(bound) = bound {
                self.and().push(comparison).bind(bound);
            }
        }
    }

    fn partial_matches(&mut self, filter: &AccountFilter, dialect: Dialect) {
        let matches = filter.partial_matches();
        let columns = [
            ("s.search_text", matches.query),
            ("s.email_address_text", matches.email_address),
            ("s.phone_number_text", matches.phone_number),
            // Unlike the other columns, this one does not end with a line feed. The values of partial matches contain
            // no line feeds.
            ("s.username", matches.username),
            ("s.name_text", matches.name),
        ];
        for (column, needle) in columns {
            let Some(needle) = needle else { continue };
            let sql = self.and();
            if needle.is_empty() {
                // Every text contains the empty text.
                sql.push(column).push(if column == "s.username" { " IS NOT NULL" } else { " <> ''" });
            } else {
                sql.push(dialect.position_function()).push("(").push(column).push(", ").bind(needle).push(") > 0");
            }
        }
    }
}

/// Returns an error if the filter uses a field that this crate does not support.
///
/// A later version of `user-directory` may have added the field.
pub(crate) fn check_supported(filter: &AccountFilter) -> Result<()> {
    let filter = filter.filter();
    let mut known = UserFilter::new();
    known.email_addresses.clone_from(&filter.email_addresses);
    known.phone_numbers.clone_from(&filter.phone_numbers);
    known.usernames.clone_from(&filter.usernames);
    known.web3_wallets.clone_from(&filter.web3_wallets);
    known.external_ids.clone_from(&filter.external_ids);
    known.user_ids.clone_from(&filter.user_ids);
    known.organization_ids.clone_from(&filter.organization_ids);
    known.query.clone_from(&filter.query);
    known.email_address_query.clone_from(&filter.email_address_query);
    known.phone_number_query.clone_from(&filter.phone_number_query);
    known.username_query.clone_from(&filter.username_query);
    known.name_query.clone_from(&filter.name_query);
    known.banned = filter.banned;
    known.last_active_at_before = filter.last_active_at_before;
    known.last_active_at_after = filter.last_active_at_after;
    known.last_active_at_since = filter.last_active_at_since;
    known.created_at_before = filter.created_at_before;
    known.created_at_after = filter.created_at_after;
    known.last_sign_in_at_before = filter.last_sign_in_at_before;
    known.last_sign_in_at_after = filter.last_sign_in_at_after;
    known.provider_users.clone_from(&filter.provider_users);
    if known == *filter {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported).with_message("the store does not support a field of the filter"))
}

/// Converts a time to milliseconds, rounded down.
///
/// Stored times have millisecond precision, so rounding a bound down does not change which stored times are later.
fn floor(at: Timestamp) -> i64 {
    to_int(at.as_nanosecond().div_euclid(1_000_000))
}

/// Converts a time to milliseconds, rounded up.
fn ceil(at: Timestamp) -> i64 {
    to_int(-(-at.as_nanosecond()).div_euclid(1_000_000))
}

/// Returns the values of partial matches that the trigram index can find.
///
/// These are the values with three or more characters. The search text of each matching user contains all of them.
pub(crate) fn indexed_needles(filter: &AccountFilter) -> Vec<&str> {
    needles(filter).filter(|needle| needle.chars().nth(2).is_some()).collect()
}

/// Returns `true` if the filter has partial matches.
pub(crate) fn has_partial_matches(filter: &AccountFilter) -> bool {
    needles(filter).next().is_some()
}

fn needles(filter: &AccountFilter) -> impl Iterator<Item = &str> {
    let matches = filter.partial_matches();
    let needles = [matches.query, matches.email_address, matches.phone_number, matches.username, matches.name];
    needles.into_iter().flatten()
}

/// Returns `true` if the filter selects users by id or identifier, and therefore matches few users.
pub(crate) fn names_users(filter: &AccountFilter) -> bool {
    filter.user_ids().is_some() || filter.identifiers().next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_rounded_to_the_precision_of_stored_times() {
        let at = |nanoseconds| Timestamp::from_nanosecond(nanoseconds).unwrap();
        for (nanoseconds, down, up) in [(0, 0, 0), (1, 0, 1), (1_000_000, 1, 1), (1_000_001, 1, 2), (-1, -1, 0)] {
            assert_eq!((floor(at(nanoseconds)), ceil(at(nanoseconds))), (down, up), "{nanoseconds}");
        }
        assert!(floor(Timestamp::MIN) < 0 && ceil(Timestamp::MAX) > 0);
    }

    #[test]
    fn needles_of_three_characters_are_indexed() {
        let filter = AccountFilter::new(&UserFilter::new().query("éèê").name_query("ab").username_query("ada"));
        assert_eq!(indexed_needles(&filter), ["éèê", "ada"]);
    }
}
