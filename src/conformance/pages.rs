//! Parts of a list: limits, offsets and cursors.

use std::collections::BTreeSet;

use super::at;
use super::check::{Outcome, ensure, ensure_eq};
use super::context::Context;
use crate::model::{OrderBy, OrderField, User, UserFilter, UserId, UserQuery};

behaviours! {
    List: a_page_has_as_many_users_as_the_limit, a_page_has_10_users_without_a_limit, an_offset_passes_over_users,
        pages_by_offset_have_everybody_once, an_offset_beyond_the_end_is_an_empty_page,
        a_cursor_walk_visits_everybody_once, a_cursor_walk_goes_oldest_first_too,
        a_cursor_walk_tells_users_of_the_same_time_apart, the_last_user_is_followed_by_nobody,
        a_cursor_need_not_match_the_filter, an_offset_of_0_beside_a_cursor_is_taken,
        users_who_are_created_meanwhile_do_not_disturb_a_cursor_walk,
        users_who_are_deleted_meanwhile_do_not_disturb_a_cursor_walk;
}

fn all(users: &[User]) -> UserFilter {
    UserFilter::new().user_ids(users.iter().map(|user| &user.id))
}

fn ids(users: &[User]) -> Vec<UserId> {
    users.iter().map(|user| user.id.clone()).collect()
}

/// Fails unless every one of these users is there exactly once.
fn expect_everybody_once(found: &[UserId], users: &[User]) -> Outcome {
    let distinct: BTreeSet<_> = found.iter().cloned().collect();
    ensure_eq!(distinct.len(), found.len(), "users, some of whom came twice: {found:?}");
    ensure_eq!(distinct, ids(users).into_iter().collect::<BTreeSet<_>>(), "everybody");
    Ok(())
}

/// A page has no more users than the limit, and is full if there are more.
pub async fn a_page_has_as_many_users_as_the_limit(context: &Context<'_>) -> Outcome {
    let users: [User; 3] = context.users().await?;
    for (limit, length) in [(1, 1), (2, 2), (3, 3), (4, 3), (500, 3)] {
        let page = context.directory().list(&UserQuery::from(all(&users)).limit(limit)).await?;
        ensure_eq!(page.len(), length, "the users on a page of {limit}");
    }
    Ok(())
}

/// A page has 10 users unless the query has a limit.
pub async fn a_page_has_10_users_without_a_limit(context: &Context<'_>) -> Outcome {
    let users: [User; 11] = context.users().await?;
    ensure_eq!(context.directory().list(&UserQuery::from(all(&users))).await?.len(), 10, "the users on a page");
    Ok(())
}

/// What an offset leaves is the rest of the list.
pub async fn an_offset_passes_over_users(context: &Context<'_>) -> Outcome {
    let users: [User; 4] = context.users().await?;
    let query = || UserQuery::from(all(&users));
    let list = ids(&context.directory().list(&query()).await?);
    let rest = ids(&context.directory().list(&query().offset(1)).await?);
    ensure_eq!(rest, list[1..], "the list after one user");
    let middle = ids(&context.directory().list(&query().offset(1).limit(2)).await?);
    ensure_eq!(middle, list[1..3], "two users after the first");
    Ok(())
}

/// Page after page has everybody once, and the last page is a shorter one.
pub async fn pages_by_offset_have_everybody_once(context: &Context<'_>) -> Outcome {
    let users: [User; 7] = context.users().await?;
    let mut found = Vec::new();
    for (offset, length) in [(0, 3), (3, 3), (6, 1)] {
        let page = context.directory().list(&UserQuery::from(all(&users)).limit(3).offset(offset)).await?;
        ensure_eq!(page.len(), length, "the users on the page at {offset}");
        found.extend(ids(&page));
    }
    expect_everybody_once(&found, &users)
}

/// There is nobody beyond the end.
pub async fn an_offset_beyond_the_end_is_an_empty_page(context: &Context<'_>) -> Outcome {
    let users: [User; 2] = context.users().await?;
    for offset in [2, 1_000] {
        let page = context.directory().list(&UserQuery::from(all(&users)).offset(offset)).await?;
        ensure!(page.is_empty(), "the page at {offset} of two users: {:?}", ids(&page));
    }
    Ok(())
}

/// Reads the next page of two users, and says whether there may be another.
async fn next_page(context: &Context<'_>, query: &UserQuery, found: &mut Vec<UserId>) -> Outcome<bool> {
    ensure!(found.len() <= 100, "the walk does not end");
    let mut query = query.clone().limit(2);
    query.starting_after = found.last().cloned();
    let page = context.directory().list(&query).await?;
    found.extend(ids(&page));
    Ok(page.len() == 2)
}

/// Walks through the list, two users at a time.
async fn walk(context: &Context<'_>, query: &UserQuery) -> Outcome<Vec<UserId>> {
    let mut found = Vec::new();
    while next_page(context, query, &mut found).await? {}
    Ok(found)
}

/// The id of the last user leads to the next page, in the order of the list.
pub async fn a_cursor_walk_visits_everybody_once(context: &Context<'_>) -> Outcome {
    let users: [User; 7] = context.users().await?;
    let list = context.directory().list(&UserQuery::from(all(&users))).await?;
    let found = walk(context, &UserQuery::from(all(&users))).await?;
    expect_everybody_once(&found, &users)?;
    ensure_eq!(found, ids(&list), "the users in the order of the walk");
    Ok(())
}

/// A walk goes up the order of creation as well as down.
pub async fn a_cursor_walk_goes_oldest_first_too(context: &Context<'_>) -> Outcome {
    let users: [User; 5] = context.users().await?;
    let query = UserQuery::from(all(&users)).order_by(OrderBy::ascending(OrderField::CreatedAt));
    let list = context.directory().list(&query).await?;
    let found = walk(context, &query).await?;
    expect_everybody_once(&found, &users)?;
    ensure_eq!(found, ids(&list), "the users in the order of the walk");
    Ok(())
}

/// Users who were created at the same time are each visited once.
pub async fn a_cursor_walk_tells_users_of_the_same_time_apart(context: &Context<'_>) -> Outcome {
    let mut users = Vec::new();
    for _ in 0..5 {
        users.push(context.create(context.new_user().created_at(at("2013-01-01T00:00:00Z"))).await?);
    }
    for query in [
        UserQuery::from(all(&users)),
        UserQuery::from(all(&users)).order_by(OrderBy::ascending(OrderField::CreatedAt)),
    ] {
        expect_everybody_once(&walk(context, &query).await?, &users)?;
    }
    Ok(())
}

/// After the last user comes an empty page.
pub async fn the_last_user_is_followed_by_nobody(context: &Context<'_>) -> Outcome {
    let users: [User; 3] = context.users().await?;
    let query = || UserQuery::from(all(&users));
    let list = ids(&context.directory().list(&query()).await?);
    ensure_eq!(list.len(), 3, "the number of users");
    let page = context.directory().list(&query().starting_after(list[2].clone())).await?;
    ensure!(page.is_empty(), "the users after the last one: {:?}", ids(&page));
    Ok(())
}

/// A cursor needs a user who exists, whether the filter matches that user or not.
pub async fn a_cursor_need_not_match_the_filter(context: &Context<'_>) -> Outcome {
    let created_at = |time| context.new_user().created_at(at(time));
    let oldest = context.create(created_at("2013-02-01T00:00:00Z")).await?;
    let middle = context.create(created_at("2013-02-02T00:00:00Z")).await?;
    let newest = context.create(created_at("2013-02-03T00:00:00Z")).await?;
    let query = UserQuery::from(UserFilter::new().user_ids([&oldest.id, &newest.id]));
    let page = context.directory().list(&query.starting_after(middle.id.clone())).await?;
    ensure_eq!(ids(&page), std::slice::from_ref(&oldest.id), "the users after one whom the filter does not match");
    Ok(())
}

/// An offset of 0 is no offset, and does no harm.
pub async fn an_offset_of_0_beside_a_cursor_is_taken(context: &Context<'_>) -> Outcome {
    let users: [User; 2] = context.users().await?;
    let query = || UserQuery::from(all(&users));
    let list = ids(&context.directory().list(&query()).await?);
    ensure_eq!(list.len(), 2, "the users on the first page");
    let page = context.directory().list(&query().starting_after(list[0].clone()).offset(0)).await?;
    ensure_eq!(ids(&page), list[1..], "the users after the first one");
    Ok(())
}

/// Users who come during a walk may be visited or not; those who were there are visited once.
pub async fn users_who_are_created_meanwhile_do_not_disturb_a_cursor_walk(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let mut users = Vec::new();
    for _ in 0..7 {
        users.push(context.create(context.new_user().first_name(&name)).await?);
    }
    let query = UserQuery::from(UserFilter::new().name_query(&name));
    let mut found = Vec::new();
    while next_page(context, &query, &mut found).await? {
        context.create(context.new_user().first_name(&name)).await?;
    }
    let distinct: BTreeSet<_> = found.iter().cloned().collect();
    ensure_eq!(distinct.len(), found.len(), "users, some of whom came twice: {found:?}");
    found.retain(|id| users.iter().any(|user| user.id == *id));
    expect_everybody_once(&found, &users)
}

/// Those who are left are visited once, as long as the cursor's user exists.
pub async fn users_who_are_deleted_meanwhile_do_not_disturb_a_cursor_walk(context: &Context<'_>) -> Outcome {
    let users: [User; 8] = context.users().await?;
    let list = ids(&context.directory().list(&UserQuery::from(all(&users))).await?);
    let mut found = Vec::new();
    next_page(context, &UserQuery::from(all(&users)), &mut found).await?;
    // One who was visited, and one who was not visited yet.
    for id in [&list[0], &list[4]] {
        context.directory().delete(id).await?;
    }
    while next_page(context, &UserQuery::from(all(&users)), &mut found).await? {}
    ensure!(!found.contains(&list[4]), "a user was visited after the deletion");
    found.retain(|id| *id != list[0]);
    let left: Vec<_> = users.into_iter().filter(|user| user.id != list[0] && user.id != list[4]).collect();
    expect_everybody_once(&found, &left)
}
