//! Tests for deleting users.

use super::check::{Outcome, ensure, ensure_eq, expect_error, expect_not_found};
use super::context::{Context, identifier, lookup};
use super::fixture::Resource;
use crate::error::{ErrorKind, codes};
use crate::model::{NewUser, Text, UserFilter, UserQuery};
use crate::operation::Operation;

behaviors! {
    Delete: delete_returns_deleted_object, delete_removes_the_user, delete_removes_user_from_list_and_count,
        delete_fails_for_deleted_user, delete_keeps_other_users, delete_frees_email_addresses,
        delete_frees_phone_numbers, delete_frees_web3_wallets, delete_frees_username, delete_frees_external_id,
        delete_removes_all_data_of_the_user, delete_fails_for_user_managed_by_scim;
}

/// Checks that `delete` returns the user's id and sets `deleted` to `true`.
pub async fn delete_returns_deleted_object(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let deleted = context.directory().delete(&user.id).await?;
    ensure!(deleted.deleted, "the returned object is not marked as deleted");
    ensure_eq!(deleted.id, Some(Text::from(user.id.as_str())), "the returned id");
    Ok(())
}

/// Checks that `delete` removes the user, so that `get` fails with `NotFound`.
pub async fn delete_removes_the_user(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    context.directory().delete(&user.id).await?;
    expect_not_found(context.directory().get(&user.id).await, Operation::Get)
}

/// Checks that `delete` removes the user from the results of `list` and `count`.
pub async fn delete_removes_user_from_list_and_count(context: &Context<'_>) -> Outcome {
    let new = context.new_user();
    let user = context.seed_user(new.clone()).await?;
    context.directory().delete(&user.id).await?;
    context.expect(UserFilter::new().user_id(&user.id), &[]).await?;
    context.expect(lookup(UserFilter::new(), &new)?, &[]).await?;
    context.expect(UserFilter::new().query(identifier(&new)?), &[]).await
}

/// Checks that `delete` fails with `NotFound` for a user who has already been deleted.
pub async fn delete_fails_for_deleted_user(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    context.directory().delete(&user.id).await?;
    expect_not_found(context.directory().delete(&user.id).await, Operation::Delete)
}

/// Checks that `delete` does not change other users.
pub async fn delete_keeps_other_users(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    context.directory().delete(&ada.id).await?;
    ensure_eq!(context.get(&grace.id).await?, grace, "another user");
    Ok(())
}

/// Fails unless a new user can be created with the identifiers of a deleted user.
async fn expect_freed(context: &Context<'_>, new: NewUser) -> Outcome {
    let user = context.seed_user(new.clone()).await?;
    context.directory().delete(&user.id).await?;
    context.seed_user(new).await?;
    Ok(())
}

/// Checks that `delete` makes the user's email addresses available to other users.
///
/// This includes reserved email addresses.
pub async fn delete_frees_email_addresses(context: &Context<'_>) -> Outcome {
    expect_freed(context, context.new_user().reserved_email_address(context.email_address())).await
}

/// Checks that `delete` makes the user's phone numbers available to other users.
///
/// This includes reserved phone numbers.
pub async fn delete_frees_phone_numbers(context: &Context<'_>) -> Outcome {
    let new = context.new_user_with_phone_number(context.phone_number());
    expect_freed(context, new.reserved_phone_number(context.phone_number())).await
}

/// Checks that `delete` makes the user's Web3 wallets available to other users.
pub async fn delete_frees_web3_wallets(context: &Context<'_>) -> Outcome {
    expect_freed(context, context.new_user_with_web3_wallet(context.web3_wallet())).await
}

/// Checks that `delete` makes the user's username available to other users.
pub async fn delete_frees_username(context: &Context<'_>) -> Outcome {
    expect_freed(context, context.new_user().username(context.word())).await
}

/// Checks that `delete` makes the user's external id available to other users.
pub async fn delete_frees_external_id(context: &Context<'_>) -> Outcome {
    expect_freed(context, context.new_user().external_id(context.word())).await
}

/// Checks that a new user with the same identifiers inherits no data from a deleted user.
pub async fn delete_removes_all_data_of_the_user(context: &Context<'_>) -> Outcome {
    let new = context.new_user();
    let first_name = new.first_name.clone();
    let old = context.seed_user(new.clone().first_name("Ada").backup_codes(["one-time-code"])).await?;
    context.directory().delete(&old.id).await?;
    let user = context.seed_user(new).await?;
    ensure!(user.id != old.id, "the new user has the id of the deleted user");
    ensure_eq!(user.first_name, first_name, "the first name");
    ensure!(!user.mfa_state().is_enabled(), "the new user has a second factor");
    Ok(())
}

/// Checks that `delete` fails with `Conflict` for a user who is managed by a SCIM directory.
pub async fn delete_fails_for_user_managed_by_scim(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    context.seed(&user.id, Resource::ManagedByScim(true)).await?;
    let error =
        expect_error(context.directory().delete(&user.id).await, Operation::Delete, ErrorKind::Conflict, &user.id)?;
    ensure!(
        error.has_code(codes::USER_MANAGED_BY_SCIM),
        "the error does not have the code of a user managed by a directory"
    );
    let listed = context.directory().list(&UserQuery::from(UserFilter::new().user_id(&user.id))).await?;
    ensure_eq!(listed.len(), 1, "the users that `list` returns");
    Ok(())
}
