//! Tests for the filters of `list` and `count`.
//!
//! In these tests, *identifier filters* are the filters by email address, phone number, username and wallet.

use jiff::{SignedDuration, Timestamp};

use super::at;
use super::check::{Outcome, ensure_eq};
use super::context::{Context, GOOGLE, lookup, provider};
use super::fixture::Resource;
use crate::model::{
    ExternalAccount, Organization, OrganizationId, OrganizationMembership, User, UserFilter, UserId, UserQuery,
    UserUpdate,
};

behaviors! {
    List: list_filters_by_email_address, list_filters_by_phone_number, list_filters_by_username,
        list_filters_by_web3_wallet, list_filters_by_external_id, list_filters_by_user_id,
        list_filters_by_secondary_email_address, list_ignores_filter_values_without_match,
        list_returns_user_once_for_several_matching_values, list_combines_identifier_filters_with_or,
        list_combines_identifiers_and_user_ids_with_and, list_combines_identifiers_and_external_ids_with_and,
        list_combines_identifiers_and_queries_with_and, list_combines_identifiers_and_banned_with_and,
        list_combines_external_ids_and_user_ids_with_and, list_excludes_user_ids, list_excludes_external_ids,
        list_prefers_exclusion_over_inclusion, list_filters_by_banned, list_filters_by_created_at_with_exclusive_bounds,
        list_filters_by_organization_id, list_excludes_organization_ids, list_filters_by_provider_user_id,
        list_filters_by_last_active_at_with_exclusive_bounds, list_filters_by_last_sign_in_at_with_exclusive_bounds,
        list_filters_by_last_active_at_since, list_returns_no_users_for_empty_filter_list,
        list_ignores_empty_identifier_list_beside_another, list_accepts_100_filter_values,
        list_filters_by_updated_value;
    Count: count_returns_number_of_users_beyond_one_page, count_returns_zero_for_empty_filter_list;
}

fn filter() -> UserFilter {
    UserFilter::new()
}

/// Checks that `list` returns the users who have one of the given email addresses.
pub async fn list_filters_by_email_address(context: &Context<'_>) -> Outcome {
    let [a, b] = [context.email_address(), context.email_address()];
    let ada = context.seed_user(context.new_user_with_email_address(&a)).await?;
    let grace = context.seed_user(context.new_user_with_email_address(&b)).await?;
    context.user().await?;
    context.expect(filter().email_address(&a), &[&ada]).await?;
    context.expect(filter().email_addresses([&a, &b]), &[&ada, &grace]).await
}

/// Checks that `list` returns the users who have one of the given phone numbers.
pub async fn list_filters_by_phone_number(context: &Context<'_>) -> Outcome {
    let [a, b] = [context.phone_number(), context.phone_number()];
    let ada = context.seed_user(context.new_user_with_phone_number(&a)).await?;
    let grace = context.seed_user(context.new_user_with_phone_number(&b)).await?;
    context.seed_user(context.new_user_with_phone_number(context.phone_number())).await?;
    context.expect(filter().phone_number(&a), &[&ada]).await?;
    context.expect(filter().phone_numbers([&a, &b]), &[&ada, &grace]).await
}

/// Checks that `list` returns the users who have one of the given usernames.
pub async fn list_filters_by_username(context: &Context<'_>) -> Outcome {
    let [a, b] = [context.word(), context.word()];
    let ada = context.seed_user(context.new_user().username(&a)).await?;
    let grace = context.seed_user(context.new_user().username(&b)).await?;
    context.seed_user(context.new_user().username(context.word())).await?;
    context.expect(filter().username(&a), &[&ada]).await?;
    context.expect(filter().usernames([&a, &b]), &[&ada, &grace]).await
}

/// Checks that `list` returns the users who have one of the given wallets.
pub async fn list_filters_by_web3_wallet(context: &Context<'_>) -> Outcome {
    let [a, b] = [context.web3_wallet(), context.web3_wallet()];
    let ada = context.seed_user(context.new_user_with_web3_wallet(&a)).await?;
    let grace = context.seed_user(context.new_user_with_web3_wallet(&b)).await?;
    context.seed_user(context.new_user_with_web3_wallet(context.web3_wallet())).await?;
    context.expect(filter().web3_wallet(&a), &[&ada]).await?;
    context.expect(filter().web3_wallets([&a, &b]), &[&ada, &grace]).await
}

/// Checks that `list` returns the users who have one of the given external ids.
pub async fn list_filters_by_external_id(context: &Context<'_>) -> Outcome {
    let [a, b] = [context.word(), context.word()];
    let ada = context.seed_user(context.new_user().external_id(&a)).await?;
    let grace = context.seed_user(context.new_user().external_id(&b)).await?;
    context.seed_user(context.new_user().external_id(context.word())).await?;
    context.expect(filter().external_id(&a), &[&ada]).await?;
    context.expect(filter().external_ids([&a, &b]), &[&ada, &grace]).await
}

/// Checks that `list` returns the users whose id is one of the given ids.
pub async fn list_filters_by_user_id(context: &Context<'_>) -> Outcome {
    let [ada, grace, _] = context.users().await?;
    context.expect(filter().user_id(&ada.id), &[&ada]).await?;
    context.expect(filter().user_ids([&ada.id, &grace.id]), &[&ada, &grace]).await
}

/// Checks that `list` finds a user by a secondary email address.
pub async fn list_filters_by_secondary_email_address(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let ada = context.seed_user(context.new_user().email_address(&email)).await?;
    context.expect(filter().email_address(&email), &[&ada]).await
}

/// Checks that `list` ignores filter values that no user has, and returns no users if none match.
pub async fn list_ignores_filter_values_without_match(context: &Context<'_>) -> Outcome {
    let new = context.new_user();
    let unknown = lookup(filter(), &context.new_user())?;
    let both = lookup(unknown.clone(), &new)?;
    let ada = context.seed_user(new).await?;
    context.expect(unknown, &[]).await?;
    context.expect(filter().external_id(context.word()), &[]).await?;
    context.expect(filter().user_id(context.unknown_user()), &[]).await?;
    context.expect(both, &[&ada]).await
}

/// Checks that `list` returns a user only once, even if multiple filter values match.
pub async fn list_returns_user_once_for_several_matching_values(context: &Context<'_>) -> Outcome {
    let [a, b] = [context.email_address(), context.email_address()];
    let ada = context.seed_user(context.new_user_with_email_address(&a).email_address(&b)).await?;
    context.expect(filter().email_addresses([&a, &a, &b]), &[&ada]).await?;
    context.expect(filter().user_ids([&ada.id, &ada.id]), &[&ada]).await
}

/// Checks that `list` returns the users who match any of the identifier filters.
///
/// These are the filters by email address, phone number, username and wallet.
pub async fn list_combines_identifier_filters_with_or(context: &Context<'_>) -> Outcome {
    let (email, phone) = (context.email_address(), context.phone_number());
    let (name, wallet) = (context.word(), context.web3_wallet());
    let ada = context.seed_user(context.new_user_with_email_address(&email)).await?;
    let grace = context.seed_user(context.new_user_with_phone_number(&phone)).await?;
    let linus = context.seed_user(context.new_user().username(&name)).await?;
    let alan = context.seed_user(context.new_user_with_web3_wallet(&wallet)).await?;
    context.expect(filter().email_address(&email).phone_number(&phone), &[&ada, &grace]).await?;
    let all = filter().email_address(&email).phone_number(&phone).username(&name).web3_wallet(&wallet);
    context.expect(all, &[&ada, &grace, &linus, &alan]).await
}

/// Creates two users, and returns a filter that finds both by their identifiers.
async fn two(context: &Context<'_>) -> Outcome<(User, User, UserFilter)> {
    let new = || context.new_user().external_id(context.word()).first_name(context.word());
    let [ada, grace] = [new(), new()];
    let both = lookup(lookup(filter(), &ada)?, &grace)?;
    Ok((context.seed_user(ada).await?, context.seed_user(grace).await?, both))
}

/// Checks that `list` returns only users who match the identifier filters and the user id filter.
pub async fn list_combines_identifiers_and_user_ids_with_and(context: &Context<'_>) -> Outcome {
    let (ada, grace, both) = two(context).await?;
    let other = context.user().await?;
    context.expect(both.clone().user_ids([&grace.id, &other.id]), &[&grace]).await?;
    context.expect(both.clone().user_id(&other.id), &[]).await?;
    context.expect(both.user_ids([&ada.id, &grace.id]), &[&ada, &grace]).await
}

/// Checks that `list` returns only users who match the identifier filters and the external id filter.
pub async fn list_combines_identifiers_and_external_ids_with_and(context: &Context<'_>) -> Outcome {
    let (ada, _, both) = two(context).await?;
    let external_id = ada.external_id.clone().unwrap_or_default();
    context.expect(both.clone().external_id(external_id), &[&ada]).await?;
    context.expect(both.external_id(context.word()), &[]).await
}

/// Checks that `list` returns only users who match the identifier filters and all text queries.
pub async fn list_combines_identifiers_and_queries_with_and(context: &Context<'_>) -> Outcome {
    let (ada, grace, both) = two(context).await?;
    let name = |user: &User| user.first_name.clone().unwrap_or_default();
    context.expect(both.clone().query(name(&ada)), &[&ada]).await?;
    context.expect(both.clone().name_query(name(&grace)), &[&grace]).await?;
    context.expect(both.query(name(&ada)).name_query(name(&grace)), &[]).await
}

/// Checks that `list` returns only users who match the identifier filters and the `banned` filter.
pub async fn list_combines_identifiers_and_banned_with_and(context: &Context<'_>) -> Outcome {
    let (ada, grace, both) = two(context).await?;
    context.directory().ban(&grace.id).await?;
    context.expect(both.clone().banned(true), &[&grace]).await?;
    context.expect(both.banned(false), &[&ada]).await
}

/// Checks that `list` returns only users who match the external id filter and the user id filter.
pub async fn list_combines_external_ids_and_user_ids_with_and(context: &Context<'_>) -> Outcome {
    let (ada, grace, _) = two(context).await?;
    let external_id = || ada.external_id.clone().unwrap_or_default();
    context.expect(filter().external_id(external_id()).user_id(&ada.id), &[&ada]).await?;
    context.expect(filter().external_id(external_id()).user_id(&grace.id), &[]).await
}

/// Checks that `list` omits users whose ids are excluded.
pub async fn list_excludes_user_ids(context: &Context<'_>) -> Outcome {
    let (ada, grace, both) = two(context).await?;
    context.expect_listed(both.clone().exclude_user_ids([&ada.id]), &[&grace]).await?;
    context.expect_listed(both.clone().exclude_user_ids([&ada.id, &grace.id]), &[]).await?;
    context.expect_listed(both.exclude_user_ids([] as [UserId; 0]), &[&ada, &grace]).await
}

/// Checks that `list` omits users with excluded external ids, but not users without an external id.
pub async fn list_excludes_external_ids(context: &Context<'_>) -> Outcome {
    let (ada, grace, _) = two(context).await?;
    let linus = context.user().await?;
    let excluded = ada.external_id.clone().unwrap_or_default();
    let all = filter().user_ids([&ada.id, &grace.id, &linus.id]);
    context.expect_listed(all.exclude_external_ids([excluded]), &[&grace, &linus]).await
}

/// Checks that `list` omits a user whose id is both included and excluded.
pub async fn list_prefers_exclusion_over_inclusion(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let both = filter().user_ids([&ada.id, &grace.id]);
    context.expect_listed(both.exclude_user_ids([&grace.id]), &[&ada]).await
}

/// Checks that `list` returns only banned users or only users who are not banned, as requested.
pub async fn list_filters_by_banned(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let both = filter().user_ids([&ada.id, &grace.id]);
    context.directory().ban(&ada.id).await?;
    context.expect(both.clone().banned(true), &[&ada]).await?;
    context.expect(both.clone().banned(false), &[&grace]).await?;
    context.directory().unban(&ada.id).await?;
    context.expect(both.banned(true), &[]).await
}

const FIRST: &str = "2010-01-01T00:00:00Z";
const SECOND: &str = "2010-01-02T00:00:00Z";
const THIRD: &str = "2010-01-03T00:00:00Z";

/// Checks that `list` treats both bounds of `created_at` as exclusive.
pub async fn list_filters_by_created_at_with_exclusive_bounds(context: &Context<'_>) -> Outcome {
    let ada = context.seed_user(context.new_user().created_at(at(FIRST))).await?;
    let grace = context.seed_user(context.new_user().created_at(at(SECOND))).await?;
    let linus = context.seed_user(context.new_user().created_at(at(THIRD))).await?;
    let all = || filter().user_ids([&ada.id, &grace.id, &linus.id]);
    context.expect(all().created_at_before(at(SECOND)), &[&ada]).await?;
    context.expect(all().created_at_after(at(SECOND)), &[&linus]).await?;
    context.expect(all().created_at_after(at(FIRST)).created_at_before(at(THIRD)), &[&grace]).await?;
    let later = at(SECOND) + SignedDuration::from_millis(1);
    context.expect(all().created_at_before(later), &[&ada, &grace]).await
}

async fn join(context: &Context<'_>, user: &User, organization: &OrganizationId) -> Outcome {
    let organization = Organization::new(organization.clone(), "Acme");
    let membership = OrganizationMembership::new(context.id("orgmem"), organization, "org:member");
    context.seed(&user.id, Resource::OrganizationMembership(Box::new(membership))).await
}

/// Checks that `list` returns users who are members of at least one of the given organizations.
pub async fn list_filters_by_organization_id(context: &Context<'_>) -> Outcome {
    let [ada, grace, _] = context.users().await?;
    let [a, b] = [context.id("org"), context.id("org")];
    join(context, &ada, &a).await?;
    join(context, &grace, &b).await?;
    context.expect(filter().organization_id(&a), &[&ada]).await?;
    context.expect(filter().organization_ids([&a, &b]), &[&ada, &grace]).await?;
    context.expect(filter().organization_id(context.id::<OrganizationId>("org")), &[]).await
}

/// Checks that `list` omits the members of excluded organizations.
pub async fn list_excludes_organization_ids(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let organization = context.id("org");
    join(context, &ada, &organization).await?;
    let both = filter().user_ids([&ada.id, &grace.id]);
    context.expect_listed(both.exclude_organization_ids([&organization]), &[&grace]).await
}

/// Checks that `list` finds users by the provider user ids of their external accounts.
pub async fn list_filters_by_provider_user_id(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let [a, b] = [context.word(), context.word()];
    for (user, id) in [(&ada, &a), (&grace, &b)] {
        let mut account = ExternalAccount::new(context.id("eac"), GOOGLE);
        account.provider_user_id = id.into();
        context.seed(&user.id, Resource::ExternalAccount(Box::new(account))).await?;
    }
    context.expect(filter().provider_users(provider(GOOGLE), [&a]), &[&ada]).await?;
    context.expect(filter().provider_users(provider(GOOGLE), [&a, &b]), &[&ada, &grace]).await?;
    context.expect(filter().provider_users(provider("oauth_github"), [&a]), &[]).await?;
    context.expect(filter().provider_users(provider(GOOGLE), [&a]).user_id(&grace.id), &[]).await
}

/// Creates a user who signed in at [`FIRST`], one who signed in at [`SECOND`], and one who never signed in.
async fn signed_in(context: &Context<'_>) -> Outcome<([User; 3], UserFilter)> {
    let users: [User; 3] = context.users().await?;
    for (user, time) in users.iter().zip([FIRST, SECOND]) {
        context.seed(&user.id, Resource::SignIn(at(time))).await?;
    }
    let all = filter().user_ids(users.iter().map(|user| &user.id));
    Ok((users, all))
}

/// Checks that `list` treats both bounds of `last_active_at` as exclusive.
pub async fn list_filters_by_last_active_at_with_exclusive_bounds(context: &Context<'_>) -> Outcome {
    let ([ada, grace, _], all) = signed_in(context).await?;
    let (first, second): (Timestamp, Timestamp) = (at(FIRST), at(SECOND));
    context.expect(all.clone().last_active_at_before(second), &[&ada]).await?;
    context.expect(all.clone().last_active_at_after(first), &[&grace]).await?;
    context.expect(all.last_active_at_after(first).last_active_at_before(second), &[]).await
}

/// Checks that `list` treats both bounds of `last_sign_in_at` as exclusive.
pub async fn list_filters_by_last_sign_in_at_with_exclusive_bounds(context: &Context<'_>) -> Outcome {
    let ([ada, grace, _], all) = signed_in(context).await?;
    let (first, second): (Timestamp, Timestamp) = (at(FIRST), at(SECOND));
    context.expect(all.clone().last_sign_in_at_before(second), &[&ada]).await?;
    context.expect(all.clone().last_sign_in_at_after(first), &[&grace]).await?;
    context.expect(all.last_sign_in_at_after(first).last_sign_in_at_before(second), &[]).await
}

/// Checks that `list` returns only users who have been active since `last_active_at_since`.
pub async fn list_filters_by_last_active_at_since(context: &Context<'_>) -> Outcome {
    let ([_, grace, _], all) = signed_in(context).await?;
    let between: Timestamp = at("2010-01-01T12:00:00Z");
    context.expect(all.clone().last_active_at_since(between), &[&grace]).await?;
    context.expect(all.last_active_at_since(at(THIRD)), &[]).await
}

/// Returns filters that each contain a single, empty list.
fn empty_lists() -> Vec<UserFilter> {
    const NONE: [&str; 0] = [];
    vec![
        filter().email_addresses(NONE),
        filter().phone_numbers(NONE),
        filter().usernames(NONE),
        filter().web3_wallets(NONE),
        filter().external_ids(NONE),
        filter().user_ids([] as [UserId; 0]),
        filter().organization_ids([] as [OrganizationId; 0]),
        filter().provider_users(provider(GOOGLE), NONE),
    ]
}

/// Checks that `list` returns no users for a filter with an empty list.
pub async fn list_returns_no_users_for_empty_filter_list(context: &Context<'_>) -> Outcome {
    context.user().await?;
    for filter in empty_lists() {
        context.expect_listed(filter, &[]).await?;
    }
    Ok(())
}

/// Checks that `count` returns zero for a filter with an empty list.
pub async fn count_returns_zero_for_empty_filter_list(context: &Context<'_>) -> Outcome {
    context.user().await?;
    for filter in empty_lists() {
        ensure_eq!(context.directory().count(&filter).await?, 0, "the count of {filter:?}");
    }
    Ok(())
}

/// Checks that `list` ignores an empty identifier filter if another identifier filter has values.
pub async fn list_ignores_empty_identifier_list_beside_another(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let ada = context.seed_user(context.new_user_with_email_address(&email)).await?;
    context.expect(filter().usernames([] as [&str; 0]).email_address(&email), &[&ada]).await
}

/// Checks that `list` accepts 100 values in one filter.
pub async fn list_accepts_100_filter_values(context: &Context<'_>) -> Outcome {
    let new = context.new_user();
    let mut values = lookup(filter(), &new)?;
    for _ in 0..99 {
        values = lookup(values, &context.new_user())?;
    }
    let ada = context.seed_user(new).await?;
    context.expect(values, &[&ada]).await
}

/// Checks that `list` finds an updated user by the new value, but not by the old value.
pub async fn list_filters_by_updated_value(context: &Context<'_>) -> Outcome {
    let [old, new] = [context.word(), context.word()];
    let ada = context.seed_user(context.new_user().external_id(&old)).await?;
    context.directory().update(&ada.id, &UserUpdate::new().external_id(&new)).await?;
    context.expect(filter().external_id(&old), &[]).await?;
    context.expect(filter().external_id(&new), &[&ada]).await
}

/// Checks that `count` returns the number of matching users, even if it exceeds the page size.
pub async fn count_returns_number_of_users_beyond_one_page(context: &Context<'_>) -> Outcome {
    let users: [User; 12] = context.users().await?;
    let all = filter().user_ids(users.iter().map(|user| &user.id));
    ensure_eq!(context.directory().count(&all).await?, 12, "the count");
    ensure_eq!(context.directory().list(&UserQuery::from(all)).await?.len(), 10, "the users on a page");
    Ok(())
}
