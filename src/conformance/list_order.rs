//! Tests for the sort orders of `list`.
//!
//! The position of users without a value for the sort field is not tested.

use jiff::SignedDuration;

use super::at;
use super::check::{Outcome, ensure, ensure_eq, present};
use super::context::Context;
use super::fixture::Resource;
use crate::model::{Direction, NewUser, OrderBy, OrderField, User, UserFilter, UserId, UserQuery, UserUpdate};

behaviors! {
    List: list_returns_newest_first_by_default, list_orders_by_created_at, list_orders_by_updated_at,
        list_orders_by_email_address, list_orders_by_phone_number, list_orders_by_web3_wallet, list_orders_by_username,
        list_orders_by_first_name, list_orders_by_last_name, list_orders_by_last_active_at,
        list_orders_by_last_sign_in_at, list_includes_users_without_the_ordered_field;
}

fn ids(users: &[User]) -> Vec<&UserId> {
    users.iter().map(|user| &user.id).collect()
}

fn all(users: &[User]) -> UserFilter {
    UserFilter::new().user_ids(ids(users))
}

/// Fails unless `users` are listed in this order (ascending) and in the reverse order (descending).
async fn expect_order(context: &Context<'_>, field: OrderField, users: &[User]) -> Outcome {
    for order_by in [OrderBy::ascending(field), OrderBy::descending(field)] {
        let listed = context.directory().list(&UserQuery::from(all(users)).order_by(order_by)).await?;
        let mut expected = ids(users);
        if order_by.direction == Direction::Descending {
            expected.reverse();
        }
        ensure_eq!(ids(&listed), expected, "the order of {order_by:?}");
    }
    Ok(())
}

/// Creates three users, and returns them in an order that is neither the order of creation nor its reverse.
async fn three(context: &Context<'_>, new: impl Fn(NewUser, usize) -> NewUser) -> Outcome<[User; 3]> {
    let second = context.seed_user(new(context.new_user(), 1)).await?;
    let third = context.seed_user(new(context.new_user(), 2)).await?;
    let first = context.seed_user(new(context.new_user(), 0)).await?;
    Ok([first, second, third])
}

/// Returns three strings that are in ascending order in any collation.
fn texts(context: &Context<'_>) -> [String; 3] {
    let word = context.word();
    ["a", "b", "c"].map(|letter| format!("{letter}{word}"))
}

/// Checks that `list` returns the newest users first by default.
pub async fn list_returns_newest_first_by_default(context: &Context<'_>) -> Outcome {
    let days = [2, 3, 1].map(|day| at("2011-01-01T00:00:00Z") + SignedDuration::from_hours(24 * day));
    let users = three(context, |new, place| new.created_at(days[place])).await?;
    let listed = context.directory().list(&UserQuery::from(all(&users))).await?;
    let [second, third, first] = &users;
    ensure_eq!(ids(&listed), [&third.id, &second.id, &first.id], "the order of a list");
    Ok(())
}

/// Checks that `list` can sort by `created_at` in ascending and descending order.
pub async fn list_orders_by_created_at(context: &Context<'_>) -> Outcome {
    let days = [1, 2, 3].map(|day| at("2011-01-01T00:00:00Z") + SignedDuration::from_hours(24 * day));
    let users = three(context, |new, place| new.created_at(days[place])).await?;
    expect_order(context, OrderField::CreatedAt, &users).await
}

/// Checks that `list` can sort by `updated_at` in ascending and descending order.
pub async fn list_orders_by_updated_at(context: &Context<'_>) -> Outcome {
    let users: [User; 3] = context.users().await?;
    for user in [&users[1], &users[2], &users[0]] {
        context.directory().update(&user.id, &UserUpdate::new().first_name("Ada")).await?;
    }
    for order_by in [OrderBy::ascending(OrderField::UpdatedAt), OrderBy::descending(OrderField::UpdatedAt)] {
        let query = UserQuery::from(all(&users)).order_by(order_by);
        let mut times: Vec<_> = context.directory().list(&query).await?.iter().map(|user| user.updated_at).collect();
        ensure_eq!(times.len(), 3, "the number of users");
        if order_by.direction == Direction::Descending {
            times.reverse();
        }
        // Two updates may happen in the same millisecond, so the order of the users is not compared.
        ensure!(times.is_sorted(), "`updated_at` is not in the order of {order_by:?}: {times:?}");
    }
    Ok(())
}

/// Checks that `list` can sort by email address in ascending and descending order.
pub async fn list_orders_by_email_address(context: &Context<'_>) -> Outcome {
    let texts = texts(context);
    let new = |_, place: usize| context.new_user_with_email_address(format!("{}@example.com", texts[place]));
    expect_order(context, OrderField::EmailAddress, &three(context, new).await?).await
}

/// Checks that `list` can sort by phone number in ascending and descending order.
pub async fn list_orders_by_phone_number(context: &Context<'_>) -> Outcome {
    let mut phones = [context.phone_number(), context.phone_number(), context.phone_number()];
    phones.sort_unstable();
    let users = three(context, |new, place| new.phone_number(&phones[place])).await?;
    expect_order(context, OrderField::PhoneNumber, &users).await
}

/// Checks that `list` can sort by wallet in ascending and descending order.
pub async fn list_orders_by_web3_wallet(context: &Context<'_>) -> Outcome {
    let mut wallets = [context.web3_wallet(), context.web3_wallet(), context.web3_wallet()];
    wallets.sort_unstable();
    let users = three(context, |new, place| new.web3_wallet(&wallets[place])).await?;
    expect_order(context, OrderField::Web3Wallet, &users).await
}

/// Checks that `list` can sort by username in ascending and descending order.
pub async fn list_orders_by_username(context: &Context<'_>) -> Outcome {
    let texts = texts(context);
    let users = three(context, |new, place| new.username(&texts[place])).await?;
    expect_order(context, OrderField::Username, &users).await
}

/// Checks that `list` can sort by first name in ascending and descending order.
pub async fn list_orders_by_first_name(context: &Context<'_>) -> Outcome {
    let texts = texts(context);
    let users = three(context, |new, place| new.first_name(&texts[place])).await?;
    expect_order(context, OrderField::FirstName, &users).await
}

/// Checks that `list` can sort by last name in ascending and descending order.
pub async fn list_orders_by_last_name(context: &Context<'_>) -> Outcome {
    let texts = texts(context);
    let users = three(context, |new, place| new.last_name(&texts[place])).await?;
    expect_order(context, OrderField::LastName, &users).await
}

/// Creates three users who signed in on consecutive days.
async fn signed_in(context: &Context<'_>) -> Outcome<[User; 3]> {
    let users = three(context, |new, _| new).await?;
    for (user, day) in users.iter().zip(1..) {
        let time = at("2012-01-01T00:00:00Z") + SignedDuration::from_hours(24 * day);
        context.seed(&user.id, Resource::SignIn(time)).await?;
    }
    Ok(users)
}

/// Checks that `list` can sort by `last_active_at` in ascending and descending order.
pub async fn list_orders_by_last_active_at(context: &Context<'_>) -> Outcome {
    expect_order(context, OrderField::LastActiveAt, &signed_in(context).await?).await
}

/// Checks that `list` can sort by `last_sign_in_at` in ascending and descending order.
pub async fn list_orders_by_last_sign_in_at(context: &Context<'_>) -> Outcome {
    expect_order(context, OrderField::LastSignInAt, &signed_in(context).await?).await
}

/// Checks that `list` includes users who have no value for the sort field.
pub async fn list_includes_users_without_the_ordered_field(context: &Context<'_>) -> Outcome {
    let texts = texts(context);
    let named = three(context, |new, place| new.first_name(&texts[place])).await?;
    let unnamed = context.user().await?;
    let all_users: Vec<_> = named.iter().chain([&unnamed]).cloned().collect();
    let query = UserQuery::from(all(&all_users)).order_by(OrderBy::ascending(OrderField::FirstName));
    let mut listed = context.directory().list(&query).await?;
    let place = listed.iter().position(|user| user.id == unnamed.id);
    let place = present(place, "the user without the field")?;
    listed.remove(place);
    ensure_eq!(ids(&listed), ids(&named), "the order of those who have the field");
    Ok(())
}
