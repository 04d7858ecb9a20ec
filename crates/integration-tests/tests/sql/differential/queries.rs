//! Random queries.

use fastrand::Rng;
use user_directory::model::{Direction, OAuthProvider, OrganizationId};
use user_directory::{OrderBy, OrderField, UserFilter, UserQuery};

use super::random::{
    Choose as _, EMAIL_ADDRESSES, EXTERNAL_IDS, ORGANIZATIONS, PHONE_NUMBERS, PROVIDER_USERS, PROVIDERS, QUERIES,
    USERNAMES, WALLETS,
};

/// Returns a filter with a few conditions.
pub(super) fn random_filter(random: &mut Rng) -> UserFilter {
    let mut filter = UserFilter::new();
    for _ in 0..random.u8(..4) {
        filter = match random.u8(..24) {
            0 => filter.email_addresses(random.some(&EMAIL_ADDRESSES, 3)),
            1 => filter.phone_numbers(random.some(&PHONE_NUMBERS, 2)),
            2 => filter.usernames(random.some(&USERNAMES, 3)),
            3 => filter.web3_wallets(random.some(&WALLETS, 2)),
            4 => filter.external_ids(random.some(&EXTERNAL_IDS, 3)),
            5 => filter.exclude_external_ids(random.some(&EXTERNAL_IDS, 3)),
            6 => filter.user_ids(random.user_ids(5)),
            7 => filter.exclude_user_ids(random.user_ids(5)),
            8 => filter.organization_ids(random.some(&ORGANIZATIONS, 2).into_iter().map(organization)),
            9 => filter.exclude_organization_ids(random.some(&ORGANIZATIONS, 2).into_iter().map(organization)),
            10..=12 => filter.query(random.one(&QUERIES)),
            13 => filter.email_address_query(random.one(&QUERIES)),
            14 => filter.phone_number_query(random.one(&QUERIES)),
            15 => filter.username_query(random.one(&QUERIES)),
            16 => filter.name_query(random.one(&QUERIES)),
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
                filter.provider_users(provider, random.some(&PROVIDER_USERS, 2))
            }
        };
    }
    filter
}

fn organization(id: &str) -> OrganizationId {
    id.parse().unwrap()
}

/// Returns a query with an order and a page.
pub(super) fn random_query(random: &mut Rng, filter: UserFilter) -> UserQuery {
    let query = UserQuery::from(filter).limit(random.u32(1..9));
    if random.chance(30) {
        // Cursors require the order of creation, which is the default.
        return query.starting_after(random.user_id());
    }
    let query = query.offset(random.u64(..4));
    if random.chance(20) {
        return query;
    }
    let direction = if random.bool() { Direction::Ascending } else { Direction::Descending };
    query.order_by(OrderBy { field: random.one(OrderField::ALL), direction })
}
