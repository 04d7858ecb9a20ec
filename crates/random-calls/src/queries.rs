//! Random queries.

use user_directory::model::{Direction, OAuthProvider, OrganizationId};
use user_directory::{OrderBy, OrderField, UserDirectory as _, UserFilter, UserQuery};

use crate::directories::Directories;
use crate::random::{
    EMAIL_ADDRESSES, EXTERNAL_IDS, ORGANIZATIONS, PHONE_NUMBERS, PROVIDER_USERS, PROVIDERS, QUERIES, Random, USERNAMES,
    WALLETS,
};

/// Returns a filter with a few random conditions.
pub(crate) fn random_filter(random: &mut Random<'_>) -> UserFilter {
    let mut filter = UserFilter::new();
    for _ in 0..random.below(4) {
        filter = match random.below(24) {
            0 => filter.email_addresses(random.texts(&EMAIL_ADDRESSES, 3)),
            1 => filter.phone_numbers(random.texts(&PHONE_NUMBERS, 2)),
            2 => filter.usernames(random.texts(&USERNAMES, 3)),
            3 => filter.web3_wallets(random.texts(&WALLETS, 2)),
            4 => filter.external_ids(random.texts(&EXTERNAL_IDS, 3)),
            5 => filter.exclude_external_ids(random.texts(&EXTERNAL_IDS, 3)),
            6 => filter.user_ids(random.user_ids(5)),
            7 => filter.exclude_user_ids(random.user_ids(5)),
            8 => filter.organization_ids(random.some(&ORGANIZATIONS, 2).into_iter().map(organization)),
            9 => filter.exclude_organization_ids(random.some(&ORGANIZATIONS, 2).into_iter().map(organization)),
            10..=12 => filter.query(random.text(&QUERIES)),
            13 => filter.email_address_query(random.text(&QUERIES)),
            14 => filter.phone_number_query(random.text(&QUERIES)),
            15 => filter.username_query(random.text(&QUERIES)),
            16 => filter.name_query(random.text(&QUERIES)),
            17 => filter.banned(random.bool()),
            18 => filter.created_at_before(random.time()),
            19 => filter.created_at_after(random.time()),
            20 if random.bool() => filter.last_sign_in_at_before(random.time()),
            20 => filter.last_sign_in_at_after(random.time()),
            21 if random.bool() => filter.last_active_at_before(random.time()),
            21 => filter.last_active_at_after(random.time()),
            22 => filter.last_active_at_since(random.time()),
            _ => {
                let provider: OAuthProvider = random.one(&PROVIDERS).parse().unwrap();
                filter.provider_users(provider, random.texts(&PROVIDER_USERS, 2))
            }
        };
    }
    filter
}

fn organization(id: &str) -> OrganizationId {
    id.parse().unwrap()
}

/// Returns a query with a random order and page.
pub(crate) fn random_query(random: &mut Random<'_>, filter: UserFilter) -> UserQuery {
    let query = UserQuery::from(filter).limit(1 + u32::try_from(random.below(8)).unwrap());
    if random.chance(30) {
        // Cursors are supported only for the order of creation, which is the default.
        return query.starting_after(random.user_id());
    }
    let query = query.offset(random.number(0..=3));
    if random.chance(20) {
        return query;
    }
    let direction = if random.bool() { Direction::Ascending } else { Direction::Descending };
    query.order_by(OrderBy { field: random.one(OrderField::ALL), direction })
}

/// Makes a random query, and compares the listed users and the number of matches.
pub async fn compare(directories: &Directories, random: &mut Random<'_>) {
    let filter = random_filter(random);
    directories.agree(&filter, async |directory| directory.count(&filter).await).await;
    let query = random_query(random, filter);
    directories.agree(&query, async |directory| directory.list(&query).await).await;
}
