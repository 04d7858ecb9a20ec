//! Tests for pagination: limits, offsets and cursors.

use std::collections::BTreeSet;

use super::at;
use super::check::{Outcome, ensure, ensure_eq, expect_invalid};
use super::context::Context;
use crate::error::codes;
use crate::model::{OrderBy, OrderField, User, UserFilter, UserId, UserQuery};
use crate::operation::Operation;

behaviors! {
    List: list_returns_at_most_limit_users, list_returns_10_users_by_default, list_skips_offset_users,
        list_pages_by_offset_return_each_user_once, list_returns_empty_page_for_offset_past_the_end,
        list_pages_by_cursor_return_each_user_once, list_pages_by_cursor_support_ascending_order,
        list_pages_by_cursor_handle_equal_created_at, list_returns_empty_page_after_last_user,
        list_accepts_cursor_that_filter_does_not_match, list_accepts_cursor_with_zero_offset,
        list_rejects_unknown_cursor,
        list_pages_by_cursor_are_stable_under_creation, list_pages_by_cursor_are_stable_under_deletion;
}

fn all(users: &[User]) -> UserFilter {
    UserFilter::new().user_ids(users.iter().map(|user| &user.id))
}

fn ids(users: &[User]) -> Vec<UserId> {
    users.iter().map(|user| user.id.clone()).collect()
}

/// Fails unless `found` contains the id of each user exactly once, and no other ids.
fn expect_each_once(found: &[UserId], users: &[User]) -> Outcome {
    let distinct: BTreeSet<_> = found.iter().cloned().collect();
    ensure_eq!(distinct.len(), found.len(), "the number of different users in {found:?}");
    ensure_eq!(distinct, ids(users).into_iter().collect::<BTreeSet<_>>(), "the users");
    Ok(())
}

/// Checks that `list` returns as many users as the limit allows, or all users if there are fewer.
pub async fn list_returns_at_most_limit_users(context: &Context<'_>) -> Outcome {
    let users: [User; 3] = context.users().await?;
    for (limit, length) in [(1, 1), (2, 2), (3, 3), (4, 3), (500, 3)] {
        let page = context.directory().list(&UserQuery::from(all(&users)).limit(limit)).await?;
        ensure_eq!(page.len(), length, "the users on a page of {limit}");
    }
    Ok(())
}

/// Checks that `list` returns at most 10 users if the query has no limit.
pub async fn list_returns_10_users_by_default(context: &Context<'_>) -> Outcome {
    let users: [User; 11] = context.users().await?;
    ensure_eq!(context.directory().list(&UserQuery::from(all(&users))).await?.len(), 10, "the users on a page");
    Ok(())
}

/// Checks that `list` skips as many users as the offset specifies.
pub async fn list_skips_offset_users(context: &Context<'_>) -> Outcome {
    let users: [User; 4] = context.users().await?;
    let query = || UserQuery::from(all(&users));
    let list = ids(&context.directory().list(&query()).await?);
    let rest = ids(&context.directory().list(&query().offset(1)).await?);
    ensure_eq!(rest, list[1..], "the list after one user");
    let middle = ids(&context.directory().list(&query().offset(1).limit(2)).await?);
    ensure_eq!(middle, list[1..3], "two users after the first one");
    Ok(())
}

/// Checks that offset pagination returns each user exactly once.
pub async fn list_pages_by_offset_return_each_user_once(context: &Context<'_>) -> Outcome {
    let users: [User; 7] = context.users().await?;
    let mut found = Vec::new();
    for (offset, length) in [(0, 3), (3, 3), (6, 1)] {
        let page = context.directory().list(&UserQuery::from(all(&users)).limit(3).offset(offset)).await?;
        ensure_eq!(page.len(), length, "the number of users at offset {offset}");
        found.extend(ids(&page));
    }
    expect_each_once(&found, &users)
}

/// Checks that `list` returns an empty page for an offset past the end.
pub async fn list_returns_empty_page_for_offset_past_the_end(context: &Context<'_>) -> Outcome {
    let users: [User; 2] = context.users().await?;
    for offset in [2, 1_000] {
        let page = context.directory().list(&UserQuery::from(all(&users)).offset(offset)).await?;
        ensure!(page.is_empty(), "the page of two users at offset {offset}: {:?}", ids(&page));
    }
    Ok(())
}

/// Adds the next page of two users to `found`. Returns `true` if there may be another page.
async fn next_page(context: &Context<'_>, query: &UserQuery, found: &mut Vec<UserId>) -> Outcome<bool> {
    ensure!(found.len() <= 100, "pagination does not end");
    let mut query = query.clone().limit(2);
    query.starting_after = found.last().cloned();
    let page = context.directory().list(&query).await?;
    found.extend(ids(&page));
    Ok(page.len() == 2)
}

/// Returns the ids of the users on all pages. Each page has two users.
async fn all_pages(context: &Context<'_>, query: &UserQuery) -> Outcome<Vec<UserId>> {
    let mut found = Vec::new();
    while next_page(context, query, &mut found).await? {}
    Ok(found)
}

/// Checks that cursor pagination returns each user exactly once, in the order of the list.
pub async fn list_pages_by_cursor_return_each_user_once(context: &Context<'_>) -> Outcome {
    let users: [User; 7] = context.users().await?;
    let list = context.directory().list(&UserQuery::from(all(&users))).await?;
    let found = all_pages(context, &UserQuery::from(all(&users))).await?;
    expect_each_once(&found, &users)?;
    ensure_eq!(found, ids(&list), "the users on all pages");
    Ok(())
}

/// Checks that `list` supports a cursor in ascending order of creation time.
pub async fn list_pages_by_cursor_support_ascending_order(context: &Context<'_>) -> Outcome {
    let users: [User; 5] = context.users().await?;
    let query = UserQuery::from(all(&users)).order_by(OrderBy::ascending(OrderField::CreatedAt));
    let list = context.directory().list(&query).await?;
    let found = all_pages(context, &query).await?;
    expect_each_once(&found, &users)?;
    ensure_eq!(found, ids(&list), "the users on all pages");
    Ok(())
}

/// Checks that cursor pagination returns each user exactly once if users have the same creation time.
pub async fn list_pages_by_cursor_handle_equal_created_at(context: &Context<'_>) -> Outcome {
    let mut users = Vec::new();
    for _ in 0..5 {
        users.push(context.seed_user(context.new_user().created_at(at("2013-01-01T00:00:00Z"))).await?);
    }
    for query in
        [UserQuery::from(all(&users)), UserQuery::from(all(&users)).order_by(OrderBy::ascending(OrderField::CreatedAt))]
    {
        expect_each_once(&all_pages(context, &query).await?, &users)?;
    }
    Ok(())
}

/// Checks that `list` returns an empty page if the cursor is the last user.
pub async fn list_returns_empty_page_after_last_user(context: &Context<'_>) -> Outcome {
    let users: [User; 3] = context.users().await?;
    let query = || UserQuery::from(all(&users));
    let list = ids(&context.directory().list(&query()).await?);
    ensure_eq!(list.len(), 3, "the number of users");
    let page = context.directory().list(&query().starting_after(list[2].clone())).await?;
    ensure!(page.is_empty(), "expected no users after the last one, found {:?}", ids(&page));
    Ok(())
}

/// Checks that `list` accepts a cursor even if its user does not match the filter.
pub async fn list_accepts_cursor_that_filter_does_not_match(context: &Context<'_>) -> Outcome {
    let created_at = |time| context.new_user().created_at(at(time));
    let oldest = context.seed_user(created_at("2013-02-01T00:00:00Z")).await?;
    let middle = context.seed_user(created_at("2013-02-02T00:00:00Z")).await?;
    let newest = context.seed_user(created_at("2013-02-03T00:00:00Z")).await?;
    let query = UserQuery::from(UserFilter::new().user_ids([&oldest.id, &newest.id]));
    let page = context.directory().list(&query.starting_after(middle.id.clone())).await?;
    ensure_eq!(ids(&page), std::slice::from_ref(&oldest.id), "the users after a cursor that the filter does not match");
    Ok(())
}

/// Checks that `list` accepts an offset of 0 with a cursor.
pub async fn list_accepts_cursor_with_zero_offset(context: &Context<'_>) -> Outcome {
    let users: [User; 2] = context.users().await?;
    let query = || UserQuery::from(all(&users));
    let list = ids(&context.directory().list(&query()).await?);
    ensure_eq!(list.len(), 2, "the users on the first page");
    let page = context.directory().list(&query().starting_after(list[0].clone()).offset(0)).await?;
    ensure_eq!(ids(&page), list[1..], "the users after the first one");
    Ok(())
}

/// Checks that `list` rejects a cursor that is not the id of a user.
pub async fn list_rejects_unknown_cursor(context: &Context<'_>) -> Outcome {
    let query = UserQuery::new().starting_after(context.unknown_user());
    let result = context.directory().list(&query).await;
    expect_invalid(result, Operation::List, codes::FORM_RESOURCE_NOT_FOUND, None, &query)
}

/// Checks that cursor pagination is stable if users are created between pages.
///
/// Each existing user must be returned exactly once.
pub async fn list_pages_by_cursor_are_stable_under_creation(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let mut users = Vec::new();
    for _ in 0..7 {
        users.push(context.seed_user(context.new_user().first_name(&name)).await?);
    }
    let query = UserQuery::from(UserFilter::new().name_query(&name));
    let mut found = Vec::new();
    while next_page(context, &query, &mut found).await? {
        context.seed_user(context.new_user().first_name(&name)).await?;
    }
    let distinct: BTreeSet<_> = found.iter().cloned().collect();
    ensure_eq!(distinct.len(), found.len(), "the number of different users in {found:?}");
    found.retain(|id| users.iter().any(|user| user.id == *id));
    expect_each_once(&found, &users)
}

/// Checks that cursor pagination is stable if users are deleted between pages.
///
/// Each remaining user must be returned exactly once.
pub async fn list_pages_by_cursor_are_stable_under_deletion(context: &Context<'_>) -> Outcome {
    let users: [User; 8] = context.users().await?;
    let list = ids(&context.directory().list(&UserQuery::from(all(&users))).await?);
    let mut found = Vec::new();
    next_page(context, &UserQuery::from(all(&users)), &mut found).await?;
    // A user who was already returned, and a user who was not.
    for id in [&list[0], &list[4]] {
        context.delete_user(id).await?;
    }
    while next_page(context, &UserQuery::from(all(&users)), &mut found).await? {}
    ensure!(!found.contains(&list[4]), "a deleted user was returned");
    found.retain(|id| *id != list[0]);
    let remaining: Vec<_> = users.into_iter().filter(|user| user.id != list[0] && user.id != list[4]).collect();
    expect_each_once(&found, &remaining)
}
