//! [`Lookup`]: a list query for one identifier.

use std::hash::{Hash, Hasher};

#[cfg(feature = "webhooks")]
use crate::model::User;
use crate::model::{Text, UserFilter, UserQuery};

/// A query for the users with one identifier, with any limit and no other condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Lookup {
    kind: Kind,
    value: Text,
    limit: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    EmailAddress,
    PhoneNumber,
    Username,
    ExternalId,
}

impl Lookup {
    /// Returns the lookup that is equivalent to `query`, if there is one.
    pub(super) fn of(query: &UserQuery) -> Option<Self> {
        let UserFilter { email_addresses, phone_numbers, usernames, external_ids, .. } = &query.filter;
        let values = [
            (Kind::EmailAddress, email_addresses),
            (Kind::PhoneNumber, phone_numbers),
            (Kind::Username, usernames),
            (Kind::ExternalId, &external_ids.include),
        ];
        let lookup = values.into_iter().find_map(|(kind, values)| match values.as_deref() {
            Some([value]) => Some(Self { kind, value: value.clone(), limit: query.page.limit }),
            _ => None,
        })?;
        // Comparing whole queries also excludes fields that are added later.
        (lookup.query() == *query).then_some(lookup)
    }

    pub(super) fn identifier(&self) -> Identifier<'_> {
        Identifier { kind: self.kind, value: &self.value }
    }

    fn query(&self) -> UserQuery {
        let (filter, value) = (UserFilter::new(), self.value.clone());
        let mut query = UserQuery::from(match self.kind {
            Kind::EmailAddress => filter.email_address(value),
            Kind::PhoneNumber => filter.phone_number(value),
            Kind::Username => filter.username(value),
            Kind::ExternalId => filter.external_id(value),
        });
        query.page.limit = self.limit;
        query
    }
}

/// An identifier of a user, or the identifier in a lookup.
///
/// Identifiers that a directory may treat as equal have the same hash: only letters and digits are hashed, without
/// their case.
pub(super) struct Identifier<'a> {
    kind: Kind,
    value: &'a str,
}

impl Hash for Identifier<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
        let characters = self.value.chars().filter(|character| character.is_alphanumeric());
        characters.flat_map(char::to_lowercase).for_each(|character| character.hash(state));
    }
}

#[cfg(feature = "webhooks")]
impl<'a> Identifier<'a> {
    /// Returns the identifiers of a user that a lookup can have.
    pub(super) fn all_of(user: &'a User) -> impl Iterator<Item = Self> {
        let emails = user.email_addresses.iter().map(|email| (Kind::EmailAddress, &email.email_address));
        let phones = user.phone_numbers.iter().map(|phone| (Kind::PhoneNumber, &phone.phone_number));
        let username = user.username.iter().map(|username| (Kind::Username, username));
        let external_id = user.external_id.iter().map(|external_id| (Kind::ExternalId, external_id));
        let all = emails.chain(phones).chain(username).chain(external_id);
        all.map(|(kind, value)| Self { kind, value })
    }

    pub(super) fn external_id(value: &'a str) -> Self {
        Self { kind: Kind::ExternalId, value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{OrderBy, UserId};

    #[test]
    fn query_for_one_identifier_is_a_lookup() {
        let filter = UserFilter::new;
        let filters = [
            filter().email_address("a"),
            filter().phone_number("a"),
            filter().username("a"),
            filter().external_id("a"),
        ];
        let lookups = filters.map(|filter| Lookup::of(&filter.into()).unwrap());
        for (index, lookup) in lookups.iter().enumerate() {
            assert_eq!(
                lookups.iter().position(|other| other == lookup),
                Some(index),
                "kinds of identifiers must differ"
            );
        }
        let limited = |limit| Lookup::of(&UserQuery::from(filter().username("a")).limit(limit)).unwrap();
        assert_ne!(limited(1), limited(2));
        assert_ne!(Some(limited(1)), Lookup::of(&UserQuery::from(filter().username("b")).limit(1)));
    }

    #[test]
    fn query_with_another_condition_is_not_a_lookup() {
        let ada = || UserFilter::new().username("ada_lovelace");
        let none: Vec<String> = vec![];
        for query in [
            UserQuery::new(),
            UserFilter::new().query("ada").into(),
            ada().username("grace_hopper").into(),
            ada().email_address("ada@example.com").into(),
            ada().banned(false).into(),
            ada().exclude_external_ids(["7"]).into(),
            UserFilter::new().usernames(none).into(),
            UserQuery::from(ada()).offset(1),
            UserQuery::from(ada()).order_by(OrderBy::default()),
            UserQuery::from(ada()).starting_after(UserId::new("user_1").unwrap()),
        ] {
            assert_eq!(Lookup::of(&query), None, "{query:?}");
        }
    }
}
