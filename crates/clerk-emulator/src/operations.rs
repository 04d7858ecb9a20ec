//! Handlers for the operations. Each handler decodes the request, calls the directory, and encodes the response.

use user_directory::model::{DEFAULT_LIMIT, OAuthAccessToken, Paginated};
use user_directory::store::UserStore;
use user_directory::store_directory::{StoreUserDirectory, check_replacement};
use user_directory::wire::body;
use user_directory::wire::response::{
    CountBody, FillRequired, OAuthTokenBody, UserIdBody, public_user_data, write_old_subscription,
    write_password_verification, write_totp_verification,
};
use user_directory::{Error, MetadataReplacement, Operation, Page, Result, User, UserDirectory, UserId, UserUpdate};

use crate::incoming::Incoming;
use crate::response::Response;

/// Performs an operation. If `directory` is backed by a store, `store` is the same directory.
#[expect(clippy::too_many_lines, reason = "one short arm for each operation")]
pub(crate) async fn perform(
    directory: &dyn UserDirectory,
    store: Option<&StoreUserDirectory<dyn UserStore>>,
    operation: Operation,
    mut from: Incoming<'_, '_>,
) -> Result<Response> {
    match operation {
        Operation::List => {
            let query = from.query.user_query()?;
            Response::filled(directory.list(&query).await?)
        }
        Operation::Count => {
            let filter = from.query.user_filter()?;
            Response::json(&CountBody { total_count: directory.count(&filter).await? })
        }
        Operation::Create => {
            let new_user = body::read_new_user(&from.json()?)?;
            Response::filled(directory.create(&new_user).await?)
        }
        Operation::Get => Response::filled(directory.get(&from.user()?).await?),
        Operation::Update => {
            let user_id = from.user()?;
            let (update, metadata) = body::read_user_update(&from.json()?, from.version)?;
            check_replacement(&metadata)?;
            Response::filled(update_with_metadata(directory, store, &user_id, &update, &metadata).await?)
        }
        Operation::Delete => Response::json(&directory.delete(&from.user()?).await?),
        Operation::Ban => Response::filled(directory.ban(&from.only_user()?).await?),
        Operation::Unban => Response::filled(directory.unban(&from.only_user()?).await?),
        Operation::Lock => Response::filled(directory.lock(&from.only_user()?).await?),
        Operation::Unlock => Response::filled(directory.unlock(&from.only_user()?).await?),
        Operation::SetProfileImage => {
            let user_id = from.user()?;
            let image = from.image().await?;
            Response::filled(directory.set_profile_image(&user_id, &image).await?)
        }
        Operation::DeleteProfileImage => Response::filled(directory.delete_profile_image(&from.user()?).await?),
        Operation::UpdateMetadata => {
            let user_id = from.user()?;
            let update = body::read_metadata_update(&from.json()?)?;
            Response::filled(directory.update_metadata(&user_id, &update).await?)
        }
        Operation::ReplaceMetadata => {
            let user_id = from.user()?;
            let replacement = body::read_metadata_replacement(&from.json()?)?;
            Response::filled(directory.replace_metadata(&user_id, &replacement).await?)
        }
        Operation::GetOAuthAccessToken => get_oauth_access_token(directory, from).await,
        Operation::GetOrganizationMemberships => get_organization_memberships(directory, from).await,
        Operation::GetOrganizationInvitations => {
            let user_id = from.user()?;
            let query = from.query.invitation_query()?;
            Response::filled(directory.get_organization_invitations(&user_id, &query).await?)
        }
        Operation::VerifyPassword => {
            let user_id = from.user()?;
            let password = body::read_verify_password(&from.json()?)?;
            let verification = directory.verify_password(&user_id, &password).await?;
            Response::json(&write_password_verification(verification)?)
        }
        Operation::VerifyTotp => {
            let user_id = from.user()?;
            let code = body::read_verify_totp(&from.json()?)?;
            Response::json(&write_totp_verification(directory.verify_totp(&user_id, &code).await?, &code)?)
        }
        Operation::DisableMfa => Response::json(&UserIdBody { user_id: directory.disable_mfa(&from.user()?).await? }),
        Operation::DeleteTotp => Response::json(&UserIdBody { user_id: directory.delete_totp(&from.user()?).await? }),
        Operation::DeleteBackupCodes => {
            Response::json(&UserIdBody { user_id: directory.delete_backup_codes(&from.user()?).await? })
        }
        Operation::DeletePasskey => Response::json(&directory.delete_passkey(&from.user()?, &from.resource()?).await?),
        Operation::DeleteWeb3Wallet => {
            Response::json(&directory.delete_web3_wallet(&from.user()?, &from.resource()?).await?)
        }
        Operation::DeleteExternalAccount => {
            Response::json(&directory.delete_external_account(&from.user()?, &from.resource()?).await?)
        }
        Operation::BulkBan => {
            let user_ids = body::read_user_ids(&from.json()?)?;
            Response::filled(directory.bulk_ban(&user_ids).await?)
        }
        Operation::BulkUnban => {
            let user_ids = body::read_user_ids(&from.json()?)?;
            Response::filled(directory.bulk_unban(&user_ids).await?)
        }
        Operation::RemovePassword => {
            let user_id = from.user()?;
            let sessions = body::read_remove_password(&from.json()?)?;
            Response::filled(directory.remove_password(&user_id, sessions).await?)
        }
        Operation::SetPasswordCompromised => {
            let user_id = from.user()?;
            let sessions = body::read_set_password_compromised(&from.json()?)?;
            Response::filled(directory.set_password_compromised(&user_id, sessions).await?)
        }
        Operation::UnsetPasswordCompromised => {
            Response::filled(directory.unset_password_compromised(&from.only_user()?).await?)
        }
        Operation::ReplaceEmailAddress => {
            let user_id = from.user()?;
            let replacement = body::read_email_address_replacement(&from.json()?)?;
            Response::filled(directory.replace_email_address(&user_id, &replacement).await?)
        }
        Operation::ReplacePhoneNumber => {
            let user_id = from.user()?;
            let replacement = body::read_phone_number_replacement(&from.json()?)?;
            Response::filled(directory.replace_phone_number(&user_id, &replacement).await?)
        }
        Operation::ListTrustedDevices => Response::filled(directory.list_trusted_devices(&from.user()?).await?),
        Operation::RevokeTrustedDevice => {
            Response::filled(directory.revoke_trusted_device(&from.user()?, &from.resource()?).await?)
        }
        Operation::GetBillingSubscription => {
            let mut subscription = directory.get_billing_subscription(&from.user()?).await?;
            if from.version.has_old_subscription() {
                subscription.fill_required();
                return Response::json(&write_old_subscription(&subscription)?);
            }
            Response::filled(subscription)
        }
        Operation::GetBillingCreditBalance => {
            Response::json(&directory.get_billing_credit_balance(&from.user()?).await?)
        }
        Operation::AdjustBillingCreditBalance => {
            let user_id = from.user()?;
            let adjustment = body::read_credit_adjustment(&from.json()?)?;
            Response::json(&directory.adjust_billing_credit_balance(&user_id, &adjustment).await?)
        }
        // This operation was added in a later version of the library.
        _ => Err(Error::unsupported(operation)),
    }
}

/// Performs an update that can include metadata, as in older versions of the API.
///
/// A directory that is backed by a store performs the whole update in one commit. [`UserDirectory`] has no such
/// operation, so for other directories, the user is updated first, and then the metadata is replaced. The caller has
/// already validated the metadata. If replacing the metadata nevertheless fails, the other changes are kept.
async fn update_with_metadata(
    directory: &dyn UserDirectory,
    store: Option<&StoreUserDirectory<dyn UserStore>>,
    user_id: &UserId,
    update: &UserUpdate,
    metadata: &MetadataReplacement,
) -> Result<User> {
    if *metadata == MetadataReplacement::new() {
        return directory.update(user_id, update).await;
    }
    if let Some(store) = store {
        return store.update_with_metadata(user_id, update, metadata).await;
    }
    if *update != UserUpdate::new() {
        directory.update(user_id, update).await?;
    }
    directory.replace_metadata(user_id, metadata).await
}

/// Responds with a JSON array, or with a paginated response if the request has `paginated=true`.
async fn get_oauth_access_token(directory: &dyn UserDirectory, from: Incoming<'_, '_>) -> Result<Response> {
    let (user_id, provider) = (from.user()?, from.resource()?);
    let (page, is_paginated) = from.query.token_page()?;
    page.validate()?;
    if !is_paginated {
        let tokens = directory.get_oauth_access_token(&user_id, &provider, &page).await?;
        return Response::json(&tokens.iter().map(OAuthTokenBody::new).collect::<Vec<_>>());
    }
    // All tokens are needed for the total count.
    let tokens: Vec<OAuthAccessToken> = directory.get_oauth_access_token(&user_id, &provider, &Page::new()).await?;
    let offset = usize::try_from(page.offset.unwrap_or(0)).unwrap_or(usize::MAX);
    let limit = page.limit.unwrap_or(DEFAULT_LIMIT) as usize;
    let data: Vec<_> = tokens.iter().skip(offset).take(limit).map(OAuthTokenBody::new).collect();
    Response::json(&Paginated::new(data, tokens.len() as u64))
}

async fn get_organization_memberships(directory: &dyn UserDirectory, from: Incoming<'_, '_>) -> Result<Response> {
    let user_id = from.user()?;
    let page = from.query.page()?;
    let mut memberships = directory.get_organization_memberships(&user_id, &page).await?;
    if memberships.data.iter().any(|membership| membership.public_user_data.is_none()) {
        let data = public_user_data(&directory.get(&user_id).await?);
        for membership in &mut memberships.data {
            membership.public_user_data.get_or_insert_with(|| data.clone());
        }
    }
    Response::filled(memberships)
}
