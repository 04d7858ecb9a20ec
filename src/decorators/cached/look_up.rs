//! [`LookUp`]: a list that asks for whoever has one identifier.

use crate::model::{Text, UserFilter, UserQuery};

/// Whoever has one identifier, and nothing else is asked for but a limit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LookUp {
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

impl LookUp {
    /// The look-up that this query is, if it is one.
    pub(super) fn of(query: &UserQuery) -> Option<Self> {
        let UserFilter { email_addresses, phone_numbers, usernames, external_ids, .. } = &query.filter;
        let values = [
            (Kind::EmailAddress, email_addresses),
            (Kind::PhoneNumber, phone_numbers),
            (Kind::Username, usernames),
            (Kind::ExternalId, &external_ids.include),
        ];
        let look_up = values.into_iter().find_map(|(kind, values)| match values.as_deref() {
            Some([value]) => Some(Self { kind, value: value.clone(), limit: query.page.limit }),
            _ => None,
        })?;
        // Every other part of the query has to be missing, also those that are still to be invented.
        (look_up.query() == *query).then_some(look_up)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{OrderBy, UserId};

    #[test]
    fn one_identifier_is_looked_up() {
        let filter = UserFilter::new;
        let filters = [
            filter().email_address("a"),
            filter().phone_number("a"),
            filter().username("a"),
            filter().external_id("a"),
        ];
        let look_ups = filters.map(|filter| LookUp::of(&filter.into()).unwrap());
        for (index, look_up) in look_ups.iter().enumerate() {
            assert_eq!(look_ups.iter().position(|other| other == look_up), Some(index), "the kind counts");
        }
        let limited = |limit| LookUp::of(&UserQuery::from(filter().username("a")).limit(limit)).unwrap();
        assert_ne!(limited(1), limited(2));
        assert_ne!(Some(limited(1)), LookUp::of(&UserQuery::from(filter().username("b")).limit(1)));
    }

    #[test]
    fn what_asks_for_more_is_none() {
        let ada = || UserFilter::new().username("ada.lovelace");
        let none: Vec<String> = vec![];
        for query in [
            UserQuery::new(),
            UserFilter::new().query("ada").into(),
            ada().username("grace.hopper").into(),
            ada().email_address("ada@example.com").into(),
            ada().banned(false).into(),
            ada().exclude_external_ids(["7"]).into(),
            UserFilter::new().usernames(none).into(),
            UserQuery::from(ada()).offset(1),
            UserQuery::from(ada()).order_by(OrderBy::default()),
            UserQuery::from(ada()).starting_after(UserId::new("user_1").unwrap()),
        ] {
            assert_eq!(LookUp::of(&query), None, "{query:?}");
        }
    }
}
