//! Deleting users.

use super::check::{Outcome, ensure, ensure_eq, not_found, refused};
use super::context::Context;
use super::fixture::Belonging;
use crate::error::{ErrorKind, codes};
use crate::model::{NewUser, Text, UserFilter, UserQuery};
use crate::operation::Operation;

behaviours! {
    Delete: a_deletion_is_answered, a_deleted_user_cannot_be_read, a_deleted_user_is_not_listed_or_counted,
        a_user_can_be_deleted_once, a_deletion_leaves_other_users, a_deletion_frees_the_email_addresses,
        a_deletion_frees_the_phone_numbers, a_deletion_frees_the_wallets, a_deletion_frees_the_user_name,
        a_deletion_frees_the_external_id, a_new_user_is_not_a_deleted_one,
        a_user_managed_by_a_directory_cannot_be_deleted;
}

/// The answer names the user, and says that the user is deleted.
pub async fn a_deletion_is_answered(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let deleted = context.directory().delete(&user.id).await?;
    ensure!(deleted.deleted, "the answer says that the user is not deleted");
    ensure_eq!(deleted.id, Some(Text::from(user.id.as_str())), "the id that is answered");
    Ok(())
}

/// The user is not found any more.
pub async fn a_deleted_user_cannot_be_read(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    context.directory().delete(&user.id).await?;
    not_found(context.directory().get(&user.id).await, Operation::Get)
}

/// Neither the id nor the identifiers find the user.
pub async fn a_deleted_user_is_not_listed_or_counted(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let user = context.create(NewUser::new().email_address(&email)).await?;
    context.directory().delete(&user.id).await?;
    context.expect(UserFilter::new().user_id(&user.id), &[]).await?;
    context.expect(UserFilter::new().email_address(&email), &[]).await?;
    context.expect(UserFilter::new().query(&email), &[]).await
}

/// A user who is gone is not found.
pub async fn a_user_can_be_deleted_once(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    context.directory().delete(&user.id).await?;
    not_found(context.directory().delete(&user.id).await, Operation::Delete)
}

/// Nobody else is touched.
pub async fn a_deletion_leaves_other_users(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    context.directory().delete(&ada.id).await?;
    ensure_eq!(context.get(&grace.id).await?, grace, "another user");
    Ok(())
}

/// Fails unless such a user can be created again after the deletion.
async fn expect_freed(context: &Context<'_>, new: NewUser) -> Outcome {
    let user = context.create(new.clone()).await?;
    context.directory().delete(&user.id).await?;
    context.create(new).await?;
    Ok(())
}

/// Another user can have the email addresses, also the reserved one.
pub async fn a_deletion_frees_the_email_addresses(context: &Context<'_>) -> Outcome {
    expect_freed(context, context.new_user().reserved_email_address(context.email_address())).await
}

/// Another user can have the phone numbers, also the reserved one.
pub async fn a_deletion_frees_the_phone_numbers(context: &Context<'_>) -> Outcome {
    let new = context.new_user().phone_number(context.phone_number());
    expect_freed(context, new.reserved_phone_number(context.phone_number())).await
}

/// Another user can have the wallets.
pub async fn a_deletion_frees_the_wallets(context: &Context<'_>) -> Outcome {
    expect_freed(context, context.new_user().web3_wallet(context.web3_wallet())).await
}

/// Another user can have the user name.
pub async fn a_deletion_frees_the_user_name(context: &Context<'_>) -> Outcome {
    expect_freed(context, context.new_user().username(context.word())).await
}

/// Another user can have the external id.
pub async fn a_deletion_frees_the_external_id(context: &Context<'_>) -> Outcome {
    expect_freed(context, context.new_user().external_id(context.word())).await
}

/// A user who takes the place of a deleted one has another id, and nothing of the other.
pub async fn a_new_user_is_not_a_deleted_one(context: &Context<'_>) -> Outcome {
    let new = context.new_user();
    let old = context.create(new.clone().first_name("Ada").backup_codes(["one-time-code"])).await?;
    context.directory().delete(&old.id).await?;
    let user = context.create(new).await?;
    ensure!(user.id != old.id, "the new user has the id of the deleted one");
    ensure_eq!(user.first_name, None, "the first name");
    ensure!(!user.mfa_state().is_enabled(), "the new user has a second factor");
    Ok(())
}

/// A user whom a directory (SCIM) manages stays.
pub async fn a_user_managed_by_a_directory_cannot_be_deleted(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    context.give(&user.id, Belonging::ManagedByScim(true)).await?;
    let error = refused(context.directory().delete(&user.id).await, Operation::Delete, ErrorKind::Conflict)?;
    ensure!(error.has_code(codes::USER_MANAGED_BY_SCIM), "the error should say that a directory manages the user");
    let listed = context.directory().list(&UserQuery::from(UserFilter::new().user_id(&user.id))).await?;
    ensure_eq!(listed.len(), 1, "the users who are left");
    Ok(())
}
