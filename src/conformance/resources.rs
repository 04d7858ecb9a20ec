//! Tests for passkeys, external accounts, OAuth tokens, organization memberships, invitations and trusted devices.

use super::at;
use super::check::{Outcome, ensure, ensure_eq, expect_invalid, expect_not_found, present};
use super::context::{Context, GOOGLE, provider};
use super::fixture::Resource;
use crate::error::codes;
use crate::model::{
    DevicePlatform, DeviceStatus, ExternalAccount, ExternalAccountId, InvitationQuery, InvitationStatus, NewUser,
    OAuthAccessToken, OAuthToken, Organization, OrganizationInvitation, OrganizationMembership, Page, Passkey,
    PasskeyId, TrustedDevice, TrustedDeviceId, UserId,
};
use crate::operation::Operation;

behaviors! {
    DeletePasskey: delete_passkey_removes_the_passkey, delete_passkey_fails_for_unknown_passkey,
        delete_passkey_fails_for_passkey_of_other_user;
    DeleteExternalAccount: delete_external_account_removes_the_account, delete_external_account_accepts_id_to_delete,
        delete_external_account_fails_for_unknown_account, delete_external_account_fails_for_account_of_other_user,
        delete_external_account_fails_for_last_identification;
    GetOAuthAccessToken: get_oauth_access_token_returns_tokens_of_provider,
        get_oauth_access_token_omits_tokens_of_other_providers, get_oauth_access_token_returns_all_tokens_without_limit,
        get_oauth_access_token_returns_none_for_user_without_token, get_oauth_access_token_returns_pages,
        get_oauth_access_token_rejects_unknown_provider;
    GetOrganizationMemberships: get_organization_memberships_returns_none_for_new_user,
        get_organization_memberships_returns_role_and_organization, get_organization_memberships_returns_10_by_default,
        get_organization_memberships_returns_pages, get_organization_memberships_omits_memberships_of_other_users,
        get_organization_memberships_returns_newest_first;
    GetOrganizationInvitations: get_organization_invitations_returns_none_for_new_user,
        get_organization_invitations_returns_role_and_status, get_organization_invitations_filters_by_status,
        get_organization_invitations_returns_pages, get_organization_invitations_counts_given_status,
        get_organization_invitations_returns_newest_first;
    ListTrustedDevices: list_trusted_devices_returns_none_for_new_user, list_trusted_devices_returns_active_devices,
        list_trusted_devices_omits_revoked_devices;
    RevokeTrustedDevice: revoke_trusted_device_returns_revoked_device, revoke_trusted_device_fails_for_revoked_device,
        revoke_trusted_device_fails_for_unknown_device, revoke_trusted_device_fails_for_device_of_other_user;
}

async fn seed_passkey(context: &Context<'_>, id: &UserId) -> Outcome<PasskeyId> {
    let mut passkey = Passkey::new("Ada's laptop");
    passkey.id = Some(context.id("idn"));
    context.seed(id, Resource::Passkey(passkey)).await?;
    let passkeys = context.get(id).await?.passkeys;
    ensure_eq!(passkeys.len(), 1, "the number of passkeys");
    ensure_eq!(passkeys[0].name, "Ada's laptop", "the name of the passkey");
    present(passkeys[0].id.clone(), "the id of the passkey")
}

/// Checks that `delete_passkey` removes the passkey.
pub async fn delete_passkey_removes_the_passkey(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let passkey = seed_passkey(context, &id).await?;
    ensure!(
        context.directory().delete_passkey(&id, &passkey).await?.deleted,
        "the returned object is not marked as deleted"
    );
    ensure!(context.get(&id).await?.passkeys.is_empty(), "the user still has the passkey");
    expect_not_found(context.directory().delete_passkey(&id, &passkey).await, Operation::DeletePasskey)
}

/// Checks that `delete_passkey` fails with `NotFound` for an unknown passkey id.
pub async fn delete_passkey_fails_for_unknown_passkey(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    expect_not_found(context.directory().delete_passkey(&id, &context.id("idn")).await, Operation::DeletePasskey)
}

/// Checks that `delete_passkey` fails with `NotFound` for another user's passkey.
pub async fn delete_passkey_fails_for_passkey_of_other_user(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let passkey = seed_passkey(context, &ada.id).await?;
    expect_not_found(context.directory().delete_passkey(&grace.id, &passkey).await, Operation::DeletePasskey)?;
    ensure_eq!(context.get(&ada.id).await?.passkeys.len(), 1, "the number of passkeys of the owner");
    Ok(())
}

/// Adds a Google account, and returns its `id_to_delete`.
async fn seed_account(context: &Context<'_>, id: &UserId, older: bool) -> Outcome<ExternalAccountId> {
    let mut account = ExternalAccount::new(context.id(if older { "idn" } else { "eac" }), GOOGLE);
    account.provider_user_id = context.word().into();
    account.external_account_id = older.then(|| context.id("eac"));
    context.seed(id, Resource::ExternalAccount(Box::new(account))).await?;
    let accounts = context.get(id).await?.external_accounts;
    ensure_eq!(accounts.len(), 1, "the number of external accounts");
    ensure_eq!(accounts[0].provider, GOOGLE, "the provider of the account");
    Ok(accounts[0].id_to_delete().clone())
}

/// Checks that `delete_external_account` removes the account.
pub async fn delete_external_account_removes_the_account(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let account = seed_account(context, &id, false).await?;
    let deleted = context.directory().delete_external_account(&id, &account).await?;
    ensure!(deleted.deleted, "the returned object is not marked as deleted");
    ensure!(context.get(&id).await?.external_accounts.is_empty(), "the user still has the account");
    Ok(())
}

/// Checks that `delete_external_account` fails for the user's last identification, and keeps it.
pub async fn delete_external_account_fails_for_last_identification(context: &Context<'_>) -> Outcome {
    let new_user = NewUser::new().web3_wallet(context.web3_wallet());
    let new_user = new_user.skip_user_requirement(true).skip_password_requirement(true);
    let user = context.seed_user(new_user).await?;
    let id = user.id;
    let account = seed_account(context, &id, false).await?;
    let wallet = present(user.primary_web3_wallet_id, "the primary wallet")?;
    context.directory().delete_web3_wallet(&id, &wallet).await?;
    let result = context.directory().delete_external_account(&id, &account).await;
    let code = codes::IDENTIFICATION_DELETION_FAILED;
    expect_invalid(result, Operation::DeleteExternalAccount, code, None, &account)?;
    ensure_eq!(context.get(&id).await?.external_accounts.len(), 1, "the number of external accounts");
    Ok(())
}

/// Checks that `delete_external_account` accepts `id_to_delete` even if it differs from `id`.
pub async fn delete_external_account_accepts_id_to_delete(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let account = seed_account(context, &id, true).await?;
    context.directory().delete_external_account(&id, &account).await?;
    ensure!(context.get(&id).await?.external_accounts.is_empty(), "the user still has the account");
    Ok(())
}

/// Checks that `delete_external_account` fails with `NotFound` for an unknown account id.
pub async fn delete_external_account_fails_for_unknown_account(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let result = context.directory().delete_external_account(&id, &context.id("eac")).await;
    expect_not_found(result, Operation::DeleteExternalAccount)
}

/// Checks that `delete_external_account` fails with `NotFound` for another user's account.
pub async fn delete_external_account_fails_for_account_of_other_user(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let account = seed_account(context, &ada.id, false).await?;
    let result = context.directory().delete_external_account(&grace.id, &account).await;
    expect_not_found(result, Operation::DeleteExternalAccount)?;
    ensure_eq!(context.get(&ada.id).await?.external_accounts.len(), 1, "the number of accounts of the owner");
    Ok(())
}

/// Adds `count` tokens of a provider. The tokens are `0`, `1`, and so on.
async fn seed_tokens(context: &Context<'_>, id: &UserId, provider: &str, count: usize) -> Outcome {
    for n in 0..count {
        let mut token = OAuthAccessToken::new(provider, OAuthToken::new(n.to_string()));
        token.external_account_id = Some(context.id("eac"));
        context.seed(id, Resource::OAuthAccessToken(token)).await?;
    }
    Ok(())
}

/// Returns the Google tokens on a page, sorted.
async fn tokens(context: &Context<'_>, id: &UserId, page: Page) -> Outcome<Vec<String>> {
    let tokens = context.directory().get_oauth_access_token(id, &provider(GOOGLE), &page).await?;
    let mut tokens: Vec<_> = tokens.iter().map(|token| token.token.expose_secret().to_owned()).collect();
    tokens.sort_unstable();
    Ok(tokens)
}

/// Checks that `get_oauth_access_token` returns the user's tokens for the provider.
pub async fn get_oauth_access_token_returns_tokens_of_provider(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    seed_tokens(context, &id, GOOGLE, 2).await?;
    ensure_eq!(tokens(context, &id, Page::new()).await?, ["0", "1"], "the tokens");
    Ok(())
}

/// Checks that `get_oauth_access_token` returns an empty list for a user who has no token.
pub async fn get_oauth_access_token_returns_none_for_user_without_token(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    ensure_eq!(tokens(context, &id, Page::new()).await?, [""; 0], "the tokens");
    Ok(())
}

/// Checks that `get_oauth_access_token` omits tokens for other providers.
pub async fn get_oauth_access_token_omits_tokens_of_other_providers(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    seed_tokens(context, &id, GOOGLE, 1).await?;
    seed_tokens(context, &id, "oauth_github", 3).await?;
    ensure_eq!(tokens(context, &id, Page::new()).await?, ["0"], "the tokens of Google");
    let found = context.directory().get_oauth_access_token(&id, &provider("oauth_github"), &Page::new()).await?;
    ensure_eq!(found.len(), 3, "the number of tokens of GitHub");
    Ok(())
}

/// Checks that `get_oauth_access_token` returns all tokens if the page has no limit.
pub async fn get_oauth_access_token_returns_all_tokens_without_limit(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    seed_tokens(context, &id, GOOGLE, 12).await?;
    ensure_eq!(tokens(context, &id, Page::new()).await?.len(), 12, "the number of tokens");
    Ok(())
}

/// Checks that the pages of `get_oauth_access_token` contain each token exactly once.
pub async fn get_oauth_access_token_returns_pages(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    seed_tokens(context, &id, GOOGLE, 5).await?;
    let mut found = Vec::new();
    for (offset, length) in [(0, 2), (2, 2), (4, 1)] {
        let page = tokens(context, &id, Page::new().limit(2).offset(offset)).await?;
        ensure_eq!(page.len(), length, "the number of tokens at offset {offset}");
        found.extend(page);
    }
    found.sort_unstable();
    ensure_eq!(found, ["0", "1", "2", "3", "4"], "the tokens on all pages");
    Ok(())
}

/// Checks that `get_oauth_access_token` rejects a provider that the directory does not support.
pub async fn get_oauth_access_token_rejects_unknown_provider(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let unknown = provider("oauth_unknown_to_the_service");
    let result = context.directory().get_oauth_access_token(&id, &unknown, &Page::new()).await;
    let code = codes::OAUTH_UNSUPPORTED_PROVIDER;
    expect_invalid(result, Operation::GetOAuthAccessToken, code, None, &unknown)
}

async fn seed_memberships(context: &Context<'_>, id: &UserId, count: usize) -> Outcome {
    for n in 0..count {
        let organization = Organization::new(context.id("org"), format!("Acme {n}"));
        let membership = OrganizationMembership::new(context.id("orgmem"), organization, "org:admin");
        context.seed(id, Resource::OrganizationMembership(Box::new(membership))).await?;
    }
    Ok(())
}

/// Checks that `get_organization_memberships` returns no memberships for a new user.
pub async fn get_organization_memberships_returns_none_for_new_user(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let memberships = context.directory().get_organization_memberships(&id, &Page::new()).await?;
    ensure_eq!((memberships.data.len(), memberships.total_count), (0, 0), "(data.len(), total_count)");
    Ok(())
}

/// Checks that `get_organization_memberships` returns the role and the organization of a membership.
pub async fn get_organization_memberships_returns_role_and_organization(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    seed_memberships(context, &id, 1).await?;
    let memberships = context.directory().get_organization_memberships(&id, &Page::new()).await?;
    ensure_eq!((memberships.data.len(), memberships.total_count), (1, 1), "(data.len(), total_count)");
    ensure_eq!(memberships.data[0].role, "org:admin", "the role");
    ensure_eq!(memberships.data[0].organization.name, "Acme 0", "the organization");
    Ok(())
}

/// Checks that `get_organization_memberships` returns 10 memberships by default, and the total count.
pub async fn get_organization_memberships_returns_10_by_default(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    seed_memberships(context, &id, 11).await?;
    let memberships = context.directory().get_organization_memberships(&id, &Page::new()).await?;
    ensure_eq!((memberships.data.len(), memberships.total_count), (10, 11), "(data.len(), total_count)");
    Ok(())
}

/// Checks that the pages of `get_organization_memberships` contain each membership exactly once.
pub async fn get_organization_memberships_returns_pages(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    seed_memberships(context, &id, 5).await?;
    let mut names = Vec::new();
    for (offset, length) in [(0, 2), (2, 2), (4, 1), (6, 0)] {
        let page = Page::new().limit(2).offset(offset);
        let page = context.directory().get_organization_memberships(&id, &page).await?;
        ensure_eq!((page.data.len(), page.total_count), (length, 5), "(data.len(), total_count) at {offset}");
        names.extend(page.data.into_iter().map(|membership| membership.organization.name));
    }
    names.sort_unstable();
    ensure_eq!(names, ["Acme 0", "Acme 1", "Acme 2", "Acme 3", "Acme 4"], "the organizations on all pages");
    Ok(())
}

/// Checks that `get_organization_memberships` omits memberships of other users.
pub async fn get_organization_memberships_omits_memberships_of_other_users(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    seed_memberships(context, &ada.id, 2).await?;
    let memberships = context.directory().get_organization_memberships(&grace.id, &Page::new()).await?;
    ensure_eq!(memberships.total_count, 0, "the memberships of another user");
    Ok(())
}

/// Checks that `get_organization_memberships` returns the newest membership first.
pub async fn get_organization_memberships_returns_newest_first(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    for (name, created_at) in CREATED_AT {
        let organization = Organization::new(context.id("org"), name);
        let mut membership = OrganizationMembership::new(context.id("orgmem"), organization, "org:admin");
        membership.created_at = Some(at(created_at));
        context.seed(&id, Resource::OrganizationMembership(Box::new(membership))).await?;
    }
    let memberships = context.directory().get_organization_memberships(&id, &Page::new()).await?.data;
    let names: Vec<_> = memberships.iter().map(|membership| membership.organization.name.as_str()).collect();
    ensure_eq!(names, ["newest", "middle", "oldest"], "the organizations");
    Ok(())
}

/// Names and creation times of resources, in insertion order, which is not chronological.
const CREATED_AT: [(&str, &str); 3] =
    [("middle", "2026-05-02T00:00:00Z"), ("newest", "2026-05-03T00:00:00Z"), ("oldest", "2026-05-01T00:00:00Z")];

/// Checks that `get_organization_invitations` returns the newest invitation first.
pub async fn get_organization_invitations_returns_newest_first(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    for (role, created_at) in CREATED_AT {
        let email = context.email_address();
        let mut invitation = OrganizationInvitation::new(context.id("orginv"), email, role);
        invitation.status = Some(InvitationStatus::Pending);
        invitation.created_at = Some(at(created_at));
        context.seed(&id, Resource::OrganizationInvitation(Box::new(invitation))).await?;
    }
    let invitations = context.directory().get_organization_invitations(&id, &InvitationQuery::new()).await?.data;
    let roles: Vec<_> = invitations.iter().map(|invitation| invitation.role.as_str()).collect();
    ensure_eq!(roles, ["newest", "middle", "oldest"], "the roles");
    Ok(())
}

async fn seed_invitations(context: &Context<'_>, id: &UserId, status: &InvitationStatus, count: usize) -> Outcome {
    for _ in 0..count {
        let email = context.email_address();
        let mut invitation = OrganizationInvitation::new(context.id("orginv"), email, "org:member");
        invitation.status = Some(status.clone());
        context.seed(id, Resource::OrganizationInvitation(Box::new(invitation))).await?;
    }
    Ok(())
}

/// Checks that `get_organization_invitations` returns no invitations for a new user.
pub async fn get_organization_invitations_returns_none_for_new_user(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let invitations = context.directory().get_organization_invitations(&id, &InvitationQuery::new()).await?;
    ensure_eq!((invitations.data.len(), invitations.total_count), (0, 0), "(data.len(), total_count)");
    Ok(())
}

/// Checks that `get_organization_invitations` returns the role and the status of an invitation.
pub async fn get_organization_invitations_returns_role_and_status(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    seed_invitations(context, &id, &InvitationStatus::Pending, 1).await?;
    let invitations = context.directory().get_organization_invitations(&id, &InvitationQuery::new()).await?;
    ensure_eq!((invitations.data.len(), invitations.total_count), (1, 1), "(data.len(), total_count)");
    ensure_eq!(invitations.data[0].role, "org:member", "the role");
    ensure_eq!(invitations.data[0].status, Some(InvitationStatus::Pending), "the status");
    Ok(())
}

/// Checks that `get_organization_invitations` returns only invitations with the given status.
pub async fn get_organization_invitations_filters_by_status(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    seed_invitations(context, &id, &InvitationStatus::Pending, 2).await?;
    seed_invitations(context, &id, &InvitationStatus::Accepted, 1).await?;
    for (query, count) in [
        (InvitationQuery::new(), 3),
        (InvitationQuery::new().status(InvitationStatus::Pending), 2),
        (InvitationQuery::new().status(InvitationStatus::Accepted), 1),
        (InvitationQuery::new().status(InvitationStatus::Revoked), 0),
    ] {
        let found = context.directory().get_organization_invitations(&id, &query).await?;
        ensure_eq!(found.data.len(), count, "the invitations of {query:?}");
    }
    Ok(())
}

/// Checks that the pages of `get_organization_invitations` contain each invitation exactly once.
pub async fn get_organization_invitations_returns_pages(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    seed_invitations(context, &id, &InvitationStatus::Pending, 3).await?;
    let mut emails = Vec::new();
    for (offset, length) in [(0, 2), (2, 1), (4, 0)] {
        let query = InvitationQuery::new().page(Page::new().limit(2).offset(offset));
        let page = context.directory().get_organization_invitations(&id, &query).await?;
        ensure_eq!((page.data.len(), page.total_count), (length, 3), "(data.len(), total_count) at {offset}");
        emails.extend(page.data.into_iter().map(|invitation| invitation.email_address));
    }
    emails.sort_unstable();
    emails.dedup();
    ensure_eq!(emails.len(), 3, "the invitations on all pages");
    Ok(())
}

/// Checks that `get_organization_invitations` counts only invitations with the given status.
pub async fn get_organization_invitations_counts_given_status(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    seed_invitations(context, &id, &InvitationStatus::Accepted, 2).await?;
    seed_invitations(context, &id, &InvitationStatus::Pending, 3).await?;
    let pending = InvitationQuery::new().status(InvitationStatus::Pending).page(Page::new().limit(2));
    let page = context.directory().get_organization_invitations(&id, &pending).await?;
    ensure_eq!((page.data.len(), page.total_count), (2, 3), "(data.len(), total_count)");
    Ok(())
}

async fn seed_device(context: &Context<'_>, id: &UserId) -> Outcome<TrustedDeviceId> {
    let device = TrustedDevice::new(context.id("tdv"), DevicePlatform::Ios, "com.example.app");
    context.seed(id, Resource::TrustedDevice(device)).await?;
    let mut devices = context.directory().list_trusted_devices(id).await?.data;
    Ok(present(devices.pop(), "the device")?.id)
}

/// Checks that `list_trusted_devices` returns no devices for a new user.
pub async fn list_trusted_devices_returns_none_for_new_user(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let devices = context.directory().list_trusted_devices(&id).await?;
    ensure_eq!((devices.data.len(), devices.total_count), (0, 0), "(data.len(), total_count)");
    Ok(())
}

/// Checks that `list_trusted_devices` returns active devices with their platform, app and status.
pub async fn list_trusted_devices_returns_active_devices(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    seed_device(context, &id).await?;
    let devices = context.directory().list_trusted_devices(&id).await?;
    ensure_eq!((devices.data.len(), devices.total_count), (1, 1), "(data.len(), total_count)");
    ensure_eq!(devices.data[0].platform, DevicePlatform::Ios, "the platform");
    ensure_eq!(devices.data[0].app_identifier, "com.example.app", "the application");
    ensure_eq!(devices.data[0].status, DeviceStatus::Active, "the status");
    Ok(())
}

/// Checks that `list_trusted_devices` omits revoked devices.
pub async fn list_trusted_devices_omits_revoked_devices(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let device = seed_device(context, &id).await?;
    context.directory().revoke_trusted_device(&id, &device).await?;
    ensure_eq!(context.directory().list_trusted_devices(&id).await?.total_count, 0, "the devices");
    Ok(())
}

/// Checks that `revoke_trusted_device` returns the device with the status `Revoked`.
pub async fn revoke_trusted_device_returns_revoked_device(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let device = seed_device(context, &id).await?;
    let returned = context.directory().revoke_trusted_device(&id, &device).await?;
    ensure_eq!(returned.id, device, "the returned device");
    ensure_eq!(returned.status, DeviceStatus::Revoked, "the status");
    Ok(())
}

/// Checks that `revoke_trusted_device` fails with `NotFound` for a device that was already revoked.
pub async fn revoke_trusted_device_fails_for_revoked_device(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let device = seed_device(context, &id).await?;
    context.directory().revoke_trusted_device(&id, &device).await?;
    expect_not_found(context.directory().revoke_trusted_device(&id, &device).await, Operation::RevokeTrustedDevice)
}

/// Checks that `revoke_trusted_device` fails with `NotFound` for an unknown device id.
pub async fn revoke_trusted_device_fails_for_unknown_device(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let result = context.directory().revoke_trusted_device(&id, &context.id("tdv")).await;
    expect_not_found(result, Operation::RevokeTrustedDevice)
}

/// Checks that `revoke_trusted_device` fails with `NotFound` for another user's device.
pub async fn revoke_trusted_device_fails_for_device_of_other_user(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let device = seed_device(context, &ada.id).await?;
    let result = context.directory().revoke_trusted_device(&grace.id, &device).await;
    expect_not_found(result, Operation::RevokeTrustedDevice)?;
    ensure_eq!(
        context.directory().list_trusted_devices(&ada.id).await?.total_count,
        1,
        "the number of devices of the owner"
    );
    Ok(())
}
