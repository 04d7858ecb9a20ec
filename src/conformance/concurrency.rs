//! Tests for concurrent calls, which must have the same effect as sequential calls in some order.

use futures_util::future::join_all;

use super::billing::expect_balance;
use super::check::{Failure, Outcome, ensure, ensure_eq};
use super::context::{Context, json};
use crate::error::{Error, Result};
use crate::model::billing::CreditAdjustment;
use crate::model::{MetadataUpdate, NewUser, TotpCode, TotpVerification, User, UserFilter, UserUpdate};

behaviors! {
    Create: create_creates_one_user_for_concurrent_duplicate_email_addresses,
        create_creates_one_user_for_concurrent_duplicate_usernames,
        create_creates_one_user_for_concurrent_duplicate_external_ids, create_creates_many_users_concurrently;
    Update: update_accepts_one_of_concurrent_duplicate_usernames, update_keeps_concurrent_updates_of_other_fields;
    UpdateMetadata: update_metadata_keeps_concurrent_merges;
    Delete: delete_succeeds_for_one_of_concurrent_calls;
    VerifyTotp: verify_totp_accepts_backup_code_once_in_concurrent_calls;
    Ban: ban_keeps_concurrent_updates;
    AdjustBillingCreditBalance: adjust_billing_credit_balance_is_idempotent_for_concurrent_calls,
        adjust_billing_credit_balance_sums_concurrent_adjustments,
        adjust_billing_credit_balance_prevents_concurrent_overdraft;
}

const MANY: usize = 100;

/// Returns the successful results. Calls that failed with [`Locked`](crate::ErrorKind::Locked) have no effect and are
/// omitted. Any other error is a failure.
fn successes<T>(results: Vec<Result<T>>) -> Outcome<Vec<T>> {
    let successes = results.into_iter().filter(|result| !result.as_ref().is_err_and(Error::is_locked));
    successes.collect::<Result<_>>().map_err(Failure::from)
}

/// Returns the result of the only call that succeeded.
///
/// Fails unless exactly one call succeeded. The errors from the other calls must match `is_kind` or be
/// [`Locked`](crate::ErrorKind::Locked).
fn expect_one<T>(results: Vec<Result<T>>, is_kind: impl Fn(&Error) -> bool) -> Outcome<T> {
    let mut successes = Vec::new();
    for result in results {
        match result {
            Ok(success) => successes.push(success),
            Err(error) if is_kind(&error) || error.is_locked() => {}
            Err(error) => return Err(error.into()),
        }
    }
    ensure_eq!(successes.len(), 1, "the number of calls that succeeded");
    successes.pop().ok_or_else(|| Failure::new("no call succeeded"))
}

/// Fails unless exactly one of many concurrent calls creates a user, and the filter matches only this user.
async fn expect_one_created(context: &Context<'_>, new: impl Fn() -> NewUser, filter: UserFilter) -> Outcome {
    let news: Vec<_> = (0..MANY).map(|_| new()).collect();
    let results = join_all(news.iter().map(|new| context.try_create(new))).await;
    let user = expect_one(results, Error::is_conflict)?;
    context.expect(filter, &[&user]).await
}

/// Checks that only one of many concurrent `create` calls with the same email address succeeds.
pub async fn create_creates_one_user_for_concurrent_duplicate_email_addresses(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let filter = UserFilter::new().email_address(&email);
    expect_one_created(context, || context.new_user_with_email_address(&email), filter).await
}

/// Checks that only one of many concurrent `create` calls with the same username succeeds.
pub async fn create_creates_one_user_for_concurrent_duplicate_usernames(context: &Context<'_>) -> Outcome {
    let name = context.word();
    let filter = UserFilter::new().username(&name);
    expect_one_created(context, || context.new_user().username(&name), filter).await
}

/// Checks that only one of many concurrent `create` calls with the same external id succeeds.
pub async fn create_creates_one_user_for_concurrent_duplicate_external_ids(context: &Context<'_>) -> Outcome {
    let external_id = context.word();
    let filter = UserFilter::new().external_id(&external_id);
    expect_one_created(context, || context.new_user().external_id(&external_id), filter).await
}

/// Checks that many concurrent `create` calls for different users succeed.
pub async fn create_creates_many_users_concurrently(context: &Context<'_>) -> Outcome {
    let news: Vec<_> = (0..MANY).map(|_| context.new_user()).collect();
    let results = join_all(news.iter().map(|new| context.try_create(new))).await;
    let users: Vec<User> = results.into_iter().collect::<Result<_>>()?;
    context
        .expect(UserFilter::new().user_ids(users.iter().map(|user| &user.id)), &users.iter().collect::<Vec<_>>())
        .await
}

/// Checks that only one of many concurrent `update` calls with the same username succeeds.
pub async fn update_accepts_one_of_concurrent_duplicate_usernames(context: &Context<'_>) -> Outcome {
    let users: [User; 20] = context.users().await?;
    let name = context.word();
    let update = UserUpdate::new().username(&name);
    let results = join_all(users.iter().map(|user| context.directory().update(&user.id, &update))).await;
    let winner = expect_one(results, Error::is_conflict)?;
    context.expect(UserFilter::new().username(&name), &[&winner]).await
}

/// Checks that `update` does not overwrite concurrent updates to other fields.
pub async fn update_keeps_concurrent_updates_of_other_fields(context: &Context<'_>) -> Outcome {
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
    let succeeded: Vec<_> = results.iter().map(Result::is_ok).collect();
    successes(results)?;
    let user = context.get(&id).await?;
    let set = [
        user.first_name.as_deref() == Some("Ada"),
        user.last_name.as_deref() == Some("Lovelace"),
        user.locale.as_deref() == Some("en-GB"),
        user.username.as_deref() == Some(&*name),
        user.external_id.as_deref() == Some(&*external_id),
    ];
    ensure_eq!(set.to_vec(), succeeded, "(first name, last name, locale, username, external id)");
    Ok(())
}

/// Checks that `update_metadata` keeps the keys that concurrent calls add.
pub async fn update_metadata_keeps_concurrent_merges(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let updates: Vec<_> =
        (0..8).map(|n| MetadataUpdate::new().public(json(&format!(r#"{{"all":{{"k{n}":{n}}}}}"#)))).collect();
    let results = join_all(updates.iter().map(|update| context.directory().update_metadata(&id, update))).await;
    let succeeded: Vec<_> = results.iter().map(Result::is_ok).collect();
    successes(results)?;
    let all = context.get(&id).await?.public_metadata.get::<serde_json::Value>("all")?.unwrap_or_default();
    let found: Vec<_> = (0..8).map(|n| all.get(format!("k{n}")).is_some()).collect();
    ensure_eq!(found, succeeded, "whether each merged key exists");
    Ok(())
}

/// Checks that only one of many concurrent `delete` calls succeeds.
pub async fn delete_succeeds_for_one_of_concurrent_calls(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let results = join_all((0..20).map(|_| context.directory().delete(&id))).await;
    ensure!(expect_one(results, Error::is_not_found)?.deleted, "the returned object is not marked as deleted");
    Ok(())
}

/// Checks that only one of many concurrent `verify_totp` calls with the same backup code accepts it.
pub async fn verify_totp_accepts_backup_code_once_in_concurrent_calls(context: &Context<'_>) -> Outcome {
    let new = context.new_user().totp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let id = context.seed_user(new.backup_codes(["first-code", "second-code"])).await?.id;
    let code = TotpCode::new("first-code");
    let results = successes(join_all((0..20).map(|_| context.directory().verify_totp(&id, &code))).await)?;
    let accepted = results.iter().filter(|result| **result == TotpVerification::BackupCode).count();
    ensure_eq!(accepted, 1, "the number of calls that accepted the code");
    Ok(())
}

/// Checks that `ban` does not overwrite concurrent updates to the user's fields and metadata.
pub async fn ban_keeps_concurrent_updates(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let update = UserUpdate::new().first_name("Ada");
    let metadata = MetadataUpdate::new().public(json(r#"{"a":1}"#));
    let directory = context.directory();
    let results =
        join_all([directory.ban(&id), directory.update(&id, &update), directory.update_metadata(&id, &metadata)]).await;
    let succeeded: Vec<_> = results.iter().map(Result::is_ok).collect();
    successes(results)?;
    let user = context.get(&id).await?;
    let found = vec![user.banned, user.first_name.as_deref() == Some("Ada"), !user.public_metadata.is_empty()];
    ensure_eq!(found, succeeded, "(ban, update, metadata)");
    Ok(())
}

/// Checks that identical concurrent adjustments with the same idempotency key are applied only once.
pub async fn adjust_billing_credit_balance_is_idempotent_for_concurrent_calls(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let adjustment = CreditAdjustment::increase(100, context.word());
    let directory = context.directory();
    let entries =
        successes(join_all((0..20).map(|_| directory.adjust_billing_credit_balance(&id, &adjustment))).await)?;
    ensure!(entries.windows(2).all(|pair| pair[0] == pair[1]), "concurrent calls returned different entries");
    expect_balance(context, &id, 100).await
}

/// Checks that `adjust_billing_credit_balance` applies all concurrent adjustments.
pub async fn adjust_billing_credit_balance_sums_concurrent_adjustments(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let adjustments: Vec<_> = (0..20).map(|_| CreditAdjustment::increase(100, context.word())).collect();
    let directory = context.directory();
    let results = adjustments.iter().map(|adjustment| directory.adjust_billing_credit_balance(&id, adjustment));
    let entries = successes(join_all(results).await)?;
    expect_balance(context, &id, entries.iter().map(|entry| entry.amount.amount).sum()).await
}

/// Checks that only one of many concurrent decreases succeeds if the balance covers only one.
pub async fn adjust_billing_credit_balance_prevents_concurrent_overdraft(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let directory = context.directory();
    directory.adjust_billing_credit_balance(&id, &CreditAdjustment::increase(100, context.word())).await?;
    let adjustments: Vec<_> = (0..20).map(|_| CreditAdjustment::decrease(100, context.word())).collect();
    let results = adjustments.iter().map(|adjustment| directory.adjust_billing_credit_balance(&id, adjustment));
    expect_one(join_all(results).await, Error::is_invalid_input)?;
    expect_balance(context, &id, 0).await
}
