//! Which users a part of a text finds.

use super::check::Outcome;
use super::context::Context;
use crate::model::{NewUser, UserFilter};

behaviours! {
    List: a_query_finds_a_part_of_an_email_address, a_query_finds_a_part_of_a_phone_number,
        a_query_finds_a_part_of_a_user_name, a_query_finds_a_part_of_a_wallet, a_query_finds_a_user_id,
        a_query_finds_a_part_of_a_first_name, a_query_finds_a_part_of_a_last_name,
        a_query_finds_text_whatever_its_case, a_query_that_is_part_of_nothing_finds_nobody,
        an_email_address_query_looks_at_email_addresses_only, a_phone_number_query_looks_at_phone_numbers_only,
        a_user_name_query_looks_at_user_names_only, a_name_query_looks_at_names_only, queries_narrow_each_other;
}

fn filter() -> UserFilter {
    UserFilter::new()
}

/// The text without its first and its last character.
fn middle(text: &str) -> &str {
    &text[1..text.len() - 1]
}

/// `query` finds a user by a part of an email address.
pub async fn a_query_finds_a_part_of_an_email_address(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let ada = context.create(NewUser::new().email_address(&email)).await?;
    context.user().await?;
    context.expect(filter().query(middle(&email)), &[&ada]).await
}

/// `query` finds a user by a part of a phone number.
pub async fn a_query_finds_a_part_of_a_phone_number(context: &Context<'_>) -> Outcome {
    let phone = context.phone_number();
    let ada = context.create(context.new_user().phone_number(&phone)).await?;
    context.expect(filter().query(&phone[2..]).user_id(&ada.id), &[&ada]).await
}

/// `query` finds a user by a part of the user name.
pub async fn a_query_finds_a_part_of_a_user_name(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let ada = context.create(context.new_user().username(format!("a{name}z"))).await?;
    context.expect(filter().query(&name), &[&ada]).await
}

/// `query` finds a user by a part of a wallet.
pub async fn a_query_finds_a_part_of_a_wallet(context: &Context<'_>) -> Outcome {
    let wallet = context.web3_wallet();
    let ada = context.create(context.new_user().web3_wallet(&wallet)).await?;
    context.expect(filter().query(&wallet[2..]), &[&ada]).await
}

/// `query` finds a user by the id.
pub async fn a_query_finds_a_user_id(context: &Context<'_>) -> Outcome {
    let ada = context.user().await?;
    context.expect(filter().query(ada.id.as_str()).user_id(&ada.id), &[&ada]).await
}

/// `query` finds a user by a part of the first name.
pub async fn a_query_finds_a_part_of_a_first_name(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let ada = context.create(context.new_user().first_name(format!("a{name}z"))).await?;
    context.expect(filter().query(&name), &[&ada]).await
}

/// `query` finds a user by a part of the last name.
pub async fn a_query_finds_a_part_of_a_last_name(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let ada = context.create(context.new_user().last_name(format!("a{name}z"))).await?;
    context.expect(filter().query(&name), &[&ada]).await
}

/// Case does not matter to `query`, `email_address_query`, `username_query` and `name_query`.
pub async fn a_query_finds_text_whatever_its_case(context: &Context<'_>) -> Outcome {
    let [email, username, name] = [context.word(), context.word(), context.word()];
    let new = NewUser::new().email_address(format!("{email}@example.com")).username(&username);
    let ada = context.create(new.first_name(name.to_uppercase())).await?;
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

/// A text that no user has finds nobody.
pub async fn a_query_that_is_part_of_nothing_finds_nobody(context: &Context<'_>) -> Outcome {
    context.user().await?;
    context.expect(filter().query(context.word()), &[]).await
}

/// `email_address_query` finds email addresses, and no user names or names.
pub async fn an_email_address_query_looks_at_email_addresses_only(context: &Context<'_>) -> Outcome {
    let text = context.word();
    let ada = context.create(NewUser::new().email_address(format!("a{text}@example.com"))).await?;
    context.create(context.new_user().username(format!("b{text}")).first_name(&text)).await?;
    context.expect(filter().email_address_query(&text), &[&ada]).await
}

/// `phone_number_query` finds phone numbers, and no user names or names.
pub async fn a_phone_number_query_looks_at_phone_numbers_only(context: &Context<'_>) -> Outcome {
    let phone = context.phone_number();
    let ada = context.create(context.new_user().phone_number(&phone)).await?;
    let grace = context.create(context.new_user().first_name(&phone)).await?;
    let both = filter().user_ids([&ada.id, &grace.id]);
    context.expect(both.phone_number_query(&phone[2..]), &[&ada]).await
}

/// `username_query` finds user names, and no email addresses or names.
pub async fn a_user_name_query_looks_at_user_names_only(context: &Context<'_>) -> Outcome {
    let text = context.word();
    let ada = context.create(context.new_user().username(format!("a{text}"))).await?;
    context.create(NewUser::new().email_address(format!("{text}@example.com")).first_name(&text)).await?;
    context.expect(filter().username_query(&text), &[&ada]).await
}

/// `name_query` finds first and last names, and no email addresses or user names.
pub async fn a_name_query_looks_at_names_only(context: &Context<'_>) -> Outcome {
    let text = context.word();
    let ada = context.create(context.new_user().first_name(format!("a{text}"))).await?;
    let grace = context.create(context.new_user().last_name(format!("b{text}"))).await?;
    context.create(NewUser::new().email_address(format!("{text}@example.com")).username(&text)).await?;
    context.expect(filter().name_query(&text), &[&ada, &grace]).await
}

/// A user has to match each of several queries.
pub async fn queries_narrow_each_other(context: &Context<'_>) -> Outcome {
    let [first, last] = [context.word(), context.word()];
    let ada = context.create(context.new_user().first_name(&first).last_name(&last)).await?;
    context.create(context.new_user().first_name(&first)).await?;
    context.expect(filter().query(&first).name_query(&last), &[&ada]).await?;
    context.expect(filter().query(&first).username_query(&last), &[]).await
}
