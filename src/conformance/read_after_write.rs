//! What was written is read, also by those who have read before: nobody is answered what is no longer so.

use super::check::{Outcome, ensure, ensure_eq, not_found, present};
use super::context::{Context, PNG, json};
use crate::error::Result;
use crate::model::{
    EmailAddressReplacement, MetadataReplacement, MetadataUpdate, NewUser, Password, PhoneNumberReplacement,
    ProfileImage, Sessions, User, UserFilter, UserQuery, UserUpdate,
};
use crate::operation::Operation;

behaviours! {
    Update: an_update_is_seen_by_those_who_read_before;
    Ban: a_ban_is_seen_by_those_who_read_before;
    Unban: a_lifted_ban_is_seen_by_those_who_read_before;
    Lock: a_lock_is_seen_by_those_who_read_before;
    Unlock: a_lifted_lock_is_seen_by_those_who_read_before;
    SetProfileImage: a_new_image_is_seen_by_those_who_read_before;
    UpdateMetadata: a_merge_is_seen_by_those_who_read_before;
    ReplaceMetadata: the_replacement_of_metadata_is_seen_by_those_who_read_before;
    DisableMfa: the_switch_off_of_second_factors_is_seen_by_those_who_read_before;
    DeleteTotp: the_deletion_of_the_authenticator_app_is_seen_by_those_who_read_before;
    DeleteBackupCodes: the_deletion_of_the_backup_codes_is_seen_by_those_who_read_before;
    BulkBan: a_bulk_ban_is_seen_by_those_who_read_before;
    BulkUnban: a_bulk_unban_is_seen_by_those_who_read_before;
    RemovePassword: the_removal_of_the_password_is_seen_by_those_who_read_before;
    ReplaceEmailAddress: a_new_email_address_is_seen_by_those_who_read_before;
    ReplacePhoneNumber: a_new_phone_number_is_seen_by_those_who_read_before;
    DeleteProfileImage: a_deletion_of_the_image_is_seen_by_those_who_read_before;
    DeleteWeb3Wallet: a_deletion_of_a_wallet_is_seen_by_those_who_read_before;
    Delete: a_deletion_is_seen_by_those_who_read_before;
    Create: a_new_user_is_seen_by_those_who_listed_before;
}

/// Fails unless both `get` and `list` see what was written, after they have answered what was so before.
async fn expect_seen<T>(
    context: &Context<'_>,
    user: &User,
    write: impl Future<Output = Result<T>> + Send,
    is_seen: impl Fn(&User) -> bool + Send,
) -> Outcome {
    let query = UserQuery::from(UserFilter::new().user_id(&user.id));
    ensure!(!is_seen(&context.get(&user.id).await?), "the change is there before it is made");
    context.directory().list(&query).await?;
    write.await?;
    let read = context.get(&user.id).await?;
    ensure!(is_seen(&read), "the user who is read is as before");
    ensure_eq!(context.directory().list(&query).await?, [read], "the users who are listed");
    Ok(())
}

/// A new user with an authenticator app and a backup code.
fn factors(context: &Context<'_>) -> NewUser {
    context.new_user().totp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").backup_codes(["one-time-code"])
}

/// What [`update`](crate::UserDirectory::update) does is seen at once.
pub async fn an_update_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().update(id, &UserUpdate::new().first_name("Ada")), |user| user.first_name.is_some()).await
}

/// What [`ban`](crate::UserDirectory::ban) does is seen at once.
pub async fn a_ban_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().ban(id), |user| user.banned).await
}

/// What [`unban`](crate::UserDirectory::unban) does is seen at once.
pub async fn a_lifted_ban_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().banned(true)).await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().unban(id), |user| !user.banned).await
}

/// What [`lock`](crate::UserDirectory::lock) does is seen at once.
pub async fn a_lock_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().lock(id), |user| user.locked).await
}

/// What [`unlock`](crate::UserDirectory::unlock) does is seen at once.
pub async fn a_lifted_lock_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().locked(true)).await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().unlock(id), |user| !user.locked).await
}

/// What [`set_profile_image`](crate::UserDirectory::set_profile_image) does is seen at once.
pub async fn a_new_image_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().set_profile_image(id, &ProfileImage::new(PNG, "image/png")), |user| user.has_image).await
}

/// What [`update_metadata`](crate::UserDirectory::update_metadata) does is seen at once.
pub async fn a_merge_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().update_metadata(id, &MetadataUpdate::new().public(json(r#"{"a":1}"#))), |user| !user.public_metadata.is_empty()).await
}

/// What [`replace_metadata`](crate::UserDirectory::replace_metadata) does is seen at once.
pub async fn the_replacement_of_metadata_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().replace_metadata(id, &MetadataReplacement::new().public(json(r#"{"a":1}"#))), |user| !user.public_metadata.is_empty()).await
}

/// What [`disable_mfa`](crate::UserDirectory::disable_mfa) does is seen at once.
pub async fn the_switch_off_of_second_factors_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.create(factors(context)).await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().disable_mfa(id), |user| !user.two_factor_enabled).await
}

/// What [`delete_totp`](crate::UserDirectory::delete_totp) does is seen at once.
pub async fn the_deletion_of_the_authenticator_app_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.create(factors(context)).await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().delete_totp(id), |user| !user.totp_enabled).await
}

/// What [`delete_backup_codes`](crate::UserDirectory::delete_backup_codes) does is seen at once.
pub async fn the_deletion_of_the_backup_codes_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.create(factors(context)).await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().delete_backup_codes(id), |user| !user.backup_code_enabled).await
}

/// What [`bulk_ban`](crate::UserDirectory::bulk_ban) does is seen at once.
pub async fn a_bulk_ban_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().bulk_ban(&id.clone().into()), |user| user.banned).await
}

/// What [`bulk_unban`](crate::UserDirectory::bulk_unban) does is seen at once.
pub async fn a_bulk_unban_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().banned(true)).await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().bulk_unban(&id.clone().into()), |user| !user.banned).await
}

/// What [`remove_password`](crate::UserDirectory::remove_password) does is seen at once.
pub async fn the_removal_of_the_password_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let password = Password::new("correct horse battery");
    let user = context.create(context.new_user().password(password)).await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().remove_password(id, Sessions::Keep), |user| !user.password_enabled).await
}

/// What [`replace_email_address`](crate::UserDirectory::replace_email_address) does is seen at once.
pub async fn a_new_email_address_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let new = context.email_address();
    let user = context.user().await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().replace_email_address(id, &EmailAddressReplacement::new(&new)), |user| user.email_addresses.iter().any(|email| email.email_address == new)).await
}

/// What [`replace_phone_number`](crate::UserDirectory::replace_phone_number) does is seen at once.
pub async fn a_new_phone_number_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let new = context.phone_number();
    let user = context.user().await?;
    let id = &user.id;
    expect_seen(context, &user, context.directory().replace_phone_number(id, &PhoneNumberReplacement::new(&new)), |user| user.phone_numbers.iter().any(|phone| phone.phone_number == new)).await
}

/// What [`delete_profile_image`](crate::UserDirectory::delete_profile_image) does is seen at once.
pub async fn a_deletion_of_the_image_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let user = context.directory().set_profile_image(&id, &ProfileImage::new(PNG, "image/png")).await?;
    expect_seen(context, &user, context.directory().delete_profile_image(&id), |user| !user.has_image).await
}

/// What [`delete_web3_wallet`](crate::UserDirectory::delete_web3_wallet) does is seen at once.
pub async fn a_deletion_of_a_wallet_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().web3_wallet(context.web3_wallet())).await?;
    let wallet = present(user.primary_web3_wallet_id.clone(), "the primary wallet")?;
    let delete = context.directory().delete_web3_wallet(&user.id, &wallet);
    expect_seen(context, &user, delete, |user| user.web3_wallets.is_empty()).await
}

/// A user who is gone is gone for those who have read the user, too.
pub async fn a_deletion_is_seen_by_those_who_read_before(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let filter = UserFilter::new().user_id(&user.id);
    ensure_eq!(context.get(&user.id).await?, user, "the user");
    context.expect(filter.clone(), &[&user]).await?;
    context.directory().delete(&user.id).await?;
    not_found(context.directory().get(&user.id).await, Operation::Get)?;
    context.expect(filter, &[]).await
}

/// A user who comes is there for those who have looked for the user, too.
pub async fn a_new_user_is_seen_by_those_who_listed_before(context: &Context<'_>) -> Outcome {
    let email = context.email_address();
    let filter = UserFilter::new().email_address(&email);
    context.expect(filter.clone(), &[]).await?;
    let user = context.create(NewUser::new().email_address(&email)).await?;
    context.expect(filter, &[&user]).await
}
