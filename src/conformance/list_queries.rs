//! Tests for text queries: the `query` and `…_query` filters of `list` and `count`.

use super::check::Outcome;
use super::context::Context;
use crate::model::UserFilter;

behaviors! {
    List: list_query_matches_part_of_email_address, list_query_matches_part_of_phone_number,
        list_query_matches_part_of_username, list_query_matches_part_of_web3_wallet, list_query_matches_user_id,
        list_query_matches_part_of_first_name, list_query_matches_part_of_last_name, list_query_ignores_case,
        list_query_without_match_returns_no_users, list_email_address_query_matches_only_email_addresses,
        list_phone_number_query_matches_only_phone_numbers, list_username_query_matches_only_usernames,
        list_name_query_matches_only_names, list_combines_queries_with_and;
}

fn filter() -> UserFilter {
    UserFilter::new()
}

/// Returns the text without its first and last characters.
fn middle(text: &str) -> &str {
    &text[1..text.len() - 1]
}

/// Checks that the `query` filter matches part of an email address.
pub async fn list_query_matches_part_of_email_address(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let ada = context.seed_user(context.new_user_with_email_address(&email)).await?;
    context.user().await?;
    context.expect(filter().query(middle(&email)), &[&ada]).await
}

/// Checks that the `query` filter matches part of a phone number.
pub async fn list_query_matches_part_of_phone_number(context: &Context<'_>) -> Outcome {
    let phone = context.phone_number();
    let ada = context.seed_user(context.new_user_with_phone_number(&phone)).await?;
    context.expect(filter().query(&phone[2..]).user_id(&ada.id), &[&ada]).await
}

/// Checks that the `query` filter matches part of a username.
pub async fn list_query_matches_part_of_username(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let ada = context.seed_user(context.new_user().username(format!("a{name}z"))).await?;
    context.expect(filter().query(&name), &[&ada]).await
}

/// Checks that the `query` filter matches part of a wallet address.
pub async fn list_query_matches_part_of_web3_wallet(context: &Context<'_>) -> Outcome {
    let wallet = context.web3_wallet();
    let ada = context.seed_user(context.new_user_with_web3_wallet(&wallet)).await?;
    context.expect(filter().query(&wallet[2..]), &[&ada]).await
}

/// Checks that the `query` filter matches a user id.
pub async fn list_query_matches_user_id(context: &Context<'_>) -> Outcome {
    let ada = context.user().await?;
    context.expect(filter().query(ada.id.as_str()).user_id(&ada.id), &[&ada]).await
}

/// Checks that the `query` filter matches part of a first name.
pub async fn list_query_matches_part_of_first_name(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let ada = context.seed_user(context.new_user().first_name(format!("a{name}z"))).await?;
    context.expect(filter().query(&name), &[&ada]).await
}

/// Checks that the `query` filter matches part of a last name.
pub async fn list_query_matches_part_of_last_name(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let ada = context.seed_user(context.new_user().last_name(format!("a{name}z"))).await?;
    context.expect(filter().query(&name), &[&ada]).await
}

/// Checks that text queries ignore case.
///
/// Tests the `query`, `email_address_query`, `username_query` and `name_query` filters.
pub async fn list_query_ignores_case(context: &Context<'_>) -> Outcome {
    let [email, username, name] = [context.word(), context.word(), context.word()];
    let new = context.new_user_with_email_address(format!("{email}@example.com")).username(&username);
    let ada = context.seed_user(new.first_name(name.to_uppercase())).await?;
    for filter in [
        filter().query(email.to_uppercase()),
        filter().query(username.to_uppercase()),
        filter().query(name),
        filter().email_address_query(email.to_uppercase()),
        filter().username_query(username.to_uppercase()),
        filter().name_query(ada.first_name.as_deref().unwrap_or_default().to_lowercase()),
    ] {
        context.expect(filter, &[&ada]).await?;
    }
    Ok(())
}

/// Checks that `list` returns no users if no user matches the `query` filter.
pub async fn list_query_without_match_returns_no_users(context: &Context<'_>) -> Outcome {
    context.user().await?;
    context.expect(filter().query(context.word()), &[]).await
}

/// Checks that the `email_address_query` filter matches email addresses, but not usernames or names.
pub async fn list_email_address_query_matches_only_email_addresses(context: &Context<'_>) -> Outcome {
    let text = context.word();
    let ada = context.seed_user(context.new_user_with_email_address(format!("a{text}@example.com"))).await?;
    context.seed_user(context.new_user().username(format!("b{text}")).first_name(&text)).await?;
    context.expect(filter().email_address_query(&text), &[&ada]).await
}

/// Checks that the `phone_number_query` filter matches phone numbers, but not names.
pub async fn list_phone_number_query_matches_only_phone_numbers(context: &Context<'_>) -> Outcome {
    let phone = context.phone_number();
    // A name must not contain the complete number.
    let part = &phone[5..];
    let ada = context.seed_user(context.new_user_with_phone_number(&phone)).await?;
    let grace = context.seed_user(context.new_user().first_name(part)).await?;
    let both = filter().user_ids([&ada.id, &grace.id]);
    context.expect(both.phone_number_query(part), &[&ada]).await
}

/// Checks that the `username_query` filter matches usernames, but not email addresses or names.
pub async fn list_username_query_matches_only_usernames(context: &Context<'_>) -> Outcome {
    let text = context.word();
    let ada = context.seed_user(context.new_user().username(format!("a{text}"))).await?;
    context.seed_user(context.new_user_with_email_address(format!("{text}@example.com")).first_name(&text)).await?;
    context.expect(filter().username_query(&text), &[&ada]).await
}

/// Checks that the `name_query` filter matches names, but not email addresses or usernames.
pub async fn list_name_query_matches_only_names(context: &Context<'_>) -> Outcome {
    let text = context.word();
    let ada = context.seed_user(context.new_user().first_name(format!("a{text}"))).await?;
    let grace = context.seed_user(context.new_user().last_name(format!("b{text}"))).await?;
    context.seed_user(context.new_user_with_email_address(format!("{text}@example.com")).username(&text)).await?;
    context.expect(filter().name_query(&text), &[&ada, &grace]).await
}

/// Checks that `list` returns only users who match all text queries.
pub async fn list_combines_queries_with_and(context: &Context<'_>) -> Outcome {
    let [first, last] = [context.word(), context.word()];
    let ada = context.seed_user(context.new_user().first_name(&first).last_name(&last)).await?;
    context.seed_user(context.new_user().first_name(&first)).await?;
    context.expect(filter().query(&first).name_query(&last), &[&ada]).await?;
    context.expect(filter().query(&first).username_query(&last), &[]).await
}
