//! Tests for calls during and after an outage of the service behind the directory.
//!
//! A directory or a decorator may retry calls or return cached users, but it must not return an incorrect result
//! because of an outage. These behaviors are not applicable unless the fixture supports
//! [`set_outage`](crate::conformance::Fixture::set_outage).

use std::fmt;

use super::check::{Outcome, ensure, ensure_eq, expect_not_found};
use super::context::{Context, json, lookup};
use super::fixture::Outage;
use crate::error::{Error, Result};
use crate::model::{
    MetadataUpdate, NewUser, Password, PasswordVerification, TotpCode, TotpVerification, User, UserFilter, UserQuery,
    UserUpdate,
};
use crate::operation::Operation;

behaviors! {
    Get: get_reports_outage_as_error, get_recovers_after_outage;
    List: list_reports_outage_as_error, list_recovers_after_outage;
    Count: count_reports_outage_as_error;
    VerifyPassword: verify_password_reports_outage_as_error;
    VerifyTotp: verify_totp_consumes_backup_code_when_response_is_lost;
    Create: create_reports_unknown_outcome_when_response_is_lost, create_is_visible_after_lost_response,
        create_creates_nothing_when_request_fails;
    Update: update_reports_unknown_outcome_when_response_is_lost, update_is_visible_after_lost_response,
        update_changes_nothing_when_request_fails;
    UpdateMetadata: update_metadata_is_visible_after_lost_response;
    Ban: ban_is_visible_after_lost_response, ban_is_visible_during_outage, ban_changes_nothing_when_request_fails;
    Unban: unban_is_visible_after_lost_response;
    Lock: lock_is_visible_after_lost_response;
    BulkBan: bulk_ban_is_visible_after_lost_response;
    Delete: delete_is_visible_after_lost_response, delete_changes_nothing_when_request_fails;
}

const OUTAGES: [Outage; 2] = [Outage::BeforeWork, Outage::AfterWork];

/// A user, and queries that find the user.
struct Subject {
    user: User,
    queries: [UserQuery; 2],
}

impl Subject {
    /// Creates the user, and reads it with `get` and with each query, so that a caching decorator caches it.
    async fn new(context: &Context<'_>, new: NewUser) -> Outcome<Self> {
        let lookup = lookup(UserFilter::new(), &new)?;
        let user = context.seed_user(new).await?;
        let queries = [UserFilter::new().user_id(&user.id), lookup].map(UserQuery::from);
        let subject = Self { user, queries };
        subject.expect_all(context, |_| true, "the user exists").await?;
        Ok(subject)
    }

    /// Fails unless `get` and each query return a user that meets the condition.
    async fn expect_all(&self, context: &Context<'_>, condition: impl Fn(&User) -> bool, what: &str) -> Outcome {
        let user = context.get(&self.user.id).await?;
        ensure!(condition(&user), "`get`: expected that {what}, found {user:?}");
        for query in &self.queries {
            let users = context.directory().list(query).await?;
            ensure_eq!(users.len(), 1, "the number of users that `list` returns for {query:?}");
            ensure!(condition(&users[0]), "`list`: expected that {what}, found {users:?}, for {query:?}");
        }
        Ok(())
    }
}

/// Makes a call during an outage.
async fn in_outage<T>(
    context: &Context<'_>,
    outage: Outage,
    call: impl Future<Output = Result<T>> + Send,
) -> Outcome<Result<T>> {
    context.start_outage(outage).await?;
    let result = call.await;
    context.end_outage().await?;
    Ok(result)
}

/// Fails unless the call failed because of the outage or returned a correct result.
fn expect_error_or<T: fmt::Debug>(result: Result<T>, operation: Operation, is_correct: impl Fn(&T) -> bool) -> Outcome {
    match result {
        Ok(value) => ensure!(is_correct(&value), "`{operation}`: expected an error in an outage, found {value:?}"),
        Err(error) => {
            let is_rejection = error.is_not_found() || error.is_invalid_input() || error.is_conflict();
            ensure!(!is_rejection, "`{operation}`: expected an error from the outage, found an error ({error})");
            ensure_eq!(error.operation(), Some(operation), "the operation of the error");
        }
    }
    Ok(())
}

fn expect_outcome_unknown<T>(result: Result<T>, operation: Operation) -> Outcome {
    if let Some(error) = result.err() {
        ensure!(error.is_outcome_unknown(), "`{operation}`: expected an unknown outcome, found an error ({error})");
        ensure_eq!(error.operation(), Some(operation), "the operation of the error");
    }
    Ok(())
}

/// Checks that `get` returns the user during an outage, or fails because of the outage.
pub async fn get_reports_outage_as_error(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    for outage in OUTAGES {
        let result = in_outage(context, outage, context.directory().get(&id)).await?;
        expect_error_or(result, Operation::Get, |user| user.id == id)?;
    }
    Ok(())
}

/// Checks that `get` returns the user after an outage.
pub async fn get_recovers_after_outage(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    for outage in OUTAGES {
        let _ = in_outage(context, outage, context.directory().get(&user.id)).await?;
        ensure_eq!(context.get(&user.id).await?, user, "the user that `get` returns after an outage");
    }
    Ok(())
}

/// Checks that `list` returns the user during an outage, or fails because of the outage.
pub async fn list_reports_outage_as_error(context: &Context<'_>) -> Outcome {
    let new = context.new_user();
    let query = UserQuery::from(lookup(UserFilter::new(), &new)?);
    let user = context.seed_user(new).await?;
    for outage in OUTAGES {
        let result = in_outage(context, outage, context.directory().list(&query)).await?;
        expect_error_or(result, Operation::List, |users| users.iter().any(|found| found.id == user.id))?;
    }
    Ok(())
}

/// Checks that `list` returns the user after an outage.
pub async fn list_recovers_after_outage(context: &Context<'_>) -> Outcome {
    let new = context.new_user();
    let filter = lookup(UserFilter::new(), &new)?;
    let user = context.seed_user(new).await?;
    let query = UserQuery::from(filter.clone());
    for outage in OUTAGES {
        let _ = in_outage(context, outage, context.directory().list(&query)).await?;
        context.expect_listed(filter.clone(), &[&user]).await?;
    }
    Ok(())
}

/// Checks that `count` returns the number of users during an outage, or fails because of the outage.
pub async fn count_reports_outage_as_error(context: &Context<'_>) -> Outcome {
    let filter = UserFilter::new().user_id(context.user().await?.id);
    for outage in OUTAGES {
        let result = in_outage(context, outage, context.directory().count(&filter)).await?;
        expect_error_or(result, Operation::Count, |count| *count == 1)?;
    }
    Ok(())
}

/// Checks that `verify_password` does not return `Incorrect` for a correct password during an outage.
pub async fn verify_password_reports_outage_as_error(context: &Context<'_>) -> Outcome {
    let password = Password::new("correct horse battery staple");
    let id = context.seed_user(context.new_user().password(password.clone())).await?.id;
    for outage in OUTAGES {
        let result = in_outage(context, outage, context.directory().verify_password(&id, &password)).await?;
        expect_error_or(result, Operation::VerifyPassword, |found| *found == PasswordVerification::Correct)?;
    }
    Ok(())
}

/// Checks that `verify_totp` consumes a backup code even if the response is lost.
pub async fn verify_totp_consumes_backup_code_when_response_is_lost(context: &Context<'_>) -> Outcome {
    let new = context.new_user().totp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let id = context.seed_user(new.backup_codes(["first-code", "second-code"])).await?.id;
    let code = TotpCode::new("first-code");
    let result = in_outage(context, Outage::AfterWork, context.directory().verify_totp(&id, &code)).await?;
    expect_outcome_unknown(result, Operation::VerifyTotp)?;
    let found = context.directory().verify_totp(&id, &code).await?;
    ensure_eq!(found, TotpVerification::Incorrect, "the result of `verify_totp` for a code that was used");
    Ok(())
}

/// Calls `create` and loses the response. Returns the error, if any, and the users that `list` finds afterward.
async fn create_with_lost_response(context: &Context<'_>) -> Outcome<(Option<Error>, Vec<User>)> {
    let new = context.new_user();
    let query = UserQuery::from(lookup(UserFilter::new(), &new)?);
    ensure_eq!(context.directory().list(&query).await?, [] as [User; 0], "the users before the call");
    let result = in_outage(context, Outage::AfterWork, context.directory().create(&new)).await?;
    let users = context.directory().list(&query).await?;
    for user in users.iter().chain(result.as_ref().ok()) {
        context.record_created(user);
    }
    Ok((result.err(), users))
}

/// Checks that `create` reports an unknown outcome if the response is lost.
pub async fn create_reports_unknown_outcome_when_response_is_lost(context: &Context<'_>) -> Outcome {
    let (error, _) = create_with_lost_response(context).await?;
    expect_outcome_unknown(error.map_or(Ok(()), Err), Operation::Create)
}

/// Checks that `list` returns the new user after the response to `create` is lost.
pub async fn create_is_visible_after_lost_response(context: &Context<'_>) -> Outcome {
    let (_, users) = create_with_lost_response(context).await?;
    ensure_eq!(users.len(), 1, "the number of users that `list` returns after the call");
    Ok(())
}

/// Checks that `create` creates no user if the call fails before the operation is performed.
///
/// Also checks that the call succeeds when it is repeated.
pub async fn create_creates_nothing_when_request_fails(context: &Context<'_>) -> Outcome {
    let new = context.new_user();
    let filter = lookup(UserFilter::new(), &new)?;
    let result = in_outage(context, Outage::BeforeWork, context.directory().create(&new)).await?;
    if let Ok(user) = &result {
        context.record_created(user);
    }
    expect_error_or(result, Operation::Create, |_| false)?;
    context.expect(filter.clone(), &[]).await?;
    let user = context.create(new).await?;
    context.expect(filter, &[&user]).await
}

/// Checks that `update` reports an unknown outcome if the response is lost.
pub async fn update_reports_unknown_outcome_when_response_is_lost(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let update = UserUpdate::new().first_name("Ada");
    let result = in_outage(context, Outage::AfterWork, context.directory().update(&id, &update)).await?;
    expect_outcome_unknown(result, Operation::Update)
}

/// Checks that `get` and `list` return the new state after the response to `update` is lost.
pub async fn update_is_visible_after_lost_response(context: &Context<'_>) -> Outcome {
    let subject = Subject::new(context, context.new_user()).await?;
    let update = UserUpdate::new().first_name("Ada");
    let _ = in_outage(context, Outage::AfterWork, context.directory().update(&subject.user.id, &update)).await?;
    let is_new = |user: &User| user.first_name.as_deref() == Some("Ada");
    subject.expect_all(context, is_new, "the first name is Ada").await
}

/// Checks that `update` changes nothing if the call fails before the operation is performed.
pub async fn update_changes_nothing_when_request_fails(context: &Context<'_>) -> Outcome {
    let subject = Subject::new(context, context.new_user()).await?;
    let update = UserUpdate::new().first_name("Ada");
    let result = in_outage(context, Outage::BeforeWork, context.directory().update(&subject.user.id, &update)).await?;
    expect_error_or(result, Operation::Update, |_| false)?;
    subject.expect_all(context, |user| *user == subject.user, "the user is unchanged").await
}

/// Checks that `get` and `list` return the new state after the response to `update_metadata` is lost.
pub async fn update_metadata_is_visible_after_lost_response(context: &Context<'_>) -> Outcome {
    let subject = Subject::new(context, context.new_user()).await?;
    let update = MetadataUpdate::new().public(json(r#"{"a":1}"#));
    let call = context.directory().update_metadata(&subject.user.id, &update);
    let _ = in_outage(context, Outage::AfterWork, call).await?;
    subject.expect_all(context, |user| !user.public_metadata.is_empty(), "the metadata is not empty").await
}

/// Checks that `get` and `list` return the new state after the response to `ban` is lost.
pub async fn ban_is_visible_after_lost_response(context: &Context<'_>) -> Outcome {
    let subject = Subject::new(context, context.new_user()).await?;
    let result = in_outage(context, Outage::AfterWork, context.directory().ban(&subject.user.id)).await?;
    expect_outcome_unknown(result, Operation::Ban)?;
    subject.expect_all(context, |user| user.banned, "the user is banned").await
}

/// Checks that `get` and `list` do not return an unbanned user after `ban` is called during an outage.
pub async fn ban_is_visible_during_outage(context: &Context<'_>) -> Outcome {
    let Subject { user, queries } = Subject::new(context, context.new_user()).await?;
    context.start_outage(Outage::AfterWork).await?;
    let _ = context.directory().ban(&user.id).await;
    expect_error_or(context.directory().get(&user.id).await, Operation::Get, |user| user.banned)?;
    for query in queries {
        let is_banned = |users: &Vec<User>| users.len() == 1 && users[0].banned;
        expect_error_or(context.directory().list(&query).await, Operation::List, is_banned)?;
    }
    context.end_outage().await
}

/// Checks that `ban` does not ban the user if the call fails before the operation is performed.
///
/// Also checks that the call succeeds when it is repeated.
pub async fn ban_changes_nothing_when_request_fails(context: &Context<'_>) -> Outcome {
    let subject = Subject::new(context, context.new_user()).await?;
    let result = in_outage(context, Outage::BeforeWork, context.directory().ban(&subject.user.id)).await?;
    expect_error_or(result, Operation::Ban, |_| false)?;
    subject.expect_all(context, |user| !user.banned, "the user is not banned").await?;
    context.directory().ban(&subject.user.id).await?;
    subject.expect_all(context, |user| user.banned, "the user is banned").await
}

/// Checks that `get` and `list` return the new state after the response to `unban` is lost.
pub async fn unban_is_visible_after_lost_response(context: &Context<'_>) -> Outcome {
    let subject = Subject::new(context, context.new_user().banned(true)).await?;
    let result = in_outage(context, Outage::AfterWork, context.directory().unban(&subject.user.id)).await?;
    expect_outcome_unknown(result, Operation::Unban)?;
    subject.expect_all(context, |user| !user.banned, "the user is not banned").await
}

/// Checks that `get` and `list` return the new state after the response to `lock` is lost.
pub async fn lock_is_visible_after_lost_response(context: &Context<'_>) -> Outcome {
    let subject = Subject::new(context, context.new_user()).await?;
    let result = in_outage(context, Outage::AfterWork, context.directory().lock(&subject.user.id)).await?;
    expect_outcome_unknown(result, Operation::Lock)?;
    subject.expect_all(context, |user| user.locked, "the user is locked").await
}

/// Checks that `get` and `list` return the new state after the response to `bulk_ban` is lost.
pub async fn bulk_ban_is_visible_after_lost_response(context: &Context<'_>) -> Outcome {
    let subject = Subject::new(context, context.new_user()).await?;
    let ids = subject.user.id.clone().into();
    let result = in_outage(context, Outage::AfterWork, context.directory().bulk_ban(&ids)).await?;
    expect_outcome_unknown(result, Operation::BulkBan)?;
    subject.expect_all(context, |user| user.banned, "the user is banned").await
}

/// Checks that `get` and `list` do not find the user after the response to `delete` is lost.
pub async fn delete_is_visible_after_lost_response(context: &Context<'_>) -> Outcome {
    let Subject { user, queries } = Subject::new(context, context.new_user()).await?;
    let result = in_outage(context, Outage::AfterWork, context.directory().delete(&user.id)).await?;
    expect_outcome_unknown(result, Operation::Delete)?;
    expect_not_found(context.directory().get(&user.id).await, Operation::Get)?;
    for query in queries {
        ensure_eq!(context.directory().list(&query).await?, [] as [User; 0], "the users after the deletion");
    }
    Ok(())
}

/// Checks that `delete` does not delete the user if the call fails before the operation is performed.
pub async fn delete_changes_nothing_when_request_fails(context: &Context<'_>) -> Outcome {
    let subject = Subject::new(context, context.new_user()).await?;
    let result = in_outage(context, Outage::BeforeWork, context.directory().delete(&subject.user.id)).await?;
    expect_error_or(result, Operation::Delete, |_| false)?;
    subject.expect_all(context, |user| *user == subject.user, "the user is unchanged").await
}
