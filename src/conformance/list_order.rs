//! In which order users are listed. Only users who have the field are looked at.

use jiff::SignedDuration;

use super::at;
use super::check::{Outcome, ensure, ensure_eq, present};
use super::context::Context;
use super::fixture::Belonging;
use crate::model::{Direction, NewUser, OrderBy, OrderField, User, UserFilter, UserId, UserQuery, UserUpdate};

behaviours! {
    List: a_list_is_newest_first, users_are_ordered_by_creation, users_are_ordered_by_change,
        users_are_ordered_by_email_address, users_are_ordered_by_phone_number, users_are_ordered_by_wallet,
        users_are_ordered_by_user_name, users_are_ordered_by_first_name, users_are_ordered_by_last_name,
        users_are_ordered_by_last_activity, users_are_ordered_by_last_sign_in,
        users_who_lack_the_field_are_listed_too;
}

fn ids(users: &[User]) -> Vec<&UserId> {
    users.iter().map(|user| &user.id).collect()
}

fn all(users: &[User]) -> UserFilter {
    UserFilter::new().user_ids(ids(users))
}

/// Fails unless `users`, who are in ascending order of the field, are listed in this order and in the reverse one.
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

/// Three users, in an order that is neither that of their creation nor the reverse of it.
async fn three(context: &Context<'_>, new: impl Fn(NewUser, usize) -> NewUser) -> Outcome<[User; 3]> {
    let second = context.create(new(context.new_user(), 1)).await?;
    let third = context.create(new(context.new_user(), 2)).await?;
    let first = context.create(new(context.new_user(), 0)).await?;
    Ok([first, second, third])
}

/// Three texts in ascending order, whatever the collation.
fn texts(context: &Context<'_>) -> [String; 3] {
    let word = context.word();
    ["a", "b", "c"].map(|letter| format!("{letter}{word}"))
}

/// Without an order, a list begins with the user who was created last.
pub async fn a_list_is_newest_first(context: &Context<'_>) -> Outcome {
    let days = [2, 3, 1].map(|day| at("2011-01-01T00:00:00Z") + SignedDuration::from_hours(24 * day));
    let users = three(context, |new, place| new.created_at(days[place])).await?;
    let listed = context.directory().list(&UserQuery::from(all(&users))).await?;
    let [second, third, first] = &users;
    ensure_eq!(ids(&listed), [&third.id, &second.id, &first.id], "the order of a list");
    Ok(())
}

/// The order of `created_at`, both ways.
pub async fn users_are_ordered_by_creation(context: &Context<'_>) -> Outcome {
    let days = [1, 2, 3].map(|day| at("2011-01-01T00:00:00Z") + SignedDuration::from_hours(24 * day));
    let users = three(context, |new, place| new.created_at(days[place])).await?;
    expect_order(context, OrderField::CreatedAt, &users).await
}

/// The order of `updated_at`, both ways.
pub async fn users_are_ordered_by_change(context: &Context<'_>) -> Outcome {
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
        // Two changes may be of the same millisecond, so the users cannot be told apart.
        ensure!(times.is_sorted(), "the times of change in the order of {order_by:?}: {times:?}");
    }
    Ok(())
}

/// The order of `email_address`, both ways.
pub async fn users_are_ordered_by_email_address(context: &Context<'_>) -> Outcome {
    let texts = texts(context);
    let new = |_, place: usize| NewUser::new().email_address(format!("{}@example.com", texts[place]));
    expect_order(context, OrderField::EmailAddress, &three(context, new).await?).await
}

/// The order of `phone_number`, both ways.
pub async fn users_are_ordered_by_phone_number(context: &Context<'_>) -> Outcome {
    let mut phones = [context.phone_number(), context.phone_number(), context.phone_number()];
    phones.sort_unstable();
    let users = three(context, |new, place| new.phone_number(&phones[place])).await?;
    expect_order(context, OrderField::PhoneNumber, &users).await
}

/// The order of `web3wallet`, both ways.
pub async fn users_are_ordered_by_wallet(context: &Context<'_>) -> Outcome {
    let mut wallets = [context.web3_wallet(), context.web3_wallet(), context.web3_wallet()];
    wallets.sort_unstable();
    let users = three(context, |new, place| new.web3_wallet(&wallets[place])).await?;
    expect_order(context, OrderField::Web3Wallet, &users).await
}

/// The order of `username`, both ways.
pub async fn users_are_ordered_by_user_name(context: &Context<'_>) -> Outcome {
    let texts = texts(context);
    let users = three(context, |new, place| new.username(&texts[place])).await?;
    expect_order(context, OrderField::Username, &users).await
}

/// The order of `first_name`, both ways.
pub async fn users_are_ordered_by_first_name(context: &Context<'_>) -> Outcome {
    let texts = texts(context);
    let users = three(context, |new, place| new.first_name(&texts[place])).await?;
    expect_order(context, OrderField::FirstName, &users).await
}

/// The order of `last_name`, both ways.
pub async fn users_are_ordered_by_last_name(context: &Context<'_>) -> Outcome {
    let texts = texts(context);
    let users = three(context, |new, place| new.last_name(&texts[place])).await?;
    expect_order(context, OrderField::LastName, &users).await
}

/// Three users who signed in on one day after the other.
async fn signed_in(context: &Context<'_>) -> Outcome<[User; 3]> {
    let users = three(context, |new, _| new).await?;
    for (user, day) in users.iter().zip(1..) {
        let time = at("2012-01-01T00:00:00Z") + SignedDuration::from_hours(24 * day);
        context.give(&user.id, Belonging::SignIn(time)).await?;
    }
    Ok(users)
}

/// The order of `last_active_at`, both ways.
pub async fn users_are_ordered_by_last_activity(context: &Context<'_>) -> Outcome {
    expect_order(context, OrderField::LastActiveAt, &signed_in(context).await?).await
}

/// The order of `last_sign_in_at`, both ways.
pub async fn users_are_ordered_by_last_sign_in(context: &Context<'_>) -> Outcome {
    expect_order(context, OrderField::LastSignInAt, &signed_in(context).await?).await
}

/// An order leaves nobody out, and those who have the field are in order.
pub async fn users_who_lack_the_field_are_listed_too(context: &Context<'_>) -> Outcome {
    let texts = texts(context);
    let named = three(context, |new, place| new.first_name(&texts[place])).await?;
    let unnamed = context.user().await?;
    let everybody: Vec<_> = named.iter().chain([&unnamed]).cloned().collect();
    let query = UserQuery::from(all(&everybody)).order_by(OrderBy::ascending(OrderField::FirstName));
    let mut listed = context.directory().list(&query).await?;
    let place = listed.iter().position(|user| user.id == unnamed.id);
    let place = present(place, "the user without the field")?;
    listed.remove(place);
    ensure_eq!(ids(&listed), ids(&named), "the order of those who have the field");
    Ok(())
}
