//! Bans and locks, of one user and of several.

use std::time::Duration;

use super::check::{Outcome, ensure, ensure_eq, not_found};
use super::context::Context;
use crate::error::Error;
use crate::model::{UserIdBatch, User, UserId};
use crate::operation::Operation;

behaviours! {
    Ban: a_banned_user_is_banned, a_user_can_be_banned_twice, a_ban_is_no_lock, a_ban_changes_nothing_else,
        a_ban_does_not_expire;
    Unban: a_ban_can_be_lifted, lifting_no_ban_changes_nothing;
    Lock: a_locked_user_is_locked, a_user_can_be_locked_twice, a_lock_is_no_ban, a_lock_changes_nothing_else,
        a_lock_expires;
    Unlock: a_lock_can_be_lifted, lifting_no_lock_changes_nothing;
    BulkBan: one_user_can_be_banned_in_bulk, fifty_users_can_be_banned_at_once,
        users_who_are_not_named_are_not_banned, nobody_is_banned_if_one_does_not_exist;
    BulkUnban: several_bans_can_be_lifted_at_once, no_ban_is_lifted_if_one_user_does_not_exist;
}

/// (banned, locked) of the user who is read.
async fn standing(context: &Context<'_>, id: &UserId) -> Outcome<(bool, bool)> {
    let user = context.get(id).await?;
    Ok((user.banned, user.locked))
}

/// The same user, but for the standing and the time of the change.
fn apart_from_standing(mut user: User) -> User {
    (user.banned, user.locked) = (false, false);
    (user.lockout_expires_in_seconds, user.verification_attempts_remaining) = (None, None);
    user.updated_at = None;
    user
}

/// The user who is answered and the one who is read are banned.
pub async fn a_banned_user_is_banned(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    ensure!(context.directory().ban(&id).await?.banned, "the user who is answered is not banned");
    ensure_eq!(standing(context, &id).await?, (true, false), "(banned, locked)");
    Ok(())
}

/// The second ban changes nothing.
pub async fn a_user_can_be_banned_twice(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    context.directory().ban(&id).await?;
    ensure!(context.directory().ban(&id).await?.banned, "the user is not banned");
    Ok(())
}

/// Banning and locking are two things, and each is lifted on its own.
pub async fn a_ban_is_no_lock(context: &Context<'_>) -> Outcome {
    let id = context.create(context.new_user().banned(true)).await?.id;
    context.directory().lock(&id).await?;
    context.directory().unban(&id).await?;
    ensure_eq!(standing(context, &id).await?, (false, true), "(banned, locked)");
    Ok(())
}

/// Names, identifiers and the like stay as they are.
pub async fn a_ban_changes_nothing_else(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().first_name("Ada").username(context.word())).await?;
    let answer = context.directory().ban(&user.id).await?;
    ensure_eq!(apart_from_standing(answer), apart_from_standing(user), "the rest of the user");
    Ok(())
}

/// A ban is there after a year.
pub async fn a_ban_does_not_expire(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    context.directory().ban(&id).await?;
    context.fixture().advance_clock(Duration::from_secs(365 * 24 * 3600)).await?;
    ensure!(context.get(&id).await?.banned, "the user is not banned any more");
    Ok(())
}

/// The user who is answered and the one who is read are not banned.
pub async fn a_ban_can_be_lifted(context: &Context<'_>) -> Outcome {
    let id = context.create(context.new_user().banned(true)).await?.id;
    ensure!(!context.directory().unban(&id).await?.banned, "the user who is answered is banned");
    ensure_eq!(standing(context, &id).await?, (false, false), "(banned, locked)");
    Ok(())
}

/// Where there is no ban, lifting it is no error.
pub async fn lifting_no_ban_changes_nothing(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    ensure!(!context.directory().unban(&id).await?.banned, "the user is banned");
    Ok(())
}

/// The user who is answered and the one who is read are locked.
pub async fn a_locked_user_is_locked(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    ensure!(context.directory().lock(&id).await?.locked, "the user who is answered is not locked");
    ensure_eq!(standing(context, &id).await?, (false, true), "(banned, locked)");
    Ok(())
}

/// A user who is locked can be locked again.
pub async fn a_user_can_be_locked_twice(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    context.directory().lock(&id).await?;
    ensure!(context.directory().lock(&id).await?.locked, "the user is not locked");
    Ok(())
}

/// Locking and banning are two things, and each is lifted on its own.
pub async fn a_lock_is_no_ban(context: &Context<'_>) -> Outcome {
    let id = context.create(context.new_user().banned(true)).await?.id;
    context.directory().lock(&id).await?;
    context.directory().unlock(&id).await?;
    ensure_eq!(standing(context, &id).await?, (true, false), "(banned, locked)");
    Ok(())
}

/// Names, identifiers and the like stay as they are.
pub async fn a_lock_changes_nothing_else(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().first_name("Ada").username(context.word())).await?;
    let answer = context.directory().lock(&user.id).await?;
    ensure_eq!(apart_from_standing(answer), apart_from_standing(user), "the rest of the user");
    Ok(())
}

/// A lock is over when as many seconds have passed as it says. One that says nothing never is.
pub async fn a_lock_expires(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let Some(seconds) = context.directory().lock(&id).await?.lockout_expires_in_seconds else {
        context.fixture().advance_clock(Duration::from_secs(365 * 24 * 3600)).await?;
        ensure!(context.get(&id).await?.locked, "a lock that does not expire has expired");
        return Ok(());
    };
    ensure!(seconds > 0, "the lock has expired from the start");
    context.fixture().advance_clock(Duration::from_secs(seconds.saturating_sub(60))).await?;
    ensure!(context.get(&id).await?.locked, "the lock has expired a minute before its time");
    context.fixture().advance_clock(Duration::from_secs(61)).await?;
    let user = context.get(&id).await?;
    ensure!(!user.locked, "the lock has not expired");
    ensure_eq!(user.lockout_expires_in_seconds, None, "the seconds until an expired lock expires");
    Ok(())
}

/// The user who is answered and the one who is read are not locked.
pub async fn a_lock_can_be_lifted(context: &Context<'_>) -> Outcome {
    let id = context.create(context.new_user().locked(true)).await?.id;
    ensure!(!context.directory().unlock(&id).await?.locked, "the user who is answered is locked");
    ensure_eq!(standing(context, &id).await?, (false, false), "(banned, locked)");
    Ok(())
}

/// Where there is no lock, lifting it is no error.
pub async fn lifting_no_lock_changes_nothing(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    ensure!(!context.directory().unlock(&id).await?.locked, "the user is locked");
    Ok(())
}

fn sorted(ids: impl Iterator<Item = UserId>) -> Vec<UserId> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids
}

fn batch(ids: &[UserId]) -> Result<UserIdBatch, Error> {
    UserIdBatch::try_from(ids)
}

/// Bans these users at once, and fails unless they are answered as banned ones.
async fn bulk_ban(context: &Context<'_>, users: &[User]) -> Outcome<Vec<UserId>> {
    let ids: Vec<_> = users.iter().map(|user| user.id.clone()).collect();
    let answer = context.directory().bulk_ban(&batch(&ids)?).await?;
    ensure!(answer.iter().all(|user| user.banned), "a user who is answered is not banned");
    ensure_eq!(
        sorted(answer.into_iter().map(|user| user.id)),
        sorted(ids.iter().cloned()),
        "the users who are answered"
    );
    Ok(ids)
}

/// A list of one is enough.
pub async fn one_user_can_be_banned_in_bulk(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    bulk_ban(context, std::slice::from_ref(&user)).await?;
    ensure_eq!(standing(context, &user.id).await?, (true, false), "(banned, locked)");
    Ok(())
}

/// Fifty are the most.
pub async fn fifty_users_can_be_banned_at_once(context: &Context<'_>) -> Outcome {
    let users: [User; 50] = context.users().await?;
    for id in &bulk_ban(context, &users).await? {
        ensure!(context.get(id).await?.banned, "a user is not banned");
    }
    Ok(())
}

/// Only those who are named are banned.
pub async fn users_who_are_not_named_are_not_banned(context: &Context<'_>) -> Outcome {
    let users: [User; 3] = context.users().await?;
    bulk_ban(context, &users[..2]).await?;
    ensure_eq!(context.get(&users[2].id).await?, users[2], "a user who was not named");
    Ok(())
}

/// All or none.
pub async fn nobody_is_banned_if_one_does_not_exist(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let ids = [ada.id.clone(), context.nobody(), grace.id.clone()];
    not_found(context.directory().bulk_ban(&batch(&ids)?).await, Operation::BulkBan)?;
    for user in [ada, grace] {
        ensure_eq!(context.get(&user.id).await?, user, "a user after a ban that failed");
    }
    Ok(())
}

/// Those who are named are not banned any more; others are.
pub async fn several_bans_can_be_lifted_at_once(context: &Context<'_>) -> Outcome {
    let users: [User; 3] = context.users().await?;
    let ids = bulk_ban(context, &users).await?;
    let answer = context.directory().bulk_unban(&batch(&ids[..2])?).await?;
    ensure!(answer.iter().all(|user| !user.banned), "a user who is answered is banned");
    ensure_eq!(answer.len(), 2, "the number of users who are answered");
    for (id, banned) in ids.iter().zip([false, false, true]) {
        ensure_eq!(context.get(id).await?.banned, banned, "whether a user is banned");
    }
    Ok(())
}

/// All or none.
pub async fn no_ban_is_lifted_if_one_user_does_not_exist(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().banned(true)).await?;
    let ids = [user.id.clone(), context.nobody()];
    not_found(context.directory().bulk_unban(&batch(&ids)?).await, Operation::BulkUnban)?;
    ensure_eq!(context.get(&user.id).await?, user, "a user after a lift that failed");
    Ok(())
}
