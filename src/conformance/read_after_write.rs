//! Tests for read-your-writes consistency.
//!
//! Before the write, each behavior reads the old state, so that any cache contains it.

use super::check::{Outcome, ensure, ensure_eq, expect_not_found, present};
use super::context::{Context, PNG, json, lookup};
use crate::error::Result;
use crate::model::{
    EmailAddressReplacement, MetadataReplacement, MetadataUpdate, NewUser, Password, PhoneNumberReplacement,
    ProfileImage, Sessions, User, UserFilter, UserQuery, UserUpdate,
};
use crate::operation::Operation;

behaviors! {
    Update: update_is_visible_to_next_read;
    Ban: ban_is_visible_to_next_read;
    Unban: unban_is_visible_to_next_read;
    Lock: lock_is_visible_to_next_read;
    Unlock: unlock_is_visible_to_next_read;
    SetProfileImage: set_profile_image_is_visible_to_next_read;
    UpdateMetadata: update_metadata_is_visible_to_next_read;
    ReplaceMetadata: replace_metadata_is_visible_to_next_read;
    DisableMfa: disable_mfa_is_visible_to_next_read;
    DeleteTotp: delete_totp_is_visible_to_next_read;
    DeleteBackupCodes: delete_backup_codes_is_visible_to_next_read;
    BulkBan: bulk_ban_is_visible_to_next_read;
    BulkUnban: bulk_unban_is_visible_to_next_read;
    RemovePassword: remove_password_is_visible_to_next_read;
    ReplaceEmailAddress: replace_email_address_is_visible_to_next_read;
    ReplacePhoneNumber: replace_phone_number_is_visible_to_next_read;
    DeleteProfileImage: delete_profile_image_is_visible_to_next_read;
    DeleteWeb3Wallet: delete_web3_wallet_is_visible_to_next_read;
    Delete: delete_is_visible_to_next_read;
    Create: create_is_visible_to_next_list;
}

/// Fails unless `get` and `list` return the new state after the write.
///
/// Both are also called before the write, so that any cache contains the old state.
async fn expect_visible<T>(
    context: &Context<'_>,
    user: &User,
    write: impl Future<Output = Result<T>> + Send,
    is_visible: impl Fn(&User) -> bool + Send,
) -> Outcome {
    let query = UserQuery::from(UserFilter::new().user_id(&user.id));
    ensure!(!is_visible(&context.get(&user.id).await?), "the user has the new value before the call");
    context.directory().list(&query).await?;
    write.await?;
    let read = context.get(&user.id).await?;
    ensure!(is_visible(&read), "the user that `get` returns does not have the new value");
    ensure_eq!(context.directory().list(&query).await?, [read], "the users that `list` returns");
    Ok(())
}

/// Returns a user with a TOTP secret and a backup code.
fn factors(context: &Context<'_>) -> NewUser {
    context.new_user().totp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").backup_codes(["one-time-code"])
}

/// Checks that `get` and `list` return the new state after `update`.
pub async fn update_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let id = &user.id;
    expect_visible(context, &user, context.directory().update(id, &UserUpdate::new().first_name("Ada")), |user| {
        user.first_name.as_deref() == Some("Ada")
    })
    .await
}

/// Checks that `get` and `list` return the new state after `ban`.
pub async fn ban_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let id = &user.id;
    expect_visible(context, &user, context.directory().ban(id), |user| user.banned).await
}

/// Checks that `get` and `list` return the new state after `unban`.
pub async fn unban_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user().banned(true)).await?;
    let id = &user.id;
    expect_visible(context, &user, context.directory().unban(id), |user| !user.banned).await
}

/// Checks that `get` and `list` return the new state after `lock`.
pub async fn lock_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let id = &user.id;
    expect_visible(context, &user, context.directory().lock(id), |user| user.locked).await
}

/// Checks that `get` and `list` return the new state after `unlock`.
pub async fn unlock_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user().locked(true)).await?;
    let id = &user.id;
    expect_visible(context, &user, context.directory().unlock(id), |user| !user.locked).await
}

/// Checks that `get` and `list` return the new state after `set_profile_image`.
pub async fn set_profile_image_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let id = &user.id;
    expect_visible(
        context,
        &user,
        context.directory().set_profile_image(id, &ProfileImage::new(PNG, "image/png")),
        |user| user.has_image,
    )
    .await
}

/// Checks that `get` and `list` return the new state after `update_metadata`.
pub async fn update_metadata_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let id = &user.id;
    expect_visible(
        context,
        &user,
        context.directory().update_metadata(id, &MetadataUpdate::new().public(json(r#"{"a":1}"#))),
        |user| !user.public_metadata.is_empty(),
    )
    .await
}

/// Checks that `get` and `list` return the new state after `replace_metadata`.
pub async fn replace_metadata_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let id = &user.id;
    expect_visible(
        context,
        &user,
        context.directory().replace_metadata(id, &MetadataReplacement::new().public(json(r#"{"a":1}"#))),
        |user| !user.public_metadata.is_empty(),
    )
    .await
}

/// Checks that `get` and `list` return the new state after `disable_mfa`.
pub async fn disable_mfa_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(factors(context)).await?;
    let id = &user.id;
    expect_visible(context, &user, context.directory().disable_mfa(id), |user| !user.two_factor_enabled).await
}

/// Checks that `get` and `list` return the new state after `delete_totp`.
pub async fn delete_totp_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(factors(context)).await?;
    let id = &user.id;
    expect_visible(context, &user, context.directory().delete_totp(id), |user| !user.totp_enabled).await
}

/// Checks that `get` and `list` return the new state after `delete_backup_codes`.
pub async fn delete_backup_codes_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(factors(context)).await?;
    let id = &user.id;
    expect_visible(context, &user, context.directory().delete_backup_codes(id), |user| !user.backup_code_enabled).await
}

/// Checks that `get` and `list` return the new state after `bulk_ban`.
pub async fn bulk_ban_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let id = &user.id;
    expect_visible(context, &user, context.directory().bulk_ban(&id.clone().into()), |user| user.banned).await
}

/// Checks that `get` and `list` return the new state after `bulk_unban`.
pub async fn bulk_unban_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user().banned(true)).await?;
    let id = &user.id;
    expect_visible(context, &user, context.directory().bulk_unban(&id.clone().into()), |user| !user.banned).await
}

/// Checks that `get` and `list` return the new state after `remove_password`.
pub async fn remove_password_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let password = Password::new("correct horse battery");
    let user = context.seed_user(context.new_user().password(password)).await?;
    let id = &user.id;
    expect_visible(context, &user, context.directory().remove_password(id, Sessions::Keep), |user| {
        !user.password_enabled
    })
    .await
}

/// Checks that `get` and `list` return the new state after `replace_email_address`.
pub async fn replace_email_address_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let new = context.email_address();
    let user = context.user().await?;
    let id = &user.id;
    expect_visible(
        context,
        &user,
        context.directory().replace_email_address(id, &EmailAddressReplacement::new(&new)),
        |user| user.email_addresses.iter().any(|email| email.email_address == new),
    )
    .await
}

/// Checks that `get` and `list` return the new state after `replace_phone_number`.
pub async fn replace_phone_number_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let new = context.phone_number();
    let user = context.user().await?;
    let id = &user.id;
    expect_visible(
        context,
        &user,
        context.directory().replace_phone_number(id, &PhoneNumberReplacement::new(&new)),
        |user| user.phone_numbers.iter().any(|phone| phone.phone_number == new),
    )
    .await
}

/// Checks that `get` and `list` return the new state after `delete_profile_image`.
pub async fn delete_profile_image_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let user = context.directory().set_profile_image(&id, &ProfileImage::new(PNG, "image/png")).await?;
    expect_visible(context, &user, context.directory().delete_profile_image(&id), |user| !user.has_image).await
}

/// Checks that `get` and `list` return the new state after `delete_web3_wallet`.
pub async fn delete_web3_wallet_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user_with_web3_wallet(context.web3_wallet())).await?;
    let wallet = present(user.primary_web3_wallet_id.clone(), "the primary wallet")?;
    let delete = context.directory().delete_web3_wallet(&user.id, &wallet);
    expect_visible(context, &user, delete, |user| user.web3_wallets.is_empty()).await
}

/// Checks that `get`, `list` and `count` do not find the user after `delete`.
pub async fn delete_is_visible_to_next_read(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let filter = UserFilter::new().user_id(&user.id);
    ensure_eq!(context.get(&user.id).await?, user, "the user");
    context.expect(filter.clone(), &[&user]).await?;
    context.directory().delete(&user.id).await?;
    expect_not_found(context.directory().get(&user.id).await, Operation::Get)?;
    context.expect(filter, &[]).await
}

/// Checks that `list` and `count` find the new user after `create`.
pub async fn create_is_visible_to_next_list(context: &Context<'_>) -> Outcome {
    let new = context.new_user();
    let filter = lookup(UserFilter::new(), &new)?;
    context.expect(filter.clone(), &[]).await?;
    let user = context.create(new).await?;
    context.expect(filter, &[&user]).await
}
