//! [`Lookup`]: a list query by one identifier.

use crate::fold::fold;
use crate::model::{Text, User, UserFilter, UserQuery};

/// A query for the users with a given identifier. It can have a limit, but no other parameters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Lookup {
    kind: Kind,
    value: Text,
    limit: Option<u32>,
}

/// The kind and the case-folded value of an identifier. The value is folded because some lookups ignore case.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct LookupValue {
    kind: Kind,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    EmailAddress,
    PhoneNumber,
    Username,
    ExternalId,
}

impl Lookup {
    /// Returns `query` as a lookup, or `None` if it is not a lookup.
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
        // A query with any other field, even one that is added later, is not a lookup.
        (lookup.query() == *query).then_some(lookup)
    }

    /// Returns the identifier in case-folded form.
    pub(super) fn value(&self) -> LookupValue {
        LookupValue::new(self.kind, &self.value)
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

impl LookupValue {
    fn new(kind: Kind, value: &str) -> Self {
        Self { kind, value: fold(value) }
    }

    #[cfg(feature = "webhooks")]
    pub(super) fn external_id(value: &str) -> Self {
        Self::new(Kind::ExternalId, value)
    }

    /// Returns the identifiers by which lookups can find a user.
    pub(super) fn of(user: &User) -> impl Iterator<Item = Self> {
        let emails = user.email_addresses.iter().map(|email| (Kind::EmailAddress, &email.email_address));
        let phones = user.phone_numbers.iter().map(|phone| (Kind::PhoneNumber, &phone.phone_number));
        let username = user.username.iter().map(|username| (Kind::Username, username));
        let external_id = user.external_id.iter().map(|external_id| (Kind::ExternalId, external_id));
        let all = emails.chain(phones).chain(username).chain(external_id);
        all.map(|(kind, value)| Self::new(kind, value))
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
