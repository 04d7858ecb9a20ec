//! Tests for banning and locking users.

use std::time::Duration;

use super::check::{Outcome, ensure, ensure_eq, expect_not_found};
use super::context::Context;
use crate::model::{User, UserId, UserIdBatch};
use crate::operation::Operation;

behaviors! {
    Ban: ban_bans_the_user, ban_accepts_banned_user, ban_keeps_other_fields, ban_does_not_expire;
    Unban: unban_lifts_the_ban, unban_accepts_user_who_is_not_banned, unban_keeps_lock;
    Lock: lock_locks_the_user, lock_accepts_locked_user, lock_keeps_other_fields, lock_expires_after_reported_seconds;
    Unlock: unlock_lifts_the_lock, unlock_accepts_user_who_is_not_locked, unlock_keeps_ban;
    BulkBan: bulk_ban_bans_one_user, bulk_ban_bans_50_users, bulk_ban_keeps_other_users,
        bulk_ban_changes_nothing_if_one_user_is_unknown;
    BulkUnban: bulk_unban_lifts_several_bans, bulk_unban_changes_nothing_if_one_user_is_unknown;
}

/// Returns the `banned` and `locked` fields of the user that `get` returns.
async fn ban_and_lock(context: &Context<'_>, id: &UserId) -> Outcome<(bool, bool)> {
    let user = context.get(id).await?;
    Ok((user.banned, user.locked))
}

/// Returns the user with the ban and lock state and `updated_at` reset.
fn without_ban_and_lock(mut user: User) -> User {
    (user.banned, user.locked) = (false, false);
    (user.lockout_expires_in_seconds, user.verification_attempts_remaining) = (None, None);
    user.updated_at = None;
    user
}

/// Checks that `ban` bans the user.
pub async fn ban_bans_the_user(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    ensure!(context.directory().ban(&id).await?.banned, "the returned user is not banned");
    ensure_eq!(ban_and_lock(context, &id).await?, (true, false), "(banned, locked)");
    Ok(())
}

/// Checks that `ban` accepts a user who is already banned.
pub async fn ban_accepts_banned_user(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    context.directory().ban(&id).await?;
    ensure!(context.directory().ban(&id).await?.banned, "the user is not banned");
    Ok(())
}

/// Checks that `ban` keeps all fields of the user except `updated_at` and the ban and lock state.
pub async fn ban_keeps_other_fields(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user().first_name("Ada").username(context.word())).await?;
    let returned = context.directory().ban(&user.id).await?;
    ensure_eq!(without_ban_and_lock(returned), without_ban_and_lock(user), "the other fields of the user");
    Ok(())
}

/// Checks that a ban does not expire within a year.
pub async fn ban_does_not_expire(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    context.directory().ban(&id).await?;
    context.fixture().advance_clock(Duration::from_secs(365 * 24 * 3600)).await?;
    ensure!(context.get(&id).await?.banned, "the ban has expired");
    Ok(())
}

/// Checks that `unban` lifts the ban.
pub async fn unban_lifts_the_ban(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(context.new_user().banned(true)).await?.id;
    ensure!(!context.directory().unban(&id).await?.banned, "the returned user is banned");
    ensure_eq!(ban_and_lock(context, &id).await?, (false, false), "(banned, locked)");
    Ok(())
}

/// Checks that `unban` accepts a user who is not banned.
pub async fn unban_accepts_user_who_is_not_banned(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    ensure!(!context.directory().unban(&id).await?.banned, "the user is banned");
    Ok(())
}

/// Checks that `unban` does not unlock a banned and locked user.
pub async fn unban_keeps_lock(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(context.new_user().banned(true)).await?.id;
    context.directory().lock(&id).await?;
    context.directory().unban(&id).await?;
    ensure_eq!(ban_and_lock(context, &id).await?, (false, true), "(banned, locked)");
    Ok(())
}

/// Checks that `lock` locks the user.
pub async fn lock_locks_the_user(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    ensure!(context.directory().lock(&id).await?.locked, "the returned user is not locked");
    ensure_eq!(ban_and_lock(context, &id).await?, (false, true), "(banned, locked)");
    Ok(())
}

/// Checks that `lock` accepts a user who is already locked.
pub async fn lock_accepts_locked_user(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    context.directory().lock(&id).await?;
    ensure!(context.directory().lock(&id).await?.locked, "the user is not locked");
    Ok(())
}

/// Checks that `lock` keeps all fields of the user except `updated_at` and the ban and lock state.
pub async fn lock_keeps_other_fields(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user().first_name("Ada").username(context.word())).await?;
    let returned = context.directory().lock(&user.id).await?;
    ensure_eq!(without_ban_and_lock(returned), without_ban_and_lock(user), "the other fields of the user");
    Ok(())
}

/// Checks that a lock expires after `lockout_expires_in_seconds`.
///
/// If this field is `None`, checks that the lock does not expire within a year.
pub async fn lock_expires_after_reported_seconds(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let Some(seconds) = context.directory().lock(&id).await?.lockout_expires_in_seconds else {
        context.fixture().advance_clock(Duration::from_secs(365 * 24 * 3600)).await?;
        ensure!(context.get(&id).await?.locked, "a lock without an expiry has expired");
        return Ok(());
    };
    ensure!(seconds > 0, "the lock expires after 0 seconds");
    context.fixture().advance_clock(Duration::from_secs(seconds.saturating_sub(60))).await?;
    ensure!(context.get(&id).await?.locked, "the lock has expired a minute too early");
    context.fixture().advance_clock(Duration::from_secs(61)).await?;
    let user = context.get(&id).await?;
    ensure!(!user.locked, "the lock has not expired");
    ensure_eq!(user.lockout_expires_in_seconds, None, "`lockout_expires_in_seconds` of an expired lock");
    Ok(())
}

/// Checks that `unlock` lifts the lock.
pub async fn unlock_lifts_the_lock(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(context.new_user().locked(true)).await?.id;
    ensure!(!context.directory().unlock(&id).await?.locked, "the returned user is locked");
    ensure_eq!(ban_and_lock(context, &id).await?, (false, false), "(banned, locked)");
    Ok(())
}

/// Checks that `unlock` does not unban a banned and locked user.
pub async fn unlock_keeps_ban(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(context.new_user().banned(true)).await?.id;
    context.directory().lock(&id).await?;
    context.directory().unlock(&id).await?;
    ensure_eq!(ban_and_lock(context, &id).await?, (true, false), "(banned, locked)");
    Ok(())
}

/// Checks that `unlock` accepts a user who is not locked.
pub async fn unlock_accepts_user_who_is_not_locked(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    ensure!(!context.directory().unlock(&id).await?.locked, "the user is locked");
    Ok(())
}

fn sorted(ids: impl Iterator<Item = UserId>) -> Vec<UserId> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids
}

/// Bans users with `bulk_ban`, and fails unless all of them are returned as banned.
async fn bulk_ban(context: &Context<'_>, users: &[User]) -> Outcome<Vec<UserId>> {
    let ids: Vec<_> = users.iter().map(|user| user.id.clone()).collect();
    let returned = context.directory().bulk_ban(&UserIdBatch::new(ids.iter().cloned())?).await?;
    ensure!(returned.iter().all(|user| user.banned), "a returned user is not banned");
    ensure_eq!(sorted(returned.into_iter().map(|user| user.id)), sorted(ids.iter().cloned()), "the returned users");
    Ok(ids)
}

/// Checks that `bulk_ban` bans a single user.
pub async fn bulk_ban_bans_one_user(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    bulk_ban(context, std::slice::from_ref(&user)).await?;
    ensure_eq!(ban_and_lock(context, &user.id).await?, (true, false), "(banned, locked)");
    Ok(())
}

/// Checks that `bulk_ban` bans 50 users.
pub async fn bulk_ban_bans_50_users(context: &Context<'_>) -> Outcome {
    let users: [User; 50] = context.users().await?;
    for id in &bulk_ban(context, &users).await? {
        ensure!(context.get(id).await?.banned, "a user is not banned");
    }
    Ok(())
}

/// Checks that `bulk_ban` does not change other users.
pub async fn bulk_ban_keeps_other_users(context: &Context<'_>) -> Outcome {
    let users: [User; 3] = context.users().await?;
    bulk_ban(context, &users[..2]).await?;
    ensure_eq!(context.get(&users[2].id).await?, users[2], "a user who was not given");
    Ok(())
}

/// Checks that `bulk_ban` bans no users if one of the users does not exist.
pub async fn bulk_ban_changes_nothing_if_one_user_is_unknown(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let ids = UserIdBatch::new([ada.id.clone(), context.unknown_user(), grace.id.clone()])?;
    expect_not_found(context.directory().bulk_ban(&ids).await, Operation::BulkBan)?;
    for user in [ada, grace] {
        ensure_eq!(context.get(&user.id).await?, user, "a user after a failed ban");
    }
    Ok(())
}

/// Checks that `bulk_unban` lifts the bans of the given users, and keeps all other bans.
pub async fn bulk_unban_lifts_several_bans(context: &Context<'_>) -> Outcome {
    let users: [User; 3] = context.users().await?;
    let ids = bulk_ban(context, &users).await?;
    let returned = context.directory().bulk_unban(&UserIdBatch::new(ids[..2].iter().cloned())?).await?;
    ensure!(returned.iter().all(|user| !user.banned), "a returned user is banned");
    let expected = sorted(ids[..2].iter().cloned());
    ensure_eq!(sorted(returned.into_iter().map(|user| user.id)), expected, "the ids of the returned users");
    for (id, banned) in ids.iter().zip([false, false, true]) {
        ensure_eq!(context.get(id).await?.banned, banned, "whether a user is banned");
    }
    Ok(())
}

/// Checks that `bulk_unban` lifts no bans if one of the users does not exist.
pub async fn bulk_unban_changes_nothing_if_one_user_is_unknown(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user().banned(true)).await?;
    let ids = UserIdBatch::new([user.id.clone(), context.unknown_user()])?;
    expect_not_found(context.directory().bulk_unban(&ids).await, Operation::BulkUnban)?;
    ensure_eq!(context.get(&user.id).await?, user, "a user after a failed unban");
    Ok(())
}
