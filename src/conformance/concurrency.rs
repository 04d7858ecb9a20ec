//! Concurrent use: many calls at once leave the directory as some order of them would.

use futures_util::future::join_all;

use super::billing::expect_balance;
use super::check::{Failure, Outcome, ensure, ensure_eq};
use super::context::{Context, json};
use crate::error::{Error, Result};
use crate::model::billing::CreditAdjustment;
use crate::model::{MetadataUpdate, NewUser, TotpCode, TotpVerification, User, UserFilter, UserUpdate};

behaviours! {
    Create: of_many_users_with_one_email_address_one_is_created, of_many_users_with_one_user_name_one_is_created,
        of_many_users_with_one_external_id_one_is_created, many_users_are_created_at_once;
    Update: of_many_users_who_want_one_user_name_one_gets_it, updates_of_different_fields_all_survive;
    UpdateMetadata: merges_at_the_same_time_all_survive;
    Delete: of_many_deletions_one_succeeds;
    VerifyTotp: a_backup_code_that_many_use_at_once_is_right_once;
    Ban: bans_and_updates_at_the_same_time_all_survive;
    AdjustBillingCreditBalance: an_adjustment_that_many_make_at_once_is_made_once,
        adjustments_at_the_same_time_add_up, credit_that_many_take_at_once_is_not_overdrawn;
}

const MANY: usize = 100;

/// Leaves out what another request kept from being done ([`Locked`](crate::ErrorKind::Locked)): it is as if nobody had
/// tried. Any other error is one.
fn done<T>(results: Vec<Result<T>>) -> Outcome<Vec<T>> {
    let done = results.into_iter().filter(|result| !result.as_ref().is_err_and(Error::is_locked));
    done.collect::<Result<_>>().map_err(Failure::from)
}

/// Fails unless exactly one of the results is a success, and all others are errors of this kind.
fn expect_one<T>(results: Vec<Result<T>>, is_kind: impl Fn(&Error) -> bool) -> Outcome<T> {
    let mut successes = Vec::new();
    for result in results {
        match result {
            Ok(success) => successes.push(success),
            Err(error) if is_kind(&error) || error.is_locked() => {}
            Err(error) => return Err(error.into()),
        }
    }
    ensure_eq!(successes.len(), 1, "the number of those who succeeded");
    successes.pop().ok_or_else(|| Failure::new("nobody succeeded"))
}

/// Fails unless one of many users can be created, and is the only one whom the filter finds.
async fn expect_one_created(context: &Context<'_>, new: impl Fn() -> NewUser, filter: UserFilter) -> Outcome {
    let news: Vec<_> = (0..MANY).map(|_| new()).collect();
    let results = join_all(news.iter().map(|new| context.try_create(new))).await;
    let user = expect_one(results, Error::is_conflict)?;
    context.expect(filter, &[&user]).await
}

/// One wins, the others are told of the conflict, and there is one user.
pub async fn of_many_users_with_one_email_address_one_is_created(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let filter = UserFilter::new().email_address(&email);
    expect_one_created(context, || NewUser::new().email_address(&email), filter).await
}

/// One wins, the others are told of the conflict, and there is one user.
pub async fn of_many_users_with_one_user_name_one_is_created(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let filter = UserFilter::new().username(&name);
    expect_one_created(context, || context.new_user().username(&name), filter).await
}

/// One wins, the others are told of the conflict, and there is one user.
pub async fn of_many_users_with_one_external_id_one_is_created(context: &Context<'_>) -> Outcome {
    let external_id = context.word();
    let filter = UserFilter::new().external_id(&external_id);
    expect_one_created(context, || context.new_user().external_id(&external_id), filter).await
}

/// Different users do not get into each other's way.
pub async fn many_users_are_created_at_once(context: &Context<'_>) -> Outcome {
    let news: Vec<_> = (0..MANY).map(|_| context.new_user()).collect();
    let results = join_all(news.iter().map(|new| context.try_create(new))).await;
    let users: Vec<User> = results.into_iter().collect::<Result<_>>()?;
    context.expect(UserFilter::new().user_ids(users.iter().map(|user| &user.id)), &users.iter().collect::<Vec<_>>()).await
}

/// One wins, and the others are told of the conflict.
pub async fn of_many_users_who_want_one_user_name_one_gets_it(context: &Context<'_>) -> Outcome {
    let users: [User; 20] = context.users().await?;
    let name = context.word();
    let update = UserUpdate::new().username(&name);
    let results = join_all(users.iter().map(|user| context.directory().update(&user.id, &update))).await;
    let winner = expect_one(results, Error::is_conflict)?;
    context.expect(UserFilter::new().username(&name), &[&winner]).await
}

/// An update does not undo what another one does to other fields.
pub async fn updates_of_different_fields_all_survive(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let (name, external_id) = (context.word(), context.word());
    let updates = [
        UserUpdate::new().first_name("Ada"),
        UserUpdate::new().last_name("Lovelace"),
        UserUpdate::new().locale("en-GB"),
        UserUpdate::new().username(&name),
        UserUpdate::new().external_id(&external_id),
    ];
    let results = join_all(updates.iter().map(|update| context.directory().update(&id, update))).await;
    let was_done: Vec<_> = results.iter().map(Result::is_ok).collect();
    done(results)?;
    let user = context.get(&id).await?;
    let set = [
        user.first_name.is_some(),
        user.last_name.is_some(),
        user.locale.is_some(),
        user.username.is_some(),
        user.external_id.is_some(),
    ];
    ensure_eq!(set.to_vec(), was_done, "(first name, last name, locale, user name, external id)");
    Ok(())
}

/// A merge does not undo what another one added.
pub async fn merges_at_the_same_time_all_survive(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let updates: Vec<_> =
        (0..8).map(|n| MetadataUpdate::new().public(json(&format!(r#"{{"all":{{"k{n}":{n}}}}}"#)))).collect();
    let results = join_all(updates.iter().map(|update| context.directory().update_metadata(&id, update))).await;
    let was_done: Vec<_> = results.iter().map(Result::is_ok).collect();
    done(results)?;
    let all = context.get(&id).await?.public_metadata.get::<serde_json::Value>("all")?.unwrap_or_default();
    let found: Vec<_> = (0..8).map(|n| all.get(format!("k{n}")).is_some()).collect();
    ensure_eq!(found, was_done, "whether each merge is there");
    Ok(())
}

/// One deletes the user, and for the others there is nobody to delete.
pub async fn of_many_deletions_one_succeeds(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let results = join_all((0..20).map(|_| context.directory().delete(&id))).await;
    ensure!(expect_one(results, Error::is_not_found)?.deleted, "the answer says that the user is not deleted");
    Ok(())
}

/// One uses the code up, and for the others it is wrong.
pub async fn a_backup_code_that_many_use_at_once_is_right_once(context: &Context<'_>) -> Outcome {
    let new = context.new_user().totp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let id = context.create(new.backup_codes(["first-code", "second-code"])).await?.id;
    let code = TotpCode::new("first-code");
    let results = done(join_all((0..20).map(|_| context.directory().verify_totp(&id, &code))).await)?;
    let right = results.iter().filter(|result| **result == TotpVerification::BackupCode).count();
    ensure_eq!(right, 1, "how often the code was right");
    Ok(())
}

/// A ban and an update do not undo each other.
pub async fn bans_and_updates_at_the_same_time_all_survive(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let update = UserUpdate::new().first_name("Ada");
    let metadata = MetadataUpdate::new().public(json(r#"{"a":1}"#));
    let directory = context.directory();
    let results =
        join_all([directory.ban(&id), directory.update(&id, &update), directory.update_metadata(&id, &metadata)]).await;
    let was_done: Vec<_> = results.iter().map(Result::is_ok).collect();
    done(results)?;
    let user = context.get(&id).await?;
    let found = vec![user.banned, user.first_name.is_some(), !user.public_metadata.is_empty()];
    ensure_eq!(found, was_done, "(ban, update, metadata)");
    Ok(())
}

/// One key is one adjustment, however many send it.
pub async fn an_adjustment_that_many_make_at_once_is_made_once(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let adjustment = CreditAdjustment::increase(100, context.word());
    let directory = context.directory();
    let entries =
        done(join_all((0..20).map(|_| directory.adjust_billing_credit_balance(&id, &adjustment))).await)?;
    ensure!(entries.windows(2).all(|pair| pair[0] == pair[1]), "the same adjustment gave different entries");
    expect_balance(context, &id, 100).await
}

/// No adjustment is lost.
pub async fn adjustments_at_the_same_time_add_up(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let adjustments: Vec<_> = (0..20).map(|_| CreditAdjustment::increase(100, context.word())).collect();
    let directory = context.directory();
    let results = adjustments.iter().map(|adjustment| directory.adjust_billing_credit_balance(&id, adjustment));
    let entries = done(join_all(results).await)?;
    expect_balance(context, &id, entries.iter().map(|entry| entry.amount.amount).sum()).await
}

/// Of many who take all that there is, one gets it.
pub async fn credit_that_many_take_at_once_is_not_overdrawn(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let directory = context.directory();
    directory.adjust_billing_credit_balance(&id, &CreditAdjustment::increase(100, context.word())).await?;
    let adjustments: Vec<_> = (0..20).map(|_| CreditAdjustment::decrease(100, context.word())).collect();
    let results = adjustments.iter().map(|adjustment| directory.adjust_billing_credit_balance(&id, adjustment));
    expect_one(join_all(results).await, Error::is_invalid_input)?;
    expect_balance(context, &id, 0).await
}
