//! Which users a filter finds, in a list and in a count.

use jiff::{SignedDuration, Timestamp};

use super::at;
use super::check::{Outcome, ensure_eq};
use super::context::{Context, GOOGLE, provider};
use super::fixture::Belonging;
use crate::model::{
    ExternalAccount, NewUser, Organization, OrganizationId, OrganizationMembership, User, UserFilter,
    UserId, UserQuery, UserUpdate,
};

behaviours! {
    List: email_addresses_find_their_owners, phone_numbers_find_their_owners, user_names_find_their_owners,
        wallets_find_their_owners, external_ids_find_their_owners, user_ids_find_their_users,
        other_email_addresses_than_the_primary_one_find_their_owners, values_of_nobody_are_passed_over,
        a_value_that_is_named_twice_finds_its_owner_once, identifier_filters_widen_each_other,
        user_ids_narrow_identifiers, external_ids_narrow_identifiers, queries_narrow_identifiers,
        bans_narrow_identifiers, user_ids_narrow_external_ids, excluded_user_ids_are_left_out,
        excluded_external_ids_are_left_out, what_is_excluded_is_left_out_even_if_it_is_included,
        banned_finds_those_who_are_or_are_not, the_bounds_of_creation_are_exclusive,
        organizations_find_their_members, excluded_organizations_leave_their_members_out,
        accounts_at_a_provider_find_their_owners, the_bounds_of_the_last_activity_are_exclusive,
        the_bounds_of_the_last_sign_in_are_exclusive, activity_since_a_time_is_found,
        an_empty_list_matches_nobody, an_empty_list_beside_another_identifier_does_not_narrow,
        a_filter_takes_100_values, what_was_changed_is_found_by_the_new_value;
    Count: a_count_is_of_users_not_of_matches, an_empty_list_counts_nobody;
}

fn filter() -> UserFilter {
    UserFilter::new()
}

/// Each of the values finds the user who has it, and a third user is not found.
pub async fn email_addresses_find_their_owners(context: &Context<'_>) -> Outcome {
    let [a, b] = [context.email_address(), context.email_address()];
    let ada = context.create(NewUser::new().email_address(&a)).await?;
    let grace = context.create(NewUser::new().email_address(&b)).await?;
    context.user().await?;
    context.expect(filter().email_address(&a), &[&ada]).await?;
    context.expect(filter().email_addresses([&a, &b]), &[&ada, &grace]).await
}

/// Each of the values finds the user who has it, and a third user is not found.
pub async fn phone_numbers_find_their_owners(context: &Context<'_>) -> Outcome {
    let [a, b] = [context.phone_number(), context.phone_number()];
    let ada = context.create(context.new_user().phone_number(&a)).await?;
    let grace = context.create(context.new_user().phone_number(&b)).await?;
    context.create(context.new_user().phone_number(context.phone_number())).await?;
    context.expect(filter().phone_number(&a), &[&ada]).await?;
    context.expect(filter().phone_numbers([&a, &b]), &[&ada, &grace]).await
}

/// Each of the values finds the user who has it, and a third user is not found.
pub async fn user_names_find_their_owners(context: &Context<'_>) -> Outcome {
    let [a, b] = [context.word(), context.word()];
    let ada = context.create(context.new_user().username(&a)).await?;
    let grace = context.create(context.new_user().username(&b)).await?;
    context.create(context.new_user().username(context.word())).await?;
    context.expect(filter().username(&a), &[&ada]).await?;
    context.expect(filter().usernames([&a, &b]), &[&ada, &grace]).await
}

/// Each of the values finds the user who has it, and a third user is not found.
pub async fn wallets_find_their_owners(context: &Context<'_>) -> Outcome {
    let [a, b] = [context.web3_wallet(), context.web3_wallet()];
    let ada = context.create(context.new_user().web3_wallet(&a)).await?;
    let grace = context.create(context.new_user().web3_wallet(&b)).await?;
    context.create(context.new_user().web3_wallet(context.web3_wallet())).await?;
    context.expect(filter().web3_wallet(&a), &[&ada]).await?;
    context.expect(filter().web3_wallets([&a, &b]), &[&ada, &grace]).await
}

/// Each of the values finds the user who has it, and a third user is not found.
pub async fn external_ids_find_their_owners(context: &Context<'_>) -> Outcome {
    let [a, b] = [context.word(), context.word()];
    let ada = context.create(context.new_user().external_id(&a)).await?;
    let grace = context.create(context.new_user().external_id(&b)).await?;
    context.create(context.new_user().external_id(context.word())).await?;
    context.expect(filter().external_id(&a), &[&ada]).await?;
    context.expect(filter().external_ids([&a, &b]), &[&ada, &grace]).await
}

/// Each of the ids finds its user, and a third user is not found.
pub async fn user_ids_find_their_users(context: &Context<'_>) -> Outcome {
    let [ada, grace, _] = context.users().await?;
    context.expect(filter().user_id(&ada.id), &[&ada]).await?;
    context.expect(filter().user_ids([&ada.id, &grace.id]), &[&ada, &grace]).await
}

/// A second email address finds its owner as the first one does.
pub async fn other_email_addresses_than_the_primary_one_find_their_owners(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let ada = context.create(context.new_user().email_address(&email)).await?;
    context.expect(filter().email_address(&email), &[&ada]).await
}

/// A value that nobody has finds nobody, and does not keep others from being found.
pub async fn values_of_nobody_are_passed_over(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let ada = context.create(NewUser::new().email_address(&email)).await?;
    context.expect(filter().email_address(context.email_address()), &[]).await?;
    context.expect(filter().external_id(context.word()), &[]).await?;
    context.expect(filter().user_id(context.nobody()), &[]).await?;
    context.expect(filter().email_addresses([context.email_address(), email]), &[&ada]).await
}

/// A user is listed once, however many of the values lead to the user.
pub async fn a_value_that_is_named_twice_finds_its_owner_once(context: &Context<'_>) -> Outcome {
    let [a, b] = [context.email_address(), context.email_address()];
    let ada = context.create(NewUser::new().email_address(&a).email_address(&b)).await?;
    context.expect(filter().email_addresses([&a, &a, &b]), &[&ada]).await?;
    context.expect(filter().user_ids([&ada.id, &ada.id]), &[&ada]).await
}

/// Email addresses, phone numbers, user names and wallets are one filter together.
pub async fn identifier_filters_widen_each_other(context: &Context<'_>) -> Outcome {
    let (email, phone) = (context.email_address(), context.phone_number());
    let (name, wallet) = (context.word(), context.web3_wallet());
    let ada = context.create(NewUser::new().email_address(&email)).await?;
    let grace = context.create(context.new_user().phone_number(&phone)).await?;
    let linus = context.create(context.new_user().username(&name)).await?;
    let alan = context.create(context.new_user().web3_wallet(&wallet)).await?;
    context.expect(filter().email_address(&email).phone_number(&phone), &[&ada, &grace]).await?;
    let all = filter().email_address(&email).phone_number(&phone).username(&name).web3_wallet(&wallet);
    context.expect(all, &[&ada, &grace, &linus, &alan]).await
}

/// Two users, and the filter that finds both by their email addresses.
async fn two(context: &Context<'_>) -> Outcome<(User, User, UserFilter)> {
    let [a, b] = [context.email_address(), context.email_address()];
    let ada = NewUser::new().email_address(&a).external_id(context.word()).first_name(context.word());
    let grace = NewUser::new().email_address(&b).external_id(context.word()).first_name(context.word());
    Ok((context.create(ada).await?, context.create(grace).await?, filter().email_addresses([a, b])))
}

/// A user has to match both.
pub async fn user_ids_narrow_identifiers(context: &Context<'_>) -> Outcome {
    let (ada, grace, both) = two(context).await?;
    let other = context.user().await?;
    context.expect(both.clone().user_ids([&grace.id, &other.id]), &[&grace]).await?;
    context.expect(both.clone().user_id(&other.id), &[]).await?;
    context.expect(both.user_ids([&ada.id, &grace.id]), &[&ada, &grace]).await
}

/// A user has to match both.
pub async fn external_ids_narrow_identifiers(context: &Context<'_>) -> Outcome {
    let (ada, _, both) = two(context).await?;
    let external_id = ada.external_id.clone().unwrap_or_default();
    context.expect(both.clone().external_id(external_id), &[&ada]).await?;
    context.expect(both.external_id(context.word()), &[]).await
}

/// A user has to match both.
pub async fn queries_narrow_identifiers(context: &Context<'_>) -> Outcome {
    let (ada, grace, both) = two(context).await?;
    let name = |user: &User| user.first_name.clone().unwrap_or_default();
    context.expect(both.clone().query(name(&ada)), &[&ada]).await?;
    context.expect(both.clone().name_query(name(&grace)), &[&grace]).await?;
    context.expect(both.query(name(&ada)).name_query(name(&grace)), &[]).await
}

/// A user has to match both.
pub async fn bans_narrow_identifiers(context: &Context<'_>) -> Outcome {
    let (ada, grace, both) = two(context).await?;
    context.directory().ban(&grace.id).await?;
    context.expect(both.clone().banned(true), &[&grace]).await?;
    context.expect(both.banned(false), &[&ada]).await
}

/// A user has to match both.
pub async fn user_ids_narrow_external_ids(context: &Context<'_>) -> Outcome {
    let (ada, grace, _) = two(context).await?;
    let external_id = || ada.external_id.clone().unwrap_or_default();
    context.expect(filter().external_id(external_id()).user_id(&ada.id), &[&ada]).await?;
    context.expect(filter().external_id(external_id()).user_id(&grace.id), &[]).await
}

/// A user who is excluded by id is not found.
pub async fn excluded_user_ids_are_left_out(context: &Context<'_>) -> Outcome {
    let (ada, grace, both) = two(context).await?;
    context.expect_listed(both.clone().exclude_user_ids([&ada.id]), &[&grace]).await?;
    context.expect_listed(both.clone().exclude_user_ids([&ada.id, &grace.id]), &[]).await?;
    context.expect_listed(both.exclude_user_ids([] as [UserId; 0]), &[&ada, &grace]).await
}

/// A user who is excluded by external id is not found; one without external id is.
pub async fn excluded_external_ids_are_left_out(context: &Context<'_>) -> Outcome {
    let (ada, grace, _) = two(context).await?;
    let linus = context.user().await?;
    let excluded = ada.external_id.clone().unwrap_or_default();
    let all = filter().user_ids([&ada.id, &grace.id, &linus.id]);
    context.expect_listed(all.exclude_external_ids([excluded]), &[&grace, &linus]).await
}

/// A value that is both included and excluded is excluded.
pub async fn what_is_excluded_is_left_out_even_if_it_is_included(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let both = filter().user_ids([&ada.id, &grace.id]);
    context.expect_listed(both.exclude_user_ids([&grace.id]), &[&ada]).await
}

/// `banned` finds either those who are banned or those who are not.
pub async fn banned_finds_those_who_are_or_are_not(context: &Context<'_>) -> Outcome {
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

/// A user of the very time is neither before nor after it.
pub async fn the_bounds_of_creation_are_exclusive(context: &Context<'_>) -> Outcome {
    let ada = context.create(context.new_user().created_at(at(FIRST))).await?;
    let grace = context.create(context.new_user().created_at(at(SECOND))).await?;
    let linus = context.create(context.new_user().created_at(at(THIRD))).await?;
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
    context.give(&user.id, Belonging::OrganizationMembership(Box::new(membership))).await
}

/// Organizations find those who are members of one of them.
pub async fn organizations_find_their_members(context: &Context<'_>) -> Outcome {
    let [ada, grace, _] = context.users().await?;
    let [a, b] = [context.id("org"), context.id("org")];
    join(context, &ada, &a).await?;
    join(context, &grace, &b).await?;
    context.expect(filter().organization_id(&a), &[&ada]).await?;
    context.expect(filter().organization_ids([&a, &b]), &[&ada, &grace]).await?;
    context.expect(filter().organization_id(context.id::<OrganizationId>("org")), &[]).await
}

/// Excluded organizations leave those out who are members of one of them.
pub async fn excluded_organizations_leave_their_members_out(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let organization = context.id("org");
    join(context, &ada, &organization).await?;
    let both = filter().user_ids([&ada.id, &grace.id]);
    context.expect_listed(both.exclude_organization_ids([&organization]), &[&grace]).await
}

/// The id at a provider finds its owner, and the same id at another provider is another account.
pub async fn accounts_at_a_provider_find_their_owners(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let [a, b] = [context.word(), context.word()];
    for (user, id) in [(&ada, &a), (&grace, &b)] {
        let mut account = ExternalAccount::new(context.id("eac"), GOOGLE);
        account.provider_user_id = id.into();
        context.give(&user.id, Belonging::ExternalAccount(Box::new(account))).await?;
    }
    context.expect(filter().provider_users(provider(GOOGLE), [&a]), &[&ada]).await?;
    context.expect(filter().provider_users(provider(GOOGLE), [&a, &b]), &[&ada, &grace]).await?;
    context.expect(filter().provider_users(provider("oauth_github"), [&a]), &[]).await?;
    context.expect(filter().provider_users(provider(GOOGLE), [&a]).user_id(&grace.id), &[]).await
}

/// Two users, one of whom signed in at [`FIRST`] and the other at [`SECOND`], and a third who never did.
async fn signed_in(context: &Context<'_>) -> Outcome<([User; 3], UserFilter)> {
    let users: [User; 3] = context.users().await?;
    for (user, time) in users.iter().zip([FIRST, SECOND]) {
        context.give(&user.id, Belonging::SignIn(at(time))).await?;
    }
    let all = filter().user_ids(users.iter().map(|user| &user.id));
    Ok((users, all))
}

/// A user who was active at the very time is neither before nor after it.
pub async fn the_bounds_of_the_last_activity_are_exclusive(context: &Context<'_>) -> Outcome {
    let ([ada, grace, _], all) = signed_in(context).await?;
    let (first, second): (Timestamp, Timestamp) = (at(FIRST), at(SECOND));
    context.expect(all.clone().last_active_at_before(second), &[&ada]).await?;
    context.expect(all.clone().last_active_at_after(first), &[&grace]).await?;
    context.expect(all.last_active_at_after(first).last_active_at_before(second), &[]).await
}

/// A user who signed in at the very time is neither before nor after it.
pub async fn the_bounds_of_the_last_sign_in_are_exclusive(context: &Context<'_>) -> Outcome {
    let ([ada, grace, _], all) = signed_in(context).await?;
    let (first, second): (Timestamp, Timestamp) = (at(FIRST), at(SECOND));
    context.expect(all.clone().last_sign_in_at_before(second), &[&ada]).await?;
    context.expect(all.clone().last_sign_in_at_after(first), &[&grace]).await?;
    context.expect(all.last_sign_in_at_after(first).last_sign_in_at_before(second), &[]).await
}

/// A user who was active after the time was active since.
pub async fn activity_since_a_time_is_found(context: &Context<'_>) -> Outcome {
    let ([_, grace, _], all) = signed_in(context).await?;
    let between: Timestamp = at("2010-01-01T12:00:00Z");
    context.expect(all.clone().last_active_at_since(between), &[&grace]).await?;
    context.expect(all.last_active_at_since(at(THIRD)), &[]).await
}

/// Filters that were given an empty list.
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

/// No value is not every value.
pub async fn an_empty_list_matches_nobody(context: &Context<'_>) -> Outcome {
    context.user().await?;
    for filter in empty_lists() {
        context.expect_listed(filter, &[]).await?;
    }
    Ok(())
}

/// No value is not every value.
pub async fn an_empty_list_counts_nobody(context: &Context<'_>) -> Outcome {
    context.user().await?;
    for filter in empty_lists() {
        ensure_eq!(context.directory().count(&filter).await?, 0, "the count of {filter:?}");
    }
    Ok(())
}

/// The four identifier filters are one together, so that an empty one adds nothing and takes nothing away.
pub async fn an_empty_list_beside_another_identifier_does_not_narrow(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let ada = context.create(NewUser::new().email_address(&email)).await?;
    context.expect(filter().usernames([] as [&str; 0]).email_address(&email), &[&ada]).await
}

/// A hundred values of one filter are taken.
pub async fn a_filter_takes_100_values(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let ada = context.create(NewUser::new().email_address(&email)).await?;
    let others = std::iter::repeat_with(|| context.email_address()).take(99);
    context.expect(filter().email_addresses(others.chain([email])), &[&ada]).await
}

/// A list sees an update at once.
pub async fn what_was_changed_is_found_by_the_new_value(context: &Context<'_>) -> Outcome {
    let [old, new] = [context.word(), context.word()];
    let ada = context.create(context.new_user().external_id(&old)).await?;
    context.directory().update(&ada.id, &UserUpdate::new().external_id(&new)).await?;
    context.expect(filter().external_id(&old), &[]).await?;
    context.expect(filter().external_id(&new), &[&ada]).await
}

/// The count of a filter is the number of users, also where a page has fewer.
pub async fn a_count_is_of_users_not_of_matches(context: &Context<'_>) -> Outcome {
    let users: [User; 12] = context.users().await?;
    let all = filter().user_ids(users.iter().map(|user| &user.id));
    ensure_eq!(context.directory().count(&all).await?, 12, "the count");
    ensure_eq!(context.directory().list(&UserQuery::from(all)).await?.len(), 10, "the users on a page");
    Ok(())
}
